"""A model folder that is either whole or absent: built beside its place, listed in a manifest, renamed into it.

The manifest holds size and SHA-256 of every file and is written last, so a folder without one was not finished.
Knows nothing of what the files are.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import psutil

from mundap.errors import ResourceError
from mundap.starter.packages import sha256

MANIFEST = "mundap_manifest.json"
FORMAT_VERSION = 1
# A file above this is checked by size alone: hashing weights would cost seconds at every start.
HASHED_BYTES = 32 << 20
PARTIAL = ".partial-"
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))

State = Literal["complete", "broken", "missing"]


def inspect(folder: Path) -> tuple[State, str]:
    """Return the state of a model folder and, when it is broken, why in a few words."""
    if not folder.exists():
        return "missing", ""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        version, files = manifest["format_version"], dict(manifest["files"])
    except FileNotFoundError:
        return "broken", f"no {MANIFEST}: it was not finished, or something else made it"
    except (OSError, ValueError, KeyError, TypeError):
        return "broken", f"{MANIFEST} cannot be read"
    if version != FORMAT_VERSION:
        return "broken", f"format version {version}, this mundap makes {FORMAT_VERSION}"
    for name, facts in files.items():
        if reason := _difference(folder / name, facts):
            return "broken", f"{name} {reason}"
    return "complete", ""


def replace(folder: Path, needed_bytes: int, build: Callable[[Path], dict[str, Any]]) -> None:
    """Make the folder by calling build with an empty one, and put it in place of whatever stood there.

    build returns the facts to keep in the manifest beside the list of files.

    Raises:
        ResourceError: the disk has no room; whatever stood there before is untouched.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(folder)
    with no_room_as_error(folder, needed_bytes):
        check_room(folder, needed_bytes)
        partial = folder.with_name(f".{folder.name}{PARTIAL}{os.getpid()}")
        try:
            partial.mkdir()
            write_manifest(partial, build(partial))
            _swap(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def write_manifest(folder: Path, facts: dict[str, Any]) -> None:
    """List every file of a folder in its manifest, by a temporary name and a rename.

    A large file that is a link to one elsewhere is listed by its size alone, and its mode is its owner's business.
    """
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    files: dict[str, dict[str, Any]] = {}
    for name in names:
        path = folder / name
        size = path.stat().st_size
        linked = path.is_symlink() or path.stat().st_nlink > 1
        if not linked:
            path.chmod(0o644)  # safetensors makes its files private; a model is for the whole team to read
        files[name] = {"size_bytes": size, **({} if linked and size > HASHED_BYTES else {"sha256": sha256(path)})}
    content = {"format_version": FORMAT_VERSION, **facts, "files": files}
    temporary = folder / (MANIFEST + ".tmp")
    temporary.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    temporary.replace(folder / MANIFEST)


def check_room(folder: Path, needed_bytes: int) -> None:
    """Return when the disk under the folder's parent has room.

    Raises:
        ResourceError: it has not.
    """
    free = shutil.disk_usage(folder.parent).free
    if free < needed_bytes:
        raise _no_room(folder, needed_bytes, free)


@contextmanager
def no_room_as_error(folder: Path, needed_bytes: int) -> Iterator[None]:
    """Turn "no space left on device" from anything inside into the ResourceError that says what to do."""
    try:
        yield
    except Exception as error:
        # safetensors reports a full disk in an error class of its own, with the number in the text.
        is_full = isinstance(error, OSError) and error.errno in FULL
        if is_full or "No space left on device" in str(error):
            raise _no_room(folder, needed_bytes, shutil.disk_usage(folder.parent).free) from error
        raise


def remove_abandoned(folder: Path) -> None:
    """Remove half-built folders of processes that are gone; another process's live one is left alone."""
    for path in folder.parent.glob(f".{folder.name}{PARTIAL}*"):
        process = path.name.rpartition("-")[2]
        if not process.isdigit() or int(process) == os.getpid() or not psutil.pid_exists(int(process)):
            shutil.rmtree(path, ignore_errors=True)


def _swap(partial: Path, folder: Path) -> None:
    """Put the finished folder in place; the old one steps aside first, since no rename goes over a full folder."""
    old = folder.with_name(f".{folder.name}.old{PARTIAL}{os.getpid()}")
    if folder.exists():
        folder.rename(old)
    partial.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _difference(path: Path, facts: dict[str, Any]) -> str:
    if not path.is_file():
        return "is missing"
    size = path.stat().st_size
    if size != facts["size_bytes"]:
        return f"has {size:,} bytes, expected {facts['size_bytes']:,}"
    if size <= HASHED_BYTES and sha256(path) != facts["sha256"]:
        return "was changed since it was made (SHA-256)"
    return ""


def _no_room(folder: Path, needed_bytes: int, free_bytes: int) -> ResourceError:
    return ResourceError(
        f"not enough disk space: {needed_bytes / 1e6:,.0f} MB needed, {free_bytes / 1e6:,.0f} MB free.",
        where=str(folder),
        fix="Free some space, or set MUNDAP_HOME to a folder on another disk; then run: mundap models",
    )
