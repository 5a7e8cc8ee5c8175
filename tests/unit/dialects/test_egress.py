"""The egress list: every form of entry, and what it does and does not allow."""

from __future__ import annotations

import pytest

from warden.dialects.egress import Egress
from warden.errors import ConfigError


@pytest.mark.parametrize(
    ("entry", "host", "port", "http", "opaque"),
    [
        ("pypi.org", "pypi.org", 443, True, False),
        ("pypi.org", "pypi.org", 80, True, False),
        ("PyPI.org.", "pypi.org", 443, True, False),
        ("pypi.org", "pypi.org", 8443, False, False),
        ("pypi.org", "evil-pypi.org", 443, False, False),
        ("pypi.org", "pypi.org.evil.test", 443, False, False),
        ("pypi.org:8443", "pypi.org", 8443, True, False),
        ("pypi.org:8443", "pypi.org", 443, False, False),
        ("*.example.com", "a.b.example.com", 443, True, False),
        ("*.example.com", "example.com", 443, False, False),
        ("*.example.com", "aexample.com", 443, False, False),
        ("*.example.com", ".example.com", 443, False, False),
        ("tcp://db.example.com:5432", "db.example.com", 5432, False, True),
        ("tcp://db.example.com:5432", "db.example.com", 443, False, False),
        ("192.0.2.7", "192.0.2.7", 443, True, False),
        ("[2001:DB8::1]:8443", "2001:db8::1", 8443, True, False),
    ],
)
def test_entry(entry: str, host: str, port: int, http: bool, opaque: bool) -> None:
    egress = Egress([entry])
    assert (egress.http(host, port), egress.opaque(host, port)) == (http, opaque)
    assert not Egress().http(host, port)


@pytest.mark.parametrize(
    "entry",
    [
        "", "https://pypi.org", "pypi.org/simple", "user@pypi.org", "a.*.com", "*", "*.", "pypi.org:0", "pypi.org:65536", "pypi.org:x",
        "tcp://db", "1.2.3", "[::1", "-a.com", "a..b",
    ],
)  # fmt: skip
def test_refused_entry_is_named(entry: str) -> None:
    with pytest.raises(ConfigError, match="egress entry"):
        Egress([entry])
