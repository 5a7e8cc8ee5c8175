"""Databases, brokers, search and caches, over their HTTP interfaces."""

from __future__ import annotations

import json

from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.fresh import dated, dotted, initials, leet, shouted
from tests.corpus.redaction.services import api, page


def rabbit_definitions(d: Draft) -> None:
    m = d.mint
    answer = {
        "rabbit_version": "4.0.3",
        "users": [
            {"name": "orders", "password_hash": m.base64(36), "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": ["monitoring"]}
        ],
        "parameters": [
            {
                "component": "shovel",
                "vhost": "/",
                "name": "to-eu",
                "value": {
                    "src-uri": "amqp://",
                    "dest-uri": f"amqps://bridge:{d.hide(m.strong(20))}@mq.eu.example.com:5671/%2f",
                    "src-queue": "password-reset-mails",
                },
            },
            {
                "component": "federation-upstream",
                "vhost": "/",
                "name": "us",
                "value": {"uri": [f"amqp://fed:{d.hide(leet(m))}@mq.us.example.com"], "expires": 3600000},
            },
        ],
        "policies": [{"vhost": "/", "name": "token-ttl", "pattern": "^tokens\\.", "definition": {"message-ttl": 900000}}],
    }
    d.kept('"hashing_algorithm":"rabbit_password_hashing_sha256"', '"src-queue":"password-reset-mails"', '"name":"token-ttl"')
    api(d, "GET", "https://mq.example.com:15671/api/definitions", answer)


def connectors_of_kafka(d: Draft) -> None:
    m = d.mint
    config = {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "database.hostname": "pg",
        "database.user": "debezium",
        "database.password": d.hide(dotted(m)),
        "schema.history.internal.consumer.sasl.jaas.config": f'org.apache.kafka.common.security.scram.ScramLoginModule required username="dbz" password="{d.hide(m.chars(26))}";',
        "schema.history.internal.consumer.sasl.mechanism": "SCRAM-SHA-512",
        "transforms.mask.type": d.keep("org.apache.kafka.connect.transforms.MaskField$Value"),
        "column.exclude.list": d.keep("public.users.password,public.users.reset_token"),
        "key.converter.schemas.enable": "false",
        "value.converter.basic.auth.user.info": f"SR{m.chars(14, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}:{d.hide(m.base64(48))}",
        "sslkey": d.keep("${file:/opt/kafka/secrets/db.properties:sslkey}"),
    }
    d.kept('"key.converter.schemas.enable":"false"', '"SCRAM-SHA-512"')
    api(
        d,
        "GET",
        "http://connect:8083/connectors/orders",
        {"name": "orders", "config": config, "tasks": [{"connector": "orders", "task": 0}], "type": "source"},
    )


def index_search(d: Draft) -> None:
    m = d.mint
    hits = [
        {
            "_index": "app-2026.11.24",
            "_id": d.keep(m.urlsafe(15)),
            "_score": None,
            "_source": {"message": f"login of kim with password {d.hide(initials(m))} failed", "trace.id": d.keep(m.hex(32))},
            "sort": [1795500000000, 3],
        },
        {
            "_index": "app-2026.11.24",
            "_id": d.keep(m.urlsafe(15)),
            "_score": None,
            "_source": {
                "message": "password reset token sent to kim",
                "http": {"request": {"headers": {"authorization": f"ApiKey {b64(m.urlsafe(15) + ':' + d.hide(m.urlsafe(16)))}"}}},
            },
            "sort": [1795500000001, 4],
        },
    ]
    d.kept("password reset token sent to kim")
    api(
        d,
        "POST",
        "https://es.example.com:9200/app-*/_search",
        {"took": 7, "timed_out": False, "pit_id": d.keep(m.page(150)), "hits": {"total": {"value": 2, "relation": "eq"}, "hits": hits}},
        x_elastic_product="Elasticsearch",
    )


def api_key_of_elastic(d: Draft) -> None:
    m = d.mint
    identity, secret = m.urlsafe(15), d.hide(m.urlsafe(16), schema=True)
    api(
        d,
        "POST",
        "https://es.example.com:9200/_security/api_key",
        {
            "id": d.keep(identity),
            "name": "filebeat",
            "expiration": 1798000000000,
            "api_key": secret,
            "encoded": b64(f"{identity}:{secret}"),
        },
    )


def users_of_elastic(d: Draft) -> None:
    answer = {
        "kibana_system": {"username": "kibana_system", "roles": ["kibana_system"], "metadata": {"_reserved": True}, "enabled": True},
        "password_manager": {
            "username": "password_manager",
            "roles": ["manage_token", "manage_api_key"],
            "full_name": d.keep("Secret Service Desk"),
            "enabled": True,
        },
    }
    d.kept('"roles":["manage_token","manage_api_key"]', '"username":"password_manager"')
    api(d, "GET", "https://es.example.com:9200/_security/user", answer)


def configs_of_kafka(d: Draft) -> None:
    m = d.mint
    rows = [
        {"name": "ssl.keystore.password", "value": None, "is_sensitive": True, "source": "STATIC_BROKER_CONFIG"},
        {"name": "password.encoder.cipher.algorithm", "value": d.keep("AES/CBC/PKCS5Padding"), "is_sensitive": False},
        {"name": "delegation.token.expiry.time.ms", "value": "86400000", "is_sensitive": False},
        {"name": "ssl.endpoint.identification.algorithm", "value": "https", "is_sensitive": False},
    ]
    d.kept('"name":"ssl.keystore.password","value":null,"is_sensitive":true', '"name":"delegation.token.expiry.time.ms","value":"86400000"')
    api(d, "GET", f"http://kafka-rest:8082/v3/clusters/{m.urlsafe(16)}/brokers/1/configs", {"kind": "KafkaBrokerConfigList", "data": rows})


