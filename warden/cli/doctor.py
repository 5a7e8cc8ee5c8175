"""`warden doctor`: what this machine can enforce, and for each thing missing what is lost without it and how to get it.

The walls are tried by :mod:`sandbox.probe`; the rest of the list is what a session needs from the installation and the configuration.
Exit status: 0 when sessions can run, 1 when not.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.probe import Check, probe
from warden.audit import head_path
from warden.cli import table
from warden.cli.audit import log_path
from warden.config import Config
from warden.errors import AuditError, ConfigError, CredentialError, WardenError

_PYTHON = (3, 12)


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    parser = subparsers.add_parser("doctor", help="say what this machine can enforce", description=__doc__)
    parser.add_argument("--output", choices=("table", "json"), default="table", help="default: table")


def run(args: argparse.Namespace) -> int:
    checks = [*probe(), *(_guarded(check) for check in _CHECKS)]
    ready = all(check.ok for check in checks if check.required)
    if args.output == "json":
        print(json.dumps({"ready": ready, "checks": [dataclasses.asdict(check) for check in checks]}, indent=2))
        return 0 if ready else 1
    print(table.render([(_word(check), check.name, check.detail) for check in checks]), end="")
    for check in checks:
        if not check.ok:
            print(f"\n{table.escape(check.name)}: {'sessions cannot start without it' if check.required else 'optional'}")
            print(table.render([("lost", check.lost or "-"), ("how to get it", check.fix or "-")], width=0), end="")
    print("\nSessions can run." if ready else "\nSessions cannot run on this machine yet.")
    return 0 if ready else 1


def _word(check: Check) -> str:
    return "ok" if check.ok else "missing" if check.required else "warning"


def _guarded(check: Callable[[], Check]) -> Check:
    name = check.__name__.strip("_").replace("_", " ")
    try:
        return check()
    except (WardenError, OSError, ImportError, ValueError) as error:
        advice = error.advice if isinstance(error, WardenError) else ""
        return Check(
            name, False, error.message if isinstance(error, WardenError) else str(error), "no session starts", advice, required=True
        )


def _python() -> Check:
    ok = sys.version_info >= _PYTHON
    return Check(
        "python", ok, platform.python_version(), "" if ok else "everything", "" if ok else "Install Python 3.12 or later.", required=True
    )


def _packages() -> Check:
    """What the distribution asks for is there. Nothing is imported: mitmproxy alone takes two seconds."""
    asked = [requirement for requirement in importlib.metadata.requires("wardend") or () if "extra ==" not in requirement]
    found, lacking = [], []
    for requirement in asked:
        name = "".join(char if char.isalnum() or char in "._-" else " " for char in requirement).split()[0]
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            lacking.append(name)
    if lacking:
        return Check(
            "packages",
            False,
            f"not installed: {', '.join(lacking)}",
            "no session starts",
            f"pip install {' '.join(lacking)}",
            required=True,
        )
    return Check("packages", True, ", ".join(found), required=True)


def _config() -> Config:
    from warden.settings.files import load

    return load(Path.cwd()).config


def _configuration() -> Check:
    from warden.settings.files import load

    files = [str(file.path) for file in load(Path.cwd()).files]
    return Check("configuration", True, ", ".join(files) or "the defaults: no warden.yaml", required=True)


def _policies() -> Check:
    from warden.decide.bundle import load

    try:
        config = _config()
    except ConfigError:
        config = Config()  # `configuration` says what is wrong with it
    bundle = load(config.policy.preset, config.policy.files)
    return Check("policies", True, f"{bundle.preset}, {len(bundle.policies)} rules", required=True)


def _audit_log() -> Check:
    try:
        path = log_path()
    except ConfigError:
        return Check("audit log", False, "unknown", "no session starts", "Put the configuration right first.", required=True)
    for file in (path, head_path(path)):
        if file.is_symlink() or (file.exists() and not file.is_file()):
            raise AuditError(f"{file} is not a regular file.", "Move it away, or set `audit.path`.")
    above = path if path.exists() else next(parent for parent in path.parents if parent.exists())
    if not os.access(above, os.W_OK):
        raise AuditError(f"{above} is not yours to write.", "Set `audit.path` to a file you may write.")
    return Check("audit log", True, f"{path} ({'there' if path.exists() else 'made by the first session'})", required=True)


def _socket_directory() -> Check:
    from warden.daemon import places

    try:
        configured = _config().daemon.socket
    except ConfigError:
        configured = ""
    path = Path(configured or places.default_socket())
    above = next(parent for parent in path.parents if parent.exists())
    if not os.access(above, os.W_OK | os.X_OK):
        return Check("socket directory", False, f"{above} is not yours to write", "no daemon starts", "Set XDG_RUNTIME_DIR.", required=True)
    return Check("socket directory", True, str(path.parent), required=True)


def _clusters() -> Check:
    """The kubeconfig parses, and each of its clusters can be verified."""
    from warden.credentials.kubernetes.broker import KubernetesBroker

    try:
        config = _config().kubernetes
    except ConfigError:
        return Check("clusters", False, "unknown", "no session starts", "Put the configuration right first.", required=True)
    home = Path(os.environ.get("HOME") or Path.home())
    try:
        endpoints = KubernetesBroker(config, os.environ, home, Path.cwd()).endpoints()
    except CredentialError as error:
        if config.kubeconfig:
            raise
        return Check("clusters", False, error.message, "the clusters: kubectl does not start, other commands see none", error.advice)
    refused = [each for each in endpoints if each.refusal is not None]
    if refused and (refusal := refused[0].refusal) is not None:
        return Check("clusters", False, refusal.message, f"requests to {', '.join(each.name for each in refused)}", refusal.advice)
    return Check("clusters", True, ", ".join(each.name for each in endpoints) or "no kubeconfig")


_CHECKS: tuple[Callable[[], Check], ...] = (_python, _packages, _configuration, _policies, _audit_log, _socket_directory, _clusters)
