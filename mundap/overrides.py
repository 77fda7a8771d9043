"""Lay a preset or `key=value` words over a recipe's values: mappings merge, everything else is replaced.

A null takes the key out, so that its default holds again. Nothing is checked here; the schema checks the result.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from mundap.errors import ConfigError
from mundap.yaml_lines import KeyPath, scalar


def parse(word: str) -> tuple[KeyPath, Any]:
    """Return the key path and value of one `key=value` word; `sources.0.path=/x` reaches into lists.

    Raises:
        ConfigError: there is no '=', the key is empty, or the value is not YAML.
    """
    key, equals, text = word.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts) or key.startswith("-"):
        raise ConfigError(f"{word!r} is not key=value.", where="command line",
                          fix="Write it like num_train_epochs=3 or sources.0.path=/data/x.csv.")
    return tuple(int(part) if part.isdigit() else part for part in parts), scalar(text)


def merge(below: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return below with over laid on it; neither is changed."""
    merged = dict(copy.deepcopy(below))
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def put(values: Mapping[str, Any], path: KeyPath, value: Any) -> dict[str, Any]:
    """Return values with one place set, or taken out when value is None; missing mappings on the way are made.

    Raises:
        ConfigError: the path goes through a single value or past the end of a list.
    """
    result = dict(copy.deepcopy(values))
    place: Any = result
    for depth, part in enumerate(path):
        last = depth == len(path) - 1
        if isinstance(place, list):
            if not isinstance(part, int) or part > len(place) - (0 if last else 1):
                raise _unreachable(path, depth, f"a list of {len(place)}")
        elif isinstance(place, dict):
            part = str(part)
        else:
            raise _unreachable(path, depth, repr(place))
        if last:
            _set(place, part, value)
        else:
            if isinstance(place, dict):
                place.setdefault(part, {})
            place = place[part]
    return result


def key_paths(values: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the path of every key and list item in values, outer before inner."""
    items: Iterator[tuple[str | int, Any]]
    if isinstance(values, Mapping):
        items = iter(values.items())
    elif isinstance(values, list):
        items = iter(enumerate(values))
    else:
        return
    for key, value in items:
        yield (*path, key)
        yield from key_paths(value, (*path, key))


def at(values: Any, path: KeyPath) -> Any:
    """Return what stands at a key path, or None when there is nothing."""
    for part in path:
        if isinstance(values, Mapping):
            values = values.get(part)
        elif isinstance(values, list) and isinstance(part, int) and part < len(values):
            values = values[part]
        else:
            return None
    return values


def show(path: KeyPath) -> str:
    """Return a key path as a person types it: sources.0.path."""
    return ".".join(map(str, path))


def _set(place: Any, part: str | int, value: Any) -> None:
    if value is None:
        if isinstance(place, dict):
            place.pop(part, None)
        elif isinstance(part, int) and part < len(place):
            del place[part]
    elif isinstance(place, list) and part == len(place):
        place.append(value)
    else:
        place[part] = value


def _unreachable(path: KeyPath, depth: int, found: str) -> ConfigError:
    return ConfigError(f"{show(path)} cannot be set: {show(path[:depth]) or 'the recipe'} is {found}.",
                       where="command line", fix="Give a key, or a list index from 0, that the recipe has.")
