"""Amazon: settings of what runs, its logs, objects and rows."""

from __future__ import annotations

import json

from tests.corpus.redaction.draft import Draft, b64, packed
from tests.corpus.redaction.fresh import dated, named, plain, walk
from tests.corpus.redaction.services import aws_ec2, aws_json, aws_query, aws_rest, page


def function_settings(d: Draft) -> None:
    m = d.mint
    account = m.account()
    variables = {
        "STAGE": "prod",
        "DATABASE_URL": f"postgresql://api:{d.hide(named(m).replace('@', '-').replace('#', '-'))}@db.internal:5432/api",
        "STRIPE_SECRET_KEY": d.hide(m.stripe()),
        "STRIPE_PUBLISHABLE_KEY": d.keep(m.publishable()),
        "SESSION_SECRET_ARN": d.keep(f"arn:aws:secretsmanager:eu-central-1:{account}:secret:session-{m.chars(6)}"),
        "JWT_PUBLIC_KEY_ID": d.keep(m.urlsafe(16)),
        "SENTRY_DSN": f"https://{m.hex(32)}@o{m.digits(6)}.ingest.sentry.io/{m.digits(7)}",
        "TOKEN_TTL_SECONDS": "900",
    }
    answer = {
        "FunctionName": "checkout",
        "FunctionArn": d.keep(f"arn:aws:lambda:eu-central-1:{account}:function:checkout"),
        "Runtime": "nodejs22.x",
        "Handler": "index.handler",
        "CodeSha256": d.keep(m.base64(32)),
        "RevisionId": d.keep(m.uuid()),
        "Environment": {"Variables": variables},
        "KMSKeyArn": d.keep(f"arn:aws:kms:eu-central-1:{account}:key/{m.uuid()}"),
        "RuntimeVersionConfig": {"RuntimeVersionArn": d.keep(f"arn:aws:lambda:eu-central-1::runtime:{m.hex(64)}")},
    }
    d.kept('"TOKEN_TTL_SECONDS":"900"')
    aws_rest(d, "lambda", "GET", "/2015-03-31/functions/checkout/configuration", answer)


def task_definition(d: Draft) -> None:
    m = d.mint
    account = m.account()
    container = {
        "name": "worker",
        "image": d.keep(f"{account}.dkr.ecr.eu-central-1.amazonaws.com/worker@{m.digest()}"),
        "command": ["celery", "-b", f"amqps://worker:{d.hide(m.strong(22))}@mq.internal:5671/jobs", "worker"],
        "environment": [
            {"name": "SMTP_PASSWORD", "value": d.hide(m.chars(20))},
            {"name": "AWS_SECRET_ACCESS_KEY", "value": d.hide(m.aws_secret())},
            {"name": "AWS_ACCESS_KEY_ID", "value": m.aws_id()},
            {"name": "PASSWORD_HASHER", "value": d.keep("argon2id")},
            {"name": "GIT_COMMIT", "value": d.keep(m.sha1())},
        ],
        "secrets": [
            {"name": "DB_PASSWORD", "valueFrom": d.keep(f"arn:aws:secretsmanager:eu-central-1:{account}:secret:db-{m.chars(6)}:password::")}
        ],
        "repositoryCredentials": {
            "credentialsParameter": d.keep(f"arn:aws:secretsmanager:eu-central-1:{account}:secret:dockerhub-{m.chars(6)}")
        },
    }
    answer = {
        "taskDefinition": {
            "taskDefinitionArn": d.keep(f"arn:aws:ecs:eu-central-1:{account}:task-definition/worker:41"),
            "containerDefinitions": [container],
            "family": "worker",
            "requiresAttributes": [
                {"name": d.keep("com.amazonaws.ecs.capability.docker-remote-api.1.19")},
                {"name": d.keep("ecs.capability.secrets.asm.environment-variables")},
            ],
        },
        "tags": [],
    }
    aws_json(d, "ecs", "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition", {"taskDefinition": "worker"}, answer)


