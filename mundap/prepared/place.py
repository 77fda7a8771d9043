"""Where a prepared model lies and what it is called: by its name on the hub, or by its local folder."""

from __future__ import annotations

from pathlib import Path


def local_folder(model: str) -> Path | None:
    """Return the absolute folder when a model is given as one that is there, else None: then it is a hub id."""
    folder = Path(model).expanduser()
    return folder.resolve() if folder.is_dir() else None


def identity(model: str) -> str:
    """Return the name that tells one model from another: a hub id as it is, a folder by its absolute path."""
    return str(local_folder(model) or model)


def folder_name(model: str) -> str:
    """Return the name under models/ of a prepared model: the last part of its id or path, and -ko."""
    return f"{Path(identity(model)).name}-ko"
