"""``warden/redact/schema/gcp.json``: what in the responses of Google's methods is secret.

From each response schema of every discovery document: fields that are named like a credential, with the lines of ``data/redact_gcp.jsonl`` added and
taken away. What a long-running operation answers is in its ``response``; its type is not said, so methods that return an operation have the fields of
every schema that the document's resources are made of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tools.tables import gcp_routes, gcp_sources, layout

PATH = "warden/redact/schema/gcp.json"
DATA = "redact_gcp.jsonl"

#: Names that credentials have.
CREDENTIAL = re.compile(
    r"(?i)^(?:(?:.*[a-z_])?password|passphrase|private_?key(?:data)?|.*certprivatekey|pemprivatekey|clientkey|(?:.*[a-z0-9_])?client_?secret|consumersecret"
    r"|access_?token|refresh_?token|id_?token|bearertoken|(?:default)?apikey|apikeystring|keystring|secretvalue|webhookkey|authstring|plaintext"
    r"|sharedsecret|secretaccesskey|sessiontoken|securitytoken|hectoken|sastoken)$"
)
#: What has the values of environment variables: a map, or a list of pairs.
ENVIRONMENT = re.compile(
    r"^(?:env|envMap|envVariables|envVars|environment|environmentVariables|.*EnvironmentVariables|userEnvVars|overrideEnv|effectiveEnv)$"
)
#: Nesting that a path may have; deeper ones repeat schemas.
DEPTH = 12
#: Fields that one method may have.
MOST = 400

#: Raise when `_leaves` changes what it keeps.
_FORMAT = 2


def tables() -> dict[str, str]:
    """Repository path -> text of each file that this generator writes."""
    return {PATH: layout.document("Google responses that are secret", gcp_sources.PACKAGES, sections())}


def sections() -> dict[str, dict[str, list[Any]]]:
    """``operations``: method id -> its entries (`warden.redact.schema.rows`); ``shared``: API -> those of every answer to a long-running
    operation of it, which entries name. Raises ValueError for a line of data that no document has.
    """
    found: dict[str, dict[str, Any]] = {}
    kept = _kept()
    for method, rows in kept["methods"].items():
        found.setdefault(method, {}).update({_key(row): row for row in rows})
    for line in gcp_sources.jsonl(DATA):
        if "method" in line:
            found.setdefault(line["method"], {}).update({field: {"n": field} for field in line["fields"]})
    for name, others in gcp_routes.twins().items():
        for other in others & found.keys():
            found.setdefault(name, {}).update(found[other])
    return {"operations": {name: [rows[key] for key in sorted(rows)] for name, rows in sorted(found.items())}, "shared": kept["shared"]}


def _key(row: dict[str, Any] | str) -> str:
    return row if isinstance(row, str) else str(row["n"])


def _kept() -> dict[str, dict[str, list[Any]]]:
    """`_leaves` of all documents: reading them takes a minute, and needs doing again only when the lines of data change."""
    lines = gcp_sources.jsonl(DATA)
    kept = gcp_sources.CACHE / f"redact-{gcp_sources.CLIENT_VERSION}-{_FORMAT}.json"
    if kept.exists():
        known = json.loads(kept.read_bytes())
        if known["lines"] == lines:
            found: dict[str, dict[str, list[Any]]] = known["found"]
            return found
    overlay = Overlay(lines)
    made: dict[str, dict[str, Any]] = {}
    shared: dict[str, dict[str, Any]] = {}
    for document in gcp_sources.documents():
        for method, row in _leaves(document, overlay):
            made.setdefault(method, {})[_key(row)] = row
        for row in _awaited(document, overlay):
            shared.setdefault(document["name"], {})[row["n"]] = row
    overlay.check()
    result: dict[str, dict[str, list[Any]]] = {"methods": {}, "shared": {api: list(rows.values()) for api, rows in sorted(shared.items())}}
    for method, rows in sorted(made.items()):
        kept_rows = [row for row in rows.values() if not isinstance(row, str) or row in result["shared"]]
        if kept_rows:
            result["methods"][method] = kept_rows
    kept.write_text(json.dumps({"lines": lines, "found": result}, sort_keys=True))
    return result


class Overlay:
    """The lines of the data file: by API and ``Schema.field``, of which the schema's version may be left out."""

    def __init__(self, lines: list[dict[str, Any]]) -> None:
        self._lines = {(line["api"], field): line for line in lines if "api" in line for field in line["fields"]}
        self._used: set[tuple[str, str]] = set()

    def line(self, api: str, schema: str, field: str) -> dict[str, Any] | None:
        """The line for a field; None where the names decide."""
        for owner in (api, "*"):
            for named in (schema, re.sub(r"^.*(?:V\d+(?:p\d+)?(?:alpha|beta)?\d*)_*(?=[A-Z])", "", schema), "*"):
                key = (owner, f"{named}.{field}")
                if key in self._lines:
                    self._used.add(key)
                    return self._lines[key]
        return None

    def check(self) -> None:
        """Raises ValueError for a field that no document has."""
        unused = sorted(f"{api} {field}" for api, field in self._lines.keys() - self._used)
        if unused:
            raise ValueError(f"{DATA}: no document has\n" + "\n".join(unused))


