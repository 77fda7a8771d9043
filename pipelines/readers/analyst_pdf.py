"""Analyst reports (PDF with a text layer) as Readings: one file is one document, a heading's text on one page one section.

    새벽별증권 리포트, 2025-04-11, (주)누리솔정밀, 3쪽        a section's citation: who, when, of what, where

A section says what it is about (extra `part`: summary, results, valuation, risk, guidance, company, forecast, other), so
that each kind of question is asked of the chunks it fits. Running headers, footers, contact lines and the notices are left
out and counted. No figure of a report becomes a Fact: a forecast ("2025E") is a line that says whose forecast it is, and
for the past a filing is the source. options: publisher (the broker; without it
the first page tells), doc_type, url, and title and date where the file tells none.

Not done here: columns are read in the order the file stores them; scanned pages are refused, not recognised; charts and
tables without a line of years stay lines of text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mundap import paths
from mundap.document import Document
from mundap.errors import DataError
from mundap.korean import nfc
from pipelines.readers import analyst_lines as lines_of
from pipelines.readers import analyst_table as tables
from pipelines.readers.analyst_lines import Line
from pipelines.readers.gc_pause import gc_paused
from pipelines.readers.markdown import sections_markdown
from pipelines.readers.pdf_letters import Letters, line_letters
from pipelines.readers.pdf_text import page_texts
from pipelines.readers.source_files import files_of
from pipelines.reading import Block, Reading, Section
from pipelines.terms.source_lines import inked
from pipelines.terms.wrapping import Joiner

SUFFIXES = (".pdf",)
DOC_TYPE = "리포트"
BOX = "주요 지표"
_OPENING = "첫머리"          # text before the first heading
_BROKER = re.compile(r"[가-힣A-Za-z]{1,12}(?:투자증권|증권|금융투자|자산운용|리서치)(?![가-힣])")
_NO_BROKER = frozenset("유가증권 상장증권 해당증권 지분증권 채무증권 파생결합증권 수익증권 보험증권 투자증권".split())
_DATE = re.compile(r"(?<![\d.])'?(20\d{2}|2\d)\s?[.\-/년]\s?(1[0-2]|0?[1-9])\s?[.\-/월]\s?(3[01]|[12]\d|0?[1-9])(?!\d)")
_COMPANY = re.compile(r"([가-힣A-Za-z&(][가-힣A-Za-z0-9&().\s]{0,30}?)\s*[(\[]?(?:A|KQ|KS)?(\d{4}[0-9A-Z]{2})"
                      r"(?:[.\s]?(?:KS|KQ|KOSPI|KOSDAQ))?(?:/[^)\]]*)?(?:[)\]]|\s|$)")
_HEAD_WORDS = re.compile(r"리서치\s?(?:센터|본부)?|기업\s?(?:분석|리포트)|equity|research|company|report|일|[\W_]", re.IGNORECASE)
_BLANKS_KEPT = 0.1          # share of lines ending in a blank above which a missing one means a cut word
_FULL_LINE = 0.85
_SHORT = 12                  # a line so short ends a column, a list or a label, not half a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the report says of itself. date is YYYYMMDD, 0 for none."""

    company: str
    stock_code: str
    broker: str
    date: int
    title: str

    @property
    def cite(self) -> str:
        """Return how a person names the report: "새벽별증권 리포트, 2025-04-11, (주)누리솔정밀"."""
        day = f"{self.date // 10000}-{self.date // 100 % 100:02d}-{self.date % 100:02d}" if self.date else ""
        return ", ".join(part for part in (f"{self.broker} 리포트".strip(), day, self.company) if part)


@dataclass(slots=True, kw_only=True)
class _Part:
    """A heading and its lines on one page. ink: the heading's non-blank characters where it stands, else 0."""

    heading: str
    part: str
    page: int
    ink: int = 0
    lines: list[Line] = field(default_factory=list)


