"""Train an adapter: hand LLaMA-Factory a resolved recipe, show its progress, and keep a record beside the adapter.

What lies in the output folder decides how a run may start (run_folder.py tells it apart), and where only the user can
say, nothing starts. What is concluded from a run once it has ended is after_run.py's business.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from mundap import devices, factory, launch, provenance, resolved
from mundap.checking import rules
from mundap.errors import ConfigError, MundapError, ResourceError
from mundap.forecast.announce import before_training
from mundap.paths import home, show
from mundap.problem import error_for
from mundap.recipe import Recipe
from mundap.training import after_run, next_step, run_folder
from mundap.training.history import HISTORY, trainer_state
from mundap.training.progress import LOG_NAME, Display, Step, TrainingLog, clock
from mundap.training.run_folder import Found
from mundap.training.run_models import Kept
from mundap.training.run_stats import STATS

# ask: start only in a folder without a run. fresh: train over it. resume: go on from its last checkpoint. The other
# two are for the whole line: decide goes on with its own unfinished run, again trains its own run over; both move
# another run of ours aside.
Mode = Literal["ask", "fresh", "resume", "decide", "again"]
Say = Callable[[str], None]

_STOPPING = "stopping after the step at hand and saving the adapter; press Ctrl-C again to stop at once"
_KEEP_BOTH = "output_dir=saves/<other name> keeps both."


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A training run ready to start.

    resume_from is the checkpoint it goes on from, or None for a fresh start. aside is where the run that lies in the
    folder is moved first, or None. refusal says why it would not start; only a rehearsal returns one.
    """

    values: dict[str, Any]
    output_dir: Path
    recipe_file: Path
    command: list[str]
    env: dict[str, str]
    resume_from: Path | None
    aside: Path | None
    refusal: MundapError | None
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a training run came to. stopped: it was asked to stop before its last step.

    loss is the mean of the training loss, None when nothing was logged; peak_gpu_bytes is None without a GPU.
    """

    output_dir: Path
    steps: int
    total_steps: int
    loss: float | None
    eval_loss: float | None
    seconds: float
    peak_rss_bytes: int
    peak_gpu_bytes: int | None
    trainable_parameters: int | None
    stopped: bool
    resumed_from: str
    log: Path
    best: Kept | None
    final: Kept | None
    pictures: tuple[Path, ...]
    next_command: str


def plan(recipe: Recipe, *, mode: Mode = "ask", rehearse: bool = False) -> Plan:
    """Return how a recipe would be trained; nothing is written or started.

    rehearse passes over what is not there yet (datasets that a stage will make, models still to be unpacked), and
    returns the refusal of a folder that holds a run instead of raising it.

    Raises:
        ConfigError: a rule between files is broken, or the output folder holds a run and mode does not say what to do.
        ModelError: the base model or an adapter is not there.
        ResourceError: another process is training into the folder.
    """
    problems = [one for one in rules.blocking(recipe, rehearse=rehearse) if rules.settled_by(one) != "folder"]
    if any(rules.settled_by(one) is None for one in problems):
        raise error_for(problems, recipe.name)
    values = factory.resolved(recipe.values, recipe.project)
    if not rehearse:
        factory.require_models(values, recipe.project)
    output_dir = Path(values["output_dir"])
    mark = provenance.fingerprint(values, recipe.project)
    found = run_folder.look(output_dir, mark)
    if problems and found.owner != "same":
        raise error_for(problems, recipe.name)
    resume_from, refusal = _start(found, mode, recipe, values)
    if refusal is not None and not rehearse:
        raise refusal
    values["overwrite_output_dir"] = resume_from is None
    values.pop("resume_from_checkpoint", None)
    if resume_from is not None:
        values["resume_from_checkpoint"] = str(resume_from)
    env = factory.environment(values, work_dir=output_dir)
    if not values.get("use_cpu") and devices.count(env):
        env["RECORD_VRAM"] = "1"   # the trainer then logs what its GPU's allocator took
    file = output_dir / provenance.RESOLVED
    aside = run_folder.aside_name(found) if mode in ("decide", "again") and found.owner == "other" else None
    return Plan(values=values, output_dir=output_dir, recipe_file=file, resume_from=resume_from, aside=aside,
                refusal=refusal, fingerprint=mark, command=factory.command("train", file, values, env), env=env)


def run(recipe: Recipe, *, mode: Mode = "ask", say: Say = lambda line: None, live: bool = False,
        note: dict[str, Any] | None = None, told: bool = False) -> Summary:
    """Train and return what it came to; a Ctrl-C stops after the step at hand and keeps the adapter.

    note is added to the record beside the adapter. told leaves the forecast out, which takes ten seconds where the rows
    have not been counted before; a run that goes on was told of when it began.

    Raises:
        ConfigError, ModelError, ResourceError: see plan.
        LaunchError: LLaMA-Factory failed; tells its exception and where the log is.
    """
    ready = plan(recipe, mode=mode)
    if not told and ready.resume_from is None:
        before_training(recipe, say=say)
    _make_room(ready, recipe, say)
    log = run_folder.new_log(ready.output_dir)
    text = resolved.text(recipe, ready.values, ready.recipe_file)
    provenance.write_text(ready.recipe_file, text)
    record = _record(ready, recipe, log) | (note or {})
    provenance.write_record(ready.output_dir, record | {"state": "running"})
    try:
        outcome, steps = _trained(ready, recipe.project, log, text, say, live=live)
    except BaseException:
        provenance.write_record(ready.output_dir, record | {"state": "failed"})
        raise
    # First of all how it ended, so that whatever happens now a finished run is known as one.
    record["state"] = _state(outcome, trainer_state(ready.output_dir))
    provenance.write_record(ready.output_dir, record)
    concluded = after_run.conclude(ready.output_dir, ready.values, outcome, steps, log=log,
                                   resume_from=ready.resume_from, say=say)
    summary = _summary(ready, record, concluded, recipe, log)
    record |= {"models": provenance.model_identities(ready.values, recipe.project), "summary": _plain(summary)}
    provenance.write_record(ready.output_dir, record)
    after_run.write_stats(ready.output_dir, record, concluded)
    if outcome.returncode != 0 and not outcome.stopped:
        raise launch.failure(outcome, what=f"llamafactory train {recipe.name}", log=log)
    return summary


def report(summary: Summary, project: Path) -> list[str]:
    """Return the lines that tell a person what a run came to."""
    place = show(summary.output_dir, project)
    if summary.stopped:
        last = run_folder.last_checkpoint(summary.output_dir)
        kept = [f"checkpoint kept at {show(last, project)}"] if last else []
        kept += [f"adapter of this step at {place}"] if run_folder.holds_weights(summary.output_dir) else []
        return [f"stopped at step {summary.steps} of {summary.total_steps or '?'}, "
                + (", ".join(kept) or "nothing kept"),
                f"next: the same command with {'--resume' if last else '--fresh'}"]
    losses = [f"{name} {value:.4f}" for name, value in (("loss", summary.loss), ("eval_loss", summary.eval_loss))
              if value is not None]
    memory = f"peak memory {summary.peak_rss_bytes / 2**30:.1f} GiB"
    memory += f" and {summary.peak_gpu_bytes / 2**30:.1f} GiB of the GPU's" if summary.peak_gpu_bytes else ""
    lines = [f"{', '.join([f'trained {summary.steps} steps', *losses])} in {clock(summary.seconds)}, {memory}: {place}"]
    lines += [f"{name}: {show(kept.folder, project)} (step {kept.step}: {kept.why})"
              for name, kept in (("best", summary.best), ("final", summary.final)) if kept is not None]
    pictures = [path.name for path in summary.pictures]
    also = ", ".join((*pictures, HISTORY, STATS, summary.log.name))
    return [*lines, f"beside them: {also}", f"next: {summary.next_command}"]


def finished(output_dir: Path, fingerprint: str) -> bool:
    """Return whether a folder holds the finished adapter of exactly this recipe and data."""
    found = run_folder.look(output_dir, fingerprint)
    return found.owner == "same" and found.finished


def machine_used(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of this machine shapes a run's numbers: processes (and so the batch), processors, GPUs."""
    return {"processes": factory.processes(values, os.environ), "cores": os.cpu_count(),
            "gpus": [] if values.get("use_cpu") else devices.names()}


