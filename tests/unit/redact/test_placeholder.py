"""What stands for a secret: of its shape, without a bit of it, and whole after the quoting of every format that carries it."""

from __future__ import annotations

import base64
import json
import re
import secrets
import shlex
import string
import uuid
from urllib.parse import parse_qs, quote, urlsplit
from xml.etree import ElementTree

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from warden.redact import placeholder

ALPHABET = string.ascii_letters + string.digits


def text(length: int, alphabet: str = ALPHABET) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def jwt() -> str:
    parts = [json.dumps({"alg": "HS256"}), json.dumps({"sub": text(8)})]
    return ".".join([*(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts), text(43)])


#: Secrets of the kinds that have a shape, and what of the shape must hold.
SHAPED = {
    "ghp_" + text(36): r"ghp_[A-Za-z0-9]{36}",
    "github_pat_" + text(60): r"github_pat_[A-Za-z0-9]{60}",
    "glpat-" + text(20): r"glpat-wrdn[A-Za-z0-9]{24}",
    "xoxb-" + text(40): r"xoxb-[A-Za-z0-9]{40}",
    "sk-ant-api03-" + text(90): r"sk-ant-api03-[A-Za-z0-9]{90}",
    "sk-proj-" + text(100): r"sk-proj-[A-Za-z0-9]{100}",
    secrets.token_hex(20): r"[0-9a-f]{40}",
    secrets.token_hex(32).upper(): r"[0-9A-F]{64}",
    str(uuid.uuid4()): r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    text(6, "abcdef0123456789") + "." + text(16, "abcdef0123456789"): r"[a-z0-9]{6}\.[a-z0-9]{16}",
    "correct horse battery staple": r"wrdn[a-z2-7]{24}",
    "": r"wrdn[a-z2-7]{24}",
}


@pytest.mark.parametrize("secret", SHAPED, ids=map(str, range(len(SHAPED))))
def test_a_placeholder_has_the_shape_that_clients_look_at(secret: str) -> None:
    made = placeholder.make(secret)
    assert re.fullmatch(SHAPED[secret], made)
    assert made != secret


def test_a_token_keeps_what_it_says_and_not_its_signature() -> None:
    secret = jwt()
    made = placeholder.make(secret)
    assert made.rpartition(".")[0] == secret.rpartition(".")[0]
    assert made.rpartition(".")[2] != secret.rpartition(".")[2]


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()], ids=["ec", "ed25519"])
def test_a_private_key_becomes_another_key_of_its_kind(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> None:
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    made = placeholder.make(secret)
    other = serialization.load_pem_private_key(made.encode(), None)
    assert type(other) is type(key)
    assert made != secret
    assert made.splitlines()[0] == secret.splitlines()[0]


def test_an_unreadable_private_key_keeps_its_armour_alone() -> None:
    secret = f"-----BEGIN RSA PRIVATE KEY-----\n{text(64)}\n{text(64)}\n-----END RSA PRIVATE KEY-----\n"
    made = placeholder.make(secret)
    assert made.startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    assert not {line for line in made.splitlines() if "-----" not in line} & set(secret.splitlines())


@given(st.one_of(st.text(max_size=80), st.sampled_from(sorted(SHAPED)), st.builds(jwt)), st.sampled_from(["", *placeholder.SHAPES]))
@settings(max_examples=300, deadline=None)
def test_it_is_random_and_whole_after_every_quoting(secret: str, shape: str) -> None:
    made, again = placeholder.make(secret, shape), placeholder.make(secret, shape)
    assert len({made, again, secret}) == 3
    assert len(set(made) & set(ALPHABET)) > 6
    # As it is, not escaped: none of these formats has a reason to touch it.
    assert quote(made, safe="") == made
    assert parse_qs(urlsplit(f"https://h/?k={made}").query) == {"k": [made]}
    assert json.loads(f'"{made}"') == made
    assert ElementTree.fromstring(f'<a b="{made}">{made}</a>').attrib["b"] == made
    assert yaml.safe_load(f"key: {made}\n") == {"key": made}
    assert shlex.split(f"echo {made}") == ["echo", made]


@given(st.binary(min_size=40, max_size=60))
@settings(max_examples=100, deadline=None)
def test_nothing_of_a_secret_without_a_shape_is_in_it(raw: bytes) -> None:
    secret = base64.b85encode(raw).decode()
    made = placeholder.make(secret)
    known = re.match(r"[A-Za-z0-9_./-]{0,20}", secret)
    kept = known[0] if known and made.startswith(known[0]) else ""
    grams = {secret[i : i + 8] for i in range(len(kept), len(secret) - 7)}
    assert not any(gram in made for gram in grams)
