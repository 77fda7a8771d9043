"""A filing's facts against OpenDART's own accounts (fnlttSinglAcntAll): which agree, which differ, which have no match.

A fact and an account are the same figure when fiscal year, part of the year, basis and account name are; amounts agree
when they differ by less than one unit of the printed figure (백만원: rounded or cut). Nothing is corrected here: what
differs is listed, with both figures. The accounts are those that `source: opendart` with `also: [accounts]` collects,
one file for a report and basis: accounts/{corp_code}/{year}_{reprt_code}_{CFS|OFS}.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, Protocol

from mundap.errors import DataError
from pipelines.readers.labels import clean_label
from pipelines.readers.numerals import MONEY

Check = Literal["agrees", "differs", ""]

_ANNUAL, _HALF, _FIRST, _THIRD = "11011", "11012", "11013", "11014"
_BASES = {"CFS": "연결", "OFS": "별도"}
_ENDS = {_FIRST: "1분기말", _HALF: "반기말", _THIRD: "3분기말"}
_QUARTERS = {_FIRST: "1분기", _HALF: "2분기", _THIRD: "3분기"}
_SINCE_FIRST_DAY = {_FIRST: "1분기", _HALF: "상반기", _THIRD: "3분기 누적"}
_NAMES_OF_IDS = {
    "ifrs-full_Assets": ("자산총계",),
    "ifrs-full_Liabilities": ("부채총계",),
    "ifrs-full_Equity": ("자본총계",),
    "ifrs-full_Revenue": ("매출액", "수익(매출액)", "영업수익"),
    "dart_OperatingIncomeLoss": ("영업이익",),
    "ifrs-full_ProfitLoss": ("당기순이익", "분기순이익", "반기순이익"),
}
_SIGN_WORDS = re.compile(r"\((?:손실|이익|손익|순손실|결손금|△|-)\)|\s")
_FILE = re.compile(r"(\d{4})_(\d{5})_(CFS|OFS)\.json")
_Key = tuple[int, str, str, str]


class Figure(Protocol):
    """What a fact must have to be checked: `pipelines.reading.Fact` and `pipelines.facts.PlacedFact` both do."""

    @property
    def company(self) -> str: ...
    @property
    def fiscal_year(self) -> int: ...
    @property
    def period(self) -> str: ...
    @property
    def basis(self) -> str: ...
    @property
    def item(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def locator(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A figure that OpenDART's accounts give otherwise. ours is as printed, with its unit; theirs is in 원."""

    company: str
    fiscal_year: int
    period: str
    basis: str
    item: str
    ours: str
    theirs: str
    locator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCheck:
    """checks has one entry for each fact, in order; "" means that no account was found to compare with."""

    checks: tuple[Check, ...]
    disagreements: tuple[Disagreement, ...]


@dataclass(frozen=True, slots=True)
class _Amount:
    won: Decimal
    either_sign: bool


def crosscheck(facts: Sequence[Figure], accounts: Sequence[Mapping[str, Any]]) -> CrossCheck:
    """Return how one company's facts compare with its accounts.

    accounts are rows of fnlttSinglAcntAll's "list", each with fs_div (CFS or OFS), as read_accounts() gives them. Where
    several accounts share a name in one period, a fact that equals one of them agrees and any other is left open.
    """
    known: dict[_Key, list[_Amount]] = {}
    for row in accounts:
        for key, amount in _amounts(row):
            known.setdefault(key, []).append(amount)
    checks: list[Check] = []
    disagreements: list[Disagreement] = []
    for fact in facts:
        key = (fact.fiscal_year, fact.period, fact.basis, account_key(fact.item))
        theirs = known.get(key, []) if fact.unit in MONEY else []
        if not theirs:
            checks.append("")
        elif any(_equal(fact, amount) for amount in theirs):
            checks.append("agrees")
        elif len({amount.won for amount in theirs}) > 1:
            checks.append("")
        else:
            checks.append("differs")
            disagreements.append(Disagreement(
                company=fact.company, fiscal_year=fact.fiscal_year, period=fact.period, basis=fact.basis,
                item=fact.item, ours=f"{fact.value}{fact.unit}", theirs=f"{theirs[0].won:,}", locator=fact.locator,
            ))
    return CrossCheck(checks=tuple(checks), disagreements=tuple(disagreements))


