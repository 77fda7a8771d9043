"""Collect filings from OpenDART: lists by window and page, then each filing, and figures where they are asked for.

What was answered before is not asked again: a finished window of a list, a filing, a "no file". Only windows that reach
into the last days are asked anew, since filings still come into them. Ctrl-C and kill -9 lose at most one answer.
"""

from __future__ import annotations

import datetime
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.opendart import companies as company_list
from pipelines.opendart.client import OK, Client
from pipelines.opendart.companies import Company
from pipelines.opendart.store import Store

Say = Callable[[str], None]

WINDOW_MONTHS = 3       # the longest a list without a company may span
PAGE = 100              # the largest page
SETTLED_DAYS = 3        # a list that ends longer ago does not grow any more
CODES_DAYS = 30         # how long corpCode.xml is taken to be current
_SAY_EVERY_S = 10.0
_PERIOD = re.compile(r"(사업|반기|분기)보고서\s*\((\d{4})\.(\d{2})\)")
_PREFIX = re.compile(r"^(?:\[[^\]]*\]\s*)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """One line of a list. report is its name without the prefixes such as [기재정정]."""

    rcept_no: str
    corp_code: str
    company: str
    report: str


def collect(settings: Mapping[str, Any], folder: Path, client: Client, say: Say, *, today: datetime.date
            ) -> Counter[str]:
    """Collect what settings (data.yaml's source.opendart) ask for into a folder; return how many answers of each kind.

    Raises:
        ConfigError, ResourceError: see Client.call; or a company is not known.
    """
    store, counts = Store(folder), Counter[str]()
    wanted = _companies(settings.get("companies") or [], store, client, counts, today)
    filings = list(_filings(settings, wanted, store, client, counts, say, today))
    say(f"OpenDART: {len(filings)} filings listed")
    # A company, or a year's accounts, is asked for once however many filings are about it.
    jobs = {job[0]: job for filing in filings for job in _jobs(filing, settings.get("also") or ())}
    missing = [job for file, job in jobs.items() if store.done(file) is None]
    counts["kept from before"] += len(jobs) - len(missing)
    started = last = time.monotonic()
    for at, (file, call, params) in enumerate(missing, 1):
        answer = client.call(call, params)
        store.put(file, call, params, answer)
        counts[f"{call.split('.')[0]} {answer.status}"] += 1
        now = time.monotonic()
        if now - last >= _SAY_EVERY_S or at == len(missing):
            last = now
            rate = at / max(now - started, 1e-9)
            say(f"OpenDART: {at}/{len(missing)} answers, {rate:.1f}/s, {(len(missing) - at) / rate:.0f} s left")
    return counts


def windows(start: datetime.date, end: datetime.date, months: int = WINDOW_MONTHS
            ) -> Iterator[tuple[datetime.date, datetime.date]]:
    """Yield spans of at most some months that cover start to end, both included."""
    while start <= end:
        month = start.month - 1 + months
        until = min(datetime.date(start.year + month // 12, month % 12 + 1, 1) - datetime.timedelta(days=1), end)
        yield start, until
        start = until + datetime.timedelta(days=1)


def _companies(codes: Sequence[str], store: Store, client: Client, counts: Counter[str], today: datetime.date
               ) -> list[Company | None]:
    """Return the companies asked for, or [None] for all."""
    if not codes:
        return [None]
    file = "corpCode.zip"
    record = store.done(file)
    age = (today - datetime.date.fromisoformat(record["at"][:10])).days if record else CODES_DAYS + 1
    if age > CODES_DAYS:
        store.put(file, "corpCode.xml", {}, client.call("corpCode.xml", {}))
        counts["corpCode 000"] += 1
    return list(company_list.resolve(codes, company_list.read(store.read(file))))


def _filings(settings: Mapping[str, Any], wanted: Sequence[Company | None], store: Store, client: Client,
             counts: Counter[str], say: Say, today: datetime.date) -> Iterator[Filing]:
    """Yield every filing of the lists once, in the order of receipt numbers of each list."""
    start, end = (_date(settings[key]) for key in ("from", "to"))
    end, seen = min(end, today), set[str]()
    reports = tuple(settings.get("reports") or ())
    for company in wanted:
        # With a company a list may span any time; without one, three months.
        spans = [(start, end)] if company else list(windows(start, end))
        for kind in settings.get("types") or ("",):
            for begin, until in spans:
                for line in _list(company, kind, begin, until, settings, store, client, counts, today):
                    filing = Filing(rcept_no=str(line["rcept_no"]), corp_code=str(line["corp_code"]),
                                    company=str(line.get("corp_name", "")).strip(),
                                    report=_PREFIX.sub("", str(line.get("report_nm", "")).strip()))
                    if filing.rcept_no not in seen and (not reports or filing.report.startswith(reports)):
                        seen.add(filing.rcept_no)
                        yield filing


def _list(company: Company | None, kind: str, begin: datetime.date, until: datetime.date, settings: Mapping[str, Any],
          store: Store, client: Client, counts: Counter[str], today: datetime.date) -> Iterator[Mapping[str, Any]]:
    """Yield the lines of one list, page by page; a settled list comes from the store."""
    settled = (today - until).days > SETTLED_DAYS
    base = {"bgn_de": f"{begin:%Y%m%d}", "end_de": f"{until:%Y%m%d}", "page_count": str(PAGE), "sort": "date",
            "sort_mth": "asc", "last_reprt_at": "Y" if settings.get("last_only") else "N"}
    base |= {"corp_code": company.corp_code} if company else {}
    base |= {"pblntf_detail_ty" if len(kind) > 1 else "pblntf_ty": kind} if kind else {}
    name = f"{company.corp_code if company else 'all'}_{kind or 'any'}_{base['last_reprt_at']}"
    page, pages = 1, 1
    while page <= pages:
        file = f"list/{name}_{begin:%Y%m%d}_{until:%Y%m%d}_{page:04}.json"
        record = store.done(file) if settled else None
        if record is None:
            params = base | {"page_no": str(page)}
            answer = client.call("list.json", params)
            store.put(file, "list.json", params, answer)
            counts[f"list {answer.status}"] += 1
            status = answer.status
        else:
            counts["kept from before"] += 1
            status = record["status"]
        if status != OK:
            return   # 013: no filing in this window
        content = json.loads(store.read(file))
        pages = int(content.get("total_page", 1))
        yield from content.get("list", [])
        page += 1


def _jobs(filing: Filing, also: Sequence[str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield file, call and parameters of everything wanted about a filing."""
    yield (f"document/{filing.corp_code}/{filing.rcept_no}.zip", "document.xml", {"rcept_no": filing.rcept_no})
    if "company" in also:
        yield (f"company/{filing.corp_code}.json", "company.json", {"corp_code": filing.corp_code})
    period = _PERIOD.match(filing.report)
    if period is None:
        return
    code = report_code(period[1], int(period[3]))
    if "accounts" in also and int(period[2]) >= 2015:
        for division in ("CFS", "OFS"):
            yield (f"accounts/{filing.corp_code}/{period[2]}_{code}_{division}.json", "fnlttSinglAcntAll.json",
                   {"corp_code": filing.corp_code, "bsns_year": period[2], "reprt_code": code, "fs_div": division})
    if "main_accounts" in also and int(period[2]) >= 2015:
        yield (f"main_accounts/{filing.corp_code}/{period[2]}_{code}.json", "fnlttSinglAcnt.json",
               {"corp_code": filing.corp_code, "bsns_year": period[2], "reprt_code": code})
    if "xbrl" in also:
        yield (f"xbrl/{filing.corp_code}/{filing.rcept_no}.zip", "fnlttXbrl.xml",
               {"rcept_no": filing.rcept_no, "reprt_code": code})


def report_code(kind: str, month: int) -> str:
    """Return the reprt_code of a periodic report: 11011 annual, 11012 half, 11013 first and 11014 third quarter."""
    if kind != "분기":
        return "11011" if kind == "사업" else "11012"
    return "11013" if month <= 6 else "11014"


def _date(value: int) -> datetime.date:
    return datetime.datetime.strptime(str(value), "%Y%m%d").date()



