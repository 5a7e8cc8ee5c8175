"""The XML API of Cloud Storage: service, bucket or object; then the HTTP method; then what the query or a header picks.

The bucket is in the host, or is the path's first segment. Methods have the ids of the JSON API's that do the same, and gRPC's names where only
it has one. At most one subresource may be there. What is not listed is unknown.

https://cloud.google.com/storage/docs/xml-api/reference-methods
"""

from __future__ import annotations

import re

from warden.dialects import uri
from warden.dialects.gcp.head import Head
from warden.dialects.gcp.noun import UNKNOWN, Call, Protocol
from warden.errors import DecodeError
from warden.model import HttpRequest

#: First path segments of the JSON API, of gRPC, and of the newer REST API (no bucket has a name of two letters): never buckets here.
OTHER = frozenset({"$discovery", "$rpc", "batch", "download", "resumable", "storage", "upload", "v2"})

CANCEL = "google.storage.v2.Storage/CancelResumableWrite"

_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{2,221}")

#: Settings of a bucket that have a subresource of their own: GET is a read of the bucket, PUT and DELETE are a change of that one setting.
_SETTINGS = frozenset(
    {
        "autoclass",
        "billing",
        "cors",
        "encryption",
        "encryptionConfig",
        "lifecycle",
        "location",
        "logging",
        "object-lock",
        "ownershipControls",
        "publicAccessBlock",
        "requestPayment",
        "soft-delete",
        "storageClass",
        "tagging",
        "versioning",
        "website",
        "websiteConfig",
    }
)
_SETTING = {"GET": "storage.buckets.get", "PUT": "storage.buckets.patch", "DELETE": "storage.buckets.patch"}

#: ``PLACE METHOD subresource`` -> id. No subresource is "".
_METHODS = {
    "service GET ": "storage.buckets.list",
    "bucket GET ": "storage.objects.list",
    "bucket HEAD ": "storage.buckets.get",
    "bucket PUT ": "storage.buckets.insert",
    "bucket DELETE ": "storage.buckets.delete",
    "bucket POST ": "storage.objects.insert",  # an HTML form with a policy document
    "bucket POST delete": "storage.objects.delete",  # many objects, named in the body
    "bucket GET acl": "storage.bucketAccessControls.list",
    "bucket PUT acl": "storage.bucketAccessControls.update",
    "bucket GET defaultObjectAcl": "storage.defaultObjectAccessControls.list",
    "bucket PUT defaultObjectAcl": "storage.defaultObjectAccessControls.update",
    "bucket GET policy": "storage.buckets.getIamPolicy",
    "bucket PUT policy": "storage.buckets.setIamPolicy",
    "bucket GET uploads": "storage.objects.list",
    "bucket GET versions": "storage.objects.list",
    "object GET ": "storage.objects.get",
    "object HEAD ": "storage.objects.get",
    "object PUT ": "storage.objects.insert",
    "object DELETE ": "storage.objects.delete",
    "object PUT copy": "storage.objects.copy",
    "object PUT compose": "storage.objects.compose",
    "object GET acl": "storage.objectAccessControls.list",
    "object PUT acl": "storage.objectAccessControls.update",
    "object GET attrs": "storage.objects.get",
    "object GET tagging": "storage.objects.get",
    "object PUT tagging": "storage.objects.patch",
    "object GET retention": "storage.objects.get",
    "object PUT retention": "storage.objects.patch",
    "object GET legal-hold": "storage.objects.get",
    "object PUT legal-hold": "storage.objects.patch",
    "object POST resumable": "storage.objects.insert",
    "object PUT upload_id": "storage.objects.insert",
    "object DELETE upload_id": CANCEL,
    "object POST uploads": "storage.objects.insert",  # a multipart upload: start, parts, end
    "object PUT uploadId": "storage.objects.insert",
    "object POST uploadId": "storage.objects.insert",
    "object DELETE uploadId": CANCEL,
    "object GET uploadId": "storage.objects.get",
}

