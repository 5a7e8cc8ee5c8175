"""Azure: resources, vaults, tokens, directory."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.fresh import initials, team, walk
from tests.corpus.redaction.services import api, azure


def _path(m_uuid: str, rest: str) -> str:
    return f"/subscriptions/{m_uuid}/resourceGroups/shop-rg/providers/{rest}"


def storage_account_keys(d: Draft) -> None:
    m = d.mint
    rows = [
        {"creationTime": "2026-01-07T09:00:00.1234567Z", "keyName": f"key{n}", "value": d.hide(m.azure_key()), "permissions": "FULL"}
        for n in (1, 2)
    ]
    d.kept('"permissions":"FULL"', '"keyName":"key1"')
    azure(d, "POST", _path(m.uuid(), "Microsoft.Storage/storageAccounts/shopmedia/listKeys?api-version=2024-01-01"), {"keys": rows})


def web_app_settings(d: Draft) -> None:
    m = d.mint
    properties = {
        "WEBSITE_NODE_DEFAULT_VERSION": "~20",
        "AzureWebJobsStorage": f"DefaultEndpointsProtocol=https;AccountName=shopmedia;AccountKey={d.hide(m.azure_key())};EndpointSuffix=core.windows.net",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={m.uuid()};IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/",
        "Smtp__Password": d.hide(walk(m)),
        "Jwt__Key": d.hide(m.chars(48)),
        "Jwt__Issuer": d.keep("https://shop.example.com/identity"),
        "Db__Password": d.keep("@Microsoft.KeyVault(SecretUri=https://shop-kv.vault.azure.net/secrets/DbPassword/)"),
        "AzureAd__ClientId": d.keep(m.uuid()),
    }
    answer = {
        "id": d.keep(_path(m.uuid(), "Microsoft.Web/sites/shop/config/appsettings")),
        "name": "appsettings",
        "type": "Microsoft.Web/sites/config",
        "location": "West Europe",
        "properties": properties,
    }
    azure(d, "POST", _path(m.uuid(), "Microsoft.Web/sites/shop/config/appsettings/list?api-version=2023-12-01"), answer)


def secret_of_a_vault(d: Draft) -> None:
    m = d.mint
    version = m.hex(32)
    answer = {
        "value": d.hide(team(m)),
        "contentType": "text/plain; password of the reporting user",
        "id": d.keep(f"https://shop-kv.vault.azure.net/secrets/ReportDbPassword/{version}"),
        "attributes": {
            "enabled": True,
            "created": 1781000000,
            "updated": 1781000000,
            "recoveryLevel": "Recoverable+Purgeable",
            "recoverableDays": 90,
        },
        "tags": {"owner": "bi"},
    }
    d.kept('"recoveryLevel":"Recoverable+Purgeable"', "text/plain; password of the reporting user")
    azure(d, "GET", "/secrets/ReportDbPassword/?api-version=7.5", answer, host="shop-kv.vault.azure.net")


def secrets_of_a_vault(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": d.keep(f"https://shop-kv.vault.azure.net/secrets/{name}"),
            "attributes": {"enabled": True, "created": 1781000000},
            "contentType": kind,
        }
        for name, kind in (("DbPassword", "password"), ("TlsCert", "application/x-pkcs12"), ("Signing-Key-Secret", "hex"))
    ]
    d.kept('"contentType":"password"')
    azure(
        d,
        "GET",
        "/secrets?api-version=7.5",
        {
            "value": rows,
            "nextLink": d.keep(f"https://shop-kv.vault.azure.net:443/secrets?api-version=7.5&$skiptoken={m.urlsafe(60)}&maxresults=25"),
        },
        host="shop-kv.vault.azure.net",
    )


def key_of_a_vault(d: Draft) -> None:
    m = d.mint
    answer = {
        "key": {
            "kid": d.keep(f"https://shop-kv.vault.azure.net/keys/sops/{m.hex(32)}"),
            "kty": "RSA",
            "key_ops": ["encrypt", "decrypt", "wrapKey"],
            "n": d.keep(m.urlsafe(256)),
            "e": "AQAB",
        },
        "attributes": {"enabled": True, "exportable": False, "hsmPlatform": "0"},
    }
    azure(d, "GET", "/keys/sops?api-version=7.5", answer, host="shop-kv.vault.azure.net")


def instance_token(d: Draft) -> None:
    m = d.mint
    claims = {"aud": "https://management.azure.com/", "iss": f"https://sts.windows.net/{m.uuid()}/", "exp": 1795600000, "oid": m.uuid()}
    answer = {
        "access_token": d.hide(keys.rs256(claims, m.urlsafe(20)), schema=True),
        "client_id": d.keep(m.uuid()),
        "expires_in": "86399",
        "expires_on": "1795600000",
        "ext_expires_in": "86399",
        "resource": "https://management.azure.com/",
        "token_type": "Bearer",
    }
    d.kept('"ext_expires_in":"86399"', '"resource":"https://management.azure.com/"')
    api(
        d,
        "GET",
        "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F",
        answer,
        server="IMDS/150.870.65.1854",
    )


def new_password_of_an_app(d: Draft) -> None:
    m = d.mint
    secret = d.hide(m.azure_secret())
    answer = {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.passwordCredential",
        "customKeyIdentifier": None,
        "displayName": "terraform",
        "endDateTime": "2027-11-24T10:15:00Z",
        "hint": secret[:3],
        "keyId": d.keep(m.uuid()),
        "secretText": secret,
    }
    d.kept("https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.passwordCredential")
    azure(d, "POST", f"/v1.0/applications/{m.uuid()}/addPassword", answer, host="graph.microsoft.com")


def applications(d: Draft) -> None:
    m = d.mint
    row = {
        "id": d.keep(m.uuid()),
        "appId": d.keep(m.uuid()),
        "displayName": "Password Portal",
        "passwordCredentials": [
            {"displayName": "ci", "hint": "a~8", "keyId": d.keep(m.uuid()), "secretText": None, "endDateTime": "2027-01-01T00:00:00Z"}
        ],
        "keyCredentials": [
            {
                "type": "AsymmetricX509Cert",
                "usage": "Verify",
                "keyId": d.keep(m.uuid()),
                "customKeyIdentifier": d.keep(m.hex(40).upper()),
                "key": None,
            }
        ],
        "api": {
            "requestedAccessTokenVersion": 2,
            "oauth2PermissionScopes": [
                {
                    "value": "Secrets.Read",
                    "adminConsentDescription": d.keep("Allows the app to read secrets and tokens of the signed-in user."),
                }
            ],
        },
    }
    d.kept('"requestedAccessTokenVersion":2', '"secretText":null', '"displayName":"Password Portal"')
    azure(
        d,
        "GET",
        "/v1.0/applications?$top=1",
        {
            "value": [row],
            "@odata.nextLink": d.keep(f"https://graph.microsoft.com/v1.0/applications?$top=1&$skiptoken=RFNwdAIAAQAA{m.urlsafe(70)}"),
        },
        host="graph.microsoft.com",
    )


def cluster_login(d: Draft) -> None:
    m = d.mint
    text = f"""apiVersion: v1
