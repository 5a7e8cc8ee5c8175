"""WebSocket messages of a service's own: texts are redacted, other bytes pass or end the connection."""

from __future__ import annotations

import json

import pytest

from tests.unit.redact.streams.conftest import HOST, cut, random_secret
from tests.unit.redact.streams.test_websocket import raw, read
from warden.answers import detectors
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, Verb
from warden.redact import outgoing
from warden.redact.redactor import BlockedError
from warden.redact.streams.look import Sight
from warden.redact.streams.messages import Messages
from warden.redact.streams.outward import MESSAGE, Outward
from warden.redact.streams.websocket import BINARY, CLOSE, CONTINUATION, PING, TEXT, frame
from warden.redact.vault import Binding, Vault

KNOWN, NEW = random_secret(31), random_secret(32)
MASK = b"mask"


@pytest.fixture
def messages(sight: Sight, outward: Outward) -> Messages:
    return Messages(sight, outward)


def test_json_is_redacted_whole_however_it_is_framed(messages: Messages, vault: Vault) -> None:
    body = json.dumps({"user": "web", "db_password": NEW.decode()}).encode()
    stream = raw(TEXT, body[:20], fin=False) + raw(PING, b"") + raw(CONTINUATION, b"", fin=False) + raw(CONTINUATION, body[20:])
    made = b"".join(messages.from_server(piece) for piece in cut(stream, list(range(0, 200, 7))))
    placeholder = next(iter(vault.entries())).placeholder.decode()
    assert read([made]) == [(PING, b""), (TEXT, json.dumps({"user": "web", "db_password": placeholder}).encode())]


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_terminal_in_many_messages(messages: Messages, vault: Vault, opcode: int) -> None:
    pieces = [b"$ env\r\n", b"DB_PASS", b"WORD=", NEW[:3], NEW[3:] + b"\r\n", b"$ "]
    made = b"".join(payload for _, payload in read([messages.from_server(frame(opcode, piece)) for piece in pieces]))
    assert made.startswith(b"$ env\r\nDB_PASSWORD=")
    assert NEW[3:] not in made


def test_a_known_secret_across_messages_that_are_json(messages: Messages, vault: Vault) -> None:
    secret = b'{"a":1}{"b":' + b"22222222}"  # itself two documents
    vault.admit(secret)
    with pytest.raises(BlockedError, match="another"):
        messages.from_server(frame(TEXT, secret[:7]) + frame(TEXT, secret[7:]))


@pytest.mark.parametrize("payload", [b"\x00\x01\x02\xff" + KNOWN, b"\x08\x96\x01\x00\x00db_password=" + NEW])
def test_bytes_with_a_secret_end_it(messages: Messages, vault: Vault, payload: bytes) -> None:
    vault.admit(KNOWN)
    with pytest.raises(BlockedError, match="no text"):
        messages.from_server(frame(BINARY, payload))


def test_bytes_with_a_secret_in_two_messages_end_it(messages: Messages, vault: Vault) -> None:
    vault.admit(KNOWN)
    with pytest.raises(BlockedError):
        messages.from_server(frame(BINARY, b"\x00\x01" * 20 + KNOWN[:9]) + frame(BINARY, KNOWN[9:] + b"\x00\x01" * 20))


def test_bytes_without_pass(messages: Messages) -> None:
    stream = frame(BINARY, b"\x08\x96\x01\x00\x00\x1a\x02hi") + frame(BINARY, b"") + frame(TEXT, b"") + frame(CLOSE, b"\x03\xe8")
    assert messages.from_server(stream) == stream


def test_a_message_is_bounded(messages: Messages) -> None:
    with pytest.raises(BlockedError, match="8 MiB"):
        messages.from_server(raw(TEXT, b"x" * (MESSAGE - 5), fin=False) + raw(CONTINUATION, b"x" * 6, fin=False))


def test_empty_fragments_take_no_room(messages: Messages) -> None:
    stream = raw(TEXT, b"", fin=False) + raw(CONTINUATION, b"", fin=False) * 50_000 + raw(CONTINUATION, b"end")
    assert messages.from_server(stream) == frame(TEXT, b"end")


def test_what_came_before_is_shown(messages: Messages) -> None:
    with pytest.raises(BlockedError):
        messages.from_server(frame(TEXT, b"fine") + b"\xf1\x00")
    assert read([messages.farewell(b"", "why")]) == [(TEXT, b"fine"), (CLOSE, b"\x03\xf0why")]


