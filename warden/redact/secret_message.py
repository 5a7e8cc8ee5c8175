"""A Kubernetes Secret in protobuf, as Go's typed clients (``kubectl create secret``) send it: its values changed, the lengths made to fit.

::

    k8s\\0  Unknown { 1: TypeMeta { 1: apiVersion, 2: kind }, 2: raw, 3: contentEncoding }      raw: Secret { 2: data, 4: stringData }

Each entry of a map is a message, ``{ 1: key, 2: value }``; a value of `data` is the bytes themselves, in no base64.
https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding-idl, and generated.proto of k8s.io/api/core/v1.
"""

from __future__ import annotations

from collections.abc import Callable

from warden.redact.protobuf import change, values

TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\0"
_MAPS = {2: "data", 4: "stringData"}


def fill(body: bytes, make: Callable[[bytes, tuple[str, str]], bytes]) -> bytes:
    """`body` with each value of the Secret in it as `make` gives it, which is told the map and the key. What is no Secret stays as it is."""
    if not body.startswith(_MAGIC):
        return body
    envelope = body[len(_MAGIC) :]
    try:
        kinds = [kind for meta in values(envelope, 1) for kind in values(meta, 2)]
        if kinds != [b"Secret"] or any(values(envelope, 3)):
            return body
        return _MAGIC + change(envelope, 2, lambda raw: _secret(raw, make))
    except ValueError:  # no message, or a key that is no text
        return body


def _secret(raw: bytes, make: Callable[[bytes, tuple[str, str]], bytes]) -> bytes:
    for number, name in _MAPS.items():

        def entry(pair: bytes, name: str = name) -> bytes:
            (key,) = values(pair, 1)
            return change(pair, 2, lambda value: make(value, (name, key.decode())))

        raw = change(raw, number, entry)
    return raw
