"""gRPC: the same effects and names from protobuf messages as from JSON; what cannot be read is its worst."""

from __future__ import annotations

import gzip

import pytest

from warden.dialects.body.protobuf import field
from warden.dialects.gcp import effects, effects_table
from warden.dialects.gcp.noun import Call, Protocol
from warden.errors import DecodeError
from warden.model import Action, Flag, Verb

SECRET = "google.cloud.secretmanager.v1.SecretManagerService"
GKE = "google.container.v1.ClusterManager"


def frame(message: bytes, flag: int = 0) -> bytes:
    return bytes((flag,)) + len(message).to_bytes(4, "big") + message


def grpc(
    method: str,
    body: bytes | None,
    service: str = "secretmanager",
    *,
    kind: str = "application/grpc",
    encoding: str = "",
    labels: dict[str, str] | None = None,
    version: str = "v1",
) -> Action:
    headers = (("content-type", kind), ("te", "trailers"), *((("grpc-encoding", encoding),) if encoding else ()))
    made = Call(method, service, Protocol.GRPC, version, labels or {}, (), "POST", headers, body)
    return effects.actions(made, f"{service}.googleapis.com")[0]


def test_names_come_from_the_message_not_from_the_routing_header() -> None:
    body = frame(field(1, "projects/p/secrets/prod"))
    action = grpc(f"{SECRET}/DeleteSecret", body, labels={"name": "projects/p/secrets/harmless"})
    assert (action.operation, action.verb) == ("secretmanager.projects.secrets.delete", Verb.DELETE)
    assert [resource.id for resource in action.resources] == ["//secretmanager.googleapis.com/projects/p/secrets/prod"]
    assert (action.context["project"], action.context["protocol"]) == ("p", "grpc")


def test_discovery_id_and_grpc_name_mean_the_same() -> None:
    body = frame(field(1, "projects/p/secrets/s/versions/1"))
    assert grpc(f"{SECRET}/AccessSecretVersion", body) == grpc("secretmanager.projects.secrets.versions.access", body)
    assert Flag.CREDENTIAL in grpc(f"{SECRET}/AccessSecretVersion", body).flags


@pytest.mark.parametrize(
    ("secret", "mask", "lost"),
    [
        (field(7, field(1, 60)), ["ttl"], True),
        (b"", ["ttl"], True),
        (b"", ["labels"], False),
        (field(7, field(1, 60)), ["labels"], False),
        (field(7, field(1, 60)), [], True),
        (field(6, field(1, 1)), ["expire_time"], True),
    ],
)
def test_masks_in_messages(secret: bytes, mask: list[str], lost: bool) -> None:
    message = field(1, field(1, "projects/p/secrets/s") + secret) + field(2, b"".join(field(1, name) for name in mask))
    action = grpc(f"{SECRET}/UpdateSecret", frame(message))
    assert (Flag.DESTRUCTIVE in action.flags) is lost
    assert action.resources[0].id == "//secretmanager.googleapis.com/projects/p/secrets/s"


def test_creates_name_what_they_make() -> None:
    action = grpc(f"{SECRET}/CreateSecret", frame(field(1, "projects/p") + field(2, "s") + field(3, b"")))
    assert (action.verb, action.resources[0].id) == (Verb.CREATE, "//secretmanager.googleapis.com/projects/p/secrets/s")


@pytest.mark.parametrize(("count", "verb"), [(field(5, 0), Verb.DELETE), (b"", Verb.DELETE), (field(5, 3), Verb.UPDATE)])
def test_a_zero_that_is_left_out_is_zero(count: bytes, verb: Verb) -> None:
    name = field(7, "projects/p/locations/l/clusters/c/nodePools/n")
    assert grpc(f"{GKE}/SetNodePoolSize", frame(name + count), "container").verb is verb


def test_iam_policies_are_read() -> None:
    def policy(member: str) -> bytes:
        return frame(field(1, "projects/p/secrets/s") + field(2, field(4, field(1, "roles/x") + field(2, member))))

    assert Flag.SHARE in grpc(f"{SECRET}/SetIamPolicy", policy("allUsers")).flags
    assert Flag.SHARE not in grpc(f"{SECRET}/SetIamPolicy", policy("user:a@b.c")).flags
    assert grpc(f"{SECRET}/SetIamPolicy", policy("user:a@b.c")).verb is Verb.GRANT


