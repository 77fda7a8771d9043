"""The reference's folders: data/<domain>/raw, processed and cleaned, below the root of everything generated.

    cleaned/train.jsonl  {"instruction": "…", "input": "2023년 …은 몇 건인가요?", "output": "… 4,251,032건입니다.",
                          "metadata": {"category": "진료통계", "source": "…", "year": 2023}}

raw holds copies of the sources; processed each table as UTF-8 CSV with one header row; cleaned the rows: train, and the
held-out part as val and test, by document.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mundap.csv_file import write_csv
from mundap.paths import home
from pipelines.manifest import write_text
from pipelines.rows.row import Row
from pipelines.split import Part
from pipelines.statistics.dataset import Dataset
from pipelines.statistics.rows import Made


def write_folders(project: Path, domain: str, datasets: Sequence[Dataset], made: Mapping[str, Made],
                  kept: Mapping[Part, Sequence[Row]], instruction: str) -> Path:
    """Write the three folders and return the one above them. made: row id -> what the reference's form needs beside it."""
    root = home(project) / "data" / domain
    for folder in ("raw", "processed"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for data in datasets:
        for file in data.files:
            temporary = root / "raw" / (file.name + ".tmp")
            shutil.copyfile(file, temporary)
            os.replace(temporary, root / "raw" / file.name)
        _write_processed(data, root / "processed" / f"{data.name}.csv")
    rows = {part: [(row, one) for row in kept[part] if (one := made.get(row.augmented_from or row.id))] for part in kept}
    parts = {"train": rows["train"], "val": [pair for pair in rows["eval"] if _first_half(pair[1].doc_id)],
             "test": [pair for pair in rows["eval"] if not _first_half(pair[1].doc_id)]}
    for name, own in parts.items():
        text = "".join(json.dumps(_record(row, one, instruction), ensure_ascii=False) + "\n" for row, one in own)
        write_text(root / "cleaned" / f"{name}.jsonl", text)
    return root


def _first_half(doc_id: str) -> bool:
    return hashlib.sha256(f"val:{doc_id}".encode()).digest()[0] < 128


def _record(row: Row, made: Made, instruction: str) -> dict[str, Any]:
    return {"instruction": instruction, "input": row.question, "output": made.answer,
            "metadata": {"category": made.category, "source": made.row.source, "year": made.asked.year}}


def _write_processed(data: Dataset, path: Path) -> None:
    spec = data.spec
    header = ["연도", spec.group.name, *(key.name for key in spec.slices),
              *(f"{measure.name}({measure.unit})" for measure in spec.measures)]
    write_csv(path, header, ((year, group, *record.slice, *(record.values[measure.name] for measure in spec.measures))
                             for group, years in data.records.items() for year, records in sorted(years.items())
                             for record in records))
