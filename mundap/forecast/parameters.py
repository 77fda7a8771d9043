"""How many parameters a model has and how many of them a recipe trains, from its sizes alone.

Covers decoders with plain or gated attention blocks as Llama, Mistral, Qwen 2 and 3, Gemma 1 to 3 and Phi 3 build
them, and LoRA (also DoRA), freeze and full tuning. Does not cover OFT, mixtures of experts or vision towers.
Source: Hu et al. 2021, https://arxiv.org/abs/2106.09685 (a rank r adapter on an m × n matrix has r·(m + n) numbers);
llamafactory/model/adapter.py and model_utils/misc.py (0.9.5) for which modules are meant.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mundap.architecture import Architecture

Shapes = dict[str, tuple[int, int]]

_SEPARATE = ("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text")
_FUSED = ("phi3",)
_BIASED_QKV = ("qwen2",)
# Norms of a layer as wide as the hidden states; Gemma 2 and 3 also put one behind each block.
_WIDE_NORMS = {"gemma2": 4, "gemma3_text": 4}
_HEAD_NORMS = ("qwen3", "gemma3_text")   # one for the queries and one for the keys, as wide as a head
_LORA_RANK, _FREEZE_LAYERS = 8, 2        # upstream's defaults


def covered(arch: Architecture) -> bool:
    """Return whether a family's layers are known here."""
    return arch.model_type in (*_SEPARATE, *_FUSED)


def linears(arch: Architecture) -> Shapes:
    """Return the (inputs, outputs) of each linear module of one layer, by name."""
    hidden, width = arch.hidden_size, arch.intermediate_size
    queries, keys = arch.num_attention_heads * arch.head_dim, arch.num_key_value_heads * arch.head_dim
    if arch.model_type in _FUSED:
        return {"qkv_proj": (hidden, queries + 2 * keys), "o_proj": (queries, hidden),
                "gate_up_proj": (hidden, 2 * width), "down_proj": (width, hidden)}
    return {"q_proj": (hidden, queries), "k_proj": (hidden, keys), "v_proj": (hidden, keys),
            "o_proj": (queries, hidden), "gate_proj": (hidden, width), "up_proj": (hidden, width),
            "down_proj": (width, hidden)}


def wide_norms(arch: Architecture) -> int:
    """Return how many norms as wide as the hidden states a layer has."""
    return _WIDE_NORMS.get(arch.model_type, 2)


def has_head_norms(arch: Architecture) -> bool:
    """Return whether queries and keys are normed head by head."""
    return arch.model_type in _HEAD_NORMS


def in_linears(arch: Architecture) -> int:
    """Return the parameters of all layers' linear modules: what quantisation stores in fewer bits."""
    return arch.num_hidden_layers * sum(inputs * outputs for inputs, outputs in linears(arch).values())


def in_embeddings(arch: Architecture) -> int:
    """Return the parameters of the embedding and, where it is a matrix of its own, the output head."""
    return arch.vocab_size * arch.hidden_size * (1 if arch.tie_word_embeddings else 2)


def in_layer(arch: Architecture) -> int:
    """Return the parameters of one layer: linear modules, biases and norms."""
    shapes = linears(arch)
    count = sum(inputs * outputs for inputs, outputs in shapes.values())
    count += wide_norms(arch) * arch.hidden_size
    if has_head_norms(arch):
        count += 2 * arch.head_dim
    if arch.model_type in _BIASED_QKV:
        count += sum(shapes[name][1] for name in ("q_proj", "k_proj", "v_proj"))
    return count


def total(arch: Architecture) -> int:
    """Return all parameters; a tied head counts once."""
    return arch.num_hidden_layers * in_layer(arch) + in_embeddings(arch) + arch.hidden_size


