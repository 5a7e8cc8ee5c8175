"""A preset and the user's Cedar files, loaded and checked.

``policies/presets/network.cedar`` is part of every preset. Policy ids are ``<file stem>/<@id>``.
Order, which also orders what a Decision lists: the user's files as given, then the preset, then the network rules.
"""

from __future__ import annotations

import difflib
import functools
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from warden.config import PRESETS
from warden.decide import schema
from warden.decide.location import directory
from warden.decide.policy import Policy, read
from warden.decide.source import Piece, split
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
    return tuple(read(piece, stem, preset=True) for stem in (preset, NETWORK) for piece in _pieces(folder / f"{stem}.cedar", preset=True))


def load_user(files: Iterable[str | Path]) -> tuple[Policy, ...]:
    """The user's rules: parsed, validated against the schema, ids unique, overrides known. Raises the first of `problems`."""
    policies, mistakes = examine(files)
    if mistakes:
        raise mistakes[0]
    return tuple(policies)


def examine(files: Iterable[str | Path]) -> tuple[list[Policy], list[PolicyError]]:
    """The user's rules that hold, and every mistake in the files, in their order."""
    policies: list[Policy] = []
    mistakes: list[PolicyError] = []
    seen: dict[str, Policy] = {}
    for given in files:
        try:
            pieces = [(path.stem, piece) for path in _expand(given) for piece in _pieces(path, preset=False)]
        except PolicyError as error:
            mistakes.append(error)
            continue
        if len(policies) + len(pieces) > MAX_RULES:
            mistakes.append(PolicyError(f"{given}: more than {MAX_RULES} rules in all.", "A rule can name a list of actions."))
            break
        for stem, piece in pieces:
            try:
                policy = read(piece, stem, preset=False)
                _check(policy, seen)
            except PolicyError as error:
                mistakes.append(error)
            else:
                policies.append(policy)
    return policies, mistakes


def _check(policy: Policy, seen: dict[str, Policy]) -> None:
    if first := seen.get(policy.id):
        at = policy.piece.find(f"`{policy.id.rpartition('/')[2]}`")
        raise policy.error("this name is taken.", at, f"It is also at {first.piece.file}:{first.piece.line}.")
    seen[policy.id] = policy
    schema.index().check(policy)
    _check_overrides(policy)


def _check_overrides(policy: Policy) -> None:
    for name in policy.overrides:
        known = _preset_rules()
        forbids = [rule for rule, permits in known.items() if not permits]
        if name not in forbids:
            close = difflib.get_close_matches(name, forbids, 1, 0.4)
            advice = f"Did you mean {close[0]}?" if close else f"There are {', '.join(forbids)}."
            what = "permits; only a forbid can be overridden." if name in known else "is not a rule of a preset."
            raise policy.error(f'it overrides "{name}", which {what}', policy.piece.find("`overrides`"), advice)


@functools.cache
def _preset_rules() -> dict[str, bool]:
    """Every rule of every preset, and whether it permits."""
    return {policy.id: policy.permit for preset in PRESETS for policy in load_preset(preset)}


def _expand(given: str | Path) -> list[Path]:
    """The files to read: `given`, or when it is a directory its ``*.cedar`` files in order of name."""
    path = Path(given).expanduser()
    try:
        if not path.is_dir():
            return [path]
        inside = sorted(entry for entry in path.iterdir() if entry.suffix == ".cedar" and not entry.name.startswith("."))
    except OSError as error:
        raise PolicyError(f"{path}: {error.strerror}.", "Check policy.files in the configuration.") from error
    if not inside:
        raise PolicyError(f"{path}: this directory holds no *.cedar file.", "Name the file, or another directory.")
    return inside


def _pieces(path: Path, *, preset: bool) -> list[Piece]:
    if not preset and (not _STEM.fullmatch(path.stem) or path.stem in (*PRESETS, NETWORK)):
        why = "is the name of a preset" if path.stem in (*PRESETS, NETWORK) else "cannot begin the names of rules"
        raise PolicyError(f"{path}: the file name {path.stem!r} {why}.", "Rules are named <file name>/<@id>: rename the file.")
    pieces = split(str(path), _text(path))
    if not pieces and not preset:
        raise PolicyError(f"{path}: this file holds no rule.", "Remove it from policy.files if that is meant: a lost forbid should show.")
    return pieces


def _text(path: Path) -> str:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise PolicyError(f"{path}: this is neither a file nor a directory.", "Check policy.files in the configuration.")
        if status.st_size > MAX_BYTES:
            raise PolicyError(f"{path}: {status.st_size} bytes is too large for a policy file.", f"At most {MAX_BYTES}: split it.")
        data = path.read_bytes()
    except OSError as error:
        raise PolicyError(f"{path}: {error.strerror}.", "Check policy.files in the configuration.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyError(f"{path}:{line}: byte {error.start} is not UTF-8.", "Save the file as UTF-8 text.") from error
