"""Long answers: a few secrets among tens of kilobytes."""

from __future__ import annotations

import json

from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import aws_rest, kube, meta, page


def secret_list_of_a_cluster(d: Draft) -> None:
    m = d.mint
    items = []
    for number in range(40):
        name = f"{m.word()}-{m.word()}-{number}"
        data = {"config.json": b64(json.dumps({"region": "eu-central-1", "replicas": number}))}
        if number in (7, 23, 38):
            data["password"] = b64(d.hide(m.strong(), schema=True))
        labels = {"app": m.word(), "pod-template-hash": m.hex(10)}
        items.append(
            {
                "metadata": meta(d, name, "shop", labels=labels)
                if number % 5 == 0
                else {"name": name, "namespace": "shop", "labels": labels, "uid": m.uuid()},
                "data": data,
                "type": "Opaque",
            }
        )
    more = {"resourceVersion": m.digits(9), "continue": d.keep(m.page(200)), "remainingItemCount": 112}
    kube(d, "/api/v1/secrets?limit=40", {"kind": "SecretList", "apiVersion": "v1", "metadata": more, "items": items})


def build_log(d: Draft) -> None:
    m = d.mint
    lines = []
    for number in range(420):
        stamp = f"10:{number // 60:02}:{number % 60:02}"
        match number % 6:
            case 0:
                lines.append(f"{stamp} Downloading {m.word()}-{number}.whl sha256={m.sha256()}")
            case 1:
                lines.append(f"{stamp} #{number} sha256:{m.sha256()} {m.digits(2)}.1MB / {m.digits(3)}.0MB")
            case 2:
                lines.append(f"{stamp} compiling src/{m.word()}/token.rs -> target/release/deps/{m.word()}-{m.hex(16)}.rlib")
            case 3:
                lines.append(f"{stamp} test auth::password_{m.word()} ... ok ({number} ms)")
            case 4:
                lines.append(f"{stamp} cache key {m.word()}-{m.hex(40)} hit")
            case _:
                lines.append(f"{stamp} span {m.hex(16)} trace {m.hex(32)} parent 0x{m.hex(12)}")
        if number in (11, 61, 121, 181, 241, 301, 361):
            d.keep(lines[-1])
    lines[100] = f"10:01:40 + twine upload -u __token__ -p {d.hide(m.pypi())} dist/*"
    lines[333] = f"10:05:33 + helm registry login registry.example.com --username ci --password {d.hide(m.strong(22))}"
    page(d, "https://ci.example.com/jobs/4711/raw", "\n".join(lines) + "\n")


def api_gateway_keys(d: Draft) -> None:
    m = d.mint
    items = []
    for number in range(30):
        items.append(
            {
                "id": d.keep(m.chars(10).lower()) if number % 6 == 0 else m.chars(10).lower(),
                "name": f"partner-{number}",
                "value": d.hide(m.chars(40), schema=True) if number < 3 else None,
                "enabled": True,
                "createdDate": 1790000000 + number,
                "stageKeys": [f"{m.chars(10).lower()}/prod"],
                "tags": {"contract": m.uuid(), "owner": m.word()},
            }
        )
    items = [{key: value for key, value in item.items() if value is not None} for item in items]
    aws_rest(d, "apigateway", "GET", "/apikeys?includeValues=true&limit=30", {"item": items, "position": d.keep(m.page(90))})
