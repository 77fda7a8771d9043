"""Finding dates and accounting periods: 2024년 3월 15일, 2024.12, 2024-12-31, ’24.3.15., 24년 12월, 2분기, 제55기.

A date is (year, month, day, quarter), "" where it is silent. "20년간" is a duration and stays a count (numbers.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mundap.grounding.claim import Claim

_MONTH = r"(?:1[0-2]|0?[1-9])"
_DAY = r"(?:3[01]|[12][0-9]|0?[1-9])"
_YEAR = r"(?:1[0-9]|20)[0-9]{2}"
_DATE = re.compile(
    rf"""(?=['0-9F])(?:(?<![0-9.,/\-])(?:
      (?P<y1>{_YEAR})(?:\.\s{{0,2}}(?P<m1>{_MONTH})\.\s{{0,2}}(?P<d1>{_DAY})\.?
                      |(?P<separator>[.\-/])(?P<m2>{_MONTH})(?:(?P=separator)(?P<d2>{_DAY}))?\.?)
          (?![0-9]|\.[0-9]|\s?[%천만억조원배]|-[0-9])
     |'?(?P<y3>{_YEAR}|(?<=')[0-9]{{2}}|[0-9]{{2}}(?=\s?년도?\s?[0-9]{{1,2}}\s?(?:월|분기)))\s?년(?:도|말)?
          (?:\s?(?P<m3>{_MONTH})\s?월(?:\s?(?P<d3>{_DAY})\s?일)?|\s?(?P<q3>[1-4])\s?(?:/4\s?)?분기)?
     |'?(?P<y4>[0-9]{{2}})(?:\.\s?(?P<m4>{_MONTH})\.\s?(?P<d4>{_DAY})\.?|(?<='[0-9]{{2}})\.(?P<m5>{_MONTH})\.?)
          (?![0-9]|\.[0-9]|\s?[%천만억조원배])
     |(?P<y6>[0-9]{{2}})(?=\s?(?:년도|년\s?[말상하]))
     |(?P<y7>{_YEAR})(?=\s?(?:사업|회계)\s?연도)
     |(?P<m8>{_MONTH})\s?월(?!드|간|등)(?:\s?(?P<d8>{_DAY})\s?일(?!간))?
     |(?P<q9>[1-4])\s?분기
 )|\bFY\s?'?(?P<y10>{_YEAR}|[0-9]{{2}})(?![0-9A-Za-z]))""",
    re.VERBOSE | re.ASCII,
)
_GROUPS = {letter: tuple(name for name in _DATE.groupindex if name[0] == letter and name[1:].isdigit())
           for letter in "ymdq"}
PERIOD = re.compile(r"(?:제\s?(?P<number>[0-9]{1,3})\s?(?:\([당전]+\)\s?)?기(?!관|업|준|본)"
                    r"|(?<![0-9.,])(?P<bare>[0-9]{1,3})기(?=\s|말|초|[.,)(\]]|$|[의에와과]))", re.ASCII)
YEAR = re.compile(rf"(?<![0-9,.]){_YEAR}(?![0-9,.]?[0-9])", re.ASCII)
# Two digits are this century up to 69, as strptime's %y reads them.
_PIVOT = 69


def full_year(year: str) -> str:
    """Return a year in four digits; "24" is 2024 and "98" is 1998."""
    if len(year) != 2:
        return year
    return f"20{year}" if int(year) <= _PIVOT else f"19{year}"


def dates_in(text: str) -> Iterator[Claim]:
    """Yield the dates of a folded text, in order."""
    for match in _DATE.finditer(text):
        found = {letter: next((match[name] for name in names if match[name]), "") for letter, names in _GROUPS.items()}
        year, month, day = full_year(found["y"]), found["m"].lstrip("0"), found["d"].lstrip("0")
        yield Claim(kind="date", span=match.span(), text=match[0].strip(), parts=(year, month, day, found["q"]))


def periods_in(text: str) -> Iterator[Claim]:
    """Yield the accounting periods of a folded text: "제 55 기"."""
    for match in PERIOD.finditer(text) if "기" in text else ():
        yield Claim(kind="period", span=match.span(), text=match[0], unit="기",
                    parts=(str(int(match["number"] or match["bare"])),))
