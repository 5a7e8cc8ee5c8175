"""AWS Signature Version 4 in the Authorization header: read it, prove it, make another over the same message. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

The rules on what is canonical are read differently by the clients in the wild: whether the path is normalized before it is encoded twice, whether the
query is encoded anew or sorted as sent. AWS takes all of these because clients send paths and queries for which they agree, and computes
its own form from what arrives. So a signature is proven against each of `_forms` in turn, and the new one is made over the form that proved the
old: what AWS would have taken from the client, it takes from us.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from urllib.parse import quote, unquote_to_bytes

from botocore.auth import SigV4Auth
from botocore.utils import normalize_url_path

from warden.credentials.dummies import KeyPair
from warden.errors import CredentialError
from warden.model import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"

#: Services whose paths are object keys: neither normalized nor encoded twice.
_RAW_PATH_SERVICES = frozenset({"s3", "s3-object-lambda", "s3-outposts", "s3express"})

_UNRESERVED = "-_.~"
_DATE = re.compile(r"\d{8}")
_HEX_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_SCOPE_PART = re.compile(r"[A-Za-z0-9_-]+")
_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(frozen=True, slots=True)
class Signature:
    """What an ``Authorization: AWS4-HMAC-SHA256`` header says. `date` is YYYYMMDD; `signed_headers` are lower case, in their order."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    value: str


@dataclass(frozen=True, slots=True)
class Canonical:
    """Path and query as one kind of client canonicalizes them."""

    path: str
    query: str


def read_signature(authorization: str) -> Signature:
    """The parts of the header. Raises CredentialError ``bad-authorization`` for anything but the one known shape."""
    algorithm, _, rest = authorization.partition(" ")
    fields: dict[str, str] = {}
    for part in rest.split(","):
        name, found, value = part.strip().partition("=")
        if not found or name in fields:
            raise _malformed()
        fields[name] = value.strip()
    if algorithm != ALGORITHM or fields.keys() != {"Credential", "SignedHeaders", "Signature"}:
        raise _malformed()
    scope = fields["Credential"].split("/")
    names = tuple(fields["SignedHeaders"].split(";"))
    if (
        len(scope) != 5
        or scope[4] != "aws4_request"
        or not _DATE.fullmatch(scope[1])
        or not all(_SCOPE_PART.fullmatch(part) for part in scope[2:4])
    ):
        raise _malformed()
    if not _HEX_SIGNATURE.fullmatch(fields["Signature"]) or not all(_HEADER_NAME.fullmatch(name) for name in names):
        raise _malformed()
    if len(set(names)) != len(names) or "host" not in names:
        raise _malformed()
    return Signature(scope[0], scope[1], scope[2], scope[3], names, fields["Signature"])


def prove(request: HttpRequest, signature: Signature, key: KeyPair, timestamp: str, payload: str) -> Canonical:
    """The canonical form under which `key` made `signature` over `request`; `payload` is the body's hash or its placeholder,
    `timestamp` YYYYMMDDTHHMMSSZ.

    Raises CredentialError ``bad-signature`` when there is none.
    """
    for sent, standard in _forms(request, signature.service):
        text = _canonical_request(request, sent, signature.signed_headers, payload)
        if hmac.compare_digest(_sign(text, signature, key, timestamp), signature.value):
            return standard
    raise CredentialError(
        "bad-signature",
        "The AWS signature does not match the request and this session's secret key.",
        "Sign with the credentials in the environment or in ~/.aws, after the last change to the request.",
    )


