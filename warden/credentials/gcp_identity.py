"""ID tokens: who a service account is, signed by Google for one audience. Inside is a dummy of the same form, which becomes the real one at the host
that its audience names (``https://HOST/...``: Cloud Run, Cloud Functions, an API of one's own) and nowhere else.

A user's login has none for an audience of choice: what ``gcloud auth print-identity-token`` gives for one is good at every service that the user may
call, and whoever is sent it could use it there. https://cloud.google.com/docs/authentication/get-id-token
"""

from __future__ import annotations

import binascii
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from warden.credentials.ask import ask
from warden.credentials.gcp_outside import Found
from warden.credentials.outside import Outside
from warden.credentials.renewed import Renewed
from warden.errors import CredentialError
from warden.redact.vault import Binding, Vault

#: Seconds that an ID token of Google's is good for, and that a dummy is given out again.
LIFE, FRESH = 3600, 3000
#: Audiences of one session, and characters of one.
AUDIENCES, LONGEST = 32, 512
#: Where a client of a service sends it.
_FIELDS = ("bearer",)

_RESOLVE = Path(__file__).with_name("gcp_resolve.py")
_ADVICE = "ID tokens are there for https:// addresses, where the user outside has a service account."


class Identities:
    """One session's. `vault` holds the dummies."""

    def __init__(self, outside: Outside, found: Found, vault: Vault, now: Callable[[], float]) -> None:
        self._outside = outside
        self._found = found
        self._vault = vault
        self._now = now
        self._real: dict[str, Renewed[bytes]] = {}
        self._dummies: dict[str, tuple[str, float]] = {}

    def __repr__(self) -> str:
        return f"Identities({len(self._real)})"

    def token(self, audience: str) -> str:
        """The dummy for this audience. Raises CredentialError ``id-token`` where there is none."""
        host = host_of(audience)
        if not host or not self._found.identifies:
            raise CredentialError("id-token", "There is no ID token for this audience.", _ADVICE)
        made, until = self._dummies.get(audience, ("", 0.0))
        if self._now() < until:
            return made
        if audience not in self._real:
            if len(self._real) >= AUDIENCES:
                raise CredentialError("id-token", "This session has ID tokens for as many audiences as it may.", "Use those that it has.")
            self._real[audience] = Renewed(lambda: self._fetched(audience), self._now)
        made = self._dummy(audience)
        self._vault.reserve(made.encode(), Binding((host,), _FIELDS), self._real[audience].get)
        self._dummies[audience] = made, self._now() + FRESH
        return made

    def bind(self, real: str) -> str:
        """The dummy for a token that came in an answer: the same header and claims with a signature of random bytes, which is worth nothing.

        It becomes the real one at its audience, where that is an address.
        """
        segments = real.split(".")
        if len(segments) != 3:
            return f"warden-{secrets.token_urlsafe(48)}"
        made = ".".join((*segments[:2], secrets.token_urlsafe(256)))
        if host := host_of(_audience(segments[1])):
            self._vault.admit(real.encode(), stand_in=made.encode(), binding=Binding((host,), _FIELDS))
        return made

    def _dummy(self, audience: str) -> str:
        now, email = int(self._now()), self._found.text("client_email")
        named = {"email": email, "email_verified": True} if email else {}
        claims = {
            "aud": audience,
            "azp": self._found.text("client_id"),
            "exp": now + LIFE,
            "iat": now,
            "iss": "https://accounts.google.com",
            **named,
        }
        header = {"alg": "RS256", "kid": secrets.token_hex(20), "typ": "JWT"}
        return f"{_segment(header)}.{_segment({**claims, 'sub': self._found.text('client_id')})}.{secrets.token_urlsafe(256)}"

    def _fetched(self, audience: str) -> tuple[bytes, float | None]:
        answer = ask(self._outside, _RESOLVE, {"order": ("identity",), "audience": audience}, kind="Google Cloud", advice=_ADVICE)
        token, expires = answer.get("token"), answer.get("expires")
        if not isinstance(token, str) or not token:
            error = str(answer.get("error", "no token"))
            raise CredentialError("credentials-unavailable", f"An ID token could not be had outside the sandbox: {error}.", _ADVICE)
        return token.encode(), expires if isinstance(expires, int | float) else None


def host_of(audience: str) -> str:
    """The host of an audience that is an address; empty for any other, and for Google's own APIs, which take access tokens."""
    try:
        parts = urlsplit(audience)
        if parts.scheme != "https" or parts.username is not None or parts.port not in (None, 443) or len(audience) > LONGEST:
            return ""
    except ValueError:
        return ""
    host = (parts.hostname or "").rstrip(".")
    return "" if "*" in host or host.endswith(("googleapis.com", "google.com", "googleusercontent.com")) else host


def _audience(claims: str) -> str:
    try:
        value = json.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return str(value["aud"])
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        return ""


def _segment(value: Mapping[str, object]) -> str:
    return urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()
