"""The parity certificate of an exported model: that it says what base and adapter say, however it is served.

Written by parity.py into the export as mundap_parity.json; read here, by the commands and the page, before they answer
from an export. Reading it starts nothing and imports nothing heavy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mundap import provenance
from mundap.errors import MundapError
from mundap.generator.chat_recipe import read_chat
from mundap.paths import show

CERTIFICATE = "mundap_parity.json"
SCHEME = 1
State = Literal["passed", "failed", "missing", "stale"]
# What decides what an export answers; our own records and licences beside it do not.
_DECIDING = ("*.safetensors", "*.safetensors.index.json", "*.jinja", "tokenizer*", "config.json", "generation_config.json",
             "special_tokens_map.json", "added_tokens.json", "chat_template*", "vocab*", "merges.txt", "*.model", "*.bin", "*.py")
_ENGLISH: Mapping[State, str] = {
    "passed": "its answers were compared with those of base and adapter and agree.",
    "failed": "its answers are not those of base and adapter",
    "missing": "nobody has compared its answers with those of base and adapter yet.",
    "stale": "it has changed since its answers were compared with those of base and adapter.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What is known of an export. content is the certificate's file, empty where there is none; place as a person types it."""

    state: State
    place: str
    recipe: str = ""
    reasons: tuple[str, ...] = ()
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def english(self) -> str:
        """Return the state as a line for a terminal, with the command that makes a certificate."""
        told = f": {self.reasons[0]}" if self.state == "failed" and self.reasons else ""
        advice = "" if self.state == "passed" else f" Run: mundap eval --parity {self.recipe or '<export.yaml>'}"
        end = "." if self.state == "failed" and not told.endswith(".") else ""
        return f"{self.place}: {_ENGLISH[self.state]}{told}{end}{advice}"


def certificate(export_dir: Path, project: Path | None = None) -> Certificate | None:
    """Return what is known of an exported model, or None for a folder that is no export of ours."""
    manifest = _json(export_dir / provenance.EXPORT_RECORD)
    if not manifest:
        return None
    place, recipe = show(export_dir, project), str(manifest.get("recipe", ""))
    content = _json(export_dir / CERTIFICATE)
    if content.get("scheme") != SCHEME:
        return Certificate(state="missing", place=place, recipe=recipe)
    fresh = content.get("inputs") == manifest.get("inputs") and content.get("export") == identity(export_dir)
    state: State = "stale" if not fresh else "passed" if content.get("passed") is True else "failed"
    return Certificate(state=state, place=place, recipe=recipe, content=content,
                       reasons=tuple(map(str, content.get("reasons", ()))))


def unproven(generation: Mapping[str, Any], project: Path) -> Certificate | None:
    """Return the certificate of the export that a rag.yaml's `generation:` answers from, where it has not passed.

    None for base and adapter, an endpoint, a model that is no export, and for a recipe whose model cannot be found: that
    is told by whoever opens it.
    """
    if generation.get("generator", "local") != "local":
        return None
    try:
        chat = read_chat(generation.get("chat", "chat.yaml"), project)
    except MundapError:
        return None
    found = None if chat.adapters else certificate(chat.model, project)
    return found if found is not None and found.state != "passed" else None


def write(export_dir: Path, content: Mapping[str, Any]) -> Path:
    """Write a certificate into an export, bound to what the export holds now; return its file."""
    manifest = _json(export_dir / provenance.EXPORT_RECORD)
    bound = {"scheme": SCHEME, "inputs": manifest.get("inputs", ""), "export": identity(export_dir)}
    file = export_dir / CERTIFICATE
    provenance.write_text(file, json.dumps(bound | dict(content), ensure_ascii=False, indent=1) + "\n")
    return file


def identity(export_dir: Path) -> str:
    """Return a hash of the files that decide what an export answers: whole small files, both ends of the weights."""
    return provenance.folder_identity(export_dir, _DECIDING, top_only=True)


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
