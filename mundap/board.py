"""A private workspace for LLaMA Board, which keeps its files in the folder it is started in and looks for ./data.

    .board/
      data        link to the project, so that data/dataset_info.json is the project's
      saves       link to home/saves, so that runs of either side are seen by the other
      llamaboard_cache/user_config.yaml     language and last model, written once

Does not start the Board; mundap/cli/board.py does.
"""

from __future__ import annotations

from pathlib import Path

from mundap.errors import ResourceError
from mundap.paths import home
from mundap.yaml_lines import dump

WORKSPACE = ".board"
STARTER = "models/gemma-3-270m-ko"


def prepare(project: Path) -> Path:
    """Return the workspace folder, made where it is missing; what the Board saved there is left alone.

    Raises:
        ResourceError: links cannot be made here.
    """
    root = home(project)
    folder = root / WORKSPACE
    folder.mkdir(parents=True, exist_ok=True)
    (root / "saves").mkdir(exist_ok=True)
    for name, target in (("data", project), ("saves", root / "saves")):
        _link(folder / name, target)
    settings = folder / "llamaboard_cache" / "user_config.yaml"
    if not settings.exists():
        settings.parent.mkdir(exist_ok=True)
        settings.write_text(dump({"lang": "ko", "hub_name": "huggingface", "last_model": "Custom",
                                  "path_dict": {"Custom": str(root / STARTER)}, "cache_dir": None}), encoding="utf-8")
    return folder


def _link(place: Path, target: Path) -> None:
    if place.is_symlink() and place.resolve() == target.resolve():
        return
    try:
        if place.is_symlink():
            place.unlink()
        place.symlink_to(target, target_is_directory=True)
    except OSError as error:
        raise ResourceError(f"a link to {target} could not be made ({error.strerror}).", where=str(place),
                            fix="Remove what stands there; on Windows switch on developer mode, which allows links."
                            ) from error
