"""`warden exec`: the thin client. It sends the request and its descriptors to a session process and relays what cannot be sent.

That is signals and, on a terminal, its bytes.

It starts on every command, so it imports only what it must: no argparse, no `signal`, no `socket` (their C halves instead), `termios` only
with a terminal.

Exit status: the command's own; 128+N when signal N ended it; 127 when it is not found, 126 when it cannot be run, 125 when Warden refused or failed.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # half of `signal`, without enum: three milliseconds
import os
import sys

from warden.daemon import api, places, start
from warden.errors import SessionError, WardenError

TYPE_CHECKING = False  # type checkers know better; importing it from `typing` would cost ten milliseconds
if TYPE_CHECKING:
    import argparse

    from warden.cli.terminal import Terminal

USAGE = """\
usage: warden exec [options] [--] COMMAND [ARGUMENT...]

Runs COMMAND in a sandbox. Whatever it sends to the network is ruled on by policy and recorded.

  --preset NAME      observe, readonly, no-destroy (default) or lockdown
  --policy FILE      add a Cedar file or directory of yours (may be repeated)
  --config FILE      use this warden.yaml instead of the project's
  --agent NAME       the agent's name in policies and audit (default: the command's)
  --profile NAME     the policy profile
  --allow ENTRY      let it reach HOST[:PORT], 'read HOST', 'POST HOST/PATH' or tcp://HOST:PORT (may be repeated)
  --env NAME[=VALUE] set a variable inside, or let yours through (may be repeated)
  --writable PATH    let it write below PATH (may be repeated)
  --socket PATH      the daemon's socket
  -h, --help         show this

COMMAND's exit status is warden's; 128+N when signal N ended it, 127 when it is not found, 126 when it cannot be run,
125 when warden itself refused or failed.
"""

#: Option -> (field of the request, whether it may be repeated).
_OPTIONS = {
    "--preset": ("preset", False),
    "--policy": ("policy", True),
    "--config": ("config", False),
    "--agent": ("agent", False),
    "--profile": ("profile", False),
    "--allow": ("allow", True),
    "--env": ("variable", True),
    "--writable": ("writable", True),
    "--socket": ("socket", False),
}

#: What a signal to the client means for the command: the same. SIGTSTP and SIGWINCH have more to them (`_on_signal`).
_FORWARDED = (
    _signal.SIGHUP,
    _signal.SIGINT,
    _signal.SIGQUIT,
    _signal.SIGTERM,
    _signal.SIGUSR1,
    _signal.SIGUSR2,
    _signal.SIGWINCH,
    _signal.SIGCONT,
    _signal.SIGTSTP,
)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """For `warden --help` only: the command parses for itself."""
    subparsers.add_parser("exec", help="run a command in a sandbox under a policy", add_help=False)


def main(arguments: list[str]) -> int:
    """Runs the command line behind `warden exec` and returns the exit status."""
    try:
        _fill_standard_descriptors()
        options, command = parse(arguments)
        if options is None:
            sys.stdout.write(USAGE)
            return 0
        return _Client(options, command).run()
    except WardenError as error:
        return complain(error.message, error.advice, error.exit_code)
    except KeyboardInterrupt:
        return 128 + int(_signal.SIGINT)


def parse(arguments: list[str]) -> tuple[api.Fields | None, list[str]]:
    """Options as request fields, and the command. (None, []) when help is asked for. WardenError for a mistake."""
    fields: api.Fields = []
    index = 0
    while index < len(arguments):
        argument = arguments[index]
        index += 1
        if argument == "--":
            break
        if not argument.startswith("-"):
            index -= 1
            break
        if argument in ("-h", "--help"):
            return None, []
        name, equals, value = argument.partition("=")
        if name not in _OPTIONS:
            raise SessionError(f"unknown option {name}.", "`warden exec --help` lists the options; `--` ends them.")
        if not equals:
            if index == len(arguments):
                raise SessionError(f"{name} needs a value.")
            value = arguments[index]
            index += 1
        field, repeated = _OPTIONS[name]
        if not repeated and any(key == field for key, _value in fields):
            raise SessionError(f"{name} is given twice.")
        fields.append((field, os.fsencode(value)))
    command = arguments[index:]
    if not command:
        raise SessionError("no command given.", "usage: warden exec [options] -- COMMAND [ARGUMENT...]")
    return fields, command


def complain(message: str, advice: str = "", code: int = 125) -> int:
    """One line on standard error; returns `code`."""
    text = f"warden: {message} {advice}".rstrip()
    try:
        os.write(2, (text + "\n").encode("utf-8", "surrogateescape"))
    except OSError:
        pass  # standard error is closed: the exit status has to do
    return code


def _fill_standard_descriptors() -> None:
    """Fills a closed 0, 1 or 2, or the next open() would take its place. The mode keeps it failing as a closed one does (EBADF).

    Not with /dev/null, which the OCI runtime opens anew for reading and writing.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open("/dev/zero", os.O_WRONLY if number == 0 else os.O_RDONLY)


