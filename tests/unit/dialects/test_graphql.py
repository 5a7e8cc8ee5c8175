"""GraphQL over HTTP: which requests are, what they ask for, and what has no single reading."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warden.dialects.egress import Egress
from warden.dialects.http import HttpDialect
from warden.dialects.http.words import effect, split
from warden.errors import DecodeError
from warden.model import Action, Certainty, Flag, HttpRequest, HttpResponse, Ruling, Verb

DIALECT = HttpDialect(Egress(["read api.test", "graphql.example"]))
JSON = (("Content-Type", "application/json"),)


def post(body: Any, path: str = "/graphql", headers: tuple[tuple[str, str], ...] = JSON, host: str = "api.test") -> HttpRequest:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpRequest("POST", "https", host, 443, path, headers, data, len(data))


def ask(request: HttpRequest) -> list[str]:
    return [f"{action.operation} {action.verb}" for action in DIALECT.decode(request)]


def query(text: str, **more: Any) -> list[str]:
    return ask(post({"query": text, **more}))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{ viewer { login } }", ["query:viewer read"]),
        ("query Q { a b }", ["query:a read", "query:b read"]),
        ("query { a: viewer { login } }", ["query:viewer read"]),
        ("subscription { events { id } }", ["subscription:events read"]),
        ("mutation { createIssue(input: {}) { id } }", ["mutation:createIssue create"]),
        ("mutation { updateIssue(input: {}) { id } }", ["mutation:updateIssue update"]),
        ("mutation { deleteRepository(id: 1) { id } }", ["mutation:deleteRepository delete"]),
        ('mutation($id: String!) { volumeDelete(volumeId: $id) }', ["mutation:volumeDelete delete"]),
        ("mutation { createIssue: deleteIssue(id: 1) { id } }", ["mutation:deleteIssue delete"]),
        ("mutation { a: createIssue { id } b: deleteIssue { id } }", ["mutation:createIssue create", "mutation:deleteIssue delete"]),
        ("mutation { ...F } fragment F on Mutation { deleteIssue { id } }", ["mutation:deleteIssue delete"]),
        ("mutation { ...F } fragment F on Mutation { ...G } fragment G on Mutation { x: dropAll }", ["mutation:dropAll delete"]),
        ("mutation { ... on Mutation { purge } }", ["mutation:purge delete"]),
        ("mutation { ... { purge } }", ["mutation:purge delete"]),
        ("mutation { ok deleteIssue @skip(if: true) { id } }", ["mutation:ok update", "mutation:deleteIssue delete"]),
        ("mutation($v: Boolean!) { deleteIssue @include(if: $v) { id } }", ["mutation:deleteIssue delete"]),
        ("mutation { ...F @include(if: false) } fragment F on M { wipe }", ["mutation:wipe delete"]),
        ("mutation { volume { delete(id: 1) { ok } } }", ["mutation:volume delete"]),
        ("mutation { volume { rename(id: 1) { ok } } }", ["mutation:volume update"]),
        ("mutation { createIssue { issue { deletedAt } } }", ["mutation:createIssue create"]),
        ("mutation { volume(id: 1) { delete { ok } } }", ["mutation:volume delete"]),
        ("mutation { project(id: 1) { volumes { x: deleteAll } } }", ["mutation:project delete"]),
        ("mutation { updateIssue { deleted removedIds deletePermission } }", ["mutation:updateIssue update"]),
        ("mutation { a { ...F } } fragment F on A { b { destroy(id: 1) } }", ["mutation:a delete"]),
        ("{ __schema { types { name } } }", ["query:__schema read"]),
        ("query { node(id: \"deleteEverything\") { id } }", ["query:node read"]),
        ("# mutation { deleteAll }\nquery { a }", ["query:a read"]),
        ('{ a(text: "} mutation { deleteAll }") }', ["query:a read"]),
        ('{ a(text: """ } mutation { deleteAll } """) }', ["query:a read"]),
        ("\ufeff{ a }", ["query:a read"]),
        ("{ a a a }", ["query:a read"]),
        ("mutation,,,{,deleteX,}", ["mutation:deleteX delete"]),
    ],
)  # fmt: skip
def test_documents(text: str, wanted: list[str]) -> None:
    assert query(text) == wanted


@pytest.mark.parametrize(
    ("text", "variables", "wanted"),
    [
        ('mutation { updateRef(input: {refId: "r", oid: "o", force: true}) { ok } }', None, (Verb.UPDATE, True)),
        ('mutation { updateRef(input: {refId: "r", oid: "o", force: false}) { ok } }', None, (Verb.UPDATE, False)),
        ('mutation { updateRef(input: {refId: "force"}) { ok } }', None, (Verb.UPDATE, False)),
        ("mutation($i: I!) { updateRef(input: $i) { ok } }", {"i": {"refs": [{"force": True}]}}, (Verb.UPDATE, True)),
        ("mutation($i: I!) { updateRef(input: $i) { ok } }", {"i": {"force": "true"}}, (Verb.UPDATE, False)),
        ("mutation($f: Boolean) { updateRef(input: {Force: $f}) { ok } }", {"f": True}, (Verb.UPDATE, True)),
        ("mutation($f: Boolean = true) { updateRef(force: $f) { ok } }", None, (Verb.UPDATE, True)),
        ("mutation($f: Boolean = true) { updateRef(force: $f) { ok } }", {"f": False}, (Verb.UPDATE, False)),
        ("mutation($i: I = {a: [{force: true}]}) { updateRef(input: $i) { ok } }", "{}", (Verb.UPDATE, True)),
        ("mutation($f: Boolean) { updateRef(input: {force: $f}) { ok } }", '{"f": true}', (Verb.UPDATE, True)),
        ("mutation($f: Boolean) { updateRef(input: {force: $f}) { ok } }", {"g": True}, (Verb.UPDATE, False)),
        ("mutation { ref { update(force: true) { ok } } }", None, (Verb.UPDATE, True)),
        ("mutation($i: I!) { variableCollectionUpsert(input: $i) }", {"i": {"replace": True}}, (Verb.UPDATE, True)),
        ('mutation { updateRefs(input: {refUpdates: [{name: "refs/heads/x", afterOid: "%s"}]}) { ok } }' % ("0" * 40), None, (Verb.DELETE, True)),
        ("mutation($o: O!) { updateRefs(input: {refUpdates: [{afterOid: $o}]}) { ok } }", {"o": "0" * 40}, (Verb.DELETE, True)),
        ("mutation { ...F } fragment F on M { updateRef(force: true) { ok } }", None, (Verb.UPDATE, True)),
        ("query { a(force: true) }", None, (Verb.READ, False)),
        ("mutation { updatePost(data: {comments: {delete: {id: 1}}}) { id } }", None, (Verb.DELETE, True)),
        ("mutation { updatePost(data: {comments: {deleteMany: {}}}) { id } }", None, (Verb.DELETE, True)),
        ("mutation($d: D!) { updatePost(data: $d) { id } }", {"d": {"comments": {"delete": [{"id": 1}]}}}, (Verb.DELETE, True)),
        ("mutation { updatePost(data: {comments: {delete: []}}) { id } }", None, (Verb.UPDATE, False)),
    ],
)  # fmt: skip
def test_switches(text: str, variables: Any, wanted: tuple[Verb, bool]) -> None:
    (action,) = DIALECT.decode(post({"query": text, "variables": variables}))
    assert (action.verb, Flag.DESTRUCTIVE in action.flags) == wanted


TWO = "query Read { a } mutation Write { deleteIssue }"


@pytest.mark.parametrize(
    ("document", "name", "wanted"),
    [
        (TWO, "Read", ["query:a read"]),
        (TWO, "Write", ["mutation:deleteIssue delete"]),
        ("query Read { a }", None, ["query:a read"]),
        ("query Read { a }", "", ["query:a read"]),
        (TWO, None, "graphql-operation"),
        (TWO, "", "graphql-operation"),
        (TWO, "Other", "graphql-operation"),
        ("query Read { a }", "Other", "graphql-operation"),
        ("{ a } { b }", None, "graphql-operation"),
        ("query A { a } query A { b }", "A", "graphql-operation"),
        ("fragment F on Q { a }", None, "graphql-operation"),
        ("{ a }", 5, "graphql-body"),
    ],
)
def test_the_operation_that_runs(document: str, name: Any, wanted: list[str] | str) -> None:
    if isinstance(wanted, str):
        with pytest.raises(DecodeError) as caught:
            query(document, operationName=name)
        assert caught.value.code == wanted
    else:
        assert query(document, operationName=name) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "{", "}", "query", "{ }", "mutation { deleteIssue( }", "{ ...F }", "{ ...F } fragment F on Q { ...F }",
        "{ ...F } fragment F on Q { ...G } fragment G on Q { ...F }", "{ ...F } fragment F on Q { a } fragment F on Q { deleteAll }",
        "type A { a: Int }", "{ a } type A { a: Int }", "extend type A { a: Int }", "{ a(x: \"unterminated) }", "{ \u0001 }", "delete { a }",
        "{ a " * 300 + "}" * 300, "{ a" + "(b: " + "[" * 2000 + "]" * 2000 + ") }", "{" + "a " * 20_000 + "}", "{ a } " + "#" * 300_000,
        "{ " + "...F " * 300 + "} fragment F on Q { " + "...G " * 300 + "} fragment G on Q { a }",
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_read(text: str) -> None:
    with pytest.raises(DecodeError) as caught:
        query(text)
    assert caught.value.code == "graphql-document"


FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
GRAPHQL = (("Content-Type", "application/graphql; charset=utf-8"),)
MUTATION = "mutation{deleteAll}"


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        # where GraphQL is spoken
        (post({"query": "{a}"}, "/api/graphql"), ["query:a read"]),
        (post({"query": "{a}"}, "/graphql/v2"), ["query:a read"]),
        (post({"query": "{a}"}, "/graphql/internal?op=x"), ["query:a read"]),
        (post({"query": "{a}"}, "/admin/api/2024-01/graphql.json"), ["query:a read"]),
        (post({"query": "{a}"}, "/gql/"), ["query:a read"]),
        (post({"query": "{a}"}, "/v1/GraphQL"), ["query:a read"]),
        (post({"query": "{a}"}, "/%67raphql"), ["query:a read"]),
        (post({"query": "{a}"}, "/graphql;v=1"), ["query:a read"]),
        (post({"query": "{a}"}, "/v1", host="graphql.example"), ["query:a read"]),
        (post({"query": "{a}"}, "/v2", host="api.monday.com"), ["query:a read"]),
        (post({"query": "{a}"}, "/v1/messages"), ["POST update"]),
        (post({"query": "{a}"}, "/graphql/api/"), ["query:a read", "POST update"]),
        (post({"query": MUTATION}, "/x-graphql/y/z"), ["mutation:deleteAll delete", "POST update"]),
        (post({"title": "x"}, "/repos/o/graphql-js/issues"), ["POST update"]),
        (post({"id": "x"}, "/repos/o/graphql/issues"), ["POST update"]),
        (post({"id": "x"}, "/graphql/v2"), ["graphql:unread unknown"]),
        (post({"id": "x"}, "/graphql/internal"), ["graphql:unread unknown"]),
        (post(b"zip", "/repos/o/graphql/assets", (("Content-Type", "application/zip"),)), ["POST update"]),
        (HttpRequest("POST", "https", "api.test", 443, "/repos/o/graphql/issues", JSON, None, 1 << 30), ["graphql:unread unknown", "POST update"]),
        (HttpRequest("GET", "https", "api.test", 443, "/docs/graphql/search?query=how+to"), ["GET read"]),
        (HttpRequest("GET", "https", "api.test", 443, "/x/graphql/y?query=mutation%7BdeleteAll%7D"), ["mutation:deleteAll delete", "GET read"]),
        (post({"query": "{a}"}, "/graphqlx"), ["POST update"]),
        (post(b"{a}", "/anything", GRAPHQL), ["query:a read", "POST update"]),
        (post({"query": "{a}"}, "/x", (("Content-Type", "application/graphql+json"),)), ["query:a read", "POST update"]),
        # what another API may read as its own
        (post({"query": "{a}", "title": "x"}, "/repos/graphql/graphql-js/issues"), ["query:a read", "POST update"]),
        (post({"query": "{a}", "title": "x"}, "/apps/graphql"), ["query:a read", "POST update"]),
        (post({"query": "{a}", "title": None, "id": ""}), ["query:a read"]),
        # paths that many protocols share
        (post({"query": MUTATION}, "/query"), ["mutation:deleteAll delete", "POST update"]),
        (post({"query": MUTATION}, "/v1/graph/"), ["mutation:deleteAll delete", "POST update"]),
        (post(b"query=up%7Ba%3D%22b%22%7D", "/api/v1/query", FORM), ["POST update"]),
        (post({"query": "SELECT 1"}, "/api/query"), ["POST update"]),
        (post({"query": {"match": {}}}, "/api/query"), ["POST update"]),
        (post(b"db=a&q=b", "/query", FORM), ["POST update"]),
        (HttpRequest("GET", "https", "api.test", 443, "/api/v1/query?query=up"), ["GET read"]),
        (HttpRequest("POST", "https", "api.test", 443, "/query", JSON, None, 1 << 30), ["POST update"]),
        # servers that do not look at the method
        (replace(post({"query": MUTATION}), method="PUT"), ["mutation:deleteAll delete"]),
        (replace(post({"query": MUTATION}), method="PATCH"), ["mutation:deleteAll delete"]),
        (HttpRequest("PUT", "https", "api.test", 443, "/graphql", JSON, None, 1 << 30), ["graphql:unread unknown"]),
        # forms of a request
        (post(MUTATION.encode(), headers=GRAPHQL), ["mutation:deleteAll delete"]),
        (post(TWO.encode(), "/graphql?operationName=Read", GRAPHQL), ["query:a read"]),
        (post(urlencode({"query": MUTATION}).encode(), headers=FORM), ["mutation:deleteAll delete"]),
        (post([{"query": "{a}"}, {"query": MUTATION}]), ["query:a read", "mutation:deleteAll delete"]),
        (post({"query": "{a}"}, headers=()), ["query:a read"]),
        (post({"query": "{a}"}, headers=(("Content-Type", "text/plain"),)), ["query:a read"]),
        (post(gzip.compress(b'{"query":"{a}"}'), headers=(*JSON, ("Content-Encoding", "gzip"))), ["query:a read"]),
        (HttpRequest("GET", "https", "api.test", 443, "/graphql?" + urlencode({"query": "{a}"})), ["query:a read"]),
        (HttpRequest("GET", "https", "api.test", 443, "/graphql?" + urlencode({"query": MUTATION})), ["mutation:deleteAll delete"]),
        (HttpRequest("GET", "https", "api.test", 443, "/graphql?%71uery=%7Ba%7D"), ["query:a read"]),
        (HttpRequest("GET", "https", "api.test", 443, "/graphql"), ["GET read"]),
        (HttpRequest("GET", "https", "api.test", 443, "/docs/graphql/page?x=1"), ["GET read"]),
        (HttpRequest("DELETE", "https", "api.test", 443, "/graphql"), ["DELETE delete"]),
        # read by nobody here
        (post({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}), ["graphql:unread unknown"]),
        (post({"id": "abc"}), ["graphql:unread unknown"]),
        (post({"doc_id": "123", "variables": {}}), ["graphql:unread unknown"]),
        (post({"query": None}), ["graphql:unread unknown"]),
        (post({}), ["graphql:unread unknown"]),
        (post(b""), ["graphql:unread unknown"]),
        (post([{"query": "{a}"}, {"id": "x"}]), ["query:a read", "graphql:unread unknown"]),
        (post(b"--x", headers=(("Content-Type", "multipart/form-data; boundary=x"),)), ["graphql:unread unknown"]),
        (HttpRequest("GET", "https", "api.test", 443, "/graphql?extensions=%7B%7D"), ["graphql:unread unknown"]),
        (HttpRequest("POST", "https", "api.test", 443, "/graphql", JSON, None, 1 << 30), ["graphql:unread unknown"]),
        (post({"query": "{a}", "extensions": {"persistedQuery": {"sha256Hash": hashlib.sha256(b"{a}").hexdigest()}}}), ["query:a read"]),
        (post({"QUERY": MUTATION}), ["mutation:deleteAll delete"]),
        (HttpRequest("GET", "https", "api.test", 443, "/graphql", (("Upgrade", "websocket"),)), ["upgrade unknown"]),
        (HttpRequest("GET", "https", "api.test", 443, "/ws", (("Upgrade", "WebSocket"),)), ["upgrade connect"]),
    ],
)  # fmt: skip
def test_requests(request_: HttpRequest, wanted: list[str]) -> None:
    assert ask(request_) == wanted


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (post(b'{"query":"{a}","query":"mutation{deleteAll}"}'), "duplicate-json-key"),
        (post(b'{"query":"{a}","QUERY":"mutation{deleteAll}"}'), "graphql-two-documents"),
        (post({"query": "{a}", "id": "x"}), "graphql-two-documents"),
        (post({"query": "{a}", "documentId": "x"}), "graphql-two-documents"),
        (post({"query": "{a}", "extensions": {"persistedQuery": {"sha256Hash": "0" * 64}}}), "graphql-two-documents"),
        (post({"query": "{a}", "extensions": {"persistedQuery": 5}}), "graphql-two-documents"),
        (post({"query": "{a}"}, "/graphql?query=mutation%7BdeleteAll%7D"), "graphql-two-documents"),
        (post({"query": TWO, "operationName": "Read"}, "/graphql?operationName=Write"), "graphql-two-documents"),
        (post({"query": "{a}"}, "/graphql?extensions=%7B%7D"), "graphql-two-documents"),
        (post(b"query=%7Ba%7D&query=mutation%7BdeleteAll%7D", headers=FORM), "graphql-two-documents"),
        (HttpRequest("GET", "https", "api.test", 443, "/graphql?query=%7Ba%7D&query=mutation%7BdeleteAll%7D"), "graphql-two-documents"),
        (HttpRequest("GET", "https", "api.test", 443, "/graphql?query=%7Ba%7D", JSON, b'{"query":"x"}'), "graphql-get-body"),
        (HttpRequest("GET", "https", "api.test", 443, "/graphql?query=%7Ba%7D", JSON, None), "graphql-get-body"),
        (HttpRequest("GET", "https", "api.test", 443, "/graphql", JSON, b'{"query":"mutation{deleteAll}"}'), "graphql-get-body"),
        (HttpRequest("GET", "https", "api.test", 443, "/graphql", JSON, None), "graphql-get-body"),
        (HttpRequest("OPTIONS", "https", "api.test", 443, "/graphql", JSON, b'{"query":"mutation{deleteAll}"}'), "graphql-get-body"),
        # JSON for servers that do not look at the type, a form for those that do; and the other way round
        (post(b'{"query":"mutation{deleteAll}","x":"&query={a}&"}', headers=FORM), "graphql-two-documents"),
        (post(b' [{"query":"mutation{deleteAll}","x":"&query={a}&"}]', headers=FORM), "graphql-two-documents"),
        (post(b'{"query":"{a}","x":"&query=mutation{deleteAll}&"}', headers=()), "graphql-two-documents"),
        (post(b'{"query":"{a}","x":";query=mutation{deleteAll};"}', headers=()), "graphql-two-documents"),
        (post(b'{"query":"{a}","x":"&qu%65ry=mutation{deleteAll}&"}', headers=(("Content-Type", f"{FORM[0][1]},a/b"),)), "graphql-two-documents"),
        # Rack 2 ends fields at semicolons, PHP trims names
        (post(b"query={a}%23;query=mutation{deleteAll}", headers=FORM), "graphql-two-documents"),
        (post(b"query={a}&+query=mutation{deleteAll}", headers=FORM), "graphql-two-documents"),
        (post(b"query={a}&query%00x=mutation{deleteAll}", headers=FORM), "graphql-two-documents"),
        (post(b"query={a}&query[]=mutation{deleteAll}", headers=FORM), "graphql-two-documents"),
        (HttpRequest("GET", "https", "api.test", 443, "/graphql?query=%7Ba%7D%23;query=mutation%7BdeleteAll%7D"), "graphql-two-documents"),
        (HttpRequest("GET", "https", "api.test", 443, "/graphql?x=1;query=mutation%7BdeleteAll%7D"), "graphql-two-documents"),
        # in UTF-7, the key is "query" as well
        (post(b'{"query":"{a}","+AHEAdQBlAHIAeQ-":"mutation{deleteAll}"}', headers=(("Content-Type", "application/json; charset=utf-7"),)),
         "graphql-charset"),
        (post({"query": "{a}"}, headers=(("Content-Type", 'application/json;charset="UTF-16"'),)), "graphql-charset"),
        (post({"query": "{a}", "variables": "{"}), "malformed-json"),
        (post({"query": "{a}", "variables": "\ud800"}), "invalid-utf8"),
        (post(b'{"query":"{a}","query":"mutation{deleteAll}"}', "/graphql/x"), "duplicate-json-key"),
        (post(b'{"query":"mutation{deleteAll}", "x":"\xff"}', "/graphql/x"), "invalid-utf8"),
        (post(b'{"\\u0071uery":"mutation{deleteAll}",}', "/graphql/x"), "malformed-json"),
        (post({"query": "mutation{deleteAll"}, "/graphql/x"), "graphql-document"),
        (post(b"x", "/graphql/x", (*JSON, ("Content-Encoding", "br"))), "compressed-body"),
        (HttpRequest("GET", "https", "api.test", 443, "/graphql/x?query=mutation%7Bdelete"), "graphql-document"),
        (post({"query": 5}), "graphql-body"),
        (post({"query": "mutation{deleteAll"}, "/query"), "graphql-document"),
        (post({"query": ["{a}"]}), "graphql-body"),
        (post([]), "graphql-body"),
        (post([[{"query": "{a}"}]]), "graphql-body"),
        (post([{"query": "{a}"}] * 101), "graphql-body"),
        (post("{a}"), "graphql-body"),
        (post(b"not json"), "malformed-json"),
        (post(b"\xff", headers=GRAPHQL), "invalid-utf8"),
        (post(b"x", headers=(*JSON, ("Content-Encoding", "br"))), "compressed-body"),
        (post({"query": "{a}"}, "/x/../graphql"), "path"),
        (post({"query": "{a}"}, "/graph%2571l/..%2fgraphql"), "path"),
    ],
)  # fmt: skip
def test_requests_with_two_readings(request_: HttpRequest, code: str) -> None:
    with pytest.raises(DecodeError) as caught:
        DIALECT.decode(request_)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("body", "listed"),
    [({"query": "{a}"}, True), ({"query": "mutation { createIssue }"}, False), ({"id": "x"}, False)],
)
def test_read_access_is_for_queries(body: Any, listed: bool) -> None:
    (action,) = DIALECT.decode(post(body))
    assert action.resources[0].attributes["egress"] is listed
    assert (action.certainty is Certainty.EXACT) is ("id" not in body)
    assert DIALECT.needs_body(post(body))
    assert not DIALECT.needs_prefix(post(body))


D, U, C, G, X = Verb.DELETE, Verb.UPDATE, Verb.CREATE, Verb.GRANT, Verb.EXECUTE
LOSS, CREDENTIAL, OFF, AUDIT, SHARE = Flag.DESTRUCTIVE, Flag.CREDENTIAL, Flag.PROTECTION_OFF, Flag.AUDIT_OFF, Flag.SHARE


@pytest.mark.parametrize(
    ("name", "verb", "flags"),
    [
        ("deleteRepository", D, {LOSS}),
        ("volumeDelete", D, {LOSS}),
        ("projectDelete", D, {LOSS}),
        ("projectScheduleDelete", D, {LOSS}),
        ("environmentDelete", D, {LOSS}),
        ("delete_users_by_pk", D, {LOSS}),
        ("DELETE_USER", D, {LOSS}),
        ("volumedelete", D, {LOSS}),
        ("DeleteUser", D, {LOSS}),
        ("destroyAll", D, {LOSS}),
        ("removeStar", D, {LOSS}),
        ("bulkRemove", D, {LOSS}),
        ("purgeCache", D, {LOSS}),
        ("dropTable", D, {LOSS}),
        ("wipe", D, {LOSS}),
        ("truncateTable", D, {LOSS}),
        ("terminateInstance", D, {LOSS}),
        ("deployKeyDelete", D, {LOSS}),
        ("scheduleDeletion", D, {LOSS}),
        ("markDeleted", D, {LOSS}),
        ("APIKeyDelete", D, {LOSS}),
        ("deleteBranchProtectionRule", D, {LOSS, OFF}),
        ("removeTeamMember", D, {LOSS}),
        ("resetDatabase", U, {LOSS}),
        ("revokeApiToken", U, {LOSS}),
        ("cancelSubscription", U, {LOSS}),
        ("transferRepository", U, {LOSS}),
        ("rollbackDeployment", U, {LOSS}),
        ("undeleteIssue", U, set()),
        ("enableDeletionProtection", U, set()),
        ("updateDeletionProtection", U, set()),
        ("disableBranchProtection", U, {OFF}),
        ("disableBackups", U, {OFF}),
        ("disableAuditLog", U, {AUDIT}),
        ("createApiToken", C, {CREDENTIAL}),
        ("regenerateSecret", U, {CREDENTIAL}),
        ("addPublicKey", C, {CREDENTIAL, SHARE}),
        ("addTeamMember", G, set()),
        ("inviteUser", G, set()),
        ("grantAccess", G, set()),
        ("updateRole", G, set()),
        ("createPermission", G, set()),
        ("shareDashboard", U, {SHARE}),
        ("runSql", X, set()),
        ("executeCommand", X, set()),
        ("serviceInstanceRestart", U, {Flag.DISRUPTIVE}),
        ("createIssue", C, set()),
        ("addComment", C, set()),
        ("insert_orders_one", C, set()),
        ("updateIssue", U, set()),
        ("mergePullRequest", U, set()),
        ("dropboxConnect", U, set()),
        ("_", U, set()),
    ],
)
def test_words(name: str, verb: Verb, flags: set[Flag]) -> None:
    found = effect(name)
    assert (found.verb, set(found.flags)) == (verb, flags), split(name)


@given(st.from_regex(r"[_A-Za-z][_0-9A-Za-z]{0,20}", fullmatch=True), st.sampled_from(["delete", "Delete", "DELETE", "Remove", "destroy_"]))
def test_a_name_with_a_word_of_removal_is_destructive_wherever_it_stands(name: str, word: str) -> None:
    if not name.lower().endswith("un"):
        assert Flag.DESTRUCTIVE in effect(f"{name}_{word}").flags
    assert Flag.DESTRUCTIVE in effect(f"{word}_{name}").flags


@given(st.from_regex(r"[_A-Za-z][_0-9A-Za-z]{0,30}", fullmatch=True))
def test_every_name_makes_an_action_that_can_be_built(name: str) -> None:
    found = effect(name)
    Action("http", f"mutation:{name}", found.verb, found.flags)


TOKENS = st.sampled_from(
    ["{", "}", "(", ")", "mutation ", "query ", "fragment F on M ", "...F ", "... ", "a ", "deleteX ", '"', '"""', "\\", "#", "\n",
     "@skip(if: true) ",
     ":", "$v", "!", "[", "]", "=", "1 ", "\u2028", "\ud800", "type A "]
)  # fmt: skip


