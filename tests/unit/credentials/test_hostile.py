"""What a hostile agent tries with its dummies, against the whole flow under a policy that permits everything: whatever is refused here, the brokers refuse.

Each attempt is a request as it would arrive. `Session.send` gives the request that would leave, or the code of the denial; that no real secret is in what
comes back to the agent, or on the log, is asserted for every one.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from tests.unit.credentials.kubernetes.material import CLUSTER_CA, Config, b64
from tests.unit.credentials.kubernetes.material import dummy as stand_in
from warden.answers import Answers
from warden.config import CredentialEntry, CredentialsConfig, KubernetesConfig
from warden.credentials.aws import AwsBroker
from warden.credentials.brokers import Brokers
from warden.credentials.dummies import KeyPair, dummy
from warden.credentials.entries import Entries
from warden.credentials.gcp import LIBRARIES, GcpBroker
from warden.credentials.kubernetes.broker import KubernetesBroker
from warden.daemon.terms import _adopt
from warden.decoder import Decoder
from warden.dialects.egress import Egress
from warden.dialects.kubernetes.cluster import Cluster
from warden.model import Action, AuditRecord, Decision, Effect, HttpRequest, Principal
from warden.pipeline import Pipeline
from warden.redact import vault as vaults
from warden.redact.answer import Mode
from warden.redact.vault import Vault

API, CLUSTER = "api.example.com", "k.example.com"


class Permits:
    def decide(self, principal: Principal, actions: Sequence[Action]) -> Decision:
        return Decision(Effect.ALLOW, ("test/all",), "fine")


class Log:
    def __init__(self) -> None:
        self.records: list[AuditRecord] = []

    def append(self, *records: AuditRecord) -> None:
        self.records += records


class Session:
    """A user with credentials of every kind outside, and the flow that an agent of theirs faces."""

    def __init__(self, home: Path) -> None:
        self.real = KeyPair("ASIA" + dummy().access_key[4:], dummy().secret_key, "IQoJ" + secrets.token_urlsafe(200))
        self.google = secrets.token_urlsafe(60)  # of no look of its own, as federated tokens are
        self.cluster_token = secrets.token_urlsafe(40)
        self.value = secrets.token_urlsafe(30)
        environment = {
            "PATH": "/usr/bin:/bin", "AWS_ACCESS_KEY_ID": self.real.access_key, "AWS_SECRET_ACCESS_KEY": self.real.secret_key,
            "AWS_SESSION_TOKEN": str(self.real.token), LIBRARIES: self.google, "MINE": self.value,
        }  # fmt: skip
        server = {"server": f"https://{CLUSTER}", "certificate-authority-data": b64(CLUSTER_CA.pem)}
        Config().add("c", server, {"token": self.cluster_token}).write(home / ".kube/config")
        self.vault = Vault()

        def adopt(secret: str, stand_in: str = "") -> None:
            _adopt(self.vault, secret, stand_in)

        entry = CredentialEntry("mine", "env", "MINE", (API,), ("bearer", "form:password"), "MINE")
        config = CredentialsConfig(entries=(entry,))
        kubernetes = KubernetesBroker(KubernetesConfig(), environment, home, home, service_account=home / "none", adopt=adopt)
        self.brokers = Brokers(
            AwsBroker(config.aws, environment, home, adopt=adopt),
            GcpBroker(config.gcp, environment, home, vault=self.vault),
            kubernetes,
            Entries(config, environment, home, self.vault),
            home,
        )
        self.log = Log()
        self.flow = Pipeline(
            principal=Principal("agent", "s"),
            decoder=Decoder(
                Egress([API, "*.run.app"]),
                self.brokers.aws.accounts(),
                tuple(Cluster(each.name, each.host, each.port, each.prefix) for each in kubernetes.endpoints()),
            ),
            point=Permits(),
            broker=self.brokers,
            answers=Answers(self.vault),
            log=self.log,
            vault=self.vault,
        )
        inside = self.brokers.environment()
        self.keys = KeyPair(inside["AWS_ACCESS_KEY_ID"], inside["AWS_SECRET_ACCESS_KEY"])
        self.token = inside[LIBRARIES]
        self.mine = inside["MINE"]
        self.cluster_dummy = stand_in(kubernetes, home, "c")

    @property
    def secrets(self) -> tuple[str, ...]:
        return self.real.secret_key, str(self.real.token), self.google, self.cluster_token, self.value

    def send(self, request: HttpRequest) -> HttpRequest | str:
        """What would leave, or the code of the denial."""
        ruling = self.flow.rule(request)
        told = repr([record.fields for record in self.log.records]) + ruling.decision.reason + ruling.decision.advice + repr(ruling)
        assert not [secret for secret in self.secrets if secret in told]
        if ruling.forward is None:
            assert not ruling.allowed or ruling.answer is not None
            denial = repr(self.flow.denial(request, ruling))
            assert not [secret for secret in self.secrets if secret in denial]
        return ruling.forward if ruling.forward is not None else ruling.code

    def holds(self, sent: HttpRequest | str) -> list[str]:
        """Which real secrets are in what would leave."""
        assert isinstance(sent, HttpRequest), sent
        text = f"{sent.target}{sent.headers}{sent.body!r}"
        return [secret for secret in self.secrets if secret in text]

    def answer(self, request: HttpRequest, body: bytes, status: int = 200, kind: str = "application/xml") -> bytes:
        """What the agent gets to see of this answer to an allowed request."""
        ruling = self.flow.rule(request)
        assert ruling.allowed, ruling
        found = self.flow.answer(request, ruling, status, (("Content-Type", kind), ("Content-Length", str(len(body)))))
        return found.whole(body) if found.mode is Mode.WHOLE else found.feed(body) + found.finish()


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)


def aws(
    session: Session, method: str = "GET", host: str = "b.s3.amazonaws.com", target: str = "/k", body: bytes = b"", *,
    service: str = "s3", region: str = "us-east-1", signer: type = S3SigV4Auth, keys: KeyPair | None = None, **headers: str,
) -> HttpRequest:  # fmt: skip
    made = AWSRequest(method, f"https://{host}{target}", {name.replace("_", "-"): value for name, value in headers.items()}, body)
    signer(keys or session.keys, service, region).add_auth(made)
    sent = made.url.partition(host)[2] or "/"
    return HttpRequest(method, "https", host, 443, sent, (("Host", host), *made.headers.items()), body, len(body))


def google(session: Session, host: str, target: str, *headers: tuple[str, str], method: str = "GET", body: bytes = b"") -> HttpRequest:
    fields = (("Host", host), ("Authorization", f"Bearer {session.token}"), *headers)
    return HttpRequest(method, "https", host, 443, target, fields, body, len(body))


def plain(host: str, target: str = "/", *headers: tuple[str, str], method: str = "POST", body: bytes = b"") -> HttpRequest:
    return HttpRequest(method, "https", host, 443, target, (("Host", host), *headers), body, len(body))


def test_the_controls_are_sent_with_the_real_credentials(session: Session) -> None:
    assert session.holds(session.send(aws(session))) == [session.real.token]
    assert session.holds(session.send(google(session, "storage.googleapis.com", "/storage/v1/b?project=p"))) == [session.google]
    listed = plain(CLUSTER, "/api/v1/pods", ("Authorization", f"Bearer {session.cluster_dummy}"), method="GET")
    assert session.holds(session.send(listed)) == [session.cluster_token]
    assert session.holds(session.send(plain(API, "/", ("Authorization", f"Bearer {session.mine}")))) == [session.value]


# --- AWS: to be signed for something else, or somewhere else -------------------------------------------------------------------


def with_header(request: HttpRequest, name: str, value: str) -> HttpRequest:
    return replace(request, headers=(*request.headers, (name, value)))


def resigned(request: HttpRequest, old: str, new: str) -> HttpRequest:
    return replace(request, headers=tuple((name, value.replace(old, new)) for name, value in request.headers))


AWS_ATTEMPTS: dict[str, tuple[Callable[[Session], HttpRequest], str]] = {
    "another method": (lambda s: replace(aws(s), method="DELETE"), "bad-signature"),
    "another key": (lambda s: replace(aws(s), target="/other"), "bad-signature"),
    "another bucket": (lambda s: replace(aws(s), host="c.s3.amazonaws.com", headers=tuple(
        (n, "c.s3.amazonaws.com" if n == "Host" else v) for n, v in aws(s).headers)), "bad-signature"),
    "an escaped slash where a plain one was signed": (lambda s: replace(aws(s, "POST", "lambda.us-east-1.amazonaws.com",
        "/2015-03-31/functions/a/invocations", service="lambda", signer=SigV4Auth), target="/2015-03-31/functions%2Fa/invocations"), "bad-signature"),
    "twice escaped": (lambda s: replace(aws(s, target="/a%20b"), target="/a%2520b"), "bad-signature"),
    "a plus for a space": (lambda s: replace(aws(s, target="/?prefix=a%20b&list-type=2"), target="/?prefix=a+b&list-type=2"), "bad-signature"),
    "a parameter more": (lambda s: replace(aws(s, target="/?list-type=2"), target="/?list-type=2&prefix=a"), "bad-signature"),
    "a scope of another region": (lambda s: aws(s, host="b.s3.eu-west-1.amazonaws.com"), "region-mismatch"),
    "a scope of another service": (lambda s: aws(s, service="ec2", signer=SigV4Auth), "service-mismatch"),
    "the scope changed afterwards": (lambda s: resigned(aws(s), "/us-east-1/", "/eu-west-1/"), "bad-signature"),
    "a signature in header and query": (lambda s: replace(aws(s), target=aws(s, signer=S3SigV4QueryAuth).target), "two-signatures"),
    "a query's parameters in another case beside a header": (lambda s: aws(s, target="/k?x-amz-SIGNATURE=0"), "two-signatures"),
    "an escaped parameter beside a header": (lambda s: aws(s, target="/k?X%2DAmz%2DCredential=x"), "two-signatures"),
    "a token of its own": (lambda s: aws(s, X_Amz_Security_Token="x"), "foreign-credentials"),
    "an empty token": (lambda s: with_header(aws(s), "X-Amz-Security-Token", ""), "foreign-credentials"),
    "S3's other token": (lambda s: aws(s, X_Amz_S3session_Token="x"), "foreign-credentials"),
    "two dates": (lambda s: with_header(aws(s), "x-amz-date", "20200101T000000Z"), "bad-authorization"),
    "an unsigned copy source": (lambda s: with_header(aws(s, "PUT"), "x-amz-copy-source", "/other/secret"), "unsigned-header"),
    "an unsigned ACL": (lambda s: with_header(aws(s, "PUT"), "x-amz-acl", "public-read"), "unsigned-header"),
    "a signed header twice": (lambda s: with_header(aws(s, x_amz_meta_a="1"), "x-amz-meta-a", "2"), "bad-signature"),
    "nobody's key": (lambda s: aws(s, keys=dummy()), "foreign-credentials"),
    "the real key's id": (lambda s: aws(s, keys=replace(s.keys, access_key=s.real.access_key)), "foreign-credentials"),
    "another session's key": (lambda s: aws(s, keys=_another_sessions_key()), "foreign-credentials"),
    "a shell's name of the algorithm": (lambda s: resigned(aws(s), "AWS4-HMAC-SHA256 ", "aws4-hmac-sha256 "), "bad-authorization"),
    "a bearer token": (lambda s: plain("bedrock-runtime.us-east-1.amazonaws.com", "/model/m/invoke", ("Authorization", "Bearer x")), "bearer-token"),
    "a login's token": (lambda s: plain("portal.sso.us-east-1.amazonaws.com", "/federation/credentials?role_name=r&account_id=1",
                                        ("x-amz-sso_bearer_token", "x"), method="GET"), "foreign-credentials"),
    "a customer's server below a name of AWS's": (
        lambda s: aws(s, host="x.c10.us-east-1.airflow.amazonaws.com", service="airflow", signer=SigV4Auth), "unknown-host"),
    "the same by URL": (
        lambda s: aws(s, host="g-1.grafana-workspace.us-east-1.amazonaws.com", service="grafana", signer=SigV4QueryAuth), "unknown-host"),
    "chunks around a list of deletions": (lambda s: chunked(s, "POST", "/?delete=", b"<Delete><Object><Key>a</Key></Object></Delete>"), "malformed-xml"),
    "and said to be so": (lambda s: chunked(s, "POST", "/?delete=", b"<Delete/>", Content_Encoding="aws-chunked"), "compressed-body"),
    "a date that overflows": (lambda s: dated(s, "Mon, 01 Jan 0001 00:00:00 +2359"), "bad-date"),
    "a date without end": (lambda s: dated(s, "1 " * 4000), "bad-date"),
}  # fmt: skip


def _another_sessions_key() -> KeyPair:
    made = AwsBroker(CredentialsConfig().aws, {"AWS_ACCESS_KEY_ID": "AKIAX", "AWS_SECRET_ACCESS_KEY": "y"}, "/nonexistent").environment()
    return KeyPair(made["AWS_ACCESS_KEY_ID"], made["AWS_SECRET_ACCESS_KEY"])


def chunked(session: Session, method: str, target: str, body: bytes, **headers: str) -> HttpRequest:
    sent = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    stated = {"x_amz_content_sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x_amz_decoded_content_length": str(len(body)), **headers}
    return aws(session, method, "b.s3.amazonaws.com", target, sent, signer=SigV4Auth, keys=None, **stated)


def dated(session: Session, date: str) -> HttpRequest:
    sent = resigned(aws(session), ";x-amz-date", "")
    return replace(sent, headers=(*((name, value) for name, value in sent.headers if name.lower() != "x-amz-date"), ("Date", date)))


@pytest.mark.parametrize("name", AWS_ATTEMPTS)
def test_aws(session: Session, name: str) -> None:
    make, code = AWS_ATTEMPTS[name]
    assert session.send(make(session)) == code


@pytest.mark.parametrize("host", ["newservice.us-east-1.amazonaws.com", "newservice.eu-central-2.api.aws", "newservice.amazonaws.com"])
def test_a_new_service_of_aws_is_no_customers(session: Session, host: str) -> None:
    region = host.split(".")[1] if host.count(".") > 2 else "us-east-1"
    sent = aws(session, "POST", host, "/", b"{}", service="newservice", region=region, signer=SigV4Auth)
    assert session.holds(session.send(sent)) == [session.real.token]


# --- tokens that AWS takes instead of a signature ---------------------------------------------------------------------------------

OIDC, PORTAL = "oidc.us-east-1.amazonaws.com", "portal.sso.us-east-1.amazonaws.com"
ROLE = "/federation/credentials?role_name=r&account_id=123456789012"


def signed_on(session: Session) -> tuple[dict[str, str], dict[str, str]]:
    """What a login inside gets, and what AWS really answered."""
    real = {name: secrets.token_urlsafe(40) for name in ("accessToken", "refreshToken", "idToken")}
    body = json.dumps({"clientId": "c", "clientSecret": "s", "grantType": "refresh_token", "refreshToken": "x"}).encode()
    asked = plain(OIDC, "/token", JSON, body=body)
    shown = json.loads(
        session.answer(asked, json.dumps({**real, "expiresIn": 28800, "tokenType": "Bearer"}).encode(), kind="application/json")
    )
    return shown, real


def test_a_sign_ons_token_goes_to_its_portal_alone(session: Session) -> None:
    shown, real = signed_on(session)
    assert not set(real.values()) & set(shown.values())
    sent = session.send(plain(PORTAL, ROLE, ("x-amz-sso_bearer_token", shown["accessToken"]), method="GET"))
    assert isinstance(sent, HttpRequest)
    assert sent.header("x-amz-sso_bearer_token") == real["accessToken"]
    for host, name in (
        (PORTAL.replace("us-east-1", "eu-west-1"), "x-amz-sso_bearer_token"),
        (PORTAL, "x-amz-meta-a"),
        (API, "x-amz-sso_bearer_token"),
    ):
        assert session.send(plain(host, ROLE, (name, shown["accessToken"]), method="GET")) == "placeholder-elsewhere"
    beside = plain(PORTAL, ROLE, ("x-amz-sso_bearer_token", shown["accessToken"]), ("x-amz-security-token", "x"), method="GET")
    assert session.send(beside) == "foreign-credentials"


def test_the_keys_that_the_portal_hands_out_are_dummies(session: Session) -> None:
    shown, _ = signed_on(session)
    asked = plain(PORTAL, ROLE, ("x-amz-sso_bearer_token", shown["accessToken"]), method="GET")
    real = {
        "accessKeyId": session.real.access_key,
        "secretAccessKey": dummy().secret_key,
        "sessionToken": secrets.token_urlsafe(300),
        "expiration": 4e12,
    }
    made = json.loads(session.answer(asked, json.dumps({"roleCredentials": real}).encode(), kind="application/json"))["roleCredentials"]
    assert not {real["secretAccessKey"], real["sessionToken"]} & set(made.values())
    sent = session.send(aws(session, keys=KeyPair(made["accessKeyId"], made["secretAccessKey"], made["sessionToken"])))
    assert isinstance(sent, HttpRequest)
    assert sent.header("x-amz-security-token") == real["sessionToken"]


def test_a_refresh_token_goes_back_to_its_sign_on(session: Session) -> None:
    shown, real = signed_on(session)
    body = json.dumps({"clientId": "c", "clientSecret": "s", "grantType": "refresh_token", "refreshToken": shown["refreshToken"]}).encode()
    sent = session.send(plain(OIDC, "/token", JSON, body=body))
    assert isinstance(sent, HttpRequest)
    assert json.loads(sent.body or b"")["refreshToken"] == real["refreshToken"]
    assert (
        session.send(plain(OIDC, "/client/register", JSON, body=json.dumps({"clientName": shown["refreshToken"]}).encode()))
        == "placeholder-elsewhere"
    )


BEDROCK = "bedrock-runtime.us-east-1.amazonaws.com"


def test_bedrocks_key_is_a_placeholder_that_goes_there(tmp_path: Path) -> None:
    session, key = Session(tmp_path), secrets.token_urlsafe(60)
    entries = Entries(CredentialsConfig(), {"AWS_BEARER_TOKEN_BEDROCK": key}, tmp_path, session.vault)
    stand_in = ("Authorization", f"Bearer {entries.environment()['AWS_BEARER_TOKEN_BEDROCK']}")
    body = b'{"messages": []}'
    sent = session.send(plain(BEDROCK, "/model/m/converse", stand_in, JSON, body=body))
    assert isinstance(sent, HttpRequest)
    assert sent.header("authorization") == f"Bearer {key}"
    for host in ("b.s3.amazonaws.com", "bedrock-runtime.x.us-east-1.amazonaws.com", "x.execute-api.us-east-1.amazonaws.com", API):
        assert session.send(plain(host, "/model/m/converse", stand_in, JSON, body=body)) == "placeholder-elsewhere", host
    assert session.send(plain(BEDROCK, "/model/m/converse", ("Authorization", "Bearer other"), JSON, body=body)) == "bearer-token"
    assert session.send(plain(BEDROCK, "/model/m/converse?X-Amz-Signature=0", stand_in, JSON, body=body)) != sent
    assert session.send(plain(BEDROCK, "/model/m/converse", stand_in, ("X-Amz-Security-Token", "x"), JSON, body=body)) == "bearer-token"


#: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html: what S3 answers when it reads a request otherwise than its signer did.
MISMATCH = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match.</Message>
<AWSAccessKeyId>{id}</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256</StringToSign><SignatureProvided>00</SignatureProvided>
<CanonicalRequest>GET
/k

host:b.s3.amazonaws.com
x-amz-security-token:{token}

host;x-amz-security-token
UNSIGNED-PAYLOAD</CanonicalRequest><CanonicalRequestBytes>{bytes}</CanonicalRequestBytes></Error>"""


