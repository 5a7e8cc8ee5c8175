"""The messages of tests/e2e/test_smuggling.py: each asks for what the preset no-destroy denies, in a form that a naive reader misreads.

The families: two protocol signals, a split or doubled Action, method overrides, two lengths, two hosts, absolute forms,
encoded dots and slashes, compressed bodies, doubled keys, document types, bodies beyond the limit.
"""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from typing import Any

EC2, DDB, S3, LAMBDA, CLOUDWATCH, SQS = (
    "ec2.us-east-1.amazonaws.com",
    "dynamodb.us-east-1.amazonaws.com",
    "vault.s3.us-east-1.amazonaws.com",
    "lambda.us-east-1.amazonaws.com",
    "monitoring.us-east-1.amazonaws.com",
    "sqs.us-east-1.amazonaws.com",
)
FORM = "Content-Type: application/x-www-form-urlencoded"
LIST = "Action=DescribeInstances&Version=2016-11-15"
KILL = "Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-1"
JSON10 = "Content-Type: application/x-amz-json-1.0"
UPDATE_TABLE = "X-Amz-Target: DynamoDB_20120810.UpdateTable"
DELETE_TABLE = "X-Amz-Target: DynamoDB_20120810.DeleteTable"


@dataclass(frozen=True)
class Message:
    """One message for the client program."""

    name: str
    host: str
    sent: dict[str, Any]


def raw(name: str, host: str, data: str | bytes, **more: Any) -> Message:
    sent = data.encode("latin-1") if isinstance(data, str) else data
    return Message(name, host, {"raw": base64.b64encode(sent).decode(), **more})


def post(name: str, host: str, body: str | bytes, *headers: str, target: str = "/", method: str = "POST", **more: Any) -> Message:
    """A plain request with a Content-Length, and whatever else `headers` say."""
    data = body.encode() if isinstance(body, str) else body
    head = "\r\n".join(
        [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *headers, f"Content-Length: {len(data)}", "", ""]
    )
    return raw(name, host, head.encode("latin-1") + data, **more)


def two(name: str, host: str, body: str | bytes, *headers: tuple[str, str], **pseudo: str) -> Message:
    """The same over HTTP/2. `pseudo` replaces pseudo-headers; an empty value leaves one out."""
    fields = {"method": "POST", "scheme": "https", "authority": host, "path": "/"} | pseudo
    data = body.encode() if isinstance(body, str) else body
    every = [[f":{key}", value] for key, value in fields.items() if value] + [list(pair) for pair in headers]
    return Message(name, host, {"headers": every, "body": base64.b64encode(data).decode()})


def _chunked(body: str) -> str:
    return f"{len(body):x}\r\n{body}\r\n0\r\n\r\n"


_FORM2 = ("content-type", "application/x-www-form-urlencoded")
_PAD = " " * (9 << 20)  # beyond proxy.body_limit

#: What is good, sent the same way: it must reach the server, or the rows below would prove nothing.
GOOD = (
    post("a list", EC2, LIST, FORM),
    raw("a list, chunked", EC2, f"POST / HTTP/1.1\r\nHost: {EC2}\r\nConnection: close\r\n{FORM}\r\nTransfer-Encoding: chunked\r\n\r\n{_chunked(LIST)}"),
    raw("a list in absolute form", EC2, f"POST https://{EC2}/ HTTP/1.1\r\nHost: {EC2}\r\nConnection: close\r\n{FORM}\r\nContent-Length: {len(LIST)}\r\n\r\n{LIST}"),
    two("a list over HTTP/2", EC2, LIST, _FORM2),
    post("a table's list", DDB, "{}", JSON10, "X-Amz-Target: DynamoDB_20120810.ListTables"),
)  # fmt: skip

