"""How long the demo takes from nothing, how much memory, and how soon a warm model begins to answer.

    .venv/bin/python benchmarks/demo.py            # about 12 minutes on 2 cores
    .venv/bin/python benchmarks/demo.py --home models-kept-here --warm-only

Everything is made anew in a temporary MUNDAP_HOME (models, adapter, export, index), so nothing of an earlier run is
counted. The baseline of the answer times is the same model asked without the levers, in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = 12


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="use this MUNDAP_HOME instead of a temporary one")
    parser.add_argument("--warm-only", action="store_true", help="leave out the two runs of the line")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mundap-benchmark-") as temporary:
        os.environ["MUNDAP_HOME"] = str((options.home or Path(temporary)).resolve())
        if not options.warm_only:
            first, first_s = run_line()
            second, second_s = run_line()
            print_runs(first, first_s, second, second_s)
        print_answers()


def run_line() -> tuple[list[dict[str, Any]], float]:
    """Run `mundap run configs/demo`; return its table and the seconds from start to exit."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "mundap.cli.main", "run", "configs/demo", "--json"], cwd=ROOT,
                          check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout), time.perf_counter() - began


def print_runs(first: list[dict[str, Any]], first_s: float, second: list[dict[str, Any]], second_s: float) -> None:
    """Print stage times and peak memory of a run from nothing beside those of a run with nothing to do."""
    print("\n| stage | first run, s | peak memory, GiB | second run, s | second run |\n|---|---|---|---|---|")
    for one, two in zip(first, second, strict=True):
        print(f"| {one['stage']} | {one['seconds']:.1f} | {one['peak_bytes'] / 2**30:.1f} | {two['seconds']:.1f} | "
              f"{two['state']} |")
    peak = max(one["peak_bytes"] for one in first) / 2**30
    print(f"| all, with start-up | {first_s:.1f} | {peak:.1f} | {second_s:.1f} | |")


def print_answers() -> None:
    """Print the times of warm answers over streaming, with the levers and without them."""
    from mundap.recipe import load
    from rag.answer import Answer, Answerer

    recipe = load(ROOT / "configs/demo/rag.yaml")
    rows = [row for row in json.loads((ROOT / "datasets/demo_eval.json").read_text(encoding="utf-8"))
            if row["kind"] == "fact"]
    questions = [row["question"] for row in rows[:: max(1, len(rows) // QUESTIONS)][:QUESTIONS]]
    answerer = Answerer.open(recipe.values, recipe.project)
    try:
        list(answerer.stream(questions[0]))
        print("\n| answers, one at a time | to first token, s (median, worst) | whole answer, s (median, worst) |\n"
              "|---|---|---|")
        for name, levers in (("as served: checked, tried again when it fails", True),
                             ("baseline: no check, no second try", False)):
            answerer.levers = levers
            first, whole = [], []
            for question in questions:
                began, heard = time.perf_counter(), None
                for event in answerer.stream(question):
                    if heard is None and not isinstance(event, Answer):
                        heard = time.perf_counter() - began
                whole.append(time.perf_counter() - began)
                first.append(heard if heard is not None else whole[-1])
            print(f"| {name} | {statistics.median(first):.2f}, {max(first):.2f} | {statistics.median(whole):.2f}, "
                  f"{max(whole):.2f} |")
    finally:
        answerer.close()


if __name__ == "__main__":
    main()
