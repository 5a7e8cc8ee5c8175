"""Admin interfaces of what a platform team runs: Rancher, Argo CD, Grafana, Alertmanager, Jenkins, Keycloak, Airflow, AWX, Portainer."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, page


def rancher_token_created(d: Draft) -> None:
    m = d.mint
    name = d.keep("token-" + m.chars(5, "bcdfghjklmnpqrstvwxz2456789"))
    answer = {
        "authProvider": "local",
        "baseType": "token",
        "created": "2026-11-24T09:00:00Z",
        "createdTS": 1795510800000,
        "current": False,
        "enabled": True,
        "expired": False,
        "id": name,
        "links": {"self": f"https://rancher.example.net/v3/tokens/{name}"},
        "name": name,
        "token": f"{name}:{d.hide(m.chars(54, 'bcdfghjklmnpqrstvwxz2456789'))}",
        "ttl": 0,
        "type": "token",
        "userId": d.keep("user-" + m.chars(5, "bcdfghjklmnpqrstvwxz2456789")),
        "uuid": d.keep(m.uuid()),
    }
    d.kept('"type":"token"', '"baseType":"token"')
    api(d, "POST", "https://rancher.example.net/v3/tokens", answer, x_api_schemas="https://rancher.example.net/v3/schemas")


def argocd_repositories(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "repo": "git@git.example.net:platform/charts.git",
            "sshPrivateKey": d.hide(keys.openssh("third-argo")),
            "connectionState": {"status": "Successful", "attemptedAt": "2026-11-24T10:00:00Z"},
            "type": "git",
        },
        {"repo": "https://git.example.net/platform/apps", "username": "argocd", "password": d.hide(m.gitlab("gldt")), "type": "git"},
        {
            "repo": "registry.example.net/charts",
            "enableOCI": True,
            "username": "robot$argo",
            "type": "helm",
            "name": d.keep("secret-charts"),
        },
    ]
    answer = {"metadata": {"resourceVersion": d.keep(m.digits(9))}, "items": rows}
    api(d, "GET", "https://argocd.example.net/api/v1/repositories", answer)


def argocd_application(d: Draft) -> None:
    m = d.mint
    revision = d.keep(m.sha1())
    helm = {
        "parameters": [
            {"name": "auth.existingSecret", "value": d.keep("grafana-admin-credentials")},
            {"name": "smtp.password", "value": d.hide(m.strong(22))},
            {"name": "image.tag", "value": d.keep("11.3.0-" + m.hex(7)), "forceString": True},
        ],
        "values": f"adminUser: admin\nadminPassword: {d.hide(m.passphrase())}\nsidecar:\n  secret: {{label: grafana_dashboard}}\n",
    }
    d.kept("secret: {label: grafana_dashboard}")
    status = {
        "sync": {"status": "Synced", "revision": revision},
        "resources": [
            {"version": "v1", "kind": "Secret", "namespace": "monitoring", "name": d.keep("grafana-oauth-token"), "status": "Synced"},
            {
                "group": "external-secrets.io",
                "version": "v1beta1",
                "kind": "ExternalSecret",
                "name": d.keep("grafana-db-password"),
                "status": "Synced",
            },
        ],
    }
    answer = {
        "metadata": {"name": "grafana", "namespace": "argocd", "uid": d.keep(m.uuid())},
        "spec": {"source": {"repoURL": "https://grafana.github.io/helm-charts", "chart": "grafana", "helm": helm}},
        "status": status,
    }
    api(d, "GET", "https://argocd.example.net/api/v1/applications/grafana", answer)


def grafana_contact_points(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "uid": d.keep(m.chars(14, "abcdefghijklmnopqrstuvwxyz0123456789")),
            "name": "on-call",
            "type": "pagerduty",
            "settings": {"integrationKey": d.hide(m.hex(32)), "severity": "critical", "class": "ping"},
            "disableResolveMessage": False,
        },
        {
            "uid": d.keep(m.chars(14, "abcdefghijklmnopqrstuvwxyz0123456789")),
            "name": "chat",
            "type": "telegram",
            "settings": {"bottoken": d.hide(m.digits(10) + ":AA" + m.chars(33)), "chatid": d.keep("-100" + m.digits(10))},
        },
        {"uid": "email", "name": "email receiver", "type": "email", "settings": {"addresses": "<example@email.com>"}},
    ]
    d.kept('"addresses":"<example@email.com>"')
    api(d, "GET", "https://grafana.example.net/api/v1/provisioning/contact-points?decrypt=true", rows)


def alertmanager_status(d: Draft) -> None:
    """The configuration stands in it as YAML; Alertmanager masks most and not all."""
    m = d.mint
    original = f"""global:
  resolve_timeout: 5m
  smtp_auth_password: <secret>
  slack_api_url: <secret>
  opsgenie_api_key: <secret>
route:
  receiver: default
receivers:
- name: default
  webhook_configs:
  - url: https://bridge.example.net/hook?token={d.hide(m.urlsafe(30))}
    http_config:
      basic_auth: {{username: am, password: <secret>}}
