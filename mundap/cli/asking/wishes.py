"""What is asked for beside the question, checked against the recipe before index and model are loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mundap.day import read_day
from mundap.errors import ConfigError, closest
from mundap.levels import AUTO, level_named, load_levels
from rag.inquiry import Inquiry
from webui.labels import filter_name
from webui.words import words


def wishes(recipe: Mapping[str, Any], project: Path, level: str, as_of: str, without: Sequence[str]) -> Inquiry:
    """Return an inquiry that lacks only its text.

    Raises:
        ConfigError: the recipe has no such level, or filters by no such field.
        DataError: as_of is no day.
    """
    if level != AUTO:
        level_named(level, load_levels(recipe.get("levels"), project))
    fields = recipe["retrieval"]["filters"]
    return Inquiry(text="", level=level, as_of=read_day(as_of, where="--as-of") if as_of else None,
                   without=frozenset(field_named(name, fields, where="--without") for name in without))


def field_named(name: str, fields: Sequence[str], *, where: str) -> str:
    """Return the metadata field of a name, which may be the word it is shown by ("회사" for company).

    Raises:
        ConfigError: the recipe filters by no such field.
    """
    shown = {filter_name(field, words("ko")): field for field in fields}
    found = name if name in fields else shown.get(name)
    if found is None:
        known = ", ".join(f"{field} ({word})" if field != word else field for word, field in shown.items())
        raise ConfigError(f"there is no filter {name!r}.", where=where,
                          fix=f"{closest(name, fields)}Filters here: {known}." if known else "The recipe has no filters.")
    return found