def _trained(ready: Plan, project: Path, log: Path, head: str, say: Say, *, live: bool
             ) -> tuple[launch.Outcome, list[Step]]:
    """Run the trainer to its end, showing its progress; return how it ended and what it logged."""
    new_steps = TrainingLog(ready.output_dir / LOG_NAME, skip_existing=True)
    resumed_at = run_folder.checkpoint_step(ready.resume_from) if ready.resume_from is not None else 0
    display = Display(say, live=live, resumed_at=resumed_at)
    try:
        outcome = launch.run(ready.command, cwd=project, env=ready.env, log=log, head=head + "\n",
                             on_tick=lambda: display.show(new_steps.poll()), on_stop=lambda: say(_STOPPING))
    finally:
        display.close()
    return outcome, display.steps


def _state(outcome: launch.Outcome, state: Mapping[str, Any]) -> str:
    """Return how a run ended. One that was stopped while loading has neither failed nor left anything to use."""
    if outcome.returncode != 0:
        return "stopped" if outcome.stopped else "failed"
    early = int(state.get("global_step", 0)) < int(state.get("max_steps", 0))
    return "stopped" if outcome.stopped and (early or not state) else "finished"


def _start(found: Found, mode: Mode, recipe: Recipe, values: Mapping[str, Any]
           ) -> tuple[Path | None, MundapError | None]:
    """Return the checkpoint to go on from (None: a fresh start), or why only the user can say how to start."""
    place = show(found.folder, recipe.project)
    if (busy := _in_use(found.record, place, recipe)) is not None:
        return None, busy
    # A recipe may itself say where to go on from; a run that is finished needs telling all the same.
    given = values.get("resume_from_checkpoint") if mode in ("ask", "decide") and not found.finished else None
    if isinstance(given, str):
        return Path(given), None
    if mode == "fresh" or (found.owner == "empty" and mode != "resume"):
        return None, None
    if mode == "resume" or given:
        refusal = _not_resumable(found, place)
        return found.checkpoint, refusal
    if mode == "ask" or found.owner == "foreign":
        return None, _told_apart(found, place, recipe, values)
    return found.checkpoint if mode == "decide" and found.owner == "same" and not found.finished else None, None