"""
    d.kept("smtp_auth_password: <secret>", "slack_api_url: <secret>", "password: <secret>}")
    answer = {
        "cluster": {"name": d.keep(m.chars(26, "0123456789ABCDEFGHJKMNPQRSTVWXYZ")), "status": "ready", "peers": []},
        "config": {"original": original},
        "versionInfo": {"revision": d.keep(m.sha1()), "version": "0.27.0", "goVersion": "go1.22.5"},
    }
    api(d, "GET", "https://alerts.example.net/api/v2/status", answer)


def jenkins_credentials_xml(d: Draft) -> None:
    """As the file on the disk would be after somebody put plain values in with a groovy script: Jenkins encrypts them at the next save."""
    m = d.mint
    text = f"""<?xml version='1.1' encoding='UTF-8'?>
<com.cloudbees.plugins.credentials.SystemCredentialsProvider plugin="credentials@1381.v2c3a_12074da_b_">
  <domainCredentialsMap class="hudson.util.CopyOnWriteMap$Hash">
    <entry>
      <com.cloudbees.plugins.credentials.domains.Domain><specifications/></com.cloudbees.plugins.credentials.domains.Domain>
      <java.util.concurrent.CopyOnWriteArrayList>
        <com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl plugin="credentials@1381.v2c3a_12074da_b_">
          <scope>GLOBAL</scope>
          <id>{d.keep("nexus-deploy-password")}</id>
          <description>{d.keep("Nexus deployment user &amp; password")}</description>
          <username>deployer</username>
          <password>{d.hide(m.strong(19))}</password>
          <usernameSecret>false</usernameSecret>
        </com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl>
        <org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl plugin="plain-credentials@183.va_de8f1dd5a_2b_">
          <id>{d.keep(m.uuid())}</id>
          <secret>{d.hide("squ_" + m.hex(40))}</secret>
        </org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl>
      </java.util.concurrent.CopyOnWriteArrayList>
    </entry>
  </domainCredentialsMap>
</com.cloudbees.plugins.credentials.SystemCredentialsProvider>
"""
    d.kept("<usernameSecret>false</usernameSecret>", "credentials@1381.v2c3a_12074da_b_")
    page(d, "https://ci.example.net/job/backup/ws/credentials.xml", text, "application/xml")


def jenkins_console(d: Draft) -> None:
    m = d.mint
    text = f"""Started by user Anna Example
