"""How many GPUs a child process would see, found without importing torch."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping


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
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    try:
        listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.strip() for line in listed.splitlines() if line.startswith("GPU ")]
