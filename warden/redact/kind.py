"""What a body is, by its type and its first bytes: text that is looked through whole, text that comes in units, or bytes that pass as they are."""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    """How a body is gone through."""

    DOCUMENT = "document"  # one text: JSON, XML, YAML, HTML
    LINES = "lines"  # each line for itself: logs, NDJSON, watches, event streams
    GRPC = "grpc"
    EVENTS = "eventstream"  # AWS's messages
    MULTIPART = "multipart"
    UTF16 = "utf-16"
    BINARY = "binary"


_DOCUMENTS = re.compile(
    r"application/(?:.*\+)?(?:json|xml|yaml|x-yaml|toml|graphql|javascript|x-javascript|ecmascript|x-www-form-urlencoded|sql|x-sh|x-httpd-php|hal\+json|jwt|jose"
    r"|x-pem-file|pem-certificate-chain|x-amz-json-1\.[01]|x-terraform|hcl|xhtml\+xml|sarif\+json)|text/(?!event-stream|plain).*|image/svg\+xml"
)
_LINES = re.compile(r"text/event-stream|text/plain|application/(?:x-)?(?:ndjson|jsonlines|jsonl|json-seq|stream\+json|x-json-stream|log)")

#: What binary files begin with: archives, images, executables, documents.
MAGIC = (
    b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf", b"\x7fELF", b"\x89PNG",
    b"\xff\xd8\xff", b"GIF8", b"%PDF",
    b"\xca\xfe\xba\xbe", b"\x00asm", b"!<arch>\n", b"SQLite format 3\x00", b"PAR1", b"k8s\x00",
)  # fmt: skip
#: Bytes at the start that are looked at.
HEAD = 512
_PRINTABLE = bytes(range(32, 127)) + b"\t\n\r"
_CONTROL = bytes(c for c in range(32) if c not in (7, 8, 9, 10, 12, 13, 27))


def kind_by_type(content_type: str) -> Kind | None:
    """What the Content-Type alone says; None where it says nothing that can be relied on."""
    essence = content_type.partition(";")[0].strip().lower()
    if essence.startswith("application/grpc") and not essence.startswith("application/grpc-web-text"):
        return Kind.GRPC
    if essence == "application/vnd.amazon.eventstream":
        return Kind.EVENTS
    if essence.startswith("multipart/"):
        return Kind.MULTIPART
    if "stream=watch" in content_type.replace(" ", "").lower() or _LINES.fullmatch(essence):
        return Kind.LINES
    if _DOCUMENTS.fullmatch(essence):
        return Kind.DOCUMENT
    return None


def _is_utf16(head: bytes) -> bool:
    """Whether every other byte is zero, as in Latin text."""
    odd, even = head[1::2].count(0), head[0::2].count(0)
    return len(head) >= 4 and max(odd, even) * 3 > len(head) and b"\x00\x00" not in head[:64]


def kind_of(content_type: str, head: bytes) -> Kind:
    """What a body is that begins with `head` (its first `HEAD` bytes, or all of it)."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or _is_utf16(head):
        return Kind.UTF16
    if (stated := kind_by_type(content_type)) is not None:
        return stated
    if len(head.translate(None, _PRINTABLE)) * 20 < len(head):
        return Kind.DOCUMENT  # whatever it begins with, or says of itself, it can be read
    if head.startswith(MAGIC):
        return Kind.BINARY
    if head.translate(None, _CONTROL) != head:
        return Kind.BINARY
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # Latin-1 text is text too, where most of it is ASCII.
        if error.start < len(head) - 3 and sum(byte > 127 for byte in head) * 5 > len(head):
            return Kind.BINARY
    return Kind.DOCUMENT


#: Encodings of structured answers that are not read here, and what a text is stated to be written in that hides every ASCII character.
_STRUCTURED = re.compile(r"application/(?:.*cbor|.*protobuf.*)")
_UNREAD = re.compile(r"charset\s*=\s*\"?(?:utf-?32|utf-?7|ucs-?4|cp0?37|cp500|cp1047|cp1140|ibm|ebcdic)", re.IGNORECASE)


def is_structured(content_type: str) -> bool:
    """Whether the type is that of an API's answer in binary form."""
    return _STRUCTURED.fullmatch(content_type.partition(";")[0].strip().lower()) is not None


def is_unread(content_type: str) -> bool:
    """Whether the text is stated to be in a character set that no layer reads."""
    return _UNREAD.search(content_type) is not None
