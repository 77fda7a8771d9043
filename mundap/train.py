"""Train an adapter: hand LLaMA-Factory a resolved recipe, show its progress, and keep a record beside the adapter.

What lies in the output folder decides how a run starts. Nothing there, or only our own unfinished run of the very same
recipe and data: start, or go on from its last checkpoint. Another recipe's checkpoints: refuse until told --fresh or
--resume, since upstream would silently go on with them.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mundap import factory, launch, provenance, rules
from mundap.errors import ConfigError
from mundap.paths import show
from mundap.problem import error_for
from mundap.progress import LOG_NAME, Display, TrainingLog, clock
from mundap.recipe import Kind, Recipe, sibling
from mundap.yaml_lines import dump

Mode = Literal["ask", "fresh", "resume", "decide"]
Say = Callable[[str], None]

LOG = "running.log"
_STOPPING = "stopping after the step at hand and saving the adapter; press Ctrl-C again to stop at once"
_NEXT: tuple[Kind, ...] = ("export", "chat")
_WEIGHTS = ("adapter_model.safetensors", "model.safetensors", "model.safetensors.index.json")
_RESULTS = ("trainer_state.json", "train_results.json", "all_results.json", "training_loss.png", LOG_NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A training run ready to start. resume_from is the checkpoint it goes on from, or None for a fresh start."""

    values: dict[str, Any]
    output_dir: Path
    recipe_file: Path
    command: list[str]
    env: dict[str, str]
    resume_from: Path | None
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a training run came to. stopped: it was asked to stop before its last step."""

    output_dir: Path
    steps: int
    total_steps: int
    loss: float | None
    seconds: float
    peak_rss_bytes: int
    stopped: bool
    resumed_from: str
    next_command: str


def plan(recipe: Recipe, *, mode: Mode = "ask", rehearse: bool = False) -> Plan:
    """Return how a recipe would be trained; nothing is written or started.

    rehearse passes over what is not there yet: datasets that a stage will make, models still to be unpacked.

    Raises:
        ConfigError: a rule between files is broken, or the output folder holds another run and mode is "ask".
        ModelError: the base model or an adapter is not there.
    """
    problems = [problem for problem in rules.check(recipe) if not (rehearse and problem.later)]
    if problems:
        raise error_for(problems, recipe.name)
    values = factory.resolved(recipe.values, recipe.project)
    if not rehearse:
        factory.require_models(values, recipe.project)
    output_dir = Path(values["output_dir"])
    mark = provenance.fingerprint(values, recipe.project)
    resume_from = _start_from(output_dir, mark, mode, recipe)
    values |= {"overwrite_output_dir": resume_from is None, "plot_loss": values.get("plot_loss", True)}
    values.pop("resume_from_checkpoint", None)
    if resume_from is not None:
        values["resume_from_checkpoint"] = str(resume_from)
    env = factory.environment(values, work_dir=output_dir)
    file = output_dir / provenance.RESOLVED
    return Plan(values=values, output_dir=output_dir, recipe_file=file, resume_from=resume_from, fingerprint=mark,
                command=factory.command("train", file, values, env), env=env)


def run(recipe: Recipe, *, mode: Mode = "ask", say: Say = lambda line: None, live: bool = False) -> Summary:
    """Train and return what it came to; a Ctrl-C stops after the step at hand and keeps the adapter.

    Raises:
        ConfigError, ModelError: see plan.
        LaunchError: LLaMA-Factory failed; tells its exception and where the log is.
    """
    ready = plan(recipe, mode=mode)
    ready.output_dir.mkdir(parents=True, exist_ok=True)
    if ready.resume_from is None:
        _clear(ready.output_dir)
        say(f"training {recipe.name} into {show(ready.output_dir, recipe.project)}")
    else:
        say(f"going on with {recipe.name} from {ready.resume_from.name}")
    content = provenance.record(ready.values, recipe.project, ready.command, recipe.name)
    provenance.write_text(ready.recipe_file, dump(ready.values))
    provenance.write_record(ready.output_dir, content)
    log = TrainingLog(ready.output_dir / LOG_NAME, skip_existing=True)
    display = Display(say, live=live)
    try:
        outcome = launch.run(ready.command, cwd=recipe.project, env=ready.env, log=ready.output_dir / LOG,
                             on_tick=lambda: display.show(log.poll()), on_stop=lambda: say(_STOPPING))
    finally:
        display.close()
    summary = _summary(ready, outcome, display, recipe)
    # A run that was stopped while loading has neither failed nor left anything to use.
    finished = outcome.returncode == 0 and not summary.stopped
    state = "finished" if finished else "stopped" if outcome.stopped else "failed"
    provenance.write_record(ready.output_dir, content | {"state": state, "summary": _plain(summary)})
    if outcome.returncode != 0 and not outcome.stopped:
        raise launch.failure(outcome, what=f"llamafactory train {recipe.name}", log=ready.output_dir / LOG)
    return summary


def report(summary: Summary, project: Path) -> list[str]:
    """Return the lines that tell a person what a run came to."""
    place = show(summary.output_dir, project)
    if summary.stopped:
        last = last_checkpoint(summary.output_dir)
        kept = [f"checkpoint kept at {show(last, project)}"] if last else []
        kept += [f"adapter of this step at {place}"] if _holds_weights(summary.output_dir) else []
        return [f"stopped at step {summary.steps} of {summary.total_steps or '?'}, "
                + (", ".join(kept) or "nothing kept"),
                f"next: the same command with {'--resume' if last else '--fresh'}"]
    loss = f", loss {summary.loss:.4f}" if summary.loss is not None else ""
    return [f"trained {summary.steps} steps{loss} in {clock(summary.seconds)}, peak memory "
            f"{summary.peak_rss_bytes / 2**30:.1f} GiB: {place}", f"next: {summary.next_command}"]


def finished(output_dir: Path, fingerprint: str) -> bool:
    """Return whether a folder holds the finished adapter of exactly this recipe and data."""
    found = provenance.read_record(output_dir)
    return found.get("fingerprint") == fingerprint and found.get("state") == "finished" and _holds_weights(output_dir)


def last_checkpoint(folder: Path) -> Path | None:
    """Return the checkpoint-N with the largest N that was written whole, or None."""
    found = [(int(match[1]), path) for path in folder.glob("checkpoint-*")
             if (match := re.fullmatch(r"checkpoint-(\d+)", path.name)) and (path / "trainer_state.json").is_file()]
    return max(found)[1] if found else None


def _start_from(output_dir: Path, fingerprint: str, mode: Mode, recipe: Recipe) -> Path | None:
    """Return the checkpoint to go on from, None for a fresh start, or raise when only the user can say."""
    if mode == "fresh":
        return None
    last = last_checkpoint(output_dir)
    place = show(output_dir, recipe.project)
    if mode == "resume":
        if last is None:
            raise ConfigError("there is no checkpoint to go on from.", where=place,
                              fix="Leave out --resume to start from the beginning.")
        return last
    found = provenance.read_record(output_dir)
    if found.get("fingerprint") == fingerprint:
        return None if found.get("state") == "finished" else last
    if mode == "ask" and (last is not None or _holds_weights(output_dir)):
        raise ConfigError(f"output_dir {place} holds the adapter of another recipe, other data or an unknown run.",
                          where=recipe.where("output_dir"),
                          fix="Add --fresh to train over it, --resume to go on from its last checkpoint, or\n"
                              "output_dir=saves/<other name> to keep both.")
    return None


def _clear(folder: Path) -> None:
    """Remove what an earlier run left, so that none of it is taken for the new run's; only files training writes."""
    for path in (*folder.glob("checkpoint-*"), *(folder / name for name in (*_WEIGHTS, *_RESULTS))):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _summary(ready: Plan, outcome: launch.Outcome, display: Display, recipe: Recipe) -> Summary:
    last = display.last
    state = _json(ready.output_dir / "trainer_state.json") if outcome.returncode == 0 else {}
    steps = int(state.get("global_step", last.current if last else 0))
    total = int(state.get("max_steps", last.total if last else 0))
    return Summary(output_dir=ready.output_dir, steps=steps, total_steps=total, loss=display.last_loss,
                   seconds=outcome.seconds, peak_rss_bytes=outcome.peak_rss_bytes,
                   stopped=outcome.stopped and (steps < total or outcome.returncode != 0),
                   resumed_from=ready.resume_from.name if ready.resume_from else "", next_command=_next(recipe))


def _next(recipe: Recipe) -> str:
    for kind in _NEXT:
        beside = sibling(recipe, kind)
        if beside is not None:
            return f"mundap {kind} {show(beside, recipe.project)}"
    return "mundap check"


def _plain(summary: Summary) -> dict[str, Any]:
    """Return a summary as it stands in the record: the numbers, not the places."""
    return {"steps": summary.steps, "total_steps": summary.total_steps, "loss": summary.loss,
            "seconds": round(summary.seconds, 1), "peak_rss_bytes": summary.peak_rss_bytes,
            "resumed_from": summary.resumed_from}


def _holds_weights(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _WEIGHTS)


def _json(path: Path) -> Mapping[str, Any]:
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}
