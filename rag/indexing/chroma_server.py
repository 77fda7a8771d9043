"""A Chroma server that holds the collections: its address, a client for it, and what is said when it is away.

Chroma's server has no authentication: whoever reaches its port can read, change and delete every collection. That is why
an address beyond this machine is warned about.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mundap.errors import ConfigError, IndexMismatch, ResourceError
from mundap.generator.endpoint import LOOPBACK

if TYPE_CHECKING:
    import httpx
    from chromadb.api import ClientAPI
    from chromadb.config import Settings

PORT = 8000              # what `chroma run` takes without --port
CONNECT_TIMEOUT_S = 5.0
REPLY_TIMEOUT_S = 120.0  # of one request; storing 5,000 vectors takes a server seconds
OPEN_TO_ALL = ("Chroma's server has no authentication: whoever reaches its port can read, change and delete the index. "
               "Keep it on 127.0.0.1, or on a private network behind a firewall.")


def address(settings: Mapping[str, Any]) -> str | None:
    """Return the address of the Chroma server in a recipe's index section, or None for an index on disk.

    Raises:
        ConfigError: it is not http://host:port, or holds a user name, password or path.
    """
    given = settings.get("server")
    if not given:
        return None
    parts = urlsplit(str(given))
    example = "Write, for example: server: http://127.0.0.1:8000"
    try:
        port = parts.port or PORT
    except ValueError:
        port = 0
    if parts.scheme not in ("http", "https") or not parts.hostname or not port or parts.path.strip("/") or parts.query:
        raise ConfigError(f"{given!r} is not the address of a server.", where="index.server", fix=example)
    if parts.username or parts.password:
        raise ConfigError("the address holds a user name or password.", where="index.server",
                          fix="Remove it: Chroma's server knows no users.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


def warning(place: str) -> str:
    """Return what must be said of a server beyond this machine, or an empty text."""
    return "" if urlsplit(place).hostname in LOOPBACK else f"index.server {place}: {OPEN_TO_ALL}"


def client(place: str, settings: Settings) -> ClientAPI:
    """Return a client of the server at an address as `address` returns it.

    Raises:
        ResourceError: nothing listens there, or it is no Chroma server.
    """
    import chromadb
    import httpx
    from chromadb.errors import ChromaError

    parts = urlsplit(place)
    host, port = str(parts.hostname), int(parts.port or PORT)
    try:
        # Asked by ourselves first: Chroma's client gives its requests no time limit and takes any answer for its server's.
        with httpx.Client(trust_env=host not in LOOPBACK, timeout=CONNECT_TIMEOUT_S) as first:
            if "nanosecond heartbeat" not in first.get(f"{place}/api/v2/heartbeat").raise_for_status().json():
                raise ValueError("what answers there is no Chroma server")
        with _without_proxy(host):
            made = chromadb.HttpClient(host=host, port=port, ssl=parts.scheme == "https", settings=settings)
    except (httpx.HTTPError, ValueError, KeyError, ChromaError) as error:
        raise _away(place, error) from error
    for session in _sessions(made):
        session.timeout = httpx.Timeout(REPLY_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    return made


def close(given: ClientAPI) -> None:
    """Close a client of a folder or a server; Chroma's own close leaves a server's connections open."""
    given.close()
    for session in _sessions(given):
        session.close()


def _sessions(given: ClientAPI) -> list[httpx.Client]:
    import httpx

    sides = (given, getattr(given, "_admin_client", None))
    found = [getattr(getattr(side, "_server", None), "_session", None) for side in sides]
    return [session for session in found if isinstance(session, httpx.Client)]


@contextmanager
def answering(place: Path | str) -> Iterator[None]:
    """Turn what Chroma raises where a server is away, a collection is gone or a folder damaged into an error that says so.

    Raises:
        ResourceError: the server does not answer.
        IndexMismatch: it no longer has the collection, or the folder cannot be read.
    """
    import httpx
    from chromadb.errors import InternalError, NotFoundError

    if isinstance(place, Path):
        try:
            yield
        except InternalError as error:
            raise IndexMismatch(f"Chroma cannot read the store: {error}", where=str(place),
                                fix="Build it again with: mundap index <recipe>") from error
        return
    try:
        yield
    except httpx.HTTPError as error:
        raise _away(place, error) from error
    except NotFoundError as error:
        raise IndexMismatch(f"the server no longer has the collection: {error}", where=place,
                            fix="Build it again with: mundap index <recipe>") from error


def _away(place: str, error: Exception) -> ResourceError:
    host, port = urlsplit(place).hostname, urlsplit(place).port
    start = f"chroma run --path indexes/chroma-server --host {host} --port {port}"
    here = f"Start it with: {start}\nOr correct" if host in LOOPBACK else "Start it there, or correct"
    said = " ".join(str(error).split())[:200] or type(error).__name__
    return ResourceError(f"no Chroma server answers: {said}", where=place,
                         fix=f"{here} index.server; without that line the index is kept on disk.")


@contextmanager
def _without_proxy(host: str) -> Iterator[None]:
    """Keep a proxy meant for the internet out of requests to this machine: httpx reads the variable when a client is made."""
    if host not in LOOPBACK:
        yield
        return
    before = {name: os.environ.get(name) for name in ("NO_PROXY", "no_proxy")}
    try:
        for name, value in before.items():
            os.environ[name] = f"{value},{host}" if value else host
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