class Document:
    """The walk through the schemas of one discovery document."""

    def __init__(self, document: dict[str, Any], overlay: Overlay) -> None:
        self._api = document["name"]
        self._schemas = document.get("schemas", {})
        self._overlay = overlay
        self._known: dict[str, list[dict[str, Any]]] = {}

    def rows(self, schema: str, above: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
        """The secret fields at and below `schema`, paths from there."""
        if schema in self._known:
            return self._known[schema]
        if schema in above or len(above) > DEPTH:
            return []
        found: list[dict[str, Any]] = []
        for field, given in self._schemas.get(schema, {}).get("properties", {}).items():
            found += self._field(schema, field, given, above | {schema})
        found = found[:MOST]
        if not above:
            self._known[schema] = found
        return found

    def _field(self, schema: str, field: str, given: dict[str, Any], above: frozenset[str]) -> Iterator[dict[str, Any]]:
        item, many = given, False
        while item.get("type") == "array":
            item, many = item.get("items", {}), True
        line = self._overlay.line(self._api, schema, field)
        if "$ref" in item:
            if many and ENVIRONMENT.match(field) and (line is None or not line.get("keep")):
                yield from _pair(self._schemas.get(item["$ref"], {}), field)
            for row in self.rows(item["$ref"], above):
                yield {**row, "n": f"{field}.{row['n']}"}
        elif item.get("type") == "object" and "additionalProperties" in item:
            value = item["additionalProperties"]
            if "$ref" in value:
                for row in self.rows(value["$ref"], above):
                    yield {**row, "n": f"{field}.*.{row['n']}"}
            elif line is not None and not line.get("keep"):
                yield _row(f"{field}.*", value, line)
            elif line is None and ENVIRONMENT.match(field) and value.get("type") == "string":
                yield {"n": f"{field}.*", "s": "env"}
        elif item.get("type") == "object":
            for inner, value in item.get("properties", {}).items():
                for row in self._field(schema, inner, value, above):
                    yield {**row, "n": f"{field}.{row['n']}"}
        elif item.get("type") == "string" and "enum" not in item and _is_secret(field, line):
            yield _row(field, item, line or {})


def _is_secret(field: str, line: dict[str, Any] | None) -> bool:
    if line is not None:
        return not line.get("keep")
    return CREDENTIAL.match(field) is not None


def _row(name: str, given: dict[str, Any], line: dict[str, Any]) -> dict[str, Any]:
    transform = "blob" if given.get("format") == "byte" else line.get("transform", "")
    shape = line.get("shape", "pem" if re.search(r"(?i)(?:privatekey|clientkey)$", name) else "")
    return {key: value for key, value in (("n", name), ("t", transform), ("s", shape)) if value}


def _pair(schema: dict[str, Any], field: str) -> Iterator[dict[str, Any]]:
    properties = schema.get("properties", {})
    for key, value in (("name", "value"), ("key", "value"), ("variable", "value")):
        if key in properties and properties.get(value, {}).get("type") == "string":
            yield {"n": f"{field}.{value}", "p": key, "s": "env"}
            return


def _leaves(document: dict[str, Any], overlay: Overlay) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """Id of a method, and a row of its response, for all of them; for what returns a long-running operation, the API's name as well."""
    walk = Document(document, overlay)
    for method in gcp_sources.methods(document):
        schema = method.get("response", {}).get("$ref")
        if schema is None:
            continue
        for row in walk.rows(schema):
            yield method["id"], row
        if "response" in document["schemas"][schema].get("properties", {}) and schema.endswith("Operation"):
            yield method["id"], document["name"]


def _awaited(document: dict[str, Any], overlay: Overlay) -> Iterator[dict[str, Any]]:
    """The rows of what an operation may have made: of each schema that a method returns and that is no list."""
    walk = Document(document, overlay)
    returned = {method["response"]["$ref"] for method in gcp_sources.methods(document) if "$ref" in method.get("response", {})}
    for schema in sorted(returned):
        if not schema.endswith("Operation") and not re.search(r"(?:^|\d|_)List[A-Z].*Response$|List$", schema):
            yield from walk.rows(schema)
