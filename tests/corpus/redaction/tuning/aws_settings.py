"""AWS answers that carry other people's settings: environments, user data, outputs."""

from __future__ import annotations

from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import aws_ec2, aws_json, aws_query, aws_rest


def lambda_get_function_configuration(d: Draft) -> None:
    m = d.mint
    account = m.account()
    answer = {
        "FunctionName": "invoice-mailer",
        "FunctionArn": d.keep(f"arn:aws:lambda:eu-central-1:{account}:function:invoice-mailer"),
        "Runtime": "python3.12",
        "Role": d.keep(f"arn:aws:iam::{account}:role/service-role/invoice-mailer-role-{m.chars(8)}"),
        "Handler": "app.handler",
        "CodeSize": 1048576,
        "CodeSha256": d.keep(m.base64(32)),
        "Version": "$LATEST",
        "Environment": {
            "Variables": {
                "DB_PASSWORD": d.hide(m.password()),
                "SENDGRID_API_KEY": d.hide(m.sendgrid()),
                "DATABASE_URL": f"postgresql://mailer:{d.hide(m.chars(18))}@db-7.internal.example.com:5432/invoices?sslmode=require",
                "LOG_LEVEL": "info",
                "SECRET_NAME": d.keep("prod/invoice-mailer"),
                "TOKEN_TTL_SECONDS": "900",
                "TABLE_ARN": d.keep(f"arn:aws:dynamodb:eu-central-1:{account}:table/invoices"),
            }
        },
        "TracingConfig": {"Mode": "Active"},
        "RevisionId": d.keep(m.uuid()),
        "Layers": [{"Arn": d.keep(f"arn:aws:lambda:eu-central-1:{account}:layer:deps:41"), "CodeSize": 8123456}],
        "PackageType": "Zip",
    }
    d.kept('"SECRET_NAME"', '"TOKEN_TTL_SECONDS":"900"')
    aws_rest(d, "lambda", "GET", "/2015-03-31/functions/invoice-mailer/configuration", answer)


def ecs_describe_task_definition(d: Draft) -> None:
    m = d.mint
    account = m.account()
    container = {
        "name": "web",
        "image": d.keep(f"{account}.dkr.ecr.eu-central-1.amazonaws.com/shop@{m.digest()}"),
        "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
        "environment": [
            {"name": "REDIS_URL", "value": f"rediss://:{d.hide(m.chars(32))}@redis.internal.example.com:6379/0"},
            {"name": "STRIPE_SECRET_KEY", "value": d.hide(m.stripe())},
            {"name": "STRIPE_PUBLISHABLE_KEY", "value": d.keep(m.publishable())},
            {"name": "SESSION_COOKIE_NAME", "value": d.keep("__Host-shop-session")},
        ],
        "secrets": [
            {"name": "DB_PASSWORD", "valueFrom": d.keep(f"arn:aws:secretsmanager:eu-central-1:{account}:secret:db-{m.chars(6)}:password::")}
        ],
        "repositoryCredentials": {"credentialsParameter": d.keep(f"arn:aws:secretsmanager:eu-central-1:{account}:secret:hub-{m.chars(6)}")},
    }
    answer = {"taskDefinition": {"family": "shop-web", "revision": 118, "containerDefinitions": [container], "status": "ACTIVE"}}
    aws_json(d, "ecs", "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition", {"taskDefinition": "shop-web"}, answer)


def ec2_user_data(d: Draft) -> None:
    m = d.mint
    script = f"""#cloud-config
hostname: {d.keep("runner-" + m.hex(8))}
write_files:
  - path: /etc/gitlab-runner/config.toml
    permissions: "0600"
    content: |
      concurrent = 4
      [[runners]]
        url = "https://gitlab.example.com/"
        token = "{d.hide(m.gitlab("glrt"))}"
        executor = "docker"
runcmd:
  - echo '{d.hide(m.docker())}' | docker login -u buildbot --password-stdin
  - curl -fsSL https://get.example.com/agent.sh | sha256sum -c {d.keep(m.sha256())}
"""
    value = (
        f"    <instanceId>{d.keep('i-0' + m.hex(16))}</instanceId>\n    <userData>\n        <value>{b64(script)}</value>\n    </userData>"
    )
    aws_ec2(d, "DescribeInstanceAttribute", value, InstanceId="i-0abc", Attribute="userData")


