"""Section III of a filing: the three-year summary, the consolidated statements and dividends."""

from __future__ import annotations

import random
from collections.abc import Sequence

from pipelines.samples.figures import UNIT_WON, rounded
from pipelines.samples.filing import Filing
from pipelines.samples.markup import Cell, bold, caption, head, number, p, section, table, table_group, wrap

SUMMARY = "III. 재무에 관한 사항 > 1. 요약재무정보"
STATEMENTS = "III. 재무에 관한 사항 > 2. 연결재무제표"
DIVIDEND = "III. 재무에 관한 사항 > 6. 배당에 관한 사항"
MEMBER = "ifrs-full_ConsolidatedAndSeparateFinancialStatementsAxis_ifrs-full_ConsolidatedMember"

# (account, note number or "", XBRL element or ""); the note numbers are decoration, as in real statements.
BALANCE = (
    ("유동자산", "", "ifrs-full_CurrentAssets"),
    ("현금및현금성자산", "4,5", "ifrs-full_CashAndCashEquivalents"),
    ("매출채권 및 기타채권", "6", "ifrs-full_TradeAndOtherCurrentReceivables"),
    ("재고자산", "8", "ifrs-full_Inventories"),
    ("기타유동자산", "", ""),
    ("비유동자산", "", "ifrs-full_NoncurrentAssets"),
    ("유형자산", "10", "ifrs-full_PropertyPlantAndEquipment"),
    ("무형자산", "11", "ifrs-full_IntangibleAssetsOtherThanGoodwill"),
    ("기타비유동자산", "", ""),
    ("자산총계", "", "ifrs-full_Assets"),
    ("유동부채", "", "ifrs-full_CurrentLiabilities"),
    ("매입채무 및 기타채무", "13", "ifrs-full_TradeAndOtherCurrentPayables"),
    ("단기차입금", "14", "ifrs-full_ShorttermBorrowings"),
    ("기타유동부채", "", ""),
    ("비유동부채", "", "ifrs-full_NoncurrentLiabilities"),
    ("장기차입금", "14", "ifrs-full_LongtermBorrowings"),
    ("순확정급여부채", "16", ""),
    ("기타비유동부채", "", ""),
    ("부채총계", "", "ifrs-full_Liabilities"),
    ("자본금", "18", "ifrs-full_IssuedCapital"),
    ("자본잉여금", "18", ""),
    ("기타자본구성요소", "19", ""),
    ("이익잉여금", "20", "ifrs-full_RetainedEarnings"),
    ("비지배지분", "", "ifrs-full_NoncontrollingInterests"),
    ("자본총계", "", "ifrs-full_Equity"),
    ("부채와자본총계", "", "ifrs-full_EquityAndLiabilities"),
)
INCOME = (
    ("매출액", "21", "ifrs-full_Revenue"),
    ("매출원가", "21", "ifrs-full_CostOfSales"),
    ("매출총이익", "", "ifrs-full_GrossProfit"),
    ("판매비와관리비", "22,23", "dart_TotalSellingGeneralAdministrativeExpenses"),
    ("영업비용", "22", "dart_OperatingExpenses"),
    ("영업이익", "", "dart_OperatingIncomeLoss"),
    ("금융수익", "24", "ifrs-full_FinanceIncome"),
    ("금융비용", "24", "ifrs-full_FinanceCosts"),
    ("기타수익", "25", "dart_OtherGains"),
    ("기타비용", "25", "dart_OtherLosses"),
    ("법인세비용차감전순이익", "", "ifrs-full_ProfitLossBeforeTax"),
    ("법인세비용", "26", "ifrs-full_IncomeTaxExpenseContinuingOperations"),
    ("당기순이익", "", "ifrs-full_ProfitLoss"),
    ("지배기업 소유주지분", "", "ifrs-full_ProfitLossAttributableToOwnersOfParent"),
    ("비지배지분순이익", "", "ifrs-full_ProfitLossAttributableToNoncontrollingInterests"),
    ("주당순이익", "27", "ifrs-full_BasicEarningsLossPerShare"),
)
SHARES = {"지배기업 소유주지분", "비지배지분순이익"}
TOTALS = {"유동자산", "비유동자산", "자산총계", "유동부채", "비유동부채", "부채총계", "자본총계", "부채와자본총계"}
SUMMARY_BALANCE = (
    "유동자산", "현금및현금성자산", "재고자산", "비유동자산", "유형자산", "무형자산", "자산총계", "유동부채",
    "비유동부채", "부채총계", "자본금", "이익잉여금", "자본총계",
)  # fmt: skip
COMPARED = {"자산총계", "부채총계", "자본총계", "매출액", "영업이익", "당기순이익"}  # earlier years are stated too
SUMMARY_INCOME = ("매출액", "영업이익", "당기순이익", "지배기업 소유주지분", "비지배지분순이익", "주당순이익")


