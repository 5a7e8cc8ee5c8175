"""Secrets inside codings: compressed, nested, other character sets, multipart."""

from __future__ import annotations

import json
import zlib

from tests.corpus.redaction.draft import Draft, b64, packed
from tests.corpus.redaction.services import api, aws_json, page


def gzip_body(d: Draft) -> None:
    m = d.mint
    answer = {
        "settings": {"smtp_password": d.hide(m.strong(20)), "smtp_port": 587, "build": d.keep(m.sha1()), "instance": d.keep(m.uuid())}
    }
    api(d, "GET", "https://wiki.example.com/api/settings", answer)
    d.packed("gzip", packed)


def deflate_body(d: Draft) -> None:
    m = d.mint
    text = f"db.password={d.hide(m.passphrase())}\ndb.checksum={d.keep(m.hex(32))}\npassword.policy=strict\n"
    d.kept("password.policy=strict")
    page(d, "https://files.example.com/app.properties", text)
    d.packed("deflate", zlib.compress)


def json_in_json(d: Draft) -> None:
    """Three levels of JSON in strings: a queue's message with a notification with an event."""
    m = d.mint
    event = json.dumps({"detail": {"requestParameters": {"masterUserPassword": d.hide(m.wild(16))}, "eventID": d.keep(m.uuid())}})
    notice = json.dumps({"Type": "Notification", "MessageId": d.keep(m.uuid()), "Message": event})
    message = {
        "MessageId": d.keep(m.uuid()),
        "ReceiptHandle": d.keep("AQEB" + m.base64(180)),
        "MD5OfBody": d.keep(m.hex(32)),
        "Body": notice,
    }
    asked = {"QueueUrl": "https://sqs.eu-central-1.amazonaws.com/111122223333/audit"}
    aws_json(d, "sqs", "AmazonSQS.ReceiveMessage", asked, {"Messages": [message]}, version="1.0")


def base64_in_base64(d: Draft) -> None:
    m = d.mint
    inner = b64(json.dumps({"private_token": d.hide(m.gitlab()), "note": "for the mirror"}))
    outer = b64(json.dumps({"kind": "mirror", "payload": inner}))
    answer = {
        "name": "mirror-config",
        "sha": d.keep(m.sha1()),
        "size": len(outer),
        "encoding": "base64",
        "content": outer,
        "node_id": d.keep("B_kwDO" + m.urlsafe(40)),
    }
    api(d, "GET", "https://git.example.com/api/v1/repos/shop/mirror/contents/config", answer)


def utf16_export(d: Draft) -> None:
    m = d.mint
    text = f'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Shop]\r\n"DbPassword"="{d.hide(m.password())}"\r\n"InstallId"="{{{d.keep(m.uuid().upper())}}}"\r\n"PasswordAgeDays"=dword:0000005a\r\n'
    d.kept('"PasswordAgeDays"=dword:0000005a')
    page(d, "https://files.example.com/shop.reg", "")
    d.raw(b"\xff\xfe" + text.encode("utf-16-le"), "application/octet-stream")


def multipart_answer(d: Draft) -> None:
    m = d.mint
    mark = "batch_" + m.chars(20)
    parts = []
    for name, body in (
        (
            "a",
            {
                "name": "build",
                "metadata": {"items": [{"key": "runner-token", "value": d.hide(m.chars(40))}], "fingerprint": d.keep(m.base64(12))},
            },
        ),
        ("b", {"error": {"code": 404, "message": d.keep("The resource was not found: secret-store-" + m.hex(6))}}),
    ):
        parts.append(
            f"--{mark}\r\nContent-Type: application/http\r\nContent-ID: <response-{name}>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{json.dumps(body)}\r\n"
        )
    asked = ""
    for name in ("build", "secret-store"):
        path = f"/compute/v1/projects/shop/zones/europe-west3-a/instances/{name}"
        asked += f"--b\r\nContent-Type: application/http\r\nContent-ID: <{name}>\r\n\r\nGET {path} HTTP/1.1\r\n\r\n\r\n"
    url = "https://compute.googleapis.com/batch/compute/v1"
    d.ask("POST", url, (asked + "--b--\r\n").encode(), content_type='multipart/mixed; boundary="b"')
    d.text("".join(parts) + f"--{mark}--\r\n", f"multipart/mixed; boundary={mark}")


def quoted_printable_mail(d: Draft) -> None:
    m = d.mint
    text = f"""From: it@example.com\r
Subject: Your account\r
Message-ID: <{d.keep(m.hex(24) + "@mail.example.com")}>\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
Hello Eva,=20\r
your initial password is=3A {d.hide("Init" + m.chars(12))} =E2=80=93 change it on first use.\r
The link https://id.example.com/welcome?lang=3Den works for a day.\r
"""
    d.kept("change it on first use.", "Subject: Your account")
    page(d, "https://mail.example.com/api/messages/991.eml", text, "message/rfc822")


def yaml_blocks(d: Draft) -> None:
    m = d.mint
    inner = json.dumps({"clientSecret": d.hide(m.google_secret()), "clientId": d.keep(m.digits(12) + "-web.apps.googleusercontent.com")})
    text = f"""kind: Dex
config: |
  connectors:
    - type: google
      config: '{inner}'
  staticPasswords:
    - email: admin@example.com
      userID: {d.keep(m.uuid())}
  enablePasswordDB: true
pull: >
  docker login --username ci
  --password {d.hide(m.docker())}
  registry.example.com
"""
    d.kept("enablePasswordDB: true")
    page(d, "https://files.example.com/dex.yaml", text, "application/yaml")
