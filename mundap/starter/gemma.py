"""A Hugging Face folder of Gemma 3 270M with a trimmed vocabulary, from a GGUF file or from a hub folder.

Weights are stored in bfloat16, the precision Google published: LLaMA-Factory 0.9.5 reads the stored type, trains in
bfloat16 on a GPU and in float32 on a CPU; a float32 folder would make it choose float16 on a GPU, which overflows in
Gemma 3. Does not choose the pieces (trim.py) and does not write the manifest (folder.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.errors import ModelError
from mundap.starter import gguf_tokenizer, trim
from mundap.starter.vocabulary import Vocabulary, from_lists, from_tokenizer_json

EMBEDDING = "model.embed_tokens.weight"
# Source: llama.cpp gguf-py `tensor_mapping.py`, architecture gemma3.
BLOCK_NAMES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "attn_norm": "input_layernorm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
# config.json's key for each key of the GGUF header.
HEADER_KEYS = {
    "context_length": "max_position_embeddings",
    "embedding_length": "hidden_size",
    "block_count": "num_hidden_layers",
    "feed_forward_length": "intermediate_size",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "attention.key_length": "head_dim",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
    "attention.sliding_window": "sliding_window",
}
# The release these files were checked with. Without it transformers suspects a faulty Mistral tokenizer and warns.
TRANSFORMERS_VERSION = "5.5.4"
LOCAL_ROPE_THETA = 10_000.0  # of the sliding layers; the GGUF header carries only the full layers' base
SLIDING_PATTERN = 6  # every sixth layer attends to the whole context


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A model in full: vocabulary, config.json, and its tensors by Hugging Face name, given the rows to keep.

    tensors(ids) yields (name, torch tensor) with the embedding already reduced to the rows in ids.
    """

    vocabulary: Vocabulary
    config: dict[str, Any]
    tensors: Callable[[Sequence[int]], Iterator[tuple[str, Any]]]


def from_gguf(path: Path) -> Source:
    """Return the model a GGUF file holds; its weights are dequantised when they are asked for."""
    import gguf

    reader = gguf.GGUFReader(path)
    pieces = reader.fields["tokenizer.ggml.tokens"].contents()
    types = reader.fields["tokenizer.ggml.token_type"].contents()
    header = {name.removeprefix("gemma3."): field for name, field in reader.fields.items()}

    def tensors(ids: Sequence[int]) -> Iterator[tuple[str, Any]]:
        import torch

        for tensor in reader.tensors:
            data = tensor.data[list(ids)] if tensor.name == "token_embd.weight" else tensor.data
            values = gguf.dequantize(data, tensor.tensor_type)
            if tensor.name.endswith("norm.weight"):
                values = values - 1  # llama.cpp folds Gemma's "1 + weight" into the file
            yield hub_name(tensor.name), torch.tensor(values)

    config = gemma_config({ours: header[theirs].contents() for theirs, ours in HEADER_KEYS.items()})
    config["rope_parameters"]["full_attention"]["rope_theta"] = header["rope.freq_base"].contents()
    return Source(vocabulary=from_lists(pieces, types), config=config, tensors=tensors)


def from_folder(folder: Path) -> Source:
    """Return the model of a Hugging Face folder (config.json, tokenizer.json, *.safetensors)."""
    weights = sorted(folder.glob("*.safetensors"))
    needed = [folder / "config.json", folder / "tokenizer.json"]
    missing = [path.name for path in needed if not path.is_file()] + ([] if weights else ["*.safetensors"])
    if missing:
        raise ModelError(
            f"not a Hugging Face model folder: {', '.join(missing)} missing.",
            where=str(folder),
            fix="Give a folder with config.json, tokenizer.json and model.safetensors.",
        )

    def tensors(ids: Sequence[int]) -> Iterator[tuple[str, Any]]:
        from safetensors import safe_open

        for path in weights:
            with safe_open(path, framework="pt") as opened:
                for name in opened.keys():
                    tensor = opened.get_tensor(name)
                    yield name, (tensor[list(ids)] if name == EMBEDDING else tensor)

    config = json.loads(needed[0].read_text(encoding="utf-8"))
    vocabulary = from_tokenizer_json(json.loads(needed[1].read_text(encoding="utf-8")))
    return Source(vocabulary=vocabulary, config=config, tensors=tensors)


def write(source: Source, folder: Path, *, trimmed: bool = True) -> int:
    """Write config, weights, tokenizer and chat template into an empty folder; return the number of parameters."""
    import torch
    from safetensors.torch import save_file

    vocabulary = source.vocabulary
    ids = trim.kept_ids(vocabulary) if trimmed else list(range(len(vocabulary)))
    kept = vocabulary.select(ids)
    weights = {
        name: tensor.to(torch.bfloat16).contiguous()
        for name, tensor in source.tensors(ids)
        if name != "lm_head.weight"  # tied to the embedding
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    gguf_tokenizer.write(kept, folder)
    specials = special_ids(kept)
    changed = {"vocab_size": len(kept), "dtype": "bfloat16", "transformers_version": TRANSFORMERS_VERSION}
    _write_json(folder / "config.json", source.config | specials | changed)
    # Greedy unless asked otherwise: a domain model that quotes numbers should not roll dice.
    _write_json(folder / "generation_config.json", specials | {"do_sample": False})
    return sum(tensor.numel() for tensor in weights.values())


def special_ids(vocabulary: Vocabulary) -> dict[str, int]:
    """Return bos_token_id, eos_token_id and pad_token_id, as config.json spells them."""
    names = {"bos": gguf_tokenizer.BOS, "eos": gguf_tokenizer.EOS, "pad": gguf_tokenizer.PAD}
    return {f"{name}_token_id": vocabulary.pieces.index(piece) for name, piece in names.items()}


def hub_name(name: str) -> str:
    """Return the Hugging Face name of a tensor in a gemma3 GGUF file."""
    if name == "token_embd.weight":
        return EMBEDDING
    if name == "output_norm.weight":
        return "model.norm.weight"
    _, layer, block, _ = name.split(".")  # blk.0.attn_q.weight
    return f"model.layers.{layer}.{BLOCK_NAMES[block]}.weight"


def gemma_config(sizes: dict[str, Any]) -> dict[str, Any]:
    """Return config.json for a Gemma 3 text model of these sizes.

    Source: transformers `Gemma3TextConfig`; the values no GGUF header carries are those of Google's release.
    """
    layers = range(1, sizes["num_hidden_layers"] + 1)
    return {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        **sizes,
        "layer_types": ["sliding_attention" if n % SLIDING_PATTERN else "full_attention" for n in layers],
        "rope_parameters": {
            "full_attention": {"rope_type": "default", "rope_theta": 1_000_000.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": LOCAL_ROPE_THETA},
        },
        "hidden_activation": "gelu_pytorch_tanh",
        "query_pre_attn_scalar": 256,
        "attention_bias": False,
        "attention_dropout": 0.0,
        "attn_logit_softcapping": None,
        "final_logit_softcapping": None,
        "tie_word_embeddings": True,
        "use_cache": True,
        "initializer_range": 0.02,
    }


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
