"""Reads one configuration file as a tree of nodes that know their line.

Refused, each with file and line: what is not a regular file or larger than `SIZE_LIMIT`, bytes that are not UTF-8, broken YAML, several
documents, duplicate keys, keys that are not text, tags (``!x`` unquoted is one), more than `NODE_LIMIT` nodes once aliases are followed, nesting
deeper than `DEPTH_LIMIT`.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warden.errors import ConfigError

SIZE_LIMIT = 1 << 20
NODE_LIMIT = 10_000
DEPTH_LIMIT = 12

_STANDARD = "tag:yaml.org,2002:"
_PLAIN = frozenset(_STANDARD + name for name in ("str", "int", "float", "bool", "null", "seq", "map", "timestamp", "merge", "value"))


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands (``/etc/warden/warden.yaml:12``). Mappings hold (key's place, node) by key; lists hold nodes."""

    value: bool | int | float | str | list[Node] | dict[str, tuple[str, Node]] | None
    where: str

    @staticmethod
    def plain(value: object, where: str) -> Node:
        """Wraps plain Python values that came from one place: a command-line flag."""
        if isinstance(value, list | tuple):
            return Node([Node.plain(entry, where) for entry in value], where)
        if isinstance(value, dict):
            return Node({str(key): (where, Node.plain(entry, where)) for key, entry in value.items()}, where)
        if value is None or isinstance(value, str | bool | int | float):
            return Node(value, where)
        raise ConfigError(f"{where}: {type(value).__name__} is not a configuration value.")


def read_bytes(path: Path, owners: frozenset[int] | None = None) -> bytes | None:
    """The file's content; None when there is none. ConfigError when it cannot be read or is no file to read.

    With `owners` (user ids), it must belong to one of them or root, and not be writable by everyone.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a FIFO must not hang us
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        os.close(fd)
        raise ConfigError(f"{path} is not a regular file.")
    with open(fd, "rb") as file:
        if owners is not None and (status.st_mode & stat.S_IWOTH or status.st_uid not in owners | {0}):
            whose = "is writable by everyone" if status.st_mode & stat.S_IWOTH else f"belongs to another user (uid {status.st_uid})"
            raise ConfigError(f"{path} {whose}, so it may not configure Warden.", "`chmod o-w` it, or own it.")
        try:
            content = file.read(SIZE_LIMIT + 1)
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > SIZE_LIMIT:
        raise ConfigError(f"{path} is larger than 1 MiB, which no configuration is.")
    return content


def parse(content: bytes, path: Path) -> Node:
    """The tree of one file; an empty file is an empty mapping. Raises ConfigError."""
    import yaml

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: is not UTF-8.", "Save the file as UTF-8 text.") from error
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_nesting(text, loader, path)
        root = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(f"{path}:{mark.line + 1 if mark else 1}: {error.problem or error.context or 'is not YAML'}.") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{path}: is not YAML: {str(error).splitlines()[0]}.") from error
    if root is None:
        return Node({}, f"{path}:1")
    node = _Reader(loader, path).node(root, 0)
    if node.value is None:
        return Node({}, node.where)
    if not isinstance(node.value, dict):
        raise ConfigError(f"{node.where}: the file must be a mapping of keys, such as `policy:`.")
    return node


def _check_nesting(text: str, loader: Any, path: Path) -> None:
    """Before anything recursive sees the text."""
    import yaml

    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=loader)):
        if isinstance(event, yaml.events.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.events.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_LIMIT or count > 4 * NODE_LIMIT:
            what = f"nested deeper than {DEPTH_LIMIT} levels" if depth > DEPTH_LIMIT else "more values than any configuration has"
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise ConfigError(f"{path}:{line}: {what}.")


class _Reader:
    def __init__(self, loader: Any, path: Path) -> None:
        self._constructor = loader("")
        self._path = path
        self._left = NODE_LIMIT

    def node(self, node: Any, depth: int) -> Node:
        import yaml

        where = self._where(node)
        self._left -= 1
        if self._left < 0 or depth > DEPTH_LIMIT:
            raise ConfigError(f"{where}: more or deeper values than any configuration has, once aliases are followed.")
        if node.tag not in _PLAIN:
            advice = f'Quote it: "{node.tag}{node.value}".' if isinstance(node, yaml.ScalarNode) and node.tag.startswith("!") else ""
            raise ConfigError(f"{where}: YAML tags ({node.tag}) are not accepted.", advice)
        if isinstance(node, yaml.SequenceNode):
            return Node([self.node(entry, depth + 1) for entry in node.value], where)
        if isinstance(node, yaml.MappingNode):
            return Node(self._mapping(node, depth), where)
        value = self._constructor.construct_object(node) if node.tag.startswith(_STANDARD) else None
        if not (value is None or isinstance(value, str | bool | int | float)):
            value = node.value  # a date, say: its text
        return Node(value, where)

    def _mapping(self, node: Any, depth: int) -> dict[str, tuple[str, Node]]:
        import yaml

        entries: dict[str, tuple[str, Node]] = {}
        for key, value in node.value:
            where = self._where(key)
            if not isinstance(key, yaml.ScalarNode):
                raise ConfigError(f"{where}: a key must be text.")
            if key.value in entries:
                raise ConfigError(f"{where}: {key.value} is there twice (first at {entries[key.value][0]}).", "Merge the two.")
            entries[key.value] = (where, self.node(value, depth + 1))
        return entries

    def _where(self, node: Any) -> str:
        return f"{self._path}:{node.start_mark.line + 1}"
