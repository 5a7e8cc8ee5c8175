"""The resolver, message by message."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.reversename
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warden.answers import Answers
from warden.decoder import Decoder
from warden.dialects.egress import Egress
from warden.dialects.http import HttpDialect
from warden.enforce.dns import Resolver
from warden.enforce.synthetic import SyntheticAddresses
from warden.errors import AuditError
from warden.model import Action, AuditRecord, Decision, Effect, HttpRequest, HttpResponse, Principal
from warden.pipeline import Pipeline


@dataclass
class Rules:
    """Allows what the egress list names."""

    records: list[AuditRecord] = field(default_factory=list)
    metadata: bool = False

    def decide(self, principal: Principal, actions: Sequence[Action]) -> Decision:
        if all(resource.attributes["egress"] for action in actions for resource in action.resources):
            return Decision(Effect.ALLOW)
        return Decision(policies=("hosts",), advice="Name it under egress.allow. " * 20)

    def needs_body(self, request: HttpRequest) -> bool:
        return False

    def answers(self, request: HttpRequest, actions: Sequence[Action]) -> bool:
        return False

    def receive(self, request: HttpRequest, actions: Sequence[Action], response: HttpResponse) -> HttpResponse:
        return response

    def authorize(self, request: HttpRequest, actions: Sequence[Action], asked: HttpRequest | None = None) -> HttpRequest:
        return request

    def local(self, request: HttpRequest) -> HttpResponse | None:
        return HttpResponse(200) if self.metadata and request.target == "/" else None

    def append(self, *records: AuditRecord) -> None:
        self.records.extend(records)


class Asked:
    def __init__(self, capacity: int = 100) -> None:
        self.rules = Rules()
        egress = Egress(["api.example", "*.wild.example"])
        pipeline = Pipeline(
            principal=Principal("t", "s"),
            decoder=Decoder(egress=egress, dialects=(HttpDialect(egress),)),
            point=self.rules,
            broker=self.rules,
            answers=Answers(),
            log=self.rules,
        )
        self.table = SyntheticAddresses(capacity)
        self.resolver = Resolver(pipeline, self.table)

    def wire(self, wire: bytes) -> dns.message.Message:
        answer = self.resolver.answer(wire)
        assert answer is not None
        return dns.message.from_wire(answer)

    def __call__(self, name: str, kind: str = "A", **options: Any) -> dns.message.Message:
        return self.wire(dns.message.make_query(name, kind, **options).to_wire())

    @property
    def asked(self) -> list[str]:
        return [f"{r.fields['message']['name']} {r.fields['message']['type']} {r.fields['decision']}" for r in self.rules.records]


@pytest.fixture
def ask() -> Asked:
    return Asked()


def rows(message: dns.message.Message) -> list[str]:
    return [str(row) for rrset in message.answer for row in rrset]


def test_an_allowed_name_has_a_synthetic_address(ask: Asked) -> None:
    answer = ask("API.example.")
    assert rows(answer) == ["198.18.0.1"]
    assert str(answer.answer[0].name) == "API.example."  # as asked: resolvers compare the case (0x20)
    assert answer.answer[0].ttl <= 60
    assert answer.flags & dns.flags.AA
    assert answer.flags & dns.flags.RA
    assert rows(ask("api.example")) == ["198.18.0.1"]
    assert rows(ask("a.b.wild.example")) == ["198.18.0.2"]
    assert ask.asked == ["api.example A allow", "api.example A allow", "a.b.wild.example A allow"]


@pytest.mark.parametrize("kind", ["AAAA", "HTTPS", "SVCB", "MX", "TXT", "SRV", "CNAME", "ANY", "NS", "TYPE65399"])
def test_other_types_of_an_allowed_name_are_empty(ask: Asked, kind: str) -> None:
    answer = ask("api.example", kind)
    assert (answer.rcode(), answer.answer) == (dns.rcode.NOERROR, [])
    assert ask.asked == [f"api.example {kind} allow"]


def test_a_denied_name_leads_to_its_denial_and_says_why(ask: Asked) -> None:
    """HTTP to it is answered with what would allow it; no other record of it is there."""
    answer = ask("blocked.example", use_edns=0)
    assert rows(answer) == ["198.18.0.1"]
    assert ask.table.name(ipaddress.ip_address("198.18.0.1")) == "blocked.example"
    (option,) = answer.options
    assert isinstance(option, dns.edns.EDEOption)
    assert option.code == dns.edns.EDECode.BLOCKED
    assert (option.text or "").startswith('warden denied dns:query on blocked.example: policy "hosts"')
    for kind in ("AAAA", "HTTPS", "TXT"):  # musl takes NXDOMAIN for one type for all of them
        assert (ask("blocked.example", kind).rcode(), rows(ask("blocked.example", kind))) == (dns.rcode.NOERROR, [])
    assert ask.asked[0] == "blocked.example A deny"


@pytest.mark.parametrize("name", ["metadata.google.internal", "printer.local", "blocked.test", "x.invalid", "intranet", "10.0.0.9"])
def test_a_denied_name_that_is_not_public_does_not_exist(ask: Asked, name: str) -> None:
    answer = ask(name, use_edns=0)
    assert (answer.rcode(), rows(answer)) == (dns.rcode.NXDOMAIN, [])
    assert "denied" in str(answer.options[0].to_text())
    assert len(ask.table) == 0


@pytest.mark.parametrize("name", ["metadata.google.internal", "METADATA.google.internal.", "metadata", "metadata.goog"])
def test_googles_metadata_server_is_there_where_a_broker_answers_for_it(ask: Asked, name: str) -> None:
    ask.rules.metadata = True
    assert rows(ask(name)) == ["169.254.169.254"]
    assert (ask(name, "AAAA").rcode(), rows(ask(name, "AAAA"))) == (dns.rcode.NOERROR, [])
    assert rows(ask(f"x.{name}")) != ["169.254.169.254"]


def test_denied_names_do_not_take_the_addresses_of_allowed_ones() -> None:
    ask = Asked(capacity=4)
    assert [ask(f"{number}.blocked.example").rcode() for number in range(3)] == [dns.rcode.NOERROR, dns.rcode.NOERROR, dns.rcode.NXDOMAIN]
    assert rows(ask("api.example")) == ["198.18.0.3"]


def test_a_denied_name_keeps_its_address_when_there_is_no_room_for_others() -> None:
    ask = Asked(capacity=2)
    assert rows(ask("one.blocked.example")) == ["198.18.0.1"]
    assert ask("two.blocked.example").rcode() == dns.rcode.NXDOMAIN
    assert rows(ask("one.blocked.example")) == ["198.18.0.1"]


def test_a_denial_is_remembered_until_the_name_is_allowed(ask: Asked) -> None:
    ask("blocked.example")
    ruling = ask.table.denial("blocked.example")
    assert ruling is not None
    assert not ruling.allowed
    ask("api.example")
    assert ask.table.denial("api.example") is None
    ask.table.deny("api.example", ruling)
    ask("api.example")
    assert ask.table.denial("api.example") is None


def test_a_rule_against_another_type_says_nothing_of_connections(ask: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    def decide(principal: Principal, actions: Sequence[Action]) -> Decision:
        return Decision(Effect.ALLOW if all(action.context["type"] == "A" for action in actions) else Effect.DENY)

    monkeypatch.setattr(ask.rules, "decide", decide)
    assert rows(ask("api.example")) == ["198.18.0.1"]
    assert (ask("api.example", "AAAA").rcode(), rows(ask("api.example", "AAAA"))) == (dns.rcode.NOERROR, [])
    assert ask.table.denial("api.example") is None


def test_a_ruling_that_could_not_be_recorded_leads_nowhere(ask: Asked) -> None:
    def full(*_records: AuditRecord) -> None:
        raise AuditError("disk full")

    ask.rules.append = full  # type: ignore[method-assign]
    assert ask("api.example").rcode() == dns.rcode.NXDOMAIN


def test_no_opt_record_for_clients_that_sent_none(ask: Asked) -> None:
    assert ask("blocked.example", use_edns=False).edns == -1


def test_loopback_names_stay_inside_without_a_question(ask: Asked) -> None:
    assert rows(ask("localhost")) == ["127.0.0.1"]
    assert rows(ask("a.localhost", "AAAA")) == ["::1"]
    assert rows(ask("localhost", "MX")) == []
    assert rows(ask(str(dns.reversename.from_address("127.0.0.1")), "PTR")) == ["localhost."]
    assert ask.asked == []


def test_reverse_names(ask: Asked) -> None:
    ask("api.example")
    assert rows(ask("1.0.18.198.in-addr.arpa", "PTR")) == ["api.example."]
    assert ask("2.0.18.198.in-addr.arpa", "PTR").rcode() == dns.rcode.NXDOMAIN
    assert ask("8.8.8.8.in-addr.arpa", "PTR").rcode() == dns.rcode.NXDOMAIN


def test_a_full_table_is_a_failure_with_a_reason() -> None:
    ask = Asked(capacity=1)
    ask("api.example")
    answer = ask("a.wild.example", use_edns=0)
    assert answer.rcode() == dns.rcode.SERVFAIL
    assert "too many names" in str(answer.options[0].to_text())
    assert rows(ask("api.example")) == ["198.18.0.1"]


@pytest.mark.parametrize("name", [r"a\.b.wild.example", r"a\000.wild.example", "*.wild.example", "."])
def test_what_is_no_host_name_is_refused(ask: Asked, name: str) -> None:
    assert ask(name).rcode() == dns.rcode.NXDOMAIN
    assert [r.fields["code"] for r in ask.rules.records] == ["dns-name"]


def test_another_class_is_refused(ask: Asked) -> None:
    assert ask("api.example", rdclass=dns.rdataclass.CH).rcode() == dns.rcode.REFUSED
    assert ask.asked == []


def test_malformed_messages(ask: Asked) -> None:
    query = dns.message.make_query("api.example", "A").to_wire()
    two = query[:4] + b"\0\2" + query[6:] + query[12:]
    assert ask.wire(two).rcode() == dns.rcode.FORMERR
    assert ask.wire(query[:4] + b"\0\0" + query[6:12]).rcode() == dns.rcode.FORMERR
    assert ask.wire(query[:-3]).rcode() == dns.rcode.FORMERR
    assert ask.wire(query + b"trailing").rcode() == dns.rcode.FORMERR
    assert ask.resolver.answer(query[:11]) is None
    assert ask.resolver.answer(query[:2] + bytes([query[2] | 0x80]) + query[3:]) is None  # an answer, not a question
    update = dns.message.make_query("api.example", "A")
    update.set_opcode(dns.opcode.NOTIFY)
    assert ask.wire(update.to_wire()).rcode() == dns.rcode.NOTIMP
    assert ask.asked == []


def test_the_longest_name_and_reason_fit_a_datagram(ask: Asked) -> None:
    name = ".".join(["x" * 61] * 4) + ".yyyyy"
    answer = ask.resolver.answer(dns.message.make_query(name, "A", use_edns=0).to_wire())
    assert answer is not None
    assert len(name) == 253
    assert len(answer) <= 512
    assert not dns.message.from_wire(answer).flags & dns.flags.TC


def test_a_pipeline_that_raises_is_a_failure(ask: Asked) -> None:
    ask.resolver._pipeline = None  # type: ignore[assignment]
    assert ask("api.example").rcode() == dns.rcode.SERVFAIL


@given(st.binary(max_size=600))
def test_nothing_that_arrives_raises(data: bytes) -> None:
    answer = Asked().resolver.answer(data)
    assert answer is None or (answer[:2] == data[:2] and answer[2] & 0x80)
