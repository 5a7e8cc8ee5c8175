"""Which reader a connection gets, by what was asked for and what the server agreed to. What is not agreed on in words is not guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from warden.model import Action, HttpRequest
from warden.redact import binding
from warden.redact.answer import Answer, Head
from warden.redact.headers import Fields, values
from warden.redact.outgoing import Filling
from warden.redact.redactor import BlockedError
from warden.redact.streams.channels import Channels
from warden.redact.streams.forward import Forward
from warden.redact.streams.look import Sight
from warden.redact.streams.messages import Messages
from warden.redact.streams.outward import Outward
from warden.redact.streams.spdy import Spdy
from warden.redact.streams.switch import Switch
from warden.redact.streams.tunnel import Tunnel
from warden.redact.vault import Binding

_CHANNELS = re.compile(r"(?:v([1-9])\.)?(base64\.)?channel\.k8s\.io")
_SINGLE = re.compile(r"(base64\.)?binary\.k8s\.io")
_TUNNEL = "SPDY/3.1+portforward.k8s.io"
_STREAMS = ("exec", "attach", "portforward")
#: The first version whose error channel tells a Status.
_STATUS = 4


def choose(request: HttpRequest, actions: Sequence[Action], protocol: str, fields: Fields, sight: Sight, filling: Filling) -> Switch:
    """The reader of a connection that `request` has switched to `protocol` (lower case); `fields` are the response's. Raises BlockedError."""
    action = actions[0] if actions else None
    kubernetes = action is not None and action.provider == "kubernetes"
    stream = action.operation.partition(":")[0].rpartition("/")[2] if kubernetes and action is not None else ""
    # What a container prints has no place that it could go back to, but a token's own API.
    printed = replace(sight, place=replace(sight.place, binding=_provider), declared=None)
    outward = Outward(filling)

    def forward() -> Forward:
        def answer(method: str, status: int, head: Fields) -> Answer:
            return Answer(printed.redactor, printed.place, Head(method, status, head))

        return Forward(printed, answer)

    if protocol == "spdy/3.1" and kubernetes:
        agreed = _agreed(request, fields, "x-stream-protocol-version")
        return Spdy(printed, outward, forwards=forward, status=stream != "portforward" and _version(agreed) >= _STATUS)
    if protocol != "websocket":
        raise BlockedError("what was switched to is not read here")
    if values(fields, "sec-websocket-extensions"):
        raise BlockedError("it uses an extension that nobody asked for")
    agreed = _agreed(request, fields, "sec-websocket-protocol")
    if kubernetes and agreed == _TUNNEL:
        return Tunnel(printed, outward, Spdy(printed, outward, forwards=forward, status=False))
    if kubernetes and ((match := _CHANNELS.fullmatch(agreed)) or (not agreed and stream in _STREAMS)):
        return Channels(
            printed,
            outward,
            coded=bool(match and match[2]),
            forwards=forward if stream == "portforward" else None,
            status=_version(agreed) >= _STATUS,
        )
    if kubernetes and stream == "log" and ((match := _SINGLE.fullmatch(agreed)) or not agreed):
        return Channels(printed, outward, coded=bool(match and match[1]), single=True)
    return Messages(sight, outward)


def _provider(rule: str, host: str, path: str) -> tuple[Binding, ...]:
    return binding.of(rule, host, "")


def _version(agreed: str) -> int:
    match = re.match(r"v([1-9])\.", agreed)
    return int(match[1]) if match else 0


def _agreed(request: HttpRequest, fields: Fields, name: str) -> str:
    """The protocol that the server has chosen among those that were offered. Raises BlockedError for another, or for two."""
    chosen = values(fields, name)
    offered = [one.strip() for value in request.header_values(name) for one in value.split(",")]
    if not chosen:
        return ""
    if len(chosen) > 1 or chosen[0].strip() not in offered:
        raise BlockedError("the server has chosen a protocol that nobody offered")
    return chosen[0].strip()
