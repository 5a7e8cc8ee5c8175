"""A strict reader of XML 1.0 that says where each text is: of every element that has no other in it, the bytes between its tags.

Names are without their prefixes, as the clients of APIs read them. The first name in a path is the root's; where several elements of one name
stand side by side, paths are equal, and `Span`s are told apart by `groups`: each path has the position of every element among its parent's.

Refused are document types (nothing of an API has one, and entities would give a text a second reading), entities that XML does not predefine, tags
that do not match, nesting beyond `MAX_DEPTH`, and bytes that are not UTF-8. A text may hold entities and CDATA sections: `decode` reads it.
"""

from __future__ import annotations

import re

from warden.redact.spans import MAX_DEPTH, Path, SpanError, Spans

_NAME = rb"[A-Za-z_\x80-\xff][A-Za-z0-9_.\x80-\xff-]*+(?::[A-Za-z_\x80-\xff][A-Za-z0-9_.\x80-\xff-]*+)?"
_SPACE = rb"[ \t\r\n]"
_ENTITY = rb"&(?:lt|gt|amp|apos|quot|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});"
_ATTRIBUTE = (
    _SPACE + rb"++" + _NAME + _SPACE + rb"*+=" + _SPACE + rb"*+(?:\"(?:[^<&\"]|" + _ENTITY + rb")*+\"|'(?:[^<&']|" + _ENTITY + rb")*+')"
)
_token = re.compile(
    rb"(?P<text>(?:[^<&]++|" + _ENTITY + rb")++)"
    rb"|<(?P<open>" + _NAME + rb")(?:" + _ATTRIBUTE + rb")*+" + _SPACE + rb"*+(?P<empty>/?)>"
    rb"|</(?P<close>" + _NAME + rb")" + _SPACE + rb"*+>"
    rb"|(?P<section><!\[CDATA\[.*?\]\]>)"
    rb"|(?P<aside><!--(?:(?!--).)*+-->|<\?.*?\?>)",
    re.DOTALL,
).match
_DECLARED = re.compile(rb"<\?xml[ \t\r\n][^>]*?encoding[ \t\r\n]*=[ \t\r\n]*[\"']([A-Za-z0-9._-]+)[\"']")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_PART = re.compile(rb"<!\[CDATA\[(.*?)\]\]>|<!--.*?-->|<\?.*?\?>|&([^;]+);", re.DOTALL)
_PREDEFINED = {b"lt": "<", b"gt": ">", b"amp": "&", b"apos": "'", b"quot": '"'}
_BOM = b"\xef\xbb\xbf"


def texts(body: bytes) -> Spans:
    """The inside of every element without elements in it, in order. Its path alternates the names of elements and their positions among all
    elements of their parent, the root's position left out: ``("r", "a", 0)``, ``("r", "a", 1)``. Raises SpanError ``malformed-xml``,
    ``xml-document-type`` or ``too-deep``, maybe after the first spans were yielded: take none before all are there.
    """
    at = len(_BOM) if body.startswith(_BOM) else 0
    _check(body, at)
    stack: list[tuple[bytes, Path, int]] = []
    counts = [0]
    leaf = False  # nothing but text since the last start tag
    end, size = at, len(body)
    while at < size:
        found = _token(body, at)
        if found is None:
            raise _unreadable(body, at)
        kind, end = found.lastgroup, found.end()
        if kind == "text" or kind == "section":
            if not stack and (kind == "section" or found[0].strip(b" \t\r\n")):
                raise _malformed("text outside of the root", at)
        elif kind == "empty" or kind == "open":
            if not stack and counts[0]:
                raise _malformed("two roots", at)
            path = _below(stack, found["open"], counts)
            if found["empty"]:
                yield path, end, end
                leaf = False
            else:
                if len(stack) >= MAX_DEPTH:
                    raise SpanError("too-deep", f"The XML body nests deeper than {MAX_DEPTH} levels.")
                stack.append((found["open"], path, end))
                counts.append(0)
                leaf = True
        elif kind == "close":
            if not stack or stack[-1][0] != found["close"]:
                raise _malformed("an end tag without its start", at)
            _, path, inside = stack.pop()
            counts.pop()
            if leaf:
                yield path, inside, at
            leaf = False
        at = end
    if stack or not counts[0]:
        raise _malformed("it ends early", size)


def decode(raw: bytes) -> str:
    """The text that `raw`, what is between two tags, stands for: entities, CDATA sections, line ends; comments are nothing."""

    def plain(found: re.Match[bytes]) -> bytes:
        if found[1] is not None:
            return found[1]
        if found[2] is None:
            return b""
        if found[2] in _PREDEFINED:
            return _PREDEFINED[found[2]].encode()
        number = found[2][1:]
        return chr(int(number[1:], 16) if number[:1] == b"x" else int(number)).encode("utf-8")

    return _PART.sub(plain, raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")).decode("utf-8")


def encode(text: str) -> bytes:
    """`text` as it is written between two tags."""
    for plain, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
        text = text.replace(plain, escaped)
    return text.encode("utf-8")


def _below(stack: list[tuple[bytes, Path, int]], name: bytes, counts: list[int]) -> Path:
    local = name.rpartition(b":")[2].decode("utf-8")
    position = counts[-1]
    counts[-1] += 1
    return (*stack[-1][1], local, position) if stack else (local,)


def _check(body: bytes, at: int) -> None:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("it is not UTF-8", at) from None
    declared = _DECLARED.match(body, at)
    if declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        raise _malformed("it declares another encoding than UTF-8", at)
    if (control := _CONTROL.search(body)) is not None:
        raise _malformed("a control character", control.start())


def _unreadable(body: bytes, at: int) -> SpanError:
    if body[at : at + 9].upper() == b"<!DOCTYPE":
        return SpanError("xml-document-type", "The XML body has a document type.")
    return _malformed("a tag or an entity", at)


def _malformed(what: str, at: int) -> SpanError:
    return SpanError("malformed-xml", f"The XML body cannot be read: {what} (byte {at}).")
