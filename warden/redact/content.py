"""Placeholders inside the formats of bodies: each is replaced in the spelling of what is around it, and every other byte stays as it was."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from email.message import Message
from typing import Protocol
from urllib.parse import quote, quote_plus, unquote_to_bytes

from warden.redact import chunks, secret_message
from warden.redact.strings import Change, change_json, change_yaml
from warden.redact.vault import Entry, Seen, Vault

#: Bytes that a compressed body may have, as many as are read of one that is not (`proxy.body_limit`): a megabyte of placeholders takes half a second.
#: And encodings inside encodings that are followed. Beyond both, placeholders stay what they are.
UNPACKED, DEPTH = 8 << 20, 5

#: Runs of base64: in lines, or of either alphabet. No part of it is tried at many lengths, so a hostile body is read in one pass.
_RUN = re.compile(rb"(?:[A-Za-z0-9+/]{60,76}\r?\n)+[A-Za-z0-9+/]{1,76}={0,2}|[A-Za-z0-9+/_-]{16,}+={0,2}")
_STANDARD, _URLSAFE = re.compile(rb"[A-Za-z0-9+/]{16,}+={0,2}"), re.compile(rb"[A-Za-z0-9_-]{16,}+={0,2}")
#: Pairs of a form, and parts of a multipart body, that are taken apart.
PARTS = 10_000
#: Where in four characters of base64 the part begins that a secret's bytes alone decide, by its place in three bytes (`vault.encodings`).
_PHASE = {"base64:0": 0, "base64:1": 2, "base64:2": 3}
#: RFC 2046 section 5.1.1: how a multipart body's type says its boundary, and RFC 7578 section 4.2 how a part says its name. Stated otherwise, or
#: twice, servers differ in which they take.
_BOUNDARY = re.compile(r"boundary\s*\*?[0-9]*\*?\s*=", re.IGNORECASE)
_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ \t]*[^\r\n]*\r\n")
_PARAMETER = rb';[ \t]*([A-Za-z0-9*]+)=("[^"\\\r\n]*"|[^\s";,\\]+)[ \t]*'
_DISPOSITION = re.compile(rb"content-disposition:[ \t]*form-data[ \t]*((?:%s)*)\r\n" % _PARAMETER.replace(b"(", b"(?:"), re.IGNORECASE)
#: Formats whose parts are preceded by their lengths, or checked by sums: no byte of them can be replaced by more or fewer.
_FRAMED = re.compile(r"grpc|protobuf|x-protobuf|cbor|msgpack|eventstream|avro|zip|octet-stream-compressed|git-|thrift")


class UnchangeableError(Exception):
    """A placeholder is in a format in which none can be replaced. Its text names the format."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a request something stands. `fields` are its names in bindings, `where` its name in a sentence.

    `keys` is its path in a JSON or YAML body. `line`: no control characters may go there, and the placeholder stands there as it is, in no encoding.
    `whole`: it must be all of the value.
    """

    fields: tuple[str, ...]
    where: str
    keys: tuple[str, ...] = ()
    body: bool = False
    line: bool = False
    whole: bool = False

    def is_named(self, field: str) -> bool:
        """Whether a binding's field means this place."""
        if field.startswith("json:"):
            at = ".".join(key.replace("\\", "\\\\").replace(".", "\\.") for key in self.keys)
            return bool(self.keys) and (at == field[5:] or at.startswith(field[5:] + "."))
        kind, colon, name = field.partition(":")
        return field in self.fields or (kind == "header" and f"{kind}{colon}{name.lower()}" in self.fields)


class Filling(Protocol):
    """Who says what goes where (`outgoing.Filling`)."""

    vault: Vault

    def secret(self, entry: Entry, place: Place) -> bytes | None: ...


BODY = Place(("body",), "its body", body=True)


def fill(body: bytes, types: Sequence[str], encodings: Sequence[str], filling: Filling) -> bytes:
    """A whole body. Raises UnchangeableError, and what `filling.secret` raises."""
    if not encodings and not holds(body, filling.vault):
        return body
    for coding in [one.strip().lower() for value in encodings for one in value.split(",")][::-1]:
        if coding in ("gzip", "x-gzip", "deflate"):
            unpacked = _unpacked(body)
            if unpacked is None:
                return body
            made = fill(unpacked, types, (), filling)
            if made == unpacked:
                return body
            return gzip.compress(made, mtime=0) if "gzip" in coding else zlib.compress(made)
        if coding == "aws-chunked":
            return _rechunked(body, types, encodings, filling)
        if coding not in ("", "identity"):
            return body  # not looked into, so nothing is replaced in it
    return _typed(body, types[0] if types else "", BODY, filling, 0)


