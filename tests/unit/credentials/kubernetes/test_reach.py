"""What the sandboxed command could change, links included."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.credentials.kubernetes.material import Config, broker, inside, token
from warden.config import KubernetesConfig
from warden.credentials import reach
from warden.credentials.reach import within_reach
from warden.errors import CredentialError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tmp_path = Path(os.path.realpath(tmp_path))
    for name in ("open/inner", "closed"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("open/file", "closed/file", "openly"):
        (tmp_path / name).touch()
    for link, target in {
        "closed/in": "../open/file",
        "open/out": str(tmp_path / "closed/file"),
        "closed/through": str(tmp_path / "open/out"),
        "closed/loop": "loop",
        "closed/directory": "../open",
    }.items():
        (tmp_path / link).symlink_to(target)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        ("open/file", True),
        ("open/absent", True),
        ("open", True),
        ("closed/file", False),
        ("openly", False),
        ("closed/in", True),
        ("open/out", True),
        ("closed/through", True),
        ("closed/loop", True),
        ("closed/directory/file", True),
        ("closed/../open/file", True),
        ("closed/./file", False),
        ("open/../closed/file", False),
        ("open/inner/../../closed/file", True),
        ("closed/absent", False),
    ],
)
def test_paths(tree: Path, path: str, reached: bool) -> None:
    assert within_reach(f"{tree}/{path}", (f"{tree}/open",)) is reached


def test_nothing_is_within_reach_of_nothing() -> None:
    assert not within_reach("/etc/passwd", ())
    assert within_reach("/etc/passwd", ("/",))


def test_a_kubeconfig_that_the_command_could_have_written(tree: Path) -> None:
    """It would name hosts, files to send to them, and programs to run outside."""
    path = Config().add("c", {"server": "https://h"}, {"token": token()}).write(tree / "open/kubeconfig")
    writable = (f"{tree}/open",)
    with pytest.raises(CredentialError, match="could have written") as error:
        broker(tree, {"KUBECONFIG": f"/absent:{path}"}, writable=writable)
    assert (error.value.code, "kubernetes.kubeconfig" in error.value.advice) == ("bad-kubeconfig", True)
    with pytest.raises(CredentialError, match="could have written"):
        broker(tree, {"KUBECONFIG": f"{tree}/open/absent"}, writable=writable)
    made = broker(tree, config=KubernetesConfig(kubeconfig=(str(path),)), writable=writable)
    assert [entry["name"] for entry in inside(made, tree)["clusters"]] == ["c"]
    with pytest.raises(CredentialError, match="could make"):
        broker(tree, config=KubernetesConfig(kubeconfig=(f"{tree}/open/absent",)), writable=writable)


def test_the_usual_place_is_hidden_in_every_session(tree: Path) -> None:
    Config().add("c", {"server": "https://h"}, {}).write(tree / ".kube/config")
    assert len(broker(tree, writable=(str(tree),)).endpoints()) == 1


@pytest.mark.parametrize("text", ["{}/x", "--config={}/x", "-I{}", "/usr/lib:{}/lib", "--require {}/x.js", "exec '{}/x'", 'sh -c "{}/x"'])
def test_a_text_that_names_what_is_open(tmp_path: Path, text: str) -> None:
    open_, beside = (os.path.realpath(tmp_path / name) for name in ("open", "opener"))
    assert reach.mentions(text.format(open_), (open_,))
    assert not reach.mentions(text.format(beside), (open_,))
    assert not reach.mentions("https://example.com/open a/b", (open_,))
