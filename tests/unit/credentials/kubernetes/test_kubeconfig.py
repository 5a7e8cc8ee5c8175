"""Reading and merging, by kubectl's rules."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.credentials.kubernetes.material import Config
from warden.credentials.files import content
from warden.credentials.kubernetes import kubeconfig
from warden.errors import CredentialError


def test_the_first_file_that_has_a_name_has_the_whole_of_it(tmp_path: Path) -> None:
    first = Config({"red": {"server": "https://first.example"}}, current="")
    first.contexts["red"] = ("red", "someone")
    second = Config({"red": {"server": "https://second.example", "tls-server-name": "x"}, "blue": {"server": "https://b.example"}})
    second.current = "blue"
    third = Config(current="red")
    paths = [config.write(tmp_path / f"{n}/config") for n, config in enumerate((first, second, third))]
    found = kubeconfig.read([paths[0], tmp_path / "absent", paths[1], paths[2]])
    assert dict(found.clusters["red"].fields) == {"server": "https://first.example"}
    assert found.clusters["blue"].directory == tmp_path / "1"
    assert found.current == "blue"
    assert found.contexts["red"].user == "someone"
    assert found.files == tuple(paths)


@pytest.mark.parametrize(
    ("stated", "environment", "expected"),
    [
        ((), {}, ["/home/u/.kube/config"]),
        ((), {"KUBECONFIG": ""}, ["/home/u/.kube/config"]),
        ((), {"KUBECONFIG": "/a:relative::/a"}, ["/a", "/cwd/relative"]),
        (("/stated",), {"KUBECONFIG": "/a"}, ["/stated"]),
    ],
)
def test_which_files(stated: tuple[str, ...], environment: dict[str, str], expected: list[str]) -> None:
    assert [str(path) for path in kubeconfig.places(stated, environment, Path("/home/u"), Path("/cwd"))] == expected


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "- a list",
        "clusters: {}",
        "clusters: [text]",
        "clusters: [{cluster: {}}]",
        "clusters: [{name: 1, cluster: {}}]",
        "clusters: [{name: a, cluster: text}]",
        "clusters: [{name: a, cluster: {}}, {name: a, cluster: {}}]",
        "contexts: [{name: a, context: {cluster: 7}}]",
        "current-context: [a]",
        "users: [{name: a, user: {token: !!python/object/apply:os.getpid []}}]",
    ],
)
def test_what_does_not_parse_is_refused_without_quoting_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(f"# hunter2\n{text}\n")
    with pytest.raises(CredentialError) as error:
        kubeconfig.read([tmp_path / "config"])
    assert error.value.code == "bad-kubeconfig"
    assert "hunter2" not in str(error.value)


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubeconfig, "ENTRIES", 2)
    path = Config({name: {} for name in "abc"}).write(tmp_path / "config")
    with pytest.raises(CredentialError, match="more than 2"):
        kubeconfig.read([path])
    with pytest.raises(CredentialError, match="more than 64"):
        kubeconfig.read([path] * 65)
    with pytest.raises(OSError, match="larger"):
        content(path, 5)


def test_a_named_pipe_is_no_kubeconfig(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config")
    with pytest.raises(CredentialError):
        kubeconfig.read([tmp_path / "config"])


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "config").touch()
    assert kubeconfig.read([tmp_path / "config"]).clusters == {}
