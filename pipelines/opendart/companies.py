"""Companies of OpenDART's corpCode.xml: found by corp_code or stock code, never by name, since 5,504 names are not unique."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from mundap.errors import ConfigError, closest

_CORP_CODE, _STOCK_CODE = re.compile(r"\d{8}"), re.compile(r"[0-9A-Z]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """One line of corpCode.xml. stock_code is "" for a company that is not listed."""

    corp_code: str
    name: str
    stock_code: str


def read(raw: bytes) -> list[Company]:
    """Return every company of a corpCode answer (about 118,000)."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive, archive.open(archive.namelist()[0]) as file:
        found = []
        for _, node in etree.iterparse(file, tag="list", resolve_entities=False, no_network=True, load_dtd=False):
            text = {child.tag: (child.text or "").strip() for child in node}
            found.append(Company(corp_code=text.get("corp_code", ""), name=text.get("corp_name", ""),
                                 stock_code=text.get("stock_code", "")))
            node.clear()
    return found


def resolve(wanted: Sequence[str], companies: Sequence[Company]) -> list[Company]:
    """Return the companies with these corp_codes (8 digits) or stock codes (6 digits or capitals), in this order.

    Raises:
        ConfigError: a code is not known, or a name was given: tells the codes of that name.
    """
    by_corp = {one.corp_code: one for one in companies}
    by_stock = {one.stock_code: one for one in companies if one.stock_code}
    found = []
    for code in wanted:
        one = by_corp.get(code) if _CORP_CODE.fullmatch(code) else by_stock.get(code)
        if one is None:
            raise _unknown(code, companies, by_stock)
        found.append(one)
    return list(dict.fromkeys(found))


def _unknown(code: str, companies: Sequence[Company], by_stock: dict[str, Company]) -> ConfigError:
    where = "opendart.companies"
    named = [one for one in companies if one.name == code]
    if named:
        shown = ", ".join(f"{one.corp_code}{f' (stock {one.stock_code})' if one.stock_code else ''}" for one in named[:8])
        return ConfigError(f"{code!r} is a name; {len(named)} compan{'y has' if len(named) == 1 else 'ies have'} it.",
                           where=where, fix=f"Write the code instead: {shown}.")
    if _STOCK_CODE.fullmatch(code):
        return ConfigError(f"no company has the stock code {code!r}.", where=where,
                           fix=f"{closest(code, by_stock)}Write codes in quotes, or YAML drops their leading zeros.")
    return ConfigError(f"{code!r} is no company's code.", where=where,
                       fix='Give the 8-digit corp_code or the stock code, in quotes: "00126380" or "005930".')
