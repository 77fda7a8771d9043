"""The wordings of questions about articles, by form, from a YAML file of the domain's prompts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from mundap.errors import ConfigError
from mundap.korean import josa
from mundap.paths import show
from pipelines.rows.templates import Template
from pipelines.split import Part

# Form -> the placeholders its wordings may use; all but those after the bar must stand in each.
_FIELDS = {"product": "product", "definition": "term", "payment": "case", "benefit": "case", "excluded": "case thing",
           "cell": "column key what | ask table", "items": "title", "clause": "title", "figure": "question | title"}
_PLACEHOLDER = re.compile(r"\{(\w*)(?::([^{}]*))?\}")
Wordings = Mapping[str, Mapping[Part, tuple[Template, ...]]]


def load_article_wordings(path: Path, project: Path) -> Wordings:
    """Return form -> part -> its templates.

    Raises:
        ConfigError: the file is missing or no YAML, a form has no wording for a part, a wording lacks or misnames a
            placeholder or a particle, or both parts share a wording.
    """
    where = show(path, project)
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError("the file of wordings is not there.", where=where,
                          fix="Fix rows.articles.questions in data.yaml, or add the file.") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"is not YAML: {error}.", where=where, fix="Check indentation and quotes.") from error
    return {form: _of_form(form, given if isinstance(given, dict) else {}, where) for form in _FIELDS}


def _of_form(form: str, given: Mapping[str, Any], where: str) -> dict[Part, tuple[Template, ...]]:
    parts: tuple[Part, ...] = ("train", "eval")
    found: dict[Part, tuple[Template, ...]] = {}
    for part in parts:
        texts = given.get(f"{form}_{part}")
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            raise ConfigError(f"{form}_{part} must be a list of one or more wordings.", where=where,
                              fix=f"Add a line below {form}_{part}: that uses {_FIELDS[form].replace(' |', ',')}.")
        for text in texts:
            _check(text, form, where)
        found[part] = tuple(Template(text=text) for text in texts)
    shared = {one.text for one in found["train"]} & {one.text for one in found["eval"]}
    if shared:
        raise ConfigError(f"{form}: both parts ask {sorted(shared)[0]!r}.", where=where,
                          fix="Word the evaluation's questions otherwise; else it measures memory.")
    return found


def _check(text: str, form: str, where: str) -> None:
    needed, _, free = _FIELDS[form].partition("|")
    used = {match[1] for match in _PLACEHOLDER.finditer(text)}
    for name in sorted(used - set(f"{needed} {free}".split())):
        raise ConfigError(f"unknown placeholder {{{name}}} in {text!r}.", where=where,
                          fix=f"{form} knows: {', '.join(f'{needed} {free}'.split())}.")
    for name in needed.split():
        if name not in used:
            raise ConfigError(f"{text!r} does not name {{{name}}}.", where=where, fix=f"Add {{{name}}} to the wording.")
    for match in _PLACEHOLDER.finditer(text):
        if match[2]:
            try:
                josa("가", match[2])
            except KeyError as error:
                raise ConfigError(f"unknown particle pair {match[2]!r} in {text!r}.", where=where,
                                  fix="Use one of 은/는 이/가 을/를 과/와 으로/로 이라/라.") from error
