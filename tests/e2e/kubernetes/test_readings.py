"""What the dialect reads against what a real kube-apiserver does: the same bytes to both.

- verb, group, resource, subresource, namespace and name against the API server's audit log;
- a deletion that the dialect calls a dry run leaves the object there, whatever query and body say;
- an object that waits for its finalizer goes only by a write that is called destructive;
- a Deployment comes to zero only by a write that is called a deletion.

The other way round the dialect may be more careful than the API server, and is.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import ssl
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.dialects.kubernetes.test_expectations import requests
from tests.unit.dialects.kubernetes.wire import DECODER, TYPES, request
from warden.dialects.body.protobuf import field
from warden.dialects.kubernetes import resolve, target
from warden.errors import DecodeError
from warden.model import Action, Flag, HttpRequest, Verb

pytest.importorskip("tools.kubernetes")

N = "/api/v1/namespaces/readings"
D = "/apis/apps/v1/namespaces/readings/deployments"
CONFIG = f"{N}/configmaps/x"


class Server:
    """The API server, by raw requests under the administrator's certificate."""

    def __init__(self, cluster: Any, directory: Path) -> None:
        certificate, key = cluster.certificate("admin", "system:masters")
        (directory / "admin.pem").write_bytes(certificate + key)
        self._context = ssl.create_default_context(cadata=cluster.ca.decode())
        self._context.load_cert_chain(directory / "admin.pem")
        self._address = cluster.address
        self._cluster = cluster

    def send(self, method: str, path: str, body: bytes = b"", kind: str = "", audit: str = "") -> tuple[int, bytes]:
        """Status and body. `kind` as in `wire.TYPES`; `audit` becomes the id in the audit log."""
        connection = http.client.HTTPSConnection(self._address, context=self._context, timeout=10)
        connection.putrequest(method, path, skip_accept_encoding=True)
        headers = {"Accept": "application/json", "Content-Length": str(len(body)), **({"Content-Type": TYPES[kind]} if kind else {})}
        for name, value in (headers | ({"Audit-ID": audit} if audit else {})).items():
            connection.putheader(name, value)
        connection.endheaders(body)
        with contextlib.closing(connection), connection.getresponse() as answer:
            return answer.status, answer.read()

    def post(self, path: str, thing: dict[str, Any]) -> None:
        status, answer = self.send("POST", path, json.dumps(thing).encode(), "json")
        assert status in (201, 409), answer

    def has(self, path: str) -> bool:
        return self.send("GET", path)[0] == 200

    def audited(self) -> dict[str, dict[str, Any]]:
        return {event["auditID"]: event for event in self._cluster.requests()}


