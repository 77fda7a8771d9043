"""A CSV file's rows as the trainer's reader makes them: a column of numbers becomes numbers, words such as NA nothing.

Source: pandas.read_csv, which Hugging Face datasets reads CSV files with: na_values and type inference by column.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from mundap.errors import DataError

_NOTHING = frozenset(("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
                      "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"))
_TRUTH = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}


def parse(text: str) -> list[dict[str, Any]]:
    """Return the rows of a CSV text with a head.

    Raises:
        DataError: columns are divided by another sign than a comma, or a line has more cells than the head.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""))
    head = list(reader.fieldnames or ())
    other = next((name for sign, name in ((";", "semicolons"), ("\t", "tabs")) if len(head) == 1 and sign in head[0]), "")
    if other:
        raise DataError(f"has its columns divided by {other}; the trainer's reader takes commas.",
                        fix="Save it with commas, or as JSON.")
    rows: list[dict[str, Any]] = []
    for row in reader:
        if None in row:
            raise DataError(f"line {reader.line_num} has more cells than the head.",
                            fix='Put quotes around text that holds a comma: "1,234원".')
        rows.append({name: None if cell is None or cell in _NOTHING else cell for name, cell in row.items()})
    for name in head:
        _convert(rows, name)
    return rows


def _convert(rows: list[dict[str, Any]], name: str) -> None:
    """Turn a column into numbers or truth values where every cell of it is one."""
    given = [row[name] for row in rows if row[name] is not None]
    if not given:
        return
    for kind in (_truth, _number):
        try:
            converted = {cell: kind(cell) for cell in given}
        except ValueError:
            continue
        for row in rows:
            row[name] = converted.get(row[name])
        return


def _truth(cell: str) -> bool:
    if cell not in _TRUTH:
        raise ValueError(cell)
    return _TRUTH[cell]


def _number(cell: str) -> float:
    if "_" in cell:   # a number to Python, text to pandas
        raise ValueError(cell)
    return float(cell)
