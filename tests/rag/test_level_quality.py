"""Twenty held-out questions at three levels with the really trained demo: the same facts, more terms explained at 초급."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from mundap.paths import resolve
from mundap.recipe import load
from rag.answer import Answerer
from rag.inquiry import Inquiry
from rag.same_facts import facts_of, wording_of

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = 20

pytestmark = [pytest.mark.slow, pytest.mark.real_home, pytest.mark.timeout(900)]


def test_the_demo_tells_the_same_at_every_level_and_explains_more_at_the_easiest() -> None:
    recipe = load(ROOT / "configs/demo/rag.yaml").values
    for needed in ("exports/demo/config.json", "indexes/demo/manifest.json"):
        if not resolve(needed, ROOT).is_file():
            pytest.skip(f"{needed} is not there: mundap run configs/demo makes it")
    rows = json.loads((ROOT / "datasets/demo_eval.json").read_text(encoding="utf-8"))
    questions = random.Random(11).sample(sorted({row["question"] for row in rows if row["gold_value"]}), QUESTIONS)
    answerer = Answerer.open(recipe, ROOT)
    names = list(answerer.levels)
    try:
        answers = answerer.ask_many([answerer.prepare(Inquiry(text=text, level=name)) for text in questions for name in names])
    finally:
        answerer.close()
    by_question = [dict(zip(names, answers[at : at + len(names)], strict=True)) for at in range(0, len(answers), len(names))]
    assert len(by_question) == QUESTIONS and names == ["초급", "중급", "고급"]
    differing = [{name: answer.text for name, answer in one.items()} for one in by_question
                 if len({facts_of(answer) for answer in one.values()}) > 1]
    assert not differing, differing
    assert sum(not one["초급"].declined for one in by_question) >= 0.8 * QUESTIONS
    explained = {name: sum(wording_of(one[name], answerer.preparer.terms).explained for one in by_question) for name in names}
    assert explained["초급"] > explained["고급"], explained
