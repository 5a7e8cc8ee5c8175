"""The rules inside the namespace, and libnftables to load them (ctypes: the library is a Debian package, its bindings are not on PyPI)."""

from __future__ import annotations

import ctypes
import functools

from sandbox.errors import SandboxError

TCP_PORT = 15001
DNS_UDP_PORT = 15053
DNS_TCP_PORT = 15054

#: `inet` covers both families; without IPv6 in the kernel, `ip` alone. Everything is local here: a packet that is not accepted goes nowhere,
#: so the filter's work is to answer at once instead of leaving a client to its time-out.
_RULES = """
table {family} sandbox {{
  chain divert {{
    type nat hook output priority -100; policy accept;
    ip daddr 127.0.0.0/8 return
    {no_ipv6}ip6 daddr ::1 return
    tcp dport 53 redirect to :{dns_tcp}
    meta l4proto tcp redirect to :{tcp}
    udp dport 53 redirect to :{dns_udp}
  }}
  chain output {{
    type filter hook output priority 0; policy drop;
    ip daddr 127.0.0.0/8 accept
    {no_ipv6}ip6 daddr ::1 accept
    ct state established,related accept
    meta l4proto tcp reject with tcp reset
    reject with {reject} port-unreachable
  }}
  chain input {{
    type filter hook input priority 0; policy drop;
    iifname "lo" ct state established,related accept
    iifname "lo" ip daddr 127.0.0.0/8 accept
    {no_ipv6}iifname "lo" ip6 daddr ::1 accept
  }}
  chain forward {{
    type filter hook forward priority 0; policy drop;
  }}
}}
"""


def rules(ipv6: bool) -> str:
    """The ruleset in nft's own language."""
    return _RULES.format(
        family="inet" if ipv6 else "ip",
        no_ipv6="" if ipv6 else "# ",
        reject="icmpx" if ipv6 else "icmp",
        tcp=TCP_PORT,
        dns_udp=DNS_UDP_PORT,
        dns_tcp=DNS_TCP_PORT,
    )


@functools.cache
def library() -> ctypes.CDLL:
    """libnftables, loaded once (5 ms; a warm parent calls this before it forks). Raises SandboxError when it is not installed."""
    try:
        nft = ctypes.CDLL("libnftables.so.1")
    except OSError:
        raise SandboxError("libnftables is not installed.", package="libnftables1") from None
    nft.nft_ctx_new.restype = ctypes.c_void_p
    nft.nft_ctx_new.argtypes = [ctypes.c_uint32]
    nft.nft_ctx_buffer_error.argtypes = [ctypes.c_void_p]
    nft.nft_ctx_get_error_buffer.argtypes = [ctypes.c_void_p]
    nft.nft_ctx_get_error_buffer.restype = ctypes.c_char_p
    nft.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    nft.nft_ctx_free.argtypes = [ctypes.c_void_p]
    return nft


def load(text: str) -> None:
    """Load rules into the caller's network namespace, all or none. Raises SandboxError with nft's own words."""
    nft = library()
    context = nft.nft_ctx_new(0)
    if not context:
        raise SandboxError("libnftables cannot open netlink.")
    try:
        nft.nft_ctx_buffer_error(context)
        if nft.nft_run_cmd_from_buffer(context, text.encode()) != 0:
            words = " ".join((nft.nft_ctx_get_error_buffer(context) or b"").decode(errors="replace").split())
            raise SandboxError(
                f"The kernel refused the network rules: {words}", "Load the kernel modules nf_tables, nft_redir and nft_reject_inet."
            )
    finally:
        nft.nft_ctx_free(context)
