"""Under which settings an answer was made: every text that shapes it counts, for every recipe that ships."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mundap.recipe import load
from rag.kept_answers import identity

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted(ROOT.glob("configs/*/rag*.yaml"))


def endpoint(path: Path, project: Path) -> dict[str, Any]:
    """Return a recipe's values with an endpoint, whose model needs no weights here."""
    return {**load(path).values, "generation": {"generator": "endpoint", "base_url": "http://127.0.0.1:1/v1", "model": "m"}}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_shipped_recipe_has_an_identity(path: Path) -> None:
    own = endpoint(path, ROOT)
    assert identity(own, {"rows": 1}, ROOT) == identity(own, {"rows": 1}, ROOT)
    assert identity(own, {"rows": 1}, ROOT) != identity(own, {"rows": 2}, ROOT)


@pytest.mark.parametrize("name", ["instruction.txt", "level.txt", "synonyms.yaml", "terms.yaml", "system.txt", "jeonse.txt"])
def test_a_changed_text_is_another_identity(tmp_path: Path, name: str) -> None:
    files = ("instruction.txt", "level.txt", "synonyms.yaml", "terms.yaml", "system.txt", "jeonse.txt")
    for file in files:
        (tmp_path / file).write_text("하나", encoding="utf-8")
    own = {"retrieval": {}, "generation": {"generator": "endpoint"}, "verification": {}, "synonyms": "synonyms.yaml",
           "terms": "terms.yaml", "levels": {"초급": {"instruction": "level.txt"}, "중급": {"max_new_tokens": 9}},
           "prompt": {"instruction": "instruction.txt", "system": "system.txt", "systems": {"전세사기": "jeonse.txt"}}}
    before = identity(own, {}, tmp_path)
    (tmp_path / name).write_text("둘", encoding="utf-8")
    assert identity(own, {}, tmp_path) != before
