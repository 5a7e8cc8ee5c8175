"""Synthetic addresses: stable, reversible, never given twice."""

from __future__ import annotations

import ipaddress

import pytest

from warden.enforce.synthetic import CAPACITY, NETWORK, SyntheticAddresses, TableFullError


def test_a_name_keeps_its_address_and_the_address_its_name() -> None:
    table = SyntheticAddresses()
    first, second = table.address("a.example"), table.address("b.example")
    assert (str(first), str(second)) == ("198.18.0.1", "198.18.0.2")
    assert table.address("a.example") == first
    assert (table.name(first), table.name(second)) == ("a.example", "b.example")


def test_other_addresses_lead_nowhere() -> None:
    table = SyntheticAddresses()
    table.address("a.example")
    for text in ("198.18.0.2", "192.0.2.1", "::1", "::ffff:198.18.0.1"):
        assert table.name(ipaddress.ip_address(text)) is None
    assert table.covers(ipaddress.ip_address("198.19.255.255"))
    assert not table.covers(ipaddress.ip_address("198.20.0.0"))
    assert not table.covers(ipaddress.ip_address("::1"))


def test_a_full_table_refuses_new_names_and_keeps_the_old() -> None:
    table = SyntheticAddresses(capacity=2)
    address = table.address("a.example")
    table.address("b.example")
    with pytest.raises(TableFullError):
        table.address("c.example")
    assert table.address("a.example") == address
    assert len(table) == 2


def test_the_range_is_large_enough() -> None:
    assert NETWORK.num_addresses - 1 > CAPACITY
