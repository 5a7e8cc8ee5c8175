"""Data stores, streams, warehouses and what feeds them."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page
from tests.corpus.redaction.unseen import corporate, dotted, grouped, marked, spoken


def influx_authorization(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep(m.hex(16)),
        "token": d.hide(m.urlsafe(64) + "=="),
        "status": "active",
        "description": d.keep("telegraf's Token"),
        "orgID": d.keep(m.hex(16)),
        "permissions": [{"action": "read", "resource": {"type": "authorizations"}}],
        "links": {"self": "/api/v2/authorizations/x"},
    }
    d.kept('"resource":{"type":"authorizations"}')
    api(d, "POST", "https://influx.acme.internal:8086/api/v2/authorizations", answer)


def nats_server_config(d: Draft) -> None:
    m = d.mint
    text = f"""port: 4222
server_name: {d.keep("n1-" + m.hex(6))}
authorization {{
  users = [
    {{user: billing, password: "{d.hide(spoken(m))}", permissions: {{publish: "token.*"}}}}
    {{nkey: {d.keep("U" + m.chars(55, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))}}}
  ]
  timeout: 2
}}
# creds of the leaf
-----BEGIN USER NKEY SEED-----
{d.hide("SU" + m.chars(56, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))}
------END USER NKEY SEED------
cluster {{ routes = [nats-route://ruser:{d.hide(m.chars(18))}@n2:6222] }}
"""
    d.kept('permissions: {publish: "token.*"}')
    page(d, "https://git.acme.internal/raw/nats.conf", text)


def couch_replications(d: Draft) -> None:
    m = d.mint
    document = {
        "_id": "repl",
        "_rev": d.keep("7-" + m.hex(32)),
        "source": {"url": "https://a.acme.internal/orders", "headers": {"Authorization": "Basic " + b64("repl:" + d.hide(m.chars(16)))}},
        "target": f"https://repl:{d.hide(grouped(m))}@b.acme.internal/orders",
        "continuous": True,
        "selector": {"type": "password_reset"},
    }
    d.kept('"selector":{"type":"password_reset"}')
    api(d, "GET", "http://couch.acme.internal:5984/_replicator/repl", document, etag=d.keep('"7-' + m.hex(32) + '"'))


def airbyte_source(d: Draft) -> None:
    m = d.mint
    answer = {
        "sourceId": d.keep(m.uuid()),
        "workspaceId": d.keep(m.uuid()),
        "name": "Hubspot tokens",
        "connectionConfiguration": {
            "credentials": {"credentials_title": "Private App Credentials", "access_token": d.hide("pat" + "-eu1-" + m.uuid())},
            "start_date": "2026-01-01",
        },
        "tunnel": {"tunnel_method": "SSH_PASSWORD_AUTH", "tunnel_user_password": d.hide(marked(m))},
        "icon": d.keep("data:image/svg+xml;base64," + b64('<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h8v8"/></svg>')),
    }
    d.kept('"tunnel_method":"SSH_PASSWORD_AUTH"', '"credentials_title":"Private App Credentials"', '"name":"Hubspot tokens"')
    api(d, "POST", "https://airbyte.acme.internal/api/v1/sources/get", answer)


def hasura_metadata(d: Draft) -> None:
    m = d.mint
    answer = {
        "resource_version": 88,
        "metadata": {
            "sources": [
                {"name": "default", "configuration": {"connection_info": {"database_url": f"postgres://h:{d.hide(m.strong(16))}@pg/h"}}}
            ],
            "remote_schemas": [
                {
                    "name": "crm",
                    "definition": {
                        "headers": [
                            {"name": "x-hasura-admin-secret", "value": d.hide(m.hex(32))},
                            {"name": "authorization", "value_from_env": "CRM_TOKEN"},
                        ]
                    },
                }
            ],
            "cron_triggers": [{"name": d.keep("purge_password_tokens"), "schedule": "0 4 * * *"}],
        },
    }
    d.kept('{"name":"authorization","value_from_env":"CRM_TOKEN"}')
    api(d, "POST", "https://hasura.acme.internal/v1/metadata", answer)


def planetscale_password(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep(m.chars(12).lower()),
        "type": "DatabaseBranchPassword",
        "name": "web-password",
        "role": "readwriter",
        "username": m.chars(20).lower(),
        "plain_text": d.hide("pscale" + "_pw_" + m.chars(43)),
        "access_host_url": "eu-central.connect.psdb.cloud",
        "ttl_seconds": 0,
    }
    d.kept('"type":"DatabaseBranchPassword"', '"name":"web-password"')
    api(d, "POST", "https://api.planetscale.com/v1/organizations/acme/databases/web/branches/main/passwords", answer)


def search_keys(d: Draft) -> None:
    m = d.mint
    rows = [
        {"name": "Default Search API Key", "uid": d.keep(m.uuid()), "key": d.hide(m.hex(64)), "actions": ["search"], "indexes": ["*"]},
        {"name": "Default Admin API Key", "uid": d.keep(m.uuid()), "key": d.hide(m.hex(64)), "actions": ["*"]},
    ]
    d.kept('"name":"Default Search API Key"')
    api(d, "GET", "https://meili.acme.internal/keys", {"results": rows, "offset": 0, "total": 2})


def cassandra_and_scylla(d: Draft) -> None:
    m = d.mint
    text = f"""cluster_name: 'tokens'
num_tokens: 16
initial_token: {d.keep("-" + m.digits(19))}
authenticator: PasswordAuthenticator
credentials_validity: 2000ms
server_encryption_options:
    internode_encryption: all
    keystore: /etc/cassandra/keystore.jks
    keystore_password: {d.hide(corporate(m))}
    truststore_password: {d.hide(dotted(m))}
client_encryption_options: {{enabled: false, keystore_password: "${{KS_PASS}}"}}
auto_snapshot: true
"""
    d.kept("num_tokens: 16", "authenticator: PasswordAuthenticator", 'keystore_password: "${KS_PASS}"', "credentials_validity: 2000ms")
    page(d, "https://git.acme.internal/raw/cassandra.yaml", text)


def kafka_rest_records(d: Draft) -> None:
    m = d.mint
    rows = []
    for number, value in enumerate(
        (
            {"type": "user.created", "temporaryPassword": d.hide(spoken(m))},
            {"type": "token.counted", "tokens": 1187},
            {"type": "hook.added", "signing_secret": d.hide(m.hex(32))},
        )
    ):
        rows.append(
            {"topic": "identity", "key": b64(d.keep(m.uuid())), "value": b64(json.dumps(value)), "partition": 0, "offset": 880 + number}
        )
    d.kept('"type": "token.counted", "tokens": 1187')
    api(d, "GET", "https://rest.acme.internal/consumers/g/instances/i/records", rows)


def trino_catalogs(d: Draft) -> None:
    m = d.mint
    text = f"""connector.name=postgresql
connection-url=jdbc:postgresql://pg/app
connection-user=trino
connection-password={d.hide(grouped(m))}
hive.s3.aws-secret-key={d.hide(m.aws_secret())}
http-server.authentication.type=PASSWORD
internal-communication.shared-secret={d.hide(m.base64(64))}
http-server.https.keystore.key=${{ENV:KEYSTORE_KEY}}
password-authenticator.name=file
file.password-file={d.keep("/etc/trino/password.db")}
query.client.timeout=5m
node.id={d.keep(m.uuid())}
"""
    d.kept("http-server.authentication.type=PASSWORD", "password-authenticator.name=file", "${ENV:KEYSTORE_KEY}")
    page(d, "https://git.acme.internal/raw/trino.properties", text)


def influx_like_lines_and_slowlog(d: Draft) -> None:
    m = d.mint
    rows = [
        [14, 1795596400, 12012, ["AUTH", "app", d.hide(m.chars(20))], "10.0.0.4:5112", ""],
        [13, 1795596390, 10411, ["HSET", d.keep("session:" + m.uuid()), "token_count", "17"], "10.0.0.4:5112", "worker"],
        [12, 1795596380, 9011, ["CONFIG", "SET", "masterauth", d.hide(m.hex(24))], "10.0.0.4:5112", ""],
    ]
    d.kept('"token_count","17"')
    api(d, "GET", "https://redis-ui.acme.internal/slowlog", rows)


def mongo_documents(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "_id": {"$oid": d.keep(m.hex(24))},
            "service": "imap",
            "login": {"user": "box", "pwd": d.hide(dotted(m))},
            "updated": {"$date": "2026-11-24T10:15:00Z"},
            "checksum": d.keep(m.hex(32)),
        },
        {
            "_id": {"$oid": d.keep(m.hex(24))},
            "service": "push",
            "vapid": {"publicKey": d.keep(m.urlsafe(65)), "privateKey": d.hide(m.urlsafe(32))},
            "fcm_sender": d.keep(m.digits(12)),
        },
    ]
    api(d, "POST", "https://eu-central-1.aws.data.mongodb-api.com/app/x/endpoint/data/v1/action/find", {"documents": rows})


def pulsar_and_flink(d: Draft) -> None:
    m = d.mint
    answer = [
        {"key": "state.backend.type", "value": "rocksdb"},
        {"key": "s3.secret-key", "value": d.hide(m.chars(40))},
        {"key": "security.ssl.rest.key-password", "value": "******"},
        {"key": "pulsar.client.authParams", "value": "token:" + d.hide(m.jwt({"sub": "flink"}, {"alg": "HS256"}))},
        {"key": "security.delegation.tokens.enabled", "value": "true"},
        {"key": "execution.checkpointing.savepoint-dir", "value": d.keep("s3://ckpt/" + m.hex(32))},
    ]
    d.kept('{"key":"security.ssl.rest.key-password","value":"******"}', '{"key":"security.delegation.tokens.enabled","value":"true"}')
    api(d, "GET", "https://flink.acme.internal/jobmanager/config", answer)


def vector_database_and_certificates(d: Draft) -> None:
    m = d.mint
    answer = {
        "instances": [
            {
                "id": d.keep(m.hex(8)),
                "neo4j_password": d.hide(m.urlsafe(32)),
                "connection_url": d.keep("neo4j+s://" + m.hex(8) + ".databases.neo4j.io"),
            },
            {"name": "embeddings", "api_key": d.hide("pcsk_" + m.chars(6) + "_" + m.chars(63)), "dimension": 1536, "max_tokens": 8191},
        ],
        "client_certificate": d.keep(keys.certificate("unseen-neo")),
    }
    d.kept('"max_tokens":8191')
    api(d, "POST", "https://api.acme-data.example.org/v1/instances", answer)
