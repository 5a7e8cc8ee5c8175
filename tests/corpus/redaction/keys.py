"""Private keys and certificates: real ones, computed from a seed so that two runs have the same, and once per run because primes cost time."""

from __future__ import annotations

import base64
import datetime
import functools
import json
import math
import random
from collections.abc import Mapping

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

_SMALL = [p for p in range(3, 2000, 2) if all(p % q for q in range(3, math.isqrt(p) + 1, 2))]
_BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def _prime(source: random.Random, bits: int) -> int:
    while True:
        number = source.getrandbits(bits) | 1 | (3 << (bits - 2))
        if any(number % p == 0 for p in _SMALL) or number % 65537 == 1:
            continue
        if all(pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7)):  # Fermat: enough for a key that guards nothing
            return number


@functools.cache
def _rsa(seed: str) -> rsa.RSAPrivateKey:
    source = random.Random(f"rsa:{seed}")
    p, q = _prime(source, 1024), _prime(source, 1024)
    d = pow(65537, -1, math.lcm(p - 1, q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


def _ec(seed: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(random.Random(f"ec:{seed}").getrandbits(250) + 2, ec.SECP256R1())


def rsa_pkcs1(seed: str) -> str:
    """``BEGIN RSA PRIVATE KEY``, 2048 bits, with its newline at the end."""
    return _rsa(seed).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def rsa_pkcs8(seed: str) -> str:
    """``BEGIN PRIVATE KEY``, as Google and Kubernetes give it."""
    return _rsa(seed).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def ec_sec1(seed: str) -> str:
    """``BEGIN EC PRIVATE KEY``, P-256."""
    return _ec(seed).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def ec_pkcs8(seed: str) -> str:
    return _ec(seed).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def openssh(seed: str) -> str:
    """``BEGIN OPENSSH PRIVATE KEY``, ed25519. Written by hand (PROTOCOL.key of OpenSSH), because the library draws a random check number."""
    raw = random.Random(f"ssh:{seed}").randbytes(36)
    public = ed25519.Ed25519PrivateKey.from_private_bytes(raw[:32]).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def field(data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + data

    shown = field(b"ssh-ed25519") + field(public)
    hidden = raw[32:] * 2 + shown + field(raw[:32] + public) + field(b"deploy@ci")
    hidden += bytes(range(1, 1 + -len(hidden) % 8))
    blob = b"openssh-key-v1\0" + field(b"none") + field(b"none") + field(b"") + (1).to_bytes(4, "big") + field(shown) + field(hidden)
    return _armor("OPENSSH PRIVATE KEY", blob, 70)


def pgp(seed: str) -> str:
    """``BEGIN PGP PRIVATE KEY BLOCK``: the armour and the packet tag are right (RFC 9580, sections 6 and 4), the packet's inside is noise."""
    data = b"\x95\x01\xd8\x04" + random.Random(f"pgp:{seed}").randbytes(471)
    lines = _armor("PGP PRIVATE KEY BLOCK", data, 64).split("\n")
    check = "=" + base64.b64encode(data[-3:]).decode()
    return "\n".join([lines[0], "", *lines[1:-2], check, *lines[-2:]])


def _armor(label: str, data: bytes, width: int) -> str:
    text = base64.b64encode(data).decode()
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


@functools.cache
def certificate(seed: str) -> str:
    """A certificate of its own P-256 key... signed by an RSA key, whose signatures are the same every time."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{seed}-ca")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(_ec(seed).public_key())
    builder = builder.serial_number(random.Random(f"serial:{seed}").getrandbits(120)).not_valid_before(_BEGIN)
    built = builder.not_valid_after(_BEGIN + datetime.timedelta(days=3650)).sign(_rsa("authority"), hashes.SHA256())
    return built.public_bytes(Encoding.PEM).decode()


def public(seed: str) -> str:
    """``BEGIN PUBLIC KEY``, P-256."""
    return _ec(seed).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def rs256(claims: Mapping[str, object], key_id: str) -> str:
    """A JSON Web Token, really signed."""

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    header = {"alg": "RS256", "kid": key_id}
    text = ".".join(part(json.dumps(piece, separators=(",", ":")).encode()) for piece in (header, claims))
    return text + "." + part(_rsa("authority").sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))


def service_account(name: str, project: str, namespace: str, uid: str) -> str:
    """A Kubernetes service account's token, as the TokenRequest API signs it."""
    inside = {"namespace": namespace, "serviceaccount": {"name": name, "uid": uid}}
    claims = {
        "aud": [f"https://{project}.svc"],
        "exp": 1795600000,
        "iat": 1795596400,
        "iss": f"https://{project}.svc",
        "kubernetes.io": inside,
        "sub": f"system:serviceaccount:{namespace}:{name}",
    }
    return rs256(claims, base64.urlsafe_b64encode(project.encode()).decode().rstrip("="))
