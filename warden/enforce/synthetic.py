"""The table of synthetic addresses: every allowed name has one, and denied ones while there is room; it leads back to that name.

A name gets its address with its first DNS question, and keeps it for the whole session: an address is never given to a second
name, because a client may keep an answer for as long as it lives. So the table can run full; then new names are refused, and the
connections that exist stay what they were ruled to be.

The range is 198.18.0.0/15, set aside for benchmarks of network devices and routed nowhere: https://www.rfc-editor.org/rfc/rfc2544 appendix C.
"""

from __future__ import annotations

import ipaddress

from warden.model import Ruling

NETWORK = ipaddress.IPv4Network("198.18.0.0/15")
#: Names in one session: far more than any real one needs, and about 10 MB at worst.
CAPACITY = 32_768


class TableFullError(Exception):
    """There are as many names in this session as the table holds."""


class SyntheticAddresses:
    """Names and their addresses, both ways."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._by_name: dict[str, ipaddress.IPv4Address] = {}
        self._by_address: dict[ipaddress.IPv4Address, str] = {}
        self._denials: dict[str, Ruling] = {}

    def __len__(self) -> int:
        return len(self._by_name)

    def deny(self, name: str, ruling: Ruling) -> bool:
        """Gives an address to a name whose question was denied by `ruling`, which then holds for every connection to it.

        False when there is no room: half of the table is for allowed names.
        """
        if name not in self._by_name and len(self._by_name) * 2 >= self._capacity:
            return False
        self._denials[name] = ruling
        self.address(name)
        return True

    def allow(self, name: str) -> ipaddress.IPv4Address:
        """The address of a name whose question was allowed. Raises TableFullError for one name too many."""
        self._denials.pop(name, None)
        return self.address(name)

    def denial(self, name: str) -> Ruling | None:
        """What denied the last question for this name's address."""
        return self._denials.get(name)

    def address(self, name: str) -> ipaddress.IPv4Address:
        """The address of this name (lower case, no trailing dot), the same one each time. Raises TableFullError for one name too many."""
        found = self._by_name.get(name)
        if found is not None:
            return found
        if len(self._by_name) >= self._capacity:
            raise TableFullError
        address = NETWORK[len(self._by_name) + 1]  # in order, so that the same session gives the same answers; .0 stays unused
        self._by_name[name] = address
        self._by_address[address] = name
        return address

    def name(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str | None:
        """The name behind this address; None when it is no synthetic one, or not given out."""
        return self._by_address.get(address) if isinstance(address, ipaddress.IPv4Address) else None

    @staticmethod
    def covers(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        """Whether this address is in the synthetic range, given out or not."""
        return isinstance(address, ipaddress.IPv4Address) and address in NETWORK
