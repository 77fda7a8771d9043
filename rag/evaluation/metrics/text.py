"""How near a reply's words are to the reference's: exact and normalised match, character F1, ROUGE-L, chrF; 0 to 1.

Only where there is an answer and a reference; citation marks are taken out. A reply that declines scores as its words do.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable
from functools import lru_cache

from mundap.grounding.claim import fold
from mundap.korean import kiwi, nfc
from rag.evaluation.asked import Gold, Reply
from rag.evaluation.metrics.standing import bare

_QUOTES = re.compile("['\"《》<>〈〉()‘’]")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
# What is forgiven: blanks and punctuation, thousands' commas too, but no decimal point and no sign or % of a number.
_LOOSE = re.compile(r"\s+|(?<!\d)\.|\.(?!\d)|[-+](?!\d)|[^\w\s.△▲\-+%]")
_MARKS = frozenset(("SF", "SP", "SS", "SSO", "SSC", "SE", "SO"))


def exact_match(gold: Gold, reply: Reply) -> float | None:
    """Return 1 where reply and reference are the same text, runs of blanks as one."""
    return _compared(gold, reply, lambda said, true: float(said.split() == true.split()))


def normalised_match(gold: Gold, reply: Reply) -> float | None:
    """Return 1 where they are the same but for particles, blanks, punctuation and capitals."""
    return _compared(gold, reply, lambda said, true: float(normalised(said) == normalised(true)))


def character_f1(gold: Gold, reply: Reply) -> float | None:
    """Return the F1 of characters, as KorQuAD 1.0 defines it."""
    return _compared(gold, reply, korquad_f1)


def rouge_l(gold: Gold, reply: Reply) -> float | None:
    """Return ROUGE-L's F1 over Kiwi morphemes, punctuation aside."""
    return _compared(gold, reply, rouge)


def chrf(gold: Gold, reply: Reply) -> float | None:
    """Return sacrebleu's chrF (characters up to 6, beta 2) as a share."""
    return _compared(gold, reply, chrf_of)


@lru_cache(maxsize=4096)
def normalised(text: str) -> str:
    """Return a text without particles, blanks and punctuation, in small letters; numbers keep their points and signs."""
    text = fold(nfc(text))
    kept = list(text)
    for token in kiwi().tokenize(text):
        if token.tag.startswith("J") and text[token.start:token.end] == token.form:
            kept[token.start:token.end] = [""] * token.len
    return _LOOSE.sub("", "".join(kept)).casefold()


def korquad_normalised(text: str) -> str:
    """Return a text as KorQuAD 1.0 compares it.

    Quotes and brackets are blanks, capitals small, ASCII punctuation gone, runs of blanks one.
    """
    return " ".join(_QUOTES.sub(" ", text).lower().translate(_PUNCTUATION).split())


def korquad_f1(said: str, true: str) -> float:
    """Return the F1 of the multisets of characters of two texts, blanks dropped; 0 when they share none."""
    own, wanted = (Counter(korquad_normalised(text).replace(" ", "")) for text in (said, true))
    return _f1((own & wanted).total(), own.total(), wanted.total())


def rouge(said: str, true: str) -> float:
    """Return the F1 of the longest common subsequence of two texts' morphemes; 0 when they share none."""
    from rapidfuzz.distance import LCSseq

    own, wanted = _morphemes(said), _morphemes(true)
    return _f1(LCSseq.similarity(own, wanted), len(own), len(wanted))


def chrf_of(said: str, true: str) -> float:
    """Return sacrebleu's sentence chrF of two texts as a share."""
    from sacrebleu.metrics.chrf import CHRF

    return float(CHRF().sentence_score(said, [true]).score) / 100


@lru_cache(maxsize=4096)
def _morphemes(text: str) -> tuple[str, ...]:
    return tuple(token.form for token in kiwi().tokenize(nfc(text)) if token.tag not in _MARKS)


def _f1(shared: int, said: int, wanted: int) -> float:
    return 2 * shared / (said + wanted) if shared else 0.0


def _compared(gold: Gold, reply: Reply, alike: Callable[[str, str], float]) -> float | None:
    if not gold.answerable or not gold.reference:
        return None
    return alike(bare(reply.text), bare(gold.reference))
