"""What is looked at in an AWS request before it is signed anew: how it is signed, what its body is said to be, and what cannot be swapped. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import unquote_plus

from warden.credentials.chunks import CHUNKS, CHUNKS_AND_TRAILER
from warden.credentials.presigned import Presigned
from warden.credentials.sigv4 import RAW_PATH_SERVICES, Signature
from warden.errors import CredentialError
from warden.model import Action, HttpRequest

_HEX_HASH = re.compile(r"[0-9a-f]{64}")
_TIMESTAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
_SIGNER = re.compile(r"Credential=([^/,\s%]+)(?:/|%2[Ff])")
_SERVICE_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z]{2,4}(?:-[a-z]+)+-[0-9]+)?\.(?:amazonaws\.com(?:\.cn)?|api\.aws)")
_EMPTY_HASH = hashlib.sha256(b"").hexdigest()

#: Values of x-amz-content-sha256 that leave the body unsigned.
_UNSIGNED_PAYLOADS = frozenset({"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"})

#: Query parameters, and form fields, that are a signature or name a key (lower case).
QUERY_SIGNATURES = frozenset(
    {"x-amz-algorithm", "x-amz-credential", "x-amz-signature", "x-amz-security-token", "x-amz-s3session-token", "awsaccesskeyid"}
)

#: Headers of unsigned requests that are credentials of another kind.
_TOKEN_HEADERS = frozenset({"x-amz-security-token", "x-amz-s3session-token", "x-amz-sso_bearer_token", "x-amzn-authorization"})


def moment_of(timestamp: str) -> datetime | None:
    """YYYYMMDDTHHMMSSZ as a moment; None for anything else."""
    parts = _TIMESTAMP.fullmatch(timestamp)
    try:
        return datetime(*map(int, parts.groups()), tzinfo=UTC) if parts else None  # type: ignore[misc, arg-type]
    except ValueError:
        return None


def signer(request: HttpRequest) -> str:
    """The access key id that `request` says it is signed with, or "". Nothing is proven by it."""
    found = _SIGNER.search(" ".join(request.header_values("authorization")) or request.target.partition("?")[2])
    return found[1] if found else ""


def check_host(request: HttpRequest, actions: Sequence[Action]) -> None:
    """Raises CredentialError for a signed request to a name of AWS's below which customers have servers of their own, which would see its token.

    A service that no table knows yet has a name of one label, before the region.
    """
    signed = "x-amz-signature=" in request.target.lower() or request.header_values("authorization")
    if signed and any(action.operation.startswith("unknown:") for action in actions) and not _SERVICE_HOST.fullmatch(request.host):
        raise CredentialError(
            "unknown-host", f"{request.host} is no service of AWS's that is known, and may be a customer's.", "Call AWS's own API."
        )


def is_brought(asked: HttpRequest, request: HttpRequest) -> bool:
    """Whether all that authorizes `request` is a token that stands where `asked` has its placeholder: a key of Bedrock's, a single sign-on's. That it
    may be sent there is what its binding says.
    """
    put = {name for name in ("authorization", "x-amz-sso_bearer_token") if asked.header_values(name) != request.header_values(name)}
    present = ({"authorization"} | _TOKEN_HEADERS) & request.fields.keys()
    authorization = only(request, "authorization")
    return (
        bool(put)
        and put == present
        and len(put) == 1
        and (authorization is None or authorization.lower().startswith("bearer "))
        and not names_of(request.target.partition("?")[2]) & QUERY_SIGNATURES
    )


def check_unsigned(request: HttpRequest) -> None:
    """An anonymous request passes. One that has credentials in another place than Authorization header or query does not."""
    if not _TOKEN_HEADERS.isdisjoint(request.fields):
        raise CredentialError(
            "foreign-credentials", "The request carries an AWS token that is not this session's.", "Sign it with the session's credentials."
        )
    content_type = (request.header_values("content-type") or [""])[0].partition(";")[0].strip().lower()
    if content_type == "multipart/form-data":
        raise CredentialError("post-form", "Form uploads with a signed policy cannot be given real credentials.", "Use put-object instead.")
    if content_type == "application/x-www-form-urlencoded" and names_of(body_of(request).decode("latin-1")) & QUERY_SIGNATURES:
        raise sigv2()


def check_scheme(authorization: str) -> None:
    scheme = authorization.partition(" ")[0]
    match scheme.lower():
        case "aws4-hmac-sha256" | "aws4-ecdsa-p256-sha256":
            return
        case "bearer":
            raise CredentialError(
                "bearer-token",
                "The request has a bearer token that is not this session's.",
                "Sign with the session's credentials; set AWS_BEARER_TOKEN_BEDROCK outside for Bedrock.",
            )
        case "aws" | "aws3" | "aws3-https":
            raise sigv2()
        case _:
            raise CredentialError(
                "unknown-authorization", "AWS is not called with this kind of Authorization.", "Sign with AWS4-HMAC-SHA256."
            )


def check_signed_headers(request: HttpRequest, signature: Signature) -> None:
    for name in request.fields:
        if name.startswith("x-amz-") and name not in signature.signed_headers:
            raise CredentialError("unsigned-header", f"The header {name[:100]} is not among the signed ones.", "Sign every x-amz- header.")


def payload_hash(request: HttpRequest) -> str:
    """The hash, or its placeholder, that ends the canonical request: as stated where it can be trusted to be AWS's to check, else from the body."""
    stated = only(request, "x-amz-content-sha256")
    if stated is None:
        return hashlib.sha256(body_of(request)).hexdigest()
    return _stated(request, stated)


