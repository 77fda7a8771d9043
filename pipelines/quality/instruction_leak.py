"""Answers that repeat the instruction, or talk about the prompt, in place of answering."""

from __future__ import annotations

import re
from functools import lru_cache

from pipelines.quality.candidate import Candidate
from pipelines.quality.duplicate import letters
from pipelines.quality.filter import KEEP, UNANSWERABLE, Domain, Filter

_ABOUT_PROMPT = re.compile(
    r"당신은\s.{0,24}(?:전문가|어시스턴트|도우미|챗봇)입니다|(?:위|아래|주어진|다음)의?\s?(?:지시|지시문|지시사항|프롬프트)"
    r"(?:에|를|을|대로|사항)|지시사항에 따라|사용자의 질문에 답변하(?:세요|겠습니다)|시스템 프롬프트|system prompt", re.IGNORECASE)


def make(domain: Domain, *, min_shared_chars: int) -> Filter:
    """Return the filter. min_shared_chars: a run of as many letters of the instruction in the answer is a leak."""
    decline = letters(domain.decline_text)

    @lru_cache(maxsize=64)
    def runs(instruction: str) -> frozenset[str]:
        parts = letters(instruction).split(decline) if decline else [letters(instruction)]
        return frozenset(part[at:at + min_shared_chars] for part in parts
                         for at in range(len(part) - min_shared_chars + 1))

    def judge(row: Candidate) -> str:
        if row.kind == UNANSWERABLE:
            return KEEP
        about = _ABOUT_PROMPT.search(row.output)
        if about:
            return f"leaks_instruction: {about[0]}"
        if row.asks_by_instruction:
            return KEEP   # the question itself: an answer may well take it up
        answer, known = letters(row.output), runs(row.text("instruction"))
        shared = next((piece for at in range(len(answer) - min_shared_chars + 1)
                       if (piece := answer[at:at + min_shared_chars]) in known), "") if known else ""
        return f"leaks_instruction: {shared}" if shared else KEEP

    return Filter(judge=judge)
