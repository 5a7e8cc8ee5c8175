"""What the value of each configuration key may be.

`KINDS` has one row per key: how its text is read, what to say when it cannot be, and its JSON schema. The defaults and the nesting are those of
:mod:`warden.config`; a key without a row is a mistake that a test finds.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warden.config import PRESETS
from warden.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Place:
    """Where relative paths start (the file's directory), and what ``~`` is."""

    base: Path
    home: Path


@dataclass(frozen=True, slots=True)
class Kind:
    """`read` raises ValueError when the value is not `expected`; its text, when it has one, says more.

    `shape`: ``one`` value, a ``list`` that accumulates over files (`removable`: a leading ``!`` takes an entry away), a ``map`` merged by key, or
    ``entries``: a list of mappings that replace each other by name (:mod:`warden.settings.entries` reads them).
    """

    expected: str
    schema: dict[str, Any]
    read: Callable[[Any, Place], Any]
    shape: str = "one"
    removable: bool = False
    read_key: Callable[[str], str] = str
    #: Whether ``!removed`` takes the entry away.
    removes: Callable[[str, str], bool] = str.__eq__


def _choice(*words: str) -> Kind:
    def read(value: object, _place: Place) -> str:
        if value not in words:
            from difflib import get_close_matches

            near = get_close_matches(str(value), words, 1)
            raise ValueError(f"Did you mean {near[0]}?" if near else "")
        return str(value)

    return Kind("one of " + ", ".join(words), {"enum": list(words)}, read)


def _text(pattern: str, expected: str, *, secret: bool = False) -> Kind:
    """`secret`: what is wrong with it is said without it."""

    def read(value: object, _place: Place) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError("Write it in quotes." if secret else _quote(value))
        return value

    return Kind(expected, {"type": "string", "pattern": f"^(?:{pattern})$"}, read)


def _quote(value: object) -> str:
    return f"Write it in quotes: {str(value).lower()!r} is no text in YAML." if isinstance(value, bool | int | float) else ""


def _flag(value: object, _place: Place) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


_SIZE = r"([0-9]+)(?:\.([0-9]{1,3}))? ?([KMGT]i?B|B)"
_UNITS = {"B": 1} | {f"{letter}iB": 1 << 10 * power for power, letter in enumerate("KMGT", 1)}
_UNITS |= {f"{letter}B": 10 ** (3 * power) for power, letter in enumerate("KMGT", 1)}


def _size(value: object, _place: Place) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 60:
        return value
    match = re.fullmatch(_SIZE, value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("A unit is B, KiB, MiB, GiB, TiB, or KB, MB, GB, TB in powers of 1000.")
    size = int(float(f"{match[1]}.{match[2] or 0}") * _UNITS[match[3]])
    if size >= 1 << 60:
        raise ValueError("That is more than any machine has.")
    return size


_DURATION = r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d))+"
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(value: object) -> float:
    """Seconds of ``30``, ``1.5``, ``"250ms"``, ``"1h30m"``. Raises ValueError."""
    if isinstance(value, str) and re.fullmatch(_DURATION, value):
        return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(r"([0-9.]+)(ms|s|m|h|d)", value))
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9:
        return float(value)
    raise ValueError


def _seconds(value: object, _place: Place) -> float:
    seconds = duration(value)
    if not 0 < seconds < 1e9:
        raise ValueError("It must be more than nothing.")
    return seconds


def _count(value: object, _place: Place) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1 << 22:
        raise ValueError
    return value


def _cores(value: object, _place: Place) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 4096:
        raise ValueError
    return float(value)


def path(value: object, place: Place) -> str:
    """An absolute, normalized path. ``~`` is the home directory; another relative path starts at the file it stands in."""
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError(_quote(value))
    if value == "~" or value.startswith("~/"):
        return os.path.normpath(f"{place.home}/{value[2:]}")
    if value.startswith("~"):
        raise ValueError("Another user's home is written as an absolute path.")
    return os.path.normpath(f"{place.base}/{value}" if not value.startswith("/") else value)


