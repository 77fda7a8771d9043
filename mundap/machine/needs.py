"""What a train recipe asks of a machine: a GPU or not, memory, disk, packages, a base model. Loads nothing.

Memory is forecast/memory.py's estimate for the largest batch the recipe allows: every row as long as cutoff_len.
Disk is the base model, where it is not here yet, and the checkpoints that are kept at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mundap import architecture, factory
from mundap.architecture import Architecture
from mundap.forecast import memory, parameters
from mundap.forecast.memory import Memory

# Upstream's defaults. Source: llamafactory/hparams/data_args.py (0.9.5); transformers TrainingArguments (5.5).
_CUTOFF_LEN, _BATCH = 2048, 8
_CHECKPOINTS = 5             # how many to count when save_total_limit sets no limit
_HOST_BYTES = 4 * 2**30      # a rough floor for a run on a GPU: the libraries and one piece of the weights at a time
# Packages that LLaMA-Factory or transformers refuse to start without, by what asks for them, and how they come.
# Source: llamafactory/hparams/parser.py _check_extra_dependencies (0.9.5); transformers/integrations (5.5).
_TRAIN, _LIGER, _BOARD = 'pip install "mundap[train]"', 'pip install "mundap[liger]"', 'pip install "mundap[tensorboard]"'
_BY_SWITCH = {"enable_liger_kernel": ("liger-kernel", _LIGER), "deepspeed": ("deepspeed", _TRAIN),
              "use_unsloth": ("unsloth", ""), "use_galore": ("galore-torch", ""), "use_apollo": ("apollo-torch", ""),
              "use_badam": ("badam", ""), "use_adam_mini": ("adam-mini", ""), "use_swanlab": ("swanlab", ""),
              "use_kt": ("kt-kernel", "")}
_PREDICT = ("jieba", "nltk", "rouge-chinese")
_BY_METHOD = {"bnb": ("bitsandbytes", _TRAIN), "hqq": ("hqq", ""), "eetq": ("eetq", "")}
_BY_REPORT = {"tensorboard": ("tensorboard", _BOARD), "wandb": ("wandb", ""), "mlflow": ("mlflow", ""),
              "swanlab": ("swanlab", ""), "trackio": ("trackio", "")}
# What only a GPU can do, in the words of the recipe.
_GPU_ONLY = ("fp16", "pure_bf16", "tf32", "fp8", "enable_liger_kernel", "use_unsloth")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package that a key asks for. found is its version, empty when it is not installed."""

    name: str
    key: str
    install: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a recipe needs. Estimates are None where the model's sizes are not known.

    gpu_for names the keys that only a GPU can serve. tokens are those of the largest batch. fetch says how the base
    model is had when it is not here, and is empty when it is.
    """

    gpu_for: tuple[str, ...]
    cpu_only: bool
    bf16: bool
    tokens: int
    trainable: int | None
    on_gpu: Memory | None
    on_cpu: Memory | None
    host_bytes: float
    disk_bytes: float | None
    packages: tuple[Package, ...]
    model: str
    fetch: str
    flash_attention: bool


def of(values: Mapping[str, Any], project: Path, *, processes: int = 1) -> Needs:
    """Return what a train recipe's values need, on a number of GPUs at once."""
    full = factory.resolved(values, project)
    name = str(values.get("model_name_or_path", ""))
    arch = architecture.find(name, project)
    trainable = parameters.trainable(full, arch) if arch is not None and parameters.covered(arch) else None
    batch = int(values.get("per_device_train_batch_size") or _BATCH)
    tokens = batch * int(values.get("cutoff_len") or _CUTOFF_LEN)
    cpu_only = bool(values.get("use_cpu"))
    gpu_for = [key for key in _GPU_ONLY if values.get(key)]
    gpu_for += ["bf16"] if values.get("bf16") and not cpu_only else []
    fetch = "" if architecture.locate(name, project) is not None else _how_to_get(name)
    return Needs(
        gpu_for=tuple(gpu_for), cpu_only=cpu_only, bf16=bool(values.get("bf16") or values.get("pure_bf16")),
        tokens=tokens, trainable=trainable, packages=packages(values, arch), model=name, fetch=fetch,
        on_gpu=_memory(full, arch, trainable, tokens, processes),
        on_cpu=_memory({**full, "use_cpu": True}, arch, trainable, tokens, 1),
        host_bytes=_HOST_BYTES + (12.0 * trainable if trainable and memory.zero(full)[1] else 0.0),
        disk_bytes=_disk(full, arch, trainable, fetch=bool(fetch)), flash_attention=values.get("flash_attn") == "fa2")


def packages(values: Mapping[str, Any], arch: Architecture | None) -> tuple[Package, ...]:
    """Return the packages that a recipe's keys ask for, beyond LLaMA-Factory's own."""
    wanted = [(key, *_BY_SWITCH[key]) for key in _BY_SWITCH if values.get(key)]
    if values.get("quantization_bit"):
        method = str(values.get("quantization_method") or "bnb")
        wanted += [("quantization_bit", *_BY_METHOD[method])] if method in _BY_METHOD else []
    elif arch is not None and arch.quantized.startswith("bitsandbytes"):
        wanted.append(("model_name_or_path", *_BY_METHOD["bnb"]))
    elif arch is not None and arch.quantized.startswith(("gptq", "awq")):
        wanted.append(("model_name_or_path", "gptqmodel", ""))
    optim = str(values.get("optim") or "")
    wanted += [("optim", *_BY_METHOD["bnb"])] if "8bit" in optim or "paged" in optim or "bnb" in optim else []
    wanted += [("report_to", *_BY_REPORT[one]) for one in parameters.listed(values.get("report_to") or "")
               if one in _BY_REPORT]
    wanted += [("predict_with_generate", one, "") for one in _PREDICT if values.get("predict_with_generate")]
    return tuple({name: Package(name=name, key=key, install=install or f"pip install {name}", found=installed(name))
                  for key, name, install in wanted}.values())


def installed(name: str) -> str:
    """Return a package's version without importing it, empty when it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _memory(values: Mapping[str, Any], arch: Architecture | None, trainable: int | None, tokens: int, processes: int
            ) -> Memory | None:
    return memory.memory(values, arch, trainable, tokens, processes) if arch is not None and trainable else None


def _disk(values: Mapping[str, Any], arch: Architecture | None, trainable: int | None, *, fetch: bool) -> float | None:
    """Return the bytes a run writes at most at once, and those of a base model that has to be fetched."""
    if arch is None or not trainable:
        return None
    whole = values.get("finetuning_type") == "full"
    one = trainable * (2.0 if whole else 4.0)         # adapters are saved in float32
    states = 0.0 if values.get("save_only_model") else trainable * (2.0 if "8bit" in str(values.get("optim")) else 8.0)
    kept = 0 if values.get("save_strategy") == "no" else int(values.get("save_total_limit") or _CHECKPOINTS)
    kept += 1 if kept and values.get("load_best_model_at_end") else 0
    linear = parameters.in_linears(arch)
    base = linear * memory.stored_bits({}, arch) / 8 + (parameters.total(arch) - linear) * 2.0
    return one + kept * (one + states) + (base if fetch else 0.0)


def _how_to_get(name: str) -> str:
    """Return the command or deed that brings a base model here."""
    from mundap.starter import GEMMA_DIR

    folder = Path(name)
    if folder.is_absolute() or name.startswith("models/"):
        if folder.name == GEMMA_DIR:
            return "mundap models"
        hub = architecture.prepared_from(folder.name)
        return f"mundap models --prepare {hub}" if hub else f"put the model into {name}"
    return f"fetching {name} from the hub"