def _in_use(record: Mapping[str, Any], place: str, recipe: Recipe) -> ResourceError | None:
    """Return the error for a folder that another process is training into, or None."""
    pid = run_folder.running(record)
    if pid is None or pid == os.getpid():
        return None
    return ResourceError(f"process {pid} is training into {place} right now.", where=recipe.where("output_dir"),
                         fix=f"Wait for it, stop it with: kill -INT {pid}, or train elsewhere: {_KEEP_BOTH}")


def _not_resumable(found: Found, place: str) -> ConfigError | None:
    """Return why --resume has nothing to go on from, or None when it has."""
    if found.checkpoint is None:
        return ConfigError("there is no checkpoint to go on from.", where=place,
                           fix="Leave out --resume to start from the beginning.")
    if found.owner == "same" and found.finished:
        return ConfigError(f"this run is finished ({found.steps} steps); there is nothing to go on with.", where=place,
                           fix="Train longer with a larger num_train_epochs or max_steps, or again with --fresh.")
    return None


def _told_apart(found: Found, place: str, recipe: Recipe, values: Mapping[str, Any]) -> ConfigError:
    """Return the error that says what a folder holds and how to say what to do with it."""
    last = f", --resume goes on from {found.checkpoint.name}" if found.checkpoint else ""
    fix = f"mundap train … --fresh trains over it{last};\n{_KEEP_BOTH}"
    if found.owner == "foreign":
        what = "checkpoints or weights that mundap has no record of"
    elif found.owner == "other":
        told = run_folder.differences(found, values, provenance.dataset_hashes(values, recipe.project),
                                      provenance.model_identities(values, recipe.project))
        what = "the run of another recipe or other data" + (f": {told}" if told else "")
    elif found.finished:
        what = f"the finished run of this very recipe and data ({found.steps} steps)"
        fix = f"Nothing needs training; next: {next_step.after_training(recipe.path, found.folder, recipe.project)}\n" \
              f"mundap train … --fresh trains it again; {_KEEP_BOTH}"
    else:
        what = f"an unfinished run of this very recipe and data ({found.steps} steps)"
    return ConfigError(f"output_dir {place} holds {what}.", where=recipe.where("output_dir"), fix=fix)


