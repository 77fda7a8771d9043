"""One question of the frozen set with its truth, and one system's reply to it: all that a metric looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mundap.prompt import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """A held-out question and its truth.

    reference is the answer the row gives, its citation marks taken out; the decline text where documents hold none.
    value and unit are the figure asked for as it is printed ("1,234", "백만원"), "" where none is asked for. line is the
    source's line that holds the answer, lines all of them where it takes several (two of a comparison), chunks the ids of the
    chunks that do. reason says why a question is unanswerable.
    groups are what the report divides by: kind, category, level, difficulty, topic; only those the row has.
    """

    id: str
    question: str
    answerable: bool
    reference: str = ""
    value: str = ""
    unit: str = ""
    line: str = ""
    lines: tuple[str, ...] = ()
    chunks: tuple[str, ...] = ()
    reason: str = ""
    reference_free: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One system's reply to one question.

    text is what a person is shown, model_text what the model wrote before any check. citations are passage numbers in the
    order shown. passages are what the prompt quoted, found the ids of the chunks retrieved, best first; retrieved is False
    for a system that is given its passages, or none, so that nothing was searched for. sources are whole
    texts that an honest answer may repeat: of the passages' chunks and of the gold chunks, heads included. Times are
    seconds of this reply in its batch; finish_reason is "stop", "length" or "cancelled", "" where no model was asked.
    error is why there is no reply, "" where there is one.
    """

    text: str
    model_text: str = ""
    declined: bool = False
    citations: tuple[int, ...] = ()
    passages: tuple[Passage, ...] = ()
    found: tuple[str, ...] = ()
    retrieved: bool = True
    sources: tuple[str, ...] = ()
    struck: tuple[str, ...] = ()
    status: str = ""
    finish_reason: str = ""
    attempts: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    first_token_s: float = 0.0
    seconds: float = 0.0
    error: str = ""
