"""What the decoding tables of all dialects cost a process that has imported everything else: time and memory until each has read requests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

from benchmarks import Row

#: Runs in an interpreter of its own. The requests stand for a session that uses several services of every provider.
PROGRAM = """
import gc, json, resource, time
from warden.dialects.kubernetes.cluster import Cluster
from warden.model import HttpRequest
from warden.decoder import Decoder

FORM = ("Content-Type", "application/x-www-form-urlencoded")

def request(method, host, target, *headers, body=b"", port=443):
    authority = host if port == 443 else f"{host}:{port}"
    return HttpRequest(method, "https", host, port, target, (("Host", authority), *headers), body, len(body), sni=host)

requests = [
    request("POST", "ec2.us-east-1.amazonaws.com", "/", FORM, body=b"Action=DescribeInstances&Version=2016-11-15"),
    request("POST", "dynamodb.us-east-1.amazonaws.com", "/", ("X-Amz-Target", "DynamoDB_20120810.ListTables"), body=b"{}"),
    request("GET", "vault.s3.us-east-1.amazonaws.com", "/key"),
    request("GET", "lambda.us-east-1.amazonaws.com", "/2015-03-31/functions/"),
    request("GET", "compute.googleapis.com", "/compute/v1/projects/p/zones/z/instances"),
    request("GET", "storage.googleapis.com", "/storage/v1/b/vault/o"),
    request("GET", "pubsub.googleapis.com", "/v1/projects/p/topics"),
    request("POST", "pubsub.googleapis.com", "/google.pubsub.v1.Publisher/ListTopics", ("Content-Type", "application/grpc"), body=bytes(5)),
    request("GET", "api.prod.example", "/api/v1/namespaces/shop/pods", port=6443),
    request("PATCH", "api.prod.example", "/apis/apps/v1/namespaces/shop/deployments/web", ("Content-Type", "application/merge-patch+json"),
            body=b'{"spec":{"replicas":3}}', port=6443),
    request("GET", "pypi.org", "/simple/"),
]

def private():
    with open("/proc/self/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Private_")) * 1024

gc.collect()
memory, started = private(), time.perf_counter()
decoder = Decoder(clusters=(Cluster("prod", "api.prod.example", 6443),))
for one in requests:
    decoder.needs_body(one)
    decoder.decode(one)
seconds = time.perf_counter() - started
gc.collect()
print(json.dumps({"ms": seconds * 1000, "mib": (private() - memory) / (1 << 20)}))
"""

RUNS = 5


def rows() -> Iterator[Row]:
    """The best time of a few runs, because loading is reading files, and the memory of the same run."""
    found = [
        json.loads(subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True).stdout) for _ in range(RUNS)
    ]
    best = min(found, key=lambda run: float(run["ms"]))
    yield Row("load the tables of all dialects", best["ms"], "ms", 100, detail=f"fastest of {RUNS}, with one request of ten services read")
    yield Row("memory of the tables of all dialects", best["mib"], "MiB", 45)
