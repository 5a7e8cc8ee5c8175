"""A forge: real git behind TLS (git's own `git-http-backend`), and a real GraphQL engine (graphql-core) with repositories to delete.

What is not real is the web server in front of them, which is Python's, with just enough of CGI (RFC 3875) to feed `git-http-backend`.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import build_schema, graphql_sync

from tests.e2e.listed import ListedHost, listed_host

#: A host that the built-in list has for reading, its API, and one that the tests list by themselves.
GITHUB, API, OWN = "github.com", "api.github.com", "git.example.net"
BACKEND = "/usr/lib/git-core/git-http-backend"
SCHEMA = """
type Repository { name: String! }
type Query { viewer: Repository repositories: [Repository!]! }
type Mutation {
  createRepository(name: String!): Repository
  deleteRepository(name: String!): Repository
}
"""


@dataclass
class Forge:
    """`root` holds the bare repositories, `repositories` is what the GraphQL API has, `asked` every request as ``METHOD host path``."""

    host: ListedHost
    root: Path
    repositories: list[str] = field(default_factory=lambda: ["precious"])

    @property
    def asked(self) -> list[str]:
        return self.host.seen

    @property
    def upstream(self) -> dict[str, Any]:
        return {"resolve": dict.fromkeys((GITHUB, API, OWN), self.host.address), "ca": [str(self.host.ca)]}

    def git(self, repository: str, *arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(self.root / repository), *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def create(self, repository: str) -> None:
        """A bare repository to which anybody may push anything, forced or not."""
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(self.root / repository)], check=True)
        self.git(repository, "config", "http.receivepack", "true")
        self.git(repository, "config", "receive.advertisePushOptions", "true")

    def refs(self, repository: str) -> dict[str, str]:
        lines = self.git(repository, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split() for line in lines)

    def resolve(self, field_name: str, name: str = "") -> Any:
        """What the GraphQL engine asks for a field of the root types."""
        match field_name:
            case "createRepository":
                self.repositories.append(name)
            case "deleteRepository":
                self.repositories.remove(name)
            case "repositories":
                return [{"name": one} for one in self.repositories]
        return {"name": name or "viewer"}


@contextlib.contextmanager
def forge(directory: Path) -> Iterator[Forge]:
    root = directory / "repositories"
    root.mkdir(parents=True)
    schema = build_schema(SCHEMA)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def _serve(self) -> None:
            made.asked.append(f"{self.command} {self.headers.get('Host')} {self.path}")
            path, _, query = self.path.partition("?")
            if path == "/graphql":
                self._graphql(json.loads(b"".join(self._body())))
            else:
                self._git(path, query)

        do_GET = do_POST = do_HEAD = _serve

        def _body(self) -> Iterator[bytes]:
            if self.headers.get("Transfer-Encoding") == "chunked":
                while size := int(self.rfile.readline(), 16):
                    yield self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                left = int(self.headers.get("Content-Length", 0))
                while left:
                    piece = self.rfile.read(min(left, 1 << 16))
                    left -= len(piece)
                    yield piece

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def _graphql(self, asked: dict[str, Any]) -> None:
            def resolve(_source: Any, info: Any, **arguments: str) -> Any:
                if info.parent_type.name in ("Query", "Mutation"):
                    return made.resolve(info.field_name, **arguments)
                return _source[info.field_name]

            result = graphql_sync(
                schema,
                asked["query"],
                variable_values=asked.get("variables"),
                operation_name=asked.get("operationName"),
                field_resolver=resolve,
            )
            self._answer(200, {"Content-Type": "application/json"}, json.dumps(result.formatted).encode())

        def _git(self, path: str, query: str) -> None:
            environment = {
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "REMOTE_ADDR": "127.0.0.1",
            }
            with subprocess.Popen([BACKEND], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as backend:
                assert backend.stdin is not None
                assert backend.stdout is not None
                for piece in self._body():
                    backend.stdin.write(piece)
                backend.stdin.close()
                head, _, body = backend.stdout.read().partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self._answer(int(headers.pop("Status", "200").split()[0]), headers, body)

        def log_message(self, *_arguments: object) -> None:
            """Nothing on standard error."""

    with listed_host(directory, (GITHUB, API, OWN), Handler) as host:
        made = Forge(host, root)
        yield made
