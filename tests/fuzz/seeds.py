"""Requests that no-destroy denies, each with the operation that must not happen, by dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.fuzz import readers
from warden.dialects.kubernetes.cluster import Cluster
from warden.model import HttpRequest

_FORM = ("Content-Type", "application/x-www-form-urlencoded")
_JSON = ("Content-Type", "application/x-amz-json-1.0")


@dataclass(frozen=True)
class Seed:
    """`operation` in the words of the dialect's reference reader."""

    operation: str
    request: HttpRequest


@dataclass(frozen=True)
class Family:
    """One dialect's seeds and the reader that says what a mutation of one still is."""

    seeds: tuple[Seed, ...]
    reader: Callable[[HttpRequest], set[str]]


def seed(operation: str, method: str, host: str, target: str, *headers: tuple[str, str], body: bytes = b"", port: int = 443) -> Seed:
    """A request as its client sends it."""
    authority = host if port == 443 else f"{host}:{port}"
    length = (("Content-Length", str(len(body))),) if body else ()
    request = HttpRequest(method, "https", host, port, target, (("Host", authority), *headers, *length), body, len(body), sni=host)
    return Seed(operation, request)


_EC2, _DDB, _S3, _LAMBDA = (
    "ec2.us-east-1.amazonaws.com",
    "dynamodb.us-east-1.amazonaws.com",
    "vault.s3.us-east-1.amazonaws.com",
    "lambda.us-east-1.amazonaws.com",
)
AWS = (
    seed("TerminateInstances", "POST", _EC2, "/", _FORM, body=b"Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-1"),
    seed("TerminateInstances", "GET", _EC2, "/?Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-1"),
    seed("DeleteAlarms", "POST", "monitoring.us-east-1.amazonaws.com", "/service/GraniteServiceVersion20100801/operation/DeleteAlarms",
         ("Smithy-Protocol", "rpc-v2-cbor"), ("Content-Type", "application/cbor"), body=bytes.fromhex("a16a416c61726d4e616d6573816161")),
    seed("DeleteTable", "POST", _DDB, "/", _JSON, ("X-Amz-Target", "DynamoDB_20120810.DeleteTable"), body=b'{"TableName": "t"}'),
    seed("UpdateTable", "POST", _DDB, "/", _JSON, ("X-Amz-Target", "DynamoDB_20120810.UpdateTable"),
         body=b'{"TableName": "t", "DeletionProtectionEnabled": false}'),
    seed("DeleteObject", "DELETE", _S3, "/a/key"),
    seed("DeleteBucket", "DELETE", _S3, "/"),
    seed("DeleteObjects", "POST", _S3, "/?delete", ("Content-Type", "application/xml"), body=b"<Delete><Object><Key>k</Key></Object></Delete>"),
    seed("Invoke", "POST", _LAMBDA, "/2015-03-31/functions/f/invocations", body=b"{}"),
    seed("DeleteFunction", "DELETE", _LAMBDA, "/2015-03-31/functions/f"),
)  # fmt: skip

CLUSTER = Cluster("prod", "api.prod.example", 6443)
_PODS = "/api/v1/namespaces/shop/pods"
_JSON_BODY, _MERGE = ("Content-Type", "application/json"), ("Content-Type", "application/merge-patch+json")
_OPTIONS = b'{"kind":"DeleteOptions","apiVersion":"v1"}'


def _kube(operation: str, method: str, target: str, *headers: tuple[str, str], body: bytes = b"") -> Seed:
    return seed(operation, method, CLUSTER.host, target, *headers, body=body, port=CLUSTER.port)


KUBERNETES = (
    _kube("delete pods", "DELETE", f"{_PODS}/web-1"),
    _kube("delete pods", "DELETE", f"{_PODS}/web-1?dryRun=All", _JSON_BODY, body=_OPTIONS),
    _kube("delete pods", "DELETE", f"{_PODS}/web-1", _JSON_BODY, body=b'{"kind":"DeleteOptions","apiVersion":"v1","dryRun":["None"]}'),
    _kube("deletecollection pods", "DELETE", f"{_PODS}?labelSelector=app%3Dweb"),
    _kube("delete namespaces", "DELETE", "/api/v1/namespaces/shop", _JSON_BODY, body=_OPTIONS),
    _kube("delete example.com/widgets", "DELETE", "/apis/example.com/v1/namespaces/shop/widgets/w-1"),
    _kube("create pods/exec", "POST", f"{_PODS}/web-1/exec?command=sh&stdin=true", ("Connection", "Upgrade"), ("Upgrade", "SPDY/3.1")),
    _kube("get pods/exec", "GET", f"{_PODS}/web-1/exec?command=sh", ("Connection", "Upgrade"), ("Upgrade", "websocket")),
    _kube("create pods/eviction", "POST", f"{_PODS}/web-1/eviction", _JSON_BODY, body=b'{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"web-1"}}'),
    _kube("get secrets", "GET", "/api/v1/namespaces/shop/secrets/password"),
    _kube("list secrets", "GET", "/api/v1/secrets?limit=500"),
    _kube("create rbac.authorization.k8s.io/rolebindings", "POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings", _JSON_BODY, body=b'{"kind":"RoleBinding"}'),
    _kube("create serviceaccounts/token", "POST", "/api/v1/namespaces/shop/serviceaccounts/default/token", _JSON_BODY, body=b'{"kind":"TokenRequest"}'),
    _kube("write apps/deployments/scale", "PATCH", "/apis/apps/v1/namespaces/shop/deployments/web/scale", _MERGE, body=b'{"spec":{"replicas":0}}'),
    _kube("get nodes/proxy", "GET", "/api/v1/nodes/n-1/proxy/run/shop/web/web?cmd=sh"),
)  # fmt: skip

