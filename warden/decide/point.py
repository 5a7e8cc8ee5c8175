"""The policy decision point itself: every action on every resource is asked of Cedar, and one no is a no.

A query's answer depends on nothing but the bundle and the query: Cedar has no clock, no state and no I/O. So answers are kept in a bounded memory,
keyed by everything that Cedar is given. And Cedar is given only what the policies that can match look at: a preset's rules look at an action's
groups alone, so one answer serves for every operation in the same groups, on every resource.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cedarpy

from warden.decide import advice, entities
from warden.decide.bundle import Bundle
from warden.decide.policy import Policy, Uid
from warden.decide.shard import Shard, Shards
from warden.decide.vocabulary import PRINCIPAL_TYPE
from warden.model import Action, Decision, Effect, Principal, Query

#: Most queries for one message. The largest AWS batch (DeleteObjects) names 1,000 resources.
MAX_QUERIES = 10_000
#: How many answers are remembered, and for queries of at most how many characters.
MEMORY = 512
MEMORABLE = 4096
#: Stands for the principal where no policy that can match looks at it.
_NOBODY = ("", entities.principal_entity(Principal("", "")))
_NUMBER = re.compile(r"`(policy[0-9]+)`")


@dataclass(frozen=True, slots=True)
class Answer:
    """Cedar's answer to one query. `policies` determined it; `errors` makes it a denial whatever else it says."""

    allowed: bool
    policies: tuple[Policy, ...] = ()
    errors: tuple[str, ...] = ()


