"""A train recipe's datasets: registered, there, readable, with every column that is used, and fit for the stage."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mundap import dataset_info, yaml_lines
from mundap.checking.rules import dataset_rows
from mundap.errors import ConfigError, DataError, closest
from mundap.paths import DATASET_INFO, show
from mundap.problem import Problem
from mundap.recipe import Recipe, kind_of

# Source: llamafactory/data/parser.py (0.9.5): the keys of an entry, of its columns and of its tags.
ENTRY_KEYS = frozenset((
    "hf_hub_url", "ms_hub_url", "om_hub_url", "script_url", "cloud_file_name", "file_name", "formatting", "ranking",
    "subset", "split", "folder", "num_samples", "columns", "tags"))
COLUMN_KEYS = frozenset((
    "system", "tools", "images", "videos", "audios", "chosen", "rejected", "kto_tag", "prompt", "query", "response",
    "history", "messages"))
TAG_KEYS = frozenset((
    "role_tag", "content_tag", "user_tag", "assistant_tag", "observation_tag", "function_tag", "system_tag"))
FORMATS = ("alpaca", "sharegpt", "openai")
_PAIRS = ("rm", "dpo")
KEYS = ("dataset", "eval_dataset")
_FEEDBACK = re.compile(r"(\w+)_feedback_(?:sft|kto|dpo)")   # what people's judgements become


def registered(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each dataset name without an entry, and for a registry that cannot be read."""
    folder = dataset_info.folder(recipe.values, recipe.project)
    if recipe.kind != "train" or folder is None:
        return
    try:
        entries = dataset_info.read(folder)
    except ConfigError as error:
        where = error.where.replace(f"{recipe.project}{os.sep}", "")
        yield recipe.problem(("dataset_dir",), f"{where}: {error.what}", error.fix)
        return
    for key in KEYS:
        for name in dataset_info.named(recipe.values, key):
            if name not in entries:
                yield recipe.problem((key,), f"'{name}' is not registered in dataset_info.json.",
                                     f"{closest(name, entries)}Registered: {', '.join(sorted(entries))}.")


