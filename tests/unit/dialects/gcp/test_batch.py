"""Batches: as google-api-python-client and gcloud write them, and what is no batch."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest
from googleapiclient.discovery import build_from_document
from googleapiclient.http import BatchHttpRequest, HttpMock

from tests.unit.dialects.gcp.client_requests import document
from tests.unit.dialects.gcp.wire import GRPC, request
from warden.dialects.gcp import batch, route
from warden.dialects.gcp.noun import UNKNOWN
from warden.errors import DecodeError
from warden.model import HttpRequest

ENDPOINT = "POST https://compute.googleapis.com/batch/compute/v1"
KIND = 'multipart/mixed; boundary="b"'
PATH = "/compute/v1/projects/p/zones/z/instances"


def message(*parts: str, kind: str = KIND, line: str = ENDPOINT, tail: str = "--b--\r\n") -> HttpRequest:
    text = "".join(f"--b\r\n{part}\r\n" for part in parts)
    return request(line, ("content-type", kind), body=text + tail)


def part(inner: str, head: str = "Content-Type: application/http\r\n") -> str:
    return f"{head}\r\n{inner}"


DELETE = part(f"DELETE {PATH}/i HTTP/1.1\r\n\r\n")


class _Recorder:
    """An HTTP object that keeps what the client would send."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, bytes, dict[str, str]]] = []

    def request(self, uri: str, method: str = "GET", body: bytes = b"", headers: dict[str, str] | None = None, **_: object) -> object:
        self.sent.append((method, uri, body.encode() if isinstance(body, str) else body, dict(headers or {})))
        raise RecordedError

    def close(self) -> None:
        pass


class RecordedError(Exception):
    pass


def client_batch(count: int) -> HttpRequest:
    service = build_from_document(document("compute.v1.json"), http=HttpMock(headers={"status": "200"}))
    instances, made = service.instances(), service.new_batch_http_request()
    assert isinstance(made, BatchHttpRequest)
    for number in range(count):
        made.add(instances.delete(project="p", zone="z", instance=f"i-{number}"))
        made.add(instances.insert(project="p", zone="z", body={"name": f"j-{number}"}))
    recorder = _Recorder()
    with pytest.raises(RecordedError):
        made.execute(http=recorder)
    ((method, uri, body, headers),) = recorder.sent
    return request(f"{method} {uri}", *headers.items(), body=body)


@pytest.mark.parametrize("count", [1, 60])
def test_what_the_client_sends(count: int) -> None:
    sent = client_batch(count)
    found = route.calls(sent)
    assert [call.method for call in found] == ["compute.instances.delete", "compute.instances.insert"] * count
    assert [dict(call.labels).get("instance") for call in found[::2]] == [f"i-{number}" for number in range(count)]
    assert [call.body for call in found[1::2]] == [f'{{"name": "j-{number}"}}'.encode() for number in range(count)]
    assert found[1].http_method == "POST"


def test_what_gcloud_sends() -> None:
    """As apitools, which gcloud vendors, writes it: lines end in LF, and every part has headers of a mail. Here with a folded one, too."""
    part_head = "Content-Type: application/http\nMIME-Version: 1.0\nContent-Transfer-Encoding: binary\nContent-ID: <0f\n +0>\n\n"
    head = "Content-Type: application/json\nMIME-Version: 1.0\naccept: application/json\n"
    host = "user-agent: x\nHost: compute.googleapis.com\n\n"
    delete = f"{part_head}DELETE {PATH}/i?alt=json HTTP/1.1\n{head}content-length: 0\n{host}\n"
    insert = f'{part_head}POST {PATH}?alt=json HTTP/1.1\n{head}content-length: 12\n{host}{{"name":"a"}}'
    body = f"--===1==\n{delete}\n--===1==\n{insert}\n--===1==--\n"
    found = route.calls(request(ENDPOINT, ("content-type", 'multipart/mixed; boundary="===1=="'), body=body))
    assert [(call.method, call.body) for call in found] == [
        ("compute.instances.delete", b""),
        ("compute.instances.insert", b'{"name":"a"}'),
    ]


