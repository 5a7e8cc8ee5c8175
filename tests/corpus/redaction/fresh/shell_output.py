"""Output of commands, as run-command APIs and paste servers answer it."""

from __future__ import annotations

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.fresh import dated, dotted, initials, leet, named, plain, team, walk
from tests.corpus.redaction.services import aws_json, page


def _paste(d: Draft, text: str, kind: str = "text/plain; charset=utf-8") -> None:
    page(d, f"https://paste.example.com/raw/{d.mint.chars(8)}", text, kind)


def environment(d: Draft) -> None:
    m = d.mint
    text = f"""HOSTNAME=api-{m.chars(10, "bcdf456789")}-x7k2p
KUBERNETES_SERVICE_HOST=10.96.0.1
SPRING_DATASOURCE_PASSWORD={d.hide(team(m))}
AWS_ACCESS_KEY_ID={m.aws_id("ASIA")}
AWS_SECRET_ACCESS_KEY={d.hide(m.aws_secret())}
AWS_SESSION_TOKEN={d.hide(m.aws_session())}
GIT_SHA={d.keep(m.sha1())}
SSH_AUTH_SOCK=/tmp/ssh-{m.chars(10)}/agent.811
SHOP_TOKEN_PORT=tcp://10.96.12.7:8080
GOOGLE_APPLICATION_CREDENTIALS={d.keep("/var/secrets/google/key.json")}
VAULT_TOKEN={d.hide(m.vault())}
XDG_SESSION_ID=c2
LS_COLORS=rs=0:di=01;34:ln=01;36
PWD=/srv/app
OLDPWD=/home/deploy/releases
"""
    d.kept("SHOP_TOKEN_PORT=tcp://10.96.12.7:8080", "OLDPWD=/home/deploy/releases", "XDG_SESSION_ID=c2", "PWD=/srv/app")
    _paste(d, text)


def command_on_a_host(d: Draft) -> None:
    m = d.mint
    output = f"""mysql: [Warning] Using a password on the command line interface can be insecure.
user\thost\tplugin\tauthentication_string
root\tlocalhost\tauth_socket\t
app\t%\tmysql_native_password\t*{m.hex(40).upper()}
+ mysql -uapp -p{d.hide(dotted(m))} -e 'select 1'
[client]
user=backup
password={d.hide(m.strong(17))}
"""
    d.kept("Using a password on the command line interface can be insecure.", "mysql_native_password")
    answer = {
        "CommandId": d.keep(m.uuid()),
        "InstanceId": d.keep("i-0" + m.hex(16)),
        "Status": "Success",
        "StandardOutputContent": output,
        "StandardErrorContent": "",
        "StandardOutputUrl": d.keep(f"https://s3.eu-central-1.amazonaws.com/ssm-out/{m.uuid()}/stdout"),
        "ResponseCode": 0,
    }
    aws_json(d, "ssm", "AmazonSSM.GetCommandInvocation", {"CommandId": m.uuid(), "InstanceId": "i-0123456789abcdef0"}, answer)


def request_of_curl(d: Draft) -> None:
    m = d.mint
    text = "\n".join(
        (
            "* Connected to api.example.com (203.0.113.9) port 443",
            "* Server auth using Basic with user 'deploy'",
            "> POST /oauth/token HTTP/2",
            "> Authorization: Basic " + b64("deploy:" + d.hide(leet(m))),
            f"> Cookie: _ga=GA1.2.{d.keep(m.digits(9) + '.' + m.digits(10))}; sid={d.hide(m.urlsafe(32))}",
            "} [84 bytes data]",
            "< HTTP/2 200",
            f"< cf-ray: {d.keep(m.hex(16) + '-FRA')}",
            f"< etag: {d.keep(m.etag())}",
            f'{{"access_token":"{d.hide(m.urlsafe(40))}","token_type":"bearer","expires_in":7200,"scope":"deploy"}}',
            "* Connection #0 to host api.example.com left intact",
            "",
        )
    )
    d.kept("* Server auth using Basic with user 'deploy'", '"token_type":"bearer","expires_in":7200')
    _paste(d, text)


