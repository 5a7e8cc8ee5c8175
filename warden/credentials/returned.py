"""Credentials in AWS's answers: found by the names of their fields, and swapped for dummies of the same length. Pure.

JSON, XML and CBOR alike: an object with an access key's id and its secret is a credential, wherever it stands. Each value is replaced, in the
bytes as they came, by a dummy that is as long, so that format, order and CBOR's lengths stay as they were; then the result is read again, and
has to hold exactly the dummies.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from xml.parsers import expat

from botocore.parsers import ResponseParserError, RpcV2CBORParser

from warden.credentials.dummies import KeyPair, double
from warden.errors import CredentialError
from warden.model import HttpResponse

#: Operations whose answers hold an access key with its secret: every one that botocore's models know (tests/unit/credentials/test_returned.py).
RETURNING = frozenset({
    # sts, iam
    "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "GetDelegatedAccessToken", "GetFederationToken",
    "GetSessionToken", "CreateAccessKey",
    # sso, signin, account-access, cognito-identity, eks-auth, ssm
    "GetRoleCredentials", "CreateOAuth2Token", "GetCredentialsForIdentity", "AssumeRoleForPodIdentity", "GetAccessToken",
    # s3, s3control, lakeformation
    "CreateSession", "GetDataAccess", "AssumeDecoratedRoleWithSAML", "GetTemporaryDataLocationCredentials",
    "GetTemporaryGlueFunctionCredentials", "GetTemporaryGluePartitionCredentials", "GetTemporaryGlueTableCredentials",
    # codepipeline, datazone, deadline, gamelift, lightsail, cloudwatch
    "GetJobDetails", "GetThirdPartyJobDetails", "PollForJobs", "GetConnection", "GetEnvironmentCredentials", "AssumeFleetRoleForRead",
    "AssumeFleetRoleForWorker", "AssumeQueueRoleForRead", "AssumeQueueRoleForUser", "AssumeQueueRoleForWorker", "CreateBuild",
    "GetComputeAccess", "RequestUploadCredentials", "CreateBucketAccessKey", "GetBucketAccessKeys", "GetSpaceCredentialsForOrganization",
    "GetSpaceDataAccess",
})  # fmt: skip

#: Names of the fields, in lower case: protocols and services differ in nothing else.
_ID, _TOKEN = "accesskeyid", "sessiontoken"
_SECRETS = ("secretaccesskey", "secretkey")
_EXPIRIES = ("expiration", "expirationtime", "expiresat")

#: Bytes that a compressed answer may grow to, and structures that may stand in each other.
_MOST, _DEPTH = 16 << 20, 64
#: A number that is this large counts milliseconds: as seconds it would be the year 5138.
_MILLISECONDS = 1e11
#: Headers that the body's bytes are in, as a length or a checksum.
_OF_THE_BODY = frozenset({"content-length", "content-encoding", "content-md5", "x-amz-crc32", "digest", "etag"})
#: Characters of an id, secret or token: less might stand elsewhere in the answer by chance. Emulators have secrets of twelve.
_SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Swap:
    """An answer with dummies, what each stands for as (dummy, real), and the account that an ARN in it names, or ""."""

    response: HttpResponse
    pairs: tuple[tuple[KeyPair, KeyPair], ...]
    account: str


def swap(response: HttpResponse) -> Swap:
    """Raises CredentialError ``unreadable-credentials`` for an answer that cannot be read, or not be written anew."""
    body = _plain(response)
    read = _reader(response)
    found = list(_credentials(read(body)))
    mentioned = any(name in body.lower() for name in (b"secretaccesskey", b"secretkey"))
    if not found:
        if mentioned:
            raise _unreadable("what it says of a secret key is in no known place")
        return Swap(response, (), "")
    pairs = tuple((double(real), real) for real in dict.fromkeys(found))
    for made, real in pairs:
        for new, old in ((made.access_key, real.access_key), (made.secret_key, real.secret_key), (made.token, real.token)):
            if old is not None and new is not None:
                body = _replaced(body, old, new)
    again = [(key.access_key, key.secret_key, key.token) for key in dict.fromkeys(_credentials(read(body)))]
    if again != [(made.access_key, made.secret_key, made.token) for made, _ in pairs]:
        raise _unreadable("its credentials could not be replaced")
    headers = tuple((k, v) for k, v in response.headers if k.lower() not in _OF_THE_BODY and not k.lower().startswith("x-amz-checksum"))
    return Swap(replace(response, headers=headers, body=body), pairs, _account(read(body)))


def _replaced(body: bytes, old: str, new: str) -> bytes:
    """Every occurrence, as it is or with JSON's escaped slashes."""
    if len(old) < _SHORTEST:
        raise _unreadable("one of its credentials is too short to be one")
    for slash in ("/", "\\/"):
        body = body.replace(old.replace("/", slash).encode(), new.replace("/", slash).encode())
    return body


