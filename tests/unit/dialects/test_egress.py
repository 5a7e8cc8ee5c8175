"""The egress list: every form of entry, and what it does and does not allow."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warden.decoder import Decoder
from warden.dialects.egress import Egress, parse, segments
from warden.errors import ConfigError
from warden.hosts import HOSTS, MODELS
from warden.model import Verb


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
        "", "ftp://pypi.org", "user@pypi.org", "https://user@pypi.org", "pypi.org?q", "pypi.org/a?q", "pypi.org/a#b", "pypi.org/a//b", "pypi.org/./a",
        "pypi.org/a/..", "pypi.org/a%2fb", "pypi.org/a%5Cb", "pypi.org/%2e%2e/b", "pypi.org/a%252fb", "pypi.org/%zz", "pypi.org/%ff", "pypi.org/a*",
        "pypi.org/**", "pypi.org /a", "read  pypi.org", " pypi.org", "read", "read,GET pypi.org", "GET, POST pypi.org", "GET,,POST pypi.org",
        "get pypi.org", "TRACE pypi.org", "CONNECT pypi.org", "READ pypi.org", "read tcp://db:1", "tcp://db:1/a", "pypi.org:443:80",
        "https://", "a.*.com", "*", "*.", "pypi.org:0", "pypi.org:65536", "pypi.org:x",
        "tcp://db", "1.2.3", "[::1", "-a.com", "a..b",
    ],
)  # fmt: skip
def test_refused_entry_is_named(entry: str) -> None:
    with pytest.raises(ConfigError, match="egress entry"):
        Egress([entry])


READ, UPDATE, CONNECT = Verb.READ, Verb.UPDATE, Verb.CONNECT


@pytest.mark.parametrize(
    ("entry", "scheme", "port", "method", "verb", "target", "lets"),
    [
        ("x.test", "https", 443, "POST", UPDATE, "/a", True),
        ("x.test", "http", 80, "BREW", Verb.UNKNOWN, "/%2e%2e/", True),
        ("https://x.test", "https", 443, "POST", UPDATE, "/", True),
        ("https://x.test", "http", 443, "GET", READ, "/", False),
        ("https://x.test", "http", 80, "GET", READ, "/", False),
        ("http://x.test", "http", 80, "GET", READ, "/", True),
        ("http://x.test", "https", 443, "GET", READ, "/", False),
        ("http://x.test:8080", "http", 8080, "GET", READ, "/", True),
        ("http://x.test:8080", "http", 80, "GET", READ, "/", False),
        ("read x.test", "https", 443, "GET", READ, "/a", True),
        ("read x.test", "http", 80, "OPTIONS", READ, "/a", True),
        ("read x.test", "https", 443, "POST", READ, "/graphql", True),
        ("read x.test", "https", 443, "POST", UPDATE, "/a", False),
        ("read x.test", "https", 443, "GET", CONNECT, "/a", False),
        ("read x.test", "https", 443, "GET", Verb.UNKNOWN, "/a", False),
        ("read x.test", "https", 443, "DELETE", Verb.DELETE, "/a", False),
        ("GET x.test", "https", 443, "GET", READ, "/a", True),
        ("GET x.test", "https", 443, "HEAD", READ, "/a", True),
        ("GET x.test", "https", 443, "OPTIONS", READ, "/a", False),
        ("GET x.test", "https", 443, "get", Verb.UNKNOWN, "/a", False),
        ("GET x.test", "https", 443, "POST", READ, "/a", False),
        ("HEAD x.test", "https", 443, "GET", READ, "/a", False),
        ("GET,POST x.test", "https", 443, "POST", UPDATE, "/a", True),
        ("GET,POST x.test", "https", 443, "PUT", UPDATE, "/a", False),
        ("DELETE x.test/a", "https", 443, "DELETE", Verb.DELETE, "/a", True),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/v1/a/b", True),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/v1/", True),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/v1", True),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/v1?a=/../b", True),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/v2/v1/a", False),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/v11", False),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/V1/a", False),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/v1/../admin", False),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/v1/%2e%2e/admin", False),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/v1/..;a=b/admin", False),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/v1/..%2fadmin", False),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/v1/%252e%252e/admin", False),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/v1/a\\b", False),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/v1//a", False),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/v1/%zz", False),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/v1/%00", False),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/v1/%ff", False),
        ("x.test/v1/*", "https", 443, "POST", UPDATE, "/%76%31/a", True),
        ("x.test/a b", "https", 443, "GET", READ, "/a%20b", None),
        ("x.test/a%20b", "https", 443, "GET", READ, "/a%20b", True),
        ("x.test/a%20b", "https", 443, "GET", READ, "/a+b", False),
        ("x.test/repos/*/issues", "https", 443, "GET", READ, "/repos/o/issues", True),
        ("x.test/repos/*/issues", "https", 443, "GET", READ, "/repos/o/p/issues", False),
        ("x.test/repos/*/issues", "https", 443, "GET", READ, "/repos/o/issues/1", False),
        ("x.test/a", "https", 443, "GET", READ, "/a/", False),
        ("x.test/", "https", 443, "GET", READ, "/", True),
        ("x.test/", "https", 443, "GET", READ, "/a", False),
        ("x.test/*", "https", 443, "GET", READ, "/../a", True),
        ("*.test/a", "https", 443, "GET", READ, "/a", True),
        ("tcp://x.test:443", "https", 443, "GET", READ, "/a", False),
    ],
)
def test_what_an_entry_lets_go(entry: str, scheme: str, port: int, method: str, verb: Verb, target: str, lets: bool | None) -> None:
    if lets is None:
        with pytest.raises(ConfigError):
            parse(entry)
        return
    assert Egress([entry]).lets("x.test", port, scheme=scheme, method=method, verb=verb, target=target) is lets
    assert not Egress([entry]).lets("y.example", port, scheme=scheme, method=method, verb=verb, target=target)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("GTE x.test", "GET"), ("post x.test", "POST"), ("Delete x.test", "DELETE"), ("reads x.test", "read"), ("GET,PUTT x.test", "PUT")],
)
def test_a_misspelt_method_is_told_the_nearest(wrong: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=rf"Did you mean {meant}\?"):
        parse(wrong)


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40))
def test_no_path_below_a_prefix_leads_out_of_it(tail: str) -> None:
    """Whatever a lenient server makes of the path (decoded again and again, dots resolved), it is still below the prefix."""
    target = f"/v1/{tail}"
    if (
        "?" in tail
        or "#" in tail
        or not Egress(["x.test/v1/*"]).lets("x.test", 443, scheme="https", method="GET", verb=READ, target=target)
    ):
        return
    seen = target
    for _ in range(3):
        seen = unquote(seen.replace("\\", "/"))
        plain = "/".join(part.partition(";")[0] for part in seen.split("/"))
        assert f"{posixpath.normpath(plain)}/".startswith("/v1/")
    assert segments(target) is not None


def test_every_built_in_host_is_an_entry_with_a_reason_and_only_models_may_be_written_to() -> None:
    for text, reason in HOSTS.items():
        entry = parse(text)
        assert reason
        assert not entry.host.startswith("*.")
        assert not entry.opaque
        if text not in MODELS:
            assert entry.reads
        if not entry.reads:
            assert entry.scheme == "https"
    claimed = [text for text in HOSTS if Decoder().net.claimant(parse(text).host, 443).name != "http"]
    assert claimed == []  # a cloud dialect would rule on it, and the entry would mislead
