"""Sections I and II of a filing: the company, and what it sells, orders, risks and researches."""

from __future__ import annotations

import random

from pipelines.samples.cover import homepage
from pipelines.samples.figures import UNIT_WON, split
from pipelines.samples.filing import Filing
from pipelines.samples.markup import Cell, bold, head, number, p, section, table, wrap

ABOUT = "I. 회사의 개요 > 1. 회사의 개요"
OUTLINE = "II. 사업의 내용 > 1. 사업의 개요"
PRODUCTS = "II. 사업의 내용 > 2. 주요 제품 및 서비스"
SALES = "II. 사업의 내용 > 4. 매출 및 수주상황"
RESEARCH = "II. 사업의 내용 > 6. 주요계약 및 연구개발활동"


def company_section(filing: Filing) -> str:
    """Return I. 회사의 개요."""
    company = filing.company
    founded = f"{company['founded'].year}년 {company['founded'].month}월 {company['founded'].day}일"
    subsidiaries = company["subsidiaries"][filing.year]
    key = "founded" if company["listing"] else "founded_unlisted"
    parts = [
        filing.title("1. 회사의 개요", note="D-0-1-1-0"),
        p(),
        p(filing.say(key, 설립일=founded, 사업=company["purpose"], 상장=company["listing"])),
        p(filing.say("office", 주소=company["address"], 대표=company["chief"], 홈페이지=homepage(filing))),
        *(p(filing.fill(text)) for text in company["overview"]),
        p(filing.say("subsidiaries", 종속=subsidiaries)),
        p(filing.say("term", 1)),
        p(),
    ]
    filing.state("설립일", company["founded"].isoformat(), "", ABOUT)
    filing.state("본점 소재지", company["address"], "", ABOUT)
    filing.state("대표이사", company["chief"], "", ABOUT)
    filing.state("연결대상 종속회사 수", subsidiaries, "개", ABOUT)
    return section(1, [filing.title("I. 회사의 개요"), section(2, parts)])


def business_section(filing: Filing) -> str:
    """Return II. 사업의 내용."""
    parts = [
        section(2, [filing.title("1. 사업의 개요", note="L-0-2-1-L1"), p(), *_outline(filing)]),
        section(2, [filing.title("2. 주요 제품 및 서비스", note="L-0-2-2-L1"), p(), *_products(filing)]),
        section(2, [filing.title("4. 매출 및 수주상황", note="L-0-2-4-L1"), p(), *_sales(filing), *_orders(filing)]),
        section(2, [filing.title("5. 위험관리 및 파생거래", note="L-0-2-5-L1"), p(), *_risk(filing)]),
    ]
    if filing.company["rnd"] or filing.style["voice"] != 3:  # voice 3 leaves the section out when there is nothing
        parts.append(
            section(2, [filing.title("6. 주요계약 및 연구개발활동", note="L-0-2-6-L1"), p(), *_research(filing)])
        )
    return section(1, [filing.title("II. 사업의 내용", note="D-0-2-0-0"), p(), wrap("LIBRARY", parts)])


def _outline(filing: Filing) -> list[str]:
    company = filing.company
    texts = [p(filing.fill(text)) for text in company["business"]]
    texts.insert(1 + filing.style["voice"] % 2, p(filing.fill(company["events"][filing.year])))
    if filing.style["voice"] == 2:
        texts.insert(0, bold("가. 업계의 현황&cr;"))
        texts.insert(3, bold("나. 회사의 현황&cr;"))
    said = "".join(company["business"])
    if "{매출}" in said:
        filing.state(filing.revenue_name, filing.in_unit("매출액", filing.year, "억원"), "억원", OUTLINE)
    if "{증감}" in said:
        filing.state("매출액 증감", filing.words()["증감"], "", OUTLINE)
    if "{영업이익}" in said:
        filing.state("영업이익", filing.in_unit("영업이익", filing.year, "억원"), "억원", OUTLINE)
    if "{수출비중}" in said:
        filing.state("수출 비중", filing.words()["수출비중"], "%", OUTLINE)
    return texts


def _products(filing: Filing) -> list[str]:
    unit = filing.style["product_unit"]
    items = [item for item in filing.company["products"] if item[3][filing.year - 2021]]
    rng = random.Random(f"products-{filing.company['key']}-{filing.year}")
    weights = [item[3][filing.year - 2021] + rng.uniform(-0.6, 0.6) for item in items]
    total = filing.in_unit("매출액", filing.year, unit)
    sales, shares = split(total, weights), split(1000, weights)
    layout = filing.style["products"]
    header = {
        "simple": ["품목", "매출액", "비중(%)"],
        "segment": ["사업부문", "품  목", "매출액", "비중(%)"],
        "wide": ["사업부문", "품   목", "구체적용도", "매출액(비율)"],
    }[layout]
    thead = filing.style["thead"]
    tag = "TH" if thead else "TD"
    heads = [head(text, tag=tag) for text in header]
    if layout == "wide":
        heads[-1] = head(header[-1], tag=tag, colspan=2)
    rows = [heads]
    last_segment = ""
    for (segment, item, use, _), sold, share in zip(items, sales, shares, strict=True):
        name = Cell(text=filing.fill(item))
        figures = [number(f"{sold:,}"), number(f"{share / 10:.1f}{'%' if layout == 'wide' else ''}")]
        same = sum(1 for other in items if other[0] == segment)
        group = [Cell(text=segment, align="CENTER", rowspan=same)] if segment != last_segment else []
        last_segment = segment
        if layout == "simple":
            rows.append([name, *figures])
        elif layout == "segment":
            rows.append([*group, name, *figures])
        else:
            rows.append([*group, name, Cell(text=filing.fill(use)), *figures])
        filing.state(f"{item} 매출액", sold, unit, PRODUCTS)
        filing.state(f"{item} 비중", f"{share / 10:.1f}", "%", PRODUCTS)
    span = {"simple": 1, "segment": 2, "wide": 3}[layout]
    hundred = "100.0%" if layout == "wide" else "100.0"
    rows.append([Cell(text="합  계", align="CENTER", colspan=span), number(f"{total:,}"), number(hundred)])
    filing.state("품목 매출 합계", total, unit, PRODUCTS)
    widths = [*([90, 210, 120][:span] if span > 1 else [300]), 100, 80]
    return [
        *filing.lead(filing.say("products"), f"{unit}, %" if filing.style["voice"] == 2 else unit),
        table(rows, widths, header_rows=1 if thead else 0),
        p(filing.say("products_after", 1)),
        p(filing.say("price", 2)),
    ]