def _make_room(ready: Plan, recipe: Recipe, say: Say) -> None:
    """Make the output folder ready: an older run moved aside or removed, or only its conclusions when it goes on."""
    place = show(ready.output_dir, recipe.project)
    # Asked again, for the forecast took a while: the same command may have been given twice.
    if (busy := _in_use(provenance.read_record(ready.output_dir), place, recipe)) is not None:
        raise busy
    if ready.aside is not None:
        older = show(ready.aside, recipe.project)
        ready.output_dir.rename(ready.aside)
        say(f"the older run in {place} is now {older}; delete it with: {run_folder.removal(str(ready.aside))}")
    ready.output_dir.mkdir(parents=True, exist_ok=True)
    if ready.resume_from is None:
        run_folder.clear(ready.output_dir)
        say(f"training {recipe.name} into {place}")
    else:
        run_folder.clear_results(ready.output_dir)
        say(f"going on with {recipe.name} from {ready.resume_from.name}")


def _record(ready: Plan, recipe: Recipe, log: Path) -> dict[str, Any]:
    """Return what stands beside the adapter: all that is needed to tell this run from another and to run it again."""
    return provenance.record(ready.values, recipe.project, ready.command, recipe.name) | {
        "presets": list(recipe.presets), "overrides": list(recipe.overrides),
        "entries": provenance.dataset_entries(ready.values, recipe.project),
        "models": provenance.model_identities(ready.values, recipe.project),
        "project": str(recipe.project), "home": str(home(recipe.project)),
        "machine": machine_used(ready.values),
        "process": run_folder.this_process(), "started": f"{datetime.fromtimestamp(time.time()):%Y-%m-%d %H:%M:%S}",
        "log": log.name, "resumed_from": ready.resume_from.name if ready.resume_from else ""}


def _summary(ready: Plan, record: Mapping[str, Any], concluded: after_run.Conclusion, recipe: Recipe, log: Path
             ) -> Summary:
    stats = concluded.stats
    return Summary(output_dir=ready.output_dir, steps=stats.steps, total_steps=stats.total_steps,
                   loss=stats.train_loss, eval_loss=stats.eval_loss, seconds=stats.seconds,
                   peak_rss_bytes=stats.peak_rss_bytes, peak_gpu_bytes=stats.peak_gpu_bytes,
                   trainable_parameters=stats.trainable_parameters, log=log, best=concluded.best,
                   final=concluded.final, pictures=concluded.pictures,
                   next_command=next_step.after_training(recipe.path, ready.output_dir, recipe.project),
                   stopped=record["state"] == "stopped",
                   resumed_from=ready.resume_from.name if ready.resume_from else "")


def _plain(summary: Summary) -> dict[str, Any]:
    """Return a summary as it stands in the record: the numbers, not the places."""
    kept = {name: {"step": one.step, "from": one.source, "why": one.why}
            for name, one in (("best_model", summary.best), ("final_model", summary.final)) if one is not None}
    return {"steps": summary.steps, "total_steps": summary.total_steps, "loss": summary.loss,
            "eval_loss": summary.eval_loss, "seconds": round(summary.seconds, 1),
            "peak_rss_bytes": summary.peak_rss_bytes, "peak_gpu_bytes": summary.peak_gpu_bytes, **kept}
