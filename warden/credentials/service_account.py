"""Service account keys: a dummy of the same shape for each real one, and signatures by the dummy made again with the real key. No I/O.

A client signs a JSON Web Token with the key that it has, and either exchanges it for an access token (RFC 7523) or sends it as the bearer token
itself. Inside it has the dummy, whose private key is a fresh one that parses. Here its signature is proven against the dummy's public key, strictly,
and the very same claims are signed with the real key.

https://datatracker.ietf.org/doc/html/rfc7515 - https://google.aip.dev/auth/4111 (self-signed) - https://google.aip.dev/auth/4112 (exchanged)
"""

from __future__ import annotations

import json
import re
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from warden.errors import CredentialError

#: The token endpoints of Google's that a key may name; the first is what a dummy names, whatever the real key does.
TOKEN_URIS = (
    "https://oauth2.googleapis.com/token",
    "https://accounts.google.com/o/oauth2/token",
    "https://www.googleapis.com/oauth2/v4/token",
)
#: Fields of a key file that say nothing secret: copied. https://cloud.google.com/iam/docs/keys-create-delete
_PLAIN = ("type", "project_id", "client_email", "client_id", "auth_uri", "auth_provider_x509_cert_url", "client_x509_cert_url",
          "universe_domain", "quota_project_id")  # fmt: skip
#: Keys of one session, and the longest token that is read, in characters.
KEYS, TOKEN_CHARACTERS = 64, 16 * 1024
#: Seconds: the longest life of a token, and how much a clock may be ahead, as Google has them.
_LIFE, _SKEW = 3600.0, 300.0
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+")
_HEADER = frozenset({"alg", "typ", "kid"})


@dataclass(frozen=True, slots=True)
class Assertion:
    """A token that a dummy key has signed, proven. `claims` are as they were signed."""

    key: ServiceAccountKey
    claims: Mapping[str, Any]
    payload: str = field(repr=False)

    @property
    def scope(self) -> str:
        return str(self.claims.get("scope", ""))

    def resigned(self) -> str:
        """The same claims, byte by byte, signed with the real key."""
        return self.key.sign(self.payload)


class ServiceAccountKey:
    """One real key and the dummy that stands for it. Raises ValueError for what is not the file of a service account key."""

    def __init__(self, real: Mapping[str, Any]) -> None:
        if real.get("type") != "service_account":
            raise ValueError("not a service account's key")
        self.email = _text(real, "client_email")
        self.real_id = real["private_key_id"] if isinstance(real.get("private_key_id"), str) else ""
        loaded = serialization.load_pem_private_key(_text(real, "private_key").encode(), None)
        if not isinstance(loaded, rsa.RSAPrivateKey):
            raise ValueError("not an RSA key")
        self.real = dict(real)
        self._real_key = loaded
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
        self._public = made.public_key()
        self.dummy_id = secrets.token_hex(20)
        plain = {name: value for name in _PLAIN if isinstance(value := real.get(name), str)}
        self.dummy: dict[str, str] = {**plain, "private_key_id": self.dummy_id, "private_key": pem, "token_uri": TOKEN_URIS[0]}

    def __repr__(self) -> str:
        return "ServiceAccountKey(redacted)"

    def proves(self, message: bytes, signature: bytes) -> bool:
        """Whether the dummy key has signed `message`."""
        try:
            self._public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    def sign(self, payload: str) -> str:
        """A token of the real key over an encoded payload."""
        header = {"alg": "RS256", "typ": "JWT", **({"kid": self.real_id} if self.real_id else {})}
        message = f"{_encode(json.dumps(header).encode())}.{payload}"
        return f"{message}.{_encode(self.signature(message.encode()))}"

    def signature(self, message: bytes) -> bytes:
        """The real key's over `message`: RSASSA-PKCS1-v1_5 with SHA-256."""
        return self._real_key.sign(message, padding.PKCS1v15(), hashes.SHA256())


