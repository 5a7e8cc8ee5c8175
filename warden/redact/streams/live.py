"""A stream of text that someone may be waiting for: a shell, a program's output.

What has come goes on in windows, and what does not fill one after a moment (`HOLD`, when `flush` is called). Each is looked through together with
the end of what went on before it: a name whose value comes later is still its name, and of a secret that began there the rest does not follow.
Until more comes, `flush` holds back the end of what has come if it is

- the beginning of a known secret (four bytes or more of it, in any of its encodings), or of a private key: until it goes on as something else;
- a value in the making: what stands where a secret would be found if it were whole (``TOKEN=ab``, ``Authorization: Bearer x``), or a word that
  begins as a provider's tokens do: until the word ends;
- a long word of many kinds of characters, which may be an encoding: for `PATIENCE` flushes at most.

So a prompt, which ends with none of them, comes at once. A secret that is known leaks at most its first three bytes; one that nobody has seen
before leaks what went on before its name or its look said what it is.

The bytes of a file that is no text (by how it begins: an archive, an image) pass as they are; a known secret in them ends the stream.
"""

from __future__ import annotations

import re

from warden.redact.kind import HEAD, MAGIC, Kind, kind_of
from warden.redact.redactor import BlockedError
from warden.redact.streams.look import Piece, Sight, pieces, tail
from warden.redact.streams.styles import plain, whole
from warden.redact.units import KEY, KEY_BEGINS, KEY_ENDS

#: Seconds that what has come waits for more.
HOLD = 0.02
#: Bytes that go on without waiting, and of what went on before that are looked at with them.
WINDOW, CONTEXT = 1 << 14, 1 << 12
#: Flushes (`HOLD` apart) that a long word waits for its end; bytes that make it long.
PATIENCE, LONG = 25, 20

#: Stands in for what has not come: something that any name would make a secret.
_FILLER = b"Qx7Rt9Lw2Zk4Vb8n"
#: What tokens begin with that are known by it alone.
_TOKEN = re.compile(
    rb"(?<![A-Za-z0-9])(?:A[KS]IA[A-Z2-7]|gh[opsur]_|github_pat_|glpat-|xox[abeprs]-|xapp-|sk-(?:ant|proj|svcacct|or)-|[sr]k_live_|AIza|ya29\.|GOCSPX-|eyJ"
    rb"|npm_|pypi-|hf_|SG\.|hv[sbr]\.|dop_v1_|shpat_|dckr_(?:pat|oat)_|AGE-SECRET-KEY-1)[\w.+/=-]*\Z"
)
#: What tokens and encodings are written in.
_ALPHABET = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+/=.~%"
#: What would end a value after what opens it.
_CLOSINGS = ((b"", b""), (b'"', b'"'), (b"'", b"'"), (b'\\"', b'\\"'), (b"</x>", b">"), (b"@x.example/", b"://"))
#: A quote that no backslash is before.
_QUOTE = re.compile(rb'(?<!\\)"')
_TAG = re.compile(rb"</?[\w:.-]{0,64}\Z")
#: What ends a word, as a space; and bytes of a word beyond which it is none.
_ENDS = bytes(0x20 if byte <= 0x20 or byte == 0x7F else 0x61 for byte in range(256))
_ENDLESS = 8192


def is_file(head: bytes) -> bool:
    """Whether a stream that begins with `head` is a file that is no text."""
    return _is_tar(head) or (head.startswith(MAGIC) and kind_of("", head) is Kind.BINARY)


def _is_tar(head: bytes) -> bool:
    """Whether it is the header of an archive (POSIX.1-1988, ustar): with the sum of its own bytes, which no line of a program's output has."""
    stated = re.match(rb"[ 0]*([0-7]{1,7})[ \0]", head[148:156])
    return head[257:262] == b"ustar" and stated is not None and int(stated[1], 8) == sum(head) - sum(head[148:156]) + 8 * 0x20


