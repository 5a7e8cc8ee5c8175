"""AWS stores, settings, logs: secrets among what every deployment has."""

from __future__ import annotations

import json

from tests.corpus.redaction.draft import Draft, b64, packed
from tests.corpus.redaction.services import REGION, aws_ec2, aws_json, aws_query, aws_rest


def secret_batch(d: Draft) -> None:
    m = d.mint
    account = m.account()

    def row(name: str, text: str) -> dict[str, object]:
        arn = d.keep(f"arn:aws:secretsmanager:{REGION}:{account}:secret:{name}-{m.chars(6)}")
        return {
            "ARN": arn,
            "Name": name,
            "VersionId": d.keep(m.uuid()),
            "SecretString": text,
            "VersionStages": ["AWSCURRENT"],
            "CreatedDate": 1794000000.112,
        }

    inside = {
        "engine": "mysql",
        "host": "orders.cluster-abc.eu-central-1.rds.amazonaws.com",
        "password": d.hide(m.wild(28), schema=True),
        "port": 3306,
    }
    rows = [row("prod/orders/mysql", json.dumps(inside)), row("prod/orders/smtp", d.hide(m.passphrase(), schema=True))]
    rows.append(row("prod/orders/mail-api", d.hide(m.sendgrid(), schema=True)))
    d.kept("prod/orders/smtp", '"VersionStages":["AWSCURRENT"]')
    aws_json(
        d,
        "secretsmanager",
        "secretsmanager.BatchGetSecretValue",
        {"SecretIdList": ["prod/orders/mysql"]},
        {"SecretValues": rows, "Errors": []},
    )


def secret_list_without_values(d: Draft) -> None:
    m = d.mint
    account = m.account()
    rows = []
    for name in ("prod/api/token", "prod/db/password", "stage/jwt-signing-key"):
        versions = {d.keep(m.uuid()): ["AWSCURRENT"], d.keep(m.uuid()): ["AWSPREVIOUS"]}
        arn = d.keep(f"arn:aws:secretsmanager:{REGION}:{account}:secret:{name}-{m.chars(6)}")
        rows.append(
            {
                "ARN": arn,
                "Name": name,
                "KmsKeyId": d.keep(f"arn:aws:kms:{REGION}:{account}:key/{m.uuid()}"),
                "RotationEnabled": True,
                "SecretVersionsToStages": versions,
            }
        )
    aws_json(d, "secretsmanager", "secretsmanager.ListSecrets", {"MaxResults": 3}, {"SecretList": rows, "NextToken": d.keep(m.page())})


def parameters_by_path(d: Draft) -> None:
    m = d.mint
    account = m.account()
    rows = []
    for name, kind, value in (
        ("log_level", "String", "warning"),
        ("image", "String", d.keep(f"{account}.dkr.ecr.{REGION}.amazonaws.com/app@{m.digest()}")),
        ("redis_auth", "SecureString", d.hide(m.chars(32), schema=True)),
        ("license", "SecureString", d.hide("-".join(m.chars(5).upper() for _ in range(5)), schema=True)),
        ("subnets", "StringList", d.keep(f"subnet-0{m.hex(16)},subnet-0{m.hex(16)}")),
    ):
        arn = d.keep(f"arn:aws:ssm:{REGION}:{account}:parameter/app/{name}")
        rows.append(
            {
                "ARN": arn,
                "DataType": "text",
                "LastModifiedDate": 1794123456.7,
                "Name": f"/app/{name}",
                "Type": kind,
                "Value": value,
                "Version": 4,
            }
        )
    d.kept('"Value":"warning"')
    asked = {"Path": "/app", "Recursive": True, "WithDecryption": True}
    aws_json(d, "ssm", "AmazonSSM.GetParametersByPath", asked, {"NextToken": d.keep(m.page(80)), "Parameters": rows})


