"""What stands for a secret inside: random, of the shape that clients need, and without a bit of the secret in it.

Random and not a digest: a digest could be computed for a guess. ASCII letters and digits only, so that URLs, JSON, XML, YAML and shells leave them as
they are; beyond that, each shape says what its readers check.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import string
from collections.abc import Callable

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

#: What a placeholder begins with, or has behind its provider's prefix, where the shape leaves room for it.
MARK = "wrdn"
#: Random characters of a placeholder without a shape, 5 bits each.
LENGTH = 24
#: Characters that are drawn at once.
_DRAWN = 32

_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_ALPHANUMERIC = string.ascii_letters + string.digits

#: Prefixes that clients look at before they use a token; the longest that fits is kept.
_PREFIXES = re.compile(
    r"github_pat_|gh[opsur]_|gl(?:pat|ptt|rt|dt|cbt|ft|soat|agent|imt|oas|ffct)-|xox[a-z]-|xapp-|sk-ant-[a-z0-9]+-|sk-proj-|sk-svcacct-|sk-or-v1-|sk-"
    r"|[sr]k_(?:live|test)_|whsec_|SG\.|npm_|pypi-|dckr_[a-z]+_|hv[sbr]\.|s\.|hf_|ya29\.|1//|GOCSPX-|AIza|AKIA|ASIA|dop_v1_|doo_v1_|shpat_|shpss_"
    r"|lin_api_|ntn_|secret_|key-|pat-|figd_|sntrys_|glc_|glsa_|dapi|rubygems_|AGE-SECRET-KEY-1|eyJ"
)
_ACCESS_KEY_ID = re.compile(r"A[A-Z]{3}[A-Z2-7]{16}")
_JWT = re.compile(r"(eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.)([A-Za-z0-9_-]+)")
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?)-----")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HEX = re.compile(r"(?:[0-9a-f]{2}){16,128}|(?:[0-9A-F]{2}){16,128}")
_KUBEADM = re.compile(r"[a-z0-9]{6}\.[a-z0-9]{16}")

#: Bits of the RSA keys that are made: enough for every client; a larger one takes seconds.
_RSA_BITS = 2048


def make(secret: str, shape: str = "") -> str:
    """A new placeholder for `secret`, never the same twice. `shape` is a name from `SHAPES` where the finder knows it; else the look says."""
    if shape in SHAPES:
        return SHAPES[shape](secret)
    if _PEM.search(secret):
        return _private_key(secret)
    if _ACCESS_KEY_ID.fullmatch(secret):
        return _access_key_id(secret)
    if match := _JWT.fullmatch(secret):
        return match[1] + _random(len(match[2]), _ALPHANUMERIC)
    if _UUID.fullmatch(secret):
        raw = secrets.token_hex(16)
        return "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))
    if _HEX.fullmatch(secret):
        made = secrets.token_hex(len(secret) // 2)
        while not re.search("[a-df]", made):  # all digits, or digits and an e, would be a number in YAML
            made = secrets.token_hex(len(secret) // 2)
        return made if secret.lower() == secret else made.upper()
    if _KUBEADM.fullmatch(secret):
        return f"{_random(6, _BASE32)}.{_random(16, _BASE32)}"
    if (match := _PREFIXES.match(secret)) and len(secret) > match.end() + len(MARK) + 12:
        return match[0] + MARK + _random(max(LENGTH, len(secret) - match.end() - len(MARK)), _ALPHANUMERIC)
    return plain(secret)


def plain(_secret: str = "") -> str:
    """A placeholder without a shape."""
    return MARK + _random(LENGTH, _BASE32)


def _random(length: int, alphabet: str) -> str:
    made = []
    number = 0
    for at in range(length):
        if at % _DRAWN == 0:
            number = secrets.randbelow(len(alphabet) ** _DRAWN)  # asks the kernel once for all of these
        number, digit = divmod(number, len(alphabet))
        made.append(alphabet[digit])
    return "".join(made)


def _access_key_id(secret: str) -> str:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html: the prefix says what the id is of.
    prefix = secret[:4] if re.fullmatch("A[A-Z]{3}[A-Z0-9]{12,124}", secret) else "AKIA"
    return prefix + _random(16, _BASE32.upper())


def _session_token(secret: str) -> str:
    # Of the order of the real one's length: clients that store it have a column that wide.
    return "IQoJb3JpZ2luX2Vj" + _random(min(max(len(secret) - 16, 128), 1024), _ALPHANUMERIC)


def _private_key(secret: str) -> str:
    """A fresh key of the same kind and format, where it can be read; else the same armour around random text."""
    label = _PEM.search(secret)
    armour = label[1] if label else "PRIVATE KEY"
    try:
        if armour == "OPENSSH PRIVATE KEY":
            key = serialization.load_ssh_private_key(secret.encode(), None)
            form = serialization.PrivateFormat.OpenSSH
        else:
            # Only its kind is asked for: whether its numbers are primes takes 20 ms to find out.
            key = serialization.load_pem_private_key(secret.encode(), None, unsafe_skip_rsa_key_validation=True)  # type: ignore[assignment]
            form = serialization.PrivateFormat.PKCS8 if armour == "PRIVATE KEY" else serialization.PrivateFormat.TraditionalOpenSSL
        text = _another(key).private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
    except (ValueError, TypeError, UnsupportedAlgorithm, binascii.Error):
        return armoured(secret)
    return text if secret.endswith("\n") else text.rstrip("\n")


def armoured(secret: str) -> str:
    """Random text in the armour of a key."""
    label = _PEM.search(secret)
    armour = label[1] if label else "PRIVATE KEY"
    lines = [base64.b64encode(secrets.token_bytes(48)).decode() for _ in range(8)]
    text = "\n".join([f"-----BEGIN {armour}-----", *lines, f"-----END {armour}-----", ""])
    return text if secret.endswith("\n") else text.rstrip("\n")


def is_key(secret: str) -> bool:
    """Whether `make` makes a key for it, which takes a while: an RSA key some hundredths of a second."""
    return _PEM.search(secret) is not None


def _another(key: object) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey:
    match key:
        case rsa.RSAPrivateKey():
            return rsa.generate_private_key(65537, _RSA_BITS)
        case ec.EllipticCurvePrivateKey():
            return ec.generate_private_key(key.curve)
        case ed25519.Ed25519PrivateKey():
            return ed25519.Ed25519PrivateKey.generate()
        case ed448.Ed448PrivateKey():
            return ed448.Ed448PrivateKey.generate()
        case dsa.DSAPrivateKey() | _:
            raise ValueError("no key of this kind is made")


#: Shapes that a finder may name (the schema layer knows them where the value's own look does not tell).
SHAPES: dict[str, Callable[[str], str]] = {
    "aws-access-key-id": _access_key_id,
    "aws-secret-access-key": lambda _: MARK + _random(36, _ALPHANUMERIC),
    "aws-session-token": _session_token,
    "plain": plain,
    "json-text": lambda secret: f'"{plain()}"' if secret.startswith('"') else plain(),
}
