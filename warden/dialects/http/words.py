"""What the name of a GraphQL mutation says it does, by its words: ``deleteRepository``, ``volumeDelete``, ``remove_team_member``.

A mutation without any of these words is an update. One line each, with what it is there for; several words add up, and the graver verb counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from warden.dialects.gravity import GRAVITY
from warden.model import Flag, Verb

#: Words of removal: what is named is gone, or cannot be got back.
DELETES = frozenset(
    {
        "delete", "deletes", "deletion", "destroy", "remove", "removal", "drop", "purge", "wipe", "erase", "truncate", "terminate", "uninstall",
        "discard", "clear", "flush", "prune", "kill", "expire", "unpublish", "deprovision", "decommission", "teardown", "trash", "shred", "evict",
        "del", "rm", "nuke", "empty", "cleanup", "expunge", "obliterate", "eradicate",
    }
)  # fmt: skip
#: Of these, what a field says that does it, and none that says how things are.
_ORDERS = frozenset({"delete", "destroy", "remove", "purge", "wipe", "erase", "truncate", "terminate"})
#: Parts of words that say the same in names without borders (`volumedelete`) and in other forms (`deleting`, `removed`).
STEMS = re.compile(r"(?<!un)delet(?!ionprotection)|destroy|remov|purge|truncat|terminat")
#: Words of changes that lose what was there before, though the thing itself stays.
LOSES = {
    "reset": "back to the beginning: a database, a password, a branch",
    "revoke": "a key or an access that somebody uses",
    "cancel": "a run, an order, a subscription: not to be resumed",
    "transfer": "to another owner, who must give it back",
    "rollback": "what came after is lost",
    "restore": "over what is there now",
    "revert": "what came after is lost",
    "overwrite": "what was there is lost",
    "replace": "what was there is lost",
    "force": "the check that stood in the way was there for a reason",
    "abort": "what was under way is lost",
}
#: Words of who may do what.
GRANTS = frozenset(
    {
        "grant", "role", "roles", "permission", "permissions", "invite", "invites", "invitation", "member", "members", "membership", "memberships",
        "collaborator", "collaborators", "access", "acl", "rbac", "impersonate", "sudo", "owner", "owners", "ownership", "admin", "admins",
        "administrator", "oauth", "sso", "saml", "authorize",
    }
)  # fmt: skip
#: Words of secrets, which count when one is made or handed out.
SECRETS = frozenset(
    {"token", "tokens", "secret", "secrets", "key", "keys", "apikey", "credential", "credentials", "password", "certificate", "pat"}
)
MAKES = frozenset({"create", "add", "generate", "regenerate", "rotate", "issue", "mint", "new", "refresh", "reveal", "roll"})
#: Words of what is made.
CREATES = frozenset({"create", "add", "new", "insert", "register", "provision", "fork", "clone", "import", "upload", "open"})
#: Words of code whose effect the request does not show.
EXECUTES = frozenset({"execute", "exec", "run", "eval", "evaluate", "invoke", "sql", "script", "shell", "command"})
#: Words of taking away, which count beside those of protection and of records.
DISABLES = frozenset({"disable", "off", "unset", "bypass", "skip", "suspend", "mute", "unlock", "unprotect", "detach"}) | DELETES
PROTECTIONS = frozenset(
    {
        "protection",
        "protections",
        "protected",
        "lock",
        "backup",
        "backups",
        "mfa",
        "2fa",
        "fa",
        "encryption",
        "versioning",
        "firewall",
        "scanning",
        "ruleset",
    }
)
RECORDS = frozenset({"audit", "log", "logs", "logging", "trail", "alert", "alerts", "alarm", "alarms", "monitor", "monitoring", "drain"})
#: Words of opening to others.
SHARES = frozenset({"share", "public", "publicly", "visibility", "publicize", "expose"})
#: Words of interrupting what runs.
DISRUPTS = frozenset({"restart", "stop", "pause", "suspend", "reboot", "sleep", "shutdown", "redeploy", "scale"})

# A capital after a small letter or digit begins a word, and so does the last capital of several (APIKeyDelete: api, key, delete).
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class Effect:
    """Verb and flags of one field."""

    verb: Verb
    flags: frozenset[Flag] = frozenset()

    def with_nested(self, nested: Effect) -> Effect:
        """With what a field below does, when that is grave: its plain updates are only what is asked back."""
        if nested.verb is not Verb.DELETE and Flag.DESTRUCTIVE not in nested.flags:
            return self
        return Effect(max(self.verb, nested.verb, key=GRAVITY.__getitem__), self.flags | nested.flags)


def split(name: str) -> list[str]:
    """The words of a name in camelCase, PascalCase or snake_case, in lower case. A run of one case is one word."""
    return [word.lower() for word in _WORD.findall(name)]


def is_order(name: str) -> bool:
    """Whether a nested field without arguments is told to remove: ``delete``, ``deleteAll``. ``deleted`` and ``deletedAt`` only say what is."""
    said = split(name)
    return bool(said) and said[0] in _ORDERS and said[1:] in ([], ["all"])


def effect(name: str) -> Effect:
    """What a mutation of this name does."""
    said = frozenset(split(name))
    verbs = {Verb.UPDATE}
    flags: set[Flag] = set()
    # "enableDeletionProtection" deletes nothing.
    removing = said - {"deletion", "removal"} if said & PROTECTIONS else said
    if removing & DELETES or any(STEMS.search(word) for word in removing):
        verbs.add(Verb.DELETE)
        flags.add(Flag.DESTRUCTIVE)
    if said & LOSES.keys():
        flags.add(Flag.DESTRUCTIVE)
    if said & GRANTS:
        verbs.add(Verb.GRANT)
    if said & SECRETS and said & MAKES:
        flags.add(Flag.CREDENTIAL)
    if said & CREATES:
        verbs = {Verb.CREATE if verb is Verb.UPDATE else verb for verb in verbs}
    if said & EXECUTES:
        verbs.add(Verb.EXECUTE)
    for words, flag in _TAKEN_AWAY.items():
        if said & words and (said & DISABLES - {"deletion", "removal"}):
            flags.add(flag)
    if said & SHARES:
        flags.add(Flag.SHARE)
    if said & DISRUPTS:
        flags.add(Flag.DISRUPTIVE)
    return Effect(max(verbs, key=GRAVITY.__getitem__), frozenset(flags))


_TAKEN_AWAY: Mapping[frozenset[str], Flag] = {PROTECTIONS: Flag.PROTECTION_OFF, RECORDS: Flag.AUDIT_OFF}
