"""A stream of text: prompts come at once, secrets do not come at all, however it is cut and whenever nothing comes for a moment."""

from __future__ import annotations

import base64
import io
import random
import tarfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.redact.streams.conftest import cut, fed, make_sight, random_secret
from warden.redact.redactor import BlockedError
from warden.redact.streams.live import PATIENCE, WINDOW, Live
from warden.redact.streams.look import Sight
from warden.redact.vault import Vault

KNOWN = random_secret(1)
NEW = random_secret(2)
LEAK = 3  # bytes of a known secret that may go on before it is recognized


def known(sight: Sight, secret: bytes = KNOWN) -> bytes:
    """The placeholder of a secret that was seen before."""
    return sight.redactor.vault.admit(secret).placeholder


def dripped(live: Live, text: bytes) -> bytes:
    """One byte, and then nothing for long, again and again."""
    made = live.feed(text[:-150])
    for at in range(max(len(text) - 150, 0), len(text)):
        made += live.feed(text[at : at + 1])
        for _ in range(PATIENCE + 5):
            made += live.flush()
    return made + live.finish()


def longest_shared(made: bytes, secret: bytes) -> int:
    return next((size for size in range(len(secret), 0, -1) if any(secret[i : i + size] in made for i in range(len(secret) - size + 1))), 0)


@pytest.mark.parametrize("prompt", [b"$ ", b"root@web-0:/# ", b"mysql> ", b"Password: ", b">>> ", b"[y/N]? ", b"12%", b"ls"])
def test_a_prompt_comes_at_the_first_flush(sight: Sight, prompt: bytes) -> None:
    known(sight)
    live = Live(sight)
    assert live.feed(prompt) + live.flush() == prompt
    assert not live.waiting


def test_lines_come_at_the_first_flush_with_what_follows_them(sight: Sight) -> None:
    live = Live(sight)
    assert live.feed(b"one\ntwo\n$ ") == b""
    assert live.waiting
    assert live.flush() == b"one\ntwo\n$ "


def test_what_is_found_is_replaced_and_counted(sight: Sight, vault: Vault) -> None:
    live = Live(sight)
    made = live.feed(b"PATH=/bin\nDB_PASSWORD=%s\nHOME=/root\n$ " % NEW) + live.flush()
    entry = next(iter(vault.entries()))
    assert entry.secret == NEW
    assert made == b"PATH=/bin\nDB_PASSWORD=%s\nHOME=/root\n$ " % entry.placeholder
    assert len(sight.findings) == 1


def test_an_environment_between_zeros(sight: Sight, vault: Vault) -> None:
    live = Live(sight)
    made = live.feed(b"PATH=/bin\0DB_PASSWORD=%s\0HOME=/root\0" % NEW) + live.flush()
    assert made == b"PATH=/bin\0DB_PASSWORD=%s\0HOME=/root\0" % next(iter(vault.entries())).placeholder


def test_the_beginning_of_a_known_secret_waits_for_what_follows(sight: Sight) -> None:
    placeholder = known(sight)
    live = Live(sight)
    assert live.feed(b"say " + KNOWN[:9]) + live.flush() == b"say "
    assert not live.waiting
    assert live.feed(b"!\n") + live.flush() == KNOWN[:9] + b"!\n"
    assert live.feed(KNOWN[:9]) + live.flush() == b""
    assert live.feed(KNOWN[9:] + b"\n") + live.flush() == placeholder + b"\n"


def test_its_end_lets_it_go(sight: Sight) -> None:
    known(sight)
    live = Live(sight)
    assert live.feed(KNOWN[:9]) + live.flush() == b""
    assert live.finish() == KNOWN[:9]


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "raw": lambda secret: secret,
    "base64": base64.b64encode,
    "hex": lambda secret: secret.hex().encode(),
    "json": lambda secret: b'"' + secret + b'"',
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("around", [b"%s", b"value: %s\n", b"a b c %s, and more\n"])
def test_a_slow_drip_of_a_known_secret(sight: Sight, form: str, around: bytes) -> None:
    known(sight)
    written = FORMS[form](KNOWN)
    made = dripped(Live(sight), around % written)
    # A placeholder may have some of its characters by chance, above all in hexadecimal.
    assert longest_shared(made, written.strip(b'"=')[4:-4]) <= LEAK + (7 if form == "hex" else 2), made


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"DB_PASSWORD=%s\n$ ", 2),
        (b"export API_TOKEN='%s'\n", 2),
        (b"Authorization: Bearer %s\r\n", 2),
        (b'{"client_secret": "%s"}\n', 2),
        (b"<password>%s</password>\n", 2),
        (b"the token ghp_%s\n", 2),
        (b'password: "correct horse %s battery"\n', 2),
        (b"x" * 9000 + b",DB_PASSWORD=%s\n", 2),
        (b"postgres://user:%s@db.example/x\n", 2),
        (b'{"name": "DB_PASSWORD", "value": "%s"}\n', 2),
        (b'{"m": "{\\"password\\": \\"%s\\"}"}\n', 2),
        (b'{"log":"url=postgres://u:%s@h/x done"}\n', 2),
    ],
)
def test_a_slow_drip_of_a_new_secret(sight: Sight, text: bytes, shown: int) -> None:
    secret = random_secret(3, 36)
    made = dripped(Live(sight), text % secret)
    assert longest_shared(made, secret) <= shown + 3, made
    assert len(list(sight.redactor.vault.entries())) <= 2, "parts of it were taken for secrets of their own"


