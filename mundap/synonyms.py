"""A synonyms file: the documents' own terms, each with the names people use for it; serves rows and answers alike.

    매출액: [매출, 매출 규모]
"""

from __future__ import annotations

from pathlib import Path

import yaml

from mundap.errors import ConfigError
from mundap.paths import resolve, show
from mundap.question import Synonyms


def load_synonyms(name: str | None, project: Path) -> Synonyms:
    """Return the file's terms and their other names; nothing when the recipe names no file.

    Raises:
        ConfigError: the file is missing, or an entry is not a term and a list of names.
    """
    if not name:
        return {}
    file = resolve(name, project)
    if not file.is_file():
        raise ConfigError("there is no such file.", where=show(file, project),
                          fix="Fix the recipe's `synonyms`, or add the file.")
    found = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    if not isinstance(found, dict) or not all(isinstance(names, list) for names in found.values()):
        raise ConfigError("every entry must be `term: [name, name]`.", where=show(file, project),
                          fix="Write it so: 매출액: [매출, 영업수익]")
    return {str(term): [str(other) for other in names] for term, names in found.items()}
