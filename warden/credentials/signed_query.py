"""The query of a signed URL: AWS's and Google's are of one kind, and are read by the same strict rules."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import unquote, unquote_plus


def read(query: str, known: Mapping[str, str], required: Collection[str], signature: str) -> tuple[dict[str, str], list[str]]:
    """The values of the parameters that a signature has, and the raw pairs over which it is made: all but `signature`.

    `known` are their names by lower case. Raises ValueError with the name of one that is missing, there twice, or spelled so that it might be another
    thing to the server than to us: in other case, escaped, with a plus that is a space or itself.
    """
    fields: dict[str, str] = {}
    kept: list[str] = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        meant = known.get(unquote_plus(name).lower())
        if meant is not None:
            if name != meant or meant in fields or "+" in value:
                raise ValueError(meant)
            fields[meant] = unquote(value)
        if meant != signature:
            kept.append(pair)
    if missing := [name for name in required if name not in fields]:
        raise ValueError(missing[0])
    return fields, kept
