"""Every ecosystem's own client trusts the session's CA by itself: design section 8's list, each proven by fetching something.

Each client runs twice: in a bare environment (nothing but PATH, HOME and the like), where only what Warden arranges can help it, and with
all the variables exported that development machines use to name their system's bundle, where nothing of theirs may get in the way.
What is fetched comes from hosts whose certificates no store on this machine trusts, so an answer means that the client trusted
the session's CA and that the worker verified the host's.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import CLIENTS, Warden, require
from tests.e2e.listed import PACKAGES, ListedHost, listed_host, package_answers
from tools.cloud import LocalAws

GOOGLE = ("cloudresourcemanager.googleapis.com", "storage.googleapis.com")
HELLO = f"https://{PACKAGES}/hello"
VERSION = f"{uuid.uuid4().int % 1000}.{uuid.uuid4().int % 100000}.7"

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
#: name -> variables that the caller exports. `AWS_CA_BUNDLE` and `CLOUDSDK_*` stay outside by the configuration's default.
EXPORTED: dict[str, dict[str, str]] = {
    "bare": {},
    "all exported": {
        **dict.fromkeys(
            (
                "AWS_CA_BUNDLE", "BUNDLE_SSL_CA_CERT", "CARGO_HTTP_CAINFO", "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "CURL_CA_BUNDLE",
                "DENO_CERT", "GIT_SSL_CAINFO", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "HTTPLIB2_CA_CERTS", "NIX_SSL_CERT_FILE",
                "NODE_EXTRA_CA_CERTS", "NPM_CONFIG_CAFILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE",
            ),
            BUNDLE,
        ),
        "SSL_CERT_DIR": "/etc/ssl/certs",
    },
}  # fmt: skip

PYTHON = str(CLIENTS / "trust/bin/python")
PYTHON_PROGRAMS = {
    "urllib": "import urllib.request; print(urllib.request.urlopen(url).read().decode())",
    "requests": "import requests; print(requests.get(url).text)",
    "httpx": "import httpx; print(httpx.get(url).text)",
    "aiohttp": """
        import aiohttp, asyncio
        async def main():
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                print(await answer.text())
        asyncio.run(main())""",
    "urllib3": "import urllib3; print(urllib3.request('GET', url).data.decode())",
    "httplib2": "import httplib2; print(httplib2.Http().request(url)[1].decode())",
}
NODE_PROGRAMS = {
    "https": "require('https').get(url, (answer) => answer.pipe(process.stdout))",
    "fetch": "fetch(url).then((answer) => answer.text()).then(console.log)",
}
GO = """\
package main

import ("io"; "net/http"; "os")

func main() {
    answer, err := http.Get(os.Args[1])
    if err != nil { panic(err) }
    io.Copy(os.Stdout, answer.Body)
}
"""
JAVA = """\
import java.net.*; import java.net.http.*; import java.nio.charset.StandardCharsets;
class Fetch {
    public static void main(String[] a) throws Exception {
        System.out.print(a[0].equals("url")
            ? new String(((HttpURLConnection) new URL(a[1]).openConnection()).getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            : HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(a[1])).build(), HttpResponse.BodyHandlers.ofString()).body());
    }
}
"""
GRPC = """
    import grpc
    channel = grpc.secure_channel(url.split("/")[2] + ":443", grpc.ssl_channel_credentials())
    try:
        channel.unary_unary("/probe.Probe/Get")(b"", timeout=10)
    except grpc.RpcError as error:
        print(error.code(), error.details())"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ListedHost]:
    directory = tmp_path_factory.mktemp("listed")
    with listed_host(directory, (PACKAGES, *GOOGLE)) as running:
        running.answers |= package_answers(directory / "packages", VERSION)
        project = {"projectId": "probe-project", "name": VERSION, "lifecycleState": "ACTIVE"}
        running.answers["/v1/projects/probe-project"] = ("application/json", json.dumps(project).encode())
        buckets = {"kind": "storage#buckets", "items": [{"id": VERSION, "name": VERSION}]}
        running.answers["/storage/v1/b"] = ("application/json", json.dumps(buckets).encode())
        yield running


