"""Where found secrets may go back to: the thing they were found in, the API that they are for, and nothing that others read."""

from __future__ import annotations

import base64
import json
import secrets

import pytest

from warden.errors import CredentialError
from warden.model import HttpRequest
from warden.redact import binding
from warden.redact.outgoing import substitute
from warden.redact.vault import Vault

CLUSTER = "cluster.example"
SECRET = "/api/v1/namespaces/shop/secrets/db"


def sends(rule: str, host: str, path: str, to: str, target: str, headers: dict[str, str] | None = None, body: object = None) -> bool:
    """Whether a secret found in the answer of `host` to `path` is sent by this request; ``{}`` stands for its placeholder."""
    vault, secret = Vault(), secrets.token_hex(20)
    made = vault.admit(secret.encode(), binding=binding.of(rule, host, path)).placeholder.decode()
    fields = tuple((name, value.replace("{}", made)) for name, value in (headers or {}).items())
    text = json.dumps(body).replace("{}", made).replace("{64}", base64.b64encode(made.encode()).decode()).encode() if body else b""
    try:
        sent = substitute(HttpRequest("PUT", "https", to, 443, target.replace("{}", made), fields, text, len(text)), vault)
    except CredentialError:
        return False
    whole = repr((sent.target, sent.headers, sent.body))
    return secret in whole or base64.b64encode(secret.encode()).decode() in whole


