"""Put a large file at a second place without copying it: a symbolic link, else a hard link, else a copy after all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from mundap.starter.folder import check_room

How = Literal["symbolic link", "hard link", "copy"]


def link(source: Path, target: Path) -> How:
    """Make target hold what source holds and return how; target must not exist.

    Windows gives symbolic links to administrators only, and a hard link cannot cross from one disk to another.

    Raises:
        ResourceError: only a copy was possible and the disk has no room for it.
    """
    real = source.resolve()   # the hub's cache is itself links; one hop less survives a cleaned-up snapshot
    makers: tuple[tuple[How, Callable[[Path, Path], None]], ...] = (
        ("symbolic link", os.symlink), ("hard link", os.link))
    for how, make in makers:
        try:
            make(real, target)
        except (OSError, NotImplementedError):
            continue
        return how
    check_room(target.parent, real.stat().st_size)
    shutil.copyfile(real, target)
    return "copy"
