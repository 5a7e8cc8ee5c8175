"""The strings of a secret JSON document that are its secrets.

Clients parse such documents, so their structure stays, and what only says where to connect. Everything else is taken to be secret, known key or not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

#: Keys whose values say where and not how (https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html,
#: and Google's and Docker's key files).
_OPEN = frozenset({
    "engine", "host", "hostname", "port", "dbname", "database", "dbinstanceidentifier", "dbclusteridentifier", "region", "type",
    "project_id", "client_email",
    "client_id", "private_key_id", "auth_uri", "token_uri", "auth_provider_x509_cert_url", "client_x509_cert_url", "universe_domain", "kind",
    "apiversion", "email",
})  # fmt: skip
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|[{}\[\]:,]')


@dataclass(frozen=True, slots=True)
class Leaf:
    """A string value at ``[start:end]`` (between its quotes)."""

    start: int
    end: int
    shape: str = ""


def leaves(document: bytes) -> Iterator[Leaf]:
    """The secret strings of `document`, which is valid JSON, in order."""
    key = b""
    keys: list[bytes] = []
    kinds: list[int] = []
    expects_key = False
    for match in _TOKEN.finditer(document):
        first = document[match.start()]
        if first == 0x22:
            if expects_key:
                key, expects_key = match[1], False
            elif match[1] and not _is_open(key):
                yield Leaf(*match.span(1), "docker-auth-encoded" if key == b"auth" else "")
        elif first in b"{[":
            kinds.append(first)
            keys.append(key)
            expects_key = first == 0x7B
        elif first in b"}]":
            kinds.pop()
            keys.pop()
        elif first == 0x2C:
            expects_key = bool(kinds) and kinds[-1] == 0x7B
            if not expects_key and keys:
                key = keys[-1]


def _is_open(key: bytes) -> bool:
    try:
        name = json.loads(b'"' + key + b'"')
    except ValueError:
        return False
    return isinstance(name, str) and name.lower() in _OPEN
