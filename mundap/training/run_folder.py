"""What lies in a training's output folder: whose run it is, how far it came, and where it can go on.

Upstream goes on with any checkpoint it finds; here a folder is told apart first. Only what a training writes is ever
removed, and only a run that our own record vouches for is moved aside.
"""

from __future__ import annotations

import re
import shlex
import shutil
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import psutil

from mundap import provenance, yaml_lines
from mundap.errors import ConfigError
from mundap.training.progress import LOG_NAME

# empty: nothing of a training. same, other: our run, of this recipe and data or of others. foreign: no record of ours.
Owner = Literal["empty", "same", "other", "foreign"]

BEST, FINAL = "best_model", "final_model"
WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin", "model.safetensors", "model.safetensors.index.json",
           "pytorch_model.bin", "pytorch_model.bin.index.json")
_RESULTS = ("trainer_state.json", "train_results.json", "eval_results.json", "all_results.json", "training_args.bin",
            "training_stats.json", "training_history.json", "loss.png", "learning_rate.png", "training_loss.png",
            "training_eval_loss.png", "training_eval_accuracy.png")
_SHOWN_KEYS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What lies in an output folder. checkpoint is the last one written whole; finished: the record says so."""

    folder: Path
    owner: Owner
    finished: bool
    checkpoint: Path | None
    weights: bool
    record: Mapping[str, Any]

    @property
    def steps(self) -> int:
        """Return the steps its run made, as far as the record or the checkpoint tells."""
        summary = self.record.get("summary")
        told = summary.get("steps") if isinstance(summary, dict) else None
        return int(told or (checkpoint_step(self.checkpoint) if self.checkpoint else 0))


def look(folder: Path, fingerprint: str) -> Found:
    """Return what lies in an output folder, compared with the fingerprint of the run that is to come."""
    record = provenance.read_record(folder)
    checkpoint, weights = last_checkpoint(folder), holds_weights(folder)
    owner: Owner = "empty"
    if checkpoint is not None or weights:
        owner = "foreign" if "fingerprint" not in record else \
            "same" if record["fingerprint"] == fingerprint else "other"
    finished = owner != "foreign" and record.get("state") == "finished" and weights
    return Found(folder=folder, owner=owner, finished=finished, checkpoint=checkpoint, weights=weights, record=record)


def last_checkpoint(folder: Path) -> Path | None:
    """Return the checkpoint-N with the largest N that was written whole, or None."""
    whole = [path for path in checkpoints(folder) if (path / "trainer_state.json").is_file()]
    return whole[-1] if whole else None


def checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoint-N folders by N, those written only in part included."""
    found = (path for path in folder.glob("checkpoint-*") if re.fullmatch(r"checkpoint-\d+", path.name))
    return sorted(found, key=checkpoint_step)


def checkpoint_step(checkpoint: Path) -> int:
    """Return N of checkpoint-N; 0 for a folder that a user named otherwise."""
    found = re.search(r"-(\d+)$", checkpoint.name)
    return int(found[1]) if found else 0


def holds_weights(folder: Path) -> bool:
    """Return whether a folder holds an adapter or a whole model, at its top."""
    return any((folder / name).is_file() for name in WEIGHTS)


def running(record: Mapping[str, Any]) -> int | None:
    """Return the id of the process that is training into a folder right now on this machine, or None."""
    owner = record.get("process")
    if record.get("state") != "running" or not isinstance(owner, dict) or owner.get("host") != socket.gethostname():
        return None
    try:
        alive = psutil.Process(int(owner["pid"]))
        # A process id is used again; the one that wrote the record started when the record says.
        return alive.pid if abs(alive.create_time() - float(owner["started"])) < 1 else None
    except (psutil.Error, KeyError, TypeError, ValueError):
        return None


def this_process() -> dict[str, Any]:
    """Return what a record says of the process that trains."""
    own = psutil.Process()
    return {"pid": own.pid, "started": own.create_time(), "host": socket.gethostname()}


def differences(found: Found, values: Mapping[str, Any], datasets: Mapping[str, str],
                models: Mapping[str, list[str]]) -> str:
    """Return in a few words how the run in a folder differs from one with these values, data and models."""
    try:
        theirs = yaml_lines.read(found.folder / provenance.RESOLVED).values
    except ConfigError:
        return ""
    keys = sorted(key for key in {*theirs, *values} - provenance.LEFT_OUT - {"do_train"}
                  if theirs.get(key) != values.get(key))
    words = [f"{key} is {_word(theirs, key)} there, {_word(values, key)} here" for key in keys[:_SHOWN_KEYS]]
    words += [f"{len(keys) - _SHOWN_KEYS} more keys"] if len(keys) > _SHOWN_KEYS else []
    rows = _unequal(found.record.get("datasets"), datasets)
    words += [f"the rows of {', '.join(rows)} are others"] if rows else []
    words += [f"{key} names the same place, which holds another model"
              for key in _unequal(found.record.get("models"), models) if theirs.get(key) == values.get(key)]
    return "; ".join(words)


def clear(folder: Path) -> None:
    """Remove what an earlier run left, so that none of it is taken for the new run's; dated logs stay."""
    for path in checkpoints(folder):
        shutil.rmtree(path)
    for name in (*WEIGHTS, LOG_NAME):
        (folder / name).unlink(missing_ok=True)
    for shard in (*folder.glob("model-?????-of-?????.safetensors"), *folder.glob("pytorch_model-?????-of-?????.bin")):
        shard.unlink()
    clear_results(folder)


def clear_results(folder: Path) -> None:
    """Remove what was concluded from an earlier run; its weights, its checkpoints and the trainer's log stay.

    best_model and final_model go too: they are links to files that the trainer may write again in place.
    """
    for name in _RESULTS:
        (folder / name).unlink(missing_ok=True)
    for name in (BEST, FINAL):
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)


def aside_name(found: Found) -> Path:
    """Return the free name an older run of ours is moved to: <name>.<date>-<first 8 of its fingerprint>."""
    written = datetime.fromtimestamp((found.folder / provenance.RECORD).stat().st_mtime)
    name = f"{found.folder.name}.{written:%Y%m%d}-{str(found.record['fingerprint'])[:8]}"
    free = found.folder.with_name(name)
    number = 2
    while free.exists():
        free = found.folder.with_name(f"{name}-{number}")
        number += 1
    return free


def removal(shown: str) -> str:
    """Return the command that deletes a folder, as it is typed."""
    return f"rm -r {shlex.quote(shown)}"


def new_log(folder: Path) -> Path:
    """Return the free name of a run's log: training_YYYYMMDD_HHMMSS.log, local time."""
    at = time.time()
    while True:
        log = folder / f"training_{datetime.fromtimestamp(at):%Y%m%d_%H%M%S}.log"
        if not log.exists():
            return log
        at += 1   # two runs within a second: the later one is named for the next


def _unequal(before: object, now: Mapping[str, Any]) -> list[str]:
    """Return the names under which a record holds something else; none when it holds nothing."""
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name)) \
        if isinstance(before, dict) else []


def _word(values: Mapping[str, Any], key: str) -> str:
    return str(values[key]) if key in values else "not set"
