"""Secrets inside codings: compressed, nested, other character sets, multipart."""

from __future__ import annotations

import importlib
import json
from typing import Any

from tests.corpus.redaction.draft import Draft, b64, packed
from tests.corpus.redaction.services import api, aws_json, page


def brotli_body(d: Draft) -> None:
    m = d.mint
    answer = {
        "integration": {
            "slackToken": d.hide(m.slack_bot()),
            "slackChannelId": d.keep("C" + m.chars(10).upper()),
            "signature": d.keep("v0-" + m.uuid()),
        }
    }
    api(d, "GET", "https://status.example.com/api/integrations/slack", answer)
    brotli: Any = importlib.import_module("brotli")
    d.packed("br", brotli.compress)


def gzip_ndjson(d: Draft) -> None:
    m = d.mint
    rows = [{"seq": n, "auth": {"basic": b64(f"robot{n}:{d.hide(m.chars(20))}")}, "job": d.keep(m.uuid())} for n in range(3)]
    page(d, "https://logs.example.com/archive/11.ndjson", "\n".join(json.dumps(row) for row in rows), "application/x-ndjson")
    d.packed("gzip", packed)


def zipped_field(d: Draft) -> None:
    """A subscription filter's record: gzip in base64 in JSON."""
    m = d.mint
    events = [{"id": m.digits(56), "timestamp": 1795596400000, "message": f"DB_PASSWORD={d.hide(m.strong(18))} connecting"}]
    inner = json.dumps({"messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "orders", "logEvents": events})
    record = {
        "SequenceNumber": d.keep(m.digits(56)),
        "Data": b64(packed(inner)),
        "PartitionKey": d.keep(m.hex(32)),
        "ApproximateArrivalTimestamp": 1795596401.1,
    }
    answer = {"Records": [record], "NextShardIterator": d.keep("AAAAAAAAAA" + m.base64(150)), "MillisBehindLatest": 0}
    aws_json(d, "kinesis", "Kinesis_20131202.GetRecords", {"ShardIterator": "AAAAAAAAAA"}, answer)


def escaped_json_log(d: Draft) -> None:
    m = d.mint
    command = json.dumps({"cmd": "ALTER USER app WITH PASSWORD " + json.dumps(d.hide(m.strong(19))), "rows": 0})
    outer = json.dumps({"source": "pgaudit", "statement": command, "digest": d.keep(m.sha256())})
    rows = [{"_id": d.keep(m.chars(20)), "_source": {"@timestamp": "2026-11-24T10:15:00Z", "message": outer}, "sort": [1795596400000]}]
    api(
        d,
        "POST",
        "https://es.example.com/audit/_search",
        {"took": 3, "_scroll_id": d.keep("FGluY2x1ZGVf" + m.base64(90)), "hits": {"total": {"value": 1}, "hits": rows}},
    )


def hex_dump(d: Draft) -> None:
    m = d.mint
    secret = d.hide(m.passphrase())
    rows = [{"key": "0x" + m.hex(16), "value_hex": f"password={secret}".encode().hex(), "fingerprint": d.keep(m.hex(40))}]
    api(d, "GET", "https://kv.example.com/debug/dump", {"encoding": "hex", "rows": rows, "checksum": d.keep(m.hex(8) + m.hex(24))})


def form_data_answer(d: Draft) -> None:
    m = d.mint
    mark = "----FormBoundary" + m.chars(16)
    parts = [
        ("username", "ops"),
        ("password", d.hide(m.password())),
        ("comment", d.keep("please keep the secret door closed, room " + m.digits(3))),
        ("upload_id", d.keep(m.urlsafe(40))),
    ]
    text = "".join(f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts)
    d.ask("GET", "https://echo.example.com/form", b"", accept="*/*")
    d.text(text + f"--{mark}--\r\n", f"multipart/form-data; boundary={mark}")


def xml_settings(d: Draft) -> None:
    """Attributes, elements, CDATA and entities."""
    m = d.mint
    odd = d.hide("p&" + m.chars(14) + "<9")
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0">
  <servers>
    <server><id>releases</id><username>deploy</username><password>{odd.replace("&", "&amp;").replace("<", "&lt;")}</password></server>
    <server><id>site</id><passphrase><![CDATA[{d.hide(m.strong(18))}]]></passphrase></server>
    <server><id>snapshots</id><password>{d.keep("${env.NEXUS_PASSWORD}")}</password></server>
  </servers>
  <datasource jndi-name="java:/Shop" user-name="shop" password="{d.hide(m.chars(18))}" pool="{d.keep("pool-" + m.hex(8))}"/>
  <checksum type="sha-256">{d.keep(m.sha256())}</checksum>
</settings>
"""
    d.kept('jndi-name="java:/Shop"')
    page(d, "https://files.example.com/m2/settings.xml", text, "application/xml")


def yaml_folded(d: Draft) -> None:
    m = d.mint
    blob = b64(json.dumps({"auths": {"ghcr.io": {"auth": b64("bot:" + d.hide(m.github()))}}}))
    wrapped = "\n    ".join(blob[at : at + 76] for at in range(0, len(blob), 76))
    text = f"""registry:
  config: |
    {wrapped}
  mirror: {d.keep("mirror-" + m.hex(10) + ".example.com")}
sops:
  mac: {d.keep("ENC[AES256_GCM,data:" + m.base64(48) + ",type:str]")}
  lastmodified: "2026-11-24T10:15:00Z"
license: |-
  Permission is hereby granted, free of charge, to any person obtaining a copy of this software.
"""
    d.kept("Permission is hereby granted, free of charge, to any person obtaining a copy of this software.")
    page(d, "https://files.example.com/registry.yaml", text, "application/yaml")
