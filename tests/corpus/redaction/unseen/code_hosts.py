"""Hosts of code and packages, by other calls and other products."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page
from tests.corpus.redaction.unseen import dotted, grouped, spoken


def github_app_from_manifest(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": 31,
        "node_id": d.keep("A_kwHO" + m.chars(10)),
        "slug": "token-janitor",
        "client_id": d.keep("Iv23li" + m.chars(14)),
        "client_secret": d.hide(m.hex(40), schema=True),
        "webhook_secret": d.hide(m.hex(40), schema=True),
        "pem": d.hide(keys.rsa_pkcs1("unseen-app"), schema=True),
        "permissions": {"secrets": "read", "metadata": "read"},
    }
    d.kept('"slug":"token-janitor"', '"permissions":{"secrets":"read","metadata":"read"}')
    api(
        d,
        "POST",
        "https://api.github.com/app-manifests/x/conversions",
        answer,
        x_github_request_id=d.keep(m.hex(4).upper() + ":" + m.hex(6).upper()),
    )


def github_runner_registration(d: Draft) -> None:
    m = d.mint
    answer = {"token": d.hide("A" + m.chars(28, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), schema=True), "expires_at": "2026-11-24T11:15:00.000Z"}
    d.kept('"expires_at":"2026-11-24T11:15:00.000Z"')
    api(d, "POST", "https://api.github.com/orgs/acme/actions/runners/registration-token", answer, etag=d.keep('W/"' + m.hex(64) + '"'))


def github_tree_and_keys(d: Draft) -> None:
    m = d.mint
    paths = ("config/secrets.yml.enc", "lib/password_policy.rb", "docs/tokens.md", ".env.example")
    tree = [{"path": d.keep(path), "mode": "100644", "type": "blob", "sha": d.keep(m.sha1()), "size": 211} for path in paths]
    api(
        d,
        "GET",
        "https://api.github.com/repos/acme/web/git/trees/main?recursive=1",
        {"sha": d.keep(m.sha1()), "tree": tree, "truncated": False},
    )


def github_code_search(d: Draft) -> None:
    m = d.mint
    fragment = f"  smtp:\n    user: web\n    password: {d.hide(grouped(m))}\n    auth: plain\n"
    items = [
        {
            "name": "prod.yml",
            "path": "config/prod.yml",
            "sha": d.keep(m.sha1()),
            "text_matches": [{"property": "content", "fragment": fragment, "matches": [{"text": "password", "indices": [26, 34]}]}],
        },
        {
            "name": "hash.py",
            "sha": d.keep(m.sha1()),
            "text_matches": [{"fragment": d.keep("def verify(password: str, digest: bytes) -> bool:")}],
        },
    ]
    d.kept('{"text":"password","indices":[26,34]}')
    api(d, "GET", "https://api.github.com/search/code?q=password+org:acme", {"total_count": 2, "incomplete_results": False, "items": items})


def github_workflow_file(d: Draft) -> None:
    m = d.mint
    text = f"""name: release
permissions: {{id-token: write, contents: read}}
jobs:
  push:
    runs-on: ubuntu-24.04
    env:
      CARGO_REGISTRY_TOKEN: ${{{{ secrets.CRATES_TOKEN }}}}
      FIREBASE_TOKEN: {d.hide(m.google_refresh())}
    steps:
      - uses: actions/checkout@{d.keep(m.sha1())}
      - run: npx vercel --token {d.hide(m.chars(24))} --prod
      - run: echo "::add-mask::$PASSWORD"
