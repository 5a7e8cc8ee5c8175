"""The frame: which command runs, what a mistake says, how each failure ends, and that `warden exec` imports next to nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from warden.cli import frame, main
from warden.errors import WardenError


def warden(*arguments: str, code: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    script = f"import sys; {code}\nfrom warden.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["audti"], "there is no command 'audti'. Did you mean `warden audit`?"),
        (["xyzzy"], "there is no command 'xyzzy'. `warden help` lists the commands."),
        (["--frobnicate"], "unknown option --frobnicate."),
        (["help", "polcy"], "Did you mean `warden policy`?"),
        (["audit", "lst"], "warden audit has no 'lst'. Did you mean list?"),
        (["audit", "list", "--limt", "3"], "unknown argument --limt. Did you mean --limit?"),
        (["audit", "list", "--limit", "0"], "it must be 1 or more"),
        (["audit", "list", "--limit"], "expected one argument"),
        (["config", "show", "--output", "yml"], "'yml' is not possible here. Did you mean yaml?"),
        (["audit"], "required: VERB"),
    ],
)
def test_a_mistake_names_the_nearest_and_the_next_step(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    output = capsys.readouterr()
    assert said in output.err
    assert output.err.startswith("warden: ")
    assert output.err.count("\n") == 1
    assert output.out == ""


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {name} " in text for name in frame.COMMANDS)
    assert main([]) == 2
    assert main(["help", "audit", "list"]) == 0
    assert "--denied" in capsys.readouterr().out


def test_every_command_has_a_parser_of_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    for name in frame.COMMANDS:
        assert main(["help", name]) == 0
        assert f"warden {name}" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    import warden as package

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"warden {package.__version__}\n"


def test_exec_imports_next_to_nothing() -> None:
    code = "import atexit; atexit.register(lambda: print(*sorted(sys.modules), sep='\\n'))"
    modules = warden("exec", "--help", code=code).stdout.split()
    heavy = {
        "argparse",
        "dataclasses",
        "yaml",
        "structlog",
        "json",
        "subprocess",
        "warden.cli.frame",
        "warden.config",
        "warden.audit",
        "asyncio",
    }
    assert "warden.cli.exec" in modules
    assert heavy & set(modules) == set()


def test_only_the_named_command_is_imported() -> None:
    code = "import atexit; atexit.register(lambda: print(*sorted(sys.modules), sep='\\n'))"
    modules = warden("audit", "list", "--file", "/nonexistent", code=code).stdout.split()
    assert {name for name in modules if name.startswith("warden.cli.")} == {"warden.cli.audit", "warden.cli.frame", "warden.cli.table"}
    assert {"structlog", "yaml", "mitmproxy", "botocore"} & set(modules) == set()


def raising(error: str) -> str:
    """Code that makes `warden version` raise."""
    return f"import warden.cli.frame as frame\ndef boom(words): {error}\nframe.dispatch = boom"


def test_errors_of_ours_are_a_sentence() -> None:
    done = warden("version", code=raising("raise frame.WardenError('It is broken.', 'Mend\\x1b[2J it.')"))
    assert (done.returncode, done.stderr) == (125, "warden: It is broken. Mend\\x1b[2J it.\n")


def test_a_bug_is_one_line_and_its_detail_a_private_file(tmp_path: Path) -> None:
    done = warden("version", code=raising("1 / 0"), HOME=str(tmp_path))
    assert done.returncode == 125
    assert done.stderr.count("\n") == 1
    assert "this is a bug in warden (ZeroDivisionError: division by zero)" in done.stderr
    (detail,) = (tmp_path / ".local/state/warden/errors").iterdir()
    assert str(detail) in done.stderr
    assert "Traceback" in detail.read_text()
    assert detail.stat().st_mode & 0o777 == 0o600


def test_a_bug_with_nowhere_to_write_is_still_one_line() -> None:
    done = warden("version", code=raising("1 / 0"), HOME="/dev/null")
    assert (done.returncode, done.stderr.count("\n")) == (125, 1)
    assert "WARDEN_DEBUG=1" in done.stderr


def test_debugging_shows_the_traceback(tmp_path: Path) -> None:
    done = warden("version", code=raising("1 / 0"), HOME=str(tmp_path), WARDEN_DEBUG="1")
    assert done.returncode == 125
    assert "Traceback" in done.stderr


def test_interrupts_end_quietly() -> None:
    done = warden("version", code=raising("raise KeyboardInterrupt"))
    assert (done.returncode, done.stderr) == (130, "")


def test_a_reader_that_went_away_ends_quietly() -> None:
    script = "import sys; from warden.cli import main; sys.exit(main())"
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", script, "config", "schema"], stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_closed_standard_output_is_no_traceback() -> None:
    script = "import sys; from warden.cli import main; sys.exit(main())"
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-c", script, "version"],
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr


def test_a_full_disk_behind_the_output() -> None:
    with open("/dev/full", "w") as full:
        script = "import sys; from warden.cli import main; sys.exit(main())"
        done = subprocess.run(
            [sys.executable, "-c", script, "config", "schema"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (125, "warden: the output cannot be written: No space left on device.\n")


def test_ctrl_c_while_following_a_log(tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    log.write_text('{"kind":"ruling","seq":1,"operations":["a:B"]}\n')
    script = "import sys; from warden.cli import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", script, "audit", "tail", "-f", "--file", str(log)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert "a:B" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (130, "")


def test_the_exit_code_of_an_error_is_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.failed(WardenError("x")) == 125
    assert frame.failed(frame.UsageError("x")) == 2
    assert frame.failed(SystemExit(7)) == 7
    assert frame.failed(SystemExit()) == 0
    assert frame.failed(SystemExit("text")) == 1
    assert frame.failed(BrokenPipeError()) == 141 if not sys.stdout.isatty() else True
    assert "text" in capsys.readouterr().err