def _rechunked(body: bytes, types: Sequence[str], encodings: Sequence[str], filling: Filling) -> bytes:
    found = chunks.payload(body)
    if found is None:
        if holds(body, filling.vault):
            raise UnchangeableError("chunks that are signed or broken (aws-chunked)")
        return body
    inner = [one for value in encodings for one in value.split(",") if one.strip().lower() != "aws-chunked"]
    made = fill(found[0], types, inner, filling)
    if made == found[0]:
        return body
    whole = chunks.rebuilt(made, found[1])
    if whole is None:
        raise UnchangeableError("chunks (aws-chunked) with a checksum that cannot be made anew")
    return whole


def is_framed(content_type: str) -> bool:
    """Whether bodies of this type cannot be changed."""
    kind = content_type.partition(";")[0].strip().lower()
    return bool(_FRAMED.search(kind)) and "json" not in kind and kind != secret_message.TYPE


def _unpacked(body: bytes) -> bytes | None:
    for bits in (31, 15, -15):
        unpacker = zlib.decompressobj(bits)
        try:
            found = unpacker.decompress(body, UNPACKED)
        except zlib.error:
            continue
        return found if unpacker.eof and not unpacker.unused_data else None
    return None


def _typed(body: bytes, content_type: str, place: Place, filling: Filling, depth: int) -> bytes:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return _form(body, place, filling)
    if kind.startswith("multipart/") and depth < DEPTH:
        return _multipart(body, content_type, place, filling, depth)
    if kind == secret_message.TYPE:
        body = secret_message.fill(
            body,
            lambda value, keys: text(value, replace(place, keys=keys, where=f"its body, at {'.'.join(keys)[:128]}"), filling, depth + 1),
        )
    if is_framed(kind) or kind == secret_message.TYPE:
        for seen in filling.vault.placeholders_in(body):
            if filling.secret(seen.entry, place) is not None:
                raise UnchangeableError(kind)
        return body
    if "yaml" in kind and (made := _structured(body, change_yaml, place, filling, depth)) is not None:
        return made
    if "xml" in kind or "html" in kind:
        return text(body, place, filling, depth, escape=lambda secret: _encoded(secret, "xml"))
    return text(body, place, filling, depth)


def text(data: bytes, place: Place, filling: Filling, depth: int = 0, *, escape: Callable[[bytes], bytes] = bytes) -> bytes:
    """Text of whatever kind: JSON as such, else the placeholders in it by their own encodings, and what is in base64 in it. `escape` is for those
    that stand as they are.
    """
    if depth > DEPTH or not data:
        return data
    if (
        not place.line
        and data.lstrip()[:1] in (b"{", b"[", b'"')
        and (made := _structured(data, change_json, place, filling, depth)) is not None
    ):
        return made
    pieces: list[bytes] = []
    end = 0
    for start, stop, new in sorted(_changes(data, place, filling, depth, escape)):
        if start < end:
            continue
        pieces += [data[end:start], new]
        end = stop
    return b"".join([*pieces, data[end:]]) if pieces else data


def _changes(data: bytes, place: Place, filling: Filling, depth: int, escape: Callable[[bytes], bytes]) -> Iterator[tuple[int, int, bytes]]:
    seen = filling.vault.placeholders_in(data)
    for one in seen:
        if not _alone(data, one, place):
            filling.secret(one.entry, Place((), f"{place.where}, encoded or with other text around it", body=place.body))
        elif one.encoding not in _PHASE and one.encoding != "part" and (secret := filling.secret(one.entry, place)) is not None:
            yield one.start, one.end, escape(secret) if one.encoding == "raw" else _encoded(secret, one.encoding)
    if not place.line:
        phases = {one.start: _PHASE[one.encoding] for one in seen if one.encoding in _PHASE}
        yield from _runs(data, phases, place, filling, depth)


def _alone(data: bytes, seen: Seen, place: Place) -> bool:
    """Whether it stands as it must there. A credential is all of its value: what a server says of a longer one could tell of the secret."""
    if place.line and seen.encoding != "raw":
        return False
    return not place.whole or (seen.start == 0 and seen.end == len(data))


