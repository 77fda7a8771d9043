"""Kinds, levels, glossaries and templates of data.yaml's rows: what is read, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_pool import LEVELS, PROJECT, PROMPTS

from mundap.errors import ConfigError
from mundap.recipe import read
from pipelines.rows.glossary import load_ratios
from pipelines.rows.settings import load_settings, prompt_files
from pipelines.rows.templates import FORMS, load_templates


def rows(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "dataset": "made", "instruction": "configs/prompts/dart/instruction.txt", "decline_text": "없음", "top_k": 3,
        "lines_per_passage": 4, "facts_per_document": 4, "unanswerable_share": 0.1, "single_passage_share": 0.0,
        "synonyms": None, "questions": {"train": "configs/prompts/demo/questions_train.txt",
                                        "eval": "configs/prompts/demo/questions_eval.txt", "folder": "configs/prompts/dart"}}
    return {"rows": given | changes, "seed": 1}


def test_without_kinds_and_levels_everything_is_as_before() -> None:
    plain = load_settings(rows(), PROJECT)
    assert (plain.kinds, plain.forms, plain.levels, plain.terms) == ({"lookup": 1.0}, {}, {}, {})
    assert plain.wanted("lookup", 10) == 10 and plain.wanted("change", 10) == 0


def test_shares_are_of_their_sum_and_only_named_kinds_need_templates() -> None:
    some = load_settings(rows(kinds={"lookup": 3, "change": 1, "share": 0}), PROJECT)
    assert [some.wanted(kind, 100) for kind in ("lookup", "change", "share")] == [75, 25, 0]
    assert set(some.forms) == {"change"}
    with pytest.raises(ConfigError, match="gives every kind a share of 0"):
        load_settings(rows(kinds={"lookup": 0}), PROJECT)


def test_every_file_that_shapes_a_row_is_named_so_that_its_change_makes_new_rows() -> None:
    recipe = rows(kinds={"ranking": 1}, levels=LEVELS, terms="configs/prompts/dart/terms.yaml",
                  ratios="configs/prompts/dart/ratios.yaml")
    named = prompt_files(recipe["rows"])
    assert all((PROJECT / name).is_file() for name in named)
    assert {Path(name).name for name in named} >= {"ranking_companies_eval.txt", "ranking_items_train.txt", "terms.yaml",
                                                   "ratios.yaml", "level_advanced.txt", "questions_train.txt"}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_each_form_has_ten_wordings_for_training_and_four_others_for_evaluation(form: str) -> None:
    names = (*FORMS[form], "prior")
    train, held_out = ({one.text for one in load_templates(PROMPTS / f"dart/{form}_{part}.txt", names, FORMS[form])}
                       for part in ("train", "eval"))
    assert len(train) >= 10 and len(held_out) >= 4 and not train & held_out


def test_a_question_that_leaves_something_open_is_refused(tmp_path: Path) -> None:
    (tmp_path / "share.txt").write_text("{company}의 {year}년 {part} {name}은?\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="does not name {whole}"):
        load_templates(tmp_path / "share.txt", FORMS["share"], FORMS["share"])


def test_a_ratio_has_two_items_and_files_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "ratios.yaml").write_text("부채비율: [부채총계]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="'부채비율' must name two items"):
        load_ratios(str(tmp_path / "ratios.yaml"), tmp_path)
    with pytest.raises(ConfigError, match="there is no such file"):
        load_ratios("none.yaml", tmp_path)
    assert load_ratios(None, tmp_path) == {}


@pytest.mark.parametrize(("override", "problem"), [
    ("rows.kinds={lookup: 1, comparision: 1}", "comparision"), ("rows.kinds.lookup=-1", "lookup"),
    ("rows.levels={상급: {instruction: x.txt}}", "상급"), ("rows.levels={초급: {}}", "instruction")])
def test_unknown_kinds_and_levels_are_refused(override: str, problem: str) -> None:
    from mundap.schema_check import findings

    recipe = read(PROJECT / "configs/dart/data.yaml", overrides=[override])
    assert any(problem in str(found) for found in findings(recipe.given, "data"))


def test_the_dart_recipes_levels_are_the_same_on_both_sides() -> None:
    data, rag = (read(PROJECT / f"configs/dart/{name}.yaml").values for name in ("data", "rag"))
    assert set(rag["levels"]) == set(data["rows"]["levels"]) == {"초급", "중급", "고급"}
    for name, level in rag["levels"].items():
        for key in ("instruction", "top_k", "context_tokens"):
            assert data["rows"]["levels"][name][key] == level[key], (name, key)
        assert level["max_new_tokens"] >= 128
    assert data["rows"]["top_k"] == rag["retrieval"]["top_k"]
