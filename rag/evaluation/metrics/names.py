"""Proper names in a reply: which stand in nothing it was shown, and which are given a figure that is another's.

A name is a noun that Kiwi reads as proper or does not know, or a word that ends as companies do (…생명보험, …제약) and is
not made of common nouns alone, or a word beside 주식회사 or ㈜. What Kiwi does not know is mostly a name that was made up:
"새빛결머티리제약" of 새빛결머티리얼즈.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from mundap.context import label
from mundap.korean import kiwi, nfc
from mundap.question import squeeze
from rag.evaluation.asked import Gold, Reply
from rag.evaluation.metrics.standing import bare, lines_of, stated, texts_of

if TYPE_CHECKING:
    from kiwipiepy import Token

_COMPANY = re.compile(r"(?:전자|화학|제약|바이오|철강|중공업|공업|건설|조선|정밀|반도체|통신|텔레콤|은행|뱅크|증권|생명|화재|해상|보험"
                      r"|카드|캐피탈|자산운용|홀딩스|그룹|솔루션|시스템즈?|로지스틱?스?|리테일|머티리얼즈?|엔터테인먼트|항공|해운|물산|상사|식품"
                      r"|제과|유통|백화점|에너지|가스|전력|모터스|모비스|테크|소프트|네트웍스|케미칼|공사|공단)$")
_FORM = re.compile(r"(?:㈜|\(주\)|주식회사)\s?(?P<after>[가-힣A-Za-z0-9]{2,20})|(?P<before>[가-힣A-Za-z0-9]{2,20})\s?(?:㈜|\(주\))")
_WORD = re.compile(r"[가-힣A-Za-z0-9]+")
_PARTICLE = re.compile(r"(?:에서는|에서|에게|으로|부터|까지|이라는|라는|이|가|은|는|을|를|의|에|과|와|로|도)$")
_NOUNS = frozenset(("NNG", "NNP", "NNB", "NR", "SL", "SN", "SH", "XPN", "XSN", "XR", "MM"))
_COMMON = frozenset(("한국", "대한민국", "한글", "한국어"))   # proper to Kiwi; naming them invents nobody
_MIN_LETTERS = 2


def unfounded_names(gold: Gold, reply: Reply) -> tuple[str, ...]:
    """Return the names of a reply that stand neither in its sources nor in the question nor in the reference."""
    known = _corpus((gold.question, gold.reference, *lines_of(gold), *texts_of(reply)))
    return tuple(name for name in names_in(bare(reply.text)) if not _holds(known, name))


def misplaced(gold: Gold, reply: Reply) -> tuple[tuple[str, str], ...]:
    """Return (name, figure) where a sentence gives a figure of the truth to a name that only other source lines bear.

    "다담결리테일의 매출액은 1,234원입니다" where 1,234원 is 글마루솔루션's. Asked only where one figure was asked for.
    """
    if not gold.value or not gold.answerable or reply.declined:
        return ()
    own = _corpus((gold.question, gold.reference, *lines_of(gold)))
    labels = _corpus(tuple(label(line) for text in texts_of(reply) for line in text.splitlines() if ": " in line))
    found = []
    for one in stated(gold, reply):
        if one.claim.numeric and one.basis == "truth":
            names = [name for name in names_in(one.sentence) if name.casefold() in labels and not _holds(own, name)]
            found += [(name, f"{name} {one.claim.text}") for name in names[:1]]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=4096)
def names_in(text: str) -> tuple[str, ...]:
    """Return the proper names of a text, particles off, each once."""
    text = nfc(text)
    found = [match["after"] or match["before"] for match in _FORM.finditer(text)]
    tokens = kiwi().tokenize(text)
    for word in _WORD.finditer(text):
        own = [token for token in tokens if token.start < word.end() and token.end > word.start()]
        found += [token.form for token in own if _proper(token)]
        plain = _PARTICLE.sub("", word[0])
        company = next((one for one in (word[0], plain) if _COMPANY.search(one)), "")
        end = word.start() + len(company)
        if len(company) >= 2 * _MIN_LETTERS and not all(token.tag in _NOUNS for token in own if token.end <= end):
            found.append(company)
    return tuple(dict.fromkeys(name for name in map(squeeze, found) if len(name) >= _MIN_LETTERS and name not in _COMMON))


def _proper(token: Token) -> bool:
    return token.tag == "NNP" or (token.tag == "NNG" and bool(token.oov))


@lru_cache(maxsize=512)
def _corpus(texts: Iterable[str]) -> str:
    return "\n".join(squeeze(text).casefold() for text in texts)


def _holds(known: str, name: str) -> bool:
    """Return whether a name stands in a text without blanks; of a word Kiwi does not know the particle may be part."""
    name = name.casefold()
    return name in known or (len(plain := _PARTICLE.sub("", name)) >= _MIN_LETTERS and plain in known)
