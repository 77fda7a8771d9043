"""What is read as a claim, and as which value: a table of written forms, round trips, hostile input and real lines."""

from __future__ import annotations

import os
import random
import re
import time
import unicodedata
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mundap.grounding import Claim, check, claims, figures, normalise_value, sentence_spans, unit_of
from mundap.prompt import Passage

# text, kind, value, unit, precision
FIGURES = [
    ("3천 5백만 원", "amount", "35000000", "원", "1000000"),
    ("1조2천억", "number", "1200000000000", "", "100000000000"),
    ("1조 2,345억원", "amount", "1234500000000", "원", "100000000"),
    ("12억 3천만원", "amount", "1230000000", "원", "10000000"),
    ("약 1.2조원", "amount", "1200000000000", "원", "100000000000"),
    ("삼천만 원", "amount", "30000000", "원", "10000000"),
    ("삼천 오백만 원", "amount", "35000000", "원", "1000000"),
    ("오십억", "number", "5000000000", "", "1000000000"),
    ("백만원을 지급한다", "amount", "1000000", "원", "1000000"),
    ("삼천만원이하의벌금", "amount", "30000000", "원", "10000000"),
    ("이십 명", "count", "20", "명", "10"),
    ("111만 9,000원", "amount", "1119000", "원", "1"),
    ("46만 5,000원", "amount", "465000", "원", "1"),
    ("1만5000원", "amount", "15000", "원", "1"),
    ("66만 2500원", "amount", "662500", "원", "1"),
    ("2천원", "amount", "2000", "원", "1000"),
    ("1,234원", "amount", "1234", "원", "1"),
    ("1,234천원", "amount", "1234000", "원", "1000"),
    ("1,234백만원", "amount", "1234000000", "원", "1000000"),
    ("1,234 백만원", "amount", "1234000000", "원", "1000000"),
    ("12.34억원", "amount", "1234000000", "원", "1000000"),
    ("12십억원", "amount", "12000000000", "원", "1000000000"),
    ("3,200만원", "amount", "32000000", "원", "10000"),
    ("12조원", "amount", "12000000000000", "원", "1000000000000"),
    ("３，２００원", "amount", "3200", "원", "1"),
    ("₩1,234", "amount", "1234", "원", "1"),
    ("US$ 1,234", "amount", "1234", "달러", "1"),
    ("1,234천US$", "amount", "1234000", "달러", "1000"),
    ("3억 달러", "amount", "300000000", "달러", "100000000"),
    ("△1,234", "number", "-1234", "", "1"),
    ("△1,234백만원", "amount", "-1234000000", "원", "1000000"),
    ("▲12.3%", "percent", "-12.3", "%", "0.1"),
    ("(1,234)백만원", "amount", "-1234000000", "원", "1000000"),
    ("영업이익 | (1,234) |", "number", "-1234", "", "1"),
    ("영업손익: (123)", "number", "-123", "", "1"),
    ("순손실(1,234백만원)", "amount", "1234000000", "원", "1000000"),
    ("-1,234", "number", "-1234", "", "1"),
    ("−1,234원", "amount", "-1234", "원", "1"),
    ("－1,234원", "amount", "-1234", "원", "1"),
    ("(-)1,234원", "amount", "-1234", "원", "1"),
    ("(△1,234)천원", "amount", "-1234000", "원", "1000"),
    ("마이너스 3.2%", "percent", "-3.2", "%", "0.1"),
    ("-3.2%", "percent", "-3.2", "%", "0.1"),
    ("5%", "percent", "5", "%", "1"),
    ("0.5%", "percent", "0.5", "%", "0.1"),
    ("12.50％", "percent", "12.5", "%", "0.01"),
    ("3퍼센트", "percent", "3", "%", "1"),
    ("12.5%p", "percent", "12.5", "%p", "0.1"),
    ("0.25%포인트", "percent", "0.25", "%p", "0.01"),
    ("1.5퍼센트포인트", "percent", "1.5", "%p", "0.1"),
    ("25bp", "percent", "0.25", "%p", "0.01"),
    ("2.5배", "count", "2.5", "배", "0.1"),
    ("2,024명", "count", "2024", "명", "1"),
    ("대표이사 3인", "count", "3", "명", "1"),
    ("100여 명", "count", "100", "명", "1"),
    ("1,400,000주를", "count", "1400000", "주", "1"),
    ("5천주", "count", "5000", "주", "1000"),
    ("4,251,032건이", "count", "4251032", "건", "1"),
    ("36개월", "count", "36", "개월", "1"),
    ("납입일부터1년을한도로", "count", "1", "년", "1"),
    ("20년간", "count", "20", "년", "1"),
    ("3영업일", "count", "3", "영업일", "1"),
    ("만 19세", "count", "19", "세", "1"),
    ("250kWh", "count", "250", "kWh", "1"),
    ("84.9㎡", "count", "84.9", "m²", "0.1"),
    ("12345", "number", "12345", "", "1"),
    ("12,345", "number", "12345", "", "1"),
    ("3 일부", "number", "3", "", "1"),
    ("5 조건", "number", "5", "", "1"),
    ("3부터", "number", "3", "", "1"),
    ("1인당 3,200만원", "amount", "32000000", "원", "10000"),
    ("1만분의 719", "fraction", "0.0719", "분수", "0"),
    ("천분의 15", "fraction", "0.015", "분수", "0"),
    ("4분의 1", "fraction", "0.25", "분수", "0"),
    ("1/4", "fraction", "0.25", "분수", "0"),
]


