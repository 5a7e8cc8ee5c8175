"""`warden decode` and `warden decide`: requests as JSON lines on standard input, one JSON line each on standard output.

decode prints {"actions": [...]}, or {"error": {"code", "reason"}} for a request that has no single certain reading, or a line that is no request
(code bad-line; reading goes on). Blank lines are skipped. decide adds "decision": {"effect", "policies", "reason", "advice"}, for an error a denial.

A line has method, url, headers (an object or a list of pairs), and body or body_b64. Both commands read it exactly as the proxy reads a request;
whether it could then be given credentials is not asked. decode needs no configuration and reads none.

A host is a Kubernetes API server's because --kubernetes https://HOST[:PORT][/PREFIX] says so; what follows the scheme is the cluster's name.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from warden.cli import requests
from warden.config import PRESETS, Config
from warden.decoder import Decoder
from warden.dialects.egress import Egress
from warden.dialects.kubernetes import Cluster
from warden.errors import DecodeError
from warden.model import Decision, Principal
from warden.pipeline import DecisionPoint


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    decode = subparsers.add_parser(
        "decode", help="read requests as actions", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    _egress(decode)
    decide = subparsers.add_parser(
        "decide", help="read requests and decide on them under a policy", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    decide.add_argument("--preset", choices=PRESETS, help="default: the configuration's")
    decide.add_argument(
        "--policy", action="append", metavar="FILE", help="Cedar file or directory, instead of the configuration's; repeatable"
    )
    decide.add_argument("--agent", metavar="NAME", help="the agent that policies see (default: the configuration's)")
    _egress(decide)


def _egress(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--egress",
        action="append",
        metavar="ENTRY",
        help="an entry of the egress list (decide: instead of the configuration's); repeatable",
    )
    parser.add_argument(
        "--kubernetes",
        action="append",
        type=_cluster,
        default=[],
        metavar="URL",
        help="a Kubernetes API server, https://host:port, with a path where it is behind one; repeatable",
    )


def _cluster(text: str) -> Cluster:
    matched = requests.URL.fullmatch(text)
    if matched is None or not 0 < int(matched[3] or 1) < 65536 or "?" in text or "#" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is not https://host[:port][/prefix]")
    host, prefix = matched[2].strip("[]").lower().removesuffix("."), (matched[4] or "").rstrip("/")
    port = int(matched[3] or requests.PORTS[matched[1].lower()])
    return Cluster(text.partition("://")[2].rstrip("/"), host, port, prefix)


def run(args: argparse.Namespace) -> int:
    config = _configured() if args.command == "decide" else Config()
    egress = Egress(args.egress if args.egress is not None else config.egress.allow)
    decoder = Decoder(egress, clusters=tuple(args.kubernetes))
    point, principal = None, Principal("agent", "decide", config.profile)
    if args.command == "decide":
        from warden.decide import PolicyDecisionPoint, load

        point = PolicyDecisionPoint(
            load(args.preset or config.policy.preset, args.policy if args.policy is not None else config.policy.files)
        )
        principal = Principal(args.agent or config.agent or "agent", "decide", config.profile)
    write = sys.stdout.write
    for line in requests.lines(sys.stdin.buffer):
        write(json.dumps(answer(line, decoder, point, principal, config.proxy.body_limit), default=_plain) + "\n")
        sys.stdout.flush()  # a line in, a line out: whoever asks may wait for the answer before asking on
    return 0


def _configured() -> Config:
    from warden.settings import files

    return files.load(Path.cwd()).config


def answer(line: bytes | None, decoder: Decoder, point: DecisionPoint | None, principal: Principal, body_limit: int) -> dict[str, Any]:
    """What is printed for one line. Never raises."""
    try:
        actions = decoder.decode(requests.read(line, body_limit))
        decision = point.decide(principal, actions) if point else None
        return {"actions": [action.as_dict() for action in actions], **_decision(decision)}
    except requests.BadLineError as error:
        return _error("bad-line", f"This line is not a request: {error}.", "", point)
    except DecodeError as error:
        return _error(error.code, error.message, error.advice, point)
    except Exception as error:  # noqa: BLE001 - one line must not stop the next; the proxy denies here as well
        return _error("internal-error", f"Warden could not read this ({type(error).__name__}: {error}).", "", point)


def _error(code: str, reason: str, advice: str, point: DecisionPoint | None) -> dict[str, Any]:
    return {"error": {"code": code, "reason": reason}, **_decision(Decision(reason=reason, advice=advice) if point else None)}


def _decision(decision: Decision | None) -> dict[str, Any]:
    if decision is None:
        return {}
    shown: dict[str, Any] = {
        "effect": decision.effect.value,
        "policies": list(decision.policies),
        "reason": decision.reason,
        "advice": decision.advice,
    }
    for name in ("errors", "obligations"):
        if values := getattr(decision, name):
            shown[name] = list(values)
    return {"decision": shown}


def _plain(value: Any) -> Any:
    """What a context may hold beside JSON's own types."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    return dict(value) if hasattr(value, "keys") else str(value)
