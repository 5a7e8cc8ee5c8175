"""Denials in the error format that Google's clients parse, for each of the ways in which they speak.

The format is read from the request alone, never from a decoded method, so that a request that `decode` refused is answered natively too:

1. ``Content-Type: application/grpc...``: an answer of trailers only, which is HTTP 200, with ``grpc-status: 7`` and the details as a
``google.rpc.Status``;
2. the storage XML API: its XML error;
3. a token endpoint: OAuth 2.0's error;
4. everything else, a ``/batch`` as a whole too: JSON with Google's error object, ``errors[]`` for old clients and ``details[]`` for new ones.

The code is PERMISSION_DENIED everywhere, with the reason ``forbidden`` where there is one. No client retries these: google-api-core's default
predicate takes 429, 500, 503 and 504, its gRPC configurations UNAVAILABLE, ABORTED and the like, and those that retry a 403 (BigQuery,
googleapiclient) look for a rate limit's reason.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from urllib.parse import quote

from warden.dialects import answer
from warden.dialects.body.protobuf import field
from warden.model import HttpRequest, HttpResponse, Ruling

#: google.rpc.Code of PERMISSION_DENIED: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
PERMISSION_DENIED = 7

DOMAIN = "warden"

#: Bytes of the message in gRPC's headers, before their encoding. Servers and clients limit all headers to 8-16 KiB; the details hold it once more.
MESSAGE_LIMIT = 1500

_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
_TOKEN_PATHS = frozenset({"/token", "/v1/token", "/v1beta/token", "/oauth2/v4/token", "/o/oauth2/token", "/v1/oauthtoken"})
_TOKEN_HOSTS = re.compile(r"(?:oauth2|accounts|sts|www)(?:\.mtls)?\.google(?:apis)?\.com")
#: First path segments on the storage host that are not buckets.
_STORAGE_JSON = frozenset({"storage", "upload", "download", "resumable", "batch", "$rpc", "$discovery"})


def denial(request: HttpRequest, ruling: Ruling, sentence: str) -> HttpResponse:
    """The native denial of `request`, with `sentence` as the message and `ruling.id` in its details."""
    text = answer.encodable(sentence)
    grpc = _grpc_type(request)
    if grpc:
        return _grpc(grpc, ruling, text)
    if _is_storage_xml(request):
        kind, body = "application/xml; charset=UTF-8", _xml(ruling, text)
    elif _is_token(request):
        # RFC 6749 5.2; `access_denied` is RFC 8628's and Google's own word for it.
        kind, body = "application/json; charset=UTF-8", _json({"error": "access_denied", "error_description": text})
    else:
        kind, body = "application/json; charset=UTF-8", _json({"error": _error(ruling, text)})
    return answer.forbidden(request, (("Content-Type", kind), ("X-Request-Id", _ascii(ruling.id)), ("Cache-Control", "private")), body)


def _error(ruling: Ruling, text: str) -> dict[str, object]:
    """https://cloud.google.com/apis/design/errors#http_mapping, and the older ``errors`` that storage, compute and BigQuery clients read."""
    return {
        "code": 403,
        "message": text,
        "status": "PERMISSION_DENIED",
        "errors": [{"message": text, "domain": "global", "reason": "forbidden"}],
        "details": [{"@type": _ERROR_INFO, "reason": _reason(ruling), "domain": DOMAIN, "metadata": dict(_metadata(ruling))}],
    }


def _reason(ruling: Ruling) -> str:
    """``POLICY_DENIED``, or the code of what could not be decoded in the form that ErrorInfo prescribes: ``[A-Z][A-Z0-9_]+[A-Z0-9]``."""
    return re.sub(r"[^A-Z0-9]+", "_", ruling.code.upper()).strip("_")[:63] or "POLICY_DENIED"


def _metadata(ruling: Ruling) -> Mapping[str, str]:
    known = {"ruling": ruling.id, "policies": ",".join(ruling.decision.policies)}
    if ruling.actions:
        known["operation"] = ruling.actions[0].operation
    return {key: value for key, value in known.items() if value}


def _grpc_type(request: HttpRequest) -> str:
    """The content type of a gRPC request, for the answer; empty for any other."""
    values = request.header_values("content-type")
    kind = values[0].partition(";")[0].strip().lower() if values else ""
    return kind if re.fullmatch(r"application/grpc(?:-web)?(?:-text)?(?:\+[a-z0-9.-]{1,32})?", kind) else ""


def _grpc(kind: str, ruling: Ruling, text: str) -> HttpResponse:
    """Trailers only: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses

    ``grpc-status-details-bin`` is the Status that clients unpack ErrorInfo from, in base64 without padding.
    """
    short = text.encode("utf-8")[:MESSAGE_LIMIT].decode("utf-8", "ignore")
    info = field(1, _reason(ruling)) + field(2, DOMAIN)
    for key, value in _metadata(ruling).items():
        info += field(3, field(1, key) + field(2, value.encode("utf-8", "replace")[:MESSAGE_LIMIT]))
    status = field(1, PERMISSION_DENIED) + field(2, short) + field(3, field(1, _ERROR_INFO) + field(2, info))
    headers = (
        ("Content-Type", kind),
        ("grpc-status", str(PERMISSION_DENIED)),
        # Percent-encoded: everything but printable ASCII, and the percent sign.
        ("grpc-message", quote(short, safe=" !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~")),
        ("grpc-status-details-bin", base64.b64encode(status).decode("ascii").rstrip("=")),
    )
    return HttpResponse(200, headers)


def _is_storage_xml(request: HttpRequest) -> bool:
    host = request.host.lower()
    if host.endswith(".storage.googleapis.com"):
        return True
    if host not in ("storage.googleapis.com", "storage.mtls.googleapis.com", "commondatastorage.googleapis.com"):
        return False
    first = request.target.partition("?")[0].lstrip("/").partition("/")[0]
    return first not in _STORAGE_JSON


def _is_token(request: HttpRequest) -> bool:
    return request.target.partition("?")[0] in _TOKEN_PATHS and _TOKEN_HOSTS.fullmatch(request.host.lower()) is not None


def _xml(ruling: Ruling, text: str) -> bytes:
    # https://cloud.google.com/storage/docs/xml-api/reference-status
    document = f"<Error><Code>AccessDenied</Code><Message>{answer.xml(text)}</Message><Details>{answer.xml(ruling.id)}</Details></Error>"
    return ("<?xml version='1.0' encoding='UTF-8'?>" + document).encode("utf-8", "replace")


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2).encode("ascii") + b"\n"


def _ascii(text: str) -> str:
    return "".join(char if "!" <= char <= "~" else "?" for char in text)
