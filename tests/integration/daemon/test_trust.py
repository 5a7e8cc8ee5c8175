"""Every ecosystem trusts the session's CA by itself: each real client, in a clean environment, speaks TLS to the worker.

No server is needed: a request that the policy denies is answered by the worker, and to read that answer a client must have trusted it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.checkout import sandbox_section
from tests.integration.daemon.conftest import Home

URL = "https://sts.us-east-1.amazonaws.com/"
ROOT = Path(__file__).parents[3]
#: An answer of the worker's, whichever client shows it.
ANSWERED = "403"


def need(*programs: str) -> None:
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")


def asks(home: Home, *command: str, **options: Any) -> str:
    """Runs a client inside and returns all it says."""
    done = home.exec(*command, **options)
    said: str = done.stdout + done.stderr
    return said


PYTHON = """
import urllib.request, urllib.error
try: urllib.request.urlopen("{url}")
except urllib.error.HTTPError as error: print(error.code)
"""
BOTO3 = """
import boto3
try: boto3.client("iam", "us-east-1", aws_access_key_id="A", aws_secret_access_key="B").delete_user(UserName="x")
except Exception as error: print(error.response["ResponseMetadata"]["HTTPStatusCode"])
"""
GO = """
package main
import ("fmt"; "net/http")
func main() {
    answer, err := http.Get("URL")
    if err != nil { panic(err) }
    fmt.Println(answer.StatusCode)
}
"""


@pytest.mark.parametrize("clean", [False, True], ids=["session-environment", "env-i"])
@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("curl", ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", URL]),
        ("wget", ["wget", "-S", "-O", "-", URL]),
        ("git", ["git", "ls-remote", URL + "x.git"]),
        ("/usr/bin/python3", ["/usr/bin/python3", "-c", PYTHON.replace("{url}", URL)]),
        (
            "openssl",
            ["sh", "-c", "echo | openssl s_client -verify_return_error -brief -connect sts.us-east-1.amazonaws.com:443 2>&1 && echo 403"],
        ),
        (
            "perl",
            [
                "perl",
                "-MIO::Socket::SSL",
                "-e",
                "IO::Socket::SSL->new('sts.us-east-1.amazonaws.com:443') or die $IO::Socket::SSL::SSL_ERROR; print 403",
            ],
        ),
        ("gnutls-cli", ["sh", "-c", "echo | gnutls-cli sts.us-east-1.amazonaws.com && echo 403"]),
    ],
    ids=["curl", "wget", "git", "python", "openssl", "perl", "gnutls"],
)
def test_clients_of_the_system_s_bundle(shared: Home, program: str, command: list[str], clean: bool) -> None:
    need(program)
    if program == "perl" and subprocess.run(["perl", "-MIO::Socket::SSL", "-e1"], capture_output=True).returncode:
        pytest.skip("IO::Socket::SSL is not installed")
    wrapped = ["env", "-i", "PATH=/usr/bin:/bin", *command] if clean else command
    assert ANSWERED in asks(shared, *wrapped)


def test_python_that_looks_in_the_hashed_directory(shared: Home) -> None:
    """An interpreter built from source (pyenv's) finds the directory and not the file."""
    assert ANSWERED in asks(shared, "env", "-i", sys.executable, "-c", PYTHON.replace("{url}", URL))


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("requests", "import requests; print(requests.get('{url}').status_code)"),
        ("httpx", "import httpx; print(httpx.get('{url}').status_code)"),
        ("urllib3", "import certifi, urllib3; print(urllib3.PoolManager(ca_certs=certifi.where()).request('GET', '{url}').status)"),
        ("boto3", BOTO3),
    ],
)
@pytest.mark.parametrize("clean", [False, True], ids=["session-environment", "env-i"])
def test_python_packages_with_bundles_of_their_own(shared: Home, module: str, code: str, clean: bool) -> None:
    if sandbox_section():
        pytest.skip("this checkout is writable inside, and bundles in a writable environment are reached by variables only")
    prefix = Path(sys.executable).parent
    if subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True).returncode:
        pytest.skip(f"{module} is not installed")
    environment = {"PATH": f"{prefix}:{shared.environment['PATH']}"}
    python = [str(prefix / "python"), "-c", code.replace("{url}", URL)]
    assert ANSWERED in asks(shared, *(["env", "-i"] if clean else []), *python, env=environment)


