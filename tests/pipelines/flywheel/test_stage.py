"""Feedback written: files, registry, rejects, card and manifest; twice the same, and gone when its judgements are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mundap.errors import ConfigError
from mundap.recipe import load
from pipelines import manifest
from pipelines.flywheel.judgement import Judgements, Thresholds
from pipelines.flywheel.recipes import Beside, texts, write_recipes
from pipelines.flywheel.rows import KINDS
from pipelines.flywheel.stage import Feedback, Written, collect, counts, write
from tests.pipelines.flywheel.made_judgements import DECLINE, INVENTED, RIGHT, WRONG, rated, shown, voted

ROOT = Path(__file__).resolve().parents[3]
ALL = Judgements(ratings=(rated(5), rated(1, shown(WRONG), corrected=RIGHT), rated(2, shown(INVENTED), corrected=INVENTED)),
                 votes=(voted("left"), voted("tie", rater="rater-2")), unreadable=1)
REGISTRY = b'{\n  "mine": {"file_name": "a.json",   "columns": {"prompt":"q"}}   }\n'


def collected(project: Path, judgements: Judgements = ALL) -> Feedback:
    return collect(judgements, domain="demo", decline_text=DECLINE, thresholds=Thresholds(), project=project)


@pytest.fixture
def written(project: Path) -> Written:
    (project / "dataset_info.json").write_bytes(REGISTRY)
    return write(collected(project), project)


def test_what_is_written_is_registered_and_accounted_for(project: Path, written: Written) -> None:
    rows = {kind: json.loads(path.read_text(encoding="utf-8")) for kind, path in written.files.items()}
    assert {kind: len(rows[kind]) for kind in KINDS} == {"sft": 1, "kto": 3, "dpo": 1}
    assert [type(row["kto_tag"]) for row in rows["kto"]] == [bool] * 3
    assert written.registered == ("demo_feedback_sft", "demo_feedback_kto", "demo_feedback_dpo")
    text = (project / "dataset_info.json").read_bytes()
    assert text.startswith(REGISTRY.rstrip()[:-1].rstrip()) and text.isascii()
    entries = json.loads(text)
    assert list(entries) == ["mine", *written.registered]
    for kind in KINDS:
        entry = entries[f"demo_feedback_{kind}"]
        assert (project / entry["file_name"]) == written.files[kind]
        assert set(entry["columns"].values()) <= set(rows[kind][0])
    assert entries["demo_feedback_dpo"]["ranking"] is True
    rejects = [json.loads(line) for line in written.rejects.read_text(encoding="utf-8").splitlines()]
    assert [(one["part"], one["reason"]) for one in rejects] == [("sft", "not_grounded"), ("dpo", "tie")]
    told = json.loads(written.manifest.read_text(encoding="utf-8"))
    assert told["counts"] == counts(collected(project)) and told["counts"]["unreadable"] == 1
    assert told["datasets"][written.files["kto"].name] == manifest.file_hash(written.files["kto"])
    card = written.card.read_text(encoding="utf-8")
    assert "| kto | 3 | 3 | 0 |" in card and "not_grounded" in card and "there is no evaluation" in card
    assert "visitor" not in card + "".join(map(str, rows))


def test_the_same_judgements_give_the_same_bytes(project: Path, written: Written) -> None:
    files = [*written.files.values(), written.rejects, written.card, written.manifest, project / "dataset_info.json"]
    before = [file.read_bytes() for file in files]
    again = write(collected(project), project)
    assert [file.read_bytes() for file in files] == before and again.registered == ()
    assert not list(project.rglob("*.tmp"))


def test_judgements_that_are_gone_are_not_trained_on_any_more(project: Path, written: Written) -> None:
    again = write(collected(project, Judgements(ratings=(rated(5),))), project)
    assert set(again.files) == {"kto"} and not written.files["dpo"].exists() and not written.files["sft"].exists()
    assert collected(project, Judgements(ratings=(rated(5),))).one_label and not collected(project).one_label
    assert collected(project, Judgements()).empty


def test_another_entry_of_the_name_is_somebodys_own(project: Path) -> None:
    own = b'{"demo_feedback_sft": {"file_name": "mine.json"}}'
    (project / "dataset_info.json").write_bytes(own)
    with pytest.raises(ConfigError, match="demo_feedback_sft is registered already"):
        write(collected(project), project)
    assert (project / "dataset_info.json").read_bytes() == own
    assert not (project / "datasets/demo_feedback_sft.json").exists()


@pytest.mark.parametrize("before", [b"{}", b"{\n}\n", REGISTRY])
def test_the_registry_may_be_empty(project: Path, before: bytes) -> None:
    (project / "dataset_info.json").write_bytes(before)
    write(collected(project), project)
    entries = json.loads((project / "dataset_info.json").read_bytes())
    assert len([name for name in entries if name.startswith("demo_feedback_")]) == 3


def test_the_demos_recipes_are_what_would_be_written() -> None:
    """The committed files follow train.yaml, chat.yaml and export.yaml: delete them and run mundap feedback after a change."""
    beside = Beside.read(ROOT / "configs/demo", ROOT)
    for kind in KINDS:
        for name, text in texts(beside, kind, "demo").items():
            assert (ROOT / "configs/demo" / name).read_text(encoding="utf-8") == text, name


@pytest.mark.parametrize("domain", ["dart", "civil_law", "hira", "insurance"])
def test_recipes_of_other_domains_can_be_trained_with(project: Path, domain: str) -> None:
    info = (ROOT / "dataset_info.json").read_text(encoding="utf-8")
    (project / "dataset_info.json").write_text(info, encoding="utf-8")
    feedback = collect(ALL, domain=domain, decline_text=DECLINE, thresholds=Thresholds(), project=project)
    write(feedback, project)
    folder = project / "configs" / domain
    recipes = write_recipes(folder, domain, project)
    assert len(recipes) == 9 and write_recipes(folder, domain, project) == [], "what is there is its owner's"
    from mundap.checking import check

    problems = [str(one) for file in recipes for one in check.check(file) if not one.later
                and f"datasets/{domain}" not in one.what]   # the domain's own rows are not in this copy
    assert problems == []
    kto = load(folder / "train_kto.yaml").values
    assert (kto["stage"], kto["model_name_or_path"]) == ("kto", load(folder / "export.yaml").values["export_dir"])
    assert "eval_dataset" not in kto and "packing" not in kto