def test_an_error_that_quotes_the_token_does_not_show_it(session: Session) -> None:
    token = str(session.real.token)
    answer = MISMATCH.format(id=session.real.access_key, token=token, bytes=f"x-amz-security-token:{token}".encode().hex(" "))
    shown = session.answer(aws(session), answer.encode(), 403).decode()
    assert token not in shown
    assert token.encode().hex(" ") not in shown
    assert "SignatureDoesNotMatch" in shown
    query = f"<Response><Errors><Error><Message>The Canonical String should have been 'x-amz-security-token:{token}'</Message></Error></Errors></Response>"
    assert token not in session.answer(aws(session, "POST", "ec2.us-east-1.amazonaws.com", "/", b"Action=DescribeInstances&Version=2016-11-15",
                                           service="ec2", signer=SigV4Auth, Content_Type="application/x-www-form-urlencoded"), query.encode(), 403).decode()  # fmt: skip


def test_an_echo_of_a_token_of_google_or_a_cluster_does_not_show_it(session: Session) -> None:
    listed = google(session, "storage.googleapis.com", "/storage/v1/b?project=p")
    assert session.google not in session.answer(listed, f"you sent {session.google}".encode(), kind="text/plain").decode()
    pods = plain(CLUSTER, "/api/v1/pods", ("Authorization", f"Bearer {session.cluster_dummy}"), method="GET")
    for text in (session.cluster_token, base64.b64encode(f"Bearer {session.cluster_token}".encode()).decode()):
        assert text not in session.answer(pods, f"you sent {text}".encode(), kind="text/plain").decode()


