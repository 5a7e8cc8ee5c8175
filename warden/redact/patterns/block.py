"""Secrets of several lines: private keys in armour, and the values of Kubernetes Secrets written as YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

Span = tuple[int, int, str]

#: What every armoured private key has in its first line, in lower case: certificates and public keys are not even looked at.
ARMOUR = ("private key-----", "private key block-----", "private key ----", "static key v1-----", "nkey seed-----")
#: What every Kubernetes Secret in YAML has.
KIND = ("kind:",)
#: The longest private key: a PGP block with many subkeys. Bytes.
_LONGEST = 65536

_BEGIN = re.compile(
    rb"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|-----BEGIN (?:OpenVPN Static key V1|[A-Z]{4,8} NKEY SEED)-----"
)
_END = re.compile(rb"-{4,6} ?END [A-Za-z0-9 ]{0,40}-{4,6}")
# Where an armour never ends (a truncated log line), the key is what still looks like one.
_BODY = re.compile(rb"(?:[A-Za-z0-9+/=\s:,.-]|\\[nr]){0,16384}")

_SECRET = re.compile(rb"kind:[ \t]*[\"']?[Ss]ecret[\"']?[ \t]*(?:\r?\n|$)")
_DATA = re.compile(rb"^([ \t]*)(?:data|stringData):[ \t]*\r?\n", re.MULTILINE)
_LINE = re.compile(rb"([ \t]*)(?:([\w.\"'/-]+):[ \t]*)?([^\r\n]*)\r?(?:\n|$)")


def private_keys(text: bytes, hits: Sequence[int]) -> Iterator[Span]:
    """The whole blocks of private keys; `hits` are the offsets of `ARMOUR`, ascending. Linear: no byte is searched twice for an end."""
    done = 0
    end: re.Match[bytes] | None = None
    searched = -1  # where the search for `end` began
    for hit in hits:
        if hit < done:
            continue
        begin = _BEGIN.search(text, max(done, hit - 60), hit + 40)
        if begin is None:
            continue
        if searched < 0 or (end is not None and end.start() < begin.end()):
            searched = begin.end()
            end = _END.search(text, searched)
        if end is not None and end.end() - begin.start() <= _LONGEST:
            done = end.end()
        else:
            body = _BODY.match(text, begin.end())
            done = body.end() if body else begin.end()
        yield begin.start(), done, "private-key"


def kubernetes_secrets(text: bytes, hits: Sequence[int]) -> Iterator[Span]:
    """The values below ``data`` and ``stringData`` of Secrets in YAML; `hits` are the offsets of `KIND`, ascending."""
    done = 0
    for hit in hits:
        if hit < done or not _SECRET.match(text, hit):
            continue
        first = max(done, text.rfind(b"\n---", max(0, hit - _LONGEST), hit), hit - _LONGEST)
        last = text.find(b"\n---", hit, hit + _LONGEST)
        done = last if last >= 0 else min(len(text), hit + _LONGEST)
        for data in _DATA.finditer(text, first, done):
            yield from _values(text, data.end(), done, len(data[1]))


def _values(text: bytes, start: int, end: int, indent: int) -> Iterator[Span]:
    """The values of the mapping that begins at `start`, whose lines are indented by more than `indent`."""
    while start < end and (line := _LINE.match(text, start, end)) and line.end() > start:
        start = line.end()
        if not line[0].strip() or line[3][:1] == b"#":
            continue
        if len(line[1]) <= indent:
            return
        value = line[3].strip()
        value = value.strip(b"\"'")
        if len(value) > 3 and value[:1] not in b"|>&*{":
            begin = text.index(value, line.start(3))
            yield begin, begin + len(value), "kubernetes-secret-yaml"