def _sales(filing: Filing) -> list[str]:
    export = filing.company["export"]
    if export is None:
        return [p(filing.say("sales_domestic")), p(filing.say("channel", 1))]
    unit, years = filing.style["product_unit"], filing.years(3)
    thead = filing.style["thead"]
    tag = "TH" if thead else "TD"
    rows = [[head("구분", tag=tag, colspan=2), *(head(filing.heading(year), tag=tag) for year in years)]]
    totals = [filing.in_unit("매출액", year, unit) for year in years]
    # Per mille of the total, so that the printed share and the printed amounts agree.
    abroad = [round(total * export[year - 2021] / 100) for total, year in zip(totals, years, strict=True)]
    home = [total - out for total, out in zip(totals, abroad, strict=True)]
    for index, (label, values) in enumerate((("수 출", abroad), ("내 수", home), ("합 계", totals))):
        group = [Cell(text=filing.revenue_name, align="CENTER", rowspan=3)] if index == 0 else []
        rows.append([*group, Cell(text=label, align="CENTER"), *(number(f"{value:,}") for value in values)])
    for item, values in (("수출", abroad), ("내수", home)):
        filing.state(item, values[0], unit, SALES)
    return [
        *filing.lead(filing.say("sales"), unit),
        table(rows, [100, 110, 130, 130, 130], header_rows=1 if thead else 0),
        p(filing.say("channel", 1)),
    ]


def _orders(filing: Filing) -> list[str]:
    orders = filing.company["orders"]
    if orders is None:
        return [p(filing.say("orders_none", 1)), p()]
    total, done = orders[filing.year]
    unit = orders["unit"]
    rows = [
        [head(text) for text in ("품목", "수주총액", "기납품액", "수주잔고")],
        [Cell(text=orders["item"]), *(number(f"{value:,}") for value in (total, done, total - done))],
        [Cell(text="합 계", align="CENTER"), *(number(f"{value:,}") for value in (total, done, total - done))],
    ]
    for item, value in (("수주총액", total), ("기납품액", done), ("수주잔고", total - done)):
        filing.state(item, value, unit, SALES)
    return [*filing.lead(filing.say("orders"), unit), table(rows, [180, 140, 140, 140], header_rows=1), p()]


def _risk(filing: Filing) -> list[str]:
    sentences = filing.fill(filing.company["risk"]).split(". ", 1)
    return [bold(filing.say("risk_head")), p(sentences[0] + "."), *(p(text) for text in sentences[1:]), p()]


def _research(filing: Filing) -> list[str]:
    if filing.company["rnd"] is None:
        return [p(filing.say("rnd_none")), p()]
    years = filing.years(3)
    won_ratio = UNIT_WON[filing.unit]
    columns = []
    for year in years:
        rng = random.Random(f"research-{filing.company['key']}-{year}")
        unit = "천원" if won_ratio < 1_000_000 else "백만원"
        revenue = filing.in_unit("매출액", year, unit)
        total = round(revenue * filing.company["rnd"][year - 2021] / 100 * rng.uniform(0.985, 1.015))
        parts = split(total, [rng.uniform(1, 2), rng.uniform(4, 6), rng.uniform(0.5, 1), rng.uniform(1, 2)])
        grant = round(total * rng.uniform(0.02, 0.06)) if filing.style["voice"] in (0, 3) else 0
        columns.append((parts, total, grant, f"{total * 100 / revenue:.2f}%"))
    labels = ["원 재 료 비", "인 건 비", "감가상각비", "기 타"]
    thead = filing.style["thead"]
    tag = "TH" if thead else "TD"
    rows = [[head("과       목", tag=tag), *(head(filing.heading(year), tag=tag) for year in years)]]
    for index, label in enumerate(labels):
        rows.append([Cell(text=label), *(number(f"{column[0][index]:,}") for column in columns)])
    rows += [
        [Cell(text="연구개발비용 총계"), *(number(f"{column[1]:,}") for column in columns)],
        [Cell(text="(정부보조금)"), *(number(filing.amount(-column[2])) for column in columns)],
        [
            Cell(text="연구개발비 / 매출액 비율&cr;[연구개발비용총계÷당기매출액×100]"),
            *(number(column[3]) for column in columns),
        ],
    ]
    filing.state("연구개발비용 총계", columns[0][1], unit, RESEARCH)
    filing.state("연구개발비 매출액 대비 비율", columns[0][3].rstrip("%"), "%", RESEARCH)
    return [
        p(f"가. 연구개발 조직&cr;{filing.fill(filing.company['rnd_text'])}"),
        *filing.lead(filing.say("rnd", 1), unit),
        table(rows, [240, 120, 120, 120], header_rows=1 if thead else 0),
        p(),
    ]
