"""LLaMA Board's workspace: links to the project and its saves, settings written once."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mundap import board
from mundap.errors import ResourceError


def test_the_workspace_reaches_the_project_and_keeps_what_the_board_saved(project: Path) -> None:
    folder = board.prepare(project)
    assert folder == project / ".board"
    assert (folder / "data" / "dataset_info.json").is_file()
    assert (folder / "saves").resolve() == project / "saves"
    settings = folder / "llamaboard_cache" / "user_config.yaml"
    assert yaml.safe_load(settings.read_text("utf-8"))["lang"] == "ko"
    settings.write_text("lang: en\n", encoding="utf-8")
    assert board.prepare(project) == folder and settings.read_text("utf-8") == "lang: en\n"


def test_a_folder_in_the_links_place_is_told(project: Path) -> None:
    (project / ".board" / "data").mkdir(parents=True)
    with pytest.raises(ResourceError, match="a link to .* could not be made"):
        board.prepare(project)
