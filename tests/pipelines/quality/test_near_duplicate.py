"""Near-duplicates: one question in other words goes, a question that differs in a figure, a name or a chunk stays."""

from __future__ import annotations

import random

import numpy as np
import pytest

from pipelines.quality.near_duplicate import NearDuplicates, same_words, similarity
from pipelines.quality.ngrams import ngrams, stems

SAME = [
    ("청구서류를 접수하면 보험금은 언제까지 지급되나요?", "청구서류 접수하면 보험금은 언제까지 지급되나요?"),
    ("청구서류를 접수하면 보험금은 언제까지 지급되나요?", "청구 서류를 접수하면 보험금은  언제까지 지급되나요"),
    (
        "계단에서 넘어져 다리가 부러지면 골절진단비를 받을 수 있나요?",
        "계단에서 넘어져 다리가 부러지면 골절진단비를 받을 수 있습니까?",
    ),
    ("암으로 진단이 확정되면 받는 진단비는 얼마인가요?", "암으로 진단이 확정되면 받는 진단비가 얼마인가요?"),
]
OTHER = [
    (
        "파견근로자로 일하는데 기간의 정함이 없는 근로자와 똑같이 정기상여금을 받을 수 있나요?",
        "기간제근로자로 일하는데 기간의 정함이 없는 근로자와 똑같이 정기상여금을 받을 수 있나요?",
    ),
    ("가온누리전자의 2023년 연결 매출액은 얼마인가요?", "가온누리전자의 2023년 매출액은 얼마인가요?"),
    ("가온전자의 2023년 연결 기준 매출액은 얼마인가요?", "가온전자의 2022년 연결 기준 매출액은 얼마인가요?"),
    ("가온누리전자의 2023년 연결 매출액은 얼마인가요?", "한빛누리전자의 2023년 연결 매출액은 얼마인가요?"),
    (
        "우리나라가 작년 한 해 동안 수출한 반도체는 얼마나 되나요?",
        "우리나라가 작년 한 해 동안 수입한 반도체는 얼마나 되나요?",
    ),
    ("보험계약을 해지하면 해약환급금을 받을 수 있나요?", "보험금을 청구하면 지급심사를 거쳐야 하나요?"),
    ("제12조 제2항에 따른 보험금 지급사유는 무엇인가요?", "제12조 제3항에 따른 보험금 지급사유는 무엇인가요?"),
]


def met(one: str, other: str, *, answers: tuple[str, str] = ("", ""), places: tuple[str, str] = ("", "")) -> str:
    seen = NearDuplicates(0.8)
    assert seen.near(one, answers[0], places[0]) == ""
    seen.add(one, answers[0], places[0])
    return seen.near(other, answers[1], places[1])


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_question_in_other_words_is_found(one: str, other: str) -> None:
    assert met(one, other) == one and met(other, one) == other


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_question_is_not(one: str, other: str) -> None:
    assert met(one, other) == "" and met(other, one) == ""


def test_answers_with_other_figures_and_other_chunks_keep_questions_apart() -> None:
    one, other = SAME[0]
    assert met(one, other, answers=("3영업일입니다.", "3영업일 이내입니다.")) == one
    assert met(one, other, answers=("3영업일입니다.", "5영업일입니다.")) == ""
    assert met(one, other, places=("chunk-1", "chunk-2")) == ""


def test_a_longer_name_is_another_only_where_figures_say_so() -> None:
    assert not same_words("수입은 얼마인가요", "수출은 얼마인가요")
    assert same_words("매출액은 얼마인가요", "매출액 얼마입니까")


def test_minhash_finds_what_exact_comparison_finds() -> None:
    rng = random.Random(3)
    words = (
        "보험금 청구 서류 접수 지급 기한 계약 해지 환급 특약 진단 입원 수술 상해 사고 통지 의무 면책 부활 대출".split()
    )
    texts = [" ".join(rng.choices(words, k=9)) for _ in range(120)]
    texts += [text.replace(" ", "", 1) for text in texts[:40]] + [text + " 요" for text in texts[40:80]]
    seen, found, wanted, kept = NearDuplicates(0.8), set(), set(), []
    for at, text in enumerate(texts):
        shingles = ngrams(stems(text), 3)
        if any(similarity(shingles, ngrams(stems(other), 3)) >= 0.8 and same_words(text, other) for other in kept):
            wanted.add(at)
        if seen.near(text):
            found.add(at)
        else:
            kept.append(text)
            seen.add(text)
    assert found == wanted and len(found) >= 40


def test_similarity_by_hand() -> None:
    # abcd: abc, bcd; abce: abc, bce; shared 1 of 3
    assert similarity(ngrams("abcd", 3), ngrams("abce", 3)) == pytest.approx(1 / 3)
    assert similarity(ngrams("", 3), ngrams("", 3)) == 1.0 and similarity(ngrams("", 3), ngrams("abc", 3)) == 0.0
    assert ngrams("ab", 13).shape == (1,) and ngrams("가나다라", 2).dtype == np.uint64


def test_a_question_without_letters_does_not_fail() -> None:
    seen = NearDuplicates(0.8)
    seen.add("???")
    assert seen.near("!!") == "???"
