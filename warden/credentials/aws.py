"""The AWS broker: dummies inside, real keys outside, and the swap in between."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import unquote_plus

from warden.config import AwsCredentialsConfig
from warden.credentials.dummies import KeyPair, dummy
from warden.credentials.outside import IDENTITY_SETTINGS, Outside, Profiles, config_text
from warden.credentials.refilled import refilled
from warden.credentials.sigv4 import ALGORITHM, Signature, prove, read_signature, resign
from warden.credentials.source import Source, Stated, selected_profile
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, HttpResponse

#: Seconds between a signature's date and the clock here, at most: what AWS allows.
CLOCK_LIMIT = 900.0

_ACCOUNT = re.compile(r"[0-9]{12}")
_HEX_HASH = re.compile(r"[0-9a-f]{64}")
_TIMESTAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
_EMPTY_HASH = hashlib.sha256(b"").hexdigest()

#: Values of x-amz-content-sha256 that leave the body unsigned.
_UNSIGNED_PAYLOADS = frozenset({"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"})

#: Query parameters, and form fields, that are a signature or name a key (lower case).
_QUERY_SIGNATURES = frozenset(
    {"x-amz-algorithm", "x-amz-credential", "x-amz-signature", "x-amz-security-token", "x-amz-s3session-token", "awsaccesskeyid"}
)

#: Headers of unsigned requests that are credentials of another kind.
_TOKEN_HEADERS = frozenset({"x-amz-security-token", "x-amz-s3session-token", "x-amz-sso_bearer_token", "x-amzn-authorization"})


class AwsBroker:
    """One session's AWS identities: one dummy for the default identity and one for each profile.

    `environment` is the calling user's, `home` their home; nothing is read from the process's own. `run_as` is the user and group id to read files
    and start processes as, where the worker is root and the user is not. `writable`: see `Outside`.
    Raises CredentialError ``bad-profile-file`` for files that do not parse.

    A configuration that names a profile or states keys narrows the session to that one identity; else every profile of the user's files
    has its dummy.
    """

    def __init__(
        self,
        config: AwsCredentialsConfig,
        environment: Mapping[str, str],
        home: str | Path,
        *,
        run_as: tuple[int, int] | None = None,
        writable: tuple[str, ...] = (),
        now: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._now = now
        self._outside = Outside(environment, home, run_as, writable)
        self._sources: dict[str, tuple[KeyPair, Source | Stated]] = {}
        self._profiles: dict[str, KeyPair] = {}
        self._settings: Profiles = {}
        self._default: KeyPair | None = None
        if config.enabled:
            self._choose()

    def __repr__(self) -> str:
        return f"AwsBroker({len(self._sources)} identities)"

    def _choose(self) -> None:
        """Which identities this session has, and by which way its tools find each."""
        config, found = self._config, self._outside.profiles()
        if config.access_key_id:
            if not config.secret_access_key:
                raise CredentialError(
                    "no-credentials", "credentials.aws.access_key_id is set and secret_access_key is not.", "Set both in warden.yaml."
                )
            keys = KeyPair(config.access_key_id, config.secret_access_key, config.session_token or None)
            self._default = self._admit(Stated(keys))
            return
        if config.profile:
            self._default = self._admit(Source(self._outside, config.profile, self._now))
            self._profiles = {"default": self._default, config.profile: self._default}
            self._settings = dict.fromkeys(self._profiles, found.get(config.profile, {}))
            return
        environment = self._outside.environment
        self._settings = found
        self._profiles = {name: self._admit(Source(self._outside, name, self._now)) for name in found}
        selected = found.get(selected_profile(environment), {})
        if (
            environment.get("AWS_ACCESS_KEY_ID")
            or environment.get("AWS_WEB_IDENTITY_TOKEN_FILE")
            or not IDENTITY_SETTINGS.intersection(selected)
        ):
            self._default = self._admit(Source(self._outside, None, self._now))
        # Else tools find the default identity in the files, and `AWS_PROFILE=other tool` does inside what it does outside: keys in the environment
        # would win over it.

    def _admit(self, source: Source | Stated) -> KeyPair:
        made = dummy()
        self._sources[made.access_key] = (made, source)
        return made

    def environment(self) -> dict[str, str]:
        """Variables for the sandboxed process: dummies where the default identity is not in the files, regions, and no instance metadata."""
        result = self._outside.variables()
        result["AWS_EC2_METADATA_DISABLED"] = "true"
        # Directory buckets hand out session keys, which only the broker's own keys could be swapped for: sign as for any other bucket.
        result["AWS_S3_DISABLE_EXPRESS_SESSION_AUTH"] = "true"
        region = self._config.region
        if region:
            result["AWS_REGION"] = result["AWS_DEFAULT_REGION"] = region
        elif either := result.get("AWS_REGION") or result.get("AWS_DEFAULT_REGION"):
            result.setdefault("AWS_REGION", either)
            result.setdefault("AWS_DEFAULT_REGION", either)
        if self._default is not None:
            result["AWS_ACCESS_KEY_ID"] = self._default.access_key
            result["AWS_SECRET_ACCESS_KEY"] = self._default.secret_key
        name = selected_profile(self._outside.environment)
        if not self._config.profile and name != "default" and name in self._profiles:
            result["AWS_PROFILE"] = name
        return result

    def files(self) -> dict[str, bytes]:
        """The synthetic ``~/.aws``: file name to content. Regions and formats of each profile, and dummies."""
        if not self._profiles:
            return {}
        lines = ["# Made by warden: these keys are dummies, good only inside this session."]
        for name, keys in self._profiles.items():
            lines += [f"[{name}]", f"aws_access_key_id = {keys.access_key}", f"aws_secret_access_key = {keys.secret_key}"]
        credentials = ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")
        return {"config": config_text(self._settings), "credentials": credentials}

    def accounts(self) -> dict[str, str]:
        """Dummy access key id -> account number, where the configuration, the profile or the environment says it: ARNs are filled with it."""
        stated = self._config.account or self._outside.environment.get("AWS_ACCOUNT_ID", "")
        found = {keys.access_key: self._settings.get(name, {}).get("aws_account_id", "") for name, keys in self._profiles.items()}
        if self._default is not None:
            found[self._default.access_key] = self._config.account or found.get(self._default.access_key) or stated
        return {key: account for key, account in found.items() if _ACCOUNT.fullmatch(account)}

    def needs_body(self, request: HttpRequest) -> bool:
        """Whether `authorize` must have the body: a signature over it that no header repeats."""
        authorization = request.header_values("authorization")
        return any(value.startswith(ALGORITHM) for value in authorization) and not request.header_values("x-amz-content-sha256")

    def local(self, request: HttpRequest) -> HttpResponse | None:
        """Instance metadata is not answered: the environment has the credentials."""
        return None

    def authorize(self, request: HttpRequest, actions: Sequence[Action], asked: HttpRequest | None = None) -> HttpRequest:
        """`request` with real credentials, or as it is when it asks for none. Raises CredentialError when it cannot be given any.

        `asked` is the request that the agent signed, where `request` has secrets in it since (`refilled`).

        A request that was decided on as another provider's is not ours to sign.
        """
        if not any(action.provider == "aws" for action in actions):
            return request
        if asked is not None and asked is not request:
            self.authorize(asked, actions)
            request = refilled(asked, request, self._signer(asked))
        authorization = _only(request, "authorization")
        in_query = _names(request.target.partition("?")[2]) & _QUERY_SIGNATURES
        if authorization is None:
            _check_unsigned(request, in_query)
            return request
        _check_scheme(authorization)
        if in_query:
            raise CredentialError("two-signatures", "The request is signed in its query and in its headers.", "Sign it in one place.")
        return self._swap(request, read_signature(authorization))

    def _signer(self, request: HttpRequest) -> KeyPair:
        """The dummy that signed a request which `authorize` has taken; none for one that is not signed."""
        return next(
            (made for key, (made, _) in self._sources.items() if f"={key}/" in (request.header("authorization") or "")), KeyPair("", "")
        )

    def _swap(self, request: HttpRequest, signature: Signature) -> HttpRequest:
        if not self._config.enabled:
            raise CredentialError(
                "credentials-disabled",
                "AWS credentials are turned off for this session.",
                "Set credentials.aws.enabled to true in warden.yaml.",
            )
        known = self._sources.get(signature.access_key)
        if known is None or request.header_values("x-amz-security-token") or request.header_values("x-amz-s3session-token"):
            raise CredentialError(
                "foreign-credentials",
                "The request is signed with AWS credentials that are not this session's.",
                "Use those in the environment or in ~/.aws; temporary credentials from AWS cannot be used inside yet.",
            )
        made, source = known
        _check_signed_headers(request, signature)
        timestamp = self._timestamp(request, signature)
        payload = _payload(request)
        proof = prove(request, signature, made, timestamp, payload)
        return resign(request, signature, proof, source.keys())

    def _timestamp(self, request: HttpRequest, signature: Signature) -> str:
        """The moment that was signed, as YYYYMMDDTHHMMSSZ: it is kept, so that SDKs which correct a wrong clock go on doing so."""
        stated = _only(request, "x-amz-date")
        try:
            if stated is None:
                moment = parsedate_to_datetime(_only(request, "date") or "").astimezone(UTC)
            elif parts := _TIMESTAMP.fullmatch(stated):
                moment = datetime(*map(int, parts.groups()), tzinfo=UTC)  # type: ignore[misc, arg-type]
            else:
                raise ValueError
        except ValueError:
            raise CredentialError("bad-date", "The signed request has no readable X-Amz-Date.") from None
        text = stated or moment.strftime("%Y%m%dT%H%M%SZ")
        if not text.startswith(signature.date):
            raise CredentialError("bad-date", "The signature's scope is of another day than its date.")
        seconds = abs(self._now() - moment.timestamp())
        if seconds > CLOCK_LIMIT:
            raise CredentialError(
                "clock-skew",
                f"The request was signed {seconds / 60:.0f} minutes from the time here.",
                "Sign it when it is sent; a signature is good for 15 minutes.",
            )
        return text


def _check_unsigned(request: HttpRequest, in_query: frozenset[str]) -> None:
    """An anonymous request passes. One that has credentials in another place than the Authorization header does not."""
    if in_query:
        raise CredentialError(
            "presigned",
            "Presigned AWS URLs cannot be used or tried inside the sandbox yet.",
            "Call the API itself (for S3: get-object, put-object, cp) with the credentials of the session.",
        )
    if not _TOKEN_HEADERS.isdisjoint(request.fields):
        raise CredentialError(
            "foreign-credentials", "The request carries an AWS token that is not this session's.", "Sign it with the session's credentials."
        )
    content_type = (request.header_values("content-type") or [""])[0].partition(";")[0].strip().lower()
    if content_type == "multipart/form-data":
        raise CredentialError("post-form", "Form uploads with a signed policy cannot be given real credentials.", "Use put-object instead.")
    if content_type == "application/x-www-form-urlencoded":
        if request.body is None:
            raise _unread()
        if _names(request.body.decode("latin-1")) & _QUERY_SIGNATURES:
            raise _sigv2()


def _check_scheme(authorization: str) -> None:
    scheme = authorization.partition(" ")[0]
    match scheme.lower():
        case "aws4-hmac-sha256":
            return
        case "aws4-ecdsa-p256-sha256":
            raise CredentialError(
                "sigv4a",
                "Signatures for several regions (SigV4a) cannot be given real credentials yet.",
                "Use an endpoint of one region instead of a multi-region access point or global endpoint.",
            )
        case "bearer":
            raise CredentialError(
                "bearer-token", "AWS bearer tokens cannot be used inside the sandbox yet.", "Sign with the session's credentials."
            )
        case "aws" | "aws3" | "aws3-https":
            raise _sigv2()
        case _:
            raise CredentialError(
                "unknown-authorization", "AWS is not called with this kind of Authorization.", "Sign with AWS4-HMAC-SHA256."
            )


def _check_signed_headers(request: HttpRequest, signature: Signature) -> None:
    for name in request.fields:
        if name.startswith("x-amz-") and name not in signature.signed_headers:
            raise CredentialError("unsigned-header", f"The header {name[:100]} is not among the signed ones.", "Sign every x-amz- header.")


def _payload(request: HttpRequest) -> str:
    """The hash, or its placeholder, that ends the canonical request: as stated where it can be trusted to be AWS's to check, else from the body."""
    stated = _only(request, "x-amz-content-sha256")
    if stated is None:
        if request.body is None:
            raise _unread()
        return hashlib.sha256(request.body).hexdigest()
    if stated in _UNSIGNED_PAYLOADS:
        return stated
    if stated.startswith("STREAMING-AWS4-"):
        raise CredentialError(
            "chunk-signatures",
            "Uploads in signed chunks cannot be given real credentials yet.",
            "Turn payload signing off (Java: chunkedEncodingEnabled(false); others: unsigned payload over HTTPS), or send a body with its hash.",
        )
    if not _HEX_HASH.fullmatch(stated):
        raise CredentialError("payload-hash", "X-Amz-Content-Sha256 is neither a hash nor a placeholder that AWS knows.")
    if (request.body is not None and hashlib.sha256(request.body).hexdigest() != stated) or (
        request.body_length == 0 and stated != _EMPTY_HASH
    ):
        raise CredentialError("payload-hash", "X-Amz-Content-Sha256 is not the hash of the body.")
    return stated


def _only(request: HttpRequest, name: str) -> str | None:
    try:
        return request.header(name)
    except ValueError:
        raise CredentialError("bad-authorization", f"The header {name} is there more than once.") from None


def _names(pairs: str) -> frozenset[str]:
    return frozenset(unquote_plus(pair.partition("=")[0]).lower() for pair in pairs.split("&"))


def _unread() -> CredentialError:
    return CredentialError(
        "body-unread",
        "The body is signed and too large to be read before it is sent.",
        "Send X-Amz-Content-Sha256, or raise proxy.body_limit in warden.yaml.",
    )


def _sigv2() -> CredentialError:
    return CredentialError(
        "sigv2", "Signatures before version 4 cannot be given real credentials.", "Use an SDK of the last ten years: AWS4-HMAC-SHA256."
    )
