"""The policy decision point: Principal and Actions in, one Decision out. Pure, deterministic, and closed by default.

Parts, in the order in which a policy and then a query meets them:

1. :mod:`location` finds the ``policies`` directory, in a checkout and in an installed wheel.
2. :mod:`source` cuts Cedar text into policies and says where a syntax error stands; :mod:`policy` is one of them with its annotations.
3. :mod:`vocabulary` owns the Cedar names: namespaces, entity types with their attributes, context keys, action groups.
   ``tools/tables/cedar_schema.py`` writes ``policies/schema/warden.cedarschema`` from it and from the decoding tables.
4. :mod:`schema` reads that file and validates each policy against it (against the slice of it that the policy can tell apart).
5. :mod:`bundle` loads a preset and the user's files: every mistake is a PolicyError that names file, line, column and rule.
6. :mod:`entities` turns an Action and a Resource into Cedar's query and the few entities that it needs.
7. :mod:`shard` finds the policies whose scope can match a query and keeps them parsed.
8. :mod:`advice` knows what to do instead of an operation; :mod:`point` asks Cedar and writes the Decision.

What decides
------------
Cedar: a query is allowed when a ``permit`` matches and no ``forbid`` does. A message is allowed when every action in it is allowed on every
resource. Three additions, each stricter than Cedar or exactly expressible in it:

- **An error denies.** Cedar skips a policy that fails to evaluate, which would open a hole where a ``forbid`` fails; here any error denies.
- **Nothing is nothing.** No action, no answer, too many queries, an exception of ours: denied.
- **A preset is a ceiling; an override is a named hole in it.** A user's ``permit`` allows what the preset leaves open, but it beats no ``forbid``.
  To let one thing through, the permit names the preset's rule::

      @id("stop-the-old-fleet")
      @reason("the migration plan retires these instances")
      @overrides("no-destroy/destructive")
      permit (principal, action == AWS::Action::"ec2:TerminateInstances", resource)
      when { resource has region && resource.region == "eu-west-3" };

  It is exactly as if the preset's rule ended in ``unless { <this permit matches> }``: for a query that the permit matches, the named rule does
  not count; every other matching ``forbid`` still denies, and so does an error in any of them. Several rules are separated by commas.
  Only a user's permit may override, and only rules of a preset: your own ``forbid`` is yours to edit.

Some services cannot be told apart on the wire (rds, neptune and docdb; the Action's ``family``). Such an action has the first one's name, and a
user's ``forbid`` on the operation of any of them denies it.

``observe`` allows, and says in `Decision.obligations` what ``no-destroy`` with the same user files would have denied: ``would-deny:<ids>``.
"""

from warden.decide.bundle import Bundle, load
from warden.decide.point import PolicyDecisionPoint

__all__ = ["Bundle", "PolicyDecisionPoint", "load"]
