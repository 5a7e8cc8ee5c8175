"""``python -m tools.tables.gcp_newer REPOSITORY`` renews ``data/gcp_grpc_newer.jsonl``: gRPC methods that are newer than the pinned npm package.

REPOSITORY is a clone, bare or not, of github.com/googleapis/googleapis (Apache-2.0), whose interface definitions the google-cloud-* packages are
generated from the day they change; the npm package follows weeks later. Each line names the commit that it comes from.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

from tools.tables import gcp_sources, proto


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    commit = _git(arguments[0], "rev-parse", "HEAD").strip()
    packaged = {name: service["methods"] for name, service in gcp_sources.routed(gcp_sources.definitions()).items()}
    lines = []
    for name, service in sorted(gcp_sources.routed(proto.read(_protos(arguments[0]))).items()):
        known = packaged.get(name, {})
        newer = {method: bindings for method, bindings in service["methods"].items() if method not in known}
        if newer:
            lines.append(json.dumps({**service, "methods": newer, "source": f"googleapis {commit}"}, sort_keys=True, separators=(",", ":")))
    (gcp_sources.DATA / gcp_sources.NEWER).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    print(f"wrote {len(lines)} interfaces")
    return 0


def _protos(repository: str) -> Iterator[str]:
    names = _git(repository, "ls-tree", "-r", "--name-only", "HEAD", "google", "grafeas").splitlines()
    for name in names:
        if name.endswith(".proto"):
            shown = subprocess.run(["git", "-C", repository, "show", f"HEAD:{name}"], check=False, capture_output=True, text=True)
            if shown.returncode:
                print(f"{name} is not in the clone: left out", file=sys.stderr)
            yield shown.stdout


def _git(repository: str, *arguments: str) -> str:
    return subprocess.run(["git", "-C", repository, *arguments], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
