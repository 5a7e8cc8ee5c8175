"""Google's clients inside find their credentials by themselves: nobody hands them a token, and the servers see the real one.

The servers are those of `test_clients`. Nothing that reached them may carry a dummy.
"""

from __future__ import annotations

import json
import textwrap

from tests.e2e.conftest import Warden
from tests.e2e.google.conftest import TOKEN
from tests.e2e.google.test_clients import NAMES, gcloud, new
from tools.cloud.google import PROJECT, LocalGoogle

DEFAULT = """
    import google.auth, google.auth.transport.requests, json, time
    began = time.monotonic()
    credentials, project = google.auth.default()
    credentials.refresh(google.auth.transport.requests.Request())
    print(json.dumps([type(credentials).__module__, project, credentials.token, time.monotonic() - began]))
"""

STORAGE = """
    from google.cloud import storage
    client = storage.Client()
    client.create_bucket("found-by-itself")
    client.bucket("found-by-itself").blob("a.csv").upload_from_string("a,b")
    print(client.project, [blob.name for blob in client.list_blobs("found-by-itself")])
"""

PUBSUB = """
    from google.cloud import pubsub_v1
    publisher = pubsub_v1.PublisherClient()
    topic = publisher.create_topic(name=publisher.topic_path("PROJECT", "found-by-itself")).name
    print(topic, bool(publisher.publish(topic, b"x").result(20)))
""".replace("PROJECT", PROJECT)

#: What hands a token in: taken away, so that only the application default credentials are left.
WITHOUT = ("env", "-u", "GOOGLE_OAUTH_ACCESS_TOKEN", "-u", "CLOUDSDK_AUTH_ACCESS_TOKEN")


def test_googles_library_asks_the_metadata_server_and_gets_a_dummy(warden: Warden, google: LocalGoogle, python: str) -> None:
    ran = warden.exec(*WITHOUT, python, "-c", textwrap.dedent(DEFAULT))
    assert ran.returncode == 0, ran
    kind, project, token, seconds = json.loads(ran.stdout)
    assert (kind, project) == ("google.auth.compute_engine.credentials", PROJECT)
    assert token.startswith("ya29.")
    assert TOKEN not in ran.stdout
    assert seconds < 5, "nothing waits for a server that does not answer"
    asked = [ruling for ruling in warden.rulings()[-20:] if ruling["operations"] == ["metadata:GET"]]
    assert any(ruling["message"]["path"].endswith("/token") for ruling in asked)
    assert token not in json.dumps(warden.rulings())


def test_the_storage_client_needs_no_token(warden: Warden, google: LocalGoogle, python: str) -> None:
    before = len(google.requests())
    ran = warden.exec(*WITHOUT, python, "-c", textwrap.dedent(STORAGE))
    assert ran.stdout == f"{PROJECT} ['a.csv']\n", ran
    assert {request["authorization"] for request in new(google, before)} == {f"Bearer {TOKEN}"}


def test_the_pubsub_client_needs_no_token_over_grpc(warden: Warden, google: LocalGoogle, python: str) -> None:
    before = len(google.requests())
    ran = warden.exec(*WITHOUT, python, "-c", textwrap.dedent(PUBSUB))
    assert ran.stdout == f"{NAMES}/topics/found-by-itself True\n", ran
    assert {request["authorization"] for request in new(google, before)} == {f"Bearer {TOKEN}"}


def test_gcloud_hands_on_the_default_credentials_of_the_libraries(warden: Warden) -> None:
    printed = gcloud(warden, "auth", "application-default", "print-access-token")
    assert printed.stdout.startswith("ya29."), printed
    assert TOKEN not in printed.stdout


def test_curl_asks_as_the_documentation_says(warden: Warden) -> None:
    url = "http://metadata.google.internal/computeMetadata/v1/"
    assert warden.exec("curl", "-sS", "-H", "Metadata-Flavor: Google", f"{url}project/project-id").stdout == PROJECT
    assert "Missing Metadata-Flavor" in warden.exec("curl", "-sS", f"{url}project/project-id").stdout
    assert warden.exec("curl", "-sS", "-H", "Metadata-Flavor: Google", f"{url}instance/").stdout == "service-accounts/\n"


def test_turned_off_there_is_no_metadata_server(warden: Warden) -> None:
    warden.configure(credentials={"gcp": {"enabled": False}})
    asked = warden.exec("curl", "-sS", "-H", "Metadata-Flavor: Google", "http://metadata.google.internal/")
    assert "Could not resolve host" in asked.stderr, asked
    literal = warden.exec("curl", "-sS", "-w", "%{http_code}", "-H", "Metadata-Flavor: Google", "http://169.254.169.254/")
    assert literal.stdout.endswith("403"), literal
