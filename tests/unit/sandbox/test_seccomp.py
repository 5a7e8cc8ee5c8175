"""The filter as data: every row has a reason, every comparison is one that libseccomp takes."""

from __future__ import annotations

import errno

import pytest

from sandbox import SandboxError, seccomp


def _rows(name: str) -> list[dict[str, object]]:
    return [row for row in seccomp.profile("x86_64")["syscalls"] if name in row["names"]]


def test_only_the_native_abi_is_let_in() -> None:
    assert seccomp.profile("x86_64")["architectures"] == ["SCMP_ARCH_X86_64"]
    assert seccomp.profile("aarch64")["architectures"] == ["SCMP_ARCH_AARCH64"]


def test_an_unknown_machine_is_refused() -> None:
    with pytest.raises(SandboxError, match="pdp11"):
        seccomp.profile("pdp11")


def test_every_refusal_has_a_reason_and_an_error() -> None:
    for refusal in seccomp.REFUSALS:
        assert refusal.calls
        assert refusal.why
        assert refusal.error in errno.errorcode


def test_no_rule_compares_one_argument_twice() -> None:
    """libseccomp takes one comparison per argument and rule."""
    for refusal in seccomp.REFUSALS:
        indices = [argument.index for argument in refusal.arguments]
        assert len(indices) == len(set(indices))


def test_every_namespace_flag_is_refused_for_unshare_and_clone() -> None:
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        wanted = [{"index": 0, "value": flag, "valueTwo": flag, "op": "SCMP_CMP_MASKED_EQ"}]
        for name in ("unshare", "clone"):
            assert any(row["args"] == wanted for row in _rows(name)), (name, hex(flag))
    # 0x80 is CLONE_NEWTIME for unshare, and part of the exit signal for clone: fork's SIGCHLD must pass.
    assert not any(row["args"] == [{"index": 0, "value": 0x80, "valueTwo": 0x80, "op": "SCMP_CMP_MASKED_EQ"}] for row in _rows("clone"))


def test_socket_families_are_those_that_the_namespace_binds() -> None:
    refused = {args[0]["value"] for row in _rows("socket") if (args := row["args"]) and args[0]["op"] == "SCMP_CMP_EQ" and len(args) == 1}  # type: ignore[index,arg-type]
    above = [args for row in _rows("socket") if (args := row["args"]) and args[0]["op"] == "SCMP_CMP_GT"]  # type: ignore[index]
    assert refused == set(range(17)) - {1, 2, 10, 16}
    assert above == [[{"index": 0, "value": 16, "op": "SCMP_CMP_GT"}]]


def test_what_software_falls_back_from_is_not_implemented_rather_than_forbidden() -> None:
    for name in ("clone3", "openat2", "io_uring_setup"):
        assert [row["errnoRet"] for row in _rows(name)] == [errno.ENOSYS]
