"""What the denials of all dialects have in common: text that any encoding can hold, and the end of a 403."""

from __future__ import annotations

import re

from warden.model import HttpRequest, HttpResponse

# https://www.w3.org/TR/xml/#charsets: what no XML document may hold, not even escaped. C0 but tab and newlines, surrogates, the two non-characters.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def encodable(sentence: str) -> str:
    """`sentence` with a question mark for each lone surrogate, which has no bytes in UTF-8."""
    return sentence.encode("utf-8", "replace").decode("utf-8")


def xml(text: str) -> str:
    """`text` as the content of an XML element."""
    text = _NOT_XML.sub("\ufffd", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A parser turns a bare carriage return into a newline.
    return text.replace("\r", "&#13;")


def forbidden(request: HttpRequest, headers: tuple[tuple[str, str], ...], body: bytes) -> HttpResponse:
    """403 with `headers` and `body`, as RFC 9110 and 9112 want it for this request."""
    if request.body is None and request.body_length != 0 and request.http_version.startswith("HTTP/1"):
        # RFC 9112 9.6: the client may still be sending what nobody will read; without this it would reuse a connection that is out of step.
        headers = (*headers, ("Connection", "close"))
    # RFC 9110 9.3.2: a HEAD answer has no content.
    return HttpResponse(403, headers, b"" if request.method.upper() == "HEAD" else body)
