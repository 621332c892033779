"""A hub of one repository a name on loopback: what huggingface_hub asks of one, files kept in memory."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Repositories = dict[str, dict[str, bytes]]


@contextmanager
def serve_hub() -> Iterator[tuple[str, Repositories]]:
    """The address of a hub, for `HF_ENDPOINT`, and its repositories: files by path."""
    held: Repositories = {}

    class Handler(_Handler):
        repositories = held

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", held
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    repositories: Repositories
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = self.path.strip("/").split("/")
        if self.path == "/api/repos/create":
            given = json.loads(body)
            name = "/".join(filter(None, [given.get("organization"), given["name"]]))
            self.repositories.setdefault(name, {".gitattributes": b"* text=auto\n"})
            self._say(200, {"url": f"http://127.0.0.1/{name}", "name": name})
        elif self.path == "/api/validate-yaml":
            self._say(200, {"errors": [], "warnings": []})
        elif parts[4] == "preupload":
            files = [
                {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                for file in json.loads(body)["files"]
            ]
            self._say(200, {"files": files})
        elif parts[4] == "commit":
            self._commit("/".join(parts[2:4]), [json.loads(line) for line in body.splitlines()])
        else:
            self._say(404, {"error": self.path})

    def _commit(self, name: str, lines: list[dict[str, Any]]) -> None:
        files = self.repositories[name]
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        self._say(200, {"success": True, "commitUrl": f"/{name}/commit/{_commit(files)}", "commitOid": _commit(files)})

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        parts = self.path.partition("?")[0].strip("/").split("/")
        name = "/".join(parts[2:4] if parts[0] == "api" else parts[:2])
        files = self.repositories.get(name)
        if files is None:
            self._say(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        elif parts[0] != "api":
            self._file(files, "/".join(parts[4:]))
        elif len(parts) > 4 and parts[4] == "tree":
            rows = [{"type": "file", "path": path, "size": len(d), "oid": _oid(d)} for path, d in files.items()]
            self._say(200, rows)
        else:
            siblings = [{"rfilename": path} for path in files]
            self._say(200, {"id": name, "modelId": name, "sha": _commit(files), "siblings": siblings, "tags": []})

    def _file(self, files: dict[str, bytes], path: str) -> None:
        data = files.get(path)
        if data is None:
            self._say(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
            return
        self._send(200, data, {"ETag": f'"{_oid(data)}"', "X-Repo-Commit": _commit(files)})

    def _say(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_given: Any) -> None:
        """Nothing: the tests look at what was sent."""


def _oid(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


def _commit(files: dict[str, bytes]) -> str:
    return _oid("".join(f"{path} {_oid(data)}\n" for path, data in sorted(files.items())).encode())
