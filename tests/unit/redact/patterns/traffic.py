"""API traffic without secrets, made of what looks most like them: responses of AWS, Kubernetes and Google, and logs.

Every leaf is random in each copy, drawn from what the services return: identifiers, ARNs, digests, pagination tokens, ETags, certificates, public
keys.
"""

from __future__ import annotations

import base64
import json
import random
import string
import uuid
from typing import Any

_ALNUM = string.ascii_letters + string.digits


class Traffic:
    """Draws responses. The same seed gives the same bytes."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)

    def _hex(self, length: int) -> str:
        return "".join(self._random.choices("0123456789abcdef", k=length))

    def _alnum(self, length: int) -> str:
        return "".join(self._random.choices(_ALNUM, k=length))

    def _base64(self, length: int) -> str:
        return base64.b64encode(self._random.randbytes(length)).decode()

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128)))

    def _certificate(self) -> str:
        body = self._base64(700)
        lines = "\n".join(body[i : i + 64] for i in range(0, len(body), 64))
        return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"

    def ec2(self) -> dict[str, Any]:
        """As DescribeInstances answers."""
        return {
            "ReservationId": "r-0" + self._hex(16),
            "OwnerId": "123456789012",
            "Instances": [
                {
                    "InstanceId": "i-0" + self._hex(16),
                    "ImageId": "ami-0" + self._hex(16),
                    "State": {"Code": 16, "Name": "running"},
                    "PrivateDnsName": "ip-10-0-0-1.ec2.internal",
                    "KeyName": "ops-" + self._alnum(6),
                    "ClientToken": self._uuid(),
                    "SubnetId": "subnet-0" + self._hex(16),
                    "IamInstanceProfile": {
                        "Arn": "arn:aws:iam::123456789012:instance-profile/web",
                        "Id": "AIPA" + "".join(self._random.choices("ABCDEFGH234567", k=17)),
                    },
                    "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
                    "Tags": [{"Key": "datadog", "Value": "enabled"}, {"Key": "sentry-release", "Value": self._hex(40)}],
                }
            ],
        }

    def aws(self) -> dict[str, Any]:
        """Other answers of AWS: pages, ETags, digests, keys that are public."""
        return {
            "NextToken": self._base64(120),
            "nextPageToken": self._alnum(64),
            "Contents": [{"Key": "logs/" + self._alnum(20), "ETag": f'"{self._hex(32)}"', "ChecksumSHA256": self._base64(32)}],
            "CodeSha256": self._base64(32),
            "imageDigest": "sha256:" + self._hex(64),
            "repositoryUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:" + self._hex(64),
            "RoleId": "AROA" + "".join(self._random.choices("ABCDEFGH234567", k=17)),
            "KeyArn": "arn:aws:kms:eu-west-1:123456789012:key/" + self._uuid(),
            "SecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-" + self._alnum(6),
            "VersionId": self._alnum(32),
            "Certificate": self._certificate(),
            "PublicKeyMaterial": "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB" + self._base64(240),
            "TokenValue": None,
            "PasswordLastUsed": "2026-01-02T03:04:05Z",
            "MasterUserSecret": {"SecretStatus": "active", "KmsKeyId": self._uuid()},
            "SAMLProviderArn": "arn:aws:iam::123456789012:saml-provider/okta",
            "ResponseMetadata": {"RequestId": self._uuid(), "HostId": self._base64(56)},
        }

    def kubernetes(self) -> dict[str, Any]:
        """A pod as a list holds it."""
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": "web-" + self._hex(9) + "-" + self._alnum(5).lower(),
                "uid": self._uuid(),
                "resourceVersion": str(self._random.randrange(10**8)),
                "labels": {"pod-template-hash": self._hex(10), "app.kubernetes.io/name": "datadog-agent"},
                "annotations": {"checksum/config": self._hex(64), "checksum/secret": self._hex(64), "kubernetes.io/psp": "eks.privileged"},
            },
            "spec": {
                "serviceAccountName": "default",
                "containers": [
                    {
                        "image": "gcr.io/datadoghq/agent@sha256:" + self._hex(64),
                        "env": [
                            {"name": "DD_API_KEY", "valueFrom": {"secretKeyRef": {"name": "datadog-secret", "key": "api-key"}}},
                            {"name": "TOKEN_PATH", "value": "/var/run/secrets/kubernetes.io/serviceaccount/token"},
                        ],
                    }
                ],
                "volumes": [
                    {
                        "name": "kube-api-access-" + self._alnum(5),
                        "projected": {"sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}]},
                    }
                ],
            },
            "status": {"containerStatuses": [{"containerID": "containerd://" + self._hex(64), "imageID": "sha256:" + self._hex(64)}]},
        }

    def google(self) -> dict[str, Any]:
        """As Compute Engine and Cloud Storage answer."""
        return {
            "kind": "compute#instance",
            "id": str(self._random.randrange(10**18, 10**19)),
            "fingerprint": self._base64(8),
            "selfLink": "https://www.googleapis.com/compute/v1/projects/p/zones/europe-west1-b/instances/i",
            "serviceAccounts": [
                {
                    "email": "123456789012-compute@developer.gserviceaccount.com",
                    "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
                }
            ],
            "md5Hash": self._base64(16),
            "etag": self._base64(9),
            "nextPageToken": self._base64(60),
            "uniqueId": str(self._random.randrange(10**20, 10**21)),
            "sslCertificate": self._certificate(),
        }

    def log(self) -> str:
        """Lines of logs."""
        return (
            f"2026-11-24T10:00:00Z INFO request_id={self._uuid()} "
            f"GET https://api.example.com:443/v1/items?cursor={self._alnum(40)}&limit=10 200 trace={self._hex(32)}\n"
            f'10.0.0.1 - alice [24/Nov/2026:10:00:00 +0000] "GET /objects/{self._hex(40)} HTTP/1.1" 200 512 "-" "curl/8.1" etag="{self._hex(32)}"\n'
            f"Pulled image registry.example/team/app@sha256:{self._hex(64)} in 2.1s; commit {self._hex(40)}\n"
            f'level=warn msg="authorization denied" user=arn:aws:sts::123456789012:assumed-role/admin/s token_type=bearer key_id={self._uuid()}\n'
        )

    def text(self, size: int) -> bytes:
        """At least `size` bytes of all of them, in turn, as the services write them."""
        made: list[str] = []
        length = 0
        while length < size:
            compact = [json.dumps(one(), separators=(",", ":")) for one in (self.ec2, self.aws, self.kubernetes, self.google)]
            made += (*compact, json.dumps(self.kubernetes(), indent=2), self.log(), self.log())
            length += sum(map(len, made[-7:])) + 7
        return "\n".join(made).encode()
