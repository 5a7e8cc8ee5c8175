"""What the calling user's Google files say that is no secret: which identities there are, whose, and the project and zone to work in.

Files are read with the user's rights, and none from where the sandboxed command may write (:mod:`warden.credentials.reach`). Nothing is run
and nothing is asked over a network: this is known before the session starts.
"""

from __future__ import annotations

import configparser
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warden.credentials.outside import Outside
from warden.credentials.reach import within_reach
from warden.credentials.rights import as_user

#: Properties of the user's gcloud configuration that say nothing secret, as the variables that gcloud reads them from.
PROPERTIES = {
    ("core", "project"): "CLOUDSDK_CORE_PROJECT",
    ("core", "account"): "CLOUDSDK_CORE_ACCOUNT",
    ("compute", "region"): "CLOUDSDK_COMPUTE_REGION",
    ("compute", "zone"): "CLOUDSDK_COMPUTE_ZONE",
    ("container", "cluster"): "CLOUDSDK_CONTAINER_CLUSTER",
    ("run", "region"): "CLOUDSDK_RUN_REGION",
}

#: Environment variables that say nothing secret and choose no identity: the sandbox may have them as they are.
_HARMLESS_VARIABLES = (
    *PROPERTIES.values(), "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "GCP_PROJECT", "GOOGLE_PROJECT", "GOOGLE_REGION", "GOOGLE_ZONE",
    "GOOGLE_CLOUD_QUOTA_PROJECT", "GOOGLE_CLOUD_UNIVERSE_DOMAIN", "CLOUDSDK_CORE_DISABLE_PROMPTS", "CLOUDSDK_CORE_VERBOSITY",
    "CLOUDSDK_CORE_USER_OUTPUT_ENABLED",
)  # fmt: skip

#: The variable that names the file of the application default credentials, and where gcloud puts it.
FILE_VARIABLE, _DEFAULT_FILE = "GOOGLE_APPLICATION_CREDENTIALS", "application_default_credentials.json"
#: The most bytes of such a file: a service account key has 2,400.
_FILE_BYTES = 64 * 1024
#: https://cloud.google.com/compute/docs/access/service-accounts#default_service_account
_NUMBERED = re.compile(r"([0-9]{6,19})-compute@developer\.gserviceaccount\.com")
#: What gcloud keeps its logins in.
_LOGINS = ("credentials.db", "legacy_credentials", "access_tokens.db")
#: What the firmware of a machine of Google's says, which is what Google's libraries go by. https://google.aip.dev/auth/4115
_PRODUCT = Path("/sys/class/dmi/id/product_name")


@dataclass(frozen=True, slots=True)
class Found:
    """`default` is the content of the file of the application default credentials, a secret, and empty where there is none.

    `variables` may be seen inside.
    """

    default: Mapping[str, Any] = field(default_factory=dict, repr=False)
    default_path: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    #: Whether there is anything to get a token from.
    any_source: bool = False
    #: Whether there is a service account outside, which has ID tokens: of the file that a variable names, or of the machine.
    identifies: bool = False

    def text(self, key: str) -> str:
        """The value of `key` in that file when it is text; never asked for a secret one."""
        value = self.default.get(key)
        return value if isinstance(value, str) else ""

    @property
    def project(self) -> str:
        names = ("GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "GOOGLE_PROJECT", "CLOUDSDK_CORE_PROJECT")
        stated = next((value for name in names if (value := self.variables.get(name))), "")
        return stated or self.text("project_id") or self.text("quota_project_id")

    @property
    def number(self) -> str:
        """The project's number, where the account says it: Compute Engine's default account is named after it. Else only Google knows."""
        match = _NUMBERED.fullmatch(self.text("client_email"))
        return match[1] if match and self.text("project_id") == self.project else ""


def find(outside: Outside, tokens: tuple[str, ...]) -> Found:
    """Looks once. `tokens` are the variables that may hold a token by themselves."""
    environment = outside.environment
    directory = Path(environment.get("CLOUDSDK_CONFIG") or outside.home / ".config/gcloud")
    with as_user(outside.run_as):
        path = Path(environment.get(FILE_VARIABLE) or directory / _DEFAULT_FILE)
        default = {} if within_reach(os.path.abspath(path), outside.writable) else _read(path)  # noqa: PTH100 - links are reach's to follow
        logged_in = any((directory / name).exists() for name in _LOGINS)
        properties = _properties(environment, directory)
    stated = {name: value for name in _HARMLESS_VARIABLES if (value := environment.get(name))}
    found = Found(default, str(path) if default else "", {**properties, **stated})
    quota = {"GOOGLE_CLOUD_QUOTA_PROJECT": found.text("quota_project_id")}
    variables = {**{name: value for name, value in quota.items() if value}, **found.variables}
    machine = _on_google(environment)
    source = bool(default) or logged_in or any(environment.get(name) for name in tokens) or machine
    named = bool(environment.get(FILE_VARIABLE))
    account = found.text("type") in ("service_account", "impersonated_service_account") if named else machine
    return Found(default, found.default_path, variables, source, account)


def _on_google(environment: Mapping[str, str]) -> bool:
    if environment.get("NO_GCE_CHECK", "").lower() == "true":
        return False
    try:
        return "Google" in _PRODUCT.read_text()
    except (OSError, ValueError):
        return False


def _read(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(_FILE_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _properties(environment: Mapping[str, str], directory: Path) -> dict[str, str]:
    """What the active gcloud configuration says (https://cloud.google.com/sdk/docs/configurations); nothing where there is none."""
    try:
        name = environment.get("CLOUDSDK_ACTIVE_CONFIG_NAME") or (directory / "active_config").read_text().strip()
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string((directory / "configurations" / f"config_{Path(name).name}").read_text())
    except (OSError, ValueError, configparser.Error):
        return {}
    return {variable: value.strip() for (section, key), variable in PROPERTIES.items() if (value := parser.get(section, key, fallback=""))}
