"""Cloud Storage's signed URLs, version 4: a signature by a dummy key of the session is proven, and made again with the real key. Pure.

https://cloud.google.com/storage/docs/authentication/canonical-requests and /signatures. Accepted: each of the parameters below once, its name spelled
exactly so, its value percent-encoded; in any order, among any others::

    X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=EMAIL%2F20260101%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20260101T000000Z
    &X-Goog-Expires=900&X-Goog-SignedHeaders=host&X-Goog-Signature=...

A dummy key has its account's address, and so the signature is all that differs in what goes out.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import unquote_plus

from warden.credentials import signed_query
from warden.credentials.service_account import ServiceAccountKey, ServiceAccountKeys
from warden.credentials.sigv4 import Canonical, canonical_headers, canonical_queries, digest_of
from warden.errors import CredentialError
from warden.model import HttpRequest

ALGORITHM = "GOOG4-RSA-SHA256"
#: Seconds that a URL may be good for: seven days, Google's own limit; and that a clock may be ahead.
LONGEST, _SKEW = 604_800, 900.0

_NAMES = ("X-Goog-Algorithm", "X-Goog-Credential", "X-Goog-Date", "X-Goog-Expires", "X-Goog-SignedHeaders", "X-Goog-Signature")
#: Their names as `gcp` knows credentials in a query.
PARAMETERS = frozenset({"x-goog-signature", "x-goog-credential"})
_KNOWN = {name.lower(): name for name in _NAMES}
_HOST = re.compile(r"(?:[a-z0-9._-]+\.)?storage\.googleapis\.com")
_SCOPE = re.compile(r"(?P<email>[^/\s]{3,320})/(?P<scope>(?P<day>[0-9]{8})/[a-z0-9-]{1,64}/storage/goog4_request)")
_TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_EXPIRES = re.compile(r"[1-9][0-9]{0,5}")
_HEADERS = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+(?:;[a-z0-9!#$%&'*+.^_`|~-]+)*")
_HEX = re.compile(r"(?:[0-9a-f]{2}){128,1024}")


def is_signed(request: HttpRequest) -> bool:
    """Whether the request's query has a signature of this kind, however spelled."""
    return "x-goog-signature" in (unquote_plus(pair.partition("=")[0]).lower() for pair in request.target.partition("?")[2].split("&"))


def resigned(request: HttpRequest, keys: ServiceAccountKeys, now: float) -> HttpRequest:
    """`request` with the real key's signature. Raises CredentialError ``bad-presigned`` for a URL of another form, ``foreign-credentials`` for one of
    another account, ``bad-signature`` for one that no dummy key has made over this request, ``expired-signature``, ``clock-skew``.
    """
    path, _, query = request.target.partition("?")
    fields, kept = _read(query)
    scope = _SCOPE.fullmatch(fields["X-Goog-Credential"])
    names = tuple(fields["X-Goog-SignedHeaders"].split(";"))
    if fields["X-Goog-Algorithm"] != ALGORITHM:
        raise _malformed("X-Goog-Algorithm")
    if scope is None or not fields["X-Goog-Date"].startswith(scope["day"]):
        raise _malformed("X-Goog-Credential")
    if not _HEADERS.fullmatch(fields["X-Goog-SignedHeaders"]) or len(set(names)) != len(names) or "host" not in names:
        raise _malformed("X-Goog-SignedHeaders")
    if not _HEX.fullmatch(fields["X-Goog-Signature"]):
        raise _malformed("X-Goog-Signature")
    found = keys.of(scope["email"])
    if not found or not _HOST.fullmatch(request.host) or request.header_values("authorization"):
        raise CredentialError(
            "foreign-credentials",
            "The URL is signed by a key that is not this session's.",
            "Sign it with the key inside, for Cloud Storage.",
        )
    _check_time(fields["X-Goog-Date"], fields["X-Goog-Expires"], now)
    headers = canonical_headers(request, names)
    for form in dict.fromkeys(canonical_queries("&".join(kept))):
        # The value of a header that says the body's hash, where one is signed.
        payload = headers.get("x-goog-content-sha256", "UNSIGNED-PAYLOAD")
        digest = digest_of(request.method, Canonical(path or "/", form), headers, names, payload)
        message = f"{ALGORITHM}\n{fields['X-Goog-Date']}\n{scope['scope']}\n{digest}".encode()
        if (key := _prover(found, message, bytes.fromhex(fields["X-Goog-Signature"]))) is not None:
            made = key.signature(message).hex()
            pairs = [f"X-Goog-Signature={made}" if pair.startswith("X-Goog-Signature=") else pair for pair in query.split("&")]
            return replace(request, target=f"{path}?{'&'.join(pairs)}")
    raise CredentialError(
        "bad-signature", "The URL's signature does not match the request and the key inside.", "Sign it again, and use it as it is."
    )


def _read(query: str) -> tuple[dict[str, str], list[str]]:
    """The parameters of the signature, and the pairs over which it is made."""
    try:
        return signed_query.read(query, _KNOWN, _NAMES, "X-Goog-Signature")
    except ValueError as error:
        raise _malformed(str(error)) from None


def _prover(keys: list[ServiceAccountKey], message: bytes, signature: bytes) -> ServiceAccountKey | None:
    return next((key for key in keys if key.proves(message, signature)), None)


def _check_time(stated: str, expires: str, now: float) -> None:
    try:
        if not _TIME.fullmatch(stated):
            raise ValueError
        moment = datetime.strptime(stated, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise _malformed("X-Goog-Date") from None
    if not _EXPIRES.fullmatch(expires) or int(expires) > LONGEST:
        raise _malformed("X-Goog-Expires")
    if moment - now > _SKEW:
        raise CredentialError("clock-skew", f"The URL was signed {(moment - now) / 60:.0f} minutes from now.", "Set the clock.")
    if now - moment > int(expires):
        raise CredentialError("expired-signature", "The signed URL has expired.", "Sign it again.")


def _malformed(name: str) -> CredentialError:
    return CredentialError(
        "bad-presigned",
        f"The signed URL is not well formed: {name} is missing, there twice, or not as Google writes it.",
        "Sign it with Google's client library, version 4, and use the URL as it is.",
    )
