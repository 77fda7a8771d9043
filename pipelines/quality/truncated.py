"""Answers that break off: they must end as a Korean sentence does, citations and closing quotes aside.

    ends well      …지급합니다. [1]   …입니까?"   …30일이에요   …확인할 것. (제12조)   …함 (by setting)
    breaks off     …지급하며   …필요   …보다   …다음과 같습니다:   …있습니다...   2.
"""

from __future__ import annotations

import re

from mundap.grounding.claims import CITATION
from pipelines.quality.filter import KEEP, Domain, Filter

_CLOSING = "\"'”’」』》〉)]）］}*_`"
_TRAILING_NOTE = re.compile(r"[.?!。다요죠음함임]\s*[(（\[][^()（）\[\]\n]{1,80}[)）\]]\s*[.]?$")
_STOPS = ".?!。？！"
_ELLIPSIS = re.compile(r"(?:\.{2,}|…|‥)$")
_LIST_MARK = re.compile(r"(?:^|\n|[.?!다요죠]\s)\s*(?:\d{1,2}|[가-하])\.$")  # an item opened and never written
_ABBREVIATED = re.compile(r"(?:\b(?:Co|Ltd|Inc|Corp|No|vs|etc)|\(주)\.$")
# Words that end like a sentence and are none: 필요, 보다.
_NOUNS = re.compile(r"(?:필요|중요|주요|수요|개요|소요|동요|강요|요)$")
_PARTICLES = re.compile(r"(?:[가-힣]보다|마다|에다|바다|따르다)$")
_ENDINGS = ("다", "요", "죠")
_NOMINAL = ("음", "함", "임", "됨", "봄", "것")


def make(domain: Domain, *, nominal_endings: bool) -> Filter:
    """Return the filter. nominal_endings: whether …음, …함, …임 end a sentence, as in notes and regulations."""
    return Filter(judge=lambda row: KEEP if ends_well(row.output, nominal_endings=nominal_endings) else
                  f"truncated: …{row.output.rstrip()[-20:]}")


def ends_well(text: str, *, nominal_endings: bool = False) -> bool:
    """Return whether a text ends as a sentence does."""
    bare = CITATION.sub("", text).rstrip()
    note = _TRAILING_NOTE.search(bare)
    if note:
        bare = bare[:note.start() + 1]
    bare = bare.rstrip(_CLOSING + " \t\n")
    if not bare or _ELLIPSIS.search(bare) or _LIST_MARK.search(bare) or _ABBREVIATED.search(bare):
        return False
    if bare[-1] in _STOPS:
        return True
    if bare.endswith(_ENDINGS):
        return not (_PARTICLES.search(bare) or _is_noun(bare))
    return nominal_endings and bare.endswith(_NOMINAL) and len(bare.split()[-1]) > 1


def _is_noun(text: str) -> bool:
    word = text.split()[-1]
    return bool(_NOUNS.fullmatch(word) or re.search(r"(?:필요|중요|주요|수요|개요|소요)$", word))
