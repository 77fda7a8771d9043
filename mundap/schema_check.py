"""Check values against a JSON Schema in configs/schema/, and fill in the defaults that only the schema holds.

Every finding names its key path, the value received and the nearest valid name. Files, lines and other recipes are not
known here: recipe.py adds the first, rules/ the last.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mundap.errors import closest
from mundap.yaml_lines import KeyPath

SCHEMA_DIR = Path(__file__).resolve().parent.parent / "configs" / "schema"
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
}


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
        found.extend(_words(error))
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
            yield Finding(path=path, what=f"{_brief(error.instance)} must be {_kinds(kinds)}.", code="MD011")
    else:
        yield _value(path, error)


def _unknown(path: KeyPath, value: Any, known: list[str]) -> Finding:
    """Return the finding for a key the schema does not have: misspelt, renamed, or another kind of recipe's."""
    key = str(path[-1])
    if key in RENAMED and "model_name_or_path" in known:
        return Finding(path=path, what=f"is not a key of this release (value {_brief(value)}).", fix=RENAMED[key],
                       code="MD015")
    if "model_name_or_path" in known and key not in known:
        other = next((name for name in ("train", "infer") if key in schema(name)["properties"]), "")
        if other:
            kind = "train" if other == "train" else "chat and export"
            return Finding(path=path, what=f"is a key of {kind} recipes, unknown here (value {_brief(value)}).",
                           fix="Take the line out.", code="MD016")
    return Finding(path=path, what=f"unknown key (value {_brief(value)}).",
                   fix=closest(key, known).strip() or _among(known), code="MD010")


def _value(path: KeyPath, error: Any) -> Finding:
    """Return the finding for a single value that does not fit."""
    value, rule, wanted = error.instance, error.validator, error.validator_value
    if rule == "enum":
        near = closest(value, [str(choice) for choice in wanted]) if isinstance(value, str) else _quote_advice(
            value, ["string"] if any(isinstance(choice, str) for choice in wanted) else [])
        return Finding(path=path, what=f"{_brief(value)} is not a choice.", fix=near + _among(wanted), code="MD012")
    if rule == "type":
        kinds = wanted if isinstance(wanted, list) else [wanted]
        return Finding(path=path, what=f"{_brief(value)} must be {_kinds(kinds)}.", fix=_quote_advice(value, kinds),
                       code="MD011")
    comparisons = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than",
                   "exclusiveMaximum": "less than"}
    if rule in comparisons:
        return Finding(path=path, what=f"{_brief(value)} must be {comparisons[rule]} {wanted}.")
    if rule in ("minLength", "minItems", "minProperties"):
        return Finding(path=path, what="must not be empty." if wanted == 1 else f"must have at least {wanted} items.")
    if rule == "pattern":
        return Finding(path=path, what=f"{_brief(value)} does not have the form {wanted}",
                       fix=error.schema.get("description", ""))
    return Finding(path=path, what=f"{error.message}.")


def _quote_advice(value: Any, kinds: list[str]) -> str:
    if isinstance(value, bool) and "string" in kinds:
        word = "yes" if value else "no"
        return f'To YAML a bare {word} or {"on" if value else "off"} is {str(value).lower()}; for the word, ' \
               f'quote it: "{word}". '
    if isinstance(value, str) and {"number", "integer"} & set(kinds):
        return "Write the number without quotes." if value.replace(".", "", 1).strip("-").isdigit() else ""
    return ""


def _kinds(kinds: list[Any]) -> str:
    flat = [kind for one in kinds for kind in (one if isinstance(one, list) else [one])]
    return " or ".join(_TYPES.get(kind, str(kind)) for kind in dict.fromkeys(flat)) or "of another kind"


def _among(choices: list[Any]) -> str:
    shown = ", ".join("null" if choice is None else str(choice) for choice in choices[:_MANY_CHOICES])
    return f"Choices: {shown}{', …' if len(choices) > _MANY_CHOICES else ''}."


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "…"
