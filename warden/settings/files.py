"""Finds, reads and merges the configuration files into one `Config`, and remembers where each value came from.

Sources, weakest first; a later one wins, lists accumulate, maps are merged by key:

1. the defaults of :mod:`warden.config`;
2. ``/etc/warden/warden.yaml``, the machine's;
3. ``$XDG_CONFIG_HOME/warden/warden.yaml`` (``~/.config/warden/warden.yaml``), the user's;
4. the project's: each ``warden.yaml`` from the working directory upward, the nearest with the last word; below the home directory and ``/``, which
   are looked at only when they are the working directory itself. What loosens is refused until the user trusts the file
   (:mod:`warden.settings.trust`). The outer ones are read too, or an agent could put a project's rules aside with a file in a directory below.
   `--config` or ``WARDEN_CONFIG`` names another file instead, trusted because the user named it; named empty, there is no project file;
5. flags.

The parts: ``nodes`` reads a file as nodes with lines, ``values`` says what each key's value may be, ``trust`` what a project
may say, and ``reference`` writes the schema and the documentation down. YAML is imported only when there is a file.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from warden.config import Config
from warden.errors import ConfigError
from warden.settings import entries, trust
from warden.settings.nodes import Node, parse, read_bytes
from warden.settings.values import KINDS, SECRETS, Kind, Place

SYSTEM = Path("/etc/warden/warden.yaml")
NAME = "warden.yaml"


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """One file that was read. `role`: ``system``, ``user``, ``project`` or ``named`` (by `--config` or WARDEN_CONFIG).

    `loosens` lists, for a project's file, what it says that needs trust. `names` are the policy and CA files it names. A session mounts a
    project's file and what it names read-only.
    """

    path: Path
    role: str
    loosens: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """The configuration, where each value came from (dotted key, or ``key[n]`` and ``key.name`` for entries; ``default``), and the files read."""

    config: Config
    sources: Mapping[str, str]
    files: tuple[LoadedFile, ...] = ()

    @property
    def read_only(self) -> tuple[str, ...]:
        """Paths that the agent could otherwise change under its own next session: project files and what they name."""
        project = [file for file in self.files if file.role in ("project", "named")]
        return tuple(dict.fromkeys(name for file in project for name in (str(file.path), *file.names)))


def load(
    cwd: Path,
    home: Path | None = None,
    flags: Mapping[str, Any] | None = None,
    *,
    file: str | None = None,
    environ: Mapping[str, str] | None = None,
    system: Path = SYSTEM,
    show: bool = False,
) -> Loaded:
    """Reads every source. `flags` are values by dotted key (``{"policy.preset": "readonly"}``), relative paths from `cwd`; `file` is `--config`.

    `show` reads an untrusted project's file as if it were trusted: to show it, never to run. Raises ConfigError with file, line, key and what
    was expected.
    """
    environ = os.environ if environ is None else environ
    home = Path(environ.get("HOME") or Path.home()) if home is None else home
    named = environ.get("WARDEN_CONFIG") if file is None else file
    merge = _Merge(home)
    files = []
    for path, role in _sources(cwd, home, environ, system, named):
        loaded = _read(merge, path, role, show)
        if loaded is None and role == "named":
            raise ConfigError(f"{path}, which --config or WARDEN_CONFIG names, is not there.")
        if loaded is not None:
            files.append(loaded)
    for key, value in (flags or {}).items():
        if key not in KINDS:
            raise unknown_key("the command line", key)
        merge.begin(None)
        merge.set(key, Node.plain(value, "command line"), Place(cwd, home))
    merge.hide_own(files)
    return Loaded(merge.config(), merge.sources, tuple(files))


def check(path: Path, home: Path) -> LoadedFile:
    """Reads one file by itself, over the defaults. Raises ConfigError for the first mistake in it."""
    loaded = _read(_Merge(home), path.absolute(), "project", show=True)
    if loaded is None:
        raise ConfigError(f"{path} is not there.")
    return loaded


def project_files(cwd: Path, home: Path) -> list[Path]:
    """Each warden.yaml from `cwd` upward, the outermost first."""
    above = itertools.takewhile(lambda directory: directory not in (home, Path("/")), cwd.parents)
    return [directory / NAME for directory in (cwd, *above) if os.path.lexists(directory / NAME)][::-1]


def digest(path: Path, home: Path) -> str:
    """What `warden config trust` records of this file."""
    return trust.digest(read_bytes(path) or b"", check(path, home).names)


def unknown_key(where: str, key: str) -> ConfigError:
    """The error for a key that is not in the schema, with the nearest one that is."""
    from difflib import get_close_matches

    known = dict.fromkeys(name.rsplit(".", n)[0] for name in KINDS for n in range(name.count(".") + 1))
    section, _, leaf = key.rpartition(".")
    siblings = {name.rpartition(".")[2]: name for name in known if name.rpartition(".")[0] == section}
    anywhere = {name.rpartition(".")[2]: name for name in known}
    for names, cutoff in ((siblings, 0.6), (anywhere, 0.75)):  # a slip of the finger here; the right name in the wrong section
        if near := get_close_matches(leaf, names, 1, cutoff):
            return ConfigError(f"{where}: there is no key {key}.", f"Did you mean {names[near[0]]}?")
    return ConfigError(f"{where}: there is no key {key}.", "`warden config schema` lists the keys.")


def _sources(cwd: Path, home: Path, environ: Mapping[str, str], system: Path, named: str | None) -> Iterator[tuple[Path, str]]:
    yield system, "system"
    base = environ.get("XDG_CONFIG_HOME", "")
    user = (Path(base) if base.startswith("/") else home / ".config") / "warden" / NAME
    yield user, "user"
    if named is not None:
        if named:
            yield cwd / Path(named).expanduser(), "named"
    else:
        yield from ((found, "project") for found in project_files(cwd, home) if found not in (user, system))


def _read(merge: _Merge, path: Path, role: str, show: bool) -> LoadedFile | None:
    content = read_bytes(path, owners=None if role == "project" else _owners(merge.home))
    if content is None:
        return None
    root = parse(content, path)
    merge.begin(path.parent if role == "project" else None)
    merge.file(root, Place(path.parent, merge.home))
    loaded = LoadedFile(path, role, tuple(merge.loosened), tuple(merge.named))
    if role == "project" and loaded.loosens and not show:
        known = trust.trusted(merge.home).get(str(path.resolve()))
        if known is None or known != trust.digest(content, loaded.names):
            state = "you have not trusted" if known is None else "has changed since you trusted"
            first = (
                f"{path} says what only a trusted file may, and {state} it" if known is None else f"{path}, or a file it names, {state} it"
            )
            raise ConfigError(f"{first}: {'; '.join(loaded.loosens)}.", f"Read it, then run `warden config trust {path}`.")
    return loaded


def _owners(home: Path) -> frozenset[int]:
    try:
        return frozenset({os.geteuid(), home.stat().st_uid})
    except OSError:
        return frozenset({os.geteuid()})


@dataclass(frozen=True, slots=True)
class _Defaults:
    """The built-in values as a merge begins with them: by dotted key, with their sources, and the entries of lists and maps. Not to be changed."""

    values: Mapping[str, Any]
    sources: Mapping[str, str]
    entries: Mapping[str, Mapping[str, str]]


@lru_cache(maxsize=4)
def defaults(home: Path) -> _Defaults:
    """The built-in values for one home directory: hundreds of paths and hosts, read once by the daemon and not again for each session."""
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    entries: dict[str, dict[str, str]] = {}
    place = Place(Path("/"), home)
    for key, default in flat(Config()):
        kind = KINDS[key]
        if kind.shape == "list":
            default = tuple(dict.fromkeys(kind.read(entry, place) for entry in default))
            entries[key] = dict.fromkeys(default, "default")
        elif kind.shape == "map":
            default = dict(default)
            entries[key] = dict.fromkeys(default, "default")
        values[key] = default
        sources[key] = "default"
        if kind.shape == "list":
            sources |= {f"{key}[{index}]": "default" for index in range(len(default))}
    return _Defaults(values, sources, entries)


@dataclass(slots=True)
class _Merge:
    """The values so far by dotted key, and where they came from."""

    home: Path
    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    #: Where each entry of a list or map stands, by key; and where entries were taken away.
    entries: dict[str, dict[str, str]] = field(default_factory=dict)
    taken: dict[str, list[str]] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    #: The directory of the project whose file is being read; None for a file that may say everything.
    project: Path | None = None
    loosened: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        built_in = defaults(self.home)
        self.values, self.sources = dict(built_in.values), dict(built_in.sources)
        self.entries = {key: dict(entries) for key, entries in built_in.entries.items()}

    def begin(self, project: Path | None) -> None:
        self.project, self.loosened, self.named = project, [], []

    def file(self, root: Node, place: Place, prefix: str = "") -> None:
        """Merges one file, section by section."""
        if root.value is None:
            return
        if not isinstance(root.value, dict):
            raise ConfigError(f"{root.where}: {prefix.rstrip('.')} is a section: keys below it, indented.")
        for name, (where, node) in root.value.items():
            key = prefix + name
            if key in KINDS:
                self.set(key, node, place)
            elif any(known.startswith(key + ".") for known in KINDS):
                self.file(node, place, key + ".")
            else:
                raise unknown_key(where, key)

    def set(self, key: str, node: Node, place: Place) -> None:
        """Merges one value. Raises ConfigError."""
        kind = KINDS[key]
        if kind.shape == "list":
            self._set_list(key, kind, node, place)
        elif kind.shape == "map":
            self._set_map(key, kind, node, place)
        elif kind.shape == "entries":
            self._set_entries(key, node, place)
        else:
            value = _value(key, kind, node, place)
            self._judge(key, value, (), node.where)
            if key == "egress.defaults" and value is not self.values[key]:
                self._default_hosts(value)
            self.values[key], self.sources[key] = value, node.where

    def _default_hosts(self, wanted: bool) -> None:
        """Takes the built-in hosts out, or in again. What a file said by itself stays."""
        key = "egress.allow"
        said = {entry: where for entry, where in self.entries[key].items() if where != "default"}
        built_in = [entry for entry in Config().egress.allow if wanted and entry not in self.removed]
        held = {**dict.fromkeys(built_in, "default"), **said}
        self.entries[key], self.values[key] = held, tuple(held)
        self._note_entries(key, {f"{key}[{index}]": where for index, where in enumerate(held.values())})

    def _set_list(self, key: str, kind: Kind, node: Node, place: Place) -> None:
        if node.value is not None and not isinstance(node.value, list):
            raise ConfigError(f"{node.where}: {key} must be a list, each entry {kind.expected}.")
        held = self.entries[key]
        added, removed = [], []
        for entry in node.value or ():
            text = entry.value
            if kind.removable and isinstance(text, str) and text.startswith("!"):
                value = _value(key, kind, Node(text[1:], entry.where), place)
                matching = [one for one in held if kind.removes(one, value)]
                for one in matching:
                    del held[one]
                self.removed.update(matching)
                if not matching:
                    from difflib import get_close_matches

                    near = get_close_matches(value, list(held), 1, 0.5)
                    raise ConfigError(
                        f"{entry.where}: {key} has no entry {value} to take away.", f"Did you mean {near[0]}?" if near else ""
                    )
                removed.append(value)
                self.taken.setdefault(key, []).append(entry.where)
                continue
            value = _value(key, kind, entry, place)
            if held.get(value, "default") == "default":  # said again, it holds without the built-in list too
                if value not in held:
                    added.append(value)
                held[value] = entry.where
                if key in ("policy.files", "upstream.ca"):
                    self.named.append(value)
        self._judge(key, tuple(added), removed, node.where)
        self.values[key] = tuple(held)
        self._note_entries(key, {f"{key}[{index}]": where for index, where in enumerate(held.values())})

    def _set_map(self, key: str, kind: Kind, node: Node, place: Place) -> None:
        if node.value is not None and not isinstance(node.value, dict):
            raise ConfigError(f"{node.where}: {key} must be a mapping of names to {kind.expected}.")
        added = {}
        for raw, (where, entry) in (node.value or {}).items():
            try:
                name = kind.read_key(raw)
            except ValueError as error:
                raise ConfigError(f"{where}: {raw!r} is no key for {key}.", str(error)) from error
            if name in added:
                raise ConfigError(f"{where}: {key} has {name} twice.")
            added[name] = _value(f"{key}: {name}", kind, entry, place)
            self.entries[key][name] = entry.where
            if key == "kubernetes.ca":
                self.named.append(added[name])
        self._judge(key, added, (), node.where)
        self.values[key] = {**self.values[key], **added}
        self._note_entries(key, {f"{key}.{name}": where for name, where in self.entries[key].items()})

    def _set_entries(self, key: str, node: Node, place: Place) -> None:
        wheres, held = self.entries.setdefault(key, {}), {entry.name: entry for entry in self.values[key]}
        added = {entry.name: (entry, where) for entry, where in entries.read_all(key, node, place)}
        self._judge(key, added, (), node.where)
        wheres.update((name, where) for name, (_, where) in added.items())
        self.values[key] = tuple({**held, **{name: entry for name, (entry, _) in added.items()}}.values())
        self._note_entries(key, {f"{key}[{index}]": wheres[entry.name] for index, entry in enumerate(self.values[key])})

    def _note_entries(self, key: str, wheres: dict[str, str]) -> None:
        for old in [name for name in self.sources if name.startswith((f"{key}[", f"{key}."))]:
            del self.sources[old]
        self.sources |= wheres
        self.sources[key] = ", ".join(dict.fromkeys([*wheres.values(), *self.taken.get(key, ())])) or "default"

    def _judge(self, key: str, value: Any, removed: Any, where: str) -> None:
        if self.project is None:
            return
        what = trust.loosens(key, value, self.values[key], removed=removed, project=self.project, home=self.home)
        if what:
            self.loosened.append(f"line {where.rpartition(':')[2]}, {key}: {what}")

    def hide_own(self, files: list[LoadedFile]) -> None:
        """Adds to `sandbox.hide` what the built-in list does not cover of the files of credentials and of Warden's own: secrets, the audit log."""
        from warden.audit import head_path

        own = [str(file.path) for file in files if file.role == "user"]
        own += [entry.reference for entry in self.values["credentials.entries"] if entry.source == "file"]
        own += [self.sources[key].rpartition(":")[0] for key in SECRETS if self.sources[key].startswith("/")]
        if log := self.values["audit.path"]:
            own += [log, str(head_path(Path(log)))]
        hidden = self.values["sandbox.hide"]
        more = [path for path in dict.fromkeys(own) if not any(path == entry or path.startswith(entry + "/") for entry in hidden)]
        for path in more:
            self.entries["sandbox.hide"][path] = "Warden's own file"
        if more:
            held = self.entries["sandbox.hide"]
            self.values["sandbox.hide"] = tuple(held)
            self._note_entries("sandbox.hide", {f"sandbox.hide[{index}]": where for index, where in enumerate(held.values())})

    def config(self) -> Config:
        """The frozen values."""
        built = _build(Config(), "", self.values)
        assert isinstance(built, Config)
        return built


