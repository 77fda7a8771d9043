"""What LLaMA-Factory is told: a resolved recipe with absolute paths, an argument list, and an environment.

The one module that knows LLaMA-Factory's command line; it is a program we start, never a library we import. A recipe
is handed over as one flat file, since upstream resolves neither presets nor paths. The environment is an allow-list:
the parent's secrets stay with the parent, except the hub's token when the recipe names a hub model.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from mundap import architecture, blank_free, devices
from mundap.errors import ModelError
from mundap.paths import GENERATED, resolve, show

Action = Literal["train", "export", "chat", "webui", "api"]

# Keys that always mean a place on this machine.
_FOLDERS = ("output_dir", "export_dir", "logging_dir", "profiler_output_dir", "cache_dir", "tokenized_path",
            "media_dir", "dataset_dir")
# Keys that mean a local folder or file when there is one, and something else (a hub id, inline settings) otherwise.
_MAYBE_LOCAL = ("model_name_or_path", "adapter_name_or_path", "ref_model", "ref_model_adapters", "reward_model",
                "reward_model_adapters", "deepspeed", "fsdp_config", "resume_from_checkpoint",
                "export_quantization_dataset", "new_special_tokens_config")
PLACES = (*_FOLDERS, *_MAYBE_LOCAL)
_COMMA_LISTS = ("adapter_name_or_path", "ref_model_adapters", "reward_model_adapters")
_REMOTE = ("ONLINE", "REMOTE:")   # dataset_dir values that are no folder

_ALLOWED = frozenset((
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TMP", "TEMP", "TERM", "COLUMNS", "LINES",
    "SYSTEMROOT", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "COMSPEC", "PATHEXT", "LD_LIBRARY_PATH", "PYTHONPATH",
    "VIRTUAL_ENV",
    "HF_HOME", "HF_HUB_CACHE", "HF_DATASETS_CACHE", "HF_ENDPOINT", "HF_HUB_OFFLINE",
    "FORCE_TORCHRUN", "NNODES", "NODE_RANK", "NPROC_PER_NODE", "MASTER_ADDR", "MASTER_PORT", "RDZV_ID", "MIN_NNODES",
    "MAX_NNODES", "MAX_RESTARTS", "OPTIM_TORCH", "RECORD_VRAM", "LLAMAFACTORY_VERBOSITY"))
_ALLOWED_PREFIXES = ("LC_", "XDG_", "CUDA_", "NVIDIA_", "NCCL_", "GLOO_", "OMP_", "MKL_", "KMP_", "ROCR_", "HIP_",
                     "ASCEND_", "TORCHINDUCTOR_", "PYTORCH_")
_HUB = ("HF_TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE")
_TRACKERS = {"wandb": ("WANDB_API_KEY", "WANDB_BASE_URL"), "swanlab": ("SWANLAB_API_KEY",)}
_TRUE = ("1", "true", "y")   # what upstream takes for yes


def resolved(values: Mapping[str, Any], project: Path) -> dict[str, Any]:
    """Return a recipe's values with every local path absolute; hub ids and inline settings stay as they are."""
    result = dict(values)
    for key in PLACES:
        value = result.get(key)
        if not isinstance(value, str) or value.startswith(_REMOTE):
            continue
        parts = value.split(",") if key in _COMMA_LISTS else [value]
        result[key] = ",".join(_absolute(part.strip(), project, always=key in _FOLDERS) for part in parts)
    # Upstream looks for dataset_info.json in ./data when a recipe does not say where.
    if "dataset" in result and "dataset_dir" not in result:
        result["dataset_dir"] = str(project)
    return result


def require_models(values: Mapping[str, Any], project: Path) -> None:
    """Raise when a resolved recipe names a local model or adapter that is not there.

    Raises:
        ModelError: names the folder and the command that makes it.
    """
    for key in ("model_name_or_path", "adapter_name_or_path"):
        for part in str(values.get(key) or "").split(","):
            folder = Path(part.strip())
            if not part or not folder.is_absolute():
                continue
            fix = _maker(folder) if key == "model_name_or_path" else "Train it first with: mundap train <train recipe>"
            if not folder.exists():
                raise ModelError(f"there is no {show(folder, project)}.", where=key, fix=fix)
            gone = [path.name for path in folder.glob("*") if path.is_symlink() and not path.exists()]
            if gone:   # a prepared folder links to the hub's cache, which somebody may have emptied
                raise ModelError(f"{show(folder, project)}: {', '.join(sorted(gone))} links to a file that is gone.",
                                 where=key, fix=_maker(folder).replace("Make it", "Make it anew"))
            # A run that was stopped while loading leaves a folder without weights.
            if key == "adapter_name_or_path" and not any(folder.glob("adapter_model.*")):
                raise ModelError(f"{show(folder, project)} holds no adapter weights.", where=key, fix=fix)


def _maker(folder: Path) -> str:
    """Return the command that makes a base model's folder, as far as its name tells."""
    from mundap.starter import GEMMA_DIR

    hub = architecture.prepared_from(folder.name)
    starter = folder.name == GEMMA_DIR or not hub   # the starter model's hub name is known as well
    return "Unpack the starter models with: mundap models" if starter else f"Make it with: mundap models --prepare {hub}"


