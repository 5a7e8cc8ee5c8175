"""Full resource names, from path parameters, queries, bodies and messages."""

from __future__ import annotations

import pytest

from warden.dialects.gcp import effects
from warden.dialects.gcp.noun import Call, Protocol
from warden.model import Action, Flag, Verb

SQL = {"project": "p", "instance": "i"}


def act(method: str, labels: dict[str, str], **more: object) -> tuple[Action, ...]:
    service = {"sql": "sqladmin"}.get(method.partition(".")[0], method.partition(".")[0])
    values: dict[str, object] = {"protocol": Protocol.REST, "version": "v1", "http_method": "POST"} | more
    return effects.actions(Call(method, service, labels=labels, **values), f"{service}.googleapis.com")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "labels", "more", "name", "attributes"),
    [
        (
            "compute.instances.delete",
            {"project": "p", "zone": "us-central1-a", "instance": "i"},
            {},
            "//compute.googleapis.com/projects/p/zones/us-central1-a/instances/i",
            {"project": "p", "location": "us-central1-a", "type": "instances", "name": "i"},
        ),
        (
            "compute.instances.list",
            {"project": "p", "zone": "z"},
            {},
            "//compute.googleapis.com/projects/p/zones/z/instances",
            {"project": "p", "location": "z", "type": "instances"},
        ),
        (
            "compute.instances.insert",
            {"project": "p", "zone": "z"},
            {"body": b'{"name":"new"}'},
            "//compute.googleapis.com/projects/p/zones/z/instances/new",
            {"project": "p", "location": "z", "type": "instances", "name": "new"},
        ),
        (
            "compute.firewalls.delete",
            {"project": "p", "firewall": "f"},
            {},
            "//compute.googleapis.com/projects/p/global/firewalls/f",
            {"project": "p", "location": "global", "type": "firewalls", "name": "f"},
        ),
        (
            "compute.projects.get",
            {"project": "p"},
            {},
            "//compute.googleapis.com/projects/p",
            {"project": "p", "type": "projects", "name": "p"},
        ),
        (
            "storage.objects.delete",
            {"bucket": "b", "object": "a/b/c.txt"},
            {},
            "//storage.googleapis.com/projects/_/buckets/b/objects/a/b/c.txt",
            {"type": "objects", "name": "a/b/c.txt"},
        ),
        (
            "storage.objects.insert",
            {"bucket": "b"},
            {"query": (("name", "x/y"),)},
            "//storage.googleapis.com/projects/_/buckets/b/objects/x/y",
            {"type": "objects", "name": "x/y"},
        ),
        (
            "storage.buckets.delete",
            {"bucket": "b"},
            {},
            "//storage.googleapis.com/projects/_/buckets/b",
            {"type": "buckets", "name": "b"},
        ),
        (
            "secretmanager.projects.secrets.versions.destroy",
            {"name": "projects/p/locations/eu/secrets/s/versions/1"},
            {},
            "//secretmanager.googleapis.com/projects/p/locations/eu/secrets/s/versions/1",
            {"project": "p", "location": "eu", "type": "versions", "name": "1"},
        ),
        (
            "secretmanager.projects.secrets.create",
            {"parent": "projects/p"},
            {"query": (("secretId", "s"),), "body": b"{}"},
            "//secretmanager.googleapis.com/projects/p/secrets/s",
            {"project": "p", "type": "secrets", "name": "s"},
        ),
        (
            "bigquery.tables.delete",
            {"projectId": "p", "datasetId": "d", "tableId": "t"},
            {},
            "//bigquery.googleapis.com/projects/p/datasets/d/tables/t",
            {"project": "p", "type": "tables", "name": "t"},
        ),
        (
            "bigquery.datasets.insert",
            {"projectId": "p"},
            {"body": b'{"datasetReference":{"datasetId":"d"}}'},
            "//bigquery.googleapis.com/projects/p/datasets/d",
            {"project": "p", "type": "datasets", "name": "d"},
        ),
        (
            "sql.instances.delete",
            SQL,
            {},
            "//sqladmin.googleapis.com/projects/p/instances/i",
            {"project": "p", "type": "instances", "name": "i"},
        ),
        (
            "container.projects.zones.clusters.delete",
            {"projectId": "p", "zone": "z", "clusterId": "c"},
            {},
            "//container.googleapis.com/projects/p/locations/z/clusters/c",
            {"project": "p", "location": "z", "type": "clusters", "name": "c"},
        ),
        (
            "container.projects.locations.clusters.delete",
            {"name": "projects/p/locations/z/clusters/c"},
            {},
            "//container.googleapis.com/projects/p/locations/z/clusters/c",
            {"project": "p", "location": "z", "type": "clusters", "name": "c"},
        ),
        (
            "dns.changes.create",
            {"project": "p", "managedZone": "z"},
            {"body": b"{}"},
            "//dns.googleapis.com/projects/p/managedZones/z",
            {"project": "p", "type": "managedZones", "name": "z"},
        ),
        (
            "iam.projects.serviceAccounts.create",
            {"name": "projects/p"},
            {"body": b'{"accountId":"a"}'},
            "//iam.googleapis.com/projects/p/serviceAccounts/a",
            {"project": "p", "type": "serviceAccounts", "name": "a"},
        ),
        (
            "cloudresourcemanager.projects.delete",
            {"name": "projects/p"},
            {},
            "//cloudresourcemanager.googleapis.com/projects/p",
            {"project": "p", "type": "projects", "name": "p"},
        ),
        (
            "cloudresourcemanager.projects.delete",
            {"projectId": "p"},
            {},
            "//cloudresourcemanager.googleapis.com/projects/p",
            {"project": "p", "type": "projects", "name": "p"},
        ),
        (
            "pubsub.projects.topics.create",
            {"name": "projects/p/topics/t"},
            {"body": b"{}"},
            "//pubsub.googleapis.com/projects/p/topics/t",
            {"project": "p", "type": "topics", "name": "t"},
        ),
    ],
)
def test_name(method: str, labels: dict[str, str], more: dict[str, object], name: str, attributes: dict[str, str]) -> None:
    action = act(method, labels, **more)[0]
    assert [resource.id for resource in action.resources] == [name]
    found = dict(action.resources[0].attributes)
    assert found.pop("service") == {"sql": "sqladmin"}.get(method.partition(".")[0], method.partition(".")[0])
    assert found == attributes
    assert Flag.OPAQUE not in action.flags or action.verb is Verb.EXECUTE
    for key in ("project", "location"):
        assert action.context.get(key) == attributes.get(key)


