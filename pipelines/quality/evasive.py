"""Answers that evade ("약관에 명시되어 있지 않습니다") where the row is not of the unanswerable kind.

Only what ends a sentence counts: "기간이 명시되어 있지 않으면 2년으로 봅니다" is an answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mundap.grounding import sentence_spans
from pipelines.quality.candidate import Candidate
from pipelines.quality.duplicate import letters
from pipelines.quality.filter import KEEP, UNANSWERABLE, Domain, Filter

_END = r"\s*(?:\[[0-9, ]+\])?\s*[.!?\"'”’)]*\s*(?:\[[0-9, ]+\])?$"
_DENIED = r"(?:않습니다|않아요|않네요|않음|않다|않는다)"
_WRITTEN = r"(?:명시|기재|언급|제시|서술|수록|명기|표기)"
_TOLD = r"(?:규정|포함|안내|설명|확인|다루)"   # of a law or a contract itself these are answers: "민법은 … 규정하고 있지 않습니다"
_SOURCE = (r"(?:문서|약관|조항|자료|본문|지문|내용|문맥|텍스트|정보|보고서|제공된\s?[가-힣]+|주어진\s?[가-힣]+)"
           r"(?:상|만)?(?:에|에는|에서|에서는|만으로|만으로는|으로는|으로)")
_EVASIONS = [re.compile(pattern + _END) for pattern in (
    rf"{_WRITTEN}(?:되어|돼|되고|하고)\s?있지(?:는|도)?\s?{_DENIED}",
    rf"{_SOURCE}.{{0,40}}(?:{_WRITTEN}|{_TOLD})(?:되어|돼|되고|하고|고)?\s?(?:있|되|하)?지(?:는|도)?\s?{_DENIED}",
    r"나(?:와|타나)\s?있지는?\s?" + _DENIED,
    r"찾(?:을|아볼)\s?수\s?(?:없습니다|없어요|없음|없다|없네요)",
    rf"{_SOURCE}.{{0,40}}(?:알|확인할|답변할|판단할|답할|파악할)\s?수(?:가|는)?\s?(?:없습니다|없어요|없음|없다)",
    rf"{_SOURCE}.{{0,30}}(?:내용|정보|언급|설명|답변|답)(?:이|가|은|는)?\s?(?:없습니다|없어요|없음|없다)",
    r"답변(?:을)?\s?(?:드릴|드리기|할|하기)(?:\s?수)?(?:가|는)?\s?(?:없습니다|어렵습니다|없어요|어려워요)",
    r"(?:제공된|주어진)\s?(?:정보|자료|문서|약관).{0,20}부족합니다",
    r"(?:정확한|구체적인|자세한)\s?(?:정보|내용|답변)(?:는|은|을|를)?\s?(?:알|제공할|드릴|확인할)\s?수\s?(?:없습니다|없어요)",
)]


def make(domain: Domain, *, phrases: Sequence[str]) -> Filter:
    """Return the filter. phrases are further texts that make an answer evasive wherever they stand in it."""
    decline = letters(domain.decline_text)

    def judge(row: Candidate) -> str:
        if row.kind == UNANSWERABLE:
            return KEEP
        if decline and decline in letters(row.output):
            return f"evasive: {domain.decline_text}"
        found = next((phrase for phrase in phrases if phrase in row.output), "") or evasion(row.output)
        return f"evasive: {found}" if found else KEEP

    return Filter(judge=judge)


def evasion(text: str) -> str:
    """Return the first sentence of a text that evades, or ""."""
    if not any(word in text for word in ("않", "없", "어렵", "어려", "부족")):
        return ""
    sentences = (text[start:end] for start, end in sentence_spans(text))
    return next((one for one in sentences if any(pattern.search(one) for pattern in _EVASIONS)), "")
