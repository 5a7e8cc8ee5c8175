"""Denials as the API server's own: a ``Status`` of 403 Forbidden, which kubectl and every client library print.

JSON whenever the client takes it, and for every upgrade; protobuf or CBOR when its Accept header leaves nothing else; text for discovery, of which
client-go parses no error. The format is read from the request alone, so that one that could not be decoded is answered too. No client retries a 403
without Retry-After.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

from warden.dialects import answer
from warden.dialects.body.protobuf import field
from warden.model import HttpRequest, HttpResponse, Ruling

_PROTOBUF = "application/vnd.kubernetes.protobuf"
_CBOR = "application/cbor"
_TEXT = "text/plain"
#: What client-go's discovery asks for beside JSON. It shows an error as it comes, and only if it is text: any other is "unknown" to kubectl.
_DISCOVERY = "g=apidiscovery.k8s.io"

# Field numbers of meta/v1's generated.proto; `code` is a number, `causes` are many, the rest is text.
_STATUS = {"status": 2, "message": 3, "reason": 4, "details": 5, "code": 6}
_DETAILS = {"name": 1, "group": 2, "kind": 3, "causes": 4}
_CAUSE = {"reason": 1, "message": 2, "field": 3}


def denial(request: HttpRequest, ruling: Ruling, sentence: str) -> HttpResponse:
    """403 with `sentence` as message, the rules that deny as causes, and `ruling.id` as request id."""
    text = answer.encodable(sentence)
    status = _status(ruling, text)
    kind = _format(request)
    if kind == _PROTOBUF:
        body = _protobuf(status)
    elif kind == _CBOR:
        body = b"\xd9\xd9\xf7" + _cbor(status)
    elif kind == _TEXT:
        body = text.encode() + b"\n"
    else:
        body = json.dumps(status).encode("ascii") + b"\n"
    return answer.forbidden(request, (("Content-Type", kind), ("X-Request-Id", ruling.id), ("Cache-Control", "no-cache, private")), body)


def _status(ruling: Ruling, text: str) -> dict[str, Any]:
    action = ruling.actions[0] if ruling.actions else None
    attributes: Mapping[str, Any] = action.resources[0].attributes if action and action.resources else {}
    named = {"name": attributes.get("name"), "group": attributes.get("group"), "kind": attributes.get("type")}
    operation = action.operation if action else ""
    reasons = (ruling.code,) if ruling.code else ruling.decision.policies
    causes = [{"reason": reason, "message": ruling.decision.reason, "field": operation} for reason in reasons or ("denied",)]
    # As the API server's NewForbidden: details.kind is the resource's name.
    details = {key: str(value) for key, value in named.items() if value} | {"causes": causes}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": text,
        "reason": "Forbidden",
        "details": details,
        "code": 403,
    }


def _format(request: HttpRequest) -> str:
    """The media type of the answer: JSON, unless the Accept header rules it out and names another that the API server speaks."""
    sent = ",".join(request.header_values("accept"))
    if _DISCOVERY in sent:
        return _TEXT
    ranges = [part.partition(";")[0].strip().lower() for part in sent.split(",")]
    if not sent or any(name.lower() == "upgrade" for name, _ in request.headers):
        return "application/json"
    if any(kind in ("*/*", "application/*", "application/json") for kind in ranges):
        return "application/json"
    return next((kind for kind in (_PROTOBUF, _CBOR) if kind in ranges), "application/json")


def _protobuf(status: Mapping[str, Any]) -> bytes:
    """``k8s\\0`` and a runtime.Unknown around a meta/v1 Status."""
    envelope = field(1, field(1, b"v1") + field(2, b"Status")) + field(2, _message(status, _STATUS))
    return b"k8s\x00" + envelope + field(3, b"") + field(4, b"")


def _message(values: Mapping[str, Any], numbers: Mapping[str, int]) -> bytes:
    made = b""
    for name, number in numbers.items():
        value = values.get(name)
        if name == "details" and value:
            made += field(number, _message(value, _DETAILS))
        elif name == "causes" and value:
            made += b"".join(field(number, _message(cause, _CAUSE)) for cause in value)
        elif isinstance(value, int):
            made += field(number, value)
        elif value:
            made += field(number, str(value).encode("utf-8", "replace"))
    return made


def _cbor(value: Any) -> bytes:
    """RFC 8949, strings as byte strings: so Kubernetes' serializer writes them, and reads either."""
    if isinstance(value, Mapping):
        return _head(5, len(value)) + b"".join(_cbor(key) + _cbor(entry) for key, entry in value.items())
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(_cbor, value))
    if isinstance(value, int):
        return _head(0, value)
    data = str(value).encode("utf-8", "replace")
    return _head(2, len(data)) + data


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes((major << 5 | argument,))
    if argument < 1 << 8:
        return bytes((major << 5 | 24, argument))
    if argument < 1 << 16:
        return bytes((major << 5 | 25,)) + struct.pack(">H", argument)
    return bytes((major << 5 | 26,)) + struct.pack(">I", argument)
