"""AWS Signature Version 4: read the Authorization header, prove it, make another over the same message. Pure. `presigned` does the same for URLs.

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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from botocore.utils import normalize_url_path

from warden.credentials import sigv4a
from warden.credentials.dummies import KeyPair
from warden.credentials.sigv4a import ALGORITHM_A
from warden.errors import CredentialError
from warden.model import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"

#: Services whose paths are object keys: neither normalized nor encoded twice.
RAW_PATH_SERVICES = frozenset({"s3", "s3-object-lambda", "s3-outposts", "s3express"})

_UNRESERVED = "-_.~"
_DATE = re.compile(r"[0-9]{8}")
_HEX_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_HEX_DER = re.compile(r"(?:[0-9a-f]{2}){8,72}")
_SCOPE_PART = re.compile(r"[A-Za-z0-9_-]+")
_HEADER_NAMES = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+(?:;[a-z0-9!#$%&'*+.^_`|~-]+)*")


#: Headers, and query parameters, that hold a session's token: the second is S3's for directory buckets. Lower case.
TOKENS = ("x-amz-security-token", "x-amz-s3session-token")


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature says, in the header or in the query. `date` is YYYYMMDD; `signed_headers` are lower case, in their order. `region` is empty
    for SigV4A, which says its regions in a header.
    """

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    value: str
    algorithm: str = ALGORITHM

    @property
    def scope(self) -> str:
        """What stands behind the access key in the credential, and in the text that is signed."""
        return "/".join((self.date, *([self.region] if self.region else []), self.service, "aws4_request"))


@dataclass(frozen=True, slots=True)
class Canonical:
    """Path and query as one kind of client canonicalizes them."""

    path: str
    query: str


@dataclass(frozen=True, slots=True, repr=False)
class Proof:
    """What a proven signature was made over, to make another: the canonical form, the canonical values of the signed headers, the moment and the
    payload. `digest` is the SHA-256 of all that as one text, empty where the text that was proven is not the one to sign.
    """

    form: Canonical
    headers: Mapping[str, str]
    digest: str
    timestamp: str
    payload: str


def read_signature(authorization: str) -> Signature:
    """The parts of the header. Raises CredentialError ``bad-authorization`` for anything but the one known shape."""
    algorithm, _, rest = authorization.partition(" ")
    fields: dict[str, str] = {}
    for part in rest.split(","):
        name, found, value = part.strip().partition("=")
        if not found or name in fields:
            raise _malformed()
        fields[name] = value.strip()
    if algorithm not in (ALGORITHM, ALGORITHM_A) or fields.keys() != {"Credential", "SignedHeaders", "Signature"}:
        raise _malformed()
    signature = signature_of(fields["Credential"], fields["SignedHeaders"], fields["Signature"], algorithm)
    if signature is None:
        raise _malformed()
    return signature


def signature_of(credential: str, signed_headers: str, value: str, algorithm: str = ALGORITHM) -> Signature | None:
    """From the three fields' texts; None when one is not of its shape."""
    scope, names = credential.split("/"), tuple(signed_headers.split(";"))
    if algorithm == ALGORITHM_A:
        scope.insert(2, "any")
    if (
        len(scope) != 5
        or not scope[0]
        or scope[4] != "aws4_request"
        or not _DATE.fullmatch(scope[1])
        or not all(_SCOPE_PART.fullmatch(part) for part in scope[2:4])
    ):
        return None
    if not (_HEX_SIGNATURE if algorithm == ALGORITHM else _HEX_DER).fullmatch(value) or not _HEADER_NAMES.fullmatch(signed_headers):
        return None
    if len(set(names)) != len(names) or "host" not in names:
        return None
    region = scope[2] if algorithm == ALGORITHM else ""
    return Signature(scope[0], scope[1], region, scope[3], names, value, algorithm)


def prove(request: HttpRequest, signature: Signature, key: KeyPair, timestamp: str, *payloads: str) -> Proof:
    """That `key` made `signature` over `request` and one of `payloads`, each the body's hash or its placeholder; `timestamp` YYYYMMDDTHHMMSSZ.

    Raises CredentialError ``bad-signature`` when it did not.
    """
    headers = canonical_headers(request, signature.signed_headers)
    for sent, standard in _forms(request, signature.service):
        for payload in payloads:
            digest = digest_of(request.method, sent, headers, signature.signed_headers, payload)
            if _is_signed(digest, signature, key, timestamp):
                return Proof(standard, headers, digest if sent is standard else "", timestamp, payload)
    raise CredentialError(
        "bad-signature",
        "The AWS signature does not match the request and this session's secret key.",
        "Sign with the credentials in the environment or in ~/.aws, after the last change to the request.",
    )


def over(request: HttpRequest, signature: Signature, proof: Proof, payload: str) -> Proof:
    """What `proof` proved, for the headers that `request` has and another payload: to sign it anew."""
    return replace(proof, headers=canonical_headers(request, signature.signed_headers), digest="", payload=payload)