def presigned_payloads(request: HttpRequest, presigned: Presigned) -> tuple[str, ...]:
    """What may end the canonical request of a presigned URL. Empty where it is the hash of the body, which nothing states.

    S3 leaves the body unsigned unless a header or parameter says its hash; SDKs that add one differ in whether they sign by it.
    """
    stated = {presigned.payload, only(request, "x-amz-content-sha256")} - {None}
    if len(stated) > 1:
        raise CredentialError("payload-hash", "X-Amz-Content-Sha256 is in the URL and in the headers, and differs.", "State it once.")
    unsigned = ("UNSIGNED-PAYLOAD",) if presigned.signature.service in RAW_PATH_SERVICES else ()
    if stated & {CHUNKS, CHUNKS_AND_TRAILER}:
        raise CredentialError("chunk-signatures", "A presigned URL does not sign chunks.", "Send the body as it is.")
    return tuple(dict.fromkeys((*(_stated(request, str(value)) for value in stated), *unsigned)))


def _stated(request: HttpRequest, stated: str) -> str:
    """`stated` as X-Amz-Content-Sha256, where it is true of the body as far as that is known here."""
    if stated in _UNSIGNED_PAYLOADS:
        return stated
    if stated in (CHUNKS, CHUNKS_AND_TRAILER):
        return stated
    if stated.startswith("STREAMING-AWS4-"):
        raise CredentialError(
            "chunk-signatures",
            "Signed events and chunks of this kind cannot be given real credentials.",
            "Sign chunks with AWS4-HMAC-SHA256.",
        )
    if not _HEX_HASH.fullmatch(stated):
        raise CredentialError("payload-hash", "X-Amz-Content-Sha256 is neither a hash nor a placeholder that AWS knows.")
    if (request.body is not None and hashlib.sha256(request.body).hexdigest() != stated) or (
        request.body_length == 0 and stated != _EMPTY_HASH
    ):
        raise CredentialError("payload-hash", "X-Amz-Content-Sha256 is not the hash of the body.")
    return stated


def only(request: HttpRequest, name: str) -> str | None:
    try:
        return request.header(name)
    except ValueError:
        raise CredentialError("bad-authorization", f"The header {name} is there more than once.") from None


def names_of(pairs: str) -> frozenset[str]:
    return frozenset(unquote_plus(pair.partition("=")[0]).lower() for pair in pairs.split("&"))


def body_of(request: HttpRequest) -> bytes:
    """The body, where it had to be read. Raises CredentialError ``body-unread``."""
    if request.body is None:
        raise CredentialError(
            "body-unread",
            "The body is signed and too large to be read before it is sent.",
            "Send X-Amz-Content-Sha256, or raise proxy.body_limit in warden.yaml.",
        )
    return request.body


def sigv2() -> CredentialError:
    return CredentialError(
        "sigv2", "Signatures before version 4 cannot be given real credentials.", "Use an SDK of the last ten years: AWS4-HMAC-SHA256."
    )
