"""The request target as Go's API server reads it, or refused where a proxy in front of it could read another.

The path is percent-decoded first and split after (Go's ``url.Path``), the other way round from AWS and Google. So an escaped slash is a slash
here, and one segment to Rancher, nginx or a connect gateway: refused, like everything else that two readers could split or clean differently.

===========================  ==========================================================================================
``malformed-escape``         a ``%`` that two hexadecimal digits do not follow
``malformed-utf8``           bytes that are not UTF-8
``control-character``        a control character in the path
``backslash``                a backslash, plain or escaped
``bare-semicolon``           a ``;`` in the path (parameters, to some), or in the query (Go drops such pairs, others split there)
``escaped-slash``            ``%2F``
``escaped-percent``          ``%25``: decoded twice it is something else, and no Kubernetes name may hold a percent sign
``empty-segment``            ``//``; one slash at the end is the client's taste
``dot-segment``              ``.`` or ``..``, however written
===========================  ==========================================================================================

Below ``pods|services|nodes/NAME/proxy/`` the path is another server's: there only what could leave it is refused (`Path.loose`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from warden.errors import DecodeError

#: Nothing but characters that every reader takes as they are, no empty and no dotted segment; one slash at the end.
_PLAIN = re.compile(r"(?:/[A-Za-z0-9_~:@!$&'()*+,=-][A-Za-z0-9_~:@!$&'()*+,=.-]*)*/?")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Path:
    """`segments` as the API server splits them. `strict` of them, from the left, read the same to everybody; what follows holds escaped or
    empty segments (`loose`) and is fit for a path below ``proxy`` only, where `refusal` is else the error.
    """

    segments: tuple[str, ...]
    strict: int
    refusal: DecodeError | None = None

    @property
    def loose(self) -> bool:
        return self.refusal is not None


def split(target: str) -> tuple[str, str]:
    """Raw path and raw query."""
    path, _, query = target.partition("?")
    return path, query


def path(raw: str) -> Path:
    """The segments of raw path `raw`. Raises DecodeError for what has two readings wherever it stands."""
    if _PLAIN.fullmatch(raw) is not None:
        segments = tuple(raw.strip("/").split("/")) if len(raw) > 1 else ()
        return Path(segments, len(segments))
    if _BAD_ESCAPE.search(raw):
        raise DecodeError("malformed-escape", "The path holds a malformed percent escape.")
    if ";" in raw:
        raise DecodeError("bare-semicolon", "The path holds a bare semicolon.")
    decoded = _text(raw, "path")
    if _CONTROL.search(decoded):
        raise DecodeError("control-character", "The path holds a control character.")
    if "\\" in decoded:
        raise DecodeError("backslash", "The path holds a backslash.")
    if not {".", ".."}.isdisjoint(decoded.split("/")) or "/%2e" in decoded.lower():
        raise DecodeError("dot-segment", "The path holds a '.' or '..' segment.", "Send the path that is meant.")
    return _segments(raw, decoded)


def _segments(raw: str, decoded: str) -> Path:
    refusal: DecodeError | None = None
    strict = 0
    for segment in raw.removeprefix("/").removesuffix("/").split("/") if raw not in ("", "/") else []:
        if segment == "":
            refusal = DecodeError("empty-segment", "The path holds an empty segment.")
        elif "%2f" in segment.lower():
            refusal = DecodeError("escaped-slash", "The path holds an escaped slash, which some readers split at and others do not.")
        elif "%25" in segment:
            refusal = DecodeError(
                "escaped-percent", "The path holds an escaped percent sign, which reads as another path when decoded twice."
            )
        if refusal is not None:
            break
        strict += 1
    # Go: strings.Split(strings.Trim(path, "/"), "/")
    trimmed = decoded.strip("/")
    return Path(tuple(trimmed.split("/")) if trimmed else (), strict, refusal)


def pairs(query: str) -> tuple[tuple[str, str], ...]:
    """Decoded pairs of a raw query, in order; a key without ``=`` has the value ``""``. Raises DecodeError."""
    if not query:
        return ()
    if ";" in query:
        raise DecodeError("bare-semicolon", "The query holds a bare semicolon, at which some readers split.", "Percent-encode it.")
    if "%" in query and _BAD_ESCAPE.search(query):
        raise DecodeError("malformed-escape", "The query holds a malformed percent escape.")
    found = []
    for part in query.split("&"):
        if part:
            key, _, value = part.partition("=")
            found.append((_plain(key), _plain(value)))
    return tuple(found)


def _plain(part: str) -> str:
    if "+" in part:
        part = part.replace("+", " ")
    return _text(part, "query") if "%" in part else part


def _text(escaped: str, where: str) -> str:
    try:
        return unquote_to_bytes(escaped).decode("utf-8")
    except UnicodeDecodeError:
        raise DecodeError("malformed-utf8", f"The {where} holds bytes that are not UTF-8.") from None
