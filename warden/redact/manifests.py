"""Kubernetes Secrets written as YAML, wherever they are: in a chart's release, a repository, a log. Each of their values is secret, whatever its key.

Secrets in JSON from an API server are the schema layer's.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection
from itertools import pairwise

from warden.redact.hit import Hit
from warden.redact.naming import Kind, kind_of
from warden.redact.plausible import plausible

#: What Terraform's random provider made, in a state: https://registry.terraform.io/providers/hashicorp/random/latest/docs/resources/password
_RANDOM = re.compile(
    rb'"type":\s{0,4}"random_(?:password|string|bytes)"(?:(?!"type":)[\s\S]){0,2000}?"(?:result|hex|base64|b64_std)":\s{0,4}"((?:[^"\\]|\\.){4,4096})"'
)
#: How Pulumi writes a secret that was asked for in plain text: https://www.pulumi.com/docs/iac/concepts/secrets/
_PULUMI = re.compile(
    rb'"4dabf18193072939515e22adb298388d":\s{0,4}"1b47061264138c4ac30d75fd1eb44270",\s{0,4}"(?:plaintext|value)":\s{0,4}"((?:[^"\\]|\\.){1,8192})"'
)
#: The private members of a JSON Web Key (RFC 7518 section 6).
_JWK = re.compile(rb'"(?:d|p|q|dp|dq|qi|k)"\s{0,4}:\s{0,4}"([A-Za-z0-9_-]{22,4096})"')
_KIND = re.compile(rb"(?m)^(?P<indent>[ ]*)(?:- )?kind:[ \t]*[\"']?Secret[\"']?[ \t]*\r?$")
_PAIR = re.compile(rb'"key":\s?"([A-Za-z0-9+/=]+)"(?:,\s*"[a-z_]+":\s?"?\d+"?){0,6},\s*"value":\s?"([A-Za-z0-9+/=]+)"')
_BASIC = re.compile(rb'"(?:basic|_?auth|authorization|userpass)":\s?"(?:Basic )?([A-Za-z0-9+/]{8,4096}={0,2})"')
_SCHEME = re.compile(rb"\b[Bb]asic(?:\\? |%20)([A-Za-z0-9+/]{8,4096}={0,2})")
_USER = re.compile(rb"[!-9;-~]{1,256}:[!-~]{3,2048}")
_DOCUMENT = re.compile(rb"(?m)^---")
_BLOCK = re.compile(rb"(?m)^(?P<indent>[ ]*)(?P<name>data|stringData):[ \t]*\r?\n(?P<entries>(?:(?P=indent)[ ]+[^\n]*(?:\n|$)|[ ]*\n)+)")
_ENTRY = re.compile(rb"(?m)^[ ]+(?P<key>[\w.-]+):[ \t]+(?P<quote>[\"']?)(?P<value>[^\n\"'|>][^\n\"']*)(?P=quote)[ \t]*\r?$")
_TEXT = re.compile(rb"(?m)^(?P<indent>[ ]+)(?P<key>[\w.-]+):[ \t]*[|>][+-]?[ \t]*\r?\n(?P<value>(?:(?P=indent)[ ]+[^\n]*(?:\n|$)|[ ]*\n)+)")
#: Keys of which the content is public.
_PUBLIC = frozenset({b"ca.crt", b"tls.crt", b"namespace"})


#: What a text has if there is anything in it for `find`.
CUES = (b'"random_', b'"mod_revision"', b"basic", b'auth"', b"userpass", b'"kty"', b'"4dabf18193072939515e22adb298388d"', b"secret")


def find(text: bytes, cues: Collection[bytes] = CUES) -> list[Hit]:
    """The values of every Secret manifest in `text`, of what Terraform made at random, and of other forms that are secret as a whole. `cues` are those
    of `CUES` that are in it, in lower or upper case.
    """
    hits: list[Hit] = []
    if b'"random_' in cues:
        hits += [Hit(*match.span(1), "terraform:random", "names") for match in _RANDOM.finditer(text)]
    if b'"mod_revision"' in cues:
        hits += _etcd(text)
    if b"basic" in cues or b'auth"' in cues or b"userpass" in cues:
        found = (*_BASIC.finditer(text), *_SCHEME.finditer(text))
        hits += [Hit(*match.span(1), "basic-auth", "names", "docker-auth") for match in found if _USER.fullmatch(_plain(match[1]))]
    if b'"kty"' in cues:
        hits += [Hit(*match.span(1), "jwk", "names") for match in _JWK.finditer(text)]
    if b'"4dabf18193072939515e22adb298388d"' in cues:
        hits += [Hit(*match.span(1), "pulumi:secret", "names", "json-text") for match in _PULUMI.finditer(text)]
    return hits + _secrets(text) if b"secret" in cues and b"Secret" in text and b"kind:" in text else hits


def _secrets(text: bytes) -> list[Hit]:
    """The values of Secrets in YAML."""
    hits = []
    edges = [0, *(match.start() for match in _DOCUMENT.finditer(text)), len(text)]
    for start, end in pairwise(edges):
        document = text[start:end]
        if not _KIND.search(document):
            continue
        for block in _BLOCK.finditer(document):
            offset = start + block.start("entries")
            entries = block["entries"]
            for match in (*_ENTRY.finditer(entries), *_TEXT.finditer(entries)):
                value = match["value"].strip()
                if match["key"] in _PUBLIC or len(value) < 2 or value.startswith((b"{{", b"$", b"<")):
                    continue
                low = offset + match.start("value") + len(match["value"]) - len(match["value"].lstrip())
                shape = "base64" if block["name"] == b"data" and _plain(value) else ""
                hits.append(Hit(low, low + len(value), "kubernetes:Secret", "names", shape))
    return hits


def _etcd(text: bytes) -> list[Hit]:
    """etcd's gateway writes keys and values in base64: https://etcd.io/docs/latest/dev-guide/api_grpc_gateway/"""
    hits = []
    for match in _PAIR.finditer(text):
        key, value = _plain(match[1]), _plain(match[2])
        kind = kind_of(key.rpartition(b"/")[2].decode("latin-1"))
        if kind is not Kind.NONE and plausible(value, kind, quoted=True):
            hits.append(Hit(*match.span(2), f"name:{kind.value}", "names", "base64"))
    return hits


def _plain(encoded: bytes) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return b""
