"""The vault: every secret found in every encoding, no guess confirmed, and thousands of them without a wait."""

from __future__ import annotations

import base64
import html
import json
import secrets
import time
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from warden.errors import CredentialError
from warden.redact import vault as subject
from warden.redact.index import TIERS, Index
from warden.redact.vault import Binding, Vault, VaultFullError, is_strong

#: Text that is a secret nobody guesses: long, and of more than one kind of characters.
STRONG = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=12, max_size=60).filter(
    lambda text: is_strong(text.encode())
)
#: What may stand around it. Letters that could make another match longer are no harm: nothing else is in the vault.
AROUND = st.binary(max_size=40)


@given(STRONG, AROUND, AROUND, st.integers(0, 2))
@settings(max_examples=300, deadline=None)
def test_every_encoding_inside_arbitrary_bytes_is_found(secret: str, before: bytes, after: bytes, shift: int) -> None:
    vault = Vault()
    entry = vault.admit(secret.encode())
    raw = secret.encode()
    forms = [
        raw,
        base64.b64encode(before + raw + after),
        base64.b64encode(bytes(shift) + raw),
        base64.urlsafe_b64encode(before + raw + after),
        raw.hex().encode(),
        raw.hex().upper().encode(),
        json.dumps(secret).encode(),
        json.dumps(secret, ensure_ascii=False).encode(),
        json.dumps(json.dumps({"a": secret})).encode(),
        html.escape(secret).encode().replace(b"&#x27;", b"&#39;"),
        quote(secret, safe="").encode(),
        secret.encode("utf-16-le"),
        secret.encode("utf-16-be"),
    ]
    for form in forms:
        seen = vault.secrets_in(before + form + after)
        assert entry in [one.entry for one in seen], form
    # And what stands around it is left alone.
    (only,) = vault.secrets_in(b"{" + raw + b"}")
    assert (only.start, only.end, only.encoding) == (1, 1 + len(raw), "raw")


@given(st.binary(min_size=0, max_size=200))
@settings(max_examples=100, deadline=None)
def test_nothing_is_found_where_nothing_is(data: bytes) -> None:
    vault = Vault()
    vault.admit(secrets.token_urlsafe(32).encode())
    assert vault.secrets_in(data) == vault.placeholders_in(data) == []


@given(STRONG, AROUND, AROUND)
@settings(max_examples=100, deadline=None)
def test_placeholders_are_found_in_every_encoding(secret: str, before: bytes, after: bytes) -> None:
    vault = Vault()
    entry = vault.admit(secret.encode())
    made = entry.placeholder
    for form in (made, base64.b64encode(before + made + after), made.hex().encode(), made.decode().encode("utf-16-le")):
        assert [one.entry for one in vault.placeholders_in(before + b" " + form + b" " + after)] == [entry]


def test_a_secret_has_one_placeholder_and_a_placeholder_none() -> None:
    vault = Vault()
    secret = secrets.token_urlsafe(30).encode()
    entry = vault.admit(secret, place="here")
    assert vault.admit(secret, place="there") is entry
    assert vault.entry_of(entry.placeholder) is entry
    # Read back from where an agent wrote it, it is what it was, and may go nowhere else for that.
    assert vault.admit(entry.placeholder, binding=Binding(("evil.example",), ("body",))) is entry
    assert entry.bindings == []


@pytest.mark.parametrize("guess", [b"hunter2", b"12345678901", b"aaaaaaaaaaaaaaaaaaaa", b"Summer24", b"changeme"])
def test_a_guessable_secret_has_a_placeholder_for_each_place_and_confirms_nothing(guess: bytes) -> None:
    vault = Vault()
    real = vault.admit(guess, place="GET db.example /password")
    mine = vault.admit(guess, place="GET db.example /written-by-the-agent")
    assert real.placeholder != mine.placeholder
    # In an answer of anybody's it is not looked for: that it became a placeholder would say that the guess was right.
    assert vault.secrets_in(b"is it " + guess + b"?", "echo.example") == []
    vault.sent(real, "db.example")
    assert [one.entry for one in vault.secrets_in(guess, "db.example")] == [real]
    assert vault.secrets_in(guess, "echo.example") == []


def test_what_overlaps_leaves_no_end_behind() -> None:
    vault = Vault()
    first, second = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    one = vault.admit(f"{first}MIDDLE".encode())
    two = vault.admit(f"MIDDLE{second}".encode())
    text = f"{first}MIDDLE{second}".encode()
    seen = vault.secrets_in(text)
    assert [(each.start, each.end, each.entry) for each in seen] == [(0, len(first) + 6, one), (len(first) + 6, len(text), two)]


def test_a_guessable_secret_hides_no_strong_one_behind_it() -> None:
    vault = Vault()
    vault.sent(vault.admit(b"user-name", place="x"), "elsewhere.example")
    strong = vault.admit(b"name-" + secrets.token_urlsafe(30).encode())
    (seen,) = vault.secrets_in(b"user-" + strong.secret, "here.example")
    assert seen.entry is strong