def read_accounts(folder: Path, corp_code: str) -> list[dict[str, Any]]:
    """Return every row of a company's files below folder (what collect.py wrote), with what the file's name says added.

    An answer without data (status 013) gives no rows; so does a company of whom nothing was collected.

    Raises:
        DataError: a file is no JSON object.
    """
    rows: list[dict[str, Any]] = []
    for path in sorted((folder / "accounts" / corp_code).glob("*.json")):
        if (match := _FILE.fullmatch(path.name)) is None:
            continue
        try:
            answer = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"the accounts cannot be read: {error}", where=f"accounts/{corp_code}/{path.name}",
                            fix="Delete the file and run `mundap data` again to fetch it.") from error
        listed = answer.get("list") if isinstance(answer, dict) and answer.get("status") == "000" else None
        given = {"bsns_year": match[1], "reprt_code": match[2], "fs_div": match[3]}
        rows += [given | row for row in listed or () if isinstance(row, dict)]
    return rows


def account_key(name: str) -> str:
    """Return an account's name as it is compared: no blanks, numbering, note marks, "(손실)", nor the basis before it."""
    return re.sub(r"^연결(?=.*(?:이익|손실|손익)$)", "", _SIGN_WORDS.sub("", clean_label(name)))


def _amounts(row: Mapping[str, Any]) -> Iterator[tuple[_Key, _Amount]]:
    """Yield the figures of one account under each of its names."""
    statement = str(row.get("sj_div", ""))
    basis = _BASES.get(str(row.get("fs_div", "")))
    year = str(row.get("bsns_year", ""))
    if basis is None or not year.isdigit() or statement == "SCE" or row.get("currency", "KRW") not in ("KRW", ""):
        return
    code = str(row.get("reprt_code", _ANNUAL))
    names = {str(row.get("account_nm", "")), *_NAMES_OF_IDS.get(str(row.get("account_id", "")), ())}
    for column, back, period in _columns(code, statement):
        if (won := _decimal(row.get(column))) is not None:
            # an element for payments is positive by definition; the statement prints the same payment in brackets
            amount = _Amount(won, either_sign=statement == "CF")
            for key in {account_key(name) for name in names if name}:
                yield (int(year) - back, period, basis, key), amount


def _columns(code: str, statement: str) -> tuple[tuple[str, int, str], ...]:
    """Return column, years back and part of the year of each figure of a row; what is not sure is not compared."""
    if code == _ANNUAL:
        return ("thstrm_amount", 0, ""), ("frmtrm_amount", 1, ""), ("bfefrmtrm_amount", 2, "")
    if code not in _ENDS:
        return ()
    if statement == "BS":
        return ("thstrm_amount", 0, _ENDS[code]), ("frmtrm_amount", 1, "")
    added = _SINCE_FIRST_DAY[code]
    if statement == "CF":
        return ("thstrm_amount", 0, added), ("frmtrm_q_amount", 1, added)
    return (("thstrm_amount", 0, _QUARTERS[code]), ("thstrm_add_amount", 0, added),
            ("frmtrm_q_amount", 1, _QUARTERS[code]), ("frmtrm_add_amount", 1, added))


def _equal(fact: Figure, amount: _Amount) -> bool:
    unit = MONEY[fact.unit]
    ours = _decimal(fact.value)
    if ours is None:
        return False
    step = unit * Decimal(1).scaleb(int(ours.as_tuple().exponent))  # "12.3억원" is printed to a tenth of 억원
    difference = abs(ours * unit - amount.won)
    if amount.either_sign:
        difference = min(difference, abs(ours * unit + amount.won))
    return difference == 0 or (step > 1 and difference < step)


def _decimal(text: Any) -> Decimal | None:
    try:
        return Decimal(str(text if text is not None else "").replace(",", ""))
    except InvalidOperation:
        return None
