"""Signed chunks: those of AWS's own examples come out, however the body comes in pieces; what was changed is not sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib
from collections.abc import Sequence
from dataclasses import replace

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from warden.config import AwsCredentialsConfig
from warden.credentials import chunks
from warden.credentials.aws import AwsBroker
from warden.credentials.chunks import CHUNKS, CHUNKS_AND_TRAILER, Chunks, Signer
from warden.credentials.dummies import KeyPair, dummy
from warden.credentials.sigv4 import Signature, read_signature
from warden.errors import CredentialError
from warden.model import Action, BodyRewriter, HttpRequest, Verb

# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html: AWS's example keys, and what they sign.
EXAMPLE = KeyPair("AKIAIOSFODNN7" + "EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY")
TIME, SCOPE = "20130524T000000Z", Signature("X", "20130524", "us-east-1", "s3", ("host",), "")
DATA = [b"a" * 65536, b"a" * 1024, b""]
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
SIGNED = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
]
SEED_TRAILER = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
SIGNED_TRAILER = [
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
]
TRAILER = b"x-amz-checksum-crc32c:sOO8/Q=="


def signed(key: KeyPair, seed: str, data: Sequence[bytes], trailer: bytes = b"", time: str = TIME, scope: Signature = SCOPE) -> bytes:
    """The body as a client makes it, by AWS's description of it: its own way to the signatures, not the product's."""
    where, derived, last, out = f"{scope.date}/{scope.region}/{scope.service}/aws4_request", b"AWS4" + key.secret_key.encode(), seed, b""
    for part in where.split("/"):
        derived = hmac.new(derived, part.encode(), hashlib.sha256).digest()
    for piece in data:
        text = "\n".join(
            ["AWS4-HMAC-SHA256-PAYLOAD", time, where, last, hashlib.sha256(b"").hexdigest(), hashlib.sha256(piece).hexdigest()]
        )
        last = hmac.new(derived, text.encode(), hashlib.sha256).hexdigest()
        out += f"{len(piece):x};chunk-signature={last}\r\n".encode() + piece + (b"\r\n" if piece else b"")
    if trailer:
        text = "\n".join(["AWS4-HMAC-SHA256-TRAILER", time, where, last, hashlib.sha256(trailer + b"\n").hexdigest()])
        last = hmac.new(derived, text.encode(), hashlib.sha256).hexdigest()
        out += trailer + b"\r\nx-amz-trailer-signature:" + last.encode() + b"\r\n"
    return out + b"\r\n"


DUMMY = dummy()


def rewriter(*, trailer: bool = False) -> Chunks:
    return Chunks(SCOPE, TIME, Signer(DUMMY, "0" * 64), Signer(EXAMPLE, SEED_TRAILER if trailer else SEED), trailer=trailer)


def passed(one: BodyRewriter, body: bytes, pieces: Sequence[int]) -> bytes:
    out, at = b"", 0
    for size in pieces:
        out += one.feed(body[at : at + size])
        at += size
    return out + one.feed(body[at:]) + one.end()


def test_the_reference_is_aws_s_own() -> None:
    """The test's client makes what the documentation prints."""
    for number in SIGNED:
        assert number.encode() in signed(EXAMPLE, SEED, DATA)
    for number in SIGNED_TRAILER:
        assert number.encode() in signed(EXAMPLE, SEED_TRAILER, DATA, TRAILER)


@given(st.lists(st.integers(0, 70_000), max_size=12) | st.lists(st.integers(0, 40), max_size=60))
@settings(max_examples=60, deadline=None)
def test_aws_s_examples_come_out_however_the_body_comes_in(pieces: list[int]) -> None:
    for trailer, seed in ((b"", SEED), (TRAILER, SEED_TRAILER)):
        body = signed(DUMMY, "0" * 64, DATA, trailer)
        out = passed(rewriter(trailer=bool(trailer)), body, pieces)
        assert out == signed(EXAMPLE, seed, DATA, trailer)
        assert len(out) == len(body)


def test_byte_by_byte_nothing_is_sent_before_it_is_proven() -> None:
    body, one, out = signed(DUMMY, "0" * 64, [b"first", b"second", b""]), rewriter(), b""
    for index in range(len(body)):
        out += one.feed(body[index : index + 1])
        if b"first\r\n" not in body[: index + 1]:
            assert out == b""
    assert out + one.end() == signed(EXAMPLE, SEED, [b"first", b"second", b""])


def test_an_empty_object() -> None:
    assert passed(rewriter(), signed(DUMMY, "0" * 64, [b""]), []) == signed(EXAMPLE, SEED, [b""])


BODY = signed(DUMMY, "0" * 64, [b"first", b"second", b""])
WITH_TRAILER = signed(DUMMY, "0" * 64, [b"first", b""], TRAILER)


