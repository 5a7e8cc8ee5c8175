"""What a client asked for, read from its RUN frame and checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from warden.daemon import api, process
from warden.errors import SessionError

_MAX_SIZE = 65535


@dataclass(frozen=True, slots=True)
class Request:
    """One `warden exec`. Text holds undecodable bytes as `os.fsdecode` does. `limits` are the client's resource limits
    where they are not ours.

    `stdio` are the client's descriptors 0, 1, 2, owned by this process now. `size` is the terminal's (rows, columns).
    """

    argv: tuple[str, ...]
    cwd: str
    environment: Mapping[str, str]
    umask: int
    limits: Mapping[str, tuple[int, int]]
    stdio: tuple[int, int, int]
    terminal: bool
    size: tuple[int, int]
    config: str
    preset: str
    policies: tuple[str, ...]
    agent: str
    profile: str
    allow: tuple[str, ...]
    variables: tuple[str, ...]
    writable: tuple[str, ...]

    @classmethod
    def read(cls, frame: api.Frame, client: int = 0) -> Request:
        """`client` is the client's pid. SessionError when the frame is not a whole request."""
        if frame.kind != api.RUN:
            raise SessionError("The client asked for nothing.")
        if len(frame.descriptors) != 3:
            raise SessionError("The client's standard input, output and error did not come.")
        argv = tuple(os.fsdecode(part) for part in frame.all("arg"))
        cwd = frame.text("cwd")
        if not argv or not argv[0]:
            raise SessionError("There is no command to run.")
        if not cwd.startswith("/"):
            raise SessionError(f"The working directory {cwd!r} is not absolute.")

        def texts(name: str) -> tuple[str, ...]:
            return tuple(os.fsdecode(value) for value in frame.all(name))

        try:
            umask = int(frame.text("umask", "22"), 8) & 0o777
            rows, columns = (min(max(int(part), 0), _MAX_SIZE) for part in frame.text("size", "24 80").split())
        except ValueError as error:
            raise SessionError("The client's umask or terminal size is not a number.") from error
        pairs = (os.fsdecode(value).partition("=") for value in frame.all("env"))
        stdin, stdout, stderr = frame.descriptors
        return cls(
            argv=argv,
            cwd=cwd,
            environment={name: value for name, equals, value in pairs if name and equals},
            umask=umask,
            limits=process.limits_of(client) if client else {},
            stdio=(stdin, stdout, stderr),
            terminal=frame.one("terminal") == b"1",
            size=(rows, columns),
            config=frame.text("config"),
            preset=frame.text("preset"),
            policies=texts("policy"),
            agent=frame.text("agent"),
            profile=frame.text("profile"),
            allow=texts("allow"),
            variables=texts("variable"),
            writable=texts("writable"),
        )

    def adopt(self) -> None:
        """Makes this process the client's stand-in: relative paths, `~` and `$AWS_PROFILE` mean what they mean in the user's shell.

        SessionError when the working directory cannot be entered.
        """
        os.environ.clear()
        os.environ.update(self.environment)
        os.umask(0o077)  # what this process writes is its own business; the command gets the client's umask
        try:
            os.chdir(self.cwd)
        except OSError as error:
            raise SessionError(f"The working directory {self.cwd} cannot be entered: {error.strerror}.") from error
