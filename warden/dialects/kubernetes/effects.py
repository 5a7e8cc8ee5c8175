"""What one API request does: from a `RequestInfo` to an Action with verb, flags, resource and context.

The tables say it (`effects_table`); what depends on the body is asked of `Change`. Two things are decided here because no row could:

- **dryRun** counts where the API server honours it and nowhere else. For a deletion with a body it is in the body alone (the API server then does
  not look at the query); for an eviction in the nested DeleteOptions; else ``dryRun=All``, once, in the query. Streams, tokens and other
  servers' subresources ignore it.
- **An upgraded connection** on anything but a watch, a log or a known stream is ``opaque``, whatever the path is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from warden.dialects.conditions import holds
from warden.dialects.gravity import GRAVITY
from warden.dialects.kubernetes import change, target
from warden.dialects.kubernetes.change import Change, Wire
from warden.dialects.kubernetes.effects_table import Entry, entry
from warden.dialects.kubernetes.requestinfo import RequestInfo
from warden.model import Action, Certainty, Flag, HttpRequest, Resource, Verb

TYPE = "K8s::Resource"

_WIRE = Wire()
_NO_FLAGS: frozenset[Flag] = frozenset()
_DELETES = ("delete", "deletecollection")


def needs_body(info: RequestInfo, request: HttpRequest) -> bool:
    """Whether the body can make a difference to what is ruled on. Never for reads, watches, logs and streams."""
    return request.body_length != 0 and _entry(info).body


def action(info: RequestInfo, request: HttpRequest, query: str, cluster: str) -> Action:
    """What `request` does. Raises DecodeError when a body or query that counts has two readings."""
    found = _entry(info)
    verb, flags = found.verb, found.flags
    name = info.name
    if found.when:
        made = Change(request, info.verb, {"name": name, "namespace": info.namespace})
        if not name and info.verb == "create":
            name = _named(made)
            made.labels["name"] = name
        for effect in found.when:
            if made.body_missing or holds(effect.condition, made, _WIRE):
                flags |= effect.flags
                if effect.verb is not None and GRAVITY[effect.verb] > GRAVITY[verb]:
                    verb = effect.verb
    if verb not in (Verb.EXECUTE, Verb.CONNECT) and not _answers(info, request):
        flags |= {Flag.OPAQUE}
    if found.rehearsed and _rehearses(info, request, query):
        flags |= {Flag.DRY_RUN}
    if verb is Verb.DELETE:
        flags |= {Flag.DESTRUCTIVE}
    context: dict[str, Any] = {"cluster": cluster}
    if info.namespace:
        context["namespace"] = info.namespace
    if name:
        context["name"] = name
    if found.cascade:
        context["cascade"] = True
    return Action(
        "kubernetes",
        # No other method has a verb: "get" is not GET, and may not pass for it.
        f"{info.operation}:{info.verb or ('options' if request.method == 'OPTIONS' else 'unknown')}",
        verb,
        flags,
        (resource(cluster, info, name),),
        context,
        Certainty.EXACT if verb is not Verb.UNKNOWN else Certainty.UNKNOWN,
    )


def resource(cluster: str, info: RequestInfo, name: str) -> Resource:
    """``CLUSTER/namespaces/NS/apps/deployments/NAME``; without a name the collection."""
    parts = [cluster]
    attributes: dict[str, str | bool | int] = {"cluster": cluster, "type": info.resource}
    if info.namespace:
        attributes["namespace"] = info.namespace
        if info.resource != "namespaces":
            parts += ["namespaces", info.namespace]
    if info.group:
        attributes["group"] = info.group
        parts.append(info.group)
    if info.version:
        attributes["version"] = info.version
    parts.append(info.resource)
    if name:
        attributes["name"] = name
        parts.append(name)
    if info.subresource:
        attributes["subresource"] = info.subresource
    return Resource(TYPE, "/".join(parts), attributes)


def _entry(info: RequestInfo) -> Entry:
    return entry(info.verb, info.group, info.resource, info.subresource)


def _named(made: Change) -> str:
    """The name in the body of a create: ``metadata.name``, or what ``generateName`` starts with."""
    for member in ("name", "generateName"):
        found = made.member("metadata", member)
        if isinstance(found, str) and found:
            return found if member == "name" else f"{found}*"
    return ""


def _answers(info: RequestInfo, request: HttpRequest) -> bool:
    """Whether what comes back is an answer and no stream of another protocol: watches and logs come over a WebSocket, too."""
    wanted = request.header_values("upgrade")
    streamed = info.verb == "watch" or (info.subresource == "log" and info.verb == "get")
    return not wanted or (streamed and [value.strip().lower() for value in wanted] == ["websocket"])


def _rehearses(info: RequestInfo, request: HttpRequest, query: str) -> bool:
    """Whether the API server will only rehearse this, beyond doubt."""
    asked = [(key, value) for key, value in target.pairs(query) if key.lower() == "dryrun"]
    in_query = asked == [("dryRun", "All")]
    if asked and not in_query:
        return False
    evicts = info.subresource == "eviction"
    if info.verb not in _DELETES and not evicts:
        return in_query
    sent = change.content(request)
    if not sent:
        return sent is not None and in_query and not evicts
    options = change.body(request, patch=False)
    if evicts:
        return isinstance(options, dict) and _only(options, "deleteOptions") and _rehearsal(options.get("deleteOptions"))
    return isinstance(options, dict) and options.get("kind") in (None, "", "DeleteOptions") and _rehearsal(options)


def _rehearsal(options: Any) -> bool:
    return isinstance(options, dict) and _only(options, "dryRun") and options.get("dryRun") == ["All"]


def _only(node: Mapping[str, Any], member: str) -> bool:
    """Whether `member` is there, and nothing that a reader could take for it."""
    return [key for key in node if key.lower() == member.lower()] == [member]
