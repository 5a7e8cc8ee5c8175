"""What is exchanged for an access token: at Google's token endpoints, and by signatures that are tokens themselves.

============================================================  =====================================================================
a JWT that a dummy key of the session has signed              answered here, with a dummy: nothing leaves until that is used
a refresh token, or a token to exchange, that is a dummy      becomes the real one, and the answer's tokens new dummies
any other refresh token, assertion or token to exchange       denied: the agent found or made it
a code of a login that is going on (RFC 6749, 8628)           passes, where policy allows; the answer's tokens become dummies
an ID token, by such a JWT                                    answered here, with a dummy for its audience (`gcp_identity`)
another subject (delegation), a signature                     denied: they are worth something outside Google's APIs
============================================================  =====================================================================

The first is answered without asking Google, as the metadata server is: the identity is the session's own, its use is ruled on at each request, and no
policy need allow the minting of tokens, which would also allow minting those that are somebody else's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from warden.credentials.gcp_tokens import Dummies, Source
from warden.credentials.service_account import TOKEN_URIS, Assertion, ServiceAccountKeys
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, HttpResponse

#: Token endpoints, by host and path.
_ENDPOINTS = frozenset({
    *((urlsplit(uri).hostname, urlsplit(uri).path) for uri in TOKEN_URIS),
    ("oauth2.mtls.googleapis.com", "/token"), ("www.googleapis.com", "/oauth2/v3/token"), ("accounts.google.com", "/o/oauth2/v2/token"),
    ("sts.googleapis.com", "/v1/token"), ("sts.mtls.googleapis.com", "/v1/token"),
    ("sts.googleapis.com", "/v1/oauthtoken"), ("sts.mtls.googleapis.com", "/v1/oauthtoken"),
})  # fmt: skip

_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
_LOGIN_GRANTS = frozenset({"authorization_code", "urn:ietf:params:oauth:grant-type:device_code", "http://oauth.net/grant_type/device/1.0"})
_FORM = "application/x-www-form-urlencoded"
#: The audience of a self-signed token: a service's address, or of a method's package in it. https://google.aip.dev/auth/4111
_AUDIENCE = re.compile(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)*\.googleapis\.com)(?:/[\w.]*)?")
#: Methods whose answer is a signature by a service account: of the credentials API, and of IAM's own, which had them before and still answers.
_SIGNING = (".signblob", ".signjwt", "/signblob", "/signjwt")

#: Makes the dummy for what an assertion is exchanged for: it and its life in whole seconds.
type Exchange = Callable[[Assertion], tuple[str, int]]


def is_endpoint(request: HttpRequest) -> bool:
    return request.scheme == "https" and (request.host, request.target.partition("?")[0]) in _ENDPOINTS


def mints(actions: Sequence[Action]) -> bool:
    """Whether a dialect reads this as a token endpoint: also at an address that is not listed here, where nothing but a form may be sent."""
    return any(action.provider == "gcp" and action.operation in ("oauth2.token", "sts.token") for action in actions)


def answer(request: HttpRequest, keys: ServiceAccountKeys, exchange: Exchange, identify: Callable[[str], str]) -> HttpResponse | None:
    """The endpoint's answer to a JWT that a dummy key has signed; None for anything else, which goes the way of all requests.

    Raises CredentialError for one that asks for what the sandbox is not given.
    """
    form = _form(request)
    if form is None or form.get("grant_type") != _JWT_GRANT:
        return None
    try:
        assertion = keys.read(form.get("assertion", ""))
    except CredentialError as error:
        return _json(400, {"error": "invalid_grant", "error_description": f"Invalid JWT: {error.message}"})
    if assertion is None:
        return None
    claims = assertion.claims
    if claims.get("aud") not in TOKEN_URIS:
        raise CredentialError(
            "bad-assertion", "The audience of the assertion is not Google's token endpoint.", f"Sign one for {TOKEN_URIS[0]}."
        )
    _check_subject(assertion)
    if "target_audience" in claims:
        return _json(200, {"id_token": identify(str(claims["target_audience"]))})
    if not isinstance(claims.get("scope"), str) or not assertion.scope.strip():
        return _json(400, {"error": "invalid_scope", "error_description": "The assertion names no scope."})
    dummy, life = exchange(assertion)
    return _json(200, {"access_token": dummy, "expires_in": life, "token_type": "Bearer"})


def swap(request: HttpRequest, bound: Dummies, source: Callable[[str], Source | None]) -> HttpRequest:
    """A request to a token endpoint with the real tokens for the dummies in it. Raises CredentialError for a credential that is not the session's."""
    form = _form(request)
    if form is None or request.header_values("authorization"):
        raise _foreign("is not one form of parameters, each there once, in its body")
    grant = form.get("grant_type", "")
    if grant in _LOGIN_GRANTS:
        return request
    if grant == "refresh_token":
        name, found = "refresh_token", bound.find(form.get("refresh_token", ""), "1//")
    elif grant == _EXCHANGE_GRANT and "actor_token" not in form:
        name, found = "subject_token", source(form.get("subject_token", ""))
    else:
        raise _foreign(f"exchanges what the session was not given ({grant[:64]!r})")
    if found is None:
        raise _foreign(f"has a {name} that is not this session's")
    real = {**form, name: found.token()}
    as_json = request.header_values("content-type")[0].lower().startswith("application/json")
    return request.with_body((json.dumps(real) if as_json else urlencode(real)).encode())


