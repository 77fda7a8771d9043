"""Tiny random models of the architectures the recipes name, laid out as the hub's cache on this machine holds them.

The recipes then run with the very model names they carry. Same classes, file names, special tokens and order of ids
as the real ones; two or three layers, 64 wide. The 4-bit base is the same model as its unquantised twin, quantised by
bitsandbytes, so that an adapter of the one fits the other.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.recipes import tiny_tokenizers as tokenizers

INSTRUCT = "meta-llama/Meta-Llama-3-8B-Instruct"
# Ours, in Llama 3's markup; the recipes name template: llama3 and never read it.
_INSTRUCT_TEMPLATE = ("{{ bos_token }}{% for message in messages %}<|start_header_id|>{{ message['role'] }}"
                      "<|end_header_id|>\n\n{{ message['content'] }}<|eot_id|>{% endfor %}"
                      "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}")
_LLAMA32_ROPE = {"factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
                 "original_max_position_embeddings": 8192, "rope_type": "llama3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TinyModel:
    """A hub model in small: how its tokenizer is written, which id ends a text, and what its config says beside that."""

    tokenizer: Callable[[Path], int]
    bos: str = "<|begin_of_text|>"
    eos: str = "<|end_of_text|>"
    pad: str | None = None
    config: dict[str, Any] = field(default_factory=dict)
    generation: dict[str, Any] = field(default_factory=dict)
    shards: int = 1
    quantised_from: str = ""


_LLAMA3 = {"max_position_embeddings": 8192, "rope_theta": 500000.0, "tie_word_embeddings": False}
_LLAMA32 = {"max_position_embeddings": 131072, "rope_theta": 500000.0, "rope_scaling": _LLAMA32_ROPE, "head_dim": 16,
            "tie_word_embeddings": True}
_SAMPLING = {"do_sample": True, "temperature": 0.6, "top_p": 0.9}
_llama32 = partial(tokenizers.write_llama3, specials=tokenizers.LLAMA32_SPECIALS)
_llama3 = partial(tokenizers.write_llama3, specials=tokenizers.LLAMA3_SPECIALS)
MODELS: dict[str, TinyModel] = {
    "meta-llama/Llama-3.2-3B": TinyModel(tokenizer=_llama32, config=_LLAMA32, generation=_SAMPLING),
    "meta-llama/Llama-3.2-1B": TinyModel(tokenizer=_llama32, config=_LLAMA32, generation=_SAMPLING),
    "beomi/Llama-3-Open-Ko-8B": TinyModel(tokenizer=_llama3, config=_LLAMA3, shards=2),
    INSTRUCT: TinyModel(tokenizer=partial(_llama3, eos="<|eot_id|>", chat_template=_INSTRUCT_TEMPLATE),
                        eos="<|eot_id|>", config=_LLAMA3, generation=_SAMPLING),
    "unsloth/llama-3-8b-Instruct-bnb-4bit": TinyModel(
        tokenizer=partial(_llama3, eos="<|eot_id|>", pad="<|reserved_special_token_250|>",
                          chat_template=_INSTRUCT_TEMPLATE),
        eos="<|eot_id|>", pad="<|reserved_special_token_250|>", config=_LLAMA3, quantised_from=INSTRUCT),
    "upstage/SOLAR-10.7B-v1.0": TinyModel(
        tokenizer=tokenizers.write_llama2, bos="<s>", eos="</s>",
        config={"max_position_embeddings": 4096, "rope_theta": 10000.0, "rms_norm_eps": 1e-5, "num_hidden_layers": 3,
                "tie_word_embeddings": False}, generation={"use_cache": True}),
}


def write_cache(home: Path) -> None:
    """Write every tiny model into the hub cache of a Hugging Face home."""
    for name in MODELS:
        write(name, snapshot(name, home))


def snapshot(name: str, home: Path) -> Path:
    """Return the folder of a model's one commit in a hub cache, its main branch pointing there."""
    commit = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
    repo = home / "hub" / f"models--{name.replace('/', '--')}"
    folder = repo / "snapshots" / commit
    (repo / "refs").mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    (repo / "refs" / "main").write_text(commit, encoding="utf-8")
    return folder


def write(name: str, folder: Path) -> Path:
    """Write one tiny model into a folder and return it."""
    model = MODELS[name]
    folder.mkdir(parents=True, exist_ok=True)
    size = model.tokenizer(folder)
    ids = _ids(folder)
    marks = {"bos_token_id": ids[model.bos], "eos_token_id": ids[model.eos]}
    padding = {"pad_token_id": ids[model.pad]} if model.pad else {}
    # As the hub's files spell it: rope_scaling and torch_dtype, which transformers 5 still reads.
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": 64,
              "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
              "rms_norm_eps": 1e-5, "initializer_range": 0.02, "attention_bias": False, "mlp_bias": False,
              "vocab_size": size, "torch_dtype": "bfloat16", "use_cache": True, **marks, **padding, **model.config}
    _json(folder / "config.json", config)
    _json(folder / "generation_config.json", {"_from_model_config": True, **marks, **padding, **model.generation})
    (folder / "LICENSE").write_text("A tiny random model; the real one's licence stands here.\n", encoding="utf-8")
    if model.quantised_from:
        _quantised(config, model.quantised_from, folder)
    else:
        _save(_random(config, name), folder, model.shards)
    return folder


def _random(config: dict[str, Any], name: str) -> Any:
    """Return a random model; the name decides its weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(int(hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()[:8], 16))
    return LlamaForCausalLM(LlamaConfig(**config)).to(torch.bfloat16)


def _save(model: Any, folder: Path, shards: int) -> None:
    """Write the weights; save_pretrained would import deepspeed, which takes longer than everything else here."""
    from safetensors.torch import save_file

    tied = {"lm_head.weight"} if model.config.tie_word_embeddings else set()
    weights = {key: tensor.contiguous() for key, tensor in model.state_dict().items() if key not in tied}
    if shards == 1:
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        return
    where = {key: f"model-{at * shards // len(weights) + 1:05}-of-{shards:05}.safetensors"
             for at, key in enumerate(weights)}
    for file in sorted(set(where.values())):
        save_file({key: weights[key] for key in weights if where[key] == file}, folder / file, metadata={"format": "pt"})
    size = sum(tensor.numel() * tensor.element_size() for tensor in weights.values())
    _json(folder / "model.safetensors.index.json", {"metadata": {"total_size": size}, "weight_map": where})


def _quantised(config: dict[str, Any], twin: str, folder: Path) -> None:
    """Write the 4-bit weights of another tiny model, in bitsandbytes' own format."""
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    plain = folder / "plain"
    plain.mkdir()
    _json(plain / "config.json", config)
    _save(_random(config, twin), plain, 1)
    settings = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
                                  bnb_4bit_compute_dtype=torch.bfloat16)
    model = AutoModelForCausalLM.from_pretrained(plain, quantization_config=settings, dtype=torch.bfloat16,
                                                 device_map="cpu", local_files_only=True)
    _save(model, folder, 1)   # a packed weight brings its absmax and quant_state along
    _json(folder / "config.json", config | {"quantization_config": model.config.quantization_config.to_dict()})
    shutil.rmtree(plain)


def _ids(folder: Path) -> dict[str, int]:
    added = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
    return {token["content"]: token["id"] for token in added}


def _json(path: Path, values: dict[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=2), encoding="utf-8")
