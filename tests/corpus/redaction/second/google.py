"""Google Cloud's APIs."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import google


def secret_manager_access_env(d: Draft) -> None:
    """A whole .env file is the secret's value: the payload, and so all of it, is declared secret."""
    m = d.mint
    password, token = d.hide(m.passphrase(), schema=True), d.hide(m.openai(), schema=True)
    text = f"SMTP_PASS={password}\nOPENAI_API_KEY={token}\n"
    answer = {
        "name": d.keep(f"projects/{m.account()}/secrets/mailer-env/versions/3"),
        "payload": {"data": b64(text), "dataCrc32c": d.keep(m.digits(10))},
    }
    google(d, "GET", "https://secretmanager.googleapis.com/v1/projects/shop/secrets/mailer-env/versions/3:access", answer)


def secret_manager_list(d: Draft) -> None:
    m = d.mint
    number = m.account()
    rows = [
        {
            "name": d.keep(f"projects/{number}/secrets/{name}"),
            "replication": {
                "automatic": {
                    "customerManagedEncryption": {"kmsKeyName": d.keep(f"projects/shop/locations/global/keyRings/r/cryptoKeys/{name}")}
                }
            },
            "createTime": "2026-03-01T10:00:00.123456Z",
            "etag": d.keep(f'\\"{m.hex(14)}\\"').replace("\\", ""),
            "labels": {"owner": "payments"},
        }
        for name in ("stripe-api-key", "session-secret", "jwt-signing-key")
    ]
    google(
        d,
        "GET",
        "https://secretmanager.googleapis.com/v1/projects/shop/secrets",
        {"secrets": rows, "nextPageToken": d.keep(m.urlsafe(80)), "totalSize": 44},
    )


def generate_access_token(d: Draft) -> None:
    m = d.mint
    answer = {"accessToken": d.hide(m.google_token(), schema=True), "expireTime": d.keep("2026-11-24T11:15:00Z")}
    url = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/deployer@shop.iam.gserviceaccount.com:generateAccessToken"
    google(d, "POST", url, answer, b'{"scope":["https://www.googleapis.com/auth/cloud-platform"]}')


def sql_ssl_cert_insert(d: Draft) -> None:
    m = d.mint
    info = {
        "kind": "sql#sslCert",
        "certSerialNumber": d.keep(m.digits(10)),
        "cert": keys.certificate("sql-client"),
        "commonName": "reporting",
        "sha1Fingerprint": d.keep(m.sha1()),
        "instance": "orders",
        "selfLink": d.keep(f"https://sqladmin.googleapis.com/sql/v1beta4/projects/shop/instances/orders/sslCerts/{m.sha1()}"),
    }
    d.keep(keys.certificate("sql-client").splitlines()[3])
    client = {"certInfo": info, "certPrivateKey": d.hide(keys.rsa_pkcs1("held-out-2"), schema=True)}
    server = {"kind": "sql#sslCert", "cert": keys.certificate("sql-server"), "sha1Fingerprint": d.keep(m.sha1())}
    d.keep(keys.certificate("sql-server").splitlines()[4])
    answer = {"kind": "sql#sslCertsInsert", "clientCert": client, "serverCaCert": server}
    google(d, "POST", "https://sqladmin.googleapis.com/sql/v1beta4/projects/shop/instances/orders/sslCerts", answer, b"{}")


def cloud_run_service(d: Draft) -> None:
    m = d.mint
    env = [
        {"name": "OAUTH_CLIENT_ID", "value": d.keep(f"{m.account()}-{m.chars(32).lower()}.apps.googleusercontent.com")},
        {"name": "OAUTH_CLIENT_SECRET", "value": d.hide(m.google_secret())},
        {"name": "MAPS_API_KEY", "value": d.hide(m.google_key())},
        {"name": "DB_PASS", "valueSource": {"secretKeyRef": {"secret": d.keep("orders-db-pass"), "version": "latest"}}},
    ]
    answer = {
        "name": d.keep("projects/shop/locations/europe-west3/services/frontend"),
        "uid": d.keep(m.uuid()),
        "generation": "31",
        "template": {"containers": [{"image": d.keep("europe-docker.pkg.dev/shop/web/frontend@" + m.digest()), "env": env}]},
        "etag": d.keep(m.base64(12)),
    }
    google(d, "GET", "https://run.googleapis.com/v2/projects/shop/locations/europe-west3/services/frontend", answer)


def logging_entries_list(d: Draft) -> None:
    m = d.mint
    entries = []
    for text in (
        f"login failed for user admin with password '{d.hide(m.password())}'",
        "password must be changed every 90 days",
        f"GET /callback?code={d.hide('4/0A' + m.chars(70))}&state=ok 302",
        f"commit {d.keep(m.sha1())} deployed, build {d.keep(m.uuid())}",
    ):
        entries.append(
            {
                "insertId": d.keep(m.chars(16).lower()),
                "textPayload": text,
                "logName": "projects/shop/logs/run.googleapis.com%2Fstderr",
                "trace": d.keep(f"projects/shop/traces/{m.hex(32)}"),
                "spanId": d.keep(m.hex(16)),
            }
        )
    d.kept("password must be changed every 90 days")
    answer = {"entries": entries, "nextPageToken": d.keep("EAA4" + m.urlsafe(140))}
    google(d, "POST", "https://logging.googleapis.com/v2/entries:list", answer, b'{"resourceNames":["projects/shop"]}')
