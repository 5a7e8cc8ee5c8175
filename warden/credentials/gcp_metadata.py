"""Google's metadata server as the sandbox sees it, pure: what is asked, and what an `Instance` answers. Nothing of it leaves.

Libraries take their application default credentials from here, in every language and without a file or variable: the token is the session's
dummy, which `gcp` swaps on the way out. What the real server would tell of a machine is not there, because this is none: 404.

https://cloud.google.com/compute/docs/metadata/querying-metadata and, for what clients probe, https://google.aip.dev/auth/4115
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from warden.errors import CredentialError
from warden.model import HttpRequest, HttpResponse

#: The names of the server (``metadata.goog`` is its newer one), and its address: the values that `Host` may have.
NAMES = frozenset({"metadata.google.internal", "metadata.goog", "metadata"})
ADDRESS = "169.254.169.254"

_ROOT = "/computeMetadata/v1"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
#: The keys that are objects of JSON by themselves, whatever `alt` asks for.
_JSON = "application/json"
_TEXT = "application/text"


@dataclass(frozen=True, slots=True)
class Instance:
    """What there is to tell. `token` is a dummy; `expires_in` its life in whole seconds; empty strings are what is not known."""

    token: str = field(repr=False)
    expires_in: int
    email: str = ""
    project: str = ""
    number: str = ""
    universe: str = "googleapis.com"
    zone: str = ""
    region: str = ""


def claims(request: HttpRequest) -> bool:
    """Whether this is a question for Google's server: others share its address, but not its paths. ``/`` is how clients ask who is there."""
    path = request.target.partition("?")[0]
    return path == "/" or path == "/computeMetadata" or path.startswith("/computeMetadata/")


def answer(request: HttpRequest, instance: Instance, identify: Callable[[str], str]) -> HttpResponse | None:
    """The server's answer; None for a request that is for another service at the same address. Never raises for anything that a client sends.

    `identify` gives the dummy of an ID token for an audience, or raises CredentialError.

    ============================================  =====================================================================
    ``X-Forwarded-For``                           403, as the real one: a proxy was made to ask
    another `Host` than its own                   403: a name that was made to lead here
    no ``Metadata-Flavor: Google`` (but on ``/``) 403, as the real one
    another method than GET and HEAD              405
    ``identity``                                  a dummy for ``audience``; 403 where there is none
    a directory                                   its keys, one a line; JSON with ``recursive=true``
    what is not known                             404
    ============================================  =====================================================================
    """
    if not claims(request):
        return None
    if request.header_values("x-forwarded-for"):
        return _response(403, "X-Forwarded-For: a forwarded request is not answered.\n")
    host = request.header_values("host")
    if host and (len(host) > 1 or host[0].lower().removesuffix(":80").removesuffix(".") not in NAMES | {ADDRESS}):
        return _response(403, "This is not the metadata server's name.\n")
    path, _, query = request.target.partition("?")
    path = unquote(path)
    flavors = request.header_values("metadata-flavor")
    if (path != "/" or flavors) and flavors != ["Google"]:
        return _response(403, "Missing Metadata-Flavor:Google header.\n")
    if request.method not in ("GET", "HEAD"):
        return _response(405, "The metadata server is for reading.\n")
    if path in ("/", "/computeMetadata", "/computeMetadata/"):
        return _response(200, "computeMetadata/\n" if path == "/" else "v1/\n")
    if not (path == _ROOT or path.startswith(f"{_ROOT}/")):
        return _response(404, "There is no such metadata.\n")
    return _found(path.removeprefix(_ROOT).strip("/").split("/"), dict(parse_qsl(query)), instance, identify)


def _found(steps: list[str], query: Mapping[str, str], instance: Instance, identify: Callable[[str], str]) -> HttpResponse:
    if query.get("wait_for_change", "").lower() == "true":
        return _response(403, "Nothing here changes: ask without wait_for_change.\n")
    if steps[:2] == ["instance", "service-accounts"] and steps[3:] == ["identity"] and steps[2] in ("default", instance.email):
        try:
            return _response(200, identify(query.get("audience", "")), _TEXT)
        except CredentialError as error:
            return _response(403, f"{error.message} {error.advice}\n")
    at: Any = _tree(instance)
    for step in (step for step in steps if step):
        if not isinstance(at, dict) or step not in at:
            return _response(404, "There is no such metadata.\n")
        at = at[step]
    if steps[-1] == "token":
        return _response(200, json.dumps(at), _JSON)
    if isinstance(at, dict) and query.get("recursive", "").lower() != "true":
        return _response(
            200, "".join(f"{name}/\n" if isinstance(value, dict) and name != "token" else f"{name}\n" for name, value in at.items())
        )
    if isinstance(at, dict) or query.get("alt") == "json":
        return _response(200, json.dumps(_camel(at)), _JSON)
    return _response(200, "\n".join(at) + "\n" if isinstance(at, list) else at, _TEXT)


def _tree(instance: Instance) -> dict[str, Any]:
    """All that there is, as directories; a key whose value is not known is left out."""
    account = {
        "aliases": ["default"],
        "email": instance.email or "default",  # an alias that every API takes for the address
        "scopes": [_SCOPE],
        "token": {"access_token": instance.token, "expires_in": instance.expires_in, "token_type": "Bearer"},
    }
    place = f"projects/{instance.number or instance.project}"
    own = {
        "zone": f"{place}/zones/{instance.zone}" if instance.zone else "",
        "region": f"{place}/regions/{instance.region}" if instance.region else "",
    }
    project = {"project-id": instance.project, "numeric-project-id": instance.number}
    accounts = {name: account for name in ("default", instance.email) if name}
    return {
        "instance": {**{name: value for name, value in own.items() if value}, "service-accounts": accounts},
        "project": {name: value for name, value in project.items() if value},
        "universe": {"universe-domain": instance.universe},
    }


def _camel(value: Any) -> Any:
    """The keys of a tree as JSON has them, ``serviceAccounts``; an account's address is no such key. Tokens are only given when asked for."""
    if not isinstance(value, dict):
        return value
    return {_key(name): _camel(inner) for name, inner in value.items() if name != "token"}


def _key(name: str) -> str:
    first, *rest = name.split("-")
    return name if "@" in name else first + "".join(part.capitalize() for part in rest)


def _response(status: int, body: str, kind: str = "text/plain") -> HttpResponse:
    return HttpResponse(
        status, (("Content-Type", kind), ("Metadata-Flavor", "Google"), ("Server", "Metadata Server for VM")), body.encode()
    )
