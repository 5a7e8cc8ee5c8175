"""The audit log: no ruling without a record, and no record that can be changed unseen.

One file of JSON lines, shared by all sessions of a user (or, for root, of the machine). The parts, in the order a record meets them:

- ``event``: `AuditRecord` -> one bounded JSON object. Huge or odd values are cut with a visible mark; nothing can break a line.
- ``log``: `Log.append`, which puts a record into the chained file, with nothing in between that could drop one. Any number of processes may
  append; a record is in the file before the call returns, or the call raises AuditError and the ruling becomes a denial.
- ``chain``: how a line is sealed. Each has ``seq``, ``prev`` (the hash of the record before it) and, last, ``hash``: the sha256 of the
  line's own bytes up to it. So a changed, removed, moved or inserted line shows. The head file (``<log>.head``) holds the last seq,
  its hash and the log's size, so that a removed end shows too.
- ``verify``: reads the chain and names the first bad line.
- ``read`` and ``show``: the newest records first, following growth, and rows for people.

What the chain can prove, and what not. Whoever can write the file *and* its head can compute a new chain from any point on. Against that,
`warden audit verify` prints the last ``SEQ:HASH``; kept elsewhere and given back with ``--anchor``, it proves that nothing up to there has
changed. The agent can do neither: both files are hidden from every sandbox.

A record is handed to the kernel before its request is sent, but not forced to the disk: a crash of the *process* loses nothing, a power cut
may lose the last seconds (the next append says so in a ``recovered`` record and `verify` reports it). The file is synced when a session ends.

Rotation is renaming: `mv audit.jsonl audit.jsonl.1`. The next append starts a new file with a ``log.start`` record that carries the chain on,
and `warden audit verify audit.jsonl.1 audit.jsonl` follows it. Copying and truncating would lose records and shows as a loss.
"""

from __future__ import annotations

from pathlib import Path


def default_path(home: Path, uid: int) -> Path:
    """Where the log is when ``audit.path`` is empty."""
    return Path("/var/log/warden/audit.jsonl") if uid == 0 else home / ".local/state/warden/audit.jsonl"


def head_path(path: Path) -> Path:
    """The head file of the log `path`."""
    return path.with_name(path.name + ".head")
