"""A run made again from its folder: the same values, rows and model, or every difference by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mundap.errors import ConfigError
from mundap.training import rerun, train
from tests.mundap.training import trained
from tests.mundap.training.trained import recipe

pytestmark = pytest.mark.slow    # each test starts processes of its own, or loads a model


@pytest.fixture
def ready(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project where LLaMA-Factory is the stand-in."""
    return trained.prepare(project, tmp_path, monkeypatch)


def edit_record(folder: Path, **changes: object) -> None:
    file = folder / "mundap_run.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | changes), encoding="utf-8")


def test_a_rerun_trains_the_same_into_a_folder_beside(ready: Path) -> None:
    first = train.run(recipe("max_steps=6", "lora_rank=4")).output_dir
    (ready / "configs/demo/train.yaml").write_text("broken since", encoding="utf-8")
    again = rerun.prepare(first)
    assert again.refusals == again.warnings == ()
    summary = rerun.run(again)
    assert summary.output_dir == first.with_name("lora-rerun") and summary.steps == 6
    assert summary.next_command == ("mundap export configs/demo/export.yaml "
                                    "adapter_name_or_path=saves/demo/lora-rerun")
    then, now = (json.loads((place / "mundap_run.json").read_text("utf-8")) for place in (first, summary.output_dir))
    assert then["fingerprint"] == now["fingerprint"] and now["rerun_of"] == "saves/demo/lora"
    assert now["recipe"] == "configs/demo/train.yaml" and now["overrides"] == ["max_steps=6", "lora_rank=4"]
    assert rerun.compared_losses(first, summary.output_dir) == (
        "losses: the same as the first run's at all 6 logged steps")
    assert rerun.prepare(first).recipe.values["output_dir"] == str(first.with_name("lora-rerun2"))


def test_losses_that_differ_are_told_by_step(ready: Path) -> None:
    first = train.run(recipe("max_steps=4")).output_dir
    second = train.run(recipe("max_steps=4", "output_dir=saves/other")).output_dir
    log = second / "trainer_log.jsonl"
    log.write_text(log.read_text("utf-8").replace('"loss": 1.3333333333333333', '"loss": 1.5'), encoding="utf-8")
    assert rerun.compared_losses(first, second) == (
        "losses: unlike the first run's from step 3 on (1.3333333333333333 then, 1.5 now), at most 0.17 apart")
    log.unlink()
    assert rerun.compared_losses(first, second) == "losses: no step was logged by both runs"


def test_other_rows_columns_or_models_are_refused_by_name(ready: Path) -> None:
    first = train.run(recipe()).output_dir
    rows = ready / "datasets" / "demo.json"
    rows.write_text(rows.read_text("utf-8").replace("매출액", "자본금"), encoding="utf-8")
    info = ready / "dataset_info.json"
    info.write_text(info.read_text("utf-8").replace('"columns"', '"num_samples": 8, "columns"'), encoding="utf-8")
    (ready / "models/gemma-3-270m-ko/config.json").write_text('{"hidden_size": 1}', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        rerun.run(rerun.prepare(first))
    head, *lines = caught.value.what.splitlines()
    assert head == "this run cannot be made again:"
    assert [line.split(":")[0] for line in lines] == [
        "the rows of demo", "how dataset_info.json reads demo", "model_name_or_path"]
    assert caught.value.fix == "Bring them back as they were, or train with what is here now: --force"
    assert not first.with_name("lora-rerun").exists()
    said: list[str] = []
    summary = rerun.run(rerun.prepare(first), force=True, say=said.append)
    assert summary.steps == 4 and len([line for line in said if line.startswith("unlike then: ")]) == 3
    record = json.loads((summary.output_dir / "mundap_run.json").read_text("utf-8"))
    assert record["unlike_then"] == lines


def test_missing_rows_are_told_as_missing(ready: Path) -> None:
    first = train.run(recipe()).output_dir
    (ready / "datasets" / "demo.json").unlink()
    [refusal] = rerun.prepare(first).refusals
    assert refusal.startswith("the rows of demo: ") and refusal.endswith(" then, missing now")


def test_other_versions_and_machines_are_told_and_allowed(ready: Path) -> None:
    first = train.run(recipe()).output_dir
    record = json.loads((first / "mundap_run.json").read_text("utf-8"))
    edit_record(first, versions=record["versions"] | {"torch": "1.0", "gone": "2"}, resumed_from="checkpoint-2",
                machine=record["machine"] | {"processes": 8})
    again = rerun.prepare(first)
    assert again.refusals == () and again.warnings == (
        "gone was 2, is not installed", f"torch was 1.0, is {record['versions']['torch']}",
        "processes was 8, is 1", "that run went on from checkpoint-2; this one starts from the beginning")
    assert rerun.run(again).steps == 4


def test_a_project_that_has_moved_is_found_where_it_is(ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train.run(recipe())
    moved = ready.with_name("옮긴 곳")
    shutil.move(ready, moved)
    monkeypatch.chdir(moved)
    again = rerun.prepare(Path("saves/demo/lora"))
    assert again.refusals == () and again.recipe.values["dataset_dir"] == str(moved)
    assert rerun.run(again).output_dir == moved / "saves" / "demo" / "lora-rerun"


@pytest.mark.parametrize("left", [(), ("mundap_run.json",), ("resolved.yaml",)])
def test_a_folder_without_a_record_is_told(ready: Path, left: tuple[str, ...]) -> None:
    folder = ready / "saves" / "x"
    folder.mkdir(parents=True)
    for name in left:
        (folder / name).write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        rerun.prepare(folder)
    assert str(caught.value) == (f"{folder}: this folder holds no run that mundap has recorded.\n"
                                 "  Give an output_dir with mundap_run.json and resolved.yaml in it.")


def test_a_rerun_into_its_own_folder_is_told(ready: Path) -> None:
    first = train.run(recipe()).output_dir
    with pytest.raises(ConfigError, match="would destroy what it is compared with"):
        rerun.prepare(first, out=Path("saves/demo/lora"))


def test_an_interrupted_rerun_goes_on_when_told(ready: Path) -> None:
    first = train.run(recipe()).output_dir
    out = Path("saves/again")
    rerun.run(rerun.prepare(first, out=out))
    edit_record(ready / out, state="stopped")
    (ready / out / "checkpoint-4" / "trainer_state.json").unlink()
    assert rerun.run(rerun.prepare(first, out=out), mode="resume").resumed_from == "checkpoint-2"
