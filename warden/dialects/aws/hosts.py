"""Host name -> whose endpoint it is: services, region, account, and S3's bucket.

Accepted, with REGION any region that the partition's own pattern takes and SUFFIX any of the partitions' (``amazonaws.com``, ``api.aws``, ...)::

    ec2.REGION.SUFFIX   ec2-fips.REGION.SUFFIX   iam.SUFFIX   us-east-1.queue.SUFFIX       names of rule sets and of old releases
    data.iotsitewise.REGION.SUFFIX                                                         host prefixes
    123456789012.ddb.REGION.SUFFIX   g-1.REGION.neptune-graph.SUFFIX                       a variable where a rule set has one
    vpce-0a1b-2c3d.ec2.REGION.vpce.SUFFIX                                                  interface endpoints
    us-east-1.signin.aws.amazon.com                                                        the few names outside the suffixes
    (S3's: see s3.py)

Any other name under a suffix is claimed too and belongs to an unknown service, but for the names of customers' own data endpoints (database
instances, clusters, load balancers, registries) and of plain web pages, which speak no AWS API. Those are listed with their reasons in
endpoints.json.
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
    home = "aws-us-gov" if "us-gov" in labels else next(iter(index.endpoints()["suffixes"][suffix]))
    if not labels:
        return Host((), home)
    private = len(labels) > 1 and labels[-1] == "vpce"
    if private:
        labels = labels[:-1]
        if any(label.startswith("vpce-svc-") for label in labels):
            return None  # A customer's or partner's own service behind private link.
    address = s3.address(labels, lambda label: partition_of(label) is not None, private=private)
    if address is not None:
        if address.website:
            return None
        partition = (partition_of(address.region) if address.region else None) or home
        return Host(address.services, partition, address.region, address.account, address.labels(partition), address)
    if private and labels[0].startswith("vpce-"):
        labels = labels[1:]
    for key, region in _keys(labels):
        if key in index.endpoints()["pages"] or (private and key in index.endpoints()["customers"]):
            return None
        found = _known(key, region, (partition_of(region) if region else None) or home)
        if found is not None:
            return found
        if _customers(key):
            return None
    region = next((label for label in reversed(labels) if partition_of(label)), None)
    return Host((), (partition_of(region) if region else None) or home, region)


@lru_cache(maxsize=1024)
def partition_of(region: str) -> str | None:
    """The partition whose pattern `region` matches, unbuilt regions included; None when it is no region."""
    return next((name for name, pattern in _partitions().items() if pattern.match(region)), None)


def _outside(labels: tuple[str, ...]) -> Host | None:
    """A name under no partition's suffix: only those that a rule set spells out."""
    return next((found for key, region in _keys(labels) if (found := _known(key, region, partition_of(region) if region else None))), None)


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


def _customers(key: str) -> bool:
    """Whether `key` has labels before a base that belongs to customers."""
    bases = index.endpoints()["customers"]
    rest = key
    while "." in rest:
        rest = rest.partition(".")[2]
        if rest in bases:
            return True
    return False


def _keys(labels: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    """Table keys that `labels` may stand for: each label that may be a region replaced by ``*``, the rightmost first; then as it is."""
    for at in range(len(labels) - 1, -1, -1):
        if partition_of(labels[at]) is not None:
            yield ".".join((*labels[:at], "*", *labels[at + 1 :])), labels[at]
    yield ".".join(labels), None


def _split(name: str) -> tuple[str | None, tuple[str, ...]]:
    labels = tuple(name.split("."))
    suffixes = index.endpoints()["suffixes"]
    for count in range(min(5, len(labels)), 1, -1):
        suffix = ".".join(labels[-count:])
        if suffix in suffixes:
            return suffix, labels[:-count]
    return None, labels


@cache
def _partitions() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern) for found in index.endpoints()["suffixes"].values() for name, pattern in found.items()}
