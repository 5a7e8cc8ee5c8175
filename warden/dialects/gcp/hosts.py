"""Host name -> whose endpoint it is: the host whose routes it serves, and the bucket that it names.

Accepted, with SERVICE.googleapis.com any host of a discovery document or a gRPC interface, and REGION as Google names them (``us-central1``)::

    SERVICE.googleapis.com
    REGION-SERVICE.googleapis.com           regional endpoints
    SERVICE.REGION.rep.googleapis.com       the same, newer; also batch-SERVICE and SERVICE-preprod
    SERVICE-NAME.p.googleapis.com           private service connect endpoints
    staging-SERVICE.sandbox.googleapis.com  Google's own tests: also test-, autopush-, preprod-, daily-
    BUCKET.storage.googleapis.com           storage's XML API, virtual-hosted; also commondatastorage
    www.googleapis.com                      legacy paths of some three dozen APIs
    accounts.google.com                     OAuth's older token endpoint

and each of them with ``.mtls`` before ``.googleapis.com`` (or before ``.sandbox``). Any other name under googleapis.com is claimed too and
belongs to an unknown service. Customers' own endpoints (``*.run.app``, ``*.cloudfunctions.net``, ``*.appspot.com``, ``*.pkg.dev``, ``gcr.io``,
``*.gke.goog``) speak no Google API, and ``storage.cloud.google.com`` serves browsers with a cookie: none of them is claimed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from warden.dialects.gcp import index

SUFFIX = ".googleapis.com"
STORAGE = "storage.googleapis.com"

#: Regions as they are named since the first one, and the multi-regions, which are a closed set.
_REGION = re.compile(
    r"(?:africa|asia|australia|europe|me|northamerica|southamerica|us)-[a-z]+[0-9]{1,2}|asia|au|ca|ch|eu|europe|global|in|sa|uk|us"
)
_STAGES = ("autopush-", "daily-", "preprod-", "staging-", "test-")


@dataclass(frozen=True, slots=True)
class Host:
    """`api` names the routes that are served here, None for an unknown service. `bucket` is storage's, where the name holds one."""

    api: str | None
    bucket: str | None = None

    @property
    def storage(self) -> bool:
        return self.api == STORAGE


_UNKNOWN = Host(None)


@lru_cache(maxsize=4096)
def find(name: str) -> Host | None:
    """Whose endpoint `name` (lower case, no trailing dot) is; None when it is no Google API endpoint."""
    if not name.endswith(SUFFIX):
        return Host(name) if name in index.hosts()["hosts"] else _UNKNOWN if name == SUFFIX[1:] else None
    labels = name.removesuffix(SUFFIX).split(".")
    if len(labels) > 1 and labels[-1] == "sandbox":
        labels = labels[:-1]
        labels[0] = next((labels[0].removeprefix(stage) for stage in _STAGES if labels[0].startswith(stage)), labels[0])
    if len(labels) > 1 and labels[-1] == "mtls":
        labels = labels[:-1]
    if len(labels) == 1:
        return _single(labels[0])
    if len(labels) == 2 and labels[1] == "p":
        return _private(labels[0])
    if len(labels) > 2 and labels[-1] == "rep" and _REGION.fullmatch(labels[-2]):
        labels = labels[:-2]
        if len(labels) == 1:
            return _known(labels[0]) or _known(labels[0].removeprefix("batch-").removesuffix("-preprod")) or _UNKNOWN
    if len(labels) > 1 and labels[-1] in ("storage", "commondatastorage"):
        return Host(STORAGE, ".".join(labels[:-1]))
    return _UNKNOWN


def _single(label: str) -> Host:
    found = _known(label)
    if found is not None:
        return found
    parts = label.split("-")
    for count in (1, 2):
        region = "-".join(parts[:count])
        if _REGION.fullmatch(region) and (found := _known("-".join(parts[count:]))) is not None:
            return found
    return _UNKNOWN


def _private(label: str) -> Host:
    """``SERVICE-NAME``: services' names hold hyphens too, so where two fit, it is unknown."""
    parts = label.split("-")
    found = [host for count in range(1, len(parts)) if (host := _known("-".join(parts[:count]))) is not None]
    return found[0] if len(found) == 1 else _UNKNOWN


def _known(label: str) -> Host | None:
    host = f"{label}{SUFFIX}"
    table = index.hosts()
    host = table["aliases"].get(host, host)
    return Host(host) if host in table["hosts"] else None
