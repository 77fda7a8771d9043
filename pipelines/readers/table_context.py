"""What stands around a table, put together: which statement or form it belongs to, whose it is, unit, basis, period."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.readers.account_nature import nature_of_statement
from pipelines.readers.candidates import CASH_FLOW, FORM, NOTE, OTHER, STATEMENT, SUMMARY
from pipelines.readers.dart_head import AUDIT, Head
from pipelines.readers.labels import basis_in
from pipelines.readers.surroundings import Surroundings
from pipelines.readers.table_facts import TableContext
from pipelines.readers.table_grid import Grid

_OTHERS = re.compile(
    r"종속\s?(?:기업|회사)|관계\s?(?:기업|회사)|공동\s?(?:기업|영업)|특수관계|타법인|피투자|계열\s?회사|자회사|공동지배|해외법인"
)
_MARKED_ROWS, _MARKED_COLUMNS = 100, 30  # a form's coded cells begin at its top
_STATEMENTS = re.compile(r"^(?:(?:\d+(?:-\d+)?\.)?(?:연결|별도|개별)?재무제표|(?:\(첨부\))?(?:연결)?재무제표)$")


def table_context(
    head: Head, path: Sequence[str], around: Surroundings, grid: Grid, number: int, *, form: bool
) -> TableContext:
    """Return the context of the table that around.take() was last called for."""
    leaf, title = path[-1].replace(" ", ""), around.title
    flat_title = title.replace(" ", "")
    kind = OTHER
    if "주석" in leaf or around.in_notes:
        kind = NOTE
    elif _STATEMENTS.match(leaf):
        kind = CASH_FLOW if "현금흐름" in flat_title else STATEMENT
    elif "요약재무" in leaf:
        kind = SUMMARY
    elif form or any(cell.acode for row in grid.rows[:_MARKED_ROWS] for cell in row[:_MARKED_COLUMNS]):
        kind = FORM
    basis = basis_in(title) or around.basis or basis_in(leaf) or AUDIT.get(head.acode, "")
    if not basis and kind in (STATEMENT, CASH_FLOW, NOTE):
        basis = "별도"  # a periodic report's plain 재무제표 stand beside its 연결재무제표
    topic = around.topic(notes=kind == NOTE)
    others = bool(_OTHERS.search(leaf) or _OTHERS.search(title) or around.mentions(_OTHERS))
    if kind in (OTHER, NOTE) and _OTHERS.search(topic):
        others = False  # the items then carry the words that tell whose figures they are
    stated = kind in (STATEMENT, CASH_FLOW)
    return TableContext(
        kind=kind, number=number, topic=topic, title=title, basis=basis, units=around.units,
        caption=around.period(), about_others=others, section=path[-1],
        nature=nature_of_statement(title, cash_flow=kind == CASH_FLOW) if stated else "",
        since_first_day=around.since_first_day if stated and not head.calendar.annual else False,
    )  # fmt: skip
