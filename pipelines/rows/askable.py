"""Whether a figure can be asked about: a label that says something alone, a number, a unit, and one value only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from pipelines.facts import PlacedFact
from pipelines.rows.arithmetic import WON

MAX_ITEM_CHARS = 30
MAX_ITEM_WORDS = 5
# Labels that mean something only beside their table.
_GENERIC = frozenset(
    "계 합계 총계 소계 누계 평균 기타 구분 비고 내용 금액 수량 비율 비중 단가 단위 해당 해당없음 없음 상동 "
    "주식 보통주 우선주 종류주 남 여 남자 여자 기초 기말 기초금액 기말금액 기초잔액 기말잔액 당기 전기 전전기 "
    "당분기 전분기 증가 감소 증감 증감률 취득 처분 상각 대체 국내 해외 내수 수출 수입 본사 전체 총액 순액 "
    "장부금액 취득원가 공정가치 1년이내 1년이하 5년이하 5년초과 정규직 기간제 제품 상품 용역 이상 이하 미만 "
    "초과".split()
)
_GENERIC_ENDS = frozenset("기타 소계 계 구분 비고 남 여".split())
_WHOLE_SHARE = re.compile(r"(?:합계|총계).*(?:비중|비율)")  # 100%, by definition
_FIGURE = re.compile(r"-?\d[\d,]*(\.\d+)?")
_NAME = re.compile(r"[가-힣]{2}|[A-Za-z]{2}|[가-힣A-Za-z]\S*[가-힣A-Za-z]")
_PERIOD = re.compile(r"제?\s*\d+\s*기|\d{4}\s*[년.\-/]|\d{1,2}\s*월|전년|당기말|전기말|\(전\)|\(당\)")
_BAD_MARK = re.compile(r"[:|*※△▲☞]|\(주\s*\d|^[-–—·ㆍ(\[]|https?://|\d{3,}")
_NUMBERING = re.compile(r"\d+(?:[.\-]\d*)+|[(]?\d+[).]|-|.+-|-.+|[①-⑳]")  # "35.1 시장위험", "지분증권- 상장주식"
_ENDS_AS_SENTENCE = re.compile(r"(다|요|음|함|됨|임)\.?$|[,.]$")


def why_not(fact: PlacedFact) -> str:
    """Return the reject reason of a figure nobody could ask for by name, or "" when it can be asked."""
    if not _FIGURE.fullmatch(fact.value):
        return "not_a_figure"
    if not fact.unit:
        return "no_unit"
    if fact.check == "differs":
        return "accounts_differ"
    return "unclear_item" if _unclear(fact.item) else ""


def period(fact: PlacedFact) -> str:
    """Return the part of the year a figure is of, as a reader says it ("상반기", "1분기말"); "" for the whole year."""
    return str(getattr(fact, "period", ""))


def compact(item: str, synonyms: Mapping[str, Sequence[str]] | None = None) -> str:
    """Return a label as labels are compared: no blanks, a synonym by the documents' own term."""
    bare = re.sub(r"\s+", "", item)
    for term, names in (synonyms or {}).items():
        if any(bare == re.sub(r"\s+", "", name) for name in names):
            return re.sub(r"\s+", "", term)
    return bare


def one_value(facts: Sequence[PlacedFact]) -> bool:
    """Return whether all figures say the same, rounding to a coarser unit apart (1,234백만원 and 1,233,912,345원)."""
    amounts = [_amount(fact) for fact in facts]
    first = amounts[0]
    return all(_same(first, other) for other in amounts[1:])


def _unclear(item: str) -> bool:
    bare = compact(item)
    name = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", bare)  # "매출액(주29)" is judged by 매출액
    words = item.split()
    return (not 2 <= len(name) <= len(item) <= MAX_ITEM_CHARS or not 1 <= len(words) <= MAX_ITEM_WORDS
            or name in _GENERIC or words[-1] in _GENERIC_ENDS or not _NAME.search(name)
            or any(_NUMBERING.fullmatch(word) for word in words) or bare.count("(") != bare.count(")")
            or any(mark.search(bare) for mark in (_WHOLE_SHARE, _BAD_MARK, _PERIOD, _ENDS_AS_SENTENCE)))


def _amount(fact: PlacedFact) -> tuple[Decimal | str, str, int]:
    """Return the number, the kind of unit and the size of that unit."""
    try:
        number = Decimal(fact.value.replace(",", ""))
    except InvalidOperation:
        return fact.value, fact.unit, 1
    size = WON.get(fact.unit)
    return (number * size, "원", size) if size else (number, fact.unit, 0)


def _same(one: tuple[Decimal | str, str, int], other: tuple[Decimal | str, str, int]) -> bool:
    if one[1] != other[1] or isinstance(one[0], str) or isinstance(other[0], str):
        return one[:2] == other[:2]
    if one[2] == other[2]:
        return one[0] == other[0]
    return abs(one[0] - other[0]) < max(one[2], other[2])