def function_configuration(d: Draft) -> None:
    m = d.mint
    account = m.account()
    env = {
        "PAYMENT_PROVIDER_KEY": d.hide(m.stripe()),
        "CHECKOUT_PUBLISHABLE_KEY": d.keep(m.publishable()),
        "DATABASE_URL": f"mysql2://orders:{d.hide(m.strong(22))}@orders.internal:3306/orders?pool=5",
        "NODE_OPTIONS": "--enable-source-maps",
        "TOKEN_TTL_SECONDS": "86400",
        "SECRET_NAME": d.keep("prod/orders/mysql"),
    }
    answer = {
        "FunctionName": "orders-webhook",
        "FunctionArn": d.keep(f"arn:aws:lambda:{REGION}:{account}:function:orders-webhook"),
        "Runtime": "nodejs22.x",
        "CodeSha256": d.keep(m.base64(32)),
        "RevisionId": d.keep(m.uuid()),
        "Environment": {"Variables": env},
        "Layers": [{"Arn": d.keep(f"arn:aws:lambda:{REGION}:{account}:layer:otel:7"), "CodeSize": 1203344}],
    }
    d.kept('"TOKEN_TTL_SECONDS":"86400"')
    aws_rest(d, "lambda", "GET", "/2015-03-31/functions/orders-webhook/configuration", answer)


def task_definition(d: Draft) -> None:
    m = d.mint
    account = m.account()
    env = [
        {"name": "SPRING_DATASOURCE_PASSWORD", "value": d.hide(m.password())},
        {"name": "NEW_RELIC_LICENSE_KEY", "value": d.hide(m.hex(36) + "NRAL")},
        {"name": "MAX_TOKENS", "value": "4096"},
        {"name": "GIT_COMMIT", "value": d.keep(m.sha1())},
    ]
    refs = [{"name": "API_TOKEN", "valueFrom": d.keep(f"arn:aws:ssm:{REGION}:{account}:parameter/app/api_token")}]
    container = {
        "name": "app",
        "image": "acme/app:1.44",
        "environment": env,
        "secrets": refs,
        "command": ["java", f"-Dkeystore.password={d.hide(m.passphrase())}", "-jar", "app.jar"],
    }
    arn = d.keep(f"arn:aws:ecs:{REGION}:{account}:task-definition/app:92")
    d.kept('{"name":"MAX_TOKENS","value":"4096"}', '"family":"app"')
    target = "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition"
    aws_json(
        d,
        "ecs",
        target,
        {"taskDefinition": "app"},
        {"taskDefinition": {"taskDefinitionArn": arn, "family": "app", "revision": 92, "containerDefinitions": [container]}},
    )


def build_project(d: Draft) -> None:
    m = d.mint
    account = m.account()
    env = [
        {"name": "SONAR_TOKEN", "value": d.hide("sqp" + "_" + m.hex(40)), "type": "PLAINTEXT"},
        {"name": "NPM_TOKEN", "value": d.keep("/ci/npm-token"), "type": "PARAMETER_STORE"},
        {"name": "STAGE", "value": "prod", "type": "PLAINTEXT"},
    ]
    hook = {
        "url": d.keep(f"https://api.github.com/repos/acme/app/hooks/{m.digits(9)}"),
        "payloadUrl": "https://codebuild.eu-central-1.amazonaws.com/webhooks",
        "secret": d.hide(m.urlsafe(30), schema=True),
    }
    answer = {
        "name": "app",
        "arn": d.keep(f"arn:aws:codebuild:{REGION}:{account}:project/app"),
        "environment": {"type": "LINUX_CONTAINER", "environmentVariables": env},
        "webhook": hook,
    }
    aws_json(d, "codebuild", "CodeBuild_20161006.BatchGetProjects", {"names": ["app"]}, {"projects": [answer], "projectsNotFound": []})


