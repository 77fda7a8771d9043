"""A few steps of a recipe through llamafactory-cli into a folder that is thrown away: what the trainer logged of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap import factory, launch
from mundap.cli.output import say
from mundap.training.progress import LOG_NAME
from mundap.yaml_lines import dump

QUIET = {"logging_steps": 1, "save_strategy": "no", "eval_strategy": "no", "load_best_model_at_end": False,
         "include_num_input_tokens_seen": True, "overwrite_output_dir": True, "report_to": "none", "plot_loss": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """tokens and seconds are between the warm-up's last step and the last one, padding counted; steps, how many."""

    steps: int
    tokens: int
    seconds: float
    gpu_gib: float
    rss_bytes: int


def run(values: Mapping[str, Any], folder: Path, project: Path, *, warm_up: int = 1) -> Steps:
    """Train a resolved recipe's max_steps and return what the steps after the warm-up came to.

    Raises:
        LaunchError: the trainer failed.
        SystemExit: it logged too few steps.
    """
    folder.mkdir(exist_ok=True)
    values = {key: value for key, value in values.items() if key != "eval_dataset"} | QUIET | {
        "output_dir": str(folder / "out")}
    recipe = folder / "recipe.yaml"
    recipe.write_text(dump(values), encoding="utf-8")
    env = factory.environment(values) | {"RECORD_VRAM": "1"}
    say(f"training {values['max_steps']} steps")
    outcome = launch.run(factory.command("train", recipe, values, env), cwd=project, env=env, log=folder / "log")
    if outcome.returncode != 0:
        raise launch.failure(outcome, what="llamafactory train", log=folder / "log")
    lines = (folder / "out" / LOG_NAME).read_text(encoding="utf-8").splitlines()
    log = [record for record in map(json.loads, lines) if "loss" in record]
    if len(log) <= warm_up:
        raise SystemExit(f"only {len(log)} steps were logged; give --steps {warm_up + 2} or more")
    first, last = log[warm_up - 1], log[-1]
    vram = max((float(record.get("vram_reserved", 0)) for record in log), default=0.0)
    return Steps(steps=last["current_steps"] - first["current_steps"], gpu_gib=vram if vram > 0 else 0.0,
                 tokens=last["total_tokens"] - first["total_tokens"], seconds=_elapsed(last) - _elapsed(first),
                 rss_bytes=outcome.peak_rss_bytes)


def _elapsed(record: Mapping[str, Any]) -> float:
    """Return the seconds since the start; the log's own clock shows whole ones, tokens over throughput is finer."""
    return float(record["total_tokens"] / record["throughput"])
