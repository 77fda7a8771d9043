"""Write the sample analyst reports: two PDFs by invented brokers on companies of the sample filings.

Real reports are under copyright, so none is copied, in words or in layout. A report's YAML under reports/ holds its words
and forecasts; the actual years of its table are the company's own accounts, so that report and filing agree. The pages
have what makes real ones hard to read: a running header and footer, a side box of figures, two columns, a forecast table,
lines cut between words or inside them, and a page of notices. No font file is embedded: the text is in a font that PDF
viewers bring along (HYGothic-Medium, one of the standard Korean CID fonts), and reads back as Unicode.

    python -m pipelines.samples.analyst_reports datasets/raw/dart/analyst

A second run gives the same bytes. Needs reportlab (a development dependency).
"""

from __future__ import annotations

import datetime
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from pipelines.samples import figures

HERE = Path(__file__).parent
FONT = "HYGothic-Medium"
ACTUAL_YEARS = (2022, 2023, 2024)
_WIDTH, _HEIGHT = 595.0, 842.0     # A4 in points
_LEFT, _TOP, _BOTTOM = 48.0, 770.0, 60.0
_SIZE, _LEADING = 9.5, 15.0
_NIL = "-"
_WORDS = re.compile(r"\S+ ?")
_LETTERS = re.compile(r"[0-9A-Za-z][0-9A-Za-z.,%/]*|.[.,]?")   # figures and Latin words stay whole


def reports() -> list[dict[str, Any]]:
    """Return every report's words and figures, `company` the data its filings are made from."""
    companies = {company["key"]: company for company in
                 (yaml.safe_load(path.read_text("utf-8")) for path in sorted((HERE / "companies").glob("*.yaml")))}
    found = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((HERE / "reports").glob("*.yaml"))]
    return [report | {"company": companies[report["key"]]} for report in found]


def table_rows(report: Mapping[str, Any]) -> list[list[str]]:
    """Return the forecast table: its header, then a row an item; amounts in 억원."""
    company = report["company"]
    accounts = figures.build(company)
    unit = figures.UNIT_WON["억원"] // figures.UNIT_WON[company["style"]["unit"]]
    actual: dict[str, list[str]] = {
        name: [f"{figures.rounded(accounts[year][name], unit):,}" for year in ACTUAL_YEARS]
        for name in ("매출액", "영업이익", "당기순이익")}
    actual["EPS(원)"] = [f"{accounts[year]['주당순이익']:,}" for year in ACTUAL_YEARS]
    actual["DPS(원)"] = [f"{company['dps'][figures.YEARS.index(year)] or 0:,}" for year in ACTUAL_YEARS]
    forecast = report["forecast"]
    rows = [["12월 결산", *(f"{year}A" for year in ACTUAL_YEARS), *forecast["year"]]]
    for name, values in forecast.items():
        if name != "year":
            rows.append([name, *actual.get(name, [_NIL] * len(ACTUAL_YEARS)), *(f"{value:,}" for value in values)])
    revenue = [accounts[year]["매출액"] / unit for year in ACTUAL_YEARS] + forecast["매출액"]
    growth = [f"{(now / before - 1) * 100:.1f}" for before, now in zip(revenue, revenue[1:], strict=False)]
    return [*rows[:2], ["매출 증감률(%)", _NIL, *growth], *rows[2:]]


