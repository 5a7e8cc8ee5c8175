"""Which protocol a request speaks and which operation it names, for the protocols that name it (all but REST).

Exactly one signal may be there::

    X-Amz-Target: PREFIX.Operation                          json        POST /
    Smithy-Protocol: rpc-v2-cbor                            rpc-v2-cbor POST /service/NAME/operation/Operation
    Action=Operation&Version=DATE   in the query            query, ec2  GET or POST /
    Action=Operation&Version=DATE   in a form body          query, ec2  POST /   (SQS: also /ACCOUNT/QUEUE)
    none of these                                           REST

https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html and the AWS protocols beside it
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from warden.dialects import uri
from warden.errors import DecodeError
from warden.model import HttpRequest

FORM = "application/x-www-form-urlencoded"
#: Inflated at most: SDKs compress metrics only, and CloudWatch takes 1 MiB of them.
INFLATED_LIMIT = 4 * 1024 * 1024

_CBOR_PATH = re.compile(r"/service/([A-Za-z][A-Za-z0-9_.]*)/operation/([A-Za-z][A-Za-z0-9_]*)")
_TARGET = re.compile(r"(?:([A-Za-z][A-Za-z0-9_.]*)\.)?([A-Za-z][A-Za-z0-9_]*)")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}")
_NOT_FORM = re.compile(r"[\x00-\x1f\x7f;]")
_UTF8 = frozenset({"", "utf-8", "utf8", "us-ascii"})
_QUEUE_PATH = re.compile(r"/\d{12}/[A-Za-z0-9_-]{1,80}(?:\.fifo)?/?")


@dataclass(frozen=True, slots=True)
class Named:
    """An operation by name: `qualifier` is the target's prefix, the cbor path's service or the query protocol's version.

    `queue_in_path`: old SQS clients send to ``/ACCOUNT/QUEUE`` instead of giving the parameter QueueUrl.
    """

    protocol: str
    operation: str
    qualifier: str
    queue_in_path: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """What is read of a request before anything else: raw path, query pairs, headers by lower-case name (the first of each)."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        return self.headers.get("content-type", "").lower().partition("charset=")[2].strip(' "')

    @property
    def compressed(self) -> bool:
        return self.headers.get("content-encoding", "").strip().lower() not in {"", "identity"}


#: Headers that choose the reading: none may be there twice.
_SINGLE = frozenset(
    {
        "authorization",
        "content-encoding",
        "content-type",
        "host",
        "smithy-protocol",
        "x-amz-account-id",
        "x-amz-copy-source",
        "x-amz-target",
    }
)


def head(request: HttpRequest) -> Head:
    """Raises DecodeError for a malformed target and for headers that may not be repeated."""
    for name, values in request.fields.items():
        if len(values) > 1 and name in _SINGLE:
            raise DecodeError("duplicate-header", f"The header {name} is there twice.")
    headers = {name: values[0] for name, values in request.fields.items()}
    path, query = uri.split(request.target)
    return Head(request.method, path, uri.pairs(query), headers)


def signal(found: Head) -> str:
    """``json``, ``rpc-v2-cbor``, ``action`` (in the query) or ``""``. Raises DecodeError when there are two."""
    signals = []
    if "x-amz-target" in found.headers:
        signals.append("json")
    if "smithy-protocol" in found.headers:
        signals.append("rpc-v2-cbor")
    if found.query and any(key == "Action" for key, _ in found.query):
        signals.append("action")
    if len(signals) > 1 or (signals and signals[0] != "action" and "form" in found.content_type):
        raise DecodeError("two-protocol-signals", "The request speaks two AWS protocols at once.", "Send it in one of them.")
    if found.query and any(key.lower() in {"x-amz-target", "x-amz-copy-source"} for key, _ in found.query):
        raise DecodeError("header-in-query", "The query holds a header that chooses the operation.", "Send it as a header.")
    return signals[0] if signals else ""


def json_target(found: Head) -> Named:
    """The operation that X-Amz-Target names."""
    match = _TARGET.fullmatch(found.headers["x-amz-target"])
    if match is None:
        raise DecodeError("malformed-target-header", "The X-Amz-Target header is malformed.", "Send PREFIX.Operation.")
    _require(found, methods=("POST",), root=True)
    if found.charset not in _UTF8:
        raise DecodeError("unexpected-content-type", "The body's character set is not UTF-8.")
    return Named("json", match[2], match[1] or "")