def files_there(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each entry whose file is missing."""
    for key, name, entry, folder in _entries(recipe):
        place = dataset_info.source(entry, folder)
        if place is not None and not place.exists():
            maker = _maker(name, recipe)
            fix = f"Make it with: mundap {maker}" if maker else "Put it there, or correct its file_name."
            yield recipe.problem((key,), f"{show(place, recipe.project)} is not there.", fix, later=bool(maker))


def entry_keys(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each key of an entry that LLaMA-Factory would pass over."""
    for key, name, entry, _ in _entries(recipe):
        for wrong in sorted(set(entry) - ENTRY_KEYS):
            yield recipe.problem((key,), f"dataset_info.json: {name}.{wrong}: unknown key; it would be passed over.",
                                 _nearest(wrong, ENTRY_KEYS))
        for part, known in (("columns", COLUMN_KEYS), ("tags", TAG_KEYS)):
            for wrong in sorted(set(_part(entry, part)) - known):
                yield recipe.problem((key,), f"dataset_info.json: {name}.{part}.{wrong}: unknown key; it would be "
                                     "passed over.", _nearest(wrong, known))
        count = entry.get("num_samples")
        if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
            yield recipe.problem((key,), f"dataset_info.json: {name}.num_samples: {count!r} is no number of rows.",
                                 "Write a whole number without quotes, or take it out.")
        given = entry.get("formatting", "alpaca")
        if given not in FORMATS:
            yield recipe.problem((key,), f"dataset_info.json: {name}.formatting: {given!r} is not a choice.",
                                 f"{closest(str(given), FORMATS)}Choices: {', '.join(FORMATS)}.")


def columns_whole(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each entry whose `columns` leaves out one that the stage needs.

    Source: llamafactory/data/parser.py (0.9.5): once `columns` is given, a column left out is unset, not its default.
    """
    for key, name, entry, _ in _entries(recipe):
        if "columns" not in entry:
            continue
        missing = [one for one in _needed(recipe, entry) if not _columns(entry).get(one)]
        if missing:
            yield recipe.problem((key,), f"dataset_info.json: {name}.columns leaves out {', '.join(missing)}; every "
                                 "row would be dropped.", "List every column that is used: once columns is given, "
                                 "there are no defaults.")


def columns_in_file(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each column an entry names, or takes by default, that the file's first row lacks."""
    for key, name, entry, folder in _entries(recipe):
        first = next(iter(_rows(entry, folder)), None)
        if first is None:
            continue
        given = entry.get("formatting", "alpaca")
        named = _columns(entry) if "columns" in entry else dataset_rows.DEFAULTS.get(str(given), {})
        for role, column in named.items():
            if isinstance(column, str) and role in COLUMN_KEYS and column not in first:
                asked = f"{name}.columns.{role}" if "columns" in entry else f"{name}, which names no columns"
                yield recipe.problem((key,), f"dataset_info.json: {asked}: the file has no column {column!r}.",
                                     f"{closest(column, first)}Columns: {', '.join(first)}.")


def rows_readable(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each file that the trainer's reader would refuse, and for answers it would drop."""
    for key, _, entry, folder in _entries(recipe):
        place = dataset_info.source(entry, folder)
        if place is None or not place.is_file():
            continue
        shown = show(place, recipe.project)
        try:
            rows = dataset_rows.read(place)
        except DataError as error:
            yield recipe.problem((key,), f"{shown} {error.what}", error.fix)
            continue
        if rows is None:
            continue
        if not rows:
            yield recipe.problem((key,), f"{shown} holds no rows.", "Make it again, or name another dataset.")
        two = dataset_rows.mixed(rows)
        if two is not None:
            column, row, before, now = two
            yield recipe.problem((key,), f"{shown}: {column} is {now} in row {row} and {before} in the rows before; "
                                 "the trainer's reader stops at that.", "Write every value of a column alike, "
                                 "numbers in answers as text.")
            continue
        yield from _dropped(recipe, key, entry, shown, rows)


def answers_given(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each file with empty answers, which LLaMA-Factory keeps."""
    for key, _, entry, folder in _entries(recipe):
        rows = _rows(entry, folder)
        for column in _answers(recipe, entry):
            empty = [at + 1 for at, row in enumerate(rows) if isinstance(row.get(column), str)
                     and not row[column].strip()]
            if empty:
                yield recipe.problem((key,), f"{entry['file_name']}: {len(empty)} of {len(rows)} "
                                     f"rows have an empty {column!r}, which trains the model to say nothing; the "
                                     f"first is row {empty[0]}.", "Write the answers, or leave the rows out.")


def library_not_shadowed(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for a data folder that Python would take for the datasets library."""
    if recipe.kind == "train" and (recipe.project / "datasets" / "__init__.py").is_file():
        yield recipe.problem(("dataset",), "datasets/__init__.py makes Python import this folder in place of the "
                             "datasets library.", "Remove datasets/__init__.py; the folder is for data alone.")


def fits_stage(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each dataset whose kind of row is not what the stage trains on."""
    stage = _stage(recipe)
    for key, name, entry, _ in _entries(recipe):
        ranking = bool(entry.get("ranking"))
        if ranking != (stage in _PAIRS):
            yield recipe.problem((key,), f"stage {stage} {'needs' if stage in _PAIRS else 'does not take'} pairs of a "
                                 f"chosen and a rejected answer; dataset_info.json says {name}.ranking: "
                                 f"{str(ranking).lower()}.", "Name a dataset of the right kind, or correct the stage.")
        if stage == "kto" and not _columns(entry).get("kto_tag"):
            yield recipe.problem((key,), f"stage kto needs a column of true and false; {name}.columns has no kto_tag.",
                                 'Add it: "kto_tag": "<column>".')


def kept_apart(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for each dataset that is both trained and evaluated on."""
    fix = "Hold rows out into a dataset of their own; mundap data writes <name>_eval."
    trained = dataset_info.named(recipe.values, "dataset")
    files = {dataset_info.source(entry, folder): name for key, name, entry, folder in _entries(recipe)
             if key == "dataset"}
    entries = {name: dataset_info.source(entry, folder) for key, name, entry, folder in _entries(recipe)}
    for name in dict.fromkeys(dataset_info.named(recipe.values, "eval_dataset")):
        if name in trained:
            yield recipe.problem(("eval_dataset",), f"{name!r} is trained on as well, so its loss says nothing.", fix)
        elif entries.get(name) is not None and entries[name] in files:
            yield recipe.problem(("eval_dataset",), f"{name!r} is the same file as {files[entries[name]]!r}, which is "
                                 "trained on, so its loss says nothing.", fix)


def folder_named(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem when a train recipe with a dataset does not say where the registry is."""
    if recipe.kind == "train" and "dataset" in recipe.values and "dataset_dir" not in recipe.values:
        yield recipe.problem(("dataset",), "dataset_dir is missing; llamafactory-cli would look in ./data.",
                             "Add: dataset_dir: .")


def something_to_do(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem for a train recipe that trains nothing and one that trains on nothing."""
    if recipe.kind != "train":
        return
    values = recipe.values
    if not any(values.get(key) for key in ("do_train", "do_eval", "do_predict")):
        # Without do_train, a tokenized_path that is not there is made and the run ends: a use of its own.
        if not (values.get("tokenized_path") and values.get("dataset")):
            yield recipe.problem(("stage",), "none of do_train, do_eval and do_predict is true; nothing would happen.",
                                 "Add: do_train: true")
    elif values.get("do_train") and not values.get("dataset"):
        # LLaMA-Factory asks for one even where it would train on the rows under tokenized_path.
        yield recipe.problem(("do_train",), "there is no dataset to train on.", "Add: dataset: <name>")


def ascii_registry(recipe: Recipe) -> Iterator[Problem]:
    """Yield a problem when the registry holds characters that a Korean Windows would misread."""
    folder = dataset_info.folder(recipe.values, recipe.project)
    file = folder / DATASET_INFO if folder is not None else None
    if recipe.kind == "train" and file is not None and file.is_file() and not file.read_bytes().isascii():
        yield recipe.problem(("dataset_dir",), "dataset_info.json holds characters beyond ASCII, which LLaMA-Factory "
                             "reads in the system's own encoding (cp949 on Korean Windows).",
                             "Write them as \\u escapes.")


def _entries(recipe: Recipe) -> Iterator[tuple[str, str, Mapping[str, Any], Path]]:
    """Yield key, name, entry and dataset folder of every dataset that is registered."""
    folder = dataset_info.folder(recipe.values, recipe.project)
    if recipe.kind != "train" or folder is None:
        return
    try:
        entries = dataset_info.read(folder)
    except ConfigError:
        return
    for key in KEYS:
        for name in dataset_info.named(recipe.values, key):
            if name in entries:
                yield key, name, entries[name], folder


def _part(entry: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    given = entry.get(part)
    return given if isinstance(given, Mapping) else {}


def _columns(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return _part(entry, "columns")


def _answers(recipe: Recipe, entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns of an alpaca file that hold answers in this stage."""
    if entry.get("formatting", "alpaca") != "alpaca" or _stage(recipe) == "pt":
        return ()
    given = _columns(entry)
    if entry.get("ranking"):
        return tuple(str(given[role]) for role in ("chosen", "rejected") if given.get(role))
    answer = given.get("response") if "columns" in entry else "output"
    return (answer,) if isinstance(answer, str) else ()


def _dropped(recipe: Recipe, key: str, entry: Mapping[str, Any], shown: str, rows: list[dict[str, Any]]
             ) -> Iterator[Problem]:
    """Yield a problem for answers that are no text; LLaMA-Factory drops their rows with a warning."""
    for column in _answers(recipe, entry):
        wrong = [at + 1 for at, row in enumerate(rows) if not isinstance(row.get(column), str)]
        # A column that no row has is another rule's business.
        if wrong and any(column in row for row in rows):
            yield recipe.problem((key,), f"{shown}: {len(wrong)} of {len(rows)} rows have no text under {column!r} and "
                                 f"would be dropped, the first is row {wrong[0]}.",
                                 'Write numbers as text ("12"), and leave out rows without an answer.')


def _nearest(word: str, known: Iterable[str]) -> str:
    return closest(word, known).strip() or f"Choices: {', '.join(sorted(known))}."


def _needed(recipe: Recipe, entry: Mapping[str, Any]) -> tuple[str, ...]:
    if entry.get("formatting", "alpaca") != "alpaca":
        return ("messages",)
    if entry.get("ranking"):
        return ("prompt", "chosen", "rejected")
    return ("prompt",) if _stage(recipe) == "pt" else ("prompt", "response")


def _rows(entry: Mapping[str, Any], folder: Path) -> list[dict[str, Any]]:
    place = dataset_info.source(entry, folder)
    try:
        return (dataset_rows.read(place) or []) if place is not None and place.is_file() else []
    except DataError:
        return []


def _stage(recipe: Recipe) -> str:
    return str(recipe.values.get("stage", "sft"))


def _maker(name: str, recipe: Recipe) -> str:
    """Return the command, without its first word, that writes a dataset, or an empty text."""
    feedback = _FEEDBACK.fullmatch(name)
    kind = "rag" if feedback else "data"
    for file in sorted((recipe.project / "configs").rglob(f"{kind}*.yaml")):
        if kind_of(file) != kind:
            continue
        try:
            values = yaml_lines.read(file).values
        except ConfigError:
            continue   # the checker tells about that file itself
        rows = values.get("rows") or {}
        if feedback and values.get("domain") == feedback[1]:
            return f"feedback {show(file, recipe.project)}"
        if not feedback and isinstance(rows, dict) and name in (rows.get("dataset"), f"{rows.get('dataset')}_eval"):
            return f"data {show(file, recipe.project)}"
    return ""
