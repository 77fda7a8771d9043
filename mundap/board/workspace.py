"""A private workspace for LLaMA Board, which keeps its files in the folder it is started in and looks for ./data.

    .board/                 without a recipe; one folder below it for each recipe: .board/demo-train/
      data                  link to the project, so that data/dataset_info.json is the project's
      saves                 link to home/saves, so that runs of either side are seen by the other
      llamaboard_cache/user_config.yaml     language and last model
      llamaboard_config/demo-train.yaml     the recipe in the Board's words; the Board's own button saves here too
      opened.json           what was opened, so that it can be brought back

Does not start the Board; mundap/cli/board.py does.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mundap.board.form import Form
from mundap.errors import ResourceError
from mundap.paths import home, show
from mundap.provenance import write_text
from mundap.recipe import Recipe, read
from mundap.secret_keys import is_secret
from mundap.starter import GEMMA_DIR
from mundap.yaml_lines import dump

WORKSPACE = ".board"
CONFIGS = "llamaboard_config"
SETTINGS = Path("llamaboard_cache") / "user_config.yaml"
OPENED = "opened.json"


def prepare(project: Path) -> Path:
    """Return the workspace without a recipe, made where it is missing; what the Board saved there is left alone.

    Raises:
        ResourceError: links cannot be made here.
    """
    folder = _linked(home(project) / WORKSPACE, project)
    if not (folder / SETTINGS).exists():
        write_text(folder / SETTINGS, dump(_settings(str(home(project) / "models" / GEMMA_DIR))))
    return folder


def slug(recipe: Recipe) -> str:
    """Return a recipe's name as it names its workspace, its form and its runs: configs/demo/train.yaml -> demo-train."""
    parts = list(Path(recipe.name).with_suffix("").parts[-2:])
    return "-".join(part.replace(" ", "_").replace(os.sep, "") for part in parts)


def place(recipe: Recipe) -> Path:
    """Return where a recipe's workspace is, or will be."""
    return home(recipe.project) / WORKSPACE / slug(recipe)


def settle(recipe: Recipe, form: Form, page: Mapping[str, Any]) -> str:
    """Write a recipe's workspace, and return what was moved out of the way: a form saved on the page, or nothing.

    page is what the child that serves the page reads (page.py).

    Raises:
        ResourceError: links cannot be made here.
    """
    folder = _linked(place(recipe), recipe.project)
    saved = folder / CONFIGS / f"{slug(recipe)}.yaml"
    kept = _keep(saved, opened(folder))
    write_text(folder / SETTINGS, dump(_settings(form.model.path)))
    write_text(saved, dump(form.elements))
    values = {key: value for key, value in recipe.values.items() if not is_secret(key)}
    file = {key: value for key, value in read(recipe.path).values.items() if not is_secret(key)}
    record = {"recipe": recipe.name, "values": values, "file": file, "form": form.elements, "page": dict(page)}
    write_text(folder / OPENED, json.dumps(record, ensure_ascii=False, indent=1) + "\n")
    return show(kept, recipe.project) if kept else ""


def opened(folder: Path) -> dict[str, Any]:
    """Return what was opened in a workspace last; empty when nothing was."""
    try:
        found = json.loads((folder / OPENED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(saved: Path, before: Mapping[str, Any]) -> Path | None:
    """Move a form away that somebody saved since it was written, and return its new place."""
    if not saved.is_file() or saved.read_text(encoding="utf-8") == dump(before.get("form") or {}):
        return None
    stamp = time.strftime("%Y%m%d_%H%M%S", time.localtime(saved.stat().st_mtime))
    kept = saved.with_name(f"{saved.stem}_saved_{stamp}.yaml")
    os.replace(saved, kept)
    return kept


def _settings(model: str) -> dict[str, Any]:
    return {"lang": "ko", "hub_name": "huggingface", "last_model": "Custom", "path_dict": {"Custom": model},
            "cache_dir": None}


def _linked(folder: Path, project: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    saves = home(project) / "saves"
    saves.mkdir(exist_ok=True)
    for name, target in (("data", project), ("saves", saves)):
        _link(folder / name, target)
    return folder


def _link(path: Path, target: Path) -> None:
    if path.is_symlink() and path.resolve() == target.resolve():
        return
    try:
        if path.is_symlink():
            path.unlink()
        path.symlink_to(target, target_is_directory=True)
    except OSError as error:
        raise ResourceError(f"a link to {target} could not be made ({error.strerror}).", where=str(path),
                            fix="Remove what stands there; on Windows switch on developer mode, which allows links."
                            ) from error
