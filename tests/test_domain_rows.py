"""The rows of the HIRA domain written by hand: traced to their raw files, and no figure their own prompt does not hold.

Not judged: whether the Korean is good, and whether an answer is complete.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections import Counter
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import product
from pathlib import Path

import pytest

from mundap.chunk import chunk_id
from mundap.grounding import check, figures, normalise_value
from mundap.prompt import INPUT_HEADER, Passage, build_input
from mundap.question import analyse
from rag.evidence import best_lines
from rag.verify import verify

ROOT = Path(__file__).resolve().parent.parent
RAW = ROOT / "datasets" / "raw"
Row = dict[str, str]
# Dataset -> how many rows of each kind. About 15% have no answer.
KINDS = {
    "hira": {"fact": 39, "ranking": 2, "unanswerable": 7},
    "hira_eval": {"fact": 11, "ranking": 1, "unanswerable": 2},
}
DECLINE = {"hira": "통계에 해당 내용이 없습니다."}
PAIRS = [("hira", "hira_eval")]
COLUMNS = {"id", "kind", "instruction", "input", "output", "question", "source", "chunk_ids", "gold_chunk", "gold_line",
           "gold_value", "gold_unit", "reason"}
MAX_ALIKE = 0.7   # letters in common; above it an evaluation question is a training question with a word changed
TITLES = {"imaging_by_province": "건강보험 적용 MRI·CT 검사(가상 통계)",
          "frequent_diseases": "외래 다빈도 상병(가상 통계)",
          "institutions_by_type": "종별 요양기관(가상 통계)"}


@lru_cache
def rows(name: str) -> tuple[Row, ...]:
    """Return the rows of a dataset."""
    return tuple(json.loads((ROOT / "datasets" / f"{name}.json").read_text(encoding="utf-8")))


def domain(name: str) -> str:
    """Return the domain a dataset belongs to."""
    return name.partition("_")[0]


def passages_of(row: Row) -> list[Passage]:
    """Return the passages an input quotes, each with the chunk the row names for it."""
    blocks = row["input"].removeprefix(INPUT_HEADER).split("\n\n")[:-1]
    found = []
    for number, (block, chunk) in enumerate(zip(blocks, json.loads(row["chunk_ids"]), strict=True), start=1):
        head, *lines = block.split("\n")
        assert head.startswith(f"[{number}] ")
        found.append(Passage(number=number, head=head.removeprefix(f"[{number}] "), lines=tuple(lines), chunk_id=chunk))
    return found


def table(name: str) -> list[Row]:
    """Return the rows of an invented table, below the line that says it is invented."""
    with (RAW / "hira" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        assert file.readline().startswith("예시 통계 (가상의 수치): ")
        return list(csv.DictReader(file))


def stated(row: Row, subject: str, skip: int) -> list[str]:
    """Return a table row's figures as fact lines, from column `skip` on: "2022년 서울 MRI 검사건수: 1,234건"."""
    found = []
    for header in list(row)[skip:]:
        item, _, unit = header.rstrip(")").partition("(")
        found.append(f"{subject} {item}: {int(row[header]):,}{unit}")
    return found


@lru_cache
def table_chunks() -> dict[str, tuple[str, list[str]]]:
    """Return chunk id -> (head, lines) for the tables: by province and year, by disease and year, by year."""
    groups: dict[tuple[str, str], list[str]] = {}
    for row in table("imaging_by_province"):
        place = f"{row['진료년도']}년 {row['시도']}"
        groups.setdefault(("imaging_by_province", place), []).extend(stated(row, f"{place} {row['검사구분']}", 3))
    for row in table("frequent_diseases"):
        year, named = f"{row['진료년도']}년", f"{row['상병명']}({row['주상병코드']})"
        groups.setdefault(("frequent_diseases", f"{year} 순위"), []).append(
            f"{year} 외래 다빈도 상병 {row['순위']}위: {named}")
        groups.setdefault(("frequent_diseases", f"{year} {row['주상병코드']}"), []).extend(
            stated(row, f"{year} 외래 {named}", 4))
    for row in table("institutions_by_type"):
        end = f"{row['기준년도']}년 말"
        groups.setdefault(("institutions_by_type", end), []).extend(stated(row, f"{end} {row['종별']}", 2))
    positions: Counter[str] = Counter()
    found = {}
    for (name, section), lines in groups.items():
        positions[name] += 1
        found[chunk_id(name, positions[name], "\n".join(lines))] = (f"{TITLES[name]} > {section}", lines)
    return found


