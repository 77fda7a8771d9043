"""Merge an adapter into its base and keep only a sound result: LLaMA-Factory exports into a temporary folder, which
is checked, given its licences and a manifest, and then renamed.

The check: some target weight differs from the base (upstream #9051 told of exports that were the base unchanged),
every weight is finite, and the prompt format equals the base's. A folder with a manifest is a finished export.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap import factory, launch, provenance
from mundap.checking import rules
from mundap.errors import ModelError
from mundap.paths import show
from mundap.problem import error_for
from mundap.recipe import Recipe, sibling
from mundap.training.progress import clock
from mundap.weights import Weights, finite
from mundap.yaml_lines import dump

Say = Callable[[str], None]

MANIFEST = provenance.EXPORT_RECORD
_TEMPLATE = "chat_template.jinja"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An export ready to start; partial is the folder LLaMA-Factory writes to."""

    values: dict[str, Any]
    export_dir: Path
    partial: Path
    recipe_file: Path
    command: list[str]
    env: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What an export came to. changed_weight names one weight that differs from the base, empty without an adapter."""

    export_dir: Path
    size_bytes: int
    seconds: float
    peak_rss_bytes: int
    changed_weight: str
    next_command: str


def plan(recipe: Recipe, *, rehearse: bool = False) -> Plan:
    """Return how a recipe would be exported; nothing is written or started. rehearse passes over missing models.

    Raises:
        ConfigError: a rule is broken, such as a missing export_dir.
        ModelError: the base model or an adapter is not there.
    """
    problems = rules.blocking(recipe)
    if problems:
        raise error_for(problems, recipe.name)
    values = factory.resolved(recipe.values, recipe.project)
    if not rehearse:
        factory.require_models(values, recipe.project)
    export_dir = Path(values["export_dir"])
    partial = export_dir.with_name(export_dir.name + ".partial")
    values["export_dir"] = str(partial)
    env = factory.environment(values)
    file = export_dir.with_name(export_dir.name + ".resolved.yaml")
    return Plan(values=values, export_dir=export_dir, partial=partial, recipe_file=file, env=env,
                command=factory.command("export", file, values, env))


def run(recipe: Recipe, *, say: Say = lambda line: None) -> Summary:
    """Export, check, and put the result in its place.

    Raises:
        ConfigError, ModelError: see plan; or the exported weights or prompt format are not what they should be.
        LaunchError: LLaMA-Factory failed; tells its exception and where the log is.
    """
    ready = plan(recipe)
    log = ready.export_dir.with_name(ready.export_dir.name + ".log")
    _remove(ready.partial)
    provenance.write_text(ready.recipe_file, dump(ready.values))
    say(f"exporting {recipe.name} into {show(ready.export_dir, recipe.project)}")
    try:
        outcome = launch.run(ready.command, cwd=recipe.project, env=ready.env, log=log, gentle_s=0)
        if outcome.stopped:
            raise KeyboardInterrupt
        if outcome.returncode != 0:
            raise launch.failure(outcome, what=f"llamafactory export {recipe.name}", log=log)
        changed = _checked(ready, recipe.project)
        _finish(ready, recipe, log, changed)
    finally:
        _remove(ready.partial)
        ready.recipe_file.unlink(missing_ok=True)
    size = sum(file.stat().st_size for file in ready.export_dir.rglob("*") if file.is_file())
    return Summary(export_dir=ready.export_dir, size_bytes=size, seconds=outcome.seconds, changed_weight=changed,
                   peak_rss_bytes=outcome.peak_rss_bytes, next_command=_next(recipe))


def report(summary: Summary, project: Path) -> list[str]:
    """Return the lines that tell a person what an export came to."""
    checked = f" ({summary.changed_weight} differs from the base)" if summary.changed_weight else ""
    return [f"exported {summary.size_bytes / 2**20:.0f} MiB in {clock(summary.seconds)}, peak memory "
            f"{summary.peak_rss_bytes / 2**30:.1f} GiB: {show(summary.export_dir, project)}{checked}",
            f"next: {summary.next_command}"]


def finished(recipe: Recipe) -> bool:
    """Return whether the recipe's export_dir holds a checked export of these very values, adapter and base."""
    values = factory.resolved(recipe.values, recipe.project)
    manifest = Path(str(values.get("export_dir", ""))) / MANIFEST
    try:
        written = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(written, dict) and written.get("inputs") == inputs(recipe)


