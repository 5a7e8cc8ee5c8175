"""Azure: keys that are listed, settings, vaults, and identifiers by the dozen."""

from __future__ import annotations

import json

from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import azure
from tests.corpus.redaction.unseen import corporate, grouped, marked, spoken

_GROUP = "/subscriptions/3c1f8e0a-6a55-4b7e-9a11-0f6d1f1c2d3e/resourceGroups/rg-acme/providers/"


def cosmos_keys(d: Draft) -> None:
    m = d.mint
    answer = {name: d.hide(m.azure_key(64)) for name in ("primaryMasterKey", "secondaryMasterKey", "primaryReadonlyMasterKey")}
    d.headers["x-ms-routing-request-id"] = d.keep("GERMANYWESTCENTRAL:20261124T101500Z:" + m.uuid())
    azure(d, "POST", _GROUP + "Microsoft.DocumentDB/databaseAccounts/acme/listKeys?api-version=2024-08-15", answer)


def service_bus_rule(d: Draft) -> None:
    m = d.mint
    primary, secondary = d.hide(m.azure_key(32)), d.hide(m.azure_key(32))
    front = "Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey="
    answer = {
        "primaryConnectionString": front + primary,
        "secondaryConnectionString": front + secondary,
        "primaryKey": primary,
        "secondaryKey": secondary,
        "keyName": d.keep("token-events-send"),
    }
    d.kept("Endpoint=sb://acme.servicebus.windows.net/")
    azure(d, "POST", _GROUP + "Microsoft.ServiceBus/namespaces/acme/authorizationRules/send/listKeys?api-version=2024-01-01", answer)


def web_app_settings(d: Draft) -> None:
    m = d.mint
    properties = {
        "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING": f"DefaultEndpointsProtocol=https;AccountName=acmefiles;AccountKey={d.hide(m.azure_key(64))};EndpointSuffix=core.windows.net",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": d.keep(
            f"InstrumentationKey={m.uuid()};IngestionEndpoint=https://germanywestcentral-1.in.applicationinsights.azure.com/"
        ),
        "AzureAd__ClientSecret": d.keep("@Microsoft.KeyVault(SecretUri=https://kv-acme.vault.azure.net/secrets/aad-secret/)"),
        "Payments__SigningSecret": d.hide(m.hex(64)),
        "MICROSOFT_PROVIDER_AUTHENTICATION_SECRET": d.hide(m.azure_secret()),
        "WEBSITE_RUN_FROM_PACKAGE": "1",
        "Password__MinLength": "14",
        "SCM_COMMIT_ID": d.keep(m.sha1()),
    }
    d.kept('"Password__MinLength":"14"', '"WEBSITE_RUN_FROM_PACKAGE":"1"')
    azure(
        d,
        "POST",
        _GROUP + "Microsoft.Web/sites/shop/config/appsettings/list?api-version=2023-12-01",
        {"id": d.keep(_GROUP + "Microsoft.Web/sites/shop/config/appsettings"), "properties": properties},
    )


def publishing_profile(d: Draft) -> None:
    m = d.mint
    password = d.hide(m.chars(60))
    text = f"""<publishData><publishProfile profileName="shop - Web Deploy" publishMethod="MSDeploy" publishUrl="shop.scm.azurewebsites.net:443" msdeploySite="shop" userName="$shop" userPWD="{password}" destinationAppUrl="https://shop.azurewebsites.net" SQLServerDBConnectionString="" webSystem="WebSites"><databases /></publishProfile><publishProfile profileName="shop - FTP" publishMethod="FTP" ftpPassiveMode="True" userPWD="{password}" /></publishData>"""
    d.kept('SQLServerDBConnectionString=""', 'ftpPassiveMode="True"', 'publishUrl="shop.scm.azurewebsites.net:443"')
    azure(d, "POST", _GROUP + "Microsoft.Web/sites/shop/publishxml?api-version=2023-12-01", {})
    d.text(text, "application/xml")


