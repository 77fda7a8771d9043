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

from mundap import factory, launch, provenance
from mundap.cli.output import say
from mundap.forecast.cards import CPU, GIB, cores, here
from mundap.forecast.duration import MEASURED, operations_per_token, precision
from mundap.forecast.forecast import Forecast, forecasts
from mundap.forecast.lengths import batch_length
from mundap.forecast.rows import Rows
from mundap.paths import home
from mundap.recipe import load
from mundap.training.progress import LOG_NAME
from mundap.yaml_lines import dump

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
        outcome, log = run(dict(forecast.values), Path(folder), recipe.project)
        if outcome.returncode != 0:
            raise SystemExit("\n".join(outcome.tail[-20:]))
    rate, tokens_per_s, step_s = speed(log, forecast)
    device = f"{platform.machine()}, {cores()} cores" if card.name == CPU else card.name
    keep(f"{card.name} {precision(forecast.values)}", {
        "operations_per_s": rate, "on": f"{recipe.name}, {options.steps} steps", "device": device})
    told(forecast, outcome.peak_rss_bytes, rate, tokens_per_s, step_s)


def run(values: dict[str, Any], folder: Path, project: Path) -> tuple[launch.Outcome, list[dict[str, Any]]]:
    """Train into a folder and return how it ended and the steps it logged."""
    values |= {"output_dir": str(folder / "out"), "logging_steps": 1, "save_strategy": "no", "eval_strategy": "no",
               "include_num_input_tokens_seen": True, "overwrite_output_dir": True, "report_to": "none",
               "load_best_model_at_end": False, "plot_loss": False}
    recipe = folder / "recipe.yaml"
    recipe.write_text(dump(values), encoding="utf-8")
    env = factory.environment(values) | {"RECORD_VRAM": "1"}
    say(f"training {values['max_steps']} steps")
    outcome = launch.run(factory.command("train", recipe, values, env), cwd=project, env=env, log=folder / "log")
    log = folder / "out" / LOG_NAME
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    return outcome, [record for record in map(json.loads, lines) if "loss" in record]


def speed(log: list[dict[str, Any]], forecast: Forecast) -> tuple[float, float, float]:
    """Return operations a second, tokens a second and seconds a step, the first step left out as a warm-up."""
    assert isinstance(forecast.rows, Rows) and forecast.arch and forecast.trainable and forecast.steps
    first, last = log[0], log[-1]
    seconds = clock(last["elapsed_time"]) - clock(first["elapsed_time"])
    tokens = last["total_tokens"] - first["total_tokens"]
    length = forecast.rows.packed_length or batch_length(forecast.rows.lengths, forecast.steps.batch)
    operations = tokens * operations_per_token(forecast.values, forecast.arch, forecast.trainable, length)
    devices = forecast.steps.processes
    return operations / seconds / devices, tokens / seconds, seconds / (last["current_steps"] - first["current_steps"])


def clock(text: str) -> float:
    """Return the seconds of a text such as 1:02:03, days before it allowed."""
    days, _, rest = text.rpartition("day")
    hours, minutes, seconds = rest.lstrip("s, ").split(":")
    return int(days or 0) * 86400 + int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def keep(key: str, entry: dict[str, Any]) -> None:
    """Write the figure beside those of other devices."""
    file = home(ROOT) / "reports" / MEASURED
    found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    provenance.write_text(file, json.dumps(found | {key: entry}, ensure_ascii=False, indent=1) + "\n")


def told(forecast: Forecast, peak_rss: int, rate: float, tokens_per_s: float, step_s: float) -> None:
    """Print the measured figures beside the forecast's."""
    memory = f"{forecast.memory.total / GIB:.1f}" if forecast.memory else "-"
    print("| recipe | s a step | tokens/s | 10^9 operations/s | memory forecast, GiB | peak RSS, GiB |")
    print("|---|---|---|---|---|---|")
    print(f"| {forecast.recipe.name} | {step_s:.2f} | {tokens_per_s:.0f} | {rate / 1e9:.0f} | {memory} | "
          f"{peak_rss / GIB:.1f} |")


if __name__ == "__main__":
    main()