@pytest.fixture(params=EXPORTED)
def inside(request: pytest.FixtureRequest, warden: Warden, cloud: LocalAws, host: ListedHost) -> Callable[..., str]:
    """Runs a command inside and returns what it wrote; the command must succeed and the listed host must have been asked."""
    warden.configure(
        egress={"allow": [PACKAGES, "*.googleapis.com"]},
        upstream={
            "resolve": {**cloud.resolve, PACKAGES: host.address, "*.googleapis.com": host.address},
            "ca": [str(cloud.ca), str(host.ca)],
        },
        environment={"set": {"CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true", "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}},
    )

    def run(*command: str, asks: bool = True, **options: Any) -> str:
        asked = len(host.seen)
        done = warden.exec(*command, env=EXPORTED[request.param], **options)
        assert done.returncode == 0, done
        assert not asks or len(host.seen) > asked, done
        return done.stdout + done.stderr

    return run


def python(program: str) -> str:
    return "import sys\nurl = sys.argv[1]\n" + textwrap.dedent(program)


def optional(program: str) -> str:
    """Its path; a skip where it is not installed, in CI as well: no package that the build installs has it."""
    path = shutil.which(program, path=f"{CLIENTS}/bin:{CLIENTS}/deno/bin:{os.environ.get('PATH', '')}")
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


def installed_python() -> str:
    if not Path(PYTHON).exists():
        pytest.fail("run `make clients`") if os.environ.get("CI") else pytest.skip("run `make clients`")
    return PYTHON


class TestSystemTools:
    def test_curl(self, inside: Callable[..., str]) -> None:
        assert f"hello {VERSION}" in inside("curl", "-sS", HELLO)

    def test_wget(self, inside: Callable[..., str]) -> None:
        assert f"hello {VERSION}" in inside(require("wget"), "-qO-", HELLO)

    def test_git(self, inside: Callable[..., str]) -> None:
        assert f"refs/tags/{VERSION}" in inside(require("git"), "ls-remote", f"https://{PACKAGES}/probe.git")

    def test_openssl(self, inside: Callable[..., str]) -> None:
        command = [require("openssl"), "s_client", "-connect", f"{PACKAGES}:443", "-verify_hostname", PACKAGES, "-verify_return_error"]
        assert "Verify return code: 0 (ok)" in inside(*command, input="", asks=False)
        assert "Verify return code: 0 (ok)" in inside(*command, "-CAfile", BUNDLE, input="", asks=False)
        assert "Verify return code: 0 (ok)" in inside(*command, "-CApath", "/etc/ssl/certs", input="", asks=False)

    def test_rclone_starts_and_fetches(self, inside: Callable[..., str]) -> None:
        assert f"hello {VERSION}" in inside(require("rclone"), "copyurl", "--stdout", HELLO)


class TestPython:
    @pytest.mark.parametrize("library", PYTHON_PROGRAMS)
    def test_library(self, inside: Callable[..., str], library: str) -> None:
        assert f"hello {VERSION}" in inside(installed_python(), "-c", python(PYTHON_PROGRAMS[library]), HELLO)

    def test_system_python(self, inside: Callable[..., str]) -> None:
        path = Path("/usr/bin/python3")
        if not path.exists():
            pytest.skip("no system Python")
        assert f"hello {VERSION}" in inside(str(path), "-c", python(PYTHON_PROGRAMS["urllib"]), HELLO)

    def test_grpc(self, inside: Callable[..., str]) -> None:
        """TLS is trusted, HTTP/2 spoken: the answer is this host's 404, not a handshake that fails."""
        answer = inside(installed_python(), "-c", python(GRPC), HELLO, asks=False)
        assert "StatusCode." in answer
        assert "handshake" not in answer.lower(), answer
        assert "CERTIFICATE" not in answer, answer

    def test_pip(self, inside: Callable[..., str]) -> None:
        pip = [installed_python(), "-m", "pip", "--disable-pip-version-check", "--no-cache-dir"]
        assert f"probe-{VERSION}" in inside(
            *pip, "download", "--no-deps", "-d", "/tmp", "--index-url", f"https://{PACKAGES}/simple", "probe"
        )

    @pytest.mark.parametrize("library", ["requests", "httpx"])
    def test_virtual_environment_in_the_project(self, inside: Callable[..., str], warden: Warden, library: str) -> None:
        """A writable one, whose bundles must not be mounted over: `pip install --upgrade certifi` has to work there."""
        project = warden.work / "project-venv"
        if not project.exists():
            (site,) = Path(installed_python()).parents[1].glob("lib/python3*/site-packages")
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(project)], check=True)
            (mine,) = project.glob("lib/python3*/site-packages")
            shutil.copytree(site, mine, dirs_exist_ok=True, ignore=shutil.ignore_patterns("grpc", "pip"))
        program = (
            PYTHON_PROGRAMS[library]
            + "; import certifi, os; file = certifi.where(); os.replace(file, file + '2'); os.replace(file + '2', file)"
        )
        assert f"hello {VERSION}" in inside("project-venv/bin/python", "-c", python(program), HELLO)

    def test_boto3_with_the_bundle_of_its_package(self, inside: Callable[..., str]) -> None:
        program = "import boto3; print(boto3.client('sts', region_name='us-east-1').get_caller_identity()['Account'])"
        assert "123456789012" in inside(sys.executable, "-c", program, asks=False)
        old = CLIENTS / "boto3-2022/bin/python"
        if old.exists():
            assert "123456789012" in inside(str(old), "-c", program, asks=False)

    def test_aws_cli(self, inside: Callable[..., str]) -> None:
        assert "123456789012" in inside(require("aws"), "sts", "get-caller-identity", asks=False)


