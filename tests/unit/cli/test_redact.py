"""`warden redact`, through the console entry with real lines."""

from __future__ import annotations

import base64
import gzip
import io
import json
import secrets
from typing import Any

import pytest

from warden import cli

URL = "https://api.example.net/v1/config"


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *lines: Any, text: bytes | None = None
) -> list[dict[str, Any]]:
    data = (
        text if text is not None else b"".join(json.dumps(line).encode() + b"\n" if not isinstance(line, bytes) else line for line in lines)
    )
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert cli.main(["redact"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def line(body: bytes, content_type: str = "application/json", url: str = URL, **more: Any) -> dict[str, Any]:
    return {
        "request": {"method": "GET", "url": url},
        "status": 200,
        "headers": {"Content-Type": content_type, **more.pop("headers", {})},
        "body_b64": base64.b64encode(body).decode(),
        **more,
    }


def body_of(answer: dict[str, Any]) -> bytes:
    return base64.b64decode(answer["body_b64"])


def test_a_secret_becomes_a_placeholder_that_is_the_same_all_session_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = secrets.token_urlsafe(24).encode()
    first, log = run(monkeypatch, capsys, line(b'{"db_password": "' + secret + b'", "id": 7}'), line(b"again: " + secret, "text/plain"))
    assert secret not in body_of(first) + body_of(log)
    (finding,) = first["findings"]
    assert (finding["rule"], finding["layer"]) == ("name:password", "names")
    assert (finding["start"], finding["end"]) == (17, 17 + len(secret))
    stand_in = json.loads(body_of(first))["db_password"]
    assert body_of(log) == b"again: " + stand_in.encode()
    assert log["findings"][0]["layer"] == "known"
    assert first["headers"]["Content-Length"] == str(len(body_of(first)))
    assert first["blocked"] is None


def test_nothing_found_changes_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    body = gzip.compress(b'{"NextToken": "AAQA-EFRSURBSGhVb1ZnWkx0Nk1zQ0", "Name": "prod/db"}')
    (answer,) = run(monkeypatch, capsys, line(body, headers={"Content-Encoding": "gzip", "Content-MD5": "x"}))
    assert body_of(answer) == body
    assert answer["headers"] == {"Content-Type": "application/json", "Content-Encoding": "gzip", "Content-MD5": "x"}
    assert answer["findings"] == []


def test_a_coded_body_with_a_secret_loses_its_coding_and_its_sums(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (answer,) = run(
        monkeypatch, capsys, line(gzip.compress(b'{"password": "Winter2026!x"}'), headers={"Content-Encoding": "gzip", "Content-MD5": "x"})
    )
    assert json.loads(body_of(answer))["password"].startswith("wrdn")
    assert set(answer["headers"]) == {"Content-Type", "Content-Length"}


def test_a_kubernetes_secret_keeps_its_form(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db"},
        "type": "Opaque",
        "data": {"odd": base64.b64encode(b"x1y2z3").decode()},
    }
    (answer,) = run(monkeypatch, capsys, line(json.dumps(secret).encode(), url="https://k8s.example:6443/api/v1/namespaces/a/secrets/db"))
    made = json.loads(body_of(answer))
    assert base64.b64decode(made["data"]["odd"]).startswith(b"wrdn")
    assert {**made, "data": secret["data"]} == secret
    assert answer["findings"][0]["layer"] == "schema"


def test_what_cannot_be_read_is_blocked_and_says_why(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answers = run(
        monkeypatch,
        capsys,
        line(b"{}", headers={"Content-Encoding": "compress"}),
        line(b"not gzip", headers={"Content-Encoding": "gzip"}),
        {**line(b'{"password": "Winter2026!x", "more": "' + b"x" * 90 + b'"}'), "status": 206},
        line(b"not json", url="https://k8s.example:6443/api/v1/namespaces/a/secrets/db"),
    )
    assert all(answer["blocked"] for answer in answers), answers
    assert {answer["body_b64"] for answer in answers} == {""}


def test_all_of_a_text_asked_for_as_a_range_is_no_part(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    body = b"password=Winter2026!x"
    (answer,) = run(
        monkeypatch,
        capsys,
        {
            **line(body, "text/plain", headers={"Content-Range": f"bytes 0-{len(body) - 1}/{len(body)}", "Content-Length": f"{len(body)}"}),
            "status": 206,
        },
    )
    made = body_of(answer)
    assert made.startswith(b"password=wrdn")
    assert answer["headers"]["Content-Range"] == f"bytes 0-{len(made) - 1}/{len(made)}"


def test_a_line_that_is_no_response_says_so_and_the_next_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = run(
        monkeypatch,
        capsys,
        b"nonsense\n",
        b"[1]\n",
        {"request": {"url": "ftp://x"}},
        {**line(b"x"), "chunks": "1"},
        line(b"x", "text/plain"),
    )
    assert ["error" in answer for answer in answers] == [True, True, True, True, False]


@pytest.mark.parametrize("sizes", [[1] * 60, [7, 0, 30], [100]])
def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sizes: list[int]) -> None:
    body = b"one password=Winter2026!x\ntwo\nthree token: 0123456789abcdef01\n"
    whole, pieces = run(monkeypatch, capsys, line(body, "text/plain"), line(body, "text/plain", chunks=sizes))
    assert body_of(whole).count(b"wrdn") == 2
    assert b"Winter2026" not in body_of(pieces)
    assert body_of(whole) == body_of(pieces)


def test_headers_are_redacted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    session = secrets.token_hex(16)
    headers = {
        "Set-Cookie": f"sid={session}; HttpOnly",
        "Location": f"https://x.example/cb?code={session}&state=1",
        "ETag": f'"{session}0"',
    }
    (answer,) = run(monkeypatch, capsys, line(b"", headers=headers))
    assert session not in answer["headers"]["Set-Cookie"]
    assert answer["headers"]["Set-Cookie"].endswith("; HttpOnly")
    assert session not in answer["headers"]["Location"]
    assert {one["header"].lower() for one in answer["findings"]} == {"set-cookie", "location"}


def test_plain_text(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"export DB_PASSWORD=Winter2026!x\n")))
    assert cli.main(["redact", "--text", "--findings"]) == 0
    out, err = capsysbinary.readouterr()
    assert out.startswith(b"export DB_PASSWORD=wrdn")
    assert json.loads(err)["start"] == 19
