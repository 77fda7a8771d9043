"""Check values against a JSON Schema in configs/schema/, and fill in the defaults that only the schema holds.

Every finding names its key path, the value received and the nearest valid name. Files, lines and other recipes are not
known here: recipe.py adds the first, rules/ the last.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mundap.errors import closest
from mundap.secret_keys import is_secret
from mundap.yaml_lines import KeyPath

SCHEMA_DIR = Path(__file__).resolve().parents[1] / "configs" / "schema"
_TYPES = {"string": "text", "number": "a number", "integer": "a whole number", "boolean": "true or false",
          "array": "a list", "object": "a mapping", "null": "null"}
_MANY_CHOICES = 12
# Keys of other releases of transformers and LLaMA-Factory, and what to write now. Source: their release notes.
RENAMED = {
    "evaluation_strategy": "Write eval_strategy.",
    "no_cuda": "Write use_cpu.",
    "save_safetensors": "Take the line out; weights are always written as safetensors.",
    "group_by_length": "Write train_sampling_strategy: group_by_length.",
    "include_tokens_per_second": "Write include_num_input_tokens_seen: true.",
    "tp_size": "Take the line out.",
    "lora_modules": "Write lora_target.",
    "checkpoint_dir": "Write adapter_name_or_path.",
    "max_source_length": "Write cutoff_len, which counts question and answer together.",
    "max_target_length": "Write cutoff_len, which counts question and answer together.",
    "cutoff_length": "Write cutoff_len.",
    "max_length": "Write cutoff_len in a train recipe, max_new_tokens for answers.",
    "max_seq_length": "Write cutoff_len.",
    "use_flash_attn": "Write flash_attn: auto.",
    "flash_attention": "Write flash_attn: auto.",
    "lora_r": "Write lora_rank.",
    "load_in_4bit": "Write quantization_bit: 4.",
    "load_in_8bit": "Write quantization_bit: 8.",
    "batch_size": "Write per_device_train_batch_size.",
    "epochs": "Write num_train_epochs.",
    "gradient_checkpointing_enable": "Checkpointing is on; disable_gradient_checkpointing turns it off.",
    "fsdp_transformer_layer_cls_to_wrap": "Write it into fsdp_config, as transformer_layer_cls_to_wrap.",
    "ray_run_name": "Take the line out.",
    "ray_storage_path": "Take the line out.",
    "placement_strategy": "Take the line out.",
    "resources_per_worker": "Take the line out; ray_num_workers is the number of GPUs.",
}
# Keys of other programs that people try; LLaMA-Factory never had them.
_NO_PARENT = "A recipe has no parent; lay presets over it: mundap train <recipe> --preset <name>"
_NO_STOP = "Stop phrases belong in rag.yaml (generation.stop) and eval.yaml; LLaMA-Factory takes none."
NOT_UPSTREAMS = {"extends": _NO_PARENT, "include": _NO_PARENT, "base": _NO_PARENT, "defaults": _NO_PARENT,
                 "stop": _NO_STOP, "stop_words": _NO_STOP, "stop_strings": _NO_STOP}
_NUMBER = re.compile(r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A place in the values that breaks the schema, in words; code is that of configs/schema/RULES.md."""

    path: KeyPath
    what: str
    fix: str = ""
    code: str = "MD014"


@cache
def schema(name: str) -> dict[str, Any]:
    """Return the schema called name (data, rag, eval, train or infer)."""
    loaded: dict[str, Any] = json.loads((SCHEMA_DIR / f"{name}.schema.json").read_text(encoding="utf-8"))
    return loaded


def findings(values: Mapping[str, Any], name: str, *, partial: bool = False) -> list[Finding]:
    """Return everything in values that the schema forbids, in the order of the schema's own walk.

    partial leaves out the demand for required keys at the top, as a preset lays only a few keys over a recipe.
    """
    from jsonschema import Draft202012Validator

    rules = dict(schema(name))
    if partial:
        rules.pop("required", None)
    found: list[Finding] = []
    for error in Draft202012Validator(rules).iter_errors(dict(values)):
        # One error comes for each missing key, and each names all of them.
        found += [one for one in _words(error) if one not in found]
    return found