def test_a_batch_names_each() -> None:
    body = b'{"names":["projects/p/locations/l/repositories/r/packages/k/versions/1","projects/p/locations/l/repositories/r/packages/k/versions/2"]}'
    action = act("artifactregistry.projects.locations.repositories.packages.versions.batchDelete", {"parent": "projects/p"}, body=body)[0]
    assert [resource.attributes["name"] for resource in action.resources] == ["1", "2"]


def test_a_batch_beyond_the_limit_is_the_whole_service() -> None:
    names = ",".join(f'"projects/p/x/{number}"' for number in range(1001))
    action = act(
        "artifactregistry.projects.locations.repositories.packages.versions.batchDelete", {}, body=f'{{"names":[{names}]}}'.encode()
    )[0]
    assert [resource.id for resource in action.resources] == ["//artifactregistry.googleapis.com/*"]
    assert Flag.OPAQUE in action.flags


def test_what_nothing_names_is_the_whole_service_and_opaque() -> None:
    action = act("compute.instances.delete", {})[0]
    assert action.resources[0].id == "//compute.googleapis.com/*"
    assert Flag.OPAQUE in action.flags


def test_a_copy_reads_its_source_and_a_move_deletes_it() -> None:
    labels = {"sourceBucket": "a", "sourceObject": "x", "destinationBucket": "b", "destinationObject": "y"}
    made, read = act("storage.objects.copy", labels, body=b"{}")
    assert (made.verb, made.resources[0].id) == (Verb.CREATE, "//storage.googleapis.com/projects/_/buckets/b/objects/y")
    assert (read.operation, read.verb, read.resources[0].id) == (
        "storage.objects.get",
        Verb.READ,
        "//storage.googleapis.com/projects/_/buckets/a/objects/x",
    )
    moved, gone = act("storage.objects.move", {"bucket": "b", "sourceObject": "x", "destinationObject": "y"})
    assert (moved.verb, gone.verb, gone.operation) == (Verb.UPDATE, Verb.DELETE, "storage.objects.delete")
    assert gone.resources[0].id == "//storage.googleapis.com/projects/_/buckets/b/objects/x"


