"""Finding figures in Korean text: amounts, percentages, counts with a unit, fractions and bare numbers.

    "영업손실은 △1,234백만원(전년 대비 12.5% 감소)"  ->  -1,234,000,000원 to 1,000,000 and 12.5% to 0.1

Every pattern is possessive or bounded, so the time is linear in the text. Native numerals ("두 건") are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from mundap.grounding.claim import Claim
from mundap.grounding.numerals import MAX_DIGITS, NUMBER, Numeral, compound, plain, scaled, well_grouped
from mundap.grounding.units import UNIT_PATTERN, UNITS, Unit

_SCALE = "십백천만억조경"
_RUN = rf"[{_SCALE}](?:[일이삼사오육칠팔구]?[{_SCALE}])*+"
# After a blank, "조" may begin 조건 and "만" 만기: there a scale must stand before a unit, a digit or the word's end.
_AFTER_BLANK = rf"(?:[ ](?=[{_SCALE}]{{1,3}}(?:[ ]?(?:원|달러|US|유로|엔|위안|명|주|개|톤)|[ ,.)~0-9]|$)))?"
_TAIL = rf"(?:[ ]?{NUMBER}(?=[ ]?(?:원|달러|유로|엔|위안|명|주(?!년)|건|개(?!월|년)|가구|세대|회|대)))"
FIGURE = re.compile(
    rf"""(?=[0-9△▲▽▼\-+(마U$₩€K])      # one test at most places of a text, where no figure begins
    (?P<minus>마이너스[ ]?|\(-\)[ ]?)?
    (?P<sign>[△▲▽▼][ ]?|(?<![0-9A-Za-z가-힣)\]%])[-+])?
    (?P<currency>US\$[ ]?|USD[ ]?|KRW[ ]?|[$₩€][ ]?)?
    (?P<late>(?<=[$₩€])[-△▲])?
    (?:\((?P<inner>[-△▲][ ]?)?(?P<paren>{NUMBER})\)|(?P<number>{NUMBER}))
    (?P<scale>{_AFTER_BLANK}{_RUN}(?:[ ]?{NUMBER}[ ]?{_RUN})*+{_TAIL}?+)?
    (?P<over>[ ]?여(?=[ ]?[가-힣%]))?
    (?P<unit>{UNIT_PATTERN})?
    """,
    re.VERBOSE | re.ASCII,
)
_HANGUL_DIGIT = "일이삼사오육칠팔구"
HANGUL = re.compile(
    rf"""(?=[{_HANGUL_DIGIT}{_SCALE}])(?<![가-힣0-9A-Za-z])
    (?P<numeral>[{_HANGUL_DIGIT}{_SCALE}]{{1,10}}(?:[ ][{_HANGUL_DIGIT}]?[{_SCALE}]{{1,4}}){{0,3}})
    (?:[ ]?(?P<over>여[ ]?)?(?P<unit>원(?!칙|인)|달러|퍼센트|배|명|개월|년|세)
       |(?=[\s.,)\]]|$|[을를이가은는의에로과와도]))""",
    re.VERBOSE | re.ASCII,
)
FRACTION = re.compile(
    rf"(?=[0-9십백천만억])(?<![0-9,.])(?P<denominator>(?:{NUMBER})?[십백천만억]{{0,2}})\s?분의\s?(?P<numerator>{NUMBER})"
    r"|(?<![0-9/.,\-])(?P<over>[0-9]{1,4})/(?P<under>[0-9]{1,5})(?![0-9/])",
    re.ASCII,
)
_ABOUT_BEFORE = re.compile(r"(?:약|대략|거의|어림잡아|대체로|≈|≒)\s?$")
_ABOUT_AFTER = re.compile(r"\s?(?:가량|정도|내외|안팎|수준|남짓|쯤|전후)")


def _nothing_before(text: str, start: int) -> bool:
    """Return whether the cell, label or line begins here, so that a bracketed number is a negative one."""
    before = text[max(0, start - 3):start].rstrip(" ")
    return not before or before[-1] in ":|\t\n"


def _negative(match: re.Match[str], text: str) -> bool:
    """Return whether the figure is written as negative: △, -, 마이너스, or the digits alone in brackets."""
    signs = [match["sign"] or "", match["late"] or "", match["inner"] or ""]
    if match["minus"] or any(sign.strip() in tuple("-△▲▽▼") for sign in signs if sign.strip()):
        return True
    bracketed = match["paren"]
    if not bracketed:
        return False
    return bool("," in bracketed or match["scale"] or match["unit"] or _nothing_before(text, match.start()))


def _is_mark(match: re.Match[str], text: str) -> bool:
    """Return whether brackets hold an ordinal or a year, "(1)" "(2023)", not a figure."""
    inside = match["paren"]
    if not inside or match["inner"] or match["unit"] or match["scale"]:
        return False
    return inside.isdigit() and len(inside) <= 2 and not _nothing_before(text, match.start())


def figures_in(text: str) -> Iterator[Claim]:
    """Yield the figures of a folded text in which dates, articles and codes have been blanked, in order."""
    for match in FIGURE.finditer(text):
        number = match["paren"] or match["number"]
        if sum(map(str.isdigit, number)) > MAX_DIGITS:
            yield Claim(kind="code", span=match.span(), text=match[0], parts=(number.replace(",", ""),))
        elif not well_grouped(number):
            yield from _separate(match, number)
        elif not _is_mark(match, text) and (claim := _figure(match, text)):
            yield claim


def _separate(match: re.Match[str], number: str) -> Iterator[Claim]:
    """Yield the numbers of a list written without blanks ("1,2,3호"); the unit stays with the last."""
    at = match.start("paren" if match["paren"] else "number")
    unit = _unit(match)
    pieces = number.split(",")
    for position, piece in enumerate(pieces):
        own = unit if position == len(pieces) - 1 else None
        yield _claim(plain(piece), own, (at, at + len(piece)), piece, negative=False, printed=Decimal(piece))
        at += len(piece) + 1


def _unit(match: re.Match[str]) -> Unit | None:
    written = (match["unit"] or "").replace(" ", "")
    if written:
        return UNITS[written.replace("P", "p") if written.startswith("%") else written]
    currency = (match["currency"] or "").strip()
    return UNITS[{"$": "US$", "₩": "원", "€": "EUR"}.get(currency, currency)] if currency else None


def _figure(match: re.Match[str], text: str) -> Claim | None:
    number = match["paren"] or match["number"]
    scale = match["scale"] or ""
    numeral = scaled(number, scale) if scale else plain(number)
    if numeral is None:
        return None
    unit = _unit(match)
    if numeral.value == 1 and unit is not None and text.startswith("당", match.end()):
        return None  # "1인당": a denominator, not a figure
    start, end = match.span()
    about = bool(_ABOUT_BEFORE.search(text, max(0, start - 6), start)) or bool(_ABOUT_AFTER.match(text, end))
    return _claim(numeral, unit, (start, end), match[0], negative=_negative(match, text), about=about,
                  over=bool(match["over"]), printed=plain(number).value)


def _claim(numeral: Numeral, unit: Unit | None, span: tuple[int, int], text: str, *, negative: bool, printed: Decimal,
           about: bool = False, over: bool = False) -> Claim:
    factor = unit.factor if unit else Decimal(1)
    value = (-numeral.value if negative else numeral.value) * factor
    return Claim(kind=unit.kind if unit else "number", span=span, text=text.strip(), unit=unit.name if unit else "",
                 value=_without_exponent(value), precision=numeral.precision * factor,
                 rough=numeral.rough * factor, approximate=about or over, at_least=over,
                 printed=-printed if negative else printed)


def _without_exponent(value: Decimal) -> Decimal:
    """Return the value so that it prints as digits: 1234000000, not 1.234E+9."""
    exponent = value.as_tuple().exponent
    whole = isinstance(exponent, int) and exponent > 0 and value.adjusted() < 27
    return value.quantize(Decimal(1)) if whole else value


def hangul_figures(text: str) -> Iterator[Claim]:
    """Yield the figures written in Hangul alone: "삼천만 원", "오십억", "백만원"; not words that only look so."""
    for match in HANGUL.finditer(text):
        numeral, written = match["numeral"], match["unit"] or ""
        if not _plausible(numeral, written) or (value := compound(numeral)) is None:
            continue
        before = text[max(0, match.start() - 6):match.start()]
        if "단위" in before:
            continue
        about = bool(_ABOUT_BEFORE.search(before)) or bool(match["over"])
        yield _claim(value, UNITS[written] if written else None, match.span(), match[0], negative=False, about=about,
                     over=bool(match["over"]), printed=value.value)


def _plausible(numeral: str, unit: str) -> bool:
    """Return whether Hangul letters can only be a numeral: 사명, 이조, 만일, 이 세 and their like are words."""
    letters = numeral.replace(" ", "")
    digits = any(letter in _HANGUL_DIGIT for letter in letters)
    scales = any(letter in _SCALE for letter in letters)
    if not scales:
        return False
    if unit in ("원", "달러"):
        return True
    if not unit:
        return digits and letters[-1] in "만억조" and (len(letters) >= 3 or letters[-1] == "억")
    if unit in ("년", "개월") and letters == "십":
        return True
    return digits and len(letters) >= 2 and letters != "일백"


def fractions_in(text: str) -> Iterator[Claim]:
    """Yield the fractions: "3분의 2", "1만분의 719", "천분의 15", "1/4"; value is numerator / denominator."""
    if "분의" not in text and "/" not in text:
        return
    for match in FRACTION.finditer(text):
        if match["over"]:
            over, under = plain(match["over"]).value, plain(match["under"]).value
        else:
            denominator = compound(match["denominator"]) if match["denominator"] else None
            if denominator is None or len(match["numerator"]) > MAX_DIGITS:
                continue
            over, under = plain(match["numerator"]).value, denominator.value
        if under:
            yield Claim(kind="fraction", span=match.span(), text=match[0], unit="분수", value=over / under,
                        precision=Decimal(0), printed=over, parts=(str(over.normalize()), str(under.normalize())))