KUBERNETES = {
    # target, body: whether it goes
    "the Secret itself": (SECRET, {"data": {"p": "{64}"}}, True),
    "with the annotation of apply": (
        SECRET,
        {"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"data": {"p": "x"}}'}}, "data": {"p": "{64}"}},
        True,
    ),
    "as text": (SECRET, {"stringData": {"p": "{}"}}, True),
    "another Secret of the namespace": ("/api/v1/namespaces/shop/secrets", {"data": {"p": "{64}"}}, True),
    "a Secret elsewhere": ("/api/v1/namespaces/mine/secrets/db", {"data": {"p": "{64}"}}, False),
    "its label": (SECRET, {"metadata": {"labels": {"a": "{}"}}}, False),
    "its annotation": (SECRET, {"metadata": {"annotations": {"a": "{}"}}}, False),
    "its name": (SECRET, {"metadata": {"name": "{}"}, "data": {}}, False),
    "a ConfigMap": ("/api/v1/namespaces/shop/configmaps/db", {"data": {"p": "{}"}}, False),
    "a ConfigMap called secrets": ("/api/v1/namespaces/shop/configmaps/secrets", {"data": {"p": "{}"}}, False),
    "a pod's command": ("/api/v1/namespaces/shop/pods", {"spec": {"containers": [{"command": ["curl", "{}"]}]}}, False),
    "an event": ("/api/v1/namespaces/shop/events", {"message": "{}"}, False),
    "a resource of the same name in a group": ("/apis/evil.example/v1/namespaces/shop/secrets/db", {"data": {"p": "{}"}}, False),
    "a query": (SECRET + "?fieldManager={}", None, False),
}


@pytest.mark.parametrize("name", KUBERNETES)
def test_what_was_in_a_secret(name: str) -> None:
    target, body, goes = KUBERNETES[name]
    assert sends("kubernetes-secret", CLUSTER, SECRET, CLUSTER, target, body=body) is goes
    assert sends("kubernetes-secret", CLUSTER, SECRET, "other.example", target, body=body) is False


def test_behind_a_gateway_and_from_a_list() -> None:
    front = "/k8s/clusters/c-1"
    assert sends("x", CLUSTER, f"{front}/api/v1/secrets", CLUSTER, front + SECRET, body={"data": {"p": "{64}"}})
    assert not sends("x", CLUSTER, f"{front}/api/v1/secrets", CLUSTER, SECRET, body={"data": {"p": "{64}"}})
    deployments = "/apis/apps/v1/namespaces/shop/deployments"
    body = {"spec": {"template": {"spec": {"containers": [{"env": [{"value": "{}"}]}]}}}}
    assert sends("x", CLUSTER, deployments, CLUSTER, f"{deployments}/web", body=body)
    assert not sends("x", CLUSTER, deployments, CLUSTER, "/api/v1/namespaces/shop/pods/web", body=body)


@pytest.mark.parametrize(
    ("to", "target", "headers", "body", "goes"),
    [
        ("bucket.s3.amazonaws.com", "/state", {}, {"v": "{}"}, False),  # ?select would evaluate it
        ("bucket.s3.amazonaws.com", "/public", {}, {"v": "{}"}, False),
        ("other.s3.amazonaws.com", "/state", {}, {"v": "{}"}, False),
        ("bucket.s3.amazonaws.com", "/state", {"x-amz-meta-a": "{}"}, None, False),
        ("bucket.s3.amazonaws.com", "/state?x={}", {}, None, False),
        ("bucket.s3.amazonaws.com", "/state/{}", {}, None, False),
    ],
)
def test_anything_else_goes_nowhere(to: str, target: str, headers: dict[str, str], body: object, goes: bool) -> None:
    assert sends("entropy", "bucket.s3.amazonaws.com", "/state", to, target, headers, body) is goes


@pytest.mark.parametrize(
    ("rule", "to", "headers", "goes"),
    [
        ("github-pat", "api.github.com", {"Authorization": "token {}"}, True),
        ("github-pat", "api.github.com", {"Authorization": "Bearer {}"}, True),
        ("github-pat", "api.github.com", {"X-Note": "{}"}, False),
        ("github-pat", "gist.github.com", {"Authorization": "Bearer {}"}, False),
        ("gitlab-pat", "gitlab.com", {"PRIVATE-TOKEN": "{}"}, True),
        ("stripe-access-token", "api.stripe.com", {"Authorization": "Bearer {}"}, True),
        ("stripe-access-token", "api.github.com", {"Authorization": "Bearer {}"}, False),
        ("entropy", "api.github.com", {"Authorization": "Bearer {}"}, False),
    ],
)
def test_a_providers_token_goes_to_its_provider(rule: str, to: str, headers: dict[str, str], goes: bool) -> None:
    assert sends(rule, "vault.example", "/v1/kv", to, "/user", headers) is goes


@pytest.mark.parametrize(
    ("service", "body", "goes"),
    [
        ("secretsmanager", {"SecretId": "a", "SecretString": '{"p": "{}"}'}, True),
        ("secretsmanager", {"SecretId": "a", "SecretBinary": "{64}"}, True),
        ("secretsmanager", {"SecretId": "a", "Description": "{}"}, False),
        ("secretsmanager", {"Name": "{}"}, False),
        ("ssm", {"Name": "/a", "Value": "{}"}, False),  # AllowedPattern would confirm guesses
        ("ssm", {"ResourceId": "/a", "Tags": [{"Key": "a", "Value": "{}"}]}, False),
    ],
)
def test_what_was_in_an_aws_secret(service: str, body: object, goes: bool) -> None:
    host = f"{service}.eu-west-1.amazonaws.com"
    assert sends("x", host, "/", host, "/", body=body) is goes


def test_a_token_of_ecr_goes_to_the_registry_of_its_region() -> None:
    found = binding.of("aws-ecr", "api.ecr.eu-west-1.amazonaws.com", "/")
    assert found[0].hosts[0] == "*.dkr.ecr.eu-west-1.amazonaws.com"
    assert found[0].covers("123456789012.dkr.ecr.eu-west-1.amazonaws.com")
    assert not found[0].covers("123456789012.dkr.ecr.us-east-1.amazonaws.com")


def test_every_row_has_hosts_fields_and_a_reason() -> None:
    for word, hosts, fields, why in binding.PROVIDERS:
        assert word == word.lower()
        assert hosts
        assert fields
        assert why
