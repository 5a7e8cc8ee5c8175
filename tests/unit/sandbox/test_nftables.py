"""The ruleset's text."""

from __future__ import annotations

from sandbox import nftables


def test_with_and_without_ipv6() -> None:
    both, old = nftables.rules(ipv6=True), nftables.rules(ipv6=False)
    assert "table inet sandbox" in both
    assert "table ip sandbox" in old
    assert not [line for line in old.splitlines() if "ip6" in line and not line.strip().startswith("#")]
    assert "{" not in nftables.rules(ipv6=True).replace("{\n", "")


def test_every_filter_chain_drops_by_default() -> None:
    lines = [line for line in nftables.rules(ipv6=True).splitlines() if "type filter" in line]
    assert len(lines) == 3
    assert all("policy drop" in line for line in lines)


def test_loopback_is_left_alone_before_anything_is_redirected() -> None:
    lines = [line.strip() for line in nftables.rules(ipv6=True).splitlines()]
    first = min(index for index, line in enumerate(lines) if "redirect to" in line)
    assert lines.index("ip daddr 127.0.0.0/8 return") < first
    assert lines.index("ip6 daddr ::1 return") < first
    assert lines.index(f"tcp dport 53 redirect to :{nftables.DNS_TCP_PORT}") < lines.index(
        f"meta l4proto tcp redirect to :{nftables.TCP_PORT}"
    )
