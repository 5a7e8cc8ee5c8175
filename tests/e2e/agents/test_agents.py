"""Real agents inside the sandbox: they start, talk to a model with the real key that they do not have, and remember it the next time.

The models are a stand-in (`models`); the agents are their makers' own programs, installed by `tools/setup/clients agents`.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.agents.models import ANSWER, HOSTS, MODELS, Handler
from tests.e2e.conftest import CLIENTS, Warden
from tests.e2e.listed import ListedHost, listed_host

WATCHED = Path(__file__).with_name("watched.py")
BIN = CLIENTS / "agents/node_modules/.bin"


@dataclass(frozen=True)
class Agent:
    """How one agent is run without a terminal. `again` continues the last conversation; `key` is how its keys begin, `header` where they go."""

    variable: str
    key: str
    host: str
    header: str
    first: tuple[str, ...]
    again: tuple[str, ...]
    state: str
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def program(self) -> str:
        return self.first[0]


AGENTS = {
    "claude": Agent(
        "ANTHROPIC_API_KEY", "sk-ant-api03-", "api.anthropic.com", "x-api-key",
        (str(BIN / "claude"), "-p"), (str(BIN / "claude"), "-p", "--continue"), ".claude",
        (("DISABLE_AUTOUPDATER", "1"), ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")),
    ),
    "codex": Agent(
        "CODEX_API_KEY", "sk-proj-", "api.openai.com", "authorization",
        (str(BIN / "codex"), "exec", "--skip-git-repo-check"), (str(BIN / "codex"), "exec", "resume", "--last", "--skip-git-repo-check"), ".codex",
    ),
    "gemini": Agent(
        "GEMINI_API_KEY", "AIza", "generativelanguage.googleapis.com", "x-goog-api-key",
        (str(BIN / "gemini"), "-m", "gemini-2.5-flash", "-p"), (str(BIN / "gemini"), "-m", "gemini-2.5-flash", "--resume", "latest", "-p"), ".gemini",
        (("GEMINI_CLI_TRUST_WORKSPACE", "true"),),
    ),
    "aider": Agent(
        "OPENAI_API_KEY", "sk-proj-", "api.openai.com", "authorization",
        (str(CLIENTS / "aider/bin/aider"), "--model", "openai/gpt-4o", "--no-git", "--yes-always", "--no-check-update", "--no-analytics",
         "--no-show-model-warnings", "--map-tokens", "0", "--message"),
        (str(CLIENTS / "aider/bin/aider"), "--model", "openai/gpt-4o", "--no-git", "--yes-always", "--no-check-update", "--no-analytics",
         "--no-show-model-warnings", "--map-tokens", "0", "--restore-chat-history", "--message"),
        ".aider",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ListedHost]:
    with listed_host(tmp_path_factory.mktemp("models"), HOSTS, Handler) as running:
        yield running


@pytest.fixture(params=AGENTS)
def agent(request: pytest.FixtureRequest) -> Agent:
    found = AGENTS[request.param]
    if not Path(found.program).exists():
        if os.environ.get("CI"):
            pytest.fail(f"{found.program} is not installed")
        pytest.skip(f"{found.program} is not installed: `make e2e-agents` does it")
    return found


@pytest.fixture
def home(tmp_path: Path, models: ListedHost, agent: Agent) -> Iterator[Warden]:
    """A user with an empty home, whose agent has been started before: its state directory is there."""
    (tmp_path / "home" / agent.state).mkdir(parents=True)
    config = {"upstream": {"resolve": dict.fromkeys(HOSTS, models.address), "ca": [str(models.ca)]}}
    warden = Warden(tmp_path / "home", tmp_path / "home/work", config, dict(agent.environment))
    shutil.copy(WATCHED, warden.work / "watched.py")
    yield warden
    warden.run("daemon", "stop")


def made_key(agent: Agent) -> str:
    """A key of the shape that the agent's own checks expect."""
    return agent.key + secrets.token_hex(18)[: 35 if agent.key == "AIza" else 36]


def pattern(agent: Agent) -> str:
    """What looks like a key of this agent."""
    return f"{agent.key}[A-Za-z0-9]{{{35 if agent.key == 'AIza' else 36}}}"


def watched(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What `watched.py` has seen."""
    line = next((line for line in done.stderr.splitlines() if line.startswith("WATCHED ")), "WATCHED {}")
    found: dict[str, Any] = json.loads(line.removeprefix("WATCHED "))
    return found


def test_it_works_with_a_key_that_it_never_has_and_remembers(home: Warden, agent: Agent) -> None:
    key = made_key(agent)
    word = f"word-{secrets.token_hex(4)}"

    def run(command: tuple[str, ...], text: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any], list[str]]:
        MODELS.asked.clear()
        looked = f"{home.home / agent.state}:{home.work}"
        done = home.exec(sys.executable, "watched.py", pattern(agent), looked, "--", *command, text, env={agent.variable: key}, timeout=150)
        asked = [one for one in MODELS.asked if one.host == agent.host]
        return done, watched(done), [one.headers.get(agent.header, "").removeprefix("Bearer ") for one in asked]

    done, seen, keys = run(agent.first, f"Say {word}.")
    assert done.returncode == 0, (done, MODELS.others, home.rulings()[-3:])
    assert ANSWER in done.stdout, done
    # The model's API got the real key, and the agent never had it.
    assert keys
    assert set(keys) == {key}
    real = hashlib.sha256(key.encode()).hexdigest()
    assert seen["environment"], "the agent has a placeholder of the key's own shape"
    assert seen["readable"], "its memory could be read"
    assert seen["memory"]
    assert [where for where in ("environment", "memory", "files") if real in seen[where]] == []
    assert key not in home.audit_log.read_text()
    # The next session finds what this one left.
    done, seen, keys = run(agent.again, "And again.")
    assert done.returncode == 0, (done, MODELS.others)
    assert ANSWER in done.stdout, done
    assert set(keys) == {key}
    assert any(word in one.body for one in MODELS.asked), "the conversation of before is in what it sends"
    assert [where for where in ("environment", "memory", "files") if real in seen[where]] == []


def test_the_control_a_key_that_is_passed_in_is_found(home: Warden, agent: Agent) -> None:
    """What the test above looks with does find a real key: in the environment and the memory of an agent that was given one."""
    key = made_key(agent)
    done = home.run(
        "exec", "--env", agent.variable, "--", sys.executable, "watched.py", pattern(agent), str(home.work), "--", *agent.first, "Hello.",
        env={agent.variable: key}, timeout=150,
    )  # fmt: skip
    seen = watched(done)
    real = hashlib.sha256(key.encode()).hexdigest()
    assert real in seen["environment"]
    assert real in seen["memory"]


def test_a_transcript_may_quote_a_placeholder(home: Warden, agent: Agent) -> None:
    """As it does once the agent has printed its environment: what it says to the model is not refused, and no secret is put into it."""
    key = made_key(agent)
    script = f'exec "$@" "My key is ${agent.variable}."'
    MODELS.asked.clear()
    done = home.exec("sh", "-c", script, "sh", *agent.first, env={agent.variable: key}, timeout=150)
    assert done.returncode == 0, (done, MODELS.others, home.rulings()[-3:])
    assert ANSWER in done.stdout, done
    assert any("My key is " in one.body for one in MODELS.asked)
    assert not any(key in one.body for one in MODELS.asked)
