"""loss.png and learning_rate.png of a training, drawn from its history; no window is opened, torch is not imported."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from mundap.errors import MissingExtra
from mundap.training.history import History

LOSS, LEARNING_RATE = "loss.png", "learning_rate.png"

Line = Mapping[int, float]   # value by step


def draw(folder: Path, history: History) -> list[Path]:
    """Write the pictures there are numbers for, and return their paths.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    train = {point.step: point.loss for point in history.points if point.loss is not None}
    rates = {point.step: point.learning_rate for point in history.points if point.learning_rate is not None}
    wanted = {LOSS: ("loss", {"train": train, "eval": history.evaluations}),
              LEARNING_RATE: ("learning rate", {"": rates})}
    return [_picture(folder / name, label, {key: line for key, line in lines.items() if line}, history.best_step)
            for name, (label, lines) in wanted.items() if any(lines.values())]


def _picture(path: Path, label: str, lines: Mapping[str, Line], best_step: int | None) -> Path:
    """Draw lines over the optimisation steps; the best evaluation is marked where there was one.

    A Figure of its own, without pyplot: no global state, no window, no display asked for.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("drawing loss.png", "train", "matplotlib") from error
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for name, line in lines.items():
        axes.plot(list(line), list(line.values()), label=name, marker="." if len(line) < 40 else "")
    best = lines.get("eval", {}).get(best_step or -1)
    if best_step is not None and best is not None:
        axes.plot([best_step], [best], "o", fillstyle="none", color="black", label=f"best: {best:.4f} at {best_step}")
    axes.set(xlabel="optimisation step", ylabel=label)
    axes.grid(alpha=0.3)
    if any(lines):
        axes.legend()
    temporary = path.with_name(path.name + ".tmp")
    figure.savefig(temporary, format="png", dpi=120)
    os.replace(temporary, path)
    return path
