"""git LFS's batch API: where large files are fetched from or sent to, asked for in one POST for both.

``POST REPO/info/lfs/objects/batch`` with ``"operation": "download"`` reads; ``"upload"`` begins an upload. The files themselves go by GET and PUT.
Without LFS's content type it is a POST besides: it may be some other API's, about a thing of that name.

https://github.com/git-lfs/git-lfs/blob/main/docs/api/batch.md
"""

from __future__ import annotations

from warden.dialects.body import gzip, json
from warden.dialects.egress import segments
from warden.dialects.http.reading import Reading, by_method, unread
from warden.model import HttpRequest, Verb

_TYPE = "application/vnd.git-lfs+json"
_BATCH = ("info", "lfs", "objects", "batch")


def needs_body(request: HttpRequest) -> bool:
    path = segments(request.target)
    return request.method == "POST" and path is not None and path[-4:] == _BATCH


def read(request: HttpRequest) -> tuple[Reading, ...]:
    """What a batch asks for; nothing when the request is none. Raises DecodeError."""
    if not needs_body(request):
        return ()
    path = segments(request.target) or ()
    context = {"repository": ("/" + "/".join(path[:-4]))[:1024]}
    if request.body is None:
        return (unread("lfs:upload", **context),)
    document = json.loads(gzip.plain(request.body, request.header_values("content-encoding")))
    # Go's JSON reader, which servers use, takes keys in any case: another spelling may not be another reading.
    said = [value for key, value in document.items() if key.lower() == "operation"] if isinstance(document, dict) else []
    if said == ["download"]:
        download = Reading("lfs:download", Verb.READ, context=context)
        kind = ",".join(request.header_values("content-type")).partition(";")[0].strip().lower()
        return (download,) if kind == _TYPE else (download, by_method(request.method))
    if said == ["upload"]:
        return (Reading("lfs:upload", Verb.UPDATE, context=context),)
    return (unread("lfs:upload", **context),)
