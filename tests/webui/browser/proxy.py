"""A small reverse proxy, for tests: serves a page under a path, as nginx would, keeping the path or taking it off."""

from __future__ import annotations

import http.client
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from types import TracebackType

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer"}


class Passing(BaseHTTPRequestHandler):
    """Passes a request on to its server's port, and the answer back."""

    protocol_version = "HTTP/1.1"
    server: Listening

    def handle_any(self) -> None:
        """Answer any request."""
        told = self.server
        if not self.path.startswith(told.path):
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        passed = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        passed |= {"X-Forwarded-Host": self.headers["host"], "X-Forwarded-Proto": told.scheme, "X-Forwarded-For": "203.0.113.7"}
        passed["Host"] = f"127.0.0.1:{told.port}"
        upstream = http.client.HTTPConnection("127.0.0.1", told.port, timeout=60)
        try:
            upstream.request(self.command, (self.path.removeprefix(told.path) or "/") if told.strips else self.path, body, passed)
            self._pass_back(upstream)
        except OSError:    # a browser that went away is nobody's fault
            self.close_connection = True
        finally:
            upstream.close()

    do_GET = do_POST = do_HEAD = handle_any

    def _pass_back(self, upstream: http.client.HTTPConnection) -> None:
        answer = upstream.getresponse()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        while piece := answer.read1(65_536):
            self.wfile.write(piece)
            self.wfile.flush()
        answer.close()
        self.close_connection = True

    def log_message(self, *given: object) -> None:
        """Say nothing."""


class Listening(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A server on a free port, with what its requests are passed on by."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, path: str, *, strips: bool, scheme: str) -> None:
        super().__init__(("127.0.0.1", 0), Passing)
        self.port, self.path, self.strips, self.scheme = port, path, strips, scheme


class Proxy:
    """Listens on a free port of 127.0.0.1 and passes requests below path on to a port, with X-Forwarded headers."""

    def __init__(self, port: int, path: str, *, strips: bool, scheme: str = "http") -> None:
        self._server = Listening(port, path, strips=strips, scheme=scheme)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
