"""Which train recipes this machine can run, why not, and which preset would help; nothing is loaded or started.

A recipe fits when its estimate leaves some room (needs.py says what is estimated). What can be installed or fetched is
no obstacle but something to do first. Torch is not imported: GPUs are asked for through nvidia-smi.
"""

from __future__ import annotations

import functools
import itertools
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from mundap import devices, overrides, yaml_lines
from mundap.checking import rules
from mundap.devices import Gpu
from mundap.errors import ConfigError
from mundap.forecast.cards import GIB
from mundap.machine import needs
from mundap.machine.needs import Needs
from mundap.paths import home, show
from mundap.recipe import Recipe, kind_of, read, sibling

_GPU_ROOM = 1.05    # fragments of freed memory
# The demo took 4.4 GiB on a CPU where the estimate says 3.0: what a step freed is kept for the next (factory.py).
_CPU_ROOM = 1.5
_BF16_SINCE = 8.0
# How much a change weighs when a preset is chosen: what is learnt more than how, a second preset more than all keys.
_LEARNING, _LEARNING_WEIGHS, _SECOND_PRESET = ("learning_rate", "num_train_epochs", "max_steps"), 10, 1000
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What counts of a machine. disk_bytes is free, memory_bytes is all of it."""

    gpus: tuple[Gpu, ...]
    memory_bytes: int
    disk_bytes: int
    offline: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a recipe here. fits is None when the model's sizes are not known.

    reasons say why it does not fit, first what is missing beforehand, notes what is slower or tight, preset what would
    make it fit (empty: none). device is what it would use, in brackets when that is not here; memory_bytes is the
    estimate for it.
    """

    recipe: str
    device: str
    fits: bool | None
    memory_bytes: float | None
    reasons: tuple[str, ...]
    first: tuple[str, ...]
    notes: tuple[str, ...]
    preset: str
    needs: Needs

    @property
    def words(self) -> str:
        """Return the verdict in one line."""
        if self.fits is None:
            return "unknown: the sizes of its model are not known here"
        if not self.fits:
            help_ = f"; would fit with {self.preset}" if self.preset else ""
            return "does not fit: " + "; ".join(self.reasons) + help_
        return "fits" + (", after: " + "; ".join(self.first) if self.first else "")


def here(project: Path) -> Machine:
    """Return this machine."""
    root = home(project)
    return Machine(gpus=tuple(devices.gpus()), memory_bytes=psutil.virtual_memory().total,
                   disk_bytes=shutil.disk_usage(root if root.is_dir() else project).free,
                   offline=any(os.environ.get(name, "").lower() in ("1", "true", "yes", "on") for name in _OFFLINE))


def recipes(project: Path) -> list[Path]:
    """Return every train recipe under configs/."""
    return sorted(file for file in (project / "configs").glob("*/train*.yaml") if kind_of(file) == "train")


def judge(recipe: Recipe, machine: Machine) -> Verdict:
    """Return whether a recipe fits a machine, and if not, what would help."""
    needed, on_gpu = _needed(recipe.values, recipe.project, machine)
    estimate = needed.on_gpu if on_gpu or needed.gpu_for else needed.on_cpu
    reasons = _obstacles(needed, machine, on_gpu)
    known = estimate is not None or bool(reasons)
    device = f"{len(machine.gpus)} × {machine.gpus[0].name}" if on_gpu else "(a GPU)" if needed.gpu_for else "CPU"
    return Verdict(recipe=recipe.name, device=device,
                   memory_bytes=estimate.total if estimate is not None else None,
                   fits=not reasons if known else None, reasons=tuple(reasons),
                   preset=_helpful_preset(recipe, machine) if reasons else "",
                   first=tuple(_first(recipe, needed, machine)), notes=tuple(_notes(needed, machine, on_gpu)),
                   needs=needed)


def _needed(values: Mapping[str, Any], project: Path, machine: Machine) -> tuple[Needs, bool]:
    """Return what values need on this machine, and whether they would run on its GPUs."""
    needed = needs.of(values, project, processes=max(len(machine.gpus), 1))
    return needed, bool(machine.gpus) and not needed.cpu_only


def _obstacles(needed: Needs, machine: Machine, on_gpu: bool) -> list[str]:
    """Return why a recipe does not fit."""
    found = [f"needs a GPU ({', '.join(needed.gpu_for)})"] if needed.gpu_for and not machine.gpus else []
    found += _of_memory(needed, machine, on_gpu)
    if needed.disk_bytes is not None and needed.disk_bytes > machine.disk_bytes:
        found.append(f"needs {gib(needed.disk_bytes)} of disk, {gib(machine.disk_bytes)} are free")
    return found


