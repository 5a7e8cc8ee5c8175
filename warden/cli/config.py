"""`warden config`: show every value and where it came from, check a file, trust a project's file.

`check` ends with status 1 when the file has a mistake.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from warden.cli import table
from warden.errors import ConfigError
from warden.settings import files, trust
from warden.settings.values import KINDS, SECRETS

#: `show` prints this many built-in entries of a list at most.
_FEW = 3


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    parser = subparsers.add_parser("config", help="show, check and trust configuration", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)

    show = verbs.add_parser("show", help="every value in effect and where it came from")
    show.add_argument("--config", metavar="FILE", help="use this warden.yaml instead of the project's")
    show.add_argument("--output", choices=("table", "json", "yaml"), default="table", help="default: table")

    check = verbs.add_parser("check", help="read one file and say what is wrong with it")
    check.add_argument("file", type=Path, metavar="FILE")

    trust = verbs.add_parser("trust", help="let a project's warden.yaml say all it says, as it is now")
    trust.add_argument("file", nargs="?", type=Path, metavar="FILE", help="default: the nearest warden.yaml")
    trust.add_argument("--revoke", action="store_true", help="trust it no more")

    verbs.add_parser("schema", help="a JSON Schema of warden.yaml, for editors")


def run(args: argparse.Namespace) -> int:
    return {"show": _show, "check": _check, "trust": _trust, "schema": _schema}[args.verb](args)


def _show(args: argparse.Namespace) -> int:
    loaded = files.load(Path.cwd(), file=args.config)
    values = [(key, _shown(key, value), loaded.sources[key]) for key, value in files.flat(loaded.config)]
    if args.output == "json":
        entries = [
            {"key": key, "value": value, "source": source} | _entry_sources(key, value, loaded.sources) for key, value, source in values
        ]
        read = [{"path": str(file.path), "role": file.role} for file in loaded.files]
        print(json.dumps({"values": entries, "files": read}, indent=2))
    elif args.output == "yaml":
        print("\n".join(_yaml(values)))
    else:
        rows = [row for key, value, source in values for row in _rows(key, value, source, loaded.sources)]
        print(table.render(rows, ("key", "value", "source")), end="")
    return 0


def _shown(key: str, value: Any) -> Any:
    """A value as plain JSON, secrets hidden."""
    if key in SECRETS:
        return "***" if value else ""
    if KINDS[key].shape == "entries":
        return [entry.as_dict() for entry in value]
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if KINDS[key].shape == "map" else value


def _entry_sources(key: str, value: Any, sources: Any) -> dict[str, Any]:
    if isinstance(value, list):
        return {"sources": [sources[f"{key}[{index}]"] for index in range(len(value))]}
    return {"sources": {name: sources[f"{key}.{name}"] for name in value}} if isinstance(value, dict) else {}


def _rows(key: str, value: Any, source: str, sources: Any) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, list) and value:
        own = [(entry, sources[f"{key}[{index}]"]) for index, entry in enumerate(value)]
        built_in = [str(entry) for entry, where in own if where == "default"]
        if len(built_in) > _FEW:
            yield key, f"{', '.join(built_in[:_FEW])}, … ({len(built_in)} built in; --output json has all)", "default"
            own = [(entry, where) for entry, where in own if where != "default"]
        for entry, where in own:
            yield key, entry if isinstance(entry, str) else json.dumps(entry), where
    elif isinstance(value, dict) and value:
        for name, entry in value.items():
            yield f"{key}.{name}", entry, sources[f"{key}.{name}"]
    else:
        yield key, "" if value in ([], {}) else str(value).lower() if isinstance(value, bool) else str(value), source


def _yaml(values: list[tuple[str, Any, str]]) -> Iterator[str]:
    """The values as warden.yaml, each key with its source as a comment. JSON's scalars and flow lists are YAML."""
    open_sections: list[str] = []
    for key, value, source in values:
        *sections, name = key.split(".")
        shared = 0
        while shared < min(len(sections), len(open_sections)) and sections[shared] == open_sections[shared]:
            shared += 1
        for depth in range(shared, len(sections)):
            yield f"{'  ' * depth}{sections[depth]}:"
        open_sections = sections
        yield f"{'  ' * len(sections)}{name}: {table.escape(json.dumps(value, ensure_ascii=False))}  # {table.escape(source)}"


def _check(args: argparse.Namespace) -> int:
    try:
        loaded = files.check(args.file, Path.home())
    except ConfigError as error:
        print(table.escape(str(error)))
        return 1
    print(f"{table.escape(str(args.file))}: fine.")
    if loaded.loosens:
        print("As a project's file it needs `warden config trust`, because it loosens:")
        for what in loaded.loosens:
            print(f"  {table.escape(what)}")
    return 0


def _trust(args: argparse.Namespace) -> int:
    home = Path.home()
    found = [args.file.absolute()] if args.file else files.project_files(Path.cwd(), home)
    if not found:
        raise ConfigError("There is no warden.yaml here or in a directory above.", "Name the file: `warden config trust FILE`.")
    path = found[-1]
    if args.revoke:
        trust.record(home, path, None)
        print(f"{table.escape(str(path))} is not trusted any more.")
        return 0
    loaded = files.check(path, home)
    trust.record(home, path, files.digest(path, home))
    print(f"{table.escape(str(path))} is trusted as it is now.")
    for what in loaded.loosens:
        print(f"  {table.escape(what)}")
    for name in loaded.names:
        print(f"  with {table.escape(name)}")
    return 0


def _schema(_args: argparse.Namespace) -> int:
    from warden.settings.reference import json_schema

    print(json.dumps(json_schema(), indent=2))
    return 0
