"""What has two readings, or is nobody's to send: each with its own code. And that the clean form of it is read."""

from __future__ import annotations

import base64

import pytest

from tests.unit.dialects.kubernetes.wire import DECODER, TYPES, decode, operations, request
from warden.decoder import Decoder
from warden.dialects.kubernetes import Cluster
from warden.errors import DecodeError
from warden.model import DnsQuestion, Flag, TcpConnect, Verb

N = "/api/v1/namespaces/shop"
D = "/apis/apps/v1/namespaces/shop/deployments"

TARGETS = [
    ("/api/v1//pods", "empty-segment"),
    ("//api/v1/pods", "empty-segment"),
    ("/api/v1/namespaces//pods", "empty-segment"),
    ("/api/v1/pods//", "empty-segment"),
    (f"{N}/pods//cart-0", "empty-segment"),
    ("/api/v1/./pods", "dot-segment"),
    ("/api/v1/x/../pods", "dot-segment"),
    ("/api/v1/x/%2e%2e/pods", "dot-segment"),
    ("/api/v1/x/%2E./pods", "dot-segment"),
    ("/api/v1/pods/..", "dot-segment"),
    (f"{N}/services/s/proxy/../../secrets", "dot-segment"),
    (f"{N}/services/s/proxy/a%2f..%2f..%2fsecrets", "dot-segment"),
    (f"{N}/services/s/proxy/%252e%252e/secrets", "dot-segment"),
    ("/api/v1/namespaces/shop%2Fpods", "escaped-slash"),
    ("/api/v1/namespaces/shop/pods/a%2fb", "escaped-slash"),
    ("/%2Fapi/v1/pods", "escaped-slash"),
    ("/api/v1/namespaces/shop/pods%252fa", "escaped-percent"),
    ("/api/v1/namespaces/shop/pods/a%25b", "escaped-percent"),
    # In front of a proxied path, everything counts as anywhere.
    ("/api/v1/namespaces/shop%2fservices/s/proxy/x", "escaped-slash"),
    (f"{N}/services%2fs/proxy/x", "escaped-slash"),
    (f"{N}//services/s/proxy/x", "empty-segment"),
    ("/api/v1/namespaces/proxy/pods%2fx", "escaped-slash"),
    (f"{N}/pods;v=1", "bare-semicolon"),
    ("/api/v1/pods?watch=true;x", "bare-semicolon"),
    ("/api/v1/pods%5cx", "backslash"),
    ("/api/v1/pods%00", "control-character"),
    ("/api/v1/pods%0a", "control-character"),
    ("/api/v1/pods%zz", "malformed-escape"),
    ("/api/v1/pods?watch=%zz", "malformed-escape"),
    ("/api/v1/pods%ff", "malformed-utf8"),
    ("/api/v1/pods%c0%af", "malformed-utf8"),
    ("/api/v1/pods?watch=%ff", "malformed-utf8"),
    ("/api/v1/watch", "request-info"),
    ("/apis/apps/v1/proxy", "request-info"),
]


def code(*arguments: object, **keywords: object) -> str:
    with pytest.raises(DecodeError) as caught:
        DECODER.decode(request(*arguments, **keywords))  # type: ignore[arg-type]
    assert caught.value.message.endswith(".")
    return caught.value.code


@pytest.mark.parametrize(("target", "wanted"), TARGETS)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_targets(method: str, target: str, wanted: str) -> None:
    assert code(method, target if method == "GET" or "?" not in target else target.replace("watch", "dryRun")) == wanted


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_watch_by_path_is_a_get(method: str) -> None:
    assert code(method, f"/api/v1/watch{N.removeprefix('/api/v1')}/pods/cart-0") == "two-verbs"


@pytest.mark.parametrize(
    ("header", "value", "wanted"),
    [
        ("X-Remote-User", "admin", "front-proxy-header"),
        ("x-remote-group", "system:masters", "front-proxy-header"),
        ("X-Remote-Extra-Scopes", "a", "front-proxy-header"),
        ("X_Remote_User", "admin", "front-proxy-header"),
        ("X-Remote-Uid", "1", "front-proxy-header"),
        ("Impersonate-Everything", "1", "impersonation-header"),
        ("Impersonate", "1", "impersonation-header"),
        ("Sec-WebSocket-Protocol", "v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.dG9rZW4", "websocket-token"),
        ("X-HTTP-Method-Override", "DELETE", "method-override"),
    ],
)
def test_headers(header: str, value: str, wanted: str) -> None:
    assert code("GET", f"{N}/pods", b"", (header, value)) == wanted


