"""Bytes as choices, and choices as changes to a request."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import replace

from warden.model import HttpRequest

#: What parsers of paths, queries, forms and JSON trip over.
TOKENS = (
    *(
        "%2F",
        "%2f",
        "%2e",
        "%2E%2E",
        "..",
        ".",
        "/",
        "//",
        "/./",
        "/../",
        "?",
        "&",
        "=",
        ";",
        "+",
        "%",
        "%%",
        "%00",
        "%0a",
        "%0d%0a",
        "%20",
        " ",
    ),
    *(
        "%C0%AF",
        "%252F",
        "\\",
        "%5c",
        "#",
        "{",
        "}",
        "[",
        "]",
        '"',
        "\ufeff",
        "\u00e9",
        "\u017f",
        "\u0130",
        "%EF%BB%BF",
        "*",
        ":",
        "@",
        "~",
        "|",
        "\t",
    ),
    *(
        "true",
        "false",
        "null",
        "0",
        "1",
        "-1",
        "1e9",
        "NaN",
        "dryRun=All",
        "dryRun=None",
        "watch=true",
        "alt=media",
        "x-id=GetObject",
        "list-type=2",
    ),
    *(
        "Action=DescribeInstances",
        "action=ListUsers",
        "Version=2016-11-15",
        "&Action=",
        "acl",
        "uploads",
        "tagging",
        "versionId=x",
        "delete",
    ),
)
HEADERS = (
    ("X-HTTP-Method-Override", "GET"), ("X-HTTP-Method-Override", "DELETE"), ("X-Method-Override", "GET"), ("X-HTTP-Method", "GET"),
    ("X-Amz-Target", "DynamoDB_20120810.ListTables"), ("X-Amz-Target", "AmazonSQS.ListQueues"), ("Smithy-Protocol", "rpc-v2-cbor"),
    ("Content-Type", "application/json"), ("Content-Type", "application/x-www-form-urlencoded"), ("Content-Type", "application/yaml"),
    ("Content-Type", "application/grpc"), ("Content-Type", "multipart/mixed; boundary=b"), ("Content-Type", "text/plain"),
    ("Content-Type", "application/merge-patch+json"), ("Content-Type", "application/vnd.kubernetes.protobuf"), ("Content-Type", "application/cbor"),
    ("Content-Encoding", "gzip"), ("Content-Encoding", "identity"), ("Transfer-Encoding", "chunked"), ("Content-Length", "0"),
    ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("X-Original-URL", "/"), ("X-Rewrite-URL", "/"), ("X-Forwarded-Host", "example.com"),
    ("X-Goog-Api-Client", "gl-python"), ("x-goog-request-params", "name=projects/p"), ("Impersonate-User", "system:admin"),
    ("x-amz-copy-source", "/b/k"), ("Range", "bytes=0-0"), ("Accept", "application/json;as=Table"),
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "get", "delete", "LIST", "QUERY")


class Choices:
    """A finite string of bytes as a source of choices; when it is used up, every choice is the first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def below(self, limit: int) -> int:
        """A number from 0 to `limit` - 1."""
        size = 1 if limit <= 256 else 2
        piece = self._data[self._at : self._at + size]
        self._at += size
        return int.from_bytes(piece) % limit if limit else 0

    def pick[T](self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def text(self) -> str:
        """A token, or a few bytes of the data itself."""
        if self.below(4):
            return self.pick(TOKENS)
        size = 1 + self.below(4)
        piece = self._data[self._at : self._at + size]
        self._at += size
        return piece.decode("latin-1")


def mutate(request: HttpRequest, choices: Choices) -> HttpRequest:
    """`request` with one to eight changes."""
    for _ in range(1 + choices.below(8)):
        request = _change(request, choices)
        if not choices:
            break
    return request


def _change(request: HttpRequest, choices: Choices) -> HttpRequest:
    body = request.body or b""
    match choices.below(10):
        case 0 | 1:
            return replace(request, target=_edited(request.target, choices))
        case 2:
            return replace(request, headers=(*request.headers, choices.pick(HEADERS)))
        case 3:
            at = choices.below(len(request.headers) + 1)
            return replace(request, headers=(*request.headers[:at], choices.pick(HEADERS), *request.headers[at + 1 :]))
        case 4:
            if not request.headers:
                return request
            at = choices.below(len(request.headers))
            name, value = request.headers[at]
            return replace(request, headers=(*request.headers[:at], (name, _edited(value, choices)), *request.headers[at + 1 :]))
        case 5 | 6:
            return replace(request, body=_edited(body.decode("latin-1"), choices).encode("latin-1", "replace"))
        case 7:
            return replace(request, method=choices.pick(METHODS))
        case 8:
            return replace(request, headers=tuple(pair for pair in request.headers if pair[0].lower() != "content-type"))
        case _:
            return replace(request, body=choices.pick((None, b"", gzip.compress(body, mtime=0), body + body, body.upper(), body.lower())))


def _edited(text: str, choices: Choices) -> str:
    """Inserts, deletes, doubles, swaps the case of, or percent-encodes a piece."""
    at = choices.below(len(text) + 1)
    end = min(len(text), at + choices.below(12))
    match choices.below(6):
        case 0:
            return text[:at] + text[end:]
        case 1:
            return text[:end] + text[at:]
        case 2:
            return text[:at] + text[at:end].swapcase() + text[end:]
        case 3:
            return text[:at] + "".join(f"%{byte:02X}" for byte in text[at:end].encode("utf-8", "replace")) + text[end:]
        case _:
            return text[:at] + choices.text() + text[at:]
