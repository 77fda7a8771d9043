"""YAML is read as LLaMA-Factory reads it, with line numbers, and its mistakes are told with their line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mundap.errors import ConfigError
from mundap.yaml_lines import dump, parse, read


@pytest.mark.parametrize(("text", "value"), [
    ("1e-4", 1e-4), ("1.0e-4", 1e-4), ("5E3", 5000.0), (".5", 0.5), ("-.inf", float("-inf")), ("3", 3),
    ("1_000", 1000),
    ("no", False), ("none", "none"), ("null", None), ("~", None), ("2025-01-01", "2025-01-01"), ('"1e-4"', "1e-4"),
    ("1e", "1e"), ("e5", "e5"), ("1.2.3", "1.2.3"), ("매출액", "매출액"),
])
def test_values_are_those_of_omegaconf(text: str, value: Any) -> None:
    read_value = parse(f"key: {text}", name="x.yaml").values["key"]
    assert read_value == value and type(read_value) is type(value)


def test_our_reader_and_upstreams_agree() -> None:
    omegaconf = pytest.importorskip("omegaconf")
    text = "a: 1e-4\nb: no\nc: none\nd: 2025-01-01\ne: [1, .5, 1e3]\nf: {g: ~}\n"
    assert parse(text, name="x").values == omegaconf.OmegaConf.to_container(omegaconf.OmegaConf.create(text))


def test_lines_of_keys_and_items() -> None:
    loaded = parse("# head\na: 1\nb:\n  - c: 2\n  - d\n", name="x.yaml")
    assert loaded.lines == {("a",): 2, ("b",): 3, ("b", 0): 4, ("b", 0, "c"): 4, ("b", 1): 5}


@pytest.mark.parametrize(("text", "message"), [
    ("a: 1\nb: 2\na: 3\n",
     "x.yaml:3: the key 'a' stands twice, here and on line 1.\n  Keep one of the two lines."),
    ("a:\n\tb: 1\n",
     "x.yaml:2: found character '\\t' that cannot start any token.\n  Indent with spaces; YAML does not take tabs."),
    ("- a\n", "x.yaml: is not a mapping of keys to values.\n  Write one `key: value` a line."),
    ("a: b: c\n", "x.yaml:1: mapping values are not allowed here.\n  Check the indentation, the colon after the key, "
                  "and quotes around text that holds ': ' or ' #'."),
    ("a: !!python/object/apply:os.system [ls]\n", "x.yaml:1: could not determine a constructor for the tag "
     "'tag:yaml.org,2002:python/object/apply:os.system'.\n  Only plain values are read; take the tag (!…) out."),
    ("a: 1\n---\nb: 2\n", "x.yaml:2: a second document begins here; a recipe is one.\n  Take the line out."),
    ("a: 'b\n", "x.yaml:2: the file ends before a quote is closed.\n  Close the quote where it was opened."),
    ("no: 1\n", "x.yaml:1: the key 'no' is no text to YAML but a number, true, false or null.\n  Quote it, if it is meant "
     "as a key."),
    ("a: {{ name }}\n", "x.yaml:1: a list or mapping in braces cannot be a key.\n  Nothing fills in placeholders such as "
     "{{ name }}: write the value out. Text with braces needs quotes."),
    ("a: &b [*b]\n", "x.yaml: is nested without end; an alias (*name) stands inside what it names.\n  Write the values "
     "out."),
])
def test_mistakes_are_told_with_file_and_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, name="x.yaml")
    assert str(caught.value) == message


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    path = tmp_path / "train.yaml"
    path.write_bytes("a: 매출".encode("cp949"))
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        read(path)


def test_an_empty_file_has_no_keys() -> None:
    assert parse("# only a comment\n", name="x").values == {}


def test_what_is_dumped_is_read_back_here_and_by_omegaconf() -> None:
    from omegaconf import OmegaConf

    values = {"text": "1e5", "number": 1e-5, "date": "2024-01-01", "no": "no", "under": "1_000.5", "hangul": "한글: 값",
              "null": None, "list": [1, "1e3"], "clock": "1:30", "whole": 1.0}
    text = dump(values)
    assert parse(text, name="x").values == values == OmegaConf.to_container(OmegaConf.create(text))
    assert "한글" in text