def finance_section(filing: Filing) -> str:
    """Return III. 재무에 관한 사항."""
    parts = [
        section(2, [filing.title("1. 요약재무정보", note="D-0-3-1-0"), p(), *_summary(filing), "<PGBRK></PGBRK>"]),
        wrap("LIBRARY", [section(2, [filing.title("2. 연결재무제표", note="D-0-3-2-0"), *_statements(filing)])]),
        section(2, [filing.title("6. 배당에 관한 사항", note="D-0-3-6-0"), p(), *_dividend(filing)]),
    ]
    return section(1, [filing.title("III. 재무에 관한 사항", note="D-0-3-0-0"), *parts])


def label(filing: Filing, account: str) -> str:
    """Return how this filing names an account: 결손금 and 손실 where the years shown call for it."""
    lowest = min(filing.accounts[year][account] for year in filing.years(3)) if account in _SIGNED else 0
    names = {
        "매출액": filing.revenue_name,
        "영업이익": "영업이익(손실)",
        "당기순이익": "당기순이익(손실)",
        "법인세비용차감전순이익": "법인세비용차감전순이익(손실)",
        "이익잉여금": "이익잉여금(결손금)",
        "비지배지분순이익": "비지배지분",
        "주당순이익": "기본주당순이익(원)",
    }
    if account == "주당순이익" and lowest < 0:
        return "기본주당순이익(손실)(원)"
    if account in _SIGNED and lowest >= 0:
        return account if account != "주당순이익" else names[account]
    return names.get(account, account)


_SIGNED = {"영업이익", "당기순이익", "법인세비용차감전순이익", "이익잉여금", "주당순이익"}


def _summary(filing: Filing) -> list[str]:
    years, layout, thead = filing.years(3), filing.style["summary"], filing.style["thead"]
    tag = "TH" if thead else "TD"
    span = 2 if layout == "group" else 1
    header = [head("구 분", tag=tag, colspan=span), *(head(filing.heading(year), tag=tag) for year in years)]
    rows = [header]
    income = [account for account in SUMMARY_INCOME if _shown(filing, account)]
    for group, accounts in (("재무상태", SUMMARY_BALANCE), ("경영성과", income)):
        for index, account in enumerate(accounts):
            first = [Cell(text=group, align="CENTER", rowspan=len(accounts))] if span == 2 and index == 0 else []
            rows.append([*first, _summary_name(filing, account), *_amounts(filing, account, years)])
            unit = "원" if account == "주당순이익" else filing.unit
            for year in years if account in COMPARED else years[:1]:
                filing.state(_item(filing, account), filing.accounts[year][account], unit, SUMMARY, year)
    counts = filing.company["subsidiaries"]
    included = [counts.get(year, counts[2023]) for year in years]
    name = Cell(text="연결에 포함된 회사수", colspan=span)
    rows.append([name, *(number(f"{count}개") for count in included)])
    filing.state("연결에 포함된 회사수", included[0], "개", SUMMARY)
    widths = [*([80, 170] if span == 2 else [250]), 120, 120, 120]
    parts = [
        *filing.lead("가. 요약연결재무정보", filing.unit),
        table(rows, widths, header_rows=1 if thead else 0),
        p(filing.say("summary_note")),
    ]
    if filing.style["negative"] == "delta":
        parts.append(p(f"{' ' * 60}[△는 부(-)의 수치임]"))
    return parts + (_separate_summary(filing) if filing.style["voice"] % 2 else [])


def _summary_name(filing: Filing, account: str) -> Cell:
    name = label(filing, account)
    if filing.style["summary"] == "bracket" and account in SUMMARY_BALANCE:
        return Cell(text=f"[{name}]" if account in TOTALS else f"ㆍ{name}")
    indent = account in SHARES or (account in SUMMARY_BALANCE and account not in TOTALS)
    centred = account in ("자산총계", "부채총계", "자본총계")
    return Cell(text=("　" if indent else "") + name, align="CENTER" if centred else "LEFT")


