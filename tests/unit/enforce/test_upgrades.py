"""Which requests may switch protocols, by what they were ruled to be."""

from __future__ import annotations

import pytest

from warden.enforce.http.message import wanted_upgrade
from warden.model import Action, Certainty, Flag, HttpRequest, Verb


def wanted(dialect: str, verb: Verb, *upgrades: str, version: str = "HTTP/1.1") -> str:
    headers = tuple(("Upgrade", value) for value in upgrades)
    request = HttpRequest("GET", "https", "h", 443, "/", headers, b"", 0, http_version=version)
    flags = frozenset({Flag.DESTRUCTIVE}) if verb is Verb.DELETE else frozenset()
    return wanted_upgrade(request, dialect, (Action("kubernetes", "x", verb, flags, certainty=Certainty.FAMILY),))


@pytest.mark.parametrize(
    ("verb", "websocket", "spdy"),
    [
        (Verb.EXECUTE, True, True),
        (Verb.CONNECT, True, True),
        (Verb.LIST, True, False),
        (Verb.READ, True, False),
        (Verb.CREATE, False, False),
        (Verb.UPDATE, False, False),
        (Verb.DELETE, False, False),
        (Verb.GRANT, False, False),
        (Verb.UNKNOWN, False, False),
    ],
)
def test_kubernetes(verb: Verb, websocket: bool, spdy: bool) -> None:
    assert wanted("kubernetes", verb, "WebSocket") == ("websocket" if websocket else "")
    assert wanted("kubernetes", verb, "SPDY/3.1") == ("spdy/3.1" if spdy else "")


@pytest.mark.parametrize("upgrades", [(), ("h2c",), ("spdy/3",), ("websocket", "websocket"), ("websocket, spdy/3.1",)])
def test_others(upgrades: tuple[str, ...]) -> None:
    assert wanted("kubernetes", Verb.EXECUTE, *upgrades) == ""


def test_hosts_of_the_egress_list_and_clouds() -> None:
    assert wanted("http", Verb.UPDATE, "websocket") == "websocket"
    assert wanted("http", Verb.CONNECT, "spdy/3.1") == ""
    assert wanted("aws", Verb.EXECUTE, "websocket") == ""
    assert wanted("kubernetes", Verb.EXECUTE, "websocket", version="HTTP/2.0") == ""
