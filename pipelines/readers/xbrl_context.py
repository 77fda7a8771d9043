"""What the XBRL context of a tagged cell (TE/@ACONTEXT of dart4.xsd) says: fiscal year, part of the year, basis.

"CFY2024dFY_ifrs-full_ConsolidatedAndSeparateFinancialStatementsAxis_ifrs-full_ConsolidatedMember" is the current year,
a duration (d; e is an instant), the whole fiscal year, consolidated. FQ, HY and TQ end with the first, second and third
quarter; a Q or A behind them is three months or the time from the year's first day. Other axes name a part of the company.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pipelines.readers.fiscal_year import Period

_CONTEXT = re.compile(r"(?:C|P|BP|BBP)FY(\d{4})([de])(FY|FQ|HY|TQ)([QA]?)(?:_(.+))?")
_STAGES = {"FY": 0, "FQ": 1, "HY": 2, "TQ": 3}
_AXIS = re.compile(r"(\w+?)Axis(?:_|$)")
_MEMBER = re.compile(r"([A-Za-z]+Member)(?:_|$)")
_BASES = {"ConsolidatedMember": "연결", "SeparateMember": "별도"}
_STATEMENTS = "ConsolidatedAndSeparateFinancialStatements"


@dataclass(frozen=True, slots=True)
class XbrlContext:
    """A context read. whole says that it is the company's total, not a segment's, a member's or a class of assets'."""

    period: Period
    basis: str
    whole: bool


@lru_cache(maxsize=4096)
def read_context(acontext: str) -> XbrlContext | None:
    """Return what the context says, or None for a code of another form."""
    match = _CONTEXT.fullmatch(acontext)
    if match is None:
        return None
    year, instant, stage, axes = int(match[1]), match[2] == "e", _STAGES[match[3]], match[5] or ""
    if stage == 0:
        span = ""
    elif instant:
        span = "말"
    else:
        span = {"Q": "3개월", "A": "누적"}.get(match[4], "반기" if stage == 2 else "")
    members = _MEMBER.findall(axes)
    whole = all(axis.endswith(_STATEMENTS) for axis in _AXIS.findall(axes)) and len(members) <= 1
    basis = _BASES.get(members[0], "") if members else ""
    return XbrlContext(Period(year, "", stage, span), basis, whole and (bool(basis) or not axes))
