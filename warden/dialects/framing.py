"""What must be true of any HTTP request before a dialect reads it: one framing, one authority, one target.

Refused here, each with its own code and a test row:

===========================  ==========================================================================================
``method``                   not a token, or CONNECT (there is no proxy inside: connections are ruled on as they are)
``target-form``              not origin-form (``/path?query``), or with characters that RFC 9112 section 3.2 does not allow
``header-characters``        a header name or value with control characters, or a name that is not a token
``host-missing``             HTTP/1.1 without Host and HTTP/2 without :authority
``host-duplicate``           more than one Host
``host-mismatch``            Host, :authority or an absolute-form authority that is not the host and port of the connection
``sni-mismatch``             a TLS server name other than the host of the connection
``framing``                  Content-Length with Transfer-Encoding, either one twice, an odd value, or a transfer coding but ``chunked``
``method-override``          X-HTTP-Method-Override and its kin: the method that was read would not be the one that acts
``target-override``          X-Original-URL and its kin: the path that was read would not be the one that acts
``header-underscore``        a header that becomes one of those that are checked where ``_`` counts as ``-``, as for CGI and what came after it
===========================  ==========================================================================================

RFC 9112: https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from warden.errors import DecodeError
from warden.model import HttpRequest

# RFC 9110 section 5.6.2: token = 1*tchar
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9112 section 3.2.1: origin-form = absolute-path [ "?" query ]; visible ASCII only, and never a fragment.
_TARGET = re.compile(r"/[\x21\x22\x24-\x7e]*")
# RFC 9110 section 5.5: field values are visible characters, space and tab; obs-text is let through as HTTP libraries send it.
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\U0010ffff]*")
_LENGTH = re.compile(r"[0-9]{1,18}")

#: Headers by which some frameworks act on another method than the one on the request line.
METHOD_OVERRIDES = frozenset({"x-http-method-override", "x-http-method", "x-method-override"})
#: Headers by which some (IIS, Zend, older Symfony) act on another path than the one on the request line.
TARGET_OVERRIDES = frozenset({"x-original-url", "x-rewrite-url"})
#: Headers that a reading rests on. RFC 3875 section 4.1.18 names variables so that ``Content_Type`` cannot be told from ``Content-Type``.
_TOLD_APART = METHOD_OVERRIDES | TARGET_OVERRIDES | {"content-type", "content-encoding", "content-length", "transfer-encoding"}

DEFAULT_PORTS = {"https": 443, "http": 80}


def check(request: HttpRequest, *, method_override: bool = False) -> None:
    """Raises DecodeError unless `request` has exactly one reading. `method_override`: the dialect decodes those headers itself."""
    if not _TOKEN.fullmatch(request.method) or request.method.upper() == "CONNECT":
        raise DecodeError("method", f"The method {request.method[:32]!r} is not one that can be ruled on.")
    if not _TARGET.fullmatch(request.target):
        raise DecodeError("target-form", "The request target is not a plain path and query of visible ASCII characters.")
    for name, value in request.headers:
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise DecodeError("header-characters", f"The header {name[:32]!r} holds characters that HTTP does not allow.")
    if not method_override and (found := METHOD_OVERRIDES & request.fields.keys()):
        raise DecodeError("method-override", f"The header {min(found)} asks for another method than the request line does.")
    if found := TARGET_OVERRIDES & request.fields.keys():
        raise DecodeError("target-override", f"The header {min(found)} asks for another path than the request line does.")
    for name in request.fields:
        if "_" in name and name.replace("_", "-") in _TOLD_APART:
            raise DecodeError(
                "header-underscore", f"The header {name} is {name.replace('_', '-')} for some servers and nothing for others."
            )
    _check_authority(request)
    _check_framing(request.fields)


def check_but_method(request: HttpRequest) -> None:
    """`check` for a dialect that decodes method overrides itself."""
    check(request, method_override=True)


def _check_authority(request: HttpRequest) -> None:
    hosts = request.header_values("host")
    if len(hosts) > 1:
        raise DecodeError("host-duplicate", "The request has more than one Host header.")
    claimed = hosts + ([request.authority] if request.authority is not None else [])
    if not claimed:
        raise DecodeError("host-missing", "The request names no host.")
    for authority in claimed:
        if not same_authority(authority, request):
            raise DecodeError(
                "host-mismatch",
                f"The request is addressed to {authority[:256]!r}, but the connection goes to {request.host}:{request.port}.",
            )
    if request.sni is not None and request.sni.lower().removesuffix(".") != request.host:
        raise DecodeError("sni-mismatch", f"The TLS server name is {request.sni[:256]!r}, but the connection goes to {request.host}.")


def same_authority(authority: str, request: HttpRequest) -> bool:
    """Whether ``host[:port]`` names the host and port that the connection goes to; user information never does."""
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):  # no port, also in "[::1]"
        host, port = authority, str(DEFAULT_PORTS.get(request.scheme, 0))
    if not re.fullmatch(r"[0-9]{1,5}", port) or int(port) != request.port:
        return False
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    return host.lower().removesuffix(".") == request.host


def _check_framing(fields: Mapping[str, Sequence[str]]) -> None:
    # RFC 9112 section 6.1: "A server MAY reject a request that contains both Content-Length and Transfer-Encoding". We do.
    lengths, codings = fields.get("content-length", ()), fields.get("transfer-encoding", ())
    if (lengths and codings) or len(lengths) > 1 or len(codings) > 1:
        raise DecodeError("framing", "The request states the length of its body more than once.")
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        raise DecodeError("framing", "The Content-Length is not a plain number.")
    if codings and codings[0].strip().lower() != "chunked":
        raise DecodeError("framing", "The only transfer coding that can be ruled on is chunked.")
    if len(fields.get("content-type", ())) > 1 or len(fields.get("content-encoding", ())) > 1:
        raise DecodeError("framing", "The request states the type or coding of its body more than once.")