def trainable(values: Mapping[str, Any], arch: Architecture) -> int | None:
    """Return how many parameters a resolved recipe trains, or None when that is not known here."""
    if not covered(arch):
        return None
    kind = values.get("finetuning_type", "lora")
    if kind == "full":
        return total(arch)
    if kind == "freeze":
        return _freeze(values, arch)
    if kind != "lora":
        return None
    settings = _going_on(values)
    if settings is None:
        return None
    return _lora(settings, arch)


def listed(value: Any) -> list[str]:
    """Return the names a recipe gives as a list or as text with commas."""
    parts = value if isinstance(value, list) else str(value or "").split(",")
    return [str(part).strip() for part in parts if str(part).strip()]


def _going_on(values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the LoRA settings that count: the recipe's, or those of the adapter that training goes on with."""
    adapters = listed(values.get("adapter_name_or_path"))
    if not adapters or values.get("create_new_adapter"):
        return values
    try:
        config = json.loads((Path(adapters[-1]) / "adapter_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if config.get("rank_pattern") or not isinstance(config.get("target_modules"), list):
        return None
    return {"lora_rank": config.get("r"), "lora_target": config["target_modules"], "use_dora": config.get("use_dora"),
            "additional_target": config.get("modules_to_save") or ""}


def _lora(settings: Mapping[str, Any], arch: Architecture) -> int | None:
    shapes = linears(arch)
    targets = listed(settings.get("lora_target", "all")) or ["all"]
    rank = int(settings.get("lora_rank") or _LORA_RANK)
    head = (arch.hidden_size, arch.vocab_size)
    chosen = list(shapes.values()) if targets == ["all"] else []
    once: list[tuple[int, int]] = []
    for target in () if chosen else targets:
        name = target.split(".")[-1]
        if name in shapes:
            chosen.append(shapes[name])
        elif name == "lm_head":
            once.append(head)
        elif name == "embed_tokens":
            once.append((head[1], head[0]))
        else:
            return None
    matrices = chosen * _layers(settings, arch) + once
    count = sum(rank * (inputs + outputs) for inputs, outputs in matrices)
    if settings.get("use_dora"):
        count += sum(outputs for _, outputs in matrices)
    return count + _saved_whole(settings, arch)


def _saved_whole(settings: Mapping[str, Any], arch: Architecture) -> int:
    """Return the parameters of modules trained whole beside an adapter: those named, or the embeddings once resized."""
    names = listed(settings.get("additional_target"))
    if not names and settings.get("resize_vocab"):
        names = ["embed_tokens", "lm_head"]
    sizes = {"embed_tokens": arch.vocab_size * arch.hidden_size, "lm_head": arch.vocab_size * arch.hidden_size,
             "norm": arch.hidden_size}
    return sum(sizes.get(name.split(".")[-1], 0) for name in names)


def _layers(values: Mapping[str, Any], arch: Architecture) -> int:
    """Return on how many layers adapters sit: all of them, or the new ones of an expanded model (LLaMA Pro)."""
    if not values.get("use_llama_pro"):
        return arch.num_hidden_layers
    return min(int(values.get("freeze_trainable_layers") or _FREEZE_LAYERS), arch.num_hidden_layers)


def _freeze(values: Mapping[str, Any], arch: Architecture) -> int | None:
    layers = min(abs(int(values.get("freeze_trainable_layers") or _FREEZE_LAYERS)), arch.num_hidden_layers)
    shapes = linears(arch)
    attention = sum(inputs * outputs for name, (inputs, outputs) in shapes.items() if name[0] in "qkvo")
    mlp = sum(inputs * outputs for inputs, outputs in shapes.values()) - attention
    parts = {"all": in_layer(arch), "mlp": mlp}
    if arch.model_type not in (*_BIASED_QKV, *_HEAD_NORMS):
        parts["self_attn"] = attention
    names = listed(values.get("freeze_trainable_modules", "all")) or ["all"]
    if any(name not in parts for name in names) or values.get("freeze_extra_modules"):
        return None
    return layers * (parts["all"] if "all" in names else sum(parts[name] for name in set(names)))