# --- Google ----------------------------------------------------------------------------------------------------------------------

SIGN = "/v1/projects/-/serviceAccounts/a@b.iam.gserviceaccount.com:"
JSON = ("Content-Type", "application/json")
FORM = ("Content-Type", "application/x-www-form-urlencoded")


def batch(session: Session, inner: str, *, packed: bool = False) -> HttpRequest:
    body = f"--b\r\nContent-Type: application/http\r\n\r\n{inner}\r\n\r\n--b--\r\n".encode()
    more = (("Content-Encoding", "gzip"),) if packed else ()
    kind = ("Content-Type", "multipart/mixed; boundary=b")
    return google(
        session, "storage.googleapis.com", "/batch/storage/v1", kind, *more, method="POST", body=gzip.compress(body) if packed else body
    )


GOOGLE_ATTEMPTS: dict[str, tuple[Callable[[Session], HttpRequest], str]] = {
    "signBlob": (lambda s: google(s, "iamcredentials.googleapis.com", f"{SIGN}signBlob", JSON, method="POST", body=b"{}"), "signature"),
    "signJwt of IAM's older API": (lambda s: google(s, "iam.googleapis.com", f"{SIGN}signJwt", JSON, method="POST", body=b"{}"), "signature"),
    "signBlob of the same": (lambda s: google(s, "iam.googleapis.com", f"{SIGN}signBlob", JSON, method="POST", body=b"{}"), "signature"),
    "and over gRPC": (lambda s: google(s, "iam.googleapis.com", "/google.iam.admin.v1.IAM/SignBlob", ("Content-Type", "application/grpc"),
                                       method="POST", body=b"\0\0\0\0\0"), "signature"),
    "headers in the query": (lambda s: google(s, "storage.googleapis.com", "/storage/v1/b?project=p&$httpHeaders=Authorization:Bearer%20x"),
                             "method-override"),
    "the same, escaped": (lambda s: google(s, "storage.googleapis.com", "/storage/v1/b?project=p&%24httpheaders=X-HTTP-Method-Override:POST"),
                          "method-override"),
    "in a query that is a body": (lambda s: google(s, "storage.googleapis.com", "/storage/v1/b", FORM, ("X-HTTP-Method-Override", "GET"),
                                                   method="POST", body=b"project=p&$httpHeaders=Authorization:Bearer%20x"), "method-override"),
    "a token in a query that is a body": (lambda s: google(s, "storage.googleapis.com", "/storage/v1/b", FORM, ("X-HTTP-Method-Override", "GET"),
                                                           method="POST", body=b"project=p&%61ccess_token=x"), "foreign-credentials"),
    "a batch's part with a token": (lambda s: batch(s, "GET /storage/v1/b?%61ccess_token=x HTTP/1.1"), "foreign-credentials"),
    "by another name": (lambda s: batch(s, "GET /storage/v1/b?bearer_token=x HTTP/1.1"), "foreign-credentials"),
    "with a key": (lambda s: batch(s, "GET /storage/v1/b?$key=x HTTP/1.1"), "foreign-credentials"),
    "with a cookie": (lambda s: batch(s, "GET /storage/v1/b HTTP/1.1\r\nCookie: SID=x"), "foreign-credentials"),
    "with an authorization in a packed batch": (lambda s: batch(s, "GET /storage/v1/b HTTP/1.1\r\nAuthorization: Bearer x", packed=True),
                                                "foreign-credentials"),
    "a token exchanged by another name": (lambda s: google(s, "sts.googleapis.com", "/v1/oauthtoken", FORM, method="POST",
                                                           body=b"grant_type=refresh_token&refresh_token=x"), "foreign-credentials"),
    "the dummy as a key": (lambda s: plain("storage.googleapis.com", f"/storage/v1/b?project=p&access_token={s.token}", method="GET"),
                           "foreign-credentials"),
    "two authorizations": (lambda s: google(s, "storage.googleapis.com", "/storage/v1/b?project=p", ("authorization", "Bearer x")), "two-credentials"),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOGLE_ATTEMPTS)
