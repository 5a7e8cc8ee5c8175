"""Other names of a hidden file, read from mountinfo; sockets, read from /proc/net/unix."""

from __future__ import annotations

import pytest

from sandbox.view import HostMount, aliases, parse_mountinfo, parse_sockets, within

ROOT = HostMount("254:0", "/", "/")


@pytest.mark.parametrize(
    ("path", "directory", "answer"),
    [("/a/b", "/a", True), ("/a", "/a", True), ("/ab", "/a", False), ("/", "/a", False), ("/a", "/", True), ("/a/b", "/a/b/c", False)],
)
def test_within(path: str, directory: str, answer: bool) -> None:
    assert within(path, directory) is answer


def test_mountinfo_with_escapes() -> None:
    text = r"36 35 98:0 /mnt1\040x /mnt2\011y rw,noatime master:1 - ext3 /dev/root rw" + "\n" + "37 35 0:5 / /prüf rw - tmpfs t rw\n"
    assert parse_mountinfo(text) == (HostMount("98:0", "/mnt1 x", "/mnt2\ty"), HostMount("0:5", "/", "/prüf"))


@pytest.mark.parametrize(
    ("path", "mounts", "found"),
    [
        pytest.param("/home/u/.aws", (ROOT,), (), id="mounted once"),
        pytest.param("/home/u/.aws", (ROOT, HostMount("254:0", "/home", "/mnt/h")), ("/mnt/h/u/.aws",), id="a parent is bound elsewhere"),
        pytest.param("/home/u/.aws", (ROOT, HostMount("254:0", "/", "/mnt")), ("/mnt/home/u/.aws",), id="the whole file system again"),
        pytest.param("/home/u/.aws", (ROOT, HostMount("254:0", "/home/u/.aws", "/mnt/x")), ("/mnt/x",), id="itself bound elsewhere"),
        pytest.param(
            "/home/u/.aws", (ROOT, HostMount("254:0", "/home/u/.aws/sso", "/mnt/x")), ("/mnt/x",), id="a part of it bound elsewhere"
        ),
        pytest.param("/home/u/.aws", (ROOT, HostMount("254:0", "/home/u/.awsome", "/mnt/x")), (), id="a neighbour with a longer name"),
        pytest.param("/home/u/.aws", (ROOT, HostMount("254:1", "/home", "/mnt/h")), (), id="another file system"),
        pytest.param(
            "/home/u/.aws", (ROOT, HostMount("0:9", "/", "/home"), HostMount("0:9", "/u", "/srv/u")), ("/srv/u/.aws",), id="home is a mount"
        ),
        pytest.param(
            "/data/k", (ROOT, HostMount("0:9", "/@d", "/data"), HostMount("0:9", "/", "/btrfs")), ("/btrfs/@d/k",), id="a subvolume"
        ),
    ],
)
def test_aliases(path: str, mounts: tuple[HostMount, ...], found: tuple[str, ...]) -> None:
    assert aliases(path, mounts) == found


def test_sockets_of_the_host() -> None:
    text = (
        "Num       RefCount Protocol Flags    Type St Inode Path\n"
        "0000000000000000: 00000002 00000000 00010000 0001 01 16 /run/docker.sock\n"
        "0000000000000000: 00000002 00000000 00010000 0001 01 17 @/tmp/.X11-unix/X0\n"
        "0000000000000000: 00000003 00000000 00000000 0001 03 18\n"
        "0000000000000000: 00000003 00000000 00000000 0002 01 19 /path with spaces/s\n"
        "0000000000000000: 00000003 00000000 00000000 0001 03 20 /run/docker.sock\n"
        "0000000000000000: 00000003 00000000 00000000 0001 03 21 relative.sock\n"
    )
    assert parse_sockets(text) == (
        ("/run/docker.sock", "16"),
        ("/path with spaces/s", "19"),
        ("/run/docker.sock", "20"),
        ("relative.sock", "21"),
    )
