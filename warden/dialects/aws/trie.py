"""REST operations of one service: by method and path (``{Key+}`` is greedy), then by what tells operations of the same path apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from warden.dialects import trie as paths
from warden.errors import DecodeError

#: Query keys that a signature, a presigned URL or an SDK adds to any operation; compared in lower case. JavaScript's `x-id` is checked elsewhere.
SIGNING_KEYS = frozenset(
    {
        "x-amz-algorithm",
        "x-amz-checksum-mode",
        "x-amz-content-sha256",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-expires",
        "x-amz-region-set",
        "x-amz-s3session-token",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-security-token",
        "x-amz-signature",
        "x-amz-signedheaders",
        "x-amz-user-agent",
        "awsaccesskeyid",
        "expires",
        "signature",
        "x-id",
    }
)


#: Headers that JavaScript's presigner moves into the query and that choose no operation and widen no access. Others make it unknown.
HOISTED = ("x-amz-checksum-", "x-amz-meta-", "x-amz-server-side-encryption", "x-amz-storage-class")


@dataclass(frozen=True, slots=True)
class Form:
    """One operation at a path: it is meant when all `literals`, `query` keys and `headers` are there. `declared` are all its query keys.

    `marks` is everything that must be there, as one comparable set.
    """

    name: str
    labels: tuple[str, ...]
    literals: frozenset[tuple[str, str]] = frozenset()
    query: frozenset[str] = frozenset()
    headers: frozenset[str] = frozenset()
    declared: frozenset[str] = frozenset()
    ends_greedy: bool = False
    marks: frozenset[str] = frozenset()


class Trie:
    """The REST operations of one service."""

    __slots__ = ("_paths",)

    def __init__(self) -> None:
        self._paths = paths.Trie[tuple[Form, ...]]()

    @classmethod
    def of(cls, rows: Mapping[str, Any]) -> Trie:
        """From the ``rest`` rows of routes.json: ``"GET /a/{x}": "Name"``, or a list of forms under a pattern without names."""
        trie = cls()
        for key, found in rows.items():
            method, path = key.split(" ")
            if isinstance(found, str):
                trie._add(method, path, (Form(found, _labels(path), ends_greedy=path.endswith("+}")),))
            else:
                trie._add(method, path, tuple(_form(row) for row in found))
        return trie

    def _add(self, method: str, path: str, forms: tuple[Form, ...]) -> None:
        pattern = (
            segment if not segment.startswith("{") else paths.GREEDY if segment.endswith("+}") else paths.LABEL
            for segment in path.split("/")[1:]
        )
        self._paths.add(method, pattern, forms)

    def find(self, method: str, segments: Sequence[str]) -> tuple[tuple[Form, ...], tuple[str, ...]] | None:
        """The forms at `method` and decoded `segments`, with the labels' values; None when the service has no such path."""
        return self._paths.find(method, segments)


def choose(forms: tuple[Form, ...], query: Sequence[tuple[str, str]], headers: Collection[str]) -> Form | None:
    """The one of `forms` that `query` and `headers` ask for; None when they ask for one that the tables do not know.

    The operation with the most marks is meant, if its marks include those of every other that fits: ``?acl`` beats a bare path, but ``?acl&policy``
    is a message with two readings. A known mark left over, or an unknown key where keys choose the operation, is never ignored.
    """
    if len(forms) == 1 and not forms[0].marks:
        return forms[0]
    pairs = set(query)
    keys = {key for key, _ in query}
    best: Form | None = None
    fitting = []
    for form in forms:
        if form.literals <= pairs and form.query <= keys and (not form.headers or all(name in headers for name in form.headers)):
            fitting.append(form)
            if best is None or len(form.marks) > len(best.marks):
                best = form
    if best is None:
        return None
    for form in fitting:
        if not form.marks <= best.marks:
            raise two_readings()
    if not query:
        return best
    if len(query) > len(keys) and sum(key in best.marks for key, _ in query) > len(keys & best.marks):
        raise two_readings()
    left = keys - best.marks - best.declared
    if left and "*" not in best.declared:
        return best if _harmless(left, forms) else None
    return best


def _harmless(left: Collection[str], forms: tuple[Form, ...]) -> bool:
    """Whether query keys that the chosen operation does not declare can be ignored. Marks of others cannot: uploadId without partNumber."""
    for key in left:
        lower = key.lower()
        if lower in SIGNING_KEYS or lower.startswith(HOISTED):
            continue
        if any(key in form.marks for form in forms):
            raise two_readings()
        if not any(key in form.declared for form in forms):
            return False
    return True


def two_readings() -> DecodeError:
    return DecodeError("two-readings", "The query and headers ask for two operations at once.", "Send one request for each operation.")


def _form(row: list[Any]) -> Form:
    name, path, literals, query, headers, declared = row
    pairs = frozenset(_literal(text) for text in literals)
    marks = frozenset({key for key, _ in pairs} | set(query) | {f"{header}:" for header in headers})
    return Form(name, _labels(path), pairs, frozenset(query), frozenset(headers), frozenset(declared), path.endswith("+}"), marks)


def _literal(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value


def _labels(path: str) -> tuple[str, ...]:
    return tuple(_label_names(path.split("/")))


def _label_names(segments: Iterable[str]) -> Iterable[str]:
    return (segment.strip("{}").removesuffix("+") for segment in segments if segment.startswith("{"))