def _separate_summary(filing: Filing) -> list[str]:
    """Return the parent's own (별도) figures: the same names as above with smaller amounts."""
    years = filing.years(3)
    columns = []
    for year in years:
        rng = random.Random(f"separate-{filing.company['key']}-{year}")
        accounts = filing.accounts[year]
        assets = int(accounts["자산총계"] * rng.uniform(0.86, 0.95))
        equity = int(accounts["자본총계"] * rng.uniform(0.88, 0.94))
        revenue = int(accounts["매출액"] * rng.uniform(0.81, 0.93))
        # An amendment moves a cost between 판매비와관리비 and 기타비용 of a subsidiary: this sum stays as it was.
        base = accounts["영업이익"] - accounts["기타비용"] + accounts["매출액"] * 9 // 1000
        operating = base - int(abs(base) * rng.uniform(0.04, 0.2))
        net = accounts["당기순이익"] - int(abs(accounts["당기순이익"]) * rng.uniform(0.03, 0.17))
        columns.append((assets, assets - equity, equity, revenue, operating, net))
    names = ("자산총계", "부채총계", "자본총계", filing.revenue_name, "영업이익", "당기순이익")
    rows = [[head("구 분"), *(head(filing.heading(year)) for year in years)]]
    for index, name in enumerate(names):
        rows.append([Cell(text=name), *(number(filing.amount(column[index])) for column in columns)])
        filing.state(f"별도 {name}", columns[0][index], filing.unit, SUMMARY)
    heading = "나. 요약재무정보(별도재무제표 기준)"
    return ["", *filing.lead(heading, filing.unit), table(rows, [250, 120, 120, 120], header_rows=1)]


def _statements(filing: Filing) -> list[str]:
    columns = filing.style["columns_dart4"] if filing.is_dart4 else filing.style["columns"]
    years = filing.years(columns)
    at_end = [f"제 {filing.term(year)} 기{' ' * 10}{year}.12.31 현재" for year in years]
    over = [f"제 {filing.term(year)} 기 {year}.01.01 부터 {year}.12.31 까지" for year in years]
    forms = (
        ("연결 재무상태표", "2-1", "Consolidated statement of financial position", "{XBRL}BS", at_end, BALANCE, "e"),
        ("연결 손익계산서", "2-2", "Consolidated statement of profit or loss", "{XBRL}IS2", over, INCOME, "d"),
    )
    parts = []
    for name, order, english, aclass, periods, accounts, moment in forms:
        heading = []
        lines = list(periods)
        if filing.is_dart4:
            heading = [filing.title(f"{order}. {name}", eng=f"{order}. {english}")]
        else:
            lines.insert(0, name)
        grid = _statement_grid(filing, accounts, years, moment)
        parts.append(table_group(aclass, [*heading, caption(lines, filing.unit_text(filing.unit)), grid]))
    return [*parts, p(), "<PGBRK></PGBRK>"]


def _statement_grid(
    filing: Filing, accounts: Sequence[tuple[str, str, str]], years: Sequence[int], moment: str
) -> str:
    rows = [[head("　"), *(head(f"제 {filing.term(year)} 기", extra='AUPDATECONT="N"') for year in years)]]
    for account, note, element in accounts:
        if not _shown(filing, account):
            continue
        name = label(filing, account) + (f" (주{note})" if note and filing.style["notes"] else "")
        level = 1 if account in SHARES or (moment == "e" and account not in TOTALS) else 0
        rows.append([Cell(text="　" * level + name), *_amounts(filing, account, years, element, moment)])
        unit = "원" if account == "주당순이익" else filing.unit
        filing.state(_item(filing, account), _value(filing, account, filing.year), unit, STATEMENTS)
    widths = [250, *[120] * len(years)]
    return table(rows, widths, header_rows=1)


def _amounts(filing: Filing, account: str, years: Sequence[int], element: str = "", moment: str = "") -> list[Cell]:
    """Return one number cell a year; tagged with its XBRL element in dart4 statements."""
    cells = []
    for year in years:
        text = filing.amount(_value(filing, account, year))
        if not (element and filing.is_dart4):
            cells.append(number(text))
            continue
        context = f"{('CFY', 'PFY', 'BPFY')[filing.year - year]}{year}{moment}FY_{MEMBER}"
        decimal = "0" if account == "주당순이익" else {"원": "0", "천원": "-3", "백만원": "-6"}[filing.unit]
        # About three tagged cells in four carry a context; the sub-accounts of the balance sheet go without.
        bare = moment == "e" and account not in TOTALS
        extra = f'ADECIMAL="{decimal}"' if bare else f'ACONTEXT="{context}" ADECIMAL="{decimal}"'
        cells.append(number(text, acode=element, extra=extra))
    return cells