def test_forms_that_are_accepted() -> None:
    for one in (
        message(DELETE),
        message(part(f"DELETE {PATH}/i\r\n\r\n")),
        message(part(f"DELETE {PATH}/i HTTP/1.1")),
        message(part(f"DELETE https://compute.googleapis.com{PATH}/i HTTP/1.1\r\n\r\n")),
        message(part(f"DELETE {PATH}/i HTTP/1.1\r\nhost: compute.googleapis.com\r\n\r\n")),
        message(DELETE, kind="multipart/mixed; boundary=b"),
        message(DELETE, tail="--b--"),
        message(DELETE, line="POST https://compute.googleapis.com/batch"),
    ):
        assert [call.method for call in route.calls(one)] == ["compute.instances.delete"]


def test_a_compressed_batch_is_read() -> None:
    plain = message(DELETE)
    assert plain.body is not None
    packed = replace(plain, body=gzip.compress(plain.body), headers=(*plain.headers, ("content-encoding", "gzip")))
    assert [call.method for call in route.calls(packed)] == ["compute.instances.delete"]


def test_every_part_is_a_call_and_overrides_are_two() -> None:
    found = route.calls(
        message(
            part(f"GET {PATH}/a HTTP/1.1\r\n\r\n"),
            part(f"POST {PATH}/b HTTP/1.1\r\nX-HTTP-Method-Override: DELETE\r\n\r\n"),
            part("GET /compute/v9/never HTTP/1.1\r\n\r\n"),
        )
    )
    assert [call.method for call in found] == ["compute.instances.get", UNKNOWN, "compute.instances.delete", UNKNOWN]


def test_outer_headers_hold_for_parts_that_lack_them() -> None:
    sent = message(part(f"GET {PATH} HTTP/1.1\r\nX-A: inner\r\n\r\n"))
    (call,) = route.calls(replace(sent, headers=(*sent.headers, ("x-a", "outer"), ("x-b", "outer"))))
    assert call.headers == (("X-A", "inner"), ("x-b", "outer"))


def test_other_apis_of_the_same_host() -> None:
    inner = part("DELETE /drive/v3/files/f HTTP/1.1\r\n\r\n")
    found = route.calls(message(inner, line="POST https://www.googleapis.com/batch/drive/v3"))
    assert [(call.method, call.service) for call in found] == [("drive.files.delete", "drive")]


