"""A client's request, read and checked."""

from __future__ import annotations

import pytest

from warden.daemon import api
from warden.daemon.request import Request
from warden.errors import SessionError

WHOLE: api.Fields = [
    ("arg", b"true"),
    ("cwd", b"/"),
    ("umask", b"27"),
    ("env", b"A=b=c"),
    ("env", b"=odd"),
    ("env", b"novalue"),
    ("size", b"40 90"),
]


def test_a_whole_request() -> None:
    fields = [*WHOLE, ("policy", b"a"), ("policy", b"\xff"), ("preset", b"observe"), ("terminal", b"1")]
    request = Request.read(api.Frame(api.RUN, fields, [5, 6, 7]))
    assert (request.argv, request.cwd, request.umask, request.stdio) == (("true",), "/", 0o27, (5, 6, 7))
    assert request.environment == {"A": "b=c"}
    assert (request.policies, request.preset, request.terminal, request.size) == (("a", "\udcff"), "observe", True, (40, 90))


@pytest.mark.parametrize(
    ("kind", "fields", "descriptors"),
    [
        (api.SIGNAL, WHOLE, [0, 1, 2]),
        (api.RUN, WHOLE, [0, 1]),
        (api.RUN, [("cwd", b"/")], [0, 1, 2]),
        (api.RUN, [("arg", b""), ("cwd", b"/")], [0, 1, 2]),
        (api.RUN, [("arg", b"true"), ("cwd", b"relative")], [0, 1, 2]),
        (api.RUN, [*WHOLE, ("umask", b"9")], [0, 1, 2]),
        (api.RUN, [*WHOLE, ("size", b"wide")], [0, 1, 2]),
        (api.RUN, [*WHOLE, ("size", b"1 2 3")], [0, 1, 2]),
    ],
)
def test_what_is_no_request(kind: bytes, fields: api.Fields, descriptors: list[int]) -> None:
    with pytest.raises(SessionError):
        Request.read(api.Frame(kind, fields, descriptors))
