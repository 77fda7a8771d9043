"""Which document an amended filing takes the place of, so that nothing outdated is quoted or asked about.

An amendment supersedes every earlier document of the same company, fiscal year and document type. Each outdated
document names its immediate successor, which is enough to tell what held on any date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mundap.document import Document

_AMENDMENT_MARK = re.compile(r"^\s*\[[^\]]*\]\s*")  # "[기재정정]사업보고서"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What is needed to order filings. supersedes is the reader's word for what this one amends, "" if nothing."""

    doc_id: str
    company: str
    fiscal_year: int
    doc_type: str
    date: int
    supersedes: str


def filing_of(document: Document, company: str, supersedes: str) -> Filing:
    """Return the document's place among the filings."""
    year = document.fields.get("fiscal_year")
    return Filing(doc_id=document.doc_id, company=str(document.fields.get("corp_code") or company),
                  fiscal_year=int(year) if year else 0, doc_type=_AMENDMENT_MARK.sub("", document.doc_type),
                  date=document.date, supersedes=supersedes)


def resolve(filings: Iterable[Filing]) -> dict[str, str]:
    """Return outdated doc_id -> the doc_id of the amendment that followed it."""
    ordered = sorted(filings, key=lambda filing: (filing.date, filing.doc_id))
    successor: dict[str, str] = {}
    for at, filing in enumerate(ordered):
        if not filing.supersedes:
            continue
        for earlier in ordered[:at]:
            named = filing.supersedes == earlier.doc_id
            alike = bool(filing.company and filing.fiscal_year) and _key(filing) == _key(earlier)
            if named or alike:
                successor.setdefault(earlier.doc_id, filing.doc_id)
    return successor


def _key(filing: Filing) -> tuple[str, int, str]:
    return filing.company, filing.fiscal_year, filing.doc_type
