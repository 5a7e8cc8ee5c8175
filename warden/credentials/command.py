"""Runs a command of the user's that prints a credential: as the user, outside, with a time limit, and nothing that the sandbox could have made."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress

from warden.credentials import reach
from warden.credentials.ask import LIMIT
from warden.credentials.outside import Outside
from warden.credentials.rights import identity
from warden.errors import CredentialError

#: Bytes that a credential may have.
SIZE = 1 << 16


def printed(outside: Outside, argv: Sequence[str], name: str) -> bytes:
    """What the command prints. No shell: `argv` is what it is. `name` is the entry's, for the CredentialError ``credentials-unavailable``.

    Its program is looked up in the user's search path without the directories that the sandboxed command may write to; nothing of its arguments may
    be there either (``credential-command-writable``).
    """
    text = shlex.join(argv)
    if any(reach.mentions(part, outside.writable) for part in argv):
        raise CredentialError(
            "credential-command-writable",
            f"The command of the credential {name} could have been written by the sandboxed command.",
            "Move it out of the directories that are writable inside, or run from another directory.",
        )
    program = shutil.which(argv[0], path=outside.environment.get("PATH", os.defpath)) if "/" not in argv[0] else argv[0]
    advice = f"Run `{text}` outside the sandbox to see what it says."
    if program is None or not program.startswith("/"):
        raise CredentialError("credentials-unavailable", f"The command of the credential {name} is not on the search path.", advice)
    try:
        process = subprocess.Popen(
            [program, *argv[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=outside.environment,
            cwd="/",
            start_new_session=True,  # no terminal to ask on, and one group to end
            **identity(outside.run_as),
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        raise CredentialError("credentials-unavailable", f"The command of the credential {name} cannot be started.", advice) from None
    try:
        answer, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        took = f"The command of the credential {name} took more than {LIMIT:g} seconds."
        raise CredentialError("credentials-unavailable", took, advice) from None
    finally:
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    if process.returncode or not answer.strip() or len(answer) > SIZE:
        said = f"ended with status {process.returncode}" if process.returncode else "printed no credential"
        raise CredentialError("credentials-unavailable", f"The command of the credential {name} {said}.", advice)
    return bytes(answer)


def keyring(outside: Outside, reference: str) -> tuple[str, ...]:
    """The command that reads ``service/user`` from the desktop's keyring: libsecret's, or Python's ``keyring``."""
    service, _, user = reference.partition("/")
    path = outside.environment.get("PATH", os.defpath)
    if shutil.which("secret-tool", path=path):
        return ("secret-tool", "lookup", "service", service, "username", user)
    if shutil.which("keyring", path=path):
        return ("keyring", "get", service, user)
    raise CredentialError(
        "credentials-unavailable", "There is no secret-tool and no keyring outside to read the keyring with.", "Install libsecret-tools."
    )
