"""Where one wire form belongs to several documents, or the client cannot send what its document says. Each row is still needed: see the tests."""

from __future__ import annotations

#: (API, version, the version that it decodes to): some or all routes of the first are the other's too, letter by letter. The ids are the same.
SAME_ROUTES = {
    ("cloudresourcemanager", "v2", "v1"),  # operations
    ("cloudresourcemanager", "v2beta1", "v1"),  # operations
    ("cloudresourcemanager", "v2beta1", "v2"),  # its paths say v2
    ("compute", "preview", "v1"),  # its paths say v1
    ("displayvideo", "v2", "v1"),  # media, whose paths name no version; also below
    ("displayvideo", "v3", "v1"),
    ("displayvideo", "v4", "v1"),
    ("displayvideo", "v5", "v1"),
}

#: The path parameter ``key`` is also the name of a system parameter, and the client puts it into the query: the path that it sends is none.
CLIENT_MISPLACES = {"recaptchaenterprise.projects.keys.retrieveLegacySecretKey"}

#: Methods that routing can name and no table of effects has, thus unknown: none, and a new one needs its reason here.
NO_EFFECTS: set[tuple[str, str]] = set()
