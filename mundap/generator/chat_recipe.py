"""What the local generator reads of a LLaMA-Factory chat recipe: which model, which adapters, which precision.

`template` is not read: the chat template in the model folder is what training used, so it rules here too. Keys that
would change the model and that this reader does not carry out are refused rather than ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mundap.errors import ConfigError, ModelError, closest
from mundap.paths import resolve, show

DTYPES = ("auto", "float32", "bfloat16", "float16")
# A recipe with one of these means a model other than "base + adapters in one precision".
UNREAD = ("quantization_bit", "rope_scaling", "adapter_folder", "quantization_method")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatModel:
    """A model to load: its folder, its adapters in the order they are merged, and its precision."""

    model: Path
    adapters: tuple[Path, ...] = ()
    dtype: str = "auto"


def read_chat(chat: str | Mapping[str, Any], project: Path) -> ChatModel:
    """Return the model a chat recipe (a path, or its keys written in place) names.

    Raises:
        ConfigError: the recipe is missing, malformed, or asks for what the local generator does not do.
        ModelError: the model or an adapter is not there.
    """
    recipe, where = _load(chat, project)
    _refuse(recipe, where)
    name = recipe.get("model_name_or_path")
    if not isinstance(name, str) or not name:
        raise ConfigError("model_name_or_path is missing.", where=where,
                          fix="Name a model folder, for example: model_name_or_path: models/gemma-3-270m-ko")
    dtype = recipe.get("infer_dtype", "auto")
    if dtype not in DTYPES:
        raise ConfigError(f"infer_dtype: {dtype!r} is not a precision.", where=where,
                          fix=f"{closest(str(dtype), DTYPES)}Choose one of: {', '.join(DTYPES)}.")
    adapters = recipe.get("adapter_name_or_path") or ""
    names = adapters.split(",") if isinstance(adapters, str) else [str(each) for each in adapters]
    return ChatModel(model=_model_folder(name, project, where),
                     adapters=tuple(_adapter(each.strip(), project, where) for each in names if each.strip()),
                     dtype=dtype)


def _load(chat: str | Mapping[str, Any], project: Path) -> tuple[Mapping[str, Any], str]:
    if isinstance(chat, Mapping):
        return chat, "generation.chat"
    path = resolve(chat, project)
    where = show(path, project)
    if not path.is_file():
        raise ConfigError("the chat recipe is not there.", where=where,
                          fix="Correct generation.chat, or write a LLaMA-Factory chat recipe there.")
    try:
        recipe = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"not readable as YAML: {error}", where=where, fix="Correct the line it names.") from error
    if not isinstance(recipe, Mapping):
        raise ConfigError("the recipe is not a mapping of keys to values.", where=where,
                          fix="Write one `key: value` a line, for example: model_name_or_path: models/gemma-3-270m-ko")
    return recipe, where


def _refuse(recipe: Mapping[str, Any], where: str) -> None:
    if recipe.get("trust_remote_code"):
        raise ConfigError("trust_remote_code: true would run code that came with the model.", where=where,
                          fix="Remove it, or set it to false. A model that needs its own code can be served apart\n"
                              "and reached with generator: endpoint.")
    unread = [key for key in UNREAD if recipe.get(key) is not None]
    backend = recipe.get("infer_backend", "huggingface")
    if backend != "huggingface":
        unread.append(f"infer_backend: {backend}")
    if unread:
        raise ConfigError(f"the local generator does not carry out {', '.join(unread)}.", where=where,
                          fix="Remove it, or serve this recipe with `llamafactory-cli api` (or vLLM)\n"
                              "and set generator: endpoint with its base_url.")


def _model_folder(name: str, project: Path, where: str) -> Path:
    folder = resolve(name, project)
    if not (folder / "config.json").is_file():
        raise ModelError(f"no model at {show(folder, project)}.", where=f"{where}: model_name_or_path",
                         fix="A starter model: mundap models\n"
                             "A tuned model: mundap export <export.yaml>\n"
                             "A model of the hub: mundap models --prepare ID")
    return folder


def _adapter(name: str, project: Path, where: str) -> Path:
    folder = resolve(name, project)
    if not (folder / "adapter_config.json").is_file():
        raise ModelError(f"no adapter at {show(folder, project)}.", where=f"{where}: adapter_name_or_path",
                         fix="Train one with: mundap train <train.yaml>\nor remove adapter_name_or_path.")
    return folder
