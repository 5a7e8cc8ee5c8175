"""Our own rules: one pass of Aho-Corasick over the lower-cased text finds every keyword of every rule; patterns are tried only there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import ahocorasick_rs

from warden.redact.patterns import block, jwt
from warden.redact.patterns.alphabet import entropy
from warden.redact.patterns.context import Context
from warden.redact.patterns.rule import Rule

Span = tuple[int, int, str]

#: How far behind its keyword a pattern that is searched for may reach, in bytes: the longest such rule needs 190.
_REACH = 200

# What the text says to be filled in later: no secret. Only asked of values that their surroundings betray.
_REFERENCE = re.compile(rb"\$\{|\$\(|\{\{|\}\}|:\$[A-Z_a-z]|^\$[A-Z_a-z]+:|^<[^>]*>$|:\[[A-Z_]+\]$|^%\w+%$|^[xX*.]+$")

_BLOCKS: tuple[tuple[tuple[str, ...], Callable[[bytes, Sequence[int]], Iterator[Span]]], ...] = (
    (block.ARMOUR, block.private_keys),
    (block.KIND, block.kubernetes_secrets),
    (jwt.DOT, jwt.tokens),
    (jwt.ENCODED, jwt.encoded),
)


class Own:
    """Finds what `rules`, the contextual table and the blocks describe. Built once; immutable, without threads, shared by forked processes."""

    __slots__ = ("_automaton", "_blocks", "_context", "_contexts", "_rules")

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._context = Context()
        keywords: dict[str, list[tuple[str, re.Pattern[bytes], int, float]]] = {}
        for rule in rules:
            compiled = (rule.name, re.compile(rule.pattern.encode()), rule.back, rule.entropy)
            for keyword in rule.keywords:
                keywords.setdefault(keyword, []).append(compiled)
        contexts = {keyword: index for index, keyword in enumerate(self._context.keywords)}
        blocks = {keyword: index for index, (words, _) in enumerate(_BLOCKS) for keyword in words}
        every = list(dict.fromkeys((*keywords, *contexts, *blocks)))
        # By the keyword's number: its rules, its row of the contextual table, its kind of block.
        self._rules = [tuple(keywords.get(keyword, ())) for keyword in every]
        self._contexts = [contexts.get(keyword, -1) for keyword in every]
        self._blocks = [blocks.get(keyword, -1) for keyword in every]
        self._automaton = ahocorasick_rs.BytesAhoCorasick(
            [keyword.encode() for keyword in every], ahocorasick_rs.MatchKind.Standard, ahocorasick_rs.Implementation.DFA
        )

    def find(self, text: bytes) -> list[Span]:
        """Start, end and rule of every secret, unordered; spans may overlap."""
        lower = text.lower()
        found: list[Span] = []
        done: dict[str, int] = {}
        blocks: dict[int, list[int]] = {}
        for keyword, start, end in self._automaton.find_matches_as_indexes(lower, overlapping=True):
            for name, pattern, back, least in self._rules[keyword]:
                if back:
                    match = pattern.search(text, max(done.get(name, 0), start - back), end + _REACH)
                else:
                    match = pattern.match(text, start)
                if match is None or match.start() < done.get(name, 0):
                    continue
                first, last = match.span(match.lastindex or 0)
                value = text[first:last]
                if (least and entropy(value) < least) or (first > start and _REFERENCE.search(value)):
                    continue
                done[name] = last
                found.append((first, last, name))
            if self._contexts[keyword] >= 0:
                if span := self._context.at(text, lower, self._contexts[keyword], start, end):
                    found.append(span)
            elif self._blocks[keyword] >= 0:
                blocks.setdefault(self._blocks[keyword], []).append(start)
        for index, hits in blocks.items():
            found.extend(_BLOCKS[index][1](text, hits))
        return found
