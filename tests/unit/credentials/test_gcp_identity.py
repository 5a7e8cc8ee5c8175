"""ID tokens: a dummy inside, and the real one at the host of its audience alone. Google's own library asks for both; its endpoint is a stand-in on
loopback, which signs as Google does.
"""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

import google.auth.jwt
import pytest

from tests.unit.credentials.test_gcp import bearer
from tests.unit.credentials.test_gcp_exchange import JWT, form
from tests.unit.credentials.test_service_account import EMAIL, claims, real, segment, signed
from warden.config import GcpCredentialsConfig
from warden.credentials.gcp import LIBRARIES, GcpBroker
from warden.credentials.gcp_identity import AUDIENCES, host_of
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, HttpResponse, Verb
from warden.redact.outgoing import substitute
from warden.redact.vault import Vault

AUDIENCE, HOST = "https://shop-api-xyz.a.run.app", "shop-api-xyz.a.run.app"


@dataclass
class Session:
    broker: GcpBroker
    vault: Vault
    key: dict[str, Any]
    #: What the endpoint outside was asked for, and gave.
    asked: list[str]

    def metadata(self, audience: str) -> HttpResponse:
        path = f"/computeMetadata/v1/instance/service-accounts/default/identity?audience={quote(audience, safe='')}&format=full"
        answer = self.broker.local(HttpRequest("GET", "http", "metadata.google.internal", 80, path, (("Metadata-Flavor", "Google"),)))
        assert answer is not None
        return answer

    def sent(self, token: str, host: str = HOST) -> str:
        """What arrives as a bearer token."""
        request = HttpRequest("GET", "https", host, 443, "/", (("Host", host), bearer(token)), b"", 0)
        return str(substitute(request, self.vault).header("authorization")).removeprefix("Bearer ")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            fields = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            audience = google.auth.jwt.decode(fields["assertion"][0], verify=False)["target_audience"]  # type: ignore[no-untyped-call]
            now = int(time.time())
            told = {"aud": audience, "email": EMAIL, "exp": now + 3600, "iat": now, "iss": "https://accounts.google.com"}
            asked.append(signed(real(), told))
            body = json.dumps({"id_token": asked[-1]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Nothing on standard error."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (tmp_path / "key.json").write_text(json.dumps(real(token_uri=f"http://127.0.0.1:{server.server_address[1]}/token")))
        environment = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json"), "PATH": "/usr/bin:/bin"}
        vault = Vault()
        broker = GcpBroker(GcpCredentialsConfig(), environment, tmp_path, vault=vault)
        ((_, files),) = broker.files().items()
        yield Session(broker, vault, json.loads(files["service-account.json"]), asked)
        server.shutdown()


def exchanged(session: Session, audience: str) -> str:
    payload = claims(aud="https://oauth2.googleapis.com/token", target_audience=audience)
    answer = session.broker.local(form(grant_type=JWT, assertion=signed(session.key, payload)))
    assert answer is not None
    return str(json.loads(answer.body)["id_token"])


def test_the_dummy_is_the_real_one_at_its_audience_and_nowhere_else(session: Session) -> None:
    for made in (session.metadata(AUDIENCE).body.decode(), exchanged(session, AUDIENCE)):
        told = google.auth.jwt.decode(made, verify=False)  # type: ignore[no-untyped-call]
        assert (told["aud"], told["email"], told["exp"] > time.time() + 3000) == (AUDIENCE, EMAIL, True)
        assert session.sent(made) == session.asked[0]
        for host in ("other.a.run.app", "evil.example"):
            with pytest.raises(CredentialError) as caught:
                session.sent(made, host)
            assert caught.value.code == "placeholder-elsewhere"
    assert len(session.asked) == 1, "it is kept"
    assert [seen.entry.secret for seen in session.vault.secrets_in(f"you sent {session.asked[0]}".encode())] == [session.asked[0].encode()]


def test_nothing_is_fetched_until_it_is_used(session: Session) -> None:
    assert session.metadata(AUDIENCE).status == 200
    assert session.asked == []


@pytest.mark.parametrize(
    "audience", ["", "x", "32555940559.apps.googleusercontent.com", "http://a.run.app", "https://u:p@a.run.app", "https://a.run.app:8443",
                 "https://iap.googleapis.com/x", "https://*.run.app", "https://[", "https://a.run.app/" + "x" * 600]
)  # fmt: skip
def test_what_is_no_address_of_a_service_has_none(session: Session, audience: str) -> None:
    assert host_of(audience) == ""
    answer = session.metadata(audience)
    assert answer.status == 403
    assert b"There is no ID token for this audience." in answer.body


def test_a_users_login_has_none(tmp_path: Path) -> None:
    """What gcloud gives for one is good at every service that the user may call."""
    broker = GcpBroker(GcpCredentialsConfig(), {LIBRARIES: "real", "NO_GCE_CHECK": "true"}, tmp_path)
    assert Session(broker, Vault(), {}, []).metadata(AUDIENCE).status == 403


def test_only_so_many_audiences(session: Session) -> None:
    statuses = [session.metadata(f"https://a{index}.run.app").status for index in range(AUDIENCES + 1)]
    assert statuses == [200] * AUDIENCES + [403]
    assert session.metadata("https://a0.run.app").status == 200


def test_one_that_comes_in_an_answer_is_bound_to_its_audience(session: Session) -> None:
    token = f"{segment({'alg': 'RS256'})}.{segment({'aud': AUDIENCE, 'email': EMAIL})}.{'s' * 300}"
    generate = (Action("gcp", "iamcredentials.projects.serviceAccounts.generateIdToken", Verb.CREATE),)
    asked = HttpRequest("POST", "https", "iamcredentials.googleapis.com", 443, "/v1/x:generateIdToken")
    answer = session.broker.receive(
        asked, generate, HttpResponse(200, (("Content-Type", "application/json"),), json.dumps({"token": token}).encode())
    )
    made = json.loads(answer.body)["token"]
    assert made.rpartition(".")[0] == token.rpartition(".")[0]
    assert session.sent(made) == token
    with pytest.raises(CredentialError):
        session.sent(made, "evil.example")
