"""The dataset card: made from a manifest, the same each time, with a command that makes the very same rows."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import DataError
from mundap.recipe import load
from pipelines.card import dataset_card, rebuild_command, write_card
from pipelines.manifest import file_hash


def written(project: Path, *overrides: str) -> dict[str, Any]:
    """Return a manifest as the data stage writes it, for the dataset that the project holds."""
    config = load(project / "configs/demo/data.yaml", overrides=overrides, kind="data").values
    file = project / "datasets/demo.json"
    return {"config": config, "inputs": {f"datasets/raw/{at}.xml": f"{at:064d}" for at in range(45)}, "seed": 42,
            "code_hash": "ab" * 32, "versions": {"lxml": "6.0", "kiwipiepy": ""},
            "datasets": {"demo.json": file_hash(file)},
            "counts": {"documents": 3, "chunks": {"facts": 5, "parent": 4}, "rejects": {"duplicate": 2},
                       "rows": {"in": 17, "train": 12, "eval": 3, "rejects": 2},
                       "kinds": {"train": {"fact": 9, "qa": 3}, "eval": {"fact": 3}}}}


def test_the_card_tells_sources_counts_filters_and_the_command(project: Path) -> None:
    recipe = project / "configs/demo/data.yaml"
    card = dataset_card(written(project), recipe, project)
    assert card.startswith("# Dataset demo\n") and "| `datasets/raw/0.xml` | `" + "0" * 64 + "` |" in card
    assert "and 5 more; SHA-256 over all 45 lines" in card and "| datasets/raw/demo/dart | dart_xml |" in card
    assert "17 rows tried, 12 kept to train on, 3 held out, 2 dropped." in card and "| fact | 9 | 75.0% | 3 |" in card
    assert "| duplicate | 2 |" in card and "Empty fields, exact duplicates" in card and "By company" in card
    assert "mundap data configs/demo/data.yaml --force\n" in card and "lxml 6.0, and code of hash" in card
    assert "→ 0원" in card and str(project) not in card
    assert card == dataset_card(written(project), recipe, project)


def test_values_laid_over_the_recipe_are_in_the_command(project: Path) -> None:
    recipe = project / "configs/demo/data.yaml"
    over = ("seed=7", "sources.0.path=datasets/raw/내 폴더", "rows.qa=false", "filters.truncated.nominal_endings=true")
    command = rebuild_command(written(project, *over)["config"], recipe, project)
    words = shlex.split(command)
    assert words[:3] == ["mundap", "data", "configs/demo/data.yaml"] and words[-1] == "--force"
    again = load(recipe, overrides=words[3:-1], kind="data").values
    assert again == load(recipe, overrides=over, kind="data").values
    card = dataset_card(written(project, *over), recipe, project)
    assert "- truncated: nominal_endings true" in card and "- near_duplicate: min_similarity 0.8" in card


def test_a_changed_dataset_is_told_and_one_without_rows_refused(project: Path) -> None:
    recipe, told = project / "configs/demo/data.yaml", written(project)
    (project / "datasets/demo.json").write_text(json.dumps([{"instruction": "a", "input": "b", "output": "c"}]))
    path = write_card(told, recipe, project, project / "docs" / "demo.card.md")
    assert "`datasets/demo.json` is no longer the file that this run wrote." in path.read_text(encoding="utf-8")
    with pytest.raises(DataError, match="no rows"):
        dataset_card({**told, "config": {**told["config"], "rows": None}}, recipe, project)