class TestCompiledInRoots:
    @pytest.mark.parametrize("module", NODE_PROGRAMS)
    def test_node(self, inside: Callable[..., str], module: str) -> None:
        assert f"hello {VERSION}" in inside(require("node"), "-e", f"const url = process.argv[1];{NODE_PROGRAMS[module]}", HELLO)

    def test_npm(self, inside: Callable[..., str]) -> None:
        assert VERSION in inside(require("npm"), "view", "probe", "version", "--registry", f"https://{PACKAGES}/npm/")

    def test_deno(self, inside: Callable[..., str]) -> None:
        program = f"const answer = await fetch('{HELLO}'); console.log(await answer.text());"
        assert f"hello {VERSION}" in inside(optional("deno"), "eval", program)


def test_go(inside: Callable[..., str], warden: Warden) -> None:
    program = warden.work / "fetch-go"
    if not program.exists():
        source = warden.work / "fetch.go"
        source.write_text(GO)
        subprocess.run([require("go"), "build", "-o", str(program), str(source)], check=True, env={**os.environ, "CGO_ENABLED": "0"})
    assert f"hello {VERSION}" in inside(str(program), HELLO)


@pytest.mark.parametrize("client", ["url", "http"])
def test_java(inside: Callable[..., str], warden: Warden, client: str) -> None:
    java, javac = optional("java"), optional("javac")
    if not (warden.work / "Fetch.class").exists():
        (warden.work / "Fetch.java").write_text(JAVA)
        subprocess.run([javac, "Fetch.java"], cwd=warden.work, check=True)
    assert f"hello {VERSION}" in inside(java, "-XX:TieredStopAtLevel=1", "-cp", ".", "Fetch", client, HELLO)


def test_cargo(inside: Callable[..., str], warden: Warden) -> None:
    cargo = optional("cargo")
    if shutil.which("rustup"):  # `cargo` on PATH is then a stub that wants its owner's home
        cargo = subprocess.run(["rustup", "which", "cargo"], check=True, capture_output=True, text=True).stdout.strip()
    project = warden.work / f"crate-{uuid.uuid4().hex[:8]}"
    (project / "src").mkdir(parents=True)
    (project / "src/lib.rs").touch()
    (project / "Cargo.toml").write_text(
        f'[package]\nname = "crate"\nversion = "0.1.0"\n[dependencies]\nprobe = {{ version = "{VERSION}", registry = "listed" }}\n'
    )
    registry = f'registries.listed.index="sparse+https://{PACKAGES}/cargo/"'
    inside(cargo, "generate-lockfile", "--manifest-path", str(project / "Cargo.toml"), "--config", registry)
    assert VERSION in (project / "Cargo.lock").read_text()


