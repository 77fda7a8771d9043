"""Everything wrong with the files under configs/: each recipe, preset and prompt file, alone and against the others.

Imports neither torch nor LLaMA-Factory, touches no model and no network.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mundap import schema_check, yaml_lines
from mundap.checking import rules
from mundap.errors import ConfigError
from mundap.overrides import show as show_key
from mundap.paths import project_root, show
from mundap.problem import Problem
from mundap.recipe import Recipe, kind_of, read

SUFFIXES = (".yaml", ".yml", ".json", ".txt")
_TEXTS = ("terms", "retry")   # glossaries and sentences: a text for each name


def files(paths: Iterable[Path]) -> list[Path]:
    """Return the configuration files at or below some paths, sorted; other files are nobody's business here.

    Raises:
        ConfigError: a path is not there.
    """
    found: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise ConfigError("there is nothing here.", where=str(path), fix="Give a recipe or a folder of recipes.")
        below = path.rglob("*") if path.is_dir() else [path]
        found |= {file.resolve() for file in below if file.is_file() and file.suffix in SUFFIXES}
    return sorted(found)


def check(path: Path, *, presets: Sequence[str] = ()) -> list[Problem]:
    """Return what is wrong with one file; presets are laid over it when it is a train recipe."""
    project = project_root(path.parent)
    try:
        if _checker(path, project) is _recipe and kind_of(path) == "train":
            return _recipe(path, project, presets)
        return _checker(path, project)(path, project)
    except ConfigError as error:
        code = "MD002" if "stands twice" in error.what else "MD001"
        return [Problem(where=error.where or show(path, project), key="", what=error.what, fix=error.fix, code=code)]
    except OSError as error:
        return [Problem(where=show(path, project), key="", what=f"names a file or folder that cannot be looked up "
                        f"({error.strerror}).", fix="Correct the path.", code="MD001")]


def _checker(path: Path, project: Path) -> Callable[[Path, Path], list[Problem]]:
    folders = show(path.parent, project).split("/")
    if path.suffix == ".txt":
        return _text
    if path.suffix == ".json":
        return _json
    if "presets" in folders:
        return _preset
    if "prompts" in folders:
        return _word_lists
    return _recipe


def recipes(paths: Iterable[Path], *, presets: Sequence[str] = ()) -> list[Recipe]:
    """Return the recipes among some files that can be read and that the schema takes, presets laid over train recipes."""
    found = []
    for path in paths:
        if _checker(path, project_root(path.parent)) is not _recipe:
            continue
        try:
            found.append(read(path, presets=presets if kind_of(path) == "train" else ()))
        except ConfigError:
            continue   # check tells about it
    return [recipe for recipe in found if not recipe.findings()]


def _recipe(path: Path, project: Path, presets: Sequence[str] = ()) -> list[Problem]:
    recipe = read(path, presets=presets)
    found = recipe.findings()
    return [*found, *rules.check(recipe, wrong=frozenset(one.key.split(".")[0] for one in found))]


def _preset(path: Path, project: Path) -> list[Problem]:
    """Check a preset as a part of a train recipe, which is what presets are laid over."""
    name = show(path, project)
    loaded = yaml_lines.read(path, name=name)
    # A null takes a key out, so it needs no type; the key itself must exist.
    known = schema_check.schema("train")["properties"]
    given = {key: value for key, value in loaded.values.items() if value is not None or key not in known}
    return [Problem(where=f"{name}:{loaded.lines.get(found.path[:1], 1)}", key=show_key(found.path), what=found.what,
                    fix=found.fix, code=found.code) for found in schema_check.findings(given, "train", partial=True)]


def _word_lists(path: Path, project: Path) -> list[Problem]:
    """Check a file beside the prompts: names with the words that belong to them.

    Each term has a list of other names, as in synonyms.yaml; in the files of _TEXTS it may have one text.
    """
    name = show(path, project)
    loaded = yaml_lines.read(path, name=name)
    lists = path.stem not in _TEXTS
    what = "must be a list of other names." if lists else "must be a text or a list of texts."
    fix = "Write it so: 매출액: [매출, 영업수익]" if lists else "Write it so: 매출액: 물건을 팔아 번 돈"
    return [Problem(where=f"{name}:{loaded.lines.get((term,), 1)}", key=term, what=what, fix=fix, code="MD011")
            for term, words in loaded.values.items()
            if not (isinstance(words, list) and all(isinstance(other, str) for other in words)
                    or not lists and isinstance(words, str))]


def _text(path: Path, project: Path) -> list[Problem]:
    name = show(path, project)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return [Problem(where=name, key="", what="is not UTF-8 text.", fix="Save it again as UTF-8.",
                        code="MD001")]
    if not text.strip():
        return [Problem(where=name, key="", what="is empty.", fix="Write the prompt, or remove what names the file.",
                        code="MD014")]
    if unicodedata.normalize("NFC", text) != text:
        return [Problem(where=name, key="", what="its Hangul is decomposed (NFD), as macOS writes it.",
                        fix="Save it in NFC; a model reads decomposed letters as other words.", code="MD014")]
    return []


def _json(path: Path, project: Path) -> list[Problem]:
    if kind_of(path) in ("train", "chat", "export"):
        return [Problem(where=show(path, project), key="", what="a recipe cannot be JSON; LLaMA-Factory 0.9.5 fails to "
                        "open it.", fix=f"Write it as YAML: {path.stem}.yaml", code="MD003")]
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        line = getattr(error, "lineno", None)
        return [Problem(where=f"{show(path, project)}{f':{line}' if line else ''}", key="",
                        what=f"is not JSON: {error}.", fix="Check commas and quotes.", code="MD001")]
    return []

