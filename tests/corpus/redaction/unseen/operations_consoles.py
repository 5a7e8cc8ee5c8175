"""Consoles of operations: build servers, monitoring, virtualisation, inventories, chat and office servers of one's own."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page
from tests.corpus.redaction.unseen import corporate, dotted, grouped, marked, spoken


def teamcity_parameters(d: Draft) -> None:
    m = d.mint
    text = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?><properties count="5"><property name="env.NUGET_API_KEY" value="{d.hide("oy2" + m.chars(43).lower())}"/><property name="env.SIGN_PASSWORD" inherited="true"><type rawValue="password display='hidden'"/></property><property name="system.build.token.name" value="{d.keep("acme-build-token")}"/><property name="env.FTP_PASSWD" value="{d.hide(marked(m))}"/><property name="vcs.revision" value="{d.keep(m.sha1())}"/></properties>"""
    d.kept("rawValue=\"password display='hidden'\"")
    page(d, "https://teamcity.acme.internal/app/rest/buildTypes/id:Web/parameters", text, "application/xml")


def buildkite_agents(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": d.keep(m.uuid()),
            "graphql_id": d.keep(b64("Agent---" + m.uuid())),
            "name": "token-runner-1",
            "access_token": d.hide("bkaj_" + m.chars(40)),
            "connected_state": "connected",
            "meta_data": ["queue=secret-scan"],
            "version": "3.87.0",
        }
    ]
    d.kept('"name":"token-runner-1"', '"meta_data":["queue=secret-scan"]')
    api(d, "GET", "https://api.buildkite.com/v2/organizations/acme/agents", rows)


def circleci_context(d: Draft) -> None:
    m = d.mint
    rows = [
        {"variable": d.keep(name), "context_id": d.keep(m.uuid()), "created_at": "2026-05-01T08:00:00.000Z", "truncated_value": m.chars(4)}
        for name in ("DOCKERHUB_PASSWORD", "SNYK_TOKEN", "COSIGN_PRIVATE_KEY")
    ]
    api(d, "GET", "https://circleci.com/api/v2/context/x/environment-variable", {"items": rows, "next_page_token": d.keep(m.base64(60))})


def drone_build_log(d: Draft) -> None:
    m = d.mint
    lines = [
        {"pos": 0, "out": "+ export CODECOV_TOKEN=" + d.hide(m.uuid()) + "\n", "time": 1},
        {"pos": 1, "out": "+ helm registry login r.acme.internal -u ci --password-stdin\n", "time": 1},
        {"pos": 2, "out": f"+ twine upload -u __token__ -p {d.hide(m.pypi())} dist/*\n", "time": 2},
        {"pos": 3, "out": "Successfully tagged web:" + d.keep(m.hex(8)) + "\n", "time": 3},
        {"pos": 4, "out": d.keep("--- PASS: TestTokenParser/empty_password (0.00s)") + "\n", "time": 3},
    ]
    d.kept("-u ci --password-stdin")
    api(d, "GET", "https://drone.acme.internal/api/repos/acme/web/builds/7/logs/1/2", lines)


def concourse_pipeline(d: Draft) -> None:
    m = d.mint
    source = {"uri": "git@git.acme.internal:web.git", "private_key": d.hide(keys.openssh("unseen-concourse")), "branch": "main"}
    answer = {
        "config": {
            "resources": [
                {"name": "web", "type": "git", "source": source},
                {
                    "name": "img",
                    "type": "registry-image",
                    "source": {"repository": "r.acme.internal/web", "password": "((registry.password))"},
                },
            ],
            "jobs": [{"plan": [{"task": "t", "params": {"PGPASSWORD": d.hide(dotted(m)), "TOKEN_FILE": "token/token"}}]}],
        }
    }
    d.kept('"password":"((registry.password))"', '"TOKEN_FILE":"token/token"')
    api(
        d,
        "GET",
        "https://ci.acme.internal/api/v1/teams/main/pipelines/web/config",
        answer,
        x_concourse_config_version=d.keep(m.digits(4) + "-" + m.hex(4)),
    )


