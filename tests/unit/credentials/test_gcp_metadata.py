"""What the metadata server answers, question by question, and to whom it answers nothing."""

from __future__ import annotations

import json

import pytest

from warden.credentials.gcp_metadata import Instance, answer
from warden.errors import CredentialError
from warden.model import HttpRequest

DUMMY = "ya29.dummy"
INSTANCE = Instance(DUMMY, 1234, "robot@shop-prod.iam.gserviceaccount.com", "shop-prod", zone="europe-west1-b")
FLAVOR = ("Metadata-Flavor", "Google")


def identify(audience: str) -> str:
    if not audience.startswith("https://"):
        raise CredentialError("id-token", "There is none.", "Ask for another.")
    return f"dummy for {audience}"


def asked(path: str, *headers: tuple[str, str], method: str = "GET", host: str = "metadata.google.internal") -> HttpRequest:
    return HttpRequest(method, "http", "169.254.169.254", 80, path, (("Host", host), *headers))


def told(path: str, instance: Instance = INSTANCE) -> tuple[int, str]:
    response = answer(asked(path, FLAVOR), instance, identify)
    assert response is not None
    assert dict(response.headers)["Metadata-Flavor"] == "Google"
    return response.status, response.body.decode()


ACCOUNT = "/computeMetadata/v1/instance/service-accounts"
ANSWERS = {
    "/": "computeMetadata/\n",
    "/computeMetadata/": "v1/\n",
    "/computeMetadata/v1/": "instance/\nproject/\nuniverse/\n",
    "/computeMetadata/v1/instance": "zone\nservice-accounts/\n",
    f"{ACCOUNT}/": f"default/\n{INSTANCE.email}/\n",
    f"{ACCOUNT}/default/": "aliases\nemail\nscopes\ntoken\n",
    f"{ACCOUNT}/default/email": INSTANCE.email,
    f"{ACCOUNT}/{INSTANCE.email}/email": INSTANCE.email,
    f"{ACCOUNT}/default/scopes": "https://www.googleapis.com/auth/cloud-platform\n",
    f"{ACCOUNT}/default/aliases": "default\n",
    "/computeMetadata/v1/project/project-id": "shop-prod",
    "/computeMetadata/v1/project/project-id?alt=json": '"shop-prod"',
    "/computeMetadata/v1/universe/universe-domain": "googleapis.com",
    "/computeMetadata/v1/universe/universe_domain": None,
    "/computeMetadata/v1/instance/zone": "projects/shop-prod/zones/europe-west1-b",
    "/computeMetadata/v1/instance/region": None,
    "/computeMetadata/v1/instance/id": None,
    "/computeMetadata/v1/project/numeric-project-id": None,
    "/computeMetadata/v1/project/project-id/x": None,
    f"{ACCOUNT}/other@shop-prod.iam.gserviceaccount.com/token": None,
    "/computeMetadata/v1beta1/instance/": None,
    "/computeMetadata/v2/": None,
}


@pytest.mark.parametrize("path", ANSWERS)
def test_what_is_known_is_told_and_the_rest_is_not_found(path: str) -> None:
    expected = ANSWERS[path]
    assert told(path) == (200, expected) if expected is not None else told(path)[0] == 404


@pytest.mark.parametrize("name", ["default", INSTANCE.email])
def test_the_token_is_the_dummy_with_the_life_of_the_real_one(name: str) -> None:
    status, body = told(f"{ACCOUNT}/{name}/token?scopes=https://www.googleapis.com/auth/devstorage.read_only")
    assert (status, json.loads(body)) == (200, {"access_token": DUMMY, "expires_in": 1234, "token_type": "Bearer"})


