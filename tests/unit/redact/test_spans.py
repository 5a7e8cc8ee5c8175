"""The span readers against the standard library's: same values at same paths, and a splice changes one value and nothing else."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warden.redact import cbor_spans, json_spans, xml_spans
from warden.redact.spans import MAX_DEPTH, Path, SpanError

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=20,
)


def _texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))


def _put(value: Any, path: Path, new: str) -> Any:
    if not path:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _put(value[path[0]], path[1:], new)
    return copy


@settings(max_examples=300, deadline=None)
@given(_JSON, st.booleans(), st.sampled_from([None, 1]), _TEXT)
def test_json_reads_as_the_library_does_and_splices(value: Any, ascii_only: bool, indent: int | None, new: str) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    spans = list(json_spans.texts(body))
    assert [(path, json_spans.decode(body[start:end])) for path, start, end in spans] == list(_texts(value))
    for path, start, end in spans:
        assert json.loads(body[:start] + json_spans.encode(new) + body[end:]) == _put(value, path, new)


@settings(max_examples=500, deadline=None)
@given(st.text('{}[]:,"\\ \n0123-+.eEtrufalsn\u00e9\x01', max_size=14))
def test_json_accepts_nothing_that_the_library_refuses(text: str) -> None:
    try:
        spans = list(json_spans.texts(text.encode()))
    except SpanError:
        return
    assert [value for _, value in _texts(json.loads(text))] == [json_spans.decode(text.encode()[start:end]) for _, start, end in spans]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"a":"1","a":"2"}', "duplicate-json-key"),
        (b'{"a":"1","\\u0061":"2"}', "duplicate-json-key"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "too-deep"),
        (b'["\xff"]', "malformed-json"),
        (b"\xef\xbb\xbf{}", "malformed-json"),
        (b'{"a":"b"}x', "malformed-json"),
        (b'{"a":"b",}', "malformed-json"),
        (b"", "malformed-json"),
        (b'["\n"]', "malformed-json"),
    ],
)
def test_json_refuses(body: bytes, code: str) -> None:
    with pytest.raises(SpanError) as refused:
        list(json_spans.texts(body))
    assert refused.value.code == code


def test_json_lines_number_their_documents() -> None:
    body = b'{"a":"x"}\n{"a":"y"}\n'
    assert [(path, body[start:end]) for path, start, end in json_spans.lines(body)] == [((0, "a"), b"x"), ((1, "a"), b"y")]


# --- XML -------------------------------------------------------------------------------------------------------------------------

_NAMES = st.sampled_from(["a", "b", "item", "Value", "x-y"])
_CONTENT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12)


@st.composite
def _written(draw: st.DrawFn) -> str:
    """A text as XML may write it: entities, numbers, CDATA sections."""
    text = draw(_CONTENT)
    form = draw(st.integers(0, 2))
    if form == 0 or "]]>" in text:
        return escape(text)
    if form == 1:
        return f"<![CDATA[{text}]]>"
    return "".join(f"&#{ord(char)};" for char in text)


@st.composite
def _elements(draw: st.DrawFn, depth: int = 0) -> str:
    name = draw(_NAMES)
    if depth < 3 and draw(st.booleans()):
        inner = "".join(draw(st.lists(_elements(depth + 1), max_size=3)))
        space = draw(st.sampled_from(["", "\n  ", "<!-- c -->", "<?p i?>"]))
        return f'<{name} k="v">{space}{inner}{space}</{name}>'
    return draw(st.sampled_from([f"<{name}/>", f"<{name}></{name}>"])) if draw(st.booleans()) else f"<{name}>{draw(_written())}</{name}>"


def _leaves(element: ET.Element, path: Path) -> Iterator[tuple[Path, str]]:
    if len(element) == 0:
        yield path, element.text or ""
    for index, child in enumerate(element):
        yield from _leaves(child, (*path, child.tag, index))


@settings(max_examples=300, deadline=None)
@given(_elements(), _CONTENT)
def test_xml_reads_as_the_library_does_and_splices(document: str, new: str) -> None:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{document}\n'.encode()
    root = ET.fromstring(body)
    expected = list(_leaves(root, (root.tag,)))
    spans = list(xml_spans.texts(body))
    assert [(path, xml_spans.decode(body[start:end])) for path, start, end in spans] == expected
    for path, start, end in spans:
        if start == end and body[start - 2 : start] == b"/>":
            continue  # an empty tag has no inside
        made = ET.fromstring(body[:start] + xml_spans.encode(new) + body[end:])
        assert list(_leaves(made, (made.tag,))) == [(one, new if one == path else text) for one, text in expected]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "xml-document-type"),
        (b"<a>&b;</a>", "malformed-xml"),
        (b"<a><b></a></b>", "malformed-xml"),
        (b"<a></a><b></b>", "malformed-xml"),
        (b"<a>", "malformed-xml"),
        (b"x<a/>", "malformed-xml"),
        (b"", "malformed-xml"),
        (b'<?xml version="1.0" encoding="utf-16"?><a/>', "malformed-xml"),
        (b"<a>\xff</a>", "malformed-xml"),
        (b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), "too-deep"),
    ],
)
def test_xml_refuses(body: bytes, code: str) -> None:
    with pytest.raises(SpanError) as refused:
        list(xml_spans.texts(body))
    assert refused.value.code == code


# --- CBOR ------------------------------------------------------------------------------------------------------------------------


def _cbor(value: Any) -> bytes:
    if isinstance(value, str):
        return cbor_spans.head(3, len(value.encode())) + value.encode()
    if isinstance(value, bool) or value is None:
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
    if isinstance(value, int):
        return cbor_spans.head(0, value) if value >= 0 else cbor_spans.head(1, -1 - value)
    if isinstance(value, list):
        return cbor_spans.head(4, len(value)) + b"".join(map(_cbor, value))
    return cbor_spans.head(5, len(value)) + b"".join(_cbor(key) + _cbor(inner) for key, inner in value.items())


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(_PLAIN, st.text("abc", max_size=400))
def test_cbor_reads_and_writes_lengths(value: Any, new: str) -> None:
    body = _cbor(value)
    spans = list(cbor_spans.texts(body))
    assert [(path, body[start:end].decode()) for path, start, end in spans] == list(_texts(value))
    for path, start, end in spans:
        assert cbor_spans.replaced(body, {(start, end): new.encode()}) == _cbor(_put(value, path, new))
