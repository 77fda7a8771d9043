"""What a DART document says about itself: form, company, fiscal year, period, 기수, and the filing it corrects."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice

from lxml import etree

from pipelines.readers.labels import normal_title
from pipelines.readers.periods import Calendar, dated_terms
from pipelines.readers.table_grid import flat_text

PERIODIC = {"11011": "사업보고서", "11012": "반기보고서", "11013": "분기보고서"}
AUDIT = {"00760": "별도", "00761": "연결"}  # 감사보고서, 연결감사보고서: whose statements they hold
_COMPANY_FORM = re.compile(r"\(\s*(?:주|유|재|사)\s*\)|㈜|㈐|주식회사|유한책임회사|유한회사")
_COVER_TERM = re.compile(r"제\s{0,3}(\d{1,3})\s{0,3}(?:\(\s?당\s?\)\s?)?기(?!간)")
_DATE = re.compile(r"(\d{4})\s{0,3}[년.]\s{0,3}(\d{1,2})\s{0,3}[월.]\s{0,3}(\d{1,2})")
_UNTIL = re.compile(r"(\d{4})\s{0,3}[년.]\s{0,3}(\d{1,2})\s{0,3}[월.]\s{0,3}(\d{1,2})\s{0,3}일?\s{0,3}(?:까지|현재)")
_FROM = re.compile(r"(\d{4})\s{0,3}[년.]\s{0,3}(\d{1,2})\s{0,3}[월.]\s{0,3}(\d{1,2})\s{0,3}일?\s{0,3}부터")
_FIRST_FILED = re.compile(r"최초\s{0,3}제출일\s{0,3}[:：]?\s{0,3}(.{0,40})")
_SPAN = re.compile(r"</?SPAN\b[^<>]{0,400}>")
_TAG = re.compile(r"<[^<>]{0,400}>")  # a 기수 and a date in neighbouring cells do not belong together
_WRAPPERS = frozenset({"DOCUMENT", "DOCUMENT-HEADER", "BODY", "LIBRARY", "INSERTION"})
_TERM_END = re.compile(r"기(?=[\s말:(<\d])")
_TERM_START = re.compile(r"\d(?:\s|</?SPAN\b[^<>]{0,200}>|\(\s?(?:당|전|전전)\s?\)){0,8}$")
_TERM_CHARS = 300
_DATED_CHARS = 600
_HEAD_CHARS = 6_000
_CORRECTION_PARTS = 400  # texts of a correction that are searched for the date of the first filing
_INTERIM_MONTHS = {"11012": (6,), "11013": (3, 9)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a document. Dates are YYYYMMDD or ""; corrects is the date of the filing it corrects."""

    acode: str
    name: str
    company: str
    corp_code: str
    period_from: str
    period_to: str
    calendar: Calendar
    corrects: str = ""


def company_name(text: str) -> str:
    """Return a company's name without its legal form: "(주)노바렉스", "주식회사 진영" -> "노바렉스", "진영"."""
    return " ".join(_COMPANY_FORM.sub(" ", text).split())


def read_head(root: etree._Element, text: str, filed: int) -> Head | None:
    """Return the head, or None when it names no form or company; text is the whole XML, filed the filing's year."""
    form, company = (_near_top(root, tag) for tag in ("DOCUMENT-NAME", "COMPANY-NAME"))
    if form is None or company is None or not flat_text(form) or not company_name(flat_text(company)):
        return None
    acode = form.get("ACODE", "").strip()
    start, end = _period(root, text, acode)
    return Head(
        acode=acode, name=normal_title(flat_text(form)), company=company_name(flat_text(company)),
        corp_code=company.get("AREGCIK", "").strip(), period_from=start, period_to=end,
        calendar=replace(_calendar(root, text, acode, start, end), latest=filed), corrects=_corrects(root),
    )  # fmt: skip


def _near_top(element: etree._Element, tag: str) -> etree._Element | None:
    """Return the first element of that name which stands in the document or in one of its wrappers, or None.

    The whole tree is not searched: most filings have no correction, and then every cell would be looked at.
    """
    for child in element:
        if child.tag == tag:
            return child
        if child.tag in _WRAPPERS and (found := _near_top(child, tag)) is not None:
            return found
    return None