BODIES = [
    ("DELETE", f"{D}/x", "json", b'{"dryRun":["All"],"dryRun":[]}', "duplicate-json-key"),
    ("DELETE", f"{D}/x?dryRun=All", "json", b"{", "malformed-json"),
    ("DELETE", f"{D}/x?dryRun=All", "json", b'{"a":NaN}', "malformed-json"),
    ("DELETE", f"{D}/x?dryRun=All", "json", b'\xef\xbb\xbf{"dryRun":["All"]}', "malformed-json"),
    ("DELETE", f"{D}/x?dryRun=All", "json", b'{"a":"\xff"}', "invalid-utf8"),
    ("DELETE", f"{D}/x?dryRun=All", "yaml", b"dryRun: [All]\ndryRun: []", "duplicate-yaml-key"),
    ("DELETE", f"{D}/x?dryRun=All", "yaml", b"dryRun: [All]\n---\ndryRun: []", "malformed-yaml"),
    ("DELETE", f"{D}/x?dryRun=All", "yaml", b"a: &x [All]\ndryRun: *x", "yaml-reference"),
    ("DELETE", f"{D}/x?dryRun=All", "yaml", b"<<: {dryRun: [All]}", "yaml-reference"),
    ("DELETE", f"{D}/x?dryRun=All", "yaml", b"dryRun: !!set {All}", "malformed-yaml"),
    ("DELETE", f"{D}/x?dryRun=All", "yaml", b"%YAML 1.1\n---\ndryRun: [All]", "malformed-yaml"),
    ("DELETE", f"{D}/x?dryRun=All", "yaml", b"? [a]\n: b", "malformed-yaml"),
    ("DELETE", f"{D}/x?dryRun=All", "yaml", b"a: [", "malformed-yaml"),
    ("DELETE", f"{D}/x?dryRun=All", "yaml", b"\xef\xbb\xbfdryRun: [All]", "malformed-yaml"),
    ("DELETE", f"{D}/x?dryRun=All", "yaml", b"\xff\xfed\x00", "invalid-utf8"),
    ("DELETE", f"{D}/x?dryRun=All", "yaml", b"[" * 100, "too-deep"),
    ("DELETE", f"{D}/x?dryRun=All", "yaml", b"a: " + b"x" * (512 << 10), "malformed-yaml"),
    ("DELETE", f"{D}/x?dryRun=All", "cbor", b"\xa2\x41a\x01\x41a\x02", "duplicate-cbor-key"),
    ("DELETE", f"{D}/x?dryRun=All", "cbor", b"\xa2\x41a\x01\x61a\x02", "duplicate-cbor-key"),
    ("DELETE", f"{D}/x?dryRun=All", "cbor", b"\xa1\x41a\x01\x00", "malformed-cbor"),
    ("DELETE", f"{D}/x?dryRun=All", "cbor", b"\xa1\x41a\xc1\x01", "malformed-cbor"),
    # Field 2**32 + 2: Go's generated readers keep 32 bits of it, and read field 2.
    ("PUT", f"{D}/x/scale", "protobuf", b"k8s\x00\n\x07\x12\x05Scale\x92\x80\x80\x80\x80\x01\x00", "malformed-protobuf"),
    ("DELETE", f"{D}/x?dryRun=All", "protobuf", b"\n\x00", "malformed-protobuf"),
    ("DELETE", f"{D}/x?dryRun=All", "protobuf", b"k8s\x00\n\x05", "malformed-protobuf"),
    ("DELETE", f"{D}/x?dryRun=All", "protobuf", b"k8s\x00\x12\x00\x12\x00", "duplicate-protobuf-field"),
    ("PUT", f"{D}/x/scale", "protobuf", b"k8s\x00\n\x07\x12\x05Scale\x12\x08\x12\x02\x08\x03\x12\x02\x08\x00", "duplicate-protobuf-field"),
    ("PUT", f"{D}/x/scale", "protobuf", b"k8s\x00\n\x07\x12\x05Scale\x12\x05\x12\x03\x0a\x01\x03", "malformed-protobuf"),
    ("PUT", f"{D}/x/scale", "protobuf", b"k8s\x00\n\x07\x12\x05Scale\x1a\x04gzip", "malformed-protobuf"),
    # Go keeps 32 bits of a field's number: 2**32 + 1 sets replicas to 0, 2**32 + 2 replaces the whole object.
    (
        "PUT",
        f"{D}/x/scale",
        "protobuf",
        b"k8s\x00\n\x07\x12\x05Scale\x12\x0b\x12\x09\x08\x02\x88\x80\x80\x80\x80\x01\x00",
        "malformed-protobuf",
    ),
    (
        "PUT",
        f"{D}/x/scale",
        "protobuf",
        b"k8s\x00\n\x07\x12\x05Scale\x12\x04\x12\x02\x08\x02\x92\x80\x80\x80\x80\x01\x00",
        "malformed-protobuf",
    ),
    ("PUT", f"{D}/x", "json", b"[]", "malformed-body"),
    ("PUT", f"{D}/x", "json", b"{}{}", "malformed-json"),
    ("PATCH", f"{D}/x", "merge", b"[]", "malformed-body"),
    ("PATCH", f"{D}/x", "merge", b'{"spec":{"replicas":3,"replicas":0}}', "duplicate-json-key"),
    ("PATCH", f"{D}/x", "jsonpatch", b"{}", "malformed-patch"),
    ("PATCH", f"{D}/x", "jsonpatch", b'[{"op":"remove"}]', "malformed-patch"),
    ("PATCH", f"{D}/x", "jsonpatch", b'[{"op":"merge","path":"/a"}]', "malformed-patch"),
    ("PATCH", f"{D}/x", "jsonpatch", b'[{"op":"remove","path":"metadata/finalizers"}]', "malformed-patch"),
    ("PATCH", f"{D}/x", "jsonpatch", b"[1]", "malformed-patch"),
    ("PATCH", f"{D}/x", "apply", b"spec: {replicas: 3, replicas: 0}", "duplicate-yaml-key"),
    ("PATCH", f"{D}/x", "apply", b'{"spec":{"replicas":3,"replicas":0}}', "duplicate-json-key"),
    ("PATCH", f"{D}/x", "applycbor", b"\xff", "malformed-cbor"),
]


