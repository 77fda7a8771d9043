"""The card of a dataset: where its rows come from, what was done to them, and the command that makes them again.

    write_card(manifest.read(folder), recipe_file, project, folder / "demo.card.md")

Made from the manifest alone and the files it names, so that it says nothing that was not done; no clock and no absolute
path, so that the same manifest gives the same bytes. Says so where the files are no longer those of the manifest.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mundap.errors import ConfigError, DataError
from mundap.paths import resolve, show
from mundap.recipe import read as read_recipe
from mundap.schema_check import with_defaults
from pipelines.manifest import file_hash, write_text
from pipelines.quality.gate import filled
from pipelines.quality.report import table

_LISTED = 40          # inputs named one by one
_EXAMPLE_CHARS = 700
Written = Mapping[str, Any]


def write_card(written: Written, recipe: Path, project: Path, path: Path) -> Path:
    """Write the card by way of a temporary name; return its path.

    Raises:
        DataError: the run made no rows.
    """
    return write_text(path, dataset_card(written, recipe, project))


def dataset_card(written: Written, recipe: Path, project: Path) -> str:
    """Return the card of a finished run's dataset as Markdown. written: its manifest; recipe: the data.yaml it ran.

    Raises:
        DataError: the run made no rows.
    """
    config = written["config"]
    if not config.get("rows"):
        raise DataError("this run made documents and chunks alone, no rows.", where=show(recipe, project),
                        fix="Add a rows: section to data.yaml.")
    parts = [[f"# Dataset {config['rows']['dataset']}", ""], _sources(config, written["inputs"]), _counts(written),
             _filters(config), _split(config, written), _examples(config, written, project),
             _rebuild(written, recipe, project)]
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def rebuild_command(config: Mapping[str, Any], recipe: Path, project: Path) -> str:
    """Return the command that runs the recipe with the values of config: those that its file lacks as key=value."""
    laid_over = []
    try:
        own = _leaves(with_defaults(read_recipe(recipe).values, "data"))
    except ConfigError:
        own = {}
    for key, value in _leaves(with_defaults(config, "data")).items():
        if key not in own or own[key] != value:
            laid_over.append(f"{key}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    return shlex.join(["mundap", "data", show(recipe, project), *laid_over]) + " --force"


def _sources(config: Mapping[str, Any], inputs: Mapping[str, str]) -> list[str]:
    lines = ["## Sources", "", *table(["source", "reader", "publisher", "licence", "url"], [
        [str(one["path"]), one["reader"], one.get("publisher", ""), one.get("licence", "not stated"), one.get("url", "")]
        for one in config["sources"]]), ""]
    listed = list(inputs.items())[:_LISTED]
    lines += [*table(["input file", "SHA-256"], [[f"`{name}`", f"`{digest}`"] for name, digest in listed]), ""]
    if len(inputs) > _LISTED:
        whole = hashlib.sha256("\n".join(f"{digest}  {name}" for name, digest in inputs.items()).encode()).hexdigest()
        lines += [f"and {len(inputs) - _LISTED:,} more; SHA-256 over all {len(inputs):,} lines `hash  name`: `{whole}`", ""]
    return lines


def _counts(written: Written) -> list[str]:
    counts = written["counts"]
    rows = counts["rows"]
    kinds = sorted({*counts["kinds"]["train"], *counts["kinds"]["eval"]})
    lines = ["## Counts", "", f"{counts['documents']:,} documents, {sum(counts['chunks'].values()):,} chunks; "
             f"{rows['in']:,} rows tried, {rows['train']:,} kept to train on, {rows['eval']:,} held out, "
             f"{rows['rejects']:,} dropped.", ""]
    return [*lines, *table(["kind", "train", "share", "eval"], [
        [kind, f"{counts['kinds']['train'].get(kind, 0):,}",
         f"{counts['kinds']['train'].get(kind, 0) / max(rows['train'], 1):.1%}",
         f"{counts['kinds']['eval'].get(kind, 0):,}"] for kind in kinds]), "",
        *table(["dropped for", "rows"], [[reason, f"{number:,}"] for reason, number in counts["rejects"].items()]), ""]


def _filters(config: Mapping[str, Any]) -> list[str]:
    lines = ["## Filters", ""]
    if config.get("filters") is None:
        return [*lines, "Empty fields, exact duplicates, rows over rows.max_tokens.", ""]
    for name, settings in filled(config["filters"]).items():
        rest = ", ".join(f"{key} {json.dumps(value, ensure_ascii=False)}" for key, value in settings.items()
                         if key != "enabled")
        if settings["enabled"]:
            lines.append(f"- {name}{': ' + rest if rest else ''}")
    return [*lines, ""]


def _split(config: Mapping[str, Any], written: Written) -> list[str]:
    split = config["split"]
    lines = ["## Split", "", f"By {split['by']}, before any row is made: {split['eval_share']:.0%} held out, seed "
             f"{written['seed']}.", ""]
    if config.get("augment"):
        lines += [f"Augmented: {json.dumps(config['augment'], ensure_ascii=False)}", ""]
    return lines


def _examples(config: Mapping[str, Any], written: Written, project: Path) -> list[str]:
    path = resolve(config["rows"]["output"], project) / f"{config['rows']['dataset']}.json"
    if not path.is_file():
        return ["## Examples", "", f"`{show(path, project)}` is not there.", ""]
    lines = ["## Examples", ""]
    if file_hash(path) != written["datasets"].get(path.name):
        lines += [f"`{show(path, project)}` is no longer the file that this run wrote.", ""]
    seen: set[str] = set()
    for row in json.loads(path.read_text(encoding="utf-8")):
        kind = str(row.get("kind", ""))
        if kind not in seen:
            seen.add(kind)
            text = f"{row['instruction']}\n{row['input']}\n→ {row['output']}"
            lines += [f"### {kind}", "", "```", _short(text).replace("```", "'''"), "```", ""]
    return lines


def _rebuild(written: Written, recipe: Path, project: Path) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in written["versions"].items() if version)
    return ["## Making it again", "", "```", rebuild_command(written["config"], recipe, project), "```", "",
            f"With the inputs above, {versions}, and code of hash `{written['code_hash'][:16]}`, this gives:", "",
            *table(["file", "SHA-256"], [[f"`{name}`", f"`{digest}`"] for name, digest in written["datasets"].items()]), ""]


def _leaves(values: Any, path: str = "") -> dict[str, Any]:
    """Return every value below mappings and lists of mappings by its dotted key; a list of plain values is one value."""
    found: dict[str, Any] = {}
    for key, value in _entries(values):
        inner = f"{path}.{key}" if path else key
        deeper = value and (isinstance(value, Mapping) or (isinstance(value, list) and isinstance(value[0], Mapping)))
        found |= _leaves(value, inner) if deeper else {inner: value}
    return found


def _entries(values: Mapping[str, Any] | Sequence[Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(values, Mapping):
        yield from ((str(key), value) for key, value in values.items())
    else:
        yield from ((str(at), value) for at, value in enumerate(values))


def _short(text: str) -> str:
    return text if len(text) <= _EXAMPLE_CHARS else text[:_EXAMPLE_CHARS] + " …"
