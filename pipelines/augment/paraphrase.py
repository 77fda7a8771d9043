"""A question's ending in other words that ask the same: …은 얼마인가요? -> …은 얼마입니까?

The endings stand in a YAML file, one list for each meaning; a longer ending is tried first.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from mundap.errors import ConfigError
from mundap.korean import nfc

Endings = Mapping[str, Sequence[str]]


def load_endings(path: Path) -> Endings:
    """Return ending -> the others that mean the same.

    Raises:
        ConfigError: the file is missing, is no mapping of lists, or has an ending in two lists.
    """
    if not path.is_file():
        raise ConfigError("the file of question endings is not there.", where=str(path),
                          fix="Fix augment.endings in data.yaml, or add the file.")
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read as YAML: {str(error).splitlines()[0]}.", where=str(path),
                          fix="Save it as UTF-8, and put every ending in quotes.") from error
    if not isinstance(found, dict) or not all(isinstance(group, list) and len(group) > 1 for group in found.values()):
        raise ConfigError("every entry must be a meaning and two or more endings.", where=str(path),
                          fix='Write it so: amount: ["얼마인가요?", "얼마입니까?"]')
    endings: dict[str, list[str]] = {}
    for group in found.values():
        for ending in (nfc(str(one)) for one in group):
            if ending in endings:
                raise ConfigError(f"{ending!r} stands in two lists, so its meaning is not clear.", where=str(path),
                                  fix="Keep it in one of them.")
            endings[ending] = [nfc(str(other)) for other in group if nfc(str(other)) != ending]
    return dict(sorted(endings.items(), key=lambda item: (-len(item[0]), item[0])))


def paraphrase(question: str, endings: Endings, rng: random.Random) -> str:
    """Return the question with another ending of the same meaning, or "" where its ending is not known."""
    for ending, others in endings.items():
        if question.endswith(ending):
            return question.removesuffix(ending) + rng.choice(others)
    return ""
