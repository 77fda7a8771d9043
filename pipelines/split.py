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


def split_strata(strata: Mapping[str, str], *, eval_share: float, seed: int) -> dict[str, Part]:
    """Return doc_id -> part, from doc_id -> stratum (its category and difficulty): each stratum gives its share.

    Shares are rounded so that the whole reaches eval_share: a stratum's remainder goes to the ones that lack most. A
    stratum of one document is never held out whole while others can give.
    """
    members: dict[str, list[str]] = {}
    for doc_id, stratum in strata.items():
        members.setdefault(stratum, []).append(doc_id)
    wanted = {name: int(len(own) * eval_share) for name, own in members.items()}
    lacking = sorted(members, key=lambda name: (len(members[name]) < 2, wanted[name] - len(members[name]) * eval_share,
                                                name))
    for name in lacking[:max(0, round(len(strata) * eval_share) - sum(wanted.values()))]:
        wanted[name] += 1
    held: set[str] = set()
    for name, own in members.items():
        held |= set(sorted(own, key=lambda doc_id: hashlib.sha256(f"{seed}:{doc_id}".encode()).hexdigest())[:wanted[name]])
    return {doc_id: "eval" if doc_id in held else "train" for doc_id in strata}


def _held_out(names: set[str], share: float, seed: int) -> set[str]:
    ordered = sorted(names, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).hexdigest())
    wanted = round(len(ordered) * share)
    if share > 0 and len(ordered) > 1:
        wanted = min(max(wanted, 1), len(ordered) - 1)
    return set(ordered[:wanted]) if len(ordered) > 1 else set()
