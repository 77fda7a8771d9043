"""A proxy that lets nothing through and remembers who was asked for: proof that a program talks to nobody else."""

from __future__ import annotations

import socketserver
import threading
from types import TracebackType
from urllib.parse import urlsplit


class Trap:
    """Listens on a free port of 127.0.0.1 while it is open; `asked` holds the first line of every request."""

    def __init__(self) -> None:
        asked: list[str] = []

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                asked.append(self.rfile.readline(2000).decode("latin-1").strip())
                self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        self.asked = asked
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def hosts(self) -> set[str]:
        """Return the hosts asked for: of `CONNECT a.example:443 HTTP/1.1` and of `GET http://a.example/x HTTP/1.1`."""
        return {urlsplit(words[1] if "//" in words[1] else f"//{words[1]}").hostname or line
                for line in self.asked if len(words := line.split()) > 1}

    @property
    def url(self) -> str:
        """Return the proxy's address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Trap:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
                 ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