_SUBRESOURCES = (frozenset(key.split(" ")[2] for key in _METHODS) | _SETTINGS) - {"", "copy", "resumable"}
#: Query keys that choose nothing: lists, versions, responses, signatures. In lower case.
_PLAIN = frozenset(
    {
        "access_token",
        "alt",
        "continuation-token",
        "delimiter",
        "encoding-type",
        "endoffset",
        "expires",
        "fetch-owner",
        "generation",
        "googleaccessid",
        "include-deleted",
        "includefoldersasprefixes",
        "key",
        "key-marker",
        "list-type",
        "marker",
        "matchglob",
        "max-keys",
        "max-parts",
        "max-uploads",
        "metageneration",
        "part-number-marker",
        "partnumber",
        "prefix",
        "prettyprint",
        "projection",
        "quotauser",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
        "signature",
        "start-after",
        "startoffset",
        "upload-id-marker",
        "userproject",
        "version-id-marker",
        "versionid",
        "x-id",
    }
)
_EXTENSION = ("x-goog-", "x-amz-")
#: What of these a signed URL holds; any other is a header that some readers take from the query.
_SIGNING = frozenset(
    ["algorithm", "content-sha256", "credential", "date", "expires", "security-token", "signature", "signedheaders", "user-project"]
)
_GRANTS = ("x-goog-grant-", "x-amz-grant-")
_COPY = ("x-goog-copy-source", "x-amz-copy-source")


def call(request: HttpRequest, head: Head, bucket: str | None) -> Call:
    """The method of one request. Raises DecodeError when its bucket is none, or when it asks for two things at once."""
    segments = uri.segments(head.path, key_from=0 if bucket else 1)
    labels = {}
    if bucket is None and segments != ("",):
        bucket, segments = segments[0], segments[1:]
    key = "/".join(segments)
    if bucket is not None:
        if _BUCKET.fullmatch(bucket) is None:
            raise DecodeError("malformed-bucket", "The path or host names no bucket that Cloud Storage could have.")
        labels["bucket"] = bucket
        if key:
            labels["object"] = key
    place = "object" if key else "bucket" if bucket is not None else "service"
    picked = _subresource(head, place)
    method = _METHODS.get(f"{place} {head.method} {picked}", UNKNOWN)
    if place == "bucket" and picked in _SETTINGS:
        method = _SETTING.get(head.method, UNKNOWN)
    return Call(method, "storage", Protocol.STORAGE_XML, "", labels, head.query, head.method, request.headers, request.body)


def _subresource(head: Head, place: str) -> str:
    """The one thing that picks the method beside path and HTTP method; a name that is in no table when the query holds a key that is in none."""
    if any(name.startswith(_GRANTS) for name in head.headers):
        raise DecodeError(
            "grant-header", "A header says who may do what, in a way that Cloud Storage does not document.", "Use x-goog-acl."
        )
    found = []
    for key, _ in dict.fromkeys(head.query):
        if key in _SUBRESOURCES:
            found.append(key)
        elif key.lower().startswith(_EXTENSION):
            if key.lower().split("-", 2)[2] not in _SIGNING:
                raise DecodeError("header-in-query", "The query holds a header that chooses what is done.", "Send it as a header.")
        elif key.lower() not in _PLAIN:
            return f"?{key}"
    if place == "object" and head.method == "PUT" and any(name in head.headers for name in _COPY) and "uploadId" not in found:
        found.append("copy")
    if "x-goog-resumable" in head.headers and head.method in ("POST", "PUT") and place == "object":
        found.append("resumable")
    if len(set(found)) > 1 and set(found) != {"resumable", "upload_id"}:
        raise DecodeError("two-readings", f"The request asks for {' and '.join(sorted(set(found)))} at once.", "Send one request for each.")
    return "upload_id" if "upload_id" in found else found[0] if found else ""
