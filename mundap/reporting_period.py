"""Parts of a fiscal year as facts name them ("2022년 상반기 매출액", "2022년 3분기말 자산총계") and as questions do.

A half-year's figure is never a year's, and three months are never nine: a line answers a question only when both name
the same part of the year, or neither names one.
"""

from __future__ import annotations

import re

# What a fact line may say right after its year; the longer ones first, since 3분기 begins 3분기 누적.
PERIODS = ("3분기 누적", "1분기말", "반기말", "3분기말", "1분기", "2분기", "3분기", "4분기", "상반기")
_OF_LINE = re.compile(rf"(?:19|20)\d\d년 ({'|'.join(PERIODS)})(?=\s|$)")
_CUMULATIVE_Q3 = re.compile(r"3\s*분기\s*(?:누적|누계)|(?:누적|누계)\s*3\s*분기|9개월")
_QUARTER = re.compile(r"([1-4])\s*[/·]?\s*(?:4\s*)?분기|(?<![A-Za-z])Q([1-4])|([1-4])Q(?![A-Za-z])", re.IGNORECASE)
_HALF = re.compile(r"(상|하)?\s?반기")
# A question's word -> the periods whose figures answer it. Nobody reports a second half by itself.
_ANSWERED_BY = {
    "1": ("1분기", "1분기말"), "2": ("2분기", "반기말"), "3": ("3분기", "3분기말"), "4": ("4분기",),
    "상": ("상반기", "반기말"), "": ("상반기", "반기말"), "하": (), "누적": ("3분기 누적",),
}


def of_line(label: str) -> str:
    """Return the part of the year a fact line's label names, "" for a whole year."""
    found = _OF_LINE.search(label)
    return found[1] if found else ""


def answering(question: str) -> tuple[str, ...] | None:
    """Return the periods a question asks for, or None when it names none: then only a whole year's figure answers.

    Of several ("1분기와 상반기"), each counts.
    """
    asked: list[str] = []
    if _CUMULATIVE_Q3.search(question):
        asked += _ANSWERED_BY["누적"]
        question = _CUMULATIVE_Q3.sub(" ", question)
    quarters, halves = list(_QUARTER.finditer(question)), list(_HALF.finditer(question))
    for match in quarters:
        asked += _ANSWERED_BY[match[1] or match[2] or match[3]]
    for match in halves:
        asked += _ANSWERED_BY[match[1] or ""]
    return tuple(dict.fromkeys(asked)) if asked or quarters or halves else None


def fits(question: str, label: str) -> bool:
    """Return whether a fact line speaks of the part of the year that a question asks for."""
    asked, said = answering(question), of_line(label)
    return said in asked if asked is not None else not said
