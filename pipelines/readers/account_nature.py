"""Whether a figure is a balance (at a day), a flow (over a time) or a flow since the year's first day: by table and name.

Only interim reports need to know: "제 48 기 1분기" heads both the assets at its end and the sales during it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pipelines.readers.interim import Nature

_BALANCE = re.compile(
    r"(?:자산|부채|자본|자본금|잉여금|총계|자산총액|부채총액|자본총액|지분|채권|채무|차입금|사채|재고|예수금|선수금|선급금|미수금|미지급금|충당금|누계액"
    r"|현금성자산|현금|주식수|주식의총수|직원수|인원|주주수|근속연수|잔고|잔액|예금|대여금|보증금|리스부채)$"
)
_FLOW = re.compile(
    r"매출|수익|이익|손실|손익|비용|원가|현금흐름|현금유[입출]|생산실적|생산량|판매량|판매실적|수출|내수|급여|보수|상각비|연구개발|가동률|가동시간|주당"
)
_BALANCE_TITLE = re.compile(r"재무상태표|대차대조표")
_FLOW_TITLE = re.compile(r"손익계산서|포괄손익")


def nature_of_statement(title: str, *, cash_flow: bool) -> Nature:
    """Return what all figures of a statement are, judged by its title; "" when it leaves that to its items."""
    if cash_flow:
        return "cumulative"  # K-IFRS 1034: cash flows of an interim report are those since the year's first day
    flat = title.replace(" ", "")
    if _BALANCE_TITLE.search(flat):
        return "balance"
    return "flow" if _FLOW_TITLE.search(flat) else ""


@lru_cache(maxsize=65_536)
def nature_of_item(item: str) -> Nature:
    """Return what a figure is by its own name, "" when the name does not tell."""
    flat = re.sub(r"\([^()]*\)$", "", item.replace(" ", ""))
    if _BALANCE.search(flat):
        return "balance"
    return "flow" if _FLOW.search(flat) else ""
