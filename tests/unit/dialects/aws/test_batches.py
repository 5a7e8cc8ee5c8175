"""Removals deep in the lists of a message that is no removal by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.dialects.aws.wire import request
from warden.decoder import Decoder
from warden.model import Flag

_DECODER = Decoder()


@pytest.mark.parametrize(
    ("host", "target", "harmless", "harmful"),
    [
        (
            "dms",
            "AmazonDMSv20160101.CreateDataMigration",
            {"TargetDataSettings": [{"TablePreparationMode": "do-nothing"}]},
            {"TargetDataSettings": [{"TablePreparationMode": "do-nothing"}, {"TablePreparationMode": "truncate"}]},
        ),
        (
            "transfer",
            "TransferService.CreateWorkflow",
            {"Steps": [{"Type": "TAG"}]},
            {"Steps": [{"Type": "TAG"}, {"Type": "DELETE"}]},
        ),
        (
            "api.ecr",
            "AmazonEC2ContainerRegistry_V20150921.PutReplicationConfiguration",
            {"replicationConfiguration": {"rules": [{}]}},
            {"replicationConfiguration": {"rules": [{}, {"deleteReplication": True}]}},
        ),
    ],
)
def test_one_entry_is_enough(host: str, target: str, harmless: dict[str, Any], harmful: dict[str, Any]) -> None:
    for body, destroys in ((harmless, False), (harmful, True)):
        message = request(
            f"POST https://{host}.us-east-1.amazonaws.com/",
            ("X-Amz-Target", target),
            ("Content-Type", "application/x-amz-json-1.1"),
            scope=f"us-east-1/{host.removeprefix('api.')}",
            body=json.dumps(body),
        )
        assert (Flag.DESTRUCTIVE in _DECODER.decode(message)[0].flags) is destroys
