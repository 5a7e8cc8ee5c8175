"""S3's addressing styles: where the bucket and the key are.

Accepted host names, R a region, SUFFIX a partition's DNS suffix; a bucket may hold dots::

    s3.R   s3-R   s3   s3-external-1   s3-fips.R   s3-fips-R   s3.dualstack.R   s3-fips.dualstack.R        path style: /BUCKET/KEY
    s3-accelerate   s3-accelerate.dualstack                                                                always with a bucket in front
    BUCKET.<any of these>                                                                                  virtual-hosted style: /KEY
    NAME-ACCOUNT.s3-accesspoint.R  (-fips, .dualstack)                                                     access point
    ALIAS.accesspoint.s3-global                                                                            multi-region access point
    NAME-ACCOUNT.s3-object-lambda.R  (-fips)   ROUTE.s3-object-lambda.R/WriteGetObjectResponse             object lambda
    NAME-ACCOUNT.op-OUTPOST.s3-outposts.R   BUCKET.op-OUTPOST.s3-outposts.R                                outposts
    BUCKET.s3express-ZONE.R   s3express-ZONE.R/BUCKET   s3express-control.R/BUCKET  (-fips, .dualstack)    directory buckets
    bucket.vpce-ID.s3.R.vpce   BUCKET.bucket.vpce-ID.s3.R.vpce   NAME-ACCOUNT.accesspoint.vpce-ID...       interface endpoints
    ACCOUNT.control.vpce-ID.s3.R.vpce                                                                      s3control behind one
    arn:...:accesspoint/NAME as the first path segment, percent-encoded                                    path style

``s3-website`` hosts serve pages, not the API. ``s3-control`` and bare ``s3-outposts`` are s3control's and s3outposts' (endpoints.json).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

_FAMILY = re.compile(
    r"s3(?:-fips|-accelerate|-external-1|-accesspoint|-accesspoint-fips|-object-lambda|-object-lambda-fips|-outposts|-outposts-fips|-global|-website)?"
    r"|s3express-(?P<zone>[a-z0-9-]+)"
    r"|s3-(?P<website>website-)?(?:fips-)?(?P<region>[a-z]{2,5}-[a-z0-9-]+-\d+)"
)
_ACCOUNT = re.compile(r"\d{12}")
_POINT = re.compile(r"(?P<name>.+)-(?P<account>\d{12})")


@dataclass(frozen=True, slots=True)
class Address:
    """What an S3 host name says. `kind` is bucket, accesspoint, global, object-lambda, outposts, express, control (of directory buckets), private
    (s3control behind an interface endpoint) or website.

    `bucket` is the label (or labels) in front, None for path style. `signing` is the name that a signature's scope must carry.
    """

    kind: str
    bucket: str | None
    region: str | None
    account: str | None = None
    outpost: str | None = None
    website: bool = False

    @property
    def services(self) -> tuple[str, ...]:
        return {"control": ("s3", "s3control"), "private": ("s3control",)}.get(self.kind, ("s3",))

    @property
    def signing(self) -> frozenset[str]:
        names = {"object-lambda": "s3-object-lambda", "outposts": "s3-outposts", "express": "s3express", "control": "s3express"}
        return frozenset({names.get(self.kind, "s3")})

    def labels(self, partition: str | None) -> Mapping[str, str]:
        """Bucket as clients pass it: a name, or an ARN for access points of all kinds."""
        if self.bucket is None:
            return MappingProxyType({"AccountId": self.account} if self.account else {})
        if self.kind in {"bucket", "express"} or partition is None:
            return MappingProxyType({"Bucket": self.bucket})
        if self.kind == "global":
            return MappingProxyType({"Bucket": f"arn:{partition}:s3::{self.account or ''}:accesspoint/{self.bucket}"})
        if self.account is None:  # WriteGetObjectResponse's route, or an alias on an outpost.
            return MappingProxyType({"RequestRoute" if self.kind == "object-lambda" else "Bucket": self.bucket})
        service = {"accesspoint": "s3", "object-lambda": "s3-object-lambda", "outposts": "s3-outposts"}[self.kind]
        place = f"outpost/{self.outpost}/accesspoint" if self.outpost else "accesspoint"
        return MappingProxyType({"Bucket": f"arn:{partition}:{service}:{self.region}:{self.account}:{place}/{self.bucket}"})


def address(labels: tuple[str, ...], is_region: Callable[[str], bool], *, private: bool = False) -> Address | None:
    """The address in `labels` (a host name without its suffix, ``vpce`` taken off if `private`); None when it is not S3's."""
    rest = list(labels)
    region = rest.pop() if len(rest) > 1 and is_region(rest[-1]) else None
    if rest and rest[-1] == "dualstack":
        rest.pop()
    family = rest.pop() if rest else ""
    match = _FAMILY.fullmatch(family)
    if match is None:
        return None
    if match["region"]:
        if region is not None or not is_region(match["region"]):
            return None
        region = match["region"]
    if match["website"] or family == "s3-website":
        return Address("website", None, region, website=True)
    return _private(rest, region) if private else _parts(family, match["zone"], rest, region)


def _private(rest: list[str], region: str | None) -> Address | None:
    """Interface endpoints: ``[NAME.]bucket|accesspoint|control.vpce-ID`` in front of the family."""
    if len(rest) < 2 or not rest[-1].startswith("vpce-"):
        return None
    kind, front = rest[-2], ".".join(rest[:-2])
    if kind == "bucket":
        return Address("bucket", front or None, region)
    if kind == "accesspoint":
        return _point("accesspoint", front, region) if front else Address("bucket", None, region)
    if kind == "control" and (not front or _ACCOUNT.fullmatch(front)):
        return Address("private", None, region, front or None)
    return None


def _parts(family: str, zone: str | None, rest: list[str], region: str | None) -> Address | None:
    front = ".".join(rest) or None
    if zone is not None:
        if zone.startswith("control"):
            return Address("control", front, region) if front is None else None
        return Address("express", front, region)
    kind = family.removesuffix("-fips")
    if kind == "s3-global":
        return Address("global", ".".join(rest[:-1]), None) if len(rest) > 1 and rest[-1] == "accesspoint" else None
    if kind == "s3-outposts":
        if len(rest) != 2 or not rest[1].startswith("op-"):
            return None  # Bare: s3control's and s3outposts' API.
        found = _point("outposts", rest[0], region)
        return Address("outposts", found.bucket, region, found.account, rest[1])
    if kind in {"s3-accesspoint", "s3-object-lambda"}:
        return _point(kind.removeprefix("s3-"), front, region) if front else Address(kind.removeprefix("s3-"), None, region)
    return Address("bucket", front, region)


def _point(kind: str, front: str, region: str | None) -> Address:
    match = _POINT.fullmatch(front)
    return Address(kind, match["name"], region, match["account"]) if match else Address(kind, front, region)