REFUSED = [
    (message(DELETE, kind="multipart/mixed"), "malformed-batch"),
    (message(DELETE, kind="multipart/form-data; boundary=b"), "malformed-batch"),
    (message(DELETE, kind="multipart/mixed; boundary=b; boundary=c"), "malformed-batch"),
    (message(DELETE, kind="application/json"), "malformed-batch"),
    (message(DELETE, kind="multipart/mixed; boundary=\u017f"), "malformed-batch"),
    (message(), "malformed-batch"),
    (message(DELETE, tail=""), "malformed-batch"),
    (message(DELETE, tail="--b--\r\n--b\r\n"), "malformed-batch"),
    (message(DELETE, tail="--b--\r\nDELETE / HTTP/1.1"), "malformed-batch"),
    (message(DELETE, tail="--bx\r\n\r\n--b--"), "malformed-batch"),
    (message(DELETE, tail="--b--x"), "malformed-batch"),
    (request(ENDPOINT, ("content-type", KIND), body=f"x\r\n--b\r\n{DELETE}\r\n--b--"), "malformed-batch"),
    (message(f"\r\n{DELETE}"), "malformed-batch"),
    (message(part(f"DELETE {PATH}/i HTTP/1.1", head="Content-Type: text/plain\r\n")), "malformed-batch"),
    (
        message(part(f"DELETE {PATH}/i HTTP/1.1", head="Content-Type: application/http\r\nContent-Transfer-Encoding: base64\r\n")),
        "malformed-batch",
    ),
    (
        message(part(f"DELETE {PATH}/i HTTP/1.1", head="Content-Type: application/http\r\nContent-Type: application/http\r\n")),
        "malformed-batch",
    ),
    (message(part(f"DELETE {PATH}/i HTTP/2")), "malformed-batch"),
    (message(part(f"delete {PATH}/i HTTP/1.1")), "malformed-batch"),
    (message(part(f"DELETE  {PATH}/i HTTP/1.1")), "malformed-batch"),
    (message(part(f"\r\nDELETE {PATH}/i HTTP/1.1")), "malformed-batch"),
    (message(part(f"GET {PATH} HTTP/1.1\r\nX: a\r\n b\r\n\r\n")), "malformed-batch"),
    (message(part(f"GET {PATH} HTTP/1.1\r\nX : a\r\n\r\n")), "malformed-batch"),
    (message(part(f"GET {PATH} HTTP/1.1\r\nX: a\r\nx: b\r\n\r\n")), "malformed-batch"),
    (message(part(f"GET {PATH} HTTP/1.1\r\nX: a\rDELETE / HTTP/1.1\r\n\r\n")), "malformed-batch"),
    (message(part(f"GET {PATH} HTTP/1.1\r\n\r\nDELETE {PATH}/i HTTP/1.1\r\n\r\n")), "malformed-batch"),
    (message(part(f"POST {PATH} HTTP/1.1\r\n\r\nDELETE {PATH}/i HTTP/1.1\r\n\r\n")), "malformed-batch"),
    (message(part(f"GET {PATH} HTTP/1.1\r\n\r\nx")), "malformed-batch"),
    (message(part(f"POST {PATH} HTTP/1.1\r\nContent-Length: 1\r\n\r\n{{}}")), "malformed-batch"),
    (message(part(f"POST {PATH} HTTP/1.1\r\nContent-Length: 9\r\n\r\n{{}}")), "malformed-batch"),
    (message(part(f"POST {PATH} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0")), "malformed-batch"),
    (message(part(f"POST {PATH} HTTP/1.1\r\nContent-Encoding: gzip\r\n\r\n0")), "malformed-batch"),
    (message(part(f"GET https://example.com{PATH} HTTP/1.1\r\n\r\n")), "batch-host"),
    (message(part(f"GET http://compute.googleapis.com{PATH} HTTP/1.1\r\n\r\n")), "target-form"),
    (message(part(f"GET {PATH} HTTP/1.1\r\nHost: storage.googleapis.com\r\n\r\n")), "batch-host"),
    (message(part("POST /batch HTTP/1.1\r\n\r\n")), "nested-batch"),
    (message(part(f"POST {PATH} HTTP/1.1\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n")), "nested-batch"),
    (message(part("POST /google.x.Y/Z HTTP/1.1\r\nContent-Type: application/grpc\r\n\r\n")), "nested-batch"),
    (message(part("DELETE /bucket HTTP/1.1\r\n\r\n"), line="POST https://storage.googleapis.com/batch/storage/v1"), "nested-batch"),
    (message(part(f"DELETE {PATH}/../i HTTP/1.1\r\n\r\n")), "dot-segment"),
    (message(*[DELETE] * (batch.PARTS_LIMIT + 1)), "batch-too-long"),
    (replace(message(DELETE), body=None), "batch-unread"),
    (replace(message(DELETE), headers=(("content-type", KIND), ("x-http-method-override", "DELETE"))), "method-override"),
    (replace(message(DELETE), headers=(("content-type", KIND), ("content-encoding", "br"))), "compressed-body"),
]


@pytest.mark.parametrize(("sent", "code"), REFUSED)
def test_refused(sent: HttpRequest, code: str) -> None:
    with pytest.raises(DecodeError) as caught:
        route.calls(sent)
    assert caught.value.code == code


def test_no_batch() -> None:
    assert [call.method for call in route.calls(request("GET https://compute.googleapis.com/batch"))] == [UNKNOWN]
    assert [call.method for call in route.calls(request("POST https://compute.googleapis.com/batch", GRPC))] == [UNKNOWN]
    assert [call.method for call in route.calls(request("POST https://compute.googleapis.com/batches"))] == [UNKNOWN]