def rows_of_clickhouse(d: Draft) -> None:
    m = d.mint
    text = "name\tengine_full\n"
    text += f"orders\tMySQL('db:3306', 'shop', 'orders', 'ch', '{d.hide(leet(m))}')\n"
    text += f"events\tS3('https://b.s3.amazonaws.com/e/*.parquet', '{m.aws_id()}', '{d.hide(m.aws_secret())}', 'Parquet')\n"
    text += "tokens_by_day\tMergeTree PARTITION BY toYYYYMM(day) ORDER BY (day, token_hash) SETTINGS index_granularity = 8192\n"
    text += "pg\tPostgreSQL('pg:5432', 'crm', 't', 'ch', '[HIDDEN]')\n"
    d.kept("ORDER BY (day, token_hash) SETTINGS index_granularity = 8192", "'[HIDDEN]'")
    page(
        d,
        "http://clickhouse:8123/?query=SELECT+name,engine_full+FROM+system.tables+FORMAT+TabSeparatedWithNames",
        text,
        "text/tab-separated-values; charset=UTF-8",
    )
    d.headers["x-clickhouse-query-id"] = d.keep(m.uuid())


def session_of_couch(d: Draft) -> None:
    m = d.mint
    doc = {
        "_id": d.keep("org.couchdb.user:sync"),
        "_rev": d.keep(f"4-{m.hex(32)}"),
        "name": "sync",
        "type": "user",
        "roles": ["sync"],
        "password_scheme": "pbkdf2",
        "pbkdf2_prf": "sha256",
        "iterations": 600000,
        "derived_key": m.hex(64),
        "salt": m.hex(32),
    }
    d.kept('"password_scheme":"pbkdf2","pbkdf2_prf":"sha256"', '"iterations":600000')
    api(
        d,
        "GET",
        "https://couch.example.com/_users/org.couchdb.user:sync",
        doc,
        set_cookie=f"AuthSession={d.hide(m.urlsafe(36))}; Version=1; Expires=Tue, 24-Nov-2026 10:25:00 GMT; Max-Age=600; Path=/; HttpOnly",
        x_couch_request_id=d.keep(m.hex(10)),
    )


def replications_of_couch(d: Draft) -> None:
    m = d.mint
    doc = {
        "_id": "to-backup",
        "_rev": d.keep(f"2-{m.hex(32)}"),
        "source": {"url": "https://couch.example.com/crm", "headers": {"Authorization": "Basic " + b64("repl:" + d.hide(dated(m)))}},
        "target": f"https://repl:{d.hide(m.chars(15))}@backup.example.com/crm",
        "continuous": True,
        "_replication_id": d.keep(m.hex(32)),
    }
    api(d, "GET", "https://couch.example.com/_replicator/to-backup", doc)


def answer_of_mongo_atlas(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep(m.hex(24)),
        "desc": "ci",
        "publicKey": d.keep(m.chars(8, "abcdefghijklmnopqrstuvwxyz")),
        "privateKey": d.hide(m.uuid()),
        "roles": [{"groupId": d.keep(m.hex(24)), "roleName": "GROUP_OWNER"}],
        "links": [{"rel": "self", "href": "https://cloud.mongodb.com/api/atlas/v2/orgs/x/apiKeys/y"}],
    }
    api(d, "POST", f"https://cloud.mongodb.com/api/atlas/v2/orgs/{m.hex(24)}/apiKeys", answer)


def settings_of_airflow(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "connection_id": "warehouse",
            "conn_type": "snowflake",
            "host": "xy12345.eu-central-1",
            "login": "etl",
            "password": d.hide(shouted(m)),
            "extra": json.dumps({"role": "LOADER", "authenticator": "snowflake", "private_key_file": "/keys/etl.p8"}),
        },
        {
            "connection_id": "slack",
            "conn_type": "slackwebhook",
            "host": "https://hooks.slack.com/services",
            "password": d.hide(f"T{m.chars(10).upper()}/B{m.chars(10).upper()}/{m.chars(24)}"),
            "extra": None,
        },
        {
            "connection_id": "api",
            "conn_type": "http",
            "login": None,
            "password": None,
            "extra": json.dumps({"Authorization": "Token " + d.hide(m.hex(40))}),
        },
    ]
    d.kept("/keys/etl.p8", '"authenticator": "snowflake"')
    api(d, "GET", "https://airflow.example.com/api/v1/connections", {"connections": rows, "total_entries": 3})


def result_of_a_query(d: Draft) -> None:
    m = d.mint
    answer = {
        "statement_id": d.keep(m.uuid()),
        "status": {"state": "SUCCEEDED"},
        "manifest": {
            "schema": {
                "columns": [
                    {"name": "user", "type_name": "STRING"},
                    {"name": "api_token", "type_name": "STRING"},
                    {"name": "token_count", "type_name": "INT"},
                    {"name": "pwd_changed", "type_name": "DATE"},
                ]
            }
        },
        "result": {
            "data_array": [["kim", d.hide(m.urlsafe(32)), "18233", "2026-09-01"], ["ali", d.hide(m.urlsafe(32)), "991", "2026-10-07"]]
        },
    }
    d.kept('"18233","2026-09-01"', '"name":"token_count","type_name":"INT"')
    api(d, "POST", "https://dbc-a1b2c3d4-e5f6.cloud.databricks.com/api/2.0/sql/statements", answer)
