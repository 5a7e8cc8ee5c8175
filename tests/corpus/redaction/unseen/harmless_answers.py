"""Nothing to hide, and everything to be afraid of: bills of materials, attestations, schemas, catalogues, prose."""

from __future__ import annotations

import json

from tests.corpus.redaction.draft import Draft, b64
from tests.corpus.redaction.services import api, kube


def bill_of_materials(d: Draft) -> None:
    m = d.mint
    components = [
        {
            "bom-ref": d.keep(f"pkg:npm/{name}@{version}?package-id={m.hex(16)}"),
            "name": name,
            "version": version,
            "hashes": [{"alg": "SHA-512", "content": d.keep(m.hex(128))}],
            "purl": f"pkg:npm/{name}@{version}",
        }
        for name, version in (("password-hash", "1.2.2"), ("csrf", "3.1.0"), ("jsonwebtoken", "9.0.2"))
    ]
    answer = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": d.keep("urn:uuid:" + m.uuid()), "components": components}
    d.kept('"purl":"pkg:npm/password-hash@1.2.2"')
    api(d, "GET", "https://sbom.acme.internal/web.cdx.json", answer)


def signed_attestation(d: Draft) -> None:
    m = d.mint
    payload = b64(
        json.dumps({"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "secret-store", "digest": {"sha256": m.sha256()}}]})
    )
    entry = {
        "logIndex": d.keep(m.digits(9)),
        "logId": {"keyId": d.keep(m.base64(32))},
        "integratedTime": "1795596400",
        "inclusionProof": {"rootHash": d.keep(m.base64(32)), "hashes": [d.keep(m.base64(32)), d.keep(m.base64(32))]},
        "canonicalizedBody": d.keep(b64(json.dumps({"kind": "dsse", "spec": {"payloadHash": m.sha256()}}))),
    }
    answer = {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"certificate": {"rawBytes": d.keep(m.base64(400))}, "tlogEntries": [entry]},
        "dsseEnvelope": {"payload": d.keep(payload), "signatures": [{"sig": d.keep(m.base64(71))}]},
    }
    api(d, "GET", "https://r.acme.internal/v2/web/referrers/bundle", answer)


def static_analysis(d: Draft) -> None:
    m = d.mint
    results = [
        {
            "ruleId": "py/clear-text-logging-sensitive-data",
            "message": {"text": d.keep("This expression logs a password as clear text.")},
            "partialFingerprints": {"primaryLocationLineHash": d.keep(m.hex(16) + ":1")},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": d.keep("src/auth/reset_password_token.py")},
                        "region": {"startLine": 41, "snippet": {"text": d.keep("logger.info('password: %s', password)")}},
                    }
                }
            ],
        }
    ]
    rules = [
        {
            "id": "generic-api-key",
            "shortDescription": {"text": d.keep("Detected a Generic API Key, potentially exposing access to services.")},
            "properties": {"regex": d.keep("(?i)(?:key|token|secret|password)[\\s=:]{1,5}([a-z0-9]{16,64})")},
        }
    ]
    answer = {
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "scan", "rules": rules}},
                "results": results,
                "versionControlProvenance": [{"revisionId": d.keep(m.sha1())}],
            }
        ],
    }
    api(d, "GET", "https://scan.acme.internal/report.sarif", answer)


def graphql_schema(d: Draft) -> None:
    m = d.mint
    fields = [
        {
            "name": "password",
            "type": {"kind": "SCALAR", "name": "String"},
            "defaultValue": None,
            "description": d.keep("The new password; at least 14 characters."),
        },
        {"name": "accessToken", "type": {"kind": "NON_NULL", "name": None, "ofType": {"name": "JWT"}}},
        {"name": "clientSecret", "isDeprecated": True, "deprecationReason": d.keep("Use privateKeyJwt instead.")},
    ]
    answer = {
        "data": {
            "__schema": {
                "queryType": {"name": "Query"},
                "types": [
                    {"kind": "INPUT_OBJECT", "name": "ChangePasswordInput", "inputFields": fields},
                    {"kind": "ENUM", "name": "TokenKind", "enumValues": [{"name": "API_KEY"}, {"name": "REFRESH_TOKEN"}]},
                ],
            }
        },
        "extensions": {"schemaHash": d.keep(m.sha256())},
    }
    d.kept('"name":"ChangePasswordInput"', '{"name":"REFRESH_TOKEN"}', '"ofType":{"name":"JWT"}')
    api(d, "POST", "https://api.acme.internal/graphql", answer)


def discovery_of_resources(d: Draft) -> None:
    resources = [
        {
            "name": "secrets",
            "singularName": "secret",
            "namespaced": True,
            "kind": "Secret",
            "verbs": ["get", "list"],
            "storageVersionHash": d.keep("S6u1pOWzb84="),
        },
        {"name": "serviceaccounts/token", "kind": "TokenRequest", "verbs": ["create"]},
    ]
    d.kept('"name":"serviceaccounts/token","kind":"TokenRequest"', '"singularName":"secret"')
    kube(d, "/api/v1", {"kind": "APIResourceList", "groupVersion": "v1", "resources": resources})