class TestWatches:
    """A watch of Secrets over WebSocket is as secret as one over HTTP."""

    @pytest.fixture
    def watch(self, sight: Sight, outward: Outward) -> Messages:
        _, schema = detectors()
        sight.declared = schema.paths((Action("kubernetes", "secrets:watch", Verb.LIST),))
        assert sight.declared is not None
        return Messages(sight, outward)

    @pytest.mark.parametrize("opcode", [TEXT, BINARY])
    def test_events(self, watch: Messages, opcode: int) -> None:
        secret = {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "a"}, "data": {"colour": "Ymx1ZQ=="}}
        (message,) = read([watch.from_server(frame(opcode, json.dumps({"type": "ADDED", "object": secret}).encode()))])
        assert b"Ymx1ZQ==" not in message[1]
        assert json.loads(message[1])["object"]["metadata"] == {"name": "a"}

    @pytest.mark.parametrize("payload", [b"k8s\x00\x0a\x10\x0a\x02v1\x12\x06Secret", b"not json"])
    def test_what_cannot_be_read(self, watch: Messages, payload: bytes) -> None:
        with pytest.raises(BlockedError):
            watch.from_server(frame(BINARY, payload))


class TestClient:
    def make(self, vault: Vault, host: str, sight: Sight) -> Messages:
        request = HttpRequest("GET", "https", host, 443, "/socket", (), b"", 0)
        return Messages(sight, Outward(outgoing.filling(request, vault)))

    def test_it_passes_as_it_is(self, messages: Messages, vault: Vault) -> None:
        vault.admit(KNOWN)
        stream = raw(TEXT, b'{"a"', fin=False, mask=MASK) + raw(CONTINUATION, b": 1}", mask=MASK) + raw(PING, b"", mask=MASK)
        assert b"".join(messages.from_client(piece) for piece in cut(stream, [1, 3, 11, 20])) == stream

    def test_a_placeholder_ends_it(self, messages: Messages, vault: Vault) -> None:
        placeholder = vault.admit(KNOWN, binding=Binding(("other.test",), ("body",))).placeholder
        with pytest.raises(CredentialError, match="where that secret may not go"):
            messages.from_client(frame(TEXT, placeholder[:9], MASK) + frame(TEXT, placeholder[9:], MASK))

    @pytest.mark.parametrize("text", [b"key %s!", b'{"a": {"key": "%s"}}'])
    def test_where_it_is_bound_it_is_the_secret(self, vault: Vault, sight: Sight, text: bytes) -> None:
        placeholder = vault.admit(KNOWN, binding=Binding((HOST,), ("body",))).placeholder
        messages = self.make(vault, HOST, sight)
        body = text % placeholder
        stream = raw(TEXT, body[:9], fin=False, mask=MASK) + raw(PING, b"p", mask=MASK) + raw(CONTINUATION, body[9:], mask=MASK)
        made = read([messages.from_client(piece) for piece in cut(stream, [2, 5, 20])], client=True)
        assert made == [(PING, b"p"), (TEXT, text % KNOWN)]

    def test_only_in_the_member_it_is_bound_to(self, vault: Vault, sight: Sight) -> None:
        placeholder = vault.admit(KNOWN, binding=Binding((HOST,), ("json:auth.key",))).placeholder.decode()
        messages = self.make(vault, HOST, sight)
        made = read([messages.from_client(frame(TEXT, json.dumps({"auth": {"key": placeholder}}).encode(), MASK))], client=True)
        assert json.loads(made[0][1]) == {"auth": {"key": KNOWN.decode()}}
        with pytest.raises(CredentialError):
            messages.from_client(frame(TEXT, json.dumps({"echo": placeholder}).encode(), MASK))

    def test_not_in_bytes(self, vault: Vault, sight: Sight) -> None:
        placeholder = vault.admit(KNOWN, binding=Binding((HOST,), ("body",))).placeholder
        with pytest.raises(CredentialError):
            self.make(vault, HOST, sight).from_client(frame(BINARY, b"\x00" + placeholder, MASK))

    def test_a_transcript_may_quote_it(self, vault: Vault, sight: Sight) -> None:
        placeholder = vault.admit(KNOWN).placeholder
        stream = frame(TEXT, b'{"text": "' + placeholder + b'"}', MASK)
        assert self.make(vault, "api.openai.com", sight).from_client(stream) == stream
