"""SigV4A as AWS's common runtime signs it, which is what the CLI and boto3 use where it is there: headers and URLs, proven and signed again.

In an environment of its own: where the runtime is installed, botocore signs everything with it.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import asdict, replace
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tests.e2e.conftest import CLIENTS
from tests.unit.credentials.test_sigv4a import AWS, HOST, REAL, broker, inside, text
from warden.credentials.aws import AwsBroker
from warden.credentials.dummies import KeyPair
from warden.credentials.sigv4 import read_signature
from warden.credentials.sigv4a import ALGORITHM_A, private_key
from warden.errors import CredentialError
from warden.model import HttpRequest

__all__ = ["broker"]

SIGN = """
import json, sys
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.crt import auth
keys, name, service, url, options = json.loads(sys.argv[1])
made = AWSRequest("GET", url)
getattr(auth, name)(Credentials(keys["access_key"], keys["secret_key"]), service, "*", **options).add_auth(made)
print(json.dumps([made.url, list(made.headers.items())]))
"""


def by_runtime(signer: str, keys: KeyPair, service: str, target: str, **options: int) -> HttpRequest:
    python = CLIENTS / "crt/bin/python"
    if not python.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("tools/setup/clients crt installs AWS's common runtime")
    asked = json.dumps([asdict(keys), signer, service, f"https://{HOST}{target}", options])
    done = subprocess.run([python, "-c", SIGN, asked], capture_output=True, text=True, timeout=60, check=True)
    url, fields = json.loads(done.stdout)
    headers = tuple((name, value) for name, value in fields if name.lower() != "host")
    return HttpRequest("GET", "https", HOST, 443, url.removeprefix(f"https://{HOST}"), (("Host", HOST), *headers), b"", 0)


@pytest.mark.parametrize(("signer", "service"), [("CrtS3SigV4AsymAuth", "s3"), ("CrtSigV4AsymAuth", "events")])
def test_what_the_runtime_signs(broker: AwsBroker, signer: str, service: str) -> None:
    out = broker.authorize(by_runtime(signer, inside(broker), service, "/a%20b?x=1"), AWS)
    found = read_signature(str(out.header("authorization")))
    private_key(REAL).public_key().verify(bytes.fromhex(found.value), text(out, service), ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    ("signer", "service", "payload"),
    [("CrtS3SigV4AsymQueryAuth", "s3", "UNSIGNED-PAYLOAD"), ("CrtSigV4AsymQueryAuth", "events", hashlib.sha256(b"").hexdigest())],
)
def test_what_the_runtime_presigns(broker: AwsBroker, signer: str, service: str, payload: str) -> None:
    sent = by_runtime(signer, inside(broker), service, "/ab?x=1&empty=", expires=60)
    out = broker.authorize(sent, AWS)
    path, _, query = out.target.partition("?")
    fields = parse_qs(query, keep_blank_values=True)
    assert fields["X-Amz-Credential"][0].startswith(f"{REAL.access_key}/")
    assert (fields["X-Amz-Security-Token"], fields["X-Amz-Region-Set"]) == ([REAL.token], ["*"])
    (signature,) = fields.pop("X-Amz-Signature")
    scope = fields["X-Amz-Credential"][0].partition("/")[2]
    canonical = "&".join(sorted(pair for pair in query.split("&") if not pair.startswith("X-Amz-Signature=")))
    digest = hashlib.sha256(f"GET\n{path}\n{canonical}\nhost:{HOST}\n\nhost\n{payload}".encode()).hexdigest()
    signed_text = f"{ALGORITHM_A}\n{fields['X-Amz-Date'][0]}\n{scope}\n{digest}".encode()
    private_key(REAL).public_key().verify(bytes.fromhex(signature), signed_text, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda target: target.replace("X-Amz-Region-Set=%2A", "X-Amz-Region-Set=eu-west-1"), "bad-signature"),
        (lambda target: target.replace("&X-Amz-Region-Set=%2A", ""), "bad-presigned"),
        (lambda target: target.replace("&X-Amz-Region-Set=%2A", "&X-Amz-Region-Set=%2A&X-Amz-Region-Set=%2A"), "bad-presigned"),
        (lambda target: target.replace(ALGORITHM_A, "AWS4-HMAC-SHA256"), "bad-presigned"),
        (lambda target: target.replace("/ab", "/abc"), "bad-signature"),
        (lambda target: target.replace("X-Amz-Expires=60", "X-Amz-Expires=600"), "bad-signature"),
    ],
)
def test_a_url_that_was_changed_is_refused(broker: AwsBroker, change: Callable[[str], str], code: str) -> None:
    sent = by_runtime("CrtS3SigV4AsymQueryAuth", inside(broker), "s3", "/ab?x=1", expires=60)
    with pytest.raises(CredentialError) as caught:
        broker.authorize(replace(sent, target=change(sent.target)), AWS)
    assert caught.value.code == code
