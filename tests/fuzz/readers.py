"""Reference readers: every operation that some lenient server could take a request for. They share no code with the dialects.

They err on the side of reading too much: an Action in any case and place, JSON keys in any case and the last or the first of two, paths
decoded once or twice, with dots resolved or kept, methods from any override header.
"""

from __future__ import annotations

import json
import posixpath
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote, unquote_plus

from warden.model import HttpRequest


def methods(request: HttpRequest) -> set[str]:
    """The method of the request line, and of any header that overrides it."""
    overrides = [value.strip() for name, value in request.headers if "method" in name.lower()]
    return {request.method.upper(), *(value.upper() for value in overrides)}


def paths(request: HttpRequest) -> set[str]:
    """The path as it is, decoded once and twice, each with dots resolved and slashes merged too."""
    raw = re.split(r"[?#]", request.target, maxsplit=1)[0]
    found = {raw, unquote(raw), unquote(unquote(raw))}
    found |= {path.replace("\\", "/") for path in found}
    found |= {re.sub(r";[^/]*", "", path) for path in found}
    found |= {re.split(r"[\x00\r\n?#]", path, maxsplit=1)[0] for path in found}
    merged = {re.sub(r"/+", "/", path) for path in found}
    return found | merged | {posixpath.normpath(path) for path in merged if path} | {path.rstrip("/") for path in merged}