def _optional_path(value: object, place: Place) -> str:
    return "" if value == "" else path(value, place)


def _egress(value: object, _place: Place) -> str:
    from warden.dialects.egress import parse

    if not isinstance(value, str):
        raise ValueError(_quote(value))
    try:
        parse(value)
    except ConfigError as error:
        raise ValueError(str(error)) from error
    return value


def _of_host(entry: str, removed: str) -> bool:
    """``!host`` takes away all that is listed for the host; a whole entry only itself."""
    from warden.dialects.egress import parse

    return entry == removed or ((wanted := parse(removed)).host == removed.lower() and parse(entry).host == wanted.host)


_HOST = re.compile(r"(?:\*\.)?(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")


def host_pattern(text: str) -> str:
    """A host name, or ``*.`` and one: lower case, without the trailing dot. Raises ValueError."""
    host = text.lower().removesuffix(".")
    if not _HOST.fullmatch(host) or len(host) > 253:
        raise ValueError("'*.' may stand at the start only, a port or https:// is not part of it, and names are in their xn-- form.")
    return host


def _host(value: object, _place: Place) -> str:
    if not isinstance(value, str):
        raise ValueError(_quote(value))
    return host_pattern(value)


def _unread(_value: object, _place: Place) -> str:
    raise ValueError("It is a list of mappings.")


def _address(value: object, _place: Place) -> str:
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):([0-9]{1,5})", value) if isinstance(value, str) else None
    if match is None or not 0 < int(match[3]) < 65536:
        raise ValueError("A name is not an address: nothing resolves it.")
    try:
        address = ipaddress.ip_address(match[1] or match[2])
    except ValueError as error:
        raise ValueError(str(error)) from error
    return f"[{address}]:{int(match[3])}" if address.version == 6 else f"{address}:{int(match[3])}"


def _server(value: object, _place: Place) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"https://[!-~]{1,2000}", value):
        raise ValueError("Upstream TLS is always verified: http:// cannot be used." if str(value).startswith("http://") else _quote(value))
    return value


def _cluster(name: str) -> str:
    """The name of a cluster, as in a kubeconfig."""
    if not re.fullmatch(_CLUSTER, name):
        raise ValueError("A cluster's name is printable, without spaces.")
    return name


def _variable(name: str) -> str:
    if not re.fullmatch(VARIABLE, name):
        raise ValueError("A variable's name is letters, digits and _.")
    return name


def _variable_value(value: object, _place: Place) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(_quote(value))
    return value


_CLUSTER = r"[!-~]{1,253}"
VARIABLE = r"[A-Za-z_][A-Za-z0-9_]{0,127}"
_NAME = _text(r"[A-Za-z0-9._@/-]{0,128}", "a name of letters, digits and . _ - @ /")
_FLAG = Kind("true or false", {"type": "boolean"}, _flag)
_BYTES = Kind(
    "bytes or a size such as 4GiB", {"oneOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": f"^{_SIZE}$"}]}, _size
)
_TIME = Kind(
    "seconds or a duration such as 30s or 15m",
    {"oneOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": f"^{_DURATION}$"}]},
    _seconds,
)
_PATH = Kind("a path", {"type": "string"}, _optional_path)
_KEY = _text(r"[A-Za-z0-9]{0,128}", "an access key id")
_ENV_NAME = _text(VARIABLE, "the exact name of a variable")
_ENV_PATTERN = _text(r"[A-Za-z0-9_*?]{1,128}", "a pattern of a variable's name, such as MY_*")


def _list(kind: Kind, *, removable: bool = False, removes: Callable[[str, str], bool] = str.__eq__) -> Kind:
    return Kind(kind.expected, {"type": "array", "items": kind.schema}, kind.read, "list", removable, removes=removes)


_PATHS = Kind("a path", {"type": "string", "minLength": 1}, path)

