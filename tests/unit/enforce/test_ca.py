"""The session CA, as the strictest verifiers at hand see it."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import shutil
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import verification

from warden.enforce.ca import LEAVES, SessionCA


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize("name", ["ec2.us-east-1.amazonaws.com", "a_b.example", "x" * 60 + "." + "y" * 60 + ".example", "localhost"])
def test_openssl_accepts_a_leaf_in_strict_mode(tmp_path: Path, name: str) -> None:
    ca = SessionCA()
    (tmp_path / "ca.pem").write_bytes(ca.pem)
    (tmp_path / "leaf.pem").write_bytes(pem(ca.leaf(name)))
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", name, "-CAfile", "ca.pem", "leaf.pem"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_verifier_by_the_book_accepts_a_leaf() -> None:
    ca = SessionCA()
    verifier = verification.PolicyBuilder().store(verification.Store([ca.certificate])).build_server_verifier(x509.DNSName("api.example"))
    assert verifier.verify(ca.leaf("api.example"), [])
    with pytest.raises(verification.VerificationError):
        verifier.verify(SessionCA().leaf("api.example"), [])


def test_an_address_is_an_address_and_not_a_name() -> None:
    leaf = SessionCA().leaf("192.0.2.7")
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [x509.IPAddress(ipaddress.ip_address("192.0.2.7"))]


def test_it_ends_with_the_week_and_signs_leaves_only() -> None:
    ca = SessionCA()
    now = datetime.datetime.now(datetime.UTC)
    assert now < ca.certificate.not_valid_after_utc <= now + datetime.timedelta(days=7)
    assert ca.leaf("a.example").not_valid_after_utc <= ca.certificate.not_valid_after_utc
    assert ca.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(ca=True, path_length=0)
    assert not ca.leaf("a.example").extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_two_sessions_share_nothing() -> None:
    one, other = SessionCA(), SessionCA()
    assert one.certificate.subject != other.certificate.subject
    assert one.leaf_key.private_numbers() != other.leaf_key.private_numbers()
    assert one.leaf_key.public_key().public_numbers() != one.certificate.public_key().public_numbers()  # type: ignore[union-attr]


def test_leaves_are_kept_but_not_without_bound() -> None:
    ca = SessionCA()
    first = ca.leaf("0.example")
    assert ca.leaf("0.example") is first
    for index in range(LEAVES + 10):
        ca.leaf(f"{index}.example")
    assert len(ca._leaves) == LEAVES


@pytest.mark.parametrize("name", ["", "x" * 254, "bücher.example"])
def test_what_cannot_be_a_name_gets_no_certificate(name: str) -> None:
    with pytest.raises(ValueError):
        SessionCA().leaf(name)


def test_the_key_is_in_no_output() -> None:
    assert b"PRIVATE" not in SessionCA().pem


STRICT = """
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
assert sys.version_info < (3, 13) or context.verify_flags & ssl.VERIFY_X509_STRICT
context.verify_flags |= ssl.VERIFY_X509_STRICT
context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[2]))), server_hostname="api.example").close()
"""
NODE = """
const s = require("tls").connect({port: +process.argv[2], host: "127.0.0.1", servername: "api.example", ca:
require("fs").readFileSync(process.argv[1])},
  () => { s.end(); }); s.on("error", e => { console.error(e.message); process.exit(1); });
"""


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-c", STRICT],
        ["python3.13", "-c", STRICT],
        ["node", "-e", NODE],
        ["openssl", "s_client", "-x509_strict", "-verify_return_error", "-brief"],
    ],
    ids=["python", "python3.13", "node", "openssl"],
)
def test_clients_accept_it(tmp_path: Path, command: list[str]) -> None:
    if shutil.which(command[0]) is None or subprocess.run([command[0], "--version"], capture_output=True, check=False).returncode == 127:
        pytest.skip(f"{command[0]} is not installed")
    ca = SessionCA()
    (tmp_path / "ca.pem").write_bytes(ca.pem)
    key = ca.leaf_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "leaf.pem").write_bytes(pem(ca.leaf("api.example")) + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "leaf.pem")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        port = str(server.getsockname()[1])
        arguments = (
            ["-connect", f"127.0.0.1:{port}", "-CAfile", str(tmp_path / "ca.pem"), "-verify_hostname", "api.example"]
            if command[0] == "openssl"
            else [str(tmp_path / "ca.pem"), port]
        )
        with subprocess.Popen([*command, *arguments], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as client:
            with contextlib.suppress(OSError):
                accepted, _ = server.accept()
                accepted.settimeout(20)
                with context.wrap_socket(accepted, server_side=True) as connection:
                    connection.recv(1)
            _, errors = client.communicate(timeout=20)
    assert client.returncode == 0, errors