def write_report(report: Mapping[str, Any], path: Path) -> Path:
    """Write one report as a PDF; return its path."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    canvas = Canvas(str(temporary), pagesize=(_WIDTH, _HEIGHT), invariant=1)
    canvas.setTitle(f"{report['company']['name']}: {report['title']}")
    _Pages(canvas, report).write()
    canvas.save()
    temporary.replace(path)
    return path


def write_all(out_dir: Path) -> list[Path]:
    """Write every report under out_dir; return the written paths."""
    return [write_report(report, out_dir / report["file"]) for report in reports()]


class _Pages:
    """Draws a report page by page."""

    def __init__(self, canvas: Any, report: Mapping[str, Any]) -> None:
        self.canvas, self.report = canvas, report
        self.number, self.count = 0, len(report["pages"]) + 2
        self.date = datetime.date.fromisoformat(str(report["date"]))

    def write(self) -> None:
        for at, page in enumerate(self.report["pages"]):
            self._open()
            top = self._masthead() if at == 0 else _TOP
            if page["columns"] == 1:
                self._sections(page["sections"], _LEFT, 330.0 if at == 0 else 500.0, top)
            else:
                self._two_columns(page["sections"], top)
            if at == 0:
                self._box(420.0, top)
            self.canvas.showPage()
        self._open()
        self._table()
        self.canvas.showPage()
        self._open()
        self._notices()
        self.canvas.showPage()

    def _open(self) -> None:
        self.number += 1
        report = self.report
        self._line(f"{report['company']['name']} ({report['code']})", _LEFT, 812, 8)
        self._line(f"기업분석 | {self.date:%Y.%m.%d}", 470, 812, 8)
        self._line(f"{report['broker']} 리서치센터", _LEFT, 36, 8)
        self._line(f"{self.number} / {self.count}", 530, 36, 8)

    def _masthead(self) -> float:
        report = self.report
        self._line(f"{report['company']['name']} ({report['code']})", _LEFT, 776, 17)
        self._line(report["title"], _LEFT, 750, 13)
        self._line(f"{report['sector']} | Analyst {report['analyst']}", _LEFT, 728, 8.5)
        self._line(f"02-0000-0{self.report['code'][-3:]}  {report['key']}@example.com", _LEFT, 715, 8.5)
        return 690.0

    def _box(self, left: float, top: float) -> None:
        self.canvas.rect(left - 8, top - 15 * len(self.report["box"]) - 4, 135, 15 * len(self.report["box"]) + 18)
        for at, (name, value) in enumerate(self.report["box"]):
            self._line(name, left, top - 15 * at, 8.5)
            self._line(value, left + 72, top - 15 * at, 8.5)

    def _two_columns(self, sections: Sequence[Mapping[str, Any]], top: float) -> None:
        """Draw the columns; a section that does not fit below goes to the second."""
        width, y, left = 240.0, top, _LEFT
        for section in sections:
            needed = sum(len(list(self._wrapped(text, width))) + 1 for text in section["text"]) * _LEADING + 2 * _LEADING
            if y - needed < _BOTTOM + 300 and left == _LEFT:
                left, y = _LEFT + width + 24, top
            y = self._sections([section], left, width, y)

    def _sections(self, sections: Sequence[Mapping[str, Any]], left: float, width: float, y: float) -> float:
        for section in sections:
            for line in self._wrapped(section["heading"], width, size=11.0):
                self._line(line, left, y, 11)
                y -= _LEADING + 3
            for text in section["text"]:
                for line in self._wrapped(text, width):
                    self._line(line, left, y, _SIZE)
                    y -= _LEADING
                y -= _LEADING / 2
            y -= _LEADING / 2
        return y

    def _table(self) -> None:
        self._line("추정 재무제표 및 투자지표", _LEFT, _TOP, 11)
        self._line("(단위: 억원, 연결 기준)", 440, _TOP, 8.5)
        y = _TOP - 22
        for row in table_rows(self.report):
            self._line(row[0], _LEFT, y, 9)
            for at, cell in enumerate(row[1:]):
                self.canvas.setFont(FONT, 9)
                self.canvas.drawRightString(250 + 70 * at, y, cell)
            y -= 17
        self._line(f"자료: 회사 자료, {self.report['broker']} 추정", _LEFT, y, 8)

    def _notices(self) -> None:
        report, y = self.report, _TOP
        words = yaml.safe_load((HERE / "report_notices.yaml").read_text("utf-8"))
        self._line("Compliance Notice", _LEFT, y, 11)
        for text in words["notices"]:
            y -= 6
            for line in self._wrapped(text.format(**report), 500.0):
                y -= _LEADING
                self._line(line, _LEFT, y, 8.5)
        y -= 2 * _LEADING
        self._line("투자등급 비율", _LEFT, y, 11)
        for row in words["grades"]:
            y -= _LEADING
            self._line(row, _LEFT, y, 8.5)

    def _wrapped(self, text: str, width: float, size: float = _SIZE) -> Iterator[str]:
        """Yield lines: cut at blanks, or anywhere, as word processors do with Korean; the blank cut at stays behind."""
        from reportlab.pdfbase.pdfmetrics import stringWidth

        pieces = _WORDS.findall(text) if self.report["wrap"] == "word" else _LETTERS.findall(text)
        line = ""
        for piece in pieces:
            if line and stringWidth((line + piece).rstrip(), FONT, size) > width:
                yield line
                line = ""
            line += piece
        yield line.rstrip()

    def _line(self, text: str, left: float, y: float, size: float) -> None:
        self.canvas.setFont(FONT, size)
        self.canvas.drawString(left, y, text)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m pipelines.samples.analyst_reports OUT_DIR")
    written = write_all(Path(sys.argv[1]))
    size_bytes = sum(path.stat().st_size for path in written)
    sys.stdout.write(f"{len(written)} files, {size_bytes:,} bytes under {sys.argv[1]}\n")


if __name__ == "__main__":
    main()