def _period(root: etree._Element, text: str, acode: str) -> tuple[str, str]:
    cells = root.iter("TU") if "PERIODTO" in text or "PERIODFROM" in text else iter(())
    units: dict[str, etree._Element] = {}
    for cell in cells:
        if cell.get("AUNIT") in ("PERIODFROM", "PERIODTO"):
            units[cell.get("AUNIT", "")] = cell
            if len(units) == 2:
                break
    dates = []
    for name, pattern in (("PERIODFROM", _FROM), ("PERIODTO", _UNTIL)):
        value = ""
        if name in units:
            value = units[name].get("AUNITVALUE", "").strip()
            if not re.fullmatch(r"\d{8}", value):
                value = _as_digits(_DATE.search(flat_text(units[name])))
        elif acode in PERIODIC or acode in AUDIT:
            value = _as_digits(pattern.search(_opening(root)))
        dates.append(value)
    return dates[0], dates[1]


def _calendar(root: etree._Element, text: str, acode: str, start: str, end: str) -> Calendar:
    annual = acode == "11011" or acode in AUDIT
    end_month = int(end[4:6]) if annual and end else int(start[4:6]) - 1 or 12 if start else 12
    if not 1 <= end_month <= 12:
        end_month = 12
    terms = dated_terms(_dated_parts(text), end_month)
    match = _COVER_TERM.search(_opening(root))
    term = int(match[1]) if match else None
    if not end:
        return Calendar(end_month=end_month, terms=terms)
    year, month = int(end[:4]), int(end[4:6])
    months = year * 12 + month - (int(start[:4]) * 12 + int(start[4:6])) + 1 if start else 12 if annual else 0
    if annual and 1 <= months <= 12:
        return Calendar(fiscal_year=year, end_month=end_month, annual=True, term=term, terms=terms)
    stage = months // 3 if months in _INTERIM_MONTHS.get(acode, ()) else 0
    return Calendar(fiscal_year=year + (bool(stage) and month > end_month), end_month=end_month, terms=terms,
                    term=term if stage else None, stage=stage)


def _dated_parts(text: str) -> str:
    """Return the text around each 기수, its tags as '|': what stands in neighbouring cells does not belong together."""
    spans: list[tuple[int, int]] = []
    for match in _TERM_END.finditer(text):
        end = match.start()
        if spans and end <= spans[-1][1]:
            spans[-1] = (spans[-1][0], end + _DATED_CHARS)
        elif begun := _TERM_START.search(text[max(end - _TERM_CHARS, 0) : end]):
            spans.append((max(end - len(begun[0]) - 2, 0), end + _DATED_CHARS))
    return _TAG.sub("|", _SPAN.sub("", "|".join(text[start:end] for start, end in spans)))


def _opening(root: etree._Element) -> str:
    """Return the text of the cover, or of the document's first elements when it has none."""
    cover = _near_top(root, "COVER")
    if cover is not None:
        return " ".join("".join(str(part) for part in cover.itertext()).split())
    parts: list[str] = []
    length = 0
    body = root.find("BODY")
    for part in (body if body is not None else root).itertext():
        parts.append(str(part))
        length += len(parts[-1])
        if length > _HEAD_CHARS:
            break
    return " ".join("".join(parts).split())


def _corrects(root: etree._Element) -> str:
    correction = _near_top(root, "CORRECTION")
    if correction is None:
        return ""
    text = " ".join(" ".join(str(part) for part in islice(correction.itertext(), _CORRECTION_PARTS)).split())
    if match := _FIRST_FILED.search(text):
        found = _as_digits(_DATE.search(match[1]))
        return found or match[1].split("3.")[0].strip()
    return "최초제출일 미상"


def _as_digits(match: re.Match[str] | None) -> str:
    if match is None or not (1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 31):
        return ""
    return f"{int(match[1]):04d}{int(match[2]):02d}{int(match[3]):02d}"