def read(path: Path, project: Path, options: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield one Reading for the file, or for every .pdf below a folder in sorted order.

    Raises:
        DataError: a file is missing, empty, encrypted, damaged, without a text layer (scanned: OCR is named), or tells
            neither its broker nor its date and the source's options do not either.
        MissingExtra: pypdfium2 is not installed.
    """
    where = paths.show(path, project)
    for file in files_of(path, SUFFIXES, where, "Put the reports there"):
        with gc_paused():
            reading = _read_file(file, paths.show(file, project), options)
        yield reading


def _read_file(path: Path, where: str, options: Mapping[str, Any]) -> Reading:
    pages = [nfc(page).split("\n") for page in page_texts(path, where)]
    letters = line_letters(path)
    head = _head(pages, letters, options, path, where)
    dropped: Counter[str] = Counter()
    lines = _lines(pages, letters, head, dropped)
    box, found = _parts(lines, lines_of.body_letters(letters, pages), dropped)
    joiner = _joiner(lines)
    sections = _box_sections(box, head)
    for one in found:
        sections += _sections(one, head, joiner, dropped)
    if not sections:
        raise DataError("the report holds no text but headers and notices.", where=where,
                        fix="Check that it is an analyst report; read other PDFs with reader: terms.")
    return Reading(document=_document(path, where, head, box, options, sections), sections=tuple(sections),
                   left_out=dropped)


def _head(pages: Sequence[Sequence[str]], letters: Sequence[Sequence[Letters]], options: Mapping[str, Any], path: Path,
          where: str) -> Head:
    first = [line.strip() for line in pages[0]]
    told = [*first, *(pages[at][place] for at, place in lines_of.edge_lines(pages))]
    brokers = Counter(name for line in told for name in _BROKER.findall(line) if name not in _NO_BROKER)
    named = next((match for line in first if (match := _COMPANY.match(line))), None)
    dated = next((match for line in first if (match := _DATE.search(line))), None)
    broker = str(options.get("publisher") or "") or (brokers.most_common(1)[0][0] if brokers else "")
    date = int(f"20{dated[1][-2:]}{int(dated[2]):02d}{int(dated[3]):02d}") if dated else int(options.get("date") or 0)
    lacking = [name for name, value in (("broker (publisher:)", broker), ("date (date:)", date)) if not value]
    if lacking:
        raise DataError(f"the report does not tell its {' and its '.join(lacking)}.", where=where,
                        fix="Give it in the source's entry of data.yaml, for example: publisher: 새벽별증권, date: 20250411")
    company = " ".join(named[1].split()) if named else ""
    title = _title(first, [one.size for one in letters[0]], named[0] if named else "") or str(options.get("title") or "")
    return Head(company=company, stock_code=named[2] if named else "", broker=broker, date=date, title=title or path.stem)


def _title(lines: Sequence[str], sizes: Sequence[float], company_line: str) -> str:
    """Return the line in the largest letters of the first page, the company's own line aside."""
    sized = [(size, -at) for at, (line, size) in enumerate(zip(lines, sizes, strict=False))
             if line and not (company_line and line.startswith(company_line))]
    if not sized or max(sized)[0] <= min(sized)[0]:
        return ""
    return lines[-max(sized)[1]]


def _lines(pages: Sequence[Sequence[str]], letters: Sequence[Sequence[Letters]], head: Head, dropped: Counter[str]
           ) -> list[Line]:
    """Return the lines that are not furniture, contact or title lines."""
    edges = lines_of.edge_lines(pages)
    kept: list[Line] = []
    for at, page in enumerate(pages):
        for place, raw in enumerate(page):
            text = raw.strip()
            if not text:
                continue
            title = at == 0 and _of_head(text, head)
            why = edges.get((at, place)) or (lines_of.TITLE if title else lines_of.why_left_out(text))
            if why:
                dropped[why] += inked(text)
            else:
                own = letters[at][place] if place < len(letters[at]) else Letters()
                kept.append(Line(text=text, page=at + 1, letters=own, spaced=raw[-1:].isspace()))
    return kept


def _of_head(text: str, head: Head) -> bool:
    """Return whether a line of the first page says what the head says: title, company and code, or broker and date."""
    if text == head.title or (head.stock_code and head.stock_code in text and text.startswith(head.company)):
        return True
    rest = _DATE.sub("", text.replace(head.broker, ""))
    return rest != text and not _HEAD_WORDS.sub("", rest)


def _parts(lines: Sequence[Line], body: Letters, dropped: Counter[str]) -> tuple[list[tuple[int, str, str]], list[_Part]]:
    """Return the side box as (page, name, value), and the headings' parts in order; notices are dropped."""
    box: list[tuple[int, str, str]] = []
    found = [_Part(heading=_OPENING, part=lines_of.OTHER, page=1)]
    before: Line | None = None      # the last line of text; None after a heading
    headed: Line | None = None      # the last line, where it was a heading's
    for line in lines:
        current = found[-1]
        figure = lines_of.box_figure(line.text)
        if figure is not None and current.part != "notice":
            box.append((line.page, *figure))
        elif headed is not None and headed.spaced and headed.letters == line.letters and not lines_of.ends_sentence(line.text):
            current.heading += f" {line.text}"          # a heading of two lines
            current.ink += inked(line.text)
            current.part, headed = lines_of.part_of(current.heading), line
        elif lines_of.is_heading(line.text, line.letters, body):
            heading = lines_of.heading_text(line.text)
            found.append(_Part(heading=heading, part=lines_of.part_of(heading), page=line.page, ink=inked(line.text)))
            before, headed = None, line
        else:
            if current.page != line.page and not _goes_on(before):
                found.append(_Part(heading=current.heading, part=current.part, page=line.page))
            found[-1].lines.append(line)
            before, headed = line, None
    for one in found:
        if one.part == "notice":
            dropped[lines_of.NOTICE] += one.ink + sum(inked(line.text) for line in one.lines)
    return box, [one for one in found if one.part != "notice"]


def _goes_on(before: Line | None) -> bool:
    """Return whether a line goes on with the sentence of the one before it; over a page's end it is cited by the first page."""
    if before is None or lines_of.ends_sentence(before.text) or len(before.text) <= _SHORT:
        return False
    return before.spaced or (before.text[-1] in ",·" or "가" <= before.text[-1] <= "힣")


def _joiner(lines: Sequence[Line]) -> Joiner | None:
    """Return what puts cut lines together, or None when the file kept the blanks lines were cut at."""
    spaced = sum(line.spaced for line in lines)
    return None if spaced > _BLANKS_KEPT * len(lines) else Joiner([line.text for line in lines])


def _sections(one: _Part, head: Head, joiner: Joiner | None, dropped: Counter[str]) -> list[Section]:
    """Return a part's text, and after it its tables' actual years and forecasts, each a section of its own."""
    plain, columns, rows = list[Line](), list[tables.Column](), list[tuple[str, list[str]]]()
    unit, one.heading = tables.unit_note(one.heading)
    made: list[Section] = []
    for line in one.lines:
        declared, rest = tables.unit_note(line.text)
        unit = declared or unit
        headed = tables.columns_of(rest, head.date // 10000)
        found = tables.rows_of(line.text, len(columns)) if columns else []
        if headed:
            unit = declared or tables.head_unit(line.text) or unit
            made += _table_sections(one, head, tables.table_of(columns, rows, unit), dropped)
            columns, rows = headed, []
        elif found:
            rows += found
        elif tables.only_figures(line.text):
            dropped[lines_of.LABELS] += inked(line.text)
        elif rest:
            plain.append(line)
    made += _table_sections(one, head, tables.table_of(columns, rows, unit), dropped)
    texts = _paragraphs(plain, joiner)
    return [*([_section((one.heading,), texts, head, one.page, one.part)] if texts else []), *made]


def _table_sections(one: _Part, head: Head, table: tables.ReportTable, dropped: Counter[str]) -> list[Section]:
    if table.nil:
        dropped["empty cells"] += table.nil
    by_column: dict[tables.Column, list[str]] = {}
    for column, item, figure in table.cells:
        by_column.setdefault(column, []).append(tables.line_of(head.company, head.broker, column, item, figure))
    made = []
    for forecast, name in ((False, "실적"), (True, "전망")):
        texts = ["\n".join(lines) for column, lines in by_column.items() if column.forecast is forecast]
        if texts:
            made.append(_section((one.heading, name), texts, head, one.page, "forecast" if forecast else "results"))
    return made


def _paragraphs(lines: Sequence[Line], joiner: Joiner | None) -> list[str]:
    """Return paragraphs: a sentence's end ends one where the line is not full, or where the file keeps its blanks."""
    full = max((len(line.text) for line in lines), default=0) * _FULL_LINE
    found: list[list[Line]] = []
    for line in lines:
        last = found[-1][-1] if found else None
        over = last is None or (lines_of.ends_sentence(last.text) and not last.spaced
                                and (joiner is None or len(last.text) < full))
        if over:
            found.append([line])
        else:
            found[-1].append(line)
    return [_joined(group, joiner) for group in found]


def _joined(lines: Sequence[Line], joiner: Joiner | None) -> str:
    text = lines[0].text
    for before, line in zip(lines, lines[1:], strict=False):
        if joiner is not None:
            text = joiner.join(text, line.text, before.spaced)
        else:
            text += (" " if before.spaced or lines_of.ends_sentence(before.text) else "") + line.text
    return text


def _box_sections(box: Sequence[tuple[int, str, str]], head: Head) -> list[Section]:
    by_page: dict[int, list[str]] = {}
    for page, name, value in box:
        by_page.setdefault(page, []).append(f"{head.company} {name}({head.broker}): {value}".strip())
    return [_section((BOX,), ["\n".join(lines)], head, page, "summary") for page, lines in by_page.items()]


def _section(path: tuple[str, ...], texts: Sequence[str], head: Head, page: int, part: str) -> Section:
    return Section(path=path, blocks=tuple(Block(text=text) for text in texts), cite=f"{head.cite}, {page}쪽",
                   extra={"part": part, "page": page, "broker": head.broker})


def _document(path: Path, where: str, head: Head, box: Sequence[tuple[int, str, str]], options: Mapping[str, Any],
              sections: Sequence[Section]) -> Document:
    said = {name.partition("(")[0].replace(" ", ""): value for _, name, value in reversed(box)}
    fields = {"company": head.company, "stock_code": head.stock_code, "broker": head.broker,
              "rating": said.get("투자의견", ""), "target_price": said.get("목표주가", ""), "url": str(options.get("url") or "")}
    return Document(doc_id=re.sub(r"[^\w가-힣.()-]+", "_", nfc(path.stem)).strip("_"),
                    title=f"{head.company} 리포트: {head.title}".strip(), source=where, publisher=head.broker, date=head.date,
                    doc_type=str(options.get("doc_type") or DOC_TYPE), body=sections_markdown(sections),
                    fields={name: value for name, value in fields.items() if value})
