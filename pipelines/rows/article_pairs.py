"""Question-answer pairs about articles, from JSONL files: written by hand, or by a model through `generate:`.

    {"doc": "hanbit_driver", "cite": "벌금 특별약관 제1조 제2항", "kind": "fact", "question": "…", "answer": "…"}
    {"chunk_id": "…", "kind": "easy", "question": "…", "answer": "…", "origin": "generated"}

A pair by hand names its document (the file's name without its ending) and its article; without a rider's name the
article is the 보통약관's. An empty answer means that the terms do not say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk
from mundap.errors import DataError
from mundap.korean import nfc
from mundap.paths import show
from pipelines.rows.clauses import article_of

KINDS = ("fact", "scenario", "easy", "unanswerable")
HANDWRITTEN = "handwritten"
_CITE = re.compile(r"(?:(.*(?:약관|특약)) )?(제\d+조(?:의\d+)?|별표 ?\d+)(?=$|\s)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePair:
    """A question and answer about one article. chunk_id, or doc and cite, say which; where is "file:line"."""

    kind: str
    question: str
    answer: str
    where: str
    origin: str = HANDWRITTEN
    level: str = ""
    chunk_id: str = ""
    doc: str = ""
    cite: str = ""

    def chunks(self, chunks: Sequence[Chunk]) -> list[Chunk]:
        """Return the chunks of the pair's article, in order; none when there is no such article."""
        if self.chunk_id:
            return [chunk for chunk in chunks if chunk.chunk_id == self.chunk_id]
        found = _CITE.match(self.cite)
        if found is None:
            return []
        contract, article = found[1] or "보통약관", found[2].replace(" ", "")
        return [chunk for chunk in chunks if chunk.doc_id == self.doc
                and article_of(chunk)[1].replace(" ", "") == article and article_of(chunk)[0].endswith(contract)]


def load_pairs(path: Path, project: Path) -> list[ArticlePair]:
    """Return the pairs of a JSONL file, in order.

    Raises:
        DataError: the file is missing, or a line is no JSON object with the fields that a pair needs.
    """
    where = show(path, project)
    if not path.is_file():
        raise DataError("the file of questions and answers is not there.", where=where,
                        fix="Fix rows.articles.pairs in data.yaml, or make the file (mundap data with a generate section).")
    lines = nfc(path.read_text(encoding="utf-8")).splitlines()
    return [_pair(line, f"{where}:{number}") for number, line in enumerate(lines, start=1) if line.strip()]


def _pair(line: str, where: str) -> ArticlePair:
    try:
        given: Any = json.loads(line)
    except ValueError as error:
        raise DataError(f"is not JSON: {error}.", where=where, fix="Write one JSON object a line.") from error
    if not isinstance(given, Mapping) or not all(isinstance(given.get(name), str) for name in ("kind", "question", "answer")):
        raise DataError("a pair needs kind, question and answer, each a text.", where=where,
                        fix='For example: {"doc": "…", "cite": "제1조", "kind": "fact", "question": "…", "answer": "…"}')
    if given["kind"] not in KINDS or (given["kind"] == "unanswerable") is not (not given["answer"]):
        raise DataError(f"kind {given['kind']!r} and this answer do not go together.", where=where,
                        fix=f"Known kinds: {', '.join(KINDS)}; only unanswerable has an empty answer.")
    if not given.get("chunk_id") and not given.get("doc"):
        raise DataError("a pair names its chunk_id, or its doc and cite.", where=where, fix='Add "doc" and "cite".')
    optional = {name: str(given[name]) for name in ("origin", "level", "chunk_id", "doc", "cite") if given.get(name)}
    return ArticlePair(kind=given["kind"], question=" ".join(given["question"].split()), where=where,
                       answer=" ".join(given["answer"].split()), **optional)