SIGNALS = (
    post("a target beside an Action", EC2, LIST, FORM, DELETE_TABLE),
    post("an Action beside a target", DDB, KILL, FORM, "X-Amz-Target: DynamoDB_20120810.ListTables"),
    post("two targets", DDB, "{}", JSON10, "X-Amz-Target: DynamoDB_20120810.ListTables", DELETE_TABLE),
    post("two targets in one", DDB, "{}", JSON10, "X-Amz-Target: DynamoDB_20120810.ListTables, DynamoDB_20120810.DeleteTable"),
    post("a target of another service", DDB, '{"QueueUrl":"q"}', JSON10, "X-Amz-Target: AmazonSQS.PurgeQueue"),
    post("a target in another case", DDB, '{"TableName":"t"}', JSON10, "X-Amz-Target: dynamodb_20120810.deletetable"),
    post("a cbor path beside a target", CLOUDWATCH, "{}", DELETE_TABLE, target="/service/GraniteServiceVersion20100801/operation/DeleteAlarms"),
    post("an Action in the query beside one in the body", EC2, KILL, FORM, target=f"/?{LIST}"),
    post("an Action in the query only, a list in the body", EC2, LIST, FORM, target=f"/?{KILL}"),
    post("an Action twice", EC2, f"{LIST}&{KILL}", FORM),
    post("an Action twice, percent-encoded", EC2, f"{LIST}&%41ction=TerminateInstances&InstanceId.1=i-1", FORM),
    post("an Action behind a semicolon", EC2, f"{LIST};Action=TerminateInstances;InstanceId.1=i-1", FORM),
    post("an Action in another case", EC2, f"{LIST}&action=TerminateInstances&InstanceId.1=i-1", FORM),
    post("an Action behind a space", EC2, f"+Action=TerminateInstances&{LIST}&InstanceId.1=i-1", FORM),
    post("an Action behind a null", EC2, f"{LIST}&Action%00=TerminateInstances&InstanceId.1=i-1", FORM),
    post("an Action behind a byte order mark", EC2, f"\ufeffAction=TerminateInstances&{LIST}&InstanceId.1=i-1", FORM),
    post("an Action as a list", EC2, f"{LIST}&Action.1=TerminateInstances&InstanceId.1=i-1&Action[]=TerminateInstances", FORM),
    post("an Action split by a break", EC2, "Action=Terminate\r\nInstances&Version=2016-11-15&InstanceId.1=i-1", FORM),
    post("a Version twice", EC2, f"{KILL}&Version=2014-01-01", FORM),
    post("a form that says it is JSON", EC2, KILL, "Content-Type: application/json"),
    post("a form in UTF-16", EC2, KILL.encode("utf-16"), f"{FORM}; charset=utf-16"),
    post("a form as multipart", EC2, '--b\r\nContent-Disposition: form-data; name="Action"\r\n\r\nTerminateInstances\r\n--b--\r\n', "Content-Type: multipart/form-data; boundary=b"),
    post("two content types", EC2, KILL, FORM, "Content-Type: application/json"),
    post("a GET with a body", EC2, KILL, FORM, target=f"/?{LIST}", method="GET"),
    two("an Action twice over HTTP/2", EC2, f"{LIST}&{KILL}", _FORM2),
)  # fmt: skip

OVERRIDES = (
    post("X-HTTP-Method-Override", S3, "", "X-HTTP-Method-Override: DELETE", target="/key", method="GET"),
    post("X-HTTP-Method", S3, "", "X-HTTP-Method: DELETE", target="/key", method="GET"),
    post("X-Method-Override", S3, "", "X-Method-Override: DELETE", target="/key", method="GET"),
    two("an override over HTTP/2", S3, "", ("x-http-method-override", "DELETE"), method="GET", path="/key"),
    post("a method in lower case", S3, "", target="/key", method="delete"),
    post("CONNECT", S3, "", target=f"{S3}:443", method="CONNECT"),
    two("a method in lower case over HTTP/2", S3, "", method="delete", path="/key"),
)

_SMUGGLED = f"POST / HTTP/1.1\r\nHost: {EC2}\r\n{FORM}\r\nContent-Length: {len(KILL)}\r\nConnection: close\r\n\r\n{KILL}"


def _framed(name: str, *headers: str, body: str = "") -> Message:
    head = "\r\n".join(["POST / HTTP/1.1", f"Host: {EC2}", FORM, *headers, "", ""])
    return raw(name, EC2, head + body)


