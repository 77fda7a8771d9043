"""The wordings of questions and answers, by kind, from a YAML file of the domain's prompts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mundap.errors import ConfigError
from mundap.paths import show
from pipelines.statistics.wording import Word

KINDS = ("lookup", "comparison", "change", "ranking", "share", "total")
_FIELDS = {
    "lookup": "year what ask value", "total": "year what ask value",
    "comparison": "year subject measure a b value_a value_b difference",
    "change": "what before after value_before value_after difference rate verb",
    "ranking": "year subject measure place rank dimension slice value",
    "share": "year subject measure slice value",
}
_FIELD = re.compile(r"\{(\w+)(?::([^{}]+))?\}")
_PARTICLES = ("은/는", "이/가", "을/를", "과/와", "으로/로", "이었/였")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wordings:
    """One kind's templates: train and eval ask, answer answers."""

    train: tuple[str, ...]
    eval: tuple[str, ...]
    answer: tuple[str, ...]

    def ask(self, part: str) -> tuple[str, ...]:
        """Return the questions of a part of the split."""
        return self.train if part == "train" else self.eval


def load_wordings(path: Path, project: Path) -> dict[str, Wordings]:
    """Return kind -> its wordings.

    Raises:
        ConfigError: the file is missing, a kind or part is, a field is unknown, or both parts share a wording.
    """
    where = show(path, project)
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError("the file of wordings is not there.", where=where,
                          fix="Fix rows.statistics.questions in data.yaml, or add the file.") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"is not YAML: {error}.", where=where, fix="Check indentation and quotes.") from error
    return {kind: _wordings(kind, given if isinstance(given, dict) else {}, where) for kind in KINDS}


def render(template: str, **values: str) -> str:
    """Return a template filled in, particles fitted."""
    return template.format(**{name: Word(value) for name, value in values.items()})


def _wordings(kind: str, given: Mapping[str, Any], where: str) -> Wordings:
    parts: dict[str, tuple[str, ...]] = {}
    for part in ("train", "eval", "answer"):
        lines = given.get(f"{kind}_{part}")
        if not isinstance(lines, list) or not lines or not all(isinstance(line, str) for line in lines):
            raise ConfigError(f"{kind}_{part} has no list of wordings.", where=where,
                              fix="configs/prompts/hira/questions.yaml shows every kind.")
        parts[part] = tuple(lines)
        for line in lines:
            _check(kind, line, where)
    shared = set(parts["train"]) & set(parts["eval"])
    if shared:
        raise ConfigError(f"{kind}: train and eval both ask {sorted(shared)[0]!r}.", where=where,
                          fix="Word the evaluation's question otherwise; else it measures memory.")
    return Wordings(train=parts["train"], eval=parts["eval"], answer=parts["answer"])


def _check(kind: str, line: str, where: str) -> None:
    known = _FIELDS[kind].split()
    for name, pair in _FIELD.findall(line):
        if name not in known or (pair and pair not in _PARTICLES):
            raise ConfigError(f"{kind}: {{{name}{':' + pair if pair else ''}}} is not known in {line!r}.", where=where,
                              fix=f"Fields: {', '.join(known)}. Particles: {', '.join(_PARTICLES)}.")
