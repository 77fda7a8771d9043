"""Where things are: the project (recipes, datasets, dataset_info.json) and the home of everything generated.

The project is the nearest folder at or above a starting point that holds dataset_info.json; failing that, the checkout
this package was imported from. The home is MUNDAP_HOME, by default the project itself. A relative path in a recipe is
looked up under the home when its first part is a generated folder, and under the project otherwise.
"""

from __future__ import annotations

import os
from pathlib import Path

GENERATED = ("models", "saves", "exports", "indexes", "docs", "reports", "talks")
DATASET_INFO = "dataset_info.json"


def project_root(start: Path | None = None) -> Path:
    """Return the absolute project folder for a recipe or folder (default: the working directory)."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / DATASET_INFO).is_file():
            return folder
    return Path(__file__).resolve().parent.parent


def home(project: Path | None = None) -> Path:
    """Return the absolute folder under which models/, saves/, exports/, indexes/, docs/, reports/ and talks/ are written."""
    chosen = os.environ.get("MUNDAP_HOME")
    return Path(chosen).expanduser().resolve() if chosen else (project or project_root())


def resolve(path: str | Path, project: Path | None = None) -> Path:
    """Return the absolute path a recipe means: under the home for generated folders, else under the project."""
    given = Path(path).expanduser()
    if given.is_absolute():
        return given
    root = project or project_root()
    return (home(root) if given.parts[:1] and given.parts[0] in GENERATED else root) / given


def show(path: Path, project: Path | None = None) -> str:
    """Return a path as a person would type it: relative to the project or the home when it lies below one."""
    root = project or project_root()
    for base in (root, home(root)):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return str(path)
