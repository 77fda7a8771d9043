"""Whether passages can answer a question, and which line does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from mundap.prompt import Passage
from mundap.question import Question, analyse
from rag.checks.evidence import best_lines, find, is_fact, narrow, subject

VOCABULARY: Mapping[str, Sequence[str | int]] = {"company": ["가온누리전자", "한빛바이오"], "fiscal_year": [2022, 2023]}
FACTS = Passage(number=1, head="가온누리전자 2023 사업보고서 > 손익", chunk_id="c1", lines=(
    "가온누리전자 2023년 영업이익: 345백만원", "가온누리전자 2023년 매출액: 1,234백만원",
    "가온누리전자 2023년 별도 매출액: 999백만원", "가온누리전자 2022년 매출액: 1,111백만원"))
OTHER = Passage(number=2, head="한빛바이오 2023 사업보고서", lines=("한빛바이오 2023년 매출액: 4,444백만원",))
LAW = Passage(number=3, head="주택임대차 상담", lines=("임대차 계약은 당사자 일방의 통지로 해지할 수 있다.",))


def asked(text: str) -> Question:
    return analyse(text, VOCABULARY)


@pytest.mark.parametrize(("line", "fact"), [
    ("가온누리전자 2023년 매출액: 1,234백만원", True),
    ("가온누리전자 2023년 순손실: (1,234)백만원", True),
    ("대표이사: 홍길동", False),
    ("매출액은 1,234백만원이다.", False),
    (f"{'가' * 121}: 1", False),
    ("2. 1년 이상 3년 미만: 25%", False),      # a clause of terms is prose
    ("가. 요양병원: 5만원", False),
    ("① 사망한 경우: 2억원", False),
    ("3S 2023년 매출액: 12백만원", True),
])
def test_a_fact_is_a_short_label_and_a_figure(line: str, fact: bool) -> None:
    assert is_fact(line) is fact


def test_the_best_line_is_the_very_item_of_the_very_year() -> None:
    question = asked("가온누리전자의 2023년 매출액은?")
    assert set(best_lines(question, [FACTS, OTHER])) == {(1, 1)}
    assert [(one.passage, one.line) for one in find(question, [FACTS, OTHER])] == [(1, 1), (1, 2)]
    assert set(best_lines(asked("가온누리전자의 2023년 별도 매출액은?"), [FACTS])) == {(1, 2)}
    assert set(best_lines(asked("한빛바이오의 2023년 매출액은?"), [FACTS, OTHER])) == {(2, 0)}


def test_a_line_of_another_year_is_no_evidence_though_its_report_is_of_that_year() -> None:
    """The head says 2023; the line is the report's column for 2022."""
    only_last_year = Passage(number=1, head=FACTS.head, lines=FACTS.lines[3:])
    assert find(asked("가온누리전자의 2023년 매출액은?"), [only_last_year]) == []
    assert set(best_lines(asked("가온누리전자의 2022년 매출액은?"), [only_last_year])) == {(1, 0)}
    assert set(best_lines(asked("가온누리전자의 2022년과 2023년 매출액은?"), [FACTS])) == {(1, 1), (1, 3)}


@pytest.mark.parametrize("text", [
    "가온누리전자의 2023년 당기순이익은?",     # another item
    "가온누리전자의 2021년 매출액은?",         # a year no line holds
    "가온누리바이오의 2023년 매출액은?",       # a company that begins alike
    "누리식품의 2023년 매출액은?",
])
def test_what_no_line_names_has_no_evidence(text: str) -> None:
    question = asked(text)
    assert find(question, [FACTS, OTHER]) == []
    assert best_lines(question, [FACTS, OTHER]) == {}
    assert narrow(question, [FACTS, OTHER]) == []


def test_prose_needs_half_of_the_words_and_the_subject() -> None:
    [found] = find(asked("임대차 계약을 해지하는 절차는 어떤가요?"), [FACTS, LAW])
    assert (found.passage, found.line) == (3, None)
    assert find(asked("상속 재산 분할 협의 방법은?"), [LAW]) == []
    prose = Passage(number=1, head="한빛바이오 2023 사업보고서", lines=("회사는 배당 정책을 유지한다.",))
    assert find(asked("한빛바이오의 배당 정책은?"), [prose])
    assert find(asked("가온누리전자의 배당 정책은?"), [prose]) == [], "never another company's prose"


def test_narrow_leaves_one_line_of_a_fact_and_a_whole_passage_of_prose() -> None:
    [fact] = narrow(asked("가온누리전자의 2023년 매출액은?"), [OTHER, FACTS])
    assert fact == Passage(number=1, head=FACTS.head, lines=("가온누리전자 2023년 매출액: 1,234백만원",), chunk_id="c1")
    assert narrow(asked("임대차 계약 해지"), [FACTS, LAW]) == [LAW]


def test_the_subject_is_the_label_as_topic_and_holds_no_value() -> None:
    assert subject(["가온누리전자 2023년 매출액: 1,234백만원"]) == "가온누리전자 2023년 매출액은"
    assert subject(["가온누리전자 2023년 자산총계: 1백만원"]) == "가온누리전자 2023년 자산총계는"
    assert subject(LAW.lines) == "" and subject(FACTS.lines) == ""


