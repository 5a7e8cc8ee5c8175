"""The sandbox's DNS: every question is ruled on, and none ever leaves.

What is answered:

======================================  =======================================================================================
an allowed name, A                      its synthetic address (:mod:`warden.enforce.synthetic`), which leads back to the name
an allowed name, any other type         NOERROR without records: no AAAA, and no HTTPS or SVCB record that would steer around us
a denied name that looks public         the same, so that HTTP to it is answered with the denial and what would allow it, at once and
                                        in words that an agent reads; nothing of such a connection leaves
any other denied name                   NXDOMAIN
``localhost`` and below (RFC 6761)      the loopback addresses, which stay inside
Google's metadata server                its address, where a broker answers for it (:mod:`warden.enforce.metadata`)
the reverse of an address of ours       the name it leads to
not one question, or not readable       FORMERR
a class other than IN                   REFUSED
anything but a query                    NOTIMP; an answer sent to us is dropped, or two servers could talk for ever
======================================  =======================================================================================

Every answer about a denied name carries the ruling's sentence as an extended error when the client speaks EDNS.

RFC 1035: https://www.rfc-editor.org/rfc/rfc1035 - RFC 8914 (extended errors): https://www.rfc-editor.org/rfc/rfc8914
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import socket
import struct

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.reversename
import dns.rrset

from warden.enforce import metadata
from warden.enforce.synthetic import SyntheticAddresses, TableFullError
from warden.errors import DecodeError
from warden.model import DnsQuestion
from warden.pipeline import Pipeline, sentence

#: Seconds that a client may keep an answer. The mapping holds for the whole session; short, so that nothing outlives one in a cache.
TTL = 30
#: The most bytes of a reason in an extended error: it must fit a datagram of 512 bytes with the question.
REASON_BYTES = 200
#: A name that a synthetic address may stand for. Escapes (a dot inside a label) have no place in it: two readings.
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_HEADER = struct.Struct("!HHHHHH")
#: Top-level names that are never public (RFC 6761, RFC 6762, RFC 7686, ICANN's ``internal``, and habit): software asks whether they are there to
#: learn where it runs (``metadata.google.internal``), so for it a denied one is not.
_NOT_PUBLIC = frozenset(
    {"arpa", "corp", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain", "localhost", "onion", "private", "test"}
)
#: TCP: questions on one connection, and seconds between them.
TCP_QUESTIONS = 100
TCP_IDLE = 10.0


def _looks_public(name: str) -> bool:
    _, dot, last = name.rpartition(".")
    return bool(dot) and not last.isdigit() and last not in _NOT_PUBLIC


class Resolver:
    """Answers DNS messages for one session."""

    def __init__(self, pipeline: Pipeline, table: SyntheticAddresses) -> None:
        self._pipeline = pipeline
        self._table = table

    def answer(self, wire: bytes) -> bytes | None:
        """The answer to one message, at most 512 bytes. None: nothing is to be sent back.

        Never raises: what goes wrong in our own code is a SERVFAIL.
        """
        if len(wire) < _HEADER.size or wire[2] & 0x80:  # no header, or an answer (QR)
            return None
        try:
            return self._answer(wire)
        except Exception:  # noqa: BLE001 - promise 1: what goes wrong here is an error for the client, not an answer
            return _bare(wire, dns.rcode.SERVFAIL)

    def _answer(self, wire: bytes) -> bytes:
        if (wire[2] >> 3) & 0xF != dns.opcode.QUERY:
            return _bare(wire, dns.rcode.NOTIMP)
        _, _, questions, *_ = _HEADER.unpack_from(wire)
        if questions != 1:
            return _bare(wire, dns.rcode.FORMERR)
        try:
            query = dns.message.from_wire(wire)
            question = query.question[0]
        except (dns.exception.DNSException, ValueError, IndexError, struct.error):
            return _bare(wire, dns.rcode.FORMERR)
        response = dns.message.make_response(query, recursion_available=True, our_payload=1232)
        response.flags |= dns.flags.AA
        if question.rdclass != dns.rdataclass.IN:
            response.set_rcode(dns.rcode.REFUSED)
        else:
            self._resolve(question, query, response)
        # The longest name (255), a reason and an address fit 512 bytes, so nothing is ever truncated.
        return response.to_wire(max_size=512)

    def _resolve(self, question: dns.rrset.RRset, query: dns.message.Message, response: dns.message.Message) -> None:
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        if name == "localhost" or name.endswith(".localhost"):
            address = {"A": "127.0.0.1", "AAAA": "::1"}.get(kind)
            if address:
                response.answer.append(dns.rrset.from_text(question.name, TTL, "IN", kind, address))
            return
        if kind == "PTR" and (known := self._reverse(question.name)) is not None:
            response.answer.append(dns.rrset.from_text(question.name, TTL, "IN", "PTR", f"{known}."))
            return
        if name in metadata.NAMES and self._pipeline.serves(name):
            if kind == "A":
                response.answer.append(dns.rrset.from_text(question.name, TTL, "IN", "A", metadata.NAMED))
            return
        message = DnsQuestion(name, kind)
        if _NAME.fullmatch(name) and len(name) <= 253:
            ruling = self._pipeline.rule(message)
        else:
            ruling = self._pipeline.refuse(message, DecodeError("dns-name", "This is not the name of a host."))
        if not ruling.allowed:
            _explain(query, response, dns.edns.EDECode.BLOCKED, sentence(ruling))
            # The question for the address is the one that connections follow from; a rule against another type says nothing of them.
            if ruling.code or not _looks_public(name) or (kind == "A" and not self._table.deny(name, ruling)):
                response.set_rcode(dns.rcode.NXDOMAIN)
                return
        if kind == "A":
            try:
                address = str(self._table.allow(name) if ruling.allowed else self._table.address(name))
            except TableFullError:
                response.set_rcode(dns.rcode.SERVFAIL)
                _explain(query, response, dns.edns.EDECode.OTHER, "warden: too many names in this session")
                return
            response.answer.append(dns.rrset.from_text(question.name, TTL, "IN", "A", address))

    def _reverse(self, name: dns.name.Name) -> str | None:
        try:
            address = ipaddress.ip_address(dns.reversename.to_address(name))
        except (dns.exception.DNSException, ValueError):
            return None
        return "localhost" if address.is_loopback else self._table.name(address)

    # --- sockets ---------------------------------------------------------------------------------------------------------------

    def serve_udp(self, sock: socket.socket) -> None:
        """Answers datagrams on this socket, on the running loop, until `remove_reader`.

        Each answer leaves from the very address that the question came to: the translation inside the sandbox undoes only that one.
        """
        sock.setblocking(False)
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_PKTINFO, 1)
        asyncio.get_running_loop().add_reader(sock.fileno(), self._datagrams, sock)

    def _datagrams(self, sock: socket.socket) -> None:
        for _ in range(32):  # then the loop's other work has its turn
            try:
                wire, ancillary, _flags, peer = sock.recvmsg(4096, 128)
            except OSError:  # BlockingIOError: all read; others: an earlier answer that could not be delivered
                return
            answer = self.answer(wire)
            if answer is not None:
                with contextlib.suppress(OSError):  # the client is gone, or its queue is full: datagrams may be lost
                    sock.sendmsg([answer], _source(ancillary), 0, peer)

    async def serve_stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers messages with their two-byte length (RFC 7766) on one TCP connection, within limits of number and time; then closes it."""
        try:
            for _ in range(TCP_QUESTIONS):
                async with asyncio.timeout(TCP_IDLE):
                    length = int.from_bytes(await reader.readexactly(2))
                    wire = await reader.readexactly(length)
                    answer = self.answer(wire)
                    if answer is None:
                        return
                    writer.write(len(answer).to_bytes(2) + answer)
                    await writer.drain()
        except (OSError, asyncio.IncompleteReadError):  # TimeoutError is an OSError
            return
        finally:
            writer.close()


