"""The lines of each chunk that a prompt quotes: few, on the question, in the document's own order.

Training rows and the app choose lines with this one function, so that the model meets at work what it was trained on.
A short context is what a small model needs most: fewer figures that could be taken for the right one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mundap.chunk import Chunk
from mundap.korean import sentences
from mundap.prompt import Passage
from mundap.question import Question, Synonyms, analyse, missing, surplus

_MAX_SENTENCE_CHARS = 400  # a quoted sentence longer than this is cut by the chunker's token limit anyway


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMatch:
    """How well one line answers a question: words it (with its head) lacks, and letters of its label beyond the question."""

    missing: tuple[str, ...]
    surplus: int

    @property
    def rank(self) -> tuple[int, int]:
        """Return a key that sorts the best line first."""
        return len(self.missing), self.surplus

    @property
    def exact(self) -> bool:
        """Return whether nothing the question names is missing."""
        return not self.missing


def label(line: str) -> str:
    """Return what a line is about: the part before ': ' of a fact line, else the whole line."""
    head, colon, _ = line.partition(": ")
    return head if colon else line


def match(question: Question, line: str, head: str, *, as_written: bool = False) -> LineMatch:
    """Return how well a line under a passage head answers the question; as_written as of mundap.question.missing."""
    return LineMatch(missing=missing(question, f"{head}\n{line}", as_written=as_written), surplus=surplus(question, label(line)))


def head(chunk: Chunk) -> str:
    """Return the one-line head of a chunk in a prompt: the document's title and its innermost section.

    Of terms it is the contract instead of the title: every rider has a 제1조 of its own.
    """
    crumbs = chunk.breadcrumbs.split(" > ")
    if chunk.metadata.get("policy_type"):
        crumbs[0] = next((crumb for crumb in crumbs[-2::-1] if "약관" in crumb or "특약" in crumb), crumbs[0])
    return crumbs[0] if len(crumbs) == 1 else f"{crumbs[0]} > {crumbs[-1]}"


def lines_of(chunk: Chunk) -> list[str]:
    """Return the lines a context may quote: a fact chunk's lines, a text chunk's sentences."""
    rows = [line for line in chunk.text.splitlines() if line.strip()]
    if chunk.metadata.get("kind") == "facts":
        return [row for row in rows if ": " in row] or rows
    return [sentence[:_MAX_SENTENCE_CHARS] for row in rows
            for sentence in ([row] if row.startswith("|") or len(row) < 60 else sentences(row))]


def focus(question: str, chunks: Sequence[Chunk], *, top_k: int, lines: int, synonyms: Synonyms | None = None
          ) -> list[Passage]:
    """Return up to top_k passages numbered from 1, each quoting its chunk's lines that fit the question best.

    The lines keep the document's order; a question-and-answer chunk is quoted whole.
    """
    asked = analyse(question, synonyms=synonyms)
    passages = []
    for number, chunk in enumerate(chunks[:top_k], start=1):
        title, rows = head(chunk), lines_of(chunk)
        if chunk.metadata.get("kind") != "qa":
            ranked = sorted(range(len(rows)), key=lambda at: (match(asked, rows[at], title).rank, at))
            rows = [rows[at] for at in sorted(ranked[:lines])]
        passages.append(Passage(number=number, head=title, lines=tuple(rows), chunk_id=chunk.chunk_id))
    return passages


def fitted(passages: Sequence[Passage], budget: int, count: Callable[[str], int]) -> list[Passage]:
    """Return the passages that a budget of tokens has room for: the first ones whole, the next as far as its lines go.

    The first passage keeps at least one line; a passage of which no line fits is left out with all after it.
    """
    kept: list[Passage] = []
    left = budget
    for passage in passages:
        left -= count(passage.head)
        lines: list[str] = []
        for line in passage.lines:
            left -= count(line)
            if left < 0 and (lines or kept):
                break
            lines.append(line)
        if lines:
            kept.append(replace(passage, lines=tuple(lines)))
        if left < 0:
            break
    return kept
