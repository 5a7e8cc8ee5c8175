"""Sends messages as they are, byte by byte, from inside the sandbox: no HTTP library would send most of them.

Reads JSON lines on standard input, ``{"host", "connect"?, "sni"?, "raw"}`` for HTTP/1.1 (``raw`` is base64) or ``{"host", "headers", "body"}``
for HTTP/2, each over a TLS connection of its own, and prints one JSON line each: the first bytes of the answer, or the error. `connect` is
``address:port`` for the control that runs without Warden; `argv[1]`, if there is one, the CA file to trust.
"""

import base64
import json
import socket
import ssl
import sys
from typing import Any

TIMEOUT = 15
LIMIT = 20_000


def tls(message: dict[str, Any], protocols: list[str]) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=sys.argv[1] if len(sys.argv) > 1 else None)
    context.check_hostname = False  # SNI may be another name here; what the server sees is what is tested
    context.set_alpn_protocols(protocols)
    address, _, port = message.get("connect", f"{message['host']}:443").rpartition(":")
    sock = socket.create_connection((address, int(port)), TIMEOUT)
    return context.wrap_socket(sock, server_hostname=message.get("sni", message["host"]))


def http1(message: dict[str, Any]) -> bytes:
    answer = b""
    with tls(message, ["http/1.1"]) as sock:
        sock.sendall(base64.b64decode(message["raw"]))
        sock.settimeout(message.get("wait", 3))
        try:
            while len(answer) < LIMIT and (piece := sock.recv(65536)):
                answer += piece
        except TimeoutError:
            answer = answer or b"<silence>"
    return answer


def http2(message: dict[str, Any]) -> bytes:
    import h2.config
    import h2.connection

    lenient = h2.config.H2Configuration(
        validate_outbound_headers=False, normalize_outbound_headers=False, header_encoding=None, validate_inbound_headers=False
    )
    connection, answer = h2.connection.H2Connection(lenient), b""
    with tls(message, ["h2"]) as sock:
        connection.initiate_connection()
        body = base64.b64decode(message["body"])
        connection.send_headers(1, [(n.encode("latin-1"), v.encode("latin-1")) for n, v in message["headers"]], end_stream=not body)
        for at in range(0, len(body), 16_000):
            connection.send_data(1, body[at : at + 16_000])
        if body:
            connection.end_stream(1)
        sock.settimeout(3)
        sock.sendall(connection.data_to_send())
        ended = False
        while not ended and (data := sock.recv(65536)):
            event: Any
            for event in connection.receive_data(data):
                kind = type(event).__name__
                if kind == "ResponseReceived":
                    answer += b"HTTP/2 " + dict(event.headers)[b":status"] + b"\n"
                elif kind == "DataReceived":
                    answer += event.data
                ended = ended or kind in ("StreamEnded", "StreamReset", "ConnectionTerminated")
                if kind in ("StreamReset", "ConnectionTerminated"):
                    answer += f"<{kind} {event.error_code!r}>".encode()
            sock.sendall(connection.data_to_send())
    return answer


for line in sys.stdin:
    message = json.loads(line)
    try:
        answer = (http1 if "raw" in message else http2)(message)
    except (OSError, ValueError) as error:
        answer = f"<{type(error).__name__}: {error}>".encode()
    print(json.dumps(answer[:LIMIT].decode("latin-1")), flush=True)
