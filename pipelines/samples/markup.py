"""DART markup as text: paragraphs, titles, cells and tables in the tag set of dart3.xsd and dart4.xsd.

Text is written as it stands: a bare `&`, a decorative `<주1>` or `&cr;` in it reaches the file unescaped, as in
real filings. Blank lines and attribute habits follow filings downloaded between 2019 and 2025.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GREY = " BC0XD7D7D7"
PAGE_WIDTH = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One table cell; tag is TD, TH, TE (extractable, with ACODE) or TU (AUNIT and a normalised AUNITVALUE)."""

    text: str
    tag: str = "TD"
    align: str = "LEFT"
    rowspan: int = 1
    colspan: int = 1
    extra: str = ""
    in_p: bool = False


def head(text: str, *, tag: str = "TH", rowspan: int = 1, colspan: int = 1, extra: str = "") -> Cell:
    """Return a centred header cell; a TD one is grey, as tables without THEAD mark their header."""
    grey = extra or ('USERMARK="' + GREY + '"' if tag == "TD" else 'AUPDATECONT="N"')
    return Cell(text=text, tag=tag, align="CENTER", rowspan=rowspan, colspan=colspan, extra=grey)


def number(text: str, *, acode: str = "", extra: str = "", in_p: bool = False) -> Cell:
    """Return a right-aligned number cell: TE when it has an ACODE, else TD."""
    attributes = " ".join(part for part in (f'ACODE="{acode}"' if acode else "", extra) if part)
    return Cell(text=text, tag="TE" if acode else "TD", align="RIGHT", extra=attributes, in_p=in_p)


def p(text: str = "", usermark: str = "") -> str:
    """Return a paragraph; usermark is DART's font hint, such as "F-14 B"."""
    return f'<P USERMARK="{usermark}">{text}</P>' if usermark else f"<P>{text}</P>"


def bold(text: str) -> str:
    """Return a sub-heading the way most filings write one: a bold SPAN alone in a P."""
    return f'<P>\n<SPAN USERMARK=" B">{text}</SPAN>\n</P>'


def title(text: str, *, note: str = "", atoc: str = "Y", atocid: str = "", eng: str = "") -> str:
    """Return a TITLE; note is the stable section code; eng and a number for atocid exist only in dart4."""
    attributes = f'ATOC="{atoc}"'
    attributes += f' AASSOCNOTE="{note}"' if note else ""
    attributes += f' ATOCID="{atocid}"' if atocid else ""
    attributes += f' ENG="{eng}"' if eng else ""
    return f"<TITLE {attributes}>{text}</TITLE>"


def wrap(tag: str, parts: Sequence[str], attributes: str = "") -> str:
    """Return the parts inside one element, each on lines of its own."""
    start = f"<{tag} {attributes}>" if attributes else f"<{tag}>"
    return "\n".join(["", start, *parts, f"</{tag}>"])


def section(level: int, parts: Sequence[str], *, extra: str = "") -> str:
    """Return SECTION-1, -2 or -3 around the parts (the first of them its TITLE)."""
    attributes = 'ACLASS="MANDATORY" APARTSOURCE="SOURCE"' if level == 1 else 'ACLASS="MANDATORY"'
    return wrap(f"SECTION-{level}", parts, f"{extra} {attributes}".strip())


def table(
    rows: Sequence[Sequence[Cell]],
    widths: Sequence[int],
    *,
    header_rows: int = 0,
    border: int = 1,
    aclass: str = "NORMAL",
) -> str:
    """Return a TABLE with COLGROUP and TBODY; the first header_rows rows go to THEAD."""
    columns = "\n".join(f'<COL WIDTH="{width}"></COL>' for width in widths)
    parts = [f"\n<COLGROUP>\n{columns}\n</COLGROUP>"]
    fixed = aclass == "EXTRACTION"
    if header_rows:
        parts.append("\n<THEAD>\n" + "\n".join(_row(row, fixed) for row in rows[:header_rows]) + "\n</THEAD>")
    parts.append("\n<TBODY>\n" + "\n".join(_row(row, fixed) for row in rows[header_rows:]) + "\n</TBODY>")
    frame = ' FRAME="BORDER" RULES="ALL"' if border and header_rows else ""
    attributes = f'ACLASS="{aclass}" AFIXTABLE="N" WIDTH="{sum(widths)}" BORDER="{border}"{frame}'
    return wrap("TABLE", parts, attributes)


def caption(lines: Sequence[str], unit: str = "") -> str:
    """Return the borderless one-column table that carries a statement's name, periods and unit."""
    rows = [[Cell(text=line, align="CENTER", in_p=True)] for line in lines]
    if unit:
        rows.append([Cell(text=unit, align="RIGHT")])
    return table(rows, [PAGE_WIDTH], border=0)


def table_group(aclass: str, parts: Sequence[str]) -> str:
    """Return a TABLE-GROUP, DART's name for a form or a statement."""
    return wrap("TABLE-GROUP", parts, f'ACLASS="{aclass}" ADELETETABLE="N"')


def _row(cells: Sequence[Cell], fixed: bool) -> str:
    start = '<TR ACOPY="N" ADELETE="N">' if fixed else "<TR>"
    return "\n".join([start, *(_cell(cell) for cell in cells), "</TR>"])


def _cell(cell: Cell) -> str:
    attributes = f' ALIGN="{cell.align}"' if cell.align != "LEFT" else ""
    attributes += f' ROWSPAN="{cell.rowspan}"' if cell.rowspan > 1 else ""
    attributes += f' COLSPAN="{cell.colspan}"' if cell.colspan > 1 else ""
    attributes += f" {cell.extra}" if cell.extra else ""
    text = f"\n<P>{cell.text}</P>\n" if cell.in_p and cell.text else cell.text
    return f"<{cell.tag}{attributes}>{text}</{cell.tag}>"
