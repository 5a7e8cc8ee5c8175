"""What must hold of every mutation, whoever makes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.fuzz.mutation import Choices, mutate
from tests.fuzz.seeds import CLUSTER, FAMILIES, LISTED, Seed
from warden.decide import PolicyDecisionPoint, load
from warden.decoder import Decoder
from warden.dialects.egress import Egress
from warden.errors import DecodeError
from warden.model import HttpRequest, Principal

_PRINCIPAL = Principal("fuzz", "fuzz")


@cache
def _parts() -> tuple[Decoder, PolicyDecisionPoint]:
    return Decoder(Egress(LISTED), clusters=(CLUSTER,)), PolicyDecisionPoint(
        load("no-destroy", (Path(__file__).with_name("credentials.cedar"),))
    )


def allowed(request: HttpRequest) -> bool:
    """Whether no-destroy, without credentials, lets `request` pass. DecodeError denies; any other exception escapes, and is a finding."""
    decoder, point = _parts()
    try:
        decoder.needs_body(request)
        actions = decoder.decode(request)
    except DecodeError:
        return False
    decision = point.decide(_PRINCIPAL, actions)
    assert not decision.errors, decision.errors
    return decision.allowed


def check(dialect: str, data: bytes, passes: Callable[[HttpRequest], bool] = allowed) -> HttpRequest:
    """Mutates one of the dialect's seeds as `data` says, and asserts the properties of whatever `passes`. Returns the mutation."""
    family, choices = FAMILIES[dialect], Choices(data)
    chosen: Seed = choices.pick(family.seeds)
    request = mutate(chosen.request, choices)
    if passes(request):
        still = family.reader(request)
        assert chosen.operation not in still, (
            f"{chosen.operation} is denied, and this is allowed:\n{request}\n{request.headers}\n{request.body!r}"
        )
    return request