class PolicyDecisionPoint:
    """Decides for one bundle. Thread-safe: it holds only parsed policies and caches."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._shards = Shards(bundle.policies)
        self._forbids = any(not policy.permit and not policy.preset for policy in bundle.policies)
        self._shadow = PolicyDecisionPoint(bundle.shadow) if bundle.shadow else None
        self._base = lru_cache(maxsize=256)(_parse_base)
        self._remembered: dict[tuple[object, ...], Answer] = {}

    def decide(self, principal: Principal, actions: Sequence[Action]) -> Decision:
        """ALLOW when every action is allowed on every resource. Never raises: what goes wrong is a denial with `errors`."""
        try:
            decision = self._decide(principal, actions)
            if self._shadow and decision.allowed:
                would = self._shadow.decide(principal, actions)
                if not would.allowed:
                    named = ",".join(would.policies) or ("error" if would.errors else "no-permit")
                    return Decision(Effect.ALLOW, decision.policies, decision.reason, obligations=(f"would-deny:{named}",))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - promise 1; a panic in Rust is no Exception
            return Decision(reason="the policy decision failed, so this is denied", errors=(f"{type(error).__name__}: {error}"[:2000],))
        return decision

    def _decide(self, principal: Principal, actions: Sequence[Action]) -> Decision:
        queries = [query for action in actions for query in entities.queries(principal, action)]
        if not queries:
            return Decision(reason="the message asks for nothing that can be ruled on")
        if len(queries) > MAX_QUERIES:
            return Decision(
                reason=f"the message acts on more than {MAX_QUERIES} resources at once",
                advice="Acting on too many resources at once; send fewer.",
            )
        answers = [(query, self.ask(query)) for query in queries]
        if self._forbids:
            answers += [(query, self._forbidden(query)) for action in actions for query in entities.other_names(principal, action)]
        denied = [(query, answer) for query, answer in answers if not answer.allowed]
        failed = [answer for _, answer in denied if answer.errors]
        if failed:
            errors = tuple(dict.fromkeys(error for answer in failed for error in answer.errors))
            return Decision(policies=_ids(failed), reason="a policy failed to evaluate", errors=errors)
        if denied:
            query, first = denied[0]
            policies = _ids(answer for _, answer in denied)
            if not first.policies:
                reason = f"no policy permits {query.action[1]} on {query.resource.id}"
                return Decision(policies=policies, reason=reason, advice=advice.without_permit(query, self.bundle.preset))
            rule = first.policies[0]
            return Decision(policies=policies, reason=advice.fill(rule.reason, query), advice=advice.of(rule, query))
        first_permit = answers[0][1].policies[0]
        return Decision(Effect.ALLOW, _ids(answer for _, answer in answers), advice.fill(first_permit.reason, answers[0][0]))

    def ask(self, query: Query) -> Answer:
        """Cedar's answer to one query, with overrides applied. May raise."""
        kind, name = query.resource.type, query.resource.id
        uids = (query.action, *entities.action_parents(query))
        shard = self._shards.matching(uids, kind, name)
        uids = shard.looked_at(uids)
        entities.check(query)
        agent, principal = (query.principal.agent, entities.principal_entity(query.principal)) if "principal" in shard.reads else _NOBODY
        name, resource = (name, entities.resource_entity(query.resource)) if "resource" in shard.reads else ("*", entities.bare(kind, "*"))
        context = json.dumps(query.context) if "context" in shard.reads else "{}"
        key = (shard, uids, kind, name, principal, resource, context)
        answer = self._remembered.get(key)
        if answer is None:
            request = {
                "principal": {"type": PRINCIPAL_TYPE, "id": agent},
                "action": {"type": uids[0][0], "id": uids[0][1]},
                "resource": {"type": kind, "id": name},
                "context": context,
            }
            answer = self._evaluate(request, shard, self._base(principal, uids).with_added_json_str(resource))
            if len(resource) + len(context) <= MEMORABLE:
                if len(self._remembered) >= MEMORY:
                    self._remembered.clear()
                self._remembered[key] = answer
        return answer

    def _forbidden(self, query: Query) -> Answer:
        """The answer under another name of the action: only a forbid of the user's, who may have used that name, can deny by it."""
        answer = self.ask(query)
        mine = tuple(policy for policy in answer.policies if not policy.preset)
        return answer if answer.allowed or answer.errors else Answer(not mine, mine)

    def _evaluate(self, request: dict[str, Any], shard: Shard, slice_: cedarpy.Entities) -> Answer:
        answer = _authorize(request, shard, slice_)
        if answer.allowed or answer.errors or not answer.policies:
            return answer
        return self._override(answer, request, shard, slice_)

    def _override(self, denied: Answer, request: dict[str, Any], shard: Shard, slice_: cedarpy.Entities) -> Answer:
        """`denied`, or the permits that override every rule which denied it: see the package's essay."""
        overriding = self._shards.overriding(shard)
        if overriding is None or not all(policy.preset for policy in denied.policies):
            return denied
        permits = _authorize(request, overriding, slice_)
        if not permits.allowed:
            return Answer(False, denied.policies, permits.errors)
        overridden = {rule for permit in permits.policies for rule in permit.overrides}
        remaining = tuple(policy for policy in denied.policies if policy.id not in overridden)
        return Answer(False, remaining) if remaining else permits


def _parse_base(principal: str, uids: tuple[Uid, ...]) -> cedarpy.Entities:
    """The principal and the action with its groups, parsed. The same for every resource."""
    (kind, name), *parents = uids
    action = {"uid": {"type": kind, "id": name}, "attrs": {}, "parents": [{"type": k, "id": n} for k, n in parents]}
    return cedarpy.Entities.from_json_str(f"[{principal}, {json.dumps(action)}]")


def _authorize(request: dict[str, Any], shard: Shard, slice_: cedarpy.Entities) -> Answer:
    result = cedarpy.is_authorized(request, shard.handle, slice_)
    errors = tuple(result.diagnostics.errors)
    if errors or result.decision not in (cedarpy.Decision.Allow, cedarpy.Decision.Deny):
        failed = shard.ordered(number for error in errors for number in _NUMBER.findall(error) if number in shard.by_number)
        named = tuple(
            _NUMBER.sub(lambda m: f"`{shard.by_number[m[1]].id}`" if m[1] in shard.by_number else m[0], error) for error in errors
        )
        return Answer(False, failed, tuple(sorted(named)) or ("Cedar gave no decision",))
    policies = shard.ordered(result.diagnostics.reasons)
    allowed = result.allowed and bool(policies) and all(policy.permit for policy in policies)
    return Answer(allowed, policies)


def _ids(answers: Iterable[Answer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(policy.id for answer in answers for policy in answer.policies))
