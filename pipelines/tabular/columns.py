"""What a column holds, decided from the rows seen first, and its cells as numbers or dates; vectorised over Arrow.

A column is of numbers when every cell that says anything is one, and none begins with a zero that a number would lose:
codes stay text. A nil ("", "-", "–") is null, never zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from pipelines.readers.numerals import is_nil, parse_numeral
from pipelines.tabular.dates import parse_date
from pipelines.tabular.layout import Kind

_CODE = re.compile(r"코드|번호|우편|전화|(?<![a-z])(?:code|id|no)(?![a-z])", re.IGNORECASE)
_DATE = re.compile(r"일자|날짜|년월|연월|일시|시점|date", re.IGNORECASE)
_LEADING_ZERO = r"^[-+]?0\d"
_EASY = r"^-?(?:0|[1-9]\d{0,17}|[1-9]\d{0,2}(?:,\d{3}){1,5})$"
_FRACTION_DIGITS = 9
# What stands where a number was lost: Excel's short form of a long number, its error values, a figure withheld.
_LOST = re.compile(r"[-+]?\d(?:\.\d+)?E[-+]\d+|#[A-Z/0!?]+|\*{1,4}|[Xx]|비공개|미상|자료\s?없음")
_MAX_LOST = 0.05
_TRIED = 500
TOTALS = ("합계", "총계", "소계", "계", "총합계", "누계", "합 계", "총 계", "소 계", "전체", "total", "Total", "TOTAL")


def kind_of(name: str, cells: Sequence[str]) -> tuple[Kind, str]:
    """Return what a column of this name holds, and the unit its cells carry ("%", "명") when all carry the same."""
    told = [cell.strip() for cell in cells if not is_nil(cell)]
    if not told:
        return "text", ""
    if _DATE.search(name) and all(parse_date(cell, compact=True) for cell in told):
        return "date", ""
    kept = [cell for cell in told if not _LOST.fullmatch(cell)]
    numerals = [parse_numeral(cell) for cell in kept]
    few_lost = kept and len(told) - len(kept) <= max(1, _MAX_LOST * len(told))
    coded = _CODE.search(name) or any(re.match(_LEADING_ZERO, cell) for cell in told)
    if few_lost and all(numerals) and not coded:
        units = {numeral.unit for numeral in numerals if numeral}
        if units == {"년"} or (units == {"일"} and parse_date(told[0])):
            return "date", ""
        return ("number", units.pop()) if len(units) == 1 else ("text", "")
    if all(parse_date(cell) for cell in told):
        return "date", ""
    return "text", ""


def trimmed_array(cells: Any, kind: Kind, *, decomposed: bool) -> Any:
    """Return cells without blanks around them, in NFC where the file may hold decomposed text.

    Figures lose ASCII blanks here, in half the time, and any others where they are parsed.
    """
    import pyarrow.compute as pc

    if kind == "number":
        return pc.ascii_trim_whitespace(cells)
    trimmed = pc.utf8_trim_whitespace(cells)
    return pc.utf8_normalize(trimmed, form="NFC") if decomposed else trimmed


def number_array(cells: Any) -> tuple[Any, list[tuple[int, str]]]:
    """Return trimmed cells as numbers, null for nil, and (position, text) of cells that are no numbers, null as well."""
    import pyarrow as pa
    import pyarrow.compute as pc

    zero = pc.starts_with(cells, "0")
    if not pc.any(zero).as_py() or not pc.any(pc.match_substring_regex(cells, _LEADING_ZERO)).as_py():
        try:
            cells.slice(0, _TRIED).cast(pa.int64())   # a cast that fails half-way through a batch costs twenty that work
            return cells.cast(pa.int64()), []
        except pa.ArrowInvalid:
            pass
    easy = pc.match_substring_regex(cells, _EASY)
    if pc.all(easy).as_py():
        return pc.replace_substring(cells, ",", "").cast(pa.int64()), []
    return _with_hard(cells, easy)


def _with_hard(cells: Any, easy: Any) -> tuple[Any, list[tuple[int, str]]]:
    """Return numbers, those in other spellings (nil, △, parentheses, %, units) parsed once a spelling."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole_numbers = pc.replace_substring(cells.filter(easy), ",", "").cast(pa.int64())
    numbers = pc.replace_with_mask(pa.nulls(len(cells), pa.int64()), easy, whole_numbers)
    hard = pc.indices_nonzero(pc.invert(easy))
    texts = pc.take(cells, hard).dictionary_encode()
    parsed = [_number(text) for text in texts.dictionary.to_pylist()]
    places, codes = hard.to_pylist(), texts.indices.to_pylist()
    bad = [(place, texts.dictionary[code].as_py()) for place, code in zip(places, codes, strict=True)
           if parsed[code] is False]
    values = [parsed[code] if isinstance(parsed[code], Decimal) else None for code in codes]
    whole = all(value is None or value == value.to_integral_value() for value in values)
    kind = pa.int64() if whole else pa.decimal128(38, _FRACTION_DIGITS)
    filled = pa.array([None if value is None else int(value) if whole else value for value in values], kind)
    mask = pc.invert(easy)
    return pc.replace_with_mask(numbers.cast(kind), mask, filled), bad


