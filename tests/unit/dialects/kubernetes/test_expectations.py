"""expectations.txt: method, path, body and headers -> operation, verb and flags, each row written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.dialects.kubernetes.wire import DECODER, decode, request, shown
from warden.dialects.kubernetes import KubernetesDialect

_SHORT = {
    "D": "/apis/apps/v1/namespaces/shop/deployments",
    "N": "/api/v1/namespaces/shop",
    "C": "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts",
    "R": "/apis/rbac.authorization.k8s.io/v1",
}
_TEXT = (Path(__file__).parent / "expectations.txt").read_text()
ROWS = [line for line in _TEXT.splitlines() if line and not line.startswith("#")]


def _read(row: str) -> tuple[str, str, str, bytes, tuple[str, ...], str, str, list[str]]:
    asked, body, operation, verb, flags, header = [*(column.strip() for column in row.split("|")), "", "", ""][:6]
    method, target = asked.split(" ", 1)
    if not target.startswith("/"):
        target = _SHORT[target[0]] + target[1:]
    kind, _, text = body.partition(" ")
    name, _, value = header.partition(": ")
    return method, target, kind, text.encode(), (name, value) if name else (), operation, verb, sorted(flags.split())


def test_there_are_enough() -> None:
    assert len(ROWS) == len(set(ROWS)) >= 250


@pytest.mark.parametrize("row", ROWS)
def test_row(row: str) -> None:
    method, target, kind, body, header, operation, verb, flags = _read(row)
    headers = ((header[0], header[1]),) if header else ()
    assert shown(decode(method, target, body, *headers, kind=kind)) == (operation, verb, flags)


@pytest.mark.parametrize("row", ROWS)
def test_what_does_not_need_its_body_says_the_same_without_it(row: str) -> None:
    """And what needs it is, unread, at least as grave."""
    method, target, kind, body, header, *wanted = _read(row)
    headers = ((header[0], header[1]),) if header else ()
    unread = request(method, target, None, *headers, kind=kind, length=len(body))
    operation, verb, flags = shown(DECODER.decode(unread)[0])
    if not DECODER.needs_body(unread):
        assert [operation, verb, flags] == wanted
    else:
        assert operation == wanted[0]
        assert set(wanted[2]) - {"dry_run"} <= set(flags)
        assert "dry_run" not in flags or method not in ("DELETE",)


def test_streams_watches_and_logs_never_wait_for_a_body() -> None:
    dialect = DECODER.dialect(request("GET", "/"))
    assert isinstance(dialect, KubernetesDialect)
    for target in ("exec", "attach", "portforward", "proxy/a", "log"):
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            unread = request(method, f"/api/v1/namespaces/shop/pods/cart-0/{target}", None, length=10)
            assert target == "log" or not dialect.needs_body(unread), (method, target)
    for target in ("/api/v1/pods?watch=true", "/api/v1/namespaces/shop/pods/cart-0/log?follow=true", "/api/v1/secrets"):
        assert not dialect.needs_body(request("GET", target, None, length=10))
