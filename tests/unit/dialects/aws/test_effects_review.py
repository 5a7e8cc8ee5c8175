"""What a reviewer expects of operations, written down by hand without looking at the generator's rules.

One line: the expected verb, the flags that must be there whatever the parameters, and operations. A flag behind ``!`` must not be there without a
condition. Operations with conditions are in test_effects.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from warden.dialects.aws import effects_table
from warden.model import Flag

EXPECTED = """
# --- compute
list                          ec2:DescribeInstances ec2:DescribeVpcs ec2:DescribeSecurityGroups autoscaling:DescribeAutoScalingGroups
list                          ecs:ListClusters ecs:ListTasks
list                          lambda:ListFunctions batch:ListJobs eks:ListClusters ecr:DescribeRepositories lightsail:GetInstances
read                          ec2:GetConsoleOutput ecs:DescribeServices eks:DescribeCluster lambda:GetFunction batch:DescribeJobs
read                          ec2:GetLaunchTemplateData
read credential               ec2:GetPasswordData ecr:GetAuthorizationToken ecr-public:GetAuthorizationToken
read credential               lightsail:GetInstanceAccessDetails
create !destructive !opaque   ec2:RunInstances ec2:CreateVpc ec2:CreateVolume ec2:CreateSnapshot ec2:CopyImage ec2:AllocateAddress
create !destructive !opaque   ec2:CreateSecurityGroup ec2:CreateImage
create !destructive           lambda:CreateFunction lambda:PublishVersion eks:CreateCluster eks:CreateNodegroup ecs:CreateService
create !destructive           ecs:CreateCluster ecs:RegisterTaskDefinition
create credential             ec2:CreateKeyPair lightsail:CreateKeyPair
update !disruptive            ec2:StartInstances ec2:CreateTags ec2:AttachVolume ec2:AssociateAddress ec2:MonitorInstances
update !disruptive            ec2:EnableVpcClassicLink
update disruptive             ec2:StopInstances ec2:RebootInstances ec2:DetachVolume ec2:DisassociateAddress ec2:ReplaceRoute
grant disruptive              ec2:ReplaceNetworkAclEntry
update disruptive             ec2:DetachInternetGateway ec2:DisassociateRouteTable lightsail:RebootInstance lightsail:StopInstance
update disruptive             ecs:StopTask
update disruptive             autoscaling:EnterStandby autoscaling:DetachInstances autoscaling:SuspendProcesses
update destructive disruptive autoscaling:StartInstanceRefresh autoscaling:SetDesiredCapacity autoscaling:ExecutePolicy
update overwrite              lambda:UpdateFunctionCode lambda:UpdateFunctionConfiguration lambda:UpdateAlias
delete                        ec2:TerminateInstances ec2:DeleteVolume ec2:DeleteSnapshot ec2:DeregisterImage ec2:ReleaseAddress
delete                        ec2:ReleaseHosts ec2:DeleteVpc
delete                        ec2:CancelSpotFleetRequests ec2:CancelCapacityReservation ec2:DeleteNatGateway ec2:DeleteRoute
delete                        ec2:DeleteKeyPair ec2:DeleteFleets
delete                        ec2:CancelReservedInstancesListing ec2:DeprovisionByoipCidr
delete                        autoscaling:TerminateInstanceInAutoScalingGroup autoscaling:DeleteAutoScalingGroup lambda:DeleteFunction
delete                        ecs:DeleteCluster ecs:DeregisterTaskDefinition
delete                        eks:DeleteCluster eks:DeleteNodegroup ecr:DeleteRepository ecr:BatchDeleteImage batch:TerminateJob
delete                        batch:CancelJob batch:DeleteJobQueue lightsail:DeleteInstance
delete                        lightsail:ReleaseStaticIp apprunner:DeleteService elasticbeanstalk:TerminateEnvironment
delete                        elasticbeanstalk:DeleteApplication emr:TerminateJobFlows
delete audit_off              ec2:DeleteFlowLogs
grant                         ec2:AuthorizeSecurityGroupIngress ec2:RevokeSecurityGroupEgress ec2:ModifySecurityGroupRules
grant                         ec2:AssociateIamInstanceProfile ec2:CreateNetworkInterfacePermission
grant                         ec2:ReplaceIamInstanceProfileAssociation lambda:AddPermission lambda:RemovePermission
grant                         lambda:AddLayerVersionPermission ecr:SetRepositoryPolicy
grant                         eks:CreateAccessEntry eks:AssociateAccessPolicy elbv2:SetSecurityGroups
grant                         ec2:ModifyVpcEndpointServicePermissions ec2:EnableSerialConsoleAccess
grant protection_off          ec2:DisableImageBlockPublicAccess ec2:DisableSnapshotBlockPublicAccess
grant credential              ec2-instance-connect:SendSSHPublicKey
execute opaque                lambda:Invoke lambda:InvokeAsync ecs:RunTask ecs:StartTask batch:SubmitJob emr:AddJobFlowSteps
execute opaque                emr:RunJobFlow
execute opaque credential     ecs:ExecuteCommand
execute disruptive            ec2:SendDiagnosticInterrupt
# --- storage
list                          s3:ListBuckets s3:ListObjectsV2 s3:ListObjects s3:ListObjectVersions s3:ListMultipartUploads
list                          efs:DescribeFileSystems backup:ListBackupVaults
read                          s3:GetObject s3:HeadObject s3:HeadBucket s3:GetBucketPolicy s3:GetBucketLocation s3:SelectObjectContent
read                          s3:GetObjectAttributes
read credential               s3:CreateSession
create                        s3:CreateBucket s3:UploadPart s3:UploadPartCopy s3:CreateMultipartUpload s3:RestoreObject
create                        efs:CreateFileSystem fsx:CreateBackup ebs:StartSnapshot
create !destructive !opaque   s3:PutObject s3:CopyObject s3:CompleteMultipartUpload
update overwrite              s3:RenameObject s3:PutBucketNotificationConfiguration s3:PutBucketLifecycleConfiguration
update !destructive           s3:PutBucketTagging s3:PutObjectTagging s3:DeleteObjectTagging s3:DeleteBucketTagging s3:PutBucketCors
update share                  s3:PutBucketReplication
update protection_off         s3:PutObjectLockConfiguration
grant                         s3:PutBucketPolicy s3:PutBucketAcl s3:PutObjectAcl s3:PutPublicAccessBlock s3:PutBucketOwnershipControls
grant                         s3control:PutAccessPointPolicy
grant                         efs:PutFileSystemPolicy backup:PutBackupVaultAccessPolicy glacier:SetVaultAccessPolicy
grant                         s3control:CreateAccessGrant
delete                        s3:DeleteObject s3:DeleteObjects s3:DeleteBucket s3:AbortMultipartUpload s3control:DeleteAccessPoint
delete                        efs:DeleteFileSystem efs:DeleteMountTarget
delete protection_off         s3:DeleteBucketPolicy s3:DeletePublicAccessBlock s3:DeleteBucketEncryption s3:DeleteBucketReplication
delete protection_off         backup:DeleteBackupPlan
delete                        backup:DeleteRecoveryPoint backup:DeleteBackupVault fsx:DeleteFileSystem fsx:DeleteVolume
delete                        glacier:DeleteVault glacier:DeleteArchive storagegateway:DeleteVolume
update destructive            efs:PutLifecycleConfiguration fsx:RestoreVolumeFromSnapshot fsx:CopySnapshotAndUpdateVolume
execute opaque                s3control:CreateJob
update disruptive             storagegateway:ShutdownGateway
delete                        transfer:StartRemoteDelete transfer:DeleteServer datasync:DeleteTask datasync:CancelTaskExecution
# --- databases
read                          dynamodb:GetItem dynamodb:Query dynamodb:Scan dynamodb:BatchGetItem dynamodb:TransactGetItems
read                          dynamodb:DescribeTable
list                          dynamodb:ListTables rds:DescribeDBInstances rds:DescribeDBClusters elasticache:DescribeCacheClusters
list                          redshift:DescribeClusters
read credential               redshift:GetClusterCredentials redshift-serverless:GetCredentials
read credential               lightsail:GetRelationalDatabaseMasterUserPassword
create                        dynamodb:CreateTable dynamodb:CreateBackup rds:CreateDBInstance rds:CreateDBSnapshot
create                        rds:RestoreDBInstanceFromDBSnapshot rds:RestoreDBInstanceToPointInTime
create                        rds:RestoreDBClusterFromSnapshot elasticache:CreateCacheCluster redshift:CreateCluster
create                        redshift:RestoreFromClusterSnapshot dynamodb:RestoreTableFromBackup
update                        rds:StartDBInstance rds:AddTagsToResource rds:RemoveTagsFromResource dynamodb:TagResource
update                        dynamodb:UntagResource
update disruptive             rds:StopDBInstance rds:RebootDBInstance rds:FailoverDBCluster rds:PromoteReadReplica rds:StopDBCluster
update disruptive             rds:SwitchoverBlueGreenDeployment
update disruptive             redshift:PauseCluster redshift:RebootCluster redshift:ResizeCluster elasticache:TestFailover
update disruptive             docdb:FailoverDBCluster neptune:RebootDBInstance
update destructive            rds:BacktrackDBCluster elasticache:RebootCacheCluster
grant                         rds:ModifyDBSnapshotAttribute rds:AuthorizeDBSecurityGroupIngress rds:AddRoleToDBCluster
grant                         dynamodb:PutResourcePolicy redshift:AuthorizeSnapshotAccess
grant                         elasticache:AuthorizeCacheSecurityGroupIngress elasticache:ModifyUser redshift:AuthorizeDataShare
delete                        rds:DeleteDBInstance rds:DeleteDBCluster rds:DeleteDBSnapshot rds:DeleteDBClusterSnapshot
delete                        dynamodb:DeleteTable dynamodb:DeleteItem dynamodb:DeleteBackup
delete                        elasticache:DeleteReplicationGroup elasticache:DecreaseReplicaCount redshift:DeleteCluster
delete                        redshift:DeleteClusterSnapshot neptune:DeleteDBCluster
delete                        docdb:DeleteDBCluster neptunedata:ExecuteFastReset neptune-graph:ResetGraph memorydb:DeleteCluster
delete                        dax:DecreaseReplicationFactor timestream-write:DeleteTable
delete                        keyspaces:DeleteKeyspace dsql:DeleteCluster docdb-elastic:DeleteCluster
delete protection_off         rds:DeleteDBInstanceAutomatedBackup
update audit_off              rds:StopActivityStream
execute opaque                rds-data:ExecuteStatement rds-data:BatchExecuteStatement redshift-data:ExecuteStatement
execute opaque                dynamodb:ExecuteStatement dynamodb:BatchExecuteStatement
execute opaque                dynamodb:ExecuteTransaction athena:StartQueryExecution timestream-query:Query
execute opaque                neptunedata:ExecuteGremlinQuery neptunedata:ExecuteOpenCypherQuery neptune-graph:ExecuteQuery
# --- identity, keys, secrets
list                          iam:ListUsers iam:ListRoles iam:ListAccessKeys kms:ListKeys secretsmanager:ListSecrets
list                          organizations:ListAccounts
read                          iam:GetUser iam:GetRolePolicy iam:SimulatePrincipalPolicy kms:DescribeKey kms:GetKeyPolicy
read                          sts:GetCallerIdentity secretsmanager:DescribeSecret
read                          kms:Encrypt kms:Sign kms:Verify secretsmanager:GetRandomPassword iam:GenerateCredentialReport
read                          sts:DecodeAuthorizationMessage
read credential               secretsmanager:GetSecretValue secretsmanager:BatchGetSecretValue kms:Decrypt kms:GenerateDataKey
read credential               kms:GenerateDataKeyPair sts:GetSessionToken
read credential               cognito-identity:GetCredentialsForIdentity sso:GetRoleCredentials codeartifact:GetAuthorizationToken
read credential               acm:ExportCertificate
create credential             sts:AssumeRole sts:AssumeRoleWithWebIdentity sts:AssumeRoleWithSAML sts:GetFederationToken
create credential             eks-auth:AssumeRoleForPodIdentity cognito-idp:InitiateAuth sso-oidc:CreateToken
grant credential              iam:CreateAccessKey iam:CreateLoginProfile iam:UpdateLoginProfile iam:CreateServiceSpecificCredential
grant credential              cognito-idp:AdminSetUserPassword sts:AssumeRoot
grant                         iam:CreateUser iam:CreateRole iam:CreatePolicy iam:CreatePolicyVersion iam:SetDefaultPolicyVersion
grant                         iam:PutRolePolicy iam:PutUserPolicy iam:AttachRolePolicy
grant                         iam:AttachUserPolicy iam:DetachRolePolicy iam:AddUserToGroup iam:RemoveUserFromGroup
grant                         iam:UpdateAssumeRolePolicy iam:PutUserPermissionsBoundary
grant                         iam:AddRoleToInstanceProfile iam:CreateOpenIDConnectProvider iam:CreateSAMLProvider iam:UpdateAccessKey
grant                         iam:EnableMFADevice
grant protection_off          iam:DeactivateMFADevice organizations:LeaveOrganization organizations:DetachPolicy
grant protection_off          organizations:DisablePolicyType organizations:UpdatePolicy
grant                         kms:PutKeyPolicy kms:CreateGrant kms:RevokeGrant kms:RetireGrant secretsmanager:PutResourcePolicy
grant                         organizations:AttachPolicy organizations:MoveAccount
grant                         organizations:AcceptHandshake organizations:InviteAccountToOrganization
grant                         organizations:RegisterDelegatedAdministrator organizations:CreatePolicy
grant share                   ram:CreateResourceShare ram:AssociateResourceShare ds:ShareDirectory
grant                         ram:AcceptResourceShareInvitation sso-admin:CreateAccountAssignment sso-admin:PutInlinePolicyToPermissionSet
grant                         identitystore:CreateGroupMembership
grant                         cognito-idp:AdminAddUserToGroup cognito-idp:AdminCreateUser cognito-identity:SetIdentityPoolRoles
grant                         lakeformation:GrantPermissions lakeformation:RevokePermissions
delete protection_off         iam:DeleteRolePolicy iam:DeletePolicy iam:DeleteUserPermissionsBoundary iam:DeleteVirtualMFADevice
delete protection_off         secretsmanager:DeleteResourcePolicy
delete                        iam:DeleteUser iam:DeleteRole iam:DeleteAccessKey iam:DeleteGroup kms:ScheduleKeyDeletion
delete                        kms:DeleteImportedKeyMaterial kms:DeleteAlias kms:DeleteCustomKeyStore
delete                        secretsmanager:DeleteSecret organizations:CloseAccount organizations:DeleteOrganization
delete                        cognito-idp:DeleteUserPool cognito-idp:AdminDeleteUser acm:DeleteCertificate
delete                        acm:RevokeCertificate acm-pca:RevokeCertificate acm-pca:DeleteCertificateAuthority
delete                        sso-admin:DeletePermissionSet cloudhsmv2:DeleteCluster
update disruptive             kms:DisableKey secretsmanager:RotateSecret kms:DisconnectCustomKeyStore cognito-idp:AdminUserGlobalSignOut
update disruptive             cognito-idp:AdminDisableUser
update !destructive           kms:CancelKeyDeletion kms:EnableKey secretsmanager:RestoreSecret kms:EnableKeyRotation
update protection_off         kms:DisableKeyRotation
update overwrite              secretsmanager:PutSecretValue secretsmanager:UpdateSecret
grant                         resourcegroupstaggingapi:UntagResources
update                        resourcegroupstaggingapi:TagResources
# --- watching
list                          cloudtrail:DescribeTrails cloudtrail:ListTrails cloudwatch:DescribeAlarms guardduty:ListDetectors
list                          config:DescribeConfigurationRecorders logs:DescribeLogGroups
read                          cloudtrail:LookupEvents cloudwatch:GetMetricData logs:FilterLogEvents logs:GetLogEvents logs:StartQuery
read                          logs:GetQueryResults guardduty:GetFindings
update audit_off              cloudtrail:StopLogging config:StopConfigurationRecorder guardduty:StopMonitoringMembers
update audit_off              securityhub:DisableSecurityHub macie2:DisableMacie inspector2:Disable
update audit_off              cloudwatch:DisableAlarmActions redshift:DisableLogging guardduty:DisassociateMembers
update audit_off              cloudtrail:StopEventDataStoreIngestion
delete audit_off              cloudtrail:DeleteTrail cloudtrail:DeleteEventDataStore config:DeleteConfigurationRecorder
delete audit_off              config:DeleteDeliveryChannel guardduty:DeleteDetector logs:DeleteLogGroup
delete audit_off              cloudwatch:DeleteAlarms logs:DeleteLogStream accessanalyzer:DeleteAnalyzer detective:DeleteGraph
delete audit_off              config:DeleteConfigRule
update destructive audit_off  logs:PutRetentionPolicy
update !audit_off             cloudtrail:StartLogging config:StartConfigurationRecorder
create                        cloudtrail:CreateTrail logs:PutLogEvents cloudwatch:PutMetricData logs:CreateLogGroup
grant                         logs:PutResourcePolicy guardduty:EnableOrganizationAdminAccount securityhub:EnableOrganizationAdminAccount
grant                         guardduty:AcceptAdministratorInvitation
# --- messages and events
read disruptive               sqs:ReceiveMessage
list                          sqs:ListQueues sns:ListTopics kinesis:ListStreams events:ListRules
read                          sqs:GetQueueAttributes kinesis:GetRecords kinesis:SubscribeToShard sns:GetTopicAttributes
create                        sqs:SendMessage sqs:SendMessageBatch sns:Publish kinesis:PutRecord kinesis:PutRecords sqs:CreateQueue
create                        sns:Subscribe firehose:PutRecordBatch
delete                        sqs:PurgeQueue sqs:DeleteMessage sqs:DeleteMessageBatch sqs:DeleteQueue sns:DeleteTopic kinesis:DeleteStream
delete                        kinesis:DeregisterStreamConsumer firehose:DeleteDeliveryStream
delete                        events:DeleteRule events:RemoveTargets events:DeleteEventBus mq:DeleteBroker kafka:DeleteCluster
update destructive            kinesis:DecreaseStreamRetentionPeriod
update disruptive             kinesis:MergeShards kinesis:UpdateShardCount sqs:StartMessageMoveTask events:DisableRule mq:RebootBroker
update disruptive             kafka:RebootBroker
grant                         sns:AddPermission sqs:AddPermission sqs:RemovePermission sns:RemovePermission events:PutPermission
grant                         kinesis:PutResourcePolicy
execute opaque                events:PutTargets scheduler:CreateSchedule scheduler:UpdateSchedule pipes:CreatePipe iot-data:Publish
execute                       events:PutEvents ses:SendEmail sesv2:SendEmail pinpoint:SendMessages events:StartReplay
# --- deploying
list                          cloudformation:ListStacks cloudformation:DescribeStackResources codepipeline:ListPipelines
list                          codebuild:ListProjects
read                          cloudformation:GetTemplate cloudformation:ValidateTemplate cloudformation:DetectStackDrift
read                          cloudformation:EstimateTemplateCost codebuild:BatchGetBuilds
execute opaque                cloudformation:CreateStack cloudformation:UpdateStack cloudformation:ExecuteChangeSet
execute opaque                cloudformation:UpdateStackSet cloudformation:CreateStackInstances
execute opaque                cloudcontrol:CreateResource cloudcontrol:UpdateResource servicecatalog:ProvisionProduct codebuild:StartBuild
execute opaque                codepipeline:StartPipelineExecution
execute opaque                codedeploy:CreateDeployment stepfunctions:StartExecution stepfunctions:StartSyncExecution glue:StartJobRun
execute opaque                glue:StartWorkflowRun ssm:SendCommand
execute opaque                ssm:StartAutomationExecution ssm:RegisterTaskWithMaintenanceWindow ssm:CreateAssociation
execute opaque                sagemaker:StartPipelineExecution emr-serverless:StartJobRun
execute opaque credential     ssm:StartSession
execute opaque disruptive     fis:StartExperiment
create !opaque                cloudformation:CreateChangeSet stepfunctions:CreateStateMachine codebuild:CreateProject glue:CreateJob
delete                        cloudformation:DeleteStack cloudformation:DeleteStackSet cloudcontrol:DeleteResource
delete                        codepipeline:DeletePipeline servicecatalog:TerminateProvisionedProduct
delete                        stepfunctions:DeleteStateMachine glue:DeleteDatabase glue:BatchDeleteTable ssm:DeleteParameter
delete                        ssm:DeleteParameters ssm:DeleteDocument ssm:DeregisterManagedInstance
update disruptive             cloudformation:RollbackStack cloudformation:CancelUpdateStack codebuild:StopBuild codedeploy:StopDeployment
update disruptive             stepfunctions:StopExecution elasticbeanstalk:SwapEnvironmentCNAMEs
update destructive            elasticbeanstalk:RebuildEnvironment workspaces:RebuildWorkspaces workspaces:RestoreWorkspace
update destructive            workspaces:MigrateWorkspace
update protection_off         cloudformation:SetStackPolicy
grant                         ssm:ModifyDocumentPermission codebuild:PutResourcePolicy
# --- network edge
list                          route53:ListHostedZones cloudfront:ListDistributions elbv2:DescribeLoadBalancers apigateway:GetRestApis
create                        route53:CreateHostedZone cloudfront:CreateDistribution elbv2:CreateLoadBalancer apigateway:CreateRestApi
create                        route53:CreateHealthCheck
delete                        route53:DeleteHostedZone route53:DeleteHealthCheck cloudfront:DeleteDistribution elbv2:DeleteLoadBalancer
delete                        elbv2:DeleteTargetGroup apigateway:DeleteRestApi
delete                        route53domains:DeleteDomain globalaccelerator:DeleteAccelerator networkmanager:DeleteCoreNetwork
delete                        directconnect:DeleteConnection
delete protection_off         wafv2:DeleteWebACL shield:DeleteProtection network-firewall:DeleteFirewall wafv2:DeleteIPSet
update protection_off         wafv2:DisassociateWebACL route53domains:DisableDomainTransferLock wafv2:UpdateIPSet waf:UpdateWebACL
update protection_off         route53:DisableHostedZoneDNSSEC
update disruptive             elbv2:DeregisterTargets elb:DeregisterInstancesFromLoadBalancer elbv2:ModifyListener
update disruptive             cloudfront:CreateInvalidation route53domains:UpdateDomainNameservers
update disruptive             apigateway:UpdateStage
grant share destructive       route53domains:TransferDomainToAnotherAwsAccount
read credential               route53domains:RetrieveDomainAuthCode
create credential             apigateway:CreateApiKey
# --- data, learning, devices, money
execute !opaque               bedrock-runtime:StartAsyncInvoke sagemaker-runtime:InvokeEndpoint
read !opaque !destructive     bedrock-runtime:InvokeModel bedrock-runtime:InvokeModelWithResponseStream
read !opaque !destructive     bedrock-runtime:Converse bedrock-runtime:ConverseStream
execute opaque                bedrock-agent-runtime:InvokeAgent bedrock-agentcore:InvokeCodeInterpreter
read                          comprehend:DetectSentiment rekognition:DetectLabels translate:TranslateText polly:SynthesizeSpeech
read                          textract:AnalyzeDocument
delete                        sagemaker:DeleteEndpoint sagemaker:BatchReplaceClusterNodes personalize:CreateDataDeletionJob
delete                        bedrock:DeleteCustomModel quicksight:DeleteDashboard iot:DeleteThing
delete                        savingsplans:ReturnSavingsPlan mediaconvert:CancelJob iot:CancelJob workspaces:TerminateWorkspaces
delete                        opensearch:DeleteDomain
create credential             iot:CreateKeysAndCertificate sagemaker:CreatePresignedNotebookInstanceUrl
create credential             quicksight:GenerateEmbedUrlForRegisteredUser
update disruptive             opensearch:UpdateDomainConfig opensearch:StartServiceSoftwareUpdate eks:UpdateClusterVersion
update overwrite              codecommit:PutFile glue:UpdateTable backup:UpdateBackupPlan
list                          iot:ListThings quicksight:ListDashboards glue:GetTables athena:ListWorkGroups
read                          ce:GetCostAndUsage pricing:GetProducts support:DescribeTrustedAdvisorChecks athena:GetQueryResults
grant                         account:PutAlternateContact quicksight:UpdateDashboardPermissions lightsail:OpenInstancePublicPorts
grant                         opensearchserverless:CreateAccessPolicy
# --- what the name does not say, and documentation, parameters or answers do
delete                        sns:Unsubscribe fsx:DetachAndDeleteS3AccessPoint kendra:ClearQuerySuggestions qapps:StopQAppSession
delete                        partnercentral-account:CancelConnection
update !destructive           partnercentral-account:CancelConnectionInvitation
update destructive            bedrock-agentcore-control:ResetTokenVaultKeyMaterial customer-profiles:MergeProfiles drs:StopReplication
update destructive            mgn:FinalizeCutover ds:RestoreFromSnapshot redshift-serverless:RestoreFromSnapshot
update destructive            iotsitewise:UpdateAssetModel s3tables:PutTableRecordExpirationConfiguration mediastore:PutLifecyclePolicy
create destructive            imagebuilder:CreateLifecyclePolicy
update audit_off              config:DisassociateResourceTypes guardduty:ArchiveFindings mediapackage:ConfigureLogs
update audit_off              connect:SuspendContactRecording
update protection_off         rolesanywhere:DisableCrl ds:DisableRadius network-firewall:DisassociateSubnets waf:UpdateRateBasedRule
update protection_off         lightsail:DisableAddOn controltower:DisableControl network-firewall:UpdateFirewallPolicyV2
update share                  s3control:PutBucketReplication
grant                         s3:PutBucketAbac account-access:CreateEntitlement appstream:CreateEntitlement qldb:UpdateLedgerPermissionsMode
grant                         ec2:CreateNetworkAclEntry elbv2:ModifyTrustStore
grant share                   license-manager:CreateGrant
read credential               bedrock-agentcore:GetResourceApiKey redshift:GetIdentityCenterAuthToken storagegateway:DescribeChapCredentials
read credential               ivs-realtime:GetIngestConfiguration kms:Encapsulate wickr:GetOidcInfo
create credential             codebuild:CreateWebhook ivs-realtime:CreateStage lightsail:CreateGUISessionAccessDetails
execute opaque                sagemaker:CreateProcessingJob sagemaker:CreateTrainingJob kinesisanalyticsv2:StartApplication
execute opaque                synthetics:StartCanary lambda:CreateEventSourceMapping iot:CreateTopicRule codepipeline:CreatePipeline
"""


def rows() -> Iterator[tuple[str, str, frozenset[str], frozenset[str]]]:
    for line in EXPECTED.splitlines():
        if not line or line.startswith("#"):
            continue
        verb, *rest = line.split()
        flags = frozenset(word for word in rest if ":" not in word and not word.startswith("!"))
        absent = frozenset(word[1:] for word in rest if word.startswith("!"))
        for word in rest:
            if ":" in word:
                yield word, verb, flags, absent


ROWS = list(rows())


@pytest.mark.parametrize(("name", "verb", "flags", "absent"), ROWS, ids=[row[0] for row in ROWS])
def test_operation_does_what_a_reviewer_expects(name: str, verb: str, flags: frozenset[str], absent: frozenset[str]) -> None:
    service, operation = name.split(":")
    entry = effects_table.entry(service, operation)
    assert entry is not None, "no such operation"
    held = {flag.value for flag in entry.base.flags}
    assert (entry.verb.value, sorted(flags - held), sorted(absent & held)) == (verb, [], []), entry


def test_the_list_is_long_and_broad() -> None:
    assert {flag for row in ROWS for flag in row[2]} >= {flag.value for flag in Flag} - {"dry_run"}
    assert len(ROWS) >= 400
    assert len({row[0].split(":")[0] for row in ROWS}) >= 60
    assert len({row[0] for row in ROWS}) == len(ROWS)