def zabbix_macros(d: Draft) -> None:
    m = d.mint
    rows = [
        {"hostmacroid": d.keep(m.digits(5)), "hostid": "10084", "macro": "{$SNMP_COMMUNITY}", "value": d.hide(m.chars(12)), "type": "0"},
        {"hostmacroid": m.digits(5), "macro": "{$MYSQL.PASSWORD}", "value": d.hide(spoken(m)), "type": "0"},
        {"hostmacroid": m.digits(5), "macro": "{$VAULT.SECRET}", "value": d.keep("secret/zabbix:password"), "type": "2"},
        {"hostmacroid": m.digits(5), "macro": "{$PASSWORD.AGE.MAX}", "value": "90d", "type": "0"},
    ]
    d.kept('"macro":"{$PASSWORD.AGE.MAX}","value":"90d"')
    api(d, "POST", "https://zabbix.acme.internal/api_jsonrpc.php", {"jsonrpc": "2.0", "result": rows, "id": 1})


def zabbix_login(d: Draft) -> None:
    m = d.mint
    answer = {
        "jsonrpc": "2.0",
        "result": {
            "userid": "12",
            "username": "anna",
            "attempt_failed": "0",
            "secret": d.hide(m.hex(32)),
            "sessionid": d.hide(m.hex(32)),
            "gui_access": "0",
            "url": "",
        },
        "id": 1,
    }
    d.kept('"attempt_failed":"0"', '"gui_access":"0"')
    api(d, "POST", "https://zabbix2.acme.internal/api_jsonrpc.php", answer)


def proxmox_ticket(d: Draft) -> None:
    m = d.mint
    data = {
        "username": "root@pam",
        "clustername": "lab",
        "CSRFPreventionToken": m.hex(8).upper() + ":" + m.base64(32).rstrip("="),
        "ticket": d.hide("PVE:root@pam:" + m.hex(8).upper() + "::" + m.base64(256)),
        "cap": {"access": {"User.Modify": 1, "Permissions.Modify": 1}},
    }
    d.kept('"Permissions.Modify":1')
    api(d, "POST", "https://pve.acme.internal:8006/api2/json/access/ticket", {"data": data})


def openstack_login(d: Draft) -> None:
    m = d.mint
    token = {
        "methods": ["password"],
        "expires_at": "2026-11-24T22:15:00.000000Z",
        "audit_ids": [d.keep(m.urlsafe(16))],
        "project": {"id": d.keep(m.hex(32)), "name": "lab"},
        "user": {"id": d.keep(m.hex(32)), "name": "ops", "password_expires_at": None},
        "catalog": [{"type": "key-manager", "id": d.keep(m.hex(32)), "name": "barbican", "endpoints": []}],
    }
    d.kept('"methods":["password"]', '"password_expires_at":null')
    api(
        d,
        "POST",
        "https://keystone.acme.internal:5000/v3/auth/tokens",
        {"token": token},
        x_subject_token=d.hide("gAAAAAB" + m.urlsafe(130), schema=True),
        x_openstack_request_id=d.keep("req-" + m.uuid()),
    )


def openstack_server_created(d: Draft) -> None:
    m = d.mint
    answer = {
        "server": {
            "id": d.keep(m.uuid()),
            "adminPass": d.hide(m.chars(12), schema=True),
            "security_groups": [{"name": "secret-zone"}],
            "links": [{"rel": "self", "href": d.keep("https://nova.acme.internal/v2.1/servers/" + m.uuid())}],
            "OS-DCF:diskConfig": "MANUAL",
        }
    }
    d.kept('"security_groups":[{"name":"secret-zone"}]')
    api(d, "POST", "https://nova.acme.internal/v2.1/servers", answer)


def minio_service_account(d: Draft) -> None:
    m = d.mint
    answer = {
        "status": "success",
        "accessKey": m.chars(20),
        "secretKey": d.hide(m.chars(40)),
        "sessionToken": "",
        "expiration": "9999-01-01T00:00:00Z",
        "parentUser": d.keep("backup-user-" + m.hex(4)),
    }
    d.kept('"sessionToken":""')
    api(d, "PUT", "https://minio.acme.internal:9001/api/v1/service-accounts", answer)


