"""The data stage over a folder of filings, as a program: run_data.py FILINGS OUT TOKENIZER WORKERS [ENGINE]."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pipelines.data import DataReport, run


def data(filings: Path, out: Path, tokenizer: Path, workers: int | None, engine: str = "local") -> DataReport:
    """Make documents, chunks, facts and tables below out/docs; no rows."""
    recipe: dict[str, Any] = {
        "domain": "filings", "seed": 1, "sources": [{"reader": "dart_xml", "path": str(filings)}],
        "documents": str(out / "docs"), "chunks": {"max_tokens": 60, "tokenizer": str(tokenizer)},
        "split": {"by": "company", "eval_share": 0.2}, "workers": workers, "engine": engine}
    return run(recipe, filings.parent, lambda line: print(line, flush=True))  # noqa: T201


if __name__ == "__main__":
    data(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:])
