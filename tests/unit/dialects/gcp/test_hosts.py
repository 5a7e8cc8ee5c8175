"""Which names are Google API hosts, and whose."""

from __future__ import annotations

import pytest

from tools.tables import gcp_sources
from warden.dialects.gcp import hosts, route

CLAIMED = [
    ("compute.googleapis.com", "compute.googleapis.com", None),
    ("compute.mtls.googleapis.com", "compute.googleapis.com", None),
    ("us-central1-aiplatform.googleapis.com", "aiplatform.googleapis.com", None),
    ("us-central1-aiplatform.mtls.googleapis.com", "aiplatform.googleapis.com", None),
    ("eu-documentai.googleapis.com", "documentai.googleapis.com", None),
    ("secretmanager.us-east1.rep.googleapis.com", "secretmanager.googleapis.com", None),
    ("staging-compute.sandbox.googleapis.com", "compute.googleapis.com", None),
    ("pubsub.mtls.sandbox.googleapis.com", "pubsub.googleapis.com", None),
    ("compute-myendpoint.p.googleapis.com", "compute.googleapis.com", None),
    ("storage.googleapis.com", "storage.googleapis.com", None),
    ("storage.mtls.googleapis.com", "storage.googleapis.com", None),
    ("commondatastorage.googleapis.com", "storage.googleapis.com", None),
    ("my-bucket.storage.googleapis.com", "storage.googleapis.com", "my-bucket"),
    ("www.example.com.storage.googleapis.com", "storage.googleapis.com", "www.example.com"),
    ("my-bucket.commondatastorage.googleapis.com", "storage.googleapis.com", "my-bucket"),
    ("my-bucket.storage.us-east1.rep.googleapis.com", "storage.googleapis.com", "my-bucket"),
    ("www.googleapis.com", "www.googleapis.com", None),
    ("oauth2.googleapis.com", "oauth2.googleapis.com", None),
    ("accounts.google.com", "accounts.google.com", None),
    ("bigtable.googleapis.com", "bigtable.googleapis.com", None),
    ("googleapis.com", None, None),
    ("private.googleapis.com", None, None),
    ("restricted.googleapis.com", None, None),
    ("never-heard-of-it.googleapis.com", None, None),
    ("compute.never.heard.googleapis.com", None, None),
    ("nowhere1-compute.googleapis.com", None, None),
    ("content-compute.googleapis.com", None, None),
]

NOT_CLAIMED = [
    "googleapis.com.example.com",
    "evilgoogleapis.com",
    "service-abc-uc.a.run.app",
    "us-central1-project.cloudfunctions.net",
    "project.appspot.com",
    "us-docker.pkg.dev",
    "gcr.io",
    "1.2.3.4",
    "gke-1.us-central1.gke.goog",
    "storage.cloud.google.com",
    "console.cloud.google.com",
    "metadata.google.internal",
    "ec2.us-east-1.amazonaws.com",
]


@pytest.mark.parametrize(("name", "api", "bucket"), CLAIMED)
def test_claimed(name: str, api: str | None, bucket: str | None) -> None:
    assert hosts.find(name) == hosts.Host(api, bucket)
    assert route.claims(name)


@pytest.mark.parametrize("name", NOT_CLAIMED)
def test_not_claimed(name: str) -> None:
    assert not route.claims(name)


def test_every_endpoint_of_every_document_is_its_apis() -> None:
    """Root, mTLS and all regional endpoints that the documents name."""
    wrong = []
    count = 0
    for document in gcp_sources.discovery():
        root = _host(document["rootUrl"])
        named = [document["rootUrl"], document.get("mtlsRootUrl", ""), *(row["endpointUrl"] for row in document.get("endpoints", ()))]
        for url in named:
            if url:
                count += 1
                found = hosts.find(_host(url))
                if found is None or found.api != root:
                    wrong.append((url, found))
    assert (count > 3000, wrong) == (True, [])


def test_every_interface_has_its_host() -> None:
    assert [service["host"] for service in gcp_sources.services() if service["host"] and not route.claims(service["host"])] == []


def _host(url: str) -> str:
    return url.removeprefix("https://").partition("/")[0]
