"""A strict reader of XML: UTF-8, no document type, a depth that APIs have."""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

from warden.dialects.body import ADVICE, MAX_DEPTH
from warden.dialects.paths import Children
from warden.errors import DecodeError


def tree(body: bytes) -> dict[str, Any]:
    """The root element's children: name (without its namespace) -> `Children`, texts or dicts alike. Declarations of entities are
    refused, never expanded.
    """
    if not body:
        return {}
    root: dict[str, Any] = {}
    stack: list[tuple[dict[str, Any], list[str]]] = []

    def start(name: str, _attributes: dict[str, str]) -> None:
        if len(stack) >= MAX_DEPTH:
            raise DecodeError("too-deep", f"The XML body nests deeper than {MAX_DEPTH} levels.", ADVICE)
        stack.append(({} if stack else root, []))

    def end(name: str) -> None:
        children, text = stack.pop()
        if stack:
            local, said = name.rpartition(" ")[2], "".join(text)
            if children and said.strip():
                children[""] = said  # text beside elements: to some readers it is the value
            stack[-1][0].setdefault(local, Children()).append(children or said)

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
        raise DecodeError("malformed-xml", f"The body is not XML: {expat.ErrorString(error.code)}.", ADVICE) from None
    return root
