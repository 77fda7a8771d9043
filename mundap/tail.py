"""Where a model's answer ends and its running on begins: rules on a text that grows, known to no model and no endpoint.

    rules = TailRules(phrases=("이번에",), repetition=True, script=True)
    cut("제8조에 따르면 … 지급합니다. 이번에 새로 나온 상품은 …", rules)   ->  "제8조에 따르면 … 지급합니다."
    cut("이번에 개정된 약관은 …", rules)                                   ->  unchanged
    cut("매출액은 10원입니다. 매출액은 10원입니다.", rules)                 ->  "매출액은 10원입니다."
    cut("매출액은 10원입니다. продажи", rules)                             ->  "매출액은 10원입니다."

Three rules. A phrase that begins a sentence after a complete one (it is ordinary words, and marks nothing inside a
sentence or at an answer's start). A sentence or a line said before, or a block of 8 or more letters three times running. Five
letters running of a script that neither Korean, nor Latin, nor the prompt is written in.

What runs on is cut with the sentence it began in, where a sentence before it is complete; else from where it began. A
rule looks only at what stands before the place where it fires, so an answer generated letter by letter, token by token
or at once is cut at the same place; and `shown` says how much of a growing answer no rule can take back.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from mundap.grounding import sentence_spans

BLOCK, TIMES = 8, 3      # letters of a block at least, and how often it stands running until it is running on
RUN = 5                  # letters of another script; "株式會社" after its Korean name is a gloss, not a tail
_MARKS = r"(?:\s{0,3}\[[\d ,~·-]{1,40}\])"
# As mundap.grounding.sentences: "1.2조", "2024. 3. 15." and "1. " end no sentence.
_STOP = re.compile(rf"(?:(?<=[가-힣)\]%\"'」』”’])[.。]|[!?])[\"'”’)」』]{{0,3}}{_MARKS}{{0,10}}(?=\s)")
_END = re.compile(rf"{_STOP.pattern}|(?<=\S)(?=[^\S\n]*\n)")    # a line's end, too
_SENTENCE = re.compile(r"[.。!?][\"'”’)」』]{0,3}\Z")
_ENDED = re.compile(r"[.?!。][\"'”’)]*(?:\s*\[\d+\])*\s*$")
_HANGUL = re.compile("[가-힣]")
_RULER = frozenset("-=_|:+ ")    # a table's ruler repeats itself and says nothing
_SCRIPTS = frozenset(
    "ARABIC ARMENIAN BENGALI CJK CYRILLIC DEVANAGARI ETHIOPIC GEORGIAN GREEK GUJARATI GURMUKHI HEBREW HIRAGANA KANNADA KATAKANA "
    "KHMER LAO MALAYALAM MONGOLIAN MYANMAR ORIYA SINHALA TAMIL TELUGU THAI TIBETAN".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class TailRules:
    """Which rules end an answer; scripts are those its prompt is written in, besides Korean and Latin."""

    phrases: tuple[str, ...] = ()
    repetition: bool = False
    script: bool = False
    scripts: frozenset[str] = field(default_factory=frozenset)

    @property
    def any(self) -> bool:
        """Return whether there is a rule at all."""
        return bool(self.phrases) or self.repetition or self.script


def cut(text: str, rules: TailRules) -> str:
    """Return a whole answer without its tail; unchanged where no rule fires."""
    place = place_of(text, rules, final=True)
    return text if place is None else text[:place]


def place_of(text: str, rules: TailRules, *, since: int = 0, final: bool = False) -> int | None:
    """Return where an answer is cut, None where no rule fires.

    since: the characters that were looked at before, so that a growing text is not read anew for every token. final: the
    text goes on no further, so that a full stop at its end ends a sentence.
    """
    fired = [found for found in (
        _phrase(text, rules.phrases) if rules.phrases else None,
        _said_again(text, _ends(text, final=final)) if rules.repetition else None,
        _block(text, since) if rules.repetition else None,
        _switch(text, rules.scripts) if rules.script else None) if found]
    if not fired:
        return None
    _, begun = min(fired, key=lambda one: (one[0], -one[1]))
    complete = [end for end in _ends(text[:_after_blanks(text, begun)], final=True) if end <= begun]
    return complete[-1] if complete else len(text[:begun].rstrip())


def shown(text: str, rules: TailRules) -> int:
    """Return how many characters of an answer that still grows may be shown: no rule takes them back, whatever follows.

    After a complete sentence, whole sentences; before it, all but what may be the beginning of something that runs on.
    """
    if not rules.any:
        return len(text)
    end = len(text) - (_recurring(text) if rules.repetition else 0)
    if rules.script:
        end = min(end, _open_run(text, rules.scripts))
    ends = [at for at in _ends(text, final=False) if at <= end]
    if ends and (rules.repetition or rules.script):
        return ends[-1]
    stops = [match.end() for match in _STOP.finditer(text)]
    if stops and any(phrase.startswith(text[stops[-1]:].strip()) for phrase in rules.phrases):
        end = min(end, stops[-1])
    return len(text[:end].rstrip())


@lru_cache(maxsize=4096)
def script(letter: str) -> str:
    """Return the script of a letter of another script than Hangul and Latin, by its Unicode name; "" for anything else."""
    if letter < "\u0370" or "가" <= letter <= "힣":
        return ""
    first = unicodedata.name(letter, "").partition(" ")[0].partition("-")[0]
    return first if first in _SCRIPTS and unicodedata.category(letter)[0] in "LM" else ""


def scripts_of(text: str) -> frozenset[str]:
    """Return the scripts a text is written in, besides Hangul and Latin."""
    return frozenset(map(script, set(text))) - {""}


def _ends(text: str, *, final: bool) -> list[int]:
    """Return where complete sentences and lines end, citation marks included; a sentence is followed by a blank or the end."""
    return list(dict.fromkeys(match.end() for match in _END.finditer(text + " " * final)))


def _phrase(text: str, phrases: tuple[str, ...]) -> tuple[int, int] | None:
    """Return (where it is known, where it begins) of the first sentence after a complete one that begins with a phrase."""
    found = []
    for stop in _STOP.finditer(text):
        start = _after_blanks(text, stop.end())
        found += [(start + len(phrase), start) for phrase in phrases if text.startswith(phrase, start)]
    return min(found, default=None)


def _said_again(text: str, ends: list[int]) -> tuple[int, int] | None:
    """Return the first complete sentence, or line of BLOCK letters, that was said before, citation marks and blanks aside."""
    said, start = set[str](), 0
    for end in ends:
        bare = re.sub(rf"{_MARKS}|\s", "", text[start:end])
        if bare in said:
            return end + 1, _after_blanks(text, start)
        if _SENTENCE.search(bare) or (len(bare) >= BLOCK and not _RULER.issuperset(bare)):
            said.add(bare)
        start = end
    return None


def _block(text: str, since: int) -> tuple[int, int] | None:
    """Return the first block of BLOCK or more letters that stands TIMES times running, as known at its last letter."""
    for end in range(max(since + 1, BLOCK * TIMES), len(text) + 1):
        tail, limit = text[end - BLOCK: end], end - BLOCK
        while (at := text.rfind(tail, 0, limit)) >= 0:
            size, limit = end - BLOCK - at, at + BLOCK - 1
            last, before = text[end - size: end], end - 2 * size
            if before < size:
                break
            if text.startswith(last, before) and text.startswith(last, before - size) and not _RULER.issuperset(last):
                return end, before
    return None


def _switch(text: str, allowed: frozenset[str]) -> tuple[int, int] | None:
    """Return the first RUN letters running of a script not allowed, after Korean; blanks between words do not end a run."""
    start, letters = -1, 0
    for at, letter in enumerate(text):
        name = script(letter)
        if name and name not in allowed:
            start, letters = (at, 1) if letters == 0 else (start, letters + 1)
            if letters == RUN and _HANGUL.search(text, 0, start):
                return at + 1, start
        elif letter != " ":
            letters = 0
    return None


def _open_run(text: str, allowed: frozenset[str]) -> int:
    """Return where a run of another script begins that the text ends in; the text's length where it ends in none."""
    at = len(text)
    while at and (text[at - 1] == " " or script(text[at - 1]) not in allowed | {""}):
        at -= 1
    return at


def _recurring(text: str) -> int:
    """Return how many last characters say again what stands BLOCK or more before them, and may be a block's next copies."""
    most, before = 0, text[:-BLOCK]
    while most < len(before) and text[len(text) - most - 1:] in before:
        most += 1
    return most


def _after_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def without_tail(text: str) -> str:
    """Return a text that was broken off at its length without the sentence it broke off in, where another is before it.

    "… 715,500백만원입니다. [1] 2" would show a figure 2 that nobody wrote: the beginning of "2023년에는".
    """
    spans = sentence_spans(text)
    return text[: spans[-2][1]] if len(spans) > 1 and not _ENDED.search(text) else text
