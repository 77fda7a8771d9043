"""Random slips of the fingers in the committed train recipes: the right key is suggested, the right line is told."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mundap import yaml_lines
from mundap.checking.check import check, files
from mundap.schema_check import findings, schema

ROOT = Path(__file__).resolve().parents[3]
RECIPES = sorted((ROOT / "configs").glob("*/train*.yaml"))
KEYS = sorted({key for path in RECIPES for key in yaml_lines.read(path).values})
KNOWN = schema("train")["properties"]


@st.composite
def slips(draw: st.DrawFn, words: st.SearchStrategy[str]) -> tuple[str, str]:
    """Draw a word, and the same with one letter left out, doubled or added, or two neighbours the other way round."""
    word = draw(words)
    at = draw(st.integers(0, len(word) - 1))
    kind = draw(st.sampled_from(("leave out", "swap", "add")))
    if kind == "leave out":
        wrong = word[:at] + word[at + 1:]
    elif kind == "swap":
        wrong = word[:at] + word[at:at + 2][::-1] + word[at + 2:]
    else:
        wrong = word[:at] + draw(st.sampled_from(string.ascii_lowercase + "_")) + word[at:]
    assume(wrong and wrong != word and wrong not in KNOWN)
    return word, wrong


def test_the_key_that_was_meant_is_suggested() -> None:
    assert len(RECIPES) >= 10 and len(KEYS) >= 40
    missed: list[tuple[str, str, str]] = []
    tried: set[tuple[str, str]] = set()

    @settings(max_examples=600, derandomize=True, deadline=None, database=None)
    @given(slips(st.sampled_from(KEYS)))
    def one(pair: tuple[str, str]) -> None:
        word, wrong = pair
        [found] = findings({wrong: 1}, "train", partial=True)
        assert found.path == (wrong,) and found.code == "MD010"
        if pair not in tried and f"Did you mean {word!r}?" not in found.fix:
            missed.append((word, wrong, found.fix))
        tried.add(pair)

    one()
    assert len(tried) > 300
    assert len(missed) / len(tried) <= 0.05, missed


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_slip_in_a_key_is_told_at_its_line(path: Path, project: Path) -> None:
    copy = project / path.relative_to(ROOT)
    text = path.read_text(encoding="utf-8")
    keys = list(yaml_lines.read(path).values)

    @settings(max_examples=6, derandomize=True, deadline=None, database=None)
    @given(slips(st.sampled_from(keys)))
    def one(pair: tuple[str, str]) -> None:
        line = place(text, pair[0])
        told = told_after(copy, text, line, lambda row: row.replace(pair[0], pair[1], 1))
        assert (line, pair[1], "MD010") in told

    one()


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_value_of_another_kind_is_told_at_its_line(path: Path, project: Path) -> None:
    copy = project / path.relative_to(ROOT)
    text = path.read_text(encoding="utf-8")
    values = yaml_lines.read(path).values
    numbers = [key for key, value in values.items() if isinstance(value, bool | int | float)]

    @settings(max_examples=6, derandomize=True, deadline=None, database=None)
    @given(st.sampled_from(numbers), st.booleans())
    def one(key: str, word: bool) -> None:
        """A number or truth value becomes text: quoted, or spelt as people say it."""
        wrong = '"' + shown(values[key]) + '"' if not word else "'예'" if isinstance(values[key], bool) else "many"
        line = place(text, key)
        told = told_after(copy, text, line, lambda row: f"{key}: {wrong}")
        assert (line, key, "MD011") in told

    one()


# Values that no recipe means, for any key.
ODD: tuple[Any, ...] = (None, True, 0, -1, 2.5, 1e300, float("inf"), float("nan"), "", " ", ",", "x,y", "4", "no", "한글",
                        "../..", "/", "~nobody/x", "x" * 5000, "${a}", [], ["x"], [None], [["x"]], {}, {"a": 1},
                        {"zero_optimization": {"stage": [3]}}, {"zero_optimization": 3})
KIND_SCHEMAS = {"train": "train", "chat": "infer", "export": "infer", "data": "data", "rag": "rag", "eval": "eval"}
ENTRY_KEYS = ("file_name", "formatting", "columns", "tags", "ranking", "num_samples", "hf_hub_url", "folder")


@pytest.mark.parametrize("name", [f"demo/{kind}.yaml" for kind in KIND_SCHEMAS])
def test_no_value_makes_the_checker_fail(name: str, project: Path) -> None:
    path = project / "configs" / name
    before = yaml_lines.read(path).values
    registry = project / "dataset_info.json"
    entries = json.loads(registry.read_text(encoding="utf-8"))
    keys = sorted({*before, *schema(KIND_SCHEMAS[path.stem])["properties"]})

    @settings(max_examples=15, derandomize=True, deadline=None, database=None)
    @given(st.dictionaries(st.sampled_from(keys), st.sampled_from(ODD), min_size=1, max_size=4),
           st.dictionaries(st.sampled_from(ENTRY_KEYS), st.sampled_from(ODD), max_size=2))
    def one(values: dict[str, Any], entry: dict[str, Any]) -> None:
        path.write_text(yaml_lines.dump({**before, **values}), encoding="utf-8")
        registry.write_text(json.dumps({"demo": {**entries["demo"], **entry}}), encoding="utf-8")
        for file in files([path.parent]):
            assert all(str(problem) and problem.code for problem in check(file))

    one()


def shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def place(text: str, key: str) -> int:
    """Return the line (from 1) on which a key of a recipe stands."""
    return next(number for number, row in enumerate(text.splitlines(), 1) if row.startswith(f"{key}:"))


def told_after(copy: Path, text: str, line: int, change: Any) -> set[tuple[int, str, str]]:
    """Return line, key and code of what is told once one line of a recipe is changed."""
    rows = text.splitlines()
    rows[line - 1] = change(rows[line - 1])
    copy.write_text("\n".join(rows) + "\n", encoding="utf-8")
    found = check(copy)
    return {(int(problem.where.rsplit(":", 1)[1]), problem.key, problem.code) for problem in found
            if problem.where.rsplit(":", 1)[-1].isdigit()}
