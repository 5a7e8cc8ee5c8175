"""What is denied stays denied in any disguise: no message of tests/e2e/smuggling.py reaches the server, and each is on the record as denied.

The client is a program that writes bytes; the server nginx with moto (an emulator) behind it, at AWS's names. Each message is also sent straight to
that server, without Warden: nearly all of them arrive there, so it is Warden that stops them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Warden
from tests.e2e.listed import PACKAGES, listed_host
from tests.e2e.smuggling import EC2, GOOD, KILL, LIST, ROWS, Message
from tools.cloud import LocalAws

CLIENT = (Path(__file__).parent / "smuggling_client.py").read_text()
#: Messages that nginx itself takes for no request at all, and so has no line for in its log: there the control shows nothing.
NOT_LOGGED = 12


@dataclass(frozen=True)
class Sent:
    """What one message met inside the sandbox."""

    answer: str
    rulings: list[dict[str, Any]]
    arrived: list[dict[str, Any]]


def _lines(messages: Iterable[Message], **more: Any) -> str:
    return "".join(json.dumps({"host": message.host, **message.sent, **more}) + "\n" for message in messages)


@pytest.fixture(scope="module")
def sent(session_warden: Warden, cloud: LocalAws) -> dict[str, Sent]:
    """Every message, one after another in one session, each with the rulings and the server's log lines that came of it."""
    session_warden.configure()
    found = {}
    command = ["warden", "exec", "--", sys.executable, "-c", CLIENT]
    with subprocess.Popen(
        command, cwd=session_warden.work, env=session_warden.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        for message in (*GOOD, *ROWS):
            rulings, requests = len(session_warden.rulings()), len(cloud.requests())
            client.stdin.write(_lines([message]))
            client.stdin.flush()
            answer = json.loads(client.stdout.readline())
            end = time.monotonic() + 3
            while time.monotonic() < end:  # both logs are written behind the answer
                met = Sent(answer, session_warden.rulings()[rulings:], cloud.requests()[requests:])
                if met.arrived if message in GOOD else any(ruling["decision"] != "allow" for ruling in met.rulings):
                    break
                time.sleep(0.02)
            found[message.name] = met
        client.stdin.close()
    return found


@pytest.mark.parametrize("message", GOOD, ids=lambda message: message.name)
def test_what_is_good_arrives(sent: dict[str, Sent], message: Message) -> None:
    met = sent[message.name]
    assert len(met.arrived) == 1, met
    assert met.answer.startswith(("HTTP/1.1 200", "HTTP/2 200")), met


@pytest.mark.parametrize("message", ROWS, ids=lambda message: message.name)
def test_it_is_denied_and_never_arrives(sent: dict[str, Sent], message: Message) -> None:
    met = sent[message.name]
    denied = [ruling for ruling in met.rulings if ruling["decision"] != "allow"]
    assert [ruling for ruling in denied if ruling["message"]["kind"] == "http" or ruling["code"] == "http2-protocol"], met
    ruled = [ruling for ruling in met.rulings if ruling["message"]["kind"] == "http"]
    lists = [request for request in met.arrived if "DescribeInstances" in request["body"] and "Terminate" not in request["body"]]
    assert met.arrived == lists, met
    assert len(lists) == len([ruling for ruling in ruled if ruling["decision"] == "allow"]), met


def test_without_warden_they_arrive(session_warden: Warden, cloud: LocalAws) -> None:
    before = len(cloud.requests())
    client = session_warden.run_outside(sys.executable, "-c", CLIENT, str(cloud.ca), input=_lines(ROWS, connect=cloud.address))
    assert client.returncode == 0, client.stderr
    assert len(cloud.requests()) - before >= len(ROWS) - NOT_LOGGED


#: Where a listed host may send a client that follows, and whether that is allowed.
HOPS = {
    "an allowed call": (f"https://{EC2}/", LIST, True),
    "a denied call": (f"https://{EC2}/", KILL, False),
    "a denied call in the query": (f"https://{EC2}/?{KILL}", "", False),
    "a denied call in plain HTTP": (f"http://{EC2}/", KILL, False),
    "a host that nothing lists": ("https://elsewhere.example.com/", "", False),
    "a metadata service that nobody here answers for": ("http://169.254.169.254/metadata/instance", "", False),
    "a second hop": (f"https://{PACKAGES}/second", KILL, False),
}


@pytest.mark.parametrize("hop", HOPS)
def test_each_hop_of_a_redirect_is_ruled_on(warden: Warden, cloud: LocalAws, tmp_path: Path, hop: str) -> None:
    location, body, allowed = HOPS[hop]
    with listed_host(tmp_path / "listed", (PACKAGES,)) as listed:
        listed.redirects |= {"/away": location, "/second": f"https://{EC2}/"}
        resolve = {**cloud.resolve, PACKAGES: listed.address}
        warden.configure(egress={"allow": [PACKAGES]}, upstream={"resolve": resolve, "ca": [str(cloud.ca), str(listed.ca)]})
        before = len(cloud.requests())
        followed = warden.exec("curl", "-sSL", "--max-time", "10", "-d", body, f"https://{PACKAGES}/away")
        assert listed.seen[0] == f"{PACKAGES} /away", followed
        if allowed:
            assert followed.stdout.startswith("<?xml"), followed  # moto reads the unsigned request as another service's, but reads it
        assert [request["body"] for request in cloud.requests()[before:]] == ([body] if allowed else []), followed
        assert any(ruling["decision"] == "deny" for ruling in warden.rulings()[-3:]) is not allowed, followed
