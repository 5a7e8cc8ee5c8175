"""Which reader a switched connection gets, by what was agreed on."""

from __future__ import annotations

import pytest

from tests.unit.redact.streams.conftest import HOST, random_secret
from warden.answers import Answers
from warden.model import Action, HttpRequest, Verb
from warden.redact import outgoing
from warden.redact.redactor import BlockedError
from warden.redact.streams.channels import Channels
from warden.redact.streams.messages import Messages
from warden.redact.streams.spdy import Spdy
from warden.redact.streams.switch import Switch
from warden.redact.streams.tunnel import Tunnel
from warden.redact.streams.websocket import BINARY, frame

PATH = "/api/v1/namespaces/shop/pods/pod/%s"
NAMES = {"websocket": "Sec-WebSocket-Protocol", "spdy/3.1": "X-Stream-Protocol-Version"}


def chosen(
    operation: str, protocol: str, offered: str, *agreed: str, provider: str = "kubernetes", answers: Answers | None = None
) -> Switch:
    answers = answers or Answers()
    path = PATH % operation.partition(":")[0].rpartition("/")[2]
    headers = tuple((NAMES[protocol], one) for one in offered.split(";") if one) if protocol in NAMES else ()
    request = HttpRequest("GET", "https", HOST, 443, path, headers, b"", 0)
    fields = tuple((NAMES[protocol], one) if ":" not in one else (one.split(":")[0], one.split(":")[1]) for one in agreed)
    return answers.switched(
        request, (Action(provider, operation, Verb.CONNECT),), protocol, fields, outgoing.filling(request, answers.vault), []
    )


@pytest.mark.parametrize(
    ("operation", "protocol", "offered", "agreed", "kind"),
    [
        ("pods/exec:get", "websocket", "v5.channel.k8s.io, v4.channel.k8s.io", "v4.channel.k8s.io", Channels),
        ("pods/exec:get", "websocket", "v4.base64.channel.k8s.io", "v4.base64.channel.k8s.io", Channels),
        ("pods/attach:get", "websocket", "channel.k8s.io", "channel.k8s.io", Channels),
        ("pods/exec:get", "websocket", "", "", Channels),
        ("pods/portforward:get", "websocket", "v4.channel.k8s.io", "v4.channel.k8s.io", Channels),
        ("pods/portforward:get", "websocket", "SPDY/3.1+portforward.k8s.io", "SPDY/3.1+portforward.k8s.io", Tunnel),
        ("pods/exec:create", "spdy/3.1", "v5.channel.k8s.io;v4.channel.k8s.io", "v4.channel.k8s.io", Spdy),
        ("pods/portforward:create", "spdy/3.1", "portforward.k8s.io", "portforward.k8s.io", Spdy),
        ("pods/log:get", "websocket", "base64.binary.k8s.io", "base64.binary.k8s.io", Channels),
        ("pods/log:get", "websocket", "", "", Channels),
        ("pods:watch", "websocket", "base64.binary.k8s.io", "base64.binary.k8s.io", Messages),
        ("pods:watch", "websocket", "", "", Messages),
        ("pods/proxy:get", "websocket", "chat", "chat", Messages),
        ("nodes/proxy:get", "websocket", "v4.channel.k8s.io", "v4.channel.k8s.io", Channels),
    ],
)
def test_kubernetes(operation: str, protocol: str, offered: str, agreed: str, kind: type) -> None:
    assert type(chosen(operation, protocol, offered, *([agreed] if agreed else []))) is kind


def test_elsewhere_channels_are_a_services_own() -> None:
    assert type(chosen("upgrade", "websocket", "v4.channel.k8s.io", "v4.channel.k8s.io", provider="http")) is Messages


@pytest.mark.parametrize(
    ("protocol", "offered", "agreed"),
    [
        ("websocket", "v4.channel.k8s.io", ["v5.channel.k8s.io"]),
        ("websocket", "", ["chat"]),
        ("websocket", "a, b", ["a", "b"]),
        ("websocket", "a", ["a", "Sec-WebSocket-Extensions:permessage-deflate"]),
        ("spdy/3.1", "portforward.k8s.io", ["v4.channel.k8s.io"]),
        ("h2c", "", []),
        ("", "", []),
    ],
)
def test_what_nobody_agreed_on_is_not_read(protocol: str, offered: str, agreed: list[str]) -> None:
    with pytest.raises(BlockedError):
        chosen("pods/exec:get", protocol, offered, *agreed)


def test_spdy_is_kubernetes_alone() -> None:
    with pytest.raises(BlockedError):
        chosen("upgrade", "spdy/3.1", "", provider="http")


def test_what_is_printed_goes_back_nowhere() -> None:
    """A secret seen in a container's output is bound to no object of the cluster, where who reads that would see it; a token to its own API."""
    answers = Answers()
    switch = chosen("pods/exec:get", "websocket", "v4.channel.k8s.io", "v4.channel.k8s.io", answers=answers)
    token = b"ghp_" + random_secret(3, 36)
    switch.from_server(frame(BINARY, b"\x01DB_PASSWORD=" + random_secret(51) + b"\nthe token " + token + b"\n"))
    switch.flush()
    bindings = {entry.secret: [host for binding in entry.bindings for host in binding.hosts] for entry in answers.vault.entries()}
    assert bindings[random_secret(51)] == []
    assert "api.github.com" in bindings[token]
    assert not any(HOST in hosts for hosts in bindings.values())
