"""`RequestInfo`: what the API server itself takes a method and a path to mean, by its own rules for any group, known or not.

Accepted, as in kubernetes/apiserver ``pkg/endpoints/request/requestinfo.go`` (the vectors in the tests are from its tests):

=========================================================================  ==========================================
``/api/{version}/{resource}[/{name}[/{subresource}/...]]``                 the core group
``/apis/{group}/{version}/{resource}[/{name}[/{subresource}/...]]``        any other
``.../{version}/namespaces/{namespace}/{resource}...``                     the same in a namespace
``.../{version}/namespaces/{namespace}[/status|/finalize]``                the namespace itself
``.../{version}/watch/...``                                                verb watch, whatever the method (deprecated)
``.../{version}/proxy/...``                                                verb proxy, whatever the method (gone since 1.10)
anything else                                                              no resource: the verb is the method in lower case
=========================================================================  ==========================================

Verbs: POST create, PUT update, PATCH patch; GET and HEAD get, without a name list, with ``watch`` watch; DELETE delete, without a name
deletecollection. The API server decides on these, and so does its RBAC; that a ``create`` of ``pods/exec`` runs something is in `effects`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from warden.dialects.kubernetes import target
from warden.errors import DecodeError

_VERBS = {"POST": "create", "GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_SPECIAL = ("proxy", "watch")
_OF_NAMESPACES = ("status", "finalize")
#: ListOptions that are numbers: one that is none makes the API server forget the selectors as well.
_NUMBERS = ("limit", "timeoutSeconds")


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """`resource` is empty for a request that is for no resource; `verb` is then the method in lower case. For a resource, `verb` is empty
    for methods that the API server has no verb for. `at` is the number of path segments up to and with the subresource (or the name).
    """

    verb: str
    group: str = ""
    version: str = ""
    namespace: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    at: int = 0

    @property
    def operation(self) -> str:
        """``[group/]resource[/subresource]``, without the verb."""
        named = f"{self.group}/{self.resource}" if self.group else self.resource
        return f"{named}/{self.subresource}" if self.subresource else named


def resolve(method: str, segments: Sequence[str], query: str) -> RequestInfo:
    """The API server's reading. `query` is raw, and read only where the verb depends on it. Raises DecodeError where it has none."""
    count = len(segments)
    if count < 3 or segments[0] not in ("api", "apis") or (segments[0] == "apis" and count < 4):
        return RequestInfo(method.lower())
    group, at = ("", 1) if segments[0] == "api" else (segments[1], 2)
    version = segments[at]
    at += 1
    verb = _VERBS.get(method, "")
    if segments[at] in _SPECIAL:
        if count < at + 2:
            raise DecodeError("request-info", "The path says watch or proxy, and of nothing.")
        verb = segments[at]
        at += 1
    namespace = ""
    if segments[at] == "namespaces" and count > at + 1:
        namespace = segments[at + 1]
        if count > at + 2 and segments[at + 2] not in _OF_NAMESPACES:
            at += 2
    resource = segments[at]
    name = segments[at + 1] if count > at + 1 else ""
    subresource = segments[at + 2] if count > at + 2 and verb != "proxy" else ""
    if not name:
        if verb == "get":
            verb, name = _listed(query)
        elif verb == "delete":
            verb = "deletecollection"
    return RequestInfo(verb, group, version, namespace, resource, subresource, name, min(count, at + (3 if subresource else 2)))


def _listed(query: str) -> tuple[str, str]:
    """Verb and name of a get without a name: ``watch`` is anything but 0 and false; a field selector may still name one."""
    if not query:
        return "list", ""
    found: dict[str, str] = {}
    for key, value in target.pairs(query):
        found.setdefault(key, value)  # Go's conversion takes the first
    watch = found.get("watch")
    verb = "list" if watch is None or watch == "0" or watch.lower() == "false" else "watch"
    if any(not _number(found[key]) for key in _NUMBERS if key in found):
        return verb, ""
    name = _exact_name(found.get("fieldSelector", ""))
    return verb, "" if name in (".", "..") or "/" in name or "%" in name else name


def _number(text: str) -> bool:
    return text == "" or (text.isascii() and text.lstrip("+-").isdecimal() and len(text) - len(text.lstrip("+-")) <= 1)


def _exact_name(selector: str) -> str:
    """The value that field selector `selector` demands of ``metadata.name``; empty for none, and for one that the API server cannot parse."""
    wanted = ""
    for term in sorted(_terms(selector)):
        if not term:
            continue
        field, equal, rest = term.partition("=")
        if not equal:
            return ""
        unequal = field.endswith("!")
        value = _unescaped(rest.removeprefix("=") if not unequal else rest)
        if value is None:
            return ""
        if field == "metadata.name" and not unequal and not wanted:
            wanted = value
    return wanted


def _terms(selector: str) -> Iterable[str]:
    """`selector` split at commas that no backslash precedes."""
    start, escaped = 0, False
    for at, char in enumerate(selector):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == ",":
            yield selector[start:at]
            start = at + 1
    yield selector[start:]


def _unescaped(value: str) -> str | None:
    """`value` without its backslashes; None when a comma or equals sign is bare, or a backslash is before anything else."""
    made, escaped = [], False
    for char in value:
        if escaped:
            if char not in "\\,=":
                return None
            made.append(char)
            escaped = False
        elif char == "\\":
            escaped = True
        elif char in ",=":
            return None
        else:
            made.append(char)
    return None if escaped else "".join(made)
