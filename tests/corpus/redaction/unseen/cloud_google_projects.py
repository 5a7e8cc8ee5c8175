"""Google Cloud: settings, keys and what only sounds like them."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import google
from tests.corpus.redaction.unseen import corporate, dotted, grouped, marked


def token_of_an_account(d: Draft) -> None:
    m = d.mint
    answer = {"accessToken": d.hide(m.google_token(), schema=True), "expireTime": "2026-11-24T11:15:00Z"}
    d.kept('"expireTime": "2026-11-24T11:15:00Z"')
    google(
        d,
        "POST",
        "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/ci@acme.iam.gserviceaccount.com:generateAccessToken",
        answer,
        b'{"scope":["https://www.googleapis.com/auth/cloud-platform"]}',
    )


def key_of_an_account(d: Draft) -> None:
    m = d.mint
    identity = m.hex(40)
    inner = {
        "type": "service_account",
        "project_id": "acme-lab",
        "private_key_id": identity,
        "private_key": d.hide(keys.rsa_pkcs8("unseen-gcp"), schema=True),
        "client_email": "ci@acme-lab.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
        "universe_domain": "googleapis.com",
    }
    d.kept('"universe_domain": "googleapis.com"', '"token_uri": "https://oauth2.googleapis.com/token"')
    answer = {
        "name": d.keep(f"projects/acme-lab/serviceAccounts/ci@acme-lab.iam.gserviceaccount.com/keys/{identity}"),
        "privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE",
        "privateKeyData": b64(json.dumps(inner, indent=2)),
        "keyAlgorithm": "KEY_ALG_RSA_2048",
        "keyOrigin": "GOOGLE_PROVIDED",
    }
    d.kept('"privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE"', '"keyOrigin": "GOOGLE_PROVIDED"')
    google(
        d, "POST", "https://iam.googleapis.com/v1/projects/acme-lab/serviceAccounts/ci@acme-lab.iam.gserviceaccount.com/keys", answer, b"{}"
    )


def version_of_a_secret(d: Draft) -> None:
    m = d.mint
    text = f"user=loader\npassword={d.hide(marked(m), schema=True)}\n"
    answer = {
        "name": d.keep(f"projects/{m.account()}/secrets/loader-password/versions/7"),
        "payload": {"data": b64(text), "dataCrc32c": d.keep(m.digits(10))},
    }
    google(d, "GET", "https://secretmanager.googleapis.com/v1/projects/acme/secrets/loader-password/versions/7:access", answer)


def names_of_secrets(d: Draft) -> None:
    m = d.mint
    project = m.account()
    rows = [
        {
            "name": d.keep(f"projects/{project}/secrets/{name}"),
            "createTime": "2026-02-01T08:00:00.112Z",
            "etag": d.keep('"' + m.hex(13) + '"'),
            "labels": {"kind": "password"},
            "replication": {"automatic": {}},
            "versionAliases": {"live": d.keep(m.digits(5))},
        }
        for name in ("smtp-password", "jwt-signing-key", "token-of-partner")
    ]
    answer = {"secrets": rows, "nextPageToken": d.keep(m.urlsafe(60)), "totalSize": 31}
    d.kept('"kind": "password"')
    google(d, "GET", "https://secretmanager.googleapis.com/v1/projects/acme/secrets", answer)


def run_service(d: Draft) -> None:
    m = d.mint
    env = [
        {"name": "SQLALCHEMY_DATABASE_URI", "value": f"mysql+pymysql://web:{d.hide(grouped(m))}@10.9.0.3/web"},
        {"name": "TOKEN_LEEWAY", "value": "30"},
        {"name": "SENDINBLUE_KEY", "value": d.hide("xkey" + "sib-" + m.hex(64) + "-" + m.chars(16))},
        {"name": "DB_PASS", "valueSource": {"secretKeyRef": {"secret": d.keep("projects/acme/secrets/db-pass"), "version": "latest"}}},
    ]
    answer = {
        "name": "projects/acme/locations/europe-west3/services/web",
        "uid": d.keep(m.uuid()),
        "generation": "41",
        "template": {
            "revision": d.keep("web-00041-" + m.chars(3).lower()),
            "containers": [{"image": d.keep("europe-docker.pkg.dev/acme/r/web@" + m.digest()), "env": env}],
        },
        "etag": d.keep('"' + m.chars(18) + "/" + m.chars(12) + '"'),
    }
    d.kept('"value": "30"')
    google(d, "GET", "https://run.googleapis.com/v2/projects/acme/locations/europe-west3/services/web", answer)


def machine_with_scripts(d: Draft) -> None:
    m = d.mint
    script = f"#!/bin/bash\nhtpasswd -bc /etc/nginx/.htpasswd ops {d.hide(corporate(m))}\ngsutil cp gs://acme-conf/token-proxy.yaml /etc/\n"
    items = [
        {"key": "startup-script", "value": script},
        {"key": "ssh-keys", "value": d.keep("ops:" + m.ssh_public() + " ops")},
        {"key": "enable-oslogin", "value": "TRUE"},
        {"key": "gitlab-registration-token", "value": d.hide("GR1348941" + m.urlsafe(15))},
        {"key": "windows-password-policy", "value": "strict"},
    ]
    answer = {
        "kind": "compute#instance",
        "id": d.keep(m.digits(19)),
        "name": "runner-3",
        "metadata": {"fingerprint": d.keep(m.base64(9)), "items": items},
        "labelFingerprint": d.keep(m.base64(9)),
        "shieldedInstanceConfig": {"enableVtpm": True},
        "selfLink": "https://www.googleapis.com/compute/v1/projects/acme/zones/europe-west3-a/instances/runner-3",
    }
    d.kept("gsutil cp gs://acme-conf/token-proxy.yaml /etc/", '"value": "strict"')
    google(d, "GET", "https://compute.googleapis.com/compute/v1/projects/acme/zones/europe-west3-a/instances/runner-3", answer)


def sql_users_and_instance(d: Draft) -> None:
    m = d.mint
    answer = {
        "kind": "sql#instance",
        "name": "pg-main",
        "connectionName": d.keep("acme:europe-west3:pg-main"),
        "serverCaCert": {"cert": d.keep(keys.certificate("unseen-sql")), "sha1Fingerprint": d.keep(m.sha1())},
        "settings": {
            "passwordValidationPolicy": {"enablePasswordPolicy": True, "minLength": 12, "disallowUsernameSubstring": True},
            "databaseFlags": [{"name": "password_encryption", "value": "scram-sha-256"}],
            "settingsVersion": d.keep(m.digits(5)),
        },
        "etag": d.keep(m.hex(64)),
    }
    d.kept('"enablePasswordPolicy": true', '"value": "scram-sha-256"')
    google(d, "GET", "https://sqladmin.googleapis.com/v1/projects/acme/instances/pg-main", answer)


def logging_entries(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "insertId": d.keep(m.chars(15).lower()),
            "logName": "projects/acme/logs/run.googleapis.com%2Fstderr",
            "textPayload": f"psycopg2.OperationalError: could not connect, dsn was 'host=10.0.0.2 user=etl password={d.hide(dotted(m))} sslmode=require'",
            "trace": d.keep("projects/acme/traces/" + m.hex(32)),
            "spanId": d.keep(m.hex(16)),
        },
        {
            "insertId": m.chars(15).lower(),
            "jsonPayload": {"message": "issued", "refresh_token": d.hide(m.urlsafe(48)), "token_type": "bearer", "scopes": ["read:tokens"]},
        },
        {
            "insertId": m.chars(15).lower(),
            "protoPayload": {
                "methodName": d.keep("google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion"),
                "resourceName": d.keep(f"projects/{m.account()}/secrets/db/versions/3"),
                "requestMetadata": {"callerIp": "203.0.113.6"},
            },
        },
    ]
    d.kept('"token_type": "bearer"')
    google(
        d,
        "POST",
        "https://logging.googleapis.com/v2/entries:list",
        {"entries": rows, "nextPageToken": d.keep("EAA4" + m.urlsafe(70))},
        b'{"resourceNames":["projects/acme"]}',
    )


def build_of_a_trigger(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep(m.uuid()),
        "status": "SUCCESS",
        "substitutions": {
            "_SLACK_WEBHOOK": d.hide(m.slack_hook()),
            "COMMIT_SHA": d.keep(m.sha1()),
            "_TOKEN_AUDIENCE": "https://acme.example.org",
        },
        "steps": [
            {
                "name": "gcr.io/cloud-builders/curl",
                "args": ["-H", f"Circle-Token: {d.hide('CC' + 'IPAT_' + m.chars(22) + '_' + m.hex(40))}", "https://circleci.com/api/v2/me"],
            }
        ],
        "availableSecrets": {"secretManager": [{"versionName": d.keep("projects/acme/secrets/npm/versions/latest"), "env": "NPM_TOKEN"}]},
        "results": {"images": [{"digest": d.keep(m.digest())}]},
    }
    d.kept('"_TOKEN_AUDIENCE": "https://acme.example.org"')
    google(d, "GET", "https://cloudbuild.googleapis.com/v1/projects/acme/builds/b1", answer)


def browser_keys(d: Draft) -> None:
    m = d.mint
    answer = {"keyString": d.hide(m.google_key(), schema=True)}
    d.headers["x-cloud-trace-context"] = d.keep(m.hex(32) + "/" + m.digits(18))
    google(d, "GET", "https://apikeys.googleapis.com/v2/projects/acme/locations/global/keys/k1/keyString", answer)


def storage_hmac_key(d: Draft) -> None:
    m = d.mint
    identity = "GOOG1E" + m.chars(55).upper()
    answer = {
        "kind": "storage#hmacKey",
        "secret": d.hide(m.chars(40, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+"), schema=True),
        "metadata": {
            "kind": "storage#hmacKeyMetadata",
            "accessId": identity,
            "state": "ACTIVE",
            "etag": d.keep(m.base64(9)),
            "timeCreated": "2026-11-24T10:15:00.000Z",
        },
    }
    d.kept('"kind": "storage#hmacKeyMetadata"')
    google(
        d,
        "POST",
        "https://storage.googleapis.com/storage/v1/projects/acme/hmacKeys?serviceAccountEmail=ci%40acme.iam.gserviceaccount.com",
        answer,
    )


def bucket_object_yaml(d: Draft) -> None:
    m = d.mint
    text = f"""dwh:
  target: prod
  outputs:
    prod:
      type: snowflake
      user: dbt
      password: "{d.hide(marked(m))}"
      private_key_passphrase: {d.hide(dotted(m))}
      threads: 4
      query_tag: token-mart
    ci:
      type: snowflake
      password: "{{{{ env_var('DBT_PASSWORD') }}}}"
