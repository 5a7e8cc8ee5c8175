"""Headers by which a request speaks for somebody else.

``Impersonate-*`` are the API server's own: each value is an Action, verb grant, on the user, group, uid or extra field that is assumed, named as RBAC
names it (``users:impersonate``). ``X-Remote-*`` are what a front proxy says about who it authenticated, and a token in ``Sec-WebSocket-Protocol`` is
a second credential: nobody inside has a reason to send either.

https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from warden.errors import DecodeError
from warden.model import HttpRequest

#: The operations that the headers can ask for.
OPERATIONS = (
    "users:impersonate",
    "serviceaccounts:impersonate",
    "groups:impersonate",
    "authentication.k8s.io/uids:impersonate",
    "authentication.k8s.io/userextras:impersonate",
)

_EXTRA = "impersonate-extra-"
_SERVICE_ACCOUNT = "system:serviceaccount:"
_WEBSOCKET_TOKEN = "base64url.bearer.authorization.k8s.io."  # noqa: S105 - the name of the protocol, not a token


def check(request: HttpRequest) -> bool:
    """Whether `request` impersonates. Raises DecodeError for the headers that only proxies and browsers have a use for."""
    found = False
    for header, value in request.headers:
        name = header.lower().replace("_", "-")
        if name.startswith("x-remote-"):
            raise DecodeError("front-proxy-header", f"The header {header[:64]} says who sends the request, which only a proxy may.")
        if name == "sec-websocket-protocol" and _WEBSOCKET_TOKEN in value.lower():
            raise DecodeError("websocket-token", "The WebSocket protocol list holds a token.", "Leave it out: Warden adds the credentials.")
        found = found or name.startswith("impersonate")
    return found


def assumed(request: HttpRequest) -> Iterator[tuple[str, str, str, str, str]]:
    """Group, resource, subresource, namespace and name of each identity that the headers assume, in order. Raises DecodeError for unknown ones."""
    for header, value in request.headers:
        name = header.lower().replace("_", "-")
        if not name.startswith("impersonate"):
            continue
        if name == "impersonate-user":
            namespace, colon, account = value.removeprefix(_SERVICE_ACCOUNT).partition(":")
            if value.startswith(_SERVICE_ACCOUNT) and colon:
                yield "", "serviceaccounts", "", namespace, account
            else:
                yield "", "users", "", "", value
        elif name == "impersonate-group":
            yield "", "groups", "", "", value
        elif name == "impersonate-uid":
            yield "authentication.k8s.io", "uids", "", "", value
        elif name.startswith(_EXTRA):
            yield "authentication.k8s.io", "userextras", unquote(name.removeprefix(_EXTRA)), "", value
        else:
            raise DecodeError("impersonation-header", f"The header {header[:64]} asks for an impersonation that is not known.")
