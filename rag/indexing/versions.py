"""The versions of an index: which one serves, who reads it, and when an old one may go.

    indexes/demo/
      manifest.json      what the serving version was built with, and its name; replaced as a build's last act
      versions/<name>/   one version; never changed once the manifest names it
        readers          locked, shared, by every process that has the version open; goes with its process
        collection.json  the collection on a Chroma server that belongs to it, when there is one
      partial/           what an unfinished build has embedded (kept.py)
      writer.lock        held by the one process that builds

A reader opens what the manifest names and keeps it, whatever is published meanwhile; a version that is neither named nor
read is removed by the next build. Does not know what a version holds.
"""

from __future__ import annotations

import datetime
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

MANIFEST = "manifest.json"
WRITER = "writer.lock"
COLLECTION = "collection.json"
_FOLDER, _READERS = "versions", "readers"


def read_manifest(place: Path) -> dict[str, Any] | None:
    """Return the manifest of the version that serves, or None when no build has been finished."""
    return read_json(place / MANIFEST)


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the object a JSON file holds, or None where there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def of(place: Path, name: str) -> Path:
    """Return a version's folder."""
    return place / _FOLDER / name


def begin(place: Path) -> str:
    """Make the folder of a new version and return its name: a time, and letters no other index has."""
    name = f"{datetime.datetime.now(datetime.UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
    of(place, name).mkdir(parents=True)
    (of(place, name) / _READERS).touch()
    return name


def publish(place: Path, manifest: Mapping[str, Any]) -> None:
    """Let a version serve from now on: its files are on disk before the manifest that names it takes the old one's place."""
    version = of(place, str(manifest["version"]))
    for path in (*version.rglob("*"), version):
        _settle(path)
    temporary = place / (MANIFEST + ".tmp")
    temporary.write_text(json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    _settle(temporary)
    os.replace(temporary, place / MANIFEST)
    _settle(place)


def hold(place: Path, name: str) -> IO[bytes] | None:
    """Return a file whose being open keeps a version from being removed, or None when it is gone already."""
    try:
        file = (of(place, name) / _READERS).open("rb")
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH)   # waits while the version is being removed
    except OSError:
        return file   # a file system without locks: read all the same
    if os.fstat(file.fileno()).st_nlink == 0:
        file.close()
        return None
    return file


def clean(place: Path, serving: str | None, forget: Callable[[Path], None]) -> None:
    """Remove every version that does not serve and is not being read; forget is called before each. The writer's to call."""
    for version in sorted((place / _FOLDER).glob("*")):
        if version.name == serving:
            continue
        try:
            with (version / _READERS).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                forget(version)
                shutil.rmtree(version, ignore_errors=True)
        except FileNotFoundError:
            forget(version)
            shutil.rmtree(version, ignore_errors=True)
        except OSError:
            continue   # somebody reads it: the next build will try again


def _settle(path: Path) -> None:
    """Have the system write a file or folder to disk: a power cut must not leave a manifest that names nothing."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
