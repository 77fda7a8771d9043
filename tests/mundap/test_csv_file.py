"""Our own CSV: opens in a spreadsheet, and no cell of it runs there."""

from __future__ import annotations

from pathlib import Path

import pytest

from mundap.csv_file import harmless, write_csv


@pytest.mark.parametrize(("cell", "written"), [
    ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("+82-2", "'+82-2"), ("-cmd", "'-cmd"), ("\t=1", "'\t=1"),
    ("\n=1", "'\n=1"), ("＝1", "'＝1"),
    (-5, "-5"), ("-1,234.5", "-1,234.5"), ("-", "-"), (None, ""), ("가", "가")])
def test_no_cell_we_write_is_a_formula(cell: object, written: str) -> None:
    assert harmless(cell) == written


def test_csv_opens_in_a_spreadsheet(tmp_path: Path) -> None:
    assert write_csv(tmp_path / "a.csv", ["가", "나"], [["=1", 2]]) == 1
    assert (tmp_path / "a.csv").read_bytes() == "\ufeff가,나\n'=1,2\n".encode()
    assert list(tmp_path.iterdir()) == [tmp_path / "a.csv"]
