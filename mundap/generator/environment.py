"""The environment a worker process is given: what Python and torch need, never a key or token."""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Mapping
from pathlib import Path

ALLOWED = frozenset({
    "PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV",
    "XDG_CACHE_HOME", "HF_HOME", "MUNDAP_HOME", "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "MKL_NUM_THREADS", "KMP_AFFINITY",
    "NVIDIA_VISIBLE_DEVICES", "PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF",
    "SYSTEMROOT", "USERPROFILE", "LOCALAPPDATA", "APPDATA",  # Windows cannot start Python without the first
})
ALLOWED_PREFIXES = ("LC_", "CUDA_")
# Overridden by what is set outside. Threads that wait must not spin: beside another busy program (2 cores, load 7) a
# 16-token answer of the 270M model took 1.3 to 27 s spinning and 1.5 to 3.2 s passive.
DEFAULTS = {"OMP_WAIT_POLICY": "PASSIVE"}
FIXED = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONUNBUFFERED": "1",
    "PYTHONIOENCODING": "utf-8",
}


def worker_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables of environ (default: this process's) that a worker may see, plus the fixed ones."""
    given = os.environ if environ is None else environ
    kept = {name: value for name, value in given.items()
            if name.upper() in ALLOWED or name.upper().startswith(ALLOWED_PREFIXES)}
    return DEFAULTS | kept | FIXED | _python_path(kept.get("PYTHONPATH", ""))


def _python_path(given: str) -> dict[str, str]:
    """Return PYTHONPATH with the folder this package was imported from, unless it is installed in site-packages."""
    root = str(Path(__file__).resolve().parents[2])
    if root in {*site.getsitepackages(), site.getusersitepackages()}:
        return {"PYTHONPATH": given} if given else {}
    return {"PYTHONPATH": os.pathsep.join([root, *filter(None, [given])])}


def worker_command() -> list[str]:
    """Return the command of a worker; -P keeps the working directory, which a user chose, off its import path."""
    return [sys.executable, "-P", "-m", "mundap.generator.worker"]
