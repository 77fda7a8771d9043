"""What this machine sustains when it trains: operations a second, peak memory, and how near the forecast came.

    .venv/bin/python benchmarks/training_time.py                                   # the demo, 8 steps: 3 min on 2 cores
    .venv/bin/python benchmarks/training_time.py configs/insurance/train.yaml --steps 30

Trains a few steps of a recipe with llamafactory-cli into a temporary folder, counts the tokens it worked through, and
divides the forecast's operations by the time between the second step and the last. The figure goes to
reports/training_time.json under MUNDAP_HOME, where `mundap check --data` reads it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

from few_steps import Steps, run

from mundap import provenance
from mundap.cli.output import say
from mundap.forecast.cards import CPU, GIB, cores, here
from mundap.forecast.duration import MEASURED, operations_per_token, precision
from mundap.forecast.forecast import Forecast, forecasts
from mundap.forecast.lengths import batch_length
from mundap.forecast.rows import Rows
from mundap.paths import home
from mundap.recipe import load

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Measure, print a row of a table, keep the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", nargs="?", default="configs/demo/train.yaml")
    parser.add_argument("overrides", nargs="*", help="key=value")
    parser.add_argument("--steps", type=int, default=8)
    options = parser.parse_args()
    recipe = load(ROOT / options.recipe, overrides=[*options.overrides, f"max_steps={options.steps}"])
    [forecast] = forecasts([recipe], say=say)
    if not isinstance(forecast.rows, Rows) or forecast.arch is None or not forecast.trainable or not forecast.steps:
        raise SystemExit("this recipe's rows or base are not known here, so there is nothing to compare with")
    card = here(forecast.values, os.environ)
    if card is None:
        raise SystemExit("this machine's card has no figures in mundap/forecast/cards.py; add it there")
    with tempfile.TemporaryDirectory(prefix="mundap-benchmark-") as folder:
        taken = run(forecast.values, Path(folder), recipe.project)
    length = forecast.rows.packed_length or batch_length(forecast.rows.lengths, forecast.steps.batch)
    operations = taken.tokens * operations_per_token(forecast.values, forecast.arch, forecast.trainable, length)
    rate = operations / taken.seconds / forecast.steps.processes
    device = f"{platform.machine()}, {cores()} cores" if card.name == CPU else card.name
    keep(f"{card.name} {precision(forecast.values)}", {
        "operations_per_s": rate, "on": f"{recipe.name}, {options.steps} steps", "device": device})
    told(forecast, taken, rate)


def keep(key: str, entry: dict[str, Any]) -> None:
    """Write the figure beside those of other devices."""
    file = home(ROOT) / "reports" / MEASURED
    found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    provenance.write_text(file, json.dumps(found | {key: entry}, ensure_ascii=False, indent=1) + "\n")


def told(forecast: Forecast, taken: Steps, rate: float) -> None:
    """Print the measured figures beside the forecast's."""
    memory = f"{forecast.memory.total / GIB:.1f}" if forecast.memory else "-"
    print("| recipe | s a step | tokens/s | 10^9 operations/s | memory forecast, GiB | peak RSS, GiB |")
    print("|---|---|---|---|---|---|")
    print(f"| {forecast.recipe.name} | {taken.seconds / taken.steps:.2f} | {taken.tokens / taken.seconds:.0f} | "
          f"{rate / 1e9:.0f} | {memory} | {taken.rss_bytes / GIB:.1f} |")


if __name__ == "__main__":
    main()
