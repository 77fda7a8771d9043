"""The insurance rows as committed: grounded, cited, split by article, declined in the exact words, rebuilt byte for byte."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest

from mundap.chunk import Chunk
from mundap.context import head, lines_of
from mundap.grounding import check, figures, normalise_value
from mundap.prompt import INPUT_HEADER, Passage, build_input
from mundap.question import analyse
from mundap.recipe import load
from mundap.token_count import token_counter
from pipelines.chunks import chunk_reading
from pipelines.data import run
from pipelines.readers.terms import read
from pipelines.rows.article_pairs import load_pairs
from pipelines.rows.clauses import title_of
from rag.checks.verify import verify

ROOT = Path(__file__).resolve().parent.parent
RAW = ROOT / "datasets/raw/insurance"
BY_HAND = RAW / "qa_handwritten.jsonl"
NEW = ("hanbit_driver", "onsaemi_care")
DECLINE = "약관에 해당 내용이 없습니다."
NAMES = ("insurance", "insurance_eval")
Row = dict[str, str]


@lru_cache
def rows(name: str) -> tuple[Row, ...]:
    return tuple(json.loads((ROOT / "datasets" / f"{name}.json").read_text(encoding="utf-8")))


@lru_cache
def chunks() -> dict[str, Chunk]:
    """Return the terms' child chunks by id, cut anew; words are counted for tokens, no article comes near the limit."""
    found: dict[str, Chunk] = {}
    for reading in read(RAW, ROOT, {}):
        made = chunk_reading(reading, limit=450, count=lambda text: len(text.split())).chunks
        found |= {chunk.chunk_id: chunk for chunk in made if chunk.level == "child"}
    return found


def passages_of(row: Row) -> list[Passage]:
    blocks = row["input"].removeprefix(INPUT_HEADER).split("\n\n")[:-1]
    found = []
    for number, (block, chunk) in enumerate(zip(blocks, json.loads(row["chunk_ids"]), strict=True), start=1):
        title, *lines = block.split("\n")
        found.append(Passage(number=number, head=title.removeprefix(f"[{number}] "), lines=tuple(lines), chunk_id=chunk))
    return found


def answered(name: str) -> list[Row]:
    return [row for row in rows(name) if row["kind"] != "unanswerable"]


def test_the_pairs_written_by_hand_name_articles_that_are_there() -> None:
    pairs = load_pairs(BY_HAND, ROOT)
    assert sum(pair.doc in NEW and bool(pair.answer) for pair in pairs) >= 150
    for pair in pairs:
        found = pair.chunks(list(chunks().values()))
        assert found, (pair.where, pair.cite)
        whole = "\n".join(line for chunk in found for line in lines_of(chunk))
        passage = Passage(number=1, head=head(found[0]), lines=tuple(whole.split("\n")), chunk_id=found[0].chunk_id)
        report = check(pair.answer, [passage])
        assert report.ok and not any(claim.derived for claim in report.claims), (pair.where, report.unsupported)
        assert not pair.answer or pair.cite in pair.answer, pair.where
    assert len({pair.question for pair in pairs}) == len(pairs)


def test_every_pair_became_a_row() -> None:
    asked = [row["question"] for name in NAMES for row in rows(name) if row["origin"] == "handwritten"]
    for pair in load_pairs(BY_HAND, ROOT):
        assert any(question.endswith(pair.question) for question in asked), pair.question


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_is_read_from_the_passage_it_cites_and_names_the_article(name: str) -> None:
    for row in answered(name):
        report = check(row["output"], passages_of(row))
        assert report.ok and not any(claim.derived for claim in report.claims), (row["output"], report.unsupported)
        assert all(sentence.citations for sentence in report.sentences), row["output"]
        assert re.search(r"제\d+조|별표 \d", row["output"]) and row["gold_chunk"] in json.loads(row["chunk_ids"])
        wrong = re.sub(r"제(\d+)조", lambda match: f"제{int(match[1]) + 60}조", row["output"], count=1)
        assert wrong == row["output"] or not check(wrong, passages_of(row)).ok, wrong


