"""Spec and view as a config.json: what must be in every one of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from sandbox import Bind, Limits, Spec, oci
from sandbox.view import View

VIEW = View(
    cwd="/home/u/project",
    private=(("/tmp", "mode=1777"), ("/run", "mode=755")),
    writable=("/home/u/project", "/home/u/.agent"),
    hidden_directories=("/home/u/.aws",),
    hidden_files=("/home/u/project/.env",),
    binds=(("/state/ca.pem", "/etc/ssl/certs/ca-certificates.crt"),),
)


def _config(
    *, rootless: bool = False, cgroup: bool = True, terminal: bool = False, view: View = VIEW, limits: Limits | None = None
) -> dict[str, Any]:
    spec = Spec(
        argv=("agent", "--flag"), cwd=view.cwd, env={"A": "b=c"}, terminal=terminal, rows=33, columns=101, limits=limits or Limits()
    )
    identity = oci.Identity(1000, 1001, rootless=True) if rootless else oci.Identity(0, 0, rootless=False)
    return oci.config(spec, view, identity, "/usr/bin/tini", "/state/id", cgroup=cgroup, machine="x86_64")


def test_it_is_json_and_deterministic() -> None:
    assert json.dumps(_config()) == json.dumps(_config())


def test_no_capability_in_any_set_and_no_new_privileges() -> None:
    process = _config()["process"]
    assert process["capabilities"] == {"bounding": [], "effective": [], "permitted": [], "inheritable": [], "ambient": []}
    assert process["noNewPrivileges"] is True


def test_namespaces() -> None:
    """No network namespace is listed: the container inherits the one it is started in, which launch verifies."""
    assert {each["type"] for each in _config()["linux"]["namespaces"]} == {"user", "mount", "pid", "ipc", "uts", "cgroup"}
    assert not any("path" in each for each in _config()["linux"]["namespaces"])


def test_the_init_is_process_1_and_cannot_take_the_programs_arguments() -> None:
    assert _config()["process"]["args"] == ["/usr/bin/tini", "--", "agent", "--flag"]


def test_root_maps_every_id_and_an_ordinary_user_only_its_own() -> None:
    assert _config()["linux"]["uidMappings"] == [{"containerID": 0, "hostID": 0, "size": 0xFFFFFFFF}]
    rootless = _config(rootless=True)
    assert rootless["linux"]["uidMappings"] == [{"containerID": 1000, "hostID": 0, "size": 1}]
    assert rootless["linux"]["gidMappings"] == [{"containerID": 1001, "hostID": 0, "size": 1}]
    assert rootless["process"]["user"] == {"uid": 1000, "gid": 1001, "umask": 0o022, "additionalGids": []}


def test_the_root_is_read_only_and_nothing_propagates() -> None:
    config = _config()
    assert config["root"] == {"path": "rootfs", "readonly": True}
    assert config["linux"]["rootfsPropagation"] == "private"


def test_kernel_files_that_take_commands_are_covered() -> None:
    linux = _config()["linux"]
    assert {"/proc/kcore", "/proc/keys", "/proc/sysrq-trigger", "/sys/firmware"} <= set(linux["maskedPaths"])
    assert {"/proc/sys", "/proc/bus", "/proc/irq"} <= set(linux["readonlyPaths"])


def test_masks_come_after_writable_paths_and_binds_last() -> None:
    order = [mount["destination"] for mount in _config()["mounts"]]
    assert order.index("/home/u/project") < order.index("/home/u/project/.env")
    assert order[-1] == "/home/u/project/.env"
    mask = _config()["mounts"][-1]
    assert mask["source"] == "/state/id/stage/nothing"
    assert {"ro", "nosuid", "nodev", "noexec"} <= set(mask["options"])


def test_each_mask_and_bind_is_mounted_once_by_the_keeper_or_by_the_runtime() -> None:
    """By the keeper, before the runtime, what the runtime's own mounts neither cover nor would be covered by."""
    view = replace(
        VIEW, hidden_directories=("/home/u/.aws", "/tmp/x"), binds=(*VIEW.binds, ("/state/a", "/home/u"), ("/state/r", "/run/r"))
    )
    early = {cover.target: cover for cover in oci.early(view, "/state/id")}
    assert early.keys() == {"/home/u/.aws", "/etc/ssl/certs/ca-certificates.crt"}
    assert early["/home/u/.aws"] == oci.Cover("/state/id/stage/empty", "/home/u/.aws", execute=False)
    late = [mount["destination"] for mount in _config(view=view)["mounts"]]
    assert late[-4:] == ["/tmp/x", "/home/u/project/.env", "/home/u", "/run/r"]
    assert not early.keys() & {*late}


def test_what_is_inside_something_is_mounted_after_it() -> None:
    view = View("/tmp/a", (("/var/tmp", "mode=1777"), ("/tmp", "mode=1777")), ("/tmp/a/b", "/var", "/tmp/a"), (), (), ())
    order = [mount["destination"] for mount in _config(view=view)["mounts"]]
    assert order.index("/tmp") < order.index("/tmp/a") < order.index("/tmp/a/b")
    assert order.index("/var") < order.index("/var/tmp")


def test_nothing_but_the_kernels_own_mounts_lacks_nosuid_or_nodev() -> None:
    for mount in _config()["mounts"]:
        assert "nosuid" in mount["options"]
        assert "nodev" in mount["options"] or mount["destination"] in ("/dev", "/dev/pts")


def test_a_terminal_has_its_size() -> None:
    process = _config(terminal=True)["process"]
    assert (process["terminal"], process["consoleSize"]) == (True, {"height": 33, "width": 101})
    assert "consoleSize" not in _config()["process"]


def test_rlimits_stand_in_for_a_missing_control_group() -> None:
    limits = Limits(memory=1 << 20, pids=7, cpus=1.0)
    assert _config(limits=limits)["process"]["rlimits"] == []
    rows = _config(limits=limits, cgroup=False, rootless=True)["process"]["rlimits"]
    assert rows == [{"type": "RLIMIT_NPROC", "soft": 7, "hard": 7}, {"type": "RLIMIT_DATA", "soft": 1 << 20, "hard": 1 << 20}]
    spec = Spec(argv=("true",), cwd="/", limits=limits, rlimits={"RLIMIT_NPROC": (3, 5), "RLIMIT_DATA": (-1, -1)})
    config = oci.config(spec, VIEW, oci.Identity(1000, 1000, rootless=True), "/usr/bin/tini", "/b", cgroup=False, machine="x86_64")
    assert config["process"]["rlimits"][0] == {"type": "RLIMIT_NPROC", "soft": 5, "hard": 5}, "never above the caller's own"
    # RLIMIT_NPROC does not hold for uid 0, and would count all of root's processes.
    assert [row["type"] for row in _config(limits=limits, cgroup=False)["process"]["rlimits"]] == ["RLIMIT_DATA"]


@pytest.mark.parametrize(
    "fields",
    [
        {"argv": ()},
        {"cwd": "relative"},
        {"hide": ("~/.aws",)},
        {"writable": ("here",)},
        {"binds": (Bind("/a", "b"),)},
        {"env": {"A=B": "c"}},
        {"env": {"": "c"}},
        {"env": {"A": "b\0c"}},
        {"argv": ("a\0b",)},
    ],
)
def test_a_spec_that_cannot_be_meant_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Spec(**{"argv": ("true",), "cwd": "/", **fields})
