"""Question templates: text files with one question a line and placeholders that take the particle their word needs.

    {company}의 {year}년 {item:은/는} {howmuch}인가요?     ->  가온누리전자의 2023년 매출액은 얼마인가요?

{howmuch} becomes what one asks of the unit: 얼마 of money, "몇 명" of people. Lines beginning with # are comments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mundap.errors import ConfigError, closest
from mundap.korean import josa, nfc

NAMES = ("company", "year", "item", "howmuch")
_NEEDED = ("company", "year", "item")
# What a question of each other form must name: else it could mean several figures. A change may also name {prior}, the
# year before; without it the question says 전년.
FORMS: Mapping[str, tuple[str, ...]] = {
    "change": ("company", "year", "item"),
    "comparison": ("company", "other", "year", "item"),
    "share": ("company", "year", "part", "whole", "name"),
    "ranking_companies": ("companies", "year", "item"),
    "ranking_items": ("company", "year", "items"),
}
_PLACEHOLDER = re.compile(r"\{([^{}:]*)(?::([^{}]*))?\}")
# Units one counts with 몇; anything else is asked with 얼마. "천주" counts 주, "개사" counts 개.
_COUNTED = {"인": "명", "천주": "주", "백만주": "주", "개사": "개", "사": "곳"} | {
    unit: unit for unit in "명 주 개 건 회 배 % %p 년 개월 일 시간 톤 대 세 호 곳 위".split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One question with placeholders."""

    text: str

    def render(self, *, company: str, year: int, item: str, unit: str) -> str:
        """Return the question for a fact."""
        return self.fill({"company": company, "year": str(year), "item": item, "howmuch": how_much(unit)})

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the question with each placeholder's value, its particle made to fit."""
        return _PLACEHOLDER.sub(
            lambda match: josa(values[match[1]], match[2]) if match[2] else values[match[1]], self.text)


def how_much(unit: str) -> str:
    """Return what a question asks for a unit: 얼마, or 몇 with the counter."""
    return f"몇 {_COUNTED[unit]}" if unit in _COUNTED else "얼마"


def load_templates(path: Path, names: Sequence[str] = NAMES, needed: Sequence[str] = _NEEDED) -> list[Template]:
    """Return the templates of a file, in order; each may use the placeholders `names` and must use those `needed`.

    Raises:
        ConfigError: the file is missing or empty, or a line lacks or misnames a placeholder or a particle.
    """
    if not path.is_file():
        raise ConfigError("the file of question templates is not there.", where=str(path),
                          fix="Fix rows.questions in data.yaml, or add the file.")
    templates = []
    for number, line in enumerate(nfc(path.read_text(encoding="utf-8")).splitlines(), start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            _check(text, f"{path}:{number}", names, needed)
            templates.append(Template(text=text))
    if not templates:
        raise ConfigError("the file holds no question template.", where=str(path),
                          fix="Add a line such as: {company}의 {year}년 {item:은/는} {howmuch}인가요?" if names == NAMES else
                          f"Add a line that names {', '.join(f'{{{name}}}' for name in needed)}.")
    return templates


def _check(text: str, where: str, names: Sequence[str], needed: Sequence[str]) -> None:
    found = {match[1] for match in _PLACEHOLDER.finditer(text)}
    for name in sorted(found - set(names)):
        raise ConfigError(f"unknown placeholder {{{name}}}.", where=where,
                          fix=f"{closest(name, names)}Known: {', '.join(names)}.")
    for name in needed:
        if name not in found:
            raise ConfigError(f"the question does not name {{{name}}}, so it could mean several figures.", where=where,
                              fix=f"Add {{{name}}} to the line.")
    for match in _PLACEHOLDER.finditer(text):
        if match[2]:
            try:
                josa("가", match[2])
            except KeyError as error:
                raise ConfigError(f"unknown particle pair {match[2]!r}.", where=where,
                                  fix="Use one of 은/는 이/가 을/를 과/와 으로/로 이라/라 이에요/예요 이었/였."
                                  ) from error