kind: Config
clusters:
- name: shop-aks
  cluster:
    certificate-authority-data: {d.keep(b64(keys.certificate("fresh-aks")))}
    server: https://shop-aks-dns-{m.hex(8)}.hcp.westeurope.azmk8s.io:443
users:
- name: clusterAdmin_shop-rg_shop-aks
  user:
    client-certificate-data: {d.keep(b64(keys.certificate("fresh-aks-admin")))}
    client-key-data: {b64(d.hide(keys.rsa_pkcs1("fresh-aks")))}
    token: {d.hide(m.hex(128))}
current-context: shop-aks-admin
"""
    answer = {"kubeconfigs": [{"name": "clusterAdmin", "value": b64(text)}]}
    d.kept("name: clusterAdmin_shop-rg_shop-aks")
    azure(
        d,
        "POST",
        _path(m.uuid(), "Microsoft.ContainerService/managedClusters/shop-aks/listClusterAdminCredential?api-version=2024-09-01"),
        answer,
    )


def deployment(d: Draft) -> None:
    m = d.mint
    sub = m.uuid()
    answer = {
        "id": d.keep(_path(sub, "Microsoft.Resources/deployments/sql-20261124")),
        "properties": {
            "templateHash": d.keep(m.digits(19)),
            "parameters": {
                "adminPassword": {"type": "SecureString"},
                "adminLogin": {"type": "String", "value": "sqladm"},
                "vaultRef": {"type": "String", "value": d.keep("shop-kv/DbPassword")},
            },
            "outputs": {
                "connectionString": {
                    "type": "String",
                    "value": f"Server=tcp:shop.database.windows.net,1433;Initial Catalog=shop;User ID=sqladm;Password={d.hide(initials(m))};Encrypt=True;TrustServerCertificate=False;",
                },
                "sasUrl": {
                    "type": "String",
                    "value": f"https://shopmedia.blob.core.windows.net/in?sv=2024-11-04&ss=b&srt=co&sp=rl&se=2027-01-01T00:00:00Z&spr=https&sig={_quoted(d.hide(m.sas()))}",
                },
            },
            "correlationId": d.keep(m.uuid()),
            "provisioningState": "Succeeded",
        },
    }
    d.kept('"adminPassword":{"type":"SecureString"}', "Encrypt=True;TrustServerCertificate=False;")
    azure(d, "GET", _path(sub, "Microsoft.Resources/deployments/sql-20261124?api-version=2024-07-01"), answer)


def _quoted(text: str) -> str:
    return text.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")


def registry_login(d: Draft) -> None:
    m = d.mint
    answer = {
        "username": "shopacr",
        "passwords": [
            {"name": "password", "value": d.hide(m.chars(24) + "+ACR" + m.chars(24))},
            {"name": "password2", "value": d.hide(m.chars(24) + "+ACR" + m.chars(24))},
        ],
    }
    d.kept('"name":"password2"')
    azure(d, "POST", _path(m.uuid(), "Microsoft.ContainerRegistry/registries/shopacr/listCredentials?api-version=2023-07-01"), answer)


def bus_keys(d: Draft) -> None:
    m = d.mint
    one, two = d.hide(m.azure_key(32)), d.hide(m.azure_key(32))
    place = "Endpoint=sb://shop-bus.servicebus.windows.net/;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey="
    d.kept("SharedAccessKeyName=RootManageSharedAccessKey", '"keyName":"RootManageSharedAccessKey"')
    azure(
        d,
        "POST",
        _path(
            m.uuid(),
            "Microsoft.ServiceBus/namespaces/shop-bus/AuthorizationRules/RootManageSharedAccessKey/listKeys?api-version=2021-11-01",
        ),
        {
            "primaryConnectionString": place + one,
            "secondaryConnectionString": place + two,
            "primaryKey": one,
            "secondaryKey": two,
            "keyName": "RootManageSharedAccessKey",
        },
    )