# --- uploads and the storage XML API --------------------------------------------------------------------------------------------------

PART = (
    b"--B\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n"
    b'{"name":"o","acl":[{"entity":"allUsers","role":"READER"}]}\r\n--B\r\nContent-Type: text/plain\r\n\r\ncontent\r\n--B--\r\n'
)


def test_a_multipart_upload_says_its_name_and_access_list() -> None:
    action = act(
        "storage.objects.insert",
        {"bucket": "b"},
        protocol=Protocol.UPLOAD,
        query=(("uploadType", "multipart"),),
        headers=(("Content-Type", "multipart/related; boundary=B"),),
        body=PART,
    )[0]
    assert action.resources[0].id == "//storage.googleapis.com/projects/_/buckets/b/objects/o"
    assert action.verb is Verb.GRANT
    assert Flag.SHARE in action.flags


def test_an_upload_of_content_needs_no_body() -> None:
    action = act(
        "storage.objects.insert",
        {"bucket": "b"},
        protocol=Protocol.UPLOAD,
        query=(("uploadType", "media"), ("name", "o"), ("ifGenerationMatch", "0")),
        body=None,
    )[0]
    assert (action.verb, action.flags) == (Verb.CREATE, frozenset())


def test_an_upload_that_was_not_read_is_its_worst() -> None:
    action = act("storage.objects.insert", {"bucket": "b"}, protocol=Protocol.UPLOAD, query=(("uploadType", "multipart"),), body=None)[0]
    assert action.verb is Verb.GRANT
    assert Flag.SHARE in action.flags


def xml(method: str, labels: dict[str, str], body: bytes | None = b"", headers: tuple[tuple[str, str], ...] = ()) -> tuple[Action, ...]:
    return act(method, labels, protocol=Protocol.STORAGE_XML, version="", http_method="PUT", headers=headers, body=body)


def test_storage_xml() -> None:
    put = xml("storage.objects.insert", {"bucket": "b", "object": "x/y"}, None, (("x-goog-if-generation-match", "0"),))[0]
    assert (put.verb, put.flags, put.resources[0].id) == (
        Verb.CREATE,
        frozenset(),
        "//storage.googleapis.com/projects/_/buckets/b/objects/x/y",
    )
    public = xml("storage.objects.insert", {"bucket": "b", "object": "o"}, None, (("X-Goog-Acl", "public-read"),))[0]
    assert (public.verb, Flag.SHARE in public.flags) == (Verb.GRANT, True)
    copied = xml("storage.objects.copy", {"bucket": "b", "object": "o"}, b"", (("x-goog-copy-source", "a/s%2Ft"),))
    assert [action.resources[0].id for action in copied] == [
        "//storage.googleapis.com/projects/_/buckets/b/objects/o",
        "//storage.googleapis.com/projects/_/buckets/a/objects/s/t",
    ]
    many = xml("storage.objects.delete", {"bucket": "b"}, b"<Delete/>")[0]
    assert (many.verb, Flag.OPAQUE in many.flags) == (Verb.DELETE, True)
    settings = xml("storage.buckets.patch", {"bucket": "b"}, b"<LifecycleConfiguration/>")[0]
    assert Flag.DESTRUCTIVE in settings.flags
