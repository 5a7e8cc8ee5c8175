"""Shared values of the decide tests: a principal, actions as a dialect would make them, and a way to write policy files."""

from __future__ import annotations

from pathlib import Path

from warden.decide import PolicyDecisionPoint, load
from warden.model import Action, Flag, Principal, Resource, Verb

AGENT = Principal("claude", "session-1", "default", "ada")
INSTANCE = Resource("AWS::Resource", "arn:aws:ec2:us-east-1:123456789012:instance/i-0abc", {"service": "ec2", "region": "us-east-1"})
TERMINATE = Action(
    "aws", "ec2:TerminateInstances", Verb.DELETE, frozenset({Flag.DESTRUCTIVE}), (INSTANCE,), {"iam": ["ec2:TerminateInstances"]}
)
DESCRIBE = Action("aws", "ec2:DescribeInstances", Verb.LIST)


def rule(body: str, name: str = "mine", *, advice: str = "", overrides: str = "") -> str:
    """Cedar text of one annotated policy."""
    head = f'@id("{name}")\n@reason("the test says so")\n'
    head += f'@advice("{advice}")\n' if advice or body.startswith("forbid") else ""
    head = head.replace('@advice("")', '@advice("Do something else.")')
    head += f'@overrides("{overrides}")\n' if overrides else ""
    return f"{head}{body};\n"


def write(folder: Path, *rules: str, name: str = "team.cedar") -> Path:
    path = folder / name
    path.write_text("\n".join(rules), encoding="utf-8")
    return path


def point(folder: Path, *rules: str, preset: str = "no-destroy") -> PolicyDecisionPoint:
    """A decision point for a preset and one user file of `rules`."""
    return PolicyDecisionPoint(load(preset, [write(folder, *rules)] if rules else []))
