"""Real access tokens: fetched outside when a request first needs one, kept until they near their end; and the dummies that stand for them."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from warden.credentials.ask import ask
from warden.credentials.outside import Outside
from warden.credentials.renewed import Renewed
from warden.errors import CredentialError

#: The life that Google's tokens usually have, in seconds.
USUAL_LIFE = 3599
#: Tokens of one session that came back in answers, at once.
BOUND = 256

_RESOLVE = Path(__file__).with_name("gcp_resolve.py")
SETUP = "Run `gcloud auth login` or `gcloud auth application-default login` outside the sandbox."


class Source(Protocol):
    """Where a real token comes from."""

    def token(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """A token that is what it is: one that came back in an answer. When it is over, Google says so."""

    real: str = field(repr=False)

    def token(self) -> str:
        return self.real


class Dummies:
    """The dummies that stand for tokens that came up during the session; of more than `BOUND`, the oldest is forgotten and then nobody's."""

    def __init__(self) -> None:
        self._sources: OrderedDict[str, Source] = OrderedDict()

    def __repr__(self) -> str:
        return f"Dummies({len(self._sources)})"

    def make(self, source: Source, prefix: str = "ya29.") -> str:
        """A dummy for `source`. Google's access tokens begin with ``ya29.`` and refresh tokens with ``1//``; 128 random characters are nobody's."""
        dummy = f"{prefix}warden-{secrets.token_urlsafe(96)}"
        self._sources[dummy] = source
        if len(self._sources) > BOUND:
            self._sources.popitem(last=False)
        return dummy

    def find(self, dummy: str, prefix: str = "ya29.") -> Source | None:
        """The source of a dummy of this kind. By hash: its 768 random bits are not guessed by timing."""
        return self._sources.get(dummy) if dummy.startswith(prefix) else None


class Tokens:
    """One real access token, renewed. `question` is what `gcp_resolve` is asked; `stated` are the variables outside that win over it."""

    def __init__(self, outside: Outside, question: Mapping[str, Any], now: Callable[[], float], stated: tuple[str, ...] = ()) -> None:
        self._outside = outside
        self._stated = stated
        self._question = question
        self._kept = Renewed(self._resolved, now)

    def __repr__(self) -> str:
        return "Tokens(redacted)"

    def life(self) -> int:
        """Whole seconds that the token at hand is good for, or one would be: what a client may be told, and no reason to fetch one."""
        return int(self._kept.left) or USUAL_LIFE

    def token(self) -> str:
        """A token that is good now. Blocks while it is fetched. Raises CredentialError ``no-credentials`` or ``credentials-unavailable``."""
        stated = next((value for name in self._stated if (value := self._outside.environment.get(name))), "")
        return stated or self._kept.get()

    def _resolved(self) -> tuple[str, float | None]:
        answer = ask(self._outside, _RESOLVE, self._question, kind="Google Cloud", advice=SETUP)
        token, expires = answer.get("token"), answer.get("expires")
        if isinstance(token, str) and token:
            return token, expires if isinstance(expires, int | float) else None
        error = str(answer.get("error", "no token"))
        if error in ("DefaultCredentialsError", "FileNotFoundError", "no-source"):
            raise CredentialError("no-credentials", "There are no Google Cloud credentials outside the sandbox.", SETUP)
        raise CredentialError("credentials-unavailable", f"A Google Cloud token could not be had outside the sandbox: {error}.", SETUP)
