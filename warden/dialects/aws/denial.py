"""Denials in the error format that the client's SDK parses, for every AWS protocol.

The format is read from the request alone (host, path, query, headers, form body), never from a decoded operation, so that a request that
`decode` refused is answered natively too. Signals in order, the first that is there wins:

1. an S3 host: S3's XML error;
2. ``smithy-protocol: rpc-v2-cbor`` or a ``/service/S/operation/O`` path: CBOR;
3. ``X-Amz-Target`` or an ``application/x-amz-json-1.x`` content type: JSON with ``__type``;
4. ``Action`` in the query or in a form body: query XML, or EC2's form of it;
5. the host of a REST-XML service: wrapped XML; all other hosts: REST-JSON with ``x-amzn-ErrorType``.

Every denial is a 403 whose code no SDK retries: ``AccessDenied`` for the XML protocols, ``AccessDeniedException`` for JSON and CBOR, as the services
themselves say it (EC2 says ``UnauthorizedOperation`` for IAM's denials; all SDKs take the code from the document, so the common word is used).
There is no ``Date`` header: SDKs compare it with their clock and retry what they believe to be a skewed clock.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from urllib.parse import unquote_plus

from warden.dialects import answer
from warden.model import HttpRequest, HttpResponse, Ruling

#: The reason in a header, ASCII only: the one place for it in an answer to HEAD, and handy with ``curl -i``.
REASON_HEADER = "x-warden-reason"

#: Characters of the reason header. Servers and clients limit a header line to 4-8 KiB; the body carries the sentence whole.
REASON_HEADER_LIMIT = 1024

#: Bytes of a form body that are searched for ``Action``.
_FORM_LIMIT = 64 << 10

#: Hosts whose services speak REST-XML with ``<ErrorResponse>``. The unit tests hold this against botocore's models.
_REST_XML_LABELS = frozenset({"cloudfront", "cloudfront-fips", "route53", "route53-fips", "s3-control", "s3-control-fips"})

_EC2_LABELS = frozenset({"ec2", "ec2-fips"})

#: The first label of a family of S3 endpoints: s3, s3-fips, s3-us-west-2, s3-accesspoint, s3-object-lambda, s3-outposts, s3express-use1-az4, ...
_S3_LABEL = re.compile(r"s3|s3-[a-z0-9-]+|s3express-[a-z0-9-]+")

_CBOR_PATH = re.compile(r"/service/[^/]+/operation/[^/]+$")


def denial(request: HttpRequest, ruling: Ruling, sentence: str) -> HttpResponse:
    """The native denial of `request`: 403, `sentence` as the message, `ruling.id` as the request id."""
    text = answer.encodable(sentence)
    headers, body = _writer(request)(request, ruling.id, text)
    return answer.forbidden(request, (*headers, (REASON_HEADER, _ascii(text))), body)


type _Parts = tuple[tuple[tuple[str, str], ...], bytes]
type _Writer = Callable[[HttpRequest, str, str], _Parts]


def _writer(request: HttpRequest) -> _Writer:
    """The error format of the protocol that `request` speaks, by the signals in the order of the module's documentation."""
    labels = request.host.split(".")
    path, _, query = request.target.partition("?")
    content_type = _first(request, "content-type").split(";")[0].strip().lower()
    if _is_s3(labels, path):
        return _s3
    if _first(request, "smithy-protocol").lower() == "rpc-v2-cbor" or _CBOR_PATH.search(path) or content_type == "application/cbor":
        return _cbor
    if request.header_values("x-amz-target") or content_type.startswith("application/x-amz-json-"):
        return _json
    form = (request.body or b"")[:_FORM_LIMIT] if content_type == "application/x-www-form-urlencoded" else b""
    if _has_action(query) or _has_action(form.decode("latin-1")) or (content_type == "application/x-www-form-urlencoded" and path == "/"):
        return _ec2 if _EC2_LABELS.intersection(labels) else _query
    if _REST_XML_LABELS.intersection(labels):
        return _rest_xml
    # EC2 has no other protocol: an undecodable request to it is still read by an EC2 client.
    return _ec2 if _EC2_LABELS.intersection(labels) else _rest_json


def _is_s3(labels: list[str], path: str) -> bool:
    """Whether the host is an S3 data endpoint. Buckets are leading labels, so the family label is looked for from the right."""
    for label in reversed(labels):
        if _S3_LABEL.fullmatch(label):
            if label.startswith("s3-control"):
                return False
            # s3-outposts.REGION is two things: objects behind an access point, and the REST-JSON API that makes outpost endpoints.
            return not (label.startswith("s3-outposts") and label == labels[0] and path.startswith("/S3Outposts"))
    return False


