"""Entity tags that clients take for an MD5 of the body, which of a redacted body is another one.

S3 makes an object's ETag the MD5 of its content, and rclone, s3cmd and others compare it with what they have received. RFC 9110 (section 8.8.1) has a
strong ETag stand for the same bytes and a weak one for what means the same, so a body that was changed on its way gets a weak one. Its ending has a
hyphen, as ETags of uploads in parts have, by which clients know that it is no MD5::

    "9b2cf535f27731c974343645a3985328"    <->    W/"9b2cf535f27731c974343645a3985328-redacted"

In a condition of a request (`If-Match`) it becomes what it was: a write that depends on what was read goes on to work. That is done for requests
that are signed anew, so only answers to such (`s3:` actions) get one.
"""

from __future__ import annotations

import re
from dataclasses import replace

from warden.model import HttpRequest

_MD5 = re.compile(r'"([0-9a-fA-F]{32})"')
_WEAKENED = re.compile(r'W/"([0-9a-fA-F]{32})-redacted"')
#: ``x-amz-copy-source-if-match`` is one as well.
_CONDITION = re.compile(r"(?:.*-)?if-(?:match|none-match|range)")


def weakened(etag: str) -> str:
    """The ETag of a body that was changed."""
    return _MD5.sub(r'W/"\1-redacted"', etag) if _MD5.fullmatch(etag) else etag


def restored(request: HttpRequest) -> HttpRequest:
    """`request` with the server's own ETags in its conditions."""
    headers = tuple(
        (name, _WEAKENED.sub(r'"\1"', value) if _CONDITION.fullmatch(name.lower()) else value) for name, value in request.headers
    )
    return request if headers == request.headers else replace(request, headers=headers)
