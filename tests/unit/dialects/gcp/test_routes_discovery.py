"""Every method of every discovery document, serialized by google-api-python-client, decodes to itself: plain, and each upload protocol."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.dialects.gcp import client_requests
from tests.unit.dialects.gcp.client_requests import Sample
from tests.unit.dialects.gcp.route_exceptions import CLIENT_MISPLACES, SAME_ROUTES
from tests.unit.dialects.gcp.wire import request
from tools.tables import gcp_routes
from warden.dialects.gcp import index, route
from warden.dialects.gcp.noun import Protocol
from warden.errors import DecodeError

#: Documents of each test: so many that pytest's own work does not count, so few that two processes share them.
SHARDS = 24


def wrong(sample: Sample, service: str, seen: set[tuple[str, str, str]] | None = None) -> str | None:
    """What is wrong with the decoding of `sample`, or None."""
    line = f"{sample.method} {sample.kind} {sample.request.method} {sample.request.host}{sample.request.target[:160]}"
    try:
        found = route.calls(sample.request)
    except DecodeError as error:
        return f"{line}: {error.code}"
    (call,) = found
    versions = (service, sample.version, call.version)
    if versions in SAME_ROUTES and seen is not None:
        seen.add(versions)
    if call.version != sample.version and versions not in SAME_ROUTES:
        return f"{line}: version {call.version}"
    protocol = Protocol.REST if sample.kind == "plain" else Protocol.UPLOAD
    if (call.method, call.service, call.protocol, dict(call.labels)) != (sample.method, service, protocol, sample.labels):
        return f"{line}: {call.method} {call.service} {call.protocol} {dict(call.labels)}"
    return None


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_method_decodes_to_itself(shard: int) -> None:
    texts = []
    for name in client_requests.names()[shard::SHARDS]:
        service = client_requests.document(name)["name"]
        texts += [
            text for sample in client_requests.samples(name) if sample.method not in CLIENT_MISPLACES and (text := wrong(sample, service))
        ]
    assert texts == []


def test_the_count_is_whole() -> None:
    """28,137 methods in google-api-python-client 2.202.0."""
    assert sum(client_requests.count(name) for name in client_requests.names()) >= 28_137


def test_no_wire_form_has_two_ids() -> None:
    """Documents share routes (`SAME_ROUTES`), but nowhere do two ids share one: no operation is a family."""
    assert gcp_routes.twins() == {}


def test_no_exception_is_left_over() -> None:
    seen: set[tuple[str, str, str]] = set()
    for name in client_requests.names():
        service = name.split(".")[0]
        if service in {service for service, _, _ in SAME_ROUTES}:
            for sample in client_requests.samples(name):
                wrong(sample, service, seen)
    assert seen == SAME_ROUTES


def test_what_the_client_misplaces_decodes_too() -> None:
    (sample,) = (found for found in client_requests.samples("recaptchaenterprise.v1.json") if found.method in CLIENT_MISPLACES)
    assert [call.method for call in route.calls(sample.request)] == ["unknown"]
    fixed = request("GET https://recaptchaenterprise.googleapis.com/v1/projects/p/keys/k:retrieveLegacySecretKey")
    assert route.calls(fixed)[0].method == sample.method


#: The documents whose methods are sent to each kind of host below.
APIS = (
    "compute.v1.json",
    "secretmanager.v1.json",
    "container.v1.json",
    "bigquery.v2.json",
    "dns.v1.json",
    "sqladmin.v1.json",
    "storage.v1.json",
)


@pytest.mark.parametrize("name", APIS)
@pytest.mark.parametrize(
    "host", ["{}.mtls.googleapis.com", "{}.us-central1.rep.googleapis.com", "europe-west3-{}.googleapis.com", "{}-x.p.googleapis.com"]
)
def test_other_hosts_of_an_api_serve_the_same(name: str, host: str) -> None:
    service = client_requests.document(name)["name"]
    moved = host.format(service)
    texts = [
        text
        for sample in client_requests.samples(name)
        if (text := wrong(replace(sample, request=replace(sample.request, host=moved)), service))
    ]
    assert texts == []


@pytest.mark.parametrize("name", ["compute.v1.json", "bigquery.v2.json", "dns.v1.json", "sqladmin.v1beta4.json", "storage.v1.json"])
def test_legacy_paths_decode_too(name: str) -> None:
    service = client_requests.document(name)["name"]
    moved = [replace(sample, request=replace(sample.request, host="www.googleapis.com")) for sample in client_requests.samples(name)]
    assert [text for sample in moved if (text := wrong(sample, service))] == []


#: APIs without verbs, and storage, whose objects' names hold colons: there a colon is part of a name.
COLONS = {service for service in ("compute", "bigquery", "dns", "sqladmin") if not index.api(f"{service}.googleapis.com").verbs} | {
    "storage"
}


def test_a_mutated_path_never_becomes_another_method() -> None:
    """An unknown segment, verb, version or HTTP method: unknown, whatever the table's neighbours are."""
    texts = []
    for name in APIS:
        service = client_requests.document(name)["name"]
        for sample in client_requests.samples(name):
            path, _, _ = sample.request.target.partition("?")
            for changed in (
                replace(sample.request, target=path.replace(f"/{sample.version}/", "/v77beta9/", 1)),
                replace(sample.request, target=f"{path}/neverWas/atAll/x/y"),
                replace(sample.request, target=f"{path}:neverWas") if service not in COLONS else None,
                replace(sample.request, method="PURGE"),
            ):
                if changed is None:
                    continue
                (call,) = route.calls(changed)
                if call.method != "unknown":
                    texts.append(f"{changed.method} {changed.target}: {call.method}")
    assert texts == []
