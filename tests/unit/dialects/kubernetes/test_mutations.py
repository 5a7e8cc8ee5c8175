"""Whatever is sent: an Action, or a DecodeError. And nothing that a client can add to a deletion makes a read of it."""

from __future__ import annotations

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.dialects.kubernetes.test_expectations import ROWS, _read
from tests.unit.dialects.kubernetes.wire import DECODER, TYPES, request
from warden.errors import DecodeError
from warden.model import Action, Flag, HttpRequest, Ruling, Verb

_TEXT = st.text(alphabet=string.printable + "\x00\xff%é", max_size=20)
_SEGMENTS = st.sampled_from(
    ["api", "apis", "v1", "apps", "namespaces", "shop", "pods", "cart-0", "exec", "proxy", "watch", "status", "finalize", "secrets", "scale", "", ".",
     "..", "%2e%2e", "%2f", "%25", "nodes", "deployments", "*", "a;b", "a b", "é", "a%00"]
)  # fmt: skip
_TARGETS = st.builds(
    lambda parts, query: "/" + "/".join(parts) + query,
    st.lists(_SEGMENTS, max_size=9),
    st.sampled_from(["", "?watch=1", "?dryRun=All", "?fieldSelector=metadata.name%3Da", "?%zz", "?a;b", "?=&&"]),
)
_METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "PROPFIND"])
_KINDS = st.sampled_from([*TYPES, ""])
_BODIES = st.one_of(
    st.none(),
    st.binary(max_size=60),
    st.binary(max_size=60).map(lambda data: b"k8s\x00" + data),
    st.sampled_from([b"{}", b'{"dryRun":["All"]}', b"[]", b'[{"op":"remove","path":"/metadata"}]', b"a: b", b"null", b'"x"', b"\xa0"]),
)


def decoded(sent: HttpRequest) -> tuple[Action, ...]:
    try:
        DECODER.needs_body(sent)
        return DECODER.decode(sent)
    except DecodeError:
        return ()


@settings(max_examples=400, deadline=None)
@given(_METHODS, _TARGETS, _KINDS, _BODIES, st.lists(st.tuples(_TEXT, _TEXT), max_size=2))
def test_nothing_but_a_decode_error_escapes(
    method: str, target: str, kind: str, body: bytes | None, headers: list[tuple[str, str]]
) -> None:
    sent = request(method, target, body, *headers, kind=kind)
    actions = decoded(sent)
    assert all(action.resources and action.operation for action in actions)
    answer = DECODER.dialect(sent).deny(sent, Ruling("id", actions), "no.")
    assert answer.status == 403


_WRITES = [row for row in ROWS if _read(row)[6] not in ("read", "list", "unknown")]
_NEUTRAL = st.lists(
    st.sampled_from(
        ["watch=true", "watch=1", "fieldSelector=metadata.name%3Dx", "pretty=true", "limit=1", "resourceVersion=0", "timeout=1s", "dryRun=None",
         "method=GET", "verb=get", "_method=GET", "gracePeriodSeconds=0", "as=Table", "%64ryRun=none"]
    ),
    max_size=4,
)  # fmt: skip
_HEADERS = st.lists(
    st.sampled_from(
        [("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
         ("X-Original-URL", "/healthz"), ("X-Rewrite-URL", "/healthz"), ("X-Forwarded-Method", "GET"),
         ("Impersonate-User", "a"), ("X-Warden", "1"), ("Prefer", "dry-run")]
    ),
    max_size=3,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(_WRITES), _NEUTRAL, _HEADERS)
def test_no_query_and_no_header_makes_a_read_of_a_write(row: str, extra: list[str], headers: list[tuple[str, str]]) -> None:
    method, target, kind, body, header, operation, verb, flags = _read(row)
    joined = "&".join(extra)
    changed = target if not extra else f"{target}&{joined}" if "?" in target else f"{target}?{joined}"
    own = ((header[0], header[1]),) if header else ()
    actions = decoded(request(method, changed, body, *own, *headers, kind=kind))
    if actions:
        assert (actions[0].operation, actions[0].verb.value) == (operation, verb)
        assert set(flags) - {"dry_run"} <= {flag.value for flag in actions[0].flags}
        assert Flag.DRY_RUN not in actions[0].flags or "dry_run" in flags


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(_WRITES), st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_of_a_body_makes_a_dry_run(row: str, place: int, change: int) -> None:
    method, target, kind, body, header, _, _, flags = _read(row)
    if not body or "dry_run" in flags:
        return
    at = place % len(body)
    other = body[:at] + bytes((body[at] ^ change,)) + body[at + 1 :]
    own = ((header[0], header[1]),) if header else ()
    for action in decoded(request(method, target, other, *own, kind=kind)):
        assert action.verb not in (Verb.READ, Verb.LIST)
        assert Flag.DRY_RUN not in action.flags or b'"dryRun"' in other or b"dryRun:" in other
