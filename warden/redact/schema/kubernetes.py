"""Kubernetes' Secrets, wherever an API server answers with one.

==========================================  ==========================================================================================
``Secret``, ``SecretList``                  each value under ``data`` and ``stringData``
a watch event, a ``Table``                  the same in its ``object``, in ``rows[].object``
an annotation that holds a manifest         the same in it (`manifest`): kubectl's last-applied-configuration, kapp's original
``serviceaccounts/token``, token reviews    the token
pods, and what has a template of them       the values of environment variables: shape ``env``, for they are secret only by their names
==========================================  ==========================================================================================

Readable stay ``ca.crt``, ``tls.crt`` and ``namespace`` of service account tokens and TLS Secrets, and only if they are certificates or a name.
Kubernetes says which keys have a meaning: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from warden.redact import json_spans
from warden.redact.schema import manifest
from warden.redact.schema.field import Field, Replace, SchemaError, read, spliced
from warden.redact.spans import Path, SpanError

#: What has the values of environment variables in it, by ``[group/]resource``.
TEMPLATED = frozenset({
    "pods", "podtemplates", "replicationcontrollers", "apps/controllerrevisions", "apps/daemonsets", "apps/deployments", "apps/replicasets",
    "apps/statefulsets", "batch/cronjobs", "batch/jobs", "extensions/daemonsets", "extensions/deployments", "extensions/replicasets",
})  # fmt: skip
#: Where a token is, by ``[group/]resource``.
TOKENS = {
    "serviceaccounts/token": ("status", "token"),
    "authentication.k8s.io/tokenreviews": ("spec", "token"),
}
#: Types of which the keys in `PUBLIC` mean what they say.
_KEYED = frozenset({"kubernetes.io/service-account-token", "kubernetes.io/tls"})
#: Of a bootstrap token, all but the token's secret half: https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
_BOOTSTRAP = frozenset(
    {"token-id", "expiration", "description", "usage-bootstrap-authentication", "usage-bootstrap-signing", "auth-extra-groups"}
)
PUBLIC = frozenset({"ca.crt", "tls.crt", "namespace"})
#: What clients parse in a value: keys of Secret's own types.
_SHAPES = {
    ".dockerconfigjson": "json", ".dockercfg": "json", "tls.key": "pem", "ssh-privatekey": "pem",
}  # fmt: skip
#: Subresources that answer with the object itself.
_WHOLE = frozenset({"", "status", "finalize", "ephemeralcontainers", "resize"})
_CERTIFICATES = re.compile(rb"\s*(?:-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)-----END CERTIFICATE-----\s*)+")
_ONE = re.compile(rb"-----BEGIN CERTIFICATE-----([^-]+)-----END")
_LABEL = re.compile(rb"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
#: Annotations that are a Secret's content in a form that is not read.
_OPAQUE = ("objectset.rio.cattle.io/applied",)


@dataclass(frozen=True, slots=True)
class Found:
    """`warden.redact.schema.Secrets` of an answer about `resource`."""

    resource: str

    @property
    def certain(self) -> bool:
        """See `Secrets.certain`."""
        return self.resource not in TEMPLATED

    def find(self, body: bytes, content_type: str) -> list[Field]:
        """See `Secrets.find`."""
        try:
            if not body.strip():
                return []
            essence = content_type.partition(";")[0].strip().lower()
            if essence not in ("", "application/json", "text/plain"):
                raise SchemaError(
                    "unread-format", "The answer holds Secrets, and is in a format that is not read. Ask for application/json."
                )
            return sorted(self._json(body), key=lambda field: field.start)
        except SpanError as error:
            raise SchemaError(error.code, error.message) from None

    def rewrite(self, body: bytes, content_type: str, replace: Replace) -> bytes:
        """See `Secrets.rewrite`."""
        return spliced(body, self.find(body, content_type), replace)

    def _json(self, body: bytes) -> Iterator[Field]:
        spans = list(json_spans.lines(body))
        if self.resource in TOKENS:
            wanted = TOKENS[self.resource]
            for path, start, end in spans:
                if path[-2:] == wanted:
                    yield Field(start, end, f"kubernetes:{self.resource}.{'.'.join(wanted)}", "json")
        elif self.resource == "secrets":
            types = {path[:-1]: json_spans.decode(body[start:end]) for path, start, end in spans if path[-1] == "type"}
            for path, start, end in spans:
                yield from _of_secret(body, path, start, end, types)
        else:
            names = {path[:-1]: json_spans.decode(body[start:end]) for path, start, end in spans if path[-1] == "name"}
            for path, start, end in spans:
                if path[-1] == "value" and len(path) > 3 and path[-3] == "env":
                    yield Field(start, end, f"kubernetes:{self.resource}.env", "json", "", "env", names.get(path[:-1], ""))


def secrets(operation: str) -> Found | None:
    """What is secret in the answer to `operation`, ``[group/]resource[/subresource]:verb``; None for nothing."""
    asked = operation.rpartition(":")[0]
    if asked in TOKENS or asked == "secrets" or asked in TEMPLATED:
        return Found(asked)
    resource, slash, subresource = asked.rpartition("/")
    if slash and subresource in _WHOLE and (resource == "secrets" or resource in TEMPLATED):
        return Found(resource)
    return None


def _of_secret(body: bytes, path: Path, start: int, end: int, types: dict[Path, str]) -> Iterator[Field]:
    """The fields in the text at `path` of an answer about Secrets."""
    where, key = path[-2:-1], path[-1]
    if where in (("data",), ("stringData",)) and _is_object(path[:-2]):
        encoded = where == ("data",)
        type_ = types.get(path[:-2], "")
        if not public(type_, str(key), read(body[start:end], "json"), encoded):
            yield field(start, end, str(where[0]), str(key), type_, "json")
    elif path[-3:-1] == ("metadata", "annotations"):
        name = str(key)
        raw = body[start:end]
        if name in _OPAQUE:
            yield Field(start, end, f"kubernetes:secrets.annotations.{name}", "json")
        elif raw.lstrip()[:1] == b"{":
            yield from _in_manifest(raw, start, name)


def _in_manifest(raw: bytes, offset: int, name: str) -> Iterator[Field]:
    try:
        for first, last, kind, key, type_ in manifest.values(raw):
            value = read(raw[first:last], "json/json")
            if not public(type_, key, value, kind == "data"):
                yield field(first + offset, last + offset, kind, key, type_, "json/json")
    except SpanError:  # whatever it is, it is on a Secret
        yield Field(offset, offset + len(raw), f"kubernetes:secrets.annotations.{name}", "json")


def field(start: int, end: int, where: str, key: str, type_: str, encoding: str) -> Field:
    """The field of one value of a Secret of type `type_`, under `key` in ``data`` or ``stringData``."""
    shape = _SHAPES.get(key, "")
    if type_ == "helm.sh/release.v1" and key == "release":
        shape = "helm-release"
    transform = "base64" if where == "data" and encoding != "raw" else ""
    return Field(start, end, f"kubernetes:secrets.{where}", encoding, transform, shape, key)


def public(type_: str, key: str, value: bytes, encoded: bool) -> bool:
    """Whether a value of a Secret is public by nature: `PUBLIC`, and looks like what its key says. `encoded`: `value` is base64."""
    if not value:
        return True  # nothing is no secret
    if type_ == "bootstrap.kubernetes.io/token":
        return key in _BOOTSTRAP
    if type_ not in _KEYED or key not in PUBLIC:
        return False
    if encoded:
        try:
            value = base64.b64decode(value, validate=True)
        except binascii.Error:
            return False
    if key == "namespace":
        return _LABEL.fullmatch(value) is not None
    return _are_certificates(value)


def _are_certificates(pem: bytes) -> bool:
    """Whether `pem` is certificates and nothing else: each block's DER is one sequence of its own length."""
    if _CERTIFICATES.fullmatch(pem) is None:
        return False
    for block in _ONE.findall(pem):
        try:
            der = base64.b64decode(b"".join(block.split()), validate=True)
        except binascii.Error:
            return False
        if len(der) < 64 or der[0] != 0x30 or der[1] != 0x82 or int.from_bytes(der[2:4], "big") != len(der) - 4 or der[4] != 0x30:
            return False
    return True


def _is_object(path: Path) -> bool:
    """Whether `path`, without the document's position, is where an object is: the document, an item, an event's, a row's."""
    rest = [key for key in path if type(key) is str]
    return all(key in ("items", "object", "rows") for key in rest)