@pytest.mark.parametrize(
    ("body", "trailer"),
    [
        (BODY.replace(b"first", b"other"), False),
        (BODY.replace(b"5;", b"05;", 1).replace(b"chunk-signature=", b"Chunk-Signature=", 1), False),
        (BODY.replace(b"6;", b"5;"), False),
        (BODY.replace(b"6;", b"7;"), False),
        (BODY[: BODY.index(b"6;")] + BODY[BODY.index(b"0;chunk") :], False),  # a chunk left out
        (BODY[: BODY.index(b"6;")] * 2 + BODY[BODY.index(b"6;") :], False),  # and one sent twice
        (BODY[:-2], False),
        (BODY[:-2] + b"\n\n", False),
        (BODY + b"x", False),
        (BODY + BODY, False),
        (BODY[: BODY.index(b"0;chunk")], False),
        (b"", False),
        (b"5\r\nfirst\r\n", False),
        (b"x" * 1000, False),
        (f"{chunks.LARGEST + 1:x};chunk-signature={'0' * 64}\r\n".encode(), False),
        (signed(EXAMPLE, "0" * 64, [b"first", b""]), False),
        (signed(DUMMY, SEED, [b"first", b""]), False),
        (BODY, True),
        (WITH_TRAILER, False),
        (WITH_TRAILER.replace(b"sOO8", b"sOO9"), True),
        (WITH_TRAILER.replace(b"crc32c:", b"crc32:"), True),
        (WITH_TRAILER.replace(b"x-amz-checksum", b"X-Other:1\r\nx-amz-checksum"), True),
        (WITH_TRAILER.replace(TRAILER, TRAILER + b"\r\n" + TRAILER), True),
        (WITH_TRAILER.replace(TRAILER, b"no colon"), True),
        (WITH_TRAILER[: WITH_TRAILER.index(b"x-amz-trailer")] + b"\r\n", True),
        (WITH_TRAILER + b"x" * 5000, True),
    ],
)
def test_what_was_changed_is_refused(body: bytes, trailer: bool) -> None:
    for pieces in ([], [1] * len(body[:600])):
        with pytest.raises(CredentialError) as caught:
            passed(rewriter(trailer=trailer), body, pieces)
        assert caught.value.code == "chunk-signatures"


# --- in the broker -------------------------------------------------------------------------------------------------------------

AWS = (Action("aws", "s3:PutObject", Verb.CREATE),)
REAL = KeyPair("ASIA" + dummy().access_key[4:], dummy().secret_key, "token" * 40)


@pytest.mark.parametrize("trailer", [b"", b"x-amz-checksum-crc32:" + base64.b64encode(zlib.crc32(b"firstsecond").to_bytes(4))])
def test_an_upload_in_chunks(trailer: bytes) -> None:
    config = AwsCredentialsConfig(access_key_id=REAL.access_key, secret_access_key=REAL.secret_key, session_token=str(REAL.token))
    broker = AwsBroker(config, {}, "/nonexistent")
    keys = KeyPair(broker.environment()["AWS_ACCESS_KEY_ID"], broker.environment()["AWS_SECRET_ACCESS_KEY"])
    stated = CHUNKS_AND_TRAILER if trailer else CHUNKS
    headers = {"X-Amz-Content-SHA256": stated, "X-Amz-Decoded-Content-Length": "11", "Content-Encoding": "aws-chunked"}
    request = AWSRequest("PUT", "https://b.s3.amazonaws.com/k", headers)
    SigV4Auth(keys, "s3", "us-east-1").add_auth(request)
    head = HttpRequest("PUT", "https", "b.s3.amazonaws.com", 443, "/k", tuple(request.headers.items()), None)
    scope = read_signature(request.headers["Authorization"])
    data, time = [b"first", b"second", b""], request.headers["X-Amz-Date"]
    body = signed(keys, scope.value, data, trailer, time, scope)
    assert not broker.needs_body(head)
    out = broker.authorize(replace(head, body_length=len(body)), AWS)
    seed = read_signature(str(out.header("authorization"))).value
    expected = signed(REAL, seed, data, trailer, time, scope)
    assert out.body is None
    assert out.rewrite is not None
    assert passed(out.rewrite(), body, [7, 100]) == expected
    assert passed(out.rewrite(), body, []) == expected  # each call starts anew
    whole = broker.authorize(head.with_body(body), AWS)
    assert (whole.body, whole.rewrite) == (expected, None)
    with pytest.raises(CredentialError, match="does not match its chunk"):
        broker.authorize(head.with_body(body.replace(b"first", b"other")), AWS)
    with pytest.raises(CredentialError, match="last chunk is missing"):
        broker.authorize(head.with_body(b""), AWS)