def stack_outputs(d: Draft) -> None:
    m = d.mint
    account = m.account()
    result = f"""    <Stacks>
      <member>
        <StackName>queue</StackName>
        <StackId>{d.keep(f"arn:aws:cloudformation:{REGION}:{account}:stack/queue/{m.uuid()}")}</StackId>
        <Parameters>
          <member><ParameterKey>MasterUserPassword</ParameterKey><ParameterValue>****</ParameterValue></member>
          <member><ParameterKey>BrokerAdminPassword</ParameterKey><ParameterValue>{d.hide(m.strong(18))}</ParameterValue></member>
        </Parameters>
        <Outputs>
          <member><OutputKey>AmqpUri</OutputKey><OutputValue>amqps://app:{d.hide(m.chars(20))}@b-1.mq.{REGION}.amazonaws.com:5671</OutputValue></member>
          <member><OutputKey>PasswordSecretArn</OutputKey><OutputValue>{d.keep(f"arn:aws:secretsmanager:{REGION}:{account}:secret:queue-{m.chars(6)}")}</OutputValue></member>
        </Outputs>
        <StackStatus>UPDATE_COMPLETE</StackStatus>
      </member>
    </Stacks>"""
    d.kept("<ParameterValue>****</ParameterValue>", "<StackStatus>UPDATE_COMPLETE</StackStatus>")
    aws_query(d, "cloudformation", "DescribeStacks", "2010-05-15", result, StackName="queue")


def database_instances(d: Draft) -> None:
    m = d.mint
    account = m.account()
    result = f"""    <DBInstances>
      <DBInstance>
        <DBInstanceIdentifier>ledger</DBInstanceIdentifier>
        <DbiResourceId>{d.keep("db-" + m.chars(26).upper())}</DbiResourceId>
        <MasterUsername>ledger_admin</MasterUsername>
        <MasterUserSecret><SecretArn>{d.keep(f"arn:aws:secretsmanager:{REGION}:{account}:secret:rds!db-{m.uuid()}-{m.chars(6)}")}</SecretArn><SecretStatus>active</SecretStatus></MasterUserSecret>
        <PendingModifiedValues><MasterUserPassword>****</MasterUserPassword></PendingModifiedValues>
        <CACertificateIdentifier>rds-ca-rsa2048-g1</CACertificateIdentifier>
        <KmsKeyId>{d.keep(f"arn:aws:kms:{REGION}:{account}:key/{m.uuid()}")}</KmsKeyId>
        <IAMDatabaseAuthenticationEnabled>true</IAMDatabaseAuthenticationEnabled>
      </DBInstance>
    </DBInstances>
    <Marker>{d.keep(m.page(60))}</Marker>"""
    d.kept("<MasterUserPassword>****</MasterUserPassword>", "rds-ca-rsa2048-g1", "<SecretStatus>active</SecretStatus>")
    aws_query(d, "rds", "DescribeDBInstances", "2014-10-31", result)


def instance_user_data(d: Draft) -> None:
    m = d.mint
    script = f"""#cloud-config
write_files:
  - path: /etc/agent/agent.yaml
    content: |
      api_key: {d.hide(m.datadog())}
      site: datadoghq.eu
  - path: /etc/profile.d/proxy.sh
    content: export HTTPS_PROXY=http://svc-proxy:{d.hide(m.chars(14))}@proxy.example.com:3128
users:
  - name: ops
    ssh_authorized_keys: [{d.keep(m.ssh_public())}]
    lock_passwd: true
"""
    d.kept("lock_passwd: true", "site: datadoghq.eu")
    identity = d.keep("i-0" + m.hex(16))
    aws_ec2(
        d,
        "DescribeInstanceAttribute",
        f"    <instanceId>{identity}</instanceId>\n    <userData><value>{b64(script)}</value></userData>",
        InstanceId=identity,
        Attribute="userData",
    )


def catalog_connection(d: Draft) -> None:
    m = d.mint
    props = {
        "JDBC_CONNECTION_URL": "jdbc:oracle:thin:@//ora.internal:1521/DWH",
        "USERNAME": "etl",
        "PASSWORD": d.hide(m.strong(16)),
        "JDBC_ENFORCE_SSL": "true",
    }
    row = {
        "Name": "dwh",
        "ConnectionType": "JDBC",
        "ConnectionProperties": props,
        "PhysicalConnectionRequirements": {"SubnetId": d.keep("subnet-0" + m.hex(16))},
    }
    d.kept('"JDBC_ENFORCE_SSL":"true"', "jdbc:oracle:thin:@//ora.internal:1521/DWH")
    aws_json(d, "glue", "AWSGlue.GetConnection", {"Name": "dwh"}, {"Connection": row})


