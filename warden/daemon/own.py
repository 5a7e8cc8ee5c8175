"""What client and daemon are loaded from. A command that may write there would run outside, with all of the user's rights, at the next start.

That happens where the working directory holds the virtual environment that Warden is in, or Warden's checkout. What can be shown
read-only is (`read_only`); where that is not enough, nothing starts. A checkout itself has to stay writable, and it is on the import path of its
editable installation. It comes last there, so only names that are nowhere else are found in it: the daemon forgets it (`settle`), and of the names
that the interpreter asks for before, `sitecustomize` must be found elsewhere (`make setup` sees to that).
"""

from __future__ import annotations

import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import sandbox
import warden
from sandbox.paths import real, within
from warden.decide.location import directory
from warden.errors import SessionError

_LOADED = tuple(sys.path)
_ADVICE = "Run it from another directory, or install Warden apart from the project (`pipx install wardend`)."


@cache
def _prefixes() -> tuple[str, ...]:
    """The virtual environment, and the installation of Python that it stands on."""
    return tuple(dict.fromkeys(real(path) for path in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)))


@cache
def _parts() -> tuple[str, ...]:
    """Files and directories that code comes from: the prefixes' parts, the packages, the policies."""
    named = [path for name, path in sysconfig.get_paths().items() if name in ("stdlib", "platstdlib", "purelib", "platlib", "scripts")]
    named += [f"{sys.prefix}/pyvenv.cfg", str(Path(sys.executable).resolve().parent), str(directory())]
    named += [path for package in (warden, sandbox) for path in package.__path__]
    named += [path for path in _LOADED if path.startswith("/") and within(real(path), _prefixes())]
    return tuple(dict.fromkeys(real(path) for path in named if Path(path).exists()))


@cache
def _foreign() -> tuple[str, ...]:
    """Directories on the import path outside of the prefixes, as editable installations have them."""
    paths = (real(path) for path in _LOADED if path.startswith("/") and Path(path).is_dir())
    return tuple(dict.fromkeys(path for path in paths if not within(path, (*_prefixes(), *_parts()))))


@cache
def _checkout() -> str:
    """Where our packages are, if that is outside of the prefixes; else empty."""
    parent = str(Path(*warden.__path__).resolve().parent)
    return "" if within(parent, _prefixes()) else parent


def settle() -> None:
    """Forgets the checkout. `warden` and `sandbox` are found by their own paths from here on."""
    if _checkout():
        sys.path[:] = [path for path in sys.path if real(path) != _checkout()]


def read_only(writable: Iterable[str]) -> tuple[str, ...]:
    """What of `writable` must be shown read-only. SessionError when the command would write among our code nevertheless."""
    bases = frozenset(map(real, writable))
    around = {"/", *(each for base in bases for each in (base, *_above(base)))}
    shown: list[str] = []
    for path in (*_prefixes(), *_parts()):
        holds = path in around
        if holds and path in _parts():
            raise SessionError(f"Warden itself is loaded from {path}, which the command could change.", _ADVICE)
        if not holds and within(path, bases) and not within(path, shown):
            shown.append(path)
    for path in _foreign():
        if not within(path, bases) and path not in around:
            continue
        if path != _checkout():
            raise SessionError(f"Warden's Python also loads what is in {path}, which the command could change.", _ADVICE)
        if not _customized():
            raise SessionError(
                f"Python would start Warden with {path}/sitecustomize.py, which the command could make.",
                f"{_ADVICE} Or run `make setup` again.",
            )
    return tuple(shown)


def _above(path: str) -> Iterator[str]:
    """The directories around an absolute path, the root not among them."""
    while path := path.rpartition("/")[0]:
        yield path


def _customized() -> bool:
    """Whether the modules that Python asks for when it starts are there, and not in the checkout."""
    names = ("sitecustomize", "usercustomize") if site.ENABLE_USER_SITE else ("sitecustomize",)
    files = [getattr(sys.modules.get(name), "__file__", None) for name in names]
    return all(file and (within(real(file), _prefixes()) or not within(real(file), _foreign())) for file in files)
