"""Mixed API traffic as an agent's day has it: answers of AWS (moto's, which has the services' own shapes), lists of Kubernetes and Google, and logs.

Most of it holds no secret, and what identifiers it has are as frequent as in the real thing. `tests.unit.redact.patterns.traffic` is the opposite:
nothing but what looks like secrets.
"""

from __future__ import annotations

import base64
import json
import random
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
from moto import mock_aws

_LEVELS = ("INFO", "INFO", "INFO", "DEBUG", "WARN", "ERROR")
_SAID = (
    "request finished method=GET path=/api/v1/orders/{n} status=200 duration_ms={n} bytes={n}",
    "cache miss for key orders:{n}:summary, loading from primary",
    "connection pool: {n} active, {n} idle, 0 waiting",
    "retrying in {n} ms after: dial tcp 10.0.{n}.12:5432: connect: connection refused",
    "processed batch {u} with {n} records from partition 3 at offset {n}{n}",
    "user {u} opened session from 203.0.113.{n} using Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
    "reconciling deployment prod/checkout-api generation={n} observed={n} replicas=3/3",
    "GET https://internal.example.com/v2/catalog?page={n}&limit=100&sort=-created 304 {n}us",
)


class Mixed:
    """Draws responses. The same seed gives the same bytes, but for moto's own identifiers."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)

    def all(self) -> list[bytes]:
        """One round of everything: about one megabyte."""
        return [*self.aws(), self.pods(40), self.deployments(40), self.instances(40), *(self.log(400) for _ in range(3)), self.events(300)]

    # --- AWS ---------------------------------------------------------------------------------------------------------------------

    def aws(self) -> list[bytes]:
        """Answers of AWS's list and describe calls, as they are on the wire: XML of two kinds and JSON."""
        bodies: list[bytes] = []
        with mock_aws():
            session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name="us-east-1")

            def client(service: str) -> Any:
                made = session.client(service)
                made.meta.events.register("before-parse", lambda response_dict, **_: bodies.append(response_dict["body"]))
                return made

            self._fill(session, client)
        return [body for body in bodies if len(body) > 1000]

    def _fill(self, session: boto3.Session, client: Any) -> None:
        ec2 = client("ec2")
        images = [image["ImageId"] for image in session.client("ec2").describe_images()["Images"][:60]]
        ec2.describe_images(ImageIds=images)
        tags = [{"Key": name, "Value": f"checkout-{name}"} for name in ("Name", "team", "cost-center", "environment")]
        ec2.run_instances(
            ImageId=images[0],
            MinCount=60,
            MaxCount=60,
            InstanceType="m6i.large",
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )
        ec2.describe_instances()
        ec2.describe_security_groups()
        ec2.describe_subnets()
        ec2.describe_volumes()
        iam = client("iam")
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
        }
        for n in range(40):
            iam.create_role(RoleName=f"service-{n}", AssumeRolePolicyDocument=json.dumps(trust), Description="Runs a service")
        iam.list_roles()
        iam.get_account_authorization_details(Filter=["Role"])
        s3 = client("s3")
        s3.create_bucket(Bucket="assets")
        for n in range(300):
            s3.put_object(Bucket="assets", Key=f"builds/2026/11/{self._hex(8)}/bundle-{n}.tar.gz", Body=self._random.randbytes(20))
        s3.list_objects_v2(Bucket="assets")
        table = client("dynamodb")
        table.create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        for n in range(150):
            item = {"id": {"S": self._uuid()}, "status": {"S": "shipped"}, "total": {"N": str(n)}, "note": {"S": "Left at the front door."}}
            table.put_item(TableName="orders", Item=item)
        table.scan(TableName="orders")
        logs = client("logs")
        logs.create_log_group(logGroupName="/app/checkout")
        logs.create_log_stream(logGroupName="/app/checkout", logStreamName="main")
        events = [{"timestamp": 1_790_000_000_000 + n, "message": self._line()} for n in range(400)]
        logs.put_log_events(logGroupName="/app/checkout", logStreamName="main", logEvents=events)
        logs.get_log_events(logGroupName="/app/checkout", logStreamName="main", startFromHead=True, startTime=1, endTime=2_000_000_000_000)
        store = client("secretsmanager")
        for n in range(40):
            store.create_secret(Name=f"prod/checkout/{n}", SecretString="not listed", Description="Used by the checkout")
        store.list_secrets()
        queues = client("sqs")
        for n in range(60):
            queues.create_queue(QueueName=f"orders-{n}")
        queues.list_queues()

    # --- Kubernetes --------------------------------------------------------------------------------------------------------------

    def pods(self, count: int) -> bytes:
        """A list of pods, as the API server answers ``kubectl get pods -o json``."""
        return self._list("PodList", "v1", [self._pod(n) for n in range(count)])

    def deployments(self, count: int) -> bytes:
        """A list of deployments."""
        return self._list("DeploymentList", "apps/v1", [self._deployment(n) for n in range(count)])

    def _list(self, kind: str, version: str, items: list[Any]) -> bytes:
        return json.dumps({"kind": kind, "apiVersion": version, "metadata": {"resourceVersion": "184467"}, "items": items}).encode()

    def _meta(self, name: str, owner: str) -> dict[str, Any]:
        fields = {
            "f:metadata": {"f:labels": {".": {}, "f:app": {}, "f:pod-template-hash": {}}},
            "f:spec": {"f:containers": {}, "f:dnsPolicy": {}},
        }
        return {
            "name": name,
            "namespace": "prod",
            "uid": self._uuid(),
            "resourceVersion": str(self._random.randrange(10**8)),
            "creationTimestamp": "2026-11-20T08:15:30Z",
            "labels": {"app": "checkout", "app.kubernetes.io/name": "checkout", "pod-template-hash": self._hex(10)},
            "annotations": {"prometheus.io/port": "9090", "prometheus.io/scrape": "true"},
            "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": owner, "name": "checkout", "uid": self._uuid(), "controller": True, "blockOwnerDeletion": True}
            ],
            "managedFields": [
                {"manager": manager, "operation": "Update", "apiVersion": "v1", "time": "2026-11-20T08:15:30Z", "fieldsType": "FieldsV1",
                 "fieldsV1": fields}
                for manager in ("kube-controller-manager", "kubelet")
            ],
        }  # fmt: skip

    def _template(self) -> dict[str, Any]:
        probe = {"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "initialDelaySeconds": 5, "periodSeconds": 10}
        env = [
            {"name": "LOG_LEVEL", "value": "info"},
            {"name": "HTTP_PORT", "value": "8080"},
            {"name": "DATABASE_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "checkout-db", "key": "password"}}},
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}},
        ]
        container = {
            "name": "app",
            "image": "registry.example.com/shop/checkout:2026.11.3",
            "args": ["--listen=:8080", "--workers=8"],
            "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
            "env": env,
            "resources": {"limits": {"cpu": "1", "memory": "512Mi"}, "requests": {"cpu": "100m", "memory": "256Mi"}},
            "volumeMounts": [
                {"name": "config", "mountPath": "/etc/checkout"},
                {"name": "kube-api-access", "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"},
            ],
            "livenessProbe": probe,
            "readinessProbe": probe,
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
            "imagePullPolicy": "IfNotPresent",
            "securityContext": {"runAsNonRoot": True, "readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False},
        }
        sources = [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        ]
        return {
            "volumes": [
                {"name": "config", "configMap": {"name": "checkout", "defaultMode": 420}},
                {"name": "kube-api-access", "projected": {"sources": sources, "defaultMode": 420}},
            ],
            "containers": [container],
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "checkout",
            "schedulerName": "default-scheduler",
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}],
        }

    def _pod(self, n: int) -> dict[str, Any]:
        digest = self._hex(64)
        kinds = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
        return {
            "metadata": self._meta(f"checkout-{self._hex(10)}-{n}", "ReplicaSet"),
            "spec": {**self._template(), "nodeName": f"ip-10-0-{n}-17.ec2.internal"},
            "status": {
                "phase": "Running",
                "conditions": [
                    {"type": one, "status": "True", "lastProbeTime": None, "lastTransitionTime": "2026-11-20T08:15:33Z"} for one in kinds
                ],
                "hostIP": f"10.0.{n}.17",
                "podIP": f"10.1.{n}.23",
                "startTime": "2026-11-20T08:15:30Z",
                "containerStatuses": [
                    {
                        "name": "app",
                        "state": {"running": {"startedAt": "2026-11-20T08:15:32Z"}},
                        "ready": True,
                        "restartCount": 0,
                        "image": "registry.example.com/shop/checkout:2026.11.3",
                        "imageID": f"registry.example.com/shop/checkout@sha256:{digest}",
                        "containerID": f"containerd://{self._hex(64)}",
                        "started": True,
                    }
                ],
                "qosClass": "Burstable",
            },
        }

    def _deployment(self, n: int) -> dict[str, Any]:
        return {
            "metadata": self._meta(f"checkout-{n}", "Application"),
            "spec": {
                "replicas": 3,
                "selector": {"matchLabels": {"app": "checkout"}},
                "template": {"metadata": {"labels": {"app": "checkout"}}, "spec": self._template()},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
                "revisionHistoryLimit": 10,
                "progressDeadlineSeconds": 600,
            },
            "status": {"observedGeneration": 4, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3},
        }

    # --- Google, logs ------------------------------------------------------------------------------------------------------------

    def instances(self, count: int) -> bytes:
        """A list of instances, as Compute Engine answers."""
        zone = "https://www.googleapis.com/compute/v1/projects/shop-prod/zones/europe-west1-b"
        items = [
            {
                "kind": "compute#instance",
                "id": str(self._random.randrange(10**18, 10**19)),
                "creationTimestamp": "2026-11-20T00:15:30.123-08:00",
                "name": f"worker-{n}",
                "tags": {"items": ["http-server"], "fingerprint": self._base64(8)},
                "machineType": f"{zone}/machineTypes/n2-standard-4",
                "status": "RUNNING",
                "zone": zone,
                "networkInterfaces": [
                    {
                        "kind": "compute#networkInterface",
                        "network": "https://www.googleapis.com/compute/v1/projects/shop-prod/global/networks/default",
                        "subnetwork": "https://www.googleapis.com/compute/v1/projects/shop-prod/regions/europe-west1/subnetworks/default",
                        "networkIP": f"10.132.0.{n}",
                        "name": "nic0",
                        "fingerprint": self._base64(8),
                        "stackType": "IPV4_ONLY",
                    }
                ],
                "disks": [
                    {
                        "kind": "compute#attachedDisk",
                        "type": "PERSISTENT",
                        "mode": "READ_WRITE",
                        "source": f"{zone}/disks/worker-{n}",
                        "deviceName": "boot",
                        "boot": True,
                        "autoDelete": True,
                        "licenses": ["https://www.googleapis.com/compute/v1/projects/debian-cloud/global/licenses/debian-12-bookworm"],
                        "interface": "SCSI",
                        "diskSizeGb": "50",
                    }
                ],
                "metadata": {
                    "kind": "compute#metadata",
                    "fingerprint": self._base64(8),
                    "items": [{"key": "enable-oslogin", "value": "TRUE"}],
                },
                "serviceAccounts": [
                    {"email": "worker@shop-prod.iam.gserviceaccount.com", "scopes": ["https://www.googleapis.com/auth/cloud-platform"]}
                ],
                "selfLink": f"{zone}/instances/worker-{n}",
                "scheduling": {"onHostMaintenance": "MIGRATE", "automaticRestart": True, "preemptible": False},
                "cpuPlatform": "Intel Cascade Lake",
                "labelFingerprint": self._base64(8),
                "shieldedInstanceConfig": {"enableSecureBoot": False, "enableVtpm": True, "enableIntegrityMonitoring": True},
            }
            for n in range(count)
        ]
        return json.dumps({"kind": "compute#instanceList", "items": items}, indent=2).encode()

    def log(self, lines: int) -> bytes:
        """A container's log."""
        return "".join(f"{self._line()}\n" for _ in range(lines)).encode()

    def events(self, count: int) -> bytes:
        """Log entries in JSON, a line each."""
        made = (
            {"time": "2026-11-20T08:15:30.123456Z", "level": "info", "logger": "http", "msg": self._line(), "trace_id": self._hex(32)}
            for _ in range(count)
        )
        return "".join(json.dumps(one) + "\n" for one in made).encode()

    def _line(self) -> str:
        said = self._random.choice(_SAID).replace("{u}", self._uuid())
        return f"2026-11-20T08:15:30.{self._random.randrange(1000):03}Z {self._random.choice(_LEVELS)} " + said.replace(
            "{n}", str(self._random.randrange(10, 250))
        )

    def _hex(self, length: int) -> str:
        return "".join(self._random.choices("0123456789abcdef", k=length))

    def _base64(self, length: int) -> str:
        return base64.b64encode(self._random.randbytes(length)).decode()

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128)))


def pieces(texts: list[bytes], size: int) -> Iterator[bytes]:
    """Responses of `size` bytes: the texts cut."""
    for text in texts:
        for at in range(0, len(text) - size + 1, size):
            yield text[at : at + size]
