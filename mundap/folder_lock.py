"""One process at a time writes a folder: a lock that goes with its process, however that ends."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from mundap.errors import ResourceError


@contextlib.contextmanager
def held(folder: Path, name: str, fix: str = "Wait for it, or end it; or give another folder.") -> Iterator[None]:
    """Hold a folder's lock file, made when it is missing.

    Raises:
        ResourceError: another process holds it; says which.
    """
    # The file stays: deleting it would let a second process lock a new file while the first still holds the old one.
    handle = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(handle, 200).decode("utf-8", "replace").strip() or "another process"
            raise ResourceError(f"{holder} is writing here.", where=str(folder), fix=fix) from error
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()} on {socket.gethostname()}, since {now}".encode(), 0)
        yield
    finally:
        os.close(handle)
