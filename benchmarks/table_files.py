"""What the table reader finds in real files: a line each with encoding, header row, rows, columns and numbers parsed.

    .venv/bin/python benchmarks/table_files.py FOLDER [FOLDER ...]

Reads every .csv, .tsv and .xlsx below the folders with no option given; nothing is written.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mundap.errors import MundapError
from pipelines.tabular.reader import open_table

SUFFIXES = (".csv", ".tsv", ".xlsx")


def main() -> None:
    """Read the files named on the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    shown = Table("file", "encoding", "header row", "rows", "columns", "numbers", "left out", "told")
    for folder in parser.parse_args().folders:
        files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES)
        for file in files:
            shown.add_row(*line(file, folder))
    Console(width=200).print(shown)


def line(file: Path, folder: Path) -> list[str]:
    """Return what was found in one file, or the error that it met."""
    name = file.relative_to(folder).as_posix()
    try:
        table = open_table(file, where=name)
        for _ in table.batches():
            pass
    except MundapError as error:
        return [name, "", "", "", "", "", "", f"{type(error).__name__}: {error.what}"]
    layout = table.layout
    rows = f"{layout.header_first}-{layout.header_last}" if layout.header_first < layout.header_last \
        else str(layout.header_last)
    return [name, layout.encoding or layout.format, rows, f"{table.rows:,}", str(len(layout.columns)),
            f"{table.numbers_parsed:,}", str(len(table.rejected)), "; ".join(table.warnings)]


if __name__ == "__main__":
    main()
