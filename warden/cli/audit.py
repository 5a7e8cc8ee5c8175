"""`warden audit`: read and verify the audit log.

`list` and `tail` print one line per ruling; `show` everything about one; `verify` whether the log is whole (exit status 1 when not).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from warden.audit import default_path, read, show
from warden.cli import table
from warden.cli.frame import UsageError


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    parser = subparsers.add_parser("audit", help="read and verify the audit log", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)

    verify = verbs.add_parser("verify", help="check that no record was changed, removed, moved or inserted")
    verify.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="the log, after those it was rotated from, oldest first (default: the log)"
    )
    verify.add_argument(
        "--anchor", metavar="SEQ:HASH", help="a position that an earlier verify printed: proves that all up to it is unchanged"
    )
    _output(verify)

    listing = verbs.add_parser("list", help="the last rulings, newest at the end")
    listing.add_argument("--denied", action="store_true", help="only what was not allowed")
    listing.add_argument("--session", default="", metavar="ID", help="only of this session")
    listing.add_argument("--since", default="", metavar="WHEN", help="not older than 1h, 30m, 2d, or a time such as 2026-01-31T12:00 (UTC)")
    listing.add_argument("--operation", default="", metavar="GLOB", help="only operations like this, such as 'ec2:Terminate*'")
    listing.add_argument("--limit", type=_positive, default=50, metavar="N", help="at most this many (default: 50)")
    _file(listing)
    _output(listing)

    tail = verbs.add_parser("tail", help="the last records; with -f, new ones as they come")
    tail.add_argument("-f", "--follow", action="store_true", help="go on with each new record")
    tail.add_argument("-n", "--limit", type=_count, default=10, metavar="N", help="how many to begin with (default: 10)")
    _file(tail)
    _output(tail)

    one = verbs.add_parser("show", help="every record of one ruling")
    one.add_argument("ruling", metavar="RULING_ID", help="its id, or the beginning of it")
    _file(one)
    _output(one)


def _output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", choices=("table", "json"), default="table", help="default: table")


def _file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", type=Path, metavar="FILE", help="another log than the configured one")


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return int(text)


def _positive(text: str) -> int:
    if _count(text) < 1:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return int(text)


def run(args: argparse.Namespace) -> int:
    return {"verify": _verify, "list": _list, "tail": _tail, "show": _show}[args.verb](args)


def log_path() -> Path:
    """The configured log."""
    from warden.settings.files import load

    configured = load(Path.cwd()).config.audit.path
    return Path(configured) if configured else default_path(Path.home(), os.geteuid())


def _verify(args: argparse.Namespace) -> int:
    from warden.audit.verify import parse_anchor, verify

    paths = args.files or [log_path()]
    verdict = verify(paths, parse_anchor(args.anchor) if args.anchor else None)
    whole = verdict.problem is None
    if args.output == "json":
        problem = verdict.problem
        print(
            json.dumps(
                {
                    "ok": whole,
                    "records": verdict.records,
                    "position": str(verdict.position),
                    "problem": {"file": str(problem.path), "line": problem.line, "what": problem.what} if problem else None,
                    "notes": verdict.notes,
                }
            )
        )
        return 0 if whole else 1
    for note in verdict.notes:
        print(table.escape(f"note: {note}"))
    if verdict.problem is not None:
        print(table.escape(str(verdict.problem)))
        print(f"NOT WHOLE. The {verdict.records} records before that hold.")
        return 1
    print(f"whole: {verdict.records} records, up to {verdict.position}")
    return 0


def _list(args: argparse.Namespace) -> int:
    found = list(islice(_matching(args, _since(args.since) if args.since else None), args.limit))[::-1]
    if args.output == "json":
        print("[" + ",\n".join(json.dumps(record) for record in found) + "]")
        return 0
    print(table.render([show.row(record).cells() for record in found], show.COLUMNS), end="")
    return 0


def _matching(args: argparse.Namespace, since: datetime | None) -> Iterator[dict[str, Any]]:
    first = _written(since) if since else ""
    # Writers take the time before they take their turn, so records may be seconds out of order: stop well past it.
    stop = _written(since - timedelta(minutes=1)) if since else ""
    for record in read.backwards(args.file or log_path()):
        if str(record.get("time", "9")) < stop:
            return
        if show.matches(record, denied=args.denied, session=args.session, since=first, operation=args.operation):
            yield record


def _written(when: datetime) -> str:
    """As records write a time: their order is that of their text."""
    return when.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _since(text: str) -> datetime:
    """``1h`` before now, or a time, UTC unless it says otherwise."""
    from warden.settings.values import duration

    try:
        return datetime.now(UTC) - timedelta(seconds=duration(text))
    except (ValueError, OverflowError):
        pass
    try:
        when = datetime.fromisoformat(text)
        return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"--since {text!r} is neither a duration such as 1h nor a time such as 2026-01-31T12:00.") from None


#: Widths of `tail`'s columns, which cannot be measured before the next record comes.
_TAIL = (19, 5, 34, 40, 30, 80)


def _tail(args: argparse.Namespace) -> int:
    for record in read.follow(args.file or log_path(), args.limit, forever=args.follow):
        if args.output == "json":
            print(json.dumps(record), flush=True)
        else:
            natural = _TAIL if table.terminal_width() else ()
            print(table.render([show.row(record).cells()], natural=natural), end="", flush=True)
    return 0


def _show(args: argparse.Namespace) -> int:
    if not re.fullmatch(r"[0-9A-Za-z-]{4,64}", args.ruling):
        raise UsageError(
            f"{args.ruling!r} is not a ruling's id.", "Four characters of it are enough; `warden audit list --output json` has them."
        )
    path = args.file or log_path()
    found = [record for record in read.backwards(path) if str(record.get("id", "")).startswith(args.ruling)][::-1]
    if len({record["id"] for record in found}) > 1:
        ids = sorted({str(record["id"]) for record in found})
        raise UsageError(f"{args.ruling} is the beginning of {len(ids)} rulings.", f"Such as {ids[0]} and {ids[1]}.")
    if not found:
        print(f"warden: no record of ruling {args.ruling} in {table.escape(str(path))}.", file=sys.stderr)
        return 1
    if args.output == "json":
        print("[" + ",\n".join(json.dumps(record) for record in found) + "]")
        return 0
    for index, record in enumerate(found):
        print("\n" * bool(index), end="")
        rows = [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in _details(record)]
        print(table.render(rows, width=0), end="")
    return 0


def _details(record: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The record's values by dotted name, empty ones left out."""
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _details(value, f"{prefix}{key}.")
        elif isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
            for index, entry in enumerate(value):
                yield from _details(entry, f"{prefix}{key}[{index}].")
        elif value not in ("", [], None):
            yield prefix + key, ", ".join(value) if isinstance(value, list) and all(isinstance(entry, str) for entry in value) else value
