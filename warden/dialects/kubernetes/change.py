"""`Change`: what a request's body writes, whichever of the API server's formats carries it.

=======================================  ==================================================================================
POST, PUT, DELETE                        ``application/json`` (also without a Content-Type), ``application/yaml``,
                                         ``application/vnd.kubernetes.protobuf``, ``application/cbor``
PATCH                                    ``application/json-patch+json``, ``application/merge-patch+json``,
                                         ``application/strategic-merge-patch+json``, ``application/apply-patch+yaml``,
                                         ``application/apply-patch+cbor``
=======================================  ==================================================================================

A body of another type, of a protobuf kind without a table, or a JSON patch that copies or moves values, is not read, and counts as its worst
(`Change.body_missing`), as does one that never came. A body that has two readings raises DecodeError.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from warden.dialects.body import ADVICE, cbor, gzip, json
from warden.dialects.kubernetes import protobuf
from warden.dialects.paths import Step, WirePath, walk
from warden.errors import DecodeError
from warden.model import HttpRequest

_OBJECTS = {
    "application/json": "json",
    "application/yaml": "yaml",
    "application/vnd.kubernetes.protobuf": "protobuf",
    "application/cbor": "cbor",
}
#: Type of a patch -> what it is, and its format.
_PATCHES = {
    "application/json-patch+json": ("json", "json"),
    "application/merge-patch+json": ("merge", "json"),
    "application/strategic-merge-patch+json": ("strategic", "json"),
    "application/apply-patch+yaml": ("apply", "yaml"),
    "application/apply-patch+cbor": ("apply", "cbor"),
}
_ADDS = frozenset({"add", "replace"})
_MOVES = frozenset({"copy", "move"})
_STEP = re.compile(r"([^.\[\]{}]+)((?:\[[^\]]*\]|\{[^}]*\})*)\.?")
_SELECTOR = re.compile(r"\[[^\]]*\]|\{[^}]*\}")


@cache
def where(path: str) -> WirePath:
    """`path` of the tables compiled: ``[removed:|absent:|label:]member.member[].map{key}.list[key=value]``; without a source it is in the body."""
    source, colon, rest = path.partition(":")
    if not colon or source not in ("removed", "absent", "label"):
        source, rest = "body", path
    if source == "label":
        return WirePath(source, rest, (), many=False)
    steps, at = [], 0
    while at < len(rest):
        matched = _STEP.match(rest, at)
        if matched is None:
            raise ValueError(f"no path: {path}")
        steps.append(Step(matched[1], matched[1].lower(), tuple(_SELECTOR.findall(matched[2]))))
        at = matched.end()
    return WirePath(source, "", tuple(steps), any(step.selectors for step in steps))


class Wire(dict[str, WirePath]):
    """The mapping from a condition's paths to where they are, for `conditions.holds`: all formats make the same tree."""

    def get(self, path: str, default: Any = None) -> Any:
        return where(path)


class Change:
    """The parameters of one writing request. `whole`: a replacement, or all that one manager applies; `labels`: what ``label:`` paths find."""

    __slots__ = ("_gone", "_sets", "_trees", "body_missing", "labels", "whole")

    def __init__(self, request: HttpRequest, verb: str, labels: Mapping[str, str]) -> None:
        self.body_missing = False
        self._sets: list[tuple[tuple[str, ...], Any]] = []
        self._gone: list[tuple[str, ...]] = []
        self._trees: list[Any] = []
        form = _PATCHES.get(patch_type(request), ("unknown", ""))[0] if verb == "patch" else ""
        # Apply: what the manager applied before and leaves out now is taken away.
        self.whole = verb == "update" or form == "apply"
        self.labels = {**labels, "patch": form}
        read = body(request, patch=verb == "patch")
        if form == "json" and read is not None:
            self._patch(read)
        elif read is None:
            self.body_missing = True
        elif not isinstance(read, dict):
            raise DecodeError("malformed-body", "The body is not an object.", ADVICE)
        else:
            self._trees.append(read)

    def member(self, *names: str) -> Any:
        """The value at exactly `names` in the object; None for patches, and when it is not there."""
        node = self._trees[0] if len(self._trees) == 1 and not self._sets else None
        for name in names:
            node = node.get(name) if isinstance(node, dict) else None
        return node

    def missing(self, path: WirePath) -> bool:
        """Whether `path` is in a body that was not read."""
        return self.body_missing and path.in_body

    def values(self, path: WirePath, *, fold: bool) -> list[Any]:
        """All values that `path` finds, without nulls (see `conditions.Parameters`). For removed: and absent: one truth, or nothing."""
        if path.source == "label":
            found = self.labels.get(path.name, "")
            return [found] if found else []
        if path.source == "body":
            return [value for tree in self._trees for value in walk(tree, path, fold=fold)]
        steps = _plain(path.steps)
        absent = self.whole and path.source == "absent"
        gone = self.body_missing or any(_gone(tree, steps, absent) for tree in self._trees[: 0 if self._patched() else None])
        return [True] if gone or (self._patched() and self._patched_away(steps)) else []

    def _patched(self) -> bool:
        return bool(self._sets or self._gone)

    def _patch(self, operations: Any) -> None:
        """A JSON patch (RFC 6902) as values set and places emptied."""
        if not isinstance(operations, list):
            raise DecodeError("malformed-patch", "A JSON patch is a list of operations.", ADVICE)
        for one in operations:
            if not isinstance(one, dict) or not isinstance(one.get("op"), str) or not isinstance(one.get("path"), str):
                raise DecodeError("malformed-patch", "An operation of a JSON patch has an op and a path.", ADVICE)
            place = _pointer(one["path"])
            if one["op"] == "test":
                continue
            if one["op"] == "remove":
                self._gone.append(place)
            elif one["op"] in _ADDS:
                self._sets.append((place, one.get("value")))
                self._trees.append(_nested(place, one.get("value")))
            elif one["op"] in _MOVES:
                self.body_missing = True  # What is written is a value that is not here.
            else:
                raise DecodeError("malformed-patch", f"A JSON patch has no operation {one['op'][:32]!r}.", ADVICE)

    def _patched_away(self, steps: tuple[str, ...]) -> bool:
        for place in self._gone:
            shared = min(len(place), len(steps))
            if _alike(place[:shared], steps[:shared]):
                return True
        for place, value in self._sets:
            if len(place) <= len(steps) and _alike(place, steps[: len(place)]) and _gone(value, steps[len(place) :], absent=True):
                return True
        return False


