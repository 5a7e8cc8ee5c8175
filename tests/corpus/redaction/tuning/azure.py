"""Azure's resource manager and the hosts around it."""

from __future__ import annotations

from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.services import azure


def storage_list_keys(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "creationTime": "2026-01-09T10:44:24.1577126Z",
            "keyName": name,
            "value": d.hide(m.azure_key(), schema=True),
            "permissions": "FULL",
        }
        for name in ("key1", "key2")
    ]
    d.kept('"keyName":"key1"', '"keyName":"key2"', '"permissions":"FULL"')
    path = (
        f"/subscriptions/{m.uuid()}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/shopmedia/listKeys?api-version=2024-01-01"
    )
    azure(d, "POST", path, {"keys": rows})


def app_settings_list(d: Draft) -> None:
    m = d.mint
    subscription = m.uuid()
    path = f"/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.Web/sites/portal/config/appsettings"
    storage = f"DefaultEndpointsProtocol=https;AccountName=shopmedia;AccountKey={d.hide(m.azure_key())};EndpointSuffix=core.windows.net"
    properties = {
        "AzureWebJobsStorage": storage,
        "SQLCONNSTR_main": f"Server=tcp:shop.database.windows.net,1433;Database=shop;User ID=portal;Password={d.hide(m.strong(20))};Encrypt=True;",
        "APPINSIGHTS_INSTRUMENTATIONKEY": d.keep(m.uuid()),
        "WEBSITE_NODE_DEFAULT_VERSION": "~20",
        "KEYVAULT_REF": d.keep("@Microsoft.KeyVault(SecretUri=https://shop.vault.azure.net/secrets/api-key/)"),
        "FUNCTIONS_EXTENSION_VERSION": "~4",
    }
    answer = {
        "id": d.keep(path),
        "name": "appsettings",
        "type": "Microsoft.Web/sites/config",
        "location": "West Europe",
        "properties": properties,
    }
    azure(d, "POST", path + "/list?api-version=2024-04-01", answer)


def key_vault_get_secret(d: Draft) -> None:
    m = d.mint
    answer = {
        "value": d.hide(m.strong(28), schema=True),
        "contentType": "password",
        "id": d.keep(f"https://shop.vault.azure.net/secrets/orders-db/{m.hex(32)}"),
        "attributes": {"enabled": True, "created": 1790000000, "recoveryLevel": "Recoverable+Purgeable"},
        "tags": {"file-encoding": "utf-8"},
    }
    d.kept('"contentType":"password"', "Recoverable+Purgeable")
    azure(d, "GET", "/secrets/orders-db?api-version=7.4", answer, host="shop.vault.azure.net")


def entra_token(d: Draft) -> None:
    m = d.mint
    claims = {"aud": "https://management.azure.com", "tid": m.uuid(), "oid": m.uuid(), "exp": 1795600000, "appid": m.uuid()}
    token = m.jwt(claims, {"typ": "JWT", "alg": "RS256", "kid": m.urlsafe(20), "x5t": m.urlsafe(20)})
    answer = {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": d.hide(token, schema=True)}
    d.kept('"token_type":"Bearer"', '"ext_expires_in":3599')
    azure(d, "POST", f"/{m.uuid()}/oauth2/v2.0/token", answer, host="login.microsoftonline.com")


def resources_list(d: Draft) -> None:
    m = d.mint
    subscription = m.uuid()
    rows = []
    for name, kind in (("kv-shop", "Microsoft.KeyVault/vaults"), ("id-shop", "Microsoft.ManagedIdentity/userAssignedIdentities")):
        rows.append(
            {
                "id": d.keep(f"/subscriptions/{subscription}/resourceGroups/rg-{m.hex(6)}/providers/{kind}/{name}"),
                "name": name,
                "type": kind,
                "tags": {"costCenter": "4711", "hidden-link": d.keep(m.uuid())},
                "identity": {"principalId": d.keep(m.uuid()), "tenantId": d.keep(m.uuid()), "type": "SystemAssigned"},
                "etag": d.keep(f"W/\\\"datetime'2026-11-24T10%3A15%3A00.{m.digits(7)}Z'\\\"").replace('\\"', '"'),
            }
        )
    link = f"https://management.azure.com/subscriptions/{subscription}/resources?api-version=2021-04-01&%24skiptoken={m.urlsafe(150)}"
    azure(d, "GET", f"/subscriptions/{subscription}/resources?api-version=2021-04-01", {"value": rows, "nextLink": d.keep(link)})