#: One row per key of `warden.yaml`.
KINDS: dict[str, Kind] = {
    "agent": _NAME,
    "profile": _NAME,
    "policy.preset": _choice(*PRESETS),
    "policy.files": _list(_PATHS),
    "egress.allow": _list(
        Kind("[read|METHOD,...] host[:port][/path] or tcp://host:port", {"type": "string"}, _egress), removable=True, removes=_of_host
    ),
    "egress.defaults": _FLAG,
    "upstream.resolve": Kind(
        "an address and port such as 127.0.0.1:8443 or [::1]:8443",
        {"type": "object", "additionalProperties": {"type": "string"}},
        _address,
        "map",
        read_key=host_pattern,
    ),
    "upstream.ca": _list(_PATHS),
    "credentials.aws.enabled": _FLAG,
    "credentials.aws.allow_foreign": _FLAG,
    "credentials.aws.profile": _text(r"[^\x00-\x1f\x7f]{0,128}", "the name of an AWS profile"),
    "credentials.aws.access_key_id": _KEY,
    "credentials.aws.secret_access_key": _text(r"[!-~]{0,256}", "a secret access key", secret=True),
    "credentials.aws.session_token": _text(r"[!-~]{0,8192}", "a session token", secret=True),
    "credentials.aws.region": _text(r"(?:[a-z]{2,4}(?:-[a-z]+)+-[0-9]+)?", "an AWS region such as eu-west-1"),
    "credentials.aws.account": _text(r"(?:[0-9]{12})?", "an AWS account: 12 digits, in quotes"),
    "credentials.gcp.enabled": _FLAG,
    "credentials.entries": Kind("a mapping of name, from, hosts, field and variable", {"type": "array"}, _unread, "entries"),
    "credentials.builtin": _FLAG,
    "credentials.transcripts": _list(Kind("a host such as llm.example.com or *.llm.example.com", {"type": "string"}, _host)),
    "kubernetes.enabled": _FLAG,
    "kubernetes.kubeconfig": _list(_PATHS),
    "kubernetes.clusters": Kind(
        "the https:// URL of an API server, with its path prefix if it has one",
        {
            "type": "object",
            "propertyNames": {"pattern": f"^{_CLUSTER}$"},
            "additionalProperties": {"type": "string", "pattern": "^https://"},
        },
        _server,
        "map",
        read_key=_cluster,
    ),
    "kubernetes.ca": Kind(
        "a path",
        {"type": "object", "propertyNames": {"pattern": f"^{_CLUSTER}$"}, "additionalProperties": {"type": "string", "minLength": 1}},
        path,
        "map",
        read_key=_cluster,
    ),
    "sandbox.runtime": _choice("auto", "crun", "runc"),
    "sandbox.hide": _list(_PATHS, removable=True),
    "sandbox.writable": _list(_PATHS),
    "sandbox.agent_state": _list(_PATHS, removable=True),
    "sandbox.limits.memory": _BYTES,
    "sandbox.limits.pids": Kind("a number of processes, 0 for no limit", {"type": "integer", "minimum": 0, "maximum": 1 << 22}, _count),
    "sandbox.limits.cpus": Kind("a number of cores, 0 for no limit", {"type": "number", "minimum": 0, "maximum": 4096}, _cores),
    "environment.hide": _list(_ENV_PATTERN, removable=True),
    "environment.pass": _list(_ENV_NAME),
    "environment.set": Kind(
        "text",
        {"type": "object", "propertyNames": {"pattern": f"^{VARIABLE}$"}, "additionalProperties": {"type": "string"}},
        _variable_value,
        "map",
        read_key=_variable,
    ),
    "proxy.body_limit": _BYTES,
    "proxy.timeout": _TIME,
    "audit.path": _PATH,
    "daemon.socket": _PATH,
    "daemon.idle_timeout": _TIME,
}

#: Never shown.
SECRETS = frozenset({"credentials.aws.access_key_id", "credentials.aws.secret_access_key", "credentials.aws.session_token"})