class _Client:
    """One run: the request, the connection, and the relay until the session says how it ended."""

    def __init__(self, options: api.Fields, command: list[str]) -> None:
        self._options = [(name, value) for name, value in options if name != "socket"]
        self._command = [os.fsencode(part) for part in command]
        named = next((os.fsdecode(value) for name, value in options if name == "socket"), "") or os.environ.get(places.SOCKET_VARIABLE)
        self._path = os.path.abspath(named or _configured_socket() or places.default_socket())  # the daemon runs in another directory
        self._terminal: Terminal | None = None
        self._channel: api.Channel | None = None

    def run(self) -> int:
        wake = self._catch_signals()
        descriptors = [0, 1, 2]
        # Standard error too: on a terminal of its own, the command would have all three there.
        terminal = os.isatty(0) and os.isatty(1) and os.isatty(2)
        if terminal:
            from warden.cli.terminal import Terminal

            self._terminal = Terminal()
        elif os.isatty(0) and not _foreground():
            # In the background a read would stop the job. The sandboxed process is in another session, where the kernel does not
            # stop it: it would take the keys from the shell. So it reads nothing.
            descriptors[0] = os.open(os.devnull, os.O_RDONLY)
        try:
            return self._converse(self._request(), descriptors, wake)
        finally:
            if self._terminal:
                self._terminal.restore()

    def _request(self) -> api.Fields:
        try:
            cwd = os.getcwdb()
        except OSError as error:
            raise SessionError("The working directory is gone.", "Change to one that exists.") from error
        mask = os.umask(0o077)
        os.umask(mask)
        fields = [*self._options, ("cwd", cwd), ("umask", b"%o" % mask)]
        if self._terminal:
            fields += [("terminal", b"1"), ("size", b"%d %d" % self._terminal.size()[:2])]
        fields += [("arg", part) for part in self._command]
        fields += [("env", name + b"=" + value) for name, value in os.environb.items()]
        return fields

    # --- the conversation ------------------------------------------------------------------------------------------------------

    def _converse(self, request: api.Fields, descriptors: list[int], wake: int) -> int:
        """Sends the request, and again to a fresh daemon when the one that was there is outdated or just went."""
        begin = -1
        for _attempt in range(3):
            channel = start.hello(self._path, b"run")
            if channel is None:
                begin = start.start(self._path)
                continue
            try:
                channel.send(api.RUN, request, descriptors)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it may have said why
            first = channel.receive()
            if first is None and begin >= 0:
                break
            if first is None:
                continue  # it went idle between our connect and its accept
            if first.kind == api.OUTDATED:
                if first.one("message"):
                    raise SessionError(first.text("message"), first.text("advice"))
                continue
            self._channel = channel
            return self._relay(channel, first, wake)
        if begin < 0:
            raise SessionError(
                f"The daemon at {self._path} hangs up: it is of another version of Warden, or broken.",
                f"Try again after `rm {self._path}`; sessions that run there go on.",
            )
        words = start.last_words(begin)
        raise SessionError(f"The daemon does not start{f': {words}' if words else '.'}", f"Its log has more: {places.daemon_log()}")

    def _relay(self, channel: api.Channel, first: api.Frame, wake: int) -> int:
        import select

        frames = [first]
        terminal = self._terminal
        while True:
            for frame in frames:
                if frame.kind == api.TERMINAL and terminal:
                    terminal.attach(frame.descriptors.pop())
                elif frame.kind == api.EXIT:
                    return self._exit(frame)
            if channel.closed:
                if terminal:
                    terminal.restore()
                return complain("the session ended without a result.", f"The daemon's log has the detail: {places.daemon_log()}")
            poll = select.poll()
            poll.register(channel.fileno(), select.POLLIN)
            poll.register(wake, select.POLLIN)
            timeout = terminal.register(poll) if terminal else None
            ready = dict(poll.poll(timeout))
            if wake in ready:
                for number in os.read(wake, 64):
                    self._on_signal(channel, number)
            if terminal:
                terminal.copy(ready)
            frames = channel.read() if channel.fileno() in ready else []

    def _exit(self, frame: api.Frame) -> int:
        if self._terminal:
            self._terminal.drain()
            self._terminal.restore()
        code = int(frame.text("code", "125"))
        message = frame.text("message")
        return complain(message, frame.text("advice"), code) if message else code

    # --- signals ---------------------------------------------------------------------------------------------------------------

    def _catch_signals(self) -> int:
        """Turns signals into bytes on a pipe, whose reading end it returns. What the caller ignores (`nohup`, `cmd &` in sh) stays ignored."""
        reading, writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        _signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in _FORWARDED:
            if _signal.getsignal(number) != _signal.SIG_IGN:
                _signal.signal(number, _noted)
        return reading

    def _on_signal(self, channel: api.Channel, number: int) -> None:
        if number not in _FORWARDED:
            return
        terminal = self._terminal
        if number == _signal.SIGWINCH and terminal:
            terminal.resize()
            return
        if number == _signal.SIGCONT and terminal:
            terminal.resume()
        try:
            channel.send(api.SIGNAL, [("number", b"%d" % number)])
            if number == _signal.SIGHUP and terminal:
                channel.send(api.SIGNAL, [("number", b"%d" % _signal.SIGCONT)])  # as the kernel does, for who is stopped
                terminal.hang_up()
        except OSError:
            return  # the session has ended; its EXIT is on the way
        if number == _signal.SIGTSTP:
            if terminal:
                terminal.restore()
            os.kill(os.getpid(), _signal.SIGSTOP)  # and when we are continued, SIGCONT comes by this way and continues the command


def _noted(_number: int, _frame: object) -> None:
    """The wake-up descriptor has it."""


def _configured_socket() -> str:
    """`daemon.socket`. YAML takes longer to import than the rest of the client to run, so the files are only parsed where they mention one."""
    base = os.environ.get("XDG_CONFIG_HOME") or f"{os.environ.get('HOME', '')}/.config"
    for path in ("/etc/warden/warden.yaml", f"{base}/warden/warden.yaml"):
        try:
            with open(path, "rb") as file:
                mentioned = b"socket" in file.read()
        except OSError:
            continue
        if mentioned:
            from pathlib import Path

            from warden.settings.files import load

            return load(Path("/")).config.daemon.socket  # from /, where no project's file is: it is not for a project to say
    return ""


def _foreground() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return True  # a terminal that is not our controlling one has no background
