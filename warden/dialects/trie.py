"""Path patterns: what is at a method and a path split into segments.

A literal segment beats a label, at the leftmost segment where they differ; a label is one non-empty segment; a greedy label is one or more.
Segments come split at the path's slashes first and percent-decoded after, as the services do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

LABEL = "*"
GREEDY = "**"


class Node[T]:
    """`literals` by text, one `label` child, one `greedy` child, and what ends here by method."""

    __slots__ = ("greedy", "label", "literals", "methods")

    def __init__(self) -> None:
        self.literals: dict[str, Node[T]] = {}
        self.label: Node[T] | None = None
        self.greedy: Node[T] | None = None
        self.methods: dict[str, T] = {}


class Trie[T]:
    """Everything that one service or host has, by path and method."""

    __slots__ = ("_root",)

    def __init__(self) -> None:
        self._root = Node[T]()

    def add(self, method: str, pattern: Iterable[str], value: T) -> None:
        """`value` at `method` and a `pattern` of literal segments, `LABEL` and `GREEDY`. A later value replaces an earlier one."""
        node = self._root
        for segment in pattern:
            if segment == LABEL:
                node.label = node = node.label or Node()
            elif segment == GREEDY:
                node.greedy = node = node.greedy or Node()
            else:
                below = node.literals.get(segment)
                if below is None:
                    below = node.literals[segment] = Node()
                node = below
        node.methods[method] = value

    def find(self, method: str, segments: Sequence[str]) -> tuple[T, tuple[str, ...]] | None:
        """What is at `method` and decoded `segments`, with the labels' values in order; None when nothing is."""
        values: list[str] = []
        found = _walk(self._root, method, segments, 0, values)
        return None if found is None else (found, tuple(values))


def _walk[T](node: Node[T], method: str, segments: Sequence[str], at: int, values: list[str]) -> T | None:
    if at == len(segments):
        return node.methods.get(method)
    segment = segments[at]
    child = node.literals.get(segment)
    if child is not None:
        found = _walk(child, method, segments, at + 1, values)
        if found is not None:
            return found
    depth = len(values)
    if node.label is not None and segment:
        values.append(segment)
        found = _walk(node.label, method, segments, at + 1, values)
        if found is not None:
            return found
        del values[depth:]
    if node.greedy is not None:
        for end in (*range(len(segments) - 1, at, -1), len(segments)):  # What follows the greedy label beats the label itself.
            values.append("/".join(segments[at:end]))
            found = _walk(node.greedy, method, segments, end, values)
            if found is not None:
                return found
            del values[depth:]
    return None
