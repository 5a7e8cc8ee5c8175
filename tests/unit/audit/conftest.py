"""A log in a temporary directory, and records to put into it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from warden.audit.log import Log
from warden.model import AuditRecord, Principal

WHO = Principal("claude", "s-1", "default", "eva")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "audit.jsonl"


@pytest.fixture
def write(path: Path) -> Callable[[int], None]:
    """Appends that many rulings, r0, r1, ... by one more writer."""

    def append(count: int) -> None:
        log = Log(path)
        for number in range(count):
            log.append(AuditRecord("ruling", WHO, {"id": f"r{number}", "decision": "deny", "operations": ["ec2:TerminateInstances"]}))

    return append
