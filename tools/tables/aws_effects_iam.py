"""Which IAM actions an API operation needs: mostly its own name under the service's prefix, and the exceptions listed here."""

from __future__ import annotations

from tools.tables.aws_effects_sources import IamAction, IamService, Model, iam

#: botocore services whose IAM prefix is neither their signing name nor their endpoint prefix nor their own name.
PREFIXES = {
    "cloudcontrol": "cloudformation",
    "iot-data": "iot",
    "iot-jobs-data": "iotjobsdata",
    "iotsecuretunneling": "iot",
    "mturk": "mechanicalturk",
    "partnercentral-account": "partnercentral",
    "partnercentral-benefits": "partnercentral",
    "partnercentral-channel": "partnercentral",
    "partnercentral-selling": "partnercentral",
    "resourcegroupstaggingapi": "tag",
    "lambda-core": "lambda",
    "lambda-web": "lambda",
}

#: Operations whose IAM action has another name (service authorization reference, "Actions" pages of each service).
NAMES: dict[str, tuple[str, ...]] = {
    "s3:ListBuckets": ("s3:ListAllMyBuckets",),
    "s3:ListDirectoryBuckets": ("s3express:ListAllMyDirectoryBuckets",),
    "s3:ListObjects": ("s3:ListBucket",),
    "s3:ListObjectsV2": ("s3:ListBucket",),
    "s3:ListObjectVersions": ("s3:ListBucketVersions",),
    "s3:ListMultipartUploads": ("s3:ListBucketMultipartUploads",),
    "s3:ListParts": ("s3:ListMultipartUploadParts",),
    "s3:HeadBucket": ("s3:ListBucket",),
    "s3:HeadObject": ("s3:GetObject",),
    "s3:CopyObject": ("s3:PutObject", "s3:GetObject"),
    "s3:CreateMultipartUpload": ("s3:PutObject",),
    "s3:UploadPart": ("s3:PutObject",),
    "s3:UploadPartCopy": ("s3:PutObject", "s3:GetObject"),
    "s3:CompleteMultipartUpload": ("s3:PutObject",),
    "s3:RenameObject": ("s3:PutObject", "s3:DeleteObject"),
    "s3:DeleteObjects": ("s3:DeleteObject",),
    "s3:SelectObjectContent": ("s3:GetObject",),
    "s3:WriteGetObjectResponse": ("s3-object-lambda:WriteGetObjectResponse",),
    "s3:CreateSession": ("s3express:CreateSession",),
    "s3:GetBucketEncryption": ("s3:GetEncryptionConfiguration",),
    "s3:PutBucketEncryption": ("s3:PutEncryptionConfiguration",),
    "s3:DeleteBucketEncryption": ("s3:PutEncryptionConfiguration",),
    "s3:GetBucketLifecycle": ("s3:GetLifecycleConfiguration",),
    "s3:GetBucketLifecycleConfiguration": ("s3:GetLifecycleConfiguration",),
    "s3:PutBucketLifecycle": ("s3:PutLifecycleConfiguration",),
    "s3:PutBucketLifecycleConfiguration": ("s3:PutLifecycleConfiguration",),
    "s3:DeleteBucketLifecycle": ("s3:PutLifecycleConfiguration",),
    "s3:GetBucketReplication": ("s3:GetReplicationConfiguration",),
    "s3:PutBucketReplication": ("s3:PutReplicationConfiguration",),
    "s3:DeleteBucketReplication": ("s3:PutReplicationConfiguration",),
    "s3:GetBucketCors": ("s3:GetBucketCORS",),
    "s3:PutBucketCors": ("s3:PutBucketCORS",),
    "s3:DeleteBucketCors": ("s3:PutBucketCORS",),
    "s3:DeleteBucketTagging": ("s3:PutBucketTagging",),
    "s3:PutBucketNotificationConfiguration": ("s3:PutBucketNotification",),
    "s3:GetBucketNotificationConfiguration": ("s3:GetBucketNotification",),
    "s3:GetBucketAccelerateConfiguration": ("s3:GetAccelerateConfiguration",),
    "s3:PutBucketAccelerateConfiguration": ("s3:PutAccelerateConfiguration",),
    "s3:GetPublicAccessBlock": ("s3:GetBucketPublicAccessBlock",),
    "s3:PutPublicAccessBlock": ("s3:PutBucketPublicAccessBlock",),
    "s3:DeletePublicAccessBlock": ("s3:PutBucketPublicAccessBlock",),
    "s3:GetObjectLockConfiguration": ("s3:GetBucketObjectLockConfiguration",),
    "s3:PutObjectLockConfiguration": ("s3:PutBucketObjectLockConfiguration",),
    "s3:DeleteBucketOwnershipControls": ("s3:PutBucketOwnershipControls",),
    "lambda:Invoke": ("lambda:InvokeFunction",),
    "lambda:InvokeWithResponseStream": ("lambda:InvokeFunction",),
    "dynamodb:ExecuteStatement": ("dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"),
    "dynamodb:BatchExecuteStatement": (
        "dynamodb:PartiQLSelect",
        "dynamodb:PartiQLInsert",
        "dynamodb:PartiQLUpdate",
        "dynamodb:PartiQLDelete",
    ),
    "dynamodb:ExecuteTransaction": ("dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"),
    "dynamodb:TransactGetItems": ("dynamodb:GetItem",),
    "dynamodb:TransactWriteItems": ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"),
    "sqs:SendMessageBatch": ("sqs:SendMessage",),
    "sqs:DeleteMessageBatch": ("sqs:DeleteMessage",),
    "sqs:ChangeMessageVisibilityBatch": ("sqs:ChangeMessageVisibility",),
    "sns:PublishBatch": ("sns:Publish",),
    "kms:ReEncrypt": ("kms:ReEncryptFrom", "kms:ReEncryptTo"),
    "apigatewaymanagementapi:PostToConnection": ("execute-api:ManageConnections",),
    "apigatewaymanagementapi:GetConnection": ("execute-api:ManageConnections",),
    "apigatewaymanagementapi:DeleteConnection": ("execute-api:ManageConnections",),
    "bedrock-runtime:Converse": ("bedrock:InvokeModel",),
    "bedrock-runtime:ConverseStream": ("bedrock:InvokeModelWithResponseStream",),
    "opensearch:ListDomainNames": ("es:ListDomainNames",),
}


