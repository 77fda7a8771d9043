"""The files of one data set read into cells. A unit that differs between two of them stops, with both named."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from mundap import paths
from mundap.errors import DataError
from mundap.korean import nfc
from pipelines.readers.numerals import MONEY
from pipelines.statistics.spec import Measure, Spec, load_spec, place
from pipelines.tabular.layout import SUFFIXES
from pipelines.tabular.reader import Table, open_table

Slice = tuple[str, ...]
Value = int | Decimal
# Two files whose typical figures lie a thousand times apart were written in different units, whatever their headers say.
_APART = (2.6, 3.4)   # powers of ten
_MAX_TWICE = 0.01
_FILE_NAME = re.compile(r"(?P<publisher>[^_]+)_(?P<title>.+?)(?:_(?P<date>\d{8}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row of the table: the values of the slice's keys, the figures by measure (None: nil or lost), and its place."""

    slice: Slice
    values: Mapping[str, Value | None]
    row: int
    file: str


@dataclass(slots=True, kw_only=True)
class Dataset:
    """One data set: records by group and year, in the order of the files; what was odd is in warnings."""

    spec: Spec
    title: str
    publisher: str
    date: int
    name: str
    records: dict[str, dict[int, list[Record]]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    @property
    def years(self) -> list[int]:
        """Return every year that has a record, in order."""
        return sorted({year for group in self.records.values() for year in group})

    @property
    def full_title(self) -> str:
        """Return the publisher and the title, as a citation begins."""
        return f"{self.publisher}, {self.title}" if self.publisher else self.title


def read_dataset(path: Path, project: Path, options: Mapping[str, Any]) -> Dataset:
    """Return the data set of a file, or of every table file below a folder.

    Raises:
        ConfigError: facts is missing or wrong.
        DataError: a file cannot be read, lacks a column, repeats a row, or differs in a unit from another.
    """
    spec = load_spec(options.get("facts"), paths.show(path, project))
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not files:
        raise DataError("the folder holds no table.", where=paths.show(path, project),
                        fix="Put .csv or .xlsx files there, or correct the source's path in data.yaml.")
    named = _FILE_NAME.fullmatch(nfc(files[0].stem))
    made = Dataset(
        spec=spec, files=files, name=nfc(path.stem),
        title=str(options.get("title") or (named["title"] if named else nfc(path.stem))),
        publisher=str(options.get("publisher") or (named["publisher"] if named else "")),
        date=int(options.get("date") or (named["date"] if named and named["date"] else 0) or 0))
    units: dict[str, dict[str, str]] = defaultdict(dict)
    typical: dict[str, dict[str, float]] = defaultdict(dict)
    for file in files:
        _read_file(made, file, paths.show(file, project), options, units, typical)
    _compare(spec, units, typical)
    return made


def _read_file(made: Dataset, file: Path, where: str, options: Mapping[str, Any], units: dict[str, dict[str, str]],
               typical: dict[str, dict[str, float]]) -> None:
    spec = made.spec
    opened = open_table(file, where=where, options=_reading(options, spec))
    columns = {key.name: place(opened.layout, key.columns, key.name) for key in (spec.group, *spec.slices)}
    columns |= {measure.name: place(opened.layout, measure.columns, measure.name) for measure in spec.measures}
    year = place(opened.layout, spec.year_columns, "the year") if spec.year_columns else ""
    for measure in spec.measures:
        column = opened.layout.column(columns[measure.name])
        assert column is not None
        if column.kind != "number":
            raise DataError(f"the column {column.name!r} holds no numbers.", where=where,
                            fix=f"Correct facts.measures, where {measure.name} names it.")
        units[measure.name][where] = column.unit
    found = list(_records(opened, spec, columns, year, where))
    twice = _twice(found, spec, where)
    figures: dict[str, list[float]] = defaultdict(list)
    for group, when, record in found:
        key = group, when, record.slice
        if key in twice:
            if record.row != twice[key][0]:
                continue
            record = replace(record, values=dict.fromkeys(record.values))   # so that no total passes for the whole
        made.records.setdefault(group, {}).setdefault(when, []).append(record)
        for name, value in record.values.items():
            if value:
                figures[name].append(abs(float(value)))
    made.warnings += [f"{where}: rows {' and '.join(map(str, rows))} are of the same key ({group} {' '.join(cut)}, {when}) "
                      "with different figures; none of them was taken" for (group, when, cut), rows in twice.items()]
    made.warnings += [f"{where}: {told}" for told in opened.warnings]
    for name, values in figures.items():
        typical[name][where] = median(values)


def _twice(found: Sequence[tuple[str, int, Record]], spec: Spec, where: str) -> dict[tuple[str, int, Slice], list[int]]:
    """Return the keys that several rows have, with the rows; a code that a spreadsheet spoilt ("153E2" -> 15300) is one.

    Raises:
        DataError: more than one row in a hundred repeats a key, so a column that tells rows apart is not named.
    """
    rows: dict[tuple[str, int, Slice], list[int]] = defaultdict(list)
    for group, when, record in found:
        rows[group, when, record.slice].append(record.row)
    twice = {key: numbers for key, numbers in rows.items() if len(numbers) > 1}
    if len(twice) > max(1, len(found) * _MAX_TWICE):
        (group, when, cut), numbers = next(iter(twice.items()))
        raise DataError(f"rows {numbers[0]} and {numbers[1]} are of the same {spec.group.name}, year and slice: "
                        f"{' '.join((group, str(when), *cut))}; {len(twice)} keys are repeated.", where=where,
                        fix="Name every column that tells rows apart under facts.keys.")
    return twice


def _reading(options: Mapping[str, Any], spec: Spec) -> dict[str, Any]:
    """Return the table reader's options: key columns are always text, so that codes keep their zeros."""
    text = [name for key in (spec.group, *spec.slices) for name in key.columns]
    return {name: options[name] for name in ("encoding", "sheet", "header_row") if options.get(name)} | {
        "text_columns": text}


def _records(opened: Table, spec: Spec, columns: Mapping[str, str], year: str, where: str
             ) -> Iterator[tuple[str, int, Record]]:
    """Yield each row that is neither blank nor a total, with its group and year."""
    for batch in opened.batches():
        held = {name: batch.columns[column].to_pylist() for name, column in columns.items()}
        years = batch.columns[year].to_pylist() if year else [spec.year_value] * len(batch)
        for at, number in enumerate(batch.numbers):
            if batch.marks[at]:
                continue
            group = held[spec.group.name][at]
            when = _year(years[at], where, number)
            values = {measure.name: held[measure.name][at] for measure in spec.measures}
            yield group, when, Record(slice=tuple(held[key.name][at] for key in spec.slices), row=number, file=where,
                                      values={name: _plain(value) for name, value in values.items()})


def _plain(value: Value | None) -> Value | None:
    return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else value


def _year(value: Any, where: str, row: int) -> int:
    found = re.match(r"(?:19|20)\d{2}", str(value or ""))
    if not found:
        raise DataError(f"row {row}: {value!r} names no year.", where=where,
                        fix="Correct facts.year, or the cell; a table of one year takes year: {value: 2024}.")
    return int(found[0])


def _compare(spec: Spec, units: Mapping[str, Mapping[str, str]], typical: Mapping[str, Mapping[str, float]]) -> None:
    """Stop where two files, or a file and the recipe, differ in a measure's unit."""
    for measure in spec.measures:
        told = {where: unit for where, unit in units[measure.name].items() if unit}
        odd = next(((where, unit) for where, unit in told.items() if unit != measure.unit), None)
        if odd:
            other = next((where for where, unit in units[measure.name].items() if unit == measure.unit), "")
            _conflict(measure, odd[0], odd[1], other or "facts.measures in data.yaml", measure.unit)
        if measure.unit in MONEY:
            _thousandfold(measure, typical.get(measure.name, {}))


def _thousandfold(measure: Measure, typical: Mapping[str, float]) -> None:
    ordered: Sequence[tuple[str, float]] = sorted(typical.items(), key=lambda item: item[1])
    for (low, small), (high, large) in zip(ordered, ordered[1:], strict=False):
        if small and _APART[0] < math.log10(large / small) < _APART[1]:
            raise DataError(
                f"{measure.name}: a typical figure is {small:,.0f} here and {large:,.0f} in {high}: one of the two is not "
                f"in {measure.unit}.", where=low,
                fix="Correct the figures of one file, or make each file a source of its own with its own unit.")


def _conflict(measure: Measure, where: str, unit: str, other: str, expected: str) -> None:
    raise DataError(f"{measure.name} is in {unit} here, but in {expected} in {other}.", where=where,
                    fix="Write the unit that holds for all files under facts.measures, and correct the others; or make "
                        "each file a source of its own.")
