"""Schemas in configs/schema: sound, closed, described; and fresh against the installed LLaMA-Factory (slow)."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator

from mundap.checking import schema_build
from mundap.schema_check import SCHEMA_DIR, findings, schema, with_defaults

NAMES = ("data", "rag", "eval", "train", "infer")


def objects(rules: Any) -> Iterator[dict[str, Any]]:
    """Yield every object schema at any depth."""
    if isinstance(rules, dict):
        if "properties" in rules:
            yield rules
        for below in rules.values():
            yield from objects(below)


@pytest.mark.parametrize("name", NAMES)
def test_schemas_are_sound_closed_and_described(name: str) -> None:
    rules = schema(name)
    Draft202012Validator.check_schema(rules)
    for part in objects(rules):
        assert part["additionalProperties"] is False
        for key, below in part["properties"].items():
            target = rules["$defs"][below["$ref"].split("/")[-1]] if "$ref" in below else below
            assert target.get("description"), f"{name}: {key} has no description"


@pytest.mark.parametrize("name", ("data", "rag", "eval"))
def test_defaults_obey_their_own_schema(name: str) -> None:
    whole = schema(name)
    for part in objects(whole):
        for key, below in part["properties"].items():
            if "default" in below and "$ref" not in below and below["default"] != {}:
                part_alone = {"$defs": whole.get("$defs", {}), **below}   # it may refer to the schema's definitions
                Draft202012Validator(part_alone).validate(below["default"]), key


def test_filling_defaults_changes_nothing_that_was_given() -> None:
    given = {"retrieval": {"top_k": 5}, "web": {"port": 0}}
    filled = with_defaults(given, "rag")
    assert filled["retrieval"]["top_k"] == 5 and filled["web"]["port"] == 0
    assert filled["retrieval"]["candidates"] == 20
    assert given == {"retrieval": {"top_k": 5}, "web": {"port": 0}}


def test_a_partial_recipe_needs_no_required_keys() -> None:
    assert findings({"lora_rank": 8}, "train", partial=True) == []
    assert {found.path for found in findings({"lora_rank": 8}, "train")} == {
        ("model_name_or_path",), ("output_dir",), ("stage",)}


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Sample:
    """A dataclass as upstream writes them."""

    a: int | None = dataclasses.field(default=None, metadata={"help": "An a."})
    b: Literal["x", "y"] = dataclasses.field(default="x", metadata={"help": "A  b."})
    c: Colour | str = dataclasses.field(default=Colour.RED, metadata={"help": "A c."})
    d: int | float = dataclasses.field(default=1, metadata={"help": "A d."})
    e: dict[str, Any] | str | None = dataclasses.field(default=None, metadata={"help": "An e."})
    hidden: str = dataclasses.field(init=False, default="")


def test_dataclasses_become_schemas() -> None:
    assert schema_build.build([Sample], "sample")["properties"] == {
        "a": {"type": ["integer", "null"], "description": "An a."},
        "b": {"enum": ["x", "y"], "description": 'A b. Default: "x".'},
        "c": {"enum": ["red", "blue"], "description": 'A c. Default: "red".'},
        "d": {"type": "number", "description": "A d. Default: 1."},
        "e": {"type": ["object", "string", "null"], "description": "An e."},
    }


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore")
def test_generated_schemas_are_fresh() -> None:
    pytest.importorskip("llamafactory")
    for name, fresh in schema_build.build_all().items():
        committed = Path(SCHEMA_DIR / f"{name}.schema.json").read_text(encoding="utf-8")
        assert committed == schema_build.text(fresh), "run: python -m mundap.checking.schema_build"
