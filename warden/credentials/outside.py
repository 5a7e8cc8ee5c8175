"""The calling user's side: environment, home and AWS files, and what of them may be seen inside.

Nothing here reads the daemon's own environment. Files are read with the user's rights (`run_as`), or a root daemon would lend one
user another's keys.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.configloader import load_config, raw_config_parse
from botocore.exceptions import ConfigNotFound, ConfigParseError

from warden.credentials import reach
from warden.credentials.rights import as_user
from warden.errors import CredentialError

type Profiles = Mapping[str, Mapping[str, Any]]

#: Settings of a profile that say nothing secret and choose no identity: copied into the synthetic files.
_HARMLESS_SETTINGS = frozenset({
    "region", "output", "retry_mode", "max_attempts", "use_fips_endpoint", "use_dualstack_endpoint", "sts_regional_endpoints",
    "defaults_mode", "s3", "s3_us_east_1_regional_endpoint", "cli_pager", "cli_timestamp_format", "cli_follow_urlparam",
    "cli_binary_format", "cli_history", "parameter_validation", "tcp_keepalive", "request_checksum_calculation",
    "response_checksum_validation", "account_id_endpoint_mode", "request_min_compression_size_bytes", "disable_request_compression",
    "sigv4a_signing_region_set", "cli_auto_prompt",
})  # fmt: skip

#: Environment variables of the same kind.
_HARMLESS_VARIABLES = (
    "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_DEFAULT_OUTPUT", "AWS_PAGER", "AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS",
    "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_DEFAULTS_MODE",
    "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", "AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION", "AWS_SDK_LOAD_CONFIG",
    "AWS_CLI_AUTO_PROMPT", "AWS_ACCOUNT_ID_ENDPOINT_MODE",
)  # fmt: skip

#: Settings that make a profile an identity.
IDENTITY_SETTINGS = frozenset({
    "aws_access_key_id", "role_arn", "source_profile", "credential_source", "credential_process", "web_identity_token_file",
    "sso_session", "sso_start_url", "sso_account_id", "sso_role_name", "login_session",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What a file looked like when it was read: a file that someone writes anew is read anew."""

    inode: int
    size: int
    changed: int


class Outside:
    """One user's environment and AWS files. Its repr tells nothing of them.

    `writable` are the real paths below which the sandboxed command may write: variables that lead there are left out, because what they name says
    which programs run outside (``credential_process``).
    """

    def __init__(
        self, environment: Mapping[str, str], home: str | Path, run_as: tuple[int, int] | None = None, writable: tuple[str, ...] = ()
    ) -> None:
        self.writable = writable
        self.environment = {**(reach.environment(environment, writable) if writable else environment), "HOME": str(home)}
        self.home = Path(home)
        self.run_as = run_as
        self._stamps: tuple[_Stamp | None, ...] | None = None
        self._profiles: Profiles = {}

    def __repr__(self) -> str:
        return "Outside(redacted)"

    @property
    def config_file(self) -> Path:
        return self._path("AWS_CONFIG_FILE", "config")

    @property
    def credentials_file(self) -> Path:
        return self._path("AWS_SHARED_CREDENTIALS_FILE", "credentials")

    def profiles(self) -> Profiles:
        """All profiles of both files, as botocore merges them. Raises CredentialError ``bad-profile-file``; read anew when a file has changed."""
        with as_user(self.run_as):
            stamps = tuple(_stamp(path) for path in (self.config_file, self.credentials_file))
            if stamps != self._stamps:
                self._profiles = self._read()
                self._stamps = stamps
        return self._profiles

    def variables(self) -> dict[str, str]:
        """The environment variables that the sandbox may have as they are."""
        return {name: self.environment[name] for name in _HARMLESS_VARIABLES if self.environment.get(name)}

    def _path(self, variable: str, name: str) -> Path:
        stated = self.environment.get(variable)
        if not stated:
            return self.home / ".aws" / name
        if stated == "~" or stated.startswith("~/"):
            return self.home / stated[2:]
        return Path(stated)

    def _read(self) -> Profiles:
        profiles: dict[str, dict[str, Any]] = {}
        for path, load in ((self.config_file, _config_profiles), (self.credentials_file, _credentials_profiles)):
            try:
                found = load(path)
            except ConfigNotFound:
                continue
            except (ConfigParseError, OSError, ValueError):
                # botocore's message quotes the line, which may be a key.
                raise CredentialError(
                    "bad-profile-file", f"The AWS file {path} cannot be read outside the sandbox.", "Correct it."
                ) from None
            for name, settings in found.items():
                profiles.setdefault(name, {}).update(settings)
        return profiles


def _config_profiles(path: Path) -> dict[str, dict[str, Any]]:
    return dict(load_config(str(path))["profiles"])


def _credentials_profiles(path: Path) -> dict[str, dict[str, Any]]:
    return dict(raw_config_parse(str(path)))


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return _Stamp(status.st_ino, status.st_size, status.st_mtime_ns)


def config_text(profiles: Profiles) -> bytes:
    """A ``~/.aws/config`` with the harmless settings of each profile."""
    lines = ["# Made by warden: regions and formats are yours, keys stay outside."]
    for name, settings in profiles.items():
        lines.append("[default]" if name == "default" else f"[profile {shlex.quote(name)}]")
        for key, value in settings.items():
            if key not in _HARMLESS_SETTINGS:
                continue
            if isinstance(value, Mapping):
                lines.append(f"{key} =")
                lines.extend(f"    {inner} = {_line(text)}" for inner, text in value.items())
            else:
                lines.append(f"{key} = {_line(value)}")
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")


def _line(value: object) -> str:
    return " ".join(str(value).split())
