"""Hosts, domains and storage by the hour."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page
from tests.corpus.redaction.unseen import corporate, dotted, grouped, marked, spoken


def linode_kubeconfig(d: Draft) -> None:
    m = d.mint
    text = f"apiVersion: v1\nkind: Config\nclusters:\n- cluster: {{certificate-authority-data: {d.keep(b64(keys.certificate('unseen-lke')))}, server: https://{m.uuid()}.eu-central-1.linodelke.net:443}}\n  name: lke\nusers:\n- name: lke-admin\n  user: {{token: {d.hide(keys.service_account('lke-admin', 'lke.example', 'kube-system', m.uuid()))}}}\n"
    d.kept("name: lke-admin")
    api(d, "GET", "https://api.linode.com/v4/lke/clusters/1/kubeconfig", {"kubeconfig": b64(text)}, x_spec_version="4.186.0")


def linode_object_key(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep(m.digits(6)),
        "label": "backup token",
        "access_key": m.chars(20).upper(),
        "secret_key": d.hide(m.chars(40)),
        "limited": True,
        "bucket_access": [{"bucket_name": d.keep("secrets-" + m.hex(5)), "permissions": "read_only"}],
    }
    d.kept('"label":"backup token"', '"permissions":"read_only"')
    api(d, "POST", "https://api.linode.com/v4/object-storage/keys", answer)


def vultr_instance(d: Draft) -> None:
    m = d.mint
    instance = {
        "id": d.keep(m.uuid()),
        "os": "Debian 12",
        "default_password": d.hide(m.strong(16)),
        "v6_main_ip": d.keep("2001:19f0:" + m.hex(4) + ":" + m.hex(4) + "::1"),
        "label": "token-api",
        "image_id": "",
        "user_scheme": "root",
    }
    d.kept('"label":"token-api"', '"user_scheme":"root"')
    api(d, "POST", "https://api.vultr.com/v2/instances", {"instance": instance})


def ovh_consumer(d: Draft) -> None:
    m = d.mint
    answer = {
        "validationUrl": "https://eu.api.ovh.com/auth/?credentialToken=" + m.chars(64),
        "consumerKey": d.hide(m.hex(32)),
        "state": "pendingValidation",
    }
    d.kept('"state":"pendingValidation"')
    api(d, "POST", "https://eu.api.ovh.com/1.0/auth/credential", answer, x_ovh_queryid=d.keep("EU.ext-3." + m.hex(8) + "." + m.digits(5)))


def railway_variables(d: Draft) -> None:
    m = d.mint
    data = {
        "variables": {
            "PGPASSWORD": d.hide(m.chars(32)),
            "DATABASE_PUBLIC_URL": f"postgresql://postgres:{d.hide(m.chars(32))}@viaduct.proxy.rlwy.net:31337/railway",
            "RAILWAY_SERVICE_ID": d.keep(m.uuid()),
            "NIXPACKS_NODE_VERSION": "22",
            "TOKEN_SERVICE_URL": d.keep("http://token.railway.internal:8080"),
            "ADMIN_PASSCODE": d.hide(dotted(m)),
        }
    }
    d.kept('"NIXPACKS_NODE_VERSION":"22"')
    api(d, "POST", "https://backboard.railway.com/graphql/v2", {"data": data})


def backblaze_authorize(d: Draft) -> None:
    m = d.mint
    answer = {
        "accountId": d.keep(m.hex(12)),
        "authorizationToken": d.hide("4_" + m.hex(24) + "_" + m.chars(8) + "_" + m.chars(6) + "_acct_" + m.urlsafe(21)),
        "apiInfo": {
            "storageApi": {
                "apiUrl": "https://api003.backblazeb2.com",
                "recommendedPartSize": 100000000,
                "allowed": {"capabilities": ["listKeys", "readFiles"]},
            }
        },
        "applicationKeyExpirationTimestamp": None,
    }
    d.kept('"capabilities":["listKeys","readFiles"]', '"applicationKeyExpirationTimestamp":null')
    api(d, "GET", "https://api.backblazeb2.com/b2api/v3/b2_authorize_account", answer)


def backblaze_key(d: Draft) -> None:
    m = d.mint
    answer = {
        "keyName": "nightly-secret-backup",
        "applicationKeyId": d.keep("003" + m.hex(22)),
        "applicationKey": d.hide("K003" + m.base64(20).replace("=", "")),
        "bucketId": d.keep(m.hex(24)),
        "options": ["s3"],
    }
    d.kept('"keyName":"nightly-secret-backup"')
    api(d, "POST", "https://api003.backblazeb2.com/b2api/v3/b2_create_key", answer)


def domain_transfer_code(d: Draft) -> None:
    m = d.mint
    answer = {
        "fqdn": "acme.example.org",
        "id": d.keep(m.uuid()),
        "authinfo": d.hide(m.strong(16)),
        "status": ["clientTransferProhibited"],
        "dnssec": {"keytag": d.keep(m.digits(5)), "public_key": d.keep(m.base64(64)), "digest": d.keep(m.sha256())},
        "txt": [d.keep("v=DKIM1; k=ed25519; p=" + m.base64(32)), d.keep("google-site-verification=" + m.urlsafe(32))],
    }
    api(d, "GET", "https://api.gandi.net/v5/domain/domains/acme.example.org", answer)


def dns_key(d: Draft) -> None:
    m = d.mint
    answer = {"name": "acme-transfer", "id": "acme-transfer.", "algorithm": "hmac-sha256", "key": d.hide(m.base64(32)), "type": "TSIGKey"}
    d.kept('"algorithm":"hmac-sha256"', '"type":"TSIGKey"')
    api(d, "GET", "http://pdns.acme.internal:8081/api/v1/servers/localhost/tsigkeys/acme-transfer.", answer)


def zone_export(d: Draft) -> None:
    m = d.mint
    text = f"""$ORIGIN acme.example.org.