def _of_memory(needed: Needs, machine: Machine, on_gpu: bool) -> list[str]:
    found = []
    if on_gpu and needed.on_gpu is not None:
        smallest = min(gpu.total_bytes for gpu in machine.gpus)
        if needed.on_gpu.total * _GPU_ROOM > smallest:
            found.append(f"needs about {gib(needed.on_gpu.total)} of GPU memory, has {gib(smallest)}")
        host = needed.host_bytes
    else:
        host = needed.on_cpu.total * _CPU_ROOM if needed.on_cpu is not None else 0.0
    # Where only a GPU will do, what it would take without one is no reason.
    if host > machine.memory_bytes and (on_gpu or not needed.gpu_for):
        found.append(f"needs about {gib(host)} of memory, has {gib(machine.memory_bytes)}")
    return found


def _first(recipe: Recipe, needed: Needs, machine: Machine) -> list[str]:
    """Return what has to be done before the recipe can start: packages, the model, rows, mistakes to be mended."""
    found = [f"{package.install} ({package.key})" for package in needed.packages if not package.found]
    if needed.fetch:
        found.append(needed.fetch + (" from a local copy, for the hub is switched off" if machine.offline else ""))
    problems = [one for one in rules.check(recipe) if not one.warning]
    data = sibling(recipe, "data")
    if any(one.later for one in problems):
        found.append(f"mundap data {show(data, recipe.project)}" if data is not None else "make its rows")
    if any(not one.later for one in problems):
        found.append(f"mundap check {recipe.name}")
    return found


def _notes(needed: Needs, machine: Machine, on_gpu: bool) -> list[str]:
    found = []
    if on_gpu and needed.on_gpu is not None and (free := min(gpu.free_bytes for gpu in machine.gpus)) \
            < needed.on_gpu.total <= min(gpu.total_bytes for gpu in machine.gpus):
        found.append(f"only {gib(free)} of the GPU's memory are free right now")
    if needed.flash_attention and not needs.installed("flash-attn"):
        found.append("flash-attn is not installed: LLaMA-Factory warns and uses the usual attention")
    if on_gpu and needed.bf16 and min(gpu.capability for gpu in machine.gpus) < _BF16_SINCE:
        found.append(f"bf16 is only emulated by {machine.gpus[0].name}: bf16=false fp16=true is faster")
    if not on_gpu and not needed.cpu_only and not needed.gpu_for:
        found.append("runs on the CPU in float32, for there is no GPU")
    return found


def _helpful_preset(recipe: Recipe, machine: Machine) -> str:
    """Return the words for the preset, or the two, that make a recipe fit by changing least.

    Another model counts as the largest change, so that it is proposed last.
    """
    presets = {}
    for file in sorted((recipe.project / "configs" / "presets").glob("*.yaml")):
        try:
            presets[file.stem] = yaml_lines.read(file).values
        except ConfigError:
            continue   # the checker tells about that file itself
    found: list[tuple[bool, int, tuple[str, ...]]] = []
    for names in (*itertools.combinations(presets, 1), *itertools.combinations(presets, 2)):
        laid = functools.reduce(overrides.merge, (presets[name] for name in names), recipe.values)
        needed, on_gpu = _needed(laid, recipe.project, machine)
        if (needed.on_gpu if on_gpu else needed.on_cpu) is not None and not _obstacles(needed, machine, on_gpu):
            changed = sum(_LEARNING_WEIGHS if key in _LEARNING else 1 for key in {*laid, *recipe.values}
                          if laid.get(key) != recipe.values.get(key))
            other = laid.get("model_name_or_path") != recipe.values.get("model_name_or_path")
            found.append((other, changed + _SECOND_PRESET * (len(names) - 1), names))
    if not found:
        return ""
    other, _, names = min(found)
    return " ".join(f"--preset {name}" for name in names) + (" (another model, to try it out)" if other else "")


def verdicts(project: Path, machine: Machine) -> list[tuple[str, Verdict | ConfigError]]:
    """Return every train recipe's name and verdict; a file that cannot be read has its error instead."""
    found: list[tuple[str, Verdict | ConfigError]] = []
    for file in recipes(project):
        try:
            found.append((show(file, project), judge(read(file), machine)))
        except ConfigError as error:
            found.append((show(file, project), error))
    return found


def gib(size: float) -> str:
    """Return a size as a person reads it."""
    return f"{size / GIB:.1f} GiB"