def vault_secret_bundle(d: Draft) -> None:
    m = d.mint
    version = m.hex(32)
    answer = {
        "value": d.hide(spoken(m)),
        "contentType": "password of the mailbox",
        "id": d.keep(f"https://kv-acme.vault.azure.net/secrets/mailbox-password/{version}"),
        "attributes": {"enabled": True, "created": 1795000000, "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90},
        "tags": {"rotated-by": d.keep("fn-secret-rotation")},
    }
    d.kept('"contentType":"password of the mailbox"', '"recoveryLevel":"Recoverable+Purgeable"')
    azure(d, "GET", f"/secrets/mailbox-password/{version}?api-version=7.5", answer, host="kv-acme.vault.azure.net")


def vault_listing(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": d.keep(f"https://kv-acme.vault.azure.net/secrets/{name}"),
            "attributes": {"enabled": True, "exp": 1798000000},
            "contentType": "text/plain",
        }
        for name in ("sql-admin-password", "api-token", "cert-pfx-secret")
    ]
    answer = {"value": rows, "nextLink": d.keep("https://kv-acme.vault.azure.net:443/secrets?api-version=7.5&$skiptoken=" + m.urlsafe(90))}
    azure(d, "GET", "/secrets?api-version=7.5", answer, host="kv-acme.vault.azure.net")


def application_password(d: Draft) -> None:
    m = d.mint
    secret = d.hide(m.azure_secret())
    answer = {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.passwordCredential",
        "customKeyIdentifier": None,
        "displayName": "Terraform password",
        "endDateTime": "2027-05-24T10:15:00Z",
        "hint": secret[:3],
        "keyId": d.keep(m.uuid()),
        "secretText": secret,
    }
    d.kept('"displayName":"Terraform password"', "#microsoft.graph.passwordCredential")
    azure(d, "POST", "/v1.0/applications/a1/addPassword", answer, host="graph.microsoft.com")


def applications_of_the_directory(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "id": d.keep(m.uuid()),
            "appId": d.keep(m.uuid()),
            "displayName": name,
            "passwordCredentials": [{"displayName": "ci", "hint": m.chars(3), "keyId": d.keep(m.uuid()), "secretText": None}],
            "keyCredentials": [{"customKeyIdentifier": d.keep(m.hex(40).upper()), "type": "AsymmetricX509Cert", "usage": "Verify"}],
            "requestedAccessTokenVersion": 2,
        }
        for name in ("Password portal", "token-broker")
    ]
    d.kept('"secretText":null', '"displayName":"Password portal"', '"usage":"Verify"')
    azure(
        d,
        "GET",
        "/v1.0/applications",
        {"value": rows, "@odata.nextLink": d.keep("https://graph.microsoft.com/v1.0/applications?$skiptoken=" + m.urlsafe(60))},
        host="graph.microsoft.com",
    )


def container_group(d: Draft) -> None:
    m = d.mint
    env = [
        {"name": "GRAFANA_CLOUD_TOKEN", "value": d.hide("glc_" + b64(json.dumps({"o": "88", "n": "ci", "k": m.chars(24)})))},
        {"name": "SMTP_SECRET"},
        {"name": "TOKEN_CACHE", "value": "memory"},
    ]
    answer = {
        "id": d.keep(_GROUP + "Microsoft.ContainerInstance/containerGroups/jobs"),
        "properties": {
            "containers": [
                {
                    "name": "job",
                    "properties": {
                        "command": ["/bin/sh", "-c", f"sqlcmd -S sql -U sa -P '{d.hide(marked(m))}' -Q 'exec nightly'"],
                        "environmentVariables": env,
                        "image": d.keep("acme.azurecr.io/job@" + m.digest()),
                    },
                }
            ],
            "imageRegistryCredentials": [{"server": "acme.azurecr.io", "username": "acme"}],
        },
    }
    d.kept('{"name":"SMTP_SECRET"}', '"value":"memory"')
    azure(d, "GET", _GROUP + "Microsoft.ContainerInstance/containerGroups/jobs?api-version=2023-05-01", answer)


def registry_credentials(d: Draft) -> None:
    m = d.mint
    answer = {
        "username": "acme",
        "passwords": [{"name": name, "value": d.hide(m.chars(34) + "+ACR" + m.chars(8))} for name in ("password", "password2")],
    }
    d.kept('"username":"acme"', '"name":"password2"')
    azure(d, "POST", _GROUP + "Microsoft.ContainerRegistry/registries/acme/listCredentials?api-version=2023-07-01", answer)


