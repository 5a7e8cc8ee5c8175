"""The session's own certificate authority: made in memory, trusted in one sandbox, gone with the session.

Its private key never leaves the worker's memory and nothing is written to disk: what the sandbox gets is `SessionCA.pem`, the certificate.
No name constraints: the names that will be asked for are not known beforehand, and who holds this CA in its trust store is the sandbox alone,
where every connection ends at the worker anyway. What bounds it is its life (seven days) and `pathlen:0` (it can sign leaves only).

Accepted by the strict verifiers (Python 3.13's ``VERIFY_X509_STRICT``, Go, Java, Node): RFC 5280 wants subject and authority key
identifiers (4.2.1.1, 4.2.1.2), critical basic constraints and key usage on the CA (4.2.1.9, 4.2.1.3), and the name in subjectAltName.
https://www.rfc-editor.org/rfc/rfc5280
"""

from __future__ import annotations

import datetime
import ipaddress
import secrets
from collections import OrderedDict

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

#: No session is meant to last longer; a stolen trust store is worth nothing a week later.
LIFETIME = datetime.timedelta(days=7)
#: Certificates start a little in the past, for clocks that are set back while a session runs.
BACKDATED = datetime.timedelta(hours=1)
#: Leaves kept; the least recently used goes first and is made anew (about 0.2 ms) when asked for.
LEAVES = 512

_CA_USAGE = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
_LEAF_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


class SessionCA:
    """One session's CA and its leaves. Not thread-safe: it belongs to one worker's event loop."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        #: The key of every leaf, never the CA's own.
        self.leaf_key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.UTC)
        self._from, self._until = now - BACKDATED, now - BACKDATED + LIFETIME
        # The random part keeps two sessions' authorities apart in whatever store or log they meet.
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Warden"),
                x509.NameAttribute(NameOID.COMMON_NAME, f"Warden session CA {secrets.token_hex(4)}"),
            ]
        )
        public = self._key.public_key()
        self.certificate = (
            self._builder(subject, subject, public)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_CA_USAGE, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self._leaves: OrderedDict[str, x509.Certificate] = OrderedDict()

    @property
    def pem(self) -> bytes:
        """The CA's certificate, PEM: what the sandbox is told to trust."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def leaf(self, name: str) -> x509.Certificate:
        """A certificate for this host name (ASCII) or literal address, with `leaf_key`. Raises ValueError when it cannot be a name."""
        found = self._leaves.get(name)
        if found is not None:
            self._leaves.move_to_end(name)
            return found
        leaf = self._sign_leaf(name)
        self._leaves[name] = leaf
        if len(self._leaves) > LEAVES:
            self._leaves.popitem(last=False)
        return leaf

    def _sign_leaf(self, name: str) -> x509.Certificate:
        try:
            alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            if not name or len(name) > 253:
                raise ValueError(f"{name[:64]!r} cannot be a host name") from None
            alternative = x509.DNSName(name)
        # A common name holds 64 characters at most, and clients have not read it for years: the name is in subjectAltName.
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name if len(name) <= 64 else "warden")])
        return (
            self._builder(subject, self.certificate.subject, self.leaf_key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_LEAF_USAGE, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def _builder(self, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._from)
            .not_valid_after(self._until)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
