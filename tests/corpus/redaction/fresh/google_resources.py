"""Google Cloud."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.fresh import dotted, initials, leet
from tests.corpus.redaction.services import google


def metadata_token(d: Draft) -> None:
    m = d.mint
    d.ask(
        "GET", "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token", b"", metadata_flavor="Google"
    )
    d.json({"access_token": d.hide(m.google_token(), schema=True), "expires_in": 3599, "token_type": "Bearer"}, tight=True)
    d.headers.update({"metadata-flavor": "Google", "server": "Metadata Server for VM"})
    d.kept('"token_type":"Bearer"', '"expires_in":3599')


def key_of_an_account(d: Draft) -> None:
    m = d.mint
    email, key_id = "ci@acme-prod.iam.gserviceaccount.com", m.hex(40)
    inside = {
        "type": "service_account",
        "project_id": "acme-prod",
        "private_key_id": d.keep(key_id),
        "private_key": d.hide(keys.rsa_pkcs8("fresh-google"), schema=True),
        "client_email": d.keep(email),
        "client_id": d.keep(m.digits(21)),
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": d.keep("https://oauth2.googleapis.com/token"),
        "auth_provider_x509_cert_url": d.keep("https://www.googleapis.com/oauth2/v1/certs"),
        "universe_domain": "googleapis.com",
    }
    answer = {
        "name": d.keep(f"projects/acme-prod/serviceAccounts/{email}/keys/{key_id}"),
        "privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE",
        "privateKeyData": b64(json.dumps(inside, indent=2) + "\n"),
        "validAfterTime": "2026-11-24T10:15:00Z",
        "keyAlgorithm": "KEY_ALG_RSA_2048",
        "keyOrigin": "GOOGLE_PROVIDED",
    }
    d.kept('"privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE"', '"keyAlgorithm": "KEY_ALG_RSA_2048"')
    google(d, "POST", f"https://iam.googleapis.com/v1/projects/acme-prod/serviceAccounts/{email}/keys", answer, b"{}")


def keys_of_an_account(d: Draft) -> None:
    m = d.mint
    email = "ci@acme-prod.iam.gserviceaccount.com"
    rows = [
        {
            "name": d.keep(f"projects/acme-prod/serviceAccounts/{email}/keys/{m.hex(40)}"),
            "keyType": "USER_MANAGED",
            "keyAlgorithm": "KEY_ALG_RSA_2048",
            "publicKeyData": d.keep(b64(keys.certificate(f"fresh-{n}"))),
        }
        for n in range(2)
    ]
    d.kept('"keyType": "USER_MANAGED"')
    google(d, "GET", f"https://iam.googleapis.com/v1/projects/acme-prod/serviceAccounts/{email}/keys", {"keys": rows})


def version_of_a_secret(d: Draft) -> None:
    m = d.mint
    answer = {
        "name": d.keep("projects/448812345678/secrets/db-password/versions/9"),
        "payload": {"data": b64(d.hide(dotted(m), schema=True)), "dataCrc32c": d.keep(m.digits(10))},
    }
    google(d, "GET", "https://secretmanager.googleapis.com/v1/projects/acme-prod/secrets/db-password/versions/latest:access", answer)


def secrets_of_a_project(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "name": d.keep(f"projects/448812345678/secrets/{name}"),
            "createTime": "2026-03-01T08:00:00.123456Z",
            "replication": {"automatic": {}},
            "etag": d.keep(f'"{m.hex(14)}"'),
        }
        for name in ("stripe-api-key", "jwt-secret", "oauth-client-secret")
    ]
    google(
        d,
        "GET",
        "https://secretmanager.googleapis.com/v1/projects/acme-prod/secrets?pageSize=3",
        {"secrets": rows, "nextPageToken": d.keep(m.urlsafe(60)), "totalSize": 17},
    )


def service_of_run(d: Draft) -> None:
    m = d.mint
    container = {
        "image": d.keep(f"europe-docker.pkg.dev/acme-prod/web/api@{m.digest()}"),
        "env": [
            {"name": "OPENAI_API_KEY", "value": d.hide(m.openai())},
            {
                "name": "DJANGO_SECRET_KEY",
                "value": d.hide("django-insecure-" + m.chars(50, "abcdefghijklmnopqrstuvwxyz0123456789!@#$%^*(-_=+)")),
            },
            {
                "name": "DB_PASS",
                "valueSource": {"secretKeyRef": {"secret": d.keep("projects/acme-prod/secrets/db-pass"), "version": "latest"}},
            },
            {"name": "TOKEN_AUDIENCE", "value": d.keep("https://api.acme.example/v2")},
        ],
    }
    answer = {
        "name": d.keep("projects/acme-prod/locations/europe-west3/services/api"),
        "uid": d.keep(m.uuid()),
        "generation": "41",
        "template": {
            "revision": "api-00041-xyz",
            "containers": [container],
            "serviceAccount": d.keep("api@acme-prod.iam.gserviceaccount.com"),
        },
        "etag": d.keep(f'"{m.urlsafe(20)}"'),
    }
    google(d, "GET", "https://run.googleapis.com/v2/projects/acme-prod/locations/europe-west3/services/api", answer)


def machine(d: Draft) -> None:
    m = d.mint
    script = f"#! /bin/bash\nexport GITLAB_RUNNER_TOKEN={d.hide(m.gitlab('glrt'))}\nmysqladmin -u root password '{d.hide(initials(m))}'\n"
    answer = {
        "kind": "compute#instance",
        "id": d.keep(m.digits(19)),
        "name": "runner-1",
        "fingerprint": d.keep(m.base64(8)),
        "metadata": {
            "fingerprint": d.keep(m.base64(9)),
            "items": [
                {"key": "startup-script", "value": script},
                {"key": "ssh-keys", "value": f"ops:{d.keep(m.ssh_rsa_public())} ops@laptop"},
                {"key": "enable-oslogin", "value": "TRUE"},
                {
                    "key": "windows-keys",
                    "value": json.dumps(
                        {"userName": "adm", "modulus": d.keep(m.base64(256)), "exponent": "AQAB", "expireOn": "2026-11-24T11:00:00Z"}
                    ),
                },
            ],
        },
        "selfLink": "https://www.googleapis.com/compute/v1/projects/acme-prod/zones/europe-west3-a/instances/runner-1",
        "shieldedInstanceConfig": {"enableSecureBoot": True},
    }
    google(d, "GET", "https://compute.googleapis.com/compute/v1/projects/acme-prod/zones/europe-west3-a/instances/runner-1", answer)


def cluster(d: Draft) -> None:
    m = d.mint
    answer = {
        "name": "prod",
        "masterAuth": {
            "clusterCaCertificate": d.keep(b64(keys.certificate("fresh-gke"))),
            "clientCertificate": d.keep(b64(keys.certificate("fresh-gke-client"))),
            "clientKey": b64(d.hide(keys.rsa_pkcs1("fresh-gke-client"), schema=True)),
        },
        "endpoint": "34.89.12.7",
        "databaseEncryption": {
            "state": "ENCRYPTED",
            "keyName": d.keep("projects/acme-prod/locations/europe-west3/keyRings/gke/cryptoKeys/etcd"),
        },
        "workloadIdentityConfig": {"workloadPool": d.keep("acme-prod.svc.id.goog")},
        "labelFingerprint": d.keep(m.hex(8)),
        "etag": d.keep(m.uuid()),
        "secretManagerConfig": {"enabled": True},
    }
    google(d, "GET", "https://container.googleapis.com/v1/projects/acme-prod/locations/europe-west3/clusters/prod", answer)


def string_of_an_api_key(d: Draft) -> None:
    m = d.mint
    google(
        d,
        "GET",
        f"https://apikeys.googleapis.com/v2/projects/448812345678/locations/global/keys/{d.mint.uuid()}/keyString",
        {"keyString": d.hide(m.google_key(), schema=True)},
    )


def log_entries(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "insertId": d.keep(m.chars(14, "abcdefghijklmnopqrstuvwxyz0123456789")),
            "textPayload": f"dial failed: mongodb+srv://svc:{d.hide(leet(m))}@cluster0.ab12c.mongodb.net/?retryWrites=true",
            "trace": d.keep(f"projects/acme-prod/traces/{m.hex(32)}"),
            "severity": "ERROR",
        },
        {
            "insertId": d.keep(m.chars(14, "abcdefghijklmnopqrstuvwxyz0123456789")),
            "protoPayload": {
                "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
                "methodName": d.keep("google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion"),
                "resourceName": d.keep("projects/448812345678/secrets/jwt-secret/versions/3"),
                "authenticationInfo": {
                    "serviceAccountKeyName": d.keep(
                        f"//iam.googleapis.com/projects/acme-prod/serviceAccounts/a@acme-prod.iam.gserviceaccount.com/keys/{m.hex(40)}"
                    )
                },
            },
        },
    ]
    google(
        d,
        "POST",
        "https://logging.googleapis.com/v2/entries:list",
        {"entries": rows, "nextPageToken": d.keep("EAA4" + m.urlsafe(90))},
        b'{"resourceNames":["projects/acme-prod"]}',
    )
