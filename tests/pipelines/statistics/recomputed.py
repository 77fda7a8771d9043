"""A second implementation of every answer about statistics: pandas over the raw file, from the question's own words."""

from __future__ import annotations

import io
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

DISEASE = {"환자 수": "환자수", "명세서 청구 건수": "명세서청구건수", "입내원일수": "입내원일수",
           "보험자부담금": "보험자부담금(선별포함)", "요양급여비용 총액": "요양급여비용총액(선별포함)"}
PROCEDURE = {"환자 수": "환자수", "명세서 건수": "명세서건수", "총사용량": "의료행위총사용량", "청구금액": "의료행위청구금액"}
PROVINCES = "서울 부산 대구 인천 광주 대전 울산 세종 경기 강원 충북 충남 전북 전남 경북 경남 제주".split()
_CUT = re.compile(r"(남성|여성) ?(외래|입원)?|(외래|입원)|" + "|".join(PROVINCES))
_FIGURE = re.compile(r"(?<!약 )(\d[\d,]*(?:\.\d+)?)(명|건|일|회|원|%)")


def frame(path: Path) -> Any:
    """Return a raw file as text cells, blanks stripped; lines above the header dropped."""
    import pandas

    text = path.read_text(encoding="utf-8-sig")
    body = text[text.index("진료년도"):]
    return pandas.read_csv(io.StringIO(body), dtype=str, keep_default_na=False).map(str.strip)


def wrong(kind: str, question: str, answer: str, table: Any) -> str:
    """Return why an answer is not what the raw table gives for its question, "" when it is."""
    disease = "주상병코드" in table.columns
    names = DISEASE if disease else PROCEDURE
    code = re.search(r"(?:상병|행위)코드 ([0-9A-Z]+)", question)
    years = re.findall(r"(\d{4})년", question)
    measure = max((name for name in names if name in question), key=len, default="")
    if not code or not years or not measure:
        return f"not understood: {question}"
    own = table[table["주상병코드" if disease else "행위코드"] == code[1]]
    cuts = [match[0].strip() for match in _CUT.finditer(question)]
    told = [Decimal(number.replace(",", "")) for number, _ in _FIGURE.findall(answer)]
    column = names[measure]
    expected = {"fact": _lookup, "comparison": _compared, "change": _changed, "ranking": _ranked, "share": _shared,
                "total": _total}[kind](own, years, cuts, column, question)
    return "" if told == expected[0] and expected[1] in answer else f"{question} | {answer} | expected {expected}"


def _cut(own: Any, words: str) -> Any:
    for word in words.split():
        if word in ("남성", "여성"):
            own = own[own["성별"] == word[0]]
        elif word in ("외래", "입원"):
            own = own[own["입원외래구분"] == word]
        elif word:
            own = own[own["시도"] == word]
    return own


def _one(own: Any, year: str, words: str, column: str) -> Decimal:
    found = _cut(own[own["진료년도"] == year], words)[column]
    assert len(found) == 1, (year, words, column)
    return Decimal(found.iloc[0])


def _lookup(own: Any, years: list[str], cuts: list[str], column: str, _: str) -> tuple[list[Decimal], str]:
    return [_one(own, years[0], " ".join(cuts), column)], ""


def _compared(own: Any, years: list[str], cuts: list[str], column: str, _: str) -> tuple[list[Decimal], str]:
    first, second = sorted(((_one(own, years[0], cut, column), cut) for cut in cuts), reverse=True)
    return [first[0], second[0], first[0] - second[0]], f"{first[1]}"


def _changed(own: Any, years: list[str], cuts: list[str], column: str, _: str) -> tuple[list[Decimal], str]:
    old, new = (_one(own, year, " ".join(cuts), column) for year in sorted(years))
    rate = (abs(new - old) / old * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return [old, new, abs(new - old), rate], "증가" if new > old else "감소"


def _ranked(own: Any, years: list[str], _: list[str], column: str, question: str) -> tuple[list[Decimal], str]:
    rows = own[own["진료년도"] == years[0]]
    rank = 2 if "두 번째" in question or "2위" in question else 1
    ordered = sorted(((Decimal(row[column]), row) for _, row in rows.iterrows()), key=lambda pair: -pair[0])
    value, row = ordered[rank - 1]
    named = row["시도"] if "시도" in rows.columns else f"{row['성별']}성 {row['입원외래구분']}"
    return [value], f"{named}이" if (ord(named[-1]) - 0xAC00) % 28 else f"{named}가"


def _shared(own: Any, years: list[str], cuts: list[str], column: str, _: str) -> tuple[list[Decimal], str]:
    whole = sum(Decimal(value) for value in own[own["진료년도"] == years[0]][column])
    part = _one(own, years[0], " ".join(cuts), column)
    return [(part / whole * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)], ""


def _total(own: Any, years: list[str], cuts: list[str], column: str, _: str) -> tuple[list[Decimal], str]:
    rows = _cut(own[own["진료년도"] == years[0]], " ".join(cuts))
    return [Decimal(sum(int(value) for value in rows[column]))], ""
