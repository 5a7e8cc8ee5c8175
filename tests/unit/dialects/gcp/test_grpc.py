"""gRPC by path: every method of the tables, what a host does not offer, mixins, and ``/$rpc/``."""

from __future__ import annotations

import re

import pytest

from tests.unit.dialects.gcp.wire import GRPC, grpc, request
from tools.tables import gcp_grpc, gcp_sources
from warden.dialects.gcp import index, route
from warden.dialects.gcp.noun import UNKNOWN, Protocol
from warden.errors import DecodeError

SECRETS = "secretmanager.googleapis.com"
SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"


def test_every_method_of_every_interface_decodes_on_its_host() -> None:
    """13,386 methods in google-proto-files 6.0.1 and 42 newer ones, less those of interfaces that name no host."""
    count, texts = 0, []
    for host in index.hosts()["hosts"]:
        for service, methods in index.api(host).grpc.items():
            for method, known in methods.items():
                count += 1
                (call,) = route.calls(grpc(host, f"{service}/{method}"))
                if (call.method, call.protocol) != (known or f"{service}/{method}", Protocol.GRPC):
                    texts.append(f"{host} {service}/{method}: {call.method}")
    assert (count > 13_300, texts) == (True, [])


def test_every_annotation_decodes_by_rest() -> None:
    """The google-cloud-* packages' REST transport. BigQuery storage has none: several of its methods are annotated with one path."""
    texts = []
    for host in index.hosts()["hosts"]:
        for title, line, name in gcp_grpc.annotated(host, index.api(host).names[0] if index.api(host).names else "x"):
            method, template = line.split(" ")
            path = re.sub(r"\{[^=}]+(?:=([^}]+))?\}", lambda match: match[1] or "*", template).replace("**", "*").replace("*", "zz1")
            (call,) = route.calls(request(f"{method} https://{host}{path}"))
            if call.method != name:
                texts.append((host, title, line, call.method, name))
    assert {row for row in texts if row[0] != "bigquerystorage.googleapis.com"} == set()


def test_an_id_that_a_grpc_method_has_is_one_of_discovery() -> None:
    ids = {method["id"] for document in gcp_sources.discovery() for method in document["methods"]}
    found = {name for host in index.hosts()["hosts"] for methods in index.api(host).grpc.values() for name in methods.values() if name}
    assert found - ids == set()
    assert len(found) > 6000


@pytest.mark.parametrize(
    ("host", "method", "wanted"),
    [
        (SECRETS, f"{SERVICE}/AccessSecretVersion", "secretmanager.projects.secrets.versions.access"),
        (SECRETS, f"{SERVICE}/DeleteSecret", "secretmanager.projects.secrets.delete"),
        ("pubsub.googleapis.com", "google.pubsub.v1.Publisher/DeleteTopic", "pubsub.projects.topics.delete"),
        (
            "us-central1-aiplatform.googleapis.com",
            "google.cloud.aiplatform.v1.EndpointService/DeleteEndpoint",
            "aiplatform.projects.locations.endpoints.delete",
        ),
        ("storage.googleapis.com", "google.storage.v2.Storage/DeleteObject", "storage.objects.delete"),
        ("bigtable.googleapis.com", "google.bigtable.v2.Bigtable/MutateRow", "google.bigtable.v2.Bigtable/MutateRow"),
        (
            "translate.googleapis.com",
            "google.cloud.translation.v3.TranslationService/DeleteGlossary",
            "translate.projects.locations.glossaries.delete",
        ),
        (SECRETS, "google.longrunning.Operations/DeleteOperation", "google.longrunning.Operations/DeleteOperation"),
        (SECRETS, "google.iam.v1.IAMPolicy/SetIamPolicy", "google.iam.v1.IAMPolicy/SetIamPolicy"),
        (SECRETS, "google.cloud.location.Locations/ListLocations", "google.cloud.location.Locations/ListLocations"),
        ("pubsub.googleapis.com", f"{SERVICE}/DeleteSecret", UNKNOWN),  # another host's
        (SECRETS, f"{SERVICE}/DropEverything", UNKNOWN),
        (SECRETS, "google.cloud.secretmanager.v9.SecretManagerService/DeleteSecret", UNKNOWN),
        (SECRETS, "google.longrunning.Operations/DropOperations", UNKNOWN),
        (SECRETS, "v1/projects/p/secrets/s", UNKNOWN),  # a REST path
        (SECRETS, f"{SERVICE}/DeleteSecret/", UNKNOWN),
        (SECRETS, f"{SERVICE.lower()}/DeleteSecret", UNKNOWN),
        ("never-heard-of-it.googleapis.com", f"{SERVICE}/DeleteSecret", UNKNOWN),
    ],
)
def test_by_name(host: str, method: str, wanted: str) -> None:
    (call,) = route.calls(grpc(host, method))
    assert (call.method, call.protocol) == (wanted, Protocol.GRPC)


def test_service_version_and_labels() -> None:
    (call,) = route.calls(grpc(SECRETS, f"{SERVICE}/DeleteSecret", ("x-goog-request-params", "name=projects%2Fp%2Fsecrets%2Fs")))
    assert (call.service, call.version, dict(call.labels)) == ("secretmanager", "v1", {"name": "projects/p/secrets/s"})


@pytest.mark.parametrize("kind", ["application/grpc+proto", "application/grpc-web", "application/grpc-web+proto", "Application/GRPC"])
def test_other_content_types_of_grpc(kind: str) -> None:
    (call,) = route.calls(request(f"POST https://{SECRETS}/{SERVICE}/DeleteSecret", ("content-type", kind)))
    assert call.method == "secretmanager.projects.secrets.delete"


def test_a_grpc_path_without_grpc_is_unknown() -> None:
    (call,) = route.calls(request(f"POST https://{SECRETS}/{SERVICE}/DeleteSecret", ("content-type", "application/json")))
    assert call.method == UNKNOWN


@pytest.mark.parametrize("kind", ["application/json", "application/json+protobuf", "application/x-protobuf"])
def test_rpc_paths(kind: str) -> None:
    (call,) = route.calls(request(f"POST https://{SECRETS}/$rpc/{SERVICE}/DeleteSecret?alt=json", ("content-type", kind), body="{}"))
    assert (call.method, call.protocol) == ("secretmanager.projects.secrets.delete", Protocol.RPC)


@pytest.mark.parametrize("line", [f"GET https://{SECRETS}/$rpc/{SERVICE}/DeleteSecret", f"POST https://{SECRETS}/$rpc/x"])
def test_rpc_paths_that_are_none(line: str) -> None:
    assert route.calls(request(line))[0].method == UNKNOWN


@pytest.mark.parametrize(
    ("headers", "target", "code"),
    [
        ((("x-goog-request-params", "name=a&name=b"),), "", "duplicate-parameter"),
        ((("x-goog-request-params", "name=%z"),), "", "malformed-escape"),
        ((("x-goog-request-params", "a=b"), ("X-Goog-Request-Params", "a=c")), "", "duplicate-header"),
        ((("x-http-method-override", "DELETE"),), "", "method-override"),
        ((), "?alt=json", "grpc-query"),
    ],
)
def test_refused(headers: tuple[tuple[str, str], ...], target: str, code: str) -> None:
    with pytest.raises(DecodeError) as caught:
        route.calls(request(f"POST https://{SECRETS}/{SERVICE}/DeleteSecret{target}", GRPC, *headers))
    assert caught.value.code == code
