"""Secrets by the API of services that no dialect decodes: known by host and path, one line each, with where the service documents it.

A path of keys is as in `rows`: arrays are not in it, ``*`` is any one key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from warden.redact.schema.field import Field, Replace, spliced
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
    name: str,
    host: str,
    path: str,
    *secrets: str,
    transform: str = "",
    shape: str = "",
    pair: str = "",
    when: tuple[str, str] | None = None,
) -> Place:
    rows = tuple(Row(f"{name}.{one}", tuple(one.split(".")), transform=transform, shape=shape, pair=pair, when=when) for one in secrets)
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
    _place("vault:init", _ANY, r"/v1/sys/(?:init|rekey.*|generate-root.*|unseal)", "keys", "keys_base64", "recovery_keys", "recovery_keys_base64", "root_token", "encoded_token", "encoded_root_token", "otp"),
    _place("vault:auth", _ANY, r"/v1/auth/.+", "auth.client_token", "data.secret_id", "data.id"),
    _place("vault:wrap", _ANY, r"/v1/(?:sys/wrapping|cubbyhole)/.+", "wrap_info.token", "data.*", "auth.client_token"),
    _place("vault:decrypt", _ANY, r"/v1/[^/]+/(?:decrypt|datakey/plaintext|export)/.+", "data.plaintext", "data.keys.*"),
    _place("vault:issue", _ANY, r"/v1/[^/]+/(?:issue|root/generate)/.+", "data.private_key"),
    # https://developer.hashicorp.com/consul/api-docs/acl/tokens, https://developer.hashicorp.com/nomad/api-docs/variables/variables
    _place("consul:acl", _ANY, r"/v1/acl/.*", "SecretID", "Token.SecretID"),
    _place("nomad:variables", _ANY, r"/v1/var/.+", "Items.*"),
    # https://www.keycloak.org/docs-api/latest/rest-api/, https://auth0.com/docs/api/management/v2, https://developer.okta.com/docs/api/
    _place("keycloak:client-secret", _ANY, r".*/admin/realms/[^/]+/clients/.*client-secret.*", "value"),
    _place("keycloak:clients", _ANY, r".*/admin/realms/[^/]+/clients.*", "secret", "registrationAccessToken"),
    _place("oauth:clients", _ANY, r".*/(?:api/v[12]/clients|oauth2/v1/clients|connect/register|api/v1/apps/[^/]+/credentials/secrets).*", "client_secret", "registration_access_token"),
    # https://www.elastic.co/docs/api, https://docs.datadoghq.com/api/latest/key-management/, https://docs.sentry.io/api/projects/
    _place("elastic:security", _ANY, r"/_security/.*", "api_key", "encoded", "access_token", "refresh_token", "token.value"),
    _place("datadog:keys", r"api\..*datadoghq\.(?:com|eu)", r"/api/v\d/(?:api_key|application_key|api_keys|application_keys|current_user).*", "api_key.key", "application_key.hash", "data.attributes.key"),
    # https://docs.gitea.com/api/, https://developer.konghq.com/admin-api/
    # https://netboxlabs.com/docs/netbox/, https://www.meilisearch.com/docs/reference/api/keys, https://headscale.net, https://www.algolia.com/doc/rest-api/,
    # https://doc.powerdns.com/authoritative/http-api/tsigkey.html
    _place("netbox:tokens", _ANY, r"/api/users/tokens.*", "key", "results.key", "token.key"),
    _place("meilisearch:keys", _ANY, r"/keys(?:/.*)?", "results.key", shape="variable"),
    _place("headscale:keys", _ANY, r"/api/v1/preauthkey.*", "preAuthKeys.key", "preAuthKey.key"),
    _place("algolia:keys", r".*algolia.*", r"/1/keys.*", "keys.value", "key", "value"),
    _place("powerdns:tsig", _ANY, r"/api/v1/servers/[^/]+/tsigkeys.*", "key"),
    _place("gitea:tokens", _ANY, r"/api/v1/users/[^/]+/tokens.*", "sha1"),
    _place("kong:credentials", _ANY, r"(?:/[^/]+)?/(?:consumers/[^/]+/(?:key-auth|credentials|keyauth).*|key-auths?.*)", "data.key", "key", shape="variable"),
    _place("sentry:keys", _ANY, r"/api/0/projects/[^/]+/[^/]+/keys/.*", "secret", "dsn.secret"),
    # https://grafana.com/docs/grafana/latest/developers/http_api/, https://argo-cd.readthedocs.io/en/stable/developer-guide/api-docs/
    _place("grafana:keys", _ANY, r"/api/(?:auth/keys|serviceaccounts/\d+/tokens|snapshots)", "key", "deleteKey"),
    _place("argocd:session", _ANY, r"/api/v1/(?:session|account/[^/]+/token|projects/[^/]+/roles/[^/]+/token)", "token"),
    _place("argocd:clusters", _ANY, r"/api/v1/(?:clusters|repositories|repocreds).*", "config.bearerToken", "config.password", "config.tlsClientConfig.keyData", "items.config.bearerToken", "items.password", "items.sshPrivateKey", "password", "sshPrivateKey"),
    # https://ranchermanager.docs.rancher.com, https://goharbor.io/docs/, https://docs.quay.io/api/swagger/
    _place("rancher:tokens", _ANY, r"/v3/(?:tokens?|clusterregistrationtokens?|import).*", "token", "data.token", "command", "insecureCommand", "manifestUrl"),
    _place("harbor:robots", _ANY, r"/api/v2\.0/(?:projects/[^/]+/)?robots.*", "secret"),
    _place("quay:robots", _ANY, r"/api/v1/(?:organization/[^/]+|user)/robots/.*", "token"),
    # https://docs.sonarsource.com/sonarqube-server/extension-guide/web-api, https://jfrog.com/help/r/jfrog-rest-apis
    _place("sonarqube:tokens", _ANY, r"/api/user_tokens/generate", "token"),
    _place("artifactory:tokens", _ANY, r".*/(?:access/api/v1|artifactory/api/security)/(?:tokens?|apiKey|encryptedPassword).*", "access_token", "refresh_token", "apiKey", "token"),
    # https://developer.hashicorp.com/terraform/cloud-docs/api-docs
    _place("terraform-cloud:tokens", _ANY, r"/api/v2/.*(?:authentication-tokens?|agent-tokens|oauth-tokens|notification-configurations).*", "data.attributes.token"),
    # https://www.mongodb.com/docs/atlas/api/, https://docs.confluent.io/cloud/current/api.html, https://supabase.com/docs/reference/api
    _place("atlas:keys", r"cloud\.mongodb\.com", r".*/apiKeys.*", "privateKey"),
    _place("confluent:keys", r"api\.confluent\.cloud", r"/iam/v2/api-keys.*", "spec.secret"),
    _place("supabase:keys", r"api\.supabase\.com", r"/v1/projects/[^/]+/(?:api-keys|secrets).*", "api_key", "value", shape="setting", pair="name"),
    _place("planetscale:passwords", r"api\.planetscale\.com", r".*/passwords.*", "plain_text", "password"),
    _place("neon:roles", r"console\.neon\.tech", r".*/(?:roles|reveal_password|connection_uri).*", "password", "role.password", "uri"),
    _place("tailscale:keys", r"api\.tailscale\.com", r".*/keys.*", "key"),
    _place("travis:env", _ANY, r"/(?:repo|settings)/.*env_vars?.*", "env_vars.value", "value", shape="variable", pair="name"),
    _place("npm:tokens", r"registry\.npmjs\.org", r"/-/npm/v1/tokens.*", "token"),
    _place("github:tokens", r"(?:api\.github\.com|.*)", r"(?:/api/v3)?/(?:app/installations/\d+/access_tokens|.*/actions/runners/(?:registration|remove)-token|.*/generate-jitconfig|app-manifests/[^/]+/conversions)", "token", "encoded_jit_config", "client_secret", "webhook_secret", "pem"),
    # https://docs.gitlab.com/api/project_level_variables/
    _place("gitlab:variables", _ANY, r"/api/v4/(?:projects|groups|admin/ci)/.*variables.*", "value", shape="variable", pair="key"),
    # https://devcenter.heroku.com/articles/platform-api-reference#config-vars
    _place("heroku:config-vars", r"api\.heroku\.com", r"/apps/[^/]+/config-vars", "*", shape="variable"),
    # https://docs.doppler.com/reference/secrets-list
    _place("doppler:secrets", r"api\.doppler\.com", r"/v3/configs/config/secrets/download", "*", shape="setting"),
    _place("doppler:secrets", r"api\.doppler\.com", r"/v3/configs/config/secret(?:s)?", "secrets.*.raw", "secrets.*.computed", "value.raw", "value.computed", shape="setting"),
    # https://developer.1password.com/docs/connect/api-reference/
    _place("1password:items", _ANY, r"/v1/vaults/[^/]+/items/[^/]+", "fields.value", when=("type", "CONCEALED")),
    # https://infisical.com/docs/api-reference/endpoints/secrets/list
    _place("infisical:secrets", r".*infisical.*", r"/api/v\d/secrets/.*", "secrets.secretValue", "secret.secretValue", shape="setting", pair="secretKey"),
    # https://render.com/docs/api, https://open-api.netlify.com, https://vercel.com/docs/rest-api
    _place("render:env", r"api\.render\.com", r"/v1/.*env-vars.*", "envVar.value", "value", shape="variable", pair="key"),
    _place("netlify:env", r"api\.netlify\.com", r"/api/v1/accounts/[^/]+/env.*", "values.value", shape="variable"),
    _place("vercel:env", r"api\.vercel\.com", r"/v\d+/projects/[^/]+/env.*", "envs.value", "value", shape="variable", pair="key"),
    # https://docs.digitalocean.com/reference/api/, https://developers.cloudflare.com/api/
    _place("digitalocean:registry", r"api\.digitalocean\.com", r"/v2/registr.*/docker-credentials", "auths.*.auth", transform="base64", shape="docker-auth"),
    _place("cloudflare:tokens", r"api\.cloudflare\.com", r"/client/v4/(?:user|accounts/[^/]+)/tokens.*", "result.value", "result"),
)  # fmt: skip


#: What HashiCorp Vault answers with, at whatever path an engine is mounted: https://developer.hashicorp.com/vault/api-docs#api-operations
_VAULT = re.compile(rb'"lease_duration"\s*:')
_VAULT_ENGINES = _place("vault:read", _ANY, r"/v1/(?!sys/|identity/|auth/).+", "data.data.*", "data.data.*.*", "data.*")
#: Of those, what says something about a secret and is none.
_ABOUT = frozenset({"keys", "ttl", "max_ttl", "policies", "token_policies", "type", "version", "created_time", "deletion_time", "custom_metadata", "certificate", "issuing_ca", "ca_chain", "serial_number",
                    "public_key", "ciphertext", "signature", "key_version", "name", "role", "lease_id", "plugin_name", "allowed_roles", "expiration", "arn", "username", "rotation_period",
                    "last_vault_rotation", "revocation_time_rfc3339", "private_key_type", "engine", "host", "port"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vault:
    """`warden.redact.schema.Secrets` of Vault's answers: what its engines give, but for what `_ABOUT` names."""

    certain: bool = True

    def find(self, body: bytes, content_type: str) -> list[Field]:
        """See `Secrets.find`."""
        if not _VAULT.search(body):
            return []
        fields = _VAULT_ENGINES.secrets.find(body, content_type)
        return [field for field in fields if _key_before(body, field.start) not in _ABOUT]

    def rewrite(self, body: bytes, content_type: str, replace: Replace) -> bytes:
        """See `Secrets.rewrite`."""
        return spliced(body, self.find(body, content_type), replace)


def _key_before(body: bytes, start: int) -> str:
    """The key of the value that begins at `start` (behind its quote); of one in an array, an empty text."""
    match = _KEY.search(body, max(0, start - 128), start)
    return match[1].decode("utf-8", "replace") if match else ""


_KEY = re.compile(rb'"([^"\\]{1,64})"\s*:\s*"$')


def secrets(host: str, path: str) -> Located | Vault | None:
    """What is secret in the answer of `host` to a request for `path`; None for nothing that is known."""
    found = [place for place in PLACES if place.path.fullmatch(path) and place.host.fullmatch(host)]
    if found:
        return Located(tuple(row for place in found for row in place.secrets.rows))
    return Vault() if _VAULT_ENGINES.path.fullmatch(path) else None
