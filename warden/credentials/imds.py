"""What AWS's metadata services answer inside: the instance's (EC2, versions 1 and 2) and the container's (ECS, EKS), with dummies. Pure.

For tools that look for an identity nowhere else; environment and files, which come first everywhere, have the same one. Accepted::

    169.254.169.254, fd00:ec2::254
      PUT /latest/api/token                                 a token, good for X-aws-ec2-metadata-token-ttl-seconds
      GET /latest/meta-data/iam/security-credentials/       the name of the one role
      GET /latest/meta-data/iam/security-credentials/NAME   its dummies
      GET /latest/meta-data/placement/region                the session's region, where it has one
      GET /latest/dynamic/instance-identity/document        the same as JSON
    169.254.170.2, 169.254.170.23, fd00:ec2::23
      GET /v2/credentials/ID                                the dummies; the environment has the path
      GET /v1/credentials                                   the same, where Authorization says the ID

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from warden.credentials.dummies import KeyPair
from warden.model import HttpRequest, HttpResponse

INSTANCE = frozenset({"169.254.169.254", "fd00:ec2::254"})
CONTAINER = frozenset({"169.254.170.2", "169.254.170.23", "fd00:ec2::23"})

#: The role's name, which tools show.
ROLE = "warden"

_TTL = re.compile(r"[1-9][0-9]{0,4}")
#: Seconds that a token may be good for: EC2's own limit.
_LONGEST = 21_600
_VERSION = re.compile(r"/(?:latest|[0-9]{4}-[0-9]{2}-[0-9]{2})/")


class Imds:
    """Both services of one session. `role` gives dummies that have an expiry, `region` and `account` what the session knows of them, or ""."""

    def __init__(self, role: Callable[[], KeyPair], region: str, account: Callable[[], str], now: Callable[[], float]) -> None:
        self._role = role
        self._region = region
        self._account = account
        self._now = now
        self._key = secrets.token_bytes(32)
        self._id = secrets.token_hex(16)

    def __repr__(self) -> str:
        return "Imds(redacted)"

    @property
    def container_path(self) -> str:
        """For AWS_CONTAINER_CREDENTIALS_RELATIVE_URI."""
        return f"/v2/credentials/{self._id}"

    def answer(self, request: HttpRequest) -> HttpResponse | None:
        """The service's answer; None for what is neither service's."""
        path = request.target.partition("?")[0]
        if request.host in CONTAINER:
            return self._container(request, path)
        if request.host in INSTANCE and (version := _VERSION.match(path)) is not None:
            return self._instance(request, path[version.end() :])
        return None

    def _container(self, request: HttpRequest, path: str) -> HttpResponse | None:
        token = " ".join(request.header_values("authorization")).encode()
        if path != self.container_path and not (path == "/v1/credentials" and hmac.compare_digest(token, self._id.encode())):
            return None
        if request.method != "GET":
            return _text(405, "")
        keys = self._role()
        return _json(
            {"AccessKeyId": keys.access_key, "SecretAccessKey": keys.secret_key, "Token": keys.token, "Expiration": _time(keys.expires)}
        )

    def _instance(self, request: HttpRequest, path: str) -> HttpResponse:
        # As EC2 does: a proxy that forwards strangers' requests must not fetch them a token.
        if request.header_values("x-forwarded-for"):
            return _text(403, "")
        if path == "api/token":
            return self._token(request)
        if request.method not in ("GET", "HEAD"):
            return _text(405, "")
        tokens = request.header_values("x-aws-ec2-metadata-token")
        if tokens and not (len(tokens) == 1 and self._is_token(tokens[0])):
            return _text(401, "")
        match path:
            case "meta-data/iam/security-credentials" | "meta-data/iam/security-credentials/":
                return _text(200, ROLE)
            case _ if path == f"meta-data/iam/security-credentials/{ROLE}":
                keys = self._role()
                stated = {"Code": "Success", "LastUpdated": _time(self._now()), "Type": "AWS-HMAC", "AccessKeyId": keys.access_key}
                return _json(
                    {**stated, "SecretAccessKey": keys.secret_key, "Token": keys.token, "Expiration": _time(keys.expires)}, "text/plain"
                )
            case "meta-data/placement/region" if self._region:
                return _text(200, self._region)
            case "dynamic/instance-identity/document" if self._region:
                account = self._account()
                return _json({"region": self._region, **({"accountId": account} if account else {})}, "text/plain")
            case _:
                return _text(404, "")

    def _token(self, request: HttpRequest) -> HttpResponse:
        if request.method != "PUT":
            return _text(405, "")
        stated = request.header_values("x-aws-ec2-metadata-token-ttl-seconds")
        if len(stated) != 1 or not _TTL.fullmatch(stated[0]) or int(stated[0]) > _LONGEST:
            return _text(400, "")
        made = self._token_until(int(self._now()) + int(stated[0]))
        return HttpResponse(200, (("Content-Type", "text/plain"), ("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", stated[0])), made.encode())

    def _token_until(self, end: int) -> str:
        """A token says its own end, and proves that it was given here: nothing has to be remembered."""
        return f"{end:x}.{hmac.digest(self._key, str(end).encode(), 'sha256').hex()}"

    def _is_token(self, token: str) -> bool:
        end = token.partition(".")[0]
        if not re.fullmatch(r"[0-9a-f]{1,12}", end) or int(end, 16) <= self._now():
            return False
        return hmac.compare_digest(self._token_until(int(end, 16)).encode(), token.encode("utf-8", "surrogateescape"))


def _time(seconds: float | None) -> str:
    return datetime.fromtimestamp(seconds or 0.0, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(status: int, text: str) -> HttpResponse:
    return HttpResponse(status, (("Content-Type", "text/plain"),), text.encode())


def _json(value: object, content_type: str = "application/json") -> HttpResponse:
    return HttpResponse(200, (("Content-Type", content_type),), json.dumps(value, indent=1).encode())