def start_script(d: Draft) -> None:
    m = d.mint
    script = f"""#!/bin/bash -eu
hostnamectl set-hostname runner-7
curl -fsSL https://get.example.com/agent.sh -o /tmp/a.sh
echo "{d.keep(m.sha256())}  /tmp/a.sh" | sha256sum -c
DD_API_KEY={d.hide(m.datadog())} DD_SITE="datadoghq.eu" bash /tmp/a.sh
useradd -m deploy && echo 'deploy:{d.hide(walk(m))}' | chpasswd
/opt/runner/config.sh --unattended --url https://git.example.com/ --registration-token {d.hide(m.gitlab("GR1348941"))}
"""
    d.kept('DD_SITE="datadoghq.eu"', "useradd -m deploy")
    instance = d.keep("i-0" + m.hex(16))
    aws_ec2(
        d,
        "DescribeInstanceAttribute",
        f"    <instanceId>{instance}</instanceId>\n    <userData>\n        <value>{b64(script)}</value>\n    </userData>",
        Attribute="userData",
        InstanceId=instance,
    )


def stacks(d: Draft) -> None:
    m = d.mint
    account = m.account()
    aws_query(
        d,
        "cloudformation",
        "DescribeStacks",
        "2010-05-15",
        f"""    <Stacks>
      <member>
        <StackName>shop-db</StackName>
        <StackId>{d.keep(f"arn:aws:cloudformation:eu-central-1:{account}:stack/shop-db/{m.uuid()}")}</StackId>
        <Parameters>
          <member><ParameterKey>DBPassword</ParameterKey><ParameterValue>{d.keep("****")}</ParameterValue></member>
          <member><ParameterKey>GrafanaAdminPassword</ParameterKey><ParameterValue>{d.hide(dated(m))}</ParameterValue></member>
          <member><ParameterKey>KeyName</ParameterKey><ParameterValue>{d.keep("ops-2025")}</ParameterValue></member>
        </Parameters>
        <Outputs>
          <member><OutputKey>SecretArn</OutputKey><OutputValue>{d.keep(f"arn:aws:secretsmanager:eu-central-1:{account}:secret:shop-{m.chars(6)}")}</OutputValue></member>
          <member><OutputKey>WebhookToken</OutputKey><OutputValue>{d.hide(m.urlsafe(30))}</OutputValue></member>
        </Outputs>
        <StackStatus>{d.keep("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")}</StackStatus>
      </member>
    </Stacks>""",
        StackName="shop-db",
    )


def build_projects(d: Draft) -> None:
    m = d.mint
    account = m.account()
    project = {
        "name": "app-build",
        "arn": d.keep(f"arn:aws:codebuild:eu-central-1:{account}:project/app-build"),
        "source": {
            "type": "GITHUB",
            "location": "https://github.com/acme/app.git",
            "auth": {
                "type": "CODECONNECTIONS",
                "resource": d.keep(f"arn:aws:codeconnections:eu-central-1:{account}:connection/{m.uuid()}"),
            },
        },
        "environment": {
            "image": "aws/codebuild/standard:7.0",
            "environmentVariables": [
                {"name": "NPM_TOKEN", "value": d.hide(m.npm()), "type": "PLAINTEXT"},
                {"name": "SONAR_TOKEN", "value": d.hide("sqp" + "_" + m.hex(40)), "type": "PLAINTEXT"},
                {"name": "DOCKER_PASSWORD", "value": d.keep("/build/dockerhub/password"), "type": "PARAMETER_STORE"},
                {"name": "SIGNING_KEY", "value": d.keep("build/signing:key:AWSCURRENT"), "type": "SECRETS_MANAGER"},
            ],
        },
        "encryptionKey": d.keep(f"arn:aws:kms:eu-central-1:{account}:alias/aws/s3"),
        "webhook": {"url": "https://api.github.com/repos/acme/app/hooks/" + m.digits(9), "lastModifiedSecret": 1780000000.5},
    }
    d.kept('"lastModifiedSecret":1780000000.5')
    aws_json(
        d, "codebuild", "CodeBuild_20161006.BatchGetProjects", {"names": ["app-build"]}, {"projects": [project], "projectsNotFound": []}
    )


