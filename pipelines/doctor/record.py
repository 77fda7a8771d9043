"""A dataset's row in our columns, whatever its format: alpaca's columns renamed, the last exchange of a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.doctor.dataset_file import DatasetFile

_ROLES = {"prompt": "instruction", "query": "input", "response": "output", "system": "system"}
_ANSWERS = frozenset(("assistant", "gpt", "model", "bot"))


def record(row: Mapping[str, Any], file: DatasetFile) -> dict[str, Any]:
    """Return a row as instruction, input and output, beside its further columns."""
    if file.formatting != "alpaca":
        return {**_flat(row), **_conversation(row, file)}
    renamed = {ours: row.get(file.names[role]) for role, ours in _ROLES.items() if role in file.names}
    return {**_flat(row), **renamed}


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if isinstance(value, str)}


def _conversation(row: Mapping[str, Any], file: DatasetFile) -> dict[str, str]:
    turns = row.get(file.names.get("messages", "conversations"))
    asked = answered = system = ""
    for turn in turns if isinstance(turns, list) else ():
        if not isinstance(turn, Mapping):
            continue
        role = str(turn.get("role", turn.get("from", "")))
        text = str(turn.get("content", turn.get("value", "")) or "")
        if role == "system":
            system = text
        elif role in _ANSWERS:
            answered = text
        else:
            asked = text
    return {"instruction": asked, "output": answered, "system": system}
