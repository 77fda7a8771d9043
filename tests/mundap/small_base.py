"""Small bases to prepare: real tokenizers of the families the recipes name, with one small tensor a file for weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from tests.recipes import tiny_tokenizers

LLAMA3 = partial(tiny_tokenizers.write_llama3, specials=tiny_tokenizers.LLAMA3_SPECIALS)
LLAMA32 = partial(tiny_tokenizers.write_llama3, specials=tiny_tokenizers.LLAMA32_SPECIALS)
QWEN = partial(tiny_tokenizers.write_llama3, specials=tiny_tokenizers.QWEN_SPECIALS, bos=None, eos="<|endoftext|>",
               pad="<|endoftext|>", chat_template="{{ messages[0]['content'] }}")
SOLAR = tiny_tokenizers.write_llama2
# folder, tokenizer, BOS, EOS, the pad token it must be given
FAMILIES = [("Llama-3-Open-Ko-8B", LLAMA3, "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>"),
            ("Llama-3.2-1B", LLAMA32, "<|begin_of_text|>", "<|end_of_text|>", "<|finetune_right_pad_id|>"),
            ("SOLAR-10.7B-v1.0", SOLAR, "<s>", "</s>", "<unk>"),
            ("Qwen2.5-0.5B", QWEN, None, "<|endoftext|>", "<|fim_pad|>")]
SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def quiet(line: str) -> None:
    """Drop a message."""


def make_base(folder: Path, tokenizer: Callable[[Path], int], *, shards: bool = False, **config: Any) -> Path:
    """Write a base model's folder: a tokenizer, one small tensor a file, config and licence."""
    size = tokenizer(folder)
    values = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": size, "hidden_size": 64,
              "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128, **config}
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    (folder / "LICENSE").write_text("terms", encoding="utf-8")
    names = SHARDS if shards else ("model.safetensors",)
    for number, name in enumerate(names):
        save_file({f"layer.{number}": np.full((64, 64), number, np.float32)}, folder / name)
    if shards:
        index = {"weight_map": {f"layer.{number}": name for number, name in enumerate(names)}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    return folder


def edit(path: Path, **values: Any) -> None:
    """Lay values over a JSON file; None takes a key out."""
    content = json.loads(path.read_text("utf-8")) if path.exists() else {}
    path.write_text(json.dumps({key: value for key, value in (content | values).items() if value is not None}),
                    encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    """Return a JSON file's content."""
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded
