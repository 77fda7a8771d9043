"""The lock of a folder of generated rows: one process at a time writes it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from mundap import folder_lock

NAME = "generate.lock"


def held(folder: Path) -> AbstractContextManager[None]:
    """Hold a folder's lock.

    Raises:
        ResourceError: another process holds it; says which.
    """
    return folder_lock.held(folder, NAME)
