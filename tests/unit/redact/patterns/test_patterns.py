"""Traffic without secrets is left; blocks are found whole; hostile texts take no longer than others of their size."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.unit.redact.patterns.samples import draw, fill
from tests.unit.redact.patterns.traffic import Traffic
from warden.redact.patterns import Patterns
from warden.redact.patterns.block import ARMOUR, KIND
from warden.redact.patterns.jwt import DOT, ENCODED
from warden.redact.patterns.rules import RULES
from warden.redact.patterns.rules.context import CONTEXT

PATTERNS = Patterns()


def values(text: str) -> list[str]:
    """What was found in `text`."""
    raw = text.encode()
    return [raw[hit.start : hit.end].decode() for hit in PATTERNS.find(raw)]


@pytest.mark.parametrize("seed", range(5))
def test_traffic_without_secrets_is_left(seed: int) -> None:
    text = Traffic(seed).text(400_000)
    assert [(hit.rule, text[hit.start - 40 : hit.end]) for hit in PATTERNS.find(text)] == []


def keys() -> list[str]:
    """Private keys in every armour that `cryptography` writes."""
    none = serialization.NoEncryption()
    secret = serialization.BestAvailableEncryption(b"passphrase")
    pem, format_ = serialization.Encoding.PEM, serialization.PrivateFormat
    large, curve, edwards = (
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate(),
    )
    return [
        large.private_bytes(pem, format_.TraditionalOpenSSL, none).decode(),
        large.private_bytes(pem, format_.TraditionalOpenSSL, secret).decode(),
        large.private_bytes(pem, format_.PKCS8, none).decode(),
        curve.private_bytes(pem, format_.TraditionalOpenSSL, none).decode(),
        curve.private_bytes(pem, format_.PKCS8, secret).decode(),
        edwards.private_bytes(pem, format_.OpenSSH, none).decode(),
    ]


def test_private_keys_are_found_whole() -> None:
    for key in keys():
        block = key.strip()
        assert values(f"a\n{key}b\n{key}") == [block, block]
        escaped = json.dumps(block)[1:-1]
        assert values(json.dumps({"private_key": key, "x": 1})) == [escaped]
        assert values(json.dumps({"a": json.dumps({"private_key": block})})) == [json.dumps(escaped)[1:-1]]


def test_a_pgp_block_is_found_whole_and_a_truncated_key_to_its_end() -> None:
    body = "\n".join(draw("B", 64, random.Random(n)) for n in range(20))
    pgp = "-----BEGIN PGP " + f"PRIVATE KEY BLOCK-----\nVersion: 1\n\n{body}\n=abcd\n-----END PGP " + "PRIVATE KEY BLOCK-----"
    assert values(f"x {pgp} y") == [pgp]
    truncated = "-----BEGIN RSA " + f"PRIVATE KEY-----\n{body}"
    assert values(f'{{"a": "b"}}\n{truncated}') == [truncated]


def test_public_armour_is_left() -> None:
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    ssh = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    assert values(f"{pem}\n{ssh}\n-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----") == []


def token(seed: int) -> str:
    """A JSON Web Token."""

    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    return ".".join(
        (part(b'{"alg":"RS256","typ":"JWT"}'), part(b'{"sub":"%d","iss":"x"}' % seed), part(random.Random(seed).randbytes(256)))
    )


def test_tokens_are_found_whole_in_json_urls_and_headers() -> None:
    one = token(1)
    for text in (one, f'{{"t":"{one}"}}', f"https://h/?access_token={one}&x=1", f"Authorization: Bearer {one}\r\n", f"a\\n{one}\\nb"):
        assert values(text) == [one], text
    encoded = base64.b64encode(one.encode()).decode()
    assert values(f'{{"data": "{encoded}"}}') == [encoded]
    assert values("monkey.eyes.example.com and ../key.eyJ") == []


def test_only_the_values_of_a_secret_in_yaml_are_found() -> None:
    value = base64.b64encode(b"correct horse battery").decode()
    secret = f"apiVersion: v1\ndata:\n  password: {value}\n  # note\n  user: {value}\nkind: Secret\nmetadata:\n  name: long-name-here\n"
    settings = "---\napiVersion: v1\ndata:\n  colour: turquoise\nkind: ConfigMap\nmetadata:\n  name: long-name-here\n"
    assert values(secret + settings) == [value, value]
    assert values(settings) == []


def test_nothing_runs_beside() -> None:
    """What serves the sessions is forked from a process with one thread: in one of its own, since other tests have theirs."""
    program = (
        "import os; from warden.redact.patterns import Patterns; Patterns().find(b'x' * 100_000); print(len(os.listdir('/proc/self/task')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


#: One megabyte takes about 10 ms when nothing is hostile, and 3 s at the worst; a square would take minutes.
_BOUND_SECONDS = 12.0


def hostile() -> list[tuple[str, bytes]]:
    """Texts that repeat what makes detectors look twice."""
    words = sorted({*(word for rule in RULES for word in rule.keywords), *CONTEXT, *ARMOUR, *KIND, *DOT, *ENCODED})
    made = [(word, word.encode()) for word in words]
    made += [(f"{word}=a", f"{word}=aaaaaaaa".encode()) for word in words]
    # The written form of each rule's first sample without its last characters: every pattern goes as far as it can and fails.
    for rule in RULES:
        text = fill(rule.yes[0], random.Random(1))[0]
        made.append((f"{rule.name} cut", text[:-3] + b"!"))
        made.append((f"{rule.name} upper", rule.keywords[0].upper().encode()))
    for unit in (b"eyJ", b"a" * 2000 + b".ey", b"a", b"://a:", b"curl -", b"-----BEGIN " + b"PRIVATE KEY-----", b"kind: Secret\n"):
        made.append((unit[:12].decode(), unit))
    return made


def seconds(unit: bytes, size: int) -> float:
    """The processor time that `size` bytes of `unit`, repeated, take."""
    text = (unit * (size // len(unit) + 1))[:size]
    begin = time.process_time()
    PATTERNS.find(text)
    return time.process_time() - begin


def test_hostile_texts_take_linear_time() -> None:
    slowest = sorted(((seconds(unit, 20_000), unit) for _, unit in hostile()), reverse=True)[:3]
    for _, unit in slowest:
        assert seconds(unit, 1_000_000) < _BOUND_SECONDS, unit
