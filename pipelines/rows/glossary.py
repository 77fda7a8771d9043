"""A hand-written file of a domain: its ratios with their two items. What its terms mean: mundap.terms.

    ratios.yaml   부채비율: [부채총계, 자본총계]
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from mundap.errors import ConfigError
from mundap.paths import resolve, show


def load_ratios(name: str | None, project: Path) -> dict[str, tuple[str, str]]:
    """Return the ratios by name, each as (item above, item below); empty without a file.

    Raises:
        ConfigError: the file is missing, or an entry is not a name and two items.
    """
    found = _read(name, project)
    for ratio, items in found.items():
        if not isinstance(items, list) or len(items) != 2 or not all(isinstance(item, str) for item in items):
            raise ConfigError(f"{ratio!r} must name two items.", where=str(name),
                              fix="Write it so: 부채비율: [부채총계, 자본총계]")
    return {str(ratio): (items[0], items[1]) for ratio, items in found.items()}


def _read(name: str | None, project: Path) -> dict[str, Any]:
    if not name:
        return {}
    file = resolve(name, project)
    if not file.is_file():
        raise ConfigError("there is no such file.", where=show(file, project),
                          fix="Fix the name in data.yaml's `rows`, or add the file.")
    found = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    if not isinstance(found, dict):
        raise ConfigError("the file must hold `name: value` lines.", where=show(file, project),
                          fix="Write one entry a line.")
    return found