FRAMING = (
    _framed("two lengths", f"Content-Length: {len(LIST)}", f"Content-Length: {len(LIST + _SMUGGLED)}", body=LIST + _SMUGGLED),
    _framed("a list of lengths", f"Content-Length: {len(LIST)}, {len(LIST)}", body=LIST + _SMUGGLED),
    _framed("a length and chunks", f"Content-Length: {len(_chunked(LIST)) + len(_SMUGGLED)}", "Transfer-Encoding: chunked", body=_chunked(LIST) + _SMUGGLED),
    _framed("chunks and a short length", "Transfer-Encoding: chunked", "Content-Length: 4", body=_chunked(LIST) + _SMUGGLED),
    _framed("an odd coding", "Transfer-Encoding: xchunked", f"Content-Length: {len(LIST)}", body=LIST + _SMUGGLED),
    _framed("a coding behind a tab", "Transfer-Encoding:\x0bchunked", f"Content-Length: {len(LIST)}", body=LIST + _SMUGGLED),
    _framed("a coding twice", "Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=_chunked(LIST) + _SMUGGLED),
    _framed("a coding before a colon and a space", "Transfer-Encoding : chunked", f"Content-Length: {len(LIST)}", body=LIST + _SMUGGLED),
    _framed("a signed length", f"Content-Length: +{len(LIST)}", body=LIST + _SMUGGLED),
    _framed("a length in hexadecimal", f"Content-Length: 0x{len(LIST):x}", body=LIST + _SMUGGLED),
    _framed("a folded header", "X-A: b", f" Content-Length: {len(LIST)}", "Content-Length: 0", body=_SMUGGLED),
    _framed("a request as the body's rest", f"Content-Length: {len(LIST)}", body=LIST + _SMUGGLED),
    _framed("a chunk with a bare line feed", "Transfer-Encoding: chunked", body=f"{len(LIST):x};x\n{LIST}\r\n0\r\n\r\n" + _SMUGGLED),
    _framed("a chunk size that overflows", "Transfer-Encoding: chunked", body=f"1{len(LIST):016x}\r\n{LIST}\r\n0\r\n\r\n" + _SMUGGLED),
    _framed("a request as a trailer", "Transfer-Encoding: chunked", body=f"{len(LIST):x}\r\n{LIST}\r\n0\r\n{_SMUGGLED}"),
    raw("bare line feeds", EC2, _SMUGGLED.replace("\r\n", "\n")),
    raw("no version", EC2, f"POST /?{KILL}\r\n\r\n"),
    raw("HTTP/1.0 without a host", EC2, f"POST / HTTP/1.0\r\n{FORM}\r\nContent-Length: {len(KILL)}\r\n\r\n{KILL}"),
    raw("a trailer that is a target", DDB, f"POST / HTTP/1.1\r\nHost: {DDB}\r\nConnection: close\r\n{JSON10}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Amz-Target\r\n\r\n2\r\n{{}}\r\n0\r\n{DELETE_TABLE}\r\n\r\n"),
    two("more body than its length", EC2, LIST + "&x=" + "y" * 100, _FORM2, ("content-length", str(len(LIST)))),
    two("a coding over HTTP/2", EC2, LIST, _FORM2, ("transfer-encoding", "chunked")),
    two("a header with a line break", EC2, LIST, _FORM2, ("x-a", f"b\r\n\r\n{_SMUGGLED}")),
    two("a header name with a colon", EC2, LIST, _FORM2, ("x-a: b\r\nx", "c")),
    two("a path with a space", EC2, LIST, _FORM2, path=f"/ HTTP/1.1\r\n\r\n{_SMUGGLED}"),
)  # fmt: skip

AUTHORITY = (
    raw("a foreign Host", EC2, f"POST / HTTP/1.1\r\nHost: pypi.org\r\n{FORM}\r\nConnection: close\r\nContent-Length: {len(LIST)}\r\n\r\n{LIST}"),
    raw("two Hosts", EC2, f"POST / HTTP/1.1\r\nHost: {EC2}\r\nHost: {SQS}\r\n{FORM}\r\nConnection: close\r\nContent-Length: {len(LIST)}\r\n\r\n{LIST}"),
    raw("a Host with a user", EC2, f"POST / HTTP/1.1\r\nHost: {EC2}@{SQS}\r\n{FORM}\r\nConnection: close\r\nContent-Length: {len(LIST)}\r\n\r\n{LIST}"),
    raw("a Host with another port", EC2, f"POST / HTTP/1.1\r\nHost: {EC2}:8443\r\n{FORM}\r\nConnection: close\r\nContent-Length: {len(LIST)}\r\n\r\n{LIST}"),
    raw("an absolute form elsewhere", EC2, f"POST https://{SQS}/ HTTP/1.1\r\nHost: {EC2}\r\n{FORM}\r\nConnection: close\r\nContent-Length: {len(LIST)}\r\n\r\n{LIST}"),
    raw("an absolute form with another Host", EC2, f"POST https://{EC2}/ HTTP/1.1\r\nHost: {SQS}\r\n{FORM}\r\nConnection: close\r\nContent-Length: {len(LIST)}\r\n\r\n{LIST}"),
    raw("an absolute form in plain HTTP", EC2, f"POST http://{EC2}/ HTTP/1.1\r\nHost: {EC2}\r\n{FORM}\r\nConnection: close\r\nContent-Length: {len(LIST)}\r\n\r\n{LIST}"),
    post("another server name", EC2, LIST, FORM, sni=SQS),
    two("another authority", EC2, LIST, _FORM2, authority=SQS),
    two("Host beside an authority", EC2, LIST, _FORM2, ("host", SQS)),
    two("another scheme", EC2, LIST, _FORM2, scheme="http"),
    two("an absolute path", EC2, LIST, _FORM2, path=f"https://{SQS}/"),
)  # fmt: skip

_INVOKE = "/2015-03-31/functions/f/invocations"
PATHS = (
    *(
        post(f"an invocation at {target}", LAMBDA, "{}", target=target)
        for target in (
            _INVOKE, _INVOKE + "/", "/" + _INVOKE, "/2015-03-31/functions/f%2Finvocations", "/2015-03-31/functions/./f/invocations",
            "/2015-03-31/functions/x/../f/invocations", "/2015-03-31/functions/x/%2e%2e/f/invocations", "/2015-03-31/functions/f/%69nvocations",
            "/2015-03-31/functions/f/invocations;x=y", "/2015-03-31/functions/f/invocations%00", "/2015-03-31/functions//f/invocations",
            "/2015-03-31/functions/f\\invocations", "/2015-03-31/functions/f%5cinvocations", "/2015-03-31%2Ffunctions%2Ff%2Finvocations",
            "/2015-03-31/functions/f/%C0%AFinvocations", "/2015-03-31/functions/f/invocations%0d%0aX-A:%20b",
        )
    ),
    *(
        post(f"many deletes as {query}", S3, "<Delete><Object><Key>k</Key></Object></Delete>", "Content-Type: application/xml", target=f"/?{query}")
        for query in ("delete", "delete=", "%64elete", "delete&uploads", "uploads&delete", "DELETE", "delete=1", "x&delete", "acl&delete")
    ),
    *(
        post(f"an object's delete at {target}", S3, "", target=target, method="DELETE")
        for target in ("/k", "/a/../k", "//k", "/%2e%2e/k", "/k?x-id=GetObject", "/k?acl", "/k#x")
    ),
    post("a copy over a key", S3, "", "x-amz-copy-source: /vault/a", "x-amz-copy-source: /other/b", target="/k", method="PUT"),
)  # fmt: skip


def _table(**fields: Any) -> str:
    return json.dumps({"TableName": "t", **fields})


_UNPROTECT = {"DeletionProtectionEnabled": False}
BODIES = (
    post("protection off", DDB, _table(**_UNPROTECT), JSON10, UPDATE_TABLE),
    post("protection off, escaped", DDB, '{"TableName":"t","Deletion\\u0050rotectionEnabled":false}', JSON10, UPDATE_TABLE),
    post("protection twice, off last", DDB, '{"TableName":"t","DeletionProtectionEnabled":true,"DeletionProtectionEnabled":false}', JSON10, UPDATE_TABLE),
    post("protection twice, off first", DDB, '{"TableName":"t","DeletionProtectionEnabled":false,"DeletionProtectionEnabled":true}', JSON10, UPDATE_TABLE),
    post("protection twice, one escaped", DDB, '{"TableName":"t","DeletionProtectionEnabled":true,"Deletion\\u0050rotectionEnabled":false}', JSON10, UPDATE_TABLE),
    post("protection in another case", DDB, '{"TableName":"t","deletionprotectionenabled":false}', JSON10, UPDATE_TABLE),
    post("protection off as text", DDB, '{"TableName":"t","DeletionProtectionEnabled":"false"}', JSON10, UPDATE_TABLE),
    post("protection off behind a second document", DDB, '{"TableName":"t"}' + _table(**_UNPROTECT), JSON10, UPDATE_TABLE),
    post("protection off behind a byte order mark", DDB, "\ufeff" + _table(**_UNPROTECT), JSON10, UPDATE_TABLE),
    post("protection off in UTF-16", DDB, _table(**_UNPROTECT).encode("utf-16"), JSON10, UPDATE_TABLE),
    post("protection off after a comment", DDB, '{"TableName":"t",/* */"DeletionProtectionEnabled":false}', JSON10, UPDATE_TABLE),
    post("protection off beyond the limit", DDB, '{"TableName":"t",' + _PAD + '"DeletionProtectionEnabled":false}', JSON10, UPDATE_TABLE),
    raw("protection off beyond the limit, chunked", DDB, f"POST / HTTP/1.1\r\nHost: {DDB}\r\nConnection: close\r\n{JSON10}\r\n{UPDATE_TABLE}\r\nTransfer-Encoding: chunked\r\n\r\n" + _chunked('{"TableName":"t",' + _PAD + '"DeletionProtectionEnabled":false}')),
    post("protection off, very deep", DDB, '{"TableName":"t","x":' + "[" * 100_000 + "]" * 100_000 + ',"DeletionProtectionEnabled":false}', JSON10, UPDATE_TABLE),
    post("a compressed Action", EC2, gzip.compress(KILL.encode()), FORM, "Content-Encoding: gzip"),
    post("a compressed delete", CLOUDWATCH, gzip.compress(b"Action=DeleteAlarms&Version=2010-08-01&AlarmNames.member.1=a"), FORM, "Content-Encoding: gzip"),
    post("a compressed delete behind a list", CLOUDWATCH, gzip.compress(b"Action=ListMetrics&Version=2010-08-01") + gzip.compress(b"&Action=DeleteAlarms"), FORM, "Content-Encoding: gzip"),
    post("a bomb", CLOUDWATCH, gzip.compress(b"Action=DeleteAlarms&Version=2010-08-01&x=" + b"a" * (40 << 20)), FORM, "Content-Encoding: gzip"),
    post("a coding that is not named", CLOUDWATCH, gzip.compress(b"Action=DeleteAlarms&Version=2010-08-01"), FORM),
    post("two codings", CLOUDWATCH, gzip.compress(gzip.compress(b"Action=DeleteAlarms&Version=2010-08-01")), FORM, "Content-Encoding: gzip, gzip"),
    post("versioning off", S3, "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>", target="/?versioning", method="PUT"),
    post("versioning off in an entity", S3, '<!DOCTYPE x [<!ENTITY s "Suspended">]><VersioningConfiguration><Status>&s;</Status></VersioningConfiguration>', target="/?versioning", method="PUT"),
    post("versioning off by a document type", S3, '<!DOCTYPE x SYSTEM "http://x/"><VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>', target="/?versioning", method="PUT"),
    post("versioning twice", S3, "<VersioningConfiguration><Status>Enabled</Status><Status>Suspended</Status></VersioningConfiguration>", target="/?versioning", method="PUT"),
    post("versioning off in a namespace", S3, '<a:VersioningConfiguration xmlns:a="x"><a:Status>Suspended</a:Status></a:VersioningConfiguration>', target="/?versioning", method="PUT"),
    post("versioning off in CDATA", S3, "<VersioningConfiguration><Status><![CDATA[Suspended]]></Status></VersioningConfiguration>", target="/?versioning", method="PUT"),
    post("versioning off in UTF-16", S3, '<?xml version="1.0" encoding="UTF-16"?><VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>'.encode("utf-16"), target="/?versioning", method="PUT"),
    post("versioning off, split by a comment", S3, "<VersioningConfiguration><Status>Sus<!-- -->pended</Status></VersioningConfiguration>", target="/?versioning", method="PUT"),
)  # fmt: skip

ROWS = (*SIGNALS, *OVERRIDES, *FRAMING, *AUTHORITY, *PATHS, *BODIES)
