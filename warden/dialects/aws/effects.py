"""Placeholder until the effects tables arrive: every operation is unknown, so every one is denied by default."""

from __future__ import annotations

from warden.dialects.aws.route import Route
from warden.model import Action, Certainty, HttpRequest, Verb


def needs_body(route: Route) -> bool:
    return False


def actions(route: Route, request: HttpRequest) -> tuple[Action, ...]:
    return (Action("aws", f"{route.services[0]}:{route.operation}", Verb.UNKNOWN, certainty=Certainty.UNKNOWN),)