@pytest.mark.parametrize(("text", "kind", "value", "unit", "precision"), FIGURES, ids=[row[0] for row in FIGURES])
def test_figure(text: str, kind: str, value: str, unit: str, precision: str) -> None:
    [claim] = claims(text)
    assert (claim.kind, claim.value, claim.unit, claim.precision) == (kind, Decimal(value), unit, Decimal(precision))
    assert text[slice(*claim.span)] == claim.text
    assert figures(text) == [claim]


OTHERS = [
    ("2024년 3월 15일", "date", "2024/3/15/"), ("2024.03.15", "date", "2024/3/15/"),
    ("2024. 3. 15.", "date", "2024/3/15/"),
    ("2024-12-31", "date", "2024/12/31/"), ("2024/12/31", "date", "2024/12/31/"), ("’24.3.15.", "date", "2024/3/15/"),
    ("24년 12월", "date", "2024/12//"), ("2024.12", "date", "2024/12//"), ("2024년12월", "date", "2024/12//"),
    ("'23.12", "date", "2023/12//"), ("2023년", "date", "2023///"), ("’98년", "date", "1998///"),
    ("FY2023", "date", "2023///"),
    ("2023년 3분기", "date", "2023///3"), ("2023년 3/4분기", "date", "2023///3"), ("24년 1분기", "date", "2024///1"),
    ("12월 31일", "date", "/12/31/"), ("4분기", "date", "///4"), ("2023 사업연도", "date", "2023///"),
    ("제55기", "period", "55"), ("제 12 기", "period", "12"), ("제 55(당) 기", "period", "55"),
    ("제12조", "article", "12/////"), ("제12조의2 제3항 제1호", "article", "12/2/3/1//"),
    ("제3조의2제1항제2호", "article", "3/2/1/2//"), ("12조 3항", "article", "12//3///"),
    ("제2조제3호가목", "article", "2///3//가"),
    ("제4조 제1항 제3호의2", "article", "4//1/3/2/"), ("제3조(보험금의 지급) 제2항", "article", "3//2///"),
    ("민법 839조의2", "article", "839/2////"), ("제5-13조제1항", "article", "5-13//1///"),
    ("12조에 따르면", "article", "12/////"),
    ("제2항", "article", "//2///"), ("제12조 ③", "article", "12//3///"),
    ("02-1234-5678", "code", "02-1234-5678"), ("1577-0606", "code", "1577-0606"), ("A09", "code", "A09"),
    ("5G", "code", "5G"),
    ("123-45-67890", "code", "123-45-67890"), ("14:30", "code", "14:30"), ("1.2.3", "code", "1.2.3"),
]


@pytest.mark.parametrize(("text", "kind", "parts"), OTHERS, ids=[row[0] for row in OTHERS])
def test_date_article_code(text: str, kind: str, parts: str) -> None:
    [claim] = claims(text)
    assert (claim.kind, "/".join(claim.parts), claim.value) == (kind, parts, None)


@pytest.mark.parametrize("text", [
    "", "가나다", "[1]", "입니다. [1, 3][2-4]", "1. 첫째", "  2) 둘째", "① 하나", "(3) 셋", "**①** 항", "  1\\. 호",
    "가. 목", "### 4. 장",
    "(단위: 백만원, %)", "단위는 백만원", "제3자에게", "사명감", "이 명령", "만일", "일조권", "이조 시대",
    "첫째, 둘째", "1인당", "수백만원", "억", "조",
    "https://dart.fss.or.kr/2023/12", "a1@b2.com", "이천이십사", "천만에요"])