def test_a_name_the_index_does_not_hold_has_no_evidence_not_even_in_prose() -> None:
    prose = Passage(number=1, head="나르빛로지스 2024 사업보고서 > 1. 사업의 개요",
                    lines=("나르빛로지스는 2024년 판매비와관리비를 줄이고 물류 사업의 수익을 높였습니다.",))
    vocabulary = {"company": ["나르빛로지스"], "fiscal_year": [2024]}
    assert find(analyse("나르빛로지스의 2024년 판매비와관리비를 확인해 주세요.", vocabulary), [prose])
    assert not find(analyse("나르빛로철강이 발표한 2024년 판매비와관리비를 확인해 주세요.", vocabulary), [prose])


BALANCE = Passage(number=4, head="가온누리전자 2023 사업보고서 > 재무", lines=(
    "가온누리전자 2023년 부채총계: 300백만원", "가온누리전자 2023년 자본총계: 600백만원",
    "가온누리전자 2023년 상반기 매출액: 600백만원"))


@pytest.mark.parametrize(("text", "lines"), [
    ("가온누리전자의 2023년 매출액은 2022년 대비 얼마나 증가했나요?", {(1, 1), (1, 3)}),
    ("가온누리전자의 2023년 매출액은 전년 대비 얼마나 변동했나요?", {(1, 1), (1, 3)}),
    ("가온누리전자와 한빛바이오의 2023년 매출액 차이는?", {(1, 1), (2, 0)}),
    ("가온누리전자의 2023년 자본총계 대비 부채총계의 비율(부채비율)은?", {(4, 0), (4, 1)}),
    ("가온누리전자의 2023년 자본총계, 부채총계를 큰 순서대로", {(4, 0), (4, 1)}),
])
def test_a_computed_answer_rests_on_the_lines_that_together_hold_what_is_named(text: str, lines: set[tuple[int, int]]
                                                                              ) -> None:
    passages = [FACTS, OTHER, BALANCE]
    assert set(best_lines(asked(text), passages)) == lines
    kept = {(one.number, line) for one in narrow(asked(text), passages) for line in one.lines}
    by_number = {one.number: one.lines for one in passages}
    assert kept == {(number, by_number[number][at]) for number, at in lines}


@pytest.mark.parametrize("text", [
    "가온누리전자의 2023년 매출액은 2021년 대비 얼마나 증가했나요?",       # one of the years lacks
    "가온누리전자의 2023년 유동부채 대비 부채총계의 비율은?",               # one of the items lacks
    "가온누리전자의 2023년 부채비율은?",                                 # its items are not named
    "가온누리전자의 2022년 자본총계 대비 부채총계의 비율은?",
])
def test_with_an_operand_lacking_there_is_no_evidence(text: str) -> None:
    assert find(asked(text), [FACTS, OTHER, BALANCE]) == []


def test_narrow_keeps_a_line_of_each_year_asked() -> None:
    text = "가온누리전자의 2022년과 2023년 매출액은 각각 얼마인가요?"
    [kept] = narrow(asked(text), [OTHER, FACTS])
    assert set(kept.lines) == {FACTS.lines[at] for number, at in best_lines(asked(text), [OTHER, FACTS]) if number == 1}
    assert len(kept.lines) == 2 and subject(kept.lines) == ""


@pytest.mark.parametrize("text", ["가온누리전자의 2023년 매출액은 2022년보다 얼마나 변했나요?",
                                  "가온누리전자의 2022년과 2023년 매출액은 각각 얼마인가요?"])
def test_one_of_two_years_is_no_evidence_alone(text: str) -> None:
    for kept in (FACTS.lines[:3], FACTS.lines[3:]):   # 2023's lines, 2022's
        assert find(asked(text), [Passage(number=1, head=FACTS.head, lines=kept)]) == []
    assert set(best_lines(asked(text), [FACTS])) == {(1, 1), (1, 3)}


def test_one_of_two_companies_is_no_evidence_alone() -> None:
    both = asked("가온누리전자와 한빛바이오의 2023년 매출액은 얼마인가요?")
    assert find(both, [FACTS]) == find(both, [OTHER]) == []
    assert set(best_lines(both, [FACTS, OTHER])) == {(1, 1), (2, 0)}


SHARES = Passage(number=5, head="3단상병별 통계 > 2023년", lines=(
    "상병코드 S82 2023년 보험자부담금 중 여성 외래 비중: 14.4%", "상병코드 S82 2023년 여성 외래 보험자부담금: 837,487,230원",
    "상병코드 S82 2023년 여성 외래 입내원일수: 875,382일", "상병코드 S82 2023년 환자 수 1위 성별·입원외래 구분 남성 외래: 14,308명",
    "상병코드 S82 2023년 남성 외래 환자 수: 14,308명"))