@pytest.mark.parametrize("name", NAMES)
def test_the_app_lets_every_answer_stand(name: str) -> None:
    for row in answered(name)[:60]:
        true = next(one for one in passages_of(row) if one.chunk_id == row["gold_chunk"])
        verdict = verify(analyse(row["question"]), row["output"], [true], decline_text=DECLINE, policy="abstain")
        assert verdict.status in ("verified", "repaired") and not verdict.struck, (row["question"], verdict)


@pytest.mark.parametrize("name", NAMES)
def test_passages_are_whole_articles_under_their_contracts_name(name: str) -> None:
    for row in rows(name):
        for passage in passages_of(row):
            chunk = chunks()[passage.chunk_id]
            assert passage.head == head(chunk) and list(passage.lines) == lines_of(chunk)
        assert build_input(passages_of(row), row["question"]) == row["input"]


@pytest.mark.parametrize("name", NAMES)
def test_only_a_row_without_an_answer_declines_and_in_the_exact_words(name: str) -> None:
    prompt = (ROOT / "configs/prompts/insurance/instruction.txt").read_text(encoding="utf-8").strip()
    assert f"'{DECLINE.rstrip('.')}'" in prompt
    for row in rows(name):
        assert row["instruction"] == prompt
        assert (row["output"] == DECLINE) is (row["kind"] == "unanswerable") is bool(row["reason"])
        assert row["output"] == DECLINE or "해당 내용이 없" not in row["output"]


def test_a_withheld_article_is_not_among_the_passages() -> None:
    origin = {row["question"]: row["gold_chunk"] for row in answered("insurance")}
    withheld = [row for row in rows("insurance") if row["reason"] == "withheld"]
    assert len(withheld) > 50
    for row in withheld:
        gone = chunks()[origin[row["question"]]].parent_id
        assert all(chunks()[chunk].parent_id != gone for chunk in json.loads(row["chunk_ids"]))


def test_the_evaluation_shares_no_article_title_with_training_and_retrieves_what_it_declines() -> None:
    titles = {name: {title_of(chunks()[chunk]) for row in rows(name) for chunk in json.loads(row["chunk_ids"])}
              for name in NAMES}
    assert titles["insurance_eval"] and not titles["insurance"] & titles["insurance_eval"]
    assert {row["reason"] for row in rows("insurance_eval")} == {"", "not_in_terms"}
    assert all(row["company"] in row["question"] for row in rows("insurance_eval"))


@pytest.mark.parametrize("name", NAMES)
def test_a_fact_is_scored_by_a_figure_of_its_line(name: str) -> None:
    facts = [row for row in rows(name) if row["kind"] == "fact"]
    assert len(facts) > 20
    for row in facts:
        wanted = normalise_value(row["gold_value"], row["gold_unit"])
        quoted = [line for passage in passages_of(row) for line in passage.lines]
        assert row["gold_line"] in quoted and wanted in [claim.value for claim in figures(row["gold_line"])]
        assert wanted in [claim.value for claim in figures(row["output"])]


def test_plain_rows_hold_their_answer_in_500_characters() -> None:
    plain = rows("insurance_phase1")
    assert len(plain) > 300 and Counter(row["origin"] for row in plain).keys() == {"template", "handwritten"}
    for row in plain:
        terms = row["input"].removeprefix(INPUT_HEADER)
        title, *lines = terms.split("\n")
        assert len(terms) <= 500 and not re.search(r"\[\d+\]", row["output"])
        assert check(row["output"], [Passage(number=1, head=title, lines=tuple(lines))]).ok, row["output"]


@pytest.mark.slow
@pytest.mark.real_home
def test_the_recipe_makes_the_committed_files(tmp_path: Path) -> None:
    recipe = load(str(ROOT / "configs/insurance/data.yaml"),
                  overrides=[f"documents={tmp_path / 'docs'}", f"rows.output={tmp_path / 'rows'}"], kind="data")
    report = run(recipe.values, ROOT, lambda text: None)
    assert not report.skipped and report.counts["rejects"].get("not_grounded", 0) == 0
    for name in (*NAMES, "insurance_phase1"):
        made = (tmp_path / "rows" / f"{name}.json").read_bytes()
        assert made == (ROOT / "datasets" / f"{name}.json").read_bytes(), name
    count = token_counter(ROOT / "models/gemma-3-270m-ko")
    assert max(count(row["instruction"] + row["input"] + row["output"]) for row in rows("insurance")) <= 1000
