"""The Google Cloud broker: dummy access tokens inside, real ones outside, and the swap in between.

============================================  ====================================================================================
``Authorization: Bearer`` of a session dummy  becomes the real token
no credential at all                          passes as it is: public data
an API key, to Gemini's API                   passes as it is: a key that the user passes in, as to any other model
a token signed by a dummy key                 is signed again with the real key (`gcp_exchange`)
a URL signed by a dummy key                   is signed again with the real key (`goog4`)
a dummy that came back in an answer           becomes what it stands for (`gcp_answers`)
any other token, key or signature             denied: the agent found or made credentials that are not the session's
============================================  ====================================================================================

Two dummies, because two kinds of tools find their identity in two places outside: gcloud in its own login (``CLOUDSDK_AUTH_ACCESS_TOKEN``
inside), Terraform and libraries in the application default credentials (``GOOGLE_OAUTH_ACCESS_TOKEN``). Each stands for that source, or the
other when it is empty. Libraries get the second from the metadata server (`gcp_metadata`), which every one of them asks when it finds no file: so one
way serves a user's login, a key, and a workload's identity outside alike. Only a key that a variable names outside is a file inside too, a dummy key.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from warden.config import GcpCredentialsConfig
from warden.credentials import gcp_answers, gcp_exchange, gcp_metadata, gcp_outside, goog4
from warden.credentials.gcp_identity import Identities
from warden.credentials.gcp_tokens import BOUND, Dummies, Fixed, Source, Tokens
from warden.credentials.outside import Outside
from warden.credentials.service_account import Assertion, ServiceAccountKeys
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, HttpResponse
from warden.redact.vault import Vault

#: The file of a service account's dummy key.
_KEY_FILE = "service-account.json"
#: The variables that tools read a token from.
GCLOUD, LIBRARIES = "CLOUDSDK_AUTH_ACCESS_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN"

#: Query parameters that are credentials: https://cloud.google.com/apis/docs/system-parameters, and signed URLs of Cloud Storage.
_QUERY = frozenset({"access_token", "oauth_token", "bearer_token", "key", "$key", "x-goog-signature", "x-goog-credential", "signature",
                    "googleaccessid", "x-amz-signature", "x-amz-credential", "awsaccesskeyid"})  # fmt: skip
#: Headers that are credentials beside Authorization.
_HEADERS = frozenset({"x-goog-api-key", "x-goog-iam-authorization-token", "x-goog-iam-authority-selector", "x-goog-authenticated-user-email",
                      "x-serverless-authorization", "x-goog-iap-jwt-assertion", "cookie"})  # fmt: skip
#: The API that asks models with keys instead of identities (https://ai.google.dev/gemini-api/docs/api-key), and where it takes them.
_KEYED_HOST, _KEYS = "generativelanguage.googleapis.com", frozenset({"x-goog-api-key", "key", "$key"})
#: In the body of a batch, each inner request may have a credential of its own, which Google prefers to the outer one: the names of its headers, and
#: its target's query. Read loosely, so that nothing is missed: a line of an inner body that looks so counts as well.
_INNER_NAME = re.compile(rb"^[ \t]*([!-9;-~]+)[ \t]*:", re.MULTILINE)
_INNER_QUERY = re.compile(rb"^[ \t]*[A-Za-z]+[ \t]+[^\s?]*\?(\S+)", re.MULTILINE)


class GcpBroker:
    """One session's Google identities. Arguments as of `AwsBroker`; `vault` is the session's, which is told each real token that is sent."""

    def __init__(
        self,
        config: GcpCredentialsConfig,
        environment: Mapping[str, str],
        home: str | Path,
        *,
        run_as: tuple[int, int] | None = None,
        writable: tuple[str, ...] = (),
        now: Callable[[], float] = time.time,
        vault: Vault | None = None,
    ) -> None:
        self._vault = Vault() if vault is None else vault
        self._config = config
        self._outside = Outside(environment, home, run_as, writable)
        self._now = now
        self._tokens = {
            GCLOUD: Tokens(self._outside, {"order": ("gcloud", "adc")}, now, (GCLOUD, LIBRARIES)),
            LIBRARIES: Tokens(self._outside, {"order": ("adc", "gcloud")}, now, (LIBRARIES, GCLOUD)),
        }
        # Apart from the bound ones, which are forgotten one day.
        self._own = {name: f"ya29.warden-{secrets.token_urlsafe(96)}" for name in self._tokens}
        self._bound = Dummies()
        self._keys = ServiceAccountKeys(now)
        #: The dummy and its real source of each key and scope that tokens were exchanged for.
        self._exchanged: dict[tuple[str, str], tuple[str, Tokens]] = {}

        self._found = gcp_outside.find(self._outside, (GCLOUD, LIBRARIES))
        self._identities = Identities(self._outside, self._found, self._vault, now)
        self._served = config.enabled and self._found.any_source
        self._key_file = self._dummy_key() if self._served else b""

    def __repr__(self) -> str:
        return "GcpBroker(redacted)"

    def environment(self) -> dict[str, str]:
        """Variables for the sandboxed process: dummies, and the project and zone of the user's gcloud configuration. Where there is no identity, that
        nobody need look for the metadata server.
        """
        if not self._config.enabled:
            return {"NO_GCE_CHECK": "true"}
        absent = {} if self._served else {"NO_GCE_CHECK": "true"}
        file = {gcp_outside.FILE_VARIABLE: f"{self._directory}/{_KEY_FILE}"} if self._key_file else {}
        return {**self._found.variables, **self._own, **absent, **file}

    def files(self) -> dict[str, dict[str, bytes]]:
        """The dummy of the service account's key that the user's environment names: a directory, and the file in it."""
        return {str(self._directory): {_KEY_FILE: self._key_file}} if self._key_file else {}

    def adopt(self, key: Mapping[str, Any]) -> dict[str, str]:
        """The dummy to show in place of a service account's key. Raises ValueError for what is none of Google's."""
        return self._keys.adopt(key)

    @property
    def _directory(self) -> Path:
        return self._outside.home / ".config/gcloud-inside"

    def _dummy_key(self) -> bytes:
        """Only for a key that a variable names: who reads the variable wants a file. Everybody else asks the metadata server."""
        if not self._outside.environment.get(gcp_outside.FILE_VARIABLE):
            return b""
        try:
            return json.dumps(self._keys.adopt(self._found.default, trusted=True), indent=2).encode()
        except ValueError:
            return b""

    def local(self, request: HttpRequest) -> HttpResponse | None:
        """The metadata server's answer, or the token endpoint's to a dummy key's signature; None for anything else, and where the session has no
        Google identity. Raises CredentialError for a signature that asks for what the sandbox is not given.
        """
        if not self._served:
            return None
        if gcp_exchange.is_endpoint(request):
            return gcp_exchange.answer(request, self._keys, self._exchange, self._identities.token)
        if request.scheme != "http" or request.host not in gcp_metadata.NAMES | {gcp_metadata.ADDRESS}:
            return None
        found = self._found
        return gcp_metadata.answer(
            request,
            gcp_metadata.Instance(
                self._own[LIBRARIES],
                self._tokens[LIBRARIES].life(),
                found.text("client_email"),
                found.project,
                found.number,
                universe=found.text("universe_domain") or "googleapis.com",
                zone=found.variables.get("CLOUDSDK_COMPUTE_ZONE", ""),
                region=found.variables.get("CLOUDSDK_COMPUTE_REGION", ""),
            ),
            self._identities.token,
        )

    def needs_body(self, request: HttpRequest) -> bool:
        """A batch's inner requests may have credentials of their own, and a query that is a body; what is exchanged for a token is one."""
        return _is_batch(request) or bool(request.header_values("x-http-method-override")) or gcp_exchange.is_endpoint(request)

    def answers(self, request: HttpRequest, actions: Sequence[Action]) -> bool:
        """Whether the answer to this request holds credentials, and must go through `receive`."""
        return gcp_answers.concerned(actions)

    def receive(self, request: HttpRequest, actions: Sequence[Action], response: HttpResponse) -> HttpResponse:
        """`response`, which is whole and not compressed, with dummies for the credentials in it. Raises CredentialError: it must not be handed on."""
        return gcp_answers.replaced(request, response, self._bound, self.adopt, self._identities.bind)

    def _exchange(self, assertion: Assertion) -> tuple[str, int]:
        """The dummy of the token that the real key is given for these scopes, and its life in seconds."""
        which = assertion.key.dummy_id, assertion.scope
        if which not in self._exchanged:
            if len(self._exchanged) >= BOUND:
                del self._exchanged[next(iter(self._exchanged))]
            question = {"order": ("key",), "key": assertion.key.real, "scopes": assertion.scope.split()}
            tokens = Tokens(self._outside, question, self._now)
            self._exchanged[which] = self._bound.make(tokens), tokens
        dummy, tokens = self._exchanged[which]
        return dummy, tokens.life()

    def _source(self, sent: str, request: HttpRequest) -> Source | None:
        """Where the real token is that `sent` stands for; None when it is nobody's."""
        own = next((name for name, made in self._own.items() if hmac.compare_digest(made.encode(), sent.encode())), None)
        if own is not None:
            return self._tokens[own]
        if bound := self._bound.find(sent):
            return bound
        assertion = self._keys.read(sent)
        if assertion is None:
            return None
        gcp_exchange.check_audience(assertion, request)
        return Fixed(assertion.resigned())

    def authorize(self, request: HttpRequest, actions: Sequence[Action], asked: HttpRequest | None = None) -> HttpRequest:
        """`request` with the real token, or as it is when it asks for none. Raises CredentialError when it cannot be given one."""
        if not any(action.provider == "gcp" for action in actions):
            return request
        if goog4.is_signed(request):
            made = goog4.resigned(request, self._keys, self._now())
            _check_elsewhere(request, goog4.PARAMETERS)
            return made
        _check_elsewhere(request)
        if gcp_exchange.is_endpoint(request) or gcp_exchange.mints(actions):
            return gcp_exchange.swap(request, self._bound, lambda sent: self._source(sent, request))
        gcp_exchange.check_signing(actions)
        if gcp_answers.concerned(actions) and any("grpc" in value.lower() for value in request.header_values("content-type")):
            raise CredentialError("unreadable-answer", "Over gRPC, the credentials in the answer could not be replaced.", "Ask over REST.")
        values = request.header_values("authorization")
        if len(values) > 1:
            raise CredentialError("two-credentials", "The request has more than one Authorization header.", "Send one.")
        if not values:
            return request
        scheme, _, sent = values[0].partition(" ")
        if scheme.lower() != "bearer":
            raise _foreign(f"signed or authorized by {scheme[:32]!r}")
        source = self._source(sent.strip(), request)
        if source is None:
            raise _foreign("authorized by a token")
        if not self._config.enabled:
            raise CredentialError(
                "credentials-disabled",
                "Google Cloud credentials are turned off for this session.",
                "Set credentials.gcp.enabled to true in warden.yaml.",
            )
        real = source.token()
        self._vault.admit(real.encode())
        headers = tuple((name, f"Bearer {real}" if name.lower() == "authorization" else value) for name, value in request.headers)
        return replace(request, headers=headers)


