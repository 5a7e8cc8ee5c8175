"""The texts in the outputs of a botocore release that might be secret: what `redact_aws` chooses from.

Kept beside the wheels, as the digests of `botocore_models` are, because reading all outputs of a release takes ten seconds.
"""

from __future__ import annotations

import functools
import gzip
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from tools.tables.botocore_models import CACHE, wheel

#: Names that a secret might have. What is called something else and is one needs its word here, and a line of data.
MAYBE = re.compile(
    r"(?i)pass(?:word|wd|phrase|code)|secret|token|plaintext|material|credential|auth|seed|jwt|cookie|webhook|signature|presigned|otp|psk|pem"
    r"|(?:^|api|access|private|shared|encryption|session|stream|s|account|signing|hash|auth)_?key(?:value|base64|pair)?s?$|key(?:value|base64)$|^key$|^value$"
    r"|url$|uri$|location$|kubeconfig|challenge|bearer|sharedsecret|dsn|connectionstring|licensekey|vsankey|skey$|appkey$|nwkkey$|accesskeyid$|random|qrcode|(?:^|auth)session$"
)
#: Maps and lists of pairs in which the values are a user's own.
ENVIRONMENT = re.compile(
    r"(?i)^(?:env|.*environment|.*environment_?variables|.*environmentoverride|.*environmentparameters|.*variables|optionsettings|.*arguments"
    r"|connectionproperties|sparkproperties|.*headers|.*headerparameters|.*querystringparameters|bodyparameters|options|airflowconfigurationoptions"
    r"|.*connectorconfiguration|properties|.*parameters|.*customproperties|profileproperties|.*configuration|commonattributes|clientproperties"
    r"|settings)$"
)
PAIR_NAME = re.compile(r"(?i)^(?:name|key|(?:option|parameter|attribute|setting)_?name|(?:parameter)_?key)$")
PAIR_VALUE = re.compile(r"(?i)^(?:(?:parameter|resolved|attribute|string)_?)?value$")

#: What has a name that tells nothing, by service.
NAMELESS = {"appsync": "id"}

#: Raise when `outputs` changes what it keeps.
_FORMAT = 4

_XML = {"query", "ec2", "rest-xml"}


@functools.cache
def outputs(version: str) -> dict[str, dict[str, dict[str, list[dict[str, Any]]]]]:
    """Service -> API version -> operation -> leaves: ``name`` (path of members), ``json`` and ``xml`` (paths on the wire), ``sensitive``, ``blob``,
    ``environment`` and ``pair``, ``beside_key_id`` and ``beside_secret`` (what else the structure has)."""
    kept = CACHE / f"outputs-{version}-{_FORMAT}.json"
    if not kept.exists():
        kept.write_text(json.dumps(dict(_services(version)), sort_keys=True))
    found: dict[str, dict[str, dict[str, list[dict[str, Any]]]]] = json.loads(kept.read_bytes())
    return found


def _services(version: str) -> Iterator[tuple[str, dict[str, Any]]]:
    services: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(wheel(version)) as archive:
        for name in sorted(archive.namelist()):
            parts = name.split("/")
            if parts[:2] != ["botocore", "data"] or len(parts) != 5 or not parts[4].startswith("service-2.json"):
                continue
            raw = archive.read(name)
            document = json.loads(gzip.decompress(raw) if name.endswith(".gz") else raw)
            found = {}
            for operation, given in document["operations"].items():
                rows = list(Output(parts[2], document).leaves(given["output"])) if "output" in given else []
                if rows:
                    found[operation] = rows
            if found:
                services.setdefault(parts[2], {})[parts[3]] = found
    yield from services.items()


