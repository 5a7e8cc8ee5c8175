"""Google's own clients through the sandbox: lists work, deletes are denied natively and at once, and the servers never see them.

The servers are emulators (Pub/Sub and Firestore: Google's, Storage: gcp-storage-emulator), or, where there is none, a server that answers ``{}``.
"""

from __future__ import annotations

import subprocess
import textwrap
import time
from typing import Any

import pytest

from tests.e2e.conftest import Warden, require
from tests.e2e.google.conftest import TOKEN
from tools.cloud.google import PROJECT, LocalGoogle

NAMES = f"projects/{PROJECT}"

#: One program each: what it prints inside says how far it came.
PREAMBLE = """
import os, sys
from google.oauth2.credentials import Credentials
credentials = Credentials(os.environ["GOOGLE_OAUTH_ACCESS_TOKEN"])
project = os.environ["GOOGLE_CLOUD_PROJECT"]
def attempt(call):
    try:
        call()
        print("done")
    except Exception as error:
        print(type(error).__name__, str(error).splitlines()[0])
"""


def program(body: str) -> str:
    return PREAMBLE + textwrap.dedent(body)


def new(google: LocalGoogle, before: int) -> list[dict[str, Any]]:
    time.sleep(0.2)  # nginx writes its line behind the answer
    return google.requests()[before:]


def owner(google: LocalGoogle, path: str, body: str, kind: str) -> None:
    """What the project's owner does, straight to the emulator of Cloud Storage."""
    url = f"https://storage.googleapis.com{path}"
    command = ["curl", "-sS", "--cacert", str(google.ca), "--connect-to", f"::{google.address}", "-d", body, url]
    subprocess.run([*command, "-H", f"Content-Type: {kind}"], check=True, capture_output=True, timeout=20)


def gcloud(warden: Warden, *arguments: str) -> subprocess.CompletedProcess[str]:
    return warden.exec(require("gcloud"), *arguments, "--quiet", env={"CLOUDSDK_CORE_DISABLE_PROMPTS": "1"})


def test_gcloud_lists_and_creates_with_the_owners_token(warden: Warden, google: LocalGoogle) -> None:
    before = len(google.requests())
    created = gcloud(warden, "pubsub", "topics", "create", "orders")
    assert created.returncode == 0, created
    listed = gcloud(warden, "pubsub", "topics", "list", "--format=value(name)")
    assert f"{NAMES}/topics/orders" in listed.stdout, listed
    assert {request["authorization"] for request in new(google, before)} == {f"Bearer {TOKEN}"}
    inside = warden.exec("sh", "-c", "env; cat /proc/self/environ")
    assert TOKEN not in inside.stdout


#: gcloud's arguments -> words of the denial. All exit with 1.
DENIED = {
    "a topic": (("pubsub", "topics", "delete", "orders"), "pubsub.projects.topics.delete"),
    "an instance": (("compute", "instances", "delete", "web-1", "--zone=europe-west1-b"), "compute.instances.delete"),
    "two instances, which is a batch": (
        ("compute", "instances", "delete", "web-1", "web-2", "--zone=europe-west1-b"),
        "compute.instances.delete",
    ),
    "a bucket": (("storage", "buckets", "delete", "gs://orders-archive"), "storage.buckets.delete"),
    "objects": (("storage", "rm", "gs://orders-archive/2024.csv"), "storage.objects.delete"),
    "a database": (("sql", "databases", "delete", "orders", "--instance=shop"), "sql.databases.delete"),
    "a key": (("kms", "keys", "versions", "destroy", "1", "--key=k", "--keyring=r", "--location=global"), "cryptoKeyVersions.destroy"),
    "a secret": (("secrets", "delete", "password"), "secretmanager.projects.secrets.delete"),
    "a project": (("projects", "delete", PROJECT), "cloudresourcemanager.projects.delete"),
    "a grant": (("projects", "add-iam-policy-binding", PROJECT, "--member=allUsers", "--role=roles/owner"), "setIamPolicy"),
}


@pytest.mark.parametrize("name", DENIED)
def test_gcloud_prints_the_reason_at_once(warden: Warden, google: LocalGoogle, name: str) -> None:
    arguments, operation = DENIED[name]
    owner(google, f"/storage/v1/b?project={PROJECT}", '{"name": "orders-archive"}', "application/json")
    owner(google, "/upload/storage/v1/b/orders-archive/o?uploadType=media&name=2024.csv", "a,b", "text/csv")
    before = len(google.requests())
    denied = gcloud(warden, *arguments)
    assert denied.returncode == 1, denied
    assert "warden denied" in denied.stderr, denied
    assert operation in denied.stderr, denied
    harmful = [request for request in new(google, before) if request["method"] in ("DELETE", "POST", "PUT", "PATCH")]
    assert [request for request in harmful if ":getIamPolicy" not in request["uri"]] == []
    attempts = [ruling for ruling in warden.rulings()[-40:] if ruling["decision"] == "deny" and operation in str(ruling["operations"])]
    assert attempts


STORAGE = """
    from google.cloud import storage
    client = storage.Client(project, credentials)
    bucket = client.bucket(sys.argv[1])
    client.create_bucket(bucket)
    bucket.blob("2024.csv").upload_from_string("a,b")
    print([blob.name for blob in client.list_blobs(bucket)])
    attempt(lambda: bucket.blob("2024.csv").delete())
    attempt(lambda: bucket.delete(force=True))
    attempt(lambda: setattr(bucket, "versioning_enabled", False) or bucket.patch())
    def batch():
        with client.batch():
            bucket.blob("2024.csv").delete()
            bucket.blob("2025.csv").delete()
    attempt(batch)
    print(bucket.blob("2024.csv").download_as_text())
"""