Checking out Revision {d.keep(m.sha1())} (refs/remotes/origin/main)
[Pipeline] withCredentials
Masking supported pattern matches of $NEXUS_PASSWORD or $SONAR_TOKEN
[Pipeline] sh
+ mvn -B deploy {d.keep("-Dnexus.password=****")}
+ ./gradlew publish -PsigningPassword={d.hide(m.chars(18))} -PsigningKeyId={d.keep(m.hex(8).upper())}
+ docker login -u ci -p {d.hide(m.docker())} registry.example.net
WARNING! Using --password via the CLI is insecure. Use --password-stdin.
Login Succeeded
The push refers to repository [registry.example.net/web]
{d.keep(m.hex(12))}: Pushed
1.42.0: digest: {d.keep(m.digest())} size: 2412
[Pipeline] // withCredentials
Recording fingerprints
Finished: SUCCESS
"""
    d.kept("Masking supported pattern matches of $NEXUS_PASSWORD or $SONAR_TOKEN", "Using --password via the CLI is insecure.")
    page(d, "https://ci.example.net/job/web/88/consoleText", text)
    d.headers["x-jenkins-session"] = d.keep(m.hex(8))


def keycloak_client(d: Draft) -> None:
    m = d.mint
    answer = {
        "id": d.keep(m.uuid()),
        "clientId": "billing-backend",
        "surrogateAuthRequired": False,
        "clientAuthenticatorType": d.keep("client-secret"),
        "secret": d.hide(m.chars(32)),
        "redirectUris": ["https://billing.example.net/*"],
        "attributes": {
            "client.secret.creation.time": d.keep("1795010400"),
            "client.secret.rotation.enabled": "false",
            "access.token.lifespan": "300",
            "use.refresh.tokens": "true",
        },
        "protocolMappers": [
            {"id": d.keep(m.uuid()), "name": "email", "config": {"access.token.claim": "true", "jsonType.label": "String"}}
        ],
    }
    d.kept('"access.token.claim":"true"', '"use.refresh.tokens":"true"')
    api(d, "GET", "https://sso.example.net/admin/realms/prod/clients/billing", answer)


def keycloak_realm_export(d: Draft) -> None:
    m = d.mint
    answer = {
        "realm": "prod",
        "passwordPolicy": d.keep("length(12) and digits(1) and notUsername(undefined)"),
        "resetPasswordAllowed": True,
        "accessTokenLifespan": 300,
        "smtpServer": {"host": "mail", "user": "sso", "auth": "true", "password": d.hide(m.accented())},
        "identityProviders": [
            {
                "alias": "corp",
                "internalId": d.keep(m.uuid()),
                "config": {
                    "clientId": d.keep(m.uuid()),
                    "clientSecret": d.hide(m.azure_secret()),
                    "tokenUrl": d.keep("https://login.example.org/oauth2/v2.0/token"),
                },
            }
        ],
        "components": {
            "org.keycloak.keys.KeyProvider": [
                {"name": "hmac-generated", "config": {"kid": [d.keep(m.uuid())], "secret": [d.hide(m.urlsafe(64))], "algorithm": ["HS512"]}}
            ]
        },
    }
    d.kept('"resetPasswordAllowed":true', '"accessTokenLifespan":300')
    api(d, "POST", "https://sso.example.net/admin/realms/prod/partial-export?exportClients=true", answer)


def airflow_connections(d: Draft) -> None:
    m = d.mint
    rows = [
        {
            "connection_id": "warehouse",
            "conn_type": "postgres",
            "host": "pg",
            "login": "etl",
            "schema": "dwh",
            "port": 5432,
            "password": d.hide(m.chars(22)),
            "extra": '{"sslmode": "verify-full"}',
        },
        {
            "connection_id": "lake",
            "conn_type": "aws",
            "login": m.aws_id(),
            "password": d.hide(m.aws_secret()),
            "extra": json.dumps({"role_arn": d.keep(f"arn:aws:iam::{m.account()}:role/airflow")}),
        },
        {
            "connection_id": "sftp_partner",
            "conn_type": "sftp",
            "extra": json.dumps({"private_key_passphrase": d.hide(m.spaced()), "host_key": d.keep(m.ssh_public().split()[1])}),
        },
    ]
    d.kept('"total_entries":3')
    api(d, "GET", "https://airflow.example.net/api/v1/connections", {"connections": rows, "total_entries": 3})


def awx_job_events(d: Draft) -> None:
    m = d.mint
    result = {
        "changed": True,
        "cmd": ["mysql", "-uroot", f"-p{d.hide(m.chars(16))}", "-e", "FLUSH PRIVILEGES"],
        "invocation": {"module_args": {"login_password": d.keep("VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"), "update_password": "on_create"}},
        "checksum": d.keep(m.sha1()),
    }
    d.kept('"update_password":"on_create"')
    rows = [
        {
            "id": 90112,
            "type": "job_event",
            "event": "runner_on_ok",
            "uuid": d.keep(m.uuid()),
            "event_data": {"task": "reset", "res": result},
        },
        {
            "id": 90113,
            "type": "job_event",
            "event": "runner_on_ok",
            "stdout": d.keep(
                "ok: [db-1] => (item=None) the output has been hidden due to the fact that 'no_log: true' was specified for this result"
            ),
        },
    ]
    api(d, "GET", "https://awx.example.net/api/v2/jobs/412/job_events/", {"count": 2, "next": None, "results": rows})


def portainer_stack(d: Draft) -> None:
    m = d.mint
    answer = {
        "Id": 14,
        "Name": "wiki",
        "EntryPoint": "docker-compose.yml",
        "Env": [
            {"name": "WIKI_DB_PASS", "value": d.hide(m.joined())},
            {"name": "WIKI_PORT", "value": "3001"},
            {"name": "SECRET_KEY_BASE", "value": d.hide(m.hex(128))},
        ],
        "ProjectPath": d.keep("/data/compose/14/" + m.sha1()),
        "GitConfig": {
            "URL": "https://git.example.net/ops/wiki",
            "ConfigHash": d.keep(m.sha1()),
            "Authentication": {"Username": "ops", "Password": ""},
        },
        "AutoUpdate": {"Interval": "5m", "JobID": d.keep("autoupdate-18")},
    }
    d.kept('"Password":""', '"name":"WIKI_PORT","value":"3001"')
    api(d, "GET", "https://portainer.example.net/api/stacks/14", answer)


def prometheus_config(d: Draft) -> None:
    m = d.mint
    yaml = f"""global:
  scrape_interval: 15s
  external_labels: {{cluster: prod, replica: {d.keep("prom-" + m.hex(6))}}}
remote_write:
- url: https://metrics.example.net/api/v1/push
  authorization:
    type: Bearer
    credentials: <secret>
scrape_configs:
- job_name: {d.keep("vault-token-metrics")}
  params:
    api_key: [{d.hide(m.hex(40))}]
  bearer_token_file: {d.keep("/var/run/secrets/kubernetes.io/serviceaccount/token")}
"""
    d.kept("credentials: <secret>")
    api(d, "GET", "http://prometheus:9090/api/v1/status/config", {"status": "success", "data": {"yaml": yaml}})


def hub_basic_header(d: Draft) -> None:
    """JupyterHub and its users: a token once, in the answer that creates it."""
    m = d.mint
    answer = {
        "id": "a" + m.digits(3),
        "kind": "api_token",
        "scopes": ["self", "tokens!user=anna"],
        "token": d.hide(m.hex(32)),
        "oauth_client": "JupyterHub",
        "session_id": d.keep(m.hex(32)),
        "note": d.keep("token for the nightly job"),
        "server_url": b64("https://hub.example.net"),
    }
    d.kept('"kind":"api_token"', '"tokens!user=anna"')
    api(d, "POST", "https://hub.example.net/hub/api/users/anna/tokens", answer)
