"""The front of a filing: document header, correction notice, cover and the officers' confirmation."""

from __future__ import annotations

import datetime
import itertools
import re

from pipelines.samples.figures import rounded
from pipelines.samples.filing import ATOCID, Filing
from pipelines.samples.markup import Cell, head, p, section, table, table_group, wrap

SCHEMA = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="{}"'


def document(filing: Filing, body: list[str]) -> str:
    """Return the whole file's text around the body's parts, with `\\n` line ends."""
    xsd, version = ("dart4.xsd", '"20250107">5.9') if filing.is_dart4 else ("dart3.xsd", '"20240102">5.4')
    parts = [
        "",
        '<DOCUMENT-NAME ACODE="11011">사업보고서</DOCUMENT-NAME>',
        f"<FORMULA-VERSION ADATE={version}</FORMULA-VERSION>",
        f'<COMPANY-NAME AREGCIK="{filing.company["corp_code"]}">{filing.company["name"]}</COMPANY-NAME>',
        wrap(
            "SUMMARY",
            [
                '<EXTRACTION ACODE="LINK_FLAG" AFEATURE="BOTH">C</EXTRACTION>',
                '<EXTRACTION ACODE="FIN_TYPE" AFEATURE="BOTH">A</EXTRACTION>',
                f'<EXTRACTION ACODE="FIN_PERIOD" AFEATURE="BOTH">{filing.year}1231</EXTRACTION>',
            ],
        ),
        "",
        wrap("BODY", body, 'ATOCID="1"' if filing.is_dart4 else ""),
    ]
    declaration = '<?xml version="1.0" encoding="utf-8"?>\n\n'
    text = declaration + wrap("DOCUMENT", parts, SCHEMA.format(xsd)) + "\n"
    numbers = itertools.count(2)
    return re.sub(re.escape(ATOCID), lambda _: str(next(numbers)), text)


def correction(filing: Filing, first_filed: datetime.date) -> str:
    """Return the CORRECTION block of an amended filing: 항목, 정정사유, 정정 전, 정정 후."""
    before, after = filing.before, filing.accounts[filing.year]
    assert before is not None
    term, unit = filing.heading(filing.year), filing.unit
    rows = [[head(text) for text in ("항  목", "정정사유 ", "정 정 전", "정 정 후")]]
    where = "III. 재무에 관한 사항&cr;2. 연결재무제표&cr;연결 손익계산서"
    reason = filing.company["amendment"]["reason"]
    for index, account in enumerate(("판매비와관리비", "영업이익", "기타비용")):
        row = [Cell(text=where, rowspan=3), Cell(text=reason, rowspan=3)] if index == 0 else []
        old, new = (f"{account} {filing.amount(values[account])}{unit}" for values in (before, after))
        rows.append([*row, Cell(text=f"{term} {old}"), Cell(text=f"{term} {new}")])
        filing.state(f"정정 전 {account}", before[account], unit, "정정신고")
        filing.state(f"정정 후 {account}", after[account], unit, "정정신고")
    prose = [f"영업이익 {rounded(values['영업이익'], 100):,}억원" for values in (before, after)]
    old_line, new_line = (f"{term} 영업이익 {filing.amount(v['영업이익'])}" for v in (before, after))
    rows += [
        [
            Cell(text="III. 재무에 관한 사항&cr;1. 요약재무정보"),
            Cell(text="상동"),
            Cell(text=old_line),
            Cell(text=new_line),
        ],
        [Cell(text="II. 사업의 내용&cr;1. 사업의 개요"), Cell(text="상동"), Cell(text=prose[0]), Cell(text=prose[1])],
    ]
    parts = [
        filing.title("정 정 신 고 (보고)", note="CORRECTION"),
        table([[Cell(text=f"{filing.filed:%Y년 %m월 %d일}", align="RIGHT")]], [600], border=0),
        p("1. 정정대상 공시서류 : 사업보고서", "F-14"),
        p(),
        p(f"2. 정정대상 공시서류의 최초제출일 : {first_filed:%Y년 %m월 %d일}", "F-14"),
        p(),
        p("3. 정정사항", "F-14"),
        table(rows, [150, 150, 150, 150], header_rows=1),
        p("※ 정정 전과 정정 후의 법인세비용차감전순이익 및 당기순이익은 같습니다."),
        p(),
        "<PGBRK></PGBRK>",
    ]
    return wrap("LIBRARY", [wrap("CORRECTION", parts)])


