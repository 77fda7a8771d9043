"""The command's own part of an evaluation: forms and earlier reports, around the run itself."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mundap.cli.evaluating import whole
from mundap.errors import ConfigError
from mundap.paths import resolve
from mundap.recipe import Recipe
from tests.rag.evaluation.running import Project, asking, system


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = Project(tmp_path, monkeypatch)
    monkeypatch.setattr(whole, "load", lambda *_, **__: SimpleNamespace(values=made.rag))
    return made


def recipe(project: Project, *systems: dict[str, Any], **more: Any) -> Recipe:
    return cast(Recipe, SimpleNamespace(values=asking(*systems, **more), project=project.folder))


def test_a_form_that_is_none_is_told_before_anything_is_asked(project: Project) -> None:
    with pytest.raises(ConfigError, match="there is no form 'ragass'"):
        whole.evaluate(recipe(project), forms=["csv", "ragass"])
    assert project.asked == 0


def test_a_system_without_questions_is_reported_and_not_exported(project: Project) -> None:
    true = system("true chunk", context="oracle", levers=False)
    whole.evaluate(recipe(project, system(), true, limit={"answerable": 0}), forms=["csv"])
    folder = resolve("reports/demo", project.folder)
    assert (folder / "report.html").is_file()
    assert [file.parent.name for file in folder.glob("exported/*/*")] == ["tuned"]
