"""Whose figure a sentence says it tells: the names beside a figure must be those of the line it stands in.

"한빛의 2023년 매출액은 1,234백만원입니다" is false where 1,234백만원 is 가온's, and so is "영업이익은 1,234백만원" of a line that
says 매출액. Only fact lines ("가온 2023년 매출액: …") are held against a sentence; years are the grounding's business.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mundap import reporting_period
from mundap.context import label
from mundap.grounding import ClaimCheck, SentenceCheck
from mundap.prompt import Passage
from mundap.question import COMPUTING, Question, holds, squeeze, words
from rag.checks.evidence import is_fact

_MARK = re.compile(r"\[\s*\d+(?:\s*,\s*\d+)*\s*\]")
_GLOSS = re.compile(r"\([^()\d]*\)")     # "현금및현금성자산(바로 쓸 수 있는 돈)": told to the reader, no name
_SHARE = re.compile(r"차지|나눈|비중|비율")
_ACCORDING = re.compile(r"^[^,]{0,40}?에\s?(?:따르면|의하면)")   # the name of a table or document, which is no line's
_SAME_AGAIN = re.compile(r"\s?\((?:약|즉|대략)?\s?")   # "17,101백만원(약 171억원)" says one figure twice
_OWNER = re.compile(r"^(?P<owner>.*?)\s*(?:19|20)\d\d년")
_RATIO = re.compile(r"[가-힣]*(?:율|률|비중|비율)")
_BASES = ("연결", "별도", "개별")
# Nouns that frame a figure and name nothing: "같은 기간 당사의 전체 매출액 지표는".
_FRAMES = frozenset((
    "같은 기간 시점 당사 동사 지표 항목 부문 전체 총 총계 합 합산 결과 경우 다음 그다음 순 수 이 그 "
    "해당 단위 원화 재무제표 연결재무제표 손익계산서 재무상태표 요약재무정보 공시 사업보고서 보고서 문서 통계 "
    "자료 표 근거 참고 가장 최대 최고 최소 각각 모두 한편 또한 반면 대비 동기 동기간 누적 당기 전기 "
    "당년 기말 기초 말 초 분기 반기 상반기 하반기 사업연도 회계연도 연도 연간 기준일 현재 약 정도 수준 "
    "규모 금액 액수 수치 값 실적").split())


def foreign_name(sentence: SentenceCheck, question: Question, passages: Sequence[Passage], places: Sequence[tuple[int, int]]
                 ) -> str:
    """Return the name in a sentence that the fact lines of its figures do not hold; "" when they hold all.

    Each figure answers for the words between the figure before it and itself. A word that another line's label holds is that
    line's; one that stands nowhere is a name unless the question says it, it only frames, or the line's owner stands beside it.
    places are the lines the sentence was found to rest on: another line with the same figure does not excuse it.
    """
    lines = {(one.number, at): (one.head, line) for one in passages for at, line in enumerate(one.lines) if is_fact(line)}
    before = 0
    last: ClaimCheck | None = None
    for one in sentence.claims:
        if not one.claim.numeric:
            continue
        start, end = (at - sentence.span[0] for at in one.claim.span)
        said, before, previous, last = sentence.text[before:start], end, last, one
        if previous and _SAME_AGAIN.fullmatch(said) and previous.claim.unit == one.claim.unit \
                and not set(_places(previous)).intersection(_places(one)):
            return one.claim.text
        held = [place for place in _places(one) if place in places] or _places(one)
        own = [lines[place] for place in held if place in lines]
        if not own or len(own) < len(held) and not one.derived:
            continue
        found = [_foreign(said, group, question, lines) for group in ([own] if one.derived else [[line] for line in own])]
        if all(found):
            return found[0]
    return ""


def _places(one: ClaimCheck) -> list[tuple[int, int]]:
    return [(support.passage, at) for support in one.supports for at in support.lines if at >= 0]


def _foreign(said: str, own: Sequence[tuple[str, str]], question: Question, lines: dict[tuple[int, int], tuple[str, str]]) -> str:
    """Return the first word of a piece of a sentence that names another line's thing, or nothing that is known; "" for none."""
    written = "\n".join(f"{head}\n{label(line)}" for head, line in own)
    held, asked = squeeze(written), squeeze(question.text)
    own_labels = "\n".join(label(line) for _, line in own)
    bare = _ACCORDING.sub(" ", _GLOSS.sub(" ", _MARK.sub(" ", said)))
    owned = "보다" not in bare and any(owner and squeeze(owner) in squeeze(bare) for owner in (_owner(line) for _, line in own))
    if (periods := reporting_period.answering(bare)) is not None and len(own) == 1 \
            and reporting_period.of_line(label(own[0][1])) not in (*periods, ""):
        return reporting_period.of_line(label(own[0][1]))
    share = bool(_SHARE.search(bare))
    for word in words(bare):
        if len(word) < 2 or re.search(r"\d", word) or word in COMPUTING or word in _FRAMES or _RATIO.fullmatch(word):
            continue
        if word in _BASES:
            if any(basis in own_labels for basis in _BASES if basis != word) and word not in own_labels:
                return word
            continue
        if word in squeeze(own_labels) and holds(word, squeeze(own_labels), own_labels):
            continue
        if share and word in asked:
            continue        # "매출액 합계에서 수출이 차지하는 비중" names what the share is of
        if any(word in squeeze(label(line)) for _, line in lines.values()):
            return word     # the line's head may hold it, too: "입원외래별 통계" is of both
        if holds(word, held, written) or holds(word.replace("손실", "이익"), held, written):
            continue
        if any(holds(word, squeeze(label(line)), label(line)) for _, line in lines.values()):
            return word
        if not owned and word not in asked and word not in question.words:
            return word
    return ""


def _owner(line: str) -> str:
    """Return whose figure a fact line gives: what stands before its year, "" where no year follows."""
    found = _OWNER.match(label(line))
    return found["owner"].strip() if found else ""
