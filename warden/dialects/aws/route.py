"""What one AWS request asks for, before anybody judges it: service, operation, labels, place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_NO_LABELS: Mapping[str, str] = MappingProxyType({})

#: The operation of a request to a known AWS host that the tables do not know. Never a neighbour's name.
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Route:
    """One certain reading of where a request goes.

    `services` are botocore service names: one, or a family (rds, neptune, docdb) that the wire cannot tell apart; `operation` is the API's
    operation name or `UNKNOWN`. `protocol` is the one that this request speaks: ``query``, ``ec2``, ``json``, ``rest-json``, ``rest-xml`` or
    ``rpc-v2-cbor``. `labels` are the URI labels, percent-decoded, with Bucket and Key for S3 whatever the addressing style. `query` holds the
    decoded query pairs in order. `partition`, `region` and `account` are None unless the host, the signature's scope or an ARN says them.
    """

    services: tuple[str, ...]
    operation: str
    protocol: str
    labels: Mapping[str, str] = _NO_LABELS
    query: tuple[tuple[str, str], ...] = ()
    partition: str | None = None
    region: str | None = None
    account: str | None = None