def test_mixins_are_the_hosts_own() -> None:
    body = frame(field(1, "projects/p/topics/t") + field(2, b""))
    action = grpc("google.iam.v1.IAMPolicy/SetIamPolicy", body, "pubsub")
    assert (action.verb, action.context["service"]) == (Verb.GRANT, "pubsub")
    assert action.resources[0].id == "//pubsub.googleapis.com/projects/p/topics/t"
    waited = grpc("google.longrunning.Operations/GetOperation", frame(field(1, "projects/p/operations/o")), "pubsub")
    assert waited.verb is Verb.READ


def test_a_version_without_ids_is_read_by_its_own_numbers() -> None:
    made = field(1, "projects/p/subscriptions/s") + field(4, field(1, "https://elsewhere.example/"))
    action = grpc("google.pubsub.v1beta2.Subscriber/CreateSubscription", frame(made), "pubsub", version="v1beta2")
    assert (action.verb, action.flags) == (Verb.CREATE, frozenset({Flag.SHARE}))
    assert action.resources[0].id == "//pubsub.googleapis.com/projects/p/subscriptions/s"
    gone = grpc("google.pubsub.v1beta2.Publisher/DeleteTopic", frame(field(1, "projects/p/topics/t")), "pubsub", version="v1beta2")
    assert (gone.verb, gone.flags) == (Verb.DELETE, frozenset({Flag.DESTRUCTIVE}))


def test_a_method_of_another_service_is_not_this_ones_discovery_id() -> None:
    action = grpc("compute.instances.delete", b"", "secretmanager")
    assert action.verb is Verb.UNKNOWN


def test_compressed_messages_are_read() -> None:
    body = frame(gzip.compress(field(1, "projects/p/secrets/s")), 1)
    assert grpc(f"{SECRET}/DeleteSecret", body, encoding="gzip").resources[0].attributes["name"] == "s"
    with pytest.raises(DecodeError):
        grpc(f"{SECRET}/DeleteSecret", body, encoding="deflate")
    with pytest.raises(DecodeError):
        grpc(f"{SECRET}/DeleteSecret", frame(b"not gzip", 1), encoding="gzip")


def test_every_message_of_a_stream_counts() -> None:
    name = field(7, "projects/p/locations/l/clusters/c/nodePools/n")
    both = frame(name + field(5, 3)) + frame(name + field(5, 0))
    assert grpc(f"{GKE}/SetNodePoolSize", both, "container").verb is Verb.DELETE
    two = frame(field(1, "projects/p/secrets/a")) + frame(field(1, "projects/p/secrets/b"))
    found = {resource.attributes["name"] for resource in grpc(f"{SECRET}/DeleteSecret", two).resources}
    assert found == {"a", "b"}


@pytest.mark.parametrize("kind", ["application/grpc-web-text", "application/grpc+json", "application/json", ""])
def test_messages_of_another_form_are_their_worst(kind: str) -> None:
    action = grpc(f"{SECRET}/UpdateSecret", frame(b""), kind=kind)
    assert {Flag.DESTRUCTIVE, Flag.OPAQUE} <= action.flags


def test_a_body_that_was_not_read_is_its_worst() -> None:
    action = grpc(f"{SECRET}/UpdateSecret", None)
    assert {Flag.DESTRUCTIVE, Flag.OPAQUE} <= action.flags
    assert action.resources[0].id == "//secretmanager.googleapis.com/*"


@pytest.mark.parametrize(
    "body",
    [
        b"\0",
        b"\0\0\0\0\5abc",
        frame(field(1, "a"))[:-1],
        b"\2\0\0\0\0",
        frame(field(1, "a") + field(1, "b")),
        frame(b"\x08\x01"),
        frame(b"\x0b\x0c"),
        frame(field(1, b"\xff")),
    ],
)
def test_what_has_two_readings_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        grpc(f"{SECRET}/DeleteSecret", body)


def test_an_unknown_version_is_not_read_by_another_ones_numbers() -> None:
    entry = effects_table.entry("secretmanager", "secretmanager.projects.secrets.patch")
    assert entry is not None
    assert len(entry.variants) > 1
    assert entry.variant("v9") is None
    action = grpc("secretmanager.projects.secrets.patch", frame(field(2, field(1, "labels"))), version="v9")
    assert {Flag.DESTRUCTIVE, Flag.OPAQUE} <= action.flags
