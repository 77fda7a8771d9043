"""One filing in the making: whose it is, its figures, how it likes to write, and the facts it has stated so far."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.samples.figures import UNIT_WON, rounded
from pipelines.samples.markup import PAGE_WIDTH, Cell, p, table, title

ATOCID = "{ATOCID}"  # cover.document numbers the titles in the order they stand
UNIT_SPELLING = ("(단위 : {})", "(단위: {})", "( 단위 : {} )", "(단위：{})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One statement of a filing, as printed: year is the year it is about, value plain ("-" where it prints nil)."""

    item: str
    value: str
    unit: str
    section: str
    year: int


@dataclass(slots=True, kw_only=True)
class Filing:
    """A filing being written; facts grows as sections are written."""

    company: Mapping[str, Any]
    wordings: Mapping[str, Sequence[str]]
    year: int
    rcept_no: str
    filed: datetime.date
    accounts: Mapping[int, Mapping[str, int]]
    before: Mapping[str, int] | None = None  # the accounts as first filed, in an amended filing
    facts: list[Fact] = field(default_factory=list)

    @property
    def style(self) -> Mapping[str, Any]:
        style: Mapping[str, Any] = self.company["style"]
        return style

    @property
    def unit(self) -> str:
        return str(self.style["unit"])

    @property
    def is_dart4(self) -> bool:
        return self.year >= 2024

    @property
    def encoding(self) -> str:
        return str(self.style["encoding"][self.year - 2023])

    @property
    def has_cost_of_sales(self) -> bool:
        return self.company.get("income_form") != "operating"

    @property
    def revenue_name(self) -> str:
        return "매출액" if self.has_cost_of_sales else "영업수익"

    def term(self, year: int) -> int:
        """Return the number of the business year (제 N 기)."""
        return int(self.company["term"]) - (2024 - year)

    def heading(self, year: int) -> str:
        """Return a column heading; it names the business year and never its dates."""
        number = self.term(year)
        if self.style["header"] == "jegi_tight":
            return f"제{number}기"
        relative = ("당기", "전기", "전전기")[self.year - year]
        return f"제 {number} 기({relative})" if self.style["header"] == "current" else f"제 {number} 기"

    def years(self, count: int) -> list[int]:
        return [self.year - back for back in range(count)]

    def amount(self, value: int | None) -> str:
        """Return an amount as this company prints it: thousands separators, its minus sign, `-` for nil."""
        if not value:
            return "-"
        text = f"{abs(value):,}"
        if value > 0:
            return text
        return {"delta": f"△{text}", "paren": f"({text})", "minus": f"-{text}"}[self.style["negative"]]

    def in_unit(self, account: str, year: int, unit: str) -> int:
        """Return an account in another unit, rounded."""
        value = self.accounts[year][account]
        ours, theirs = UNIT_WON[self.unit], UNIT_WON[unit]
        return value * (ours // theirs) if ours >= theirs else rounded(value, theirs // ours)

    def state(self, item: str, value: object, unit: str, section: str, year: int | None = None) -> None:
        """Record a fact; None and 0 are what the filing prints as `-`."""
        text = "-" if value is None or value == 0 else str(value)
        self.facts.append(Fact(item=item, value=text, unit=unit, section=section, year=year or self.year))

    def say(self, key: str, shift: int = 0, **values: object) -> str:
        """Return this company's wording of a common sentence."""
        variants = self.wordings[key]
        return self.fill(variants[(self.style["voice"] + shift) % len(variants)], **values)

    def fill(self, text: str, **values: object) -> str:
        """Return text with its {names} filled, and with bare `&` escaped where this company does so."""
        filled = text.format(**self.words(), **values)
        if self.style["amp"] == "escaped":
            filled = filled.replace("&", "&amp;").replace("&amp;cr;", "&cr;")
        return filled

    def words(self) -> dict[str, str]:
        """Return what sentences may mention: year, terms and the year's main figures in 억원."""
        revenue, last = (self.in_unit("매출액", year, "원") for year in (self.year, self.year - 1))
        growth = round((revenue - last) * 100 / last, 1)
        operating = self.in_unit("영업이익", self.year, "억원")
        export = self.company["export"]
        return {
            "연도": str(self.year),
            "기": str(self.term(self.year)),
            "전기": str(self.term(self.year - 1)),
            "법인명": self.company["legal"],
            "매출": f"{rounded(revenue, UNIT_WON['억원']):,}억원",
            "증감": f"{abs(growth)}% {'증가' if growth >= 0 else '감소'}",
            "영업이익": f"{'영업이익' if operating >= 0 else '영업손실'} {abs(operating):,}억원",
            "수출비중": str(export[self.year - 2021]) if export else "",
        }

    def unit_text(self, unit: str) -> str:
        return UNIT_SPELLING[self.style["voice"]].format(unit)

    def lead(self, heading: str, unit: str) -> list[str]:
        """Return a table's heading and unit line: a borderless table, a P, or inside the heading's own P."""
        text = self.unit_text(unit)
        if self.style["unit_place"] == "inline":
            return [p(f"{heading}&cr;{' ' * 60}{text}")]
        if self.style["unit_place"] == "p":
            return [p(heading), p(" " * 70 + text)]
        return [p(heading), table([[Cell(text=text, align="RIGHT")]], [PAGE_WIDTH], border=0)]

    def title(self, text: str, *, note: str = "", atoc: str = "Y", eng: str = "") -> str:
        """Return a TITLE, with a place for its number and its English name in dart4 only."""
        if not self.is_dart4:
            return title(text, note=note, atoc=atoc)
        return title(text, note=note, atoc=atoc, atocid=ATOCID, eng=eng)
