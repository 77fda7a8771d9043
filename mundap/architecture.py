"""What is known of a base model without loading it: sizes, and whether its tokenizer has a chat template and a pad.

Read from a local folder's config.json and tokenizer files, else from the hub's cache on this machine, else from
known_models.json, which holds facts about a few hub models. Imports neither torch nor transformers, asks no network.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mundap.paths import resolve

UNKNOWN = ""
_KNOWN = Path(__file__).with_name("known_models.json")
# Tokenizer classes that carry no special tokens of their own: what their file does not name, they do not have.
_PLAIN_TOKENIZERS = ("PreTrainedTokenizerFast", "PreTrainedTokenizer", "TokenizersBackend")
# Older or other families' names for the same numbers.
_OTHER_NAMES = {"hidden_size": ("n_embd", "d_model"), "num_hidden_layers": ("n_layer", "num_layers"),
                "num_attention_heads": ("n_head",), "intermediate_size": ("n_inner", "ffn_dim")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """A decoder's sizes and its tokenizer's marks.

    quantized is empty, or says how the weights are stored ("bitsandbytes 4-bit"). chat_template is None when nobody
    here knows. eos_token and pad_token are None when the tokenizer has none, and empty when nobody here knows. dtype
    is the weights' type as config.json names it ("bfloat16"), or empty.
    """

    model_type: str
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    intermediate_size: int
    vocab_size: int
    tie_word_embeddings: bool
    quantized: str
    chat_template: bool | None
    eos_token: str | None
    pad_token: str | None
    dtype: str = UNKNOWN


def find(model_name_or_path: str, project: Path) -> Architecture | None:
    """Return what is known of a base model, or None when it is neither on this machine nor among the known ones.

    A folder models/<name>-ko that is not there yet is what `mundap models --prepare` will make of a hub model of that
    name: its sizes, with a chat template and a pad token of its own.
    """
    folder = locate(model_name_or_path, project)
    found = read(folder) if folder is not None else None
    name = model_name_or_path.strip().rstrip("/")
    return found or known().get(name) or _to_be_prepared(name)


def to_be_prepared(model_name_or_path: str) -> bool:
    """Return whether a name is that of a known hub model's folder as `mundap models --prepare` will make it."""
    return _to_be_prepared(model_name_or_path.strip().rstrip("/")) is not None


def locate(model_name_or_path: str, project: Path) -> Path | None:
    """Return the folder that holds a model on this machine, its own or the hub cache's, or None."""
    name = model_name_or_path.strip()
    if not name:
        return None
    folder = resolve(name, project)
    if (folder / "config.json").is_file():
        return folder
    return None if Path(name).is_absolute() or name.count("/") != 1 else _cached(name)


@lru_cache(maxsize=1)
def known() -> Mapping[str, Architecture]:
    """Return the hub models whose facts come with mundap, by hub id."""
    entries: dict[str, dict[str, Any]] = json.loads(_KNOWN.read_text(encoding="utf-8"))["models"]
    return {name: Architecture(**facts) for name, facts in entries.items()}


def read(folder: Path) -> Architecture | None:
    """Return what a model folder says of itself, or None when its config.json does not give a decoder's sizes."""
    whole = _json(folder / "config.json")
    # A model for pictures and text keeps the decoder's sizes one level down.
    inner = whole.get("text_config")
    config = {**whole, **inner} if isinstance(inner, dict) else whole
    try:
        model_type = str(config.get("model_type", ""))
        heads, hidden = _number(config, "num_attention_heads"), _number(config, "hidden_size")
        return Architecture(
            model_type=model_type, hidden_size=hidden,
            num_hidden_layers=_number(config, "num_hidden_layers"), num_attention_heads=heads,
            num_key_value_heads=int(config.get("num_key_value_heads") or heads),
            head_dim=int(config.get("head_dim") or hidden // heads),
            intermediate_size=_number(config, "intermediate_size"), vocab_size=_number(config, "vocab_size"),
            # Gemma's classes tie by default and their configs may leave the key out; other families' do not tie.
            tie_word_embeddings=bool(config.get("tie_word_embeddings", model_type.startswith("gemma"))),
            quantized=_quantized(whole.get("quantization_config")), chat_template=_chat_template(folder),
            eos_token=_mark(folder, "eos_token"), pad_token=_mark(folder, "pad_token"),
            dtype=str(config.get("dtype") or config.get("torch_dtype") or UNKNOWN))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None


def prepared_from(folder: str) -> str:
    """Return the known hub model that `mundap models --prepare` makes a folder such as <name>-ko of, or ""."""
    return next((hub for hub in known() if folder == f"{hub.rpartition('/')[2]}-ko"), "")


def _to_be_prepared(name: str) -> Architecture | None:
    parts = Path(name).parts
    hub = prepared_from(parts[-1]) if len(parts) > 1 and parts[-2] == "models" else ""
    return dataclasses.replace(known()[hub], chat_template=True, pad_token=UNKNOWN) if hub else None


def _cached(name: str) -> Path | None:
    """Return the newest snapshot of a hub model in the local cache.

    Source: huggingface_hub's cache layout, models--org--name/{refs/main,snapshots/<commit>}.
    """
    env = os.environ
    base = Path(env.get("HF_HOME") or Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface")
    repo = Path(env.get("HF_HUB_CACHE") or base / "hub").expanduser() / f"models--{name.replace('/', '--')}"
    try:
        commit = (repo / "refs" / "main").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    folder = repo / "snapshots" / commit
    return folder if (folder / "config.json").is_file() else None


def _number(config: Mapping[str, Any], key: str) -> int:
    for name in (key, *_OTHER_NAMES.get(key, ())):
        if config.get(name) is not None:
            return int(config[name])
    raise KeyError(key)


def _quantized(settings: Any) -> str:
    """Return how weights are stored, from a config's quantization_config: "bitsandbytes 4-bit", "gptq 4-bit"."""
    if not isinstance(settings, dict):
        return ""
    method = str(settings.get("quant_method") or "quantized")
    bits = settings.get("bits") or (4 if settings.get("load_in_4bit") or settings.get("_load_in_4bit") else
                                    8 if settings.get("load_in_8bit") or settings.get("_load_in_8bit") else None)
    return f"{method} {bits}-bit" if bits else method


def _chat_template(folder: Path) -> bool | None:
    if (folder / "chat_template.jinja").is_file() or (folder / "chat_template.json").is_file():
        return True
    file = folder / "tokenizer_config.json"
    return bool(_json(file).get("chat_template")) if file.is_file() else None


def _mark(folder: Path, key: str) -> str | None:
    """Return a special token's text, None when the tokenizer has none, or an empty text when the files do not say."""
    config = _json(folder / "tokenizer_config.json")
    for settings in (config, _json(folder / "special_tokens_map.json")):
        if key in settings:
            value = settings[key]
            return None if value is None else str(value["content"] if isinstance(value, dict) else value)
    return None if config.get("tokenizer_class") in _PLAIN_TOKENIZERS else UNKNOWN


def _json(path: Path) -> dict[str, Any]:
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}