def resign(request: HttpRequest, signature: Signature, canonical: Canonical, key: KeyPair, timestamp: str, payload: str) -> HttpRequest:
    """`request` signed by `key` over the same date, scope, headers and payload. Only Authorization and X-Amz-Security-Token differ."""
    kept = [(name, value) for name, value in request.headers if name.lower() != "x-amz-security-token"]
    names = {name for name in signature.signed_headers if name != "x-amz-security-token"}
    at = next(index for index, (name, _) in enumerate(kept) if name.lower() == "authorization")
    token = []
    if key.token:
        token = [("X-Amz-Security-Token", key.token)]
        names.add("x-amz-security-token")
    unsigned = replace(request, headers=(*kept[:at], *token, *kept[at + 1 :]))
    signed = tuple(sorted(names))
    value = _sign(_canonical_request(unsigned, canonical, signed, payload), signature, key, timestamp)
    scope = f"{key.access_key}/{signature.date}/{signature.region}/{signature.service}/aws4_request"
    authorization = (kept[at][0], f"{ALGORITHM} Credential={scope}, SignedHeaders={';'.join(signed)}, Signature={value}")
    return replace(request, headers=(*kept[:at], *token, authorization, *kept[at + 1 :]))


def _sign(canonical_request: str, signature: Signature, key: KeyPair, timestamp: str) -> str:
    digest = hashlib.sha256(_bytes(canonical_request)).hexdigest()
    string_to_sign = f"{ALGORITHM}\n{timestamp}\n{signature.date}/{signature.region}/{signature.service}/aws4_request\n{digest}"
    signer = SigV4Auth(key, signature.service, signature.region)
    return str(signer.signature(string_to_sign, SimpleNamespace(context={"timestamp": timestamp})))


def _canonical_request(request: HttpRequest, canonical: Canonical, names: tuple[str, ...], payload: str) -> str:
    headers = "".join(f"{name}:{_header(request, name)}\n" for name in names)
    return "\n".join((request.method.upper(), canonical.path, canonical.query, headers, ";".join(names), payload))


def _header(request: HttpRequest, name: str) -> str:
    """``Trimall`` of every value, joined with commas."""
    values = request.header_values(name)
    if name == "host" and not values:
        # HTTP/2 has :authority instead; the pipeline has checked that it names where the connection goes.
        values = request.header_values(":authority") or [_authority(request)]
    return ",".join(" ".join(value.split()) for value in values)


def _authority(request: HttpRequest) -> str:
    default = {"https": 443, "http": 80}.get(request.scheme)
    return request.host if request.port == default else f"{request.host}:{request.port}"


def _forms(request: HttpRequest, service: str) -> Iterator[tuple[Canonical, Canonical]]:
    """Pairs of a form that clients sign and the form to sign anew, most usual first.

    All but the last pair are twice the same. The last is curl before 8.3, which signs path and query as they stand on its command line, sorted or
    not: AWS refuses that where it is not canonical; here it is proven as sent and signed as it should be.
    """
    path, _, query = request.target.partition("?")
    path = path or "/"
    if service in _RAW_PATH_SERVICES:
        paths = [path, _encode(path, "/" + _UNRESERVED)]
    else:
        paths = [_encode_again(normalize_url_path(path)), _encode_again(path)]
    pairs = [pair.partition("=")[::2] for pair in query.split("&")] if query else []
    queries = [_query(pairs), _query([(_encode(name, _UNRESERVED), _encode(value, _UNRESERVED)) for name, value in pairs])]
    for sent_path in dict.fromkeys(paths):
        for sent_query in dict.fromkeys(queries):
            form = Canonical(sent_path, sent_query)
            yield form, form
    yield Canonical(path, query), Canonical(paths[0], queries[1])


def _query(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _encode(text: str, safe: str) -> str:
    """Percent-encoded once, whatever was encoded before. A plus stays one: it means a space to some servers and itself to others."""
    return quote(unquote_to_bytes(_bytes(text)), safe=safe)


def _encode_again(path: str) -> str:
    return quote(_bytes(path), safe="/" + _UNRESERVED)


def _bytes(text: str) -> bytes:
    """What was on the wire: bytes that are no UTF-8 arrive as surrogates."""
    return text.encode("utf-8", "surrogateescape")


def _malformed() -> CredentialError:
    return CredentialError("bad-authorization", "The Authorization header is not a well-formed AWS4-HMAC-SHA256 signature.")
