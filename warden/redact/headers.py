"""Secrets in the fields of a response's head."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from warden.redact.etag import weakened
from warden.redact.naming import Kind, kind_of
from warden.redact.plausible import plausible

type Fields = tuple[tuple[str, str], ...]

#: Fields that say what the message is, or name things: never looked at by their names.
_PLAIN = frozenset({
    "content-type", "content-length", "content-encoding", "content-language", "content-range", "content-disposition", "transfer-encoding",
    "connection", "date",
    "last-modified", "expires", "cache-control", "age", "vary", "server", "via", "accept-ranges", "allow", "etag",
    "strict-transport-security", "x-amzn-requestid", "x-amz-request-id",
    "x-amz-id-2", "x-request-id", "x-amz-cf-id", "x-amz-version-id", "retry-after", "x-amzn-trace-id", "content-md5", "digest",
    "x-goog-hash", "x-goog-generation",
    "access-control-allow-headers", "access-control-expose-headers", "access-control-allow-methods", "www-authenticate", "audit-id",
    "x-kubernetes-pf-flowschema-uid", "x-kubernetes-pf-prioritylevel-uid", "proxy-authenticate", "content-security-policy", "nel", "report-to",
})  # fmt: skip
#: Fields whose whole value is a credential (OpenStack, Vault, AWS, GitLab, CSRF protection).
_WHOLE = frozenset({"x-subject-token", "x-vault-token", "x-auth-token", "x-amz-security-token", "x-api-key", "x-csrf-token", "x-xsrf-token",
    "private-token", "x-consul-token", "authorization",
                    "proxy-authorization", "x-access-token", "x-refresh-token", "x-session-token"})  # fmt: skip
#: A sum over the body, which is another one after a replacement: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html,
#: https://cloud.google.com/storage/docs/xml-api/reference-headers#xgooghash, RFC 9530; and what rclone writes down beside objects uploaded in parts.
SUMS = re.compile(
    r"content-md5|digest|content-digest|repr-digest|x-goog-hash|x-amz-checksum-(?!type|algorithm|mode).*|x-amz-crc32|x-goog-stored-content-length"
    r"|x-amz-meta-md5chksum"
)

#: What a redirection hands to whoever follows it (RFC 6749 section 4.1.2, SAML, CAS).
_ISSUED = re.compile(rb"([?&#](?:code|ticket|SAMLResponse|SAMLart|id_token|access_token)=)([^&#]{8,})")
_COOKIE = re.compile(r"([^=;\s]+)=(\"?)([^;\"]*)")


def redact(fields: Fields, text: Callable[[str, bytes], bytes], whole: Callable[[str, bytes], bytes]) -> Fields:
    """`fields` with their secrets replaced: `text` looks through the value of a field, `whole` replaces one that is a secret."""
    made = []
    for name, value in fields:
        lower = name.lower()
        raw = value.encode("latin-1", "replace")
        if lower == "set-cookie":
            raw = _cookie(raw.decode("latin-1"), whole)
        elif lower in _WHOLE or (
            lower not in _PLAIN and lower.startswith("x-") and kind_of(lower[2:]) in (Kind.TOKEN, Kind.PASSWORD, Kind.SECRET)
        ):
            scheme, space, credential = raw.partition(b" ")
            if space and scheme.lower() in (b"bearer", b"basic", b"token"):
                raw = scheme + space + whole(lower, credential)
            elif plausible(raw, Kind.TOKEN, quoted=True):
                raw = whole(lower, raw)
        elif lower not in _PLAIN:
            raw = text(lower, raw)
            if lower == "location":
                raw = _ISSUED.sub(lambda match: match[1] + whole("location", match[2]), raw)
        made.append((name, raw.decode("latin-1")))
    return tuple(made)


def _cookie(value: str, whole: Callable[[str, bytes], bytes]) -> bytes:
    match = _COOKIE.match(value)
    if match is None or not plausible(match[3].encode("latin-1", "replace"), Kind.TOKEN, quoted=True):
        return value.encode("latin-1", "replace")
    stand_in = whole("set-cookie", match[3].encode("latin-1", "replace")).decode("latin-1")
    return (value[: match.start(3)] + stand_in + value[match.end(3) :]).encode("latin-1", "replace")


def without_sums(fields: Fields, *, hashed: bool = False) -> Fields:
    """`fields` without the sums over the body; `hashed`: of which its ETag is one (`etag`)."""
    kept = [(name, value) for name, value in fields if not SUMS.fullmatch(name.lower())]
    return tuple((name, weakened(value) if hashed and name.lower() == "etag" else value) for name, value in kept)


def values(fields: Sequence[tuple[str, str]], name: str) -> list[str]:
    """All values of the field `name` (lower case)."""
    return [value for found, value in fields if found.lower() == name]