def inputs(recipe: Recipe) -> str:
    """Return a hash of all that decides an export: the recipe's values, and what its models' folders hold."""
    values = factory.resolved(recipe.values, recipe.project)
    folders = [part for key in ("model_name_or_path", "adapter_name_or_path")
               for part in str(values.get(key) or "").split(",") if part]
    # Only what is merged counts: a record or a log written beside an adapter changes no weight.
    found = {part: provenance.folder_identity(Path(part), ("*.safetensors", "*.json", "*.jinja"), top_only=True)
             for part in folders if Path(part).is_dir()}
    kept = {key: value for key, value in recipe.values.items() if key != "export_dir"}
    return hashlib.sha256(json.dumps([kept, list(found.values())], sort_keys=True).encode()).hexdigest()


def changed_weight(base: Path, exported: Path, adapter: Path) -> str:
    """Return the name of the first adapted weight that differs between two folders.

    Raises:
        ModelError: a weight is not finite, or none of the adapted weights differs.
    """
    targets = _targets(adapter)
    before = {name: weights for weights in map(Weights, sorted(base.glob("*.safetensors"))) for name in weights.names}
    found = ""
    for after in map(Weights, sorted(exported.glob("*.safetensors"))):
        for name in after.names:
            merged = after.read(name)
            if not finite(merged):
                raise ModelError(f"the exported weight {name} is not finite.", where=show(exported),
                                 fix="Train again with a lower learning_rate; a loss of 0 or nan shows the same.")
            if found or name not in before or name.removesuffix(".weight") not in targets:
                continue
            original = before[name].read(name)
            if original.shape != merged.shape or bool((original != merged).any()):
                found = name
    if not found:
        raise ModelError("the exported weights equal the base: the adapter was not merged.", where=show(exported),
                         fix="Check adapter_name_or_path, or raise export_size so that one file holds the model.")
    return found


def _checked(ready: Plan, project: Path) -> str:
    """Return a weight that shows the merge, after the prompt format was compared; empty when there is no adapter."""
    base = Path(ready.values["model_name_or_path"])
    if base.is_dir() and (base / _TEMPLATE).is_file() and not ready.values.get("template"):
        exported = ready.partial / _TEMPLATE
        if not exported.is_file() or exported.read_bytes() != (base / _TEMPLATE).read_bytes():
            raise ModelError("the exported prompt format differs from the base's.", where=_TEMPLATE,
                             fix=f"The model was trained on the one in {show(base, project)}; leave `template` out\n"
                                 "of the export recipe as in the train recipe.")
    adapter = Path(str(ready.values.get("adapter_name_or_path", "")).split(",")[0])
    if not base.is_dir() or not (adapter / "adapter_config.json").is_file():
        return ""
    return changed_weight(base, ready.partial, adapter)


def _finish(ready: Plan, recipe: Recipe, log: Path, changed: str) -> None:
    """Add licences and manifest, then put the folder in the place of an older one."""
    from mundap.starter import copy_licences

    base = Path(ready.values["model_name_or_path"])
    if base.is_dir():
        copy_licences(base, ready.partial)
    os.replace(log, ready.partial / "running.log")
    adapters = [part for part in str(ready.values.get("adapter_name_or_path") or "").split(",") if part]
    content = {"recipe": recipe.name, "inputs": inputs(recipe), "values": dict(recipe.values),
               "command": ready.command,
               "changed_weight": changed, "versions": provenance.versions(),
               "adapters": [provenance.read_record(Path(part)).get("fingerprint", "") for part in adapters]}
    provenance.write_text(ready.partial / MANIFEST, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    older = ready.export_dir.with_name(ready.export_dir.name + ".older")
    _remove(older)
    if ready.export_dir.exists():
        os.replace(ready.export_dir, older)
    os.replace(ready.partial, ready.export_dir)
    _remove(older)


def _targets(adapter: Path) -> set[str]:
    """Return the module names an adapter changes, as the base calls them."""
    names: set[str] = set()
    for weights in map(Weights, adapter.glob("adapter_model.safetensors")):
        for name in weights.names:
            # base_model.model.model.layers.0.mlp.up_proj.lora_A.weight
            names.add(name.removeprefix("base_model.model.").split(".lora_")[0].split(".oft_")[0])
    return names


def _remove(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)


def _next(recipe: Recipe) -> str:
    rag, chat = sibling(recipe, "rag"), sibling(recipe, "chat")
    if rag is not None:
        return f"mundap index {show(rag, recipe.project)}"
    return f"mundap chat {show(chat, recipe.project)}" if chat else "mundap check"