def test_storages_client(warden: Warden, google: LocalGoogle, python: str) -> None:
    before = len(google.requests())
    ran = warden.exec(python, "-c", program(STORAGE), "reports")
    lines = ran.stdout.splitlines()
    assert lines[0] == "['2024.csv']", ran
    assert len(lines) == 6, ran
    for line, operation in zip(lines[1:5], ("objects.delete", "objects.delete", "buckets.patch", "objects.delete"), strict=True):
        assert line.startswith("Forbidden"), ran
        assert f"warden denied storage.{operation}" in line, ran
    assert lines[5] == "a,b"
    assert {request["method"] for request in new(google, before)} == {"GET", "POST"}


PUBSUB = """
    from google.cloud import pubsub_v1
    publisher = pubsub_v1.PublisherClient(credentials=credentials)
    subscriber = pubsub_v1.SubscriberClient(credentials=credentials)
    topic = publisher.topic_path(project, "invoices")
    subscription = subscriber.subscription_path(project, "ledger")
    publisher.create_topic(name=topic)
    subscriber.create_subscription(name=subscription, topic=topic)
    print([found.name for found in publisher.list_topics(project=f"projects/{project}") if "invoices" in found.name])
    print(bool(publisher.publish(topic, b"x").result(20)))
    attempt(lambda: publisher.delete_topic(topic=topic))
    attempt(lambda: subscriber.delete_subscription(subscription=subscription))
    attempt(lambda: subscriber.seek(subscription=subscription, time={"seconds": 2000000000}) if False else subscriber.delete_snapshot(snapshot=subscriber.snapshot_path(project, "s")))
    print(len([found for found in publisher.list_topics(project=f"projects/{project}") if "invoices" in found.name]))
"""  # noqa: E501


def test_pubsubs_client_over_grpc(warden: Warden, google: LocalGoogle, python: str) -> None:
    before = len(google.requests())
    ran = warden.exec(python, "-c", program(PUBSUB))
    lines = ran.stdout.splitlines()
    assert lines[:2] == [f"['{NAMES}/topics/invoices']", "True"], ran
    for line, operation in zip(lines[2:5], ("topics.delete", "subscriptions.delete", "snapshots.delete"), strict=True):
        assert line.startswith("PermissionDenied 403"), ran
        assert f"warden denied pubsub.projects.{operation}" in line, ran
    assert lines[5] == "1"
    assert not [request for request in new(google, before) if "Delete" in request["uri"]]


FIRESTORE = """
    from google.cloud import firestore
    client = firestore.Client(project, credentials)
    document = client.collection("orders").document("o-1")
    document.set({"total": 12})
    print(document.get().to_dict())
    print([found.id for found in client.collection("orders").stream()])
    attempt(document.delete)
    def batch():
        batch = client.batch()
        batch.set(client.collection("orders").document("o-2"), {"total": 1})
        batch.delete(document)
        batch.commit()
    attempt(batch)
    print(document.get().to_dict())
"""


def test_firestores_client_over_grpc(warden: Warden, google: LocalGoogle, python: str) -> None:
    """A delete of Firestore is a write in the body of Commit, beside writes that create."""
    ran = warden.exec(python, "-c", program(FIRESTORE))
    lines = ran.stdout.splitlines()
    assert lines[:2] == ["{'total': 12}", "['o-1']"], ran
    for line in lines[2:4]:
        assert line.startswith("PermissionDenied 403"), ran
        assert "warden denied firestore.projects.databases.documents.commit" in line, ran
    assert lines[4] == "{'total': 12}"


DISCOVERY = """
    from googleapiclient.discovery import build
    compute = build("compute", "v1", credentials=credentials, static_discovery=True)
    where = dict(project=project, zone="europe-west1-b")
    attempt(lambda: compute.instances().list(**where).execute())
    attempt(lambda: compute.instances().delete(instance="web-1", **where).execute())
    batch = compute.new_batch_http_request() if hasattr(compute, "new_batch_http_request") else None
    batch.add(compute.instances().list(**where))
    batch.add(compute.instances().delete(instance="web-1", **where))
    attempt(batch.execute)
    attempt(lambda: compute.instances().setDeletionProtection(resource="web-1", deletionProtection=False, **where).execute())
"""


def test_the_discovery_client_and_its_batches(warden: Warden, google: LocalGoogle, python: str) -> None:
    before = len(google.requests())
    ran = warden.exec(python, "-c", program(DISCOVERY))
    lines = ran.stdout.splitlines()
    assert lines[0] == "done", ran
    assert len(lines) == 4, ran
    for line, operation in zip(lines[1:], ("delete", "delete", "setDeletionProtection"), strict=True):
        assert line.startswith(("HttpError", "BatchError")), ran
        assert f"warden denied compute.instances.{operation}" in line or "403" in line, ran
    assert [request["method"] for request in new(google, before)] == ["GET"]


def test_method_override_is_read_as_both_methods(warden: Warden, google: LocalGoogle) -> None:
    before = len(google.requests())
    url = f"https://compute.googleapis.com/compute/v1/{NAMES}/zones/z/instances/web-1"
    denied = warden.exec("curl", "-sS", "-X", "POST", "-H", "X-HTTP-Method-Override: DELETE", "-d", "", url)
    assert "warden denied" in denied.stdout, denied
    assert new(google, before) == []


def test_a_token_that_is_not_the_sessions_is_denied(warden: Warden, google: LocalGoogle) -> None:
    before = len(google.requests())
    url = f"https://pubsub.googleapis.com/v1/{NAMES}/topics"
    denied = warden.exec("curl", "-sS", "-H", "Authorization: Bearer ya29.found-elsewhere", url)
    assert "foreign-credentials" in denied.stdout, denied
    assert new(google, before) == []