def cells(name: str, row: Row) -> set[str]:
    """Return what a row's passages are about: table and year."""
    return {f"{passage.chunk_id.split(':')[0]} {year}" for passage in passages_of(row)
            for line in (passage.head, *passage.lines) for year in re.findall(r"20\d\d(?=년)", line)}


def answered(name: str) -> list[Row]:
    """Return a dataset's rows that have an answer."""
    return [row for row in rows(name) if row["kind"] != "unanswerable"]


def question_of(row: Row) -> str:
    """Return what a row asks, letters and digits only, so that the same words count as the same question."""
    return re.sub(r"[^0-9A-Za-z가-힣]", "", row.get("question", row["instruction"]))


@pytest.mark.parametrize("name", KINDS)
def test_registered_with_every_column_used(name: str) -> None:
    entry = json.loads((ROOT / "dataset_info.json").read_text(encoding="ascii"))[name]
    assert entry == {"file_name": f"datasets/{name}.json",
                     "columns": {"prompt": "instruction", "query": "input", "response": "output"}}


@pytest.mark.parametrize("name", KINDS)
def test_every_column_of_every_row_is_text_in_nfc(name: str) -> None:
    wanted = COLUMNS | {"category", "year"}
    for row in rows(name):
        assert set(row) == wanted
        assert all(type(value) is str and unicodedata.is_normalized("NFC", value) for value in row.values())
        assert all(row[column].strip() == row[column] != "" for column in ("instruction", "input", "output", "source"))


@pytest.mark.parametrize("name", KINDS)
def test_kinds_and_share_without_an_answer(name: str) -> None:
    found = Counter(row["kind"] for row in rows(name))
    assert found == KINDS[name]
    assert 0.13 <= found["unanswerable"] / found.total() <= 0.17


def test_no_row_id_or_question_twice() -> None:
    ids = [row["id"] for name in KINDS for row in rows(name)]
    questions = [question_of(row) for name in KINDS for row in rows(name)]
    assert len(ids) == len(set(ids)) and len(questions) == len(set(questions))


@pytest.mark.parametrize("name", KINDS)
def test_instruction_is_the_prompt_file(name: str) -> None:
    text = (ROOT / "configs" / "prompts" / domain(name) / "instruction.txt").read_text(encoding="utf-8")
    assert {row["instruction"] for row in rows(name)} == {text.removesuffix("\n")}


@pytest.mark.parametrize("name", KINDS)
def test_input_is_what_the_prompt_builder_makes(name: str) -> None:
    for row in rows(name):
        assert build_input(passages_of(row), row["question"]) == row["input"]


@pytest.mark.parametrize("name", KINDS)
def test_passages_are_the_raw_files_own_lines_in_order(name: str) -> None:
    known = table_chunks()
    for row in rows(name):
        for passage in passages_of(row):
            head, lines = known[passage.chunk_id]
            assert passage.head == head
            assert [line for line in lines if line in passage.lines] == list(passage.lines)


@pytest.mark.parametrize("name", KINDS)
def test_every_figure_and_date_stands_in_the_prompt(name: str) -> None:
    for row in answered(name):
        report = check(row["output"], passages_of(row))
        assert report.ok and report.claims, (row["output"], report.unsupported)
        assert not any(claim.derived for claim in report.claims), row["output"]   # read, never computed
        kinds = {claim.claim.kind for claim in report.claims}
        assert kinds & {"amount", "count", "code"}, row["output"]


