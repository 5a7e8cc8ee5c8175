"""No real value is anywhere in the sandbox while AWS's tools work in it with brokered credentials and redacted answers: `sweep` looks from outside.

Each is run once without Warden, where the same sweep finds every value. The server is moto behind nginx, an emulator.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.conftest import CLIENTS, Warden, require
from tests.e2e.sweep import held
from tools.cloud import LocalAws

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="reading the memory of other processes needs root")

#: Runs a Python program as it is, and stays when it ends, with all that it has.
STAY = """
import atexit, runpy, sys, time
atexit.register(lambda: (print("held", flush=True), time.sleep(120)))
sys.argv = sys.argv[1:]
kept = runpy.run_path(sys.argv[0], run_name="__main__")
"""
AWS_PYTHON, AWS = f"{CLIENTS}/awscli/bin/python", f"{CLIENTS}/awscli/bin/aws"
BOTO3 = """
import boto3, json, sys
secret = boto3.client("secretsmanager", region_name="us-east-1").get_secret_value(SecretId=sys.argv[1])["SecretString"]
file = boto3.client("s3", region_name="us-east-1").get_object(Bucket=sys.argv[1], Key="app.env")["Body"].read().decode()
json.dump([secret, file], open("written.json", "w"))
print(secret, file)
"""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What the owner has stored, under `name`; all real values, by name; and the time before they were made."""

    warden: Warden
    name: str
    values: dict[str, str]
    since: float


@pytest.fixture(scope="module")
def seeded(cloud: LocalAws, owner: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    since = time.time()
    values = {
        "secret key": secrets.token_urlsafe(30),
        "session token": secrets.token_urlsafe(120),
        "other profile": secrets.token_urlsafe(30),
        "password": secrets.token_urlsafe(18),
        "token in a file": "gh" + "p_" + secrets.token_hex(18),
    }
    home = tmp_path_factory.mktemp("swept")
    (home / ".aws").mkdir()
    (home / ".aws/credentials").write_text(
        f"[other]\naws_access_key_id = AKIA{'O' * 16}\naws_secret_access_key = {values['other profile']}\n"
    )
    keys = {
        "AWS_ACCESS_KEY_ID": "ASIA" + "E" * 16,
        "AWS_SECRET_ACCESS_KEY": values["secret key"],
        "AWS_SESSION_TOKEN": values["session token"],
    }
    config = cloud.config()
    del config["credentials"]
    warden = Warden(home, home / "work", config, {**keys, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"})
    name = f"swept-{uuid.uuid4().hex[:8]}"
    stored = json.dumps({"username": "app", "password": values["password"]})
    owner("secretsmanager").create_secret(Name=name, SecretString=stored)
    owner("s3").create_bucket(Bucket=name)
    owner("s3").put_object(Bucket=name, Key="app.env", Body=f"GITHUB_TOKEN={values['token in a file']}\n".encode())
    yield Seeded(warden, name, values, since)
    warden.run("daemon", "stop")


#: The tools, each kept there when it has its answer; and which values the control must find, besides the keys.
TOOLS = {
    "boto3": ((sys.executable, "fetch.py", "$NAME"), {"password", "token in a file"}),
    "aws secretsmanager": ((AWS_PYTHON, AWS, "secretsmanager", "get-secret-value", "--secret-id", "$NAME"), {"password"}),
    "aws s3": ((AWS_PYTHON, AWS, "s3", "cp", "s3://$NAME/app.env", "copied.env"), {"token in a file"}),
}


#: Directories that the sandbox may have written to, or that hold what is made for it.
WRITTEN = ("/tmp", "/run", "/dev/shm", "/var/tmp", "/etc")


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_that_holds_its_answer_holds_no_real_value(seeded: Seeded, cloud: LocalAws, tool: str) -> None:
    look(seeded, cloud, tool, WRITTEN)


@pytest.mark.slow
def test_nor_does_any_file_that_it_sees(seeded: Seeded, cloud: LocalAws) -> None:
    look(seeded, cloud, "boto3", ["/"])


def look(seeded: Seeded, cloud: LocalAws, tool: str, places: Sequence[str]) -> None:
    (python, *arguments), answered = TOOLS[tool]
    require("aws")
    warden = seeded.warden
    (warden.work / "fetch.py").write_text(BOTO3)
    command = [python, "-c", STAY, *(argument.replace("$NAME", seeded.name) for argument in arguments)]

    control = warden.work.parent / "control"
    shutil.rmtree(control, ignore_errors=True)
    control.mkdir()
    (control / "fetch.py").write_text(BOTO3)
    outside = {**warden.environment, "AWS_ENDPOINT_URL": f"http://{cloud.moto}"}
    with held(command, outside, control, b"held\n") as running:
        sweep = running.sweep(seeded.values, [str(control)], seeded.since)
    assert sweep.names() == {"secret key", "session token", "other profile"} | answered, running.output
    assert {kind for kind in ("environ", "memory", "output") if any(f" in {kind}" in line for line in sweep.found)} >= {"environ", "memory"}
    shutil.rmtree(control)

    with held(["warden", "exec", "--preset", "observe", "--", *command], warden.environment, warden.work, b"held\n") as running:
        stand_ins = dict(enumerate(re.findall(r"(?:ghp_)?wrdn[a-z0-9]{20,}", running.output.decode())))
        sweep = running.sweep(
            seeded.values | {f"placeholder {number}": text for number, text in stand_ins.items()}, [*places, str(warden.home)], seeded.since
        )
        assert len(running.pids) > 1  # tini, and the tool
    assert [line for line in sweep.found if not line.startswith("placeholder")] == []
    # What stands for them is there, and was found by the same sweep.
    assert sweep.names() >= {f"placeholder {number}" for number in stand_ins}
    assert sweep.looked > 20_000_000
