"""Files of keys."""

from __future__ import annotations

import json

from tests.corpus.redaction import keys
from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.services import page


def pem_with_chain(d: Draft) -> None:
    """HAProxy's one file: key first, then certificates."""
    chain = keys.certificate("edge") + keys.certificate("edge-ca")
    text = d.hide(keys.ec_pkcs8("held-out-3")) + chain
    d.kept(*keys.certificate("edge").splitlines()[2:5], keys.certificate("edge-ca").splitlines()[4])
    page(d, "https://files.example.com/etc/haproxy/edge.pem", text, "application/x-pem-file")


def adc_file(d: Draft) -> None:
    m = d.mint
    answer = {
        "account": "",
        "client_id": d.keep(m.digits(12) + "-" + m.chars(32).lower() + ".apps.googleusercontent.com"),
        "client_secret": d.hide(m.google_secret()),
        "quota_project_id": "shop",
        "refresh_token": d.hide(m.google_refresh()),
        "type": "authorized_user",
        "universe_domain": "googleapis.com",
    }
    d.kept('"type": "authorized_user"', '"quota_project_id": "shop"')
    page(
        d,
        "https://files.example.com/home/eva/.config/gcloud/application_default_credentials.json",
        json.dumps(answer, indent=2),
        "application/json",
    )


def aws_and_git_credentials(d: Draft) -> None:
    m = d.mint
    text = f"""==> .aws/credentials <==
[default]
aws_access_key_id = {m.aws_id()}
aws_secret_access_key = {d.hide(m.aws_secret())}
[sso]
aws_access_key_id = {m.aws_id("ASIA")}
aws_secret_access_key = {d.hide(m.aws_secret())}
aws_session_token = {d.hide(m.aws_session())}
role_arn = {d.keep(f"arn:aws:iam::{m.account()}:role/ops")}
credential_process = {d.keep("/usr/local/bin/aws-sso-creds --profile sso")}

==> .git-credentials <==
https://eva:{d.hide(m.github_fine())}@github.com

==> .ssh/known_hosts <==
gitlab.example.com {d.keep(m.ssh_public())}
|1|{d.keep(m.base64(20))}|{d.keep(m.base64(20))} {d.keep(m.ssh_rsa_public())}
"""
    page(d, "https://files.example.com/home/eva/dotfiles.txt", text)
