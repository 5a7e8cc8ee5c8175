"""AWS answers that carry other people's settings: environments, user data, outputs, logs."""

from __future__ import annotations

from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import aws_ec2, aws_json, aws_query, aws_rest


def lambda_list_functions(d: Draft) -> None:
    m = d.mint
    account = m.account()
    rows = []
    for name, variables in (
        ("slack-notify", {"WEBHOOK": d.hide(m.slack_hook()), "CHANNEL": "#deploys"}),
        ("gh-sync", {"GITHUB_TOKEN": d.hide(m.github_fine()), "REPO": "platform/infra", "STATE_KEY": d.keep("state/gh-sync.json")}),
        ("thumbnails", {"BUCKET": d.keep("media-thumbs-" + m.hex(12)), "AUTH_MODE": "iam", "KEYSPACE": "thumbs"}),
    ):
        rows.append(
            {
                "FunctionName": name,
                "FunctionArn": d.keep(f"arn:aws:lambda:eu-central-1:{account}:function:{name}"),
                "CodeSha256": d.keep(m.base64(32)),
                "Environment": {"Variables": variables},
                "RevisionId": d.keep(m.uuid()),
            }
        )
    aws_rest(d, "lambda", "GET", "/2015-03-31/functions/", {"Functions": rows, "NextMarker": d.keep(m.page(240))})


def codebuild_batch_get_projects(d: Draft) -> None:
    m = d.mint
    account = m.account()
    project = {
        "name": "release",
        "arn": d.keep(f"arn:aws:codebuild:eu-central-1:{account}:project/release"),
        "source": {"type": "GITHUB", "location": "https://github.com/example/release.git", "auth": {"type": "OAUTH"}},
        "environment": {
            "image": "aws/codebuild/standard:7.0",
            "environmentVariables": [
                {"name": "NPM_TOKEN", "value": d.hide(m.npm()), "type": "PLAINTEXT"},
                {"name": "SONAR_LOGIN", "value": d.hide("squ_" + m.hex(40)), "type": "PLAINTEXT"},
                {"name": "SIGNING_PASSWORD", "value": d.keep("/release/signing/password"), "type": "PARAMETER_STORE"},
                {"name": "HUB_TOKEN", "value": d.keep("dockerhub:token"), "type": "SECRETS_MANAGER"},
            ],
        },
        "encryptionKey": d.keep(f"arn:aws:kms:eu-central-1:{account}:alias/aws/s3"),
        "badge": {"badgeEnabled": False},
    }
    aws_json(d, "codebuild", "CodeBuild_20161006.BatchGetProjects", {"names": ["release"]}, {"projects": [project], "projectsNotFound": []})


def ec2_launch_template_versions(d: Draft) -> None:
    m = d.mint
    script = f"""#!/bin/bash -xe
export K3S_URL=https://10.4.0.10:6443
curl -sfL https://get.k3s.io | K3S_TOKEN={d.hide("K10" + m.hex(64) + "::server:" + m.hex(32))} sh -s - agent
mysql -h db.internal -u root -p'{d.hide(m.chars(14) + "!")}' -e 'select 1'
aws s3 cp s3://{d.keep("bootstrap-" + m.hex(10))}/agent.rpm /tmp/agent.rpm
echo "{d.keep(m.hex(32))}  /tmp/agent.rpm" | md5sum -c
"""
    result = f"""    <launchTemplateVersionSet>
        <item>
            <launchTemplateId>{d.keep("lt-0" + m.hex(16))}</launchTemplateId>
            <launchTemplateName>k3s-agent</launchTemplateName>
            <versionNumber>12</versionNumber>
            <launchTemplateData>
                <imageId>{d.keep("ami-0" + m.hex(16))}</imageId>
                <keyName>{d.keep("ops-keypair-2025")}</keyName>
                <userData>{b64(script)}</userData>
                <metadataOptions><httpTokens>required</httpTokens></metadataOptions>
            </launchTemplateData>
        </item>
    </launchTemplateVersionSet>"""
    d.kept("<httpTokens>required</httpTokens>")
    aws_ec2(d, "DescribeLaunchTemplateVersions", result, LaunchTemplateName="k3s-agent")


def ec2_create_key_pair(d: Draft) -> None:
    from tests.corpus.redaction import keys

    m = d.mint
    key = d.hide(keys.rsa_pkcs1("held-out-1"), schema=True)
    fingerprint = d.keep(":".join(m.hex(2) for _ in range(20)))
    result = f"""    <keyFingerprint>{fingerprint}</keyFingerprint>
    <keyMaterial>{key.rstrip().replace(chr(10), "&#xD;" + chr(10))}</keyMaterial>
    <keyName>{d.keep("bastion-2026")}</keyName>
    <keyPairId>{d.keep("key-0" + m.hex(16))}</keyPairId>"""
    aws_ec2(d, "CreateKeyPair", result, KeyName="bastion-2026")
    d.secrets = {"\r\n".join(key.rstrip().split("\n")): "schema"}


def logs_filter_log_events(d: Draft) -> None:
    m = d.mint
    events = []
    for text in (
        f"START RequestId: {d.keep(m.uuid())} Version: $LATEST",
        f"[DEBUG] connecting with dsn=mysql://svc:{d.hide(m.chars(20))}@orders.internal:3306/orders",
        f"[INFO] trace {d.keep('1-' + m.hex(8) + '-' + m.hex(24))} token count 512, cache key user:1881",
        f"[DEBUG] outgoing headers: {{'Authorization': 'Bearer {d.hide(m.jwt({'sub': 'svc', 'exp': 1795600000, 'jti': m.uuid()}))}'}}",
    ):
        events.append(
            {
                "logStreamName": "2026/11/24/[$LATEST]" + m.hex(32),
                "timestamp": 1795596400123,
                "message": text + "\n",
                "ingestionTime": 1795596401000,
                "eventId": d.keep(m.digits(56)),
            }
        )
    d.kept("token count 512, cache key user:1881")
    answer = {
        "events": events,
        "searchedLogStreams": [],
        "nextToken": d.keep("Bxkq6kVGFtq2y_MoigeqscPOdhXVbhiVtLoAmXb5jCqsKS4P5" + m.urlsafe(60)),
    }
    aws_json(d, "logs", "Logs_20140328.FilterLogEvents", {"logGroupName": "/aws/lambda/orders"}, answer)


def redshift_get_cluster_credentials(d: Draft) -> None:
    m = d.mint
    result = f"""    <DbUser>{d.keep("IAM:analyst")}</DbUser>
    <DbPassword>{d.hide(m.base64(220), schema=True)}</DbPassword>
    <Expiration>{d.keep("2026-11-24T10:30:00.512Z")}</Expiration>"""
    aws_query(d, "redshift", "GetClusterCredentials", "2012-12-01", result, DbUser="analyst", ClusterIdentifier="dwh")
