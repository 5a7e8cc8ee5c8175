"""What the sandbox shows: a request under its terms, as the sandbox's `Spec`. The only place where the daemon's nouns become the sandbox's."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from sandbox.paths import real, there, within
from sandbox.spec import Bind, Limits, Spec
from warden.audit import head_path
from warden.config import SECRET_PLACES
from warden.daemon import environment, own, places, trust
from warden.daemon.ground import Ground
from warden.daemon.request import Request
from warden.daemon.terms import Terms
from warden.errors import SessionError

#: Any address leads to our resolver; this one is set aside for documentation (RFC 5737), so that nobody takes it for a real one.
_RESOLV_CONF = (
    b"# Made by warden: every question is answered by the session's worker.\nnameserver 192.0.2.53\noptions timeout:10 attempts:2\n"
)
_HOSTNAME = "sandbox"
_HOSTS = b"127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n127.0.1.1 sandbox\n"
#: What the sandbox replaces with empty directories of its own: nothing of the host shows there, so nothing there can be mounted over.
REPLACED = ("/tmp", "/var/tmp", "/run", "/var/run", "/dev", "/proc", "/sys")  # noqa: S108
#: Variables that name directories which do not exist inside.
_OUTSIDE_DIRECTORIES = ("TMPDIR", "XDG_RUNTIME_DIR")


def specify(request: Request, terms: Terms, ground: Ground) -> Spec:
    """The sandbox for this request. Writes the files it shows into the session's directory."""
    config = terms.config
    if not all(map(_text, (*request.argv, request.cwd))):
        raise SessionError(
            "An argument or the working directory is not valid UTF-8, which the sandbox's runtime cannot be given.", "Rename it."
        )
    secrets = (*config.sandbox.hide, *_in_the_account_s_home(config.sandbox.hide, str(terms.home)))
    # Hundreds are named and few are there. Warden's own may come to be there between here and the start.
    present = [path for path in (*secrets, *_named_secrets(request, terms)) if there(path)]
    hidden = tuple(dict.fromkeys([*present, *_own_places(terms, ground)]))
    writable = (*config.sandbox.writable, *config.sandbox.agent_state)
    _refuse_absent(request, terms)
    opened = terms.opened
    cwd_writable = len(opened) > len(writable)
    fixed = own.read_only(opened)
    masked = frozenset(real(path) for path in hidden if there(path))
    established = trust.establish(
        ground.store,
        request.environment,
        closed=(*opened, *masked),
        replaced=REPLACED,
        program=request.argv[0],
    )
    held = terms.broker.entries.hides(request.environment)
    outside = {
        name: value
        for name, value in request.environment.items()
        if name not in held and (name not in _OUTSIDE_DIRECTORIES or _shown(value, request, writable))
    }
    variables = environment.inside(
        outside, config.environment, dummies=terms.broker.environment(), trust=established.variables, asked=request.variables
    )
    variables = {name: value for name, value in variables.items() if _text(name) and _text(value)}
    variables.setdefault("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    binds = [Bind(source, target) for target, source in established.binds.items()]
    binds += [
        Bind(ground.write("resolv.conf", _RESOLV_CONF), "/etc/resolv.conf"),
        Bind(ground.write("hosts", _HOSTS), "/etc/hosts"),
    ]
    for index, (directory, files) in enumerate(terms.broker.files(ground.store.pem).items()):
        for name, content in files.items():
            ground.write(f"synthetic-{index}/{name}", content)
        binds.append(Bind(str(ground.directory / f"synthetic-{index}"), directory))
    bases = tuple(real(path) for path in opened)
    authorities = [path for path in terms.broker.kubernetes.authority_files() if within(real(path), bases)]
    binds += [Bind(path, path) for path in dict.fromkeys((*terms.loaded.read_only, *fixed, *authorities)) if _mountable(path, masked)]
    limits = config.sandbox.limits
    rows, columns = request.size
    return Spec(
        argv=request.argv,
        cwd=request.cwd,
        env=variables,
        terminal=request.terminal,
        rows=rows or 24,
        columns=columns or 80,
        hide=tuple(path for path in hidden if path.startswith("/")),
        writable=tuple(path for path in writable if path.startswith("/")),
        binds=tuple(binds),
        umask=request.umask,
        rlimits=request.limits,
        limits=Limits(limits.memory, limits.pids, limits.cpus),
        hostname=_HOSTNAME,
        cwd_writable=cwd_writable,
    )


def _text(value: str) -> bool:
    """Whether it can stand in JSON. What bytes could not be decoded are lone surrogates here."""
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def _own_places(terms: Terms, ground: Ground) -> list[str]:
    """Warden's own: a sandboxed process that reached the daemon's socket could ask it for a session without rules."""
    return [ground.base, places.runtime_directory(), places.state_directory(), str(terms.audit_path), str(head_path(terms.audit_path))]


def _in_the_account_s_home(hidden: tuple[str, ...], home: str) -> list[str]:
    """The same places in the home that the account database names, where `$HOME` is another one (sudo, CI): that one's secrets are real too."""
    try:
        account = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return []
    if account in ("", "/") or real(account) == real(home):
        return []
    return [f"{account}{path[len(home) :]}" for path in hidden if path.startswith(f"{home}/")]


def _refuse_absent(request: Request, terms: Terms) -> None:
    """What a flag names must be there, or the command would meet a read-only file system where its user expects none."""
    for named in request.writable:
        if not Path(request.cwd, f"{terms.home}{named[1:]}" if named.startswith("~/") else named).exists():
            raise SessionError(f"--writable {named}: there is no such file or directory.", "Make it first.")


def _named_secrets(request: Request, terms: Terms) -> list[str]:
    """Where the user's environment says that credentials are, unless the variable is passed in.

    What holds the working directory or the home directory is not meant.
    """
    passed = {*terms.config.environment.pass_, *request.variables}
    parts = [part for name in SECRET_PLACES if name not in passed for part in request.environment.get(name, "").split(":") if part]
    paths = [real(str(Path(request.cwd, f"{terms.home}{part[1:]}" if part.startswith("~/") else part))) for part in parts]
    if "KUBECONFIG" not in passed:
        paths += [real(path) for path in terms.broker.kubernetes.secret_files()]
    return [path for path in paths if not within(request.cwd, (path,)) and not within(str(terms.home), (path,))]


def _mountable(path: str, masked: frozenset[str]) -> bool:
    target = real(path)
    return there(target) and not within(target, masked)


def _shown(path: str, request: Request, writable: tuple[str, ...]) -> bool:
    target = real(path)
    if target in ("/tmp", "/var/tmp") or not within(target, REPLACED):  # noqa: S108
        return True
    return within(target, {real(base) for base in (request.cwd, *writable)})
