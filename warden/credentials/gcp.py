"""The Google Cloud broker: dummy access tokens inside, real ones outside, and the swap in between.

============================================  ====================================================================================
``Authorization: Bearer`` of a session dummy  becomes the real token
no credential at all                          passes as it is: public data
an API key, to Gemini's API                   passes as it is: a key that the user passes in, as to any other model
any other token, key or signature             denied: the agent found or made credentials that are not the session's
============================================  ====================================================================================

Two dummies, because two kinds of tools find their identity in two places outside: gcloud in its own login (``CLOUDSDK_AUTH_ACCESS_TOKEN``
inside), Terraform and libraries in the application default credentials (``GOOGLE_OAUTH_ACCESS_TOKEN``). Each stands for that source, or the
other when it is empty.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_plus

from warden.config import GcpCredentialsConfig
from warden.credentials import gcp_metadata, gcp_outside
from warden.credentials.ask import ask
from warden.credentials.outside import Outside
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, HttpResponse

#: The variables that tools read a token from.
GCLOUD, LIBRARIES = "CLOUDSDK_AUTH_ACCESS_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN"

#: The life that Google's tokens usually have, in seconds.
USUAL_LIFE = 3599
#: Seconds before its expiry at which a token is fetched anew, and the life of one that names none.
REFRESH_MARGIN, UNDATED_LIFE = 300.0, 900.0

#: Seconds after a failure in which it is repeated without asking again.
FAILURE_LIFE = 5.0

_RESOLVE = Path(__file__).with_name("gcp_resolve.py")
_SETUP = "Run `gcloud auth login` or `gcloud auth application-default login` outside the sandbox."

#: Query parameters that are credentials: https://cloud.google.com/apis/docs/system-parameters, and signed URLs of Cloud Storage.
_QUERY = frozenset({"access_token", "oauth_token", "bearer_token", "key", "$key", "x-goog-signature", "x-goog-credential", "signature",
                    "googleaccessid", "x-amz-signature", "x-amz-credential", "awsaccesskeyid"})  # fmt: skip
#: Headers that are credentials beside Authorization.
_HEADERS = frozenset({"x-goog-api-key", "x-goog-iam-authorization-token", "x-goog-iam-authority-selector", "x-goog-authenticated-user-email",
                      "x-serverless-authorization", "x-goog-iap-jwt-assertion", "cookie"})  # fmt: skip
#: The API that asks models with keys instead of identities (https://ai.google.dev/gemini-api/docs/api-key), and where it takes them.
_KEYED_HOST, _KEYS = "generativelanguage.googleapis.com", frozenset({"x-goog-api-key", "key", "$key"})
#: In the body of a batch, each inner request may have a credential of its own, which Google prefers to the outer one.
_INNER = re.compile(rb"(?:^|\n)[ \t]*(?:authorization|x-goog-api-key)[ \t]*:|[?&](?:access_token|key|oauth_token)=", re.IGNORECASE)


class Tokens:
    """The real access token of one kind of tool. `order` says which sources outside are asked, first to last."""

    def __init__(self, outside: Outside, variable: str, order: tuple[str, ...], now: Callable[[], float]) -> None:
        self._outside = outside
        self._variable = variable
        self._order = order
        self._now = now
        self._kept, self._refresh_at, self._expires = "", 0.0, 0.0
        self._failure: CredentialError | None = None
        self._failed_until = 0.0

    def __repr__(self) -> str:
        return "Tokens(redacted)"

    def life(self) -> int:
        """Whole seconds that the token at hand is good for, or one would be: what a client may be told, and no reason to fetch one."""
        left = int(self._expires - self._now())
        return left if self._kept and left > 0 else USUAL_LIFE

    def token(self) -> str:
        """A token that is good now. Blocks while it is fetched. Raises CredentialError ``no-credentials`` or ``credentials-unavailable``."""
        for name in (self._variable, GCLOUD, LIBRARIES):
            if stated := self._outside.environment.get(name):
                return stated
        now = self._now()
        if self._kept and now < self._refresh_at:
            return self._kept
        if self._failure is not None and now < self._failed_until:
            raise self._failure
        try:
            self._kept, expires = self._resolved()
        except CredentialError as error:
            self._failure, self._failed_until = error, self._now() + FAILURE_LIFE
            raise
        life = UNDATED_LIFE if expires is None else expires - now
        self._failure, self._expires = None, now + life
        self._refresh_at = now + max(0.0, life - min(REFRESH_MARGIN, life / 5))
        return self._kept

    def _resolved(self) -> tuple[str, float | None]:
        answer = ask(self._outside, _RESOLVE, {"order": self._order}, kind="Google Cloud", advice=_SETUP)
        token, expires = answer.get("token"), answer.get("expires")
        if isinstance(token, str) and token:
            return token, expires if isinstance(expires, int | float) else None
        error = str(answer.get("error", "no token"))
        if error in ("DefaultCredentialsError", "FileNotFoundError", "no-source"):
            raise CredentialError("no-credentials", "There are no Google Cloud credentials outside the sandbox.", _SETUP)
        raise CredentialError("credentials-unavailable", f"A Google Cloud token could not be had outside the sandbox: {error}.", _SETUP)


class GcpBroker:
    """One session's Google identities. Arguments as of `AwsBroker`."""

    def __init__(
        self,
        config: GcpCredentialsConfig,
        environment: Mapping[str, str],
        home: str | Path,
        *,
        run_as: tuple[int, int] | None = None,
        writable: tuple[str, ...] = (),
        now: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._outside = Outside(environment, home, run_as, writable)
        # Google's tokens begin with "ya29."; 128 random characters behind it are nobody's.
        self._dummies = {name: "ya29.warden-" + secrets.token_urlsafe(96) for name in (GCLOUD, LIBRARIES)}
        self._tokens = {
            GCLOUD: Tokens(self._outside, GCLOUD, ("gcloud", "adc"), now),
            LIBRARIES: Tokens(self._outside, LIBRARIES, ("adc", "gcloud"), now),
        }

        self._found = gcp_outside.find(self._outside, (GCLOUD, LIBRARIES))
        self._served = config.enabled and self._found.any_source

    def __repr__(self) -> str:
        return "GcpBroker(redacted)"

    def environment(self) -> dict[str, str]:
        """Variables for the sandboxed process: dummies, and the project and zone of the user's gcloud configuration. Where there is no identity, that
        nobody need look for the metadata server.
        """
        if not self._config.enabled:
            return {"NO_GCE_CHECK": "true"}
        absent = {} if self._served else {"NO_GCE_CHECK": "true"}
        return {**self._found.variables, **self._dummies, **absent}

    def local(self, request: HttpRequest) -> HttpResponse | None:
        """The metadata server's answer; None where the session has no Google identity."""
        if not self._served:
            return None
        found = self._found
        life = self._tokens[LIBRARIES].life()
        return gcp_metadata.answer(
            request,
            gcp_metadata.Instance(
                self._dummies[LIBRARIES],
                life,
                found.text("client_email"),
                found.project,
                universe=found.text("universe_domain") or "googleapis.com",
                zone=found.variables.get("CLOUDSDK_COMPUTE_ZONE", ""),
                region=found.variables.get("CLOUDSDK_COMPUTE_REGION", ""),
            ),
        )

    def needs_body(self, request: HttpRequest) -> bool:
        """A batch's inner requests may have credentials of their own."""
        return _is_batch(request)

    def authorize(self, request: HttpRequest, actions: Sequence[Action], asked: HttpRequest | None = None) -> HttpRequest:
        """`request` with the real token, or as it is when it asks for none. Raises CredentialError when it cannot be given one."""
        if not any(action.provider == "gcp" for action in actions):
            return request
        _check_elsewhere(request)
        values = request.header_values("authorization")
        if len(values) > 1:
            raise CredentialError("two-credentials", "The request has more than one Authorization header.", "Send one.")
        if not values:
            return request
        scheme, _, sent = values[0].partition(" ")
        if scheme.lower() != "bearer":
            raise _foreign(f"signed or authorized by {scheme[:32]!r}")
        source = next((name for name, made in self._dummies.items() if hmac.compare_digest(made.encode(), sent.strip().encode())), None)
        if source is None:
            raise _foreign("authorized by a token")
        if not self._config.enabled:
            raise CredentialError(
                "credentials-disabled",
                "Google Cloud credentials are turned off for this session.",
                "Set credentials.gcp.enabled to true in warden.yaml.",
            )
        real = self._tokens[source].token()
        headers = tuple((name, f"Bearer {real}" if name.lower() == "authorization" else value) for name, value in request.headers)
        return replace(request, headers=headers)


def _check_elsewhere(request: HttpRequest) -> None:
    """Raises CredentialError for a credential in another place than the Authorization header."""
    passed = _KEYS if request.host == _KEYED_HOST else frozenset()
    for name, _ in request.headers:
        if name.lower() in _HEADERS - passed:
            raise _foreign(f"authorized by the header {name.lower()}")
    for pair in request.target.partition("?")[2].split("&"):
        if unquote_plus(pair.partition("=")[0]).lower() in _QUERY - passed:
            raise _foreign(f"authorized in its query ({unquote_plus(pair.partition('=')[0])[:32]})")
    if _is_batch(request) and (request.body is None or _INNER.search(request.body)):
        raise _foreign("a batch whose parts have credentials of their own")


def _is_batch(request: HttpRequest) -> bool:
    return request.target.startswith("/batch") or any("multipart/mixed" in value.lower() for value in request.header_values("content-type"))


def _foreign(how: str) -> CredentialError:
    return CredentialError(
        "foreign-credentials",
        f"The request is {how}, which is not this session's.",
        f"Use the token in {GCLOUD} or {LIBRARIES}, as an Authorization: Bearer header.",
    )
