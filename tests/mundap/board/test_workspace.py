"""LLaMA Board's workspace: links to the project and its saves, and what was saved there is never lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from mundap.board import opening, workspace
from mundap.errors import ResourceError
from mundap.recipe import load


def test_the_workspace_reaches_the_project_and_keeps_what_the_board_saved(project: Path) -> None:
    folder = workspace.prepare(project)
    assert folder == project / ".board"
    assert (folder / "data" / "dataset_info.json").is_file()
    assert (folder / "saves").resolve() == project / "saves"
    settings = folder / "llamaboard_cache" / "user_config.yaml"
    assert yaml.safe_load(settings.read_text("utf-8"))["lang"] == "ko"
    settings.write_text("lang: en\n", encoding="utf-8")
    assert workspace.prepare(project) == folder and settings.read_text("utf-8") == "lang: en\n"


def test_a_folder_in_the_links_place_is_told(project: Path) -> None:
    (project / ".board" / "data").mkdir(parents=True)
    with pytest.raises(ResourceError, match="a link to .* could not be made"):
        workspace.prepare(project)


def test_a_recipe_has_a_workspace_of_its_own(project: Path) -> None:
    recipe = load("configs/demo/train.yaml", overrides=["hub_token=geheim", "lora_rank=4"])
    ready = opening.filled(recipe, 7861)
    assert workspace.settle(recipe, ready.form, ready.page) == ""
    folder = project / ".board" / "demo-train"
    assert (folder / "data").resolve() == project and (folder / "saves").resolve() == project / "saves"
    settings = yaml.safe_load((folder / workspace.SETTINGS).read_text("utf-8"))
    assert settings["last_model"] == "Custom"
    assert settings["path_dict"] == {"Custom": str(project / "models/gemma-3-270m-ko")}
    assert yaml.safe_load((folder / "llamaboard_config/demo-train.yaml").read_text("utf-8")) == ready.form.elements
    opened = json.loads((folder / "opened.json").read_text("utf-8"))
    assert opened["recipe"] == "configs/demo/train.yaml"
    assert (opened["file"]["lora_rank"], opened["values"]["lora_rank"]) == (16, 4)
    assert not any("geheim" in file.read_text("utf-8") for file in folder.glob("*/*.yaml"))
    assert "geheim" not in (folder / "opened.json").read_text("utf-8")


def test_a_form_saved_on_the_page_is_moved_away_when_the_recipe_is_opened_again(project: Path) -> None:
    recipe = load("configs/demo/train.yaml")
    ready = opening.filled(recipe, 7861)
    workspace.settle(recipe, ready.form, ready.page)
    saved = project / ".board/demo-train/llamaboard_config/demo-train.yaml"
    assert workspace.settle(recipe, ready.form, ready.page) == "", "nobody touched it"
    saved.write_text("train.learning_rate: '1'\n", encoding="utf-8")
    os.utime(saved, (1_800_000_000, 1_800_000_000))
    kept = workspace.settle(recipe, ready.form, ready.page)
    assert kept.startswith(".board/demo-train/llamaboard_config/demo-train_saved_20270115_")
    assert (project / kept).read_text("utf-8") == "train.learning_rate: '1'\n"
    assert yaml.safe_load(saved.read_text("utf-8")) == ready.form.elements


def test_workspaces_of_two_recipes_differ(project: Path) -> None:
    names = [workspace.slug(load(file)) for file in sorted((project / "configs").glob("*/train*.yaml"))]
    assert len(set(names)) == len(names) > 5