def processes(d: Draft) -> None:
    m = d.mint
    text = f"""USER         PID %CPU %MEM COMMAND
postgres     812  0.1  2.2 postgres: checkpointer
app         1044  3.0  9.1 java -Djavax.net.ssl.keyStorePassword={d.hide(plain(m))} -Djavax.net.ssl.keyStore=/etc/app/ks.p12 -jar app.jar
app         1101  0.4  1.0 node server.js --jwt-secret {d.hide(m.hex(32))} --port 3000 --token-ttl 900
backup      2210  0.0  0.3 restic -r s3:s3.amazonaws.com/bk --password-file /root/.restic backup /srv
backup      2214  0.0  0.1 sshpass -p {d.hide(walk(m))} scp dump.gz nas:/vol1
root        2300  0.0  0.1 openvpn --config /etc/openvpn/c.conf --auth-user-pass /etc/openvpn/pass
kim         2400  0.0  0.1 psql postgresql://kim:{d.hide(named(m).replace("@", "=").replace("#", "="))}@db/crm
kim         2401  0.0  0.1 mkdir -p private/keys
kim         2402  0.0  0.1 vim password_reset_controller.rb
"""
    d.kept(
        "--password-file /root/.restic",
        "--auth-user-pass /etc/openvpn/pass",
        "mkdir -p private/keys",
        "vim password_reset_controller.rb",
        "--port 3000 --token-ttl 900",
    )
    _paste(d, text)


def table_of_postgres(d: Draft) -> None:
    m = d.mint
    rows = "\n".join(
        f" {n:>2} | {name:<8} | {d.hide(secret):<32} | {d.keep(when)} | t"
        for n, name, secret, when in (
            (1, "github", m.hex(40), "2026-01-04 08:11:02+00"),
            (2, "pagerduty", "u+" + m.chars(18), "2026-02-09 17:00:41+00"),
            (3, "jira", m.chars(24), "2026-03-02 03:22:19+00"),
        )
    )
    text = f"""crm=> select id, name, api_token, created_at, active from integrations;
 id |   name   |            api_token             |       created_at       | active
----+----------+----------------------------------+------------------------+--------
{rows}
(3 rows)

crm=> \\d users
       Column        |  Type   | Nullable |      Default
---------------------+---------+----------+--------------------
 encrypted_password  | text    | not null | ''::text
 reset_token_sent_at | timestamp |        |
 otp_secret_enabled  | boolean | not null | false
"""
    d.kept(
        "encrypted_password  | text    | not null", "otp_secret_enabled  | boolean | not null | false", "reset_token_sent_at | timestamp"
    )
    _paste(d, text)


def vertical_rows(d: Draft) -> None:
    m = d.mint
    text = f"""*************************** 1. row ***************************
         User_name: repl
     User_password: {d.hide(initials(m))}
              Port: 3306
     Connect_retry: 60
  Master_Server_Id: 2
       Master_UUID: {d.keep(m.uuid())}
Retrieved_Gtid_Set: {d.keep(m.uuid() + ":1-88123")}
    Master_SSL_Key: /etc/mysql/client-key.pem
Get_master_public_key: 0
1 row in set (0.00 sec)
"""
    d.kept("Master_SSL_Key: /etc/mysql/client-key.pem", "Get_master_public_key: 0")
    _paste(d, text)


def described_by_kubectl(d: Draft) -> None:
    m = d.mint
    text = f"""Name:             api-0
Namespace:        shop
Service Account:  api
Containers:
  api:
    Container ID:  {d.keep("containerd://" + m.sha256())}
    Image ID:      {d.keep("ghcr.io/acme/api@" + m.digest())}
    Args:
      --admin-token={d.hide(m.urlsafe(24))}
      --secret-provider=aws
    Environment:
      DB_PASSWORD:   <set to the key 'password' in secret 'shop-db'>  Optional: false
      CACHE_URL:     redis://:{d.hide(m.chars(20))}@cache:6379
      SIGNING_SECRET:  {d.hide(leet(m))}
      TOKEN_PATH:    /var/run/secrets/tokens/api
Volumes:
  kube-api-access:
    Type:                    Projected (a volume that contains injected data from multiple sources)
    TokenExpirationSeconds:  3607
  tls:
    Type:        Secret (a volume populated by a Secret)
    SecretName:  shop-tls
"""
    d.kept(
        "<set to the key 'password' in secret 'shop-db'>  Optional: false",
        "TokenExpirationSeconds:  3607",
        "SecretName:  shop-tls",
        "--secret-provider=aws",
        "TOKEN_PATH:    /var/run/secrets/tokens/api",
    )
    _paste(d, text)


