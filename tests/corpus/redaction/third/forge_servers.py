"""Forges and registries: GitHub, GitLab, Gitea, Bitbucket; Harbor, Nexus, Artifactory, npm."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page


def gitlab_project_hooks_and_token(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": 311,
        "name": "shop",
        "path_with_namespace": "platform/shop",
        "runners_token": d.hide("GR1348941" + m.chars(20, "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ123456789-_")),
        "ci_job_token_scope_enabled": True,
        "ci_push_repository_for_job_token_allowed": False,
        "ci_config_path": "",
        "import_url": f"https://mirror:{d.hide(m.github('s'))}@github.com/example/shop.git",
        "secret_push_protection_enabled": True,
        "_links": {"self": d.keep("https://gitlab.example.net/api/v4/projects/311/access_tokens")},
    }
    d.kept('"ci_job_token_scope_enabled":true', '"secret_push_protection_enabled":true')
    api(
        d,
        "GET",
        "https://gitlab.example.net/api/v4/projects/311",
        answer,
        x_gitlab_meta=d.keep('{"correlation_id":"' + m.hex(32) + '","version":"1"}'),
    )


def gitlab_job_trace(d: Draft) -> None:
    m = d.mint
    text = f"""\x1b[0KRunning with gitlab-runner 17.5.3 ({d.keep(m.hex(8))})\x1b[0;m
\x1b[0K  on runner-7 {d.keep(m.chars(9))}, system ID: {d.keep("s_" + m.hex(12))}\x1b[0;m
section_start:1795596400:get_sources\r\x1b[0K\x1b[36;1mFetching changes\x1b[0;m
Checking out {d.keep(m.hex(8))} as detached HEAD (ref is main)...
\x1b[32;1m$ echo $CI_JOB_TOKEN | docker login -u gitlab-ci-token --password-stdin $CI_REGISTRY\x1b[0;m
\x1b[32;1m$ env | sort | grep DEPLOY\x1b[0;m
DEPLOY_HOST=10.20.0.4
DEPLOY_TOKEN={d.hide(m.gitlab("gldt"))}
DEPLOY_PASSWORD={d.keep("[MASKED]")}
DEPLOY_SSH_KEY={d.keep("/builds/platform/shop.tmp/DEPLOY_SSH_KEY")}
\x1b[32;1m$ curl -sf --header "JOB-TOKEN: {d.hide("gl" + "cbt-64_" + m.chars(20, "abcdefghijklmnopqrstuvwxyz0123456789_-"))}" $CI_API_V4_URL/job\x1b[0;m
{{"id":88412,"status":"running","commit":{{"id":"{d.keep(m.sha1())}"}}}}
\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m
"""
    d.kept("docker login -u gitlab-ci-token --password-stdin $CI_REGISTRY")
    page(d, "https://gitlab.example.net/api/v4/projects/311/jobs/88412/trace", text)


def gitlab_instance_application(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": 9,
        "application_id": d.keep(m.hex(64)),
        "application_name": "Secret Santa",
        "secret": d.hide("gl" + "oas-" + m.hex(64), schema=True),
        "callback_url": "https://santa.example.net/-/oauth",
        "confidential": True,
    }
    d.kept('"application_name":"Secret Santa"', '"confidential":true')
    api(d, "POST", "https://gitlab.example.net/api/v4/applications", answer)


def github_actions_secrets_list(d: Draft) -> None:
    """Names only: the values never come out of this interface."""
    m = d.mint
    rows = [
        {"name": d.keep(name), "created_at": "2026-04-02T11:00:00Z", "updated_at": "2026-10-20T07:31:00Z"}
        for name in ("NPM_PUBLISH_TOKEN", "SIGNING_KEY_PASSWORD", "KUBECONFIG_BASE64")
    ]
    answer = {"total_count": 3, "secrets": rows, "public_key": {"key_id": d.keep(m.digits(18)), "key": d.keep(m.base64(32))}}
    api(
        d,
        "GET",
        "https://api.github.com/repos/example/shop/actions/secrets",
        answer,
        x_github_request_id=d.keep("F1A2:" + m.hex(6).upper() + ":" + m.hex(8)),
    )


def github_installation_token(d: Draft) -> None:
    m = d.mint
    answer = {
        "token": d.hide(m.github("s"), schema=True),
        "expires_at": "2026-11-24T11:15:00Z",
        "permissions": {"contents": "read", "secret_scanning_alerts": "read", "secrets": "write"},
        "repository_selection": "selected",
        "repositories": [{"id": 1296269, "node_id": d.keep("R_kgDO" + m.chars(6)), "full_name": "example/shop"}],
    }
    d.kept('"secret_scanning_alerts":"read"', '"secrets":"write"')
    api(d, "POST", "https://api.github.com/app/installations/4411/access_tokens", answer)


def github_contents_settings_py(d: Draft) -> None:
    m = d.mint
    text = f"""import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "django-insecure-{d.hide(m.chars(50, "abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)"))}"
DEBUG = False
DATABASES = {{
    "default": {{"ENGINE": "django.db.backends.postgresql", "USER": "shop", "PASSWORD": "{d.hide(m.strong(16))}", "HOST": "db"}},
    "replica": {{"PASSWORD": os.environ["REPLICA_PASSWORD"]}},
}}
AUTH_PASSWORD_VALIDATORS = [
    {{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"}},
]
CSRF_COOKIE_NAME = "csrftoken"
PASSWORD_RESET_TIMEOUT = 259200
"""
    d.kept(
        'os.environ["REPLICA_PASSWORD"]',
        "django.contrib.auth.password_validation.MinimumLengthValidator",
        'CSRF_COOKIE_NAME = "csrftoken"',
        "PASSWORD_RESET_TIMEOUT = 259200",
    )
    encoded = b64(text)
    wrapped = "".join(encoded[at : at + 60] + "\n" for at in range(0, len(encoded), 60))
    sha = d.keep(m.sha1())
    answer = {
        "name": "settings.py",
        "path": "shop/settings.py",
        "sha": sha,
        "size": len(text),
        "git_url": f"https://api.github.com/repos/example/shop/git/blobs/{sha}",
        "type": "file",
        "content": wrapped,
        "encoding": "base64",
    }
    api(d, "GET", "https://api.github.com/repos/example/shop/contents/shop/settings.py", answer, etag=d.keep('W/"' + m.hex(64) + '"'))


def github_secret_alerts(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "number": 12,
            "state": "open",
            "secret_type": "slack_incoming_webhook_url",
            "secret_type_display_name": d.keep("Slack Incoming Webhook URL"),
            "secret": d.hide(m.slack_hook(), schema=True),
            "push_protection_bypassed": False,
            "validity": "active",
        },
        {
            "number": 11,
            "state": "resolved",
            "secret_type": "sendgrid_api_key",
            "secret_type_display_name": d.keep("SendGrid API Key"),
            "secret": d.hide(m.sendgrid(), schema=True),
            "resolution": "revoked",
        },
    ]
    d.kept('"secret_type":"sendgrid_api_key"', '"push_protection_bypassed":false')
    api(d, "GET", "https://api.github.com/repos/example/shop/secret-scanning/alerts", rows)


def github_pull_diff(d: Draft) -> None:
    m = d.mint
    text = f"""diff --git a/deploy/prod.env b/deploy/prod.env
index {d.keep(m.hex(7) + ".." + m.hex(7))} 100644
--- a/deploy/prod.env
+++ b/deploy/prod.env
@@ -1,6 +1,6 @@ API_BASE=https://api.example.net
 LOG_LEVEL=info
-MAILGUN_API_KEY={d.hide("key-" + m.hex(32))}
+MAILGUN_API_KEY={d.hide("key-" + m.hex(32))}
 TOKEN_ISSUER=https://sso.example.net/realms/prod
diff --git a/package-lock.json b/package-lock.json
@@ -410,4 +410,4 @@
       "resolved": "https://registry.npmjs.org/jsonwebtoken/-/jsonwebtoken-9.0.2.tgz",
-      "integrity": "{d.keep(m.integrity())}",
+      "integrity": "{d.keep(m.integrity())}",
diff --git a/src/auth.ts b/src/auth.ts
+  const password = req.body.password ?? "";
+  if (!(await bcrypt.compare(password, user.passwordHash))) throw new HttpError(401, "wrong password");
"""
    d.kept(
        'const password = req.body.password ?? "";',
        "TOKEN_ISSUER=https://sso.example.net/realms/prod",
        "bcrypt.compare(password, user.passwordHash)",
    )
    page(d, "https://api.github.com/repos/example/shop/pulls/7", text, "application/vnd.github.v3.diff; charset=utf-8")


def gitea_token_and_keys(d: Draft) -> None:
    m = d.mint
    token = m.hex(40)
    answer = {
        "id": 3,
        "name": d.keep("renovate-token"),
        "sha1": d.hide(token),
        "token_last_eight": token[-8:],
        "scopes": ["write:repository", "read:user"],
    }
    d.kept('"scopes":["write:repository","read:user"]')
    api(d, "POST", "https://gitea.example.net/api/v1/users/renovate/tokens", answer)


def gitea_commits(d: Draft) -> None:
    m = d.mint
    signature = (
        "-----BEGIN PGP SIGNATURE-----\n\n" + m.base64(48) + "\n" + m.base64(48) + "\n=" + m.chars(4) + "\n-----END PGP SIGNATURE-----"
    )
    rows = []
    for message in ("Remove the password prompt", "Rotate token, secret stays the same"):
        tree, sha = d.keep(m.sha1()), d.keep(m.sha1())
        rows.append(
            {
                "sha": sha,
                "commit": {"message": d.keep(message), "tree": {"sha": tree}, "verification": {"verified": True, "signature": signature}},
            }
        )
    api(d, "GET", "https://gitea.example.net/api/v1/repos/ops/infra/commits", rows, x_total_count="2")


def bitbucket_pipeline_variables(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "type": "pipeline_variable",
            "uuid": d.keep("{" + m.uuid() + "}"),
            "key": "ARTIFACTORY_API_KEY",
            "value": d.hide("AKC" + "p" + m.chars(69)),
            "secured": False,
        },
        {"type": "pipeline_variable", "uuid": d.keep("{" + m.uuid() + "}"), "key": "SIGNING_PASSPHRASE", "secured": True},
        {
            "type": "pipeline_variable",
            "uuid": d.keep("{" + m.uuid() + "}"),
            "key": "CACHE_KEY",
            "value": d.keep("gradle-" + m.sha1()),
            "secured": False,
        },
    ]
    d.kept('"key":"SIGNING_PASSPHRASE","secured":true')
    api(
        d,
        "GET",
        "https://api.bitbucket.org/2.0/repositories/example/shop/pipelines_config/variables/",
        {"page": 1, "pagelen": 10, "values": rows},
    )


def harbor_robot(d: Draft) -> None:
    m = d.mint
    answer = {
        "creation_time": "2026-11-24T10:15:00.112Z",
        "expires_at": -1,
        "id": 22,
        "name": d.keep("robot$library+puller"),
        "secret": d.hide(m.chars(32), schema=True),
    }
    d.kept('"expires_at":-1')
    api(d, "POST", "https://harbor.example.net/api/v2.0/robots", answer, x_request_id=d.keep(m.uuid()), location="/api/v2.0/robots/22")


def harbor_artifact(d: Draft) -> None:
    m = d.mint
    answer = {
        "digest": d.keep(m.digest()),
        "extra_attrs": {
            "config": {
                "Env": ["PATH=/usr/bin", f"ADMIN_API_KEY={d.hide(m.chars(40))}", "TOKEN_ENDPOINT=/oauth/token"],
                "Labels": {"org.opencontainers.image.revision": d.keep(m.sha1())},
            }
        },
        "references": [{"child_digest": d.keep(m.digest()), "platform": {"architecture": "arm64"}}],
        "tags": [{"name": d.keep("2026.11.24-" + m.hex(7)), "immutable": False}],
    }
    d.kept('"TOKEN_ENDPOINT=/oauth/token"')
    api(d, "GET", "https://harbor.example.net/api/v2.0/projects/library/repositories/web/artifacts/latest", answer)


def nexus_proxy_repository(d: Draft) -> None:
    m = d.mint
    answer = {
        "name": "npm-proxy",
        "format": "npm",
        "type": "proxy",
        "storage": {"blobStoreName": "default", "strictContentTypeValidation": True},
        "proxy": {"remoteUrl": "https://registry.npmjs.org", "contentMaxAge": 1440},
        "httpClient": {
            "authentication": {"type": "username", "username": "mirror", "password": d.hide(m.strong(20))},
            "connection": {"useTrustStore": False},
        },
        "negativeCache": {"enabled": True, "timeToLive": 1440},
        "npm": {"removeQuarantined": False},
    }
    d.kept('"strictContentTypeValidation":true', '"blobStoreName":"default"')
    api(d, "GET", "https://nexus.example.net/service/rest/v1/repositories/npm/proxy/npm-proxy", answer)


def artifactory_token(d: Draft) -> None:
    m = d.mint
    claims = {
        "sub": "jfac@" + m.chars(26, "0123456789abcdefghjkmnpqrstvwxyz") + "/users/ci",
        "scp": "applied-permissions/groups:readers",
        "iat": 1795596400,
    }
    answer = {
        "token_id": d.keep(m.uuid()),
        "access_token": d.hide(keys.rs256(claims, "third-jf")),
        "reference_token": d.hide("cmVmdGtu" + m.chars(56)),
        "expires_in": 31536000,
        "scope": "applied-permissions/groups:readers",
        "token_type": "Bearer",
    }
    d.kept('"token_type":"Bearer"', '"scope":"applied-permissions/groups:readers"')
    api(d, "POST", "https://example.jfrog.io/access/api/v1/tokens", answer, x_jfrog_version="Artifactory/7.98.7 79807900")


def registry_manifest(d: Draft) -> None:
    """A manifest and the history of an image whose build argument was a token."""
    m = d.mint
    history = {
        "architecture": "amd64",
        "config": {"Env": ["PATH=/bin"], "Cmd": ["/app"]},
        "container": d.keep(m.sha256()),
        "container_config": {
            "Cmd": ["/bin/sh", "-c", f"|1 GEM_HOST_API_KEY={d.hide('ruby' + 'gems_' + m.hex(48))} /bin/sh -c bundle install"]
        },
    }
    answer = {
        "schemaVersion": 1,
        "name": "platform/token-service",
        "tag": "2.3",
        "fsLayers": [{"blobSum": d.keep(m.digest())}, {"blobSum": d.keep(m.digest())}],
        "history": [{"v1Compatibility": json.dumps(history)}],
        "signatures": [{"signature": d.keep(m.urlsafe(64)), "protected": d.keep(m.urlsafe(90))}],
    }
    d.kept('"name":"platform/token-service"')
    api(d, "GET", "https://registry.example.net/v2/platform/token-service/manifests/2.3", answer, docker_content_digest=d.keep(m.digest()))


def npm_package_and_token(d: Draft) -> None:
    m = d.mint
    answer = {
        "token": d.hide(m.npm()),
        "key": d.keep(m.hex(128)),
        "readonly": False,
        "cidr_whitelist": None,
        "created": "2026-11-24T10:15:00.000Z",
    }
    d.kept('"cidr_whitelist":null', '"readonly":false')
    api(d, "POST", "https://registry.npmjs.org/-/npm/v1/tokens", answer)