def _number(text: str) -> Decimal | bool | None:
    """Return a number, None for nil, False for anything else."""
    if is_nil(text):
        return None
    numeral = None if re.match(_LEADING_ZERO, text) else parse_numeral(text)
    if numeral is None or len(numeral.value) > 24:
        return False
    amount = numeral.amount
    exponent = amount.as_tuple().exponent
    return amount if isinstance(exponent, int) and exponent >= -_FRACTION_DIGITS and abs(amount) < 2**62 else False


def date_array(cells: Any) -> tuple[Any, list[tuple[int, str]]]:
    """Return trimmed cells as ISO dates, null for nil, and (position, text) of those that are no dates."""
    import pyarrow as pa

    encoded = cells.dictionary_encode()
    parsed = [parse_date(text, compact=True) for text in encoded.dictionary.to_pylist()]
    texts = encoded.dictionary.to_pylist()
    codes = encoded.indices.to_pylist()
    bad = [(place, texts[code]) for place, code in enumerate(codes) if parsed[code] is None and not is_nil(texts[code])]
    return pa.array([parsed[code] for code in codes], pa.string()), bad


def typed(kind: Kind, cells: Any) -> tuple[Any, list[tuple[int, str]]]:
    """Return trimmed cells as what their column holds, and (position, text) of those that are not that."""
    if kind == "text":
        return cells, []
    return number_array(cells) if kind == "number" else date_array(cells)


def all_null(columns: Sequence[Any]) -> list[int]:
    """Return the positions at which every column is null."""
    import pyarrow.compute as pc

    if not all(column.null_count for column in columns):
        return []
    mask = pc.is_null(columns[0])
    for column in columns[1:]:
        mask = pc.and_(mask, pc.is_null(column))
    return list(_true(mask))


def marks(text_columns: Sequence[Any], others: Sequence[Any], rows: int) -> list[str]:
    """Return "blank", "total" or "" for each row; others are the columns that are not text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = [""] * rows
    if text_columns:
        names = pa.array(TOTALS)
        for place in _true(_any([pc.is_in(column, value_set=names) for column in text_columns])):
            found[place] = "total"
    empty = [pc.equal(pc.binary_length(column), 0) for column in text_columns[:1]]
    if not empty or pc.any(empty[0]).as_py():
        empty += [pc.equal(pc.binary_length(column), 0) for column in text_columns[1:]]
        empty += [pc.is_null(column) for column in others]
        if empty:
            blank = empty[0]
            for one in empty[1:]:
                blank = pc.and_(blank, one)
            for place in _true(blank):
                found[place] = "blank"
    return found


def _any(masks: Sequence[Any]) -> Any:
    import pyarrow.compute as pc

    whole = masks[0]
    for mask in masks[1:]:
        whole = pc.or_(whole, mask)
    return whole


def _true(mask: Any) -> Iterator[int]:
    import pyarrow.compute as pc

    yield from pc.indices_nonzero(mask).to_pylist()