def log_events(d: Draft) -> None:
    m = d.mint
    lines = [
        f"START RequestId: {d.keep(m.uuid())} Version: $LATEST",
        f"connecting with options {{ user: 'app', password: '{d.hide(m.strong(16))}', host: 'db' }}",
        "password authentication is enabled, 3 of 8 tokens cached",
        f"outgoing headers: {json.dumps({'x-api-key': d.hide(m.chars(40)), 'x-amzn-trace-id': d.keep(f'Root=1-{m.hex(8)}-{m.hex(24)}')})}",
        f"AccessDenied: User {d.keep(f'arn:aws:sts::{m.account()}:assumed-role/app/app')} is not authorized to perform: secretsmanager:GetSecretValue",
    ]
    events = [
        {
            "logStreamName": "2026/11/24/[$LATEST]" + m.hex(32),
            "timestamp": 1795500000000 + i,
            "message": line + "\n",
            "ingestionTime": 1795500000500,
            "eventId": d.keep(m.digits(56)),
        }
        for i, line in enumerate(lines)
    ]
    d.kept(lines[2], "is not authorized to perform: secretsmanager:GetSecretValue")
    asked = {"logGroupName": "/aws/lambda/app", "filterPattern": "password"}
    aws_json(
        d,
        "logs",
        "Logs_20140328.FilterLogEvents",
        asked,
        {"events": events, "searchedLogStreams": [], "nextToken": d.keep("Bxkq6kVGFtq2y_Moigeqscfz" + m.urlsafe(60))},
    )


def object_with_settings(d: Draft) -> None:
    m = d.mint
    text = f"""# prod, do not commit
APP_ENV=production
APP_KEY=base64:{d.hide(m.base64(32))}
DB_USERNAME=app
DB_PASSWORD="{d.hide(m.spaced())}"
REDIS_PASSWORD=null
MAIL_ENCRYPTION=tls
MAIL_PASSWORD={d.hide("re" + "_" + m.chars(8) + "_" + m.chars(24))}
PUSHER_APP_KEY={m.hex(20)}
PUSHER_APP_SECRET={d.hide(m.hex(20))}
VITE_APP_NAME="${{APP_NAME}}"
"""
    d.kept("REDIS_PASSWORD=null", 'VITE_APP_NAME="${APP_NAME}"', "MAIL_ENCRYPTION=tls")
    page(d, "https://acme-deploy.s3.eu-central-1.amazonaws.com/prod/.env", text, "binary/octet-stream")
    d.headers.update(
        {
            "x-amz-version-id": d.keep(m.chars(32)),
            "x-amz-server-side-encryption": "AES256",
            "x-amz-id-2": d.keep(m.base64(57)),
            "x-amz-request-id": m.chars(16).upper(),
        }
    )


def listing_of_objects(d: Draft) -> None:
    m = d.mint
    rows = ""
    for name in ("backup/passwords.kdbx", "keys/id_ed25519.pub", "docs/secret-rotation.md", "logs/token-service/2026-11-24.gz"):
        rows += f"<Contents><Key>{d.keep(name)}</Key><LastModified>2026-11-20T08:00:00.000Z</LastModified><ETag>&quot;{d.keep(m.hex(32))}&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><Size>812</Size><StorageClass>STANDARD</StorageClass></Contents>"
    token = d.keep(m.page(60))
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>acme-ops</Name><Prefix></Prefix><NextContinuationToken>{token}</NextContinuationToken><KeyCount>4</KeyCount><IsTruncated>true</IsTruncated>{rows}</ListBucketResult>'
    page(d, "https://acme-ops.s3.eu-central-1.amazonaws.com/?list-type=2&max-keys=4", body, "application/xml")


def rows_of_a_table(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "pk": {"S": "tenant#" + str(n)},
            "apiSecret": {"S": d.hide(m.urlsafe(32))},
            "passwordResetAt": {"N": "1790000000"},
            "etag": {"S": d.keep(m.hex(32))},
            "version": {"N": "7"},
        }
        for n in range(2)
    ]
    d.kept('"passwordResetAt":{"N":"1790000000"}')
    aws_json(
        d,
        "dynamodb",
        "DynamoDB_20120810.Scan",
        {"TableName": "tenants"},
        {"Count": 2, "Items": rows, "ScannedCount": 2, "LastEvaluatedKey": {"pk": {"S": d.keep("tenant#cursor-1")}}},
        version="1.0",
    )
    d.headers["x-amz-crc32"] = d.keep(m.digits(10))