@pytest.mark.parametrize(("method", "target", "kind", "body", "wanted"), BODIES)
def test_bodies(method: str, target: str, kind: str, body: bytes, wanted: str) -> None:
    assert code(method, target, body, kind=kind) == wanted


def test_a_body_that_another_reads_otherwise_is_not_read() -> None:
    """A compressed body, a type that the API server does not take, a kind that has no table: everything counts as its worst."""
    gzip = base64.b64decode("H4sIAAAAAAAC/6uuBQBDv6ajAgAAAA==")  # {}
    for action in (
        decode("DELETE", f"{D}/x?dryRun=All", gzip, ("Content-Encoding", "gzip"), kind="json"),
        decode("DELETE", f"{D}/x?dryRun=All", b'{"dryRun":["All"]}', ("Content-Type", "application/x-yaml")),
        decode("DELETE", f"{D}/x?dryRun=All", b'{"dryRun":["All"]}', ("Content-Type", "application/merge-patch+json")),
    ):
        assert action.verb is Verb.DELETE
        assert Flag.DRY_RUN not in action.flags
    for action in (
        decode("PATCH", f"{D}/x", b'{"metadata":{}}', kind="json"),
        decode("PATCH", f"{D}/x", b'{"metadata":{}}'),
        decode("PATCH", f"{D}/x", b'{"metadata":{}}', ("Content-Type", "Application/Merge-Patch+json")),  # a patch's type is not folded
        decode("PATCH", f"{D}/x", b'{"metadata":{}}', ("Content-Type", " application/merge-patch+json")),
        decode("PUT", f"{D}/x", b"k8s\x00\n\x09\x12\x07Unheard\x12\x00", kind="protobuf"),
    ):
        assert action.verb is Verb.DELETE


def test_types_that_are_written_otherwise_are_the_same() -> None:
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/json;a=b", ""):
        action = decode("DELETE", f"{D}/x", b'{"dryRun":["All"]}', *((("Content-Type", kind),) if kind else ()))
        assert Flag.DRY_RUN in action.flags, kind
    assert decode("PATCH", f"{D}/x", b"{}", ("Content-Type", f"{TYPES['merge']};charset=utf-8")).verb is Verb.UPDATE


def test_impersonation_is_asked_for_each_identity() -> None:
    headers = (
        ("Impersonate-User", "alice"),
        ("Impersonate-Group", "devs"),
        ("impersonate-group", "system:masters"),
        ("Impersonate-Uid", "u1"),
        ("Impersonate-Extra-Example.com%2fScope", "all"),
    )
    actions = DECODER.decode(request("GET", f"{N}/pods", b"", *headers))
    assert operations(actions) == [
        "pods:list",
        "users:impersonate",
        "groups:impersonate",
        "groups:impersonate",
        "authentication.k8s.io/uids:impersonate",
        "authentication.k8s.io/userextras:impersonate",
    ]
    assert {action.verb for action in actions[1:]} == {Verb.GRANT}
    assert [action.context["name"] for action in actions[1:]] == ["alice", "devs", "system:masters", "u1", "all"]
    assert actions[-1].resources[0].attributes["subresource"] == "example.com/scope"
    (_, account) = DECODER.decode(request("GET", "/healthz", b"", ("Impersonate-User", "system:serviceaccount:kube-system:root")))
    assert account.operation == "serviceaccounts:impersonate"
    assert account.resources[0].id == "prod/namespaces/kube-system/serviceaccounts/root"