def _value(key: str, kind: Kind, node: Node, place: Place) -> Any:
    if not isinstance(node.value, list | dict):
        try:
            return kind.read(node.value, place)
        except ValueError as error:
            said = "nothing" if node.value is None else "a value" if key in SECRETS else repr(node.value)
            raise ConfigError(f"{node.where}: {key} must be {kind.expected}, not {said}.", str(error)) from error
    raise ConfigError(f"{node.where}: {key} must be {kind.expected}, not a {'list' if isinstance(node.value, list) else 'mapping'}.")


def flat(section: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every key of the schema with its value, dotted as in YAML."""
    for entry in dataclasses.fields(section):
        value, key = getattr(section, entry.name), prefix + entry.name.rstrip("_")
        if dataclasses.is_dataclass(value):
            yield from flat(value, key + ".")
        else:
            yield key, value


def _build(section: Any, prefix: str, values: Mapping[str, Any]) -> Any:
    from types import MappingProxyType

    made = {}
    for entry in dataclasses.fields(section):
        value, key = getattr(section, entry.name), prefix + entry.name.rstrip("_")
        if dataclasses.is_dataclass(value):
            made[entry.name] = _build(value, key + ".", values)
        else:
            new = values[key]
            made[entry.name] = MappingProxyType(new) if isinstance(new, dict) else new
    return type(section)(**made)