@pytest.mark.parametrize("which", ["awscli", "boto3-2022"])
def test_aws_clients(shared: Home, which: str) -> None:
    """Today's and one of 2022, in environments that nothing on PATH leads to."""
    prefix = ROOT / ".cache/clients" / which
    if not prefix.is_dir():
        pytest.skip("`make clients` has not been run")
    code = "import boto3\ntry: boto3.client('iam', 'us-east-1').list_users()\nexcept Exception as e: print(e)"
    command = [str(prefix / "bin/aws"), "iam", "list-users"] if which == "awscli" else [str(prefix / "bin/python"), "-c", code]
    if not Path(command[0]).exists():
        pytest.skip(f"{command[0]} is not there")
    assert "warden denied iam:ListUsers" in asks(shared, *command)


def test_a_virtual_environment_in_the_project(shared: Home) -> None:
    """Its packages may be replaced inside, so nothing is mounted over them; the variables lead to the bundle."""
    site = shared.work / "venv/lib/python3.12/site-packages"
    if not site.exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(shared.work / "venv")], check=True)
        import certifi

        shutil.copytree(Path(certifi.__file__).parent, site / "certifi")
        for module in ("requests", "urllib3", "idna", "charset_normalizer"):
            found = subprocess.run([sys.executable, "-c", f"import {module}; print({module}.__path__[0])"], capture_output=True, text=True)
            if found.returncode:
                pytest.skip(f"{module} is not installed")
            shutil.copytree(found.stdout.strip(), site / module)
    python = str(shared.work / "venv/bin/python")
    assert ANSWERED in asks(shared, python, "-c", f"import requests; print(requests.get('{URL}').status_code)")
    assert shared.shell(f"rm {site}/certifi/cacert.pem").returncode == 0


def test_node(shared: Home) -> None:
    need("node")
    code = f"fetch('{URL}').then(r => console.log(r.status), e => console.log(e.cause))"
    assert ANSWERED in asks(shared, "node", "-e", code)


def test_java_in_a_clean_environment(shared: Home) -> None:
    need("java")
    source = shared.work / "Ask.java"
    source.write_text(
        "public class Ask { public static void main(String[] a) throws Exception {"
        f' var c = (java.net.HttpURLConnection) new java.net.URL("{URL}").openConnection(); System.out.println(c.getResponseCode()); }} }}'
    )
    said = asks(shared, "env", "-i", "PATH=/usr/bin:/bin", "java", "Ask.java", timeout=120)
    assert ANSWERED in said
    assert "Picked up" not in said


def test_go(shared: Home, tmp_path_factory: pytest.TempPathFactory) -> None:
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if not go:
        pytest.skip("go is not installed")
    source = shared.work / "ask.go"
    source.write_text(GO.replace("URL", URL))
    subprocess.run(
        [go, "build", "-o", "ask", "ask.go"],
        cwd=shared.work,
        check=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "GOFLAGS": "-mod=mod"},
    )
    assert ANSWERED in asks(shared, "env", "-i", "./ask")


def test_a_bundle_that_the_user_named(shared: Home) -> None:
    """A company's own bundle, exported for every tool: it stays what is named, and has the CA too."""
    own = shared.path / "company.pem"
    own.write_text("# the company's\n")
    said = asks(
        shared, "sh", "-c", f"head -1 $CURL_CA_BUNDLE; curl -sS -o /dev/null -w '%{{http_code}}' {URL}", env={"CURL_CA_BUNDLE": str(own)}
    )
    assert said == f"# the company's\n{ANSWERED}"
    assert own.read_text() == "# the company's\n"


def test_the_authority_of_one_session_is_not_another_s(shared: Home) -> None:
    script = "tail -c 600 /etc/ssl/certs/ca-certificates.crt | sha256sum"
    assert shared.shell(script).stdout != shared.shell(script).stdout


def test_outside_nothing_changes(shared: Home) -> None:
    bundle = Path("/etc/ssl/certs/ca-certificates.crt")
    before = bundle.read_bytes()
    shared.exec("true")
    assert bundle.read_bytes() == before
    assert "Warden session" not in subprocess.run(["grep", "-rl", "Warden session CA", "/etc/ssl"], capture_output=True, text=True).stdout