@given(st.lists(TOKENS, max_size=30).map("".join))
def test_nothing_but_a_decode_error_escapes_from_a_document(text: str) -> None:
    body = json.dumps({"query": text}).encode()
    try:
        actions = DIALECT.decode(post(body))
    except DecodeError:
        return
    assert actions


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("{a}"),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
KEYS = st.sampled_from(["query", "Query", "operationName", "extensions", "variables", "id", "doc_id", "x"])


@given(
    st.lists(st.dictionaries(KEYS, VALUES, max_size=4), max_size=3) | st.dictionaries(KEYS, VALUES, max_size=4) | VALUES,
    st.binary(max_size=20),
)
def test_nothing_but_a_decode_error_escapes_from_a_body(body: Any, raw: bytes) -> None:
    for request in (post(body), post(raw), post(raw, headers=GRAPHQL), post(raw, headers=FORM)):
        try:
            assert DIALECT.decode(request)
        except DecodeError:
            continue


def deny(request: HttpRequest) -> HttpResponse:
    return DIALECT.deny(request, Ruling("r-1"), "warden denied this.")


def test_denials_are_what_graphql_clients_raise() -> None:
    response = deny(post({"query": MUTATION}))
    assert (response.status, dict(response.headers)["Content-Type"]) == (200, "application/json")
    document = json.loads(response.body)
    assert document["data"] is None
    assert document["errors"] == [{"message": "warden denied this.", "extensions": {"code": "FORBIDDEN", "ruling": "r-1"}}]
    new = deny(post({"query": MUTATION}, headers=(*JSON, ("Accept", "application/graphql-response+json, application/json;q=0.9"))))
    assert (new.status, dict(new.headers)["Content-Type"]) == (403, "application/graphql-response+json")
    assert json.loads(new.body)["errors"][0]["message"] == "warden denied this."
    assert deny(HttpRequest("DELETE", "https", "api.test", 443, "/graphql")).status == 403
