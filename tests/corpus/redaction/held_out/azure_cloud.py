"""Azure: the resource manager, Key Vault, storage, sign-in, DevOps."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, azure


def _group(d: Draft) -> str:
    return f"/subscriptions/{d.mint.uuid()}/resourceGroups/shop"


def web_app_settings(d: Draft) -> None:
    m = d.mint
    instrumentation = d.keep(m.uuid())
    settings = {
        "WEBSITE_NODE_DEFAULT_VERSION": "~20",
        "AzureWebJobsStorage": f"DefaultEndpointsProtocol=https;AccountName=shopfn;AccountKey={d.hide(m.azure_key())};EndpointSuffix=core.windows.net",
        "SERVICEBUS": f"Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey={d.hide(m.azure_key(32))}",
        "JWT_SIGNING_SECRET": d.hide(m.chars(48)),
        "APPINSIGHTS_INSTRUMENTATIONKEY": instrumentation,
        "DB_PASSWORD": d.keep("@Microsoft.KeyVault(SecretUri=https://shop.vault.azure.net/secrets/db)"),
    }
    group = _group(d)
    d.kept("AccountName=shopfn", "Endpoint=sb://shop.servicebus.windows.net/", '"WEBSITE_NODE_DEFAULT_VERSION":"~20"')
    azure(
        d,
        "POST",
        f"{group}/providers/Microsoft.Web/sites/shop/config/appsettings/list?api-version=2023-12-01",
        {
            "id": d.keep(group + "/providers/Microsoft.Web/sites/shop/config/appsettings"),
            "type": "Microsoft.Web/sites/config",
            "properties": settings,
        },
    )


def vault_secret(d: Draft) -> None:
    m = d.mint
    answer = {
        "value": d.hide(m.wild(24), schema=True),
        "contentType": "text/plain",
        "id": d.keep(f"https://shop.vault.azure.net/secrets/db/{m.hex(32)}"),
        "attributes": {"enabled": True, "created": 1790000000, "recoveryLevel": "Recoverable+Purgeable"},
    }
    d.kept("Recoverable+Purgeable")
    azure(d, "GET", "/secrets/db?api-version=7.4", answer, host="shop.vault.azure.net")


def storage_keys(d: Draft) -> None:
    m = d.mint
    rows = [
        {"creationTime": "2026-01-09T09:11:21.1Z", "keyName": name, "value": d.hide(m.azure_key(), schema=True), "permissions": "FULL"}
        for name in ("key1", "key2")
    ]
    d.kept('"keyName":"key1"', '"permissions":"FULL"')
    azure(d, "POST", f"{_group(d)}/providers/Microsoft.Storage/storageAccounts/shop/listKeys?api-version=2023-05-01", {"keys": rows})


def cosmos_connection_strings(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "connectionString": f"AccountEndpoint=https://shop.documents.azure.com:443/;AccountKey={d.hide(m.azure_key(), schema=True)};",
            "description": name,
            "keyKind": kind,
        }
        for name, kind in (("Primary SQL Connection String", "Primary"), ("Secondary SQL Connection String", "Secondary"))
    ]
    d.kept("AccountEndpoint=https://shop.documents.azure.com:443/", "Primary SQL Connection String")
    azure(
        d,
        "POST",
        f"{_group(d)}/providers/Microsoft.DocumentDB/databaseAccounts/shop/listConnectionStrings?api-version=2024-05-15",
        {"connectionStrings": rows},
    )


def client_credentials_token(d: Draft) -> None:
    m = d.mint
    tenant = m.uuid()
    token = keys.rs256(
        {"aud": "https://management.azure.com", "iss": f"https://sts.windows.net/{tenant}/", "appid": m.uuid(), "exp": 1795600000},
        m.urlsafe(20),
    )
    d.ask(
        "POST",
        f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        b"grant_type=client_credentials",
        content_type="application/x-www-form-urlencoded",
    )
    d.json({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": d.hide(token, schema=True)}, tight=True)
    d.kept('"ext_expires_in":3599', '"token_type":"Bearer"')
    d.headers["x-ms-request-id"] = d.keep(m.uuid())


def sign_in_error(d: Draft) -> None:
    m = d.mint
    text = f"AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{d.keep(m.uuid())}'. Trace ID: {d.keep(m.uuid())} Correlation ID: {d.keep(m.uuid())}"
    d.ask(
        "POST",
        f"https://login.microsoftonline.com/{m.uuid()}/oauth2/v2.0/token",
        b"grant_type=client_credentials",
        content_type="application/x-www-form-urlencoded",
    )
    d.json({"error": "invalid_client", "error_description": text, "error_codes": [7000215], "suberror": "bad_token"}, tight=True)
    d.status = 401
    d.kept("Ensure the secret being sent in the request is the client secret value", '"suberror":"bad_token"')


def application_password(d: Draft) -> None:
    m = d.mint
    answer = {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.passwordCredential",
        "customKeyIdentifier": None,
        "displayName": "pipeline",
        "endDateTime": "2027-11-24T00:00:00Z",
        "hint": d.keep(m.chars(2) + "~"),
        "keyId": d.keep(m.uuid()),
        "secretText": d.hide(m.azure_secret(), schema=True),
    }
    d.kept("microsoft.graph.passwordCredential")
    azure(d, "POST", f"/v1.0/applications/{m.uuid()}/addPassword", answer, host="graph.microsoft.com")


def registry_credentials(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "name": name,
            "value": d.hide(
                m.chars(43, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") + "+ACRD" + m.chars(4), schema=True
            ),
        }
        for name in ("password", "password2")
    ]
    d.kept('"username":"shop"', '"name":"password2"')
    azure(
        d,
        "POST",
        f"{_group(d)}/providers/Microsoft.ContainerRegistry/registries/shop/listCredentials?api-version=2023-07-01",
        {"username": "shop", "passwords": rows},
    )


def cluster_user_credentials(d: Draft) -> None:
    m = d.mint
    text = f"apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {b64(keys.certificate('held-aks'))}\n    server: https://shop-dns.hcp.westeurope.azmk8s.io:443\n  name: shop\nusers:\n- name: clusterUser_shop\n  user:\n    token: {d.hide(m.hex(128), schema=True)}\n"
    d.kept("shop-dns.hcp.westeurope.azmk8s.io", b64(keys.certificate("held-aks")), "clusterUser_shop")
    azure(
        d,
        "POST",
        f"{_group(d)}/providers/Microsoft.ContainerService/managedClusters/shop/listClusterUserCredential?api-version=2024-09-01",
        {"kubeconfigs": [{"name": "clusterUser", "value": b64(text)}]},
    )


def pipeline_variables(d: Draft) -> None:
    m = d.mint
    values = {
        "nugetKey": {"value": d.hide("oy2" + m.chars(43, "abcdefghijklmnopqrstuvwxyz0123456789"))},
        "deployPassword": {"value": None, "isSecret": True},
        "buildSalt": {"value": "eu"},
    }
    answer = {
        "id": 41,
        "name": "release",
        "revision": 12,
        "variables": values,
        "project": {"id": d.keep(m.uuid()), "name": "shop"},
        "_links": {"self": {"href": d.keep(f"https://dev.azure.com/acme/{m.uuid()}/_apis/build/Definitions/41")}},
    }
    d.kept('{"value":null,"isSecret":true}')
    api(d, "GET", "https://dev.azure.com/acme/shop/_apis/build/definitions/41?api-version=7.1", answer, x_vss_e2eid=d.keep(m.uuid()))


def blob_redirect(d: Draft) -> None:
    m = d.mint
    signature = d.hide(m.base64(32))
    url = (
        "https://shop.blob.core.windows.net/exports/orders.csv?sv=2024-11-04&se=2026-11-24T12%3A00%3A00Z&sr=b&sp=r&sig="
        + signature.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    )
    d.ask("GET", "https://exports.example.com/v1/latest", b"", user_agent="curl/8.10.1")
    d.text("")
    d.status = 302
    d.headers["location"] = url
    d.headers["x-ms-version-id"] = d.keep("2026-11-24T10:01:22." + m.digits(7) + "Z")
    d.kept("https://shop.blob.core.windows.net/exports/orders.csv", "se=2026-11-24T12%3A00%3A00Z")