def cbor_target(found: Head) -> Named:
    """The operation that an rpc-v2-cbor path names."""
    match = _CBOR_PATH.fullmatch(found.path)
    if found.headers["smithy-protocol"] != "rpc-v2-cbor" or match is None:
        raise DecodeError("malformed-cbor-path", "The request is no rpc-v2-cbor call.", "Send it to /service/NAME/operation/Operation.")
    _require(found, methods=("POST",), root=False)
    return Named("rpc-v2-cbor", match[2], match[1])


def query_action(found: Head, body: bytes | None, *, length: int | None, queue_paths: bool) -> Named:
    """The operation that Action and Version name, in the query or in the body but never in both or split between them."""
    if not (queue_paths and _QUEUE_PATH.fullmatch(found.path)):
        _require(found, methods=("POST", "GET"), root=True)
    in_query = [pair for pair in found.query if not pair[0].lower().startswith("x-amz-")]
    if in_query:
        if body or (body is None and length != 0):
            raise DecodeError(
                "split-parameters", "The request has parameters both in the query and in the body.", "Send all of them in the body."
            )
        return _action(in_query, found.path)
    if found.content_type not in {"", FORM} and (body or body is None):
        raise DecodeError(
            "unexpected-content-type", "The request names no operation, or its body is not a form.", f"Send {FORM}, or X-Amz-Target."
        )
    if found.charset not in _UTF8:
        raise DecodeError("unexpected-content-type", "The body's character set is not UTF-8.")
    if body is None:
        raise DecodeError("body-missing", "The operation is named in the body, which was not read.")
    return _action(form(body), found.path)


def form(body: bytes) -> tuple[tuple[str, str], ...]:
    """The pairs of a form body. A bare ``;`` is refused: it was once a separator, and still is to some parsers."""
    try:
        raw = body.decode("ascii")
    except UnicodeDecodeError:
        raise DecodeError("malformed-form", "The form holds bytes that must be percent-encoded.") from None
    if _NOT_FORM.search(raw):
        raise DecodeError("malformed-form", "The form holds a bare semicolon or control character.", "Percent-encode it.")
    if "%" in raw and uri.bad_escape(raw):
        raise DecodeError("malformed-escape", "The form holds a malformed percent escape.")
    return uri.pairs(raw, controls=True)


def _action(pairs: Sequence[tuple[str, str]], path: str) -> Named:
    actions, versions = [], []
    for key, value in pairs:
        if key == "Action":
            actions.append(value)
        elif key == "Version":
            versions.append(value)
        elif key[:1] in "aAvV \t\r\n\ufeff" and key.strip(" \t\r\n\ufeff").lower() in {"action", "version"}:
            raise DecodeError(
                "misspelt-action", f"The parameter {key!r} is nearly Action or Version.", "Send Action and Version, spelt so."
            )
    if len(actions) != 1:
        if actions:
            raise DecodeError("duplicate-action", "The request names two operations.")
        raise DecodeError("missing-action", "The request names no operation.", "Send one Action and one Version.")
    if len(versions) != 1 or _VERSION.fullmatch(versions[0]) is None:
        code, text = ("conflicting-version", "more than one") if len(versions) > 1 else ("missing-version", "no valid")
        raise DecodeError(code, f"The request names {text} API version.", "Send one Version, such as 2016-11-15.")
    if path != "/" and any(key == "QueueUrl" and not value.endswith(path) for key, value in pairs):
        raise DecodeError("two-readings", "The path names one queue and the parameter QueueUrl another.")
    if _NAME.fullmatch(actions[0]) is None:
        raise DecodeError("malformed-action", "The Action is no operation's name.")
    return Named("query", actions[0], versions[0], path != "/" and all(key != "QueueUrl" for key, _ in pairs))


def _require(found: Head, *, methods: tuple[str, ...], root: bool) -> None:
    if found.method not in methods or (root and found.path not in {"/", ""}):
        raise DecodeError("unexpected-request-line", "The method or path is not one that the protocol uses.", "Send POST /.")
