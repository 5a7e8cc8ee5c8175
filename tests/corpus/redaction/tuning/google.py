"""Google Cloud's APIs."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import google


def secret_manager_access(d: Draft) -> None:
    m = d.mint
    value = d.hide(m.strong(30), schema=True)
    name = d.keep(f"projects/{m.account()}/secrets/orders-db/versions/7")
    answer = {"name": name, "payload": {"data": b64(value), "dataCrc32c": d.keep(m.digits(10))}}
    google(d, "GET", "https://secretmanager.googleapis.com/v1/projects/shop/secrets/orders-db/versions/latest:access", answer)


def service_account_key_create(d: Draft) -> None:
    m = d.mint
    key_id = d.keep(m.hex(40))
    mail = "exporter@shop-prod.iam.gserviceaccount.com"
    file = {
        "type": "service_account",
        "project_id": "shop-prod",
        "private_key_id": key_id,
        "private_key": d.hide(keys.rsa_pkcs8("tuning-2"), schema=True),
        "client_email": mail,
        "client_id": m.digits(21),
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    answer = {
        "name": d.keep(f"projects/shop-prod/serviceAccounts/{mail}/keys/{key_id}"),
        "privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE",
        "privateKeyData": b64(json.dumps(file, indent=2)),
        "validAfterTime": "2026-11-24T10:15:00Z",
        "validBeforeTime": d.keep("9999-12-31T23:59:59Z"),
        "keyAlgorithm": "KEY_ALG_RSA_2048",
    }
    d.kept("TYPE_GOOGLE_CREDENTIALS_FILE", "KEY_ALG_RSA_2048")
    google(d, "POST", f"https://iam.googleapis.com/v1/projects/shop-prod/serviceAccounts/{mail}/keys", answer, b"{}")


def gke_cluster_get(d: Draft) -> None:
    m = d.mint
    key = d.hide(keys.rsa_pkcs1("tuning-1"), schema=True)
    answer = {
        "name": "prod",
        "selfLink": d.keep("https://container.googleapis.com/v1/projects/shop/zones/europe-west3-a/clusters/prod"),
        "masterAuth": {
            "username": "admin",
            "password": d.hide(m.chars(16), schema=True),
            "clusterCaCertificate": d.keep(b64(keys.certificate("gke-prod"))),
            "clientCertificate": d.keep(b64(keys.certificate("gke-client"))),
            "clientKey": b64(key),
        },
        "endpoint": "34.89.12.40",
        "id": d.keep(m.hex(64)),
        "etag": d.keep(m.uuid()),
        "databaseEncryption": {"state": "DECRYPTED"},
        "labelFingerprint": d.keep(m.hex(8)),
    }
    google(d, "GET", "https://container.googleapis.com/v1/projects/shop/zones/europe-west3-a/clusters/prod", answer)


def oauth_token(d: Draft) -> None:
    m = d.mint
    answer = {
        "access_token": d.hide(m.google_token(), schema=True),
        "expires_in": 3599,
        "refresh_token": d.hide(m.google_refresh(), schema=True),
        "scope": d.keep("https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/userinfo.email"),
        "token_type": "Bearer",
    }
    d.kept('"token_type": "Bearer"', '"expires_in": 3599')
    google(d, "POST", "https://oauth2.googleapis.com/token", answer, b"grant_type=authorization_code")


def compute_instance_get(d: Draft) -> None:
    m = d.mint
    startup = f"#!/bin/bash\nexport PGPASSWORD={d.hide(m.chars(20))}\npsql -h 10.0.0.5 -U app -c 'vacuum'\n"
    answer = {
        "kind": "compute#instance",
        "id": d.keep(m.digits(19)),
        "name": "worker-1",
        "tags": {"items": ["http"], "fingerprint": d.keep(m.base64(8))},
        "networkInterfaces": [
            {"networkIP": "10.156.0.9", "ipv6Address": d.keep("2600:1900:4020:9c2f:0:1::"), "fingerprint": d.keep(m.base64(8))}
        ],
        "metadata": {
            "fingerprint": d.keep(m.base64(8)),
            "items": [
                {"key": "startup-script", "value": startup},
                {"key": "ssh-keys", "value": d.keep("ops:" + m.ssh_public()) + " ops@laptop"},
                {"key": "enable-oslogin", "value": "TRUE"},
            ],
        },
        "selfLink": d.keep(f"https://www.googleapis.com/compute/v1/projects/shop/zones/europe-west3-b/instances/{m.digits(19)}"),
    }
    google(d, "GET", "https://compute.googleapis.com/compute/v1/projects/shop/zones/europe-west3-b/instances/worker-1", answer)


def storage_objects_list(d: Draft) -> None:
    m = d.mint
    items = []
    for name in ("app.tar.gz", "passwords-policy.pdf", "token.svg"):
        items.append(
            {
                "kind": "storage#object",
                "id": d.keep(f"releases/{name}/{m.digits(16)}"),
                "md5Hash": d.keep(m.base64(16)),
                "crc32c": m.base64(4),
                "etag": d.keep(m.base64(9)),
                "generation": m.digits(16),
                "mediaLink": d.keep(
                    f"https://storage.googleapis.com/download/storage/v1/b/releases/o/{name}?generation={m.digits(16)}&alt=media"
                ),
            }
        )
    answer = {"kind": "storage#objects", "nextPageToken": d.keep(m.page(60)), "items": items}
    google(d, "GET", "https://storage.googleapis.com/storage/v1/b/releases/o", answer)