def cover(filing: Filing) -> str:
    """Return the COVER with the period as PERIODFROM and PERIODTO cells."""
    company, year = filing.company, filing.year
    period = [
        [
            Cell(text="사업연도", align="RIGHT", rowspan=2, extra='AUPDATECONT="N"'),
            _unit_cell(f"{year}년 01월 01일", "PERIODFROM", f"{year}0101"),
            Cell(text=" 부터"),
        ],
        [_unit_cell(f"{year}년 12월 31일", "PERIODTO", f"{year}1231"), Cell(text=" 까지")],
    ]
    listed = company["listing"] is not None
    kind = _unit_cell("주권상장법인" if listed else "채권상장법인", "PB_TYPE", "1" if listed else "2")
    letter = [
        ("금융위원회", ""),
        ("한국거래소 귀중", f"{filing.filed.year} 년     {filing.filed.month} 월   {filing.filed.day} 일"),
        ("회      사      명 :", company["legal"]),
        ("대   표    이   사 :", "    ".join(company["chief"])),
        ("본  점  소  재  지 :", company["address"]),
        ("", f"(홈페이지) {homepage(filing)}"),
        ("작  성  책  임  자 :", f"(직  책) 이사                (성  명) {'  '.join(company['officer'])}"),
    ]
    parts = [
        p(),
        '<COVER-TITLE ATOC="Y" AASSOCNOTE="COVER">사 업 보 고 서</COVER-TITLE>',
        p("&cr;&cr;&cr;"),
        p(f"{' ' * 36}(제 {filing.term(year)} 기)", "F-16"),
        table_group("COVER", [table(period, [209, 153, 211], border=0, aclass="EXTRACTION")]),
        table_group(
            "PB_VAL", [table([[Cell(text="제출대상법인 유형 :"), kind]], [191, 391], border=0, aclass="EXTRACTION")]
        ),
        table([[Cell(text=left), Cell(text=right)] for left, right in letter], [191, 391], border=0),
        "<PGBRK></PGBRK>",
    ]
    return wrap("COVER", parts)


def confirmation(filing: Filing) -> str:
    """Return 【 대표이사 등의 확인 】."""
    company, filed = filing.company, filing.filed
    signed = [
        [Cell(text=""), Cell(text=f"{filed.year}. {filed.month}. {filed.day}.", align="RIGHT", colspan=2)],
        [Cell(text=f"【{company['legal']}】", align="RIGHT", colspan=3)],
        [Cell(text="대표이사", align="RIGHT"), Cell(text=f"【{company['chief']}】"), Cell(text="(서명)")],
        [Cell(text="신고업무담당이사", align="RIGHT"), Cell(text=f"【{company['officer']}】"), Cell(text="(서명)")],
    ]
    heading = f'<SPAN USERMARK="F-16">{" " * 35}확  인  서&cr;</SPAN>'
    parts = [
        filing.title("【 대표이사 등의 확인 】", note="TTL_CEO_CERT"),
        p(),
        f"\n<P>\n{heading}\n<SPAN>{filing.say('confirm')}</SPAN>\n</P>",
        table(signed, [373, 137, 90], border=0),
        "<PGBRK></PGBRK>",
    ]
    return section(1, parts, extra='AID="CEO-CERT"')


def homepage(filing: Filing) -> str:
    return f"https://www.{filing.company['key']}.example"


def _unit_cell(text: str, unit: str, value: str) -> Cell:
    return Cell(text=text, tag="TU", align="CENTER", extra=f'AUNIT="{unit}" AUNITVALUE="{value}"')
