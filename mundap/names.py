"""The names of an index's own values as people write them, and which of them a misspelt name may have meant.

"㈜가온" is asked for as "가온", "무배당 한빛든든 상해보험(2504)" as "한빛든든 상해보험". A name that is merely like one of the
index never stands for it: another company's figure is worse than none. It is offered, and the asker decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher

_AROUND = re.compile(r"\(\s*(?:주|유|재|사)\s*\)|㈜|주식회사|유한회사|재단법인|사단법인|^\s*(?:\(?무배당\)?|\(무\))|\([^()]*\)\s*$")
_MIN_LETTERS = 2      # "(주)한" is no name to look for by "한" alone
_ALIKE = 0.72         # share of letters (jamo) in common from which a name is offered
MAX_OFFERED = 3


def plain(name: str) -> str:
    """Return a name without its legal form, 무배당 and a trailing bracket; the name itself where too little is left."""
    bare = " ".join(_AROUND.sub(" ", name).split())
    return bare if len(bare) >= _MIN_LETTERS else name


def alike(word: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return up to three names that a word may have been meant for, the most alike first.

    Compared by jamo, so that 젼 and 전 differ in one part of three; a name that begins with the word is alike too.
    """
    wanted = _jamo(word)
    scored = []
    for name in dict.fromkeys(names):
        letters = _jamo(plain(name))
        matcher = SequenceMatcher(None, wanted, letters, autojunk=False)
        if matcher.real_quick_ratio() < _ALIKE and not letters.startswith(wanted):
            continue
        ratio = max(matcher.ratio(), 0.9 if letters.startswith(wanted) and len(word) > 1 else 0.0)
        if ratio >= _ALIKE:
            scored.append((-ratio, name))
    return tuple(name for _, name in sorted(scored)[:MAX_OFFERED])


def _jamo(text: str) -> str:
    return unicodedata.normalize("NFD", re.sub(r"\s+", "", text).casefold())
