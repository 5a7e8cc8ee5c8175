"""The commands of a push: pkt-lines up to the flush, as git's own receive-pack reads them.

::

    0094<old id> <new id> <ref>\\0<capabilities>      old id all zeros: make the ref; new id all zeros: delete it
    003f<old id> <new id> <ref>
    0000
    [push options, and another 0000]
    PACK...

Read strictly: receive-pack also ends the list at other special packets and takes capabilities from any line; what is not as git sends it raises
DecodeError. A signed push (``push-cert``) is one that is not read: its commands are inside the certificate.

https://git-scm.com/docs/gitprotocol-pack#_reference_update_request_and_packfile_transfer
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from warden.errors import DecodeError

#: Commands in one push. More is a mirror, which no agent makes by accident.
MAX_COMMANDS = 2000
_LENGTH = re.compile(rb"[0-9a-fA-F]{4}")
_COMMAND = re.compile(rb"([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) ([^\x00-\x20\x7f~^:?*\[\\]{1,1000})")
_SHALLOW = re.compile(rb"shallow [0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class Command:
    """One ref update. Ids are hexadecimal."""

    old: str
    new: str
    ref: str

    @property
    def creates(self) -> bool:
        return not self.old.strip("0")

    @property
    def deletes(self) -> bool:
        return not self.new.strip("0")

    @property
    def moves(self) -> bool:
        """The ref is there and will name another object."""
        return not self.creates and not self.deletes and self.old != self.new


@dataclass(frozen=True, slots=True)
class Push:
    """`pack` is what follows the commands, as far as it is there. `shallow` are the commits that the client says have no parents.
    `unreadable` says why the commands cannot be told, else it is empty.
    """

    commands: tuple[Command, ...] = ()
    capabilities: frozenset[str] = frozenset()
    pack: bytes = b""
    options: tuple[bytes, ...] = ()
    shallow: frozenset[str] = frozenset()
    unreadable: str = ""

    @property
    def algorithm(self) -> str:
        return "sha256" if self.commands and len(self.commands[0].new) == 64 else "sha1"


def read_push(data: bytes) -> Push:
    """The commands at the start of `data`. Raises DecodeError for what is no push, and for one whose list does not end in `data`."""
    commands: list[Command] = []
    capabilities: frozenset[str] = frozenset()
    shallow: set[str] = set()
    options: list[bytes] = []
    position = 0
    while (line := _packet(data, position)) is not None:
        position += len(line) + 4
        text, zero, words = line.removesuffix(b"\n").partition(b"\0")
        if text.startswith(b"push-cert"):
            return Push(unreadable="the push is signed")
        if not zero and _SHALLOW.fullmatch(text):  # of a shallow clone; it stands before the commands
            shallow.add(text.removeprefix(b"shallow ").decode())
            continue
        if zero:
            if commands:
                raise _malformed("capabilities stand on a line other than the first command")
            capabilities = frozenset(words.decode("utf-8", "replace").split())
        match = _COMMAND.fullmatch(text)
        if match is None or len(match[1]) != len(match[2]) or (commands and len(commands[0].old) != len(match[1])):
            raise _malformed("a line is not two ids and a ref")
        try:
            commands.append(Command(match[1].decode(), match[2].decode(), match[3].decode("utf-8")))
        except UnicodeDecodeError:
            raise _malformed("a ref's name is not UTF-8") from None
        if len(commands) > MAX_COMMANDS:
            raise DecodeError("too-many-refs", f"The push changes more than {MAX_COMMANDS} refs.", "Push fewer at once.")
    position += 4
    if len({command.ref for command in commands}) != len(commands):
        raise _malformed("a ref is there twice")
    if any(word.partition("=")[0] == "push-options" for word in capabilities):  # as git's parse_feature_value has it
        while (line := _packet(data, position)) is not None:
            position += len(line) + 4
            options.append(line.removesuffix(b"\n"))
        position += 4
    return Push(tuple(commands), capabilities, data[position:], tuple(options), frozenset(shallow))


def _packet(data: bytes, position: int) -> bytes | None:
    """The line at `position`; None for the flush packet. Raises DecodeError."""
    head = data[position : position + 4]
    if not _LENGTH.fullmatch(head):
        raise _malformed("it has no end" if len(head) < 4 else "a length is not four hexadecimal digits")
    length = int(head, 16)
    if length == 0:
        return None
    line = data[position + 4 : position + length]
    if length < 5 or len(line) != length - 4:
        raise _malformed("it has no end" if length >= 5 else "a packet is empty or special")
    return line


def _malformed(why: str) -> DecodeError:
    return DecodeError("malformed-push", f"The commands of the push cannot be read: {why}.", "Push with git itself.")
