"""Small DART documents for the reader tests, built from their parts."""

from __future__ import annotations

from pathlib import Path

RCEPT = "20240318000123"


def caption(*lines: str) -> str:
    rows = "".join(f"<TR><TD>{line}</TD></TR>" for line in lines)
    return f'<TABLE BORDER="0" ACLASS="NORMAL"><TBODY>{rows}</TBODY></TABLE>'


def table(rows: list[list[str]], head: int = 1, aclass: str = "NORMAL") -> str:
    """Return a TABLE; a cell that begins with '<' is markup of its own."""

    def line(row: list[str], tag: str) -> str:
        return "<TR>" + "".join(cell if cell.startswith("<T") else f"<{tag}>{cell}</{tag}>" for cell in row) + "</TR>"

    thead = "<THEAD>" + "".join(line(row, "TH") for row in rows[:head]) + "</THEAD>" if head else ""
    return (
        f'<TABLE BORDER="1" ACLASS="{aclass}">{thead}<TBODY>'
        + "".join(line(row, "TD") for row in rows[head:])
        + "</TBODY></TABLE>"
    )


def section(title: str, *parts: str, level: int = 1, code: str = "") -> str:
    note = f' AASSOCNOTE="{code}"' if code else ""
    return f'<SECTION-{level}><TITLE ATOC="Y"{note}>{title}</TITLE>{"".join(parts)}</SECTION-{level}>'


def filing(
    *parts: str,
    company: str = "(주)가온누리전자",
    acode: str = "11011",
    name: str = "사업보고서",
    start: str = "20230101",
    end: str = "20231231",
    term: int = 12,
    before: str = "",
) -> str:
    return f"""<?xml version="1.0" encoding="utf-8"?>


<DOCUMENT xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="dart4.xsd">
<DOCUMENT-NAME ACODE="{acode}">{name}</DOCUMENT-NAME>
<FORMULA-VERSION ADATE="20230101">5.0</FORMULA-VERSION>
<COMPANY-NAME AREGCIK="00999999">{company}</COMPANY-NAME>
<BODY>{before}
<COVER><COVER-TITLE ATOC="Y" AASSOCNOTE="COVER">사 업 보 고 서</COVER-TITLE><P>(제 {term} 기)</P>
<TABLE ACLASS="EXTRACTION" BORDER="0"><TBODY>
<TR><TD ROWSPAN="2">사업연도</TD><TU AUNIT="PERIODFROM" AUNITVALUE="{start}">{start}</TU><TD>부터</TD></TR>
<TR><TU AUNIT="PERIODTO" AUNITVALUE="{end}">{end}</TU><TD>까지</TD></TR></TBODY></TABLE></COVER>
<LIBRARY>{"".join(parts)}</LIBRARY></BODY></DOCUMENT>
"""


def write(folder: Path, text: str, name: str = f"{RCEPT}.xml", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path
