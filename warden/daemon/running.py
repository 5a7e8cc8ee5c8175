"""The daemon as a process: loads what sessions need, then serves. Importing this module is the slow part of a start."""

from __future__ import annotations

import os
import socket
from functools import partial
from pathlib import Path

from warden import answers
from warden.config import PRESETS, AwsCredentialsConfig, EnvironmentConfig
from warden.credentials.aws import AwsBroker
from warden.daemon import environment, ground, places, server, session, terms
from warden.daemon.loaded import Loaded
from warden.decoder import Decoder
from warden.dialects.sql import tree
from warden.enforce import worker
from warden.model import DnsQuestion, HttpRequest, Principal
from warden.settings.files import defaults, load


def serve(path: str, listener: socket.socket, *, private: bool, idle_timeout: float) -> int:
    """Runs until stopped. Returns the exit status."""
    os.umask(0o077)
    warm()
    base = places.files_directory(path)
    ground.sweep(base)
    return server.Server(
        path=path,
        listener=listener,
        session=partial(session.main, base),
        sweep=partial(ground.sweep, base),
        changed=Loaded().changed,
        private=private,
        idle_timeout=idle_timeout,
    ).serve()


def warm() -> None:
    """Loads what is loaded lazily (decoding tables, the SQL parser, presets, the system's CAs), so that sessions share it and none waits for it."""
    answers.warm()
    worker.warm()
    tree.warm()
    decoder = Decoder()
    decoder.decode(DnsQuestion("sts.amazonaws.com", "A"))
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    head = (("Host", "sts.amazonaws.com"), ("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", str(len(body))))
    request = HttpRequest("POST", "https", "sts.amazonaws.com", 443, "/", head, body, len(body), sni="sts.amazonaws.com")
    actions = decoder.decode(request)
    load(Path("/"), Path("/nonexistent"), environ={})
    defaults(terms.user(os.environ)[1])  # most clients have the home of the one that started us
    broker = AwsBroker(AwsCredentialsConfig(), {}, "/nonexistent")
    environment.inside({}, EnvironmentConfig(), dummies=broker.environment(), trust={})
    for preset in PRESETS:
        terms.preset_rules(preset)[1].decide(Principal("warm", "warm"), actions)
