"""Signed URLs of Cloud Storage: what the dummy key has signed is signed again by the real one, and nothing else is. Google's own signer of RSA signs;
that its library's whole URLs come out is tested in tests/e2e/google.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import google.auth.crypt
import pytest

from tests.unit.credentials.test_service_account import EMAIL, real
from warden.config import GcpCredentialsConfig
from warden.credentials.gcp import GcpBroker
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, Verb

GET = (Action("gcp", "storage.objects.get", Verb.READ),)
HOST, PATH = "storage.googleapis.com", "/my-bucket/a%20b/%E2%82%AC.txt"
NOW = 1_790_000_000.0


def stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y%m%dT%H%M%SZ")


def signed(
    key: dict[str, Any], *, host: str = HOST, method: str = "GET", more: str = "", expires: int = 900, at: float = NOW,
    email: str = EMAIL, **headers: str,
) -> HttpRequest:  # fmt: skip
    """As Google's documentation has it."""
    fields = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    names, date = ";".join(sorted(fields)), stamp(at)
    scope = f"{date[:8]}/auto/storage/goog4_request"
    pairs = [
        "X-Goog-Algorithm=GOOG4-RSA-SHA256", f"X-Goog-Credential={quote(f'{email}/{scope}', safe='')}", f"X-Goog-Date={date}",
        f"X-Goog-Expires={expires}", f"X-Goog-SignedHeaders={quote(names, safe='')}", *([more] if more else []),
    ]  # fmt: skip
    lines = "".join(f"{name}:{fields[name]}\n" for name in sorted(fields))
    payload = fields.get("x-goog-content-sha256", "UNSIGNED-PAYLOAD")
    digest = hashlib.sha256(f"{method}\n{PATH}\n{'&'.join(sorted(pairs))}\n{lines}\n{names}\n{payload}".encode()).hexdigest()
    signer = google.auth.crypt.RSASigner.from_service_account_info(key)  # type: ignore[no-untyped-call]
    signature = signer.sign(f"GOOG4-RSA-SHA256\n{date}\n{scope}\n{digest}").hex()
    target = f"{PATH}?{'&'.join([*pairs, f'X-Goog-Signature={signature}'])}"
    own = tuple((name.title(), value) for name, value in fields.items())
    return HttpRequest(method, "https", host, 443, target, own, b"", 0)


@pytest.fixture
def session(tmp_path: Path) -> tuple[GcpBroker, dict[str, Any]]:
    (tmp_path / "key.json").write_text(json.dumps(real()))
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json"), "PATH": "/usr/bin:/bin"}
    broker = GcpBroker(GcpCredentialsConfig(), environment, tmp_path, now=lambda: NOW)
    ((_, files),) = broker.files().items()
    return broker, json.loads(files["service-account.json"])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"host": "my-bucket.storage.googleapis.com"},
        {"method": "PUT", "content_type": "text/plain", "x_goog_meta_a": "b c"},
        {"more": "generation=1"},
        {"more": "response-content-disposition=attachment%3B%20filename%3Da"},
        {"method": "PUT", "x_goog_content_sha256": hashlib.sha256(b"").hexdigest()},
        {"at": NOW - 899},
        {"at": NOW + 600},
        {"expires": 604_800, "at": NOW - 600_000},
    ],
)
def test_it_is_what_the_real_key_would_have_signed(session: tuple[GcpBroker, dict[str, Any]], options: dict[str, Any]) -> None:
    broker, dummy = session
    sent = signed(dummy, **options)
    out = broker.authorize(sent, GET)
    assert out.target != sent.target
    assert out == signed(real(), **options), "RSA signs the same the same"
    assert dummy["private_key"] != real()["private_key"]


CHANGES: dict[str, tuple[Callable[[HttpRequest], HttpRequest], str]] = {
    "another object": (lambda r: replace(r, target=r.target.replace("/my-bucket/", "/other-bucket/")), "bad-signature"),
    "another method": (lambda r: replace(r, method="DELETE"), "bad-signature"),
    "another bucket by name": (lambda r: replace(r, host="other.storage.googleapis.com", headers=(("Host", "other.storage.googleapis.com"),)),
                               "bad-signature"),
    "a longer life": (lambda r: replace(r, target=r.target.replace("Expires=900", "Expires=9000")), "bad-signature"),
    "a life that is none": (lambda r: replace(r, target=r.target.replace("Expires=900", "Expires=604801")), "bad-presigned"),
    "a parameter more": (lambda r: replace(r, target=f"{r.target}&userProject=x"), "bad-signature"),
    "another account": (lambda r: replace(r, target=r.target.replace("robot", "root")), "foreign-credentials"),
    "another API": (lambda r: replace(r, host="www.googleapis.com", headers=(("Host", "www.googleapis.com"),)), "foreign-credentials"),
    "a token beside it": (lambda r: replace(r, headers=(*r.headers, ("Authorization", "Bearer x"))), "foreign-credentials"),
    "a key beside it": (lambda r: replace(r, headers=(*r.headers, ("X-Goog-Api-Key", "x"))), "foreign-credentials"),
    "a token in the query": (lambda r: replace(r, target=f"{r.target}&access_token=x"), "bad-signature"),
    "a second signature": (lambda r: replace(r, target=f"{r.target}&X-Goog-Signature=00"), "bad-presigned"),
    "in another case": (lambda r: replace(r, target=r.target.replace("X-Goog-Signature", "x-goog-signature")), "bad-presigned"),
    "escaped": (lambda r: replace(r, target=r.target.replace("X-Goog-Signature", "X%2DGoog-Signature")), "bad-presigned"),
    "no date": (lambda r: replace(r, target=r.target.replace("X-Goog-Date", "X-Goog-Day")), "bad-presigned"),
    "another algorithm": (lambda r: replace(r, target=r.target.replace("GOOG4-RSA-SHA256", "GOOG4-HMAC-SHA256")), "bad-presigned"),
    "one bit of the signature": (lambda r: replace(r, target=r.target[:-1] + ("0" if r.target[-1] != "0" else "1")), "bad-signature"),
    "an old signature": (lambda r: replace(r, target=f"{PATH}?GoogleAccessId=x&Expires=1&Signature=y"), "foreign-credentials"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_is_refused(session: tuple[GcpBroker, dict[str, Any]], name: str) -> None:
    broker, dummy = session
    change, code = CHANGES[name]
    with pytest.raises(CredentialError) as caught:
        broker.authorize(change(signed(dummy)), GET)
    assert caught.value.code == code


@pytest.mark.parametrize(("at", "code"), [(NOW - 901, "expired-signature"), (NOW + 1000, "clock-skew")])
def test_a_url_is_good_for_its_time(session: tuple[GcpBroker, dict[str, Any]], at: float, code: str) -> None:
    broker, dummy = session
    with pytest.raises(CredentialError) as caught:
        broker.authorize(signed(dummy, at=at), GET)
    assert caught.value.code == code


def test_another_sessions_key_signs_nothing(session: tuple[GcpBroker, dict[str, Any]], tmp_path: Path) -> None:
    broker, _ = session
    for key in (real(), json.loads(GcpBroker(
        GcpCredentialsConfig(), {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json")}, tmp_path
    ).files()[f"{tmp_path}/.config/gcloud-inside"]["service-account.json"])):  # fmt: skip
        with pytest.raises(CredentialError) as caught:
            broker.authorize(signed(key), GET)
        assert caught.value.code == "bad-signature"
