"""The rows that were dropped, each with a named reason, so that rows in = rows out + rejects.

    {"reason": "ambiguous", "part": "train", "subject": "가온누리전자 2023년 기타수익", "detail": "2 values: …"}
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field

# Every reason a row or document can be dropped for, and what it means; a reason not listed here is a mistake of ours.
REASONS = {
    "unreadable": "the reader could not read the document",
    "crashed": "reading the document ended the process twice, or met a mistake of this program",
    "duplicate_document": "another document has the same id",
    "ambiguous": "the documents give two different values for the same company, year and item",
    "unclear_item": "the label says nothing on its own (합계, 기타), is too long, or is not a name",
    "no_unit": "the table gives no unit, so an answer would be a bare number",
    "accounts_differ": "OpenDART's own accounts give another value; disagreements.jsonl lists both",
    "not_a_figure": "the value is not a number",
    "line_not_in_focus": "the prompt's lines of the true chunk do not hold the line that answers",
    "not_grounded": "the grounding check does not derive every figure of the answer from the passages it cites",
    "too_few_passages": "the figures a computed answer needs stand in more passages than a prompt quotes",
    "no_withheld_context": "no passages that withhold the answer could be found",
    "answer_not_in_focus": "the quoted lines do not hold the whole answer",
    "no_article": "the terms have no article of the name that a given pair cites",
    "empty_field": "a field is empty",
    "duplicate": "another row asks the same",
    "over_tokens": "the row is longer than rows.max_tokens",
    # people's judgements: pipelines/flywheel
    "model_not_asked": "the answer was declined before a model was asked, so there is no prompt to train on",
    "held_out": "the question, or the line that answers it, belongs to the evaluation",
    "no_citation": "the answer does not say which passage it is from",
    "undecided": "the score is neither good nor bad",
    "tie": "the two answers were voted alike",
    "other_prompt": "the two answers were given to different passages or instructions",
    "same_answer": "the two answers read the same",
    "contradicted": "others judged the same otherwise, and as many of them or more",
    # the quality gate's own: pipelines/quality/registry.py
    "short_answer": "the answer is too short to say anything",
    "long_answer": "the answer is longer than wanted",
    "truncated": "the answer does not end as a sentence does",
    "error_text": "the answer is a failure of the program that wrote it",
    "special_tokens": "a control token or a prompt header stands inside a text",
    "evasive": "the answer evades a question that is not of the unanswerable kind",
    "leaks_instruction": "the answer repeats the instruction or talks about the prompt",
    "not_korean": "question or answer are not Korean",
    "repetition": "the answer repeats itself",
    "near_duplicate": "another row asks the same in almost the same words",
    "quote_not_found": "the answer quotes what its passages do not say",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """One dropped row: why, from which part, about what."""

    reason: str
    part: str
    subject: str
    detail: str = ""

    def __post_init__(self) -> None:
        assert self.reason in REASONS, self.reason


@dataclass(slots=True)
class Rejects:
    """The rejects of one run, in the order met, and how many rows and documents were tried in all."""

    rows: list[Reject] = field(default_factory=list)
    tried: int = 0

    def attempt(self) -> None:
        """Count one row, or one document, that will be either kept or dropped."""
        self.tried += 1

    def add(self, reason: str, *, part: str, subject: str, detail: str = "") -> None:
        """Drop one row for a reason listed in REASONS."""
        self.rows.append(Reject(reason=reason, part=part, subject=subject, detail=detail))

    def __len__(self) -> int:
        return len(self.rows)

    def by_reason(self, *, documents: bool = False) -> dict[str, int]:
        """Return reason -> how many rows (or whole documents, which belong to no part), sorted by name."""
        return dict(sorted(Counter(row.reason for row in self.rows if bool(row.part) is not documents).items()))

    def jsonl(self) -> str:
        """Return the rejects as JSON lines."""
        return "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in self.rows)
