"""The strings of a JSON or YAML text, each with where it stands and under which keys, so that one can be replaced and no other byte changes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

#: Gives the new value of a string, or None to leave it as it is written; it gets its path, and whether it is a key (its path is then its mapping's).
type Change = Callable[[str, tuple[str, ...], bool], str | None]

#: Characters, quotes included, that a string has at least which is looked at: no placeholder is shorter.
SHORTEST = 18

#: Characters of YAML that is taken apart: a parser takes a second for that much.
YAML = 1 << 20

#: Collections inside collections that are followed.
DEPTH = 200

_TOKEN = re.compile(r'[ \t\r\n]*([{}\[\],:]|"(?:[^"\\\x00-\x1f]|\\.)*"|[^\s{}\[\],:"]+)')


@dataclass(slots=True)
class _Level:
    """A collection that is being read: the key or index of what comes next, and whether a key does."""

    mapping: bool
    at: str | int
    key_next: bool


def change_json(text: str, change: Change) -> str | None:
    """`text` with every string value and key put to `change`; None when it is not JSON, or not lines of JSON."""
    if not _is_json(text):
        return None
    pieces: list[str] = []
    end = 0
    for start, stop, path, is_key in _strings(text):
        if stop - start < SHORTEST:
            continue
        made = change(json.loads(text[start:stop]), path, is_key)
        if made is not None:
            pieces += [text[end:start], json.dumps(made)]
            end = stop
    return "".join([*pieces, text[end:]]) if pieces else text


def _is_json(text: str) -> bool:
    """Checked by a parser, so that the scanner below only ever sees what has one reading."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            return False
        try:
            for line in lines:
                json.loads(line)
        except (ValueError, RecursionError):
            return False
    return True


def _strings(text: str) -> Iterator[tuple[int, int, tuple[str, ...], bool]]:
    """Start, end and path of each string of a text that is JSON, and whether it is a key."""
    levels: list[_Level] = []
    for match in _TOKEN.finditer(text):
        found = match[1]
        if found[0] == '"':
            is_key = bool(levels) and levels[-1].key_next
            path = tuple([str(level.at) for level in (levels[:-1] if is_key else levels)])
            if is_key:
                levels[-1].at = json.loads(found)
            yield match.start(1), match.end(1), path, is_key
        elif found in "{[":
            levels.append(_Level(found == "{", "" if found == "{" else 0, found == "{"))
        elif found in "}]":
            levels.pop()
        elif found == ":":
            levels[-1].key_next = False
        elif found == "," and levels:
            level = levels[-1]
            level.key_next = level.mapping
            if isinstance(level.at, int):
                level.at += 1


def change_yaml(text: str, change: Change) -> str | None:
    """The same for YAML, of one or more documents; None where there are aliases too, whose text has several paths. A changed scalar is written in
    double quotes, in which JSON's string is YAML's too.
    """
    import yaml  # a tenth of a second, which `warden decode` does without

    if len(text) > YAML:
        return None
    edits: list[tuple[int, int, str]] = []
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        depth = 0
        for event in yaml.parse(text, Loader=loader):  # before anything recursive sees the text
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > DEPTH:
                return None
        for document in yaml.compose_all(text, Loader=loader):
            if document is not None:
                _scalars(document, (), change, edits)
    except (yaml.YAMLError, RecursionError):
        return None
    pieces: list[str] = []
    end = 0
    for start, stop, made in sorted(edits):
        pieces += [text[end:start], made]
        end = stop
    return "".join([*pieces, text[end:]])


def _scalars(node: Any, path: tuple[str, ...], change: Change, edits: list[tuple[int, int, str]], is_key: bool = False) -> None:
    if len(path) > DEPTH:
        return
    if node.id == "scalar":
        if (made := change(node.value, path, is_key)) is not None:
            block = node.style in ("|", ">")
            edits.append((node.start_mark.index, node.end_mark.index, json.dumps(made) + ("\n" if block else "")))
    elif node.id == "sequence":
        for index, each in enumerate(node.value):
            _scalars(each, (*path, str(index)), change, edits)
    elif node.id == "mapping":
        for key, value in node.value:
            name = key.value if key.id == "scalar" else ""
            _scalars(key, path, change, edits, True)
            _scalars(value, (*path, name), change, edits)
