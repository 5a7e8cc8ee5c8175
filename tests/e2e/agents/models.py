"""A stand-in for the APIs of models: TLS under their real names, their real streams (server-sent events), and one fixed answer.

What is real is the client: each agent asks with its own key, in its own header, and reads the stream as it comes. No model runs.
"""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

HOSTS = ("api.anthropic.com", "api.openai.com", "generativelanguage.googleapis.com")
ANSWER = "the-stand-in-answers"
#: Seconds between the halves of an answer: time in which a test looks at the agent.
PAUSE = 1.5


@dataclass(frozen=True)
class Asked:
    """One request to a model."""

    host: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class Models:
    """What was asked so far. `keys` are the credentials as they arrived, by host."""

    asked: list[Asked] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


MODELS = Models()


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers what asks a model; anything else is 404, as for an account that has nothing."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self) -> None:
        body = self._body()
        path = self.path.partition("?")[0]
        headers = {name.lower(): value for name, value in self.headers.items()}
        events = self._events(path, body)
        if events is None:
            self._nothing()
            return
        with MODELS.lock:
            MODELS.asked.append(Asked(self.headers.get("Host", ""), self.path, headers, body))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in events:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def do_GET(self) -> None:
        self._body()
        self._nothing()

    do_HEAD = do_PUT = do_DELETE = do_PATCH = do_GET

    def _body(self) -> str:
        if self.headers.get("Transfer-Encoding") == "chunked":
            data = b""
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data.decode()
        return self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode("utf-8", "replace")

    def _nothing(self) -> None:
        with MODELS.lock:
            MODELS.others.append(f"{self.command} {self.headers.get('Host')} {self.path}")
        body = b'{"error": {"type": "not_found_error", "message": "nothing here"}}'
        self.send_response(404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _events(self, path: str, body: str) -> Iterator[bytes] | None:
        if path == "/v1/messages":
            return _anthropic(json.loads(body).get("model", ""))
        if path == "/v1/responses":
            return _responses()
        if path == "/v1/chat/completions":
            return _chat()
        if path.endswith(":streamGenerateContent"):
            return _gemini()
        return None

    def log_message(self, *_arguments: object) -> None:
        """Nothing on standard error."""


def _halves() -> Iterator[str]:
    middle = len(ANSWER) // 2
    yield ANSWER[:middle]
    time.sleep(PAUSE)
    yield ANSWER[middle:]


def _named(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def _data(document: object) -> bytes:
    return f"data: {json.dumps(document)}\n\n".encode()


def _anthropic(model: str) -> Iterator[bytes]:
    message: dict[str, Any] = {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": []}
    message |= {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
    yield _named("message_start", message=message)
    yield _named("content_block_start", index=0, content_block={"type": "text", "text": ""})
    for half in _halves():
        yield _named("content_block_delta", index=0, delta={"type": "text_delta", "text": half})
    yield _named("content_block_stop", index=0)
    yield _named("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 5})
    yield _named("message_stop")


def _responses() -> Iterator[bytes]:
    response: dict[str, Any] = {"id": "resp_1", "object": "response", "status": "in_progress", "model": "m", "output": []}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    yield _named("response.created", response=response, sequence_number=0)
    yield _named("response.output_item.added", output_index=0, item=item, sequence_number=1)
    for number, half in enumerate(_halves()):
        yield _named("response.output_text.delta", item_id="msg_1", output_index=0, content_index=0, delta=half, sequence_number=2 + number)
    done = {**item, "status": "completed", "content": [{"type": "output_text", "text": ANSWER, "annotations": []}]}
    yield _named("response.output_item.done", output_index=0, item=done, sequence_number=4)
    usage = {"input_tokens": 1, "output_tokens": 5, "total_tokens": 6, "input_tokens_details": {"cached_tokens": 0},
             "output_tokens_details": {"reasoning_tokens": 0}}  # fmt: skip
    yield _named("response.completed", response={**response, "status": "completed", "output": [done], "usage": usage}, sequence_number=5)


def _chat() -> Iterator[bytes]:
    def chunk(delta: dict[str, str], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return _data({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]})

    yield chunk({"role": "assistant", "content": ""})
    for half in _halves():
        yield chunk({"content": half})
    yield chunk({}, "stop")
    yield b"data: [DONE]\n\n"


def _gemini() -> Iterator[bytes]:
    for half in _halves():
        yield _data({"candidates": [{"content": {"role": "model", "parts": [{"text": half}]}, "index": 0}], "modelVersion": "m"})
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 5, "totalTokenCount": 6}
    candidate = {"content": {"role": "model", "parts": [{"text": ""}]}, "finishReason": "STOP", "index": 0}
    yield _data({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m"})
