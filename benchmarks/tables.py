"""How fast and in how much memory tables are read: the bare engines, and the table reader on the same file.

    .venv/bin/python benchmarks/tables.py                 # 100 MB: half a minute
    .venv/bin/python benchmarks/tables.py --megabytes 1000
    .venv/bin/python benchmarks/tables.py --file a.xlsx   # calamine beside openpyxl, where they are installed

Each is measured in a process of its own, three times, the fastest told; an engine that is not installed is passed over.
The bare engines read every cell as text and do nothing else. The reader also decodes strictly, trims, parses numbers,
marks totals and counts rows. The file is made up: nine columns, one of them with thousands separators in quotes, a blank
after every figure.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

REPEATS = 3
HEADER = "진료년도,주상병코드,성별,입원외래구분,환자수,명세서청구건수,입내원일수,보험자부담금,요양급여비용총액\n"
CSV_ENGINES = {
    "pyarrow": """
import pyarrow as pa, pyarrow.csv as c
names = [f"c{i}" for i in range(9)]
options = c.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
for b in c.open_csv(path, read_options=c.ReadOptions(block_size=4 << 20, use_threads=False, column_names=names),
                    convert_options=options): rows += b.num_rows""",
    "polars": """
import polars as pl
def take(b):
    global rows
    rows += b.height
lazy = pl.scan_csv(path, infer_schema=False)
job = lazy.sink_batches(take, lazy=True) if hasattr(lazy, "sink_batches") else None
job.collect(engine="streaming")""",
    "pandas": """
import pandas as pd
for b in pd.read_csv(path, dtype=str, chunksize=100_000): rows += len(b)""",
    "table reader": """
from pathlib import Path
from pipelines.tabular.reader import open_table
for b in open_table(Path(path), where="a.csv").batches(): rows += len(b)""",
}
XLSX_ENGINES = {
    "calamine": """
from python_calamine import CalamineWorkbook
rows = len(CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python())""",
    "openpyxl": """
from openpyxl import load_workbook
for r in load_workbook(path, read_only=True, data_only=True).worksheets[0].iter_rows(values_only=True): rows += 1""",
    "table reader": CSV_ENGINES["table reader"].replace("a.csv", "a.xlsx"),
}
_PROBE = """
import json, resource, sys, time
path, rows = sys.argv[1], 0
begun = time.perf_counter()
{body}
print(json.dumps([rows, time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def main() -> None:
    """Make the file, measure every engine, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--file", type=Path, help="a file of your own instead")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.file or made(Path(folder) / "made.csv", given.megabytes)
        megabytes = path.stat().st_size / 1e6
        print(f"{path.name}, {megabytes:,.0f} MB\n\nengine         rows         seconds   MB/s   peak MB")
        for name, body in (XLSX_ENGINES if path.suffix == ".xlsx" else CSV_ENGINES).items():
            found = measured(body, path)
            if found is None:
                print(f"{name:14} not installed")
                continue
            rows, seconds, peak = found
            print(f"{name:14} {rows:<12,} {seconds:<9.1f} {megabytes / seconds:<6.0f} {peak:.0f}")


def made(path: Path, megabytes: int) -> Path:
    """Write a table of about so many megabytes."""
    rng = random.Random(1)
    lines = [f"2023,{rng.choice('ABCDEFK')}{rng.randrange(100):02d},{rng.choice('남여')},{rng.choice(['입원', '외래'])},"
             f'"{rng.randrange(10**6):,} ",{rng.randrange(10**6)} ,{rng.randrange(10**7)} ,{rng.randrange(10**10)} ,'
             f"{rng.randrange(10**10)} \n" for _ in range(20_000)]
    block = "".join(lines).encode()
    with path.open("wb") as file:
        file.write(HEADER.encode())
        for _ in range(max(1, megabytes * 1_000_000 // len(block))):
            file.write(block)
    return path


def measured(body: str, path: Path) -> tuple[int, float, float] | None:
    """Return rows, seconds and peak memory in MB of the fastest run, or None when the engine is not installed."""
    runs = []
    for _ in range(REPEATS):
        done = subprocess.run([sys.executable, "-c", _PROBE.format(body=body), str(path)], capture_output=True, text=True,
                              cwd=Path(__file__).resolve().parent.parent)
        if "ModuleNotFoundError" in done.stderr:
            return None
        if done.returncode:
            raise SystemExit(done.stderr)
        runs.append(json.loads(done.stdout))
    rows, seconds, peak = min(runs, key=lambda run: run[1])
    return int(rows), float(seconds), float(peak)


if __name__ == "__main__":
    main()
