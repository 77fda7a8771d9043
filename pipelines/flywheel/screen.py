"""What may be taught of an answer, and what may not: each text a model is to be led towards is checked as a row's answer is.

A row must not teach what the held-out questions ask: neither the question itself nor the line it is answered from.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.grounding import check, citations
from mundap.prompt import Passage
from pipelines.flywheel.judgement import Shown
from pipelines.quality.grounded import ungrounded
from pipelines.quality.special_tokens import marks

Wrong = tuple[str, str]   # a reason of pipelines.rejects, and its detail
FINE: Wrong = ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """The questions an evaluation asks, by their letters alone, and what they are answered from.

    lines are their gold lines; chunks those of questions that have no single line. files are those they were read from,
    none where there is no evaluation to keep apart.
    """

    questions: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()
    chunks: frozenset[str] = frozenset()
    files: tuple[Path, ...] = ()

    @classmethod
    def read(cls, files: Iterable[Path]) -> HeldOut:
        """Return what some evaluation datasets hold; a file that is not there, or of another form, holds nothing."""
        questions, lines, chunks, there = set[str](), set[str](), set[str](), list[Path]()
        for file in files:
            rows = _rows(file)
            there += [file] if rows else []
            for row in rows:
                questions.add(_letters(str(row.get("question") or "")))
                found = _gold_lines(row)
                lines.update(found)
                chunks.update([] if found else [str(row.get("gold_chunk") or "")])
        return cls(questions=frozenset(questions - {""}), lines=frozenset(lines), chunks=frozenset(chunks - {""}),
                   files=tuple(there))

    def holds(self, shown: Shown, *texts: str) -> str:
        """Return the held-out question, line or chunk that a row of this prompt and these answers would give away, or ""."""
        if _letters(shown.question) in self.questions:
            return shown.question
        by_number = {passage.number: passage for passage in shown.passages}
        for text in texts:
            found = next((line for line in _lines_told(text, by_number) if line in self.lines), "")
            found = found or next((by_number[number].chunk_id for number in citations(text)
                                   if number in by_number and by_number[number].chunk_id in self.chunks), "")
            if found:
                return found
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The checks of one domain's rows."""

    decline_text: str
    held_out: HeldOut

    def prompt(self, shown: Shown, *texts: str) -> Wrong:
        """Return why nothing is taught with this prompt, FINE where something may be."""
        if not shown.by_model:
            return "model_not_asked", shown.question
        leaked = self.held_out.holds(shown, *texts)
        if leaked:
            return "held_out", leaked
        return FINE if all(text.strip() for text in texts) else ("empty_field", shown.question)

    def example(self, shown: Shown, text: str) -> Wrong:
        """Return why a text is no example to follow: its figures must stand in the passages, and it must say in which."""
        mark = marks(text)
        if mark:
            return "special_tokens", mark
        wrong = ungrounded(text, shown.passages, shown.question)
        if wrong:
            return "not_grounded", wrong
        return FINE if citations(text) or self.declines(text) else ("no_citation", text)

    def declines(self, text: str) -> bool:
        """Return whether a text says, in the domain's own words, that the documents do not hold the answer."""
        words = _letters(self.decline_text)
        return bool(words) and words in _letters(text)


def cited(text: str, passages: tuple[Passage, ...]) -> str:
    """Return a correction with the citations its writer left out, where one passage alone carries a sentence's figures.

    A text that cites anything is its writer's own business and stays as it is; no word of it is changed.
    """
    if citations(text):
        return text
    out, end = [], 0
    for sentence in check(text, passages).sentences:
        alone = sentence.supporting if sentence.claims else ()
        out.append(text[end:sentence.span[1]] + (f" [{alone[0]}]" if len(alone) == 1 else ""))
        end = sentence.span[1]
    return "".join(out) + text[end:]


def _lines_told(text: str, by_number: Mapping[int, Passage]) -> Iterator[str]:
    """Yield the passages' lines that hold a figure of a text."""
    for claim in check(text, list(by_number.values())).claims:
        for support in claim.supports if claim.claim.numeric else ():
            yield from (by_number[support.passage].lines[at].strip() for at in support.lines if at >= 0)


def _gold_lines(row: Mapping[str, Any]) -> list[str]:
    """Return the lines a held-out row is answered from: one, or a JSON list of those a figure was computed from."""
    several = row.get("gold_lines")
    found = json.loads(several) if isinstance(several, str) and several else []
    return [str(line).strip() for line in (row.get("gold_line"), *found) if line]


def _letters(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFC", text).casefold() if letter.isalnum())


def _rows(file: Path) -> list[Mapping[str, Any]]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
