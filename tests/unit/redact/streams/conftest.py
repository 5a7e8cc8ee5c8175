"""Streams with real layers behind them."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterable

import pytest

from warden.answers import detectors
from warden.model import HttpRequest
from warden.redact import outgoing
from warden.redact.redactor import Place, Redactor
from warden.redact.streams.look import Sight
from warden.redact.streams.outward import Outward
from warden.redact.vault import Vault

HOST = "cluster.test"


def random_secret(seed: int, length: int = 28) -> bytes:
    """Nobody's secret."""
    return "".join(random.Random(seed).choices(string.ascii_letters + string.digits, k=length)).encode()


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def sight(vault: Vault) -> Sight:
    patterns, _ = detectors()
    return Sight(Redactor(vault, patterns), patterns, Place(HOST, "/api/v1/namespaces/shop/pods/pod/exec"))


@pytest.fixture
def outward(vault: Vault) -> Outward:
    request = HttpRequest("GET", "https", HOST, 443, "/api/v1/namespaces/shop/pods/pod/exec", (), b"", 0)
    return Outward(outgoing.filling(request, vault))


def make_sight() -> Sight:
    """A fresh one, for tests that are run many times."""
    patterns, _ = detectors()
    return Sight(Redactor(Vault(), patterns), patterns, Place(HOST, "/x"))


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    """`data` in pieces."""
    places = sorted({min(one, len(data)) for one in cuts})
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True) if start < end]


def fed(made: list[bytes], pieces: Iterable[bytes], *acts: Callable[[bytes], bytes]) -> None:
    """Gives each piece to each of `acts`, and adds what they make to `made`, up to where one raises."""
    made.extend(act(piece) for piece in pieces for act in acts)