def message_from_a_queue(d: Draft) -> None:
    m = d.mint
    body = {"event": "user.invited", "email": "neu@example.com", "temporary_password": d.hide(plain(m)), "invitation_id": d.keep(m.uuid())}
    message = {
        "MessageId": d.keep(m.uuid()),
        "ReceiptHandle": d.keep("AQEB" + m.base64(240)),
        "MD5OfBody": d.keep(m.hex(32)),
        "Body": json.dumps(body),
    }
    aws_json(
        d,
        "sqs",
        "AmazonSQS.ReceiveMessage",
        {"QueueUrl": f"https://sqs.eu-central-1.amazonaws.com/{m.account()}/mail"},
        {"Messages": [message]},
        version="1.0",
    )


def hosted_site(d: Draft) -> None:
    m = d.mint
    account, app = m.account(), "d" + m.chars(13, "abcdefghijklmnopqrstuvwxyz0123456789")
    answer = {
        "app": {
            "appId": app,
            "appArn": d.keep(f"arn:aws:amplify:eu-central-1:{account}:apps/{app}"),
            "environmentVariables": {
                "NEXTAUTH_SECRET": d.hide(m.base64(32)),
                "NEXT_PUBLIC_MAPBOX": d.keep("pk" + ".eyJ1IjoiYWNtZSJ9." + m.urlsafe(16)),
                "_CUSTOM_IMAGE": "amplify:al2023",
            },
            "basicAuthCredentials": b64("preview:" + d.hide(m.passphrase())),
            "enableBasicAuth": True,
            "repository": "https://github.com/acme/site",
        }
    }
    d.kept('"enableBasicAuth":true')
    aws_rest(d, "amplify", "GET", f"/apps/{app}", answer)


def trail(d: Draft) -> None:
    m = d.mint
    account = m.account()
    detail = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": d.keep(m.aws_id("AIDA")),
            "arn": d.keep(f"arn:aws:iam::{account}:user/eva"),
            "accessKeyId": m.aws_id(),
        },
        "eventName": "CreateLoginProfile",
        "requestParameters": {"userName": "new.admin", "passwordResetRequired": True, "password": d.keep("HIDDEN_DUE_TO_SECURITY_REASONS")},
        "requestID": d.keep(m.uuid()),
        "tlsDetails": {"cipherSuite": d.keep("TLS_AES_128_GCM_SHA256")},
    }
    event = {
        "EventId": d.keep(m.uuid()),
        "EventName": "CreateLoginProfile",
        "ReadOnly": "false",
        "AccessKeyId": m.aws_id(),
        "CloudTrailEvent": json.dumps(detail),
    }
    aws_json(
        d,
        "cloudtrail",
        "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
        {"MaxResults": 1},
        {"Events": [event], "NextToken": d.keep(m.page(150))},
    )


def boot_image_settings_packed(d: Draft) -> None:
    m = d.mint
    text = f"#cloud-config\nwrite_files:\n  - path: /etc/app/token\n    permissions: '0600'\n    content: {d.hide(m.vault())}\nchpasswd:\n  expire: false\n  users:\n    - {{name: root, password: {d.hide(m.joined())}, type: text}}\nssh_authorized_keys:\n  - {d.keep(m.ssh_public())} ops\n"
    d.kept("permissions: '0600'")
    version = "lt-0" + m.hex(16)
    aws_ec2(
        d,
        "DescribeLaunchTemplateVersions",
        f"    <launchTemplateVersionSet>\n        <item>\n            <launchTemplateId>{d.keep(version)}</launchTemplateId>\n            <launchTemplateData>\n                <imageId>{d.keep('ami-0' + m.hex(16))}</imageId>\n                <userData>{b64(packed(text))}</userData>\n            </launchTemplateData>\n        </item>\n    </launchTemplateVersionSet>",
        LaunchTemplateId=version,
    )
