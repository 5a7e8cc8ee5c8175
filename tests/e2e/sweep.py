"""Everything of a sandbox that a real value could be in, read from outside while its processes run: memory, environment, descriptors, files.

What is looked for is every spelling of a value that a client makes (`forms`), written down here anew: what Warden's own index forgets is found.
Files are those that have changed since the values were made: nothing older can hold them. What waits in a pipe is seen when it has been read.
Needs root, as a debugger of other users' processes does.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

from ahocorasick_rs import BytesAhoCorasick

#: Bytes that are read at once, and of a file that are looked through.
PIECE, FILE = 16 << 20, 256 << 20
#: The variable by which the processes of one run are known.
MARK = "SWEEP_MARK"


def forms(value: str) -> dict[bytes, str]:
    """The spellings of `value`, each with its name. Of base64, what does not depend on the bytes before and behind, at each of the three places."""
    raw = value.encode()
    found = {raw: "raw", raw.hex().encode(): "hex", raw.hex().upper().encode(): "hex"}
    for ahead in range(3):
        whole = base64.b64encode(bytes(ahead) + raw)
        # Six bits a character: the first that has bits of the value alone, and the first behind those.
        begin, end = (ahead * 8 + 5) // 6, (ahead + len(raw)) * 8 // 6
        found[whole[begin:end]] = found[whole.translate(bytes.maketrans(b"+/", b"-_"))[begin:end]] = f"base64 at {ahead}"
    found[base64.b32encode(raw)[: len(raw) * 8 // 5]] = "base32"
    for text in (quote(value, safe=""), quote(value), quote_plus(value)):
        found[text.encode()] = found[re.sub("%..", lambda match: match[0].lower(), text).encode()] = "percent"
    for text in (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], json.dumps(json.dumps(value)[1:-1])[1:-1]):
        found[text.encode()] = found[text.replace("/", "\\/").encode()] = "JSON"
        found[re.sub("[<>&]", lambda match: f"\\u{ord(match[0]):04x}", text).encode()] = "JSON"
    found |= {value.encode(name): name for name in ("utf-16-le", "utf-16-be", "utf-32-le")}
    found[raw] = "raw"
    return found


@dataclass
class Sweep:
    """Looks for `values`, by name. `found` has a line for each place of one; `looked` counts the bytes."""

    values: Mapping[str, str]
    found: set[str] = field(default_factory=set)
    looked: int = 0

    def __post_init__(self) -> None:
        assert all(len(value) > 11 for value in self.values.values()), "what is short is found by chance"
        known = {form: f"{name} ({kind})" for name, value in self.values.items() for form, kind in forms(value).items()}
        self._names = list(known.values())
        self._longest = max(map(len, known))
        self._index = BytesAhoCorasick(list(known))

    def names(self) -> set[str]:
        """The names of the values that were found."""
        return {line.partition(" (")[0] for line in self.found}

    def text(self, where: str, data: bytes | str) -> None:
        """Looks through `data`."""
        data = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
        self.looked += len(data)
        self.found |= {f"{self._names[index]} in {where}" for index, _, _ in self._index.find_matches_as_indexes(data, overlapping=True)}

    def process(self, pid: int) -> None:
        """Environment, arguments, all readable memory and open files of one process."""
        process = Path(f"/proc/{pid}")
        with contextlib.suppress(OSError):  # it may end while it is read
            name = f"process {pid} ({(process / 'comm').read_text().strip()})"
            for part in ("environ", "cmdline"):
                self.text(f"{part} of {name}", (process / part).read_bytes())
            for descriptor in sorted((process / "fd").iterdir()):
                if descriptor.is_file():
                    self._file(f"descriptor {descriptor.name} ({descriptor.readlink()}) of {name}", descriptor)
            self._memory(name, process)

    def _memory(self, name: str, process: Path) -> None:
        with (process / "mem").open("rb", buffering=0) as memory:
            for line in (process / "maps").read_text().splitlines():
                bounds, rights, *_, what = (line + " anonymous").split()[:6]
                first, last = (int(bound, 16) for bound in bounds.split("-"))
                if not rights.startswith("r") or what in ("[vvar]", "[vvar_vclock]", "[vsyscall]"):
                    continue
                for start in range(first, last, PIECE):
                    with contextlib.suppress(OSError):  # a mapping behind the end of its file
                        memory.seek(start)
                        self.text(f"memory of {name}: {what}", memory.read(min(PIECE + self._longest, last - start)))

    def files(self, root: str, since: float) -> None:
        """Every file below `root` that has changed since then (seconds since 1970), proc and sys apart."""
        skipped = [part for name in ("proc", "sys") for part in ("-path", f"{root}{name}", "-prune", "-o")]
        command = ["find", root, *skipped, "-type", "f", "-newerct", f"@{since}", "-print0"]
        for path in subprocess.run(command, capture_output=True, timeout=120).stdout.split(b"\0")[:-1]:
            self._file(os.fsdecode(path), Path(os.fsdecode(path)))

    def _file(self, where: str, path: Path) -> None:
        with contextlib.suppress(OSError), path.open("rb") as content:
            self.text(where, content.read(FILE))


@dataclass
class Held:
    """A command that holds what it was answered: all processes of its sandbox, or of its tree when it runs in none."""

    command: subprocess.Popen[bytes]
    output: bytes
    pids: list[int]

    def sweep(self, values: Mapping[str, str], places: Sequence[str], since: float) -> Sweep:
        """All that it has, and all that it sees: its output, its processes, the files in `places` of its root."""
        sweep = Sweep(values)
        sweep.text("output", self.output)
        for pid in self.pids:
            sweep.process(pid)
        for place in places:
            sweep.files(f"/proc/{self.pids[0]}/root{place}", since)
        return sweep


@contextlib.contextmanager
def held(command: Sequence[str], environment: Mapping[str, str], work: Path, until: bytes) -> Iterator[Held]:
    """Runs `command` until `until` is in its output, and ends it. Its errors are in its output."""
    mark = uuid.uuid4().hex
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**environment, MARK: mark}, cwd=work
    )
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    output, end = b"", time.monotonic() + 60
    try:
        while until not in output:
            ended = process.poll() is not None
            output += process.stdout.read() or b""
            assert time.monotonic() < end, output
            assert not ended or until in output, output
            time.sleep(0.02)
        yield Held(process, output, _marked(mark))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _marked(mark: str) -> list[int]:
    """Who has `mark` in its environment, and everybody in the innermost of their pid namespaces if that is not ours."""
    ours = str(Path("/proc/self/ns/pid").readlink())
    spaces: dict[int, str] = {}
    depths: dict[str, int] = {}
    marked = []
    for pid in [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]:
        with contextlib.suppress(OSError, StopIteration):
            spaces[pid] = space = str(Path(f"/proc/{pid}/ns/pid").readlink())
            if f"{MARK}={mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                marked.append(pid)
                status = Path(f"/proc/{pid}/status").read_text().splitlines()
                depths[space] = len(next(line for line in status if line.startswith("NSpid:")).split())
    assert marked, "nobody has the mark"
    inner = max(depths, key=lambda space: depths[space])
    return sorted(marked if inner == ours else [pid for pid, space in spaces.items() if space == inner])
