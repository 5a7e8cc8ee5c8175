"""Git forges and CI servers."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.fresh import initials, leet, named, plain
from tests.corpus.redaction.services import api, page


def installation_token(d: Draft) -> None:
    m = d.mint
    answer = {
        "token": d.hide(m.github("s"), schema=True),
        "expires_at": "2026-11-24T11:15:00Z",
        "permissions": {"contents": "read", "secrets": "write", "secret_scanning_alerts": "read"},
        "repository_selection": "selected",
    }
    d.kept('"permissions":{"contents":"read","secrets":"write","secret_scanning_alerts":"read"}')
    api(
        d,
        "POST",
        f"https://api.github.com/app/installations/{m.digits(8)}/access_tokens",
        answer,
        x_github_request_id=d.keep(f"{m.hex(4).upper()}:{m.hex(6).upper()}:{m.hex(8).upper()}"),
        x_github_media_type="github.v3; format=json",
    )
    d.status = 201


def secrets_of_a_repository(d: Draft) -> None:
    m = d.mint
    rows = [
        {"name": d.keep(name), "created_at": "2026-01-01T08:00:00Z", "updated_at": "2026-11-01T08:00:00Z"}
        for name in ("AWS_SECRET_ACCESS_KEY", "NPM_TOKEN", "SSH_PRIVATE_KEY")
    ]
    api(
        d,
        "GET",
        "https://api.github.com/repos/acme/shop/actions/secrets",
        {"total_count": 3, "secrets": rows},
        etag=d.keep(f'W/"{m.hex(64)}"'),
    )


def key_for_secrets(d: Draft) -> None:
    m = d.mint
    api(
        d,
        "GET",
        "https://api.github.com/repos/acme/shop/actions/secrets/public-key",
        {"key_id": d.keep(m.digits(18)), "key": d.keep(m.base64(32))},
    )


def runner_registration(d: Draft) -> None:
    m = d.mint
    api(
        d,
        "POST",
        "https://api.github.com/orgs/acme/actions/runners/registration-token",
        {"token": d.hide("A" + m.chars(28, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")), "expires_at": "2026-11-24T11:15:00.000Z"},
    )
    d.status = 201


def commits(d: Draft) -> None:
    m = d.mint
    rows = []
    for text in ("Rotate the database password", "fix: token refresh race (secret=***)", "Bump api-key rotation to 90 days"):
        sha = d.keep(m.sha1())
        armor = "-----BEGIN PGP SIGNATURE-----\n\n" + m.base64(240) + "\n-----END PGP SIGNATURE-----"
        rows.append(
            {
                "sha": sha,
                "node_id": d.keep("C_kwDO" + m.urlsafe(40)),
                "commit": {
                    "message": d.keep(text),
                    "tree": {"sha": d.keep(m.sha1())},
                    "verification": {"verified": True, "reason": "valid", "signature": armor},
                },
            }
        )
        d.keep(armor.split("\n")[2])
    api(
        d,
        "GET",
        "https://api.github.com/repos/acme/shop/commits?per_page=3",
        rows,
        link=d.keep(f'<https://api.github.com/repositories/{m.digits(8)}/commits?per_page=3&page=2>; rel="next"'),
    )


def file_with_a_key(d: Draft) -> None:
    m = d.mint
    text = f"""module.exports = {{
  host: 'smtp.example.com',
  auth: {{ user: 'noreply@example.com', pass: '{d.hide(plain(m))}' }},
  dkim: {{ keySelector: '2026', privateKey: process.env.DKIM_KEY }},
  recaptcha: {{ siteKey: '{d.keep("6L" + m.chars(38, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))}' }},
}}
"""
    d.kept("privateKey: process.env.DKIM_KEY", "keySelector: '2026'")
    content = b64(text)
    wrapped = "\n".join(content[at : at + 60] for at in range(0, len(content), 60)) + "\n"
    api(
        d,
        "GET",
        "https://api.github.com/repos/acme/shop/contents/config/mail.js",
        {
            "name": "mail.js",
            "path": "config/mail.js",
            "sha": d.keep(m.sha1()),
            "size": len(text),
            "encoding": "base64",
            "content": wrapped,
            "git_url": d.keep(f"https://api.github.com/repos/acme/shop/git/blobs/{m.sha1()}"),
        },
    )


def scanning_alerts(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "number": 7,
            "state": "open",
            "secret_type": "slack_api_token",
            "secret_type_display_name": d.keep("Slack API Token"),
            "secret": d.hide(m.slack_bot()),
            "push_protection_bypassed": False,
        },
        {
            "number": 6,
            "state": "resolved",
            "secret_type": "http_basic_authentication_header",
            "secret_type_display_name": d.keep("HTTP Basic Authentication Header"),
            "secret": d.hide("Basic " + b64("ops:" + m.strong(14))),
            "resolution": "revoked",
        },
    ]
    d.kept('"secret_type":"slack_api_token"', '"push_protection_bypassed":false')
    api(d, "GET", "https://api.github.com/repos/acme/shop/secret-scanning/alerts", rows)


def variables_of_a_project(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "variable_type": "env_var",
            "key": "DEPLOY_PASSWORD",
            "value": d.hide(leet(m)),
            "protected": True,
            "masked": True,
            "hidden": False,
            "raw": True,
            "environment_scope": "*",
        },
        {
            "variable_type": "env_var",
            "key": "SONAR_HOST_URL",
            "value": d.keep("https://sonar.example.com"),
            "protected": False,
            "masked": False,
            "environment_scope": "*",
        },
        {
            "variable_type": "file",
            "key": "SSH_KEY",
            "value": d.hide(keys.openssh("fresh-gitlab")),
            "protected": True,
            "masked": False,
            "environment_scope": "production",
        },
        {
            "variable_type": "env_var",
            "key": "COSIGN_PUBLIC_KEY",
            "value": d.keep(keys.public("fresh-cosign")),
            "protected": False,
            "masked": False,
            "environment_scope": "*",
        },
        {
            "variable_type": "env_var",
            "key": "HIDDEN_TOKEN",
            "value": None,
            "protected": True,
            "masked": True,
            "hidden": True,
            "environment_scope": "*",
        },
    ]
    d.kept('"key":"HIDDEN_TOKEN","value":null')
    api(
        d,
        "GET",
        "https://gitlab.example.com/api/v4/projects/42/variables",
        rows,
        x_total="5",
        x_request_id=d.keep(m.chars(26, "0123456789ABCDEFGHJKMNPQRSTVWXYZ")),
    )


def project(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": 42,
        "path_with_namespace": "acme/shop",
        "runners_token": d.hide(m.gitlab("GR1348941")),
        "ci_job_token_scope_enabled": True,
        "ci_forward_deployment_enabled": True,
        "service_desk_address": d.keep(f"contact-project+acme-shop-42-{m.chars(10, 'abcdef0123456789')}@incoming.gitlab.com"),
        "import_url": f"https://mirror:{d.hide(m.gitlab())}@git.partner.example/shop.git",
        "secret_push_protection_enabled": False,
        "avatar_url": d.keep(f"https://secure.gravatar.com/avatar/{m.hex(64)}?s=80&d=identicon"),
    }
    d.kept('"ci_job_token_scope_enabled":true', '"secret_push_protection_enabled":false')
    api(d, "GET", "https://gitlab.example.com/api/v4/projects/42", answer)


def personal_tokens(d: Draft) -> None:
    rows = [
        {
            "id": n,
            "name": d.keep(name),
            "revoked": False,
            "created_at": "2026-02-01T08:00:00.000Z",
            "scopes": ["api", "read_repository"],
            "user_id": 7,
            "last_used_at": None,
            "active": True,
            "expires_at": "2027-02-01",
        }
        for n, name in ((31, "renovate-bot token"), (32, "deploy password replacement"))
    ]
    d.kept('"scopes":["api","read_repository"]')
    api(d, "GET", "https://gitlab.example.com/api/v4/personal_access_tokens", rows)


def job_trace(d: Draft) -> None:
    m = d.mint
    esc = "\x1b"
    text = f"""{esc}[0KRunning with gitlab-runner 17.5.0 ({d.keep(m.hex(8))}){esc}[0;m
{esc}[0K  on runner-{m.chars(9)}, system ID: {d.keep("s_" + m.hex(12))}{esc}[0;m
section_start:1795500000:step_script{esc}[0K
$ docker login -u ci -p {d.hide(m.docker())} registry.example.com
WARNING! Using --password via the CLI is insecure. Use --password-stdin.
$ echo $DB_PASSWORD
[MASKED]
$ curl --header "PRIVATE-TOKEN: {d.hide(m.gitlab())}" https://gitlab.example.com/api/v4/version
$ docker build --build-arg NPM_TOKEN=$NPM_TOKEN -t app .
 => => sha256:{d.keep(m.hex(64))} 29.13MB / 29.13MB
{esc}[32;1mJob succeeded{esc}[0;m
"""
    d.kept("WARNING! Using --password via the CLI is insecure. Use --password-stdin.", "[MASKED]", "--build-arg NPM_TOKEN=$NPM_TOKEN")
    page(d, f"https://gitlab.example.com/api/v4/projects/42/jobs/{m.digits(6)}/trace", text, "text/plain")


def console_of_jenkins(d: Draft) -> None:
    m = d.mint
    text = f"""Started by user admin
Checking out Revision {d.keep(m.sha1())} (refs/remotes/origin/main)
[Pipeline] withCredentials
Masking supported pattern matches of $NEXUS_PSW or $SONAR_TOKEN
[Pipeline] sh
+ mvn -B deploy -Dnexus.user=ci -Dnexus.password={d.hide(initials(m))} -Dgpg.passphrase=****
[INFO] --- password-encoder:3.1 @ core ---
+ sonar-scanner -Dsonar.token={d.hide("squ" + "_" + m.hex(40))}
[INFO] Tests of PasswordResetTokenServiceTest: 12 run, 0 failed
Finished: SUCCESS
"""
    d.kept(
        "-Dgpg.passphrase=****",
        "Masking supported pattern matches of $NEXUS_PSW or $SONAR_TOKEN",
        "[INFO] --- password-encoder:3.1 @ core ---",
        "PasswordResetTokenServiceTest: 12 run, 0 failed",
    )
    page(d, "https://jenkins.example.com/job/shop/512/consoleText", text)
    d.headers.update({"x-jenkins": "2.479.1", "x-jenkins-session": m.hex(8)})


def job_of_jenkins(d: Draft) -> None:
    m = d.mint
    ciphered = "{AQAAABAAAAAQ" + m.base64(45) + "}"
    text = f"""<?xml version='1.1' encoding='UTF-8'?>
<flow-definition plugin="workflow-job@1436">
  <properties>
    <hudson.model.ParametersDefinitionProperty>
      <parameterDefinitions>
        <hudson.model.StringParameterDefinition>
          <name>SMTP_PASSWORD</name>
          <defaultValue>{d.hide(named(m))}</defaultValue>
        </hudson.model.StringParameterDefinition>
        <hudson.model.PasswordParameterDefinition>
          <name>VAULT_TOKEN</name>
          <defaultValue>{ciphered}</defaultValue>
        </hudson.model.PasswordParameterDefinition>
      </parameterDefinitions>
    </hudson.model.ParametersDefinitionProperty>
  </properties>
  <authToken>{d.hide(m.chars(18))}</authToken>
  <credentialsId>{d.keep("github-deploy-token")}</credentialsId>
  <triggers/>
</flow-definition>
"""
    d.kept("<name>SMTP_PASSWORD</name>", 'plugin="workflow-job@1436"')
    page(d, "https://jenkins.example.com/job/shop/config.xml", text, "application/xml")


def gitea_hooks(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": 3,
            "type": "slack",
            "config": {"channel": "#deploys", "content_type": "json", "url": d.hide(m.slack_hook()), "color": "#1f6feb"},
            "events": ["push", "secret_scanning"],
            "authorization_header": "Bearer " + d.hide(m.urlsafe(30)),
            "active": True,
        }
    ]
    d.kept('"content_type":"json"', '"color":"#1f6feb"')
    api(d, "GET", "https://git.example.org/api/v1/repos/acme/shop/hooks", rows)


def buildkite_agents(d: Draft) -> None:
    m = d.mint
    row = {
        "id": d.keep(m.uuid()),
        "graphql_id": d.keep(b64("Cluster---" + m.uuid())),
        "token": d.hide("bkct" + "_" + m.chars(43)),
        "description": "eks agents",
        "allowed_ip_addresses": "0.0.0.0/0",
    }
    api(d, "POST", f"https://api.buildkite.com/v2/organizations/acme/clusters/{m.uuid()}/tokens", row)


def pipelines_of_devops(d: Draft) -> None:
    m = d.mint
    variables = {
        "dbPassword": {"value": None, "isSecret": True},
        "nugetApiKey": {"value": d.hide("oy2" + m.chars(43, "abcdefghijklmnopqrstuvwxyz0123456789"))},
        "buildConfiguration": {"value": "Release"},
        "secretName": {"value": d.keep("shop-tls-2026")},
    }
    answer = {
        "count": 1,
        "value": [
            {
                "id": 12,
                "name": "shop-prod",
                "type": "Vsts",
                "variables": variables,
                "createdBy": {"descriptor": d.keep("aad." + b64(m.uuid()).rstrip("="))},
            }
        ],
    }
    d.kept('"dbPassword":{"value":null,"isSecret":true}')
    api(
        d,
        "GET",
        "https://dev.azure.com/acme/shop/_apis/distributedtask/variablegroups?api-version=7.1",
        answer,
        x_vss_e2eid=d.keep(m.uuid()),
    )
