"""One view of a call's parameters, however it travels.

Tables name a parameter as REST has it: ``label:project``, ``query:updateMask``, ``body:settings.tier``. In gRPC all three are fields of the request
message, read by number; in the storage XML API some are headers.

A body is *missing* when it was not read, or is of a kind that is not read here (a form, an archive, gRPC-Web as text): conditions then count as
their worst.
What has two readings raises DecodeError: equal JSON keys, a scalar field twice, a query key with two values.

``updateMask`` decides what a PATCH changes: a field outside it keeps its value and is not found here. A field inside it that the body leaves out is
reset, and so is one that the body sets to null: its value here is the empty text, which every condition on "off" takes for yes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from warden.dialects.body import ADVICE, grpc, gzip, json, protobuf
from warden.dialects.gcp.effects_table import Entry, Variant
from warden.dialects.gcp.noun import Call, Protocol
from warden.dialects.paths import WirePath, folded, walk, wire_path
from warden.errors import DecodeError

#: A field that a request takes the value from.
RESET = ""

_GRPC = frozenset({"application/grpc", "application/grpc+proto", "application/grpc-web", "application/grpc-web+proto"})
_JSON = frozenset({"", "application/json", "text/json", "text/plain"})
_NO_BODY = frozenset({"GET", "HEAD", "OPTIONS"})

#: Query parameters of the JSON API that the storage XML API sends as headers: https://cloud.google.com/storage/docs/xml-api/reference-headers
_XML_HEADERS = {
    "predefinedAcl": ("x-goog-acl", "x-amz-acl"),
    "destinationPredefinedAcl": ("x-goog-acl", "x-amz-acl"),
    "ifGenerationMatch": ("x-goog-if-generation-match",),
}
#: Query parameters that are never fields: https://cloud.google.com/apis/docs/system-parameters
_SYSTEM = frozenset({"$alt", "access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint", "quotaUser", "uploadType"})
_XML_ACLS = {"public-read": "publicRead", "public-read-write": "publicReadWrite", "authenticated-read": "authenticatedRead"}


class Parameters:
    """The parameters of one call. The body is parsed once, when the first path asks for it."""

    __slots__ = ("_entry", "_mask", "_nulls", "_tops", "_trees", "_variant", "body_missing", "call")

    def __init__(self, call: Call, entry: Entry) -> None:
        self.call = call
        self._entry = entry
        self._variant: Variant | None = None
        self._trees: Sequence[Any] | None = None
        self._tops: frozenset[str] = frozenset()
        self._mask: frozenset[str] | None = None
        self._nulls = False
        self.body_missing = self._unreadable()
        if not self.body_missing and entry.mask is not None:
            self._mask = self._masked(entry.mask)

    # --- what conditions ask ------------------------------------------------------------------------------------------------------

    def values(self, path: WirePath, *, fold: bool) -> list[Any]:
        """All values at `path`. `fold`: names match in any case and with or without underscores, for questions whose yes is the harmful answer.

        Raises DecodeError when the body, or a key that may be there once, has two readings.
        """
        if self._variant is not None:
            return self._of_message(path, self._variant, fold)
        if path.source == "label":
            found = self.call.labels.get(path.name)
            if found is None:
                found = next((value for name, value in self.call.labels.items() if _last(name) == path.name), None)
            return [] if found is None else [found]
        if path.source == "header":
            return self._headers(path.name)
        if path.source == "query":
            return self._query(path, fold)
        if path.source == "body":
            return self._in_body(self._stated(path, fold), _dotted(path), fold)
        return []

    def missing(self, path: WirePath) -> bool:
        """Whether `path` is in a body that was not read: in gRPC everything but headers is."""
        return self.body_missing and (path.in_body or (self._variant is not None and path.source != "header"))

    def _of_message(self, path: WirePath, variant: Variant, fold: bool) -> list[Any]:
        if path.source == "header" or self.body_missing:
            return []
        if path.source == "body":
            where = _below(variant.body, path) if variant.body else path
        else:
            where = _field(variant.labels.get(path.name, path.name) if path.source == "label" else path.name)
        values = self._walk(where, fold)
        return self._in_body(values, _dotted(path), fold) if path.source == "body" else values

    def _walk(self, path: WirePath, fold: bool) -> list[Any]:
        """The values at `path` in all messages."""
        trees = self._parsed()
        if path.steps[0].folded not in self._tops:
            return []  # most conditions ask for what is not there
        return [value for tree in trees for value in walk(tree, path, fold=fold)]

    def _in_body(self, values: list[Any], dotted: str, fold: bool) -> list[Any]:
        """`values` with what the mask says about them."""
        if self._mask is None:
            return values
        if not any(_covers(masked, dotted) for masked in self._mask):
            return []
        return values if values or not fold else [RESET]

    def _query(self, path: WirePath, fold: bool) -> list[Any]:
        if self.call.protocol is Protocol.STORAGE_XML and path.name in _XML_HEADERS:
            found = [value.strip().lower() for name in _XML_HEADERS[path.name] for value in self._headers(name)]
            return [_XML_ACLS.get(value, value) for value in found]
        name = folded(path.name)
        found = [value for key, value in self.call.query if key == path.name or (fold and folded(key) == name)]
        if len(set(found)) > 1 and not path.many:
            raise DecodeError(
                "duplicate-query-key", f"Query {path.name} is there {len(found)} times with different values.", "Send it once."
            )
        return list(found)

    def _stated(self, path: WirePath, fold: bool) -> list[Any]:
        """What the body says of a field, and what may say it in its place."""
        found = self._walk(path, fold)
        if fold and self.call.protocol is Protocol.REST:
            found = [*found, *self._bound(path)]
        if fold and self._nulls and not found and self._cleared(path):
            return [RESET]
        return found

    def _cleared(self, path: WirePath) -> bool:
        """Whether something around the field is set to null, which takes the field away too."""
        return any(value == RESET for above in _around(path) for value in self._walk(above, fold=True))

    def _bound(self, path: WirePath) -> list[Any]:
        """What the query says of a field of the body: Google binds query parameters to fields of the whole request message,
        ``pushConfig.pushEndpoint`` where the body is all of it, and ``secret.ttl`` where it is one field. What is below the field
        says that the field is there.
        """
        wanted = [step.folded for step in path.steps]
        found: list[Any] = []
        for key, value in self.call.query:
            parts = folded(key).split(".")
            if key in _SYSTEM or (len(parts) == 1 and len(wanted) > 1):
                continue
            for start in (0, 1):
                if parts[start : start + len(wanted)] == wanted:
                    found.append(value if len(parts) == start + len(wanted) else {key: value})
                    break
        return found

    def _headers(self, name: str) -> list[Any]:
        return [value for key, value in self.call.headers if key.lower() == name]

    # --- the body -----------------------------------------------------------------------------------------------------------------

    def _unreadable(self) -> bool:
        call, entry = self.call, self._entry
        kind = self._content_type()
        if call.protocol is Protocol.GRPC or (call.protocol is Protocol.RPC and kind in ("application/x-protobuf", "application/protobuf")):
            self._variant = entry.variant(call.version)
            if self._variant is None:
                self._variant = _UNKNOWN
                return True
            return call.body is None or (call.protocol is Protocol.GRPC and kind not in _GRPC)
        if call.http_method.upper() in _NO_BODY:
            return False
        if call.protocol is Protocol.STORAGE_XML:
            # The DELETE of a setting needs no body to take it away.
            return not (entry.media and "object" in call.labels) and (call.body != b"" or call.http_method == "DELETE")
        if call.protocol is Protocol.UPLOAD and (self._upload_type() == "media" or in_session(call)):
            return False  # content alone: everything else is in path and query, or was said when the session began
        if call.body is None:
            return True
        if call.protocol is Protocol.UPLOAD and kind.startswith("multipart/"):
            return False
        return bool(call.body) and kind not in _JSON and not kind.endswith("+json")

    def _content_type(self) -> str:
        values = self._headers("content-type")
        return str(values[0]).partition(";")[0].strip().lower() if len(values) == 1 else "" if not values else "several"

    def _upload_type(self) -> str:
        """The one word that says what the body is; empty when there are several, or a header may say otherwise."""
        found = [value for key, value in self.call.query if key in ("uploadType", "upload_protocol")]
        return found[0] if len(found) == 1 and not self._headers("x-goog-upload-protocol") else ""

    def _parsed(self) -> Sequence[Any]:
        if self._trees is None:
            self._trees = self._parse()
            self._tops = frozenset(folded(name) for tree in self._trees for name in tree)
        return self._trees

    def _parse(self) -> Sequence[Any]:
        call = self.call
        if self._variant is not None:
            if call.protocol is Protocol.RPC:
                return [protobuf.message(self._plain(call.body or b""), self._variant.fields)]
            encoding = self._headers("grpc-encoding")
            frames = grpc.messages(self._plain(call.body or b""), encoding[0] if len(encoding) == 1 else "")
            return [protobuf.message(one, self._variant.fields) for one in frames]
        if call.http_method.upper() in _NO_BODY or self.body_missing or call.protocol is Protocol.STORAGE_XML:
            return [{}]
        body = self._plain(call.body or b"")
        if call.protocol is Protocol.UPLOAD:
            if self._upload_type() == "media" or in_session(call):
                return [{}]
            if self._content_type().startswith("multipart/"):
                body = _first_part(body, str(self._headers("content-type")[0]))
        tree = json.loads(body)
        if not isinstance(tree, dict):
            raise DecodeError("malformed-json", "The JSON body is not an object.", ADVICE)
        self._nulls = b"null" in body
        return [_reset(tree) if self._nulls else tree]

    def _plain(self, body: bytes) -> bytes:
        return gzip.plain(body, self._headers("content-encoding"))

    def _masked(self, path: WirePath) -> frozenset[str] | None:
        """The fields that the request changes, or None when it does not say so, once and readably."""
        found = self.values(path, fold=True)
        if path.source == "query":
            name = folded(path.name)
            for key, value in self.call.query:
                if folded(key) == f"{name}.paths":
                    found.append(value)
                elif folded(key) == name and key not in (path.name, _snake(path.name)):
                    raise _mask(f"the query spells it {key[:64]}")
        names = frozenset(folded(name.strip().replace("`", "")) for value in found for name in _paths(value))
        if any("(" in name for name in names):
            raise _mask("it holds a parenthesis")
        return names - {""} or None


_UNKNOWN = Variant("", {}, {})


def in_session(call: Call) -> bool:
    """Whether an upload goes on that an earlier request began: its body is content and nothing else."""
    return call.http_method in ("PUT", "DELETE") and any(key == "upload_id" for key, _ in call.query)


def _last(name: str) -> str:
    """The path parameter that discovery makes of a gRPC path's variable: ``secret.name`` is name, ``table_name`` tableName."""
    first, *more = name.rpartition(".")[2].split("_")
    return first + "".join(part.capitalize() for part in more)


