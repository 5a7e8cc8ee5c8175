"""A program, run by `source` and never imported: asks botocore's whole chain for credentials in the environment it was started with.

A process of its own, because botocore reads the environment, the home directory and the terminal of the process it runs in and has no time limit on
what it starts (``credential_process``), and because a root daemon must ask as the user, who wrote what is run here.

stdin: JSON ``{"profile": str | null}``. stdout: JSON ``{"access_key", "secret_key", "token", "expires"}`` (seconds since the epoch or null), or
``{"error": <exception class>, "code": <AWS error code or "">}``: never a message, which may quote what a credential process printed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    question = json.load(sys.stdin)
    try:
        answer = _ask(question["profile"])
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent denies with its name
        response = getattr(error, "response", None)
        code = response.get("Error", {}).get("Code", "") if isinstance(response, dict) else ""
        answer = {"error": type(error).__name__, "code": str(code)}
    json.dump(answer, sys.stdout)


def _ask(profile: str | None) -> dict[str, Any]:
    import botocore.session
    from botocore.utils import JSONFileCache

    session = botocore.session.Session(profile=profile)
    resolver = session.get_component("credential_provider")
    # The aws CLI's cache of assumed roles: a role that asks for an MFA code is assumed there, by hand, and used from here.
    resolver.get_provider("assume-role").cache = JSONFileCache(str(Path("~/.aws/cli/cache").expanduser()))
    credentials = session.get_credentials()
    if credentials is None:
        return {"error": "NoCredentialsError", "code": ""}
    frozen = credentials.get_frozen_credentials()
    expiry = getattr(credentials, "_expiry_time", None)
    return {
        "access_key": frozen.access_key,
        "secret_key": frozen.secret_key,
        "token": frozen.token,
        "expires": expiry.timestamp() if expiry else None,
    }


if __name__ == "__main__":
    main()
