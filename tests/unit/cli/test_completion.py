"""Completion: made from the parsers, and the shells that are here accept it and complete with it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from warden.cli import completion, frame, main


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


def test_every_command_and_flag_is_in_the_table() -> None:
    table = {entry.path: entry for entry in completion.entries()}
    assert set(frame.COMMANDS) <= table.keys() & table[""].words.keys()
    assert {"verify", "list", "tail", "show"} == table["audit"].words.keys()
    assert {"--denied", "--session", "--since", "--operation", "--limit", "--file", "--output"} <= table["audit list"].flags.keys()
    assert {"--preset", "--policy", "--config", "--help"} <= table["exec"].flags.keys()
    assert table["exec"].wraps
    assert table["completion"].words.keys() == {"bash", "zsh", "fish"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(
    ("line", "offered", "never"),
    [
        ("warden ", {"exec", "audit", "help"}, {"list"}),
        ("warden aud", {"audit"}, {"exec"}),
        ("warden audit ", {"list", "verify"}, {"exec"}),
        ("warden audit list --de", {"--denied"}, {"--limit"}),
        ("warden audit --help list --", {"--denied"}, {"verify"}),
        ("warden help con", {"config"}, {"audit"}),
        ("warden exec --pre", {"--preset"}, {"--policy"}),
        ("warden exec -- bas", {"bash"}, {"--preset"}),
        ("warden completion ", {"bash", "zsh", "fish"}, {"exec"}),
    ],
)
def test_bash_completes(line: str, offered: set[str], never: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "warden.bash").write_text(script("bash", capsys))
    ask = 'set -u; source "$1"; read -ra COMP_WORDS <<< "$2"; [[ $2 == *" " ]] && COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]} - 1));'
    ask += ' complete -p warden >/dev/null && _warden; printf "%s\\n" "${COMPREPLY[@]}"'
    command = ["bash", "--norc", "-c", ask, "bash", str(tmp_path / "warden.bash"), line]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, cwd=tmp_path)
    got = set(done.stdout.split())
    assert done.stderr == ""
    assert offered <= got
    assert not never & got


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_accept_it(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = script(shell, capsys)
    assert "--denied" in text or "-l denied" in text
    assert text.count("'") % 2 == 0
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} to read it with")
    (tmp_path / "script").write_text(text)
    done = subprocess.run([shell, "-n", str(tmp_path / "script")], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
