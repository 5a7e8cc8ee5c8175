"""One secret value in a body, and the error of a body in which they cannot be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from warden.errors import WardenError
from warden.redact import json_spans, xml_spans


@dataclass(frozen=True, slots=True)
class Field:
    """A value that is secret by its API.

    `start` and `end` are byte offsets of the raw value: between the quotes of a JSON string, between the tags of an XML element, the bytes of a CBOR
    or protobuf text. `rule` is a stable name (``aws:secretsmanager.GetSecretValue.SecretString``). `encoding` says how the raw bytes stand for the
    value: ``json``, ``json/json`` (a text in a JSON document that is itself a text in one), ``xml``, ``raw``. `transform` is ``base64`` where the
    value is itself the base64 of the secret, else empty.

    `shape` is what a client must still be able to read: ``aws-access-key-id``, ``aws-secret-access-key``, ``aws-session-token``, ``pem``,
    ``service-account-key``, ``docker-auth`` (user:password), ``json`` (a document whose texts are the secrets), ``helm-release`` (base64 of a gzip
    file), ``presigned-url`` (what is secret is its signature), ``env`` (secret only if `name`, the variable's name, or the value says so),
    ``variable`` (as that, and also where the value looks random), ``setting`` (secret unless name or value plainly say no), or empty.
    """

    start: int
    end: int
    rule: str
    encoding: str
    transform: str = ""
    shape: str = ""
    name: str = ""


class SchemaError(WardenError):
    """The secrets in a body cannot be found, because it cannot be read with one meaning. ``code`` is a stable kebab-case name."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


#: New raw bytes for a field, from its old ones.
type Replace = Callable[[bytes, Field], bytes]


def read(raw: bytes, encoding: str) -> bytes:
    """The value that `raw` stands for, in UTF-8."""
    if encoding == "json":
        return json_spans.decode(raw).encode("utf-8", "surrogatepass")
    if encoding == "json/json":
        return read(read(raw, "json"), "json")
    if encoding == "xml":
        return xml_spans.decode(raw).encode("utf-8")
    return raw


def write(value: bytes, encoding: str) -> bytes:
    """The raw bytes for `value`, UTF-8."""
    if encoding == "json":
        return json_spans.encode(value.decode("utf-8", "surrogatepass"))
    if encoding == "json/json":
        return write(write(value, "json"), "json")
    if encoding == "xml":
        return xml_spans.encode(value.decode("utf-8"))
    return value


def spliced(body: bytes, fields: list[Field], replace: Replace) -> bytes:
    """`body` with what `replace` makes of each field; for encodings without lengths."""
    parts: list[bytes] = []
    at = 0
    for field in fields:
        parts += (body[at : field.start], replace(body[field.start : field.end], field))
        at = field.end
    return b"".join((*parts, body[at:]))