def deployment_outputs(d: Draft) -> None:
    m = d.mint
    properties = {
        "correlationId": d.keep(m.uuid()),
        "templateHash": d.keep(m.digits(19)),
        "parameters": {
            "adminPassword": {"type": "SecureString"},
            "vpnSharedKey": {"type": "String", "value": d.hide(corporate(m))},
            "passwordExpiryDays": {"type": "Int", "value": 60},
        },
        "outputs": {
            "storageKey": {"type": "String", "value": d.hide(m.azure_key(64))},
            "principalId": {"type": "String", "value": d.keep(m.uuid())},
        },
        "mode": "Incremental",
    }
    d.kept('"adminPassword":{"type":"SecureString"}', '"passwordExpiryDays":{"type":"Int","value":60}')
    azure(d, "GET", _GROUP + "Microsoft.Resources/deployments/main?api-version=2022-09-01", {"properties": properties})


def cluster_credentials(d: Draft) -> None:
    m = d.mint
    text = f"""apiVersion: v1
clusters: [{{name: aks, cluster: {{server: "https://aks-{d.keep(m.chars(8).lower())}.hcp.germanywestcentral.azmk8s.io:443"}}}}]
users:
- name: clusterAdmin_rg-acme_aks
  user: {{token: {d.hide(m.hex(128))}}}
current-context: aks-admin
"""
    d.kept("current-context: aks-admin")
    answer = {"kubeconfigs": [{"name": "clusterAdmin", "value": b64(text)}]}
    azure(d, "POST", _GROUP + "Microsoft.ContainerService/managedClusters/aks/listClusterAdminCredential?api-version=2024-09-01", answer)


def functions_host_keys(d: Draft) -> None:
    m = d.mint
    answer = {
        "masterKey": d.hide(m.urlsafe(40) + "AzFu" + m.chars(6) + "=="),
        "functionKeys": {"default": d.hide(m.urlsafe(40) + "AzFu" + m.chars(6) + "==")},
        "systemKeys": {"eventgrid_extension": d.hide(m.urlsafe(40) + "AzFu" + m.chars(6) + "==")},
    }
    d.headers["x-ms-ratelimit-remaining-subscription-writes"] = d.keep("11998")
    azure(d, "POST", _GROUP + "Microsoft.Web/sites/fn/host/default/listkeys?api-version=2023-12-01", answer)


def logic_app_callback(d: Draft) -> None:
    m = d.mint
    signature = d.hide(m.urlsafe(32))
    answer = {
        "value": f"https://prod-7.germanywestcentral.logic.azure.com/workflows/{m.hex(32)}/triggers/manual/paths/invoke?api-version=2016-10-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={signature}",
        "method": "POST",
        "queries": {"api-version": "2016-10-01", "sp": "/triggers/manual/run", "sv": "1.0", "sig": signature},
    }
    d.kept('"sp":"/triggers/manual/run"')
    azure(d, "POST", _GROUP + "Microsoft.Logic/workflows/intake/triggers/manual/listCallbackUrl?api-version=2019-05-01", answer)


def redis_and_maps(d: Draft) -> None:
    m = d.mint
    answer = {
        "resources": [
            {
                "type": "Microsoft.Cache/Redis",
                "properties": {
                    "hostName": d.keep("acme.redis.cache.windows.net"),
                    "accessKeys": {"primaryKey": d.hide(m.base64(32)), "secondaryKey": None},
                },
            },
            {
                "type": "Microsoft.CognitiveServices/accounts",
                "properties": {
                    "endpoint": "https://acme.cognitiveservices.azure.com/",
                    "key1": d.hide(m.hex(32)),
                    "quotaTokensPerMinute": 240000,
                },
            },
            {"type": "Microsoft.VirtualNetworkGateway", "properties": {"sharedKey": d.hide(grouped(m)), "bgpPeeringAddress": "10.0.0.254"}},
        ]
    }
    d.kept('"quotaTokensPerMinute":240000', '"secondaryKey":null')
    azure(d, "GET", _GROUP + "Microsoft.Resources/export?api-version=2024-01-01", answer)