def is_local(values: Mapping[str, Any]) -> bool:
    """Return whether everything a resolved recipe loads is on this machine, so that the hub need not be asked."""
    named = [str(values[key]) for key in ("model_name_or_path", "adapter_name_or_path", "ref_model", "reward_model")
             if values.get(key)]
    return all(Path(part).is_absolute() for name in named for part in name.split(",")) \
        and not str(values.get("dataset_dir", "")).startswith(_REMOTE)


def command(action: Action, recipe_file: Path, values: Mapping[str, Any], env: Mapping[str, str]) -> list[str]:
    """Return the words that start LLaMA-Factory on a resolved recipe, by way of torchrun for more than one process."""
    number = processes(values, env) if action == "train" else 1
    if action == "train" and (number > 1 or _forced(values, env)):
        return [sys.executable, "-m", "torch.distributed.run", *_rendezvous(env, number),
                "-m", "llamafactory.launcher", str(recipe_file)]
    return [sys.executable, "-m", "llamafactory.cli", action, *([str(recipe_file)] if action != "webui" else [])]


def environment(values: Mapping[str, Any], *, parent: Mapping[str, str] | None = None, work_dir: Path | None = None
                ) -> dict[str, str]:
    """Return a child's whole environment for a resolved recipe.

    work_dir makes the trainer catch SIGABRT: it then stops after the step at hand, saves its adapter and exits 0.
    Source: llamafactory/train/callbacks.py LogCallback (0.9.5).
    """
    outer = os.environ if parent is None else parent
    env = {name: value for name, value in outer.items() if name in _ALLOWED or name.startswith(_ALLOWED_PREFIXES)}
    # PYTHONSAFEPATH: a file called torch.py in the project must not be imported in place of the library.
    env |= {"PYTHONSAFEPATH": "1", "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1",
            "GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1",
            "TOKENIZERS_PARALLELISM": "false"}
    if is_local(values):
        env |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    else:
        env |= {name: outer[name] for name in _HUB if name in outer}
    for tracker in _listed(values.get("report_to")):
        env |= {name: outer[name] for name in _TRACKERS.get(tracker, ()) if name in outer}
    if values.get("use_cpu"):
        env["CUDA_VISIBLE_DEVICES"] = ""   # else upstream starts one process for each GPU it is told not to use
        # glibc gives every large tensor back to the system and asks for it again at each step: a fifth of a CPU step
        # went into clearing those pages (9.7 s against 7.2 s for 8 rows of 320 tokens). Keep them instead.
        env |= {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(8 * 2**30)}
    # ninja, which DeepSpeed builds with, lies beside the interpreter; an environment that is not activated hides it.
    env["PATH"] = os.pathsep.join(part for part in (str(Path(sys.executable).parent), env.get("PATH")) if part)
    if values.get("deepspeed") and (packages := blank_free.package_folder()):
        env["PYTHONPATH"] = os.pathsep.join(part for part in (packages, env.get("PYTHONPATH")) if part)
    if work_dir is not None:
        env |= {"LLAMABOARD_ENABLED": "1", "LLAMABOARD_WORKDIR": str(work_dir)}
    return env


def processes(values: Mapping[str, Any], env: Mapping[str, str]) -> int:
    """Return how many processes train together: one for each GPU, unless the environment says otherwise."""
    return int(env.get("NPROC_PER_NODE") or (1 if values.get("use_cpu") else max(devices.count(env), 1)))


def _forced(values: Mapping[str, Any], env: Mapping[str, str]) -> bool:
    """Return whether torchrun is needed for a single process too: DeepSpeed, several machines, or the user's wish."""
    return bool(values.get("deepspeed")) or int(env.get("NNODES", "1")) > 1 \
        or env.get("FORCE_TORCHRUN", "0").lower() in _TRUE


def _rendezvous(env: Mapping[str, str], processes: int) -> list[str]:
    """Return torchrun's options, from the same variables upstream reads."""
    address = env.get("MASTER_ADDR", "127.0.0.1")
    port = env.get("MASTER_PORT") or str(free_port())
    nodes = env.get("NNODES", "1")
    if env.get("RDZV_ID"):
        if env.get("MIN_NNODES") and env.get("MAX_NNODES"):
            nodes = f"{env['MIN_NNODES']}:{env['MAX_NNODES']}"
        return ["--nnodes", nodes, "--nproc-per-node", str(processes), "--rdzv-id", env["RDZV_ID"],
                "--rdzv-backend", "c10d", "--rdzv-endpoint", f"{address}:{port}",
                "--max-restarts", env.get("MAX_RESTARTS", "0")]
    return ["--nnodes", nodes, "--node-rank", env.get("NODE_RANK", "0"), "--nproc-per-node", str(processes),
            "--master-addr", address, "--master-port", port]


def _absolute(value: str, project: Path, *, always: bool) -> str:
    place = resolve(value, project)
    first = Path(value).parts[:1]
    if always or value.startswith((".", "~")) or (first and first[0] in GENERATED) or place.exists():
        return str(Path(os.path.normpath(place)))
    return value


def _listed(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [str(value)] if value else []


def free_port() -> int:
    """Return a port of this machine that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
