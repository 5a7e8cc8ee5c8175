"""Which ref updates of a push are seen to be fast-forwards, from the commits in the pack that follows the commands.

Whether a push is forced is not on the wire: the client asks the server to move a ref from one commit to another, and only the ancestry says
whether commits are lost. The pack holds the commits that the server does not have yet, with their parents. So from the new commit the parents are
followed through the pack; when they lead to the old commit, nothing is lost. The proof rests on git's own hashes: a commit's id is computed from
its content here, as the server will. When they do not lead there (the new commit is on the server already, so not in the pack; or it was cut off;
or the push is forced) it is not shown, and counts as forced.

git writes commits first, so the first megabytes of a large push are enough. Objects are inflated to find where they end; limits bound that work.

https://git-scm.com/docs/gitformat-pack
"""

from __future__ import annotations

import contextlib
import hashlib
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

#: Objects looked at; bytes inflated in all; bytes of one commit or delta that is kept; bytes kept in all.
MAX_OBJECTS = 50_000
MAX_INFLATED = 64 << 20
MAX_COMMIT = 1 << 20
MAX_KEPT = 32 << 20
_COMMIT, _TREE, _BLOB, _OFS_DELTA, _REF_DELTA = 1, 2, 3, 6, 7
_IDS = {"sha1": 20, "sha256": 32}


def fast_forwards(
    pack: bytes, algorithm: str, moves: Iterable[tuple[str, str]], shallow: Collection[str] = ()
) -> frozenset[tuple[str, str]]:
    """Those of `moves` (old id, new id) whose old commit is seen to be an ancestor of the new one. Never raises for what the pack holds.

    `shallow`: commits that the server is told to have no parents. One that takes this over (git's ``receive.shallowUpdate``) loses what is
    behind them.
    """
    wanted = frozenset(moves)
    shown: frozenset[tuple[str, str]] = frozenset()
    for whole in (False, True):  # most packs are told by the commits at their start
        parents = {name: found for name, found in _commits(pack, algorithm, whole=whole).items() if name not in shallow}
        shown = frozenset(move for move in wanted if _reaches(parents, *move))
        if shown == wanted:
            break
    return shown


def _reaches(parents: dict[str, tuple[str, ...]], old: str, new: str) -> bool:
    seen, waiting = {new}, [new]
    while waiting:
        for parent in parents.get(waiting.pop(), ()):
            if parent == old:
                return True
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return False


