"""A program, run by `gcp` and never imported: asks for a Google access token in the environment that it was started with.

stdin: JSON ``{"order": ["adc" | "gcloud" | "key", ...]}``, and for ``key`` the content of a service account's file as ``key`` and the
``scopes`` to ask for; for ``identity``, the ``audience`` of an ID token. stdout: JSON ``{"token", "expires"}`` (seconds since the epoch or null),
or ``{"error": <name of the last failure>}``: never a message, which may quote what a library or gcloud printed.

``adc`` are the application default credentials, by Google's own library: GOOGLE_APPLICATION_CREDENTIALS, the file of
``gcloud auth application-default login``, a workload's identity, the metadata server (https://google.aip.dev/auth/4110). ``gcloud`` is the
login of the command line.
"""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from typing import Any

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def main() -> None:
    answer: dict[str, Any] = {"error": "no-source"}
    question = json.load(sys.stdin)
    for source in question["order"]:
        try:
            answer = {"adc": _default, "gcloud": _gcloud, "key": _key, "identity": _identity}[source](question)
            break
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent denies with its name
            answer = {"error": type(error).__name__}
    json.dump(answer, sys.stdout)


def _default(_question: dict[str, Any]) -> dict[str, Any]:
    import google.auth

    # An external account asks for its project on the way, by `requests` unless told otherwise, which is not ours to require.
    return _refreshed(google.auth.default(scopes=[SCOPE], request=_request())[0])


def _key(question: dict[str, Any]) -> dict[str, Any]:
    from google.oauth2 import service_account

    return _refreshed(service_account.Credentials.from_service_account_info(question["key"], scopes=question["scopes"]))  # type: ignore[no-untyped-call]


def _identity(question: dict[str, Any]) -> dict[str, Any]:
    from google.oauth2 import id_token

    return _refreshed(id_token.fetch_id_token_credentials(question["audience"], request=_request()))  # type: ignore[no-untyped-call]


def _request() -> Any:
    import google.auth.transport.urllib3
    import urllib3

    return google.auth.transport.urllib3.Request(urllib3.PoolManager())  # type: ignore[no-untyped-call]


def _refreshed(found: Any) -> dict[str, Any]:
    found.refresh(_request())
    expires = found.expiry.replace(tzinfo=datetime.UTC).timestamp() if found.expiry else None
    return {"token": found.token, "expires": expires}


def _gcloud(_question: dict[str, Any]) -> dict[str, Any]:
    environment = {**os.environ, "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
    command = ["gcloud", "config", "config-helper", "--format=json", "--min-expiry=10m"]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    credential = json.loads(done.stdout)["credential"]
    return {"token": credential["access_token"], "expires": datetime.datetime.fromisoformat(credential["token_expiry"]).timestamp()}


if __name__ == "__main__":
    main()
