"""A strict reader of form bodies, whose dotted names are a tree (AWS's query protocol)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from warden.dialects.body import ADVICE, MAX_DEPTH
from warden.errors import DecodeError

#: More form parameters than the largest batch of any query API.
MAX_FIELDS = 20_000
#: Names of form parameters. One with a space, or with an empty part between dots, is another name to whoever trims it.
_NAME = re.compile(r"[!-\-/-~]+(?:\.[!-\-/-~]+)*")


def tree(query: Iterable[tuple[str, str]], body: bytes) -> dict[str, Any]:
    """The parameters of query string and body as a tree: ``Filter.1.Name`` is Filter, then 1, then Name. None is both a value and a tree."""
    try:
        text = body.decode("utf-8")
        pairs = [*query, *parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)]
    except UnicodeDecodeError:
        raise DecodeError("invalid-utf8", "The form body is not UTF-8.", ADVICE) from None
    except ValueError:
        raise DecodeError("too-many-parameters", f"The form body has more than {MAX_FIELDS} parameters.", ADVICE) from None
    flat: dict[str, str] = {}
    for key, value in pairs:
        if _NAME.fullmatch(key) is None:
            raise DecodeError("malformed-form", f"The parameter name {key[:64]!r} holds spaces or empty parts.", ADVICE)
        if flat.setdefault(key, value) != value:
            raise DecodeError("duplicate-parameter", f"Parameter {key} is there twice with different values.", "Send it once.")
    made: dict[str, Any] = {}
    for key, value in flat.items():
        parts = key.split(".")
        if len(parts) > MAX_DEPTH:
            raise DecodeError("too-deep", f"A form parameter nests deeper than {MAX_DEPTH} levels.", ADVICE)
        node = made
        for part in parts[:-1]:
            below = node.setdefault(part, {})
            if not isinstance(below, dict):
                raise _twofold(key)
            node = below
        if parts[-1] in node:
            raise _twofold(key)
        node[parts[-1]] = value
    return made


def _twofold(key: str) -> DecodeError:
    return DecodeError("duplicate-parameter", f"At {key} there is both a value and a parameter below it.", "Send one of them.")
