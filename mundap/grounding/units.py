"""Units a Korean figure can carry, each with its kind, its canonical name and what one of it is worth in that name.

`1,234백만원` needs no entry of its own: 백만 is read as a scale by numbers.py and 원 is the unit. A rate keeps its per
cent (`0.5%` is 0.5); basis points become percentage points, per mille becomes per cent, both exact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Kind = Literal["amount", "percent", "count", "number", "fraction", "date", "period", "article", "code"]
NUMERIC: tuple[Kind, ...] = ("amount", "percent", "count", "number", "fraction")
SCALES = {"십": 1, "백": 2, "천": 3, "만": 4, "억": 8, "조": 12, "경": 16}


@dataclass(frozen=True, slots=True)
class Unit:
    """What a written unit means: 1 of it is `factor` of `name`."""

    kind: Kind
    name: str
    factor: Decimal = Decimal(1)


_ONE = Decimal(1)
_AMOUNTS = {"원": "원", "KRW": "원", "달러": "달러", "US$": "달러", "USD": "달러", "불": "달러", "유로": "유로",
            "EUR": "유로", "엔": "엔", "JPY": "엔", "위안": "위안", "CNY": "위안", "RMB": "위안", "파운드": "파운드",
            "GBP": "파운드"}
_PERCENTS = {"%": ("%", _ONE), "퍼센트": ("%", _ONE), "프로": ("%", _ONE), "‰": ("%", Decimal("0.1")),
             "할": ("%", Decimal(10)), "푼": ("%", _ONE),   # 연 1할 2푼 of old statutes
             "%p": ("%p", _ONE), "%P": ("%p", _ONE), "%포인트": ("%p", _ONE), "퍼센트포인트": ("%p", _ONE),
             "p.p.": ("%p", _ONE), "bp": ("%p", Decimal("0.01")), "bps": ("%p", Decimal("0.01")),
             "베이시스포인트": ("%p", Decimal("0.01"))}
# Two ways to write one unit; every other count keeps its own name. 개 and 개사 meet: tables head a column with 개.
_SAME = {"인": "명", "사람": "명", "주식": "주", "년간": "년", "개년": "년", "달": "개월", "일간": "일", "번": "회",
         "차례": "회", "개소": "곳", "살": "세", "종류": "종", "주간": "주일", "개사": "개", "㎡": "m²", "m2": "m²",
         "㎥": "m³", "m3": "m³", "㎞": "km", "㎏": "kg", "㎎": "mg", "㎖": "ml", "㎜": "mm", "㎝": "cm", "L": "l",
         "ℓ": "l", "톤": "t", "ton": "t", "°C": "℃", "KWh": "kWh", "KW": "kW"}
_COUNTS = ("명 인 사람 주 주식 건 개 개월 개년 개사 개국 개소 가지 배 년 년간 달 일 일간 영업일 거래일 주일 주간 시간 "
           "분 초 회 번 차례 차 대 가구 세대 호 곳 종 종류 세 살 층 점 급 등급 단계 톤 평 부 매 쪽 페이지 장 권 좌 "
           "구좌 필지 동 병상 석 척 량 마리 학점 위 학년 편 절 조 항 목").split()
_LATIN = ("km² km km2 m² m2 m³ m3 cm mm m kg mg g t ton L ml l kWh KWh MWh GWh kW KW MW GW GB TB MB KB GHz MHz Hz "
          "℃ °C ㎡ ㎥ ㎞ ㎏ ㎎ ㎖ ㎜ ㎝ ℓ").split()


def _table() -> dict[str, Unit]:
    found = {name: Unit("amount", canonical) for name, canonical in _AMOUNTS.items()}
    found |= {name: Unit("percent", canonical, factor) for name, (canonical, factor) in _PERCENTS.items()}
    return found | {name: Unit("count", _SAME.get(name, name)) for name in (*_COUNTS, *_LATIN)}


UNITS = _table()
# A unit that is one syllable is also the start of many words ("3 일부", "2 주요"): after a space it must end there, or
# be followed by a particle. Directly after the digits it may be followed by anything but the words ruled out here.
_PARTICLE = r"(?![가-힣])|(?=이|가(?!지)|은|는|을|를|의|에|로|으로|씩|당|간|째|과|와|도|만|까|부터|였|입|인|미만|하)"
_NOT_AFTER = {"할": "인|부|당|증|\\s수|\\s것", "원": "칙", "부": "터", "개": "인|발|선|정|혁", "차": "원|이", "주": "요|택|주",
              "인": r"\s+(?!기준|가구|이상|이하|미만|세대|이내|가족)[가-힣]|데|지|가\s|원",
              "달": "리|라|성", "대": "비|한|해|로\\s", "분": "의|기|할", "번": "째의", "장": "기", "동": "안",
              "위": "한|해|원", "점": "에서",
              "매": "출|년|월|일", "회": "사", "조": "건|합", "항": "목", "석": "유", "엔": "지", "불": "구|가",
              "일": "반|부\\s",
              "종": "목", "호": "봉", "세": "금", "량": "은"}


def _unit_pattern() -> str:
    long, short = [], []
    for name in sorted(UNITS, key=lambda name: (-len(name), name)):
        text = re.escape(name)
        if re.fullmatch(r"[A-Za-z°]+[23²³]?", name):
            long.append(text + r"(?![A-Za-z\d])")
        elif len(name) == 1 and "가" <= name <= "힣":
            short.append(text + (f"(?!{_NOT_AFTER[name]})" if name in _NOT_AFTER else ""))
        else:
            long.append(text + (r"(?![가-힣])" if name == "프로" else ""))
    long = [r"%\s?[pP](?![A-Za-z])", r"%\s?포인트", r"퍼센트\s?포인트", *long]
    lengthy, brief = "|".join(long), "|".join(short)
    return rf"(?:{lengthy}|{brief}|\s(?:{lengthy}|(?:{brief})(?:{_PARTICLE})))"


# A figure and its unit stand on one line.
UNIT_PATTERN = _unit_pattern().replace(r"\s", "[ ]")
_DECLARED = re.compile(r"\(?\s?단위\s?[:：;]?\s?(?P<units>[^()\n|]{1,40})\)?", re.ASCII)
_WRITTEN = re.compile(r"(?P<scale>[십백천만억조]{0,3})\s?(?P<name>\S.*)?", re.ASCII)


def unit_of(text: str) -> Unit | None:
    """Return the unit a short text names ("백만원", "천US$", "천주", "%"), or None when it names none known.

    A scale alone ("백만") is a bare number of that scale.
    """
    text = text.strip().strip("()[]").strip()
    match = _WRITTEN.fullmatch(text)
    if not text or match is None:
        return None
    name = (match["name"] or "").replace(" ", "")
    factor = Decimal(1)
    for letter in match["scale"]:
        factor = factor.scaleb(SCALES[letter])
    if not name:
        return Unit("number", "", factor)
    known = UNITS.get(name)
    return Unit(known.kind, known.name, known.factor * factor) if known else None


def declared_units(text: str) -> tuple[Unit, ...]:
    """Return the units a text declares for numbers that have none: "(단위: 백만원, %)"; empty: it declares none."""
    found = []
    for match in _DECLARED.finditer(text) if "단위" in text else ():
        for part in re.split(r"[,/·、ㆍ]", match["units"]):
            words = part.split()
            unit = unit_of(part) or (unit_of(words[0]) if words else None)
            if unit is not None and unit not in found:
                found.append(unit)
    return tuple(found)


def declaration_spans(text: str) -> list[tuple[int, int]]:
    """Return where a text declares units, so that they are not read as figures."""
    return [match.span() for match in _DECLARED.finditer(text)] if "단위" in text else []
