"""Asks a program of our own for credentials, as the calling user and in the user's environment."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from warden.credentials import program
from warden.credentials.outside import Outside
from warden.errors import CredentialError


def ask(outside: Outside, asked: Path, question: Mapping[str, Any], *, kind: str, advice: str) -> dict[str, Any]:
    """Runs the Python file `asked` with `question` as JSON on its standard input, and returns the JSON object that it prints.

    `kind` (``AWS``, ``Google Cloud``) and `advice` are for the message of the CredentialError ``credentials-unavailable``, raised when there is no
    such answer (`program.output`).
    """
    argv = [sys.executable, "-I", str(asked)]
    try:
        read = json.loads(program.output(argv, outside.environment, outside.run_as, json.dumps(question).encode()))
        if not isinstance(read, dict):
            raise ValueError("no object")
    except program.ProgramError as error:
        message = f"Looking up {kind} credentials outside the sandbox failed: it {error}."
        raise CredentialError("credentials-unavailable", message, advice) from None
    except (ValueError, RecursionError):
        raise CredentialError("credentials-unavailable", f"Looking up {kind} credentials outside the sandbox failed.", advice) from None
    return read
