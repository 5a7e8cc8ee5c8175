"""Answers that hold new credentials: each becomes a dummy that is bound to the real one, with the same life.

================================================  ==================================================================================
``oauth2.token``, ``sts.token``                   access, refresh and ID tokens become dummies (:mod:`warden.credentials.gcp_identity`)
``iamcredentials...generateAccessToken``          the token becomes a dummy
``iamcredentials...generateIdToken``              the same claims without the signature, which is what it is worth elsewhere
``iam...serviceAccounts.keys.create``             the key becomes a dummy key that signs (:mod:`warden.credentials.service_account`)
================================================  ==================================================================================

An answer that cannot be read for certain is not handed on. An error of Google's is, as it is.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from warden.credentials.gcp_tokens import Dummies, Fixed
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, HttpResponse

_ACCOUNTS = "iamcredentials.projects.serviceAccounts."
_KEYS = "iam.projects.serviceAccounts.keys.create"
#: Operations whose answer holds credentials.
_OPERATIONS = frozenset({"oauth2.token", "sts.token", f"{_ACCOUNTS}generateAccessToken", f"{_ACCOUNTS}generateIdToken", _KEYS})


def concerned(actions: Sequence[Action]) -> bool:
    return any(action.provider == "gcp" and action.operation in _OPERATIONS for action in actions)


def replaced(
    request: HttpRequest,
    response: HttpResponse,
    bound: Dummies,
    adopt: Callable[[Mapping[str, Any]], Mapping[str, str]],
    identify: Callable[[str], str],
) -> HttpResponse:
    """`response` with dummies. `adopt` makes the one of a key, `identify` of an ID token.

    Raises CredentialError ``unreadable-answer`` for what is not JSON as expected."""
    if request.header_values("content-type")[:1] and request.header_values("content-type")[0].lower().startswith("application/grpc"):
        raise _unreadable("came over gRPC")
    if response.status >= 400:
        return response
    if any(name.lower() == "content-encoding" and value.lower() != "identity" for name, value in response.headers):
        raise _unreadable("is compressed")
    try:
        content = json.loads(response.body, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise _unreadable("is not JSON") from None
    if not isinstance(content, dict):
        raise _unreadable("is not an object")
    changes: dict[str, Callable[[str], str]] = {
        "access_token": lambda real: bound.make(Fixed(real)),
        "accessToken": lambda real: bound.make(Fixed(real)),
        "refresh_token": lambda real: bound.make(Fixed(real), "1//"),
        "id_token": identify,
        "token": identify,
        "privateKeyData": lambda real: _key(real, adopt),
    }
    made = {}
    for name, value in content.items():
        change = changes.get(name)
        if change is not None and not isinstance(value, str):
            raise _unreadable(f"has a {name} that is no text")
        made[name] = change(value) if change is not None else value
    return replace(response, body=json.dumps(made).encode())


def _key(data: str, adopt: Callable[[Mapping[str, Any]], Mapping[str, str]]) -> str:
    try:
        return b64encode(json.dumps(adopt(json.loads(b64decode(data, validate=True), object_pairs_hook=_once))).encode()).decode()
    except (ValueError, AttributeError, RecursionError):
        raise _unreadable("has a key of another form than a service account's file") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a member is there twice")
    return dict(pairs)


def _unreadable(how: str) -> CredentialError:
    return CredentialError(
        "unreadable-answer", f"The answer holds credentials and {how}, so it is not handed to the sandbox.", "Ask for JSON."
    )
