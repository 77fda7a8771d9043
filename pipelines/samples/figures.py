"""Four years of figures for an invented company, consistent with one another to the last digit.

A company's YAML gives shapes (revenue in 백만원, margins, dividends per share); here they become account balances in
the unit of its statements, with a seeded wobble so that no figure is round. Sub-accounts add up to their totals,
자산총계 = 부채총계 + 자본총계, and 이익잉여금 rolls forward by the owners' profit less the last dividend.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

YEARS = (2021, 2022, 2023, 2024)
UNIT_WON = {"원": 1, "천원": 1_000, "백만원": 1_000_000, "억원": 100_000_000}


def build(company: Mapping[str, Any]) -> dict[int, dict[str, int]]:
    """Return year -> account -> amount, in the company's statement unit (주당순이익 always in 원)."""
    rng = random.Random(f"mundap-{company['key']}")
    unit_won = UNIT_WON[company["style"]["unit"]]
    years: dict[int, dict[str, int]] = {}
    retained: int | None = None
    for index, year in enumerate(YEARS):
        accounts = _income(company, index, unit_won, rng)
        _balance(company, index, unit_won, accounts, retained, rng)
        years[year] = accounts
        paid = (company["dps"][index] or 0) * company["shares"] // unit_won
        retained = accounts["이익잉여금"] - paid
    return years


def original(accounts: Mapping[str, int], reclassified: int) -> dict[str, int]:
    """Return the accounts as first filed: reclassified was then a 기타비용 instead of a 판매비와관리비."""
    first = dict(accounts)
    first["판매비와관리비"] -= reclassified
    first["기타비용"] += reclassified
    first["영업이익"] += reclassified
    return first


def split(total: int, weights: Sequence[float]) -> list[int]:
    """Return whole parts in proportion to weights that add up to total (largest remainder)."""
    exact = [total * weight / sum(weights) for weight in weights]
    parts = [int(value // 1) for value in exact]
    order = sorted(range(len(parts)), key=lambda i: exact[i] - parts[i], reverse=True)
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def rounded(value: int, divisor: int) -> int:
    """Return value / divisor to the nearest whole number, halves away from zero."""
    sign = -1 if value < 0 else 1
    return sign * ((abs(value) * 2 + divisor) // (2 * divisor))


def _income(company: Mapping[str, Any], index: int, unit_won: int, rng: random.Random) -> dict[str, int]:
    wobble = rng.randrange(1_000_000 // unit_won) if unit_won < 1_000_000 else 0
    revenue = company["revenue"][index] * (1_000_000 // unit_won) + wobble
    gross = int(revenue * (company["gross_margin"][index] + rng.uniform(-0.002, 0.002)))
    operating = int(revenue * (company["operating_margin"][index] + rng.uniform(-0.0015, 0.0015)))
    finance_income = int(revenue * rng.uniform(0.004, 0.013))
    finance_cost = int(revenue * company["debt_weight"] * rng.uniform(0.008, 0.013))
    other_income = int(revenue * rng.uniform(0.002, 0.007))
    # Never below 0.8 % of revenue: an amended filing moves a part of it into 판매비와관리비.
    other_cost = int(revenue * rng.uniform(0.008, 0.011))
    before_tax = operating + finance_income - finance_cost + other_income - other_cost
    tax = int(before_tax * rng.uniform(0.192, 0.229)) if before_tax > 0 else int(before_tax * rng.uniform(0.01, 0.05))
    net = before_tax - tax
    minority = int(net * company["minority"] * rng.uniform(0.8, 1.2))
    owners = net - minority
    return {
        "매출액": revenue,
        "매출원가": revenue - gross,
        "매출총이익": gross,
        "판매비와관리비": gross - operating,
        "영업비용": revenue - operating,
        "영업이익": operating,
        "금융수익": finance_income,
        "금융비용": finance_cost,
        "기타수익": other_income,
        "기타비용": other_cost,
        "법인세비용차감전순이익": before_tax,
        "법인세비용": tax,
        "당기순이익": net,
        "지배기업 소유주지분": owners,
        "비지배지분순이익": minority,
        "주당순이익": rounded(owners * unit_won, company["shares"]),
    }


def _balance(
    company: Mapping[str, Any],
    index: int,
    unit_won: int,
    accounts: dict[str, int],
    retained_after_dividend: int | None,
    rng: random.Random,
) -> None:
    """Add the balance sheet to accounts; retained_after_dividend is None for the first year."""
    capital = company["shares"] * company["face"] // unit_won
    surplus = int(capital * company["surplus"]) + company["shares"] % 9973
    first = int(company["revenue"][0] * (1_000_000 // unit_won) * company["retained"])
    retained = (first if retained_after_dividend is None else retained_after_dividend) + accounts[
        "지배기업 소유주지분"
    ]
    other_equity = -int(capital * rng.uniform(0.02, 0.3))
    minority = int(abs(capital) * company["minority"] * (3 + index * 0.4))
    equity = capital + surplus + retained + other_equity + minority
    liabilities = int(equity * company["debt_weight"] * rng.uniform(0.93, 1.07))
    assets = equity + liabilities
    current_liabilities = int(liabilities * rng.uniform(0.58, 0.74))
    noncurrent_liabilities = liabilities - current_liabilities
    current_assets = int(assets * (company["current_share"] + rng.uniform(-0.03, 0.03)))
    cash, receivable, stock, other_current = split(
        current_assets,
        [
            rng.uniform(3, 5),
            rng.uniform(2.6, 4),
            company["stock_weight"] * rng.uniform(0.9, 1.1),
            rng.uniform(0.5, 1.1),
        ],
    )
    noncurrent_assets = assets - current_assets
    tangible, intangible, other_noncurrent = split(
        noncurrent_assets, [rng.uniform(5.5, 7), company["intangible_weight"], rng.uniform(1.2, 2)]
    )
    payable, short_loans, other_payable = split(current_liabilities, [rng.uniform(3, 5), rng.uniform(2, 4), 1.5])
    long_loans, pension, other_long = split(noncurrent_liabilities, [rng.uniform(4, 6), rng.uniform(0.8, 1.6), 0.9])
    accounts |= {
        "유동자산": current_assets, "현금및현금성자산": cash, "매출채권 및 기타채권": receivable, "재고자산": stock,
        "기타유동자산": other_current, "비유동자산": noncurrent_assets, "유형자산": tangible, "무형자산": intangible,
        "기타비유동자산": other_noncurrent, "자산총계": assets, "유동부채": current_liabilities,
        "매입채무 및 기타채무": payable, "단기차입금": short_loans, "기타유동부채": other_payable,
        "비유동부채": noncurrent_liabilities, "장기차입금": long_loans, "순확정급여부채": pension,
        "기타비유동부채": other_long, "부채총계": liabilities, "자본금": capital, "자본잉여금": surplus,
        "기타자본구성요소": other_equity, "이익잉여금": retained, "비지배지분": minority, "자본총계": equity,
    }  # fmt: skip
