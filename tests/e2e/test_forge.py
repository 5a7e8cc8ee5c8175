"""git and a GraphQL client through the sandbox, against real git and a real GraphQL engine: what passes, what does not, and what is printed."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Warden, require
from tests.e2e.forge import API, GITHUB, OWN, Forge, forge

#: In front of every script: an identity, no questions, and no pack so large that it would not be one.
PREAMBLE = """
export GIT_CONFIG_GLOBAL=/dev/null GIT_TERMINAL_PROMPT=0 GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.net
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.net
commit() { echo "$1 $RANDOM" >> file; git add file; git commit -q -m "$1"; }
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    with forge(tmp_path_factory.mktemp("forge")) as made:
        yield made


@pytest.fixture
def repository(running: Forge, session_warden: Warden, tmp_path: Path) -> str:
    """A new repository's name, with three commits on main, a branch and a tag."""
    name = f"r{uuid.uuid4().hex[:8]}.git"
    running.create(name)
    script = f"""{PREAMBLE}
        git init -q -b main {tmp_path}/seed; cd {tmp_path}/seed; commit one; commit two; commit three
        git branch topic; git tag v1; git push -q {running.root}/{name} main topic v1"""
    subprocess.run(["bash", "-ec", script], check=True)
    return name


@pytest.fixture
def inside(session_warden: Warden, running: Forge) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a script inside, in a directory of its own; git.example.net is listed, github.com only as the built-in list has it."""

    def run(script: str, *options: str, egress: tuple[str, ...] = (f"https://{OWN}",)) -> subprocess.CompletedProcess[str]:
        session_warden.configure(egress={"allow": list(egress)}, upstream=running.upstream)
        here = f"t{uuid.uuid4().hex[:8]}"
        return session_warden.run("exec", *options, "--", "bash", "-ec", f"{PREAMBLE}\nmkdir {here}; cd {here}\n{script}")

    return run


def clone(repository: str, host: str = OWN) -> str:
    return f"git clone -q https://{host}/{repository} work; cd work;"


def test_clone_and_fetch_from_a_forge_need_no_configuration(
    inside: Callable[..., subprocess.CompletedProcess[str]], repository: str
) -> None:
    done = inside(f"{clone(repository, GITHUB)} git fetch -q --tags; git ls-remote -q | wc -l; git log --oneline | wc -l", egress=())
    assert (done.returncode, done.stdout.split()) == (0, ["4", "3"]), done


def test_a_push_to_a_forge_is_denied_with_the_line_that_would_allow_it(
    inside: Callable[..., subprocess.CompletedProcess[str]], running: Forge, repository: str
) -> None:
    before, asked = running.refs(repository), len(running.asked)
    done = inside(f"{clone(repository, GITHUB)} commit four; git push origin main", egress=())
    assert done.returncode == 128, done
    line = f'egress: {{allow: ["GET,POST {GITHUB}/{repository}/*"]}}'
    assert "remote: warden denied git:push on github.com" in done.stderr
    assert line in done.stderr.replace("\nremote: ", "")
    assert not [one for one in running.asked[asked:] if "receive-pack" in one]
    assert running.refs(repository) == before
    (entry,) = json.loads(line.removeprefix("egress: {allow: ").removesuffix("}"))
    done = inside(f"{clone(repository, GITHUB)} commit four; git push -q origin main", egress=(entry,))
    assert done.returncode == 0, done
    assert running.refs(repository) != before


ALLOWED = {
    "fast-forward": "commit four; commit five; git push -q origin main",
    "new branch": "git switch -q -c new; commit four; git push -q origin new",
    "new branch at a commit that is there": "git push -q origin main:refs/heads/same",
    "new tag": "git tag v2; git push -q origin v2",
    "annotated tag and branch": "commit four; git tag -a -m two v2; git push -q --follow-tags origin main",
    "merge": "git switch -q -c side HEAD~1; commit side; git switch -q main; git merge -q --no-edit -X ours side; git push -q origin main",
    "push options": "commit four; git push -q -o ci.skip origin main",
    "forced without need": "commit four; git push -q --force origin main",
    "nothing": "git push -q origin main",
    "from a shallow clone": "cd ..; git clone -q --depth 1 https://{own}/{repository} flat; cd flat; commit four; git push -q origin main",
    "many commits": "for n in $(seq 40); do commit $n; done; git push -q origin main",
}


@pytest.mark.parametrize("name", ALLOWED)
def test_pushes_that_lose_nothing(
    inside: Callable[..., subprocess.CompletedProcess[str]], running: Forge, repository: str, name: str
) -> None:
    before = running.refs(repository)
    done = inside(clone(repository) + ALLOWED[name].format(own=OWN, repository=repository))
    assert done.returncode == 0, done
    after = running.refs(repository)
    assert before.keys() <= after.keys()
    assert (after != before) is (name != "nothing")
    for ref, commit in before.items():  # every commit that was named still is
        assert running.git(repository, "merge-base", "--is-ancestor", commit, after[ref]) == ""


DENIED = {
    "forced": "git reset -q --hard HEAD~1; commit other; git push --force origin main",
    "forced with lease": "git commit -q --amend -m other; git push --force-with-lease origin main",
    "back": "git push --force origin HEAD~1:main",
    "delete": "git push --delete origin topic",
    "delete by colon": "git push origin :topic",
    "delete a tag": "git push origin :refs/tags/v1",
    "move a tag": "commit four; git tag -f v1; git push --force origin v1",
    "mirror": "git branch -q -D main 2>/dev/null || git switch -q --detach; git branch -q -D main; git push --mirror origin",
    "among others": "git switch -q -c new; commit four; git push origin new :topic",
    "prune": "git push --prune origin 'refs/heads/*:refs/heads/*'",
}


@pytest.mark.parametrize("name", DENIED)
def test_pushes_that_lose_something(
    inside: Callable[..., subprocess.CompletedProcess[str]], running: Forge, repository: str, name: str
) -> None:
    before = running.refs(repository)
    done = inside(clone(repository) + DENIED[name])
    assert done.returncode == 1, done
    assert "[remote rejected]" in done.stderr, done
    said = " ".join(line.removeprefix("remote: ").rstrip() for line in done.stderr.splitlines())
    assert 'policy "no-destroy/destructive"' in said, done
    assert running.refs(repository) == before


def test_the_same_pushes_pass_without_warden(running: Forge, repository: str, tmp_path: Path) -> None:
    """The control: the server would have done it."""
    script = f"{PREAMBLE}\ncd {tmp_path}; git clone -q {running.root}/{repository} work; cd work\n"
    subprocess.run(["bash", "-ec", script + DENIED["forced"] + "; " + DENIED["delete"]], check=True, capture_output=True)
    assert "refs/heads/topic" not in running.refs(repository)


@pytest.mark.parametrize(
    "push", ["git switch -q -c large; commit x; git push -q origin large", "git push -q origin main"], ids=["new", "main"]
)
def test_a_push_larger_than_what_is_read(
    inside: Callable[..., subprocess.CompletedProcess[str]], running: Forge, repository: str, push: str
) -> None:
    done = inside(f"{clone(repository)} head -c 30000000 /dev/urandom > big; git add big; git commit -q -m big; {push}")
    assert done.returncode == 0, done
    ref = "refs/heads/large" if "large" in push else "refs/heads/main"
    assert int(running.git(repository, "cat-file", "-s", f"{ref}:big")) == 30_000_000


def test_a_large_push_that_loses_something(
    inside: Callable[..., subprocess.CompletedProcess[str]], running: Forge, repository: str
) -> None:
    before = running.refs(repository)
    amend = "head -c 30000000 /dev/urandom > big; git add big; git commit -q --amend -m big"
    done = inside(f"{clone(repository)} {amend}; git push --force origin main")
    assert done.returncode != 0, done
    assert running.refs(repository) == before
    assert "warden denied" in done.stderr, done


def test_readonly_fetches_and_does_not_push(
    inside: Callable[..., subprocess.CompletedProcess[str]], running: Forge, repository: str
) -> None:
    before = running.refs(repository)
    done = inside(f"{clone(repository)} commit four; git push origin main", "--preset", "readonly")
    assert done.returncode == 128, done
    assert "remote: warden denied git:push" in done.stderr
    assert 'policy "readonly/' in done.stderr
    assert running.refs(repository) == before


# --- GraphQL -------------------------------------------------------------------------------------------------------------------

DELETE = 'mutation { deleteRepository(name: "precious") { name } }'


def gh(query: str) -> str:
    return f"GH_TOKEN=none GH_CONFIG_DIR=$PWD gh api graphql -f query='{query}'"


def test_githubs_command_line_reads_and_is_told_why_it_may_not_delete(
    inside: Callable[..., subprocess.CompletedProcess[str]], running: Forge
) -> None:
    require("gh")
    done = inside(gh("{ repositories { name } }"), egress=())
    assert (done.returncode, json.loads(done.stdout)["data"]["repositories"][0]) == (0, {"name": "precious"}), done
    done = inside(gh(DELETE), egress=())
    assert done.returncode == 1, done
    assert "gh: warden denied mutation:deleteRepository on api.github.com" in done.stderr
    assert 'policy "no-destroy/destructive"' in done.stderr
    done = inside(gh('mutation { createRepository(name: "x") { name } }'), egress=())
    assert f'egress: {{allow: ["POST {API}/graphql"]}}' in done.stderr, done
    assert running.repositories == ["precious"]


@pytest.mark.parametrize(
    "body",
    [
        {"query": DELETE},
        {"query": DELETE.replace("deleteRepository", "viewer: deleteRepository")},
        {"query": 'query A { viewer { name } } mutation B { deleteRepository(name: "precious") { name } }', "operationName": "B"},
        {"query": 'mutation { ...F } fragment F on Mutation { deleteRepository(name: "precious") { name } }'},
        {"query": 'mutation($n: String!) { createRepository(name: "y") { name } deleteRepository(name: $n) { name } }',
         "variables": {"n": "precious"}},
    ],
)  # fmt: skip
def test_a_mutation_that_deletes_never_arrives(
    inside: Callable[..., subprocess.CompletedProcess[str]], running: Forge, body: dict[str, str]
) -> None:
    asked = len(running.asked)
    send = f"curl -sS https://{OWN}/graphql -H 'Content-Type: application/json' -d @- <<'END'\n{json.dumps(body)}\nEND"
    done = inside(send)
    (error,) = json.loads(done.stdout)["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "deleteRepository" in error["message"] or "createRepository" in error["message"]
    assert running.repositories == ["precious"]
    assert len(running.asked) == asked


def test_other_mutations_pass_where_the_host_is_listed(inside: Callable[..., subprocess.CompletedProcess[str]], running: Forge) -> None:
    body = json.dumps({"query": 'mutation { createRepository(name: "made") { name } }'})
    done = inside(f"curl -sS https://{OWN}/graphql -H 'Content-Type: application/json' -d @- <<'END'\n{body}\nEND")
    assert json.loads(done.stdout)["data"] == {"createRepository": {"name": "made"}}
    assert running.repositories == ["precious", "made"]
    running.repositories.remove("made")
