"""From a sentence of terms to a question: one figure becomes a question word, the ending asks.

    "… 받은 날부터 15일 이내에 청약을 철회할 수 있습니다." -> "… 받은 날부터 며칠 이내에 청약을 철회할 수 있나요?"

A sentence that leans on another ("제1항의", "다음", "이 경우") gives no question, since alone it asks nothing.
"""

from __future__ import annotations

import re

from mundap.korean import josa

_LEANS = re.compile(r"제\s?\d+\s?[조항호]|다음|이 경우|그 기한|그 사유|이때|같은 조|\[별표|그 날|그다음|^다만"
                    r"|예를 들어|예시|\d{4}년|【")
_FIGURE = re.compile(
    r"(?<![\d.,제])(?P<number>\d[\d,]*(?:\.\d+)?)"
    r"(?P<unit>영업일|일(?!당|반)|개월|년(?!도)|%|(?:억|천만|백만|만|천)?\s?원|회(?!사|당|\s입원당)|세(?!대)|촌|명|시간|급)")
_WORD = {"영업일": "몇 영업일", "일": "며칠", "개월": "몇 개월", "년": "몇 년", "%": "몇 %", "회": "몇 회", "세": "몇 세",
         "촌": "몇 촌", "명": "몇 명", "시간": "몇 시간", "급": "몇 급"}
_SEVERAL = re.compile(r"\d\S{1,3}(?:, | 또는 )\d")   # "5년, 10년 또는 15년": one of several figures is no question
_PARTICLE = re.compile(r"^(을|를|은|는|이|가|으로|로)(?=\s|$)")
_PAIR = {"을": "을/를", "를": "을/를", "은": "은/는", "는": "은/는", "이": "이/가", "가": "이/가", "으로": "으로/로",
         "로": "으로/로"}
_FINAL_B = 17   # ㅂ among a Hangul syllable's finals
_MAX_CHARS = 120


def asked(sentence: str) -> list[str]:
    """Return the questions a sentence answers, one for each figure in it; none where it cannot stand alone."""
    body = sentence.strip()
    if not body.endswith("다.") or _LEANS.search(body) or len(body) > _MAX_CHARS or "(" in body or _SEVERAL.search(body):
        return []
    found = []
    for match in _FIGURE.finditer(body):
        unit = match["unit"].strip()
        word = _WORD.get(unit, "얼마" if unit.endswith("원") else "")
        if not word or body.count(match[0]) > 1:    # "6개월 미만 … 6개월 이상": the other one would tell the answer
            continue
        found.append(interrogative(body[: match.start()] + _followed(word, body[match.end():])))
    return [question for question in dict.fromkeys(found) if question]


def _followed(word: str, rest: str) -> str:
    """Return a word with what follows it, its particle made to fit: 30만원을 -> 얼마를."""
    particle = _PARTICLE.match(rest)
    return josa(word, _PAIR[particle[1]]) + rest[particle.end():] if particle else word + rest


def interrogative(sentence: str) -> str:
    """Return a formal statement as a question in 해요체: 합니다. -> 하나요?, 있습니다. -> 있나요?; "" for another ending."""
    if sentence.endswith("습니다."):
        return sentence.removesuffix("습니다.") + "나요?"
    if sentence.endswith("입니다."):
        return sentence.removesuffix("입니다.") + "인가요?"
    if not sentence.endswith("니다.") or len(sentence) < 5:
        return ""
    stem = sentence.removesuffix("니다.")
    code = ord(stem[-1]) - ord("가")
    if not 0 <= code < 11172 or code % 28 != _FINAL_B:
        return ""
    return stem[:-1] + chr(ord(stem[-1]) - _FINAL_B) + "나요?"
