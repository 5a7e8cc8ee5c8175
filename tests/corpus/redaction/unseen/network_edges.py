"""The edge of networks: web servers, gateways, VPNs, firewalls, meshes."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page
from tests.corpus.redaction.unseen import corporate, dotted, grouped, marked, spoken

_RAW = "https://oxid.acme.internal/raw/"


def apisix_routes(d: Draft) -> None:
    m = d.mint
    plugins = {
        "jwt-auth": {"key": "anna", "secret": d.hide(m.chars(32)), "algorithm": "HS256", "exp": 86400},
        "proxy-rewrite": {"headers": {"set": {"X-Upstream-Key": d.hide(m.hex(40))}}},
        "limit-count": {"key": "remote_addr", "key_type": "var", "count": 100},
        "csrf": {"name": "apisix-csrf-token", "expires": 7200},
    }
    d.kept('"limit-count":{"key":"remote_addr","key_type":"var"', '"name":"apisix-csrf-token"')
    api(
        d,
        "GET",
        "http://apisix.acme.internal:9180/apisix/admin/routes/1",
        {"key": "/apisix/routes/1", "value": {"plugins": plugins, "uri": "/token/*", "id": d.keep(m.digits(20))}, "modifiedIndex": 91},
    )


def oauth2_proxy_config(d: Draft) -> None:
    m = d.mint
    text = f"""provider = "oidc"
client_id = "dash"
client_secret = "{d.hide(m.urlsafe(30))}"
cookie_secret = "{d.hide(m.base64(32))}"
cookie_name = "_oauth2_proxy"
cookie_expire = "168h"
pass_access_token = true
redis_connection_url = "redis://:{d.hide(spoken(m))}@redis:6379"
skip_auth_regex = ["^/password/forgot", "^/token/health"]
set_authorization_header = true
"""
    d.kept("pass_access_token = true", 'skip_auth_regex = ["^/password/forgot", "^/token/health"]', 'cookie_name = "_oauth2_proxy"')
    page(d, _RAW + "oauth2-proxy.cfg", text)


def apache_and_squid(d: Draft) -> None:
    m = d.mint
    text = f"""<VirtualHost *:443>
    SSLCertificateKeyFile {d.keep("/etc/ssl/private/www.key")}
    AuthLDAPBindDN "cn=web,dc=acme"
    AuthLDAPBindPassword "{d.hide(grouped(m))}"
    OIDCCryptoPassphrase {d.hide(m.hex(32))}
    OIDCClientSecret {d.hide(m.urlsafe(32))}
    SessionCryptoPassphrase exec:/usr/bin/get-key web
    RequestHeader unset X-Auth-Token
    RewriteRule ^/reset-password/(.*)$ /account?token=$1 [R,L]
    Header always set Expect-CT "max-age=0"
</VirtualHost>
cache_peer up.acme.internal parent 3128 0 login=proxy:{d.hide(m.chars(14))}
auth_param basic realm Please type your password
"""
    d.kept(
        "SessionCryptoPassphrase exec:/usr/bin/get-key web",
        "/account?token=$1",
        "auth_param basic realm Please type your password",
        "RequestHeader unset X-Auth-Token",
    )
    page(d, _RAW + "httpd.conf", text)


def openvpn_profile(d: Draft) -> None:
    m = d.mint
    static = "\n".join(m.hex(32) for _ in range(16))
    d.hide(f"-----BEGIN OpenVPN Static key V1-----\n{static}\n-----END OpenVPN Static key V1-----")
    text = f"""client
remote vpn.acme.example.org 1194 udp
auth-user-pass
reneg-sec 0
<ca>
{d.keep(keys.certificate("unseen-ovpn-ca").strip())}
</ca>
<key>
{d.hide(keys.rsa_pkcs8("unseen-ovpn"))}</key>
key-direction 1
<tls-auth>
-----BEGIN OpenVPN Static key V1-----
{static}
-----END OpenVPN Static key V1-----
</tls-auth>
"""
    d.kept("remote vpn.acme.example.org 1194 udp", "auth-user-pass")
    page(d, "https://vpn.acme.example.org/rest/GetUserlogin", text, "application/x-openvpn-profile")


def strongswan_secrets(d: Draft) -> None:
    m = d.mint
    text = f"""# ipsec.secrets
203.0.113.1 198.51.100.9 : PSK "{d.hide(m.strong(32))}"
anna : EAP "{d.hide(dotted(m))}"
: RSA {d.keep("gwKey.pem")}
# swanctl.conf
secrets {{
  ike-b {{ id = b.acme.example.org
          secret = 0s{d.hide(m.base64(33))} }}
  ppk-1 {{ id = {d.keep("ppk-" + m.hex(6))}
          file = /etc/ppk }}
}}
# esp = aes256gcm16-x25519, reauth_time = 0
"""
    d.kept("esp = aes256gcm16-x25519, reauth_time = 0")
    page(d, _RAW + "ipsec.secrets", text)


def mikrotik_export(d: Draft) -> None:
    m = d.mint
    text = f"""# 2026-11-24 10:15:00 by RouterOS 7.16
