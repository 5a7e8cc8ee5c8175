"""Long answers: a few secrets among tens of kilobytes."""

from __future__ import annotations

import json

from tests.corpus.redaction.draft import Draft
from tests.corpus.redaction.services import api, aws_json, kube, meta


def trail_events(d: Draft) -> None:
    m = d.mint
    events = []
    for number in range(40):
        parameters: dict[str, object] = {"instanceId": "i-0" + m.hex(16), "clientToken": m.uuid()}
        if number == 9:
            parameters = {"functionName": "sync", "environment": {"variables": {"CRM_API_TOKEN": d.hide(m.chars(48))}}}
        if number == 27:
            parameters = {
                "projectName": "shop",
                "environmentVariablesOverride": [{"name": "DEPLOY_PASSWORD", "value": d.hide(m.strong(21)), "type": "PLAINTEXT"}],
            }
        request, event = m.uuid(), m.uuid()
        if number % 8 == 0:
            d.kept(request, event)
        inner = {
            "eventVersion": "1.09",
            "eventName": "Update",
            "requestParameters": parameters,
            "requestID": request,
            "eventID": event,
            "readOnly": False,
        }
        events.append(
            {
                "EventId": event,
                "EventName": "Update",
                "AccessKeyId": m.aws_id("ASIA"),
                "EventTime": 1795596400 + number,
                "CloudTrailEvent": json.dumps(inner),
            }
        )
    answer = {"Events": events, "NextToken": d.keep(m.page(260))}
    aws_json(d, "cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents", {"MaxResults": 40}, answer)


def pods_of_a_namespace(d: Draft) -> None:
    m = d.mint
    items = []
    for number in range(25):
        env = [{"name": "LOG_LEVEL", "value": "info"}, {"name": "TOKEN_URL", "value": "https://sso.example.com/token"}]
        if number in (4, 19):
            env.append({"name": "RABBITMQ_DEFAULT_PASS", "value": d.hide(m.strong(18))})
        image = "registry.example.com/" + m.word() + "@" + m.digest()
        if number % 6 == 0:
            d.keep(image)
        status = {
            "phase": "Running",
            "containerStatuses": [{"imageID": image, "containerID": "containerd://" + m.sha256(), "restartCount": 0}],
        }
        plain = {
            "name": f"w-{m.hex(8)}-{m.chars(5).lower()}",
            "namespace": "shop",
            "uid": m.uuid(),
            "labels": {"pod-template-hash": m.hex(10)},
        }
        metadata = meta(d, f"w-{number}", "shop") if number % 8 == 0 else plain
        items.append(
            {
                "metadata": metadata,
                "spec": {"containers": [{"name": "w", "image": image, "env": env}], "serviceAccountName": "token-exchanger"},
                "status": status,
            }
        )
    d.kept('"serviceAccountName":"token-exchanger"', '{"name":"TOKEN_URL","value":"https://sso.example.com/token"}')
    kube(
        d,
        "/api/v1/namespaces/shop/pods",
        {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": m.digits(9)}, "items": items},
    )


def search_hits(d: Draft) -> None:
    m = d.mint
    hits = []
    for number in range(60):
        message = f"GET /v1/{m.word()}/{m.uuid()} 200 {m.digits(3)}ms etag={m.hex(32)} session-count={number}"
        if number == 13:
            message = f"upstream call failed: https://api.example.com/v1/pay?api_key={d.hide(m.chars(32))}&order=4711"
        if number == 44:
            message = f"ldap bind as cn=svc,dc=example,dc=com password={d.hide(m.password())} failed: invalid credentials"
        if number % 12 == 0:
            d.keep(message)
        source = {
            "@timestamp": f"2026-11-24T10:15:{number:02}Z",
            "message": message,
            "kubernetes": {"pod_id": m.uuid(), "container_hash": m.digest()},
        }
        hits.append({"_index": "logs-2026.11.24", "_id": m.chars(20), "_score": None, "_source": source, "sort": [1795596400000 + number]})
    answer = {
        "took": 41,
        "_shards": {"total": 3},
        "_scroll_id": d.keep("FGluY2x1ZGVfY29udGV4dF91dWlkDX" + m.base64(120)),
        "hits": {"hits": hits},
    }
    api(d, "POST", "https://es.example.com/logs-*/_search?scroll=1m", answer)
