"""AWS: the settings of what runs there, and what it wrote."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import aws_ec2, aws_json, aws_query, aws_rest
from tests.corpus.redaction.unseen import corporate, dotted, grouped, marked, spoken


def lambda_functions(d: Draft) -> None:
    m = d.mint
    account = m.account()
    rows = []
    for name, env in (
        ("token-refresher", {"CLIENT_SECRET": d.hide(m.urlsafe(32)), "TOKEN_TABLE": d.keep("oauth-tokens-" + m.hex(6))}),
        ("thumbnails", {"BUCKET": "media", "CDN_SIGNING_SALT": d.hide(m.hex(40))}),
        ("echo", {"SECRET_ARN": d.keep(f"arn:aws:secretsmanager:eu-central-1:{account}:secret:echo-{m.chars(6)}")}),
    ):
        rows.append(
            {
                "FunctionName": name,
                "FunctionArn": d.keep(f"arn:aws:lambda:eu-central-1:{account}:function:{name}"),
                "CodeSha256": d.keep(m.base64(32)),
                "RevisionId": d.keep(m.uuid()),
                "Environment": {"Variables": env},
                "Layers": [],
            }
        )
    aws_rest(d, "lambda", "GET", "/2015-03-31/functions/", {"Functions": rows, "NextMarker": d.keep(m.page(120))})


def ecs_task(d: Draft) -> None:
    m = d.mint
    account = m.account()
    container = {
        "name": "api",
        "image": d.keep(f"{account}.dkr.ecr.eu-central-1.amazonaws.com/api@{m.digest()}"),
        "command": ["serve", "--admin-password", d.hide(spoken(m)), "--port", "8080"],
        "environment": [
            {"name": "MONGO_URI", "value": f"mongodb://api:{d.hide(grouped(m))}@docdb:27017/?tls=true"},
            {"name": "PASSWORD_HASH_ROUNDS", "value": "12"},
        ],
        "secrets": [{"name": "STRIPE_KEY", "valueFrom": d.keep(f"arn:aws:ssm:eu-central-1:{account}:parameter/api/stripe-key")}],
        "dockerLabels": {"traefik.http.routers.api.tls": "true"},
        "repositoryCredentials": {"credentialsParameter": d.keep(f"arn:aws:secretsmanager:eu-central-1:{account}:secret:hub-{m.chars(6)}")},
    }
    d.kept('{"name":"PASSWORD_HASH_ROUNDS","value":"12"}')
    aws_json(
        d,
        "ecs",
        "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition",
        {"taskDefinition": "api:19"},
        {"taskDefinition": {"containerDefinitions": [container], "family": "api", "revision": 19}},
    )


def parameters_by_path(d: Draft) -> None:
    m = d.mint
    account = m.account()

    def row(name: str, kind: str, value: str) -> dict[str, object]:
        return {
            "Name": name,
            "Type": kind,
            "Value": value,
            "Version": 4,
            "ARN": d.keep(f"arn:aws:ssm:eu-central-1:{account}:parameter{name}"),
            "DataType": "text",
        }

    rows = [
        row("/api/password/min_length", "String", "14"),
        row("/api/smtp/secret", "SecureString", d.hide(dotted(m), schema=True)),
        row("/api/hosts", "StringList", d.keep("a.acme.internal,b.acme.internal")),
        row("/api/legacy_db_password", "String", d.hide(corporate(m))),
    ]
    d.kept('"Value":"14"')
    aws_json(
        d,
        "ssm",
        "AmazonSSM.GetParametersByPath",
        {"Path": "/api", "Recursive": True, "WithDecryption": True},
        {"Parameters": rows, "NextToken": d.keep(m.page(100))},
    )


def command_output_of_a_host(d: Draft) -> None:
    m = d.mint
    output = f"""+ mount -t cifs //nas/share /mnt -o username=svc,password={d.hide(marked(m))},vers=3.0
