"""A hub of one repository a name on loopback: what huggingface_hub asks of one, files kept in memory.

Files of a megabyte or more go by LFS, as on the real one where its own protocol is switched off. `WRONG` is no token of
its; names of `theirs/` may be read and not written; a file called `torn` is sent by half.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

Repositories = dict[str, dict[str, bytes]]
WRONG = "hf_wrongwrong"
_LARGE = 1_000_000


@contextmanager
def serve_hub() -> Iterator[tuple[str, Repositories]]:
    """The address of a hub, for `HF_ENDPOINT`, and its repositories: files by path."""
    held: Repositories = {}

    class Handler(_Handler):
        repositories = held
        large: ClassVar[dict[str, bytes]] = {}

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", held
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    repositories: Repositories
    large: ClassVar[dict[str, bytes]]
    """What came by LFS, by its sha256."""
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = self.path.strip("/").split("/")
        if self._is_stranger():
            return
        if self.path == "/api/repos/create":
            given = json.loads(body)
            name = "/".join(filter(None, [given.get("organization"), given["name"]]))
            if name.startswith("theirs/"):
                self._say(403, {"error": "You don't have the rights"})
                return
            self.repositories.setdefault(name, {".gitattributes": b"* text=auto\n"})
            self._say(200, {"url": f"http://127.0.0.1/{name}", "name": name})
        elif self.path == "/api/validate-yaml":
            is_card = json.loads(body)["content"].startswith("---\n")
            errors = [] if is_card else [{"message": "no head"}]
            self._say(200 if is_card else 400, {"errors": errors, "warnings": []})
        elif self.path.endswith("/info/lfs/objects/batch"):
            objects = [
                {**asked, "actions": {"upload": {"href": f"http://{self.headers['Host']}/large/{asked['oid']}"}}}
                for asked in json.loads(body)["objects"]
            ]
            self._say(200, {"transfer": "basic", "objects": objects})
        elif parts[4] == "preupload":
            files = [
                {"path": file["path"], "uploadMode": mode(file["size"]), "shouldIgnore": False}
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
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.large[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        self._say(200, {"success": True, "commitUrl": f"/{name}/commit/{_commit(files)}", "commitOid": _commit(files)})

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.large[hashlib.sha256(data).hexdigest()] = data
        self._say(200, {})

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        parts = self.path.partition("?")[0].strip("/").split("/")
        name = "/".join(parts[2:4] if parts[0] == "api" else parts[:2])
        files = self.repositories.get(name)
        if self._is_stranger():
            return
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
        self._send(200, data, {"ETag": f'"{_oid(data)}"', "X-Repo-Commit": _commit(files)}, is_torn=path == "torn")

    def _is_stranger(self) -> bool:
        """Whether the token is wrong, which is said then."""
        is_wrong = self.headers.get("Authorization") == f"Bearer {WRONG}"
        if is_wrong:
            self._say(401, {"error": "Invalid credentials in Authorization header"})
        return is_wrong

    def _say(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _send(self, status: int, data: bytes, headers: dict[str, str], is_torn: bool = False) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data[: len(data) // 2] if is_torn else data)
        if is_torn:
            self.close_connection = True

    def log_message(self, *_given: Any) -> None:
        """Nothing: the tests look at what was sent."""


def mode(size: int) -> str:
    """How a file of that many bytes is sent."""
    return "lfs" if size >= _LARGE else "regular"


def _oid(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


def _commit(files: dict[str, bytes]) -> str:
    return _oid("".join(f"{path} {_oid(data)}\n" for path, data in sorted(files.items())).encode())
