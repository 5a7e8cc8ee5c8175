"""The errors that cross package borders.

Each carries a sentence for the person or agent that sees it and, where there is one, the next step.
Standard library only, so that every package may raise them.
"""

from __future__ import annotations


class WardenError(Exception):
    """Base of all errors that Warden raises on purpose.

    ``message`` says what is wrong in one sentence; ``advice`` what to do next, or is empty.
    The command line prints both and exits with ``exit_code``; nothing of ours ends in a traceback.
    """

    exit_code = 125  # As `docker run` and `timeout` do: 125 is the wrapper's own failure, never the agent's.

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class DecodeError(WardenError):
    """A wire message has no single certain reading. Always denied, whatever the policy.

    ``code`` is a stable kebab-case name of the case (``"two-protocol-signals"``), for audit, tests and `warden decode`;
    ``message`` is the sentence the agent reads.
    """

    def __init__(self, code: str, message: str, advice: str = "") -> None:
        super().__init__(message, advice)
        self.code = code


class PolicyError(WardenError):
    """A policy bundle does not load: names the file, line and rule."""


class ConfigError(WardenError):
    """The configuration does not load: names the file, key and, for unknown keys, the nearest known one."""


class CredentialError(WardenError):
    """An allowed request cannot be given real credentials, so it is denied. ``code`` is a stable kebab-case name."""

    def __init__(self, code: str, message: str, advice: str = "") -> None:
        super().__init__(message, advice)
        self.code = code


class AuditError(WardenError):
    """The audit log cannot be written or does not verify. What cannot be recorded is denied."""


class SessionError(WardenError):
    """A session cannot start or was ended by Warden."""
