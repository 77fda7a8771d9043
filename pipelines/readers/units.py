"""Which unit a table's figure is in: from its caption, its column, its row or the cell, or none when that is not sure.

A caption "(단위 : 백만원, %)" lists units for different columns. Which column has which is told by the column's own
name (비중 -> %, 주식수 -> 주); a money unit is never given to a count, a rate or an amount per share.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from pipelines.readers.numerals import MONEY

_CAPTION = re.compile(r"단\s{0,3}위\s{0,3}[:：;]?\s{0,3}([^()（）\[\]\n]{1,40})")
_KNOWN = frozenset(
    (
        "% 명 주 건 개 개사 사 회 배 년 시간 일 대 천대 톤 천톤 만톤 매 천매 ㎡ 천㎡ 천개 백만개 천주 GWh MWh MW "
        "천USD USD 백만USD 천US$ US$ 천달러 백만달러 EUR JPY KL TON M/T 천명 만명 천건 만건 km ㎏ kg 호 세대 가구 좌 "
        "원/주 백만대 인 점 개점 천장 장 TEU 천TEU 병상"
    ).split()
) | frozenset(MONEY)
_SPELLINGS = {"％": "%", "퍼센트": "%", "百萬원": "백만원", "KRW": "원", "₩": "원", "인": "명"}
_UNCLEAR = frozenset("일 년 호 사 장 점".split())  # "거래량 최저(일)" is no number of days
_SHORT = frozenset("사 대 주 인 일 회 점 개 년 배 장 호 좌 매 건".split())  # also the last word of ordinary brackets
_SURE = frozenset({"%", "명", "년", "회", "배", "주"})
_IN_LABEL = re.compile(r"[(（\[]\s*(?:단\s*위\s*[:：]\s*)?([^()（）\[\]:：]{1,8})\s*[)）\]]")

_PER_SHARE = re.compile(r"주당|1주의|EPS|BPS")
_RATE = re.compile(
    r"비율|비중|이자율|지분율|점유율|수익률|가동률|이익률|성장률|배당률|성향|구성비|설정률|증감률|증가율|할인율|율$|률$|\(%\)"
)
_SHARES = re.compile(
    r"주식\s*(?:의\s*)?수|주식의 총수|수량|(?<!주)주수|발행할 주식|발행한 주식|감소한 주식|유통주식|자기주식수"
)
_PEOPLE = re.compile(r"주주\s*수|직원\s*수|인원|근로자|사람|임직원수|^남$|^여$")
_TENURE = re.compile(r"근속\s*[연년]수")
_HOURS = re.compile(r"시간(?:\s*수)?$")
_COUNT = re.compile(r"회사\s*의?\s*수|사업자\s*수|횟수|건수|개수|법인\s*수|사업장\s*수|점포수|일수|대수")
_AMOUNT = re.compile(
    r"금액|가액|총액|매출|매입액|이익|손익|비용|수익|자산|부채|자본|급여|보수|잔액|원가|금$|액$|가격|투자"
)


def caption_units(text: str) -> tuple[str, ...] | None:
    """Return the units a caption lists ("(단위: 원, 주)" -> 원, 주), or None when the text has no such caption.

    An unknown unit makes the whole list empty: then nothing in the table has a sure unit.
    """
    matches = list(_CAPTION.finditer(text))
    if not matches:
        return None
    match = matches[-1]  # the last one stands next to the table
    units = [_normal(part) for part in re.split(r"[,，/ㆍ·및]", match[1].strip()) if part.strip()]
    whole = _normal(match[1])
    if whole in _KNOWN:
        return (whole,)
    return tuple(units) if units and all(unit in _KNOWN for unit in units) else ()


@lru_cache(maxsize=65_536)
def unit_in_label(label: str) -> tuple[str, str]:
    """Return the label without a unit in brackets and that unit: "평균연봉(백만원)" -> "평균연봉", "백만원"."""
    for match in _IN_LABEL.finditer(label):
        unit = _normal(match[1])
        if "단" not in match[0] and (unit in _UNCLEAR or (unit in _SHORT and not label.rstrip().endswith(match[0]))):
            continue
        if unit in _KNOWN:
            return (label[: match.start()] + label[match.end() :]).strip(), unit
    return label, ""


def counts_a_price(label_unit: str, units: Sequence[str]) -> bool:
    """Return whether a row's own unit may be what a price is per ("원피(매)" under 단위: 원), so neither is sure."""
    return bool(units) and all(unit in MONEY for unit in units) and label_unit not in MONEY and label_unit not in _SURE


@lru_cache(maxsize=65_536)
def unit_for(column: str, row: str, units: tuple[str, ...]) -> str:
    """Return the unit of a figure that carries none itself, or "" when the names and the caption leave it open."""
    name = f"{row} {column}".replace(" ", "") if column else row.replace(" ", "")
    if _PER_SHARE.search(name):
        return "원" if "원" in units else ""
    if _RATE.search(column.replace(" ", "")) or _RATE.search(row.replace(" ", "")):
        return "%" if "%" in units else ""
    if _TENURE.search(column):
        return "년"
    if _PEOPLE.search(column) or _PEOPLE.search(row):
        return "명"
    if _HOURS.search(column) or _HOURS.search(row):
        return "시간" if "시간" in units else ""
    if _COUNT.search(column) or _COUNT.search(row):
        return (
            next((unit for unit in units if unit not in MONEY and unit not in ("%", "주")), "")
            if len(units) == 1
            else ""
        )
    if _SHARES.search(column) or _SHARES.search(row):
        return next((unit for unit in units if unit in ("주", "천주")), "")
    if len(units) == 1:
        return units[0]
    money = [unit for unit in units if unit in MONEY]
    others = [unit for unit in units if unit not in MONEY and unit != "%"]
    if len(money) == 1 and (not others or _AMOUNT.search(column.replace(" ", ""))):
        return money[0]
    if not money and len(others) == 1:
        return others[0]
    return ""


def _normal(unit: str) -> str:
    unit = re.sub(r"\s", "", unit.strip(" .)")).replace("％", "%")
    return _SPELLINGS.get(unit, unit)
