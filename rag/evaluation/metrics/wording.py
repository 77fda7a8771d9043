"""How a reply is worded: what readability by level is told with. Replies that decline have no wording of their own."""

from __future__ import annotations

from functools import lru_cache

from mundap.grounding import sentence_spans
from rag.evaluation.asked import Gold, Reply
from rag.evaluation.metrics.standing import bare

_LONG = 6    # letters of a word that reads as hard: compounds such as 현금및현금성자산


def words_per_sentence(gold: Gold, reply: Reply) -> float | None:
    """Return words in a sentence on average, citation marks aside."""
    said = _sentences(reply.text)
    return None if reply.declined or not said else sum(map(len, said)) / len(said)


def long_words(gold: Gold, reply: Reply) -> float | None:
    """Return which share of the words has 6 or more Hangul letters."""
    words = [word for one in _sentences(reply.text) for word in one]
    if reply.declined or not words:
        return None
    return sum(sum("가" <= letter <= "힣" for letter in word) >= _LONG for word in words) / len(words)


def answer_characters(gold: Gold, reply: Reply) -> float | None:
    """Return how long an answer is in characters, citation marks aside."""
    return None if reply.declined else float(len(bare(reply.text)))


@lru_cache(maxsize=512)
def _sentences(text: str) -> tuple[tuple[str, ...], ...]:
    plain = bare(text)
    return tuple(words for start, end in sentence_spans(plain) if (words := tuple(plain[start:end].split())))