def test_a_long_word_waits_for_a_while(sight: Sight) -> None:
    live = Live(sight)
    word = base64.b64encode(random.Random(1).randbytes(30))
    assert live.feed(b"see " + word) + live.flush() == b"see "
    flushes = 0
    made = b""
    while not made:
        assert live.waiting
        made = live.flush()
        flushes += 1
    assert (made, flushes) == (word, PATIENCE)


def test_a_private_key_waits_for_its_end(sight: Sight, vault: Vault) -> None:
    body = b"".join(base64.b64encode(random.Random(seed).randbytes(48)) + b"\n" for seed in range(10))
    key = b"-----BEGIN RSA PRIVATE KEY-----\n" + body + b"-----END RSA PRIVATE KEY-----\n"
    live = Live(sight)
    made = b""
    for line in (b"here:\n" + key + b"$ ").splitlines(keepends=True):
        made += live.feed(line) + live.flush()
    assert made.startswith(b"here:\n")
    assert made.endswith(b"-----END RSA PRIVATE KEY-----\n$ ")
    assert not any(line in made for line in body.splitlines())


LINES = b"".join(b"%d some words of a log, and more of them\n" % number for number in range(900))
LOG = LINES + b"DB_PASSWORD=" + NEW + b"\n" + LINES + b"x" * 40_000 + b" " + KNOWN + b" " + b"y" * 20_000 + KNOWN + b"\n" + LINES


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, len(LOG)), max_size=25))
def test_every_chunking_gives_the_same(cuts: list[int]) -> None:
    results = []
    for pieces in ([LOG], cut(LOG, cuts)):
        sight = make_sight()
        placeholder = known(sight)
        live = Live(sight)
        made = b"".join(live.feed(piece) for piece in pieces) + live.finish()
        new = [entry for entry in sight.redactor.vault.entries() if entry.secret == NEW]
        results.append(made.replace(placeholder, b"<known>").replace(new[0].placeholder, b"<new>"))
    assert results[0] == results[1]
    assert results[0].count(b"<known>") == 2
    assert b"DB_PASSWORD=<new>\n" in results[0]


TEXT = (
    b"$ env\nUSER=web\nvalue "
    + KNOWN
    + b" and "
    + base64.b64encode(b"x" + KNOWN)
    + b"\nDB_PASSWORD="
    + NEW
    + b"\n{'a': '"
    + KNOWN
    + b"'}\n$ "
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, len(TEXT)), max_size=40), st.lists(st.booleans(), min_size=41, max_size=41))
def test_no_pause_lets_a_secret_through(cuts: list[int], pauses: list[bool]) -> None:
    sight = make_sight()
    placeholder = known(sight)
    live = Live(sight)
    made = b""
    for piece, pause in zip(cut(TEXT, cuts), pauses, strict=False):
        made += live.feed(piece) + (live.flush() if pause else b"")
    made += live.finish()
    assert longest_shared(made, KNOWN) <= LEAK + 2
    assert longest_shared(made, base64.b64encode(b"x" + KNOWN)[6:-6]) <= LEAK + 2
    assert longest_shared(made, NEW) <= LEAK + 2  # a placeholder has some of its characters by chance
    assert made.count(placeholder) >= 2
    assert made.startswith(b"$ env\nUSER=web\nvalue ")
    assert made.endswith(b"'}\n$ ")