def test_google(session: Session, name: str) -> None:
    make, code = GOOGLE_ATTEMPTS[name]
    assert session.send(make(session)) == code


@pytest.mark.parametrize("host", ["x.run.app", API])
def test_a_dummy_is_nothing_elsewhere(session: Session, host: str) -> None:
    for token in (session.token, session.cluster_dummy):
        assert session.holds(session.send(plain(host, "/", ("Authorization", f"Bearer {token}")))) == []
    anywhere = plain(host, "/", ("Authorization", str(aws(session).header("authorization"))))
    assert session.holds(session.send(anywhere)) == []


# --- placeholders ----------------------------------------------------------------------------------------------------------------

PART = 'Content-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
MULTIPART: dict[str, tuple[str, str]] = {
    "two names": ("boundary=B", '--B\r\nContent-Disposition: form-data; name="password"; name="comment"\r\n\r\nPH\r\n--B--\r\n'),
    "a name and an extended one": ("boundary=B", '--B\r\nContent-Disposition: form-data; name="password"; name*=utf-8\'\'comment\r\n\r\nPH\r\n--B--\r\n'),
    "two dispositions": (
        "boundary=B", '--B\r\nContent-Disposition: form-data; name="password"\r\n' + PART.format("comment", "PH") + "--B--\r\n"),
    "a name on another line": ("boundary=B", '--B\r\nContent-Disposition: form-data;\r\n name="password"\r\n\r\nPH\r\n--B--\r\n'),
    "a disposition inside a quoted name": (
        "boundary=B", '--B\r\nContent-Disposition: form-data; name="password"; filename="\r\n' + PART.format("comment", "PH") + "--B--\r\n"),
    "two boundaries": ("boundary=B; boundary=C", "--B\r\n" + PART.format("password", "--C\r\n" + PART.format("comment", "PH") + "--C--") + "--B--\r\n"),
    "lines that end in a line feed": ("boundary=B", "--B\r\n" + PART.format("comment", "x\n--B\n" + PART.format("password", "PH")) + "--B--\r\n"),
    "a boundary with more behind it": ("boundary=B", "--B\r\n" + PART.format("comment", "x\r\n--B" + PART.format("password", "PH")) + "--B--\r\n"),
    "spaces behind a boundary": ("boundary=B", "--B\r\n" + PART.format("comment", "x\r\n--B \t\r\n" + PART.format("password", "PH")) + "--B--\r\n"),
    "behind the end": ("boundary=B", "--B\r\n" + PART.format("comment", "x") + "--B--\r\n" + PART.format("password", "PH") + "--B--\r\n"),
    "before the beginning": ("boundary=B", PART.format("password", "PH") + "--B\r\n" + PART.format("comment", "x") + "--B--\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", MULTIPART)
def test_a_part_that_two_readers_name_differently_is_given_no_secret(session: Session, name: str) -> None:
    stated, body = MULTIPART[name]
    sent = plain(API, "/", ("Content-Type", f"multipart/form-data; {stated}"), body=body.replace("PH", session.mine).encode())
    left = session.send(sent)
    # What stands before the first boundary is nobody's part, and left as it is.
    assert left == "placeholder-elsewhere" or (name == "before the beginning" and session.holds(left) == [])


def test_a_part_of_one_name_is(session: Session) -> None:
    """The control, in the forms of curl, browsers and Python's requests."""
    for disposition in ('form-data; name="password"', "form-data; name=password", 'form-data; name="password"; filename="a;b=c.txt"'):
        body = f"--B\r\nContent-Disposition: {disposition}\r\n\r\n{session.mine}\r\n--B--\r\n"
        sent = plain(API, "/", ("Content-Type", 'multipart/form-data; boundary="B"'), body=body.encode())
        assert session.holds(session.send(sent)) == [session.value], disposition


@pytest.mark.parametrize(
    "body",
    [
        "comment=PH",
        "password=1;comment=PH",
        "comment=1;password=PH",
        "xpassword=PH",
        "password%00=PH",
        "PASSWORD=PH",
        "comment=password=PH",
    ],
)
def test_a_field_that_two_readers_name_differently_is_given_no_secret(session: Session, body: str) -> None:
    sent = plain(API, "/", FORM, body=body.replace("PH", session.mine).encode())
    assert session.send(sent) == "placeholder-elsewhere"


@pytest.mark.parametrize(
    "value",
    ["PHx", "x PH", "PH,x", '"PH"', "PH ", "{}.PH", "Bearer PH"],
)
@pytest.mark.parametrize("scheme", ["Bearer", "Basic", "Digest"])
def test_a_placeholder_in_a_longer_value_is_refused(session: Session, scheme: str, value: str) -> None:
    text = value.replace("PH", session.mine)
    sent = plain(API, "/", ("Authorization", f"{scheme} {base64.b64encode(text.encode()).decode() if scheme == 'Basic' else text}"))
    assert session.send(sent) == "placeholder-elsewhere"


@pytest.mark.parametrize(
    "change",
    [str.swapcase, lambda text: text[::-1], lambda text: f"{text[:9]}\u200b{text[9:]}", lambda text: text.translate({ord("w"): "\uff57"})],
)
def test_what_only_looks_like_a_placeholder_is_nothing(session: Session, change: Callable[[str], str]) -> None:
    field = f"Bearer {change(session.mine).encode().decode('latin-1')}"  # as bytes of a head are read
    sent = plain(API, "/", ("Authorization", field), FORM, body=f"password={change(session.mine)}".encode())
    assert session.holds(session.send(sent)) == []


def test_another_sessions_placeholder_is_nothing(session: Session, tmp_path: Path) -> None:
    other = Session(tmp_path / "other")
    left = session.send(plain(API, "/", ("Authorization", f"Bearer {other.mine}")))
    assert session.holds(left) == other.holds(left) == []
    assert session.send(google(other, "storage.googleapis.com", "/storage/v1/b?project=p")) == "foreign-credentials"
    assert session.send(aws(other)) == "foreign-credentials"


def test_over_plain_http_no_secret_leaves(session: Session) -> None:
    sent = replace(plain(API, "/", ("Authorization", f"Bearer {session.mine}")), scheme="http", port=80)
    assert session.send(sent) == "secret-over-http"


# --- to keep the worker busy, or fill it ------------------------------------------------------------------------------------------


def test_a_full_vault_denies_and_goes_on(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vaults, "CAPACITY", len(list(session.vault.entries())))
    assert session.send(aws(session)) == "vault-full"
    assert session.holds(session.send(plain(API, "/", ("Authorization", f"Bearer {session.mine}")))) == [session.value]


def test_a_real_token_with_a_lines_end_is_not_another_header(tmp_path: Path) -> None:
    session = Session(tmp_path)
    injected = {LIBRARIES: "token\r\nX-Goog-User-Project: evil", "PATH": "/usr/bin"}
    session.brokers = replace(session.brokers, gcp=GcpBroker(CredentialsConfig().gcp, injected, tmp_path))
    session.flow._broker = session.brokers
    session.token = session.brokers.environment()[LIBRARIES]
    assert session.send(google(session, "storage.googleapis.com", "/storage/v1/b?project=p")) == "credential-unsendable"


def test_thousands_of_signed_headers_take_no_time(session: Session) -> None:
    many: dict[str, Any] = {f"x_amz_meta_{index}": "v" for index in range(2000)}
    assert session.holds(session.send(aws(session, **many))) == [session.real.token]


def test_a_hash_that_lies_is_refused(session: Session) -> None:
    sent = aws(session, "PUT", body=b"as ruled on", signer=SigV4Auth, x_amz_content_sha256=hashlib.sha256(b"other").hexdigest())
    assert session.send(sent) == "payload-hash"


def test_a_shops_token_goes_to_its_api_and_to_no_app_behind_its_name(session: Session) -> None:
    token = "shpat_" + secrets.token_hex(16)
    shown = session.answer(plain(API, "/", method="GET"), json.dumps({"note": token}).encode(), kind="application/json")
    stand_in = json.loads(shown)["note"]
    assert stand_in != token
    session.flow.decoder = Decoder(Egress(["*.myshopify.com"]))
    header = ("X-Shopify-Access-Token", stand_in)
    sent = session.send(plain("mine.myshopify.com", "/admin/api/2026-01/graphql.json", header, JSON, body=b"{}"))
    assert isinstance(sent, HttpRequest)
    assert sent.header("x-shopify-access-token") == token
    assert session.send(plain("evil.myshopify.com", "/apps/collect/token", header)) == "placeholder-elsewhere"


def test_a_url_that_the_real_key_has_signed_does_not_come_back_in_a_redirect(session: Session) -> None:
    """It would be good outside, for as long as the agent has said, whatever is ruled on later. S3 redirects with the query that it was sent."""
    asked = aws(session, signer=S3SigV4QueryAuth)
    ruling = session.flow.rule(asked)
    assert isinstance(ruling.forward, HttpRequest)
    place = f"https://b.s3.eu-west-1.amazonaws.com{ruling.forward.target}"
    value = place.rpartition("X-Amz-Signature=")[2]
    head = session.flow.answer(asked, ruling, 307, (("Location", place), ("Content-Type", "application/xml"), ("Content-Length", "0")))
    body = f"<Error><Code>TemporaryRedirect</Code><Url>{place.replace('&', '&amp;')}</Url></Error>"
    for shown in (repr(head.fields), session.answer(asked, body.encode(), 307).decode()):
        assert value not in shown
        assert str(session.real.token) not in shown
        assert "eu-west-1" in shown


def test_nor_does_one_of_googles(session: Session) -> None:
    value = secrets.token_hex(256)
    scope = "a%40b.iam.gserviceaccount.com%2F20260101%2Fauto%2Fstorage%2Fgoog4_request"
    place = (
        f"https://storage.googleapis.com/my-bucket/o?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential={scope}&X-Goog-Signature={value}"
    )
    asked = google(session, "storage.googleapis.com", "/storage/v1/b?project=p")
    ruling = session.flow.rule(asked)
    head = session.flow.answer(asked, ruling, 307, (("Location", place), ("Content-Length", "0")))
    body = f"<Error><Url>{place.replace('&', '&amp;')}</Url></Error>"
    for shown in (repr(head.fields), session.answer(asked, body.encode(), 307).decode()):
        assert value not in shown
        assert "my-bucket/o" in shown