"""
    d.kept("${{ secrets.CRATES_TOKEN }}", "id-token: write", 'echo "::add-mask::$PASSWORD"')
    answer = {
        "sha": d.keep(m.sha1()),
        "node_id": d.keep("B_kwDO" + m.urlsafe(30)),
        "size": len(text),
        "content": b64(text),
        "encoding": "base64",
    }
    api(d, "GET", "https://api.github.com/repos/acme/web/git/blobs/x", answer)


def gitlab_variables(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "variable_type": "env_var",
            "key": "KUBE_PASS",
            "value": d.hide(spoken(m)),
            "hidden": False,
            "protected": True,
            "masked": True,
            "raw": False,
            "environment_scope": "*",
            "description": d.keep("password of the old cluster"),
        },
        {
            "variable_type": "file",
            "key": "GPG_SIGNING_KEY",
            "value": d.hide(keys.pgp("unseen-gitlab")),
            "masked": False,
            "environment_scope": "release/*",
        },
        {"variable_type": "env_var", "key": "SECRET_DETECTION_DISABLED", "value": "true", "masked": False},
        {"variable_type": "env_var", "key": "CI_TOKEN_SCOPE", "value": d.keep("read_registry"), "masked": False},
    ]
    d.kept('"key":"SECRET_DETECTION_DISABLED","value":"true"')
    api(
        d,
        "GET",
        "https://gitlab.acme.internal/api/v4/projects/7/variables",
        rows,
        x_request_id=d.keep(m.chars(26, "0123456789ABCDEFGHJKMNPQRSTVWXYZ")),
    )


def gitlab_deploy_token(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": 88,
        "name": d.keep("registry-pull-token"),
        "username": d.keep("gitlab+deploy-token-88"),
        "expires_at": None,
        "token": d.hide(m.gitlab("gldt"), schema=True),
        "revoked": False,
        "scopes": ["read_registry"],
    }
    d.kept('"scopes":["read_registry"]')
    api(d, "POST", "https://gitlab.acme.internal/api/v4/projects/7/deploy_tokens", answer)


def gitlab_token_rotated(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": 42,
        "name": "Rotated Token",
        "revoked": False,
        "created_at": "2026-11-24T10:15:00.000Z",
        "scopes": ["api"],
        "user_id": d.keep(m.digits(6)),
        "last_used_at": None,
        "active": True,
        "token": d.hide("glpat-" + m.urlsafe(27) + ".01." + m.chars(9).lower(), schema=True),
    }
    d.kept('"name":"Rotated Token"')
    api(d, "POST", "https://gitlab.acme.internal/api/v4/personal_access_tokens/42/rotate", answer)


def gitlab_graphql(d: Draft) -> None:
    m = d.mint
    data = {
        "project": {
            "id": d.keep("gid://gitlab/Project/" + m.digits(5)),
            "ciVariables": {
                "nodes": [{"key": "SONAR_LOGIN", "value": d.hide("sqp_" + m.hex(40))}, {"key": "PASSWORD_LENGTH", "value": "20"}],
                "pageInfo": {"endCursor": d.keep(b64('{"id":"' + m.digits(5) + '"}'))},
            },
            "vulnerabilities": {"nodes": [{"title": d.keep("Hard-coded password in settings.py"), "uuid": d.keep(m.uuid())}]},
        }
    }
    d.kept('{"key":"PASSWORD_LENGTH","value":"20"}')
    api(d, "POST", "https://gitlab.acme.internal/api/graphql", {"data": data})


def devops_service_endpoint(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": d.keep(m.uuid()),
            "name": "generic-hook",
            "type": "generic",
            "authorization": {"scheme": "UsernamePassword", "parameters": {"username": "hook", "password": None}},
        },
        {
            "id": d.keep(m.uuid()),
            "name": "vars",
            "type": "Vsts",
            "variables": {
                "sqlPassword": {"value": None, "isSecret": True},
                "nexusPassword": {"value": d.hide(dotted(m))},
                "buildConfiguration": {"value": "Release"},
            },
        },
    ]
    d.kept('"sqlPassword":{"value":null,"isSecret":true}', '"scheme":"UsernamePassword"')
    api(
        d,
        "GET",
        "https://dev.azure.com/acme/web/_apis/distributedtask/variablegroups",
        {"count": 2, "value": rows},
        x_vss_e2eid=d.keep(m.uuid()),
    )


def devops_patch_of_token(d: Draft) -> None:
    m = d.mint
    answer = {
        "patToken": {
            "displayName": "new_token",
            "validTo": "2026-12-01T23:46:23.32Z",
            "scope": "app_token",
            "targetAccounts": [d.keep(m.uuid())],
            "authorizationId": d.keep(m.uuid()),
            "token": d.hide(m.chars(52, "abcdefghijklmnopqrstuvwxyz234567"), schema=True),
        },
        "patTokenError": "none",
    }
    d.kept('"patTokenError":"none"', '"scope":"app_token"')
    api(d, "POST", "https://vssps.dev.azure.com/acme/_apis/tokens/pats", answer)


def gerrit_password(d: Draft) -> None:
    m = d.mint
    d.kept(")]}'")
    text = ")]}'\n" + json.dumps(
        {
            "id": "web~main~I" + d.keep(m.sha1()),
            "subject": d.keep("Do not log the http password"),
            "labels": {"Verified": {}},
            "generated_http_password": d.hide(m.base64(32).replace("/", "x")),
        }
    )
    page(d, "https://gerrit.acme.internal/a/accounts/self/password.http", text, "application/json; charset=UTF-8")


def quay_robot(d: Draft) -> None:
    m = d.mint
    answer: dict[str, object] = {
        "name": "acme+pull",
        "created": "Tue, 24 Nov 2026 10:15:00 -0000",
        "last_accessed": None,
        "description": d.keep("token for the cluster"),
        "token": d.hide(m.chars(64).upper(), schema=True),
        "unstructured_metadata": {},
    }
    d.kept('"last_accessed":null')
    api(d, "PUT", "https://quay.acme.internal/api/v1/organization/acme/robots/pull", answer)


def registry_bearer(d: Draft) -> None:
    m = d.mint
    token = d.hide(
        keys.rs256(
            {"iss": "auth.docker.io", "access": [{"type": "repository", "name": "library/vault", "actions": ["pull"]}]}, "unseen-hub"
        ),
        schema=True,
    )
    answer = {"token": token, "access_token": token, "expires_in": 300, "issued_at": "2026-11-24T10:15:00Z"}
    d.kept('"expires_in":300')
    api(
        d,
        "GET",
        "https://auth.docker.io/token?service=registry.docker.io&scope=repository:library/vault:pull",
        answer,
        docker_ratelimit_source=d.keep(m.uuid()),
    )


def package_metadata(d: Draft) -> None:
    m = d.mint
    answer = {
        "info": {"name": "secretstorage", "version": "3.3.3", "summary": d.keep("Python bindings to FreeDesktop.org Secret Service API")},
        "urls": [
            {
                "filename": "SecretStorage-3.3.3-py3-none-any.whl",
                "digests": {"blake2b_256": d.keep(m.hex(64)), "md5": d.keep(m.hex(32)), "sha256": d.keep(m.sha256())},
                "url": d.keep(
                    f"https://files.pythonhosted.org/packages/{m.hex(2)}/{m.hex(2)}/{m.hex(60)}/SecretStorage-3.3.3-py3-none-any.whl"
                ),
            }
        ],
        "vulnerabilities": [],
    }
    api(d, "GET", "https://pypi.org/pypi/secretstorage/json", answer, x_pypi_last_serial=d.keep(m.digits(8)))


def gist_of_somebody(d: Draft) -> None:
    m = d.mint
    files = {
        "notes.txt": {
            "filename": "notes.txt",
            "type": "text/plain",
            "content": f"prod box: ssh deploy@10.4.4.2, pw: {d.hide(spoken(m))}\nask Tom for the token of the VPN\n",
        },
        "x.sh": {"filename": "x.sh", "content": f"curl -u 'api:{d.hide('key-' + m.hex(32))}' https://api.mailgun.net/v3/acme/messages\n"},
    }
    d.kept("ask Tom for the token of the VPN")
    api(d, "GET", "https://api.github.com/gists/x", {"id": d.keep(m.hex(32)), "files": files, "history": [{"version": d.keep(m.sha1())}]})
