"""datasets/civil_law_topics.json: eight topics, true to the committed pairs and to the statute, none of them trained on."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from mundap.chunk import read_chunks
from mundap.grounding import check, figures, normalise_value
from mundap.paths import home
from mundap.prompt import Passage
from pipelines.quality import leakage
from pipelines.quality.ngrams import bare, ngrams, stems

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = os.environ.get("MUNDAP_SAMPLES")
TRAINED = ("보증금 반환", "계약 검토", "사기 예방", "소유권", "담보권", "취득시효")
UNTRAINED = ("계약법", "불법행위")
MARK = re.compile(r" \[\d\]$")

Row = dict[str, str]


def rows(name: str) -> list[Row]:
    """Return a committed dataset's rows."""
    loaded: list[Row] = json.loads((ROOT / f"datasets/{name}.json").read_text(encoding="utf-8"))
    return loaded


TOPICS = rows("civil_law_topics")
ANSWERED = [row for row in TOPICS if row["topic"] in TRAINED]
DECLINED = [row for row in TOPICS if row["topic"] in UNTRAINED]
PAIRS = {row["gold_chunk"]: row for row in (*rows("civil_law"), *rows("civil_law_eval"))}


def passages(row: Row) -> list[Passage]:
    """Return the passages a row's prompt quotes."""
    blocks = row["input"].removeprefix("### 입력\n").split("\n\n")[:-1]
    split = [block.splitlines() for block in blocks]
    return [Passage(number=number, head=lines[0].split("] ", 1)[1], lines=tuple(lines[1:]))
            for number, lines in enumerate(split, start=1)]


def test_every_topic_has_at_least_three_questions_and_no_question_stands_twice() -> None:
    counts = Counter(row["topic"] for row in TOPICS)
    assert set(counts) == {*TRAINED, *UNTRAINED} and min(counts.values()) >= 3
    assert len({stems(row["question"]) for row in TOPICS}) == len(TOPICS) >= 24
    assert all(isinstance(value, str) for row in TOPICS for value in row.values())   # Row: one type a column


@pytest.mark.parametrize("row", ANSWERED, ids=lambda row: row["id"])
def test_an_answer_is_the_pairs_own_words(row: Row) -> None:
    pair = PAIRS[row["gold_chunk"]]   # what mundap data makes: .ci/run compares the files
    assert row["source"] == pair["source"] and row["kind"] == "qa"
    author = MARK.sub("", pair["output"])
    assert row["gold_line"] in author and row["gold_line"] in row["output"]
    for sentence in re.split(r"(?<=다\.) ", MARK.sub("", row["output"])):
        assert sentence in author
    assert row["pair"] == ("trained" if pair in rows("civil_law") else "held out")


@pytest.mark.parametrize("row", ANSWERED, ids=lambda row: row["id"])
def test_an_answer_stands_in_the_passage_it_cites(row: Row) -> None:
    grounding = check(row["output"], passages(row))
    assert grounding.ok, grounding.unsupported
    cited = json.loads(row["chunk_ids"])[int(row["output"][-2]) - 1]
    assert cited == row["gold_chunk"] and grounding.claims   # every answer names an article at least
    if row["gold_value"]:
        wanted = normalise_value(row["gold_value"], row["gold_unit"])
        assert wanted in [claim.value for claim in figures(row["gold_line"])]


def test_untrained_topics_are_declined_and_their_articles_stand_in_no_document() -> None:
    told = " ".join(row["output"] for row in PAIRS.values())
    for row in DECLINED:
        assert (row["kind"], row["reason"], row["gold_chunk"]) == ("unanswerable", "untrained_topic", "")
        assert row["output"] == "문서에 해당 내용이 없습니다."
        named = re.findall(r"민법 제\d+조", row["reference_free"])
        assert named and not [article for article in named if re.search(rf"{article}(?!의)", told)]


def test_no_question_is_one_of_the_table_and_none_leaks_from_the_training_rows() -> None:
    asked = {stems(row["question"]): row["question"] for row in PAIRS.values()}
    told = [ngrams(bare(question), 5) for question in asked.values()]
    for row in TOPICS:
        assert stems(row["question"]) not in asked
        mine = ngrams(bare(row["question"]), 5)
        shared = max(len(set(mine.tolist()) & set(other.tolist())) / len(mine) for other in told)
        assert shared < 0.5, row["question"]
    # An answer is a trained pair's own; what may not leak is the question, so it is measured without answers.
    train, held = ([{**row, "output": ""} for row in part] for part in (rows("civil_law"), TOPICS))
    *mine_too, planted = leakage.measure(train, [*held, {**held[0], "question": train[0]["question"]}]).rows
    assert max(one.overlap for one in mine_too) == 0.0 and planted.overlap == 1.0


@pytest.mark.skipif(SAMPLES is None, reason="MUNDAP_SAMPLES is not set")
@pytest.mark.parametrize("row", DECLINED, ids=lambda row: row["id"])
def test_reference_answers_follow_from_the_civil_act(row: Row) -> None:
    act = (Path(SAMPLES or "") / "law/statutes/민법__법률.md").read_text(encoding="utf-8")
    quoted: list[Passage] = []
    for number in dict.fromkeys(re.findall(r"제(\d+)조", row["reference_free"])):
        found = re.search(rf"^#{{5}} (제{number}조 \(.+\))\n((?:(?!#).*\n)*)", act, re.MULTILINE)
        assert found, number
        body = re.sub(r"(\d+)월내", r"\1개월 내", found[2].replace("**", ""))   # the act's old word for months
        quoted.append(Passage(number=len(quoted) + 1, head=f"민법 > {found[1]}",
                              lines=tuple(line for line in body.splitlines() if line.strip())))
    grounding = check(row["reference_free"], quoted)
    assert grounding.claims and not grounding.unsupported, grounding.unsupported


@pytest.mark.slow
@pytest.mark.real_home
def test_the_file_is_what_mundap_data_and_the_script_make(tmp_path: Path) -> None:
    models = home(ROOT) / "models"
    if not (models / "multilingual-e5-small").is_dir():
        pytest.skip("the starter models are not unpacked: mundap models")
    (tmp_path / "models").symlink_to(models)
    environment = {**os.environ, "MUNDAP_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    chunks = ("import sys; from pathlib import Path; from mundap.recipe import load; from pipelines.data import run; "
              "one = load('configs/civil_law/data.yaml'); one.values.pop('rows'); run(one.values, one.project, print)")
    for command in (("-c", chunks), ("benchmarks/civil_law_topics.py", "--check")):
        ran = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True,
                             encoding="utf-8", check=False)
        assert ran.returncode == 0, ran.stderr
    made = {chunk.chunk_id for chunk in read_chunks(tmp_path / "docs/civil_law/chunks", "child")}
    assert {row["gold_chunk"] for row in ANSWERED} <= made
