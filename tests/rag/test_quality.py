"""The demo's bar, on a sample of its held-out questions with the real index and the really trained model.

`mundap eval configs/demo/eval.yaml` measures it on all of them; this keeps a change from breaking it unseen.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mundap.paths import resolve
from mundap.recipe import load
from rag.answer import Answerer
from rag.evaluate import questions
from rag.score import score

ROOT = Path(__file__).resolve().parents[2]
ANSWERABLE, UNANSWERABLE, BAR = 30, 15, 0.8

pytestmark = [pytest.mark.slow, pytest.mark.real_home, pytest.mark.timeout(900)]


def test_held_out_questions_are_answered_and_declined_as_the_demo_promises() -> None:
    rag, recipe = load(ROOT / "configs/demo/rag.yaml"), load(ROOT / "configs/demo/eval.yaml").values
    for needed in ("exports/demo/config.json", "indexes/demo/manifest.json"):
        if not resolve(needed, ROOT).is_file():
            pytest.skip(f"{needed} is not there: mundap run configs/demo makes it")
    rows = questions(recipe | {"seed": 7, "limit": {"answerable": ANSWERABLE, "unanswerable": UNANSWERABLE}}, ROOT)
    answerer = Answerer.open(rag.values, ROOT)
    try:
        answers = answerer.ask_many([answerer.prepare(row["question"]) for row in rows])
    finally:
        answerer.close()
    outcomes = [score(answer, row) for answer, row in zip(answers, rows, strict=True)]
    told = [f"{row['question']} -> {answer.text} (gold {row['gold_value']}{row['gold_unit']})"
            for row, answer, outcome in zip(rows, answers, outcomes, strict=True) if not outcome.right]
    assert sum(one.cited for one in outcomes if one.answerable) >= BAR * ANSWERABLE, told
    assert sum(one.right for one in outcomes if not one.answerable) >= BAR * UNANSWERABLE, told
    assert sum(one.wrong for one in outcomes) <= 2, told
