"""training_stats.json: what one training session cost and came to, in numbers, beside what it was made from.

Rates are of this session. The trainer's own train_samples_per_second divides the samples of the whole run by the time
of one session, which is too many once a run was stopped or resumed; here they are counted down to the steps done.
Source: transformers/trainer.py _finalize_training, trainer_utils.py speed_metrics (5.5).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.provenance import write_text
from mundap.training.history import History
from mundap.training.progress import Step

STATS = "training_stats.json"
_TRAINABLE = re.compile(rb"trainable params: ([\d,]+) \|\| all params: ([\d,]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """The numbers of a session; None where nobody told.

    steps are those of the whole run so far, session_steps those of this session. seconds include loading,
    train_seconds do not. peak_gpu_bytes is what the first GPU's allocator had reserved.
    """

    steps: int
    total_steps: int
    session_steps: int
    train_loss: float | None
    last_loss: float | None
    eval_loss: float | None
    seconds: float
    train_seconds: float | None
    seconds_per_step: float | None
    samples_per_second: float | None
    tokens_per_second: float | None
    peak_rss_bytes: int
    peak_gpu_bytes: int | None
    trainable_parameters: int | None
    all_parameters: int | None


def measure(folder: Path, history: History, state: Mapping[str, Any], session: Sequence[Step], *, log: Path,
            seconds: float, peak_rss_bytes: int, resumed_at: int = 0, tokens_before: int = 0, ended: bool = True
            ) -> Stats:
    """Return the numbers of the session that just ended; session is what the trainer logged in it.

    resumed_at is the step it went on from and tokens_before what had been seen by then; ended: the trainer came to its
    own end, so that its result files and the state at the top of the folder are of this session.
    """
    results = _json(folder / "train_results.json") if ended else {}
    last = session[-1] if session else None
    steps = int(state.get("global_step", 0)) if ended else last.current if last else resumed_at
    total = last.total if last and last.total else int(state.get("max_steps", 0))
    done = max(steps - resumed_at, 0)
    spent = results.get("train_runtime") or (float(last.elapsed_s) if last else None)
    samples = results.get("train_samples_per_second")
    tokens = next((step.tokens for step in reversed(session) if step.tokens is not None), None)
    evaluated = _json(folder / "eval_results.json").get("eval_loss") if ended else None
    trainable, whole = _parameters(log)
    return Stats(
        steps=steps, total_steps=total, session_steps=done,
        train_loss=history.train_loss if resumed_at or "train_loss" not in results else results["train_loss"],
        last_loss=next((point.loss for point in reversed(history.points) if point.loss is not None), None),
        eval_loss=evaluated if evaluated is not None else next(reversed(history.evaluations.values()), None),
        seconds=round(seconds, 1), train_seconds=spent,
        seconds_per_step=round(spent / done, 4) if spent and done else None,
        samples_per_second=round(samples * done / total, 3) if samples and total else None,
        tokens_per_second=round((tokens - tokens_before) / spent, 1) if tokens and spent else None,
        peak_rss_bytes=peak_rss_bytes, trainable_parameters=trainable, all_parameters=whole,
        peak_gpu_bytes=max((step.vram_bytes for step in session if step.vram_bytes), default=None))


def write(folder: Path, content: Mapping[str, Any]) -> None:
    """Write training_stats.json."""
    write_text(folder / STATS, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def read(folder: Path) -> dict[str, Any]:
    """Return what training_stats.json holds; empty when there is none."""
    return _json(folder / STATS)


def _parameters(log: Path) -> tuple[int | None, int | None]:
    """Return the trainable and all parameters as the trainer printed them into its log."""
    try:
        found = _TRAINABLE.search(log.read_bytes())
    except OSError:
        return None, None
    if found is None:
        return None, None
    trainable, whole = (int(number.replace(b",", b"")) for number in found.groups())
    return trainable, whole


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
