"""A train recipe as text: values changed in place with every other byte kept, or written new in the house's order.

Works on text alone; which values, and where the file stands, is others' business. A changed text is read again before it
is given back, so that a value that could not be placed is an error and never a recipe that says something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from mundap import yaml_lines
from mundap.board.sections import SECTIONS, section_of
from mundap.errors import ConfigError

_HEADING = re.compile(r"^###\s*(\w+)")
_SMALL = 1e-3


def edited(text: str, changes: Mapping[str, Any], *, name: str) -> str:
    """Return a recipe's text with keys set, and those that are None taken out; comments and order stay.

    Raises:
        ConfigError: the text is written in a way that cannot be changed line by line (anchors, one flow mapping).
    """
    before = yaml_lines.parse(text, name=name).values
    marked = text.startswith("\ufeff")
    body = text[1:] if marked else text
    wanted = {key: value for key, value in {**before, **changes}.items() if value is not None or key not in changes}
    try:
        for key, value in changes.items():
            body = _set(body, key, value)
        found = yaml_lines.parse(body, name=name).values
    except (ConfigError, yaml.YAMLError):
        found = {}
    if found != wanted:
        raise ConfigError("could not be changed line by line.", where=name,
                          fix="Write it as one `key: value` a line, without anchors or braces.")
    return "\ufeff" + body if marked else body


def new(values: Mapping[str, Any], header: list[str]) -> str:
    """Return a recipe's text: the header's lines, then the values by section in the order of the reference recipes."""
    lines = list(header)
    for section in SECTIONS:
        keys = sorted((key for key in values if section_of(key) == section),
                      key=lambda key, section=section: _order(key, section))  # type: ignore[misc]
        if keys:
            lines += ["", f"### {section}", *(f"{key}: {value_text(values[key])}" for key in keys)]
    return "\n".join(lines) + "\n"


def value_text(value: Any) -> str:
    """Return a value as a recipe writes it: 2.0e-4 rather than 0.0002, lists and mappings on one line."""
    if isinstance(value, float) and 0 < abs(value) < _SMALL:
        return _scientific(value)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    dumped = yaml.safe_dump(value, allow_unicode=True, width=100_000, default_flow_style=True)
    text = dumped.removesuffix("\n").removesuffix("\n...")
    # Other readers of YAML take 1e-4 for a number and this one for text, or the other way round.
    return json.dumps(value, ensure_ascii=False) if yaml_lines.scalar(text) != value else text


def _scientific(value: float) -> str:
    """Return the shortest exponent notation that reads back as the same number."""
    tried = (f"{value:.{places}e}" for places in range(1, 18))
    mantissa, _, exponent = next(text for text in tried if float(text) == value).partition("e")
    return f"{mantissa}e{int(exponent)}"


def _set(text: str, key: str, value: Any) -> str:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    for name, held in pairs:
        if name.value == key:
            return _remove(text, name, held) if value is None else _replace(text, name, held, value)
    return text if value is None else _insert(text, key, value)


def _replace(text: str, name: yaml.Node, held: yaml.Node, value: Any) -> str:
    """Return the text with a value exchanged; a comment behind it stays in its column where there is room."""
    start, end = name.end_mark.index, _end(held)
    old = text[start:end]
    fresh = f":{' ' * (len(old[1:]) - len(old[1:].lstrip(' '))) or ' '}{value_text(value)}"
    rest = text[end:]
    gap = len(rest) - len(rest.lstrip(" "))
    if "\n" not in old and rest[gap:gap + 1] == "#":
        rest = " " * max(gap + len(old) - len(fresh), 1) + rest[gap:]
    return text[:start] + fresh + rest


def _remove(text: str, name: yaml.Node, held: yaml.Node) -> str:
    """Return the text without a key's lines; the comment behind it goes with it."""
    start = text.rfind("\n", 0, name.start_mark.index) + 1
    after = text.find("\n", _end(held))
    return text[:start] + (text[after + 1:] if after >= 0 else "")


def _insert(text: str, key: str, value: Any) -> str:
    """Return the text with a new key at the end of its section, or of the text where there is no such section."""
    line_end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    section, last, current = section_of(key), None, ""
    for number, line in enumerate(lines):
        heading = _HEADING.match(line)
        current = heading[1] if heading else current
        if current == section and line.strip():
            last = number
    written = f"{key}: {value_text(value)}{line_end}"
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += line_end
    if last is None:
        return "".join([*lines, line_end, f"### {section}{line_end}", written])
    return "".join([*lines[:last + 1], written, *lines[last + 1:]])


def _end(node: yaml.Node) -> int:
    """Return where a value ends in the text; a block's own end lies beyond the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    end: int = node.end_mark.index
    return end


def _order(key: str, section: str) -> tuple[int, str]:
    known = SECTIONS[section]
    return (known.index(key), "") if key in known else (len(known), key)
