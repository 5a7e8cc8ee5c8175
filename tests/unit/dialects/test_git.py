"""git over HTTPS: which requests fetch and which push, a push's commands, and which updates are seen to lose nothing.

Packs are made by git itself, in every form that it writes.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import os
import subprocess
import tempfile
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warden.dialects.egress import Egress
from warden.dialects.http import HttpDialect, pack
from warden.dialects.http.commands import read_push
from warden.errors import DecodeError
from warden.model import Flag, HttpRequest, HttpResponse, Ruling

DIALECT = HttpDialect(Egress(["read git.test"]))
ZERO, A, B = "0" * 40, "a" * 40, "b" * 40
PUSH = (("Content-Type", "application/x-git-receive-pack-request"),)


def pkt(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return f"{len(data) + 4:04x}".encode() + data


def commands(*lines: str, caps: str = " report-status side-band-64k agent=git/2.39", rest: bytes = b"") -> bytes:
    first, *others = lines
    return pkt(f"{first}\0{caps}") + b"".join(map(pkt, others)) + b"0000" + rest


def push(
    body: bytes | None, *, headers: tuple[tuple[str, str], ...] = PUSH, target: str = "/o/r.git/git-receive-pack", prefix: bytes = b""
) -> HttpRequest:
    return HttpRequest("POST", "https", "git.test", 443, target, headers, body, len(body) if body is not None else None, prefix=prefix)


def ask(request: HttpRequest) -> list[str]:
    return [
        " ".join([action.operation, action.verb, *sorted(action.flags), *([action.context["ref"]] if "ref" in action.context else [])])
        for action in DIALECT.decode(request)
    ]


FORCED = "git:update-ref update destructive overwrite"


@pytest.mark.parametrize(
    ("method", "target", "wanted"),
    [
        ("GET", "/o/r.git/info/refs?service=git-upload-pack", "git:fetch read"),
        ("GET", "/o/r/info/refs?service=git-upload-pack", "git:fetch read"),
        ("GET", "/info/refs?service=git-upload-pack", "git:fetch read"),
        ("POST", "/o/r.git/git-upload-pack", "POST update"),  # without git's content type: some API's, about a thing of that name
        ("GET", "/o/r.git/info/refs?service=git-receive-pack", "git:push update"),
        ("GET", "/o/r.git/info/refs?service=git-upload-pack&service=git-receive-pack", "git:push update"),
        ("GET", "/o/r.git/info/refs?service=git%2Dreceive%2Dpack", "git:push update"),
        ("GET", "/o/r.git/info%2Frefs?service=git-upload-pack", "GET read"),
        ("GET", "/o/r.git/info/refs", "GET read"),
        ("GET", "/o/r.git/HEAD", "GET read"),
        ("GET", "/o/r.git/objects/pack/pack-1.pack", "GET read"),
        ("POST", "/o/r.git/info/refs?service=git-upload-pack", "POST update"),
        ("PUT", "/o/r.git/objects/aa/bb", "PUT update"),
        ("MOVE", "/o/r.git/objects/aa/bb", "other unknown"),
        ("PROPFIND", "/o/r.git/", "other unknown"),
        ("GET", "/o/r.git/git-receive-pack", "GET read"),
    ],
)
def test_routes(method: str, target: str, wanted: str) -> None:
    assert ask(HttpRequest(method, "https", "git.test", 443, target)) == [wanted]


@pytest.mark.parametrize(
    ("service", "kind", "wanted"),
    [
        ("git-upload-pack", "application/x-git-upload-pack-request", "git:fetch read"),
        ("git-upload-archive", "application/x-git-upload-archive-request", "git:fetch read"),
        ("Git-Upload-Pack", "application/x-git-upload-pack-request", "git:fetch read"),
        ("git-upload-pack", "application/json", "POST update"),
        ("git-upload-pack", "application/x-git-upload-pack-request, application/json", "POST update"),
    ],
)
def test_a_fetch_has_the_content_type_of_one(service: str, kind: str, wanted: str) -> None:
    assert ask(push(b"0000", headers=(("Content-Type", kind),), target=f"/o/r.git/{service}")) == [wanted]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b"0000", ["git:push update"]),
        (commands(f"{ZERO} {A} refs/heads/new"), ["git:create-ref create refs/heads/new"]),
        (commands(f"{A} {ZERO} refs/heads/old"), ["git:delete-ref delete destructive refs/heads/old"]),
        (commands(f"{A} {ZERO} refs/tags/v1"), ["git:delete-ref delete destructive refs/tags/v1"]),
        (commands(f"{ZERO} {A} refs/tags/v1"), ["git:create-ref create refs/tags/v1"]),
        (commands(f"{A} {B} refs/heads/main"), [f"{FORCED} refs/heads/main"]),
        (commands(f"{A} {B} refs/tags/v1"), [f"{FORCED} refs/tags/v1"]),
        (commands(f"{A} {A} refs/heads/main"), ["git:update-ref update refs/heads/main"]),
        (commands(f"{'a' * 64} {'0' * 64} refs/heads/x"), ["git:delete-ref delete destructive refs/heads/x"]),
        (
            commands(f"{ZERO} {A} refs/heads/a", f"{A} {ZERO} refs/heads/b", f"{A} {B} refs/heads/ü"),
            ["git:create-ref create refs/heads/a", "git:delete-ref delete destructive refs/heads/b", f"{FORCED} refs/heads/ü"],
        ),
        (pkt(f"shallow {A}") + commands(f"{ZERO} {A} refs/heads/new"), ["git:create-ref create refs/heads/new"]),
        (pkt(f"shallow {A}\0report-status") + pkt(f"{ZERO} {A} refs/heads/new") + b"0000", None),
        (commands(f"{A} {ZERO} refs/heads/x") + b"junk", ["git:delete-ref delete destructive refs/heads/x"]),
        (pkt("push-cert\0report-status") + pkt("certificate version 0.1\n") + b"0000", ["git:push unknown opaque"]),
        (
            commands(f"{ZERO} {A} refs/heads/new", caps=" push-options", rest=pkt("ci.skip") + b"0000PACK"),
            ["git:create-ref create refs/heads/new"],
        ),
        (
            commands(f"{ZERO} {A} refs/heads/new", caps=" push-options", rest=pkt("repo.private=False\n") + b"0000PACK"),
            ["git:create-ref create share refs/heads/new"],
        ),
        (
            commands(f"{ZERO} {A} refs/heads/new", caps=" push-options=1", rest=pkt("secret_push_protection.skip_all") + b"0000PACK"),
            ["git:create-ref create protection_off refs/heads/new"],
        ),
        (
            commands(f"{A} {ZERO} refs/heads/x", caps=" push-options", rest=pkt("repo.private=true") + pkt("repo.private=0") + b"0000"),
            ["git:delete-ref delete destructive share refs/heads/x"],
        ),
        (commands(f"{ZERO} {A} refs/heads/new", rest=b"PACK, whatever"), ["git:create-ref create refs/heads/new"]),
        (b"", None),
        (b"000", None),
        (b"0001", None),
        (b"0002", None),
        (b"0004", None),
        (b"xyzw", None),
        (b"+020", None),
        (pkt(f"{ZERO} {A} refs/heads/new\0"), None),
        (pkt(f"{ZERO} {A} refs/heads/new\0")[:-5], None),
        (pkt(f"{ZERO} {A} refs/heads/new\0") + pkt(f"{A} {ZERO} refs/heads/x\0caps") + b"0000", None),
        (pkt(f"{ZERO} {A} refs/heads/new\0") + b"0001" + pkt(f"{A} {ZERO} refs/heads/x") + b"0000", None),
        (commands(f"{ZERO} {A} refs/heads/a b"), None),
        (commands(f"{ZERO} {A} refs/heads/a", f"{A} {ZERO} refs/heads/a"), None),
        (commands(f"{ZERO} {A}"), None),
        (commands(f"{ZERO} {A.upper()} refs/heads/a"), None),
        (commands(f"{ZERO} {'a' * 64} refs/heads/a"), None),
        (commands(f"{ZERO} {A} refs/heads/a", f"{'a' * 64} {'0' * 64} refs/heads/b"), None),
        (commands("hello"), None),
        (pkt(f"{ZERO} {A} ".encode() + b"refs/\xff\0") + b"0000", None),
        (commands(*(f"{ZERO} {A} refs/heads/{number}" for number in range(2001))), None),
    ],
)
def test_commands(body: bytes, wanted: list[str] | None) -> None:
    if wanted is None:
        if not body:
            assert ask(push(body)) == ["git:push unknown opaque"]
            return
        with pytest.raises(DecodeError):
            DIALECT.decode(push(body))
        return
    assert ask(push(body)) == wanted
    assert ask(push(None, prefix=body)) == wanted
    assert ask(push(gzip.compress(body), headers=(*PUSH, ("Content-Encoding", "gzip")))) == wanted
    (context,) = {action.context["repository"] for action in DIALECT.decode(push(body))}
    assert context == "/o/r.git"


@pytest.mark.parametrize(
    "target",
    [
        "/o/r.git/git-receive-pack",
        "/o/r.git/git%2Dreceive-pack",
        "/o/r.git/git-receive-pack/",
        "/o/r.git/Git-Receive-Pack",
        "/o/r.git/git-receive-pack;x",
        "/a?b=/git-receive-pack",
    ],
)
def test_a_push_is_seen_however_it_is_addressed(target: str) -> None:
    assert ask(push(commands(f"{A} {ZERO} refs/heads/x"), target=target)) == ["git:delete-ref delete destructive refs/heads/x"]


@pytest.mark.parametrize(
    "target", ["/o/r.git/./git-receive-pack", "/o/r.git//git-receive-pack", "/o%2Fgit%2Dreceive%2Dpack", "/o/git%252Dreceive-pack"]
)
def test_a_push_that_only_some_servers_would_see(target: str) -> None:
    with pytest.raises(DecodeError, match="read in two ways"):
        DIALECT.decode(push(commands(f"{A} {ZERO} refs/heads/x"), target=target, headers=()))


def test_what_is_not_read_is_the_worst() -> None:
    assert ask(push(None)) == ["git:push unknown opaque"]
    with pytest.raises(DecodeError):
        DIALECT.decode(push(b"0000", headers=(*PUSH, ("Content-Encoding", "br"))))
    with pytest.raises(DecodeError):
        DIALECT.decode(push(b"0000", headers=(*PUSH, ("Content-Encoding", "gzip"))))
    assert DIALECT.needs_body(push(None))
    assert DIALECT.needs_prefix(push(None))


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b'{"operation":"download","objects":[]}', "lfs:download read"),
        (b'{"operation":"upload","objects":[]}', "lfs:upload update"),
        (b'{"Operation":"upload"}', "lfs:upload update"),
        (b'{"operation":"download","OPERATION":"upload"}', "lfs:upload unknown opaque"),
        (b'{"operation":"verify"}', "lfs:upload unknown opaque"),
        (b"[]", "lfs:upload unknown opaque"),
        (None, "lfs:upload unknown opaque"),
    ],
)
def test_lfs(body: bytes | None, wanted: str) -> None:
    kind = (("Content-Type", "application/vnd.git-lfs+json; charset=utf-8"),)
    assert ask(push(body, target="/o/r.git/info/lfs/objects/batch", headers=kind)) == [wanted]


def test_an_lfs_download_has_the_content_type_of_one() -> None:
    body = b'{"operation":"download","title":"x"}'
    kind = (("Content-Type", "application/json"),)
    assert ask(push(body, target="/things/info/lfs/objects/batch", headers=kind)) == ["lfs:download read", "POST update"]


REF, COMMITS, FORM = "/repos/o/r/git/refs/heads/main", "/api/v4/projects/o%2Fr/repository/commits", "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("method", "target", "kind", "body", "forced"),
    [
        ("PATCH", REF, "application/json", b'{"sha":"a"}', False),
        ("PATCH", REF, "application/json", b'{"sha":"a","force":false}', False),
        ("PATCH", REF, "application/json", b'{"sha":"a","force":true}', True),
        ("PATCH", REF, "", b' {"sha":"a","\\u0066orce":true}', True),
        ("PATCH", "/api/v3" + REF, "application/json", b'{"force":1}', True),
        ("PATCH", REF, "application/json", None, True),
        ("POST", COMMITS, "application/json", b'{"branch":"main","actions":[]}', False),
        ("POST", COMMITS, "application/json", b'{"branch":"main","start_branch":"x","force":true}', True),
        ("POST", COMMITS, FORM, b"branch=main&force=true", True),
        ("POST", COMMITS, FORM, b"branch=main&force=false", False),
        ("POST", COMMITS + "?force=1", "application/json", b"{}", True),
    ],
)
def test_refs_that_a_rest_api_moves(method: str, target: str, kind: str, body: bytes | None, forced: bool) -> None:
    headers = (("Content-Type", kind),) if kind else ()
    request = HttpRequest(method, "https", "git.test", 443, target, headers, body, None if body is None else len(body))
    assert DIALECT.needs_body(request)
    assert ask(request) == [FORCED if forced else "git:update-ref update"]


def test_read_access_is_for_fetches() -> None:
    for target, listed in (("/r/info/refs?service=git-upload-pack", True), ("/r/info/refs?service=git-receive-pack", False)):
        (action,) = DIALECT.decode(HttpRequest("GET", "https", "git.test", 443, target))
        assert action.resources[0].attributes["egress"] is listed


# --- fast-forwards -------------------------------------------------------------------------------------------------------------


class Repository:
    """A repository with a branch of `count` commits, on which packs are made as git push makes them."""

    def __init__(self, root: Path, count: int, *options: str, size: int = 10) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main", *options)
        self.ids = []
        for number in range(count):
            (root / "file").write_bytes(b"%d\n" % number + os.urandom(size))
            self.git("add", "file")
            self.git("commit", "-q", "-m", f"A message that is much like the one before it, number {number}, so that deltas pay.")
            self.ids.append(self.git("rev-parse", "HEAD").decode().strip())

    def git(self, *arguments: str, data: bytes | None = None) -> bytes:
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.root), "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "t@example.net" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }  # fmt: skip
        return subprocess.run(["git", *arguments], cwd=self.root, env=environment, input=data, capture_output=True, check=True).stdout

    def pack(self, new: str, *olds: str, options: tuple[str, ...] = ("--thin", "--delta-base-offset")) -> bytes:
        revisions = "\n".join([new, *(f"^{old}" for old in olds)]) + "\n"
        return self.git("pack-objects", "--revs", "--stdout", "-q", *options, data=revisions.encode())


@functools.cache
def repository() -> Repository:
    return Repository(Path(tempfile.mkdtemp()), 30)


FORMS = [
    ("--thin", "--delta-base-offset"),
    ("--thin",),
    ("--delta-base-offset", "--window=250", "--depth=50", "--no-reuse-delta"),
    ("--window=250", "--no-reuse-delta"),
    ("--window=0",),
    ("--compression=0",),
]


@pytest.mark.parametrize("options", FORMS, ids=" ".join)
def test_a_fast_forward_is_seen_in_whatever_way_git_packs(options: tuple[str, ...]) -> None:
    ids = repository().ids
    for old, new in ((0, 29), (28, 29), (0, 1), (10, 20)):
        move = (ids[old], ids[new])
        made = repository().pack(ids[new], ids[old], options=options)
        assert pack.fast_forwards(made, "sha1", [move]) == {move}
        assert pack.fast_forwards(made, "sha1", [(A, ids[new])]) == frozenset()
        body = commands(f"{ids[old]} {ids[new]} refs/heads/main", rest=made)
        assert ask(push(body)) == ["git:update-ref update refs/heads/main"]


def test_a_shallow_commit_leads_to_none_of_its_parents() -> None:
    """A server that takes it over (receive.shallowUpdate) shows a branch of one commit, and in time removes the others."""
    ids = repository().ids
    body = commands(f"{ids[20]} {ids[29]} refs/heads/main", rest=repository().pack(ids[29], ids[20]))
    assert ask(push(body)) == ["git:update-ref update refs/heads/main"]
    assert ask(push(pkt(f"shallow {ids[25]}") + body)) == [f"{FORCED} refs/heads/main"]
    assert ask(push(pkt(f"shallow {ids[10]}") + body)) == ["git:update-ref update refs/heads/main"]  # beyond what is pushed


def test_commits_that_are_deltas() -> None:
    """git makes deltas of commits as well; here it is shown that these packs hold some."""
    ids = repository().ids
    made = repository().pack(ids[29], options=FORMS[2])
    (repository().root / "x.pack").write_bytes(made)
    repository().git("index-pack", "x.pack")
    listing = repository().git("verify-pack", "-v", "x.idx").decode().splitlines()
    deltas = [line.split() for line in listing if " commit " in line and len(line.split()) == 7]
    assert deltas
    assert pack.fast_forwards(made, "sha1", [(ids[0], ids[29])])


def test_a_forced_push_is_never_seen_as_a_fast_forward(tmp_path: Path) -> None:
    source = Repository(tmp_path, 4)
    old = source.ids[3]
    source.git("reset", "-q", "--hard", source.ids[1])
    source.git("commit", "-q", "--allow-empty", "-m", "another history")
    new = source.git("rev-parse", "HEAD").decode().strip()
    for olds in ((source.ids[1],), (old,), ()):
        assert not pack.fast_forwards(source.pack(new, *olds), "sha1", [(old, new)])
    assert not pack.fast_forwards(source.pack(old, new), "sha1", [(old, source.ids[0])])  # back to an older commit
    # A merge of both loses nothing, whichever parent is the first.
    source.git("merge", "-q", "-s", "ours", "-m", "both", old)
    merged = source.git("rev-parse", "HEAD").decode().strip()
    assert pack.fast_forwards(source.pack(merged, old), "sha1", [(old, merged), (new, merged)])


def test_sha256(tmp_path: Path) -> None:
    source = Repository(tmp_path, 3, "--object-format=sha256")
    move = (source.ids[0], source.ids[2])
    made = source.pack(source.ids[2], source.ids[0])
    assert pack.fast_forwards(made, "sha256", [move]) == {move}
    assert ask(push(commands(f"{move[0]} {move[1]} refs/heads/main", rest=made))) == ["git:update-ref update refs/heads/main"]


def test_the_first_bytes_of_a_large_pack_are_enough(tmp_path: Path) -> None:
    source = Repository(tmp_path, 3, size=3 << 20)
    made = source.pack(source.ids[2], source.ids[0])
    assert len(made) > 5 << 20
    move = (source.ids[0], source.ids[2])
    assert pack.fast_forwards(made[: 1 << 20], "sha1", [move]) == {move}
    assert ask(push(None, prefix=commands(f"{move[0]} {move[1]} refs/heads/main", rest=made)[: 1 << 20])) == [
        "git:update-ref update refs/heads/main"
    ]


def header(count: int) -> bytes:
    return b"PACK\0\0\0\2" + count.to_bytes(4)


def entry(kind: int, content: bytes, size: int | None = None, base: bytes = b"") -> bytes:
    size = len(content) if size is None else size
    made, rest = bytearray([kind << 4 | size & 15]), size >> 4
    while rest:
        made[-1] |= 0x80
        made.append(rest & 0x7F)
        rest >>= 7
    return bytes(made) + base + zlib.compress(content)


def commit(*parents: str) -> bytes:
    return b"".join([b"tree %s\n" % (b"c" * 40), *(b"parent %s\n" % parent.encode() for parent in parents), b"author t\n\nm\n"])


def name(content: bytes) -> str:
    return hashlib.sha1(b"commit %d\0" % len(content) + content).hexdigest()


def test_made_up_packs() -> None:
    good, new = commit(A), name(commit(A))
    move = [(A, new)]
    assert pack.fast_forwards(header(1) + entry(1, good), "sha1", move)
    assert pack.fast_forwards(header(2) + entry(3, b"blob" * 1000) + entry(1, good), "sha1", move)  # in an order that git does not use
    assert pack.fast_forwards(header(9) + entry(1, good), "sha1", move)  # cut off behind it
    for wrong in (
        b"", b"PACK", header(0) + entry(1, good), b"KCAP" + header(1)[4:] + entry(1, good), b"PACK\0\0\0\4" + header(1)[8:] + entry(1, good),
        header(1) + entry(3, good),  # a blob that looks like a commit
        header(1) + entry(4, good),  # a tag
        header(1) + entry(1, good)[:-20], header(1) + entry(1, good, len(good) + 1), header(1) + entry(1, good, len(good) - 1),
        header(1) + entry(1, commit(B)), header(1) + entry(1, b"tree " + b"c" * 40 + b"\nauthor t\n\nparent " + A.encode() + b"\n"),
        header(1) + entry(1, good.replace(b"tree ", b"eert ")),
        header(1) + entry(6, b"x", base=b"\x80" * 20), header(1) + entry(6, b"\1\1\1a", base=b"\x01"),
        header(1) + entry(7, b"\1\1\1a", base=bytes(20)),
        header(1) + bytes([0x90] + [0xFF] * 40), header(2) + entry(3, bytes(65 << 20), 65 << 20) + entry(1, good),
    ):  # fmt: skip
        assert not pack.fast_forwards(wrong, "sha1", move), wrong[:40]


def test_a_delta_with_its_base_behind_it_and_one_without() -> None:
    base = commit(A)
    target = commit(name(base))
    delta = bytes([len(base) | 0x80, 1]) if len(base) > 127 else bytes([len(base)])
    delta += bytes([len(target) & 0x7F | 0x80, len(target) >> 7]) if len(target) > 127 else bytes([len(target)])
    for start in range(0, len(target), 100):
        piece = target[start : start + 100]
        delta += bytes([len(piece)]) + piece
    reference = entry(7, delta, base=bytes.fromhex(name(base)))
    assert pack.fast_forwards(header(2) + reference + entry(1, base), "sha1", [(A, name(target))])
    assert not pack.fast_forwards(header(1) + reference, "sha1", [(A, name(target))])


def test_work_is_bounded_in_whatever_order_a_pack_stands() -> None:
    """Each delta is looked at once: a long chain, its base at the end."""
    base, entries = commit(A), list[bytes]()
    current = base
    for number in range(3000):
        target = base + b"%d" % number
        delta = bytes([len(current) & 0x7F | 0x80, len(current) >> 7, len(target) & 0x7F | 0x80, len(target) >> 7])
        delta += bytes([0x90, len(base), len(target) - len(base)]) + target[len(base) :]
        entries.append(entry(7, delta, base=bytes.fromhex(name(current))))
        current = target
    made = header(3001) + b"".join(reversed(entries)) + entry(1, base)
    started = time.perf_counter()
    assert pack.fast_forwards(made, "sha1", [(A, name(current)), (B, name(current))]) == {(A, name(current))}
    assert time.perf_counter() - started < 2  # 0.1 s; 4 s when it grows with the square


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2000), st.integers(0, 255), st.integers(0, 3))
def test_a_damaged_pack_proves_nothing_that_is_not_so(place: int, value: int, form: int) -> None:
    ids = repository().ids
    made = bytearray(_packed(form))
    made[12 + place % (len(made) - 12)] = value
    shown = pack.fast_forwards(bytes(made), "sha1", [(ids[0], ids[3]), (ids[5], ids[3]), (A, ids[3])])
    assert shown <= {(ids[0], ids[3])}


@functools.cache
def _packed(form: int) -> bytes:
    return repository().pack(repository().ids[3], repository().ids[0], options=FORMS[form])


@given(st.binary(max_size=200), st.booleans())
def test_nothing_but_a_decode_error_escapes(data: bytes, framed: bool) -> None:
    body = commands(f"{A} {B} refs/heads/main", rest=b"PACK\0\0\0\2\0\0\0\5" + data) if framed else data
    try:
        assert DIALECT.decode(push(body))
    except DecodeError:
        return
    assert pack.fast_forwards(data, "sha1", [(A, B)]) == frozenset()


# --- denials -------------------------------------------------------------------------------------------------------------------


def deny(request: HttpRequest) -> HttpResponse:
    return DIALECT.deny(request, Ruling("r-1"), "warden denied this:\n because. " + "x" * 2000)


def test_a_push_is_refused_in_gits_own_report() -> None:
    response = deny(push(commands(f"{A} {ZERO} refs/heads/x", f"{ZERO} {A} refs/heads/y")))
    assert response.status == 200
    bands: dict[int, bytes] = {}
    rest = response.body
    while (length := int(rest[:4], 16)) > 0:
        bands[rest[4]] = bands.get(rest[4], b"") + rest[5:length]
        rest = rest[length:]
    assert rest == b"0000"
    assert bands[2].decode() == f"warden denied this: because. {'x' * 2000}\n"
    assert bands[1].startswith(b"000eunpack ok\n")
    assert b"ng refs/heads/x warden denied this: because." in bands[1]
    assert b"ng refs/heads/y warden denied this: because." in bands[1]
    plain = deny(push(commands(f"{A} {ZERO} refs/heads/x", caps=" report-status")))
    assert plain.body.startswith(b"000eunpack ok\n")


@pytest.mark.parametrize("body", [None, b"", b"broken", b"0000", commands(f"{A} {ZERO} refs/heads/x", caps=" atomic")])
def test_a_push_that_cannot_be_reported_on_is_refused_in_plain_text(body: bytes | None) -> None:
    response = deny(push(body))
    assert (response.status, dict(response.headers)["Content-Type"]) == (403, "text/plain; charset=utf-8")
    assert response.body.startswith(b"warden denied this")


def test_refs_are_refused_in_plain_text() -> None:
    response = deny(HttpRequest("GET", "https", "git.test", 443, "/r/info/refs?service=git-receive-pack"))
    assert (response.status, dict(response.headers)["Content-Type"]) == (403, "text/plain; charset=utf-8")


def test_commands_are_read_by_the_letter() -> None:
    found = read_push(commands(f"{A} {ZERO} refs/heads/x"))
    assert found.capabilities == {"report-status", "side-band-64k", "agent=git/2.39"}
    assert found.algorithm == "sha1"
    assert Flag.DESTRUCTIVE in DIALECT.decode(push(commands(f"{A} {ZERO} refs/heads/x")))[0].flags