@ 3600 IN SOA ns1 hostmaster {d.keep("20261124" + m.digits(2))} 7200 900 1209600 300
@ IN DNSKEY 257 3 13 {d.keep(m.base64(64))}
@ IN DS {d.keep(m.digits(5) + " 13 2 " + m.hex(64).upper())}
@ IN SSHFP 4 2 {d.keep(m.hex(64))}
_acme-challenge IN TXT "{d.keep(m.urlsafe(32))}"
_443._tcp.token IN TLSA 3 1 1 {d.keep(m.hex(64))}
password IN CNAME idp
; rrsig {d.keep(m.base64(64))}
"""
    d.kept("password IN CNAME idp")
    page(d, "https://dns.acme.internal/zones/acme.example.org/export", text, "text/dns")


def static_site_host(d: Draft) -> None:
    m = d.mint
    answer = {
        "uid": d.keep("dpl_" + m.chars(28)),
        "env": ["JWT_SECRET", "STRIPE_KEY"],
        "build": {"env": ["NPM_TOKEN"]},
        "passwordProtection": {"deploymentType": "all", "password": d.hide(spoken(m))},
        "protectionBypass": {d.hide(m.chars(32)): {"createdAt": 1795596400000, "scope": "automation-bypass"}},
        "aliasAssigned": True,
        "meta": {"githubCommitSha": d.keep(m.sha1())},
    }
    d.kept('"env":["JWT_SECRET","STRIPE_KEY"]', '"scope":"automation-bypass"')
    api(d, "GET", "https://api.vercel.com/v13/deployments/x", answer)


def heroku_addons(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": d.keep(m.uuid()),
            "name": "postgresql-rigid-1",
            "config_vars": ["DATABASE_URL"],
            "web_url": d.keep("https://addons-sso.heroku.com/apps/" + m.uuid() + "/addons/" + m.uuid()),
        },
        {
            "id": d.keep(m.uuid()),
            "name": "oauth",
            "access_token": {"token": d.hide("HR" + "KU-" + m.uuid()), "expires_in": 28799},
            "refresh_token": {"token": d.hide("HR" + "KU-" + m.uuid())},
        },
    ]
    d.kept('"config_vars":["DATABASE_URL"]')
    api(d, "GET", "https://api.heroku.com/oauth/authorizations", rows)


def turso_and_neon(d: Draft) -> None:
    m = d.mint
    answer = {
        "jwt": d.hide(m.jwt({"a": "rw", "iat": 1795596400, "id": m.uuid()}, {"alg": "EdDSA", "typ": "JWT"})),
        "roles": [
            {
                "name": "app_owner",
                "branch_id": d.keep("br-quiet-" + m.digits(8)),
                "password": d.hide("npg_" + m.chars(12)),
                "protected": False,
            }
        ],
        "operations": [{"id": d.keep(m.uuid()), "action": "apply_password", "status": "running"}],
    }
    d.kept('"action":"apply_password"')
    api(d, "POST", "https://console.neon.tech/api/v2/projects/p/branches/b/roles/app_owner/reset_password", answer)


def mail_hoster(d: Draft) -> None:
    m = d.mint
    answer = [
        {"type": "success", "log": ["mailbox", "add"], "msg": ["mailbox_added", "anna@acme.example.org"]},
        {
            "username": "scan@acme.example.org",
            "attributes": {
                "force_pw_update": "0",
                "passwd_update": "2026-11-01 10:00:00",
                "relay_password": d.hide(marked(m)),
                "app_passwd": d.hide(grouped(m)),
            },
            "quota_used": 88,
            "rl_scope": "mailbox",
        },
    ]
    d.kept('"force_pw_update":"0"', '"passwd_update":"2026-11-01 10:00:00"', '"rl_scope":"mailbox"')
    api(d, "GET", "https://mail.acme.example.org/api/v1/get/mailbox/all", answer, x_mailcow_host=d.keep("mailcow-" + m.hex(6)))


def object_store_policy(d: Draft) -> None:
    m = d.mint
    fields = {
        "key": d.keep("uploads/token-" + m.hex(6) + "/${filename}"),
        "policy": d.keep(b64('{"expiration":"2026-11-24T11:15:00Z","conditions":[{"bucket":"up"}]}')),
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-date": "20261124T101500Z",
    }
    d.kept('"x-amz-algorithm":"AWS4-HMAC-SHA256"')
    api(
        d,
        "POST",
        "https://api.acme.example.org/uploads",
        {"url": "https://up.s3.acme-store.example.org", "fields": fields, "reader": {"user": "r", "pass": d.hide(corporate(m))}},
    )