def patch_type(request: HttpRequest) -> str:
    """The Content-Type of a patch as the API server takes it: cut at the first ``;``, and neither trimmed nor folded."""
    sent = request.header_values("content-type")
    return sent[0].partition(";")[0] if sent else ""


def media_type(request: HttpRequest) -> str:
    """The media type of any other body; none sent is JSON."""
    sent = request.header_values("content-type")
    return sent[0].partition(";")[0].strip().lower() if sent and sent[0] else "application/json"


def content(request: HttpRequest) -> bytes | None:
    """The body's bytes; None when it was not read. Of a body that is declared empty there is nothing to read."""
    return b"" if request.body is None and request.body_length == 0 else request.body


def body(request: HttpRequest, *, patch: bool) -> Any:
    """The value of the body, or None when it was not read or is of no format that is. Raises DecodeError."""
    sent = content(request)
    kind = _PATCHES.get(patch_type(request), ("", ""))[1] if patch else _OBJECTS.get(media_type(request), "")
    if sent is None or not kind:
        return None
    data = gzip.plain(sent, request.header_values("content-encoding"))
    if data is not sent:
        return None  # The API server does not inflate: whoever does stands in between.
    if not data:
        return {}
    if kind == "json":
        return json.loads(data)
    if kind == "yaml":
        return _yaml(data)
    if kind == "cbor":
        return cbor.kubernetes(data)
    _, name, raw = protobuf.kind(data)
    return protobuf.loads(raw, name) | {"kind": name} if protobuf.known(name) else None


def _yaml(data: bytes) -> Any:
    """YAML, which most clients write as JSON: that is the same in both, and read faster."""
    if data[:1] == b"{":
        try:
            return json.loads(data)
        except DecodeError as error:
            if error.code != "malformed-json":
                raise
    from warden.dialects.body import yaml  # PyYAML: 20 ms that no other request needs

    return yaml.loads(data)


def _pointer(text: str) -> tuple[str, ...]:
    # RFC 6901 section 3: *( "/" reference-token ); the server's reader takes a pointer without its slash for another place.
    if text and not text.startswith("/"):
        raise DecodeError("malformed-patch", "A path in the JSON patch does not start with a slash.", ADVICE)
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:])


def _nested(place: Sequence[str], value: Any) -> Any:
    """`value` as deep as `place` says. Places in lists become numbered members, which `paths` takes for entries."""
    for part in reversed(place):
        value = {"0" if part == "-" else part.removeprefix("-"): value}
    return value


def _plain(steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Member names alone: a map's key is one."""
    return tuple(name for step in steps for name in (step.name, *(selector[1:-1] for selector in step.selectors if selector != "[]")))


def _alike(one: Sequence[str], other: Sequence[str]) -> bool:
    return all(a.lower() == b.lower() for a, b in zip(one, other, strict=True))


def _gone(node: Any, steps: tuple[str, ...], absent: bool) -> bool:
    """Whether what `steps` lead to is taken away by `node`, an object or a merge: null, empty, a directive of a strategic merge patch, or, with
    `absent`, not there.
    """
    for at, step in enumerate(steps):
        if not isinstance(node, dict):
            return True
        if _directed(node, step):
            return True
        absent = absent or node.get("$patch") == "replace"
        found = [value for key, value in node.items() if key.lower() == step.lower()]
        if not found:
            return absent
        if any(_gone(value, steps[at + 1 :], absent) for value in found[1:]):
            return True
        node = found[0]
    if isinstance(node, dict):
        return not node or node.get("$patch") == "delete"
    if isinstance(node, list):
        return not node or any(isinstance(entry, dict) and "$patch" in entry for entry in node)
    return node is None or node == ""


def _directed(node: dict[str, Any], step: str) -> bool:
    # https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
    if node.get("$patch") not in (None, "merge", "replace") or f"$deleteFromPrimitiveList/{step}" in node:
        return True
    kept = node.get("$retainKeys")
    return kept is not None and not (isinstance(kept, list) and step in kept)
