"""The command line: nouns and verbs, like git and kubectl.

`run` is the console script and `main` what it runs: it looks at the first word and imports the module of that command only. `warden exec`,
which starts on every command of an agent, gets nothing else: no argparse, no table of commands, milliseconds. The parts:

- ``frame``: everything around a command: the list of commands, help, the nearest name, and how each kind of failure ends.
- one module per command, with ``add_parser(subparsers)`` and ``run(args) -> int``; ``exec`` parses for itself and has ``main(arguments) -> int``.
- ``table``: text for a terminal, cut to its width and with every control character escaped. ``completion``: shell completion from the parsers.

Exit status: 0 fine; 1 the command worked and its answer is no (a denial, a finding, a broken log); 2 the command line is wrong; 125 Warden itself
failed; 130 interrupted; 141 the reader of its output went away. `warden exec` ends as the command inside did.

Errors are one line ``warden: what is wrong. What to do next.`` on standard error, never a traceback; WARDEN_DEBUG=1 shows one for a bug.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # type checkers know better; importing it from `typing` would cost ten milliseconds
if TYPE_CHECKING:
    from typing import NoReturn


def run() -> NoReturn:
    """The console script: `main`, and the end of the process.

    `warden exec` ends without the interpreter's last rites, which take as long as its modules to import and have nothing of ours to do.
    """
    code = main()
    if sys.argv[1:2] != ["exec"]:
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass  # it is closed, or its reader went away; what the command inside wrote is not ours
    os._exit(code)


def main(arguments: list[str] | None = None) -> int:
    """Runs one command line (without the program's name) and returns the exit status. Never raises."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        if words and words[0] == "exec":
            from warden.cli import exec as command

            return command.main(words[1:])
        from warden.cli import frame

        return frame.dispatch(words)
    except BaseException as error:  # noqa: BLE001 - also Ctrl-C and argparse's exit: each has its status
        from warden.cli import frame

        return frame.failed(error)
