"""`make demo`: the main job on a screen, against a local AWS (moto) at AWS's real host names.

A list that works, a terminate that is denied whichever tool sends it, and what the audit log says of it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
import yaml

from tools.cloud import LocalAws, local_aws

ROOT = Path(__file__).parent.parent
CLIENTS = ROOT / ".cache/clients"
BOLD, DIM, RESET = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")

BOTO3 = """\
import boto3, sys
try:
    boto3.client("ec2").terminate_instances(InstanceIds=[sys.argv[1]])
except Exception as error:
    print(f"boto3: {error}")
"""
JAVASCRIPT = """\
const { EC2Client, TerminateInstancesCommand } = require("@aws-sdk/client-ec2");
new EC2Client({}).send(new TerminateInstancesCommand({ InstanceIds: [process.argv[2]] }))
  .catch((error) => console.log(`JavaScript SDK: ${error.name}: ${error.message}`));
"""
CURL = (
    'curl -sS --aws-sigv4 aws:amz:us-east-1:ec2 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" '
    '-d "Action=TerminateInstances&Version=2016-11-15&InstanceId.1=$0" https://ec2.us-east-1.amazonaws.com/; echo'
)


def main() -> int:
    """Runs the demo in a directory of its own; 0 when it went as it should."""
    with tempfile.TemporaryDirectory(prefix="warden-demo-") as name, local_aws(Path(name) / "aws") as cloud:
        return _Demo(Path(name), cloud).run()


class _Demo:
    def __init__(self, directory: Path, cloud: LocalAws) -> None:
        self.directory, self.cloud = directory, cloud
        self.work = directory / "work"
        self.work.mkdir()
        self.environment = {
            "PATH": f"{ROOT}/.venv/bin:{CLIENTS}/awscli/bin:{os.environ['PATH']}",
            "HOME": str(directory),
            "TERM": os.environ.get("TERM", "dumb"),
            "XDG_RUNTIME_DIR": str(directory / "run"),
            "WARDEN_SOCKET": str(directory / "run/daemon.sock"),
            "NODE_PATH": str(CLIENTS / "javascript/node_modules"),
            "LANG": "C.UTF-8",
        }
        (directory / "run").mkdir(mode=0o700)
        config = directory / ".config/warden/warden.yaml"
        config.parent.mkdir(parents=True)
        config.write_text(yaml.safe_dump(cloud.config(audit={"path": str(directory / "audit.jsonl")})))

    def run(self) -> int:
        instance = self._seed()
        (self.work / "terminate.py").write_text(BOTO3)
        (self.work / "terminate.js").write_text(JAVASCRIPT)
        python = str(ROOT / ".venv/bin/python")
        self._say("An agent may look:")
        listed = self._warden(
            "aws", "ec2", "describe-instances", "--query", "Reservations[].Instances[].[InstanceId,State.Name]", "--output", "text"
        )
        self._say("It may not terminate, whichever tool it tries:")
        self._warden("aws", "ec2", "terminate-instances", "--instance-ids", instance)
        self._warden(python, "terminate.py", instance)
        self._warden("bash", "-c", CURL, instance)
        if ROOT.is_relative_to("/tmp") or ROOT.is_relative_to("/var/tmp"):
            self._say(
                "(The JavaScript SDK is left out: it is installed in this checkout, and inside, the host's /tmp and /var/tmp do not show.)"
            )
        elif shutil.which("node"):
            self._warden("node", "terminate.js", instance)
        self._say("Its environment holds keys, but not yours:")
        self._warden("bash", "-c", "env | grep -E ^AWS_.*KEY")
        self._say("Everything is on the audit log:")
        self._command("warden", "audit", "list", "--limit", "8")
        self._command("warden", "audit", "verify")
        self._command("warden", "daemon", "stop", quiet=True)
        seen = [r for r in self.cloud.requests() if "TerminateInstances" in r["body"]]
        self._say(f"The server saw {len(seen)} terminate requests; {instance} is {self._state(instance)}.")
        return 0 if not seen and instance in listed and self._state(instance) == "running" else 1

    def _client(self) -> boto3.client:
        # Seeds the emulator behind nginx directly; this is the owner's hand, not the agent's.
        return boto3.client(
            "ec2",
            region_name="us-east-1",
            endpoint_url=f"http://{self.cloud.moto}",
            aws_access_key_id="seed",
            aws_secret_access_key="seed",
        )

    def _seed(self) -> str:
        image = self._client().describe_images()["Images"][0]["ImageId"]
        answer = self._client().run_instances(ImageId=image, MinCount=1, MaxCount=1)
        return str(answer["Instances"][0]["InstanceId"])

    def _state(self, instance: str) -> str:
        answer = self._client().describe_instances(InstanceIds=[instance])
        return str(answer["Reservations"][0]["Instances"][0]["State"]["Name"])

    def _say(self, text: str) -> None:
        print(f"\n{BOLD}{text}{RESET}", flush=True)

    def _warden(self, *command: str) -> str:
        return self._command("warden", "exec", "--", *command)

    def _command(self, *command: str, quiet: bool = False) -> str:
        if not quiet:
            print(f"{DIM}$ {' '.join(command)}{RESET}", flush=True)
        done = subprocess.run(
            command, cwd=self.work, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120
        )
        if not quiet:
            print(done.stdout.rstrip(), flush=True)
        return done.stdout


if __name__ == "__main__":
    sys.exit(main())
