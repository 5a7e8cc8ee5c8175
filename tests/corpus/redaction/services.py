"""Requests and answers as each kind of server frames them, so that a family's module says only what is inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlencode

from tests.corpus.redaction.draft import Draft

REGION = "eu-central-1"


def _aws(d: Draft, service: str, host: str, region: str, body: bytes, **headers: str) -> None:
    scope = f"{d.mint.aws_id()}/20261124/{region}/{service}/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={d.mint.hex(64)}"
    d.ask("POST", f"https://{host}/", body, authorization=signature, x_amz_date="20261124T101500Z", **headers)


def aws_json(
    d: Draft, service: str, target: str, asked: Mapping[str, object], answer: object, *, host: str = "", version: str = "1.1"
) -> None:
    """The JSON protocol: the operation is in X-Amz-Target."""
    kind = f"application/x-amz-json-{version}"
    _aws(
        d,
        service,
        host or f"{service}.{REGION}.amazonaws.com",
        REGION,
        json.dumps(asked).encode(),
        x_amz_target=target,
        content_type=kind,
    )
    d.json(answer, kind=kind, tight=True)
    d.headers["x-amzn-requestid"] = d.mint.uuid()


def aws_query(d: Draft, service: str, action: str, version: str, result: str, *, host: str = "", **asked: str) -> None:
    """The query protocol: a form, answered with XML. `result` is what stands inside the result element."""
    form = urlencode({"Action": action, "Version": version, **asked}).encode()
    _aws(
        d,
        service,
        host or f"{service}.{REGION}.amazonaws.com",
        REGION,
        form,
        content_type="application/x-www-form-urlencoded; charset=utf-8",
    )
    space = {
        "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
        "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
        "cloudformation": "http://cloudformation.amazonaws.com/doc/2010-05-15/",
        "rds": "http://rds.amazonaws.com/doc/2014-10-31/",
        "redshift": "http://redshift.amazonaws.com/doc/2012-12-01/",
    }[service]
    identity = d.mint.uuid()
    meta = f"  <ResponseMetadata>\n    <RequestId>{identity}</RequestId>\n  </ResponseMetadata>\n"
    body = f'<{action}Response xmlns="{space}">\n  <{action}Result>\n{result}\n  </{action}Result>\n{meta}</{action}Response>\n'
    d.text(body, "text/xml")
    d.headers["x-amzn-requestid"] = identity


def aws_ec2(d: Draft, action: str, result: str, **asked: str) -> None:
    """EC2's own protocol: a form, answered with XML without a result element."""
    form = urlencode({"Action": action, "Version": "2016-11-15", **asked}).encode()
    _aws(d, "ec2", f"ec2.{REGION}.amazonaws.com", REGION, form, content_type="application/x-www-form-urlencoded; charset=utf-8")
    identity = d.keep(d.mint.uuid())
    body = f"    <requestId>{identity}</requestId>\n{result}"
    d.text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">\n{body}\n</{action}Response>',
        "text/xml;charset=UTF-8",
    )


def aws_rest(d: Draft, service: str, method: str, path: str, answer: object, *, signed: str = "") -> None:
    """The rest-json protocol: the operation is the method and the path. `signed` is the signature's service where it is not the host's."""
    _aws(d, signed or service, f"{service}.{REGION}.amazonaws.com", REGION, b"")
    d.method, d.url = method, f"https://{service}.{REGION}.amazonaws.com{path}"
    d.json(answer, tight=True)
    d.headers["x-amzn-requestid"] = d.mint.uuid()


def kube(
    d: Draft, path: str, answer: object, *, method: str = "GET", accept: str = "application/json", status: int = 200, body: bytes = b""
) -> None:
    """A Kubernetes API server."""
    d.ask(
        method,
        f"https://k8s.example.internal:6443{path}",
        body,
        accept=accept,
        user_agent="kubectl/v1.31.2 (linux/amd64) kubernetes/5864a46",
    )
    d.json(answer, tight=True)
    d.status = status
    d.headers["audit-id"] = d.mint.uuid()
    d.headers["x-kubernetes-pf-flowschema-uid"] = d.mint.uuid()


def meta(d: Draft, name: str, namespace: str = "", **more: object) -> dict[str, object]:
    """A Kubernetes object's metadata with what always stands in it."""
    place = {"namespace": namespace} if namespace else {}
    fixed = {"uid": d.keep(d.mint.uuid()), "resourceVersion": d.mint.digits(9), "creationTimestamp": "2026-11-02T08:41:07Z"}
    return {"name": name, **place, **fixed, **more}


def google(d: Draft, method: str, url: str, answer: object, body: bytes = b"") -> None:
    """A Google API: JSON with two spaces."""
    d.ask(method, url, body, x_goog_api_client="gl-python/3.12 grpc/1.66 gax/2.19", accept="application/json")
    d.json(answer, indent=2, kind="application/json; charset=UTF-8")
    d.headers.update({"vary": "Origin, X-Origin, Referer", "server": "ESF", "x-frame-options": "SAMEORIGIN"})


def azure(d: Draft, method: str, path: str, answer: object, *, host: str = "management.azure.com") -> None:
    """Azure's resource manager, or another of its hosts."""
    d.ask(method, f"https://{host}{path}", b"", user_agent="AZURECLI/2.66.0 azsdk-python-core/1.31.0")
    d.json(answer, tight=True, kind="application/json; charset=utf-8")
    d.headers.update({"x-ms-request-id": d.mint.uuid(), "x-ms-correlation-request-id": d.mint.uuid()})


def api(d: Draft, method: str, url: str, answer: object, **headers: str) -> None:
    """Any other JSON API."""
    d.ask(method, url, b"", accept="application/json")
    d.json(answer, tight=True)
    d.headers.update({name.replace("_", "-"): value for name, value in headers.items()})


def page(d: Draft, url: str, text: str, kind: str = "text/plain; charset=utf-8") -> None:
    """A document fetched by curl."""
    d.ask("GET", url, b"", accept="*/*", user_agent="curl/8.10.1")
    d.text(text, kind)
    d.headers["etag"] = d.mint.etag()
