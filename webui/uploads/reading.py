"""An uploaded file as Readings: filings, policy terms and question tables by the project's own readers, the rest plainly.

A text without articles is cut by its headings, a PDF by its pages, a table by its rows, each row a line that stands on its
own ("지역: 서울, 한도: 120,000원"), so that a citation says where to look. Nothing here guesses a date or a company: an
upload holds on every day and is about nobody unless it says so itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mundap.document import Document
from mundap.token_count import Count
from pipelines.packing import fit, pack
from pipelines.reading import Block, Reading, Section
from webui.uploads.refusal import Refused

if TYPE_CHECKING:
    from pipelines.terms.source_lines import SourceLines

MAX_PAGES = 2_000
MAX_ROWS = 50_000
LEFT_OUT = "rows left out"
DOC_TYPE = "문서"
_QUESTION, _ANSWER = ("question", "질문", "문의"), ("answer", "답변", "답")
_FULL_SHARE, _FULL_CHARS = 0.8, 25        # a line that the page cut is so long, of the longest, and at least
_OVER = (".", "?", "!", "다", ":", "|")    # what ends a sentence, a heading or a row
_VALUE_LAST = re.compile(r"[:：]\s*[-+△(]?\d[\d,.]*\s*\S{0,6}$")
_OF_TERMS = ("policy_type", "product", "part")   # what only terms and statutes have


def readings(path: Path, kind: str, title: str, *, limit: int, count: Count) -> Iterator[Reading]:
    """Yield the documents of a file whose name ends in kind. limit: tokens a chunk may have.

    Raises:
        Refused: it has more pages or rows than are read.
        DataError: it cannot be read; says why.
    """
    from pipelines.readers import dart_xml

    if kind == ".xml":
        yield dart_xml.read_file(path, path.parent)
    elif kind == ".pdf":
        yield _pdf(path, title)
    elif kind in (".csv", ".xlsx"):
        yield from _table(path, title, limit, count)
    else:
        yield _text(path, title)


def _text(path: Path, title: str) -> Reading:
    """Return a text or Markdown file: terms and statutes by article, anything else by its headings, line by line."""
    from pipelines.readers import terms
    from pipelines.readers.decode import decode
    from pipelines.terms.source_lines import lines_of_text
    from pipelines.terms.structure import FRONT, read_terms

    [found] = terms.read(path, path.parent, {"title": title})
    if _has_articles(found):
        return found
    if path.suffix == ".txt":
        # A list of short lines looks like text cut at a page's edge; putting its lines together would mix their figures.
        lines = lines_of_text(decode(path.read_bytes())[0])
        lines.wrapped = False
        found = terms.reading_of(read_terms(lines, statute=False), found.document, found.repairs)
    sections = tuple(replace(section, cite="", extra=_plain(section.extra),
                             path=tuple(name for name in section.path if name != FRONT)) for section in found.sections)
    return replace(found, sections=sections, document=replace(found.document, doc_type=DOC_TYPE))


def _pdf(path: Path, title: str) -> Reading:
    """Return a PDF: terms and statutes by article, anything else page by page.

    Running heads stay in then: what repeats but for its figures may be a form, a page for each person.
    """
    from pipelines.readers.pdf_text import page_texts
    from pipelines.readers.terms import reading_of
    from pipelines.terms.source_lines import lines_of_pages
    from pipelines.terms.structure import read_terms

    pages = page_texts(path, path.name, max_pages=MAX_PAGES)
    document = Document(doc_id=path.stem, title=title, source=path.name, publisher="", date=0, doc_type="약관", body="")
    found = reading_of(read_terms(lines_of_pages(pages), statute=False), document)
    if _has_articles(found):
        return found
    sections = tuple(Section(path=(f"{page}쪽",), blocks=tuple(map(_block, texts)), extra={"page": page})
                     for page, texts in _paragraphs([lines_of_pages([text]) for text in pages]))
    return Reading(document=replace(document, doc_type=DOC_TYPE), sections=sections)


def _paragraphs(pages: Sequence[SourceLines]) -> Iterator[tuple[int, list[str]]]:
    """Yield each page's number and paragraphs. Lines are put together only where one is as long as lines get and no figure
    ends it after a colon: a list read as one sentence would mix the figures of its items.
    """
    from pipelines.terms.wrapping import Joiner

    texts = [text for page in pages for text in page.texts]
    joiner = Joiner(texts)
    full = max(_FULL_SHARE * max(map(len, texts), default=0), _FULL_CHARS)
    for number, page in enumerate(pages, start=1):
        made: list[str] = []
        last, spaced = "", False
        for text, ends_blank in zip(page.texts, page.spaced, strict=True):
            if made and len(last) >= full and not last.endswith(_OVER) and not _VALUE_LAST.search(last):
                made[-1] = joiner.join(made[-1], text, spaced)
            else:
                made.append(text)
            last, spaced = text, ends_blank
        yield number, made


def _block(text: str) -> Block:
    return Block(text=text)


def _has_articles(found: Reading) -> bool:
    return any(section.extra.get("part") == "조" for section in found.sections)


def _plain(extra: Mapping[str, str | int]) -> dict[str, str | int]:
    return {name: value for name, value in extra.items() if name not in _OF_TERMS}


def _table(path: Path, title: str, limit: int, count: Count) -> Iterator[Reading]:
    """Yield the pairs of a table of questions and answers, or one document with a line for every row."""
    from pipelines.readers import qa_csv
    from pipelines.tabular.reader import open_table

    names = open_table(path, where=path.name).layout.columns
    question, answer = _column(names, _QUESTION), _column(names, _ANSWER)
    if question and answer:
        yield from qa_csv.read(path, path.parent, {"title": title, "columns": {"question": question, "answer": answer}})
        return
    # Every column as text: what is quoted must be as it was printed, not as a number was understood.
    table = open_table(path, where=path.name, options={"text_columns": [column.name for column in names]})
    numbered: list[tuple[int, str]] = []
    for batch in table.batches():
        columns = [(column.printed or column.name, batch.columns[column.name].to_pylist()) for column in table.layout.columns]
        for at, number in enumerate(batch.numbers):
            line = ", ".join(f"{_flat(name)}: {_flat(cells[at])}" for name, cells in columns if cells[at])
            numbered += [(number, line)] if line else []
        if len(numbered) > MAX_ROWS:
            raise Refused("rows", most=f"{MAX_ROWS:,}")
    document = Document(doc_id=path.stem, title=title, source=path.name, publisher="", date=0, doc_type="표", body="")
    yield Reading(document=document, sections=tuple(_row_sections(title, numbered, limit, count)),
                  repairs={LEFT_OUT: len(table.rejected)} if table.rejected else {})


def _row_sections(title: str, numbered: Sequence[tuple[int, str]], limit: int, count: Count) -> Iterator[Section]:
    """Yield sections of as many rows as a chunk holds, so that each is cited by its rows."""
    from collections import Counter

    notes: Counter[str] = Counter()
    pieces = [(number, piece) for number, line in numbered for piece in fit(line, limit, count, notes)]
    start = 0
    for text in pack([piece for _, piece in pieces], limit, count):
        end = start + len(text.splitlines())
        first, last = pieces[start][0], pieces[end - 1][0]
        name = f"{first}행" if first == last else f"{first}~{last}행"
        yield Section(path=(name,), cite=f"{title}, {name}", blocks=tuple(Block(text=line) for line in text.splitlines()))
        start = end


def _column(columns: Sequence[Any], wanted: Sequence[str]) -> str:
    return next((column.name for column in columns if column.name.strip().lower() in wanted), "")


def _flat(text: str) -> str:
    return " ".join(str(text).split())