@pytest.fixture(scope="module")
def server(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Server:
    made = Server(cluster, tmp_path_factory.mktemp("admin"))
    made.post("/api/v1/namespaces", {"metadata": {"name": "readings"}})
    return made


def _sent() -> Iterator[HttpRequest]:
    """The unit tests' rows, in a namespace that is not there; watches end by themselves. Two requests to the API server itself are left out."""
    for one in requests():
        if one.method in ("get", "LINK", "PURGE", "TRACE") or "/api/v1/nodes" in one.target:
            continue
        path = one.target.replace("/namespaces/shop", "/namespaces/nothere")
        watch = "watch" in path
        yield request(one.method, f"{path}{'&' if '?' in path else '?'}timeoutSeconds=1" if watch else path)


def test_the_audit_log_says_what_the_dialect_says(server: Server) -> None:
    # Reads and deletions of nothing: bodies make no difference to these fields.
    sent = {}
    for one in _sent():
        if one.method in ("GET", "HEAD") or (one.method == "DELETE" and "/namespaces/nothere/" in one.target):
            sent[str(uuid.uuid4())] = one
    for audit, one in sent.items():
        server.send(one.method, one.target, audit=audit)
    events = server.audited()
    compared = 0
    for audit, one in sent.items():
        raw, query = target.split(one.target)
        info = resolve(one.method, target.path(raw).segments, query)
        named = events[audit].get("objectRef", {})
        keys = ("apiGroup", "apiVersion", "namespace", "resource", "subresource", "name")
        wanted = (events[audit]["verb"], *(named.get(key, "") for key in keys))
        assert (info.verb, info.group, info.version, info.namespace, info.resource, info.subresource, info.name) == wanted, one
        compared += 1
    assert compared > 100


def _read(method: str, path: str, body: bytes, kind: str) -> Action | None:
    """What the dialect says; None for what it refuses to read."""
    try:
        return DECODER.decode(request(method, path, body, kind=kind))[0]
    except DecodeError:
        return None


QUERIES = ["", "?dryRun=All", "?dryRun=None", "?dryRun=all", "?dryRun=", "?DryRun=All", "?dryRun=All&dryRun=All", "?dryRun=All&dryrun=None",
           "?dryRun=%41ll", "?dry%52un=All", "?dryRun=+All", "?dryRun=All&gracePeriodSeconds=0"]  # fmt: skip
OPTIONS: list[tuple[str, bytes]] = [
    ("", b""),
    ("json", b"{}"),
    ("json", b'{"dryRun":["All"]}'),
    ("json", b'{"dryRun":["All","All"]}'),
    ("json", b'{"dryRun":[]}'),
    ("json", b'{"DryRun":["All"]}'),
    ("json", b'{"dryRun":["All"],"DRYRUN":[]}'),
    ("json", b'{"kind":"DeleteOptions","apiVersion":"v1","dryRun":["All"]}'),
    ("json", b'{"kind":"Pod","apiVersion":"v1","dryRun":["All"]}'),
    ("json", b'{"propagationPolicy":"Background"}'),
    ("json", b"null"),
    ("yaml", b"dryRun: [All]"),
    ("yaml", b"dryRun: []\n---\ndryRun: [All]"),
    ("yaml", b"dryRun: &a []\nx: *a"),
    ("text", b'{"dryRun":["All"]}'),
    ("", b'{"dryRun":["All"]}'),
]


def test_a_dry_run_deletes_nothing(server: Server) -> None:
    honoured = 0
    for query, (kind, body) in itertools.product(QUERIES, OPTIONS):
        server.post(f"{N}/configmaps", {"metadata": {"name": "x"}})
        server.send("DELETE", CONFIG + query, body, kind)
        read = _read("DELETE", CONFIG + query, body, kind)
        if read is not None and Flag.DRY_RUN in read.flags:
            assert server.has(CONFIG), (query, kind, body)
            honoured += 1
    assert honoured > 15


_META = {"name": "x", "namespace": "readings"}
_MERGES: list[Any] = [
    {"finalizers": None},
    {"finalizers": []},
    {"finalizers": ["d.e/f"]},
    {"Finalizers": None},
    None,
    {},
    {"labels": {"a": "b"}},
]
_PATCHED: list[dict[str, Any]] = [
    {"op": "remove", "path": "/metadata/finalizers"},
    {"op": "remove", "path": "/metadata/finalizers/0"},
    {"op": "remove", "path": "/metadata/finalizers/-1"},
    {"op": "replace", "path": "/metadata/finalizers", "value": []},
    {"op": "replace", "path": "/metadata/finalizers", "value": None},
    {"op": "replace", "path": "/metadata", "value": _META},
    {"op": "move", "from": "/metadata/finalizers", "path": "/metadata/x"},
    {"op": "copy", "from": "/metadata/labels", "path": "/metadata/finalizers"},
    {"op": "remove", "path": "metadata/finalizers"},
    {"op": "replace", "path": "/metadata/finalizers/0", "value": "d.e/f"},
    {"op": "add", "path": "/metadata/finalizers/-", "value": "d.e/f"},
]
_SCALED: list[dict[str, Any]] = [
    {"op": "remove", "path": "/spec/replicas"},
    {"op": "remove", "path": "/spec"},
    {"op": "replace", "path": "/spec", "value": {}},
    {"op": "replace", "path": "/spec/replicas", "value": 0},
    {"op": "add", "path": "/spec/replicas", "value": None},
    {"op": "copy", "from": "/status/replicas", "path": "/spec/replicas"},
]
_STRATEGIC: list[dict[str, Any]] = [
    {"finalizers": None},
    {"$deleteFromPrimitiveList/finalizers": ["a.b/c"]},
    {"$patch": "replace", **_META},
    {"$patch": "delete"},
    {"$retainKeys": ["name"], "name": "x"},
    {"$setElementOrder/finalizers": []},
    {"$patch": "merge", "labels": {"a": "b"}},
]
_REPLACED: list[dict[str, Any]] = [{"finalizers": []}, {"finalizers": None}, {"finalizers": ["d.e/f"]}]
FINALIZERS: list[tuple[str, str, bytes]] = [
    *(("PATCH", "merge", json.dumps({"metadata": value}).encode()) for value in _MERGES),
    *(("PATCH", "strategic", json.dumps({"metadata": value}).encode()) for value in _STRATEGIC),
    ("PATCH", "strategic", b'{"$patch":"replace","metadata":{"name":"x","namespace":"readings"}}'),
    *(("PATCH", "jsonpatch", json.dumps([operation]).encode()) for operation in _PATCHED),
    *(
        ("PUT", "json", json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {**_META, **value}}).encode())
        for value in _REPLACED
    ),
    ("PATCH", "apply", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, finalizers: []}"),
]


