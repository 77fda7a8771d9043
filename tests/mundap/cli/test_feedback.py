"""`mundap feedback`: rows, recipes and registry from a database; what is missing is told, and a rehearsal writes nothing."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mundap.cli.main import app
from mundap.errors import DataError
from tests.webui.judged import seed
from webui.storage.database import Database

RECIPE = "configs/demo/rag.yaml"


@pytest.fixture
def judged(project: Path) -> Path:
    with closing(Database(project / "talks/talks.sqlite")) as database:
        seed(database)
    return project


def test_it_writes_rows_that_pass_the_check(judged: Path) -> None:
    done = CliRunner().invoke(app, ["feedback", RECIPE], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "rows: datasets/demo_feedback_kto.json" in done.stdout
    assert "next: mundap train configs/demo/train_kto.yaml" in done.stdout
    rows = json.loads((judged / "datasets/demo_feedback_kto.json").read_text(encoding="utf-8"))
    instruction = (judged / "configs/prompts/demo/instruction.txt").read_text(encoding="utf-8").strip()
    assert {row["instruction"] for row in rows} == {instruction}
    checked = CliRunner().invoke(app, ["check", "configs/demo/train_kto.yaml", "configs/demo/train_dpo.yaml"],
                                 catch_exceptions=False)
    assert checked.exit_code == 0 and "0 problems" in checked.output


def test_a_rehearsal_counts_and_writes_nothing(judged: Path) -> None:
    before = sorted(judged.rglob("*"))
    done = CliRunner().invoke(app, ["feedback", RECIPE, "--dry-run", "--json", "--good", "5"], catch_exceptions=False)
    told = json.loads(done.stdout)
    assert told["kto"] == {"in": 4, "rows": 2, "rejects": {"undecided": 2}, "labels": {"true": 1, "false": 1}, "masked": 0}
    assert told["written"] == {} and [path for path in sorted(judged.rglob("*")) if "sqlite" not in path.name] == [
        path for path in before if "sqlite" not in path.name]


def test_without_a_database_nobody_has_rated(project: Path) -> None:
    with pytest.raises(DataError, match="nobody has rated"):
        CliRunner().invoke(app, ["feedback", RECIPE], catch_exceptions=False)
    assert not (project / "talks").exists()


def test_no_score_is_both(project: Path) -> None:
    assert CliRunner().invoke(app, ["feedback", RECIPE, "--good", "2", "--bad", "2"]).exit_code == 2