@dataclass(slots=True)
class _Found:
    """The commits so far, by where they stand, and deltas by their base: its place, or its id."""

    algorithm: str
    content: dict[int, bytes] = field(default_factory=dict)
    name: dict[int, str] = field(default_factory=dict)
    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    deltas: dict[int | str, list[tuple[int, bytes]]] = field(default_factory=dict)
    deferred: set[int] = field(default_factory=set)
    kept: int = 0

    def commit(self, offset: int, content: bytes) -> None:
        name = hashlib.new(self.algorithm, b"commit %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        self.content[offset], self.name[offset] = content, name
        self.parents[name] = tuple(_parents(content, 2 * _IDS[self.algorithm]))

    def defer(self, offset: int, base: int | str, delta: bytes) -> None:
        self.deferred.add(offset)
        self.deltas.setdefault(base, []).append((offset, delta))

    def resolve(self) -> None:
        """Turns the deltas of commits into commits, and the deltas of those."""
        waiting = list(self.content)
        while waiting:
            place = waiting.pop()
            for offset, delta in (*self.deltas.pop(place, ()), *self.deltas.pop(self.name[place], ())):
                content = _patched(self.content[place], delta)
                if content is not None and self.kept + len(content) <= MAX_KEPT:
                    self.kept += len(content)
                    self.commit(offset, content)
                    waiting.append(offset)


def _commits(pack: bytes, algorithm: str, *, whole: bool) -> dict[str, tuple[str, ...]]:
    """Commit id -> its parents' ids. Not `whole`: only up to the first tree or blob."""
    found = _Found(algorithm)
    if pack[:4] == b"PACK" and pack[4:8] in (b"\0\0\0\2", b"\0\0\0\3"):
        count = int.from_bytes(pack[8:12])
        # Cut off, damaged or too large: what was found before it is enough, or is not.
        with contextlib.suppress(ValueError, IndexError, zlib.error):
            _walk(pack, min(count, MAX_OBJECTS), found, whole=whole)
    found.resolve()
    return found.parents


def _walk(pack: bytes, count: int, found: _Found, *, whole: bool) -> None:
    position, inflated = 12, 0
    for _ in range(count):
        start = position
        byte = pack[position]
        kind, size, shift = byte >> 4 & 7, byte & 15, 4
        position += 1
        while byte & 0x80:
            byte = pack[position]
            size |= (byte & 0x7F) << shift
            shift += 7
            position += 1
        base: int | str = 0
        if kind == _OFS_DELTA:
            distance, position = _distance(pack, position)
            base = start - distance
        elif kind == _REF_DELTA:
            width = _IDS[found.algorithm]
            base = pack[position : position + width].hex()
            position += width
        elif kind in (_TREE, _BLOB) and not whole:
            return
        inflated += size
        if inflated > MAX_INFLATED or shift > 63:
            raise ValueError("too large")
        near = isinstance(base, str) or base in found.content or base in found.deferred
        keep = size <= MAX_COMMIT and (kind == _COMMIT or (kind in (_OFS_DELTA, _REF_DELTA) and near))
        content, position = _inflated(pack, position, size, keep=keep)
        if not keep:
            continue
        found.kept += size
        if found.kept > MAX_KEPT:
            raise ValueError("too much")
        if kind == _COMMIT:
            found.commit(start, content)
        else:
            found.defer(start, base, content)


def _distance(pack: bytes, position: int) -> tuple[int, int]:
    """The variable-length distance back to a delta's base, and where it ends."""
    byte = pack[position]
    distance = byte & 0x7F
    for position in range(position + 1, position + 10):  # noqa: B020 - the first value is where the range begins
        if not byte & 0x80:
            return distance, position
        byte = pack[position]
        distance = (distance + 1 << 7) | (byte & 0x7F)
    raise ValueError("a distance without end")


def _inflated(pack: bytes, position: int, size: int, *, keep: bool) -> tuple[bytes, int]:
    """The object at `position`, empty unless `keep`, and where it ends. Raises ValueError when it is not `size` bytes long or is cut off."""
    stream, pieces, length, step = zlib.decompressobj(), list[bytes](), 0, 2048
    while not stream.eof:
        chunk = stream.unconsumed_tail
        if not chunk:
            chunk = pack[position : position + step]
            position += len(chunk)
            step = 65536
            if not chunk:
                raise ValueError("cut off")
        piece = stream.decompress(chunk, 1 << 20)
        length += len(piece)
        if length > size:
            raise ValueError("longer than it says")
        if keep:
            pieces.append(piece)
    if length != size:
        raise ValueError("shorter than it says")
    return b"".join(pieces), position - len(stream.unused_data)


def _parents(commit: bytes, digits: int) -> Iterator[str]:
    """As git's own parse_commit_buffer reads them: a tree line, then parent lines."""
    if commit[:5] != b"tree ":
        return
    position = 6 + digits
    while commit[position : position + 7] == b"parent " and commit[position + 7 + digits : position + 8 + digits] == b"\n":
        yield commit[position + 7 : position + 7 + digits].decode("latin-1")
        position += 8 + digits


def _patched(base: bytes, delta: bytes) -> bytes | None:
    """`delta` applied to `base`; None when it does not fit."""
    try:
        source, position = _size(delta, 0)
        target, position = _size(delta, position)
        if source != len(base) or target > MAX_COMMIT:
            return None
        made = bytearray()
        while position < len(delta):
            order = delta[position]
            position += 1
            if order & 0x80:
                place = length = 0
                for bit in range(7):
                    if order >> bit & 1:
                        if bit < 4:
                            place |= delta[position] << 8 * bit
                        else:
                            length |= delta[position] << 8 * (bit - 4)
                        position += 1
                length = length or 0x10000
                if place + length > len(base):
                    return None
                made += base[place : place + length]
            elif order:
                if position + order > len(delta):
                    return None
                made += delta[position : position + order]
                position += order
            else:
                return None
            if len(made) > target:
                return None
    except IndexError:
        return None
    return bytes(made) if len(made) == target else None


def _size(delta: bytes, position: int) -> tuple[int, int]:
    size = shift = 0
    while True:
        byte = delta[position]
        size |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if not byte & 0x80 or shift > 63:
            return size, position
