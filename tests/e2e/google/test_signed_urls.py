"""Signed URLs by Google's own library: made inside with the dummy key, they arrive as the real key would have signed them.

RSA signs the same text the same, so the library outside, with the real key and the same moment, says what has to arrive. The server is an emulator,
which checks no signature.
"""

from __future__ import annotations

import json
import subprocess
import textwrap

from tests.e2e.conftest import Warden
from tests.e2e.google.test_clients import new, owner
from tests.e2e.google.test_default_credentials import WITHOUT
from tests.e2e.google.test_service_account import key_outside
from tests.unit.credentials.test_gcp import token_endpoint
from tools.cloud.google import LocalGoogle

__all__ = ["token_endpoint"]

SIGN = """
    import datetime, json, os, sys
    from google.cloud.storage._signing import generate_signed_url_v4
    from google.oauth2 import service_account
    credentials = service_account.Credentials.from_service_account_file(os.environ["GOOGLE_APPLICATION_CREDENTIALS"])
    def sign(method, resource, at=None, **options):
        endpoint = options.pop("endpoint", "https://storage.googleapis.com")
        return generate_signed_url_v4(credentials, resource, datetime.timedelta(minutes=5), api_access_endpoint=endpoint, method=method,
                                      _request_timestamp=at, **options)
    def all_of(at=None):
        return [sign("PUT", "/signed-bucket/a%20b.txt", at, content_type="text/plain"), sign("GET", "/signed-bucket/a%20b.txt", at),
                sign("DELETE", "/signed-bucket/a%20b.txt", at)]
"""
INSIDE = """
    import urllib.request, urllib.error
    for method, url, body in zip(("PUT", "GET", "DELETE"), all_of(), (b"hello", None, None)):
        request = urllib.request.Request(url, body, {"Content-Type": "text/plain"} if body else {}, method=method)
        try:
            print(method, urllib.request.urlopen(request).read().decode(), url)
        except urllib.error.HTTPError as error:
            print(method, error.code, error.read().decode().replace("\\n", " "))
"""
OUTSIDE = """
    print(json.dumps([all_of(moment) for moment in sys.argv[1:]]))
"""


def test_urls_that_the_dummy_key_signed_arrive_as_by_the_real_one(
    warden: Warden, google: LocalGoogle, python: str, token_endpoint: tuple[str, list[str]]
) -> None:
    owner(google, "/storage/v1/b?project=shop", json.dumps({"name": "signed-bucket"}), "application/json")
    environment = key_outside(warden, token_endpoint[0])
    before = len(google.requests())
    ran = warden.exec(*WITHOUT, python, "-c", textwrap.dedent(SIGN) + textwrap.dedent(INSIDE), env=environment)
    put, got, deleted = ran.stdout.splitlines()
    assert got.startswith("GET hello https://"), ran
    assert deleted.startswith("DELETE 403"), ran
    assert "warden denied storage.objects.delete" in deleted
    arrived = [request["uri"] for request in new(google, before)]
    assert len(arrived) == 2
    assert token_endpoint[1] == [], "no token is needed for a signature"
    moments = [uri.partition("X-Goog-Date=")[2][:16] for uri in arrived]
    done = subprocess.run([python, "-c", textwrap.dedent(SIGN) + textwrap.dedent(OUTSIDE), *moments], capture_output=True, text=True, timeout=60,
                          env={**warden.environment, **environment}, check=True)  # fmt: skip
    first, second = json.loads(done.stdout)
    assert [f"https://storage.googleapis.com{uri}" for uri in arrived] == [first[0], second[1]]
    assert put.rpartition(" ")[2] != first[0]