"""
    d.kept("query_tag: token-mart", "{{ env_var('DBT_PASSWORD') }}")
    google(d, "GET", "https://storage.googleapis.com/storage/v1/b/acme-conf/o/profiles.yml?alt=media", {})
    d.text(text, "application/x-yaml")
    d.headers.update(
        {
            "x-goog-hash": f"crc32c={d.keep(m.base64(4))},md5={d.keep(m.base64(16))}",
            "x-goog-generation": d.keep(m.digits(16)),
            "x-guploader-uploadid": d.keep(m.urlsafe(90)),
        }
    )


def oauth_exchange(d: Draft) -> None:
    m = d.mint
    claims = {"iss": "https://accounts.google.com", "sub": m.digits(21), "email": "anna@acme.example.org", "exp": 1795600000}
    answer = {
        "access_token": d.hide("ya29" + ".a0" + m.urlsafe(150), schema=True),
        "expires_in": 3599,
        "refresh_token": d.hide(m.google_refresh(), schema=True),
        "scope": d.keep("https://www.googleapis.com/auth/userinfo.email openid"),
        "token_type": "Bearer",
        "id_token": d.hide(keys.rs256(claims, "unseen-google"), schema=True),
    }
    d.kept('"expires_in": 3599')
    google(d, "POST", "https://oauth2.googleapis.com/token", answer, b"grant_type=authorization_code&code=4%2F0A")
    d.request_headers["content-type"] = "application/x-www-form-urlencoded"
