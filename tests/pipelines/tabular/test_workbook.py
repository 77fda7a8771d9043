"""Workbooks, written here cell by cell: merged cells, formulas, several sheets, and archives that unpack to too much."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from mundap.errors import DataError, MissingExtra
from pipelines.tabular.reader import Table, open_table

Cells = dict[str, str | float]
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACK = "http://schemas.openxmlformats.org/package/2006"


def workbook(path: Path, sheets: dict[str, str]) -> Path:
    """Write a workbook of sheets given as the XML inside <worksheet>."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        kinds = "".join(f'<Override PartName="/xl/worksheets/sheet{at}.xml" ContentType="application/vnd.openxmlformats-'
                        'officedocument.spreadsheetml.worksheet+xml"/>' for at in range(1, len(sheets) + 1))
        archive.writestr("[Content_Types].xml", f'{_HEAD}<Types xmlns="{_PACK}/content-types"><Default Extension="rels" '
                         'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
                         'PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
                         f'spreadsheetml.sheet.main+xml"/>{kinds}</Types>')
        archive.writestr("_rels/.rels", f'{_HEAD}<Relationships xmlns="{_PACK}/relationships"><Relationship Id="r1" '
                         f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        names = "".join(f'<sheet name="{name}" sheetId="{at}" r:id="s{at}"/>' for at, name in enumerate(sheets, 1))
        archive.writestr("xl/workbook.xml", f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{names}</sheets>'
                         "</workbook>")
        links = "".join(f'<Relationship Id="s{at}" Type="{_REL}/worksheet" Target="worksheets/sheet{at}.xml"/>'
                        for at in range(1, len(sheets) + 1))
        archive.writestr("xl/_rels/workbook.xml.rels", f'{_HEAD}<Relationships xmlns="{_PACK}/relationships">{links}'
                         "</Relationships>")
        for at, inner in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{at}.xml", f'{_HEAD}<worksheet xmlns="{_MAIN}">{inner}</worksheet>')
    return path


def sheet(lines: list[Cells], merged: str = "") -> str:
    """Return the XML of rows given as column letter -> text or number; text beginning with '=' is a formula with value 7,
    with '==' one without a value."""
    rows = ""
    for number, cells in enumerate(lines, 1):
        made = ""
        for letter, cell in cells.items():
            place = f'r="{letter}{number}"'
            if isinstance(cell, str) and cell.startswith("=="):
                made += f"<c {place}><f>{cell[2:]}</f></c>"
            elif isinstance(cell, str) and cell.startswith("="):
                made += f"<c {place}><f>{cell[1:]}</f><v>7</v></c>"
            elif isinstance(cell, str):
                made += f'<c {place} t="inlineStr"><is><t>{cell}</t></is></c>'
            else:
                made += f"<c {place}><v>{cell}</v></c>"
        rows += f'<row r="{number}">{made}</row>'
    merges = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    return f"<sheetData>{rows}</sheetData>{merges}"


PLAIN = sheet([{"A": "구분", "B": "코드", "C": "수"}, {"A": "가", "B": "007", "C": 1.0}, {"A": "나", "B": "008", "C": 2.5}])


def rows(table: Table) -> list[list[object]]:
    return [list(values) for batch in table.batches()
            for values in zip(*(column.to_pylist() for column in batch.columns.values()), strict=True)]


@pytest.fixture
def calamine() -> None:
    pytest.importorskip("python_calamine", reason="the extra `tables` is not installed")


@pytest.mark.usefixtures("calamine")
def test_cells_as_they_would_be_typed(tmp_path: Path) -> None:
    from decimal import Decimal

    table = open_table(workbook(tmp_path / "a.xlsx", {"표": PLAIN}), where="a.xlsx")
    assert rows(table) == [["가", "007", 1], ["나", "008", Decimal("2.5")]] and table.layout.where == "a.xlsx: sheet 표"


@pytest.mark.usefixtures("calamine")
def test_merged_headings_and_keys_are_filled(tmp_path: Path) -> None:
    inner = sheet([{"A": "구분", "B": "환자수"}, {"B": "남", "C": "여"}, {"A": "가", "B": 1, "C": 2}, {"A": "나", "B": 3, "C": 4}],
                  merged="B1:C1")
    table = open_table(workbook(tmp_path / "a.xlsx", {"표": inner}), where="a.xlsx")
    assert table.layout.names == ["구분", "환자수 남", "환자수 여"] and rows(table) == [["가", 1, 2], ["나", 3, 4]]
    assert table.warnings == ["1 merged ranges: each of their cells was given the value"]


@pytest.mark.usefixtures("calamine")
def test_formulas_are_their_values_and_one_without_is_told(tmp_path: Path) -> None:
    inner = sheet([{"A": "구분", "B": "수"}, {"A": "가", "B": 1}, {"A": "나", "B": "=SUM(B2)"}, {"A": "다", "B": "==SUM(B2)"}])
    table = open_table(workbook(tmp_path / "a.xlsx", {"표": inner}), where="a.xlsx")
    assert rows(table) == [["가", 1], ["나", 7], ["다", None]]
    assert table.warnings == ["1 formulas were saved without a value, so their cells are empty: B4"]


@pytest.mark.usefixtures("calamine")
def test_sheets(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"표지": sheet([]), "표": PLAIN})
    table = open_table(path, where="a.xlsx")
    assert table.layout.sheet == "표" and table.warnings == ["read sheet '표'; not read: 표지"]
    with pytest.raises(DataError, match="a.xlsx: there is no sheet '표2'.\n  Did you mean '표'"):
        open_table(path, where="a.xlsx", options={"sheet": "표2"})
    with pytest.raises(DataError, match="every sheet is empty"):
        open_table(workbook(tmp_path / "b.xlsx", {"빈": sheet([])}), where="b.xlsx")


def test_a_bomb_is_not_opened(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"표": PLAIN})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", bytes(60 * 2**20))
    with pytest.raises(DataError, match="unpacks from [0-9,]+ to 62,[0-9,]+ bytes, so it is not opened"):
        open_table(path, where="a.xlsx")


def test_what_is_no_workbook_says_how_to_save_it(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0 old excel")
    with pytest.raises(DataError, match="the file is no .xlsx workbook.\n  A .xls of Excel 97"):
        open_table(path, where="a.xlsx")


def test_without_the_extra_it_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(MissingExtra, match=r'pip install "mundap\[tables\]"'):
        open_table(workbook(tmp_path / "a.xlsx", {"표": PLAIN}), where="a.xlsx")