class ServiceAccountKeys:
    """The keys of one session. The same real key always has the same dummy; of more than `capacity`, the oldest is forgotten."""

    def __init__(self, now: Callable[[], float] = time.time, *, capacity: int = KEYS) -> None:
        self._now = now
        self._capacity = capacity
        self._by_dummy: OrderedDict[str, ServiceAccountKey] = OrderedDict()

    def __repr__(self) -> str:
        return f"ServiceAccountKeys({len(self._by_dummy)})"

    def adopt(self, real: Mapping[str, Any], *, trusted: bool = False) -> dict[str, str]:
        """The dummy to show in place of `real`, the content of a key file. Raises ValueError for anything else.

        A key that is not the user's own file (`trusted`) must name one of Google's token endpoints: the real signature would go where it says.
        """
        for key in self._by_dummy.values():
            if key.real == real:
                return dict(key.dummy)
        if not trusted and real.get("token_uri") not in TOKEN_URIS:
            raise ValueError("its token endpoint is not Google's")
        key = ServiceAccountKey(real)
        self._by_dummy[key.dummy_id] = key
        if len(self._by_dummy) > self._capacity:
            self._by_dummy.popitem(last=False)
        return dict(key.dummy)

    def of(self, email: str) -> list[ServiceAccountKey]:
        """The keys of this account, the newest first."""
        return [key for key in reversed(self._by_dummy.values()) if key.email == email]

    def read(self, token: str) -> Assertion | None:
        """What a dummy of the session has signed; None for a token that none has.

        Accepted: three base64url segments; a header of ``alg`` RS256, ``typ`` JWT and no other member but ``kid``, which, when there, is the dummy's;
        claims that say each thing once, with the dummy's address as ``iss``. Raises CredentialError ``bad-assertion`` for one that a dummy has signed
        and that Google would not take: it is over, lasts more than an hour, or is not of its time.
        """
        segments = token.split(".")
        if len(token) > TOKEN_CHARACTERS or len(segments) != 3 or not all(_SEGMENT.fullmatch(part) for part in segments):
            return None
        header, claims, signature = _object(segments[0]), _object(segments[1]), _decode(segments[2])
        if header is None or claims is None or signature is None:
            return None
        # Never the algorithm that the token names: ``none`` and HMAC by the public key are not even tried.
        if header.get("alg") != "RS256" or header.get("typ", "JWT") != "JWT" or not header.keys() <= _HEADER:
            return None
        key = self._key(header.get("kid"), claims.get("iss"))
        if key is None or not key.proves(f"{segments[0]}.{segments[1]}".encode(), signature):
            return None
        self._check_times(claims)
        return Assertion(key, claims, segments[1])

    def _key(self, ident: object, issuer: object) -> ServiceAccountKey | None:
        if ident in (None, ""):  # Google's library writes an empty one for a key file that has none
            found = next(iter(self.of(issuer)), None) if isinstance(issuer, str) else None
        else:
            found = self._by_dummy.get(ident) if isinstance(ident, str) else None
        return found if found is not None and found.email == issuer else None

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        issued, ends, now = claims.get("iat"), claims.get("exp"), self._now()
        # bool is an int in Python, and no time.
        if type(issued) not in (int, float) or type(ends) not in (int, float):
            raise _bad("has no iat and exp")
        assert isinstance(issued, int | float)
        assert isinstance(ends, int | float)
        if not (issued <= now + _SKEW and now - _SKEW < ends <= issued + _LIFE):
            raise _bad("is over, not of its time yet, or lasts more than an hour")


def _bad(how: str) -> CredentialError:
    return CredentialError("bad-assertion", f"The token that the service account's key has signed {how}.", "Sign a new one.")


def _text(real: Mapping[str, Any], name: str) -> str:
    value = real.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"no {name}")
    return value


def _encode(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def _decode(segment: str) -> bytes | None:
    try:
        value = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        return None
    return value if _encode(value) == segment else None  # one way to write it: spare bits are zero


def _object(segment: str) -> dict[str, Any] | None:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise ValueError("a member is there twice")
        return dict(pairs)

    decoded = _decode(segment)
    try:
        value = json.loads(decoded or b"", object_pairs_hook=once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _refuse(name: str) -> Any:
    raise ValueError(name)