def test_clusters_that_share_a_host_are_told_apart_by_their_prefix() -> None:
    def at(target: str) -> tuple[str, object]:
        (action,) = DECODER.decode(request("GET", target, host="rancher.example", port=443))
        return action.operation, action.context.get("cluster")

    assert at("/k8s/clusters/c-1/api/v1/pods") == ("pods:list", "c-1")
    assert at("/k8s/clusters/c-1/healthz") == ("/healthz:get", "c-1")
    assert at("/k8s/clusters/c-1") == ("/:get", "c-1")
    assert at("/k8s/clusters/c-%31/api/v1/pods") == ("pods:list", "c-1")
    # Beside the prefix nothing is Kubernetes', and nothing is a neighbour's.
    for target in ("/k8s/clusters/c-2/api/v1/pods", "/k8s/clusters/c-10/api/v1/pods", "/api/v1/pods", "/v3/tokens", "/"):
        assert at(target) == ("unknown", None)
    assert code("GET", "/k8s%2fclusters/c-1/api/v1/pods", host="rancher.example", port=443) == "escaped-slash"
    assert code("GET", "/k8s/clusters/c-1/../c-2/api/v1/pods", host="rancher.example", port=443) == "dot-segment"


def test_resource_ids_and_context() -> None:
    def read(method: str, target: str, body: bytes = b"") -> tuple[str, dict[str, object]]:
        action = decode(method, target, body)
        return action.resources[0].id, dict(action.context)

    assert read("DELETE", f"{D}/cart") == (
        "prod/namespaces/shop/apps/deployments/cart",
        {"cluster": "prod", "namespace": "shop", "name": "cart"},
    )
    assert read("GET", "/api/v1/nodes") == ("prod/nodes", {"cluster": "prod"})
    assert read("DELETE", N) == ("prod/namespaces/shop", {"cluster": "prod", "namespace": "shop", "name": "shop", "cascade": True})
    assert read("GET", f"{N}/pods") == ("prod/namespaces/shop/pods", {"cluster": "prod", "namespace": "shop"})
    assert read("POST", f"{N}/pods", b'{"metadata":{"name":"one"}}')[1]["name"] == "one"
    assert read("POST", f"{N}/pods", b'{"metadata":{"generateName":"one-"}}')[1]["name"] == "one-*"
    attributes = decode("GET", f"{N}/pods/cart-0/log").resources[0].attributes
    assert attributes == {"cluster": "prod", "version": "v1", "namespace": "shop", "type": "pods", "name": "cart-0", "subresource": "log"}


def test_names_and_connections_of_a_cluster_are_the_dialects_on_any_port_and_address() -> None:
    decoder = Decoder(clusters=(Cluster("prod", "k8s.example", 6443), Cluster("home", "192.0.2.7", 8443)))

    def dialect(message: DnsQuestion | TcpConnect) -> object:
        (action,) = decoder.decode(message)
        return action.resources[0].attributes["dialect"]

    assert dialect(DnsQuestion("k8s.example", "A")) == "kubernetes"
    assert dialect(TcpConnect("k8s.example", 6443)) == "kubernetes"
    assert dialect(TcpConnect("192.0.2.7", 8443)) == "kubernetes"
    assert dialect(TcpConnect("192.0.2.7", 443)) == "literal"
    assert dialect(TcpConnect("k8s.example", 443)) == "http"
    assert dialect(DnsQuestion("other.example", "A")) == "http"


def test_a_providers_own_name_for_a_cluster_is_the_clusters() -> None:
    decoder = Decoder(clusters=(Cluster("eks", "abc.gr7.eu-west-1.eks.amazonaws.com"),))
    sent = request("GET", "/api/v1/pods", host="abc.gr7.eu-west-1.eks.amazonaws.com", port=443)
    assert decoder.decode(sent)[0].operation == "pods:list"
    assert DECODER.decode(sent)[0].provider != "kubernetes"  # nobody said that there is one


def test_a_cluster_is_a_host_and_its_port() -> None:
    assert DECODER.dialect(request("GET", "/", port=6443)).name == "kubernetes"
    assert DECODER.dialect(request("GET", "/", port=443)).name == "http"
    assert DECODER.dialect(request("GET", "/", host="k8s.example.org")).name == "http"