def test_no_claim(text: str) -> None:
    assert claims(text) == []


def said(text: str) -> list[tuple[str, str, str]]:
    return [(claim.kind, str(claim.value if claim.value is not None else "/".join(claim.parts)),
        claim.unit) for claim in claims(text)]


def test_ranges_share_their_unit() -> None:
    assert said("10~20%") == [("percent", "10", "%"), ("percent", "20", "%")]
    assert said("10∼20만원") == [("amount", "100000", "원"), ("amount", "200000", "원")]
    assert said("2021~2023년") == [("date", "2021///", ""), ("date", "2023///", "")]
    assert said("3~5월") == [("date", "/3//", ""), ("date", "/5//", "")]
    assert said("5천~1억원") == [("amount", "5000", "원"), ("amount", "100000000", "원")]


def test_several_in_one_sentence() -> None:
    assert said("제12조에 따르면 2023.12.31.까지 납입한 보험료 1,234원(연 2.5%)을 3일 이내 지급") == [
        ("article", "12/////", ""), ("date", "2023/12/31/", ""), ("amount", "1234", "원"), ("percent", "2.5", "%"),
        ("count", "3", "일")]
    assert said("매출 1,2,3") == [("number", "1", ""), ("number", "2", ""), ("number", "3", "")]


def test_law_of_an_article() -> None:
    assert claims("「민법」 제750조")[0].law == "민법"
    assert claims("주택임대차보호법 시행령 제3조")[0].law in ("시행령", "주택임대차보호법시행령")
    assert claims("이 법 제3조")[0].law == claims("같은 법 제3조")[0].law == ""


def test_approximate_forms() -> None:
    for text in ("약 100명", "대략 100명", "100명 가량", "100명 정도", "100여명"):
        [claim] = claims(text)
        assert claim.approximate and claim.rough == 100 and claim.precision == 1
    assert not claims("계약 100명")[0].text.startswith("약")
    assert not claims("100명")[0].approximate


def test_decomposed_hangul_is_read() -> None:
    assert said(unicodedata.normalize("NFD", "매출 1조 2천억원")) == [("amount", "1200000000000", "원")]


@pytest.mark.parametrize(("value", "unit", "expected"), [
    ("1,234", "백만원", "1234000000"), ("12.34억원", "", "1234000000"), ("12.34", "억원", "1234000000"),
    ("△3.2", "%", "-3.2"),
    ("(1,234)", "천원", "-1234000"), ("-5", "명", "-5"), ("1조 2,345억원", "", "1234500000000"),
    ("1,234백만원", "백만원", "1234000000"),
    ("1234", "", "1234"), ("5", "천주", "5000"), ("7", "모르는단위", "7"), ("삼천만 원", "", "30000000"),
    ("-", "원", None), ("", "", None),
    ("10~20", "%", None), ("2024년 3월", "", None), ("해당없음", "원", None)])
def test_normalise_value(value: str, unit: str, expected: str | None) -> None:
    assert normalise_value(value, unit) == (None if expected is None else Decimal(expected))


def test_units_named_in_tables() -> None:
    found = [unit_of(text) for text in ("백만원", "천US$", "십억원", "천주", "%", "명", "GWh", "없는것")]
    assert [(unit.name, int(unit.factor)) if unit else None for unit in found] == [
        ("원", 10**6), ("달러", 1000), ("원", 10**9), ("주", 1000), ("%", 1), ("명", 1), ("GWh", 1), None]


def eok(number: int) -> str:
    parts = []
    for power, name in ((12, "조"), (8, "억"), (4, "만")):
        part, number = divmod(number, 10**power)
        parts += [f"{part:,}{name}"] * bool(part)
    return " ".join([*parts, *([f"{number:,}"] * bool(number or not parts))]) + "원"


_WON = st.integers(min_value=100,  # "(1)" opens a list
                    max_value=9 * 10**15)


@given(_WON, st.sampled_from(["{:,}원", "{}원", "△{:,}원", "({:,})원"]))
def test_round_trip_of_won(number: int, form: str) -> None:
    [claim] = claims(form.format(number))
    assert claim.value == (number if form[0] == "{" else -number) and claim.unit == "원"


@given(_WON)
def test_round_trip_of_mixed_numerals(number: int) -> None:
    [claim] = claims(f"금액은 {eok(number)}입니다.")
    assert claim.value == number