def _runs(data: bytes, phases: dict[int, int], place: Place, filling: Filling, depth: int) -> Iterator[tuple[int, int, bytes]]:
    """Runs of base64, decoded, filled and encoded anew."""
    for begin, end in _spans(data):
        # A run may begin before the base64 does: a slash, a letter of a word. Where a placeholder was seen says how it is aligned.
        known = next((at - begin - phase for at, phase in phases.items() if begin <= at < end), 0)
        begin += known % 4
        run = data[begin:end]
        if (decoded := _decoded(run)) is None:
            continue
        made = text(decoded, replace(place, line=False), filling, depth + 1)
        if made != decoded:
            yield begin, end, _encoded_run(made, run)


def holds(data: bytes, vault: Vault, depth: int = 0) -> bool:
    """Whether there is a placeholder in `data`: as it is, percent-encoded, in base64."""
    if vault.placeholders_in(data):
        return True
    if b"%" in data and (decoded := unquote_to_bytes(data)) != data and depth < DEPTH and holds(decoded, vault, depth + 1):
        return True
    return depth < DEPTH and any(holds(decoded, vault, depth + 1) for decoded in decoded_runs(data))


def decoded_runs(data: bytes) -> Iterator[bytes]:
    """What the runs of base64 in `data` hold."""
    return (decoded for begin, end in _spans(data) if (decoded := _decoded(data[begin:end])) is not None)


def _spans(data: bytes) -> Iterator[tuple[int, int]]:
    """Where runs of base64 are. Where both alphabets stand together, those of the one that it ends with: before it stand paths and words."""
    for match in _RUN.finditer(data):
        run = match[0]
        if b"\n" in run or not (re.search(rb"[+/]", run) and re.search(rb"[-_]", run)):
            yield match.span()
            continue
        last = max(run.rfind(mark) for mark in (b"-", b"_")) > max(run.rfind(mark) for mark in (b"+", b"/"))
        yield from (each.span() for each in (_URLSAFE if last else _STANDARD).finditer(data, *match.span()))


