"""Answers labelled by a reader: datasets/labelled/*.jsonl, one answer a line. How they were read: datasets/labelled/README.md."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.errors import DataError
from mundap.prompt import Passage

KINDS = ("figure", "wrong_figure", "article", "name", "language", "repetition", "claim")
_TEXTS = ("id", "domain", "model", "decoding", "question", "instruction", "decline_text", "reference", "answer", "finish")
_FIX = "Compare the line with datasets/labelled/README.md, which names every field."


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a reader said of an answer. kinds are of KINDS; sentence is the first bad one, as written, "" where none is."""

    hallucinated: bool
    kinds: tuple[str, ...]
    declined: bool
    answers: bool
    sentence: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One model's answer to one held-out row, and its label.

    decoding is "greedy" or "before", finish why the model ended ("stop" or "length"). value, unit and line are the
    row's gold columns, "" where no figure is asked for, lines all that it takes; decline_text is the domain's own.
    """

    id: str
    domain: str
    model: str
    decoding: str
    question: str
    instruction: str
    decline_text: str
    reference: str
    answer: str
    finish: str
    passages: tuple[Passage, ...]
    value: str
    unit: str
    line: str
    lines: tuple[str, ...]
    label: Label


def read_labelled(path: Path) -> tuple[Labelled, ...]:
    """Return the labelled answers of a file, in its order.

    Raises:
        DataError: the file is not there, or a line is not a labelled answer.
    """
    if not path.is_file():
        raise DataError("there is no such file.", where=path.name, fix="The labelled answers are datasets/labelled/verifier.jsonl.")
    found = list[Labelled]()
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):   # U+2028 in an answer ends no line
        where = f"{path.name}, line {number}"
        if not line:
            continue
        try:
            found.append(_labelled(json.loads(line)))
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"not a labelled answer: {error}", where=where, fix=_FIX) from error
    if not found:
        raise DataError("the file holds no answers.", where=path.name, fix=_FIX)
    return tuple(found)


def _labelled(record: Mapping[str, Any]) -> Labelled:
    gold = record["gold"]
    return Labelled(
        **{name: record[name] for name in _TEXTS}, label=_label(record["label"], record["answer"]),
        passages=tuple(Passage(number=one["number"], head=one["head"], lines=tuple(one["lines"])) for one in record["passages"]),
        value=gold["value"], unit=gold["unit"], line=gold["line"], lines=tuple(gold["lines"]))


def _label(record: Mapping[str, Any], answer: str) -> Label:
    """Return the label.

    Raises:
        ValueError: it contradicts itself, or names a kind there is none of.
    """
    label = Label(**{**record, "kinds": tuple(record["kinds"])})
    if unknown := set(label.kinds) - set(KINDS):
        raise ValueError(f"no kind {sorted(unknown)}; the kinds are {', '.join(KINDS)}")
    if not label.hallucinated == bool(label.kinds) == bool(label.sentence):
        raise ValueError("hallucinated, kinds and sentence must say the same")
    if label.sentence not in answer:
        raise ValueError("sentence must stand in the answer as it is written")
    return label
