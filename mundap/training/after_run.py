"""What is concluded once a training has ended, however it ended: history, numbers, pictures, the best and final model.

Everything is written into the run's own folder. A disk that is full now must not make a finished training a failed
one: what could not be written is told, and the weights are where the trainer put them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mundap.errors import MissingExtra
from mundap.launch import Outcome
from mundap.training import history, run_models, run_plots, run_stats
from mundap.training.progress import Step
from mundap.training.run_folder import BEST, FINAL, checkpoint_step
from mundap.training.run_models import Kept

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What a session came to. best and final are None when it left no weights; pictures are the files drawn."""

    stats: run_stats.Stats
    best_epoch: int | None
    epochs: int
    best: Kept | None
    final: Kept | None
    pictures: tuple[Path, ...]


def conclude(folder: Path, values: Mapping[str, Any], outcome: Outcome, session: Sequence[Step], *, log: Path,
             resume_from: Path | None, say: Say) -> Conclusion:
    """Write training_history.json, the pictures, best_model/ and final_model/, and return what there is to tell."""
    ended = outcome.returncode == 0
    state = history.trainer_state(folder)
    story = history.read(folder)
    before = history.trainer_state(resume_from) if resume_from is not None else {}
    stats = run_stats.measure(
        folder, story, state, session, log=log, seconds=outcome.seconds, peak_rss_bytes=outcome.peak_rss_bytes,
        resumed_at=checkpoint_step(resume_from) if resume_from is not None else 0,
        tokens_before=int(before.get("num_input_tokens_seen", 0)), ended=ended)
    kept, pictures = None, []
    try:
        history.write(folder, story)
        kept = run_models.keep(folder, story, state, loads_best=bool(values.get("load_best_model_at_end")), ended=ended)
        pictures = run_plots.draw(folder, story)
    except (OSError, MissingExtra) as error:
        say(f"not everything about this run could be written: {error}")
    best, final = kept or (None, None)
    return Conclusion(stats=stats, best_epoch=story.best_epoch, epochs=len(story.epochs), best=best, final=final,
                      pictures=tuple(pictures))


def write_stats(folder: Path, record: Mapping[str, Any], conclusion: Conclusion) -> None:
    """Write training_stats.json: the numbers, and from the run's record what they belong to."""
    kept = {name: {"step": one.step, "from": one.source, "why": one.why} if one else None
            for name, one in ((BEST, conclusion.best), (FINAL, conclusion.final))}
    belongs = {key: record.get(key) for key in ("state", "recipe", "presets", "overrides", "started", "log",
                                                "resumed_from")}
    made_from = {"recipe_hash": record.get("fingerprint"),
                 **{key: record.get(key) for key in ("datasets", "models", "versions")}}
    run_stats.write(folder, {**belongs, **asdict(conclusion.stats), "epochs": conclusion.epochs,
                             "best_epoch": conclusion.best_epoch, **kept, **made_from})