def test_terraform(inside: Callable[..., str], warden: Warden) -> None:
    terraform = optional("terraform")
    project = warden.work / f"terraform-{uuid.uuid4().hex[:8]}"
    project.mkdir()
    (project / "main.tf").write_text(f'terraform {{\n  backend "http" {{\n    address = "https://{PACKAGES}/state"\n  }}\n}}\n')
    inside(terraform, f"-chdir={project}", "init", "-input=false", "-no-color")
    assert VERSION in inside(terraform, f"-chdir={project}", "output", "-no-color")


def test_gcloud(inside: Callable[..., str]) -> None:
    assert VERSION in inside(optional("gcloud"), "projects", "describe", "probe-project")
    assert VERSION in inside(optional("gcloud"), "storage", "ls", "--project", "probe-project")


class TestBundleOfTheUser:
    """A company's own bundle, named by the user: it stays the one that the client reads, and the session's CA is in it."""

    @pytest.fixture
    def elsewhere(self) -> Iterator[Path]:
        """A directory that is read-only inside. Not below /tmp, where these tests live: inside, another one is there."""
        if not os.access("/opt", os.W_OK):
            pytest.skip("needs a place outside /tmp")
        with tempfile.TemporaryDirectory(dir="/opt") as name:
            Path(name).chmod(0o755)
            yield Path(name)

    @pytest.mark.parametrize(
        ("variable", "command"),
        [
            ("CURL_CA_BUNDLE", ["curl", "-sS", HELLO]),
            ("GIT_SSL_CAINFO", ["git", "ls-remote", f"https://{PACKAGES}/probe.git"]),
            ("REQUESTS_CA_BUNDLE", [PYTHON, "-c", python(PYTHON_PROGRAMS["requests"]), HELLO]),
            ("SSL_CERT_FILE", [PYTHON, "-c", python(PYTHON_PROGRAMS["httpx"]), HELLO]),
            ("NODE_EXTRA_CA_CERTS", ["node", "-e", f"const url = process.argv[1];{NODE_PROGRAMS['https']}", HELLO]),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    @pytest.mark.parametrize("place", ["elsewhere", "project"])
    def test_named_bundle(
        self, warden: Warden, cloud: LocalAws, host: ListedHost, elsewhere: Path, place: str, variable: str, command: list[str]
    ) -> None:
        require(command[0]) if "/" not in command[0] else installed_python()
        warden.configure(egress={"allow": [PACKAGES]}, upstream={"resolve": {PACKAGES: host.address}, "ca": [str(cloud.ca), str(host.ca)]})
        bundle = (elsewhere if place == "elsewhere" else warden.work) / "company.pem"
        bundle.write_bytes(cloud.ca.read_bytes())
        done = warden.exec("sh", "-c", f'"$@" && echo "named ${variable}"', "sh", *command, env={variable: str(bundle)})
        assert VERSION in done.stdout, done
        # One in a writable directory is the user's to replace: nothing is mounted over it, and the system's bundle is named instead.
        assert f"named {bundle if place == 'elsewhere' else BUNDLE}" in done.stdout
        assert bundle.read_bytes() == cloud.ca.read_bytes()


def test_trust_ends_with_the_session(warden: Warden) -> None:
    """The CA is one session's: not in the machine's stores, and not the next session's."""

    def machine() -> tuple[set[str], bytes]:
        return {path.name for path in Path("/etc/ssl/certs").iterdir()}, Path(BUNDLE).read_bytes()

    def authorities(bundle: str) -> set[str]:
        begin = "-----BEGIN CERTIFICATE-----"
        return set(bundle.split(begin)) - set(before[1].decode().split(begin))

    before = machine()
    first, second = (authorities(warden.exec("cat", BUNDLE).stdout) for _ in range(2))
    assert first
    assert second
    assert not first & second
    assert machine() == before