def vulnerability_record(d: Draft) -> None:
    m = d.mint
    answer = {
        "cveMetadata": {"cveId": d.keep("CVE-2026-" + m.digits(5)), "assignerOrgId": d.keep(m.uuid())},
        "containers": {
            "cna": {
                "title": d.keep("Session tokens are logged in plain text"),
                "descriptions": [
                    {
                        "value": d.keep(
                            "An attacker can read the API key from the debug log when password=... is passed on the command line."
                        )
                    }
                ],
                "problemTypes": [{"descriptions": [{"cweId": "CWE-532", "description": d.keep("CWE-798 Use of Hard-coded Credentials")}]}],
                "metrics": [{"cvssV3_1": {"vectorString": d.keep("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N")}}],
            }
        },
    }
    api(d, "GET", "https://cveawg.acme.example.org/api/cve/x", answer)


def telemetry_spans(d: Draft) -> None:
    m = d.mint
    spans = [
        {
            "traceId": d.keep(m.hex(32)),
            "spanId": d.keep(m.hex(16)),
            "parentSpanId": d.keep(m.hex(16)),
            "name": name,
            "attributes": [
                {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "812"}},
                {"key": "enduser.token_type", "value": {"stringValue": "opaque"}},
            ],
        }
        for name in ("POST /password/reset", "vault.read secret/erp", "token.refresh")
    ]
    d.kept(
        '"name":"vault.read secret/erp"',
        '{"key":"gen_ai.usage.input_tokens","value":{"intValue":"812"}}',
        '{"key":"enduser.token_type","value":{"stringValue":"opaque"}}',
    )
    api(d, "GET", "https://tempo.acme.internal/api/traces/x", {"batches": [{"scopeSpans": [{"spans": spans}]}]})


def challenge_of_acme(d: Draft) -> None:
    m = d.mint
    answer = {
        "identifier": {"type": "dns", "value": "token.acme.example.org"},
        "status": "pending",
        "challenges": [
            {"type": "tls-alpn-01", "url": d.keep("https://acme-v02.example.org/acme/chall-v3/" + m.digits(12) + "/" + m.urlsafe(5))}
        ],
        "wildcard": False,
    }
    d.kept('"type":"tls-alpn-01"', '"value":"token.acme.example.org"')
    api(
        d,
        "POST",
        "https://acme-v02.example.org/acme/authz-v3/1",
        answer,
        replay_nonce=d.keep(m.urlsafe(36)),
        boulder_requester=d.keep(m.digits(9)),
    )


def nix_and_bazel_locks(d: Draft) -> None:
    m = d.mint
    answer = {
        "nodes": {
            "secrets-flake": {
                "locked": {
                    "lastModified": 1795000000,
                    "narHash": d.keep("sha256-" + m.base64(32)),
                    "owner": "acme",
                    "repo": "secrets",
                    "rev": d.keep(m.sha1()),
                    "type": "github",
                }
            }
        },
        "registryFileHashes": {"https://bcr.bazel.build/modules/keyring/1.0/MODULE.bazel": d.keep(m.sha256())},
        "_meta": {"hash": {"sha256": d.keep(m.sha256())}},
        "deno": {"npm:bcrypt@5.1.1": {"integrity": d.keep(m.integrity())}},
        "version": 7,
    }
    d.kept('"repo":"secrets"')
    api(d, "GET", "https://git.acme.internal/raw/flake.lock", answer)


def catalogue_of_plugins(d: Draft) -> None:
    m = d.mint
    answer = {
        "plugins": [
            {
                "name": "credentials-binding",
                "title": d.keep("Credentials Binding: passes secrets to the build"),
                "sha256": d.keep(m.base64(32)),
                "gav": "org.jenkins-ci.plugins:credentials-binding:687",
                "requiredCore": "2.452.4",
            },
            {"name": "mask-passwords", "sha1": d.keep(m.base64(20)), "labels": ["security", "token-macro"]},
        ],
        "signature": {
            "certificates": [d.keep(m.base64(300))],
            "correct_digest": d.keep(m.base64(20)),
            "correct_signature512": d.keep(m.hex(256)),
        },
    }
    d.kept('"name":"mask-passwords"', '"labels":["security","token-macro"]')
    api(d, "GET", "https://updates.acme.internal/update-center.actual.json", answer)


def long_listing(d: Draft) -> None:
    """Two hundred objects of a bucket, named as people name them."""
    m = d.mint
    rows = []
    for number in range(200):
        key = f"{m.word()}/{m.random.choice(('tokens', 'secrets', 'passwords', 'keys'))}/{m.hex(16)}-{number}.json"
        etag, checksum = m.hex(32), m.base64(32)
        if number % 25 == 0:
            d.kept(key, etag, checksum)
        rows.append({"Key": key, "ETag": etag, "ChecksumSHA256": checksum, "Size": number * 88, "StorageClass": "STANDARD"})
    api(
        d,
        "GET",
        "https://store.acme.internal/list?prefix=",
        {"Contents": rows, "NextContinuationToken": d.keep(m.page(64)), "IsTruncated": True},
    )