def with_defaults(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return values with every default of the schema filled in, at all depths; a value given is never touched."""
    filled: dict[str, Any] = _fill(copy.deepcopy(dict(values)), schema(name), schema(name))
    return filled


def _fill(values: Any, rules: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    rules = _follow(rules, root)
    if isinstance(values, dict):
        for key, below in rules.get("properties", {}).items():
            below = _follow(below, root)
            if key not in values and "default" in below:
                values[key] = copy.deepcopy(below["default"])
            if key in values:
                values[key] = _fill(values[key], below, root)
    elif isinstance(values, list) and "items" in rules:
        values = [_fill(value, rules["items"], root) for value in values]
    return values


def _follow(rules: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return rules with a reference into $defs replaced by what it names; keys beside the reference win."""
    reference = rules.get("$ref")
    if not reference:
        return rules
    return {**root["$defs"][reference.removeprefix("#/$defs/")], **rules}


def _words(error: Any) -> Iterator[Finding]:
    """Yield what one jsonschema error means, in a reader's words."""
    path: KeyPath = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        for key in error.instance:
            if key not in known:
                yield _unknown((*path, key), error.instance[key], known)
    elif error.validator == "required":
        for key in error.validator_value:
            if key not in error.instance:
                about = error.schema["properties"].get(key, {}).get("description", "")
                yield Finding(path=(*path, key), what="this key is missing.", fix=about, code="MD013")
    elif error.validator in ("anyOf", "oneOf"):
        deepest = max(error.context, key=lambda inner: len(inner.absolute_path), default=None)
        if deepest is not None and len(deepest.absolute_path) > len(error.absolute_path):
            yield from _words(deepest)
        else:
            kinds = [inner.validator_value for inner in error.context if inner.validator == "type"]
            yield Finding(path=path, what=f"{_shown(path, error.instance)} must be {_kinds(kinds)}.", code="MD011")
    else:
        yield _value(path, error)


def _unknown(path: KeyPath, value: Any, known: list[str]) -> Finding:
    """Return the finding for a key the schema does not have: misspelt, renamed, or another kind of recipe's."""
    key = str(path[-1])
    shown = _shown(path, value)
    upstream = "model_name_or_path" in known
    if upstream and key in RENAMED:
        return Finding(path=path, what=f"is not a key of this release (value {shown}).", fix=RENAMED[key],
                       code="MD015")
    # Every key of chat and export recipes is one of train recipes too, so only this direction is a mistake.
    if upstream and key in schema("train")["properties"]:
        return Finding(path=path, what=f"is a key of train recipes, unknown here (value {shown}).",
                       fix="Take the line out.", code="MD016")
    listed = f"All keys: configs/schema/{'train' if 'output_dir' in known else 'infer'}.schema.json" if upstream \
        else _among(known)
    return Finding(path=path, what=f"unknown key (value {shown}).",
                   fix=(NOT_UPSTREAMS.get(key, "") if upstream else "") or closest(key, known).strip() or listed,
                   code="MD010")


def _value(path: KeyPath, error: Any) -> Finding:
    """Return the finding for a single value that does not fit."""
    value, rule, wanted = error.instance, error.validator, error.validator_value
    if rule == "enum":
        texts = [choice for choice in wanted if isinstance(choice, str)]
        near = _nearest(value, texts) if isinstance(value, str) else _quote_advice(value, ["string"] if texts else [])
        return Finding(path=path, what=f"{_shown(path, value)} is not a choice.", fix=near + _among(wanted), code="MD012")
    if rule == "type":
        kinds = wanted if isinstance(wanted, list) else [wanted]
        return Finding(path=path, what=f"{_shown(path, value)} must be {_kinds(kinds)}.", fix=_quote_advice(value, kinds),
                       code="MD011")
    comparisons = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than",
                   "exclusiveMaximum": "less than"}
    if rule in comparisons:
        return Finding(path=path, what=f"{_shown(path, value)} must be {comparisons[rule]} {wanted}.")
    if rule in ("minLength", "minItems", "minProperties"):
        return Finding(path=path, what="must not be empty." if wanted == 1 else f"must have at least {wanted} items.")
    if rule == "pattern":
        return Finding(path=path, what=f"{_shown(path, value)} does not have the right form ({wanted}).",
                       fix=error.schema.get("description", ""))
    return Finding(path=path, what=f"{error.message}.")


def _nearest(value: str, choices: list[str]) -> str:
    """Return the choice that a value is the beginning of (adamw: adamw_torch), else the nearest in letters."""
    longer = [choice for choice in choices if len(value) > 2 and choice.startswith(value)]
    return f"Did you mean {longer[0]!r}? " if longer else closest(value, choices)


def _quote_advice(value: Any, kinds: list[str]) -> str:
    if isinstance(value, bool) and "string" in kinds:
        word = "yes" if value else "no"
        return f'To YAML a bare {word} or {"on" if value else "off"} is {str(value).lower()}; for the word, ' \
               f'quote it: "{word}". '
    if isinstance(value, str) and {"number", "integer"} & set(kinds) and _NUMBER.fullmatch(value.strip()):
        return "Write the number without quotes."
    if isinstance(value, str) and {"number", "integer"} & set(kinds) and value.strip()[:1].isdigit():
        return "Write digits and a point, without commas, blanks or signs of percent."
    if isinstance(value, list) and "string" in kinds:
        return "Write it as one text, with commas between its parts."
    if isinstance(value, str) and "array" in kinds:
        return "Write it as a list, in square brackets."
    if isinstance(value, str) and "boolean" in kinds and value.strip().lower() in ("true", "false", "yes", "no"):
        return f"Write {str(value.strip().lower() in ('true', 'yes')).lower()} without quotes."
    return ""


def _kinds(kinds: list[Any]) -> str:
    flat = [kind for one in kinds for kind in (one if isinstance(one, list) else [one])]
    return " or ".join(_TYPES.get(kind, str(kind)) for kind in dict.fromkeys(flat)) or "of another kind"


def _among(choices: list[Any]) -> str:
    shown = ", ".join("null" if choice is None else str(choice) for choice in choices[:_MANY_CHOICES])
    return f"Choices: {shown}{', …' if len(choices) > _MANY_CHOICES else ''}."


def _shown(path: KeyPath, value: Any) -> str:
    """Return a value for a message, unless its key says that it is a secret."""
    return "(not shown)" if path and is_secret(str(path[-1])) else _brief(value)


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "…"
