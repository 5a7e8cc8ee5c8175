"""The dummies, the kubeconfig inside, and the walk of one request."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.credentials.kubernetes.material import (
    CERTIFICATE,
    CLUSTER_CA,
    KEY,
    READ,
    Config,
    b64,
    broker,
    dummy,
    inside,
    request,
    token,
)
from warden.config import KubernetesConfig
from warden.credentials.kubernetes.broker import KubernetesBroker
from warden.errors import CredentialError
from warden.model import Action, HttpRequest, Verb


def kube(home: Path, config: Config) -> Path:
    return config.write(home / ".kube/config")


def refused(made: KubernetesBroker, asked: HttpRequest) -> str:
    with pytest.raises(CredentialError) as error:
        made.authorize(asked, READ)
    return error.value.code


def with_token(home: Path, **user: object) -> tuple[KubernetesBroker, str]:
    """A broker for one cluster ``h`` with one user, and its dummy."""
    kube(home, Config().add("c", {"server": "https://h"}, dict(user)))
    made = broker(home)
    return made, dummy(made, home, "c")


# --- what the sandbox sees -----------------------------------------------------------------------------------------------------------


def test_names_and_namespaces_are_the_user_s(tmp_path: Path) -> None:
    config = Config(current="dev").add("dev", {"server": "https://127.0.0.1:6443", "proxy-url": "http://p"}, {"token": token()})
    document = config.document()
    document["contexts"][0]["context"]["namespace"] = "team"
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube/config").write_text(yaml.safe_dump(document))
    made = broker(tmp_path)
    seen = inside(made, tmp_path)
    assert seen["current-context"] == "dev"
    assert seen["contexts"] == [{"name": "dev", "context": {"cluster": "dev", "user": "dev", "namespace": "team"}}]
    assert seen["clusters"] == [
        {
            "name": "dev",
            "cluster": {
                "server": "https://dev.kubernetes.warden.internal:6443",
                "certificate-authority-data": b64(b"the session's CA"),
            },
        }
    ]
    assert made.environment()["KUBECONFIG"] == f"{tmp_path}/.kube/config"


secret_text = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789", min_size=24, max_size=40)


FIELDS = (
    "token", "password", "username", "tokenFile", "client-key-data", "client-key", "client-certificate", "client-certificate-data",
    "extensions", "unknown-field",
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), secret_text), st.sampled_from(["exec", "auth-provider", ""]), secret_text)
def test_no_secret_is_ever_inside(tmp_path_factory: pytest.TempPathFactory, fields: dict[str, str], method: str, secret: str) -> None:
    home = tmp_path_factory.mktemp("home")
    user: dict[str, object] = dict(fields)
    if method == "exec":
        user["exec"] = {"command": "get-token", "args": [secret], "env": [{"name": "A", "value": secret}]}
    elif method:
        user["auth-provider"] = {"name": "oidc", "config": {"refresh-token": secret}}
    cluster = {
        "server": f"https://u:{secret}@h",
        "proxy-url": f"http://u:{secret}@p",
        "certificate-authority": secret,
        "extensions": secret,
    }
    kube(home, Config().add("c", cluster, user).add("d", {"server": "https://127.0.0.1:1"}, user))
    made = broker(home)
    shown = json.dumps([made.environment(), [{n: c.decode() for n, c in f.items()} for f in made.files(b"CA").values()], repr(made)])
    for value in (*fields.values(), secret):
        assert value not in shown


def test_dummies_are_new_for_each_user_and_session(tmp_path: Path) -> None:
    kube(tmp_path, Config().add("a", {}, {"token": token()}).add("b", {}, {"token": token()}))
    seen = {dummy(made, tmp_path, user) for made in (broker(tmp_path), broker(tmp_path)) for user in "ab"}
    assert len(seen) == 4


def test_impersonation_is_shown_so_that_it_is_ruled_on(tmp_path: Path) -> None:
    kube(tmp_path, Config().add("c", {}, {"token": token(), "as": "alice", "as-groups": ["ops"]}))
    assert {**inside(broker(tmp_path), tmp_path)["users"][0]["user"], "token": ""} == {"token": "", "as": "alice", "as-groups": ["ops"]}


def test_without_clusters_nothing_is_shown(tmp_path: Path) -> None:
    assert (broker(tmp_path).files(b""), broker(tmp_path).environment()) == ({}, {})
    kube(tmp_path, Config().add("c", {"server": "https://h"}, {}))
    off = broker(tmp_path, config=KubernetesConfig(enabled=False))
    assert (off.files(b""), off.endpoints()) == ({}, [])


def test_the_files_that_hold_secrets_are_named(tmp_path: Path) -> None:
    kube(tmp_path, Config().add("c", {}, {"client-key": "pki/admin.key", "tokenFile": "/var/token"}))
    assert broker(tmp_path).secret_files() == [f"{tmp_path}/.kube/config", f"{tmp_path}/.kube/pki/admin.key", "/var/token"]


def test_a_pod_s_own_cluster(tmp_path: Path) -> None:
    account = tmp_path / "serviceaccount"
    account.mkdir()
    real = token()
    for name, content in (("token", real), ("ca.crt", CLUSTER_CA.pem.decode()), ("namespace", "team")):
        (account / name).write_text(content)
    environment = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    kube(tmp_path, Config().add("in-cluster", {"server": "https://h"}, {"token": token()}))
    made = broker(tmp_path, environment, service_account=account)
    assert [(each.name, each.host) for each in made.endpoints()] == [("in-cluster-pod", "10.96.0.1"), ("in-cluster", "h")]
    files = made.files(b"session CA")
    assert [entry["name"] for entry in inside(made, tmp_path)["clusters"]] == ["in-cluster"]
    shown = files[str(account)]
    assert (shown["ca.crt"], shown["namespace"]) == (b"session CA", b"team")
    sent = made.authorize(request("10.96.0.1", bearer=shown["token"].decode()), READ)
    assert sent.header("authorization") == f"Bearer {real}"
    renewed = token()
    (account / "token").write_text(renewed)  # as the kubelet does every hour
    assert made.authorize(request("10.96.0.1", bearer=shown["token"].decode()), READ).header("authorization") == f"Bearer {renewed}"
    assert str(account / "token") in made.secret_files()


# --- the walk of one request ---------------------------------------------------------------------------------------------------------


def test_a_token_is_swapped_and_nothing_else_changes(tmp_path: Path) -> None:
    real = token()
    made, own = with_token(tmp_path, token=real)
    asked = request("h", bearer=own, Accept="application/json", User_Agent="kubectl")
    sent = made.authorize(asked, READ)
    assert sent.headers == (*asked.headers[:-1], ("Authorization", f"Bearer {real}"))
    assert (sent.method, sent.target, sent.host, sent.identity) == (asked.method, asked.target, asked.host, "")


def test_a_certificate_takes_the_token_s_place(tmp_path: Path) -> None:
    made, own = with_token(tmp_path, **{"client-certificate-data": b64(CERTIFICATE), "client-key-data": b64(KEY)})
    sent = made.authorize(request("h", bearer=own), READ)
    assert sent.header("authorization") is None
    found = made.certificate(sent.identity)
    assert (found.certificate, found.key) == (CERTIFICATE, KEY)
    assert "PRIVATE" not in repr(found)


def test_a_certificate_file_that_is_renewed(tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_bytes(CERTIFICATE)
    (tmp_path / "k.pem").write_bytes(KEY)
    made, own = with_token(tmp_path, **{"client-certificate": str(tmp_path / "c.pem"), "client-key": str(tmp_path / "k.pem")})
    first = made.authorize(request("h", bearer=own), READ).identity
    (tmp_path / "c.pem").write_bytes(CERTIFICATE + b"\n")
    assert made.authorize(request("h", bearer=own), READ).identity not in ("", first)


@pytest.mark.parametrize(
    ("certificate", "key"), [(CERTIFICATE, b"no key"), (b"no certificate", KEY), (CLUSTER_CA.pem, KEY)], ids=["key", "certificate", "pair"]
)
def test_a_pair_that_is_none(tmp_path: Path, certificate: bytes, key: bytes) -> None:
    made, own = with_token(tmp_path, **{"client-certificate-data": b64(certificate), "client-key-data": b64(key)})
    assert refused(made, request("h", bearer=own)) == "bad-certificate"


def test_a_token_file_wins_over_a_token(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("from-file\n")
    made, own = with_token(tmp_path, token="embedded", tokenFile=str(tmp_path / "t"))
    assert made.authorize(request("h", bearer=own), READ).header("authorization") == "Bearer from-file"
    (tmp_path / "t").unlink()
    assert made.authorize(request("h", bearer=own), READ).header("authorization") == "Bearer embedded"


def test_without_authorization_it_is_anonymous(tmp_path: Path) -> None:
    made, own = with_token(tmp_path, token=token())
    assert made.authorize(request("h"), READ) == request("h")
    made, own = with_token(tmp_path)
    assert made.authorize(request("h", bearer=own), READ) == request("h")


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer found-elsewhere"},
        {"Authorization": "Basic dTpw"},
        {"Authorization": "DUMMY"},
        {"Authorization": "Negotiate DUMMY"},
        {"Cookie": "R_SESS=token-abc"},
        {"Sec_WebSocket_Protocol": "v4.channel.k8s.io, base64url.bearer.authorization.k8s.io.Zm91bmQ"},
    ],
)
def test_credentials_of_another_origin(tmp_path: Path, headers: dict[str, str]) -> None:
    made, own = with_token(tmp_path, token=token())
    stated: dict[str, Any] = {name: value.replace("DUMMY", own) for name, value in headers.items()}
    assert refused(made, request("h", **stated)) == "foreign-credentials"


def test_two_authorizations(tmp_path: Path) -> None:
    made, own = with_token(tmp_path, token=token())
    assert refused(made, request("h", bearer=own, authorization=f"Bearer {own}")) == "foreign-credentials"


@pytest.mark.parametrize("header", ["X_Remote_User", "X_Remote_Group", "x_remote_extra_scopes"])
def test_headers_of_authenticating_proxies(tmp_path: Path, header: str) -> None:
    made, own = with_token(tmp_path, token=token())
    headers: dict[str, Any] = {header: "admin"}
    assert refused(made, request("h", bearer=own, **headers)) == "front-proxy"


def test_no_cluster_is_sent_another_one_s_token(tmp_path: Path) -> None:
    kube(tmp_path, Config().add("a", {"server": "https://a"}, {"token": token()}).add("b", {"server": "https://b"}, {"token": token()}))
    made = broker(tmp_path)
    assert refused(made, request("a", bearer=dummy(made, tmp_path, "b"))) == "other-cluster"
    assert refused(made, request("elsewhere", bearer=dummy(made, tmp_path, "b"))) == "unknown-cluster"


def test_one_server_under_two_names(tmp_path: Path) -> None:
    kube(tmp_path, Config().add("a", {"server": "https://h"}, {"token": "ta"}).add("b", {"server": "https://h"}, {"token": "tb"}))
    made = broker(tmp_path)
    for name in "ab":
        assert made.authorize(request("h", bearer=dummy(made, tmp_path, name)), READ).header("authorization") == f"Bearer t{name}"


@pytest.mark.parametrize(
    ("user", "code"),
    [
        ({"username": "u", "password": "p"}, "basic-auth"),
        ({"auth-provider": {"name": "oidc"}}, "auth-provider"),
        ({"tokenFile": "/absent"}, "no-credentials"),
        ({"client-key-data": b64(KEY)}, "no-credentials"),
        ({"client-certificate-data": "!"}, "no-credentials"),
        ({"token": "two\nlines"}, "no-credentials"),
        ({"token": 7}, "bad-kubeconfig"),
        ({"exec": {"command": "x"}}, "bad-exec-plugin"),
        ({"exec": {"command": "x", "apiVersion": "client.authentication.k8s.io/v1alpha1"}}, "bad-exec-plugin"),
    ],
)
def test_what_cannot_be_given(tmp_path: Path, user: dict[str, object], code: str) -> None:
    made, own = with_token(tmp_path, **user)
    assert refused(made, request("h", bearer=own)) == code


def test_a_cluster_that_cannot_be_verified_is_told_why(tmp_path: Path) -> None:
    kube(tmp_path, Config().add("c", {"server": "https://h", "insecure-skip-tls-verify": True}, {"token": token()}))
    made = broker(tmp_path)
    assert refused(made, request("h", bearer=dummy(made, tmp_path, "c"))) == "insecure-cluster"
    assert refused(made, request("h")) == "insecure-cluster"


def test_the_server_s_own_name_goes_out(tmp_path: Path) -> None:
    kube(tmp_path, Config().add("c", {"server": "https://127.0.0.1:6443"}, {"token": "t"}))
    made = broker(tmp_path)
    alias = "c.kubernetes.warden.internal"
    sent = made.authorize(request(alias, 6443, bearer=dummy(made, tmp_path, "c")), READ)
    assert (sent.host, sent.header("host")) == (alias, "127.0.0.1:6443")


def test_other_providers_requests_are_left_alone(tmp_path: Path) -> None:
    made, _own = with_token(tmp_path, token=token())
    asked = request("s3.amazonaws.com", authorization="AWS4-HMAC-SHA256 ...")
    assert made.authorize(asked, (Action("aws", "s3:ListBuckets", Verb.LIST),)) is asked
    assert not made.needs_body(asked)


def test_configured_clusters(tmp_path: Path) -> None:
    kube(tmp_path, Config().add("c", {"server": "https://old"}, {"token": "t"}))
    made = broker(tmp_path, config=KubernetesConfig(clusters={"c": "https://new", "extra": "https://e/prefix"}))
    assert [each.url for each in made.endpoints()] == ["https://new:443", "https://e:443/prefix"]
    assert made.authorize(request("new", bearer=dummy(made, tmp_path, "c")), READ).header("authorization") == "Bearer t"


# --- patches of Secrets, and what comes back ------------------------------------------------------------------------------------------

PATCH_OF_A_SECRET = (Action("kubernetes", "secrets:patch", Verb.UPDATE),)
PASSES, REFUSED = "", "secret-patch"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'[{"op": "copy", "from": "/data/a", "path": "/metadata/labels/a"}]', REFUSED),
        (b'[{"op": "move", "from": "/data/a", "path": "/metadata/annotations/a"}]', REFUSED),
        (b'[{"op": "test", "path": "/data/a", "value": "Z3Vlc3M="}]', REFUSED),
        (b'[{"op": "add", "path": "/data/a", "value": ""}, {"op": "test", "path": "/data/b", "value": ""}]', REFUSED),
        (b'[{"op": "Copy", "from": "/data/a", "path": "/data/b"}]', REFUSED),
        (b'[{"\\u006fp": "copy", "from": "/data/a", "path": "/data/b"}]', REFUSED),
        (b'[{"op": "add", "op": "copy", "from": "/data/a", "path": "/data/b"}]', REFUSED),
        (b'[{"op": "copy", "op": "add", "from": "/data/a", "path": "/data/b"}]', REFUSED),  # whichever of the two a server believes
        (b'[{"OP": "copy", "op": "add", "from": "/data/a", "path": "/data/b"}]', REFUSED),
        (b'{"op": "add"}', REFUSED),
        (b'[["add"]]', REFUSED),
        (b'[{"path": "/data/a"}]', REFUSED),
        (b"[" * 100_000, REFUSED),
        (b"\xff\xfe", REFUSED),
        (b"", REFUSED),
        (None, REFUSED),
        (b'[{"op": "add", "path": "/data/a", "value": "YQ=="}, {"op": "replace", "path": "/data/b", "value": ""}]', PASSES),
        (b'[{"op": "remove", "path": "/data/a"}]', PASSES),
        (b"[]", PASSES),
    ],
)
@pytest.mark.parametrize("kind", ["application/json-patch+json", "Application/JSON-Patch+JSON; charset=utf-8"])
def test_a_json_patch_of_a_secret_neither_copies_nor_tests(tmp_path: Path, body: bytes | None, code: str, kind: str) -> None:
    made, user = with_token(tmp_path, token=token())
    asked = replace(request("h", bearer=user, path="/api/v1/namespaces/n/secrets/s", Content_Type=kind), method="PATCH", body=body)
    assert made.needs_body(asked)
    if code:
        with pytest.raises(CredentialError) as error:
            made.authorize(asked, PATCH_OF_A_SECRET)
        assert error.value.code == code
        assert made.authorize(asked, READ).body == body  # a ConfigMap's is its own
    else:
        assert made.authorize(asked, PATCH_OF_A_SECRET).body == body


def test_a_merge_patch_has_no_operations(tmp_path: Path) -> None:
    made, user = with_token(tmp_path, token=token())
    asked = request("h", bearer=user, path="/api/v1/namespaces/n/secrets/s", Content_Type="application/merge-patch+json")
    body = b'{"data": {"op": "copy"}}'
    assert made.authorize(replace(asked, method="PATCH", body=body), PATCH_OF_A_SECRET).body == body


@pytest.mark.parametrize(
    ("accepts", "sent"),
    [
        ("application/vnd.kubernetes.protobuf,application/json", "application/json"),
        ("application/vnd.kubernetes.protobuf, */*", "application/json, */*"),
        ("application/vnd.kubernetes.protobuf", "application/json"),
        ("Application/Vnd.Kubernetes.Protobuf;q=0.9", "application/json;q=0.9"),
        ("application/cbor, application/json;q=0.5", "application/json, application/json;q=0.5"),
        ("application/vnd.kubernetes.protobuf;as=Table;g=meta.k8s.io;v=v1", "application/json;as=Table;g=meta.k8s.io;v=v1"),
        ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", None),
        ("application/com.github.proto-openapi.spec.v2@v1.0+protobuf", None),
        ("*/*", None),
        ("", None),
    ],
)
def test_answers_are_asked_for_in_json(tmp_path: Path, accepts: str, sent: str | None) -> None:
    made, user = with_token(tmp_path, token=token())
    forwarded = made.authorize(request("h", bearer=user, Accept=accepts), READ)
    assert forwarded.header_values("accept") == [accepts if sent is None else sent]
