"""The one error of this package. It mirrors the shape of the product's own errors without importing them."""

from __future__ import annotations


class SandboxError(Exception):
    """A sandbox cannot be made or run as asked. Nothing is left half-started when it is raised.

    ``message`` says what is wrong in one sentence, ``advice`` what to do next (or is empty), ``package`` names the Debian package
    that is missing, if that is the cause.
    """

    def __init__(self, message: str, advice: str = "", package: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice or (f"Install it with `apt-get install {package}`." if package else "")
        self.package = package

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()
