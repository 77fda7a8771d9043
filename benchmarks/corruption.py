"""Makes a true answer false in one place: plain text surgery that shares no code with the verifier it is there to test.

Each kind takes the sentences of an answer and returns one of them made false, or None where the kind has nothing to change or
the change might still be true.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

_FIGURE = re.compile(r"(?<![\dA-Za-z가-힣.,\-제~/])\d[\d,]*(?:\.\d+)?(?!\d|\s?[조항호목]\b|조의|[항호](?!선)|\s?자\b|차)")
_MONEY = re.compile(r"(?<=\d)(조원|억원|만원|백만원|천원|원|억|명|건|주|백만)(?![가-힣]?액)")
_THOUSAND = {"백만원": ("천원", "십억원"), "천원": ("원", "백만원"), "원": ("천원",), "억원": ("십만원", "천억원"),
             "만원": ("천만원", "십원"), "조원": ("십억원",), "명": ("천명",), "건": ("천건",), "주": ("천주",)}
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?=년|\s?사업|\s?회계|\.\s?\d)")
_ARTICLE = re.compile(r"(?<=제)\d+(?=조)|(?<=조의)\d+(?=\D)|(?<=제)\d+(?=[항호])")
_LONG = re.compile(r"\d[\d,]{2,}")
_AMOUNT = re.compile(r"(?<![\d.,\-△(약])(?<!약 )(\d[\d,]*(?:\.\d+)?)(?=(?:조|억|천|백|만)*원|%|명|건|주)")
_ITEM = re.compile(r"\d{4}년 (?:연결 |별도 )?([가-힣]+(?: [가-힣]+)*): (\S+)$")   # a fact line's item and value
_FLIPS = (("증가", "감소"), ("감소", "증가"), ("늘었", "줄었"), ("줄었", "늘었"), ("더 많", "더 적"), ("더 적", "더 많"),
          ("손실은", "이익은"), ("상승", "하락"), ("하락", "상승"))


@dataclass(frozen=True, slots=True)
class Original:
    """What the surgery works on: an answer's sentences, the lines it rests on, its own name and others of its kind.

    near are names that stand in the same passages, far those of the rest of the corpus.
    """

    sentences: Sequence[str]
    lines: Sequence[str]
    names: Sequence[str] = ()
    near: Sequence[str] = ()
    far: Sequence[str] = ()


Change = tuple[int, str]


def sign(given: Original, rng: random.Random) -> Change | None:
    """Return a sentence whose figure has the opposite sign, or whose change has the opposite direction."""
    found: list[Change] = []
    for at, text in enumerate(given.sentences):
        if "차이" in text or "격차" in text:
            continue    # a difference has no sign of its own
        for minus in ("△", "(-)", "-"):
            if re.search(re.escape(minus) + r"\d", text):
                found.append((at, re.sub(re.escape(minus) + r"(?=\d)", "", text)))
        bracketed = re.sub(r"(?<= )\((\d[\d,]*)\)(?=\S*원)", r"\1", text)
        if bracketed != text:
            found.append((at, bracketed))
        flips = [text.replace(old, new) for old, new in _FLIPS if old in text]
        found += [(at, flipped) for flipped in flips]
        amounts = [one for one in _AMOUNT.finditer(text) if one[1].strip("0,.")]
        if amounts and not flips and not re.search(r"손실|적자|감소|증가|항에|조에", text):
            one = rng.choice(amounts)
            found.append((at, text[:one.start()] + rng.choice("△-") + text[one.start():]))
    return rng.choice(found) if found else None


def unit(given: Original, rng: random.Random) -> Change | None:
    """Return a sentence with a unit a thousand times as large or as small."""
    found = [(at, text[:one.start()] + rng.choice(_THOUSAND[one[0]]) + text[one.end():])
             for at, text in enumerate(given.sentences) for one in _MONEY.finditer(text) if one[0] in _THOUSAND
             and re.search(r"[1-9]", text[max(0, one.start() - 8):one.start()])]
    return rng.choice(found) if found else None


def digit(given: Original, rng: random.Random) -> Change | None:
    """Return a sentence with one digit of one figure changed; years, article numbers, codes and citations are left alone."""
    found: list[Change] = []
    for at, text in enumerate(given.sentences):
        for one in _FIGURE.finditer(_hidden(text)):
            places = [place for place in range(*one.span()) if text[place].isdigit()]
            if not places or _YEAR.match(text, one.start()):
                continue
            place = rng.choice(places)
            rounder = place == places[0] or "약" in text[max(0, one.start() - 3):one.start()]   # 약 500억 is true of 507억
            allowed = [new for new in "0123456789" if new != text[place] and not (new == "0" and rounder)]
            found.append((at, text[:place] + rng.choice(allowed) + text[place + 1:]))
    return rng.choice(found) if found else None


def year(given: Original, rng: random.Random) -> Change | None:
    """Return a sentence with a year one to three off, unless a line of that year holds the same figure."""
    found: list[Change] = []
    for at, text in enumerate(given.sentences):
        for one in _YEAR.finditer(_hidden(text)):
            other = str(int(one[0]) + rng.choice((-3, -2, -1, 1, 2)))
            held = [line for line in given.lines if other in line]
            same = any(number in line for line in held for number in _LONG.findall(text) if number != one[0])
            short = any(number in line for line in held for number in re.findall(r"(?<![\d,])\d{1,2}(?=[%명건원주])", text))
            if other not in text and not same and not short:
                found.append((at, text[:one.start()] + other + text[one.end():]))
    return rng.choice(found) if found else None


def article(given: Original, rng: random.Random) -> Change | None:
    """Return a sentence with the number of an article, paragraph or item changed to one near it."""
    found: list[Change] = []
    for at, text in enumerate(given.sentences):
        for one in _ARTICLE.finditer(text):
            other = int(one[0]) + rng.choice((-2, -1, 1, 2))
            if other > 0:
                found.append((at, text[:one.start()] + str(other) + text[one.end():]))
    return rng.choice(found) if found else None


def name(given: Original, rng: random.Random) -> Change | None:
    """Return a sentence about another company, product, law or group; of two names in it, perhaps with them exchanged."""
    found: list[Change] = []
    for at, text in enumerate(given.sentences):
        own = [one for one in given.names if one in text]
        if not own:
            continue
        old = rng.choice(own)
        if len(own) > 1 and rng.random() < 0.5:
            new = rng.choice([one for one in own if one != old])
            found.append((at, text.replace(old, "\0").replace(new, old).replace("\0", new)))
            continue
        for pool in (given.near, given.far):
            others = [one for one in pool if one not in text and one not in old and old not in one]
            if others:
                found.append((at, text.replace(old, rng.choice(others))))
    return rng.choice(found) if found else None


def item(given: Original, rng: random.Random) -> Change | None:
    """Return a sentence whose figure is said to be of another item of the same passages, or of the other basis (연결, 별도)."""
    told = [(one[1], one[2]) for line in given.lines if (one := _ITEM.search(line))]
    found: list[Change] = []
    for at, text in enumerate(given.sentences):
        own = [(name, value) for name, value in told if re.search(rf"(?<![가-힣]){re.escape(name)}(?=은|는|이|가|\s|\()", text)]
        for name, value in own:
            others = [other for other, held in told if held != value and other not in text and not (name in other or other in name)]
            if others and "대비" not in text and "보다" not in text:
                new = rng.choice(others)
                found.append((at, re.sub(rf"(?<![가-힣]){re.escape(name)}(은|는|이|가)?", partial(_renamed, new), text)))
        for basis, other in (("연결", "별도"), ("별도", "연결")):
            if re.search(rf"(?<![가-힣]){basis} ", text):
                found.append((at, re.sub(rf"(?<![가-힣]){basis} ", f"{other} ", text)))
    return rng.choice(found) if found else None


KINDS: dict[str, Callable[[Original, random.Random], Change | None]] = {
    "sign flipped": sign, "unit x1000": unit, "digit changed": digit, "year shifted": year, "article changed": article,
    "name swapped": name, "item swapped": item}


def _renamed(word: str, old: re.Match[str]) -> str:
    """Return a word with the particle of the word it replaces, in the form that fits it."""
    particle = old[1]
    closed = (ord(word[-1]) - 0xAC00) % 28 > 0
    return word + ("" if not particle else "은는"[not closed] if particle in "은는" else "이가"[not closed])


def _hidden(text: str) -> str:
    """Return the text with its citation marks blanked, of the same length."""
    return re.sub(r"\[\d+\]", lambda mark: " " * len(mark[0]), text)