def test_what_takes_the_last_finalizer_is_destructive(server: Server) -> None:
    gone = 0
    for method, kind, body in FINALIZERS:
        server.send("PATCH", CONFIG, b'{"metadata":{"finalizers":null}}', "merge")
        server.send("DELETE", CONFIG)
        server.post(f"{N}/configmaps", {"metadata": {"name": "x", "finalizers": ["a.b/c"]}})
        server.send("DELETE", CONFIG)
        assert server.has(CONFIG)
        path = f"{CONFIG}?fieldManager=f&force=true" if kind == "apply" else CONFIG
        server.send(method, path, body, kind)
        read = _read(method, path, body, kind)
        if not server.has(CONFIG):
            gone += 1
            assert read is None or Flag.DESTRUCTIVE in read.flags, (method, kind, body)
    assert gone > 8


def _scale(value: str) -> bytes:
    return f"apiVersion: autoscaling/v1\nkind: Scale\nmetadata: {{name: x, namespace: readings}}\nspec: {{replicas: {value}}}".encode()


def _apply(value: str) -> bytes:
    return f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: x}}\nspec: {{replicas: {value}}}".encode()


def _numbered(*spec: tuple[int, int]) -> bytes:
    """A Scale in protobuf, with these fields in its spec."""
    meta = field(1, "x") + field(3, "readings")
    scale = field(1, meta) + field(2, b"".join(field(number, value) for number, value in spec))
    return b"k8s\x00" + field(1, field(1, "autoscaling/v1") + field(2, "Scale")) + field(2, scale)


