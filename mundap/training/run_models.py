"""best_model/ and final_model/ in a training's output folder: what another program loads, and nothing else.

Hard links where the disk allows them, so that they cost no space; copies elsewhere. With load_best_model_at_end the
trainer leaves the best weights at the top of the folder and the final ones only in the last checkpoint.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.training.history import History
from mundap.training.run_folder import BEST, FINAL, checkpoint_step, checkpoints, holds_weights

# What a loader reads: weights, their settings, the tokenizer, the prompt format.
_LOADED = ("adapter_*", "*.safetensors", "*.safetensors.index.json", "pytorch_model*", "config.json",
           "generation_config.json", "tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab.*",
           "merges.txt", "*.jinja", "preprocessor_config.json", "processor_config.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A folder of one step's weights. source is where they were taken from; why tells the choice."""

    folder: Path
    source: str
    step: int
    why: str


def keep(output_dir: Path, history: History, state: Mapping[str, Any], *, loads_best: bool, ended: bool
         ) -> tuple[Kept, Kept] | None:
    """Make best_model/ and final_model/ and return them in this order, or None when the run left no weights.

    state is the trainer's. loads_best: the recipe says load_best_model_at_end. ended: the trainer came to its own end,
    so that the weights at the top of the folder are this run's.
    """
    found = {checkpoint_step(path): path for path in checkpoints(output_dir) if holds_weights(path)}
    last = int(state.get("global_step") or max(found, default=0))
    trainers_best = int(state.get("best_global_step") or 0)
    if ended and holds_weights(output_dir):
        if loads_best and trainers_best:
            found.setdefault(trainers_best, output_dir)
        else:
            found[last] = output_dir
    if not found:
        return None
    step = max(found)
    why = "the last step" if step == last else f"the last one kept; the run ended at step {last}"
    final = Kept(folder=output_dir / FINAL, source=_name(found[step], output_dir), step=step, why=why)
    best_step, best_why = _best(found, history.evaluations, trainers_best, state.get("best_metric"), step)
    best = Kept(folder=output_dir / BEST, source=_name(found[best_step], output_dir), step=best_step, why=best_why)
    for kept in (best, final):
        _link(found[kept.step], kept.folder)
    return best, final


def _best(found: Mapping[int, Path], evaluations: Mapping[int, float], trainers_best: int, metric: object,
          final_step: int) -> tuple[int, str]:
    """Return the step of the best weights that are still there, and why it is that one."""
    if not evaluations and not trainers_best:
        return final_step, "nothing was evaluated, so it is the final one"
    if trainers_best in found:
        told = f", {metric:.4f}" if isinstance(metric, float) else ""
        return trainers_best, f"the trainer's best evaluation{told}"
    if not evaluations.keys() & found.keys():
        return final_step, "no evaluated step was kept, so it is the final one"
    best = min(evaluations.keys() & found.keys(), key=lambda step: (evaluations[step], step))
    lowest = min(evaluations, key=lambda step: (evaluations[step], step))
    missed = f"; step {lowest} had {evaluations[lowest]:.4f} and was not kept" if lowest != best else ""
    return best, f"the lowest eval_loss of the steps kept, {evaluations[best]:.4f}{missed}"


def _link(source: Path, folder: Path) -> None:
    """Put hard links of what a loader reads into a folder, whole or not at all; copies where links cannot be made."""
    partial = folder.with_name(folder.name + ".partial")
    for old in (partial, folder):
        if old.is_dir():
            shutil.rmtree(old)
    partial.mkdir()
    for file in sorted({file for pattern in _LOADED for file in source.glob(pattern) if file.is_file()}):
        try:
            os.link(file, partial / file.name)
        except OSError:   # another disk, or one without hard links
            shutil.copy2(file, partial / file.name)
    os.replace(partial, folder)


def _name(source: Path, output_dir: Path) -> str:
    return "." if source == output_dir else source.name
