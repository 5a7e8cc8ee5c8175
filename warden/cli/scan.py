"""`warden scan`: secrets in files that a sandboxed command could read, most of all in its working directory.

What a command gets from the network is redacted on its way in; a file that is already there is not. Each file is looked through as a response would
be, and what is found is named by file, line and rule, never by value. Left out are what version control keeps for itself (.git), installed packages,
binary files, and files of more than 8 MiB, which are listed as not looked through.

--mask hides the files from `warden exec` in this directory: it writes them under sandbox.hide into ./warden.yaml, or prints the lines to add where
there is one. Inside, a masked file is empty and cannot be written.

Exit status: 0 when nothing was found, 1 when something was.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warden.answers import Answers
from warden.cli.table import escape
from warden.errors import ConfigError
from warden.redact.kind import HEAD, Kind, kind_of
from warden.redact.redactor import BlockedError, Place

#: Bytes of a file that is looked through.
LIMIT = 8 << 20
#: Directories that are not gone into: not the user's own text.
SKIPPED = frozenset(
    {".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", ".terraform", ".tox", ".mypy_cache", ".ruff_cache"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """A secret in a file: `line` counts from 1."""

    path: Path
    line: int
    rule: str
    layer: str


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    parser = subparsers.add_parser(
        "scan", help="list secrets in files that a command could read", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", default=["."], help="files or directories (default: the working directory)")
    parser.add_argument("--mask", action="store_true", help="hide the files that have some from `warden exec` in this directory")
    parser.add_argument("--output", choices=("table", "json"), default="table")


def run(args: argparse.Namespace) -> int:
    for name in args.paths:
        if not Path(name).exists():
            raise ConfigError(f"{name} does not exist.", "Name files or directories.")
    found: list[Found] = []
    skipped: list[str] = []
    for path in _files(args.paths):
        try:
            found += scan(path)
        except (OSError, BlockedError) as error:
            skipped.append(f"{path}: not looked through: {error.reason if isinstance(error, BlockedError) else error.strerror}")
    for one in found:
        shown = {"path": str(one.path), "line": one.line, "rule": one.rule, "layer": one.layer}
        print(json.dumps(shown) if args.output == "json" else f"{escape(str(one.path))}:{one.line}: {one.rule} ({one.layer})")
    for text in skipped:
        print(escape(text), file=sys.stderr)
    if args.mask and found:
        _mask(list(dict.fromkeys(one.path.resolve() for one in found)))
    return 1 if found else 0


def scan(path: Path) -> Iterator[Found]:
    """The secrets in one file. Raises OSError, and BlockedError for what cannot be looked through."""
    if path.stat().st_size > LIMIT:
        raise BlockedError(f"it is larger than {LIMIT >> 20} MiB")
    text = path.read_bytes()
    kind = kind_of("", text[:HEAD])
    if kind is Kind.BINARY:
        return
    if kind is Kind.UTF16:
        text = text.decode("utf-16", "replace").encode()
    _, findings = Answers().redactor.redact(text, Place())
    for one in findings:
        yield Found(path, text.count(b"\n", 0, one.start) + 1, one.rule, one.layer)


def _files(names: list[str]) -> Iterator[Path]:
    for name in names:
        if not Path(name).is_dir():
            yield Path(name)
            continue
        for directory, below, files in os.walk(name):
            below[:] = sorted(one for one in below if one not in SKIPPED)
            yield from (path for each in sorted(files) if (path := Path(directory, each)).is_file() and not path.is_symlink())


def _mask(paths: list[Path]) -> None:
    lines = "sandbox:\n  hide:\n" + "".join(f"    - {json.dumps(str(path))}\n" for path in paths)
    target = Path("warden.yaml")
    if target.exists():
        print(f"warden.yaml is there; add to it:\n\n{lines}", file=sys.stderr)
        return
    target.write_text(lines)
    print("wrote warden.yaml: `warden exec` here hides these files.", file=sys.stderr)
