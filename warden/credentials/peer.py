"""What a provider knows of an upstream beyond its name: where it really is, what proves it, and what proves us to it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization


@dataclass(frozen=True, slots=True)
class Peer:
    """One upstream that its configuration describes. `host` and `port` are where it is (a loopback address has another name inside); `name` is what
    its certificate must say; `authority` is the PEM of the only CAs that may say so, None for the system's.
    """

    host: str
    port: int
    name: str
    authority: bytes | None = None


@dataclass(frozen=True, slots=True, repr=False)
class ClientCertificate:
    """What we present upstream: PEM of the certificate with its chain, and of its key. Its repr tells nothing."""

    certificate: bytes = field(repr=False)
    key: bytes = field(repr=False)

    def __repr__(self) -> str:
        return "ClientCertificate(redacted)"

    def fingerprint(self) -> str:
        """Names this pair of certificate and key, and no other."""
        return hashlib.sha256(len(self.certificate).to_bytes(8) + self.certificate + self.key).hexdigest()

    def check(self) -> None:
        """ValueError for what is not PEM of a certificate and of the key that it is for."""
        try:
            public = x509.load_pem_x509_certificates(self.certificate)[0].public_key()
            key = serialization.load_pem_private_key(self.key, None)
        except (TypeError, UnsupportedAlgorithm) as error:  # TypeError: it asks for a passphrase
            raise ValueError("the key cannot be read") from error
        if key.public_key() != public:
            raise ValueError("the key is of another certificate")


class Peers(Protocol):
    """Asked when a connection goes out. `certificate` raises CredentialError for an identity that is not there (any more)."""

    def peer(self, host: str, port: int) -> Peer | None: ...

    def certificate(self, identity: str) -> ClientCertificate: ...


class NoPeers:
    """Every upstream is what its name says, and we are nobody."""

    def peer(self, host: str, port: int) -> Peer | None:
        return None

    def certificate(self, identity: str) -> ClientCertificate:
        raise KeyError(identity)
