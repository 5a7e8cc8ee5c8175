"""Forges and CI servers: their APIs and their job logs."""

from __future__ import annotations

from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.services import api, page


def gitlab_variables(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "variable_type": "env_var",
            "key": key,
            "value": value,
            "hidden": False,
            "protected": True,
            "masked": True,
            "raw": False,
            "environment_scope": "*",
        }
        for key, value in (
            ("AWS_SECRET_ACCESS_KEY", d.hide(m.aws_secret())),
            ("NPM_TOKEN", d.hide(m.npm())),
            ("DEPLOY_HOST", d.keep("bastion-7.example.com")),
            ("DOCKER_AUTH_CONFIG_PATH", d.keep("/builds/.docker/config.json")),
        )
    ]
    d.kept('"key":"AWS_SECRET_ACCESS_KEY"', '"masked":true')
    api(
        d,
        "GET",
        "https://gitlab.example.com/api/v4/projects/42/variables",
        rows,
        x_request_id=d.keep(m.chars(26).upper()),
        x_gitlab_meta='{"correlation_id":"x"}',
    )


def gitlab_create_token(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": 58,
        "name": "renovate",
        "revoked": False,
        "created_at": "2026-11-24T10:15:00.000Z",
        "scopes": ["api", "write_repository"],
        "user_id": 1177,
        "last_used_at": None,
        "active": True,
        "expires_at": "2027-11-24",
        "access_level": 40,
        "token": d.hide(m.gitlab(), schema=True),
    }
    d.kept('"scopes":["api","write_repository"]', '"expires_at":"2027-11-24"')
    api(d, "POST", "https://gitlab.example.com/api/v4/projects/42/access_tokens", answer)


def github_installation_token(d: Draft) -> None:
    m = d.mint
    repo = {"id": m.random.randint(10**8, 10**9), "node_id": d.keep("R_kgDO" + m.urlsafe(6)), "full_name": "example/infra", "private": True}
    answer = {
        "token": d.hide(m.github("s"), schema=True),
        "expires_at": "2026-11-24T11:15:00Z",
        "permissions": {"contents": "read", "secrets": "write", "metadata": "read"},
        "repository_selection": "selected",
        "repositories": [repo],
    }
    d.kept('"secrets":"write"', '"repository_selection":"selected"')
    api(
        d,
        "POST",
        "https://api.github.com/app/installations/5123/access_tokens",
        answer,
        x_github_request_id=d.keep(":".join(m.hex(4).upper() for _ in range(5))),
    )
    d.status = 201


def github_secrets_list(d: Draft) -> None:
    m = d.mint
    secrets = [
        {"name": name, "created_at": "2025-08-10T14:59:22Z", "updated_at": "2026-01-10T14:59:22Z"}
        for name in ("AWS_ROLE_ARN", "SLACK_WEBHOOK_URL", "NPM_TOKEN")
    ]
    d.kept('"name":"SLACK_WEBHOOK_URL"', '"name":"NPM_TOKEN"')
    key = {"key_id": d.keep(m.digits(18)), "key": d.keep(m.base64(32))}
    api(d, "GET", "https://api.github.com/repos/example/infra/actions/secrets", {"total_count": 3, "secrets": secrets, "public_key": key})
    d.headers["etag"] = 'W/"' + d.keep(m.sha256()) + '"'


def gitlab_job_trace(d: Draft) -> None:
    m = d.mint
    text = f"""\x1b[0KRunning with gitlab-runner 17.5.3 (12030cf4)\x1b[0;m
\x1b[0K  on shared-1 {d.keep("t3_" + m.hex(6))}, system ID: {d.keep("s_" + m.hex(12))}\x1b[0;m
section_start:1795596400:get_sources\r\x1b[0K
Checking out {d.keep(m.sha1())} as detached HEAD (ref is main)...
$ export SENTRY_AUTH_TOKEN={d.hide("sntrys_" + m.chars(80))}
$ docker login -u gitlab-ci-token -p {d.hide("glcbt-64_" + m.chars(20))} registry.example.com
WARNING! Using --password via the CLI is insecure. Use --password-stdin.
Login Succeeded
$ git push https://oauth2:{d.hide(m.gitlab())}@gitlab.example.com/shop/infra.git HEAD:main
   {d.keep(m.hex(8) + ".." + m.hex(8))}  HEAD -> main
Uploading artifacts... id={m.digits(9)} responseStatus=201 Created token={d.keep("[MASKED]")}
Job succeeded
"""
    d.kept("WARNING! Using --password via the CLI is insecure. Use --password-stdin.")
    page(d, "https://gitlab.example.com/api/v4/projects/42/jobs/993/trace", text)


def jenkins_credentials(d: Draft) -> None:
    m = d.mint
    text = f"""<?xml version='1.1' encoding='UTF-8'?>
<com.cloudbees.plugins.credentials.SystemCredentialsProvider plugin="credentials@1381.v2c3a_12074da_b_">
  <domainCredentialsMap class="hudson.util.CopyOnWriteMap$Hash">
    <entry>
      <java.util.concurrent.CopyOnWriteArrayList>
        <com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl>
          <scope>GLOBAL</scope>
          <id>{d.keep("nexus-deployer-" + m.uuid())}</id>
          <description>{d.keep("Password of the Nexus deployer, ask the build team")}</description>
          <username>deployer</username>
          <password>{d.hide(m.passphrase())}</password>
        </com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl>
        <org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl>
          <id>sonar-token</id>
          <secret>{d.hide("sqa_" + m.hex(40))}</secret>
        </org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl>
      </java.util.concurrent.CopyOnWriteArrayList>
    </entry>
  </domainCredentialsMap>
</com.cloudbees.plugins.credentials.SystemCredentialsProvider>
"""
    page(d, "https://jenkins.example.com/userContent/credentials.xml", text, "application/xml")