def _decoded(run: bytes) -> bytes | None:
    packed = re.sub(rb"[\r\n]", b"", run).rstrip(b"=")
    if len(packed) % 4 == 1:
        packed = packed[:-1]
    try:
        return base64.b64decode(packed.translate(bytes.maketrans(b"-_", b"+/")) + b"=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _encoded_run(made: bytes, run: bytes) -> bytes:
    """In the alphabet, the lines and the padding of the run that it replaces."""
    packed = base64.b64encode(made)
    if re.search(rb"[-_]", run):
        packed = packed.translate(bytes.maketrans(b"+/", b"-_"))
    bare = re.sub(rb"[\r\n]", b"", run)
    if len(bare) % 4 and not bare.endswith(b"="):
        packed = packed.rstrip(b"=")
    if (line := run.find(b"\n")) >= 0:
        mark = b"\r\n" if run[line - 1 : line] == b"\r" else b"\n"
        width = line + 1 - len(mark)
        packed = mark.join(packed[at : at + width] for at in range(0, len(packed), width))
    return packed


def _structured(data: bytes, walk: Callable[[str, Change], str | None], place: Place, filling: Filling, depth: int) -> bytes | None:
    """JSON or YAML; None when it is not. Strings inside a string keep the path of that string: what is bound is the value that a server sees."""
    try:
        decoded = data.decode()
    except UnicodeDecodeError:
        return None

    def change(value: str, keys: tuple[str, ...], is_key: bool) -> str | None:
        raw = value.encode("utf-8", "surrogatepass")
        here = place
        if is_key:
            here = replace(place, fields=(), keys=(), where="a key of its body")
        elif place.body and depth == 0 and not place.keys:
            here = replace(place, keys=keys, where=f"its body, at {'.'.join(keys)[:128]}" if keys else place.where)
        made = text(raw, here, filling, depth + 1)
        if made == raw:
            return None
        try:
            return made.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise UnchangeableError("a text that the secret's bytes do not fit in") from None

    made = walk(decoded, change)
    return None if made is None else made.encode()


def _form(body: bytes, place: Place, filling: Filling) -> bytes:
    pairs = []
    if body.count(b"&") > PARTS:
        raise UnchangeableError("a form of too many fields")
    for pair in body.split(b"&"):
        name, equals, value = pair.partition(b"=")
        named, decoded = (unquote_to_bytes(part.replace(b"+", b" ")) for part in (name, value))
        word = named.decode("utf-8", "replace")
        # Some readers end a field at a semicolon as well: what would they take for another has no name.
        names = () if b";" in pair else (f"form:{word}",)
        here = replace(place, fields=(*place.fields, *names), where=f"the form field {word[:64]}")
        text(named, replace(place, fields=(), where="the name of a form field"), filling)
        made = text(decoded, here, filling, 1)
        pairs.append(pair if made == decoded else name + equals + quote_plus(made).encode())
    return b"&".join(pairs)


def _multipart(body: bytes, content_type: str, place: Place, filling: Filling, depth: int) -> bytes:
    head = Message()
    head["Content-Type"] = content_type
    boundary = head.get_boundary()
    if not boundary:
        return text(body, place, filling, depth)
    mark = re.escape(boundary.encode("latin-1", "replace"))
    certain = len(_BOUNDARY.findall(content_type)) == 1 and _is_divided(body, mark)
    parts = re.split(rb"((?:^|\r?\n)--" + mark + rb"(?:--)?[ \t]*\r?\n?)", body)
    if len(parts) > 2 * PARTS:
        raise UnchangeableError("too many parts")
    for index in range(2, len(parts), 2):
        split = re.search(rb"\r?\n\r?\n|^\r?\n", parts[index])
        if split is None:
            parts[index] = text(parts[index], replace(place, fields=()), filling, depth)
            continue
        top, inner = parts[index][: split.end()], parts[index][split.end() :]
        text(top, replace(place, fields=(), where="the head of a part of its body"), filling)
        fields = Message()
        for line in re.split(rb"\r?\n", top):
            name, colon, value = line.decode("latin-1").partition(":")
            if colon:
                fields[name.strip()] = value.strip()
        here = place
        if "content-disposition" in fields:
            named = _name(top) if certain else None
            names = () if named is None else (f"form:{named}",)
            here = replace(place, fields=(*place.fields, *names), where=f"the part {named or 'without a certain name'}")
        parts[index] = top + _typed(inner, str(fields.get("content-type", "")), here, filling, depth + 1)
    return b"".join(parts)


def _is_divided(body: bytes, mark: bytes) -> bool:
    """Whether every reader sees the same parts: each line that begins as a boundary does is one, as RFC 2046 has it, and nothing is around them."""
    found = list(re.finditer(rb"(?:\A|\r\n)--" + mark + rb"(--)?(?=\r\n|\Z)", body))
    if len(found) != len(re.findall(rb"(?:\A|[\r\n])--" + mark, body)) or len(found) < 2:
        return False
    closing = [match[1] is not None for match in found]
    return closing == [*[False] * (len(found) - 1), True] and not body[: found[0].start()] and not body[found[-1].end() :].strip()


def _name(head: bytes) -> str | None:
    """The name of a part with this head, where every reader finds the same."""
    lines = _FIELD.findall(head)
    dispositions = [line for line in lines if line.lower().startswith(b"content-disposition")]
    if b"".join((*lines, b"\r\n")) != head or len(dispositions) != 1 or (match := _DISPOSITION.fullmatch(dispositions[0])) is None:
        return None
    pairs = [(key.lower(), value) for key, value in re.findall(_PARAMETER, match[1])]
    names = [(key, value) for key, value in pairs if key.startswith(b"name")]
    return names[0][1].strip(b'"').decode("utf-8", "replace") if [key for key, _ in names] == [b"name"] else None


def _encoded(secret: bytes, encoding: str) -> bytes:
    """`secret` in the encoding in which its placeholder was found. Raises UnchangeableError where its bytes do not fit."""
    try:
        match encoding:
            case "raw":
                return secret
            case "hex":
                return secret.hex().encode()
            case "url":
                return quote(secret, safe="").encode()
            case "json":
                return json.dumps(secret.decode())[1:-1].encode()
            case "json:2":
                return json.dumps(json.dumps(secret.decode())[1:-1])[1:-1].encode()
            case "xml":
                found = secret.decode()
                for mark, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#39")):
                    found = found.replace(mark, f"&{name};")
                return found.encode()
            case "utf-16-le" | "utf-16-be":
                return secret.decode().encode(encoding)
    except UnicodeDecodeError:
        pass
    raise UnchangeableError(f"an encoding ({encoding}) that the secret's bytes do not fit in")