def test_recursive_is_json_without_a_token() -> None:
    status, body = told(f"{ACCOUNT}/default/?recursive=true")
    assert status == 200
    scopes = ["https://www.googleapis.com/auth/cloud-platform"]
    assert json.loads(body) == {"aliases": ["default"], "email": INSTANCE.email, "scopes": scopes}
    everything = json.loads(told("/computeMetadata/v1/?recursive=true")[1])
    assert everything["project"] == {"projectId": "shop-prod"}
    assert everything["universe"] == {"universeDomain": "googleapis.com"}
    assert list(everything["instance"]["serviceAccounts"]) == ["default", INSTANCE.email]
    assert DUMMY not in json.dumps(everything)


def test_an_account_whose_address_is_not_known_is_the_default() -> None:
    bare = Instance(DUMMY, 1)
    assert told(f"{ACCOUNT}/default/email", bare) == (200, "default")
    assert told(f"{ACCOUNT}/", bare) == (200, "default/\n")
    assert told("/computeMetadata/v1/project/project-id", bare)[0] == 404


TOKEN = f"{ACCOUNT}/default/token"
#: What gets no token, and the status that it gets.
REFUSED = {
    "no flavor": (asked(TOKEN), 403),
    "another flavor": (asked(TOKEN, ("Metadata-Flavor", "google")), 403),
    "two flavors": (asked(TOKEN, FLAVOR, FLAVOR), 403),
    "the old header alone": (asked(TOKEN, ("X-Google-Metadata-Request", "True")), 403),
    "a forwarded request": (asked(TOKEN, FLAVOR, ("X-Forwarded-For", "10.0.0.1")), 403),
    "a forwarded request for the root": (asked("/", ("X-Forwarded-For", "10.0.0.1")), 403),
    "a name that was made to lead here": (asked(TOKEN, FLAVOR, host="evil.example"), 403),
    "POST": (asked(TOKEN, FLAVOR, method="POST"), 405),
    "an ID token for nobody": (asked(f"{ACCOUNT}/default/identity", FLAVOR), 403),
    "an ID token under the address": (asked(f"{ACCOUNT}/{INSTANCE.email}/identity?audience=x", FLAVOR), 403),
    "an ID token of another account": (asked(f"{ACCOUNT}/other/identity?audience=https://x", FLAVOR), 404),
    "waiting": (asked(f"{TOKEN}?wait_for_change=true", FLAVOR), 403),
    "a path beside the root": (asked("/computeMetadata/../computeMetadata/v1/instance/service-accounts/default/token", FLAVOR), 404),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_real_server_refuses_is_refused(name: str) -> None:
    request, status = REFUSED[name]
    response = answer(request, INSTANCE, identify)
    assert response is not None
    assert response.status == status
    assert DUMMY.encode() not in response.body
    assert response.body


@pytest.mark.parametrize(
    "host", ["metadata.google.internal", "metadata.google.internal.", "metadata", "169.254.169.254", "169.254.169.254:80"]
)
def test_its_names(host: str) -> None:
    response = answer(asked(TOKEN, FLAVOR, host=host), INSTANCE, identify)
    assert response is not None
    assert response.status == 200


def test_an_id_token_is_for_its_audience() -> None:
    for name in ("default", INSTANCE.email):
        assert told(f"{ACCOUNT}/{name}/identity?audience=https%3A%2F%2Fa.run.app&format=full") == (200, "dummy for https://a.run.app")


def test_clients_that_only_look_who_is_there_send_no_header() -> None:
    """Go's library does, and goes by the flavor of the answer."""
    response = answer(asked("/", ("User-Agent", "gcloud-golang/0.1"), host="169.254.169.254"), INSTANCE, identify)
    assert response is not None
    assert response.status == 200
    assert dict(response.headers)["Metadata-Flavor"] == "Google"


@pytest.mark.parametrize(
    "path", ["/latest/meta-data/", "/latest/api/token", "/metadata/instance?api-version=2021-02-01", "/computeMetadataX/"]
)
def test_another_clouds_question_is_left_to_another(path: str) -> None:
    assert answer(asked(path, FLAVOR), INSTANCE, identify) is None