def secrets_by_kubectl(d: Draft) -> None:
    m = d.mint
    text = f"""apiVersion: v1
items:
- apiVersion: v1
  data:
    api-key: {b64(d.hide(m.urlsafe(33), schema=True))}
    password: {b64(d.hide(dated(m), schema=True))}
  kind: Secret
  metadata:
    annotations:
      reloader.stakater.com/last-hash: {d.keep(m.sha1())}
    name: billing
    namespace: shop
    uid: {d.keep(m.uuid())}
  type: Opaque
- apiVersion: v1
  data:
    tls.key: {b64(d.hide(keys.rsa_pkcs1("fresh-kubectl"), schema=True))}
  kind: Secret
  metadata:
    name: billing-tls
  type: kubernetes.io/tls
- apiVersion: v1
  data:
    password.policy: "min=12"
    ca.pem: |
      {d.keep(keys.certificate("fresh-kubectl").splitlines()[1])}
  kind: ConfigMap
  metadata:
    name: billing-secret-policy
kind: List
"""
    d.kept('password.policy: "min=12"', "name: billing-secret-policy", "type: kubernetes.io/tls")
    _paste(d, text, "text/yaml")


def plan_of_terraform(d: Draft) -> None:
    m = d.mint
    text = f"""Terraform will perform the following actions:

  # aws_db_instance.main will be updated in-place
  ~ resource "aws_db_instance" "main" {{
        id                  = "{d.keep("db-" + m.chars(26, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))}"
      ~ password            = (sensitive value)
        master_user_secret_kms_key_id = "{d.keep(f"arn:aws:kms:eu-central-1:{m.account()}:key/{m.uuid()}")}"
    }}

  # datadog_integration.main will be created
  + resource "datadog_integration" "main" {{
      + app_key  = "{d.hide(m.hex(40))}"
      + secret   = (known after apply)
    }}

  # helm_release.wiki will be updated in-place
  ~ resource "helm_release" "wiki" {{
      ~ values = [
          - <<-EOT
                adminPassword: {d.hide(named(m))}
            EOT,
          + <<-EOT
                adminPassword: {d.hide(m.passphrase())}
            EOT,
        ]
    }}

  # random_password.app must be replaced
-/+ resource "random_password" "app" {{
      ~ bcrypt_hash = (sensitive value)
      ~ length      = 16 -> 24 # forces replacement
      ~ result      = (sensitive value)
    }}

Plan: 2 to add, 2 to change, 1 to destroy.

Changes to Outputs:
  ~ webhook_secret = "{d.hide("whsec" + "_" + m.chars(32))}" -> (known after apply)
"""
    d.kept("password            = (sensitive value)", "secret   = (known after apply)", "~ length      = 16 -> 24 # forces replacement")
    _paste(d, text)


def session_of_a_shell(d: Draft) -> None:
    m = d.mint
    text = f"""  501  cd /srv/app && git pull
  502  export DIGITALOCEAN_TOKEN={d.hide(m.digitalocean())}
  503  doctl kubernetes cluster list
  504  passwd kim
  505  echo "{d.hide(walk(m))}" | sudo -S systemctl restart app
  506  gh auth login --with-token <<< {d.hide(m.github())}
  507  openssl rand -base64 32 > secret.key
  508  ansible-playbook site.yml --ask-vault-pass -e "db_pass={d.hide(m.joined())}"
  509  htpasswd -bc .htpasswd kim {d.hide(dated(m))}
  510  cat ~/.aws/credentials | grep -v secret
  511  ssh-keygen -t ed25519 -N '' -f deploy_key
  512  history
"""
    d.kept(
        "504  passwd kim",
        "openssl rand -base64 32 > secret.key",
        "ssh-keygen -t ed25519 -N '' -f deploy_key",
        "--ask-vault-pass",
        "cat ~/.aws/credentials | grep -v secret",
    )
    _paste(d, text)


