"""Write configs/schema/{train,infer}.schema.json from the dataclasses of the installed LLaMA-Factory.

Run: python -m mundap.checking.schema_build          writes both files (imports torch; about ten seconds)
Upstream's keys change with its version and with transformers', so the files are generated, committed, and a slow test
compares them with a fresh build. Checking a recipe then needs neither LLaMA-Factory nor torch. `json_schema` turns any
dataclass into JSON Schema; which dataclasses make a train or an infer recipe is read from upstream's own parser.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import os
import sys
import types
import typing
from pathlib import Path
from typing import Any, Literal, Union

from mundap.schema_check import SCHEMA_DIR

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PRIMITIVES: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object",
                               list: "array", tuple: "array", type(None): "null"}
# Upstream annotates these as text and splits them at commas, and takes a list as well.
COMMA_OR_LIST = frozenset((
    "dataset", "eval_dataset", "lora_target", "oft_target", "additional_target", "freeze_trainable_modules",
    "freeze_extra_modules", "galore_target", "apollo_target", "interleave_probs"))
# Upstream annotates these as one type and hands another on to the trainer, which takes it; each was read in its code.
WIDER = {"resume_from_checkpoint": "boolean"}


def json_schema(annotation: Any) -> dict[str, Any]:
    """Return the JSON Schema of one type annotation: type names, plus enum for Literal and Enum."""
    names: list[str] = []
    choices: list[Any] = []
    _collect(annotation, names, choices)
    names = list(dict.fromkeys(names))
    if "number" in names:
        names = [name for name in names if name != "integer"]
    # `SchedulerType | str` means a member's value: the trainer turns the text into the enum or fails.
    if choices and set(names) <= {"null", "string"}:
        return {"enum": [*choices, *([None] if "null" in names else [])]}
    rules: dict[str, Any] = {"type": names[0] if len(names) == 1 else names} if names else {}
    return rules


def build(classes: list[type], title: str) -> dict[str, Any]:
    """Return the schema of a recipe whose keys are the init fields of several dataclasses."""
    properties: dict[str, Any] = {}
    for owner in classes:
        hints = typing.get_type_hints(owner)
        for field in dataclasses.fields(owner):
            if field.init:
                properties[field.name] = _property(field, hints[field.name])
    return {"$schema": _DRAFT, "title": title, "type": "object", "additionalProperties": False,
            "properties": {name: properties[name] for name in sorted(properties)}}


def build_all() -> dict[str, dict[str, Any]]:
    """Return the train and infer schemas of the installed LLaMA-Factory."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from importlib.metadata import version

    from llamafactory.data.template import TEMPLATES
    from llamafactory.hparams import parser

    made = f"llamafactory {version('llamafactory')}, transformers {version('transformers')}"
    train = build(parser._TRAIN_ARGS, f"LLaMA-Factory train recipe ({made})")
    train["required"] = ["model_name_or_path", "output_dir", "stage"]
    infer = build(parser._INFER_ARGS, f"LLaMA-Factory chat, export and api recipe ({made})")
    infer["required"] = ["model_name_or_path"]
    for schema in (train, infer):
        # Upstream annotates the template's name as text and fails on a wrong one only once the tokenizer is loaded.
        rules = schema["properties"]["template"]
        rules.pop("type")
        schema["properties"]["template"] = {"enum": [*sorted(TEMPLATES), None], **rules}
        schema["x-templates-that-replace-eos"] = sorted(name for name, one in TEMPLATES.items() if one.replace_eos)
        schema["x-templates-with-efficient-eos"] = sorted(
            name for name, one in TEMPLATES.items() if one.efficient_eos)
    return {"train": train, "infer": infer}


def text(schema: dict[str, Any]) -> str:
    """Return the bytes that are committed."""
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write both files."""
    for name, schema in build_all().items():
        path = SCHEMA_DIR / f"{name}.schema.json"
        temporary = Path(f"{path}.tmp")
        temporary.write_text(text(schema), encoding="utf-8")
        os.replace(temporary, path)
        sys.stdout.write(f"{path}: {len(schema['properties'])} keys\n")


def _property(field: dataclasses.Field[Any], annotation: Any) -> dict[str, Any]:
    rules = json_schema(annotation)
    choices = field.metadata.get("choices")
    if choices and "enum" not in rules:
        rules = {"enum": list(choices)}
    if field.name in COMMA_OR_LIST:
        rules["type"] = _joined(rules.get("type", "string"), "array")
    if field.name in WIDER:
        rules["type"] = _joined(rules["type"], WIDER[field.name])
    described = " ".join(str(field.metadata.get("help", "")).split())
    rules["description"] = described if len(described) <= 300 else described[:299] + "…"
    default = field.default
    if isinstance(default, enum.Enum):
        default = default.value
    if isinstance(default, str | int | float | bool):
        rules["description"] += f" Default: {json.dumps(default)}."
    return rules


def _collect(annotation: Any, names: list[str], choices: list[Any]) -> None:
    """Add the JSON type names and the choices an annotation allows."""
    origin = typing.get_origin(annotation)
    if annotation is Any:
        names.extend(("string", "number", "boolean", "object", "array", "null"))
    elif origin in (Union, types.UnionType):
        for inner in typing.get_args(annotation):
            _collect(inner, names, choices)
    elif origin is typing.Annotated:
        _collect(typing.get_args(annotation)[0], names, choices)
    elif origin is Literal:
        choices.extend(typing.get_args(annotation))
    elif isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        choices.extend(member.value for member in annotation)
    else:
        kind = origin or annotation
        names.append(_PRIMITIVES.get(kind, "string"))


def _listed(kinds: Any) -> list[str]:
    return list(kinds) if isinstance(kinds, list) else [kinds]


def _joined(kinds: Any, extra: str) -> Any:
    every = list(dict.fromkeys([*_listed(kinds), extra]))
    return every[0] if len(every) == 1 else every


if __name__ == "__main__":
    main()