# serial number = {d.keep("HE" + m.chars(9).upper())}
/interface wifi security
add authentication-types=wpa2-psk,wpa3-psk name=home passphrase="{d.hide(m.chars(13))}"
/interface wireguard
add listen-port=13231 name=wg0 private-key="{d.hide(m.base64(32))}"
/interface wireguard peers
add interface=wg0 public-key="{d.keep(m.base64(32))}" preshared-key="{d.hide(m.base64(32))}"
/ppp secret
add name=branch-2 password={d.hide(marked(m))} profile=l2tp service=l2tp
/ip ipsec identity
add peer=hq secret={d.hide(grouped(m))}
/user settings set minimum-password-length=12
/ip hotspot profile set [find] login-by=http-chap http-cookie-lifetime=3d
"""
    d.kept("minimum-password-length=12", "http-cookie-lifetime=3d", "authentication-types=wpa2-psk,wpa3-psk")
    page(d, _RAW + "gw.rsc", text)


def firewall_xml(d: Draft) -> None:
    m = d.mint
    text = f"""<?xml version="1.0"?>
<opnsense>
  <system><user><name>root</name><password>$2y$10${m.bcrypt_salt()}{m.chars(31)}</password><otp_seed>{d.hide(m.chars(32, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))}</otp_seed></user></system>
  <cert><refid>{d.keep(m.hex(13))}</refid><crt>{d.keep(b64(keys.certificate("unseen-fw")))}</crt><prv>{b64(d.hide(keys.rsa_pkcs8("unseen-fw")))}</prv></cert>
  <dyndns><host>fw.acme.example.org</host><password>{d.hide(m.chars(22))}</password></dyndns>
  <ipsec><preSharedKey><ident>%any</ident><Key>{d.hide(corporate(m))}</Key></preSharedKey></ipsec>
  <snmpd><rocommunity>{d.hide(m.chars(12))}</rocommunity></snmpd>
  <revision><description>{d.keep("/system_usermanager.php changed password of root")}</description></revision>
</opnsense>
"""
    page(d, "https://fw.acme.internal/api/core/backup/download/this", text, "application/xml")


def fortigate_text(d: Draft) -> None:
    m = d.mint
    text = f"""config system admin
    edit "admin"
        set password ENC {"SH2" + m.base64(48)}
        set ssh-public-key1 "{d.keep(m.ssh_public())}"
    next
end
config user radius
    edit "nps"
        set server "10.0.0.9"
        set secret {d.hide(m.chars(18))}
    next
end
config vpn ipsec phase1-interface
    edit "hq"
        set psksecret {d.hide(spoken(m))}
        set dhgrp 19
    next
end
config system password-policy
    set status enable
    set min-number 2
end
"""
    d.kept("config system password-policy", "set min-number 2", "set dhgrp 19")
    page(d, _RAW + "fgt.conf", text)


def junos_display_set(d: Draft) -> None:
    m = d.mint
    text = f"""set version 22.4R3
set system root-authentication ssh-ed25519 "{d.keep(m.ssh_public())}"
set system radius-server 10.0.0.9 secret "{d.hide(grouped(m))}"
set system login password minimum-length 12
set system services netconf ssh
set security ike policy hq pre-shared-key ascii-text "{d.hide(marked(m))}"
set protocols bgp group up authentication-key {d.hide(dotted(m))}
set snmp v3 usm local-engine user mon authentication-sha authentication-password {d.hide(m.chars(16))}
set interfaces ge-0/0/1 description "{d.keep("Token Ring museum, VLAN 12")}"
"""
    d.kept("set system login password minimum-length 12", "set system services netconf ssh")
    page(d, _RAW + "mx.set", text)


def istio_filters(d: Draft) -> None:
    m = d.mint
    inner = json.dumps(
        {
            "name": "envoy.filters.http.credential_injector",
            "typed_config": {"credential": {"generic": {"value": "Bearer " + d.hide(m.urlsafe(36))}}, "overwrite": False},
        }
    )
    answer = {
        "name": d.keep("inject-token-filter"),
        "filters": [inner],
        "jwks": json.dumps({"keys": [{"kid": m.hex(8), "kty": "RSA", "n": d.keep(m.urlsafe(256)), "e": "AQAB"}]}),
        "fromHeaders": [{"name": "x-jwt-assertion", "prefix": "Bearer "}],
        "outputPayloadToHeader": "x-jwt-payload",
    }
    d.kept('"fromHeaders":[{"name":"x-jwt-assertion","prefix":"Bearer "}]', '"outputPayloadToHeader":"x-jwt-payload"')
    api(d, "GET", "http://istiod.acme.internal:15014/debug/filters", answer)


def tunnel_token(d: Draft) -> None:
    m = d.mint
    token = d.hide(b64(json.dumps({"a": m.hex(32), "t": m.uuid(), "s": b64(m.chars(48))})))
    answer = {
        "services": {
            "cloudflared": {
                "image": d.keep("cloudflare/cloudflared@" + m.digest()),
                "command": f"tunnel --no-autoupdate run --token {token}",
            }
        },
        "stack": "edge-tokens",
    }
    d.kept('"stack":"edge-tokens"')
    api(d, "GET", "https://portainer.acme.internal/api/stacks/2/file", answer, x_trace=d.keep(m.hex(16)))


def headscale_and_zerotier(d: Draft) -> None:
    m = d.mint
    answer = {
        "preAuthKeys": [
            {
                "user": "ops",
                "id": d.keep(m.digits(3) + "00"),
                "key": d.hide(m.hex(48)),
                "reusable": True,
                "used": False,
                "aclTags": ["tag:secret"],
            }
        ],
        "nodes": [
            {
                "machineKey": d.keep("mkey:" + m.hex(64)),
                "nodeKey": d.keep("nodekey:" + m.hex(64)),
                "discoKey": d.keep("discokey:" + m.hex(64)),
                "givenName": "token-1",
            }
        ],
    }
    d.kept('"aclTags":["tag:secret"]', '"givenName":"token-1"')
    api(d, "GET", "https://headscale.acme.internal/api/v1/preauthkey?user=ops", answer)
