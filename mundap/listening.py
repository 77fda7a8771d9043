"""A server of our own on one address: the socket, uvicorn on it, and an end that ends the model's process too.

The socket is bound before anything is loaded, so that a port in use is an error at once, and never quietly another
port. Serves the page (webui) and the endpoint (rag.serving); knows nothing of what they answer.
"""

from __future__ import annotations

import contextlib
import ipaddress
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from mundap.errors import ResourceError

if TYPE_CHECKING:
    import uvicorn

CLOSE_S = 2  # an open page or stream holds a connection for ever; how long the server waits for it at the end


def listen(host: str, port: int, *, section: str = "web") -> socket.socket:
    """Return a socket bound to exactly this address; port 0 takes a free one. section is the recipe's, for messages.

    Raises:
        ResourceError: the address is not to be had.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise ResourceError(f"{host!r} is not an address of this machine.", where=f"{section}.host",
                            fix=f"Use {section}.host=127.0.0.1, or an address this machine has.") from error
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(128)  # from here on a browser or client waits instead of being refused
    except OSError as error:
        listening.close()
        raise ResourceError(f"port {port} on {host} cannot be used: {error.strerror}.", where=f"{section}.port",
                            fix=f"End the program that holds it, or choose another port: {section}.port={port + 1}"
                            ) from error
    return listening


def address(host: str, port: int) -> str:
    """Return the address to type into a browser or give to a client."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Return whether an IP address is one that only this machine reaches."""
    return ipaddress.ip_address(host).is_loopback


def is_loopback_name(host: str) -> bool:
    """Return whether a host, as a recipe writes it, is this machine alone; a name that is not looked up is not."""
    try:
        return is_loopback(host)
    except ValueError:
        return host == "localhost"


def server(app: Any, on_started: Callable[[], None], on_ending: Callable[[], None] = lambda: None, *,
           close_s: int = CLOSE_S, **options: Any) -> uvicorn.Server:
    """Return a uvicorn server of an ASGI application, not yet running; options are uvicorn.Config's.

    on_ending is called in its event loop when it was told to end, before it waits close_s for the responses under way. It
    keeps no access log: questions and tokens are nobody else's business.
    """
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                on_started()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            on_ending()
            await super().shutdown(sockets)

    return Server(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=close_s,
                                 lifespan="on", **options))


@contextlib.contextmanager
def ended_cleanly(server: uvicorn.Server) -> Iterator[None]:
    """Make SIGTERM and a closed terminal end the server as Ctrl-C does, so that the model's process is ended too.

    uvicorn raises SIGINT or SIGTERM once more when it is done, for whoever handled it before; that is us.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    def leave(*_: object) -> None:
        server.should_exit = True

    wanted = {name: handler for name, handler in (("SIGTERM", interrupt), ("SIGHUP", leave)) if hasattr(signal, name)}
    earlier = {name: signal.signal(getattr(signal, name), handler) for name, handler in wanted.items()}
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield
    finally:
        for name, before in earlier.items():
            signal.signal(getattr(signal, name), before)
