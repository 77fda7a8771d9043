"""The split into train and eval, by whole groups (a company, or a document that has none), before any row is made.

The order of groups is a hash of seed and name, so that a new company moves few others across the line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

Part = Literal["train", "eval"]


def split_documents(groups: Mapping[str, str], *, eval_share: float, seed: int) -> dict[str, Part]:
    """Return doc_id -> part, from doc_id -> group ("" for a document that is a group of its own).

    Named groups and lone documents are split apart, so that each kind reaches its share. From two groups on, at least
    one stays in train and, when eval_share is above 0, at least one is held out.
    """
    named = {group for group in groups.values() if group}
    lone = {doc_id for doc_id, group in groups.items() if not group}
    held_out = _held_out(named, eval_share, seed)
    held_out_documents = _held_out(lone, eval_share, seed)
    return {doc_id: "eval" if (group in held_out if group else doc_id in held_out_documents) else "train"
            for doc_id, group in groups.items()}


def _held_out(names: set[str], share: float, seed: int) -> set[str]:
    ordered = sorted(names, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).hexdigest())
    wanted = round(len(ordered) * share)
    if share > 0 and len(ordered) > 1:
        wanted = min(max(wanted, 1), len(ordered) - 1)
    return set(ordered[:wanted]) if len(ordered) > 1 else set()
