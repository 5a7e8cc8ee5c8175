"""A preset and the user's Cedar files, loaded and checked.

``policies/presets/network.cedar`` is part of every preset. Policy ids are ``<file stem>/<@id>``.
Order, which also orders what a Decision lists: the user's files as given, then the preset, then the network rules.
"""

from __future__ import annotations

import difflib
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from warden.config import PRESETS
from warden.decide import schema
from warden.decide.location import directory
from warden.decide.policy import Policy, read
from warden.decide.source import split
from warden.errors import PolicyError

NETWORK = "network"
#: The preset whose denials `observe` records.
SHADOWED_BY = {"observe": "no-destroy"}
#: Most bytes of one policy file, and most rules in all.
MAX_BYTES = 4 << 20
MAX_RULES = 20_000
_STEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Bundle:
    """The rules that hold, checked. `shadow` is the bundle whose denials are only recorded, or None."""

    preset: str
    policies: tuple[Policy, ...]
    shadow: Bundle | None = None


def load(preset: str = "no-destroy", files: Sequence[str | Path] = ()) -> Bundle:
    """Loads `preset` and the user's `files` (Cedar files, or directories of ``*.cedar``). Raises PolicyError for the first mistake."""
    if preset not in PRESETS:
        close = difflib.get_close_matches(preset, PRESETS, 1)
        raise PolicyError(f"There is no preset {preset!r}.", f"Did you mean {close[0]}?" if close else f"There are {', '.join(PRESETS)}.")
    user = load_user(files)
    shadow = SHADOWED_BY.get(preset)
    return Bundle(preset, (*user, *load_preset(preset)), Bundle(shadow, (*user, *load_preset(shadow))) if shadow else None)


def load_preset(preset: str) -> tuple[Policy, ...]:
    """The rules of one preset. They are not validated here: the tests do, once for every release."""
    folder = directory() / "presets"
    return tuple(
        policy for stem in (preset, NETWORK) for policy in _read(folder / f"{stem}.cedar", str(folder / f"{stem}.cedar"), preset=True)
    )


def load_user(files: Iterable[str | Path]) -> tuple[Policy, ...]:
    """The user's rules: parsed, validated against the schema, ids unique, overrides known."""
    policies: list[Policy] = []
    seen: dict[str, Policy] = {}
    for path in _expand(files):
        policies += _read(path, str(path), preset=False)
        if len(policies) > MAX_RULES:
            raise PolicyError(f"{path}: more than {MAX_RULES} rules in all.", "Say it with fewer: a rule can name a list of actions.")
    for policy in policies:
        if first := seen.get(policy.id):
            at = policy.piece.find(f"`{policy.id.rpartition('/')[2]}`")
            raise policy.error("this name is taken.", at, f"It is also at {first.piece.file}:{first.piece.line}.")
        seen[policy.id] = policy
        schema.index().check(policy)
    overridden = [policy for policy in policies if policy.overrides]
    if overridden:
        _check_overrides(overridden)
    return tuple(policies)


def _check_overrides(policies: Iterable[Policy]) -> None:
    known = {policy.id: policy for preset in PRESETS for policy in load_preset(preset)}
    forbids = [name for name, policy in known.items() if not policy.permit]
    for policy in policies:
        for name in policy.overrides:
            if name not in forbids:
                close = difflib.get_close_matches(name, forbids, 1, 0.4)
                advice = f"Did you mean {close[0]}?" if close else f"There are {', '.join(forbids)}."
                what = "permits; only a forbid can be overridden." if name in known else "is not a rule of a preset."
                raise policy.error(f'it overrides "{name}", which {what}', policy.piece.find("`overrides`"), advice)


def _expand(files: Iterable[str | Path]) -> list[Path]:
    """The files to read, directories replaced by their ``*.cedar`` files in order of name."""
    found: list[Path] = []
    for given in files:
        path = Path(given).expanduser()
        try:
            if path.is_dir():
                inside = sorted(entry for entry in path.iterdir() if entry.suffix == ".cedar" and not entry.name.startswith("."))
                if not inside:
                    raise PolicyError(f"{path}: this directory holds no *.cedar file.", "Name the file, or another directory.")
                found += inside
            else:
                found.append(path)
        except OSError as error:
            raise PolicyError(f"{path}: {error.strerror}.", "Check policy.files in the configuration.") from error
    return found


def _read(path: Path, shown: str, *, preset: bool) -> list[Policy]:
    if not preset and (not _STEM.fullmatch(path.stem) or path.stem in (*PRESETS, NETWORK)):
        why = "is the name of a preset" if path.stem in (*PRESETS, NETWORK) else "cannot begin the names of rules"
        raise PolicyError(f"{shown}: the file name {path.stem!r} {why}.", "Rules are named <file name>/<@id>: rename the file.")
    policies = [read(piece, path.stem, preset=preset) for piece in split(shown, _text(path, shown))]
    if not policies and not preset:
        raise PolicyError(
            f"{shown}: this file holds no rule.", "Remove it from policy.files if that is meant: a lost forbid should not go unnoticed."
        )
    return policies


def _text(path: Path, shown: str) -> str:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise PolicyError(f"{shown}: this is neither a file nor a directory.", "Check policy.files in the configuration.")
        if status.st_size > MAX_BYTES:
            raise PolicyError(f"{shown}: {status.st_size} bytes is too large for a policy file.", f"At most {MAX_BYTES}: split it.")
        data = path.read_bytes()
    except OSError as error:
        raise PolicyError(f"{shown}: {error.strerror}.", "Check policy.files in the configuration.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyError(f"{shown}:{line}: byte {error.start} is not UTF-8.", "Save the file as UTF-8 text.") from error