def _credentials(value: Any) -> Iterator[KeyPair]:
    for fields in _structures(value, 0):
        secret = next((fields[name] for name in _SECRETS if isinstance(fields.get(name), str)), None)
        access, token = fields.get(_ID), fields.get(_TOKEN)
        if secret is None or not isinstance(access, str):
            continue
        expiry = next((fields[name] for name in _EXPIRIES if fields.get(name) is not None), None)
        yield KeyPair(access, secret, token if isinstance(token, str) and token else None, _seconds(expiry))


def _structures(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """Every object in `value`, its names in lower case."""
    if depth > _DEPTH:
        raise _unreadable("it nests too deep")
    if isinstance(value, Mapping):
        yield {str(name).lower(): entry for name, entry in value.items()}
        value = list(value.values())
    if isinstance(value, list):
        for entry in value:
            yield from _structures(entry, depth + 1)


def _seconds(expiry: object) -> float | None:
    """A moment as services write it, in seconds since the epoch; None where it says none: then AWS alone says when it is over."""
    match expiry:
        case datetime():
            return (expiry if expiry.tzinfo else expiry.replace(tzinfo=UTC)).timestamp()
        case bool():
            return None
        case int() | float():
            return expiry / 1000 if expiry > _MILLISECONDS else float(expiry)
        case str():
            try:
                return _seconds(datetime.fromisoformat(expiry))
            except ValueError:
                return None
    return None


def _account(value: Any) -> str:
    """Of AssumedRoleUser or FederatedUser, whose ARN is of the account that the credentials act on."""
    for fields in _structures(value, 0):
        parts = str(fields.get("arn", "")).split(":")
        if len(parts) > 5 and parts[0] == "arn" and parts[2] in ("sts", "iam") and parts[4].isdigit():
            return parts[4]
    return ""


# --- formats -------------------------------------------------------------------------------------------------------------------


def _plain(response: HttpResponse) -> bytes:
    codings = [value.strip().lower() for name, value in response.headers if name.lower() == "content-encoding"]
    if codings in ([], ["identity"], [""]):
        return response.body
    if codings != ["gzip"]:
        raise _unreadable("it is compressed otherwise than by gzip")
    stream = zlib.decompressobj(wbits=31)
    try:
        body = stream.decompress(response.body, _MOST)
    except zlib.error:
        raise _unreadable("it is damaged") from None
    if not stream.eof or stream.unused_data:
        raise _unreadable("it is too large")
    return body


def _reader(response: HttpResponse) -> Callable[[bytes], Any]:
    kind = next((value for name, value in response.headers if name.lower() == "content-type"), "").partition(";")[0].strip().lower()
    if kind in ("text/xml", "application/xml") or kind.endswith("+xml"):
        return _xml
    if kind == "application/cbor":
        return _cbor
    return _json


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, object_pairs_hook=_once) if body else {}
    except (ValueError, RecursionError):
        raise _unreadable("it is no JSON") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _cbor(body: bytes) -> Any:
    parser = RpcV2CBORParser()
    stream = parser.get_peekable_stream_from_bytes(body)
    try:
        value = parser.parse_data_item(stream) if body else {}
    except (ResponseParserError, ValueError, TypeError, OverflowError, RecursionError):
        raise _unreadable("it is no CBOR") from None
    if stream.read(1):
        raise _unreadable("there is more behind its end")
    return value


def _xml(body: bytes) -> Any:
    """Elements as objects, by their local names; of those that are there more than once, a list."""
    stack: list[tuple[dict[str, Any], list[str]]] = [({}, [])]

    def start(_name: str, _attributes: dict[str, str]) -> None:
        if len(stack) > _DEPTH:
            raise _unreadable("it nests too deep")
        stack.append(({}, []))

    def end(name: str) -> None:
        children, text = stack.pop()
        parent, local, value = stack[-1][0], name.rpartition(" ")[2], children or "".join(text).strip()
        if local in parent:
            before = parent[local]
            parent[local] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            parent[local] = value

    def declared(*_: Any) -> None:
        raise _unreadable("it declares a document type")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = lambda text: stack[-1][1].append(text)
    parser.StartDoctypeDeclHandler = declared
    try:
        parser.Parse(body, True)
    except expat.ExpatError:
        raise _unreadable("it is no XML") from None
    return stack[0][0]


def _unreadable(why: str) -> CredentialError:
    return CredentialError(
        "unreadable-credentials",
        f"AWS answered with credentials that could not be replaced by dummies: {why}.",
        "The call was made; its answer stays outside. Configure the role as a profile outside the sandbox instead.",
    )
