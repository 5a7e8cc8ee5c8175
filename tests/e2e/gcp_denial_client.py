"""Google's own clients against a denial that a local server answers: ``python gcp_denial_client.py CASE PORT`` prints what they make of it, as JSON.

Run with the Python of ``.cache/clients/google`` (tools/setup/clients google), never imported.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import google.auth.credentials
import google.auth.transport.requests
import google.oauth2.credentials
import googleapiclient.discovery
import googleapiclient.errors
import grpc
import httplib2
import requests
from google.api_core import exceptions, retry
from google.cloud import storage
from google.rpc import error_details_pb2
from grpc_status import rpc_status


def core(port: int) -> dict[str, Any]:
    answer = requests.get(f"http://127.0.0.1:{port}/v1/projects/p/secrets/s:destroy", timeout=10)
    error = exceptions.from_http_response(answer)
    return {
        "type": type(error).__name__,
        "message": error.message,
        "info": error.details[0],
        "retried": retry.if_transient_error(error),
    }


def _compute(port: int) -> Any:
    endpoint = {"api_endpoint": f"http://127.0.0.1:{port}/compute/v1/"}
    http = httplib2.Http()
    return googleapiclient.discovery.build("compute", "v1", http=http, client_options=endpoint, static_discovery=True)


def _http_error(error: googleapiclient.errors.HttpError) -> dict[str, Any]:
    return {"status": error.resp.status, "reason": error.reason, "details": error.error_details}


def discovery(port: int) -> dict[str, Any]:
    try:
        _compute(port).instances().delete(project="p", zone="z", instance="i").execute(num_retries=3)
    except googleapiclient.errors.HttpError as error:
        return _http_error(error)
    return {}


def batch(port: int) -> dict[str, Any]:
    service = _compute(port)
    both = service.new_batch_http_request(callback=lambda *_: None)
    both._batch_uri = f"http://127.0.0.1:{port}/batch/compute/v1"
    both.add(service.instances().delete(project="p", zone="z", instance="i"))
    try:
        both.execute(http=httplib2.Http())
    except googleapiclient.errors.HttpError as error:
        return _http_error(error)
    return {}


def objects(port: int) -> dict[str, Any]:
    credentials = google.auth.credentials.AnonymousCredentials()
    client = storage.Client("p", credentials, client_options={"api_endpoint": f"http://127.0.0.1:{port}"})
    found = []
    for act in (
        lambda: client.get_bucket("b"),
        lambda: client.bucket("b").blob("o").upload_from_string("content"),
        lambda: client.bucket("b").blob("o").download_as_bytes(),
    ):
        try:
            act()
        except exceptions.Forbidden as error:
            found.append(error.message)
    return {"messages": found}


def rpc(port: int) -> dict[str, Any]:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary("/google.cloud.secretmanager.v1.SecretManagerService/DeleteSecret")
        try:
            retry.Retry()(lambda: _wrapped(call))()
        except exceptions.GoogleAPICallError as error:
            raw = error.response
            info = error_details_pb2.ErrorInfo()
            rpc_status.from_call(raw).details[0].Unpack(info)
            return {
                "type": type(error).__name__,
                "code": raw.code().name,
                "message": raw.details(),
                "reason": error.reason,
                "info": [info.reason, info.domain, dict(info.metadata)],
            }
    return {}


def _wrapped(call: Any) -> Any:
    try:
        return call(b"", timeout=10)
    except grpc.RpcError as error:
        raise exceptions.from_grpc_error(error) from error


def token(port: int) -> dict[str, Any]:
    credentials = google.oauth2.credentials.Credentials(
        None, refresh_token="r", token_uri=f"http://127.0.0.1:{port}/token", client_id="i", client_secret="s"
    )
    try:
        credentials.refresh(google.auth.transport.requests.Request())
    except google.auth.exceptions.RefreshError as error:
        return {"message": str(error.args[0]), "retryable": error.retryable}
    return {}


CASES = {"core": core, "discovery": discovery, "batch": batch, "objects": objects, "rpc": rpc, "token": token}

if __name__ == "__main__":
    print(json.dumps(CASES[sys.argv[1]](int(sys.argv[2])), default=str))