_NUMBERS = ("0", "0x0", "00", "0o0", "0b0", "+0", "-0", "0.0", "0e0", "0_0", "~", "no", '"0"', "7")
REPLICAS: list[tuple[str, str, str, bytes]] = [
    *(
        ("PATCH", "/scale", "merge", body)
        for body in (
            b'{"spec":{"replicas":0}}', b'{"spec":{"replicas":null}}', b'{"spec":null}', b'{"spec":{}}', b'{"spec":{"replicas":2}}',
            b'{"spec":{"Replicas":0}}', b'{"spec":{"replicas":-0}}', b'{"spec":{"replicas":0e5}}', b'{"spec":{"replicas":"0"}}',
        )
    ),
    ("PATCH", "/scale", "strategic", b'{"spec":{"$patch":"replace"}}'),
    ("PATCH", "/scale", "strategic", b'{"spec":{"$retainKeys":["x"]}}'),
    *(("PATCH", "/scale", "jsonpatch", json.dumps([operation]).encode()) for operation in _SCALED),
    *(("PUT", "/scale", "yaml", _scale(value)) for value in _NUMBERS),
    *(("PATCH", "", "apply", _apply(value)) for value in _NUMBERS),
    ("PATCH", "", "merge", b'{"spec":{"replicas":0}}'),
    ("PATCH", "", "strategic", b'{"spec":{"replicas":0}}'),
    ("PATCH", "", "jsonpatch", b'[{"op":"remove","path":"/spec/replicas"}]'),
    ("PATCH", "", "merge", b'{"spec":{"replicas":null}}'),
    ("PUT", "/scale", "protobuf", _numbered((1, 2))),
    ("PUT", "/scale", "protobuf", _numbered((1, 0))),
    ("PUT", "/scale", "protobuf", _numbered((1, 2), ((1 << 32) + 1, 0))),  # the same field to Go
]  # fmt: skip


def test_what_comes_to_zero_is_a_deletion(server: Server) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    deployment = {"metadata": {"name": "x"}, "spec": {"replicas": 3, "selector": {"matchLabels": {"a": "b"}}, "template": template}}
    zero = 0
    for method, below, kind, body in REPLICAS:
        server.send("DELETE", f"{D}/x")
        server.post(D, deployment)
        path = f"{D}/x{below}" + ("?fieldManager=f&force=true" if kind == "apply" else "")
        server.send(method, path, body, kind)
        read = _read(method, path, body, kind)
        replicas = json.loads(server.send("GET", f"{D}/x/scale")[1])["spec"].get("replicas", 0)
        if replicas == 0:
            zero += 1
            assert read is None or read.verb is Verb.DELETE, (method, below, kind, body)
    assert zero > 20


def test_a_scale_that_is_applied_without_its_number_is_a_deletion(server: Server) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    server.send("DELETE", f"{D}/x")
    server.post(D, {"metadata": {"name": "x"}, "spec": {"replicas": 3, "selector": {"matchLabels": {"a": "b"}}, "template": template}})
    path = f"{D}/x/scale?fieldManager=f&force=true"
    first, second = _scale("4"), _scale("4").replace(b"replicas: 4", b"")
    for body in (first, second):
        assert server.send("PATCH", path, body, "apply")[0] == 200
    assert "replicas" not in json.loads(server.send("GET", f"{D}/x/scale")[1])["spec"]
    read = [_read("PATCH", path, body, "apply") for body in (first, second)]
    assert [action and action.verb for action in read] == [Verb.UPDATE, Verb.DELETE]


def test_who_is_said_to_have_applied_a_finalizer_removes_it(server: Server) -> None:
    fields: dict[str, Any] = {"f:metadata": {"f:finalizers": {".": {}, 'v:"a.b/c"': {}}}}
    mine = [{"manager": "f", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields}]
    steps = [
        ("PATCH", CONFIG, json.dumps({"metadata": {"managedFields": mine}}).encode(), "merge"),
        ("PATCH", f"{CONFIG}?fieldManager=f&force=true", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}", "apply"),
    ]
    server.send("PATCH", CONFIG, b'{"metadata":{"finalizers":null}}', "merge")
    server.send("DELETE", CONFIG)
    server.post(f"{N}/configmaps", {"metadata": {"name": "x", "finalizers": ["a.b/c"]}})
    server.send("DELETE", CONFIG)
    assert server.has(CONFIG)
    for method, path, body, kind in steps:
        assert server.send(method, path, body, kind)[0] == 200
    assert not server.has(CONFIG)
    claimed = _read(*steps[0])
    assert claimed is not None
    assert Flag.DESTRUCTIVE in claimed.flags