def graph_api_keys(d: Draft) -> None:
    m = d.mint
    rows = [
        {"id": d.hide("da2-" + m.chars(26, "abcdefghijklmnopqrstuvwxyz0123456789")), "description": "mobile", "expires": 1798761600}
        for _ in range(2)
    ]
    d.kept('"expires":1798761600', '"description":"mobile"')
    aws_rest(d, "appsync", "GET", f"/v1/apis/{m.chars(26).lower()}/apikeys", {"apiKeys": rows, "nextToken": d.keep(m.page(64))})


def gateway_api_keys(d: Draft) -> None:
    m = d.mint
    rows = []
    for name in ("partner-a", "partner-b"):
        stages = [d.keep(m.chars(10, "abcdefghijklmnopqrstuvwxyz0123456789") + "/prod")]
        rows.append(
            {
                "id": d.keep(m.chars(10, "abcdefghijklmnopqrstuvwxyz0123456789")),
                "value": d.hide(m.chars(40)),
                "name": name,
                "enabled": True,
                "createdDate": 1788888888,
                "stageKeys": stages,
            }
        )
    aws_rest(d, "apigateway", "GET", "/apikeys?includeValues=true", {"item": rows})


def log_events(d: Draft) -> None:
    m = d.mint
    rows = []
    lines = (
        f"START RequestId: {d.keep(m.uuid())} Version: $LATEST",
        f"retrying upstream with header Authorization: Bearer {d.hide(m.jwt({'sub': 'svc-orders', 'exp': 1795600000}))}",
        f'pq: password authentication failed for user "orders" (dsn=postgres://orders:{d.hide(m.password())}@pg:5432/orders)',
        f"cache miss key=session:index:{d.keep(m.sha1())} ttl=300",
        f"REPORT RequestId: {m.uuid()} XRAY TraceId: {d.keep('1-' + m.hex(8) + '-' + m.hex(24))} SegmentId: {d.keep(m.hex(16))} Sampled: true",
    )
    for at, line in enumerate(lines):
        rows.append(
            {
                "logStreamName": "2026/11/24/[$LATEST]" + m.hex(32),
                "timestamp": 1795598100000 + at,
                "message": line + "\n",
                "eventId": d.keep(m.digits(56)),
            }
        )
    aws_json(
        d,
        "logs",
        "Logs_20140328.FilterLogEvents",
        {"logGroupName": "/aws/lambda/orders"},
        {"events": rows, "searchedLogStreams": [], "nextToken": d.keep(m.page(90))},
    )


def command_output(d: Draft) -> None:
    m = d.mint
    out = f"DB_HOST=pg.internal\nDB_PASS={d.hide(m.chars(18))}\nMACHINE_ID={d.keep(m.hex(32))}\nAPP_KEY=base64:{d.hide(m.base64(32))}\n"
    answer = {
        "CommandId": d.keep(m.uuid()),
        "InstanceId": d.keep("i-0" + m.hex(16)),
        "DocumentName": "AWS-RunShellScript",
        "StandardOutputContent": out,
        "StandardErrorContent": "",
        "Status": "Success",
    }
    d.kept("DB_HOST=pg.internal", '"DocumentName":"AWS-RunShellScript"')
    aws_json(d, "ssm", "AmazonSSM.GetCommandInvocation", {"CommandId": "c", "InstanceId": "i"}, answer)


def stream_records(d: Draft) -> None:
    """A subscription's records: base64 of gzip of JSON."""
    m = d.mint
    event = {
        "messageType": "DATA_MESSAGE",
        "logGroup": "/ecs/app",
        "logEvents": [{"id": m.digits(56), "message": f"login ok user=ops api_key={d.hide(m.chars(32))} req={d.keep(m.uuid())}"}],
    }
    row = {"SequenceNumber": d.keep(m.digits(56)), "PartitionKey": d.keep(m.hex(32)), "Data": b64(packed(json.dumps(event)))}
    d.kept("DATA_MESSAGE")
    aws_json(
        d,
        "kinesis",
        "Kinesis_20131202.GetRecords",
        {"ShardIterator": "AAAA"},
        {"Records": [row], "NextShardIterator": d.keep(m.page(150)), "MillisBehindLatest": 0},
    )