def resign(request: HttpRequest, signature: Signature, proof: Proof, key: KeyPair) -> HttpRequest:
    """`request` signed by `key` over the same date, scope, headers and payload. Only Authorization and the session's token differ."""
    field = next((name for name, _ in request.headers if name.lower() in TOKENS), "X-Amz-Security-Token")
    kept = [(name, value) for name, value in request.headers if name.lower() not in TOKENS]
    names = {name for name in signature.signed_headers if name not in TOKENS}
    headers = proof.headers
    token = []
    if key.token:
        token = [(field, key.token)]
        names.add(field.lower())
        headers = {**headers, field.lower(): _trimmed([key.token])}
    signed = tuple(sorted(names))
    # What differs may be the key alone: then what it signs was worked out already.
    digest = proof.digest if signed == signature.signed_headers and not token else ""
    digest = digest or digest_of(request.method, proof.form, headers, signed, proof.payload)
    value = sign(digest, signature, key, proof.timestamp)
    at = next(index for index, (name, _) in enumerate(kept) if name.lower() == "authorization")
    authorization = (
        kept[at][0],
        f"{signature.algorithm} Credential={key.access_key}/{signature.scope}, SignedHeaders={';'.join(signed)}, Signature={value}",
    )
    return replace(request, headers=(*kept[:at], *token, authorization, *kept[at + 1 :]))


def sign(digest: str, signature: Signature, key: KeyPair, timestamp: str) -> str:
    """`key`'s signature over the canonical request whose SHA-256 is `digest`."""
    text = f"{signature.algorithm}\n{timestamp}\n{signature.scope}\n{digest}"
    return mac(text, signature, key) if signature.algorithm == ALGORITHM else sigv4a.sign(text.encode(), key)


def _is_signed(digest: str, signature: Signature, key: KeyPair, timestamp: str) -> bool:
    """Whether `signature` is `key`'s over the canonical request whose SHA-256 is `digest`."""
    if signature.algorithm == ALGORITHM:
        return hmac.compare_digest(sign(digest, signature, key, timestamp), signature.value)
    return sigv4a.verify(f"{signature.algorithm}\n{timestamp}\n{signature.scope}\n{digest}".encode(), signature.value, key)


def mac(string_to_sign: str, signature: Signature, key: KeyPair) -> str:
    """`key`'s signature over a text, for the day, region and service of `signature`."""
    derived = _signing_key(key.secret_key, signature.date, signature.region, signature.service)
    return hmac.digest(derived, string_to_sign.encode(), "sha256").hex()


@lru_cache(maxsize=64)
def _signing_key(secret_key: str, date: str, region: str, service: str) -> bytes:
    """The key that signs for a day, region and service: one of its own for each, derived from the secret."""
    derived = b"AWS4" + _bytes(secret_key)
    for part in (date, region, service, "aws4_request"):
        derived = hmac.digest(derived, part.encode(), "sha256")
    return derived


def digest_of(method: str, form: Canonical, headers: Mapping[str, str], names: tuple[str, ...], payload: str) -> str:
    """The SHA-256 of the canonical request."""
    lines = "".join([f"{name}:{headers[name]}\n" for name in names])
    text = "\n".join((method.upper(), form.path, form.query, lines, ";".join(names), payload))
    return hashlib.sha256(_bytes(text)).hexdigest()


def canonical_headers(request: HttpRequest, names: tuple[str, ...]) -> dict[str, str]:
    """The canonical value of each header in `names`."""
    found = {name: _trimmed(request.fields.get(name, ())) for name in names}
    if "host" in found and "host" not in request.fields:
        # HTTP/2 has :authority instead; the pipeline has checked that it names where the connection goes.
        found["host"] = _trimmed(request.fields.get(":authority", ()) or [_authority(request)])
    return found


def _trimmed(values: Sequence[str]) -> str:
    """``Trimall`` of every value, joined with commas."""
    return ",".join([" ".join(value.split()) for value in values])


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
    paths = _paths(path, raw=service in RAW_PATH_SERVICES)
    queries = canonical_queries(query)
    for sent_path in dict.fromkeys(paths):
        for sent_query in dict.fromkeys(queries):
            form = Canonical(sent_path, sent_query)
            yield form, form
    yield Canonical(path, query), Canonical(paths[0], queries[1])


def _paths(path: str, *, raw: bool) -> list[str]:
    if path == "/":
        return [path]
    if raw:
        return [path, _encode(path, "/" + _UNRESERVED)]
    return [_encode_again(normalize_url_path(path)), _encode_again(path)]


def canonical_queries(query: str) -> tuple[str, str]:
    """Sorted as it was encoded, and sorted after it is encoded anew."""
    pairs = [pair.partition("=")[::2] for pair in query.split("&")] if query else []
    return _query(pairs), _query([(_encode(name, _UNRESERVED), _encode(value, _UNRESERVED)) for name, value in pairs])


def _query(pairs: Sequence[tuple[str, str]]) -> str:
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
