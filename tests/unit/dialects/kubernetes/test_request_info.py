"""The API server's own test cases: method and URL -> RequestInfo.

request_info.jsonl holds the rows of kubernetes/apiserver pkg/endpoints/request/requestinfo_test.go (Apache-2.0) as JSON lines: TestGetAPIRequestInfo,
TestGetNonAPIRequestInfo and TestSelectorParsing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from warden.dialects.kubernetes import resolve, target
from warden.errors import DecodeError

VECTORS = [json.loads(line) for line in (Path(__file__).parent / "request_info.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: f"{row['method']} {row['url']}")
def test_reads_as_the_api_server_does(row: dict[str, Any]) -> None:
    raw, query = target.split(row["url"])
    info = resolve(row["method"], target.path(raw).segments, query)
    assert bool(info.resource) is row["resourceRequest"]
    assert info.verb == row["verb"]
    if row["resourceRequest"]:
        assert (info.group, info.version, info.namespace) == (row["apiGroup"], row["apiVersion"], row["namespace"])
        assert (info.resource, info.subresource, info.name) == (row["resource"], row["subresource"], row["name"])


@pytest.mark.parametrize("url", ["/api/v1/watch", "/api/v1/proxy", "/apis/apps/v1/watch", "/api/v1/watch/", "/api/v1/proxy/"])
def test_a_verb_of_nothing_has_no_reading(url: str) -> None:
    # The test's third table, TestGetAPIRequestInfo's error cases.
    with pytest.raises(DecodeError, match="watch or proxy"):
        resolve("GET", target.path(url).segments, "")


@pytest.mark.parametrize(
    ("query", "verb", "name"),
    [
        ("watch", "watch", ""),
        ("watch=", "watch", ""),
        ("watch=T", "watch", ""),
        ("watch=yes", "watch", ""),
        ("watch=False", "list", ""),
        ("watch=FALSE", "list", ""),
        ("watch=0", "list", ""),
        ("watch=00", "watch", ""),
        ("watch=f", "watch", ""),  # ParseBool would say false; the API server's conversion does not use it
        ("Watch=true", "list", ""),
        ("watch=false&watch=true", "list", ""),
        ("%77atch=1", "watch", ""),
        ("fieldSelector=metadata.name%3Dx", "list", "x"),
        ("fieldSelector=metadata.name==x", "list", "x"),
        ("fieldSelector=metadata.name!=x", "list", ""),
        ("fieldSelector=spec.nodeName=n,metadata.name=x", "list", "x"),
        ("fieldSelector=metadata.name=a%2Fb", "list", ""),
        ("fieldSelector=metadata.name=a%2Cb", "list", ""),
        ("fieldSelector=metadata.name=a\\,b", "list", "a,b"),
        ("fieldSelector=metadata.name=x&limit=ten", "list", ""),
        ("fieldSelector=metadata.name=x&limit=10&timeoutSeconds=5", "list", "x"),
        ("watch=1&timeoutSeconds=x", "watch", ""),
    ],
)
def test_a_get_without_a_name_lists_or_watches(query: str, verb: str, name: str) -> None:
    info = resolve("GET", ("api", "v1", "pods"), query)
    assert (info.verb, info.name) == (verb, name)