class Output:
    """The walk through one model's outputs."""

    def __init__(self, service: str, document: dict[str, Any]) -> None:
        self._nameless = NAMELESS.get(service, "")
        metadata = document["metadata"]
        self._shapes = document["shapes"]
        self._has_xml = bool(_XML & {metadata["protocol"], *metadata.get("protocols", ())})

    def leaves(self, output: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The rows of one output, which an operation refers to as `output`."""
        shape = self._shapes[output["shape"]]
        xml = [output["resultWrapper"]] if "resultWrapper" in output else []
        payload = shape.get("payload")
        if payload is not None:
            reference = shape["members"][payload]
            if self._shapes[reference["shape"]]["type"] == "structure":
                yield from self._walk(reference, [payload], [], [], frozenset(), False, {})
            return
        yield from self._walk(output, [], [], xml, frozenset(), False, {})

    def _walk(
        self,
        reference: dict[str, Any],
        name: list[str],
        wire: list[str],
        xml: list[str],
        above: frozenset[str],
        sensitive: bool,
        extra: dict[str, Any],
    ) -> Iterator[dict[str, Any]]:
        shape = self._shapes[reference["shape"]]
        if shape.get("eventstream"):
            return  # frames of its own: an answer that never ends is not a place for what is secret by its API
        sensitive = sensitive or bool(shape.get("sensitive") or reference.get("sensitive"))
        kind = shape["type"]
        if kind in ("string", "blob"):
            if "enum" not in shape and name and (extra.get("environment") or MAYBE.search(name[-1]) or name[-1] == self._nameless):
                row = {"name": ".".join(name), "json": ".".join(wire), **extra}
                row |= {"xml": ".".join(xml)} if self._has_xml else {}
                row |= {"sensitive": True} if sensitive else {}
                row |= {"blob": True} if kind == "blob" else {}
                yield row
            return
        if reference["shape"] in above or kind not in ("structure", "list", "map"):
            return
        above |= {reference["shape"]}
        if kind == "structure":
            yield from self._members(shape, name, wire, xml, above, sensitive)
        elif kind == "list":
            yield from self._list(shape, reference, name, wire, xml, above, sensitive)
        else:
            value = shape["value"]
            flat = shape.get("flattened") or reference.get("flattened")
            pair = shape["key"].get("locationName", "key")
            inside = [*xml, *([] if flat else ["*"]), value.get("locationName", "value")]
            named = name and ENVIRONMENT.match(name[-1])
            yield from self._walk(value, name, [*wire, "*"], inside, above, sensitive, {"environment": True, "pair": pair} if named else {})

    def _members(
        self, shape: dict[str, Any], name: list[str], wire: list[str], xml: list[str], above: frozenset[str], sensitive: bool
    ) -> Iterator[dict[str, Any]]:
        members = shape["members"]
        lower = {member.lower() for member in members}
        beside = {"beside_key_id": True} if "accesskeyid" in lower else {}
        beside |= {"beside_secret": True} if lower & {"secretaccesskey", "secretkey"} else {}
        names = [member for member in members if PAIR_NAME.match(member)]
        in_list = bool(name) and ENVIRONMENT.match(name[-1])
        for member, given in members.items():
            if given.get("location") in ("header", "headers", "statusCode"):
                continue
            extra = dict(beside)
            if in_list and names and PAIR_VALUE.match(member):
                extra |= {"environment": True, "pair": members[names[0]].get("locationName", names[0])}
            yield from self._walk(
                given,
                [*name, member],
                [*wire, given.get("locationName", member)],
                [*xml, self._element(member, given)],
                above,
                sensitive,
                extra,
            )

    def _list(
        self,
        shape: dict[str, Any],
        reference: dict[str, Any],
        name: list[str],
        wire: list[str],
        xml: list[str],
        above: frozenset[str],
        sensitive: bool,
    ) -> Iterator[dict[str, Any]]:
        flat = shape.get("flattened") or reference.get("flattened")
        yield from self._walk(shape["member"], name, wire, xml if flat else [*xml, "*"], above, sensitive, {})

    def _element(self, member: str, reference: dict[str, Any]) -> str:
        """The name of the element: a flattened list's is that of its items."""
        shape = self._shapes[reference["shape"]]
        if shape["type"] == "list" and (shape.get("flattened") or reference.get("flattened")) and "locationName" in shape["member"]:
            return str(shape["member"]["locationName"])
        return str(reference.get("locationName", member))