@pytest.mark.parametrize(("text", "line"), [
    ("2023년 상병코드 S82 보험자부담금에서 여성 외래는 몇 퍼센트를 차지합니까?", 0),
    ("2023년 상병코드 S82의 여성 외래 보험자부담금은 얼마로 집계되었나요?", 1),
    ("2023년 기준으로 상병코드 S82의 여성 외래 입내원일수는 며칠입니까?", 2),
    ("2023년 상병코드 S82의 환자 수 순위에서 1위인 성별·입원외래 구분을 말씀해 주십시오.", 3),
])
def test_words_that_ask_for_a_share_a_rank_a_count_of_days_or_a_tally(text: str, line: int) -> None:
    assert set(best_lines(analyse(text), [SHARES])) == {(5, line)}


BASES = Passage(number=6, head="가온누리전자 2023 사업보고서 > 재무", lines=(
    "가온누리전자 2023년 별도 영업이익: 45백만원", "가온누리전자 2022년 연결 영업이익: 43백만원",
    "가온누리전자 2023년 연결 부채총계: 66백만원", "가온누리전자 2023년 별도 자본총계: 41백만원"))
BASIS_2022 = Passage(number=7, head=BASES.head, lines=("가온누리전자 2022년 별도 영업이익: 38백만원",))


@pytest.mark.parametrize("text", ["가온누리전자의 2023년과 2022년 별도 영업이익의 차이는?",
                                  "가온누리전자의 2023년 별도 자본총계 대비 부채총계의 비율은?"])
def test_an_operand_of_the_other_basis_is_none(text: str) -> None:
    assert find(asked(text), [BASES]) == []
    assert set(best_lines(asked("가온누리전자의 2023년과 2022년 별도 영업이익의 차이는?"), [BASES, BASIS_2022])) == {(6, 0), (7, 0)}


def test_a_word_that_begins_like_a_category_is_no_misspelt_name() -> None:
    prose = Passage(number=1, head="민사 문답 > 전세사기", lines=("전세 계약서의 확정일자는 주민센터에서 받습니다.",))
    vocabulary = {"category": ["전세사기"], "company": ["가온누리전자"]}
    assert find(analyse("전세 계약서의 확정일자는 어디에서 받나요?", vocabulary), [prose])
    assert find(analyse("가온누리의 확정일자는 어디에서 받나요?", vocabulary), [prose]) == []


def test_a_half_years_figure_is_no_evidence_of_the_years() -> None:
    assert find(asked("가온누리전자의 2023년 매출액은?"), [BALANCE]) == []
    assert set(best_lines(asked("가온누리전자의 2023년 상반기 매출액은?"), [FACTS, BALANCE])) == {(4, 2)}


ORDER = Passage(number=7, head="예시 통계, 3단상병별 성별 입원외래별 통계 > 2023", lines=(
    "상병코드 N18 2023년 환자 수 1위 성별·입원외래 구분 남성 외래: 900명",
    "상병코드 N18 2023년 환자 수 2위 성별·입원외래 구분 여성 입원: 700명"))


@pytest.mark.parametrize(("text", "line"), [
    ("2023년 상병코드 N18의 환자 수는 어느 성별·입원외래 구분에서 두 번째로 많은가요?", 1),
    ("2023년 상병코드 N18의 환자 수가 가장 많은 성별·입원외래 구분은?", 0),
])
def test_the_place_in_an_order_that_is_asked_for_is_the_lines(text: str, line: int) -> None:
    assert set(best_lines(analyse(text, {"company": ["상병코드 N18"]}), [ORDER])) == {(7, line)}


def test_a_share_asked_for_by_gaunde_and_slices_that_the_head_names_all() -> None:
    shares = Passage(number=1, head="예시 통계, 성별 입원외래별", lines=(
        "A00 2023년 총액 중 여성 외래 비중: 9.5%", "A00 2023년 총액 중 여성 입원 비중: 4.3%"))
    assert set(best_lines(analyse("2023년 A00의 총액 가운데 여성 외래가 차지하는 비중은?"), [shares])) == {(1, 0)}
    slices = Passage(number=2, head="예시 통계, 성별 입원외래별", lines=(
        "A00 2023년 여성 외래 입내원일수: 54일", "A00 2023년 여성 입원 입내원일수: 20일"))
    compared = analyse("2023년 A00의 입내원일수를 여성 입원과 여성 외래로 비교해 주세요.")
    assert set(best_lines(compared, [slices])) == {(2, 0), (2, 1)}


def test_a_word_after_a_blank_is_no_compound_and_the_askers_own_word_counts() -> None:
    lines = Passage(number=1, head="가온 2023 감사보고서", lines=(
        "가온 2023년 판매비와관리비 지급수수료: 12원", "가온 2023년 영업수익 합계: 90원", "가온 2023년 비유동자산: 7원"))
    assert set(best_lines(analyse("가온의 2023년 판매비와관리비 지급수수료는?"), [lines])) == {(1, 0)}
    assert set(best_lines(analyse("가온의 2023년 영업수익 합계는?", synonyms={"매출액": ["영업수익"]}), [lines])) == {(1, 1)}
    assert best_lines(analyse("가온의 2023년 유동자산은?"), [lines]) == {}