@pytest.mark.parametrize("name", KINDS)
def test_a_changed_figure_does_not_stand(name: str) -> None:
    for row in answered(name):
        wrong = re.sub(r"(\d)(?=천원|명|건|일입|개소|병상|위는)", lambda match: str(9 - int(match[1])), row["output"])
        assert wrong != row["output"] and not check(wrong, passages_of(row)).ok, wrong


@pytest.mark.parametrize("name", KINDS)
def test_only_a_row_without_an_answer_declines_and_in_the_exact_words(name: str) -> None:
    for row in rows(name):
        blank = row["kind"] == "unanswerable"
        assert (row["output"] == DECLINE[domain(name)]) is blank and bool(row["reason"]) is blank
        assert blank or not re.search(r"해당 내용이 없|알 수 없|명시되어 있지 않", row["output"])


@pytest.mark.parametrize("name", KINDS)
def test_gold_columns_are_what_the_evaluation_reads(name: str) -> None:
    for row in rows(name):
        quoted = [line for passage in passages_of(row) for line in passage.lines]
        assert bool(row["gold_chunk"]) is (row["kind"] != "unanswerable")
        assert bool(row["gold_value"]) is bool(row["gold_unit"])
        assert row["gold_value"] or row["kind"] != "fact"   # a fact without one counts as unanswerable there
        if row["gold_chunk"]:
            assert row["gold_chunk"] in json.loads(row["chunk_ids"])
        if row["gold_value"]:
            gold = normalise_value(row["gold_value"], row["gold_unit"])
            assert row["gold_line"] in quoted
            assert gold in [claim.value for claim in figures(row["output"])]
            assert gold in [claim.value for claim in figures(row["gold_line"])]


@pytest.mark.parametrize(("training", "evaluation"), PAIRS)
def test_evaluation_shares_no_question_or_table_year_with_training(training: str, evaluation: str) -> None:
    seen = {cell for row in rows(training) for cell in cells(training, row)}
    asked = {cell for row in rows(evaluation) for cell in cells(evaluation, row)}
    assert seen and asked and not seen & asked
    for one, other in product(rows(training), rows(evaluation)):
        alike = SequenceMatcher(None, question_of(one), question_of(other)).ratio()
        assert alike <= MAX_ALIKE, (question_of(one), question_of(other))


@pytest.mark.parametrize("name", ["hira", "hira_eval"])
def test_the_app_reads_the_same_line_of_a_table_and_lets_the_answer_stand(name: str) -> None:
    for row in rows(name):
        question, passages = analyse(row["question"]), passages_of(row)
        assert row["year"] == ", ".join(str(year) for year in question.years)
        verdict = verify(question, row["output"], passages, decline_text=DECLINE["hira"], policy="abstain")
        if row["kind"] == "unanswerable":
            assert verdict.status == "declined" and not best_lines(question, passages), row["question"]
            continue
        assert verdict.status in ("verified", "repaired") and not verdict.struck, row["question"]
        if row["kind"] == "fact":
            found = {passages[number - 1].lines[at] for number, at in best_lines(question, passages)}
            assert found == {row["gold_line"]}, row["question"]


def test_the_tables_add_up_and_rank_by_patients() -> None:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in table("imaging_by_province"):
        groups.setdefault((row["진료년도"], row["검사구분"]), []).append(row)
    for whole, *provinces in groups.values():
        assert whole["시도"] == "전국" and len(provinces) == 17
        for column in ("검사건수(건)", "요양급여비용총액(천원)"):
            assert int(whole[column]) == sum(int(row[column]) for row in provinces)
        assert int(whole["환자수(명)"]) < sum(int(row["환자수(명)"]) for row in provinces)   # one may go to two
    diseases = table("frequent_diseases")
    by_patients = sorted(diseases, key=lambda row: (row["진료년도"], -int(row["환자수(명)"])))
    assert diseases == by_patients and [row["순위"] for row in diseases[:10]] == [str(rank) for rank in range(1, 11)]