def inspected_by_docker(d: Draft) -> None:
    m = d.mint
    _paste(d, "")
    row = {
        "Id": d.keep(m.sha256()),
        "Name": "/minio",
        "Args": ["server", "/data", "--console-address", ":9001"],
        "Config": {
            "Env": [
                "MINIO_ROOT_USER=minio",
                f"MINIO_ROOT_PASSWORD={d.hide(team(m))}",
                f"MINIO_UPDATE_MINISIGN_PUBKEY={d.keep('RWT' + m.base64(39))}",
                "MC_CONFIG_DIR=/tmp/.mc",
            ],
            "Image": d.keep(f"minio/minio@{m.digest()}"),
        },
        "HostConfig": {"LogConfig": {"Type": "splunk", "Config": {"splunk-token": d.hide(m.uuid()), "splunk-url": "https://splunk:8088"}}},
        "NetworkSettings": {"SandboxKey": d.keep(f"/var/run/docker/netns/{m.hex(12)}"), "EndpointID": d.keep(m.sha256())},
    }
    d.json([row], indent=4)


def manager_of_hosts(d: Draft) -> None:
    m = d.mint
    text = f"""PLAY [web] *********************************************************************
TASK [create app user] *********************************************************
changed: [web1] => {{"changed": true, "comment": "", "password": "NOT_LOGGING_PASSWORD", "uid": 1001}}
TASK [debug] *******************************************************************
ok: [web1] => {{
    "db_credentials": {{
        "password": "{d.hide(initials(m))}",
        "username": "web"
    }}
}}
TASK [write token] *************************************************************
changed: [web1] => {{"censored": "the output has been hidden due to the fact that 'no_log: true' was specified for this result", "changed": true}}
TASK [template] ****************************************************************
--- before: /etc/app.yml
+++ after: /root/.ansible/tmp/{d.keep("ansible-local-" + m.digits(6))}/app.yml.j2
-api_key: {d.hide(m.chars(28))}
+api_key: {d.hide(m.chars(28))}
 api_key_header: X-Api-Key
"""
    d.kept('"password": "NOT_LOGGING_PASSWORD"', "api_key_header: X-Api-Key", "'no_log: true' was specified")
    _paste(d, text)


def output_of_logins(d: Draft) -> None:
    """What command lines print after making something."""
    m = d.mint
    text = f"""$ az ad sp create-for-rbac -n ci --role contributor
{{
  "appId": "{d.keep(m.uuid())}",
  "displayName": "ci",
  "password": "{d.hide(m.azure_secret())}",
  "tenant": "{d.keep(m.uuid())}"
}}
$ kubeadm token create --print-join-command
kubeadm join 10.0.0.10:6443 --token {d.hide(m.bootstrap())} --discovery-token-ca-cert-hash {d.keep(m.digest())}
$ docker swarm join-token -q worker
{d.hide("SWMTKN" + "-1-" + m.chars(50, "abcdefghijklmnopqrstuvwxyz0123456789") + "-" + m.chars(25, "abcdefghijklmnopqrstuvwxyz0123456789"))}
$ gcloud auth print-access-token
{d.hide(m.google_token())}
$ argocd admin initial-password -n argocd
{d.hide(m.chars(16))}

 This password must be only used for first time login. We strongly recommend you update the password using `argocd account update-password`.
$ ssh-keygen -lf host.pub
256 {d.keep(m.fingerprint())} root@host (ED25519)
"""
    d.kept("This password must be only used for first time login.", "$ docker swarm join-token -q worker")
    _paste(d, text)


def key_on_a_screen(d: Draft) -> None:
    m = d.mint
    text = f"$ cat /root/.ssh/id_ed25519\n{d.hide(keys.openssh('fresh-screen'))}$ cat /root/.ssh/id_ed25519.pub\n{d.keep(m.ssh_public())} root@host\n$ gpg --export-secret-keys -a ops\n{d.hide(keys.pgp('fresh-screen'))}$ openssl x509 -in web.pem\n{d.keep(keys.certificate('fresh-screen'))}"
    _paste(d, text)
