"""Proper names in a reply: which stand in nothing it was shown, and which are given a figure that is another's.

A name is a run of nouns with one that Kiwi reads as proper or does not know ("새빛결머티리제약", made up after 새빛결머티리얼즈);
a word that ends as companies do (…생명, …제약) and is not made of common nouns alone; or a word beside ㈜ or 주식회사. What
no rule tells from ordinary words is a made-up name of common nouns (하늘은행): it is not counted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from mundap.context import label
from mundap.korean import kiwi, nfc
from mundap.question import squeeze
from rag.evaluation.asked import Gold, Reply
from rag.evaluation.metrics.standing import bare, lines_of, stated, texts_of

if TYPE_CHECKING:
    from kiwipiepy import Token

_COMPANY = re.compile(r"(?:전자|화학|제약|바이오|철강|중공업|공업|건설|조선|정밀|반도체|통신|텔레콤|은행|뱅크|증권|생명|화재|해상"
                      r"|보험|카드|캐피탈|자산운용|홀딩스|그룹|솔루션|시스템즈?|로지스틱?스?|리테일|머티리얼즈?|엔터테인먼트|항공|해운|물산|상사|식품"
                      r"|제과|유통|백화점|에너지|가스|전력|모터스|모비스|테크|소프트|네트웍스|케미칼|공사|공단)$")
_FORM = re.compile(r"(?:㈜|\(주\)|주식회사)\s?(?P<after>[가-힣A-Za-z0-9]{2,20})|(?P<before>[가-힣A-Za-z0-9]{2,20})(?:㈜|\(주\))")
_WORD = re.compile(r"[가-힣A-Za-z0-9]+")
_PARTICLE = re.compile(r"(?:에서는|에서|에게|으로|부터|까지|이라는|라는|이|가|은|는|을|를|의|에|과|와|로|도)$")
_NOUNS = frozenset(("NNG", "NNP", "NNB", "NR", "SL", "SN", "SH", "XPN", "XSN", "XR", "MM"))
_COMMON = frozenset(("한국", "대한민국", "한글", "한국어"))   # proper to Kiwi; naming them invents nobody
_MIN_LETTERS = 2


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it stands, particles off, and the part of it that is proper: 한국 of 한국채택국제회계기준."""

    text: str
    proper: str

    def stands_in(self, known: str) -> bool:
        """Return whether a text without blanks holds it; of what is no company's name its proper part will do."""
        parts = (self.text,) if _COMPANY.search(self.text) else (self.text, self.proper)
        # of a word that Kiwi does not know, a particle may be part
        forms = [form.casefold() for part in parts for form in (part, _PARTICLE.sub("", part)) if len(form) >= _MIN_LETTERS]
        return any(form in known for form in forms)


def unfounded_names(gold: Gold, reply: Reply) -> tuple[str, ...]:
    """Return the names of a reply that stand neither in its sources nor in the question nor in the reference."""
    known = _corpus((gold.question, gold.reference, *lines_of(gold), *texts_of(reply)))
    return tuple(name.text for name in names_in(bare(reply.text)) if not name.stands_in(known))


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
            names = [name.text for name in names_in(one.sentence) if name.stands_in(labels) and not name.stands_in(own)]
            found += [(name, f"{name} {one.claim.text}") for name in names[:1]]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=4096)
def names_in(text: str) -> tuple[Name, ...]:
    """Return the proper names of a text, each once."""
    text = nfc(text)
    beside = [_PARTICLE.sub("", match["after"] or match["before"]) for match in _FORM.finditer(text)]
    found = [Name(name, name) for name in beside if name]
    tokens = kiwi().tokenize(text)
    for word in _WORD.finditer(text):
        own = [token for token in tokens if token.start < word.end() and token.end > word.start()]
        found += [Name(text[run[0].start:run[-1].end], one.form) for run in _runs(own) for one in run if _proper(one)]
        found += [Name(company, company) for company in (_company(word[0], word.start(), own),) if company]
    return tuple(dict.fromkeys(name for name in found if len(name.text) >= _MIN_LETTERS
                               and (name.proper not in _COMMON or _COMPANY.search(name.text))))


def _runs(tokens: Sequence[Token]) -> list[list[Token]]:
    """Return the runs of nouns among a word's tokens."""
    return [list(run) for nouns, run in groupby(tokens, key=lambda token: token.tag in _NOUNS) if nouns]


def _company(word: str, start: int, tokens: Sequence[Token]) -> str:
    """Return a word, particle off, that ends as companies do and is not made of common nouns alone; "" for another."""
    name = next((one for one in (word, _PARTICLE.sub("", word)) if _COMPANY.search(one)), "")
    own = [token for token in tokens if token.end <= start + len(name)]
    return "" if len(name) < 2 * _MIN_LETTERS or all(token.tag in _NOUNS for token in own) else name


def _proper(token: Token) -> bool:
    return token.tag == "NNP" or (token.tag == "NNG" and bool(token.oov))


@lru_cache(maxsize=512)
def _corpus(texts: tuple[str, ...]) -> str:
    return "\n".join(squeeze(text).casefold() for text in texts)
