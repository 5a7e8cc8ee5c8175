"""What each method comes to: hand-written expectations for 400 requests, and what must hold of all methods."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.dialects.gcp.route_exceptions import NO_EFFECTS
from tools.tables.gcp_effects_words import REMOVAL, words
from warden.dialects.gcp import effects, effects_table, index
from warden.dialects.gcp.effects_table import Entry
from warden.dialects.gcp.noun import Call, Protocol
from warden.errors import DecodeError
from warden.model import Action, Certainty, Flag, Verb

LINES = [
    line
    for line in (Path(__file__).parent / "expectations.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
SERVICES = {"sql": "sqladmin"}
_LINE = re.compile(r"(?P<method>\S+)(?: \?(?P<query>\S+))?(?: (?P<body>\{.*\}|unread))? -> (?P<verb>\w+)(?: (?P<flags>\S+))?")

ENTRIES = list(effects_table.entries())


def rest(
    method: str,
    query: str = "",
    body: bytes | None = b"",
    *,
    labels: dict[str, str] | None = None,
    protocol: Protocol = Protocol.REST,
    headers: tuple[tuple[str, str], ...] = (),
    http_method: str = "POST",
) -> tuple[Action, ...]:
    prefix = method.partition(".")[0]
    pairs = tuple((key, value) for key, _, value in (pair.partition("=") for pair in query.split("&") if pair))
    made = Call(method, SERVICES.get(prefix, prefix), protocol, "v1", labels or {}, pairs, http_method, headers, body)
    return effects.actions(made, f"{prefix}.googleapis.com")


@pytest.mark.parametrize("line", LINES)
def test_expectation(line: str) -> None:
    found = _LINE.fullmatch(line)
    assert found is not None
    body = None if found["body"] == "unread" else (found["body"] or "").encode()
    action = rest(found["method"], found["query"] or "", body)[0]
    # Without labels the resource is not known, which is opaque; this test is about the rest.
    flags = {flag.value for flag in action.flags}
    expected = set((found["flags"] or "").split(",")) - {""}
    assert action.certainty is Certainty.EXACT
    assert (action.verb.value, flags - {"opaque"}) == (found["verb"], expected - {"opaque"})
    assert "opaque" not in expected or "opaque" in flags


def test_there_are_400() -> None:
    assert len(LINES) == len(set(LINES)) >= 400


def test_every_method_has_one_verb_and_is_reachable_by_its_id() -> None:
    assert len(ENTRIES) > 20_000
    for entry in ENTRIES:
        assert entry.verb is not Verb.UNKNOWN
        assert entry.verb is not Verb.DELETE or Flag.DESTRUCTIVE in entry.flags


def test_every_method_that_routing_names_has_an_entry() -> None:
    pairs = set(index.methods())
    assert len(pairs) > 19_900
    assert {pair for pair in pairs if effects_table.entry(*pair) is None} == NO_EFFECTS


def _name(entry: Entry) -> str:
    name = re.split(r"[./]", entry.method)[-1]
    return name[0].lower() + name[1:]


def test_no_method_that_says_removal_reads() -> None:
    for entry in ENTRIES:
        if not REMOVAL.isdisjoint(words(_name(entry))):
            assert entry.verb not in (Verb.READ, Verb.LIST), entry.method


def test_every_setiampolicy_grants() -> None:
    found = [entry for entry in ENTRIES if _name(entry) == "setIamPolicy"]
    assert len(found) > 280
    for entry in found:
        assert entry.verb is Verb.GRANT, entry.method
        if entry.wire:
            flags = set().union(*(effect.flags for effect in entry.when))
            assert Flag.SHARE in flags, entry.method


@pytest.mark.parametrize(
    "method",
    [
        "cloudbilling.organizations.billingAccounts.move",
        "beyondcorp.organizations.locations.subscriptions.cancel",
        "beyondcorp.organizations.locations.subscriptions.restart",
        "aiplatform.projects.locations.datasets.datasetVersions.restore",
        "developerconnect.projects.locations.accountConnectors.users.finishOAuthFlow",
    ],
)
def test_a_get_may_change(method: str) -> None:
    assert rest(method, http_method="GET")[0].verb not in (Verb.READ, Verb.LIST)


# --- bodies with two readings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"settings":{},"settings":{}}', "duplicate-json-key"),
        (b'{"settings":', "malformed-json"),
        (b"{'settings':{}}", "malformed-json"),
        (b"[]", "malformed-json"),
        (b"\xff", "invalid-utf8"),
        (b'{"a":' * 80 + b"1" + b"}" * 80, "too-deep"),
    ],
)
def test_two_readings_are_refused(body: bytes, code: str) -> None:
    with pytest.raises(DecodeError) as caught:
        rest("sql.instances.patch", body=body)
    assert caught.value.code == code


def test_query_twice_is_refused() -> None:
    with pytest.raises(DecodeError):
        rest("compute.instances.setDeletionProtection", "deletionProtection=true&deletionProtection=false")
    with pytest.raises(DecodeError):
        rest("compute.instances.setDeletionProtection", "deletionProtection=true&deletion_protection=false")


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/x-protobuf", "application/json+protobuf!", "text/xml"])
def test_a_body_of_another_kind_is_its_worst(kind: str) -> None:
    action = rest("sql.instances.patch", body=b"x", headers=(("Content-Type", kind),))[0]
    assert Flag.PROTECTION_OFF in action.flags


def test_json_in_any_dress_is_read() -> None:
    for kind in ("application/json; charset=UTF-8", "text/json", "application/vnd.api+json", ""):
        headers = (("Content-Type", kind),) if kind else ()
        assert Flag.PROTECTION_OFF not in rest("sql.instances.patch", body=b"{}", headers=headers)[0].flags


# --- masks --------------------------------------------------------------------------------------------------------------------------

MASKED = "bigtableadmin.projects.instances.tables.patch"


@pytest.mark.parametrize(
    ("mask", "body", "off"),
    [
        ("deletionProtection", b"{}", True),
        ("deletion_protection", b'{"deletionProtection":true}', False),
        ("DELETIONPROTECTION", b"{}", True),
        ("*", b"{}", True),
        ("changeStreamConfig,deletionProtection", b"{}", True),
        (" deletionProtection ", b"{}", True),
        ("columnFamilies", b'{"deletionProtection":false}', False),
        ("", b'{"deletionProtection":false}', True),
        ("", b"{}", False),
        ("deletionProtection", b'{"deletionProtection":true,"deletion_protection":false}', True),
    ],
)
def test_the_mask_decides(mask: str, body: bytes, off: bool) -> None:
    action = rest(MASKED, f"updateMask={mask}", body, labels={"name": "projects/p/instances/i/tables/t"})[0]
    assert (Flag.PROTECTION_OFF in action.flags) is off


# --- rehearsals ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "rehearsal"),
    [
        ("validateOnly=true", True),
        ("validateOnly=false", False),
        ("validateOnly=True", False),
        ("validateOnly=1", False),
        ("validate_only=true", False),
        ("validateOnly=true&validate_only=true", False),
        ("", False),
    ],
)
def test_only_a_certain_rehearsal_is_one(query: str, rehearsal: bool) -> None:
    action = rest(
        "workstations.projects.locations.workstationClusters.delete", query, labels={"name": "projects/p/locations/l/workstationClusters/c"}
    )[0]
    assert (Flag.DRY_RUN in action.flags) is rehearsal
    assert action.verb is Verb.DELETE


# --- what is not known ---------------------------------------------------------------------------------------------------------------


def test_unknown_methods_are_unknown() -> None:
    known = effects.actions(Call("compute.instances.explode", "compute", Protocol.REST), "compute.googleapis.com")[0]
    assert (known.operation, known.verb, known.certainty) == ("compute.unknown", Verb.UNKNOWN, Certainty.UNKNOWN)
    assert known.resources[0].id == "//compute.googleapis.com/*"
    other = effects.actions(Call("unknown", "unknown", Protocol.REST), "new.googleapis.com")[0]
    assert (other.operation, other.resources[0].id) == ("unknown", "//new.googleapis.com/*")


@pytest.mark.parametrize("service", ["../../etc/passwd", "_packages", "", ".", "compute.json"])
def test_a_service_is_no_path(service: str) -> None:
    assert effects_table.entry(service, "compute.instances.delete") is None


def test_needs_body() -> None:
    def call(method: str, protocol: Protocol = Protocol.REST, query: tuple[tuple[str, str], ...] = ()) -> Call:
        return Call(
            method, "storage" if method.startswith(("storage", "google.storage")) else method.partition(".")[0], protocol, query=query
        )

    assert effects.needs_body(call("storage.buckets.patch"))
    assert not effects.needs_body(call("storage.objects.get"))
    assert effects.needs_body(call("storage.objects.insert", Protocol.UPLOAD, (("uploadType", "multipart"),)))
    assert not effects.needs_body(call("storage.objects.insert", Protocol.UPLOAD, (("uploadType", "media"),)))
    assert not effects.needs_body(call("storage.objects.insert", Protocol.STORAGE_XML))
    assert effects.needs_body(call("secretmanager.projects.secrets.delete", Protocol.GRPC))
    assert not effects.needs_body(call("google.storage.v2.Storage/WriteObject", Protocol.GRPC))