def _source(ancillary: list[tuple[int, int, bytes]]) -> list[tuple[int, int, bytes]]:
    """The ancillary data that makes the answer leave from where the question arrived, on whatever interface leads back."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.IPPROTO_IP, socket.IP_PKTINFO):
            # struct in_pktinfo: int ipi_ifindex; in_addr ipi_spec_dst (our address); in_addr ipi_addr (the header's)
            return [(level, kind, struct.pack("@i4s4s", 0, data[4:8], b"\0\0\0\0"))]
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            return [(level, kind, data[:16] + struct.pack("@I", 0))]
    return []


def _explain(query: dns.message.Message, response: dns.message.Message, code: dns.edns.EDECode, text: str) -> None:
    if query.edns >= 0:  # RFC 6891 section 6.1.1: no OPT record for a client that sent none
        short = text.encode()[:REASON_BYTES].decode(errors="ignore")
        response.use_edns(0, payload=1232, options=[dns.edns.EDEOption(code, short)])


def _bare(wire: bytes, rcode: dns.rcode.Rcode) -> bytes:
    """An answer of nothing but a header: the same id, opcode and RD bit."""
    ident, flags, *_ = _HEADER.unpack_from(wire)
    return _HEADER.pack(ident, 0x8000 | (flags & 0x7900) | rcode, 0, 0, 0, 0)