def archive(*files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for number, content in enumerate(files):
            info = tarfile.TarInfo(f"file{number}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize("size", [1, 511, 4096, 70_000])
def test_an_archive_passes_as_it_is(sight: Sight, size: int) -> None:
    known(sight)
    tar = archive(b"DB_PASSWORD=" + NEW + b"\n", random.Random(1).randbytes(50_000), b"z" * 100)
    live = Live(sight)
    made = b""
    for at in range(0, len(tar) if size > 1 else 3000, size):
        made += live.feed(tar[at : at + size])
    assert size == 1 or made + live.finish() == tar


@pytest.mark.parametrize("size", [512, 700, 4096])
def test_an_archive_with_a_known_secret_ends_before_it(sight: Sight, size: int) -> None:
    known(sight)
    tar = archive(b"a" * 3000, b"the value: " + KNOWN + b"\n", b"z" * 50_000)
    live = Live(sight)
    made: list[bytes] = []
    with pytest.raises(BlockedError):
        fed(made, [tar[at : at + size] for at in range(0, len(tar), size)], live.feed, lambda _: live.flush())
    assert longest_shared(b"".join(made), KNOWN) <= LEAK + 1


def test_zeros_and_noise_pass(sight: Sight) -> None:
    known(sight)
    for data in (bytes(300_000), random.Random(5).randbytes(300_000)):
        live = Live(sight)
        made = b"".join(live.feed(data[at : at + 5000]) for at in range(0, len(data), 5000))
        assert made + live.finish() == data


def test_what_waits_is_bounded(sight: Sight) -> None:
    live = Live(sight)
    for _ in range(200):
        live.feed(b"x" * 1000)
        assert len(live._text) <= 3 * WINDOW


def test_a_window_does_not_end_within_a_value(sight: Sight) -> None:
    """Minified JSON has no lines, and a value may have the commas and spaces that a window would end at."""
    value = b"first, second " + NEW
    for front in range(WINDOW - 60, WINDOW + 10, 4):
        live = Live(sight)
        made = live.feed(b'{"a":"' + b"z" * front + b'","db_password":"' + value + b'","b":"' + b"z" * WINDOW + b'"}') + live.finish()
        assert b"second" not in made, front
        assert b"first" not in made, front


def test_a_token_that_has_ended_does_not_wait(sight: Sight) -> None:
    """A document without a line end at its end, in which a token is."""
    text = b'{"kid":"eyJhbGciOiJub25lIn0","n":1}'
    live = Live(sight)
    assert live.feed(text) + live.flush() == text


def test_what_says_that_it_is_an_archive_and_is_none(sight: Sight) -> None:
    head = bytearray(archive(b"x")[:512])
    head[0] = ord("X")  # its sum is wrong now
    live = Live(sight)
    made = live.feed(bytes(head) + b"\nDB_PASSWORD=" + NEW + b"\n") + live.finish()
    assert NEW not in made


COLOURED = (
    b"\x1b[01;31m\x1b[KDB_PASSWORD\x1b[m\x1b[K=" + NEW + b"\r\n\x1b[0m$ ",
    b"DB_PASSWORD=\x1b[32m" + NEW + b"\x1b[0m\r\n$ ",
    b"\x1b]0;title\x07\x1b[1mDB_\x1b[1mPASSWORD=" + NEW[:9] + b"\x1b[K" + NEW[9:] + b"\r\n$ ",
)


@pytest.mark.parametrize("text", COLOURED)
@pytest.mark.parametrize("slowly", [False, True])
def test_colours_hide_nothing(sight: Sight, text: bytes, slowly: bool) -> None:
    if slowly:
        made = dripped(Live(sight), text)
    else:
        live = Live(sight)
        made = live.feed(text) + live.flush()
    assert made.startswith(text[:10])
    assert made.endswith(b"\r\n" + text.rpartition(b"\r\n")[2])
    assert longest_shared(made, NEW) <= LEAK + 2


def test_a_known_secret_in_colours(sight: Sight) -> None:
    placeholder = known(sight)
    live = Live(sight)
    text = b"\x1b[1mvalue \x1b[31m" + KNOWN[:7] + b"\x1b[32m" + KNOWN[7:] + b"\x1b[0m!\r\n$ "
    assert live.feed(text) + live.flush() == b"\x1b[1mvalue \x1b[31m" + placeholder + b"\x1b[0m!\r\n$ "


def test_a_sequence_is_not_cut(sight: Sight) -> None:
    live = Live(sight)
    assert live.feed(b"\x1b[31mred\x1b[0") + live.flush() == b"\x1b[31mred"
    assert live.feed(b"m$ ") + live.flush() == b"\x1b[0m$ "
    assert live.feed(b"end\x1b") + live.finish() == b"end\x1b"
