"""The demo's bar, on a sample of its held-out questions with the real index and the really trained model.

`mundap eval configs/demo/eval.yaml` measures it on all of them; this keeps a change from breaking it unseen.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mundap.paths import resolve
from mundap.recipe import load
from rag.answer import Answerer
from rag.evaluation.answering import replies_of
from rag.evaluation.metrics import measure
from rag.evaluation.questions import load as questions
from rag.evaluation.systems import load_systems

ROOT = Path(__file__).resolve().parents[2]
ANSWERABLE, UNANSWERABLE, BAR = 30, 15, 0.8

pytestmark = [pytest.mark.slow, pytest.mark.real_home, pytest.mark.timeout(900)]


def test_held_out_questions_are_answered_and_declined_as_the_demo_promises() -> None:
    rag, recipe = load(ROOT / "configs/demo/rag.yaml"), load(ROOT / "configs/demo/eval.yaml").values
    for needed in ("exports/demo/config.json", "indexes/demo/manifest.json"):
        if not resolve(needed, ROOT).is_file():
            pytest.skip(f"{needed} is not there: mundap run configs/demo makes it")
    golds = questions(recipe | {"seed": 7, "limit": {"answerable": ANSWERABLE, "unanswerable": UNANSWERABLE}}, ROOT)
    page = next(one for one in load_systems(recipe, rag.values) if one.levers)
    answerer = Answerer.open(rag.values, ROOT)
    try:
        scored = [measure(gold, reply) for gold, reply in zip(golds, replies_of(answerer, page, golds), strict=True)]
    finally:
        answerer.close()
    told = [f"{one.gold.question} -> {one.reply.text} (gold {one.gold.value}{one.gold.unit})" for one in scored
            if not one.values.get("right_and_cited", one.values.get("declined_rightly"))]
    assert sum(one.values["right_and_cited"] for one in scored if one.gold.answerable) >= BAR * ANSWERABLE, told
    assert sum(one.values["declined_rightly"] for one in scored if not one.gold.answerable) >= BAR * UNANSWERABLE, told
    assert sum(one.values["wrong_figure_shown"] for one in scored) <= 2, told
