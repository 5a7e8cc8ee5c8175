"""The rules, one line each, in a module for each family of vendors, and the table of values that only their names betray."""

from __future__ import annotations

from warden.redact.patterns.rule import Rule
from warden.redact.patterns.rules import ai, cloud, code, messaging, operations, payment, saas, text

RULES: tuple[Rule, ...] = (
    *cloud.RULES,
    *code.RULES,
    *operations.RULES,
    *messaging.RULES,
    *payment.RULES,
    *ai.RULES,
    *saas.RULES,
    *text.RULES,
)
