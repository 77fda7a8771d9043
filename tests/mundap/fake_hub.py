"""A model hub on 127.0.0.1: the endpoints huggingface_hub asks for a snapshot, with ways to fail.

    /api/models/<id>/revision/<rev>      what the repository is, and its commit
    /api/models/<id>/tree/<commit>       its files, their sizes and hashes
    /<id>/resolve/<commit>/<file>        a file, whole or from an offset (Range)

Source: https://huggingface.co/docs/hub/api and the requests huggingface_hub 1.x was seen to make.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "c0ffee" + "0" * 34


@dataclass(kw_only=True)
class Hub:
    """One repository and how it behaves; requests lists what was asked, as `METHOD path [Range]`.

    cut: files of which only the first half is sent, each once. refused: status codes given for files, each once, after
    the cuts. gated: tell of the repository to anyone, but give files to `token` alone; else all of it is hidden from others.
    claimed: sizes told of files, whatever they are.
    """

    name: str
    folder: Path
    token: str = ""
    gated: bool = False
    claimed: dict[str, int] = field(default_factory=dict)
    cut: list[str] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    revisions: tuple[str, ...] = ("main",)
    requests: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    url: str = ""

    def files(self) -> dict[str, bytes]:
        """Return every file by its path in the repository."""
        return {path.relative_to(self.folder).as_posix(): path.read_bytes()
                for path in sorted(self.folder.rglob("*")) if path.is_file()}

    def asked(self, method: str = "GET") -> list[str]:
        """Return the files asked for by a method, in order."""
        lead = f"{method} /{self.name}/resolve/{COMMIT}/"
        return [line.removeprefix(lead).split(" ")[0] for line in self.requests if line.startswith(lead)]


class _Handler(BaseHTTPRequestHandler):
    """Answers for the server's hub."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: requests are kept in the hub."""

    def _answer(self, *, body: bool) -> None:
        hub, parts = self.server.hub, urlsplit(self.path)
        path = unquote(parts.path)
        wanted = self.headers.get("Range", "")
        hub.requests.append(f"{self.command} {path} {wanted}".strip())
        hub.tokens.add(self.headers.get("Authorization", ""))
        may = not hub.token or self.headers.get("Authorization") == f"Bearer {hub.token}"
        api, files = f"/api/models/{hub.name}", f"/{hub.name}/resolve/"
        if not path.startswith((api + "/", files)) or not (may or hub.gated):
            self._send(401 if hub.token else 404, {"error": "Repository not found"}, code="RepoNotFound")
        elif path.startswith(api + "/revision/"):
            known = path.rpartition("/")[2] in (*hub.revisions, COMMIT)
            self._send(200, {"id": hub.name, "sha": COMMIT, "siblings": [], "private": False, "tags": []}) if known \
                else self._send(404, {"error": "Invalid rev id"}, code="RevisionNotFound")
        elif path.startswith(api + "/tree/"):
            assert "recursive" in parse_qs(parts.query)
            self._send(200, [_entry(name, content) for name, content in hub.files().items()])
        elif not may:
            self._send(401, {"error": "Access to this model is restricted."}, code="GatedRepo")
        else:
            self._file(path.removeprefix(f"{files}{COMMIT}/"), wanted, body=body)

    def _file(self, name: str, wanted: str, *, body: bool) -> None:
        hub = self.server.hub
        content = hub.files().get(name)
        if content is None:
            self._send(404, {"error": "Entry not found"}, code="EntryNotFound")
            return
        if body and name not in hub.cut and name in hub.refused:
            self._send(hub.refused.pop(name), {"error": "busy"})
            return
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Accept-Ranges", "bytes")
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(hub.claimed.get(name, len(content)) - start))
        self.end_headers()
        if not body:
            return
        if name in hub.cut:
            hub.cut.remove(name)
            self.wfile.write(content[start:len(content) // 2])
            self.wfile.flush()
            self.close_connection = True
        else:
            self.wfile.write(content[start:])

    def _send(self, status: int, value: object, *, code: str = "") -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    hub: Hub


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve a hub on a free port of 127.0.0.1 while the block runs."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.hub = hub
        hub.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield hub
        finally:
            server.shutdown()


def _entry(name: str, content: bytes) -> dict[str, object]:
    """Return a file as the tree endpoint tells it; large ones are kept apart (LFS) and known by their SHA-256."""
    large = name.endswith(".safetensors")
    entry: dict[str, object] = {"type": "file", "path": name, "size": len(content),
                                "oid": hashlib.sha1(content, usedforsecurity=False).hexdigest()}
    if large:
        entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
    return entry
