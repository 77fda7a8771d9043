"""The three Korean question sets that retrieval is measured on: passages, questions, and which passages answer them.

    folder/synaptic/publichealthqa_ko.json                  PublicHealthQA, Korean part: 77 passages, 77 questions
    folder/ssis_welfare/test_{corpus,queries,relevant_docs}.json   464 passages; the first 400 questions by sorted id
    folder/korquad/KorQuAD_v1.0_dev.json                    964 paragraphs; 500 questions, random.seed(0) and random.sample
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WELFARE_QUESTIONS, KORQUAD_QUESTIONS = 400, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """passages by id; questions with the ids of the passages that answer them."""

    name: str
    passages: Mapping[str, str]
    questions: Sequence[tuple[str, frozenset[str]]]


def load_sets(folder: Path) -> list[QuestionSet]:
    """Return the sets that are there, in the order above; folder holds them as the module's text shows."""
    found = []
    for file, read in _READERS.items():
        if (folder / file).is_file():
            found.append(read(folder / file))
    return found


def _health(file: Path) -> QuestionSet:
    given = _json(file)
    passages = {name: f"{one['title']}\n{one['text']}".strip() for name, one in given["corpus"].items()}
    return QuestionSet(name="PublicHealthQA-ko", passages=passages, questions=[
        (text, frozenset(given["qrels"][name])) for name, text in given["queries"].items()])


def _welfare(file: Path) -> QuestionSet:
    queries, relevant = (_json(file.with_name(f"test_{part}.json")) for part in ("queries", "relevant_docs"))
    return QuestionSet(name="welfare", passages=_json(file), questions=[
        (queries[name], frozenset(relevant[name])) for name in sorted(queries)[:WELFARE_QUESTIONS]])


def _korquad(file: Path) -> QuestionSet:
    passages: dict[str, str] = {}
    questions: list[tuple[str, frozenset[str]]] = []
    for article in _json(file)["data"]:
        for paragraph in article["paragraphs"]:
            name = f"p{len(passages):04d}"
            passages[name] = paragraph["context"]
            questions += [(one["question"], frozenset([name])) for one in paragraph["qas"]]
    random.seed(0)
    return QuestionSet(name="KorQuAD dev", passages=passages, questions=random.sample(questions, KORQUAD_QUESTIONS))


def _json(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


_READERS: Mapping[str, Callable[[Path], QuestionSet]] = {
    "synaptic/publichealthqa_ko.json": _health, "ssis_welfare/test_corpus.json": _welfare,
    "korquad/KorQuAD_v1.0_dev.json": _korquad}