def test_a_stand_in_stands_for_one_secret() -> None:
    vault = Vault()
    vault.admit(secrets.token_bytes(30), stand_in=b"dummy-of-a-broker-1234")
    with pytest.raises(ValueError, match="one secret"):
        vault.admit(secrets.token_bytes(30), stand_in=b"dummy-of-a-broker-1234")


def test_a_full_vault_takes_nothing_more_and_forgets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "CAPACITY", 3)
    vault = Vault()
    known = [vault.admit(secrets.token_urlsafe(30).encode()) for _ in range(3)]
    with pytest.raises(VaultFullError):
        vault.admit(secrets.token_urlsafe(30).encode())
    assert vault.admit(known[0].secret) is known[0]
    assert all(vault.secrets_in(entry.secret) for entry in known)


def test_a_reserved_secret_is_fetched_when_it_is_needed_and_known_from_then_on() -> None:
    vault = Vault()
    answers = [secrets.token_urlsafe(30).encode(), secrets.token_urlsafe(30).encode()]
    asked = []

    def resolve() -> bytes:
        asked.append(1)
        return answers[min(len(asked), 2) - 1]

    entry = vault.reserve(b"wrdnstandin23456", Binding(("h",), ("bearer",)), resolve)
    assert asked == []
    assert vault.secrets_in(answers[0]) == []
    assert [vault.secret_of(entry), vault.secret_of(entry)] == answers
    assert [one.entry for one in vault.secrets_in(answers[0] + b" " + answers[1])] == [entry, entry]
    assert vault.admit(answers[1]) is entry

    def fails() -> bytes:
        raise CredentialError("no-credentials", "There is none.")

    other = vault.reserve(b"wrdnstandin65432", Binding(("h",), ("bearer",)), fails)
    with pytest.raises(CredentialError):
        vault.secret_of(other)


def test_a_binary_secret_and_a_very_long_one_are_found() -> None:
    vault = Vault()
    binary, long = secrets.token_bytes(64), secrets.token_urlsafe(9000).encode()
    entries = [vault.admit(binary), vault.admit(long)]
    assert [one.entry for one in vault.secrets_in(b"x" + binary + b"y" + long + b"z")] == entries
    assert [one.entry for one in vault.secrets_in(base64.b64encode(binary))] == entries[:1]
    (whole,) = vault.secrets_in(b"x" + long + b"y")
    assert whole.end - whole.start == len(long)
    # A piece of its beginning, as a log line that was cut would have it.
    assert [one.encoding for one in vault.secrets_in(long[:100])] == ["part"]


def test_its_repr_tells_nothing() -> None:
    vault = Vault()
    entry = vault.admit(b"kept-out-of-logs-1234567")
    assert "kept" not in repr(vault) + repr(entry)


def test_forms_move_through_the_tiers_and_stay_found() -> None:
    index: Index[int] = Index()
    forms = [b"%08d-%s" % (number, secrets.token_hex(8).encode()) for number in range(TIERS[1] + 2 * TIERS[0])]
    for number, form in enumerate(forms):
        index.add(form, number)
        if number % 997 == 0:
            assert index.find(b"." + form + b".") == [(1, 1 + len(form), number)]
    assert len(index) == len(forms)
    text = b" ".join(forms)
    assert sorted(owner for _, _, owner in index.find(text)) == list(range(len(forms)))


def test_forms_with_the_same_middle_and_short_ones_are_told_apart() -> None:
    index: Index[str] = Index()
    index.add(b"AAAA-the-same-middle-AAAA", "a")
    index.add(b"BBBB-the-same-middle-BBBB", "b")
    index.add(b"abc", "short")
    assert index.find(b"BBBB-the-same-middle-BBBB") == [(0, 25, "b")]
    assert index.find(b"AAAA-the-same-middle-BBBB") == []
    assert index.find(b"xabc") == [(1, 4, "short")]


def test_many_secrets_one_after_the_other_take_no_time_each() -> None:
    vault = Vault()
    started = time.process_time()
    for _ in range(3000):
        entry = vault.admit(secrets.token_urlsafe(30).encode())
        assert vault.secrets_in(entry.secret)
    # 10 ms each would be 30 s; one automaton built anew for each takes minutes.
    assert time.process_time() - started < 30


def test_many_private_keys_take_no_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """The placeholder of a key is a key, which takes time to make: a file of a thousand would hold the session up."""
    monkeypatch.setattr(subject, "KEYS", 2)
    kept = Vault()
    made = [kept.admit(_pem().encode()).placeholder for _ in range(4)]
    assert all(one.startswith(b"-----BEGIN PRIVATE KEY-----") for one in made)
    assert len(set(made)) == 4
    for one, whole in zip(made, (True, True, False, False), strict=True):
        try:
            serialization.load_pem_private_key(one, None)
        except ValueError:
            assert not whole
        else:
            assert whole


def _pem() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def test_a_dump_of_a_secret_in_hexadecimal_shows_it_not() -> None:
    kept = Vault()
    entry = kept.admit(b"s3cr3t-" + secrets.token_hex(12).encode())
    for dump in (entry.secret.hex(" "), entry.secret.hex(" ").upper()):
        assert [seen.entry for seen in kept.secrets_in(f"0000 {dump} 00".encode())] == [entry]