def _has_action(pairs: str) -> bool:
    return any(unquote_plus(pair.partition("=")[0]) == "Action" for pair in pairs.split("&"))


def _s3(request: HttpRequest, request_id: str, text: str) -> _Parts:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses
    resource = request.target.partition("?")[0]
    body = _xml(
        f"<Error><Code>AccessDenied</Code><Message>{answer.xml(text)}</Message><Resource>{answer.xml(resource)}</Resource>"
        f"<RequestId>{answer.xml(request_id)}</RequestId><HostId>{answer.xml(request_id)}</HostId></Error>"
    )
    token = _ascii(request_id)
    return (("Content-Type", "application/xml"), ("x-amz-request-id", token), ("x-amz-id-2", token)), body


def _rest_xml(request: HttpRequest, request_id: str, text: str) -> _Parts:
    # The same document as query's; these services differ in the namespace only, which no SDK looks at. S3 Control's clients read S3's id headers.
    headers, body = _query(request, request_id, text)
    token = _ascii(request_id)
    return (*headers, ("x-amz-request-id", token), ("x-amz-id-2", token)), body


def _query(request: HttpRequest, request_id: str, text: str) -> _Parts:
    # https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#operation-error-serialization
    body = _xml(
        f"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{answer.xml(text)}</Message></Error>"
        f"<RequestId>{answer.xml(request_id)}</RequestId></ErrorResponse>"
    )
    return (("Content-Type", "text/xml"), ("x-amzn-RequestId", _ascii(request_id))), body


def _ec2(request: HttpRequest, request_id: str, text: str) -> _Parts:
    # https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html#operation-error-serialization
    body = _xml(
        f"<Response><Errors><Error><Code>AccessDenied</Code><Message>{answer.xml(text)}</Message></Error></Errors>"
        f"<RequestID>{answer.xml(request_id)}</RequestID></Response>"
    )
    return (("Content-Type", "text/xml;charset=UTF-8"), ("x-amzn-RequestId", _ascii(request_id))), body


def _json(request: HttpRequest, request_id: str, text: str) -> _Parts:
    # https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
    sent = _first(request, "content-type").split(";")[0].strip().lower()
    content_type = sent if re.fullmatch(r"application/x-amz-json-1\.[01]", sent) else "application/x-amz-json-1.1"
    body = json.dumps({"__type": "AccessDeniedException", "message": text}).encode("ascii")
    return (("Content-Type", content_type), ("x-amzn-RequestId", _ascii(request_id)), *_query_error(request)), body


def _rest_json(request: HttpRequest, request_id: str, text: str) -> _Parts:
    # https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization
    body = json.dumps({"message": text}).encode("ascii")
    headers = (
        ("Content-Type", "application/json"),
        ("x-amzn-RequestId", _ascii(request_id)),
        ("x-amzn-ErrorType", "AccessDeniedException"),
    )
    return headers, body


def _cbor(request: HttpRequest, request_id: str, text: str) -> _Parts:
    # https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html#operation-error-serialization
    body = b"\xa2" + b"".join(_cbor_text(part) for part in ("__type", "AccessDeniedException", "message", text))
    headers = (("smithy-protocol", "rpc-v2-cbor"), ("Content-Type", "application/cbor"), ("x-amzn-RequestId", _ascii(request_id)))
    return (*headers, *_query_error(request)), body


def _query_error(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    # https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#awsqueryerror-trait: clients of services that left the query protocol (SQS,
    # CloudWatch) ask for the code of old, so that programs that compare with it go on working.
    if _first(request, "x-amzn-query-mode").lower() == "true":
        return (("x-amzn-query-error", "AccessDenied;Sender"),)
    return ()


def _cbor_text(text: str) -> bytes:
    """RFC 8949 3.1, major type 3, definite length."""
    data = text.encode("utf-8")
    size = len(data)
    if size < 24:
        return bytes((0x60 | size,)) + data
    if size < 1 << 8:
        return b"\x78" + bytes((size,)) + data
    if size < 1 << 16:
        return b"\x79" + struct.pack(">H", size) + data
    return b"\x7a" + struct.pack(">I", size) + data


def _xml(document: str) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + document).encode("utf-8", "replace")


def _ascii(text: str) -> str:
    """`text` fit for a header value: printable ASCII on one line, at most `REASON_HEADER_LIMIT` characters."""
    line = " ".join(text.split()).encode("ascii", "backslashreplace").decode("ascii")
    line = "".join(char if " " <= char <= "~" else "?" for char in line)
    return line if len(line) <= REASON_HEADER_LIMIT else line[: REASON_HEADER_LIMIT - 3] + "..."


def _first(request: HttpRequest, name: str) -> str:
    values = request.header_values(name)
    return values[0] if values else ""
