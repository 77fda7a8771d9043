"""All claims of a text: articles, dates, periods, codes, fractions and figures, in order and never overlapping.

Not claims: citation marks ("[1]"), list marks ("1.", "①", "(2)" at a line's start), unit declarations, web addresses.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from mundap.grounding.articles import articles_in
from mundap.grounding.claim import Claim, blank, fold, nfc
from mundap.grounding.dates import dates_in, periods_in
from mundap.grounding.numbers import figures_in, fractions_in, hangul_figures
from mundap.grounding.units import declaration_spans

CITATION = re.compile(r"\[\s?[0-9]{1,3}(?:\s?[,~\-·]\s?[0-9]{1,3}){0,20}\s?\]", re.ASCII)
_LIST_MARK = re.compile(r"^[ \t#>*\-•·○◦▪■□※|]{0,12}"
                        r"(?:[0-9]{1,2}(?:의[0-9]{1,2})?(?:\\?\.(?![0-9])|\))|\([0-9]{1,2}\)|[①-⑳])"
                        r"(?=[\s*가-힣A-Za-z\"'「(\[]|$)", re.MULTILINE)
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]가-힣]{1,2000}+"
                      r"|[A-Za-z0-9._+\-]{1,64}@[A-Za-z0-9.\-]{1,120}", re.ASCII)
_CODE = re.compile(
    r"""(?=[0-9A-Za-z])(?:(?:(?<![0-9A-Za-z.,\-])(?:
      0[0-9]{1,2}[-)][0-9]{3,4}-[0-9]{4} | 1[5-9][0-9]{2}-[0-9]{4}            # telephone
     |[0-9]{1,12}(?:-[0-9A-Za-z]{1,12}){2,6}                                     # registration numbers
     |[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?![0-9,:])                               # times
     |[0-9]{1,6}(?:\.[0-9]{1,6}){2,6}                                            # versions, chapters
     )|(?<![0-9A-Za-z.\-])(?:(?!(?:US|USD|KRW|EUR|FY)[0-9])                    # A09, S24
       [A-Za-z]{1,12}[-_]?[0-9][0-9A-Za-z]{0,24}(?:[.\-][0-9A-Za-z]{1,12}){0,4})
    )(?![0-9A-Za-z])
    |(?<![0-9A-Za-z.,\-])[0-9]{1,6}(?!(?:k?m[²³23]?|cm|k?g|mg|m?[lL]|t|ton|[kKMG]W|[kKMG]Wh|[TGMK]B|[GM]?Hz|bps?|p\.p\.|USD?|USD|KRW|EUR|JPY|CNY|RMB|GBP)
        (?![A-Za-z]))[A-Za-z][0-9A-Za-z]{0,12}(?:-[0-9A-Za-z]{1,12}){0,6})        # 5G, 229E""",
    re.VERBOSE | re.ASCII,
)
# 제3자 and its kin are words of the law, not numbers.
_WORD = re.compile(r"제\s?3(?=자|채무자|취득자|국)", re.ASCII)
# A text without one of these letters holds no claim.
_STARTS = "0123456789십백천만억조"
_RANGE = re.compile(r"\s?[~\-]\s?", re.ASCII)


def citations(text: str) -> tuple[int, ...]:
    """Return the passage numbers a text cites, in order and once each: "[1]", "[1, 3]", "[2-4]"."""
    found: list[int] = []
    for match in CITATION.finditer(fold(text)):
        for part in re.split(r"[,·]", match[0].strip("[] ")):
            first, *last = (int(number) for number in re.split(r"\s?[~\-]\s?", part.strip()) if number)
            end = last[-1] if last and first <= last[-1] <= first + 50 else first
            found += [number for number in range(first, end + 1) if number not in found]
    return tuple(found)


def claims(text: str) -> list[Claim]:
    """Return every claim of a text in order; spans count characters of the text in NFC."""
    return list(_claims(nfc(text)))


def figures(text: str) -> list[Claim]:
    """Return the figures of a text: amounts, percentages, counts, fractions and bare numbers."""
    return [claim for claim in _claims(nfc(text)) if claim.numeric]


@lru_cache(maxsize=8192)
def _claims(text: str) -> tuple[Claim, ...]:
    """Return the claims of a text in NFC; kept, because passages are read again with every question."""
    folded = fold(text)
    if not any(letter in folded for letter in _STARTS):
        return ()
    patterns = (_ADDRESS, CITATION, _LIST_MARK, _WORD) if "@" in folded or "http" in folded or "www" in folded else \
        (CITATION, _LIST_MARK, _WORD)
    skipped = [match.span() for pattern in patterns for match in pattern.finditer(folded)]
    folded = blank(folded, skipped + declaration_spans(folded))
    found: list[Claim] = []
    for finder in (articles_in, dates_in, periods_in, _codes, fractions_in, figures_in, hangul_figures):
        new = list(finder(folded))
        found += new
        folded = blank(folded, [claim.span for claim in new])
    found.sort(key=lambda claim: claim.span)
    return tuple(_trimmed(text, claim) for claim in _ranges(text, found))


def _codes(text: str) -> list[Claim]:
    return [Claim(kind="code", span=match.span(), text=match[0], parts=(match[0].upper(),))
            for match in _CODE.finditer(text)]


def _trimmed(text: str, claim: Claim) -> Claim:
    """Return the claim with its text as the author wrote it, and no blank at either end of its span."""
    start, end = claim.span
    raw = text[start:end]
    if raw == claim.text:
        return claim
    start += len(raw) - len(raw.lstrip())
    end -= len(raw) - len(raw.rstrip())
    return replace(claim, span=(start, end), text=text[start:end])


def _ranges(text: str, found: list[Claim]) -> list[Claim]:
    """Return the claims with the first number of a range given the second's unit: 10~20%, 2021~2023년, 3~5월."""
    for position in range(len(found) - 2, -1, -1):
        first, second = found[position], found[position + 1]
        if first.kind == "number" and _RANGE.fullmatch(fold(text[first.span[1]:second.span[0]])):
            found[position] = _like(first, second)
    return found


def _like(first: Claim, second: Claim) -> Claim:
    if second.kind == "date" and first.printed is not None:
        number, (year, month, day, quarter) = str(first.printed), second.parts
        if year and len(number) == 4:
            return replace(first, kind="date", value=None, parts=(number, "", "", ""))
        if month and not year and not day and first.printed <= 12:
            return replace(first, kind="date", value=None, parts=("", number, "", ""))
        if quarter and first.printed <= 4:
            return replace(first, kind="date", value=None, parts=("", "", "", number))
    if second.numeric and second.unit and second.unit != "분수" and first.value is not None and second.printed:
        # 10~20만원 shares the scale of its end; "5천~1억원" has one of its own.
        shared = first.value == first.printed and second.value is not None
        factor = abs((second.value or first.value) / second.printed) if shared else Decimal(1)
        return replace(first, kind=second.kind, unit=second.unit, value=first.value * factor,
                       precision=first.precision * factor, rough=first.rough * factor)
    return first