@cache
def _below(root: str, path: WirePath) -> WirePath:
    return wire_path(f"body:{root}.{'.'.join(step.name + ''.join(step.selectors) for step in path.steps)}")


@cache
def _field(name: str) -> WirePath:
    return wire_path(f"body:{name}")


@cache
def _around(path: WirePath) -> tuple[WirePath, ...]:
    names = [step.name + "".join(step.selectors) for step in path.steps]
    return tuple(wire_path(f"body:{'.'.join(names[:count])}") for count in range(1, len(names)))


@cache
def _dotted(path: WirePath) -> str:
    return ".".join(step.folded for step in path.steps)


def _covers(masked: str, dotted: str) -> bool:
    """Whether a mask's entry says something about a field: it is the field, around it, or in it."""
    return masked == "*" or dotted == masked or dotted.startswith(f"{masked}.") or masked.startswith(f"{dotted}.")


def _paths(value: Any) -> list[str]:
    """The entries of a mask: text with commas, or the message that it stands for. Raises DecodeError for any other form."""
    if isinstance(value, str):
        return value.split(",")
    if isinstance(value, dict) and len(value) == 1 and folded(next(iter(value))) == "paths":
        value = next(iter(value.values()))
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return list(value)
    raise _mask("it is no text")


@cache
def _snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def _mask(how: str) -> DecodeError:
    return DecodeError("malformed-mask", f"Which fields the request changes cannot be read: {how}.", ADVICE)