def pairs(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """Names and values of query and form body, in lower case and without what surrounds them."""
    texts = [request.target.partition("?")[2], *(text for text in bodies(request))]
    for text in texts:
        for piece in re.split(r"[&;]", text):
            name, _, value = piece.partition("=")
            yield unquote_plus(name).strip("\x00 \t\r\n\ufeff").lower(), unquote_plus(value).strip("\x00 \t\r\n")


def bodies(request: HttpRequest) -> Iterator[str]:
    """The body as text: as it is, and inflated."""
    body = request.body or b""
    yield body.decode("utf-8", "replace")
    try:
        yield zlib.decompressobj(wbits=47).decompress(body, 1 << 20).decode("utf-8", "replace")
    except zlib.error:
        return


def documents(request: HttpRequest) -> Iterator[Any]:
    """JSON documents in the body, as readers that keep the first or the last of two equal keys see them."""
    for text in bodies(request):
        for hook in (dict, lambda found: dict(reversed(found))):
            try:
                yield json.JSONDecoder(object_pairs_hook=hook).raw_decode(text.lstrip("\ufeff \t\r\n"))[0]
            except (ValueError, RecursionError):
                continue


def members(document: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Every member of a document at any depth, its name in lower case."""
    if depth > 40:
        return
    if isinstance(document, dict):
        for name, value in document.items():
            yield name.lower(), value
            yield from members(value, depth + 1)
    elif isinstance(document, list):
        for value in document:
            yield from members(value, depth + 1)


def at(document: Any, *names: str) -> Iterator[Any]:
    """The values at a path of member names, in any case."""
    if not names:
        yield document
    elif isinstance(document, dict):
        for name, value in document.items():
            if name.lower() == names[0]:
                yield from at(value, *names[1:])


def kubernetes(request: HttpRequest) -> set[str]:
    """What a lenient RequestInfo makes of any reading of the path, as ``verb [group/]resource[/subresource]``. Sure rehearsals are nothing."""
    found = set()
    for path in paths(request):
        segments = [part for part in path.split("/") if part]
        start = {"api": 2, "apis": 3}.get(segments[0], 0) if segments else 0
        rest = segments[start:] if start else []
        if rest[:1] == ["watch"] or rest[:1] == ["proxy"]:
            rest = rest[1:]
        if len(rest) > 2 and rest[0] == "namespaces" and rest[2] not in ("finalize", "status"):
            rest = rest[2:]
        if not rest:
            continue
        group = f"{segments[1]}/" if start == 3 else ""  # the API server's paths are case-sensitive: "Apps" is another group
        name = group + "/".join([rest[0], *rest[2:3]])
        for method in methods(request):
            match method:
                case "DELETE":
                    found.add(f"{'delete' if len(rest) > 1 else 'deletecollection'} {name}")
                case "GET" | "HEAD":
                    found.add(f"{'get' if len(rest) > 1 else 'list'} {name}")
                case "POST" | "PUT" | "PATCH":
                    found.add(f"{'create' if method == 'POST' else 'write'} {name}")
    if _rehearsed(request):
        found = {operation for operation in found if operation.startswith(("get", "list", "create pods/exec", "create pods/proxy"))}
    zero = (
        str(value).strip() in ("0", "0.0", "-0", "None") for document in documents(request) for value in at(document, "spec", "replicas")
    )
    if not any(zero):
        found.discard("write apps/deployments/scale")
    return found


def _rehearsed(request: HttpRequest) -> bool:
    """``dryRun=All`` where the API server looks: a delete with a body has its options there, and only there (registry's DeleteResource handler)."""
    if "DELETE" in methods(request) and request.body:
        try:
            options = json.loads(request.body)
        except (ValueError, RecursionError):
            return False
        return isinstance(options, dict) and options.get("dryRun") == ["All"]
    return parse_qs(request.target.partition("?")[2]).get("dryRun") == ["All"] and request.body is not None


#: Operation -> the methods and the end of a path that mean it at Google, whatever API version or host form precedes it.
_GOOGLE = {
    "compute.instances.delete": ({"DELETE"}, r"/zones/[^/]+/instances/[^/]+/?"),
    "storage.objects.delete": ({"DELETE"}, r"/storage/v1/b/[^/]+/o/.+"),
    "xml delete": ({"DELETE"}, r"/[^/].*"),
    "pubsub.projects.topics.delete": ({"DELETE"}, r"/v1/projects/[^/]+/topics/[^/]+/?"),
    "DeleteTopic": ({"POST"}, r"(?:/\$rpc)?/google\.pubsub\.v1\.Publisher/DeleteTopic"),
    "destroy": ({"POST"}, r".*/cryptoKeyVersions/[^/]+:destroy"),
    "access": ({"GET"}, r".*/secrets/[^/]+/versions/[^/]+:access"),
    "setIamPolicy": ({"POST"}, r".*/projects/[^/]+:setIamPolicy"),
    "setDeletionProtection": ({"POST"}, r".*/instances/[^/]+/setDeletionProtection"),
}


def gcp(request: HttpRequest) -> set[str]:
    """The operations of the table above that some reading of path and method matches, also in the parts of a batch."""
    found = _google(methods(request), paths(request), request.host)
    if any("batch" in path for path in paths(request)):
        for text in bodies(request):
            for match in re.finditer(r"^[ \t]*([A-Za-z]+)[ \t]+(\S+)", text, re.MULTILINE):
                target = re.sub(r"^[a-z]+://[^/]+", "", match[2])
                inner = HttpRequest(match[1].upper(), "https", request.host, 443, target)
                overrides = {
                    value.upper() for value in re.findall(r"^[ \t]*x-http-method[a-z-]*[ \t]*:[ \t]*([A-Za-z]+)", text, re.M | re.I)
                }
                found |= _google({match[1].upper(), *overrides}, paths(inner), request.host)
    if "setDeletionProtection" in found:
        values = [value.lower() for name, value in pairs(replace(request, body=b"")) if name == "deletionprotection"]
        if values and all(value == "true" for value in values):
            found.discard("setDeletionProtection")
    return found


def _google(verbs: set[str], every: set[str], host: str) -> set[str]:
    plain = {re.sub(r"^/(?:upload|resumable/upload|download)(?=/)", "", path) for path in every} | every
    found = {
        name for name, (allowed, pattern) in _GOOGLE.items() if verbs & allowed and any(re.fullmatch(f".*{pattern}", p) for p in plain)
    }
    if not host.endswith(".storage.googleapis.com"):
        found.discard("xml delete")
    return found


def http(request: HttpRequest) -> set[str]:
    """What a lenient server does: a delete by any method that it could take; a mutation that deletes, wherever a document may be; a ref's end."""
    acting = methods(request) | {value.strip().upper() for name, value in pairs(request) if name == "_method"}
    found = {"delete"} if "DELETE" in acting else set()
    if acting - {"GET", "HEAD", "OPTIONS"}:
        found.add("write")
    # At another path nothing tells that it is GraphQL: SECURITY.md says so.
    if acting - {"HEAD", "OPTIONS"} and any(re.search(r"/graphql(?:/v?\d+)?/*$", path) for path in paths(request)):
        harmful = r"\bmutation\b[^#]*?\{\s*(?:\w+\s*:\s*)?(?:deleteVolume|projectDelete)\b"
        if any(re.search(harmful, text) for text in _graphql(request)):
            found.add("mutation")
    pushes = "POST" in acting and any(path.endswith("/git-receive-pack") for path in paths(request))
    if pushes and re.match(rb"(?!0000).*?[0-9a-f]{40} 0{40} refs/", request.body or b"", re.DOTALL):  # 0000 ends the commands
        found.add("git delete")
    return found


def _graphql(request: HttpRequest) -> Iterator[str]:
    """Documents: ``query`` in JSON or a form, in the URL, or a body that says that it is one."""
    if (request.body or b"").startswith(b"\x1f\x8b") and not request.header_values("content-encoding"):
        return  # no server inflates unasked
    yield from (str(value) for document in documents(request) for name, value in members(document) if name == "query")
    yield from (value for name, value in pairs(request) if name == "query")
    if any("graphql" in value.lower() for value in request.header_values("content-type")):
        yield from bodies(request)


def aws(request: HttpRequest) -> set[str]:
    """Operation names: of Action parameters, target headers, cbor paths, and of the paths and methods of the REST seeds."""
    found = {value for name, value in pairs(request) if name == "action"}
    for name, value in request.headers:
        if name.strip().lower() == "x-amz-target":
            found |= {part.strip().rpartition(".")[2] for part in value.split(",")}
    every = paths(request)
    found |= {match[1] for path in every if (match := re.search(r"/operation/([^/]+)/?$", path))}
    names = {name for name, _ in pairs(request)}
    if "lambda" in request.host:
        if "POST" in methods(request) and any(re.search(r"^/2015-03-31/functions/[^/]+/invocations/?$", path) for path in every):
            found.add("Invoke")
        if "DELETE" in methods(request) and any(re.search(r"^/2015-03-31/functions/[^/]+/?$", path) for path in every):
            found.add("DeleteFunction")
    if ".s3." in request.host:
        if "DELETE" in methods(request) and not names & {"tagging", "uploadid", "annotation"}:
            found.add("DeleteObject" if any(path.strip("/") for path in every) else "DeleteBucket")
        if "POST" in methods(request) and "delete" in names:
            found.add("DeleteObjects")
    if "UpdateTable" in found and not any(
        _off(value) for document in documents(request) for name, value in members(document) if name == "deletionprotectionenabled"
    ):
        found.discard("UpdateTable")
    return found


def _off(value: Any) -> bool:
    return value is False or str(value).strip().lower() in ("false", "0")
