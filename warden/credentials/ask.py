"""Asks a program of its own for credentials, as the calling user and in the user's environment, with a time limit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from warden.credentials.outside import Outside
from warden.credentials.rights import identity
from warden.errors import CredentialError

#: Seconds that a single sign-on, an assumed role or a credential process may take.
LIMIT = 20.0


def ask(outside: Outside, program: Path, question: Mapping[str, Any], *, kind: str, advice: str) -> dict[str, Any]:
    """Runs the Python file `program` with `question` as JSON on its standard input, and returns the JSON object that it prints.

    `kind` (``AWS``, ``Google Cloud``) and `advice` are for the message of the CredentialError ``credentials-unavailable``, raised when it cannot be
    started, does not answer within `LIMIT` seconds, or answers something else. It and all that it started are then ended.
    """
    failed = CredentialError("credentials-unavailable", f"Looking up {kind} credentials outside the sandbox failed.", advice)
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=outside.environment,
            cwd="/",
            start_new_session=True,  # no terminal to ask for a code on, and one group to end
            **identity(outside.run_as),
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        raise failed from None
    try:
        answer, _ = process.communicate(json.dumps(question).encode(), timeout=LIMIT)
        read = json.loads(answer)
    except subprocess.TimeoutExpired:
        # All that it started with it: what still holds the pipe would hold us.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        limit = f"Looking up {kind} credentials outside the sandbox took more than {LIMIT:g} seconds."
        raise CredentialError("credentials-unavailable", limit, advice) from None
    except (OSError, ValueError):
        process.kill()
        raise failed from None
    finally:
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
    if not isinstance(read, dict):
        raise failed
    return read
