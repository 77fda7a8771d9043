"""Answers that repeat themselves, as a model does that has lost its thread: loops of words, tails, doubled sentences."""

from __future__ import annotations

import re

from mundap.grounding import sentence_spans
from mundap.grounding.claims import CITATION
from pipelines.quality.candidate import Candidate
from pipelines.quality.filter import KEEP, Domain, Filter

_TAIL = re.compile(r"([가-힣A-Za-z]{1,20}?)\1{3,}[\s.!?]*\Z")  # "…합니다합니다합니다합니다"
_RUN = re.compile(r"([^\s\d.=\-_*#·…─━|])\1{7,}")               # one letter eight times over
_MIN_SENTENCE = 12
_LONGEST_LOOP = 8


def make(domain: Domain, *, max_loops: int) -> Filter:
    """Return the filter. max_loops: how often words may follow upon themselves; a single word once more."""
    def judge(row: Candidate) -> str:
        found = repeated(row.output, max_loops)
        return f"repetition: {found}" if found else KEEP

    return Filter(judge=judge)


def repeated(text: str, max_loops: int = 2) -> str:
    """Return what a text repeats, or "". Figures may repeat: "0, 0, 0, 0" is a row of a table."""
    tail = _TAIL.search(text) or _RUN.search(text)
    if tail:
        return tail[1] * 2
    return _loop(text.split(), max_loops) or _doubled(text)


def _loop(words: list[str], most: int) -> str:
    """Return words that follow upon themselves more than `most` times."""
    last = {word: at for at, word in enumerate(words)}
    if len(last) == len(words):
        return ""
    for size in range(1, min(_LONGEST_LOOP, len(words) // 2) + 1):
        allowed = most + 1 if size == 1 else most
        run = 0
        for at in range(len(words) - size):
            run = run + 1 if words[at] == words[at + size] else 0
            if run >= allowed * size and any(map(_speaks, words[at - size + 1:at + 1])):
                return " ".join(words[at - size + 1:at + 1])
    return ""


def _speaks(word: str) -> bool:
    return any(letter.isalpha() for letter in word)


def _doubled(text: str) -> str:
    """Return a sentence that stands twice in a row, or three times, its citations aside.

    Twice apart is good prose: two offences with one penalty.
    """
    seen: list[str] = []
    for start, end in sentence_spans(text):
        bare = "".join(CITATION.sub("", text[start:end]).split())
        if len(bare) >= _MIN_SENTENCE and (seen[-1:] == [bare] or seen.count(bare) > 1):
            return text[start:end][:60]
        seen.append(bare)
    return ""
