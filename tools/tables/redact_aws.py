"""``warden/redact/schema/aws.json``: what in the outputs of AWS's operations is secret.

From each output of every botocore release in `botocore_models.VERSIONS`: what the model calls sensitive and is named like a credential, with the
lines of ``data/redact_aws.jsonl`` added and taken away, and the environment-like maps and lists in which some values are secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tools.tables import botocore_models, botocore_outputs, gcp_sources, layout

PATH = "warden/redact/schema/aws.json"
DATA = "redact_aws.jsonl"

#: Names that credentials have. Much else is sensitive too (names, addresses, prompts), and no secret.
CREDENTIAL = re.compile(
    r"(?i)(?:password|passphrase|secret|secretcode|token|privatekey|plaintext|keymaterial|credentials?|sharedkey|apikey|accesskey|seed|tokenvalue|jwt)$"
)
#: Tokens that hold a place in a list or name an attempt.
PLACE = re.compile(r"(?i)(?:next|continuation|pagination|page|client|idempotency|request|marker|start|lock|sync|sequence|version)_?token$")
#: The parts of one AWS credential, by member name without case, and their shapes.
KEYS = {"secretaccesskey": "aws-secret-access-key", "secretkey": "aws-secret-access-key", "sessiontoken": "aws-session-token"}
KEY_IDS = {"accesskeyid"}


def tables() -> dict[str, str]:
    """Repository path -> text of each file that this generator writes."""
    return {PATH: layout.document("AWS outputs that are secret", _sources(), {"operations": operations()})}


def _sources() -> list[str]:
    return [f"botocore {version}" for version in botocore_models.VERSIONS]


def operations() -> dict[str, list[dict[str, Any]]]:
    """``service:Operation`` -> its entries (`warden.redact.schema.rows`). Raises ValueError for a line of data that nothing has."""
    overlay = Overlay(gcp_sources.jsonl(DATA))
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for version in botocore_models.VERSIONS:
        for service, operation, leaf in leaves(version):
            entry = overlay.entry(service, operation, leaf)
            if entry is not None:
                found.setdefault(f"{service}:{operation}", {}).setdefault(entry["n"] + entry.get("x", ""), entry)
    overlay.check()
    return {name: [rows[key] for key in sorted(rows)] for name, rows in sorted(found.items())}


def leaves(version: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Service, operation and leaf of each text in an output of `version`."""
    for service, models in botocore_outputs.outputs(version).items():
        for api in sorted(models, reverse=True):
            for operation, rows in models[api].items():
                for row in rows:
                    yield service, operation, row


class Overlay:
    """The lines of the data file: what they add and take away, each by service, the end of a name, and perhaps operations."""

    def __init__(self, lines: list[dict[str, Any]]) -> None:
        self._lines = lines
        self._used: set[int] = set()

    def entry(self, service: str, operation: str, leaf: dict[str, Any]) -> dict[str, Any] | None:
        """The entry for `leaf` in an output; None when it is no secret."""
        line = self._line(service, operation, leaf["name"])
        if line is not None:
            if line.get("keep"):
                return None
            return _entry(leaf, line.get("shape", _shape(leaf)), line)
        last = leaf["name"].rpartition(".")[2]
        if last.lower() in KEY_IDS and leaf.get("beside_secret"):
            return _entry(leaf, "aws-access-key-id", {})
        if last.lower() == "sessiontoken" and leaf.get("beside_secret"):
            return _entry(leaf, "aws-session-token", {})
        if leaf.get("sensitive") and CREDENTIAL.search(last) and not PLACE.search(last) and not leaf.get("environment"):
            return _entry(leaf, _shape(leaf), {})
        if leaf.get("environment"):
            return _entry(leaf, "env", {})
        return None

    def _line(self, service: str, operation: str, name: str) -> dict[str, Any] | None:
        for index, line in enumerate(self._lines):
            if line["service"] not in (service, "*") or (line.get("operations") and operation not in line["operations"]):
                continue
            if any(name == leaf or name.endswith("." + leaf) for leaf in line["leaves"]):
                self._used.add(index)
                return line
        return None

    def check(self) -> None:
        """Raises ValueError for a line that no output has: the model changed, or the line is wrong."""
        unused = [json.dumps(line) for index, line in enumerate(self._lines) if index not in self._used]
        if unused:
            raise ValueError(f"{DATA}: no output has\n" + "\n".join(unused))


def _shape(leaf: dict[str, Any]) -> str:
    last = leaf["name"].rpartition(".")[2].lower()
    if leaf.get("beside_key_id") and last in KEYS:
        return KEYS[last]
    return "pem" if last.endswith("privatekey") and not leaf.get("blob") else ""


def _entry(leaf: dict[str, Any], shape: str, line: dict[str, Any]) -> dict[str, Any]:
    made = {
        "n": leaf["name"],
        "j": leaf["json"],
        "x": leaf.get("xml", ""),
        "t": "blob" if leaf.get("blob") else line.get("transform", ""),
        "s": shape,
    }
    if shape == "env":
        made["p"] = leaf["pair"]
    if "when" in line:
        made["w"] = line["when"]
    if made["j"] == made["n"]:
        del made["j"]
    return {key: value for key, value in made.items() if value}


def left_out() -> Iterator[str]:
    """For review: ``service leaf operations``, each end of a path that might be a secret and is none by the table; sensitive ones are marked."""
    taken = {(name, row["n"]) for name, rows in operations().items() for row in rows}
    found: dict[tuple[str, str, bool], int] = {}
    for service, operation, leaf in leaves(botocore_models.VERSIONS[0]):
        if (f"{service}:{operation}", leaf["name"]) not in taken:
            key = service, ".".join(leaf["name"].split(".")[-2:]), bool(leaf.get("sensitive"))
            found[key] = found.get(key, 0) + 1
    for (service, end, sensitive), count in sorted(found.items()):
        yield f"{service} {end} {count}{' sensitive' if sensitive else ''}"


if __name__ == "__main__":
    print(*left_out(), sep="\n")
