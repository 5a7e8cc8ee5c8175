"""`warden decode` and `warden decide`, through the console entry with real lines."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from warden import cli
from warden.cli import requests

GET = {"method": "GET", "url": "https://files.example/simple/?a=%2F", "headers": {}}
LIST = {"method": "POST", "url": "https://ec2.us-east-1.amazonaws.com/", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}
DESCRIBE = {**LIST, "body": "Action=DescribeInstances&Version=2016-11-15"}
TERMINATE = {**LIST, "body": "Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-0abc"}


@pytest.fixture(autouse=True)
def _bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration but what a test writes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("WARDEN_CONFIG", raising=False)


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], *lines: Any) -> list[dict[str, Any]]:
    """What the command prints for `lines`: objects, or raw text and bytes."""
    raw = b"".join(
        (line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()) + b"\n" for line in lines
    )
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    assert cli.main(arguments) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_in_is_a_line_out(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (answer,) = run(monkeypatch, capsys, ["decode"], GET)
    (action,) = answer["actions"]
    assert set(action) == {"provider", "operation", "verb", "flags", "resources", "context", "certainty"}
    assert (action["provider"], action["operation"], action["verb"]) == ("http", "GET", "read")
    assert action["resources"][0]["attributes"]["egress"] is False
    assert action["context"]["path"] == "/simple/"


def test_an_aws_request_is_read_by_the_aws_dialect(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (answer,) = run(monkeypatch, capsys, ["decode"], TERMINATE)
    (action,) = answer["actions"]
    assert action["operation"] == "ec2:TerminateInstances"
    assert action["verb"] == "delete"
    assert "destructive" in action["flags"]
    assert action["resources"][0]["id"].endswith("instance/i-0abc")
    assert "ec2:TerminateInstances" in action["context"]["iam"]


MALFORMED = r"""
nope
[]
null
"GET"
{}
{"method": "GET"}
{"method": 1, "url": "https://a/"}
{"method": "GET", "url": "ftp://a/"}
{"method": "GET", "url": "https://u:p@a/"}
{"method": "GET", "url": "https://a:0/"}
{"method": "GET", "url": "https://a:99999/"}
{"method": "GET", "url": "/relative"}
{"method": "GET", "url": "https://a b/"}
{"method": "GET", "url": "https://a/", "headers": 5}
{"method": "GET", "url": "https://a/", "headers": [["A"]]}
{"method": "GET", "url": "https://a/", "headers": {"A": 1}}
{"method": "GET", "url": "https://a/", "headers": [["A", ["b"]]]}
{"method": "GET", "url": "https://a/", "headers": {":path": "/b"}}
{"method": "GET", "url": "https://a/", "body": {}}
{"method": "GET", "url": "https://a/", "body_b64": "%"}
{"method": "GET", "url": "https://a/", "body": "", "body_b64": ""}
{"method": "GET", "url": "https://a/", "body": "\ud800"}
{"method": "GET", "method": "POST", "url": "https://a/"}
""".strip().splitlines()


@pytest.mark.parametrize("line", [*MALFORMED, "[" * 100_000, b"\x00", b'{"method": "GET", "url": "https://a/\xff"}'])
def test_a_malformed_line_is_an_error_line_and_the_next_one_is_read(
    line: str | bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, fine = run(monkeypatch, capsys, ["decode"], line, GET)
    assert broken["error"]["code"] == "bad-line"
    assert broken["error"]["reason"].startswith("This line is not a request: ")
    assert fine["actions"]


def test_blank_lines_are_skipped(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(run(monkeypatch, capsys, ["decode"], "", GET, "  \t", "\r", GET)) == 2


def test_a_line_that_is_too_long_is_skipped_whole(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(requests, "MAX_LINE", 200)
    broken, fine = run(monkeypatch, capsys, ["decode"], {**GET, "body": "x" * 700}, GET)
    assert "longer than" in broken["error"]["reason"]
    assert fine["actions"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"headers": {"Host": "evil.example"}}, "host-mismatch"),
        ({"headers": [["Host", "files.example"], ["host", "files.example"]]}, "host-duplicate"),
        ({"headers": {"Host": ["files.example", "files.example"]}}, "host-duplicate"),
        ({"headers": {":authority": "evil.example"}}, "host-mismatch"),
        ({"headers": {"Content-Length": "1", "Transfer-Encoding": "chunked"}}, "framing"),
        ({"headers": {"X-HTTP-Method-Override": "DELETE"}}, "method-override"),
        ({"headers": {"X": "a\nb"}}, "header-characters"),
        ({"method": "CONNECT"}, "method"),
        ({"method": "GE T"}, "method"),
        ({"url": "https://files.example/#fragment"}, "target-form"),
        ({"url": "https://files.example/é"}, "target-form"),
    ],
)
def test_the_checks_of_the_pipeline_hold(
    change: dict[str, Any], code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (answer,) = run(monkeypatch, capsys, ["decode"], {**GET, **change})
    assert answer["error"]["code"] == code


def test_the_url_is_taken_as_written() -> None:
    request = requests.read(json.dumps({"method": "PUT", "url": "HTTPS://Example.ORG.:8443?a=%2f%2F&b"}).encode(), 10)
    assert (request.scheme, request.host, request.port, request.target) == ("https", "example.org", 8443, "/?a=%2f%2F&b")
    assert request.headers == (("Host", "Example.ORG.:8443"),)
    assert requests.read(b'{"method": "GET", "url": "http://[2001:db8::1]/x"}', 10).host == "2001:db8::1"


def test_bodies_are_text_or_base64_and_bounded_like_the_proxys() -> None:
    text = requests.read(json.dumps({**GET, "body": "é"}).encode(), 10)
    assert text.body == b"\xc3\xa9"
    binary = requests.read(json.dumps({**GET, "body_b64": base64.b64encode(b"\x00\xff").decode()}).encode(), 10)
    assert binary.body == b"\x00\xff"
    large = requests.read(json.dumps({**GET, "body": "x" * 11}).encode(), 10)
    assert (large.body, large.body_length) == (None, 11)


def test_decide_adds_the_decision(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    terminate, describe, host, broken = run(monkeypatch, capsys, ["decide"], TERMINATE, DESCRIBE, GET, "nope")
    assert terminate["decision"] == {
        "effect": "deny",
        "policies": ["no-destroy/destructive"],
        "reason": "What loses data is not allowed.",
        "advice": "Terminating is not allowed; stopping is.",
    }
    assert describe["decision"]["effect"] == "allow"
    assert host["decision"]["policies"] == ["network/egress"]
    assert broken["error"]
    assert broken["decision"]["effect"] == "deny"


def test_decide_takes_a_preset_policies_and_egress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "team.cedar").write_text('@id("a") @reason("r") permit (principal == Warden::Agent::"bot", action, resource);')
    (observed,) = run(monkeypatch, capsys, ["decide", "--preset", "observe"], TERMINATE)
    assert observed["decision"]["obligations"] == ["would-deny:no-destroy/destructive"]
    arguments = ["decide", "--preset", "lockdown", "--policy", "team.cedar", "--egress", "files.example"]
    assert run(monkeypatch, capsys, [*arguments, "--agent", "bot"], GET)[0]["decision"]["policies"] == ["team/a"]
    assert run(monkeypatch, capsys, arguments, GET)[0]["decision"]["effect"] == "deny"


def test_a_mistake_in_a_policy_stops_before_the_first_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "team.cedar").write_text("permit (principal, action, resource);")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(GET).encode())))
    assert cli.main(["decide", "--policy", "team.cedar"]) == 125
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "team.cedar:1:1: this rule has no name." in shown.err


def test_an_answer_comes_before_the_next_question(tmp_path: Path) -> None:
    """A client that waits for each answer is not kept waiting by a buffer."""
    command = [sys.executable, "-c", "import sys; from warden.cli import main; sys.exit(main(['decode']))"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdin
        assert process.stdout
        for _ in range(2):
            process.stdin.write(json.dumps(GET).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["actions"]
        process.stdin.close()
        assert process.wait(10) == 0


def test_decoding_imports_no_proxy_and_no_policy_engine(tmp_path: Path) -> None:
    code = "import sys; from warden.cli import main; main(['decode']); print(sorted({'mitmproxy', 'cedarpy', 'botocore', 'yaml'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], input=json.dumps(GET), capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_other_keys_are_left_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    annotated = {**GET, "id": 7, "expected": "read"}
    plain, noted = run(monkeypatch, capsys, ["decode"], GET, annotated)
    assert plain == noted
    assert plain["actions"]


def test_a_cluster_is_where_the_option_says(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["decode", "--kubernetes", "https://k8s.example:6443", "--kubernetes", "https://rancher.example/k8s/clusters/c-1/"]
    plain, rancher, beside, elsewhere = run(
        monkeypatch,
        capsys,
        arguments,
        {"method": "GET", "url": "https://k8s.example:6443/api/v1/namespaces/shop/pods/cart-0", "headers": {}},
        {
            "method": "DELETE",
            "url": "https://rancher.example/k8s/clusters/c-1/apis/apps/v1/namespaces/shop/deployments/cart",
            "headers": {},
        },
        {"method": "GET", "url": "https://rancher.example/v3/tokens", "headers": {}},
        {"method": "GET", "url": "https://k8s.example/api/v1/pods", "headers": {}},
    )
    (action,) = plain["actions"]
    assert (action["operation"], action["verb"]) == ("pods:get", "read")
    assert action["context"] == {"cluster": "k8s.example:6443", "namespace": "shop", "name": "cart-0"}
    (action,) = rancher["actions"]
    assert (action["operation"], action["flags"]) == ("apps/deployments:delete", ["destructive"])
    assert action["context"]["cluster"] == "rancher.example/k8s/clusters/c-1"
    (action,) = beside["actions"]
    assert (action["operation"], action["verb"]) == ("unknown", "unknown")
    assert elsewhere["actions"][0]["provider"] == "http"


def test_decide_reads_clusters_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    url = "https://k8s.example:6443/api/v1/namespaces/shop/pods/cart-0"
    arguments = ["decide", "--preset", "no-destroy", "--kubernetes", "https://k8s.example:6443"]
    reading, deleting = run(monkeypatch, capsys, arguments, {"method": "GET", "url": url}, {"method": "DELETE", "url": url})
    assert reading["decision"]["effect"] == "allow"
    assert deleting["decision"]["policies"] == ["no-destroy/destructive"]


@pytest.mark.parametrize(
    "url", ["k8s.example", "ftp://k8s.example", "https://", "https://h:0", "https://h:70000", "https://u@h", "https://h/?a"]
)
def test_a_cluster_that_is_no_url_is_refused(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["decode", "--kubernetes", url]) == 2
    assert "is not https://host[:port][/prefix]" in capsys.readouterr().err