+ md5sum /etc/shadow
{d.keep(m.hex(32))}  /etc/shadow
chage: password expiry information changed.
"""
    answer = {
        "CommandId": d.keep(m.uuid()),
        "InstanceId": d.keep("i-0" + m.hex(16)),
        "PluginName": "aws:runShellScript",
        "ResponseCode": 0,
        "Status": "Success",
        "StandardOutputContent": output,
        "StandardErrorContent": "",
    }
    d.kept("chage: password expiry information changed.", '"PluginName":"aws:runShellScript"')
    aws_json(d, "ssm", "AmazonSSM.GetCommandInvocation", {"CommandId": "c", "InstanceId": "i"}, answer)


def stack_with_parameters(d: Draft) -> None:
    m = d.mint
    result = f"""    <Stacks>
      <member>
        <StackId>{d.keep(f"arn:aws:cloudformation:eu-central-1:{m.account()}:stack/shop/{m.uuid()}")}</StackId>
        <Parameters>
          <member><ParameterKey>DBPassword</ParameterKey><ParameterValue>****</ParameterValue></member>
          <member><ParameterKey>SmtpPassword</ParameterKey><ParameterValue>{d.hide(grouped(m))}</ParameterValue></member>
          <member><ParameterKey>TokenTtl</ParameterKey><ParameterValue>900</ParameterValue></member>
        </Parameters>
        <Outputs>
          <member><OutputKey>WebhookSecret</OutputKey><OutputValue>{d.hide(m.hex(40))}</OutputValue><Description>Shared with the partner</Description></member>
          <member><OutputKey>SecretArn</OutputKey><OutputValue>{d.keep(f"arn:aws:secretsmanager:eu-central-1:{m.account()}:secret:x-{m.chars(6)}")}</OutputValue></member>
        </Outputs>
      </member>
    </Stacks>"""
    d.kept(
        "<ParameterKey>DBPassword</ParameterKey><ParameterValue>****</ParameterValue>",
        "<ParameterKey>TokenTtl</ParameterKey><ParameterValue>900</ParameterValue>",
    )
    aws_query(d, "cloudformation", "DescribeStacks", "2010-05-15", result, StackName="shop")


def template_text(d: Draft) -> None:
    m = d.mint
    template = f"""Parameters:
  MasterPassword: {{Type: String, NoEcho: true, MinLength: 12}}
Resources:
  Db:
    Type: AWS::RDS::DBInstance
    Properties:
      MasterUserPassword: !Ref MasterPassword
  Broker:
    Type: AWS::AmazonMQ::Broker
    Properties:
      Users: [{{Username: mq, Password: {d.hide(m.chars(17))}}}]
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties: {{GenerateSecretString: {{PasswordLength: 32, ExcludeCharacters: '"@/'}}}}
  Hook: {{Type: 'AWS::Lambda::Function', Properties: {{Environment: {{Variables: {{TOKEN: '{{{{resolve:secretsmanager:hook:SecretString:token}}}}'}}}}}}}}
"""
    d.kept(
        "MasterUserPassword: !Ref MasterPassword",
        "{{resolve:secretsmanager:hook:SecretString:token}}",
        "MasterPassword: {Type: String, NoEcho: true, MinLength: 12}",
        "GenerateSecretString: {PasswordLength: 32",
    )
    result = f"    <TemplateBody>{template.replace('&', '&amp;').replace('<', '&lt;')}</TemplateBody>\n    <StagesAvailable><member>Original</member></StagesAvailable>"
    aws_query(d, "cloudformation", "GetTemplate", "2010-05-15", result, StackName="shop")
    d.headers["x-checksum"] = d.keep(m.hex(40))


def launch_template_data(d: Draft) -> None:
    m = d.mint
    script = f"""#!/bin/sh
