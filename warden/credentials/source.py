"""The real credentials of one identity: fetched when first needed, and again before they expire.

Keys that stand in the environment or in a file are read here, in microseconds, and again when the file has changed (tools that rotate keys write them
there). All else, botocore's whole chain, is asked of `resolve` in a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from warden.credentials import reach
from warden.credentials.ask import ask
from warden.credentials.dummies import KeyPair
from warden.credentials.outside import IDENTITY_SETTINGS, Outside
from warden.credentials.renewed import Renewed
from warden.errors import CredentialError

_RESOLVE = Path(__file__).with_name("resolve.py")
_SETUP = "Run `aws configure` or `aws sso login` outside the sandbox, or set credentials.aws in warden.yaml."

#: Exceptions of botocore that a login cures.
_LOGIN_ERRORS = frozenset(
    {"SSOTokenLoadError", "UnauthorizedSSOTokenError", "TokenRetrievalError", "LoginTokenLoadError", "LoginRefreshRequired"}
)


class Source:
    """Where one identity's keys come from. `profile` None is botocore's default chain, as the user's environment sets it."""

    def __init__(self, outside: Outside, profile: str | None, now: Callable[[], float]) -> None:
        self._outside = outside
        self._profile = profile
        self._now = now
        self._resolved = Renewed(self._ask, now)

    def __repr__(self) -> str:
        return f"Source(profile={self._profile!r})"

    def keys(self) -> KeyPair:
        """The real keys, good now. Blocks while they are fetched, `program.LIMIT` at most.

        Raises CredentialError ``no-credentials``, ``expired-credentials``, ``credentials-unavailable`` or ``bad-profile-file``.
        """
        keys = self._stated() or self._resolved.get()
        if keys.expires is not None and keys.expires <= self._now():
            raise CredentialError("expired-credentials", "The AWS credentials outside the sandbox have expired.", _SETUP)
        return keys

    def _stated(self) -> KeyPair | None:
        """Keys that botocore would take as they stand in the environment or a file; None when it would go on and ask somebody."""
        environment = self._outside.environment
        if self._profile is None:
            if environment.get("AWS_ACCESS_KEY_ID"):
                return _from_environment(environment)
            if environment.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
                return None
        name = self._profile or selected_profile(environment)
        settings = self._outside.profiles().get(name, {})
        if not settings.get("aws_access_key_id") or IDENTITY_SETTINGS.intersection(settings) != {"aws_access_key_id"}:
            return None
        if not settings.get("aws_secret_access_key"):
            raise CredentialError("no-credentials", f"The AWS profile {name} has an access key and no secret.", _SETUP)
        token = settings.get("aws_session_token") or settings.get("aws_security_token")
        return KeyPair(settings["aws_access_key_id"], settings["aws_secret_access_key"], token or None)

    def _ask(self) -> tuple[KeyPair, float | None]:
        self._check_processes()
        keys = _keys(ask(self._outside, _RESOLVE, {"profile": self._profile}, kind="AWS", advice=_SETUP), self._profile)
        return keys, keys.expires

    def _check_processes(self) -> None:
        """Raises CredentialError when a program that botocore would run is where the sandboxed command may write."""
        profiles = self._outside.profiles()
        name, seen = self._profile or selected_profile(self._outside.environment), set[str]()
        while name and name not in seen:
            seen.add(name)
            settings = profiles.get(name, {})
            if reach.mentions(str(settings.get("credential_process", "")), self._outside.writable):
                raise CredentialError(
                    "credential-process-writable",
                    f"The credential_process of the AWS profile {name} could have been written by the sandboxed command.",
                    "Move it out of the directories that are writable inside, or run from another directory.",
                )
            name = str(settings.get("source_profile", ""))


class Stated:
    """Keys that the configuration states."""

    def __init__(self, keys: KeyPair) -> None:
        self._keys = keys

    def __repr__(self) -> str:
        return "Stated(redacted)"

    def keys(self) -> KeyPair:
        return self._keys


def selected_profile(environment: Mapping[str, str]) -> str:
    """The profile that an environment selects, in botocore's order."""
    return environment.get("AWS_DEFAULT_PROFILE") or environment.get("AWS_PROFILE") or "default"


def _from_environment(environment: Mapping[str, str]) -> KeyPair:
    secret = environment.get("AWS_SECRET_ACCESS_KEY")
    if not secret:
        raise CredentialError("no-credentials", "AWS_ACCESS_KEY_ID is set outside the sandbox and AWS_SECRET_ACCESS_KEY is not.", _SETUP)
    token = environment.get("AWS_SESSION_TOKEN") or environment.get("AWS_SECURITY_TOKEN")
    expires = environment.get("AWS_CREDENTIAL_EXPIRATION")
    try:
        moment = datetime.fromisoformat(expires).timestamp() if expires else None
    except ValueError:
        raise CredentialError("no-credentials", "AWS_CREDENTIAL_EXPIRATION outside the sandbox is no date.", _SETUP) from None
    return KeyPair(environment["AWS_ACCESS_KEY_ID"], secret, token or None, moment)


def _keys(answer: Mapping[str, Any], profile: str | None) -> KeyPair:
    named = f" (profile {profile})" if profile else ""
    match answer.get("error"):
        case None:
            return KeyPair(answer["access_key"], answer["secret_key"], answer["token"], answer["expires"])
        case "NoCredentialsError":
            raise CredentialError("no-credentials", f"There are no AWS credentials outside the sandbox{named}.", _SETUP)
        case "ProfileNotFound":
            raise CredentialError("no-credentials", f"The AWS profile{named} does not exist outside the sandbox.", _SETUP)
        case "EOFError":
            raise CredentialError(
                "credentials-unavailable",
                f"The AWS role{named} asks for an MFA code.",
                "Use the profile once with the aws CLI outside the sandbox, which keeps the session that it gets.",
            )
        case str() as name if name in _LOGIN_ERRORS:
            login = f"aws sso login --profile {profile}" if profile else "aws sso login"
            raise CredentialError("credentials-unavailable", f"The AWS sign-on{named} has expired.", f"Run `{login}` outside the sandbox.")
        case name:
            why = f"{name} {answer.get('code', '')}".strip()
            raise CredentialError("credentials-unavailable", f"AWS credentials could not be had outside the sandbox{named}: {why}.", _SETUP)