def ceph_keyring(d: Draft) -> None:
    m = d.mint
    text = f"""[client.csi]
\tkey = {d.hide("AQ" + m.base64(28)[2:])}
\tcaps mds = "allow rw"
\tcaps mgr = "profile rbd"
[mon.]
\tkey = {d.hide("AQ" + m.base64(28)[2:])}
# fsid {d.keep(m.uuid())}
"""
    d.kept('caps mgr = "profile rbd"')
    page(d, "https://ceph.acme.internal:8443/api/auth/export", text)


def netbox_and_semaphore(d: Draft) -> None:
    m = d.mint
    answer = {
        "token": {"id": 4, "key": d.hide(m.hex(40)), "write_enabled": True, "description": d.keep("token of the inventory")},
        "keys": [
            {"id": 1, "name": "none", "type": "none"},
            {"id": 2, "name": "become", "type": "login_password", "login_password": {"login": "root", "password": d.hide(corporate(m))}},
        ],
        "webhook": {"secret": d.hide(m.chars(24)), "ssl_verification": True, "ca_file_path": None},
    }
    d.kept('"type":"login_password"', '"ssl_verification":true')
    api(d, "POST", "https://netbox.acme.internal/api/users/tokens/provision/", answer)


def mattermost_config(d: Draft) -> None:
    m = d.mint
    answer = {
        "ServiceSettings": {
            "SiteURL": "https://chat.acme.internal",
            "EnablePostUsernameOverride": False,
            "GoogleDeveloperKey": d.hide(m.google_key()),
        },
        "SqlSettings": {
            "DataSource": f"postgres://mm:{d.hide(m.chars(16))}@db/mm?sslmode=disable",
            "AtRestEncryptKey": d.hide(m.chars(32).lower()),
        },
        "FileSettings": {"PublicLinkSalt": d.hide(m.chars(32).lower()), "AmazonS3SecretAccessKey": "********************************"},
        "PasswordSettings": {"MinimumLength": 12, "EnableForgotLink": True},
        "EmailSettings": {"InviteSalt": d.hide(m.chars(32).lower()), "SMTPPassword": ""},
    }
    d.kept(
        '"PasswordSettings":{"MinimumLength":12,"EnableForgotLink":true}',
        '"SMTPPassword":""',
        '"AmazonS3SecretAccessKey":"********************************"',
    )
    api(d, "GET", "https://chat.acme.internal/api/v4/config", answer, x_version_id=d.keep("10.2.0." + m.hex(32)))


def synapse_homeserver(d: Draft) -> None:
    m = d.mint
    text = f"""server_name: acme.example.org
registration_shared_secret: "{d.hide(m.strong(48))}"
macaroon_secret_key: "{d.hide(m.strong(48))}"
form_secret: '{d.hide(m.strong(48))}'
signing_key_path: {d.keep("/data/acme.example.org.signing.key")}
password_config: {{enabled: true, pepper: "{d.hide(m.chars(30))}", policy: {{minimum_length: 15}}}}
trusted_key_servers: [{{server_name: matrix.org, verify_keys: {{"ed25519:auto": "{d.keep(m.base64(32).rstrip("="))}"}}}}]
turn_shared_secret_path: /run/turn-secret
session_lifetime: 24h
"""
    d.kept("policy: {minimum_length: 15}", "turn_shared_secret_path: /run/turn-secret", "session_lifetime: 24h")
    page(d, "https://git.acme.internal/raw/homeserver.yaml", text, "text/yaml")