def _check_elsewhere(request: HttpRequest, proven: frozenset[str] = frozenset()) -> None:
    """Raises CredentialError for a credential in another place than the Authorization header, but for the parameters `proven`."""
    passed = _KEYS if request.host == _KEYED_HOST else proven
    for name, _ in request.headers:
        if name.lower() in _HEADERS - passed:
            raise _foreign(f"authorized by the header {name.lower()}")
    if found := _names(request.target.partition("?")[2]) & (_QUERY - passed):
        raise _foreign(f"authorized in its query ({min(found)})")
    body = None if request.header_values("content-encoding") else request.body
    if request.header_values("x-http-method-override") and (body is None or _names(body.decode("latin-1")) & (_QUERY - passed)):
        raise _foreign("authorized in its body, which is its query where the method is overridden")
    if _is_batch(request) and (body is None or _authorized_inside(body)):
        raise _foreign("a batch whose parts have credentials of their own, or cannot be seen to have none")


def _names(query: str) -> frozenset[str]:
    return frozenset(unquote_plus(pair.partition("=")[0]).lower() for pair in query.split("&"))


def _authorized_inside(batch: bytes) -> bool:
    names = {name.decode("latin-1").lower() for name in _INNER_NAME.findall(batch)}
    queries = [_names(query.decode("latin-1")) for query in _INNER_QUERY.findall(batch)]
    return not names.isdisjoint(_HEADERS | {"authorization"}) or any(query & _QUERY for query in queries)


def _is_batch(request: HttpRequest) -> bool:
    return request.target.startswith("/batch") or any("multipart/mixed" in value.lower() for value in request.header_values("content-type"))


def _foreign(how: str) -> CredentialError:
    return CredentialError(
        "foreign-credentials",
        f"The request is {how}, which is not this session's.",
        f"Use the token in {GCLOUD} or {LIBRARIES}, as an Authorization: Bearer header.",
    )
