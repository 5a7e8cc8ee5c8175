"""A strict reader of YAML, for Kubernetes: one document, each key once, no anchors, no merge keys, no tags.

The API server turns YAML into JSON before it reads it. PyYAML's readers keep the last of two equal keys, make dates, and share nodes between
places; so the tree is built here, from the parser's events, with the plain scalars that both readings know: null, true, false, numbers, text.
Whatever else YAML 1.1 gives a type (``yes``, ``0o7``, ``1:30``) stays text: `warden.dialects.conditions` takes text that is no clean value
as the harmful one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from warden.dialects.body import ADVICE, MAX_DEPTH
from warden.errors import DecodeError

#: Bytes: a second of reading. Clients write large objects as JSON, which is YAML too and read by its own reader.
MAX_SIZE = 512 << 10

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
# The numbers of JSON: what both YAML 1.1 and 1.2 read so.
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,18})(?:\.[0-9]{1,30})?(?:[eE][-+]?[0-9]{1,3})?")

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def loads(body: bytes) -> Any:
    """The one document in `body`; an empty one is an empty object.

    Raises DecodeError ``malformed-yaml``, ``duplicate-yaml-key``, ``yaml-reference``, ``invalid-utf8`` or ``too-deep``.
    """
    if len(body) > MAX_SIZE:
        raise _malformed(f"it is larger than {MAX_SIZE} bytes")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise DecodeError("invalid-utf8", "The YAML body is not UTF-8.", ADVICE) from None
    if text.startswith("\ufeff"):
        raise _malformed("it starts with a byte order mark")
    try:
        return _document(yaml.parse(text, Loader=_LOADER))
    except (yaml.YAMLError, RecursionError, ValueError):
        raise _malformed("its syntax is not YAML's") from None


def _malformed(what: str) -> DecodeError:
    return DecodeError("malformed-yaml", f"The YAML body cannot be read: {what}.", ADVICE)


def _document(events: Iterator[Any]) -> Any:
    found: Any = {}
    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _malformed("it holds more than one document")
            if event.tags or event.version:
                raise _malformed("it has directives")
            found = _node(next(events), events, 0)
    return found


def _node(event: Any, events: Iterator[Any], depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise DecodeError("too-deep", f"The YAML body nests deeper than {MAX_DEPTH} levels.", ADVICE)
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        raise DecodeError("yaml-reference", "The YAML body holds an anchor or an alias.", "Write out what is meant.")
    if getattr(event, "tag", None) is not None:
        raise _malformed("it holds a tag")
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event.value) if event.style is None or event.style == "" else event.value
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(_node(event, events, depth + 1))
        return items
    return _mapping(events, depth)


def _mapping(events: Iterator[Any], depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        if not isinstance(event, yaml.ScalarEvent) or event.tag is not None or event.anchor is not None:
            raise _malformed("a key is not plain text")
        key = event.value
        if key == "<<" and not event.style:
            raise DecodeError("yaml-reference", "The YAML body merges another mapping.", "Write out what is meant.")
        if key in found:
            raise DecodeError("duplicate-yaml-key", f"The YAML body has the key {key!r} twice in one mapping.", "Send each key once.")
        found[key] = _node(next(events), events, depth + 1)
    return found


def _scalar(text: str) -> Any:
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
