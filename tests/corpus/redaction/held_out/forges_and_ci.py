"""Forges, registries and CI: APIs, job logs, webhooks."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page


def app_installation_token(d: Draft) -> None:
    m = d.mint
    answer = {
        "token": d.hide(m.github("s"), schema=True),
        "expires_at": "2026-11-24T11:15:00Z",
        "permissions": {"contents": "write", "secrets": "read", "id_token": "write"},
        "repository_selection": "selected",
    }
    d.kept('"secrets":"read"', '"repository_selection":"selected"', '"id_token":"write"')
    api(
        d,
        "POST",
        "https://api.github.com/app/installations/4711/access_tokens",
        answer,
        x_github_request_id=d.keep("C0DE:" + m.hex(8).upper()),
        etag=d.keep(m.etag()),
    )


def runner_registration(d: Draft) -> None:
    m = d.mint
    d.kept('"expires_at":"2026-11-24T12:15:00.000Z"')
    api(
        d,
        "POST",
        "https://api.github.com/orgs/acme/actions/runners/registration-token",
        {"token": d.hide(m.chars(29, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), schema=True), "expires_at": "2026-11-24T12:15:00.000Z"},
    )


def repository_secret_names(d: Draft) -> None:
    m = d.mint
    rows = [
        {"name": name, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-06-01T00:00:00Z"}
        for name in ("AWS_SECRET_ACCESS_KEY", "DEPLOY_TOKEN", "PG_PASSWORD")
    ]
    d.kept("AWS_SECRET_ACCESS_KEY", "DEPLOY_TOKEN", "PG_PASSWORD")
    api(d, "GET", "https://api.github.com/repos/acme/app/actions/secrets", {"total_count": 3, "secrets": rows}, etag=d.keep(m.etag()))


def commit_diff(d: Draft) -> None:
    m = d.mint
    text = f"""diff --git a/config/production.rb b/config/production.rb
index {d.keep(m.hex(11))}..{d.keep(m.hex(11))} 100644
--- a/config/production.rb
+++ b/config/production.rb
@@ -14,6 +14,6 @@ Rails.application.configure do
-  config.secret_key_base = "{d.hide(m.hex(128))}"
+  config.secret_key_base = ENV.fetch("SECRET_KEY_BASE")
   config.session_store :cookie_store, key: "_acme_session"
-  config.action_mailer.smtp_settings = {{ user_name: "apikey", password: "{d.hide(m.sendgrid())}" }}
+  config.action_mailer.smtp_settings = {{ user_name: "apikey", password: Rails.application.credentials.smtp }}
"""
    d.kept('ENV.fetch("SECRET_KEY_BASE")', 'key: "_acme_session"', "password: Rails.application.credentials.smtp")
    page(d, f"https://api.github.com/repos/acme/app/commits/{m.sha1()}", text, "application/vnd.github.diff; charset=utf-8")


def project_variables(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "variable_type": "env_var",
            "key": "KUBE_TOKEN",
            "value": d.hide(m.chars(40)),
            "protected": True,
            "masked": True,
            "hidden": False,
            "environment_scope": "production",
        },
        {
            "variable_type": "file",
            "key": "DEPLOY_KEY",
            "value": d.hide(keys.openssh("held:deploy")),
            "protected": True,
            "masked": False,
            "hidden": False,
            "environment_scope": "*",
        },
        {
            "variable_type": "env_var",
            "key": "CACHE_KEY_PREFIX",
            "value": "app-main-v3",
            "protected": False,
            "masked": False,
            "hidden": False,
            "environment_scope": "*",
        },
    ]
    d.kept('"value":"app-main-v3"', '"environment_scope":"production"', '"masked":true')
    api(d, "GET", "https://gitlab.example.com/api/v4/projects/77/variables", rows, x_request_id=d.keep(m.chars(26).upper()))


def group_access_token(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": 901,
        "name": "renovate",
        "revoked": False,
        "scopes": ["api", "read_registry"],
        "user_id": 55,
        "access_level": 30,
        "token": d.hide(m.gitlab(), schema=True),
        "last_used_at": None,
    }
    d.kept('"access_level":30', '"scopes":["api","read_registry"]')
    api(d, "POST", "https://gitlab.example.com/api/v4/groups/9/access_tokens", answer, ratelimit_remaining="1998")


def webhook_settings(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": 77,
            "type": "gitea",
            "config": {"content_type": "json", "url": d.hide(m.discord_hook())},
            "authorization_header": "Basic " + b64("hook:" + d.hide(m.chars(20))),
            "events": ["push"],
            "active": True,
        }
    ]
    d.kept('"content_type":"json"', '"events":["push"]')
    api(d, "GET", "https://gitea.example.com/api/v1/repos/acme/app/hooks", rows, x_gitea_version=d.keep("1.22.3+" + m.hex(9)))


def job_log(d: Draft) -> None:
    m = d.mint
    integrity = d.keep(m.integrity())
    text = f"""2026-11-24T09:14:01.1138412Z ##[group]Run npm publish
