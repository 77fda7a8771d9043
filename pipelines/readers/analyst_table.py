"""The forecast table of an analyst report as lines that stand on their own, actual years and forecasts told apart.

    12월 결산       2024A   2025E          (주)누리솔정밀 2024년 매출액 실적: 2,369억원
    매출액          2,369   2,810    ->    (주)누리솔정밀 2025년 매출액 전망(새벽별증권 추정): 2,810억원

A forecast is never a fact of its year: no Fact is made of it, and its line says whose forecast it is. Actual years stay
lines too; a filing is the source for figures of the past.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_COLUMN = re.compile(r"(?:FY|1?\d/)?(?:([1-4])Q|([12])H)?'?(20\d{2}|\d{2})(?:[./]1?\d)?"
                     r"\(?([AEFP]|잠정|예상|추정|전망|실적)?\)?", re.IGNORECASE)
_CELL = re.compile(r"[-+△▲▽]?\(?\d[\d,]*(?:\.\d+)?\)?(?:%p?|배|원|억원|x)?|-|n/?a|nm|"
                   r"적전|흑전|적지|적자|흑자|적축|적확", re.IGNORECASE)
_NIL = re.compile(r"-|n/?a|nm", re.IGNORECASE)
_UNIT_IN_NAME = re.compile(r"\s*\((원|배|%|%p|억원|십억원|백만원|천원|회|명|X|x)\)$")
_UNIT_NOTE = re.compile(r"단위\s*[:：]\s*(조원|십억원|억원|백만원|천원|원)(?:\s*,\s*(?:원|배|%|주|x))*\s*,?\s*", re.IGNORECASE)
_HEAD_UNIT = re.compile(r"[(\[](조원|십억원|억원|백만원|천원|원)(?:\s?,[^)\]]*)?[)\]]")
_EMPTIED = re.compile(r"\s*[(\[]\s*[)\]]")
_PER_SHARE = re.compile(r"^(?:EPS|BPS|DPS|CFPS|SPS|주당)")
_MULTIPLE = re.compile(r"^(?:PER|PBR|PSR|PCR|P/E|P/B|EV/)")
_PERCENT = re.compile(r"률|율|비중|ROE|ROA|ROIC|마진|YoY|QoQ|margin", re.IGNORECASE)
_FORECAST = frozenset({"E", "F", "예상", "추정", "전망"})
_MIN_COLUMNS, _MAX_WORDS = 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A table's column: "2025년", "2025년 1분기"; whether its figures are forecasts, or preliminary (잠정)."""

    period: str
    forecast: bool
    preliminary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTable:
    """A table's cells that hold a figure: (column, item, figure with its unit), a row at a time; nil: cells that hold none."""

    cells: tuple[tuple[Column, str, str], ...]
    nil: int = 0


def columns_of(line: str, report_year: int) -> list[Column]:
    """Return the columns a line names ("12월 결산 2023A 2024A 2025E"), or [] for a line that is no table's head.

    A line may head tables that stand side by side, if all have the same columns. A year without a letter is a forecast
    from the report's own year on (0: none is).
    """
    groups: list[list[re.Match[str]]] = []
    label: list[str] = []
    for word in line.split():
        match = _COLUMN.fullmatch(word)
        if match is None:
            label.append(word)
        elif groups and not label:
            groups[-1].append(match)
        elif len(label) <= _MAX_WORDS:
            groups.append([match])
            label = []
        else:
            return []
    if label or not groups or not all(_in_turn(group) for group in groups):
        return []
    columns = [[_column(match, report_year) for match in group] for group in groups]
    return columns[0] if all(one == columns[0] for one in columns) else []


def rows_of(line: str, columns: int) -> list[tuple[str, list[str]]]:
    """Return the rows of a line, (item, cells) for each table side by side; [] for a line with another number of cells."""
    found: list[tuple[str, list[str]]] = []
    label: list[str] = []
    for word in line.split():
        if _CELL.fullmatch(word) and (label or found):
            if label:
                found.append((" ".join(label), []))
                label = []
            found[-1][1].append(word)
        else:
            label.append(word)
    return found if not label and all(len(cells) == columns for _, cells in found) else []


def unit_note(line: str) -> tuple[str, str]:
    """Return the unit a line such as "추정 재무제표 (단위: 억원, 배)" declares for amounts, or "", and the line without it."""
    found = _UNIT_NOTE.search(line)
    if found is None:
        return "", line
    return found[1], _EMPTIED.sub("", f"{line[:found.start()]}{line[found.end():]}").strip()


def head_unit(line: str) -> str:
    """Return the unit a table's head declares in brackets: "(십억원, 배) 2024A 2025E"; or ""."""
    found = _HEAD_UNIT.search(line)
    return found[1] if found else ""


def only_figures(line: str) -> bool:
    """Return whether a line holds figures and years alone, as a chart's axis does."""
    return all(_CELL.fullmatch(word) or _COLUMN.fullmatch(word) for word in line.split())


def table_of(columns: Sequence[Column], rows: Iterable[tuple[str, Sequence[str]]], unit: str) -> ReportTable:
    """Return the figures of rows, each with its unit: the name's own, else what the item is measured in, else unit."""
    cells, nil = [], 0
    for name, values in rows:
        own = _UNIT_IN_NAME.search(name)
        item = name[:own.start()] if own else name
        measured = own[1] if own else _unit_of(item, unit)
        for column, value in zip(columns, values, strict=True):
            if _NIL.fullmatch(value):
                nil += 1
            else:
                cells.append((column, item, _said(value, measured)))
    return ReportTable(cells=tuple(cells), nil=nil)


def line_of(company: str, broker: str, column: Column, item: str, figure: str) -> str:
    """Return a figure as a line that says what it is: an actual one (실적), a preliminary one, or whose forecast."""
    what = f"전망({broker} 추정)" if column.forecast else "잠정 실적" if column.preliminary else "실적"
    return " ".join(part for part in (company, column.period, item, what) if part) + f": {figure}"


def _in_turn(group: Sequence[re.Match[str]]) -> bool:
    """Return whether years follow each other; "매출액 12 15" is a row of figures."""
    if len(group) < _MIN_COLUMNS or all(len(match[3]) == 2 and not any(match[at] for at in (1, 2, 4)) for match in group):
        return False
    years = [int(match[3]) % 100 for match in group]
    return all(0 <= after - before <= 1 for before, after in zip(years, years[1:], strict=False))


def _column(match: re.Match[str], report_year: int) -> Column:
    year = int(match[3]) if len(match[3]) == 4 else 2000 + int(match[3])
    part = f" {match[1]}분기" if match[1] else {"1": " 상반기", "2": " 하반기"}.get(match[2] or "", "")
    mark = (match[4] or "").upper()
    forecast = mark in _FORECAST or (not mark and 0 < report_year <= year)
    return Column(period=f"{year}년{part}", forecast=forecast, preliminary=mark in ("P", "잠정"))


def _said(value: str, unit: str) -> str:
    """Return a cell with its unit, a loss written with a minus whatever the table used."""
    if value[0] in "△(":
        value = "-" + value.strip("△()")
    return f"{value}{unit}" if value[-1].isdigit() else value


def _unit_of(item: str, unit: str) -> str:
    if _PER_SHARE.match(item):
        return "원"
    if _MULTIPLE.match(item):
        return "배"
    return "%" if _PERCENT.search(item) else unit
