"""One view of a request's parameters, whichever protocol carries them.

The tables say where each parameter is: ``source:steps``, for example ``form:InstanceId[]``, ``body:RequestItems{*}[].DeleteRequest``,
``xml:Rule[].Expiration``,
``header:x-amz-acl``, ``query:versionId``, ``label:Bucket``, ``payload:``. `Parameters.values` walks there and returns all values found.

Steps of a path: ``Name`` a member; ``Name[]`` each entry of a list; ``Name{Key}`` one entry of a map; ``Name{*}`` each value of a map;
``Name{@}`` its
keys; ``Name{@Member}`` the keys whose value holds that member; ``Name[Key=Value]`` the entries of a list whose member Key is Value.

A message with two readings raises DecodeError: equal JSON or CBOR keys, a form parameter or query key with two values, a document type in XML.
A body that was not read (`HttpRequest.body` is None) has no values, and `body_missing` says so: conditions then count as their worst.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl
from xml.parsers import expat

from warden.dialects.aws import cbor
from warden.dialects.aws.route import Route
from warden.errors import DecodeError
from warden.model import HttpRequest

#: Nesting beyond this is no API call. Python's own limit is far above it.
MAX_DEPTH = 64
#: More form parameters than the largest batch of any query API.
MAX_FORM_FIELDS = 20_000
#: Bytes that a compressed body may grow to.
MAX_INFLATED = 16 << 20

#: Sources of a path that are in the body (form parameters may be in the query string too).
BODY_SOURCES = frozenset({"form", "body", "xml", "payload"})

_ADVICE = "Send the request with an AWS SDK or the AWS CLI."
#: Names of form parameters. One with a space, or with an empty part between dots, is another name to whoever trims it.
_FORM_NAME = re.compile(r"[!-\-/-~]+(?:\.[!-\-/-~]+)*")
_STEP = re.compile(r"([^\[\]{}]+)((?:\[[^\]]*\]|\{[^}]*\})*)")
#: Brackets, and strings, which may hold some. Never tried twice at one place, or an endless string would take the square of its length.
_MARKS = re.compile(r'"(?>[^"\\]+|\\.)*+"?|[\[\]{}]', re.DOTALL)
_SELECTOR = re.compile(r"\[[^\]]*\]|\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Step:
    """One member name and what is taken below it: selectors as they are written (``[]``, ``{*}``, ``[Name=Policy]``)."""

    name: str
    folded: str
    selectors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WirePath:
    """A compiled path. `steps` is empty for header, query and label, whose `name` is the whole key; `many`: a list is expected there."""

    source: str
    name: str
    steps: tuple[Step, ...]
    many: bool

    @property
    def in_body(self) -> bool:
        return self.source in BODY_SOURCES


@cache
def wire_path(text: str) -> WirePath:
    """`text` compiled. Raises ValueError when it is no path: the tables are wrong."""
    source, colon, rest = text.partition(":")
    if not colon or source not in BODY_SOURCES | {"header", "query", "label"}:
        raise ValueError(f"no wire path: {text}")
    if source in ("header", "query", "label", "payload"):
        return WirePath(source, rest.removesuffix("[]"), (), rest.endswith("[]"))
    steps = []
    for part in rest.split("."):
        matched = _STEP.fullmatch(part)
        if not matched:
            raise ValueError(f"no step in {text}: {part}")
        steps.append(Step(matched[1], matched[1].lower(), tuple(_SELECTOR.findall(matched[2]))))
    return WirePath(source, "", tuple(steps), any(step.selectors for step in steps))


class _Children(list[Any]):
    """All children of one name of an XML element: what `Name` finds, with or without ``[]``."""


class Parameters:
    """The parameters of one request. Each body is parsed once, when the first path asks for it."""

    __slots__ = ("_request", "_route", "_tree", "body_missing")

    def __init__(self, route: Route, request: HttpRequest) -> None:
        self._route = route
        self._request = request
        self._tree: Any = None
        #: The body was not read: nothing is known of what it holds.
        self.body_missing = request.body is None

    def values(self, path: WirePath, *, fold: bool) -> list[Any]:
        """All values at `path`, without nulls. `fold`: member names match in any case, for questions whose yes is the harmful answer.

        Raises DecodeError when the body, or a key that may be there once, has two readings.
        """
        if path.source == "label":
            found = self._route.labels.get(path.name)
            return [] if found is None else [found]
        if path.source == "header":
            return _single(self._request.header_values(path.name), path, "duplicate-header")
        if path.source == "query":
            return _single([value for key, value in self._route.query if key == path.name], path, "duplicate-query-key")
        if path.source == "payload":
            return [] if self.body_missing else [self._body()]
        if self._tree is None:
            self._tree = self._parse(path.source)
        nodes = [self._tree]
        for step in path.steps:
            nodes = list(_descend(nodes, step, fold))
            if not nodes:
                return nodes
        return [node[""] if isinstance(node, dict) and "" in node else node for node in nodes]

    def _parse(self, source: str) -> dict[str, Any]:
        if source == "form":
            return _form(self._route.query, b"" if self.body_missing else self._body())
        if self.body_missing:
            return {}
        body = self._body()
        if source == "xml":
            return _xml(body)
        if self._route.protocol == "rpc-v2-cbor":
            return _object(cbor.loads(body) if body else {}, "malformed-cbor", "CBOR")
        return _object(_json(body), "malformed-json", "JSON")

    def _body(self) -> bytes:
        body = self._request.body or b""
        encodings = [value.strip().lower() for header in self._request.header_values("content-encoding") for value in header.split(",")]
        encodings = [value for value in encodings if value not in ("", "identity")]
        if not encodings:
            return body
        if encodings != ["gzip"]:
            raise DecodeError(
                "unsupported-content-encoding",
                f"A body encoded as {', '.join(encodings)} cannot be read here.",
                "Send it without Content-Encoding.",
            )
        inflater = zlib.decompressobj(wbits=31)
        try:
            inflated = inflater.decompress(body, MAX_INFLATED + 1)
        except zlib.error:
            raise DecodeError("malformed-gzip", "The compressed body cannot be read.", _ADVICE) from None
        if len(inflated) > MAX_INFLATED:
            raise DecodeError(
                "compressed-body-too-large",
                f"The compressed body is larger than {MAX_INFLATED} bytes.",
                "Send it without Content-Encoding.",
            )
        if not inflater.eof or inflater.unused_data:
            raise DecodeError("malformed-gzip", "The compressed body ends early, or has something after its end.", _ADVICE)
        return inflated


def _single(values: list[str], path: WirePath, code: str) -> list[Any]:
    if len(values) > 1 and not path.many and len(set(values)) > 1:
        raise DecodeError(
            code, f"{path.source.capitalize()} {path.name} is there {len(values)} times with different values.", "Send it once."
        )
    return list(values)


# --- walking ---------------------------------------------------------------------------------------------------------------------------------


def _descend(nodes: Iterable[Any], step: Step, fold: bool) -> Iterator[Any]:
    for node in nodes:
        if not isinstance(node, dict):
            if fold and step.folded == "value" and isinstance(node, str):
                yield node  # EC2's AttributeValue structures, sent without their one member
            continue
        if fold:
            found = [value for key, value in node.items() if key.lower() == step.folded]
            if step.selectors[:1] == ("[]",):
                found += _misnamed(node, step)
        else:
            found = [node[step.name]] if step.name in node else []
        for value in found:
            below: Iterable[Any] = value if isinstance(value, _Children) else (value,)
            for selector in step.selectors:
                below = _select(below, selector, fold)
            for one in below:
                if one is not None:
                    yield one


def _misnamed(node: dict[str, Any], step: Step) -> list[Any]:
    """Entries of a form's list under another name than the model's: AWS takes ``Ids.member.1`` for ``Ids.Id.1``, and others take ``Ids.1``."""
    numbered = {key: value for key, value in node.items() if key.isdecimal()}
    named = [
        value
        for key, value in node.items()
        if not key.isdecimal() and key.lower() != step.folded and "member" in (key.lower(), step.folded)
    ]
    return [numbered, *named] if numbered else named


def _select(nodes: Iterable[Any], selector: str, fold: bool) -> Iterator[Any]:
    inner = selector[1:-1]
    for node in nodes:
        if selector == "[]":
            yield from _entries(node, fold)
        elif selector[0] == "[":
            key, _, wanted = inner.partition("=")
            for entry in _entries(node, fold):
                if any(_same(value, wanted, fold) for value in _descend([entry], Step(key, key.lower(), ()), fold)):
                    yield entry
        elif not isinstance(node, dict):
            continue
        elif inner == "*":
            yield from node.values()
        elif inner.startswith("@"):
            yield from (key for key, value in node.items() if inner == "@" or _holds(value, inner[1:], fold))
        else:
            yield from (value for key, value in node.items() if _same(key, inner, fold))


def _entries(node: Any, fold: bool) -> Iterator[Any]:
    """The entries of a list: a JSON array, numbered form parameters (a lone one without a number too), or repeated XML elements.

    `fold` also finds entries below numbers that are none (``-1``, ``member.1``) and in lists of lists: a server may be that lenient.
    """
    if isinstance(node, list):
        for entry in node:
            yield from _entries(entry, fold) if fold and isinstance(entry, list) else (entry,)
    elif isinstance(node, dict) and node and all(key == "" or key.isdecimal() for key in node):
        for key in sorted(node, key=lambda key: (len(key), key)):
            entry = node[key]
            yield entry
            if fold and isinstance(entry, dict) and all(below.isdecimal() for below in entry):
                yield from _entries(entry, fold)
    elif node is not None:
        yield node
        if fold and isinstance(node, dict):
            for below in node.values():
                if isinstance(below, dict):
                    yield from _entries(below, fold)


def _holds(value: Any, member: str, fold: bool) -> bool:
    return any(True for entry in _entries(value, fold) for _ in _descend([entry], Step(member, member.lower(), ()), fold))


def _same(value: Any, wanted: str, fold: bool) -> bool:
    return isinstance(value, str) and (value.lower() == wanted.lower() if fold else value == wanted)


# --- bodies ----------------------------------------------------------------------------------------------------------------------------------


def _object(value: Any, code: str, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DecodeError(code, f"The {what} body is not an object.", _ADVICE)
    return value


def _form(query: Iterable[tuple[str, str]], body: bytes) -> dict[str, Any]:
    """The parameters of query string and body as a tree: ``Filter.1.Name`` is Filter, then 1, then Name. None is both a value and a tree."""
    try:
        text = body.decode("utf-8")
        pairs = [*query, *parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_FIELDS)]
    except UnicodeDecodeError:
        raise DecodeError("invalid-utf8", "The form body is not UTF-8.", _ADVICE) from None
    except ValueError:
        raise DecodeError("too-many-parameters", f"The form body has more than {MAX_FORM_FIELDS} parameters.", _ADVICE) from None
    flat: dict[str, str] = {}
    for key, value in pairs:
        if _FORM_NAME.fullmatch(key) is None:
            raise DecodeError("malformed-form", f"The parameter name {key[:64]!r} holds spaces or empty parts.", _ADVICE)
        if flat.setdefault(key, value) != value:
            raise DecodeError("duplicate-parameter", f"Parameter {key} is there twice with different values.", "Send it once.")
    tree: dict[str, Any] = {}
    for key, value in flat.items():
        parts = key.split(".")
        if len(parts) > MAX_DEPTH:
            raise DecodeError("too-deep", f"A form parameter nests deeper than {MAX_DEPTH} levels.", _ADVICE)
        node = tree
        for part in parts[:-1]:
            below = node.setdefault(part, {})
            if not isinstance(below, dict):
                raise _twofold(key)
            node = below
        if parts[-1] in node:
            raise _twofold(key)
        node[parts[-1]] = value
    return tree


def _twofold(key: str) -> DecodeError:
    return DecodeError("duplicate-parameter", f"At {key} there is both a value and a parameter below it.", "Send one of them.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise DecodeError("duplicate-json-key", f"The JSON body has the key {twice!r} twice in one object.", "Send each key once.")
    return found


def _no_constant(name: str) -> Any:
    raise DecodeError("malformed-json", f"The JSON body holds {name}, which JSON does not have.", _ADVICE)


def _json(body: bytes) -> Any:
    if not body:
        return {}
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise DecodeError("invalid-utf8", "The JSON body is not UTF-8.", _ADVICE) from None
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise DecodeError("too-deep", f"The JSON body nests deeper than {MAX_DEPTH} levels.", _ADVICE)
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise DecodeError("malformed-json", "The body is not JSON.", _ADVICE) from None


def _depth(text: str) -> int:
    """How deep brackets nest outside strings."""
    deepest = depth = 0
    for found in _MARKS.finditer(text):
        mark = found[0]
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest


def _xml(body: bytes) -> dict[str, Any]:
    """The root element's children: name (without its namespace) -> `_Children`, texts or dicts alike. Declarations of entities are
    refused, never expanded.
    """
    if not body:
        return {}
    root: dict[str, Any] = {}
    stack: list[tuple[dict[str, Any], list[str]]] = []

    def start(name: str, _attributes: dict[str, str]) -> None:
        if len(stack) >= MAX_DEPTH:
            raise DecodeError("too-deep", f"The XML body nests deeper than {MAX_DEPTH} levels.", _ADVICE)
        stack.append(({} if stack else root, []))

    def end(name: str) -> None:
        children, text = stack.pop()
        if stack:
            local, said = name.rpartition(" ")[2], "".join(text)
            if children and said.strip():
                children[""] = said  # text beside elements: to some readers it is the value
            stack[-1][0].setdefault(local, _Children()).append(children or said)

    def encoded(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii"):
            raise DecodeError("malformed-xml", f"The XML body says that it is {encoding}.", "Send UTF-8.")

    def declared(*_: Any) -> None:
        raise DecodeError("xml-doctype", "The XML body declares a document type.", "Send it without one.")

    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        raise DecodeError("invalid-utf8", "The XML body is not UTF-8.", "Send UTF-8.") from None
    if b"\0" in body:
        raise DecodeError("malformed-xml", "The XML body holds a null character.", "Send UTF-8.")  # UTF-16 that would pass for UTF-8
    parser = expat.ParserCreate("utf-8", " ")
    parser.XmlDeclHandler = encoded
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda text: stack[-1][1].append(text)
    parser.StartDoctypeDeclHandler = declared
    parser.EntityDeclHandler = declared
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise DecodeError("malformed-xml", f"The body is not XML: {expat.ErrorString(error.code)}.", _ADVICE) from None
    return root