echo "{d.hide(m.chars(22))}" | docker login -u puller --password-stdin registry.acme.internal
/opt/puppet/bin/puppet agent --server puppet.acme.internal --waitforcert 60
sed -i 's/^PermitRootLogin .*/PermitRootLogin prohibit-password/' /etc/ssh/sshd_config
rabbitmqctl add_user worker '{d.hide(marked(m))}'
"""
    d.kept("PermitRootLogin prohibit-password", "--waitforcert 60")
    result = f"""    <launchTemplateVersionSet>
      <item>
        <launchTemplateId>{d.keep("lt-0" + m.hex(16))}</launchTemplateId>
        <launchTemplateData>
          <imageId>{d.keep("ami-0" + m.hex(16))}</imageId>
          <keyName>password-free</keyName>
          <userData>{b64(script)}</userData>
          <metadataOptions><httpTokens>required</httpTokens></metadataOptions>
        </launchTemplateData>
      </item>
    </launchTemplateVersionSet>"""
    d.kept("<httpTokens>required</httpTokens>", "<keyName>password-free</keyName>")
    aws_ec2(d, "DescribeLaunchTemplateVersions", result, LaunchTemplateId="lt-1")


def build_projects(d: Draft) -> None:
    m = d.mint
    project = {
        "name": "web",
        "arn": d.keep(f"arn:aws:codebuild:eu-central-1:{m.account()}:project/web"),
        "source": {
            "type": "GITHUB",
            "location": "https://github.com/acme/web.git",
            "buildspec": f"phases:\n  build:\n    commands:\n      - npx netlify deploy --auth {d.hide('nfp_' + m.chars(36))}\n      - echo $CODEBUILD_RESOLVED_SOURCE_VERSION\n",
        },
        "environment": {
            "environmentVariables": [
                {"name": "CYPRESS_RECORD_KEY", "value": d.hide(m.uuid()), "type": "PLAINTEXT"},
                {"name": "NPM_TOKEN", "value": d.keep("/ci/npm-token"), "type": "PARAMETER_STORE"},
            ]
        },
        "webhook": {
            "url": d.keep("https://api.github.com/repos/acme/web/hooks/" + m.digits(9)),
            "payloadUrl": "https://codebuild.eu-central-1.amazonaws.com/webhooks?t=e30",
        },
        "badge": {"badgeEnabled": False},
    }
    d.kept("echo $CODEBUILD_RESOLVED_SOURCE_VERSION")
    aws_json(d, "codebuild", "CodeBuild_20161006.BatchGetProjects", {"names": ["web"]}, {"projects": [project], "projectsNotFound": []})


def glue_connection(d: Draft) -> None:
    m = d.mint
    answer = {
        "Connection": {
            "Name": "crm",
            "ConnectionType": "JDBC",
            "ConnectionProperties": {
                "JDBC_CONNECTION_URL": "jdbc:sqlserver://crm:1433;databaseName=crm",
                "USERNAME": "glue",
                "PASSWORD": d.hide(marked(m)),
                "JDBC_ENFORCE_SSL": "false",
            },
            "PhysicalConnectionRequirements": {
                "SubnetId": d.keep("subnet-0" + m.hex(16)),
                "SecurityGroupIdList": [d.keep("sg-0" + m.hex(16))],
            },
        }
    }
    d.kept('"JDBC_ENFORCE_SSL":"false"')
    aws_json(d, "glue", "AWSGlue.GetConnection", {"Name": "crm"}, answer)


def log_events(d: Draft) -> None:
    m = d.mint
    messages = [
        f"START RequestId: {d.keep(m.uuid())} Version: $LATEST",
        json.dumps(
            {
                "level": "debug",
                "msg": "outgoing",
                "headers": {"X-Shopify-Access-Token": d.hide("sh" + "pat_" + m.hex(32)), "X-Request-Id": d.keep(m.uuid())},
            }
        ),
        f"[INFO] ldap bind cn=svc,dc=acme with password={d.hide(spoken(m))} ok",
        d.keep("[WARN] password for user id " + m.digits(7) + " expires in 3 days"),
        f"REPORT Duration: 14.2 ms Memory Size: 128 MB XRAY TraceId: {d.keep('1-' + m.hex(8) + '-' + m.hex(24))}",
    ]
    rows = [
        {
            "eventId": d.keep(m.digits(56)),
            "ingestionTime": 1795596400000,
            "logStreamName": d.keep(f"2026/11/24/[$LATEST]{m.hex(32)}"),
            "message": text,
            "timestamp": 1795596400000,
        }
        for text in messages
    ]
    aws_json(
        d,
        "logs",
        "Logs_20140328.FilterLogEvents",
        {"logGroupName": "/aws/lambda/sync"},
        {"events": rows, "nextToken": d.keep("Bxkq6" + m.urlsafe(60)), "searchedLogStreams": []},
    )


def state_machine_history(d: Draft) -> None:
    m = d.mint
    inner = json.dumps({"tenant": "acme", "credentials": {"user": "ftp", "password": d.hide(grouped(m))}, "resumeToken": None})
    events = [
        {
            "id": 1,
            "type": "ExecutionStarted",
            "executionStartedEventDetails": {"input": inner, "roleArn": d.keep(f"arn:aws:iam::{m.account()}:role/sfn")},
        },
        {
            "id": 2,
            "type": "TaskScheduled",
            "taskScheduledEventDetails": {"resource": d.keep("sendTaskSuccess.waitForTaskToken"), "parameters": "{}"},
        },
    ]
    d.kept('"resumeToken": null')
    aws_json(
        d,
        "states",
        "AWSStepFunctions.GetExecutionHistory",
        {"executionArn": "arn:aws:states:eu-central-1:111122223333:execution:x:y"},
        {"events": events, "nextToken": d.keep(m.page(80))},
        version="1.0",
    )


def rows_of_a_table(d: Draft) -> None:
    m = d.mint
    items = [
        {
            "pk": {"S": "tenant#1"},
            "ftp_password": {"S": d.hide(dotted(m))},
            "etag": {"S": d.keep(m.hex(32))},
            "password_changed": {"N": "1795596400"},
        },
        {
            "pk": {"S": "tenant#2"},
            "hmac_secret": {"B": b64(d.hide(m.hex(40)))},
            "public_key": {"S": d.keep(m.ssh_public())},
            "mfa": {"BOOL": True},
        },
    ]
    d.kept('"password_changed":{"N":"1795596400"}')
    aws_json(
        d, "dynamodb", "DynamoDB_20120810.Scan", {"TableName": "tenants"}, {"Count": 2, "Items": items, "ScannedCount": 2}, version="1.0"
    )
    d.headers["x-amz-crc32"] = d.keep(m.digits(10))


def query_results(d: Draft) -> None:
    m = d.mint
    rows = [["vendor", "api_secret", "request_id"]] + [[name, d.hide(m.urlsafe(24)), d.keep(m.uuid())] for name in ("dhl", "ups")]
    answer = {
        "ResultSet": {
            "ResultSetMetadata": {"ColumnInfo": [{"Name": name, "Type": "varchar"} for name in rows[0]]},
            "Rows": [{"Data": [{"VarCharValue": cell} for cell in row]} for row in rows],
        },
        "UpdateCount": 0,
    }
    d.kept('"UpdateCount":0')
    aws_json(d, "athena", "AmazonAthena.GetQueryResults", {"QueryExecutionId": "q"}, answer)


def gateway_keys(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": d.keep(m.chars(10).lower()),
            "name": name,
            "value": d.hide(m.chars(40), schema=True),
            "enabled": True,
            "stageKeys": [d.keep(m.chars(10).lower() + "/prod")],
        }
        for name in ("partner", "mobile-token")
    ]
    d.kept('"name":"mobile-token"')
    aws_rest(d, "apigateway", "GET", "/apikeys?includeValues=true", {"item": rows, "position": d.keep(m.page(40))})


def object_in_a_bucket(d: Draft) -> None:
    m = d.mint
    text = f"""[default]
aws_access_key_id = {m.aws_id()}
aws_secret_access_key = {d.hide(m.aws_secret())}
region = eu-central-1
[profile sso]
sso_session = acme
sso_account_id = {d.keep(m.account())}
[deploy-key]
{d.hide(keys.openssh("unseen-bucket"))}"""
    aws_rest(d, "s3", "GET", "/acme-backup/home/credentials", {})
    d.text(text, "binary/octet-stream")
    d.headers.update(
        {
            "etag": d.keep(m.etag()),
            "x-amz-version-id": d.keep(m.chars(32)),
            "x-amz-server-side-encryption-aws-kms-key-id": d.keep(f"arn:aws:kms:eu-central-1:{m.account()}:key/{m.uuid()}"),
        }
    )
