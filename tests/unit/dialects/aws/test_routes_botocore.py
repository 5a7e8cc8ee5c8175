"""Every operation of the installed botocore, serialized by botocore in every protocol it offers, decodes back to itself."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.unit.dialects.aws import old_operations
from tests.unit.dialects.aws.botocore_requests import Release, Sample, installed
from tests.unit.dialects.aws.route_exceptions import FAMILIES, MOVED, RENAMED
from tools.tables.botocore_models import CACHE, VERSIONS
from warden.dialects.aws.route import route
from warden.errors import DecodeError

SERVICES = installed().services()


def wrong(sample: Sample) -> str | None:
    """What is wrong with the decoding of `sample`, or None."""
    line = (
        f"{sample.service}:{sample.operation} {sample.protocol} {sample.request.method} {sample.request.host}{sample.request.target[:120]}"
    )
    try:
        found = route(sample.request)
    except DecodeError as error:
        return f"{line}: {error.code}"
    wanted = RENAMED.get((sample.service, sample.operation), sample.operation)
    owners = sample.service in found.services and (len(found.services) == 1 or any(set(found.services) <= family for family in FAMILIES))
    owners = owners or set(found.services) <= set(MOVED.get(sample.service, ()))
    if not found.known or not owners or found.operation != wanted or found.protocol != sample.protocol:
        return f"{line}: {found.services} {found.operation} {found.protocol}"
    return None


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_decodes_to_itself(service: str) -> None:
    samples = [*installed().samples(service, full=False), *installed().samples(service, full=True)]
    assert {sample.operation for sample in samples} == set(installed().model(service).operation_names)
    assert [text for sample in samples if (text := wrong(sample))] == []


def test_the_count_is_whole() -> None:
    """19,796 operations in botocore 1.44.5; never fewer in a later one, unless the table of that release says so."""
    assert sum(len(installed().model(service).operation_names) for service in SERVICES) >= 19_796


def test_no_exception_is_left_over() -> None:
    """Each row of the exceptions is still needed by some operation."""
    families, renamed = set(), set()
    for service in {service for family in FAMILIES for service in family} | {service for service, _ in RENAMED}:
        if service in SERVICES:
            for sample in installed().samples(service, full=False):
                found = route(sample.request)
                families |= {family for family in FAMILIES if len(found.services) > 1 and set(found.services) <= family}
                renamed |= {(service, sample.operation)} if found.operation != sample.operation else set()
    moved = {sample.service for sample, _ in old_operations.read() if sample.service not in route(sample.request).services}
    assert (families, renamed, moved) == (set(FAMILIES), set(RENAMED), set(MOVED))


VARIANTS = [
    *(
        {"region": region}
        for region in (
            "eu-central-1",
            "us-gov-west-1",
            "cn-north-1",
            "us-iso-east-1",
            "us-isob-east-1",
            "eu-isoe-west-1",
            "us-isof-south-1",
            "eusc-de-east-1",
        )
    ),
    {"fips": True},
    {"dualstack": True},
    {"fips": True, "dualstack": True},
    {"account": True},
    {"region": "us-gov-west-1", "fips": True},
    {"region": "cn-northwest-1", "dualstack": True},
    {"region": "ap-atlantis-7"},
]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: "-".join(map(str, variant.values())) + "".join(sorted(variant)))
def test_other_endpoints_decode_too(variant: dict[str, Any]) -> None:
    """Three operations of each service, and one of each host prefix, in other partitions, FIPS, dual-stack, account and unbuilt regions."""
    texts = []
    count = 0
    for service in SERVICES:
        seen: set[str] = set()
        for sample in itertools.islice(installed().samples(service, full=False, **variant), 12):
            if len(seen) < 3 or sample.request.host not in seen:
                seen.add(sample.request.host)
                count += 1
                texts.append(wrong(sample))
    assert count > 200
    assert [text for text in texts if text] == []


@pytest.mark.parametrize(
    ("sample", "release"), [pytest.param(*row, id=f"{row[0].service}:{row[0].operation}") for row in old_operations.read()]
)
def test_what_only_old_releases_have_decodes_too(sample: Sample, release: str) -> None:
    assert wrong(sample) is None, release


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS[1:])
def test_old_releases_decode_too(version: str) -> None:
    """Every operation of every release behind the tables. Needs their wheels, which `make tables` downloads.

    WriteGetObjectResponse's host was made by a handler of botocore's, not by data, before rule sets.
    """
    wheel = CACHE / f"botocore-{version}-py3-none-any.whl"
    if not wheel.exists():
        pytest.skip("run `make tables` first")
    release = Release(wheel)
    texts = [
        wrong(sample)
        for service in release.services()
        for sample in release.samples(service, full=False)
        if sample.operation != "WriteGetObjectResponse"
    ]
    assert [text for text in texts if text] == []