class Live:
    """One stream. All its methods but `waiting` raise BlockedError. `bounded`: what may be a value waits for `PATIENCE` flushes too."""

    bounded = False

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        #: What went on last, as it went on, and behind it what waits.
        self._text = bytearray()
        self._sent = 0
        self._file: bool | None = None
        self._patience = PATIENCE  # flushes that it still waits
        self._stale = False  # nothing has come since the last flush

    @property
    def waiting(self) -> bool:
        """Whether a flush could let something go."""
        return len(self._text) > self._sent and (not self._stale or 0 <= self._patience < PATIENCE)

    def feed(self, data: bytes) -> bytes:
        """What goes on now that `data` has come."""
        if not data:
            return b""
        self._text += data
        self._stale = False
        if self._file is None:
            if len(self._text) < HEAD:
                return b""
            self._file = is_file(bytes(self._text[:HEAD]))
        return self._windows()

    def _windows(self) -> bytes:
        parts = []
        size = WINDOW
        while len(self._text) - self._sent > size:
            cut = self._cut(self._sent + size)
            if cut <= self._sent:
                size += WINDOW  # all of it may be one secret
                continue
            parts.append(self._release(cut))
            size = WINDOW
        return b"".join(parts)

    def flush(self) -> bytes:
        """What goes on although no more has come."""
        self._stale = True
        if self._file is None:
            if len(self._text) == self._sent:
                return b""
            self._file = is_file(bytes(self._text[:HEAD]))
        text = bytes(self._text)
        if self._file:
            cut = len(text) - self._sight.begun(text)
        else:
            said = plain(text[: whole(text)])
            cut = said.raw(min(len(said.text) - self._sight.begun(said.text), self._key(said.text), self._value(said.text)))
        cut = max(cut, self._sent)
        return self._release(cut) if cut > self._sent else b""

    def finish(self) -> bytes:
        """The rest."""
        if self._file is None:
            self._file = is_file(bytes(self._text[:HEAD]))
        made = self._windows()
        return made + (self._release(len(self._text)) if len(self._text) > self._sent else b"")

    # --- where it is cut ---------------------------------------------------------------------------------------------------------

    def _cut(self, limit: int) -> int:
        """The end of a window: of its last line, or of its last word."""
        window = bytes(self._text[:limit])
        if not self._file:
            found = max(window.rfind(b"\n", self._sent), window.rfind(b"\0", self._sent))
            if found < 0:
                found = max(window.rfind(b" ", self._sent), window.rfind(b",", self._sent))
            if found < 0:  # not within what may be a token, if it is one
                run = len(window) - len(window.rstrip(_ALPHABET))
                found = len(window) - (run if run < _ENDLESS else 0) - 1
            window = window[: found + 1]
            said = plain(window[: whole(window)])
            text = said.text[: self._key(said.text)]
            if not text.endswith((b"\n", b"\0")) and (start := self._named(text)) is not None:
                text = text[:start]
            return said.raw(len(text) - self._sight.begun(text))
        return len(window) - self._sight.begun(window)

    def _key(self, text: bytes) -> int:
        """Where a private key begins that has not ended."""
        begins = next(reversed(list(KEY_BEGINS.finditer(text))), None)
        if begins is not None and not KEY_ENDS.search(text, begins.end()) and len(text) - begins.start() < KEY:
            return begins.start()
        return len(text)

    def _value(self, text: bytes) -> int:
        """Where a value in the making begins, or the word that may be one."""
        start = _word(text)
        word = text[start:]
        found = self._named(text)
        if found is None and word and (token := _TOKEN.search(text, start)) is not None:
            found = token.start()
        if found is None and word and self._sight.encoded(word):
            found = start
        run = word[len(word.rstrip(_ALPHABET)) :]
        long = LONG <= len(run) < _ENDLESS and all(re.search(kind, run) for kind in (rb"[a-z]", rb"[A-Z]", rb"[0-9]"))
        if found is not None and not self.bounded:
            return found
        if found is None and not long:
            self._patience = PATIENCE
            return len(text)
        self._patience -= 1
        return len(text) if self._patience < 0 else found if found is not None else len(text) - len(run)

    def _named(self, text: bytes) -> int | None:
        """Where a value begins that is in the making by its name: it would be a secret if more of it came."""
        line = max(text.rfind(b"\n"), text.rfind(b"\0"), len(text) - CONTEXT - 1) + 1
        probe = text[line:]
        for closing, opening in _CLOSINGS:
            if opening in probe:
                stem = _TAG.sub(b"", probe) if opening == b">" else probe
                for hit in self._sight.find(stem + _FILLER + closing):
                    if hit.end > len(stem) > hit.start:
                        return line + hit.start
        if probe.endswith(b"@"):  # of a location, whose host makes what is before it a password
            for hit in self._sight.find(probe + b"x"):
                if hit.end == len(probe) - 1:
                    return line + hit.start
        nested = self._nested(probe)
        return None if nested is None else line + nested

    def _nested(self, probe: bytes) -> int | None:
        """Where a value begins in JSON that stands in a string of JSON: what it says is read only when the string has ended."""
        if b'\\"' not in probe or len(_QUOTE.findall(probe)) % 2 == 0:
            return None
        said = probe.replace(b'\\"', b'"')
        values = [said[hit.start : hit.end] for hit in self._sight.find(said + _FILLER + b'"') if hit.start < len(said)]
        starts = [probe.find(value[: len(said)].removesuffix(_FILLER)) for value in values]
        return min((start for start in starts if start >= 0), default=None)

    # --- what goes on ------------------------------------------------------------------------------------------------------------

    def _release(self, cut: int) -> bytes:
        text = bytes(self._text[:cut])
        if self._file:
            made = self._same(text)
        else:
            made = self._through(text)
        front = (text[: self._sent] + made)[-CONTEXT:]
        self._text[:cut] = front
        self._sent = len(front)
        return made

    def _through(self, text: bytes) -> bytes:
        styled = plain(text)
        said = styled.text
        if b"\0" in said and not self._sight.wide(said):  # of /proc/N/environ, and of lists made for xargs -0, each part is a line
            said = said.replace(b"\0", b"\n")
        made, found = self._sight.look(said)
        shown = [
            Piece(start, end, one.made, one.rule)
            for one in pieces(said, made, found)
            if (end := styled.raw(one.end - 1) + 1) > self._sent and (start := styled.raw(one.start)) < end
        ]
        self._sight.findings += [one for one in found if styled.raw(one.end - 1) >= self._sent]
        return tail(text, shown, self._sent, len(text))

    def _same(self, text: bytes) -> bytes:
        if self._sight.known(text, self._sent):
            raise BlockedError("it is a file that is no text, with a secret in it that was seen before")
        return text[self._sent :]


def _word(text: bytes) -> int:
    """Where the word begins that `text` ends with: at its end where there is none."""
    end = text[-_ENDLESS:]
    return len(text) - len(end) + end.translate(_ENDS).rfind(b" ") + 1
