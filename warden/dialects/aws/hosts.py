"""Host name -> whose endpoint it is: services, region, account, and S3's bucket.

Accepted, with REGION any region that the partition's own pattern takes and SUFFIX any of the partitions' (``amazonaws.com``, ``api.aws``, ...)::

    ec2.REGION.SUFFIX   ec2-fips.REGION.SUFFIX   iam.SUFFIX   us-east-1.queue.SUFFIX       names of rule sets and of old releases
    data.iotsitewise.REGION.SUFFIX                                                         host prefixes
    123456789012.ddb.REGION.SUFFIX   g-1.REGION.neptune-graph.SUFFIX                       a variable where a rule set has one
    vpce-0a1b-2c3d.ec2.REGION.vpce.SUFFIX                                                  interface endpoints
    us-east-1.signin.aws.amazon.com                                                        the few names outside the suffixes
    (S3's: see s3.py)

Any other name under a suffix is claimed too and belongs to an unknown service, but for the names of customers' own data endpoints
(database instances, clusters, load balancers, registries), which speak no AWS API. Those are listed with their reasons in endpoints.json.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

from warden.dialects.aws import index, s3

_NO_LABELS: Mapping[str, str] = MappingProxyType({})
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class Host:
    """`services` is empty for an unknown service. `address` is set for S3 and says where the bucket is."""

    services: tuple[str, ...]
    partition: str | None
    region: str | None = None
    account: str | None = None
    labels: Mapping[str, str] = _NO_LABELS
    address: s3.Address | None = None


@lru_cache(maxsize=4096)
def find(name: str) -> Host | None:
    """Whose endpoint `name` (lower case, no trailing dot) is; None when it is no AWS API endpoint."""
    suffix, labels = _split(name)
    if suffix is None:
        return _outside(labels)
    if not labels:
        return Host((), None)
    regions = _suffixes()[suffix]
    private = len(labels) > 1 and labels[-1] == "vpce"
    if private:
        labels = labels[:-1]
        if any(label.startswith("vpce-svc-") for label in labels):
            return None  # A customer's or partner's own service behind private link.
    address = s3.address(labels, lambda label: _partition(label, regions) is not None, private=private)
    if address is not None:
        if address.website:
            return None
        partition = _partition(address.region, regions) if address.region else _global_partition(regions, labels)
        return Host(address.services, partition, address.region, address.account, address.labels(partition), address)
    if private:
        labels = labels[1:] if labels[0].startswith("vpce-") else labels
    for key, region in _keys(labels, regions):
        found = _known(key, region, _partition(region, regions) if region else _global_partition(regions, labels))
        if found is not None:
            return found
        if _customers(key, private):
            return None
    region = next((label for label in reversed(labels) if _partition(label, regions)), None)
    return Host((), _partition(region, regions) if region else _global_partition(regions, labels), region)


def partition_of(region: str) -> str | None:
    """The partition whose pattern `region` matches."""
    return next((found for regions in _suffixes().values() if (found := _partition(region, regions))), None)


def _outside(labels: tuple[str, ...]) -> Host | None:
    """A name under no partition's suffix: only those that a rule set spells out."""
    for at, label in enumerate(labels):
        partition = partition_of(label)
        if partition is not None:
            return _known(".".join((*labels[:at], "*", *labels[at + 1 :])), label, partition)
    return _known(".".join(labels), None, None)


def _known(key: str, region: str | None, partition: str | None) -> Host | None:
    table = index.endpoints()
    services = table["hosts"].get(key)
    if services is not None:
        return Host(tuple(services), partition, region)
    first, _, base = key.partition(".")
    leading = [first]
    while base and len(leading) < 3:
        fitting = [
            (names, owners)
            for names, owners in table["dynamic"].get(base, ())
            if len(names) == len(leading) and ("AccountId" not in names or _ACCOUNT.fullmatch(leading[0]))
        ]
        if fitting:
            names, owners = min(fitting, key=lambda row: "AccountId" not in row[0])
            values = MappingProxyType(dict(zip(names, leading, strict=True)))
            return Host(tuple(owners), partition, region, values.get("AccountId"), values)
        first, _, base = base.partition(".")
        leading.append(first)
    return None


def _customers(key: str, private: bool) -> bool:
    """Whether `key` has labels before a base that belongs to customers. Behind private link the first label is already gone."""
    bases = index.endpoints()["customers"]
    if private and key in bases:
        return True
    rest = key
    while "." in rest:
        rest = rest.partition(".")[2]
        if rest in bases:
            return True
    return False


def _keys(labels: tuple[str, ...], regions: Mapping[str, re.Pattern[str]]) -> Iterator[tuple[str, str | None]]:
    """Table keys that `labels` may stand for: each label that may be a region replaced by ``*``, the rightmost first; then as it is."""
    for at in range(len(labels) - 1, -1, -1):
        if _partition(labels[at], regions) is not None:
            yield ".".join((*labels[:at], "*", *labels[at + 1 :])), labels[at]
    yield ".".join(labels), None


def _partition(region: str | None, regions: Mapping[str, re.Pattern[str]]) -> str | None:
    return next((name for name, pattern in regions.items() if region and pattern.match(region)), None)


def _global_partition(regions: Mapping[str, re.Pattern[str]], labels: tuple[str, ...]) -> str | None:
    if len(regions) > 1 and "us-gov" in labels:
        return "aws-us-gov"
    return next(iter(regions))


def _split(name: str) -> tuple[str | None, tuple[str, ...]]:
    labels = tuple(name.split("."))
    suffixes = _suffixes()
    for count in range(min(5, len(labels)), 1, -1):
        suffix = ".".join(labels[-count:])
        if suffix in suffixes:
            return suffix, labels[:-count]
    return None, labels


@cache
def _suffixes() -> dict[str, dict[str, re.Pattern[str]]]:
    found = index.endpoints()["suffixes"]
    return {suffix: {name: re.compile(pattern) for name, pattern in patterns.items()} for suffix, patterns in found.items()}
