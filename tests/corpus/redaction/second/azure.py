"""Azure's resource manager and the hosts around it."""

from __future__ import annotations

from urllib.parse import quote

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import azure


def service_bus_list_keys(d: Draft) -> None:
    m = d.mint
    first, second = d.hide(m.base64(32), schema=True), d.hide(m.base64(32), schema=True)
    start = "Endpoint=sb://orders.servicebus.windows.net/;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey="
    answer = {
        "primaryConnectionString": start + first,
        "secondaryConnectionString": start + second,
        "primaryKey": first,
        "secondaryKey": second,
        "keyName": "RootManageSharedAccessKey",
    }
    d.kept("SharedAccessKeyName=RootManageSharedAccessKey", '"keyName":"RootManageSharedAccessKey"', "sb://orders.servicebus.windows.net/")
    path = f"/subscriptions/{m.uuid()}/resourceGroups/rg/providers/Microsoft.ServiceBus/namespaces/orders/AuthorizationRules/Root/listKeys"
    azure(d, "POST", path + "?api-version=2022-10-01-preview", answer)


def storage_service_sas(d: Draft) -> None:
    m = d.mint
    signature = d.hide(m.sas(), schema=True)
    sas = f"sv=2024-08-04&spr=https&st=2026-11-24T10%3A00%3A00Z&se=2026-11-25T10%3A00%3A00Z&sr=c&sp=rwl&sig={quote(signature, safe='')}"
    d.kept("sv=2024-08-04&spr=https", "se=2026-11-25T10%3A00%3A00Z")
    path = f"/subscriptions/{m.uuid()}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/shopmedia/ListServiceSas"
    azure(d, "POST", path + "?api-version=2024-01-01", {"serviceSasToken": sas})


def aks_list_admin_credential(d: Draft) -> None:
    m = d.mint
    key, token = d.hide(keys.rsa_pkcs1("held-out-1"), schema=True), d.hide(m.hex(128), schema=True)
    config = f"""apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {d.keep(b64(keys.certificate("aks")))}
    server: https://shop-dns-{m.hex(8)}.hcp.westeurope.azmk8s.io:443
  name: shop
contexts:
- context: {{cluster: shop, user: clusterAdmin_rg_shop}}
  name: shop-admin
current-context: {d.keep("shop-admin")}
kind: Config
users:
- name: clusterAdmin_rg_shop
  user:
    client-certificate-data: {d.keep(b64(keys.certificate("aks-admin")))}
    client-key-data: {b64(key)}
    token: {token}
"""
    path = (
        f"/subscriptions/{m.uuid()}/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/shop/listClusterAdminCredential"
    )
    azure(d, "POST", path + "?api-version=2024-09-01", {"kubeconfigs": [{"name": "clusterAdmin", "value": b64(config)}]})


def graph_add_password(d: Draft) -> None:
    m = d.mint
    answer = {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.passwordCredential",
        "customKeyIdentifier": None,
        "displayName": "terraform",
        "endDateTime": "2028-11-24T10:15:00Z",
        "hint": "abc",
        "keyId": d.keep(m.uuid()),
        "secretText": d.hide(m.azure_secret(), schema=True),
        "startDateTime": "2026-11-24T10:15:00Z",
    }
    d.kept("$metadata#microsoft.graph.passwordCredential", '"customKeyIdentifier":null')
    azure(d, "POST", f"/v1.0/applications/{m.uuid()}/addPassword", answer, host="graph.microsoft.com")


def graph_applications_list(d: Draft) -> None:
    m = d.mint
    rows = []
    for name in ("terraform", "grafana-sso"):
        rows.append(
            {
                "id": d.keep(m.uuid()),
                "appId": d.keep(m.uuid()),
                "displayName": name,
                "passwordCredentials": [
                    {
                        "keyId": d.keep(m.uuid()),
                        "hint": "x8Q",
                        "secretText": None,
                        "endDateTime": "2027-01-01T00:00:00Z",
                        "displayName": "ci",
                    }
                ],
                "keyCredentials": [
                    {"customKeyIdentifier": d.keep(m.hex(40).upper()), "type": "AsymmetricX509Cert", "usage": "Verify", "key": None}
                ],
                "publisherDomain": "contoso.onmicrosoft.com",
            }
        )
    d.kept('"secretText":null', "AsymmetricX509Cert")
    link = f"https://graph.microsoft.com/v1.0/applications?$skiptoken={m.urlsafe(120)}"
    answer = {"@odata.nextLink": d.keep(link), "value": rows}
    azure(d, "GET", "/v1.0/applications?$top=2", answer, host="graph.microsoft.com")
