"""A folder of recipes with presets and `kind.key=value` words laid over it, written out as a folder of its own.

A preset for training changes what chat, export and eval must agree with: whatever it changes in train.yaml is changed in
the others too, where they hold the same key. Another chat recipe that eval.yaml names (chat_phase1.yaml) is written as well,
after its own train recipe (train_phase1.yaml). The variant writes to folders of its own (saves/dart/x becomes saves/dart/x-cpu),
so the recipes' own runs stay as they are. Its files are ordinary recipes: `mundap web`, `ask` and `eval` take them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mundap import overrides
from mundap.errors import ConfigError, closest
from mundap.paths import home, project_root, resolve, show
from mundap.provenance import write_text
from mundap.recipe import KINDS, SCHEMA_OF, Kind, read
from mundap.schema_check import SCHEMA_DIR
from mundap.yaml_lines import dump

_FOLDERS = ("output_dir", "adapter_name_or_path", "export_dir")


def write(folder: Path, presets: Sequence[str], words: Sequence[str]) -> Path:
    """Write the variant of a folder's recipes; return its folder, saves/<folder>-<presets>/recipes under the home.

    Raises:
        ConfigError: there is no recipe or no such preset, or a word does not begin with the kind of a recipe here.
    """
    found = {kind: folder / f"{kind}.yaml" for kind in KINDS if (folder / f"{kind}.yaml").is_file()}
    if not found:
        raise ConfigError("there is no recipe in this folder.", where=str(folder),
                          fix=f"Give a folder with some of {', '.join(kind + '.yaml' for kind in KINDS)}.")
    project = project_root(folder)
    # A preset may be a file by its path (`mundap eval --sweep` writes one): folders are named after it, not by its path.
    name = "-".join(Path(one).stem if one.endswith((".yaml", ".yml")) else one for one in presets) or "changed"
    target = home(project) / "saves" / f"{folder.resolve().name}-{name}" / "recipes"
    laid = {found[kind]: (kind, values) for kind, values in _laid_over(found, presets, _by_kind(words, found)).items()}
    laid |= {file: ("chat", values) for file, values in _further_chats(found, laid, presets, project).items()}
    moved = {show(file, project): show(target / file.name, project) for file in laid}
    for file, (kind, values) in laid.items():
        values = _moved(values, moved, f"-{name}")
        head = (f"# yaml-language-server: $schema={SCHEMA_DIR / SCHEMA_OF[kind]}.schema.json\n"
                f"# Made by mundap run from {show(file, project)}"
                f"{''.join(f' --preset {preset}' for preset in presets)}{''.join(' ' + word for word in words)}\n"
                "# Written anew by each such run; copy the folder to keep changes.\n")
        write_text(target / file.name, head + dump(values))
    return target


def _by_kind(words: Sequence[str], found: Mapping[Kind, Path]) -> dict[Kind, list[str]]:
    """Return each recipe's own words: "train.max_steps=40" is max_steps=40 of train.yaml."""
    split: dict[Kind, list[str]] = {}
    for word in words:
        first, dot, rest = word.partition(".")
        kind = next((kind for kind in found if kind == first), None)
        if kind is None or not dot or "=" in first:
            raise ConfigError(f"{word!r} does not say whose key it is.", where="command line",
                              fix=f"{closest(first, found)}Begin it with a recipe of the folder: "
                                  "data.sources.0.path=/folder or train.max_steps=40.")
        split.setdefault(kind, []).append(rest)
    return split


def _laid_over(found: Mapping[Kind, Path], presets: Sequence[str], words: Mapping[Kind, Sequence[str]]
               ) -> dict[Kind, dict[str, Any]]:
    """Return every recipe's values with the presets over train.yaml, what they changed over the others, then words."""
    base, changed = _changed(found["train"], presets) if "train" in found else (None, {})
    laid: dict[Kind, dict[str, Any]] = {}
    for kind, file in found.items():
        values = dict(read(file, presets=presets if kind == "train" else ()).given)
        if kind in ("chat", "export"):
            values = _follow(values, changed)
        if kind == "eval":
            values = _follow_in_systems(values, base, changed)
        for word in words.get(kind, ()):
            values = overrides.put(values, *overrides.parse(word))
        laid[kind] = values
    return laid


def _further_chats(found: Mapping[Kind, Path], laid: Mapping[Path, tuple[Kind, dict[str, Any]]], presets: Sequence[str],
                   project: Path) -> dict[Path, dict[str, Any]]:
    """Return the chat recipes of the folder that its eval.yaml names, beside chat.yaml, each after its train recipe."""
    if "eval" not in found:
        return {}
    named = [resolve(one["chat"], project) for one in _systems(laid[found["eval"]][1]) if isinstance(one.get("chat"), str)]
    further = {}
    for file in dict.fromkeys(named):
        train = file.with_name(file.name.replace("chat", "train", 1))
        if file.parent == found["eval"].resolve().parent and file.name != "chat.yaml" and file.is_file() and train.is_file():
            further[file] = _follow(read(file).given, _changed(train, presets)[1])
    return further


def _changed(train: Path, presets: Sequence[str]) -> tuple[Any, dict[str, Any]]:
    """Return a train recipe's base model before any preset, and every key that the presets change with its new value."""
    before, after = read(train).given, read(train, presets=presets).given
    return (before.get("model_name_or_path"),
            {key: after.get(key) for key in {*before, *after} if before.get(key) != after.get(key)})


def _follow(values: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with what changed in the train recipe, where they hold the same key."""
    result = dict(values)
    for key in values.keys() & changed.keys():
        result = overrides.put(result, (key,), changed[key])
    return result


def _follow_in_systems(values: Mapping[str, Any], base: Any, changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return an eval recipe's values; a system that spells out the base model's chat follows too, other models stay."""
    systems = [{**one, "chat": _follow(one["chat"], changed)} if isinstance(one.get("chat"), Mapping)
               and one["chat"].get("model_name_or_path") == base else one for one in _systems(values)]
    return {**values, "systems": systems} if systems else dict(values)


def _systems(values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return an eval recipe's systems; none where it has no list of them, which the schema tells."""
    systems = values.get("systems")
    return [one for one in systems if isinstance(one, Mapping)] if isinstance(systems, list) else []


def _moved(value: Any, recipes: Mapping[str, str], suffix: str, key: str = "") -> Any:
    """Return values whose folders have names of their own and that name each other's variants."""
    if isinstance(value, Mapping):
        return {name: _moved(inner, recipes, suffix, str(name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [_moved(inner, recipes, suffix, key) for inner in value]
    if isinstance(value, str) and key in (*_FOLDERS, "report"):
        return value.rstrip("/") + suffix
    if isinstance(value, str) and key == "model_name_or_path" and value.startswith("exports/"):
        return value.rstrip("/") + suffix   # a chat with the merged model
    return recipes.get(value, value) if isinstance(value, str) else value