def _value(filing: Filing, account: str, year: int) -> int:
    accounts = filing.accounts[year]
    return accounts["자산총계"] if account == "부채와자본총계" else accounts[account]


def _item(filing: Filing, account: str) -> str:
    return {"매출액": filing.revenue_name, "비지배지분순이익": "비지배지분 귀속 순이익"}.get(account, account)


def _shown(filing: Filing, account: str) -> bool:
    """Return whether the account has a line: no 매출원가 without cost of sales, no 비지배지분 where there is none."""
    if account in ("매출원가", "매출총이익", "판매비와관리비"):
        return filing.has_cost_of_sales
    if account == "영업비용":
        return not filing.has_cost_of_sales
    if account in ("비지배지분", "비지배지분순이익", "지배기업 소유주지분"):
        return bool(filing.company["minority"])
    return True


def _dividend(filing: Filing) -> list[str]:
    company, years = filing.company, filing.years(3)
    parts = [bold(filing.say("dividend_head")), p(filing.fill(company["dividend_text"]))]
    per_share = [company["dps"][year - 2021] for year in years]
    if per_share[0] is None:
        parts.append(p(filing.say("dividend_none")))
    nets = [filing.in_unit("당기순이익", year, "백만원") for year in years]
    totals = [rounded(paid * company["shares"], UNIT_WON["백만원"]) if paid else None for paid in per_share]
    payouts = []
    for year, paid in zip(years, per_share, strict=True):
        owners = filing.accounts[year]["지배기업 소유주지분"] * UNIT_WON[filing.unit]
        payouts.append(f"{paid * company['shares'] * 100 / owners:.2f}" if paid and owners > 0 else None)
    yields = [company["yield"][year - 2021] for year in years]
    eps = [filing.accounts[year]["주당순이익"] for year in years]
    header = [
        [
            head("구   분", rowspan=2),
            head("주식의 종류", rowspan=2),
            *(head(name) for name in ("당기", "전기", "전전기")),
        ],
        [head(f"제{filing.term(year)}기") for year in years],
    ]
    wide = (
        ("주당액면가액(원)", "X23", [f"{company['face']:,}"] * 3),
        ("(연결)당기순이익(백만원)", "X01", [filing.amount(net) for net in nets]),
        ("(연결)주당순이익(원)", "X02", [filing.amount(value) for value in eps]),
        ("현금배당금총액(백만원)", "X24", [filing.amount(total) for total in totals]),
        ("주식배당금총액(백만원)", "X25", ["-"] * 3),
        ("(연결)현금배당성향(%)", "X05", [payout or "-" for payout in payouts]),
    )
    rows = [[Cell(text=name, align="CENTER", colspan=2), *_extractable(values, code)] for name, code, values in wide]
    by_class = (
        ("현금배당수익률(%)", "XQ1", "X31", [f"{value:.2f}" if value else "-" for value in yields]),
        ("주당 현금배당금(원)", "XQ3", "X33", [filing.amount(paid) for paid in per_share]),
    )
    for name, kind, code, values in by_class:
        first = Cell(text="보통주", tag="TE", align="CENTER", extra=f'ACODE="{kind}"')
        second = Cell(text="우선주", tag="TE", align="CENTER", extra=f'ACODE="{kind}"')
        rows.append([Cell(text=name, align="CENTER", rowspan=2), first, *_extractable(values, code)])
        rows.append([second, *_extractable(["-"] * 3, code)])
    filing.state("현금배당금총액", totals[0], "백만원", DIVIDEND)
    filing.state("현금배당성향", payouts[0], "%", DIVIDEND)
    filing.state("현금배당수익률", f"{yields[0]:.2f}" if yields[0] else None, "%", DIVIDEND)
    filing.state("주당 현금배당금", per_share[0], "원", DIVIDEND)
    grid = table([*header, *rows], [152, 104, 102, 102, 102], header_rows=2, aclass="EXTRACTION")
    return [*parts, p("주요배당지표"), table_group("DIVIDEND", [grid]), p()]


def _extractable(values: Sequence[str], code: str) -> list[Cell]:
    return [number(value, acode=code, extra=f'ADELIM="{column}"') for column, value in enumerate(values, start=1)]
