"""Likeness of words by hand, and against the public definitions: KorQuAD 1.0's F1 and sacrebleu's chrF."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from sacrebleu.metrics.chrf import CHRF

from rag.evaluation.asked import Gold, Reply
from rag.evaluation.metrics.text import (
    character_f1,
    chrf,
    chrf_of,
    exact_match,
    korquad_f1,
    korquad_normalised,
    normalised_match,
    rouge,
    rouge_l,
)

GOLD = Gold(id="1", question="얼마인가요?", answerable=True, reference="매출액은 1,234.5원입니다.")


def test_exact_match_leaves_citation_marks_out() -> None:
    assert exact_match(GOLD, Reply(text="매출액은  1,234.5원입니다. [1][2]")) == 1
    assert exact_match(GOLD, Reply(text="매출액은 1,234.5원이다.")) == 0


@pytest.mark.parametrize(("text", "same"), [
    ("매출액 1,234.5원 입니다", 1), ("매출액이 1234.5원입니다. [1]", 1), ("매출액은 12345원입니다.", 0),
    ("매출액은 -1,234.5원입니다.", 0),
    ("매출액은 1,234.5%입니다.", 0), ("영업이익은 1,234.5원입니다.", 0)])
def test_normalised_match_forgives_particles_and_blanks_and_no_digit(text: str, same: int) -> None:
    assert normalised_match(GOLD, Reply(text=text)) == same


def test_the_korquad_f1_by_hand() -> None:
    assert korquad_normalised("《가나》 'Ab' (다).라") == "가나 ab 다 라"
    assert korquad_f1("가나다", "가나") == pytest.approx(2 * (2 / 3) * 1 / (2 / 3 + 1))
    assert korquad_f1("가가", "가") == pytest.approx(2 / 3)      # a multiset
    assert korquad_f1("가", "나") == 0
    assert korquad_f1("", "") == 0


def test_rouge_counts_morphemes_in_order() -> None:
    # 매출액 / 은 / 많 / 다 against 매출액 / 이 / 많 / 다: three of four in order
    assert rouge("매출액은 많다", "매출액이 많다.") == pytest.approx(3 / 4)
    assert rouge("많다", "많다") == 1
    assert rouge("매출액", "부채") == 0


def test_chrf_by_hand() -> None:
    # one letter of two is shared, no pair is: the mean precision and recall of both orders are 1/4
    assert chrf_of("가나", "가다") == pytest.approx(0.25)
    assert chrf_of("가나다", "가나다") == pytest.approx(1)


@pytest.mark.parametrize("text", ["매출액은 1,234.5원", "영업이익이 줄었습니다.", "모릅니다", "Sales of 1,234"])
def test_chrf_is_sacrebleus(text: str) -> None:
    expected = CHRF().sentence_score(text, [GOLD.reference]).score / 100
    assert chrf(GOLD, Reply(text=f"{text} [1]")) == pytest.approx(expected, abs=1e-6)


def test_words_are_compared_only_with_an_answer() -> None:
    unanswerable = Gold(id="2", question="얼마인가요?", answerable=False, reference="없습니다.")
    every = (exact_match, normalised_match, character_f1, rouge_l, chrf)
    assert [metric(unanswerable, Reply(text="없습니다.")) for metric in every] == [None] * 5
    assert character_f1(GOLD, Reply(text="해당 내용이 없습니다.", declined=True)) < 0.6  # type: ignore[operator]


def _kor_f1(said: str, true: str) -> float:
    """Return the KorQuAD 1.0 score, written from its definition by other means than the metric: sorted lists merged."""
    def letters(text: str) -> list[str]:
        text = re.sub(r"['\"《》<>〈〉()‘’]", " ", text).lower()
        return sorted(re.sub(r"[!-/:-@\[-`{-~\s]", "", text))

    one, other = letters(said), letters(true)
    shared = at = below = 0
    while at < len(one) and below < len(other):
        if one[at] == other[below]:
            shared, at, below = shared + 1, at + 1, below + 1
        elif one[at] < other[below]:
            at += 1
        else:
            below += 1
    if not shared:
        return 0.0
    precision, recall = shared / len(one), shared / len(other)
    return 2 * precision * recall / (precision + recall)


@pytest.mark.skipif("MUNDAP_SAMPLES" not in os.environ, reason="MUNDAP_SAMPLES names no folder with qa/korquad")
def test_korquad_agrees_with_an_evaluation_of_its_own() -> None:
    data = json.loads((Path(os.environ["MUNDAP_SAMPLES"]) / "qa/korquad/KorQuAD_v1.0_dev.json").read_text(encoding="utf-8"))
    compared, between = 0, 0
    for article in data["data"]:
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                for answer in asked["answers"]:
                    start = answer["answer_start"]
                    # a guess that is a little off, as readers' are, and one that is far off
                    for guess in (paragraph["context"][max(0, start - 3):start + len(answer["text"]) + 2], asked["question"]):
                        expected = _kor_f1(guess, answer["text"])
                        assert korquad_f1(guess, answer["text"]) == pytest.approx(expected, abs=1e-6)
                        compared, between = compared + 1, between + (0 < expected < 1)
    assert compared > 1000
    assert between > 1000