def _reset(node: Any) -> Any:
    """`node` with every null as `RESET`."""
    if node is None:
        return RESET
    if isinstance(node, dict):
        return {key: _reset(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_reset(value) for value in node]
    return node


def _first_part(body: bytes, content_type: str) -> bytes:
    """The JSON part of a ``multipart/related`` upload, which is the first: https://cloud.google.com/storage/docs/json_api/v1/how-tos/multipart-upload

    Raises DecodeError ``malformed-multipart``.
    """
    boundary = ""
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "boundary":
            if boundary:
                raise _multipart("it has two boundaries")
            boundary = value.strip().strip("\"'")
    mark = b"--" + boundary.encode("latin-1", "replace")
    if not boundary or not body.startswith(mark):
        raise _multipart("it does not start with its boundary")
    part, found, _ = body[len(mark) :].partition(b"\n" + mark)
    for blank in (b"\r\n\r\n", b"\n\n"):
        head, split, content = part.partition(blank)
        if split:
            break
    if not found or not split or not _plain_json(head):
        raise _multipart("its first part is not plain JSON")
    return content.strip()


def _plain_json(head: bytes) -> bool:
    """Whether a part's headers say that it is JSON, and nothing that changes how it is read."""
    given = [line.partition(b":") for line in head.lower().split(b"\n") if line.strip()]
    values = {name.strip(): value.strip() for name, _, value in given}
    coding = values.get(b"content-transfer-encoding", b"binary")
    known = len(values) == len(given) and b"content-encoding" not in values and coding in (b"7bit", b"8bit", b"binary")
    return known and values.get(b"content-type", b"").partition(b";")[0].strip() == b"application/json"


def _multipart(what: str) -> DecodeError:
    return DecodeError("malformed-multipart", f"The upload's body cannot be read: {what}.", ADVICE)