def check_audience(assertion: Assertion, request: HttpRequest) -> None:
    """Raises CredentialError unless a self-signed token is for a service of Google's, or for scopes, and for the account itself.

    It leaves for the host of this request alone, which a dialect of Google's has claimed; that it is the service's own is for Google to check.
    """
    _check_subject(assertion)
    audience = assertion.claims.get("aud")
    if "target_audience" in assertion.claims or (audience is None) != bool(assertion.scope):
        raise CredentialError("bad-assertion", "A self-signed token has an audience or scopes, and not both.", "Sign it for one of them.")
    if audience is not None and (not isinstance(audience, str) or not _AUDIENCE.fullmatch(audience)):
        raise CredentialError(
            "bad-assertion", f"The audience of the token is not {request.host}.", f"Sign one for https://{request.host}/."
        )


def check_signing(actions: Sequence[Action]) -> None:
    """Raises CredentialError for a request for a signature by a service account: it makes tokens and signed URLs that nobody rules on."""
    for action in actions:
        if action.provider == "gcp" and action.operation.lower().endswith(_SIGNING):
            raise CredentialError("signature", "A service account's signature is a credential, and is not handed to the sandbox.",
                                  "Call the API itself instead of signing for it.")  # fmt: skip


def _check_subject(assertion: Assertion) -> None:
    if assertion.claims.get("sub", assertion.key.email) != assertion.key.email:
        raise CredentialError("delegation", "The assertion is for another subject than the service account itself.", "Leave out sub.")


def _form(request: HttpRequest) -> dict[str, str] | None:
    """The parameters in the body of a POST, each there once; None for anything that is not exactly that."""
    if request.method != "POST" or "?" in request.target or request.body is None or request.header_values("content-encoding"):
        return None
    kinds = [value.partition(";")[0].strip().lower() for value in request.header_values("content-type")]
    try:
        if kinds == [_FORM]:
            pairs = parse_qsl(request.body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=64)
        elif kinds == ["application/json"]:
            value = json.loads(request.body, object_pairs_hook=list)
            pairs = value if isinstance(value, list) and all(isinstance(pair, tuple) for pair in value) else []
        else:
            return None
    except (ValueError, RecursionError):
        return None
    form = {name: value for name, value in pairs if isinstance(value, str)}
    return form if form and len(form) == len(pairs) else None


def _json(status: int, value: dict[str, str | int]) -> HttpResponse:
    headers = (("Content-Type", "application/json; charset=UTF-8"), ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"))
    return HttpResponse(status, headers, json.dumps(value).encode())


def _foreign(how: str) -> CredentialError:
    return CredentialError("foreign-credentials", f"The request {how}.", "Inside, credentials are found by themselves: ask for none.")
