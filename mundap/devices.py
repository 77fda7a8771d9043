"""How many GPUs a child process would see, found without importing torch."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One NVIDIA GPU. capability is CUDA's, such as 8.9; bfloat16 begins with 8.0."""

    name: str
    total_bytes: int
    free_bytes: int
    capability: float


def count(env: Mapping[str, str] | None = None) -> int:
    """Return the number of visible GPUs: CUDA_VISIBLE_DEVICES when it is set, else what nvidia-smi lists."""
    chosen = (os.environ if env is None else env).get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        listed = [part.strip() for part in chosen.split(",")]
        # CUDA stops at the first entry it does not know; -1 is the usual way to hide the rest
        return next((at for at, part in enumerate(listed) if part in ("", "-1")), len(listed))
    return len(names())


def names() -> list[str]:
    """Return one line for each NVIDIA GPU, as nvidia-smi lists them; empty without a driver."""
    return [line.strip() for line in _ask("-L") if line.startswith("GPU ")]


def gpus(env: Mapping[str, str] | None = None) -> list[Gpu]:
    """Return the visible GPUs with their memory, in the order of CUDA_VISIBLE_DEVICES where that gives numbers."""
    listed = []
    for line in _ask("--query-gpu=name,memory.total,memory.free,compute_cap", "--format=csv,noheader,nounits"):
        name, *numbers = (part.strip() for part in line.rsplit(",", 3))
        try:
            total, free, capability = map(float, numbers)
        except ValueError:
            continue   # "[N/A]": a card that shares the system's memory does not tell
        listed.append(Gpu(name=name, total_bytes=int(total * 2**20), free_bytes=int(free * 2**20),
                          capability=capability))
    chosen = (os.environ if env is None else env).get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return listed
    numbers = chosen.split(",")[:count({"CUDA_VISIBLE_DEVICES": chosen})]
    picked = [int(number) for number in numbers if number.strip().isdigit()]
    return [listed[at] for at in picked if at < len(listed)] if len(picked) == len(numbers) else listed[:len(numbers)]


def _ask(*words: str) -> list[str]:
    """Return what nvidia-smi prints; nothing without a driver."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    try:
        return subprocess.run([tool, *words], capture_output=True, text=True, timeout=20,
                              check=False).stdout.splitlines()
    except (OSError, subprocess.TimeoutExpired):
        return []
