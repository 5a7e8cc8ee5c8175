"""From names and IAM levels to a verb and flags: the part that overrides then correct."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tools.tables.aws_effects_sources import IamAction, Model
from tools.tables.aws_effects_words import MODIFIERS, REMOVAL_WORDS, WORDS, Word

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class Effect:
    """What an operation does whatever its parameters, and the source that said so."""

    verb: str
    flags: frozenset[str]
    why: str


def words(operation: str) -> list[str]:
    """The words of a camel-case name: ``DeleteDBInstance`` is Delete, DB, Instance."""
    return _WORD.findall(operation)


def leading(operation: str) -> tuple[str, Word | None]:
    """The first word that says what is done, and its meaning."""
    split = words(operation)
    for word in split:
        if word not in MODIFIERS:
            return word, WORDS.get(word)
    return split[0], None


def has_removal_word(operation: str) -> bool:
    return not REMOVAL_WORDS.isdisjoint(words(operation))


#: Plurals that are one thing's data.
_SINGULAR = re.compile(
    r"(Status|Access|Settings|Attributes|Options|Details|Metrics|Statistics|Preferences|Limits|Permissions|Credentials|Progress|Analysis|ss)$"
)
_TOKEN = re.compile(r"token|marker|position|cursor|offset", re.IGNORECASE)


def enumerates(operation: str, model: Model) -> bool:
    """Whether a read lists things: it needs no parameter and returns a list, in pages or under a plural name (``DescribeTrails``)."""
    one = model["operations"][operation]
    if "output" not in one or leading(operation)[0] not in ("Describe", "Get", "Search"):
        return False
    given = model["shapes"][one["input"]["shape"]] if "input" in one else {}
    returned = model["shapes"][one["output"]["shape"]].get("members", {})
    if given.get("required") or not any(model["shapes"][member["shape"]]["type"] == "list" for member in returned.values()):
        return False
    plural = operation.endswith("s") and not _SINGULAR.search(operation)
    return plural or any(_TOKEN.search(name) for name in returned)


#: Trails, logs, recorders and detectors: turning one off is how an intruder stops being seen.
_AUDIT = re.compile(
    r"^(Stop|Disable|Delete|BatchDelete|Deregister|Remove|Disassociate|BatchDisable|Suspend|Pause|Deactivate)\w*?"
    r"(Logging|Trail|ConfigurationRecorder|FlowLogs?|Detector|EventDataStore|SecurityHub|Macie|AuditLog|DeliveryChannel|LoggingConfiguration|QueryLogConfig|QueryLoggingConfig|"
    r"InvestigationGroup|MonitoringSubscription|AccessLog|VpcFlowLog|OrganizationAdminAccount|Analyzer|StandardsSubscription|InsightSelectors|RealtimeLogConfig|AuditSuppression|SecurityMonitoring|"
    r"MonitoringSchedule|EventLogging|LogDelivery|ActionTarget|Canary|Alarms?|AlarmActions|ConfigRule|AggregationAuthorization|LogGroup|LogStream|ModelInvocationLogging\w*|EventTopic|LogSubscription)\w*$"
)
#: Locks, backups and shields: what keeps a later mistake from being final.
_PROTECTION = re.compile(
    r"^(Stop|Disable|Delete|BatchDelete|Deregister|Remove|Disassociate|Suspend|Deactivate|Detach|Reset)\w*?"
    r"(Protection|Encryption|EncryptionByDefault|PublicAccessBlock|VaultLock|LockConfiguration|BackupPlan|BackupSelection|BackupPolicy|BackupVaultNotifications|Mfa|MFA|MFADevice|Guardrail|WebACL|WebAcl|"
    r"FirewallPolicy|FirewallRuleGroup|Firewall|AutomatedBackup\w*|AutomatedBackups|PermissionsBoundary|AccessBlock|SnapshotSchedule|LifecyclePolicy\w*|SnapshotBlockPublicAccess|ImageBlockPublicAccess|"
    r"DeletionProtection|ProactiveEngagement|KeyRotation|StackPolicy|BackupConfiguration|GuardHook|ResourcePolicyProtection|SecurityConfiguration|InvocationLogging)$"
)


def classify(operation: str, actions: Sequence[IamAction]) -> Effect | None:
    """The effect by IAM level and name; None when neither says anything, which the generator refuses."""
    word, meaning = leading(operation)
    levels = {action.level for action in actions}
    level = next((one for one in ("Permissions management", "Write", "Tagging", "Read", "List") if one in levels), None)
    if meaning is None:
        return None
    flags = set(meaning.flags)
    verb, why = meaning.verb, f"name: {word}"
    if verb in ("read", "list"):
        if word != "List" and level in ("Read", "List"):
            verb, why = level.lower(), f"iam: {level}"
    elif meaning.soft and level in ("Read", "List"):
        verb, why, flags = level.lower(), f"iam: {level}", set()
    elif level == "Permissions management" and verb != "delete":
        verb, why, flags = "grant", f"iam: {level}", set()
    if verb in ("update", "delete"):
        if _AUDIT.match(operation):
            flags.add("audit_off")
        if _PROTECTION.match(operation):
            flags.add("protection_off")
    if verb == "delete":
        flags.add("destructive")
    return Effect(verb, frozenset(flags), why)