def service(name: str, model: Model) -> IamService | None:
    """The IAM service of botocore service `name`: among its own names, the one that shares most action names with it."""
    every = iam()
    metadata = model["metadata"]
    candidates = [PREFIXES.get(name), metadata.get("signingName"), metadata.get("endpointPrefix"), name]
    known = [every[candidate] for candidate in dict.fromkeys(candidates) if candidate in every]
    operations = [operation.lower() for operation in model["operations"]]
    return max(known, key=lambda one: sum(operation in one.actions for operation in operations), default=None)


def actions(name: str, operation: str, model: Model) -> tuple[IamAction, ...]:
    """The IAM actions that `operation` needs, as far as the source knows them."""
    every = iam()
    if named := NAMES.get(f"{name}:{operation}"):
        split = [action.split(":", 1) for action in named]
        return tuple(
            every[prefix].actions[action.lower()] for prefix, action in split if prefix in every and action.lower() in every[prefix].actions
        )
    own = service(name, model)
    if own is None:
        return ()
    if own.prefix == "apigateway" and operation.lower() not in own.actions:
        # "You specify the HTTP method as the action": apigateway:GET, apigateway:DELETE, ... (service authorization reference, API
        # Gateway Management)
        method = model["operations"][operation]["http"]["method"]
        found = own.actions.get(method.lower())
        return (found,) if found else ()
    found = own.actions.get(operation.lower())
    return (found,) if found else ()
