"""Load a model folder, with adapters merged into it, for answering. Runs in the worker; does not generate (engine.py)."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mundap.errors import ModelError, ResourceError
from mundap.generator.engine import Engine, out_of_memory

# Measured on 2 Zen 4 cores (avx512_bf16, no AMX), Gemma 3 270M, prompts of 418 tokens, in processor seconds: reading the
# prompt took 1.3 in float32 and 0.75 in bfloat16, writing was equal (14 tokens/s). But 16 greedy answers were the same
# alone and in batches of 8 in float32, and 15 in bfloat16; an evaluation must say what the application says.
CPU_DTYPE = "float32"
# 8 prompts gave 59 answers of 24 tokens a minute, 16 gave the same 59, 1 gave 41.
CPU_BATCH_SIZE, GPU_BATCH_SIZE = 8, 16


def load_engine(model: Path, adapters: Sequence[Path], dtype: str, *, threads: int | None, batch_size: int | None,
                ) -> Engine:
    """Return the engine for a model folder.

    Raises:
        ModelError: the folder is broken, has no chat template, or an adapter does not fit it.
        ResourceError: it does not fit in memory.
    """
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()   # its bar would be drawn across the caller's own lines
    torch.set_num_threads(threads or _default_threads())
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = _tokenizer(model, adapters)
    try:
        loaded = _model(model, adapters, _precision(dtype, device, bool(adapters)), device)
    except ModelError:
        raise
    except Exception as error:
        if out_of_memory(error):
            raise ResourceError("memory ran out while the model was loaded.", where=str(model),
                                fix="Close other programs, or set infer_dtype: bfloat16 in the chat recipe.",
                                ) from error
        raise ModelError(f"the model cannot be loaded: {error}", where=str(model),
                         fix="Unpack or export it again: mundap models, or mundap export <export.yaml>") from error
    text_config = loaded.config.get_text_config()
    context = int(getattr(text_config, "max_position_embeddings", 0) or tokenizer.model_max_length)
    default_batch = CPU_BATCH_SIZE if device == "cpu" else GPU_BATCH_SIZE
    return Engine(loaded, tokenizer, context=context, batch_size=batch_size or default_batch)


def _default_threads() -> int:
    """Return OMP_NUM_THREADS when it is set, else the physical cores this process may use."""
    import psutil

    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked):
        return int(asked)
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(usable, psutil.cpu_count(logical=False) or usable))


def _precision(dtype: str, device: str, adapted: bool) -> str:
    """Return the precision to load in; on a CPU adapters are merged in float32, which loses nothing."""
    if dtype == "auto":
        return CPU_DTYPE if device == "cpu" else "auto"
    return "float32" if device == "cpu" and adapted else dtype


def _tokenizer(model: Path, adapters: Sequence[Path]) -> Any:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(model, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        raise ModelError(f"the tokenizer cannot be read: {error}", where=str(model),
                         fix="Unpack or export the model again: mundap models, or mundap export <export.yaml>",
                         ) from error
    if not tokenizer.chat_template:
        # LLaMA-Factory writes the template an adapter was trained with beside the adapter.
        kept = [folder / "chat_template.jinja" for folder in adapters if (folder / "chat_template.jinja").is_file()]
        if not kept:
            raise ModelError("the model folder has no chat template, so nobody knows how its prompts are written.",
                             where=str(model),
                             fix="Prepare a copy that has one: mundap models --prepare ID\n"
                                 "or put a chat_template.jinja into the folder.")
        tokenizer.chat_template = kept[-1].read_text(encoding="utf-8")
    return tokenizer


def _model(model: Path, adapters: Sequence[Path], dtype: str, device: str) -> Any:
    from transformers import AutoModelForCausalLM

    loaded: Any = AutoModelForCausalLM.from_pretrained(
        model, dtype=dtype, local_files_only=True, trust_remote_code=False, use_safetensors=True)
    for adapter in adapters:
        loaded = _merged(loaded, adapter, model)
    return loaded.to(device).eval()


def _merged(loaded: Any, adapter: Path, model: Path) -> Any:
    from peft import PeftModel

    base = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8")).get("base_model_name_or_path")
    try:
        return PeftModel.from_pretrained(loaded, adapter).merge_and_unload()
    except Exception as error:
        if out_of_memory(error):
            raise
        raise ModelError(f"the adapter does not fit the model {model.name!r}: {error}", where=str(adapter),
                         fix=f"It was trained on {base!r}: name that as model_name_or_path, or train it again.",
                         ) from error
