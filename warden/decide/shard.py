"""The policies whose scope can match a query, kept parsed.

Cedar evaluates every policy of a set, 2 microseconds each, so a thousand rules on a thousand operations would cost milliseconds. A rule whose
scope names another action or another resource cannot match, and cannot fail either (Cedar evaluates the scope first): leaving it out changes
nothing but the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import cedarpy

from warden.decide.policy import Policy, Uid

type ResourceKey = tuple[str, str, str]


#: An action of one provider, named in a rule. Net's four are left as they are: the network rules name them.
_PROVIDER_ACTION = re.compile(r"\b(?:AWS|GCP|K8s|HTTP|Linux)::Action::")


class Shard:
    """Policies parsed together. Cedar numbers them ``policy0``, ``policy1``, ... in the order of the text; `by_number` undoes that."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self.by_number = {f"policy{number}": policy for number, policy in enumerate(policies)}
        # A preset speaks of groups alone, so its answer is the same for every operation of the same groups.
        self.groups_alone = all(policy.preset for policy in policies) and not any(
            _PROVIDER_ACTION.search(policy.text) for policy in policies
        )
        self.reads = frozenset[str]().union(*(policy.reads for policy in policies))
        self.handle = cedarpy.PolicySet.from_str("\n".join(policy.text for policy in policies))
        if len(self.handle) != len(policies):
            raise ValueError(f"{len(policies)} policies were read as {len(self.handle)}")

    def looked_at(self, uids: tuple[Uid, ...]) -> tuple[Uid, ...]:
        """What these policies can tell apart of an action's uid and its groups': ``*`` stands for an operation that none of them can name."""
        (kind, _), *groups = uids
        if not self.groups_alone or kind == "Net::Action":
            return uids
        return ((kind, "*"), *(group for group in groups if group[0] == "Warden::Action"))

    def ordered(self, numbers: Iterable[str]) -> tuple[Policy, ...]:
        """The policies that Cedar calls `numbers`, in the order of the bundle: Cedar's own order is of chance."""
        wanted = set(numbers)
        if unknown := wanted - self.by_number.keys():
            raise ValueError(f"Cedar answered with unknown policies {sorted(unknown)}")
        return tuple(policy for number, policy in self.by_number.items() if number in wanted)


class Shards:
    """All policies of a bundle, found by what their scope can match."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._policies = tuple(policies)
        self._index: dict[tuple[Uid | None, ResourceKey | None], list[int]] = {}
        for number, policy in enumerate(policies):
            for action in policy.action_keys or (None,):
                self._index.setdefault((action, policy.resource_key), []).append(number)
        self._named = {key for _, key in self._index if key is not None and key[0] == "=="}
        self._matching = lru_cache(maxsize=512)(self._find)
        self._parsed = lru_cache(maxsize=64)(self._parse)
        self._overriding = lru_cache(maxsize=64)(self._find_overriding)

    def matching(self, actions: tuple[Uid, ...], kind: str, name: str) -> Shard:
        """The policies that can match an action with these uids (its own and its groups') on a resource of this type and id."""
        named: ResourceKey = ("==", kind, name)
        return self._matching(actions, kind, named if named in self._named else None)

    def _find(self, actions: tuple[Uid, ...], kind: str, named: ResourceKey | None) -> Shard:
        keys = (None, ("is", kind, ""), *((named,) if named else ()))
        found = {number for action in (None, *actions) for key in keys for number in self._index.get((action, key), ())}
        return self._parsed(tuple(sorted(found)))

    def overriding(self, shard: Shard) -> Shard | None:
        """The permits in `shard` that override something; None when there is none."""
        return self._overriding(shard)

    def _find_overriding(self, shard: Shard) -> Shard | None:
        found = [policy for policy in shard.by_number.values() if policy.overrides]
        return Shard(found) if found else None

    def _parse(self, numbers: tuple[int, ...]) -> Shard:
        return Shard([self._policies[number] for number in numbers])
