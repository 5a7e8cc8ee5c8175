"""A command of the user's that prints a credential, of which nothing is what the sandbox could have made."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Sequence

from warden.credentials import reach
from warden.credentials.outside import Outside
from warden.credentials.program import ProgramError
from warden.credentials.program import output as run
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
    found = shutil.which(argv[0], path=outside.environment.get("PATH", os.defpath)) if "/" not in argv[0] else argv[0]
    advice = f"Run `{text}` outside the sandbox to see what it says."
    if found is None or not found.startswith("/"):
        raise CredentialError("credentials-unavailable", f"The command of the credential {name} is not on the search path.", advice)
    try:
        answer = run([found, *argv[1:]], outside.environment, outside.run_as)
        if not answer.strip() or len(answer) > SIZE:
            raise ProgramError("printed no credential")
    except ProgramError as error:
        raise CredentialError("credentials-unavailable", f"The command of the credential {name} {error}.", advice) from None
    return answer


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
