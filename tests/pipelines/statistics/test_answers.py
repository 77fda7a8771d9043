"""Every generated answer is right: recomputed with pandas from the raw files, the committed ones and 500 of real ones."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from recomputed import frame, wrong

from mundap.grounding import check
from mundap.prompt import INPUT_HEADER, Passage, build_input
from pipelines.statistics.dataset import Dataset, read_dataset
from pipelines.statistics.questions import Asked, group_of, questions
from pipelines.statistics.templates import load_wordings
from pipelines.statistics.unanswered import unanswered
from pipelines.statistics.wording import fact

ROOT = Path(__file__).resolve().parents[3]
RECIPE = yaml.safe_load((ROOT / "configs/hira/data.yaml").read_text(encoding="utf-8"))
WORDINGS = load_wordings(ROOT / "configs/prompts/hira/questions.yaml", ROOT)
SAMPLES = os.environ.get("MUNDAP_SAMPLES")
DECLINE = RECIPE["rows"]["decline_text"]
SOURCES = {"3단": 0, "의료행위": 1}


def rows(name: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((ROOT / "datasets" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def passages(row: dict[str, str]) -> list[Passage]:
    made = []
    for block in row["input"].removeprefix(INPUT_HEADER).split("\n\n")[:-1]:
        head, *lines = block.split("\n")
        number, _, title = head[1:].partition("] ")
        made.append(Passage(number=int(number), head=title, lines=tuple(lines)))
    return made


@pytest.mark.parametrize("name", ["hira", "hira_eval"])
def test_every_committed_answer_is_what_the_raw_table_gives(name: str) -> None:
    tables = {"상병": frame(ROOT / RECIPE["sources"][0]["path"]), "행위": frame(ROOT / RECIPE["sources"][1]["path"])}
    answered = [row for row in rows(name) if row["kind"] != "unanswerable" and not row.get("how")]
    assert len(answered) > 40
    assert [why for row in answered
            if (why := wrong(row["kind"], row["question"], row["output"], tables[row["company"][:2]]))] == []


def test_an_augmented_row_answers_as_the_row_it_comes_from() -> None:
    known = {row["id"]: row for row in rows("hira")}
    further = [row for row in known.values() if row["how"]]
    assert 0.2 < len(further) / len(known) < 0.3 and not any(row.get("how") for row in rows("hira_eval"))
    for row in further:
        origin = known[row["augmented_from"]]
        same = ("kind", "instruction", "output", "chunk_ids", "gold_value", "gold_line", "company", "fiscal_year")
        assert all(row[column] == origin[column] for column in same) and row["question"] != origin["question"]


@pytest.mark.parametrize("name", ["hira", "hira_eval"])
def test_every_committed_row_is_grounded_and_is_the_prompt_builders(name: str) -> None:
    for row in rows(name):
        assert build_input(passages(row), row["question"]) == row["input"]
        if row["kind"] == "unanswerable":
            assert row["output"] == DECLINE and row["reason"] in ("other_year", "other_item", "not_additive")
        else:
            found = check(row["output"], passages(row))
            assert found.ok and found.claims, row["output"]


def test_no_code_is_in_both_parts() -> None:
    train, held = ({row["company"] for row in rows(name)} for name in ("hira", "hira_eval"))
    assert train and held and not train & held


def real(part: str) -> tuple[Dataset, Any]:
    file = next((Path(str(SAMPLES)) / "hira" / "csv").glob(f"*{part}*.csv"))
    return read_dataset(file, ROOT, RECIPE["sources"][SOURCES[part]]), frame(file)


def asked_of(data: Dataset, groups: int) -> list[Asked]:
    rng = random.Random(7)
    found: list[Asked] = []
    for name in rng.sample(list(data.records), groups):
        made = questions(group_of(data, name), WORDINGS, rng.choice(["train", "eval"]), rng)
        found += [asked for kind in made.values() for asked in kind[:2]]
    return found


@pytest.mark.slow
@pytest.mark.skipif(not SAMPLES, reason="MUNDAP_SAMPLES names no folder of real files")
@pytest.mark.parametrize("part", ["3단", "의료행위"])
def test_500_answers_from_each_real_table_are_right(part: str) -> None:
    data, table = real(part)
    found = asked_of(data, 200)[:500]
    assert len(found) == 500 and len({asked.kind for asked in found}) == 5   # one year: no change
    assert [why for asked in found if (why := wrong(asked.kind, asked.question, asked.answer, table))] == []


def committed(at: int) -> Dataset:
    return read_dataset(ROOT / RECIPE["sources"][at]["path"], ROOT, RECIPE["sources"][at])


@pytest.mark.slow
@pytest.mark.parametrize("at", [0, 1])
def test_all_questions_of_a_table_not_only_those_drawn(at: int) -> None:
    data, table = committed(at), frame(ROOT / RECIPE["sources"][at]["path"])
    for name in list(data.records)[:3]:
        made = questions(group_of(data, name), WORDINGS, "train", random.Random(1))
        assert all(made.values())
        for asked in (one for kind in made.values() for one in kind):
            assert not wrong(asked.kind, asked.question, asked.answer, table)
            assert "  " not in asked.question and "{" not in asked.question + asked.answer


def test_nobody_adds_up_patients() -> None:
    data = committed(0)
    group = group_of(data, "K35")
    derived = [figure for _, figure in (*group.of("total"), *group.of("share"))]
    assert derived and {figure.measure.name for figure in derived} == {"명세서청구건수", "입내원일수", "보험자부담금",
                                                                        "요양급여비용총액"}
    asked = unanswered(group, WORDINGS, "train", random.Random(1))
    assert {one.reason for one in asked} == {"other_year", "other_item", "not_additive"}
    assert any("환자 수" in one.question for one in asked if one.reason == "not_additive")
    assert not any(int(one.question.split("년")[0][-4:]) in data.years for one in asked if one.reason == "other_year")


def test_lines_of_a_group_are_told_apart() -> None:
    data = committed(1)
    for name in data.records:
        lines = [fact(data.spec, name, year, figure).line for year, figures in group_of(data, name).years.items()
                 for figure in figures]
        assert len(lines) == len(set(lines))


@pytest.mark.slow
@pytest.mark.real_home
def test_the_committed_rows_and_tables_are_built_byte_for_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mundap.recipe import load
    from pipelines.data import run
    from pipelines.samples.hira_tables import write

    for file in write(tmp_path / "raw"):
        assert file.read_bytes() == (ROOT / "datasets/raw/hira" / file.name).read_bytes()
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(ROOT / "models")
    monkeypatch.setenv("MUNDAP_HOME", str(home))
    values = load(ROOT / "configs/hira/data.yaml", kind="data", overrides=[f"rows.output={tmp_path}"]).values
    report = run(values, ROOT, lambda line: None)
    for name in ("hira.json", "hira_eval.json", "hira.rejects.jsonl"):
        assert (tmp_path / name).read_bytes() == (ROOT / "datasets" / name).read_bytes()
    cleaned = home / "data/hira/cleaned"
    lines = {part: (cleaned / f"{part}.jsonl").read_text(encoding="utf-8").splitlines() for part in ("train", "val", "test")}
    assert len(lines["train"]) == report.counts["rows"]["train"] and all(lines.values())
    assert len(lines["val"]) + len(lines["test"]) == report.counts["rows"]["eval"]
    row = json.loads(lines["train"][0])
    assert set(row) == {"instruction", "input", "output", "metadata"} and "[1]" not in row["output"]
    assert set(row["metadata"]) == {"category", "source", "year"} and isinstance(row["metadata"]["year"], int)
    assert {file.name for file in (home / "data/hira/raw").iterdir()} == {"disease_by_sex.csv", "procedures_by_province.csv"}
