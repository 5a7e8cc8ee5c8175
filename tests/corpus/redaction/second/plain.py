"""Answers without any secret that are full of what looks like one."""

from __future__ import annotations

from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, aws_json, page


def cargo_and_go_sums(d: Draft) -> None:
    m = d.mint
    lines = []
    for name in (
        "golang.org/x/crypto",
        "github.com/golang-jwt/jwt/v5",
        "github.com/hashicorp/go-secure-stdlib/password",
        "github.com/zalando/go-keyring",
    ):
        lines.append(f"{name} v1.{m.digits(2)}.0 {d.keep('h1:' + m.base64(32))}")
        lines.append(f"{name} v1.{m.digits(2)}.0/go.mod {d.keep('h1:' + m.base64(32))}")
    lines.append(f'[[package]]\nname = "secrecy"\nchecksum = "{d.keep(m.sha256())}"')
    page(d, "https://git.example.com/shop/api/raw/go.sum", "\n".join(lines) + "\n")


def s3_list_objects(d: Draft) -> None:
    m = d.mint
    rows = ""
    for name in ("backup/passwords-README.md", "tokens/colors.json", f"lfs/{m.sha256()}"):
        rows += f"  <Contents><Key>{d.keep(name)}</Key><LastModified>2026-11-02T08:41:07.000Z</LastModified><ETag>&quot;{d.keep(m.hex(32))}&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><Size>{m.digits(6)}</Size><Owner><ID>{d.keep(m.hex(64))}</ID></Owner></Contents>\n"
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>media</Name><KeyCount>3</KeyCount><IsTruncated>true</IsTruncated>
  <NextContinuationToken>{d.keep("1" + m.base64(60))}</NextContinuationToken>
{rows}</ListBucketResult>"""
    d.ask("GET", "https://media.s3.eu-central-1.amazonaws.com/?list-type=2&max-keys=3", b"")
    d.text(text, "application/xml")
    d.headers.update({"x-amz-id-2": d.keep(m.base64(57)), "x-amz-request-id": d.keep(m.chars(16).upper())})


def commits_list(d: Draft) -> None:
    m = d.mint
    rows = []
    for title in ("Rotate the signing key", "Hide the password field's value", "Bump jsonwebtoken from 9.0.1 to 9.0.2"):
        rows.append(
            {
                "sha": d.keep(m.sha1()),
                "node_id": d.keep("C_kwDO" + m.urlsafe(44)),
                "commit": {
                    "author": {"name": "Eva", "email": "eva@example.com"},
                    "message": d.keep(title),
                    "tree": {"sha": d.keep(m.sha1())},
                    "verification": {"verified": False, "signature": None},
                },
                "parents": [{"sha": d.keep(m.sha1())}],
            }
        )
    api(
        d,
        "GET",
        "https://api.github.com/repos/example/shop/commits",
        rows,
        link=f'<https://api.github.com/repositories/1/commits?after={m.sha1()}+29>; rel="next"',
    )


def json_web_keys(d: Draft) -> None:
    """Public keys: n, e, x, y and no d."""
    m = d.mint
    sets = [
        {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": d.keep(m.urlsafe(32)),
            "n": d.keep(m.urlsafe(256)),
            "e": "AQAB",
            "x5t": d.keep(m.urlsafe(20)),
        },
        {"kty": "EC", "use": "sig", "crv": "P-256", "kid": d.keep(m.uuid()), "x": d.keep(m.urlsafe(32)), "y": d.keep(m.urlsafe(32))},
    ]
    openid = {
        "token_endpoint": "https://sso.example.com/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
    }
    d.kept('["client_secret_basic","private_key_jwt"]', "https://sso.example.com/token")
    api(d, "GET", "https://sso.example.com/jwks", {"keys": sets, "openid": openid}, cache_control="max-age=3600")


def session_manager_and_traces(d: Draft) -> None:
    m = d.mint
    sessions = [
        {
            "SessionId": d.keep("anna.berg-" + m.chars(17).lower()),
            "Target": d.keep("i-0" + m.hex(16)),
            "Status": "Connected",
            "DocumentName": "SSM-SessionManagerRunShell",
            "Owner": d.keep(f"arn:aws:sts::{m.account()}:assumed-role/ops/anna.berg"),
            "Reason": d.keep("reset password of user 4711, see SEC-" + m.digits(4)),
            "OutputUrl": {"S3OutputUrl": d.keep("s3://audit/" + m.uuid()), "CloudWatchOutputUrl": ""},
            "AccessType": "Standard",
            "Details": b64("shell of the operations team"),
        }
    ]
    d.kept('"DocumentName":"SSM-SessionManagerRunShell"', b64("shell of the operations team"))
    aws_json(d, "ssm", "AmazonSSM.DescribeSessions", {"State": "Active"}, {"Sessions": sessions, "NextToken": d.keep(m.page(66))})
