"""`warden policy`: check, test and explain policies.

`validate` finds every mistake in policy files; `test` runs decision tables; `show` lists the rules that hold, or one rule's text, or the actions
that rules can name. Exit status 1 when something was found wrong.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from warden.cli import table
from warden.config import PRESETS, PolicyConfig
from warden.decide import PolicyDecisionPoint, bundle, cases, load, schema
from warden.decide.location import directory
from warden.decide.policy import Policy
from warden.errors import PolicyError
from warden.model import Principal


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    parser = subparsers.add_parser("policy", help="check, test and explain policies", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)

    validate = verbs.add_parser("validate", help="find every mistake in policy files")
    validate.add_argument("files", nargs="*", metavar="FILE", help="Cedar files or directories of them (default: the configuration's)")
    _output(validate)

    test = verbs.add_parser("test", help="run decision tables")
    test.add_argument("tables", nargs="*", type=Path, metavar="TABLE", help="YAML tables (default: those that come with warden)")
    _policy(test)
    _output(test)

    show = verbs.add_parser("show", help="list the rules that hold, or show one")
    show.add_argument(
        "name", nargs="?", metavar="RULE", help="a rule such as no-destroy/grant, or with --actions a pattern such as 'ec2:Term*'"
    )
    show.add_argument("--actions", action="store_true", help="list the actions and groups that rules can name")
    _policy(show)
    _output(show)


def _output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", choices=("table", "json"), default="table", help="default: table")


def _policy(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", choices=PRESETS, help="default: the configuration's")
    parser.add_argument(
        "--policy", action="append", metavar="FILE", help="Cedar file or directory, instead of the configuration's; repeatable"
    )


def run(args: argparse.Namespace) -> int:
    match args.verb:
        case "validate":
            return _validate(args)
        case "test":
            return _test(args)
        case _:
            return _actions(args) if args.actions else _show(args)


def configured() -> PolicyConfig:
    """The preset and policy files that hold in this directory."""
    from warden.settings import files  # YAML and more: only when a command needs the configuration

    return files.load(Path.cwd()).config.policy


def _validate(args: argparse.Namespace) -> int:
    files = args.files or configured().files
    policies, mistakes = bundle.examine(files)
    if args.output == "json":
        print(json.dumps({"rules": [policy.id for policy in policies], "mistakes": [_as_dict(mistake) for mistake in mistakes]}))
    else:
        for mistake in mistakes:
            print(table.escape(str(mistake)))
        note = "" if files else " The configuration names no policy file: the preset alone holds."
        print(f"{_count(len(policies), 'rule')} fine, {_count(len(mistakes), 'mistake')}.{note}")
    return 1 if mistakes else 0


def _as_dict(mistake: PolicyError) -> dict[str, str]:
    return {"message": mistake.message, "advice": mistake.advice}


def _test(args: argparse.Namespace) -> int:
    paths = args.tables or sorted((directory() / "tests").glob("*.yaml"))
    files = args.policy if args.policy is not None else configured().files if args.tables else ()
    presets = (args.preset,) if args.preset else PRESETS
    points: dict[str, PolicyDecisionPoint] = {}
    decided, failures = 0, []
    for path in paths:
        for case in cases.load(path):
            for preset in (preset for preset in presets if preset in case.expect):
                points[preset] = points.get(preset) or PolicyDecisionPoint(load(preset, files))
                decided += 1
                failures.append(case.failure(preset, points[preset].decide(Principal("test", "test"), [case.action])))
    failures = [failure for failure in failures if failure]
    if args.output == "json":
        print(json.dumps({"decisions": decided, "failures": failures}))
    else:
        for failure in failures:
            print(table.escape(failure))
        print(f"{_count(decided, 'decision')} in {_count(len(paths), 'table')}, {len(failures)} not as expected.")
    return 1 if failures or not decided else 0


def _show(args: argparse.Namespace) -> int:
    held = configured() if args.preset is None or args.policy is None else PolicyConfig()
    loaded = load(args.preset or held.preset, args.policy if args.policy is not None else held.files)
    if args.name is None:
        chosen = loaded.policies
    else:
        chosen = tuple(policy for policy in loaded.policies if policy.id == args.name)
        if not chosen:
            raise PolicyError(
                f"There is no rule {args.name!r} under the preset {loaded.preset}.", "`warden policy show` lists those that there are."
            )
    if args.output == "json":
        print("[" + ",\n".join(json.dumps(_rule(policy)) for policy in chosen) + "]")
    elif args.name is not None:
        print(table.escape(f"// {chosen[0].piece.file}:{chosen[0].piece.line}\n{chosen[0].text}", lines=True))
    else:
        rows = [("permit" if policy.permit else "forbid", policy.id, policy.reason) for policy in chosen]
        print(table.render(rows, ("effect", "rule", "reason")), end="")
    return 0


def _rule(policy: Policy) -> dict[str, Any]:
    return {
        "rule": policy.id,
        "effect": "permit" if policy.permit else "forbid",
        "reason": policy.reason,
        "advice": policy.advice,
        "overrides": list(policy.overrides),
        "file": policy.piece.file,
        "line": policy.piece.line,
        "text": policy.text,
    }


def _actions(args: argparse.Namespace) -> int:
    pattern = (args.name or "*").lower()
    found = [row for row in _known_actions() if fnmatch.fnmatchcase(row[0].lower(), f"*{pattern}*" if args.name else "*")]
    if args.output == "json":
        print(
            "[" + ",\n".join(json.dumps({"action": name, "groups": groups.split(", ") if groups else []}) for name, groups in found) + "]"
        )
    else:
        print(table.render(found, ("action", "possible groups"), width=0), end="")
    return 0 if found else 1


def _known_actions() -> Iterator[tuple[str, str]]:
    index = schema.index()
    for kind, name in sorted(index.groups):
        yield f'{kind}::"{name}"', ""
    for block in sorted(index.blocks, key=lambda block: (block.namespace, block.names)):
        groups = ", ".join(name for _, name in sorted(block.groups, reverse=True))
        for name in block.names:
            yield f'{block.namespace}::Action::"{name}"', groups


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
