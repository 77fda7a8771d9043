"""Read one YAML file into plain values, with the line each key stands on; what LLaMA-Factory's loader reads, we read.

OmegaConf, which LLaMA-Factory uses, takes `1e-4` as a number and a date as text; plain PyYAML does the opposite. The
same key twice is an error here, since YAML would silently keep the last one. Only safe YAML: no Python objects.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mundap.errors import ConfigError

KeyPath = tuple[str | int, ...]

_FLOAT = "tag:yaml.org,2002:float"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
# What the library says of these is half a sentence.
_ODD = {"but found another document": "a second document begins here; a recipe is one",
        "found unexpected end of stream": "the file ends before a quote is closed"}
_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"
# Source: omegaconf/_utils.py get_yaml_loader (2.3): the exponent needs neither a point nor a sign.
_NUMBER = re.compile(r"""^(?:
     [-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?
    |[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+
    |\.[0-9_]+(?:[eE][-+]?[0-9]+)?
    |[-+]?\.(?:inf|Inf|INF)
    |\.(?:nan|NaN|NAN))$""", re.VERBOSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A YAML mapping and the line (from 1) of every key and list item in it."""

    values: dict[str, Any]
    lines: dict[KeyPath, int]


class _Loader(yaml.SafeLoader):
    """Safe YAML with OmegaConf's idea of numbers and dates; keys are text, and none stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Return the mapping, or fail where a key stands twice or is not text."""
        seen: dict[Any, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if key.tag not in (_TEXT, _MERGE):
                raise yaml.constructor.ConstructorError(None, None, _not_text(key), key.start_mark)
            if key.value in seen and key.tag != _MERGE:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice, here and on line {seen[key.value]}",
                    key.start_mark)
            seen[key.value] = line
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in (_FLOAT, _TIMESTAMP)]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_FLOAT, _NUMBER, list("-+0123456789."))


class _Dumper(yaml.SafeDumper):
    """Safe YAML whose texts are quoted wherever either loader would take them for a number or a date."""


_Dumper.yaml_implicit_resolvers = {first: list(resolvers)
                                   for first, resolvers in yaml.SafeDumper.yaml_implicit_resolvers.items()}
_Dumper.add_implicit_resolver(_FLOAT, _NUMBER, list("-+0123456789."))


def read(path: Path, *, name: str = "") -> Loaded:
    """Return a file's values and lines; name is how errors call the file.

    Raises:
        ConfigError: the file is missing, not UTF-8, not YAML, holds a key twice, or is not a mapping.
    """
    shown = name or str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror}).", where=shown,
                          fix="Check the path; recipes stand in configs/<domain>/<stage>.yaml.") from error
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8 text.", where=shown, fix="Save it again as UTF-8.") from error
    return parse(text, name=shown)


def parse(text: str, *, name: str) -> Loaded:
    """Return a YAML text's values and lines.

    Raises:
        ConfigError: it is not YAML, holds a key twice, or is not a mapping of text to values.
    """
    lines: dict[KeyPath, int] = {}
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            values = {} if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
        if node is not None:
            _number_lines(node, (), lines)
    except RecursionError as error:
        raise ConfigError("is nested without end; an alias (*name) stands inside what it names.", where=name,
                          fix="Write the values out.") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}" if mark else name
        raise ConfigError(f"{_ODD.get(str(error.problem), error.problem) or 'is not YAML'}.", where=where,
                          fix=_advice(str(error.problem))) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"is not YAML: {error}", where=name, fix="Remove the control characters.") from error
    if not isinstance(values, dict):
        raise ConfigError("is not a mapping of keys to values.", where=name, fix="Write one `key: value` a line.")
    return Loaded(values=values, lines=lines)


def scalar(text: str) -> Any:
    """Return the value of a YAML snippet, as `key=value` on the command line gives one.

    Raises:
        ConfigError: it is not YAML.
    """
    try:
        return yaml.load(text, Loader=_Loader)   # _Loader is a SafeLoader
    except yaml.YAMLError as error:
        raise ConfigError(f"{text!r} is not a YAML value.", where="command line",
                          fix="Quote it once more, for example key='\"a: b\"'.") from error


def dump(values: dict[str, Any]) -> str:
    """Return values as YAML in their own order, Korean readable; parse gives the same values back."""
    return yaml.dump(values, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000)


def _advice(problem: str) -> str:
    if "\\t" in problem:
        return "Indent with spaces; YAML does not take tabs."
    if "stands twice" in problem:
        return "Keep one of the two lines."
    if "is no text" in problem:
        return "Quote it, if it is meant as a key."
    if "cannot be a key" in problem:
        return "Nothing fills in placeholders such as {{ name }}: write the value out. Text with braces needs quotes."
    if "another document" in problem:
        return "Take the line out."
    if "end of stream" in problem:
        return "Close the quote where it was opened."
    if "constructor for the tag" in problem:
        return "Only plain values are read; take the tag (!…) out."
    return "Check the indentation, the colon after the key, and quotes around text that holds ': ' or ' #'."


def _not_text(key: yaml.Node) -> str:
    if isinstance(key, yaml.ScalarNode):
        return f"the key {key.value!r} is no text to YAML but a number, true, false or null"
    return "a list or mapping in braces cannot be a key"


def _number_lines(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int]) -> None:
    """Fill lines with the place of every key and item below a node."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*path, key.value)
            lines.setdefault(below, key.start_mark.line + 1)
            _number_lines(value, below, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[(*path, index)] = item.start_mark.line + 1
            _number_lines(item, (*path, index), lines)
