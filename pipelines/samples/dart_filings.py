"""Write the sample DART filings: annual reports of 18 invented companies for 2023 and 2024, and one amended report.

The companies do not exist. Their receipt numbers carry week-end dates, on which DART receives nothing, so none is a
real filing's. Each company's YAML under companies/ holds its story, shapes of its figures and writing habits;
wordings.yaml holds sentences several companies share; everything else follows from a seed, so a second run gives the
same bytes.

    python -m pipelines.samples.dart_filings datasets/raw/demo

writes dart/{rcept_no}.xml and dart_truth.csv (what each filing says: company, corp_code, rcept_no, fiscal_year,
item, value, unit, section; fiscal_year is the year the value is about, value is as printed without separators, `-`
for nil).
"""

from __future__ import annotations

import csv
import datetime
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from pipelines.samples import business, cover, figures, finance, people
from pipelines.samples.filing import Filing

HERE = Path(__file__).parent
TRUTH_COLUMNS = ("company", "corp_code", "rcept_no", "fiscal_year", "item", "value", "unit", "section")


def companies() -> list[dict[str, Any]]:
    """Return every company's data, in corp_code order."""
    read = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((HERE / "companies").glob("*.yaml"))]
    return sorted(read, key=lambda company: company["corp_code"])


def filings() -> list[Filing]:
    """Return every filing still to be written, in receipt order."""
    wordings = yaml.safe_load((HERE / "wordings.yaml").read_text("utf-8"))
    found = []
    for company in companies():
        accounts = figures.build(company)
        amendment = company.get("amendment")
        first = {**accounts, 2023: figures.original(accounts[2023], amendment["amount"])} if amendment else accounts
        for year, rcept_no in zip((2023, 2024), company["rcept"], strict=True):
            shown = first if year == 2023 else accounts
            found.append(_filing(company, wordings, year, rcept_no, shown))
        if amendment:
            found.append(_filing(company, wordings, 2023, amendment["rcept_no"], accounts, first[2023]))
    return sorted(found, key=lambda filing: filing.rcept_no)


def write_filing(filing: Filing) -> bytes:
    """Return the file's bytes: CRLF line ends, in UTF-8 or CP949 whatever the declaration says."""
    body = []
    if filing.before is not None:
        body.append(cover.correction(filing, _date(filing.company["rcept"][0])))
    body += [
        cover.cover(filing),
        cover.confirmation(filing),
        business.company_section(filing),
        business.business_section(filing),
        finance.finance_section(filing),
        people.board_section(filing),
        people.staff_section(filing),
        people.affiliates_section(filing),
    ]
    return cover.document(filing, body).replace("\n", "\r\n").encode(filing.encoding)


def truth_rows(filing: Filing) -> list[tuple[str, ...]]:
    """Return the facts of a written filing as rows of dart_truth.csv."""
    company = filing.company
    head = (company["name"], company["corp_code"], filing.rcept_no)
    return [(*head, str(fact.year), fact.item, fact.value, fact.unit, fact.section) for fact in filing.facts]


def write_all(out_dir: Path) -> list[Path]:
    """Write dart/*.xml and dart_truth.csv under out_dir; return the written paths."""
    folder = out_dir / "dart"
    folder.mkdir(parents=True, exist_ok=True)
    written, rows = [], []
    for filing in filings():
        path = folder / f"{filing.rcept_no}.xml"
        path.write_bytes(write_filing(filing))
        written.append(path)
        rows += truth_rows(filing)
    truth = out_dir / "dart_truth.csv"
    truth.write_bytes(_csv(rows).encode())
    return [*written, truth]


def _filing(
    company: Mapping[str, Any],
    wordings: Mapping[str, Sequence[str]],
    year: int,
    rcept_no: str,
    accounts: Mapping[int, Mapping[str, int]],
    before: Mapping[str, int] | None = None,
) -> Filing:
    return Filing(
        company=company,
        wordings=wordings,
        year=year,
        rcept_no=rcept_no,
        filed=_date(rcept_no),
        accounts=accounts,
        before=before,
    )


def _date(rcept_no: str) -> datetime.date:
    return datetime.datetime.strptime(rcept_no[:8], "%Y%m%d").date()


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TRUTH_COLUMNS)
    writer.writerows(rows)
    return text.getvalue()


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m pipelines.samples.dart_filings OUT_DIR")
    written = write_all(Path(sys.argv[1]))
    size_bytes = sum(path.stat().st_size for path in written)
    sys.stdout.write(f"{len(written)} files, {size_bytes:,} bytes under {sys.argv[1]}\n")


if __name__ == "__main__":
    main()