@given(st.integers(1, 10**9),
    st.sampled_from([("천원", 3), ("만원", 4), ("백만원", 6), ("억원", 8), ("십억원", 9), ("조원", 12)]),
    st.booleans())
def test_round_trip_of_scaled_units(number: int, unit: tuple[str, int], blank: bool) -> None:
    [claim] = claims(f"{number:,}{' ' * blank}{unit[0]}")
    assert claim.value == number * 10 ** unit[1] == normalise_value(f"{number:,}", unit[0])


@given(st.decimals(min_value=0, max_value=10**6, places=2), st.sampled_from(["%", "%p", "배"]))
def test_round_trip_of_decimals(number: Decimal, unit: str) -> None:
    [claim] = claims(f"{number:,}{unit}")
    assert (claim.value, claim.unit, claim.precision) == (number, unit, Decimal("0.01"))


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2069, 12, 31)),
       st.sampled_from(["{0.year}년 {0.month}월 {0.day}일", "{0.year}.{0.month:02d}.{0.day:02d}", "{0:%Y-%m-%d}",
           "{0.year}. {0.month}. {0.day}."]))
def test_round_trip_of_dates(day: date, form: str) -> None:
    [claim] = claims(form.format(day))
    assert claim.parts == (str(day.year), str(day.month), str(day.day), "")


@given(st.text(alphabet="0123456789,.%-~△()[]원천백만억조년월일제항호의 분기약'\n가나a$1", max_size=80))
def test_any_text_is_read_without_error_or_overlap(text: str) -> None:
    found = claims(text)
    assert all(claim.text == text[slice(*claim.span)] and claim.text for claim in found)
    assert all(one.span[1] <= other.span[0] for one, other in zip(found, found[1:], strict=False))


@pytest.mark.parametrize("piece",
    ["1,", "9", "1,234,", "제1", "일이삼", "1.2.", "1조 ", "(", "2024.", "백만", "1-", "a1", " ", "△", "'24", "단위 ",
        "[1,",
                                   "1~", "1/", "- ", "1 만", "제1조제1항", "「", "법", "www.", "a@", "약 ", "0-",
                                   "천분의"])
def test_time_is_linear_in_hostile_input(piece: str) -> None:
    def seconds(length: int) -> float:
        started = time.process_time()
        claims(piece * (length // len(piece)))
        return time.process_time() - started
    claims("1원")
    # 100k characters: tens of thousands of claims cost a few seconds on a busy core, anything quadratic costs minutes.
    assert seconds(100_000) < 12


def test_sentences_stay_whole() -> None:
    text = ("매출은 1.2조원입니다. [1] 2024. 3. 15. 기준 12.5%다.[2][3] 가. 항목입니다\n"
            "1. 이익은 5%입니다! [1]\n[2]\n[1]에 따르면 맞다.")
    assert [text[start:end] for start, end in sentence_spans(text)] == [
        "매출은 1.2조원입니다. [1]", "2024. 3. 15. 기준 12.5%다.[2][3]", "가. 항목입니다",
        "1. 이익은 5%입니다! [1]\n[2]", "[1]에 따르면 맞다."]


def real_lines() -> list[str]:
    root = Path(os.environ["MUNDAP_SAMPLES"])
    found = []
    for pattern in ("dart/xml/**/*.xml", "dart/xml_excerpts/*", "insurance/terms/*.txt", "law/statutes/*.md",
        "qa/ssis_welfare/*.json"):
        for path in sorted(root.glob(pattern)):
            if path.is_file():
                text = re.sub(r"<[^>]{0,500}>", "\n", path.read_bytes().decode("utf-8", "replace"))
                found += [line.strip() for line in text.splitlines() if any(letter.isdigit() for letter in line)]
    return random.Random(5).sample(found, min(4000, len(found)))


@pytest.mark.skipif("MUNDAP_SAMPLES" not in os.environ, reason="MUNDAP_SAMPLES names no folder of real documents")
def test_real_lines_support_themselves() -> None:
    total, lost = 0, list[Claim]()
    lines = real_lines()
    assert lines
    for line in lines:
        grounding = check(line, [Passage(number=1, head="민법 제12조", lines=(line,))])
        total += len(grounding.claims)
        lost += grounding.unsupported
    assert total > 3000 and len(lost) <= total * 0.003, [claim.text for claim in lost[:20]]


def test_a_unit_on_the_next_line_is_not_the_figures() -> None:
    assert said("0\n%") == [("number", "0", "")]
    assert said("5\n천 3억 원") == [("number", "5", ""), ("amount", "300000000", "원")]
