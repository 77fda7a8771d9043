"""How well and how fast passages are found.

    .venv/bin/python benchmarks/retrieval.py --sets FOLDER        # quality on three Korean question sets: 6 minutes
    .venv/bin/python benchmarks/retrieval.py --chunks 100000      # speed of a large made-up index: 5 minutes
    .venv/bin/python benchmarks/retrieval.py --chunks 100000 --keep /tmp/large   # keeps the index for another run

FOLDER holds the sets as retrieval_sets.py says; none of them is part of this project. Quality is measured with the starter
embedder (mundap models).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import retrieval_quality
import retrieval_speed
from retrieval_sets import load_sets

from mundap.embedder import Embedder


def main() -> None:
    """Measure what was asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, help="folder of the question sets")
    parser.add_argument("--embedder", type=Path, default=Path("models/multilingual-e5-small"))
    parser.add_argument("--chunks", type=int, default=0, help="how many chunks the made-up index has")
    parser.add_argument("--keep", type=Path, help="folder for the made-up index, kept")
    given = parser.parse_args()
    if not (given.sets or given.chunks):
        parser.error("say what to measure: --sets FOLDER, --chunks N, or both")
    with tempfile.TemporaryDirectory() as scratch:
        if given.sets:
            sets = load_sets(given.sets)
            if not sets:
                parser.error(f"{given.sets} holds none of the sets; retrieval_sets.py says which files they are")
            retrieval_quality.table(retrieval_quality.measure(sets, Path(scratch) / "sets", Embedder(given.embedder)))
        if given.chunks:
            retrieval_speed.table(retrieval_speed.measure(given.chunks, given.keep or Path(scratch) / "large"))


if __name__ == "__main__":
    main()