2026-11-24T09:14:01.1139210Z env:
2026-11-24T09:14:01.1139388Z   NODE_AUTH_TOKEN: ***
2026-11-24T09:14:02.8827190Z npm verbose registry //registry.npmjs.org/:_authToken={d.hide(m.npm())}
2026-11-24T09:14:03.0012001Z npm notice shasum:        {d.keep(m.sha1())}
2026-11-24T09:14:03.0012310Z npm notice integrity:     {integrity}
2026-11-24T09:14:05.4410002Z + docker login -u acme --password {d.hide(m.docker())}
2026-11-24T09:14:06.9911210Z latest: digest: {d.keep(m.digest())} size: 1787
2026-11-24T09:14:08.1002210Z Cache saved with key: npm-Linux-{d.keep(m.sha256())}
"""
    d.kept("NODE_AUTH_TOKEN: ***")
    page(d, "https://api.github.com/repos/acme/app/actions/jobs/9182/logs", text)


def jenkins_job_config(d: Draft) -> None:
    m = d.mint
    text = f"""<?xml version='1.1' encoding='UTF-8'?>
<flow-definition plugin="workflow-job@1436.vfa_244484591f">
  <properties>
    <hudson.model.ParametersDefinitionProperty><parameterDefinitions>
      <hudson.model.StringParameterDefinition><name>NEXUS_PASSWORD</name><defaultValue>{d.hide(m.chars(19))}</defaultValue></hudson.model.StringParameterDefinition>
    </parameterDefinitions></hudson.model.ParametersDefinitionProperty>
    <hudson.triggers.GenericTrigger><token>{d.hide(m.chars(24))}</token><tokenCredentialId></tokenCredentialId></hudson.triggers.GenericTrigger>
  </properties>
  <definition class="org.jenkinsci.plugins.workflow.cps.CpsScmFlowDefinition">
    <scm class="hudson.plugins.git.GitSCM"><userRemoteConfigs><hudson.plugins.git.UserRemoteConfig>
      <url>git@github.com:acme/app.git</url><credentialsId>{d.keep(m.uuid())}</credentialsId>
    </hudson.plugins.git.UserRemoteConfig></userRemoteConfigs></scm>
  </definition>
</flow-definition>
"""
    d.kept("<tokenCredentialId></tokenCredentialId>", "workflow-job@1436.vfa_244484591f", "git@github.com:acme/app.git")
    page(d, "https://jenkins.example.com/job/app/config.xml", text, "application/xml")


def registry_bearer(d: Draft) -> None:
    m = d.mint
    token = keys.rs256(
        {
            "iss": "auth.docker.io",
            "sub": "",
            "aud": "registry.docker.io",
            "access": [{"type": "repository", "name": "acme/app", "actions": ["pull"]}],
        },
        m.urlsafe(16),
    )
    d.kept('"issued_at":"2026-11-24T10:00:00Z"')
    api(
        d,
        "GET",
        "https://auth.docker.io/token?service=registry.docker.io&scope=repository:acme/app:pull",
        {"token": d.hide(token, schema=True), "expires_in": 300, "issued_at": "2026-11-24T10:00:00Z"},
    )
