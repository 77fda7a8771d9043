"""What a question asks for: filters, years, words, unknown names, synonyms, and which evidence holds them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

import pytest

from mundap.question import Question, analyse, canonical, holds, missing, squeeze, surplus, words

VOCABULARY: Mapping[str, Sequence[str | int]] = {"company": ["가온누리", "가온누리전자", "한빛바이오"],
                                                     "fiscal_year": [2022, 2023]}
SYNONYMS = {"매출액": ["매출", "매출 규모"], "당기순이익": ["순이익"], "자산총계": ["총자산"]}


def asked(text: str) -> Question:
    return analyse(text, VOCABULARY)


@pytest.mark.parametrize(("text", "companies"), [
    ("가온누리전자의 매출액은?", ("가온누리전자",)),
    ("가온누리전자에서는 매출액이 얼마야?", ("가온누리전자",)),
    ("가온 누리 전자 매출액", ("가온누리전자",)),                       # spacing is free
    ("가온누리의 매출액은?", ("가온누리",)),                            # the longer name does not stand there
    ("한빛바이오와 가온누리전자의 매출액은?", ("한빛바이오", "가온누리전자")),  # in the order of the question
    ("매출액은 얼마인가요?", ()),
])
def test_companies_are_found_whatever_stands_around_them(text: str, companies: tuple[str, ...]) -> None:
    assert asked(text).filters.get("company", ()) == companies


def test_a_decomposed_name_is_found() -> None:
    assert asked(unicodedata.normalize("NFD", "한빛바이오 매출액")).filters == {"company": ("한빛바이오",)}


@pytest.mark.parametrize(("text", "years"), [
    ("2023년 매출액은?", (2023,)),
    ("2023 사업연도 매출액은?", (2023,)),
    ("2022년과 2023년 매출액은?", (2022, 2023)),
    ("24년 매출액은?", (2024,)),
    ("FY24 매출액은?", (2024,)),
    ("'23 매출액은?", (2023,)),
    ("20년간 보유한 자산은?", ()),
    ("10년 이상 근속한 직원 수는?", ()),
    ("전화번호 02-2023-1234는 누구 것인가요?", ()),
    ("금액이 12023년인가요?", ()),
])
def test_years_and_spans_of_time_are_told_apart(text: str, years: tuple[int, ...]) -> None:
    question = asked(text)
    assert question.years == years
    assert question.filters.get("fiscal_year", ()) == years, "a year filters even when the index does not hold it"


def test_a_short_year_is_written_out_where_evidence_is_compared() -> None:
    question = asked("24년 매출액은?")
    assert "2024" in question.words and question.text == "2024년 매출액은?"


@pytest.mark.parametrize("text", ["가온누리바이오의 매출액은?", "한빛의 매출액은?"])
def test_a_name_that_only_begins_like_one_of_the_index_is_unknown_and_never_held(text: str) -> None:
    question = asked(text)
    assert len(question.unknown) == 1
    assert missing(question, f"{question.unknown[0]} 2023년 매출액: 1백만원") == question.unknown


@pytest.mark.parametrize("text", ["가온누리에서 2023년 매출액은?", "가온 누리 전자의 2023년 매출액은?"])
def test_the_pieces_kiwi_makes_of_a_known_name_are_not_unknown(text: str) -> None:
    question = asked(text)
    assert question.unknown == ()
    assert missing(question, "가온누리전자 2023년 매출액: 1백만원") == ()


def test_words_leave_out_particles_and_what_only_asks() -> None:
    assert words("가온누리전자의 2023년 매출액은 얼마인지 알려 주세요.") == ("가온누리전자", "2023", "매출액")
    assert words("2023. 매출액") == ("2023", "매출액"), "the dot of a year is no part of it"
    assert words("얼마인가요?") == ()


@pytest.mark.parametrize(("text", "read"), [
    ("매출은 얼마?", "매출액은 얼마?"),
    ("매출?", "매출액?"),
    ("매출액은 얼마?", "매출액은 얼마?"),
    ("매출원가는 얼마?", "매출원가는 얼마?"),
    ("당기순이익은?", "당기순이익은?"),
    ("순이익과 매출을 알려줘", "당기순이익과 매출액을 알려줘"),
    ("매출 규모가 얼마?", "매출액이 얼마?"),     # the particle follows the word
    ("총자산이 얼마?", "자산총계가 얼마?"),
    ("총자산의 변화", "자산총계의 변화"),
])
def test_synonyms_are_read_as_the_documents_own_term(text: str, read: str) -> None:
    assert canonical(text, SYNONYMS) == read


def test_a_synonym_with_another_particle_still_names_the_term() -> None:
    assert analyse("2023년 매출 규모가 얼마?", VOCABULARY, SYNONYMS).words == ("2023", "매출액")


@pytest.mark.parametrize(("word", "evidence", "held"), [
    ("매출액", "가온누리전자 매 출 액: 1", True),
    ("비유동자산", "유동자산: 100백만원", False),
    ("1인평균급여액", "1인당 평균 급여액: 5천만원", True),   # pieces in order, a letter or two between them
    ("급여액평균", "1인당 평균 급여액: 5천만원", False),     # in another order
    ("매출원가", "매출액: 10백만원 원가 비율", False),        # pieces too far apart
])
def test_evidence_holds_a_word_whole_or_in_near_pieces(word: str, evidence: str, held: bool) -> None:
    assert holds(word, squeeze(evidence)) is held


@pytest.mark.parametrize(("evidence", "lacking"), [
    ("가온누리전자 2022년 매출액: 1", ()),
    ("가온누리전자 2023년 매출액: 1", ()),
    ("가온누리전자 2021년 매출액: 1", ("2022", "2023")),
    ("한빛바이오 2023년 매출액: 1", ("가온누리전자",)),
    ("가온누리전자 2023년 영업이익: 1", ("매출액",)),
])
def test_of_several_years_a_line_need_hold_one(evidence: str, lacking: tuple[str, ...]) -> None:
    assert missing(asked("가온누리전자 2022년과 2023년 매출액은?"), evidence) == lacking


def test_surplus_prefers_the_very_item_and_the_consolidated_figure() -> None:
    plain = asked("가온누리전자 2023년 매출액은?")
    head = "가온누리전자 2023년"
    assert surplus(plain, f"{head} 매출액") == surplus(plain, f"{head} 연결 매출액") == 0
    assert surplus(plain, f"{head} 별도 매출액") == 2
    assert surplus(plain, f"{head} 유동 매출액") == 2
    assert surplus(asked("가온누리전자 2023년 별도 매출액은?"), f"{head} 별도 매출액") == 0


def test_what_the_question_calls_otherwise_is_no_surplus() -> None:
    share = asked("2023년 보험자부담금에서 여성 외래는 몇 퍼센트를 차지합니까?")
    assert surplus(share, "2023년 보험자부담금 중 여성 외래 비중") == len("중")
    assert surplus(asked("2023년 여성 외래 보험자부담금은?"), "2023년 보험자부담금 중 여성 외래 비중") == len("중비중")


@pytest.mark.parametrize("line", ["가온 2023년 연결 비유동자산: 1원", "가온 2023년 기타유동자산: 1원"])
def test_a_prefix_that_makes_another_thing_is_not_the_thing(line: str) -> None:
    assert not holds("유동자산", squeeze(line))
    assert holds("유동자산", squeeze(line + " 유동자산: 2원"))