def nextcloud_listing(d: Draft) -> None:
    m = d.mint
    system = {
        "instanceid": d.keep("oc" + m.chars(10).lower()),
        "passwordsalt": d.hide(m.base64(22).rstrip("=")),
        "secret": d.hide(m.base64(36)),
        "dbpassword": d.hide(m.chars(30)),
        "mail_smtppassword": "***REMOVED SENSITIVE VALUE***",
        "trusted_domains": ["cloud.acme.internal"],
        "token_auth_enforced": False,
        "version": "30.0.2.2",
    }
    d.kept('"mail_smtppassword":"***REMOVED SENSITIVE VALUE***"', '"token_auth_enforced":false')
    api(d, "GET", "https://cloud.acme.internal/ocs/config", {"system": system, "apps": {"passwords": {"enabled": "yes", "types": ""}}})


def home_automation_states(d: Draft) -> None:
    m = d.mint
    rows: list[dict[str, object]] = [
        {
            "entity_id": "camera.door",
            "state": "idle",
            "attributes": {"access_token": d.hide(m.hex(64)), "entity_picture": "/api/camera_proxy/camera.door", "friendly_name": "Door"},
        },
        {"entity_id": "sensor.token_price", "state": "0.31", "attributes": {"unit_of_measurement": "EUR"}},
        {"entity_id": "input_text.stream", "state": f"rtsp://admin:{d.hide(spoken(m))}@10.0.8.4:554/h264"},
    ]
    d.kept('"entity_id":"sensor.token_price"')
    for row in rows:
        row["context"] = {"id": d.keep(m.chars(26, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"))}
    api(d, "GET", "http://ha.acme.internal:8123/api/states", rows)


def metabase_database(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": 3,
        "name": "warehouse",
        "engine": "redshift",
        "details": {
            "host": "dwh",
            "user": "mb",
            "password": "**MetabasePass**",
            "tunnel-private-key-passphrase": d.hide(grouped(m)),
            "ssl": True,
        },
        "settings": None,
        "features": ["basic-aggregations", "nested-fields"],
        "token_features": {"sso": False},
        "entity_id": d.keep(m.urlsafe(15) + "_"),
    }
    d.kept('"password":"**MetabasePass**"', '"token_features":{"sso":false}')
    api(d, "GET", "https://bi.acme.internal/api/database/3", answer, set_cookie=f"metabase.SESSION={d.hide(m.uuid())};HttpOnly;Path=/")


def rundeck_execution(d: Draft) -> None:
    m = d.mint
    entries = [
        {
            "time": "10:15:00",
            "level": "NORMAL",
            "log": f"winrm: net use Z: \\\\nas\\share /user:ACME\\svc {d.hide(marked(m))}",
            "node": "win-2",
        },
        {
            "time": "10:15:02",
            "level": "NORMAL",
            "log": d.keep("The password does not meet the password policy requirements."),
            "node": "win-2",
        },
    ]
    answer = {
        "id": d.keep(m.digits(6)),
        "executionState": "FAILED",
        "argstring": f"-env prod -apiToken {d.hide(m.chars(32))} -dry false",
        "entries": entries,
        "job": {"id": d.keep(m.uuid())},
    }
    api(d, "GET", "https://rundeck.acme.internal/api/46/execution/1/output", answer)


def loki_streams(d: Draft) -> None:
    m = d.mint
    stream = {"app": "gateway", "filename": d.keep("/var/log/pods/gw_token-proxy_" + m.uuid() + "/0.log")}
    values = [
        [
            d.keep("17955964" + m.digits(11)),
            f'level=debug msg="retry" auth="Bearer {d.hide(m.jwt({"sub": "gw", "exp": 1795600000}))}" attempt=2',
        ],
        ["1795596400000000002", d.keep('level=info msg="password rehashed" algo=argon2id user_id=' + m.digits(6))],
        [
            "1795596400000000003",
            f'level=warn msg="s3 presign" url="https://b.s3.amazonaws.com/k?X-Amz-Expires=600&X-Amz-Signature={m.hex(64)}"',
        ],
    ]
    api(
        d,
        "GET",
        "https://loki.acme.internal/loki/api/v1/query_range",
        {
            "status": "success",
            "data": {
                "resultType": "streams",
                "result": [{"stream": stream, "values": values}],
                "stats": json.loads('{"summary":{"totalBytesProcessed":2210}}'),
            },
        },
    )
