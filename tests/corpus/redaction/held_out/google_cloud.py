"""Google Cloud and other Google APIs."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import google


def secret_version_payload(d: Draft) -> None:
    m = d.mint
    number = m.digits(12)
    value = f"amqp://worker:{d.hide(m.chars(24), schema=True)}@rabbit.internal:5672/jobs"
    name = d.keep(f"projects/{number}/secrets/rabbit-url/versions/7")
    google(
        d,
        "GET",
        f"https://secretmanager.googleapis.com/v1/{name}:access",
        {"name": name, "payload": {"data": b64(value), "dataCrc32c": d.keep(m.digits(10))}},
    )


def new_service_account_key(d: Draft) -> None:
    m = d.mint
    email = "ci-deploy@acme-prod.iam.gserviceaccount.com"
    identity = d.keep(m.sha1())
    inside = {
        "type": "service_account",
        "project_id": "acme-prod",
        "private_key_id": identity,
        "private_key": d.hide(keys.rsa_pkcs8("held:sa"), schema=True),
        "client_email": d.keep(email),
        "client_id": d.keep(m.digits(21)),
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    answer = {
        "name": f"projects/acme-prod/serviceAccounts/{email}/keys/{identity}",
        "privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE",
        "privateKeyData": b64(json.dumps(inside, indent=2)),
        "validAfterTime": "2026-11-24T09:00:00Z",
        "keyAlgorithm": "KEY_ALG_RSA_2048",
    }
    d.kept("TYPE_GOOGLE_CREDENTIALS_FILE", "KEY_ALG_RSA_2048")
    google(d, "POST", f"https://iam.googleapis.com/v1/projects/acme-prod/serviceAccounts/{email}/keys", answer, b"{}")


def impersonated_token(d: Draft) -> None:
    m = d.mint
    answer = {"accessToken": d.hide(m.google_token(), schema=True), "expireTime": "2026-11-24T11:15:00Z"}
    d.kept('"expireTime": "2026-11-24T11:15:00Z"')
    google(
        d,
        "POST",
        "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/ci@acme-prod.iam.gserviceaccount.com:generateAccessToken",
        answer,
        b'{"scope":["https://www.googleapis.com/auth/cloud-platform"]}',
    )


def instance_token(d: Draft) -> None:
    m = d.mint
    d.ask(
        "GET", "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token", b"", metadata_flavor="Google"
    )
    d.json({"access_token": d.hide(m.google_token(), schema=True), "expires_in": 3317, "token_type": "Bearer"}, tight=True)
    d.headers.update({"metadata-flavor": "Google", "server": "Metadata Server for VM"})
    d.kept('"expires_in":3317', "Metadata Server for VM")


def cluster_with_master_auth(d: Draft) -> None:
    m = d.mint
    auth = {
        "username": "admin",
        "password": d.hide(m.chars(16), schema=True),
        "clusterCaCertificate": d.keep(b64(keys.certificate("held-gke"))),
        "clientKey": b64(d.hide(keys.ec_pkcs8("held:gke"), schema=True)),
        "clientCertificateConfig": {"issueClientCertificate": True},
    }
    answer = {
        "name": "edge",
        "masterAuth": auth,
        "endpoint": "203.0.113.20",
        "id": d.keep(m.hex(64)),
        "etag": d.keep(m.uuid()),
        "workloadIdentityConfig": {"workloadPool": "acme-prod.svc.id.goog"},
        "databaseEncryption": {"keyName": d.keep("projects/acme-prod/locations/eu/keyRings/k8s/cryptoKeys/etcd"), "state": "ENCRYPTED"},
    }
    d.kept('"issueClientCertificate": true', "acme-prod.svc.id.goog")
    google(d, "GET", "https://container.googleapis.com/v1/projects/acme-prod/locations/europe-west1/clusters/edge", answer)


def run_service(d: Draft) -> None:
    m = d.mint
    env = [
        {"name": "DJANGO_SECRET_KEY", "value": d.hide(m.chars(50, "abcdefghijklmnopqrstuvwxyz0123456789!@#%^*(-_=+)"))},
        {"name": "MAPS_KEY_NAME", "value": "maps-browser"},
        {"name": "SLACK_WEBHOOK_URL", "value": d.hide(m.slack_hook())},
        {"name": "DB_PASS", "valueSource": {"secretKeyRef": {"secret": d.keep("projects/acme-prod/secrets/db-pass"), "version": "latest"}}},
    ]
    answer = {
        "name": "projects/acme-prod/locations/europe-west1/services/shop",
        "uid": d.keep(m.uuid()),
        "etag": d.keep('"' + m.chars(24) + '/cHJvamVjdHM"'),
        "template": {"containers": [{"image": d.keep("europe-docker.pkg.dev/acme-prod/app/shop@" + m.digest()), "env": env}]},
    }
    d.kept('"value": "maps-browser"')
    google(d, "GET", "https://run.googleapis.com/v2/projects/acme-prod/locations/europe-west1/services/shop", answer)


def build_with_substitutions(d: Draft) -> None:
    m = d.mint
    steps = [
        {
            "name": "gcr.io/cloud-builders/docker",
            "args": ["build", "--build-arg", f"GEM_TOKEN={d.hide(m.github())}", "--build-arg", f"COMMIT={d.keep(m.sha1())}", "."],
            "secretEnv": ["SIGNING_KEY"],
        }
    ]
    subs = {"_DB_PASSWORD": d.hide(m.strong(16)), "_REGION": "europe-west1", "SHORT_SHA": d.keep(m.hex(7))}
    secrets = {"secretManager": [{"versionName": d.keep("projects/acme-prod/secrets/signing/versions/2"), "env": "SIGNING_KEY"}]}
    answer = {
        "id": d.keep(m.uuid()),
        "status": "SUCCESS",
        "steps": steps,
        "substitutions": subs,
        "availableSecrets": secrets,
        "artifacts": {"images": []},
    }
    google(d, "GET", "https://cloudbuild.googleapis.com/v1/projects/acme-prod/builds/b", answer)


def browser_key_string(d: Draft) -> None:
    m = d.mint
    google(
        d,
        "GET",
        f"https://apikeys.googleapis.com/v2/projects/1/locations/global/keys/{m.uuid()}/keyString",
        {"keyString": d.hide(m.google_key(), schema=True)},
    )
    d.headers["x-debug-tracking-id"] = d.keep(m.digits(19))


def log_entries(d: Draft) -> None:
    m = d.mint
    rows = []
    for text in (
        f"oauth exchange failed client_secret={d.hide(m.google_secret())} error=invalid_grant",
        f"GET /v1/items?page_token={d.keep(m.urlsafe(30))}&pageSize=50 200",
        f"storing refresh token {d.hide(m.google_refresh())} for tenant 118",
    ):
        rows.append(
            {
                "textPayload": text,
                "insertId": d.keep(m.chars(16).lower()),
                "trace": d.keep(f"projects/acme-prod/traces/{m.hex(32)}"),
                "spanId": d.keep(m.hex(16)),
                "severity": "ERROR",
            }
        )
    google(d, "POST", "https://logging.googleapis.com/v2/entries:list", {"entries": rows, "nextPageToken": d.keep(m.urlsafe(90))}, b"{}")


def vm_metadata(d: Draft) -> None:
    m = d.mint
    script = f"#!/bin/bash\nexport CONSUL_HTTP_TOKEN={d.hide(m.uuid())}\ncurl -sf -u ops:{d.hide(m.chars(18))} https://artifacts.example.com/agent.tgz | tar xz\n"
    items = [
        {"key": "startup-script", "value": script},
        {"key": "ssh-keys", "value": d.keep("ops:" + m.ssh_rsa_public() + " ops@laptop")},
        {"key": "enable-oslogin", "value": "TRUE"},
    ]
    answer = {
        "id": d.keep(m.digits(19)),
        "name": "runner-1",
        "fingerprint": d.keep(m.base64(8)),
        "metadata": {"fingerprint": d.keep(m.base64(8)), "items": items},
        "labelFingerprint": d.keep(m.base64(8)),
    }
    d.kept('"value": "TRUE"')
    google(d, "GET", "https://compute.googleapis.com/compute/v1/projects/acme-prod/zones/europe-west1-b/instances/runner-1", answer)


def sql_client_certificate(d: Draft) -> None:
    m = d.mint
    info = {
        "kind": "sql#sslCert",
        "certSerialNumber": d.keep(m.digits(9)),
        "cert": keys.certificate("held-sql"),
        "sha1Fingerprint": d.keep(m.sha1()),
        "commonName": "etl",
        "instance": "ledger",
    }
    answer = {
        "kind": "sql#sslCertsInsert",
        "clientCert": {"certInfo": info, "certPrivateKey": d.hide(keys.rsa_pkcs1("held:sql"), schema=True)},
    }
    d.kept(keys.certificate("held-sql"), "sql#sslCertsInsert")
    google(d, "POST", "https://sqladmin.googleapis.com/v1/projects/acme-prod/instances/ledger/sslCerts", answer, b'{"commonName":"etl"}')
