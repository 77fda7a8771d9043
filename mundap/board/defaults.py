"""LLaMA-Factory's own default of a train key, and when two values of a key mean the same to it.

The generated schema tells every default at the end of the key's description; nothing is kept by hand here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from mundap import schema_check

_DEFAULT = re.compile(r" Default: (.+)\.$")


def properties() -> Mapping[str, Mapping[str, Any]]:
    """Return the schema of every key of a train recipe."""
    found: Mapping[str, Mapping[str, Any]] = schema_check.schema("train")["properties"]
    return found


def known(key: str) -> bool:
    """Return whether a train recipe may hold a key."""
    return key in properties()


@cache
def default(key: str) -> Any:
    """Return what holds when a train recipe leaves a key out; None also where the default is no plain value."""
    found = _DEFAULT.search(str(properties().get(key, {}).get("description", "")))
    return json.loads(found[1]) if found else None


@cache
def kinds(key: str) -> frozenset[str]:
    """Return the JSON types a key may have; empty where the schema lists choices instead."""
    kind = properties().get(key, {}).get("type", [])
    return frozenset([kind] if isinstance(kind, str) else kind)


def choices(key: str) -> tuple[Any, ...]:
    """Return the values a key chooses from; empty when it is free."""
    return tuple(properties().get(key, {}).get("enum", ()))


def same(key: str, one: Any, other: Any) -> bool:
    """Return whether two values of a key mean the same: 1 and 1.0, a list and the same names joined by commas.

    None stands for a key that is left out.
    """
    return bool(_plain(key, one) == _plain(key, other))


def _plain(key: str, value: Any) -> Any:
    if value is None:
        value = default(key)
    if kinds(key) == {"boolean"}:
        return bool(value)
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, str) and "," in value:
        return ",".join(part.strip() for part in value.split(","))
    return value
