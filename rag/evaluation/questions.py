"""The frozen questions: held-out rows as `mundap data` wrote them, cut to the recipe's limits by its seed."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mundap.errors import DataError
from mundap.paths import resolve
from rag.evaluation.asked import Gold

Row = Mapping[str, Any]
GROUPS = ("kind", "topic", "category", "difficulty", "level", "reason", "pair")
NEEDED = ("id", "kind", "question", "output")
_MARK = re.compile(r" ?\[\d+\]")
_BLOCK = re.compile(r"^\[(\d+)\] ", re.MULTILINE)


def load(recipe: Mapping[str, Any], project: Path) -> list[Gold]:
    """Return the questions of an eval recipe, answerable ones first, each in the file's order.

    Raises:
        DataError: the file is missing, is no JSON list of rows with the columns needed, or holds no question asked for.
    """
    path, name = resolve(recipe["questions"], project), recipe["questions"]
    if not path.is_file():
        raise DataError("there is no such file.", where=name, fix="Make it with: mundap data <data.yaml>")
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"is not JSON: {error}", where=name, fix="Make it anew with: mundap data <data.yaml>") from error
    golds = _golds(rows, name, recipe.get("kinds") or ())
    answerable, blank = [one for one in golds if one.answerable], [one for one in golds if not one.answerable]
    rng, limit = random.Random(recipe["seed"]), recipe["limit"]
    chosen = [*_sample(answerable, limit.get("answerable"), rng), *_sample(blank, limit.get("unanswerable"), rng)]
    if not chosen:
        raise DataError("holds no question of the kinds asked for.", where=name, fix="Widen kinds: or limit: of the recipe.")
    return chosen


def gold_of(row: Row) -> Gold:
    """Return a row's truth. Chunks that hold a line of the answer are its chunks; a row of one line has one."""
    reason = str(row.get("reason") or "")
    answerable = row["kind"] != "unanswerable"
    lines = json.loads(row["gold_lines"]) if row.get("gold_lines") else [row["gold_line"]] if row.get("gold_line") else []
    return Gold(id=row["id"], question=row["question"], answerable=answerable,
                reference=_MARK.sub("", row["output"]), value=str(row.get("gold_value") or ""),
                unit=str(row.get("gold_unit") or ""), line=str(row.get("gold_line") or ""), lines=tuple(lines),
                chunks=_chunks(row, lines) if answerable else (), reason=reason,
                reference_free=str(row.get("reference_free") or ""),
                groups={name: str(row[name]) for name in GROUPS if row.get(name)})


def asked_of(golds: Sequence[Gold], context: str) -> list[Gold]:
    """Return the questions as a system with that context is asked them, in their order.

    The true chunks alone ("oracle") can only be given for what is in documents. Without documents ("none") a question they
    do not answer is to be answered all the same where its row knows the answer.
    """
    if context == "oracle":
        return [gold for gold in golds if gold.answerable]
    if context == "none":
        return [replace(gold, answerable=True, reference=gold.reference_free) if gold.reference_free else gold for gold in golds]
    return list(golds)


def _golds(rows: Any, name: str, kinds: Sequence[str]) -> list[Gold]:
    if not isinstance(rows, list):
        raise DataError("is not a list of rows.", where=name, fix="Make it anew with: mundap data <data.yaml>")
    golds, seen = [], set[str]()
    for at, row in enumerate(rows, start=1):
        lacking = [key for key in NEEDED if not isinstance(row, Mapping) or not row.get(key)]
        if lacking:
            raise DataError(f"row {at} has no {', '.join(lacking)}.", where=name,
                            fix="Evaluate rows that mundap data wrote, or give each row these columns.")
        if row["id"] in seen:
            raise DataError(f"two rows are called {row['id']!r}.", where=name, fix="Give every row an id of its own.")
        seen.add(row["id"])
        if not kinds or row["kind"] in kinds:
            golds.append(gold_of(row))
    return golds


def _chunks(row: Row, lines: Sequence[str]) -> tuple[str, ...]:
    own = [row["gold_chunk"]] if row.get("gold_chunk") else []
    if len(lines) > 1:
        quoted = _BLOCK.split(row["input"].rpartition("\n\n질문: ")[0])[2::2]
        names = json.loads(row.get("chunk_ids") or "[]")
        own += [name for name, block in zip(names, quoted, strict=False)
                if any(line in block.splitlines() for line in lines)]
    return tuple(dict.fromkeys(own))


def _sample(golds: Sequence[Gold], limit: int | None, rng: random.Random) -> list[Gold]:
    if limit is None or limit >= len(golds):
        return list(golds)
    return [golds[at] for at in sorted(rng.sample(range(len(golds)), limit))]
