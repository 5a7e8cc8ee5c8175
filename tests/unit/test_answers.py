"""What comes back, for one session: what of the request decides how its response is gone through."""

from __future__ import annotations

import base64
import json
import secrets

import pytest

from warden.answers import Answers
from warden.model import Action, HttpRequest, Verb
from warden.redact.answer import Mode
from warden.redact.redactor import BlockedError

SECRET = "gh" + "p_" + secrets.token_hex(18)


def asked(target: str, host: str = "api.example") -> HttpRequest:
    return HttpRequest("GET", "https", host, 443, target)


def test_git_counts_its_bytes_and_they_stay() -> None:
    body = f"003f{'0' * 40} refs/heads/password={SECRET}\n".encode()
    fields = (("Content-Type", "application/x-git-upload-pack-advertisement"),)
    answer = Answers().answer(asked("/a.git/info/refs"), (Action("http", "git:fetch", Verb.READ),), 200, fields)
    assert answer.mode is Mode.STREAM
    assert answer.feed(body) + answer.finish() == body
    # Who only says that it is git is looked through.
    other = Answers().answer(asked("/a"), (Action("http", "GET", Verb.READ),), 200, fields)
    assert SECRET.encode() not in other.whole(body)


def test_a_known_secret_does_not_pass_in_git_either() -> None:
    answers = Answers()
    answers.answer(asked("/a"), (), 200, (("Content-Type", "text/plain"), ("Content-Length", "60"))).whole(f"token={SECRET}".encode())
    fields = (("Content-Type", "application/x-git-upload-pack-result"),)
    answer = answers.answer(asked("/a.git/git-upload-pack"), (Action("http", "git:fetch", Verb.READ),), 200, fields)
    with pytest.raises(BlockedError):
        answer.feed(b"\x00PACK" + SECRET.encode())


def test_a_watch_goes_on_line_by_line() -> None:
    fields = (("Content-Type", "application/json"), ("Transfer-Encoding", "chunked"))
    answer = Answers().answer(asked("/api/v1/pods?watch=true"), (), 200, fields)
    assert answer.mode is Mode.STREAM
    assert answer.feed(b'{"type":"ADDED"}\n{"ty') == b'{"type":"ADDED"}\n'
    assert answer.feed(b'pe":"DELETED"}\n') == b'{"type":"DELETED"}\n'


def test_documents_a_line_each_are_seen_by_the_first() -> None:
    fields = (("Content-Type", "application/json"), ("Transfer-Encoding", "chunked"))
    events = Answers().answer(asked("/events"), (), 200, fields)
    assert (events.mode, events.flows(b'{"id":'), events.flows(b'{"id":1}\n')) == (Mode.WHOLE, False, True)
    pretty = Answers().answer(asked("/document"), (), 200, fields)
    assert not pretty.flows(b'{\n "id": 1\n}\n')
    assert not pretty.probing


def test_one_document_that_is_secret_by_its_api_is_whole_though_it_ends_its_line() -> None:
    """A list of Secrets as Go's servers send it: no length, one line, its end."""
    password = base64.b64encode(SECRET.encode()).decode()
    body = json.dumps({"kind": "SecretList", "items": [{"data": {"a": password}, "type": "Opaque"}]}).encode() + b"\n"
    fields = (("Content-Type", "application/json"), ("Transfer-Encoding", "chunked"))
    answer = Answers().answer(asked("/api/v1/secrets"), (Action("kubernetes", "secrets:list", Verb.LIST),), 200, fields)
    assert (answer.mode, answer.probing, answer.flows(body)) == (Mode.WHOLE, False, False)
    made = answer.whole(body)
    assert password.encode() not in made
    assert json.loads(made)["items"][0]["data"]["a"]


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304), ("GET", 101)])
def test_without_a_body_the_head_alone_is_looked_through(method: str, status: int) -> None:
    request = HttpRequest(method, "https", "api.example", 443, "/")
    answer = Answers().answer(request, (), status, (("Content-Length", "7"), ("X-Vault-Token", SECRET)))
    assert answer.mode is Mode.EMPTY
    assert answer.fields[0] == ("Content-Length", "7")
    assert SECRET not in answer.fields[1][1]


def test_secrets_that_a_binary_answer_declares_are_replaced_with_their_lengths() -> None:
    """AWS's rpc-v2-cbor: a map with one text, as botocore reads it."""
    secret = secrets.token_hex(30).encode()
    body = b"\xa1\x6cSecretString\x78" + bytes([len(secret)]) + secret
    fields = (("Content-Type", "application/cbor"), ("Content-Length", str(len(body))))
    reads = (Action("aws", "secretsmanager:GetSecretValue", Verb.READ),)
    made = Answers().answer(asked("/", "secretsmanager.us-east-1.amazonaws.com"), reads, 200, fields).whole(body)
    assert secret not in made
    assert made.startswith(b"\xa1\x6cSecretString\x78")
    assert made[15] == len(made) - 16


@pytest.mark.parametrize("content_type", ["application/vnd.kubernetes.protobuf", "application/octet-stream"])
def test_a_kubernetes_secret_in_a_form_that_is_not_read_does_not_pass(content_type: str) -> None:
    reads = (Action("kubernetes", "secrets:get", Verb.READ),)
    answer = Answers().answer(
        asked("/api/v1/namespaces/a/secrets/b"), reads, 200, (("Content-Type", content_type), ("Content-Length", "400"))
    )
    with pytest.raises(BlockedError):
        answer.whole(b"k8s\x00\x0a\x0c\x0a\x02v1\x12\x06Secret" + bytes(range(256)))
