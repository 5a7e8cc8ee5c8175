"""Secrets by the API of services that no dialect decodes: known by host and path, one line each, with where the service documents it.

A path of keys is as in `rows`: arrays are not in it, ``*`` is any one key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from warden.redact.schema.locate import Located
from warden.redact.schema.rows import Row


@dataclass(frozen=True, slots=True)
class Place:
    """Answers of `host` (all of it, or any host) to requests for `path` (all of it, without the query)."""

    name: str
    host: re.Pattern[str]
    path: re.Pattern[str]
    secrets: Located


def _place(
    name: str, host: str, path: str, *secrets: str, transform: str = "", shape: str = "", when: tuple[str, str] | None = None
) -> Place:
    rows = tuple(Row(f"{name}.{one}", tuple(one.split(".")), transform=transform, shape=shape, when=when) for one in secrets)
    return Place(name, re.compile(host), re.compile(path, re.IGNORECASE), Located(rows))


_ANY = r".*"
_ARM = r"management\.(?:azure\.com|usgovcloudapi\.net|chinacloudapi\.cn)"

PLACES = (
    # https://learn.microsoft.com/rest/api/storagerp/storage-accounts/list-keys and the actions of the same names elsewhere in Azure
    _place("azure:listKeys", _ARM, r".*/(?:list|regenerate)\w*Keys?", "keys.value", "value.value", "key", "key1", "key2", "primaryKey", "secondaryKey", "primaryMasterKey", "secondaryMasterKey",
           "primaryReadonlyMasterKey", "secondaryReadonlyMasterKey", "primaryConnectionString", "secondaryConnectionString", "adminKey", "masterKey", "functionKeys.*", "systemKeys.*", "default"),
    _place("azure:listSecrets", _ARM, r".*/list(?:Secrets|ConnectionStrings|Credentials|Sas\w*|\w*Sas)", "value.value", "connectionStrings.connectionString", "passwords.value", "accountSasToken", "serviceSasToken"),
    _place("azure:listCredential", _ARM, r".*/listCluster\w*Credential", "kubeconfigs.value", transform="base64", shape="text"),
    _place("azure:appsettings", _ARM, r".*/config/(?:appsettings|connectionstrings)/list", "properties.*.value", "properties.*", shape="env"),
    # https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret
    _place("azure:keyvault", r".*\.vault\.(?:azure\.net|usgovcloudapi\.net|azure\.cn)", r"/secrets/.+", "value"),
    # https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2, /secret/databases, /auth/approle, /system/wrapping-unwrap, /secret/transit
    _place("vault:kv2", _ANY, r"/v1/[^/]+(?:/[^/]+)?/data/.+", "data.data.*", "data.data.*.*", "data.data.*.*.*"),
    _place("vault:kv1", _ANY, r"/v1/(?:secret|kv)/(?!data/|metadata/|config).+", "data.*", "data.*.*"),
    _place("vault:creds", _ANY, r"/v1/.+/(?:static-)?creds/.+", "data.*"),
    _place("vault:auth", _ANY, r"/v1/auth/.+", "auth.client_token", "data.secret_id", "data.id"),
    _place("vault:wrap", _ANY, r"/v1/(?:sys/wrapping|cubbyhole)/.+", "wrap_info.token", "data.*", "auth.client_token"),
    _place("vault:decrypt", _ANY, r"/v1/[^/]+/(?:decrypt|datakey/plaintext|export)/.+", "data.plaintext", "data.keys.*"),
    _place("vault:issue", _ANY, r"/v1/[^/]+/(?:issue|root/generate)/.+", "data.private_key"),
    # https://docs.gitlab.com/api/project_level_variables/
    _place("gitlab:variables", _ANY, r"/api/v4/(?:projects|groups|admin/ci)/.*variables.*", "value", shape="variable"),
    _place("gitlab:variables", _ANY, r"/api/v4/admin/ci/variables.*", "value", shape="variable"),
    # https://devcenter.heroku.com/articles/platform-api-reference#config-vars
    _place("heroku:config-vars", r"api\.heroku\.com", r"/apps/[^/]+/config-vars", "*"),
    # https://docs.doppler.com/reference/secrets-list
    _place("doppler:secrets", r"api\.doppler\.com", r"/v3/configs/config/secrets/download", "*"),
    _place("doppler:secrets", r"api\.doppler\.com", r"/v3/configs/config/secret(?:s)?", "secrets.*.raw", "secrets.*.computed", "value.raw", "value.computed"),
    # https://developer.1password.com/docs/connect/api-reference/
    _place("1password:items", _ANY, r"/v1/vaults/[^/]+/items/[^/]+", "fields.value", when=("type", "CONCEALED")),
    # https://infisical.com/docs/api-reference/endpoints/secrets/list
    _place("infisical:secrets", r".*infisical.*", r"/api/v\d/secrets/.*", "secrets.secretValue", "secret.secretValue"),
    # https://render.com/docs/api, https://open-api.netlify.com, https://vercel.com/docs/rest-api
    _place("render:env", r"api\.render\.com", r"/v1/.*env-vars.*", "envVar.value", "value"),
    _place("netlify:env", r"api\.netlify\.com", r"/api/v1/accounts/[^/]+/env.*", "values.value"),
    _place("vercel:env", r"api\.vercel\.com", r"/v\d+/projects/[^/]+/env.*", "envs.value", "value"),
    # https://docs.digitalocean.com/reference/api/, https://developers.cloudflare.com/api/
    _place("digitalocean:registry", r"api\.digitalocean\.com", r"/v2/registr.*/docker-credentials", "auths.*.auth", transform="base64", shape="docker-auth"),
    _place("cloudflare:tokens", r"api\.cloudflare\.com", r"/client/v4/(?:user|accounts/[^/]+)/tokens.*", "result.value", "result"),
)  # fmt: skip


def secrets(host: str, path: str) -> Located | None:
    """What is secret in the answer of `host` to a request for `path`; None for nothing that is known."""
    found = [place for place in PLACES if place.path.fullmatch(path) and place.host.fullmatch(host)]
    return Located(tuple(row for place in found for row in place.secrets.rows)) if found else None