def cloudformation_describe_stacks(d: Draft) -> None:
    m = d.mint
    account = m.account()
    result = f"""    <Stacks>
      <member>
        <StackId>{d.keep(f"arn:aws:cloudformation:eu-central-1:{account}:stack/search/{m.uuid()}")}</StackId>
        <StackName>search</StackName>
        <Parameters>
          <member><ParameterKey>MasterPassword</ParameterKey><ParameterValue>{d.keep("****")}</ParameterValue></member>
          <member><ParameterKey>ImageTag</ParameterKey><ParameterValue>{d.keep(m.sha1())}</ParameterValue></member>
        </Parameters>
        <Outputs>
          <member><OutputKey>Endpoint</OutputKey><OutputValue>{d.keep("https://vpc-search-" + m.chars(26).lower() + ".eu-central-1.es.amazonaws.com")}</OutputValue></member>
          <member><OutputKey>DeployUserSecretKey</OutputKey><OutputValue>{d.hide(m.aws_secret())}</OutputValue></member>
          <member><OutputKey>AdminPassword</OutputKey><OutputValue>{d.hide(m.passphrase())}</OutputValue></member>
        </Outputs>
        <StackStatus>UPDATE_COMPLETE</StackStatus>
      </member>
    </Stacks>"""
    aws_query(d, "cloudformation", "DescribeStacks", "2010-05-15", result, StackName="search")


def rds_describe_db_instances(d: Draft) -> None:
    m = d.mint
    account = m.account()
    result = f"""    <DBInstances>
      <DBInstance>
        <DBInstanceIdentifier>{d.keep("orders-prod-" + m.hex(6))}</DBInstanceIdentifier>
        <DbiResourceId>{d.keep("db-" + m.chars(26, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))}</DbiResourceId>
        <MasterUsername>{d.keep("orders_admin")}</MasterUsername>
        <PendingModifiedValues><MasterUserPassword>{d.keep("****")}</MasterUserPassword></PendingModifiedValues>
        <IAMDatabaseAuthenticationEnabled>true</IAMDatabaseAuthenticationEnabled>
        <CACertificateIdentifier>rds-ca-rsa2048-g1</CACertificateIdentifier>
        <KmsKeyId>{d.keep(f"arn:aws:kms:eu-central-1:{account}:key/{m.uuid()}")}</KmsKeyId>
        <MasterUserSecret>
          <SecretArn>{d.keep(f"arn:aws:secretsmanager:eu-central-1:{account}:secret:rds!db-{m.uuid()}-{m.chars(6)}")}</SecretArn>
          <SecretStatus>active</SecretStatus>
        </MasterUserSecret>
        <DBInstanceArn>{d.keep(f"arn:aws:rds:eu-central-1:{account}:db:orders-prod")}</DBInstanceArn>
      </DBInstance>
    </DBInstances>
    <Marker>{d.keep(m.urlsafe(60))}</Marker>"""
    aws_query(d, "rds", "DescribeDBInstances", "2014-10-31", result, MaxRecords="20")


def glue_get_connection(d: Draft) -> None:
    m = d.mint
    answer = {
        "Connection": {
            "Name": "warehouse",
            "ConnectionType": "JDBC",
            "ConnectionProperties": {
                "JDBC_CONNECTION_URL": d.keep(
                    "jdbc:redshift://wh." + m.chars(12).lower() + ".eu-central-1.redshift.amazonaws.com:5439/dwh"
                ),
                "JDBC_ENFORCE_SSL": "true",
                "USERNAME": "glue_reader",
                "PASSWORD": d.hide(m.strong()),
            },
            "PhysicalConnectionRequirements": {
                "SubnetId": d.keep("subnet-0" + m.hex(16)),
                "SecurityGroupIdList": [d.keep("sg-0" + m.hex(16))],
            },
            "CreationTime": 1790000000.0,
        }
    }
    aws_json(d, "glue", "AWSGlue.GetConnection", {"Name": "warehouse", "HidePassword": False}, answer)
