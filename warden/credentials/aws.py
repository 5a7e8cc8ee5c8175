"""The AWS broker: dummies inside, real keys outside, and the swap in between."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path

from warden.config import AwsCredentialsConfig
from warden.credentials.aws_request import (
    QUERY_SIGNATURES,
    body_of,
    check_host,
    check_scheme,
    check_signed_headers,
    check_unsigned,
    is_brought,
    moment_of,
    names_of,
    only,
    payload_hash,
    presigned_payloads,
    signer,
    sigv2,
)
from warden.credentials.chunks import CHUNKS, CHUNKS_AND_TRAILER, Chunks, Signer
from warden.credentials.dummies import KeyPair, dummy, temporary
from warden.credentials.imds import Imds
from warden.credentials.minted import Minted
from warden.credentials.outside import IDENTITY_SETTINGS, Outside, Profiles, config_text
from warden.credentials.presigned import Presigned, read_presigned, resign_presigned
from warden.credentials.refilled import refilled
from warden.credentials.returned import RETURNING, swap
from warden.credentials.sigv4 import ALGORITHM, TOKENS, Signature, over, prove, read_signature, resign
from warden.credentials.source import Source, Stated, selected_profile
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, HttpResponse
from warden.redact import etag

#: Seconds between a signature's date and the clock here, at most: what AWS allows.
CLOCK_LIMIT = 900.0

_ACCOUNT = re.compile(r"[0-9]{12}")
#: Seconds that the dummies of the metadata services are good for, as those of an instance.
ROLE_LIFE = 21_600.0
#: Operations that return credentials of the caller's own account, and do not say which that is.
_OWN_ACCOUNT = frozenset({"sts:GetSessionToken", "iam:CreateAccessKey"})


class AwsBroker:
    """One session's AWS identities: one dummy for the default identity and one for each profile.

    `environment` is the calling user's, `home` their home; nothing is read from the process's own. `run_as` is the user and group id to read files
    and start processes as, where the worker is root and the user is not. `writable`: see `Outside`.
    `adopt` is told each secret that AWS returned, and the dummy that stands for it; and each that is about to be sent to AWS, without one, because an
    error quotes what was signed: the session's token is in the text of ``SignatureDoesNotMatch``.
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
        adopt: Callable[[str, str], object] = lambda _secret, _stand_in: None,
    ) -> None:
        self._adopt = adopt
        self._told: set[str] = set()
        self._config = config
        self._now = now
        self._outside = Outside(environment, home, run_as, writable)
        self._sources: dict[str, tuple[KeyPair, Source | Stated]] = {}
        self._profiles: dict[str, KeyPair] = {}
        self._settings: Profiles = {}
        self._default: KeyPair | None = None
        if config.enabled:
            self._choose()
        self._minted = Minted(now)
        self._accounts = self._stated_accounts()
        self._role: KeyPair | None = None
        region = self._regions().get("AWS_REGION") or self._settings.get(selected_profile(environment), {}).get("region", "")
        self._imds = Imds(self._role_keys, region, lambda: self._accounts.get(self._own().access_key, ""), now)

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
        """Variables for the sandboxed process: dummies where the default identity is not in the files, and regions. The container's endpoint is
        named for tools that have neither; the instance's stays off for those that can be told, and answers those that cannot.
        """
        result = self._regions()
        result["AWS_EC2_METADATA_DISABLED"] = "true"
        if self._config.enabled:
            result["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = self._imds.container_path
        # Directory buckets hand out session keys. Those are swapped as any; but a policy may deny every call that returns credentials (`no-destroy`
        # does), and a bucket whose requests are signed as any other's needs none.
        result["AWS_S3_DISABLE_EXPRESS_SESSION_AUTH"] = "true"
        if self._default is not None:
            result["AWS_ACCESS_KEY_ID"] = self._default.access_key
            result["AWS_SECRET_ACCESS_KEY"] = self._default.secret_key
        name = selected_profile(self._outside.environment)
        if not self._config.profile and name != "default" and name in self._profiles:
            result["AWS_PROFILE"] = name
        return result

    def _regions(self) -> dict[str, str]:
        """The variables that the sandbox may have as they are, with the region under both of its names."""
        result = self._outside.variables()
        region = self._config.region
        if region:
            result["AWS_REGION"] = result["AWS_DEFAULT_REGION"] = region
        elif either := result.get("AWS_REGION") or result.get("AWS_DEFAULT_REGION"):
            result.setdefault("AWS_REGION", either)
            result.setdefault("AWS_DEFAULT_REGION", either)
        return result

    def _own(self) -> KeyPair:
        """The dummy of the default identity."""
        return self._default or self._profiles[selected_profile(self._outside.environment)]

    def _role_keys(self) -> KeyPair:
        """Dummies of the default identity as a role has them: with a token and an expiry, which comes before anybody waits for it."""
        now = self._now()
        if self._role is None or (self._role.expires or 0.0) - now < ROLE_LIFE / 6 or self._minted.get(self._role.access_key) is None:
            self._role = temporary(now + ROLE_LIFE)
            own = self._own()
            self._accounts.pop(self._minted.add(self._role, self._sources[own.access_key][1]), None)
            if own.access_key in self._accounts:
                self._accounts[self._role.access_key] = self._accounts[own.access_key]
        return self._role

    def local(self, request: HttpRequest) -> HttpResponse | None:
        """The answer of AWS's metadata services. None where it is not for them, or this session has no AWS credentials."""
        return self._imds.answer(request) if self._config.enabled else None

    def files(self) -> dict[str, bytes]:
        """The synthetic ``~/.aws``: file name to content. Regions and formats of each profile, and dummies."""
        if not self._profiles:
            return {}
        lines = ["# Made by warden: these keys are dummies, good only inside this session."]
        for name, keys in self._profiles.items():
            lines += [f"[{name}]", f"aws_access_key_id = {keys.access_key}", f"aws_secret_access_key = {keys.secret_key}"]
        credentials = ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")
        return {"config": config_text(self._settings), "credentials": credentials}

    def accounts(self) -> Mapping[str, str]:
        """Dummy access key id -> account number, where the configuration, the profile or the environment says it: ARNs are filled with it.
        It grows as AWS hands out credentials.
        """
        return self._accounts

    def _stated_accounts(self) -> dict[str, str]:
        stated = self._config.account or self._outside.environment.get("AWS_ACCOUNT_ID", "")
        found = {keys.access_key: self._settings.get(name, {}).get("aws_account_id", "") for name, keys in self._profiles.items()}
        if self._default is not None:
            found[self._default.access_key] = self._config.account or found.get(self._default.access_key) or stated
        return {key: account for key, account in found.items() if _ACCOUNT.fullmatch(account)}

    def needs_body(self, request: HttpRequest) -> bool:
        """Whether `authorize` must have the body: a signature over it that no header repeats."""
        if "X-Amz-Signature=" in request.target:
            with suppress(CredentialError):  # `authorize` meets the same error and denies with it
                return presigned_payloads(request, read_presigned(request)) == ()
        authorization = request.header_values("authorization")
        return any(value.startswith("AWS4-") for value in authorization) and not request.header_values("x-amz-content-sha256")

    def authorize(self, request: HttpRequest, actions: Sequence[Action], asked: HttpRequest | None = None) -> HttpRequest:
        """`request` with real credentials, or as it is when it asks for none. Raises CredentialError when it cannot be given any.

        `asked` is the request that the agent signed, where `request` has secrets in it since (`refilled`).

        A request that was decided on as another provider's is not ours to sign.
        """
        if not any(action.provider == "aws" for action in actions):
            return request
        check_host(request, actions)
        if asked is not None and asked is not request:
            if is_brought(asked, request):
                return request
            self.authorize(asked, actions)
            request = refilled(asked, request, self._signer(asked))
        authorization = only(request, "authorization")
        in_query = names_of(request.target.partition("?")[2]) & QUERY_SIGNATURES
        if authorization is None:
            if in_query:
                return self._swap_presigned(request, in_query)
            check_unsigned(request)
            return request
        check_scheme(authorization)
        if in_query:
            raise CredentialError("two-signatures", "The request is signed in its query and in its headers.", "Sign it in one place.")
        signature = read_signature(authorization)
        return request if self._passes(signature) else self._swap(request, signature)

    def _signer(self, request: HttpRequest) -> KeyPair:
        """The dummy that signed a request which `authorize` has taken; none for one that is not signed in its headers."""
        authorization = request.header("authorization") or ""
        if not authorization.startswith(ALGORITHM):
            return KeyPair("", "")
        access_key = read_signature(authorization).access_key
        found = self._sources.get(access_key) or self._minted.get(access_key)
        return found[0] if found else KeyPair("", "")

    def _swap(self, request: HttpRequest, signature: Signature) -> HttpRequest:
        tokens = [value for name in TOKENS for value in request.header_values(name)]
        made, source = self._identity(signature.access_key, tokens)
        check_signed_headers(request, signature)
        timestamp = self._timestamp(request, signature)
        payload = payload_hash(request)
        if signature.algorithm != ALGORITHM and payload in (CHUNKS, CHUNKS_AND_TRAILER):
            raise CredentialError("chunk-signatures", "Head and chunks are signed by different algorithms.", "Sign both by the same.")
        proof = prove(request, signature, made, timestamp, payload)
        if (sent := etag.restored(request)) is not request:
            request, proof = sent, over(sent, signature, proof, payload)
        real = self._real(source)
        out = resign(request, signature, proof, real)
        if payload not in (CHUNKS, CHUNKS_AND_TRAILER):
            return out
        head = read_signature(out.header_values("authorization")[0]).value
        sides = Signer(made, signature.value), Signer(real, head)

        def rewrite() -> Chunks:
            return Chunks(signature, timestamp, *sides, trailer=payload == CHUNKS_AND_TRAILER)

        if request.body is None:
            return replace(out, rewrite=rewrite)
        chunks = rewrite()
        return replace(out, body=chunks.feed(request.body) + chunks.end())

    def _swap_presigned(self, request: HttpRequest, names: frozenset[str]) -> HttpRequest:
        if "awsaccesskeyid" in names:
            raise sigv2()
        presigned = read_presigned(request)
        signature = presigned.signature
        if self._passes(signature):
            return request
        beside = [value for name in TOKENS for value in request.header_values(name)]
        made, source = self._identity(signature.access_key, [*beside, *([presigned.token] if presigned.token is not None else [])])
        check_signed_headers(request, signature)
        if beside or request.header_values("x-amz-date"):
            raise CredentialError(
                "two-signatures", "The URL is presigned and has a token or date in its headers too.", "Send the URL alone."
            )
        self._check_window(presigned)
        payloads = presigned_payloads(request, presigned) or (hashlib.sha256(body_of(request)).hexdigest(),)
        proof = prove(presigned.unsigned, signature, made, presigned.timestamp, *payloads)
        return resign_presigned(request, presigned, proof, self._real(source))

    def _real(self, source: Source | Stated) -> KeyPair:
        """The real keys, of which no secret comes back from now on."""
        keys = source.keys()
        for secret in (keys.secret_key, keys.token):
            if secret and secret not in self._told:
                self._told.add(secret)
                self._adopt(secret, "")
        return keys

    def _passes(self, signature: Signature) -> bool:
        """Whether `signature` is by somebody else's key, and the user lets those pass."""
        return self._config.allow_foreign and signature.access_key not in self._sources and not self._minted.knows(signature.access_key)

    def _identity(self, access_key: str, tokens: Sequence[str]) -> tuple[KeyPair, Source | Stated]:
        """The dummy of this id, and where its real keys come from. `tokens` are all session tokens that the request has."""
        if not self._config.enabled:
            raise CredentialError(
                "credentials-disabled",
                "AWS credentials are turned off for this session.",
                "Set credentials.aws.enabled to true in warden.yaml.",
            )
        made, source = self._sources.get(access_key) or self._minted.get(access_key) or (None, None)
        # A dummy without a token has to come without one, and one of a session with its own and no other's.
        if made is None or source is None or list(tokens) != ([made.token] if made.token else []):
            raise CredentialError(
                "foreign-credentials",
                "The request is signed with AWS credentials that are not this session's.",
                "Use those in the environment, in ~/.aws, or that a call made inside has returned, each key with its own token; "
                "credentials.aws.allow_foreign in warden.yaml lets others pass.",
            )
        return made, source

    def answers(self, request: HttpRequest, actions: Sequence[Action]) -> bool:
        """Whether the answer holds credentials that `receive` swaps: it is then read whole."""
        return any(action.provider == "aws" and action.operation.rpartition(":")[2] in RETURNING for action in actions)

    def receive(self, request: HttpRequest, actions: Sequence[Action], response: HttpResponse) -> HttpResponse:
        """`response` to `request` (as it was ruled on), dummies in the place of credentials. Raises CredentialError when it cannot be read."""
        if not self.answers(request, actions) or not 200 <= response.status < 300:
            return response
        swapped = swap(response)
        caller = self._accounts.get(signer(request), "") if all(a.operation in _OWN_ACCOUNT for a in actions) else ""
        for made, real in swapped.pairs:
            gone = self._minted.add(made, Stated(real))
            self._accounts.pop(gone, None)
            for secret, stand_in in ((real.access_key, made.access_key), (real.secret_key, made.secret_key), (real.token, made.token)):
                if secret and stand_in:
                    self._adopt(secret, stand_in)
            if _ACCOUNT.fullmatch(account := swapped.account or caller):
                self._accounts[made.access_key] = account
        return swapped.response

    def _check_window(self, presigned: Presigned) -> None:
        """Raises CredentialError for a URL that is not good yet, or not any more."""
        moment = moment_of(presigned.timestamp)
        if moment is None or not presigned.timestamp.startswith(presigned.signature.date):
            raise CredentialError("bad-date", "The presigned URL has no readable X-Amz-Date of the day of its scope.")
        age = self._now() - moment.timestamp()
        if age < -CLOCK_LIMIT:
            raise CredentialError("clock-skew", f"The URL was presigned {-age / 60:.0f} minutes from now.", "Set the clock.")
        if age > presigned.expires:
            raise CredentialError(
                "expired-signature", f"The presigned URL expired {(age - presigned.expires) / 60:.0f} minutes ago.", "Presign it again."
            )

    def _timestamp(self, request: HttpRequest, signature: Signature) -> str:
        """The moment that was signed, as YYYYMMDDTHHMMSSZ: it is kept, so that SDKs which correct a wrong clock go on doing so."""
        stated = only(request, "x-amz-date")
        try:
            if stated is None:
                moment = parsedate_to_datetime(only(request, "date") or "").astimezone(UTC)
            elif (found := moment_of(stated)) is not None:
                moment = found
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
