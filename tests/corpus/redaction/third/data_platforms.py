"""Brokers, stores and warehouses over their own interfaces: RabbitMQ, Kafka Connect, Elasticsearch, Redis, Atlas, Confluent, Snowflake, Databricks."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page


def rabbitmq_definitions(d: Draft) -> None:
    m = d.mint
    answer = {
        "rabbit_version": "3.13.7",
        "users": [
            {
                "name": "shop",
                "password_hash": m.base64(36),
                "hashing_algorithm": d.keep("rabbit_password_hashing_sha256"),
                "limits": {},
                "tags": [],
            }
        ],
        "parameters": [
            {
                "component": "shovel",
                "vhost": "/",
                "name": "to-archive",
                "value": {
                    "src-uri": "amqp://",
                    "dest-uri": f"amqps://archive:{d.hide(m.chars(24))}@mq.example.net:5671/%2f",
                    "src-queue": d.keep("token.expired"),
                },
            },
            {
                "component": "federation-upstream",
                "vhost": "/",
                "name": "eu",
                "value": {"uri": f"amqp://fed:{d.hide(m.joined())}@10.3.0.7", "ack-mode": "on-confirm"},
            },
        ],
        "queues": [{"name": d.keep("password.reset.requested"), "durable": True, "arguments": {"x-queue-type": "quorum"}}],
        "bindings": [{"source": "auth", "routing_key": d.keep("user.password.*")}],
        "global_parameters": [{"name": "cluster_name", "value": d.keep("rabbit@" + m.hex(12))}],
    }
    d.kept('"ack-mode":"on-confirm"')
    api(d, "GET", "http://rabbit.example.net:15672/api/definitions", answer)


def kafka_connector(d: Draft) -> None:
    m = d.mint
    config = {
        "connector.class": "io.debezium.connector.mysql.MySqlConnector",
        "database.hostname": "db",
        "database.user": "debezium",
        "database.password": d.hide(m.wild(18)),
        "database.server.id": d.keep("184054"),
        "schema.history.internal.producer.sasl.jaas.config": f'org.apache.kafka.common.security.scram.ScramLoginModule required username="cdc" password="{d.hide(m.strong(26))}";',
        "schema.history.internal.producer.ssl.keystore.password": d.keep("${file:/opt/kafka/secrets.properties:keystore.password}"),
        "key.converter": "org.apache.kafka.connect.json.JsonConverter",
        "transforms.mask.fields": "password,token",
    }
    d.kept('"transforms.mask.fields":"password,token"', '"key.converter":"org.apache.kafka.connect.json.JsonConverter"')
    answer = {"name": "shop-cdc", "config": config, "tasks": [{"connector": "shop-cdc", "task": 0}], "type": "source"}
    api(d, "GET", "http://connect.example.net:8083/connectors/shop-cdc", answer)


def schema_registry_subject(d: Draft) -> None:
    m = d.mint
    schema = {
        "type": "record",
        "name": "PasswordChanged",
        "fields": [
            {"name": "user_id", "type": "string"},
            {"name": "token", "type": ["null", "string"], "default": None},
            {"name": "old_password_age_days", "type": "int"},
        ],
    }
    answer = {
        "subject": d.keep("auth.password-changed-value"),
        "version": 4,
        "id": 10221,
        "guid": d.keep(m.uuid()),
        "schemaType": "AVRO",
        "schema": json.dumps(schema),
    }
    d.kept('"name": "token", "type": ["null", "string"]', '"name": "old_password_age_days", "type": "int"')
    api(d, "GET", "http://registry.example.net:8081/subjects/auth.password-changed-value/versions/4", answer)


def elasticsearch_api_key(d: Draft) -> None:
    m = d.mint
    identity, key = m.urlsafe(15), m.urlsafe(16)
    answer = {
        "id": identity,
        "name": "logs-writer-key",
        "expiration": 1798188400000,
        "api_key": d.hide(key, schema=True),
        "encoded": d.hide(b64(f"{identity}:{key}"), schema=True),
    }
    d.kept('"name":"logs-writer-key"', '"expiration":1798188400000')
    api(d, "POST", "https://es.example.net:9200/_security/api_key", answer, x_elastic_product="Elasticsearch")


def elasticsearch_search_hits(d: Draft) -> None:
    m = d.mint
    lines = [
        ("auth-7", f"POST /oauth/token client_secret={d.hide(m.urlsafe(32))} grant_type=client_credentials 200 11ms"),
        ("auth-7", f"password check for user {d.keep('u-' + m.digits(6))} took 88ms"),
        (
            "web-3",
            f"setting cookie laravel_session={d.hide(m.base64(48).replace('+', 'x').replace('/', 'y').rstrip('='))}; path=/; httponly",
        ),
        ("web-3", d.keep("csrf token mismatch, requestId " + m.uuid())),
    ]
    hits = [
        {
            "_index": ".ds-logs-web-2026.11.24-000012",
            "_id": d.keep(m.urlsafe(15)),
            "_score": None,
            "_source": {"@timestamp": "2026-11-24T10:15:00.000Z", "message": text, "host": {"name": host}, "trace": {"id": m.hex(32)}},
            "sort": [1795596400000 + at],
        }
        for at, (host, text) in enumerate(lines)
    ]
    answer = {
        "took": 4,
        "timed_out": False,
        "_shards": {"total": 3},
        "hits": {"total": {"value": 4, "relation": "eq"}, "hits": hits},
        "pit_id": d.keep(m.base64(120)),
    }
    d.kept('"_index":".ds-logs-web-2026.11.24-000012"')
    api(d, "POST", "https://es.example.net:9200/logs-*/_search", answer)


def kibana_connectors(d: Draft) -> None:
    m = d.mint
    answer = [
        {
            "id": d.keep(m.uuid()),
            "name": "hook",
            "connector_type_id": ".webhook",
            "is_missing_secrets": False,
            "config": {
                "url": f"https://ops:{d.hide(m.strong(14))}@hooks.example.net/in",
                "hasAuth": True,
                "headers": {"X-Auth-Token": d.hide(m.hex(48))},
            },
        },
        {
            "id": "preconfigured-email",
            "name": "Elastic-Cloud-SMTP",
            "connector_type_id": ".email",
            "is_missing_secrets": True,
            "is_preconfigured": True,
        },
    ]
    d.kept('"is_missing_secrets":true', '"hasAuth":true')
    api(d, "GET", "https://kibana.example.net/api/actions/connectors", answer, kbn_name="kibana", kbn_license_sig=d.keep(m.hex(64)))


def redis_acl_and_config(d: Draft) -> None:
    """What a web console over Redis answers."""
    m = d.mint
    rows = [
        f"user default on >{d.hide(m.passphrase())} ~* &* +@all",
        f"user metrics on #{m.sha256()} ~metrics:* +@read",
        "user guest off nopass ~guest:* -@all",
    ]
    d.kept("user guest off nopass ~guest:* -@all", "~metrics:* +@read")
    config = [
        "requirepass",
        d.hide(m.hex(40)),
        "masterauth",
        "",
        "acl-pubsub-default",
        "resetchannels",
        "maxmemory-policy",
        "allkeys-lru",
        "tls-key-file-pass",
        "",
    ]
    d.kept('"acl-pubsub-default","resetchannels"', '"maxmemory-policy","allkeys-lru"')
    info = {"run_id": d.keep(m.hex(40)), "master_replid": d.keep(m.hex(40)), "redis_git_sha1": d.keep("00000000")}
    api(d, "POST", "https://redisinsight.example.net/api/databases/1/cli", {"acl": rows, "config": config, "info": info})


def atlas_cluster_and_key(d: Draft) -> None:
    m = d.mint
    answer = {
        "desc": "terraform",
        "id": d.keep(m.hex(24)),
        "links": [{"href": "https://cloud.mongodb.com/api/atlas/v2/orgs/x/apiKeys", "rel": "self"}],
        "privateKey": d.hide(m.uuid(), schema=True),
        "publicKey": d.keep(m.chars(8, "abcdefghijklmnopqrstuvwxyz")),
        "roles": [{"orgId": d.keep(m.hex(24)), "roleName": "ORG_OWNER"}],
    }
    api(d, "POST", "https://cloud.mongodb.com/api/atlas/v2/orgs/5f/apiKeys", answer)


def confluent_api_key(d: Draft) -> None:
    m = d.mint
    answer = {
        "api_version": "iam/v2",
        "kind": "ApiKey",
        "id": d.keep(m.chars(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")),
        "metadata": {"resource_name": d.keep("crn://confluent.cloud/organization=" + m.uuid() + "/cloud-api-key=x")},
        "spec": {
            "secret": d.hide(m.chars(64, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"), schema=True),
            "display_name": "secret for lkc",
            "owner": {"id": d.keep("sa-" + m.chars(6).lower())},
        },
    }
    d.kept('"kind":"ApiKey"', '"display_name":"secret for lkc"')
    api(d, "POST", "https://api.confluent.cloud/iam/v2/api-keys", answer)


def snowflake_statement(d: Draft) -> None:
    """A query over its history: somebody created a stage with keys in the text."""
    m = d.mint
    rows = [
        [
            d.keep("01b8f2e4-" + m.hex(4) + "-" + m.hex(4) + "-0000-" + m.hex(12)),
            f"CREATE STAGE raw URL='s3://lake/raw' CREDENTIALS=(AWS_KEY_ID='{m.aws_id()}' AWS_SECRET_KEY='{d.hide(m.aws_secret())}')",
            "SUCCESS",
        ],
        [m.uuid(), f"ALTER USER loader SET PASSWORD = '{d.hide(m.initial())}' MUST_CHANGE_PASSWORD = FALSE", "SUCCESS"],
        [m.uuid(), d.keep("SHOW PARAMETERS LIKE 'PASSWORD%' IN ACCOUNT"), "SUCCESS"],
        [m.uuid(), d.keep("SELECT SYSTEM$GENERATE_SCIM_ACCESS_TOKEN('OKTA')"), "FAILED"],
    ]
    answer = {
        "resultSetMetaData": {
            "numRows": 4,
            "format": "jsonv2",
            "rowType": [{"name": "QUERY_ID"}, {"name": "QUERY_TEXT"}, {"name": "STATUS"}],
        },
        "data": rows,
        "code": "090001",
        "statementHandle": d.keep(m.uuid()),
    }
    d.kept("MUST_CHANGE_PASSWORD = FALSE")
    api(d, "POST", "https://example-eu.snowflakecomputing.com/api/v2/statements", answer)


def databricks_token(d: Draft) -> None:
    m = d.mint
    answer = {
        "token_value": d.hide("da" + "pi" + m.hex(32) + "-2"),
        "token_info": {
            "token_id": d.keep(m.hex(64)),
            "creation_time": 1795596400000,
            "expiry_time": -1,
            "comment": d.keep("token for dbt"),
        },
    }
    api(d, "POST", "https://adb-1.azuredatabricks.net/api/2.0/token/create", answer)


def databricks_cluster(d: Draft) -> None:
    m = d.mint
    answer = {
        "cluster_id": d.keep("1124-101500-" + m.chars(8, "abcdefghijklmnopqrstuvwxyz0123456789")),
        "spark_conf": {
            "spark.hadoop.fs.s3a.secret.key": d.hide(m.aws_secret()),
            "spark.hadoop.fs.azure.account.oauth2.client.secret": d.keep("{{secrets/lake/client-secret}}"),
            "spark.databricks.passthrough.enabled": "true",
        },
        "spark_env_vars": {"PYSPARK_PYTHON": "/databricks/python3/bin/python3", "DD_API_KEY": d.hide(m.datadog())},
        "init_scripts": [{"volumes": {"destination": d.keep("/Volumes/ops/init/install-secrets-agent.sh")}}],
        "ssh_public_keys": [d.keep(m.ssh_public())],
    }
    d.kept('"spark.databricks.passthrough.enabled":"true"')
    api(d, "GET", "https://adb-1.azuredatabricks.net/api/2.1/clusters/get?cluster_id=x", answer)


def clickhouse_users_xml(d: Draft) -> None:
    m = d.mint
    text = f"""<clickhouse>
    <users>
        <default>
            <password></password>
            <profile>default</profile>
        </default>
        <grafana>
            <password><![CDATA[{d.hide(m.chars(9) + "<&>" + m.chars(9))}]]></password>
            <networks><ip>10.0.0.0/8</ip></networks>
        </grafana>
        <etl>
            <password_sha256_hex>{m.sha256()}</password_sha256_hex>
            <ssl_certificates><common_name>{d.keep("etl." + m.hex(6) + ".example.net")}</common_name></ssl_certificates>
        </etl>
    </users>
    <interserver_http_credentials><user>i</user><password>{d.hide(m.strong(18))}</password></interserver_http_credentials>
    <query_masking_rules><rule><name>hide</name><regexp>password\\s*=\\s*'[^']+'</regexp><replace>password='***'</replace></rule></query_masking_rules>
</clickhouse>
"""
    d.kept("<password></password>", "<replace>password='***'</replace>", "<regexp>password\\s*=\\s*'[^']+'</regexp>")
    page(d, "https://files.example.net/clickhouse/users.xml", text, "application/xml")


def certificate_bundle(d: Draft) -> None:
    m = d.mint
    answer = {
        "kafka": {
            "uri": "kafka-1.aivencloud.com:24946",
            "access_cert": d.keep(keys.certificate("third-aiven")),
            "access_key": d.hide(keys.rsa_pkcs8("third-aiven")),
            "schema_registry_uri": f"https://avnadmin:{d.hide('AV' + 'NS_' + m.urlsafe(14))}@kafka-1.aivencloud.com:24949",
        },
        "service_uri": "kafka-1.aivencloud.com:24946",
        "ca": keys.certificate("third-aiven-ca"),
        "maintenance": {"updates": [{"description": d.keep("Rotation of the project CA and access tokens")}]},
        "uuid": d.keep(m.uuid()),
    }
    api(d, "GET", "https://api.aiven.io/v1/project/x/service/kafka-1", {"service": answer})
