"""Everything around a command: which there are, help, the nearest name to a mistyped one, and how each kind of failure ends."""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib
import os
import sys
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import warden
from warden.errors import WardenError

#: Every command: its name, the module that has it, and what it does. Help and completion are made from this.
COMMANDS = {
    "exec": ("exec", "run a command in a sandbox under a policy"),
    "daemon": ("daemon", "run the daemon, or ask or stop a running one"),
    "policy": ("policy", "check, test and explain policies"),
    "decode": ("decode", "read requests as actions"),
    "redact": ("redact", "show responses as the sandbox would get them"),
    "scan": ("scan", "list secrets in files that a command could read"),
    "decide": ("decode", "read requests and decide on them under a policy"),
    "audit": ("audit", "read and verify the audit log"),
    "config": ("config", "show, check and trust configuration"),
    "doctor": ("doctor", "say what this machine can enforce"),
    "completion": ("completion", "print a completion script for a shell"),
}

EPILOG = """\
Exit status: 0 fine; 1 denied or findings; 2 wrong usage; 125 warden itself failed; `warden exec` ends as its command did.
`warden help COMMAND` says more. docs/configuration.md describes warden.yaml.
"""


class Parser(argparse.ArgumentParser):
    """argparse, with errors in our form and the nearest name for a mistyped word."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].lower()}{message[1:].rstrip('.')}.", f"`{self.prog} --help` shows the usage.")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        choices = [str(choice) for choice in action.choices or ()]
        if action.choices is not None and value not in action.choices:
            near = get_close_matches(str(value), choices, 1)
            what = f"{self.prog} has no {value!r}" if isinstance(action, argparse._SubParsersAction) else f"{value!r} is not possible here"
            raise UsageError(f"{what}.", f"Did you mean {near[0]}?" if near else f"It has: {', '.join(choices)}.")

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        found, rest = self.parse_known_args(args, namespace)
        if rest:
            near = get_close_matches(rest[0].partition("=")[0], _options(self), 1)
            raise UsageError(
                f"unknown argument {rest[0]}.", f"Did you mean {near[0]}?" if near else f"`{self.prog} --help` shows the usage."
            )
        return found


class UsageError(WardenError):
    """The command line is wrong."""

    exit_code = 2


def parser_for(names: list[str]) -> Parser:
    """The parser with these commands in it, and their modules imported."""
    parser = Parser(prog="warden", description="Rules on what an AI agent does to your clouds.", allow_abbrev=False)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    for module in dict.fromkeys(COMMANDS[name][0] for name in names):
        load(module).add_parser(subparsers)
    return parser


def load(module: str) -> ModuleType:
    """The module of a command."""
    return importlib.import_module(f"warden.cli.{module}")


def dispatch(words: list[str]) -> int:
    """Runs the command that the first word names. Raises what the command raises."""
    name, rest = (words[0], words[1:]) if words else ("", [])
    match name:
        case "" | "-h" | "--help":
            print(usage(), end="")
            code = 0 if name else 2
        case "help":
            code = _help(rest)
        case "--version" | "-V" | "version":
            print(f"warden {warden.__version__}")
            code = 0
        case _ if name in COMMANDS:
            parser = parser_for([name])
            code = int(load(COMMANDS[name][0]).run(parser.parse_args(words)))
        case _:
            raise _unknown(name)
    if sys.stdout is not None:  # None: it was closed
        sys.stdout.flush()  # here, where a reader that went away is still ours to answer for
    return code


def usage() -> str:
    """`warden help`."""
    width = max(map(len, COMMANDS))
    lines = "".join(f"  {name:<{width}}  {what}\n" for name, (_, what) in COMMANDS.items())
    return f"usage: warden COMMAND [ARGUMENT...]\n\nRules on what an AI agent does to your clouds.\n\n{lines}\n{EPILOG}"


def _help(words: list[str]) -> int:
    if not words:
        print(usage(), end="")
        return 0
    if words[0] not in COMMANDS:
        raise _unknown(words[0])
    if words[0] == "exec":
        from warden.cli import exec as command

        return command.main(["--help"])
    parser_for(words[:1]).parse_args([*words, "--help"])
    return 0  # not reached: argparse exits after printing


def _unknown(name: str) -> UsageError:
    near = get_close_matches(name, [*COMMANDS, "help", "version"], 1)
    if name.startswith("-"):
        return UsageError(f"unknown option {name}.", "`warden help` lists the commands.")
    return UsageError(
        f"there is no command {name!r}.", f"Did you mean `warden {near[0]}`?" if near else "`warden help` lists the commands."
    )


def _options(parser: argparse.ArgumentParser) -> list[str]:
    """Every flag of the parser and the parsers below it."""
    found: list[str] = []
    for action in parser._actions:
        found += action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                found += _options(below)
    return found


def failed(error: BaseException) -> int:
    """The exit status for what ended a command, after saying on standard error what there is to say."""
    match error:
        case SystemExit():
            return error.code if isinstance(error.code, int) else 0 if error.code is None else _say(str(error.code), 1)
        case WardenError():
            return _say(str(error), error.exit_code)
        case KeyboardInterrupt():
            return 130
        case BrokenPipeError():
            _drop_output()
            return 141
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EFBIG | errno.EIO, filename=None):
            _drop_output()
            return _say(f"the output cannot be written: {error.strerror}.", 125)
        case MemoryError():
            return _say("not enough memory.", 125)
    from sandbox.errors import SandboxError

    return _say(str(error) if isinstance(error, SandboxError) else _bug(error), 125)


def _drop_output() -> None:
    """Or the interpreter complains when it flushes at exit."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _bug(error: BaseException) -> str:
    import time
    import traceback

    detail = "".join(traceback.format_exception(error))
    what = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    if os.environ.get("WARDEN_DEBUG") == "1":
        return f"this is a bug in warden ({what}).\n{detail}"
    try:
        directory = Path.home() / ".local/state/warden/errors"
        path = directory / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(path, "x", encoding="utf-8", errors="backslashreplace", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(f"warden {warden.__version__}, Python {sys.version}\n{sys.argv[:2]}\n{detail}")
    except (OSError, RuntimeError):
        return f"this is a bug in warden ({what}). WARDEN_DEBUG=1 shows the detail."
    return f"this is a bug in warden ({what}). The detail is in {path}; please report it."


def _say(text: str, code: int) -> int:
    from warden.cli.table import escape

    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()  # in the order it was said
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print("warden:", escape(text, lines=True), file=sys.stderr, flush=True)
    return code