_COMPUTE = "/compute/v1/projects/p/zones/z/instances/web-1"
_PART = b"--b\r\nContent-Type: application/http\r\nContent-ID: <%d>\r\n\r\nDELETE %s HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n"
_GRPC = (("Content-Type", "application/grpc"), ("TE", "trailers"))
GCP = (
    seed("compute.instances.delete", "DELETE", "compute.googleapis.com", _COMPUTE),
    seed("compute.instances.delete", "DELETE", "www.googleapis.com", _COMPUTE),
    seed("compute.instances.delete", "DELETE", "compute.mtls.googleapis.com", f"{_COMPUTE}?requestId=1&alt=json"),
    seed("compute.instances.delete", "POST", "compute.googleapis.com", _COMPUTE, ("X-HTTP-Method-Override", "DELETE")),
    seed("compute.instances.delete", "POST", "compute.googleapis.com", "/batch/compute/v1", ("Content-Type", 'multipart/mixed; boundary="b"'),
         body=_PART % (1, _COMPUTE.encode()) + _PART % (2, _COMPUTE.encode()) + b"--b--\r\n"),
    seed("storage.objects.delete", "DELETE", "storage.googleapis.com", "/storage/v1/b/vault/o/a%2Fkey?generation=1"),
    seed("xml delete", "DELETE", "vault.storage.googleapis.com", "/a/key"),
    seed("pubsub.projects.topics.delete", "DELETE", "pubsub.googleapis.com", "/v1/projects/p/topics/orders"),
    seed("DeleteTopic", "POST", "pubsub.googleapis.com", "/google.pubsub.v1.Publisher/DeleteTopic", *_GRPC,
         body=b"\0\0\0\0\x1a\n\x18projects/p/topics/orders"),
    seed("DeleteTopic", "POST", "pubsub.googleapis.com", "/$rpc/google.pubsub.v1.Publisher/DeleteTopic", ("Content-Type", "application/json"),
         body=b'{"topic":"projects/p/topics/orders"}'),
    seed("destroy", "POST", "cloudkms.googleapis.com", "/v1/projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1:destroy", body=b"{}"),
    seed("access", "GET", "secretmanager.googleapis.com", "/v1/projects/p/secrets/s/versions/latest:access"),
    seed("setIamPolicy", "POST", "cloudresourcemanager.googleapis.com", "/v1/projects/p:setIamPolicy", ("Content-Type", "application/json"), body=b"{}"),
    seed("setDeletionProtection", "POST", "compute.googleapis.com", f"{_COMPUTE}/setDeletionProtection?deletionProtection=false"),
)  # fmt: skip

#: The egress list that holds while the http dialect is fuzzed: one host for everything, one for reading.
LISTED = ("api.example.com", "read docs.example.com")
_GRAPHQL = b'{"query": "mutation M($id: ID!) { deleteVolume(id: $id) { ok } }", "variables": {"id": "v-1"}}'
_OLD, _NEW, _NONE = b"1" * 40, b"2" * 40, b"0" * 40
HTTP = (
    seed("delete", "DELETE", "api.example.com", "/v1/volumes/v-1"),
    seed("mutation", "POST", "api.example.com", "/graphql", ("Content-Type", "application/json"), body=_GRAPHQL),
    seed("mutation", "POST", "api.example.com", "/api/graphql/v2", ("Content-Type", "application/json"), body=b"[" + _GRAPHQL + b"]"),
    seed("mutation", "POST", "api.example.com", "/graphql", ("Content-Type", "application/graphql"), body=b"mutation { projectDelete(id: 1) }"),
    seed("git delete", "POST", "api.example.com", "/shop.git/git-receive-pack", ("Content-Type", "application/x-git-receive-pack-request"),
         body=b"0082" + _OLD + b" " + _NONE + b" refs/heads/main\0report-status delete-refs" + b" " * 5 + b"0000"),
    seed("write", "POST", "docs.example.com", "/v1/pages", ("Content-Type", "application/json"), body=b'{"title": "x"}'),
    seed("write", "PUT", "docs.example.com", "/v1/pages/1", ("Content-Type", "application/json"), body=b"{}"),
)  # fmt: skip

FAMILIES: Mapping[str, Family] = {
    "aws": Family(AWS, readers.aws),
    "gcp": Family(GCP, readers.gcp),
    "http": Family(HTTP, readers.http),
    "kubernetes": Family(KUBERNETES, readers.kubernetes),
}
