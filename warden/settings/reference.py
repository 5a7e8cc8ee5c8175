"""The configuration's schema written down: as JSON Schema for editors, and as docs/configuration.md for people.

Both come from the dataclasses of :mod:`warden.config` and the rows of :mod:`warden.settings.values`; a test holds the checked-in page against
`markdown`.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import Any

from warden.config import Config
from warden.credentials.known import KNOWN, Known
from warden.hosts import HOSTS
from warden.settings.entries import SCHEMA
from warden.settings.files import flat
from warden.settings.values import KINDS, SECRETS

_LONG = 8

_INTRODUCTION = """\
# Configuration

<!-- Written by `python -m warden.settings.reference`: edit warden/config.py and warden/settings/values.py instead. -->

Warden reads `warden.yaml` from these places. A later one wins; lists accumulate, and maps are merged by key.

1. `/etc/warden/warden.yaml`: the machine's.
2. `~/.config/warden/warden.yaml` (or below `$XDG_CONFIG_HOME`): yours.
3. The project's: each `warden.yaml` from the working directory upward, the nearest with the last word. It stops below your home directory and
   `/`. `--config FILE` or `WARDEN_CONFIG=FILE` names another one instead; with an empty name there is none.
4. Flags of the command line.

`warden config show` prints every value in effect and the line it came from; `warden config check FILE` reads one file; `warden config schema`
prints a JSON Schema for editors. An unknown key is an error. Relative paths start at the directory of their file; `~` is your home directory.

## What a project's file may say

The working directory is the agent's to write, and a repository that you cloned brings its own `warden.yaml`. So by itself it may only tighten
(a stricter preset, more hidden paths, lower limits), set variables inside the sandbox, and make directories of the project writable. Whatever
loosens is refused until you have read the file and run

    warden config trust

which records the file and a hash over it and over every policy and CA file it names. When one byte of them changes, it is not trusted any more.
`warden config trust --revoke` takes it back. The file is read-only inside the sandbox, and hidden there when it states a secret.

## Keys
"""


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of `warden.yaml`."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "warden.yaml", **_section(Config(), "")}


def _section(section: Any, prefix: str) -> dict[str, Any]:
    properties = {}
    for entry in dataclasses.fields(section):
        value, name = getattr(section, entry.name), entry.name.rstrip("_")
        if dataclasses.is_dataclass(value):
            properties[name] = _section(value, f"{prefix}{name}.")
            continue
        kind = KINDS[prefix + name]
        schema = dict(kind.schema)
        if kind.shape == "entries":
            schema["items"] = SCHEMA
        if kind.shape == "one":
            schema["default"] = value
        if kind.removable:
            schema["description"] = "Adds to the built-in list; a leading ! takes an entry away."
        properties[name] = schema
    return {"type": "object", "description": _words(section), "additionalProperties": False, "properties": properties}


def markdown() -> str:
    """docs/configuration.md."""
    parts = [_INTRODUCTION]
    for prefix, section in _sections(Config(), ""):
        rows = [(prefix + entry.name.rstrip("_"), getattr(section, entry.name)) for entry in dataclasses.fields(section)]
        rows = [(key, value) for key, value in rows if key in KINDS]
        if not rows:
            continue
        parts.append(f"\n### `{prefix.rstrip('.') or 'agent, profile'}`\n\n{_words(section)}\n\n| key | value | default |\n|---|---|---|\n")
        parts += [f"| `{key}` | {_expected(key)} | {_default(key, value)} |\n" for key, value in rows]
    parts.append(
        "\n## Built-in hosts\n\n`egress.allow`, with what each is for; [egress.md](egress.md) says what an entry means.\n\n| entry | |\n|---|---|\n"
    )
    parts += [f"| `{entry}` | {reason} |\n" for entry, reason in HOSTS.items()]
    parts.append(
        "\n## Built-in credentials\n\n`credentials.builtin`: the variable, where its placeholder becomes the real value, and whose word that is; "
        "[credentials.md](credentials.md) says what it means.\n\n| variable | hosts | field | |\n|---|---|---|---|\n"
    )
    parts += [_known(known) for known in KNOWN]
    parts.append("\n## Built-in lists\n")
    for key, value in flat(Config()):
        if isinstance(value, tuple) and len(value) > _LONG and key != "egress.allow":
            parts.append(f"\n`{key}`: {', '.join(f'`{entry}`' for entry in value)}\n")
    return "".join(parts)


def _known(known: Known) -> str:
    hosts = ", ".join([*(f"`{host}`" for host in known.hosts), *([f"that of `{known.base}`"] if known.base else [])])
    return f"| `{known.variable}` | {hosts} | {', '.join(f'`{field}`' for field in known.fields)} | {known.source} |\n"


def _sections(section: Any, prefix: str) -> list[tuple[str, Any]]:
    below = []
    for entry in dataclasses.fields(section):
        if dataclasses.is_dataclass(value := getattr(section, entry.name)):
            below += _sections(value, f"{prefix}{entry.name}.")
    return [(prefix, section), *below]


def _words(section: object) -> str:
    return re.sub(r"\s+", " ", inspect.getdoc(type(section)) or "").strip()


def _expected(key: str) -> str:
    kind = KINDS[key]
    text = {"one": "", "list": "list; each ", "map": "map; each value ", "entries": "list; each "}[kind.shape] + kind.expected
    if kind.removable:
        text += "; `!` takes one away"
    return (text + ("; never shown" if key in SECRETS else "")).replace("|", "\\|")


def _default(key: str, value: Any) -> str:
    if isinstance(value, tuple) and len(value) > _LONG:
        return f"{len(value)} entries, below"
    if value in ("", ()) or (KINDS[key].shape == "map" and not value):
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1 << 20 and value % (1 << 20) == 0:
        return f"`{value >> 30}GiB`" if value % (1 << 30) == 0 else f"`{value >> 20}MiB`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    import sys

    sys.stdout.write(markdown())
