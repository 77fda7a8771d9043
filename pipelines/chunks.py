"""From a reading to its chunks: one parent per section, and children within the embedder's token limit.

    facts  one chunk per table and fiscal year: a title line, then a line per figure that stands on its own
    text   sentences, one a line, and tables without figures as Markdown, grouped in order; a long table is split by
           rows and repeats its header
    qa     the question, then the answer's sentences

Sections, not documents, are the unit a citation names. Which filing supersedes which is settled later, once every
document is known.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mundap.chunk import Chunk, Level, chunk_id
from mundap.document import Document
from mundap.formal_sentences import formal_sentences
from mundap.korean import nfc, sentences
from mundap.token_count import Count
from pipelines.facts import PlacedFact
from pipelines.packing import fit, pack
from pipelines.reading import Block, Fact, Reading, Section
from pipelines.terms.children import children

_CARRIED = ("corp_code", "fiscal_year", "rcept_no", "category", "difficulty", "url")
_SENTENCE_END_INSIDE = re.compile(r"[.!?。]['\"”’)\]]*\s+\S")  # without one, Kiwi need not be asked
_UNIT_NOTE = re.compile(r"\s*[(\[]?\s*단위\s*[:：][^)\]]*[)\]]?")


@dataclass(slots=True, kw_only=True)
class Chunked:
    """What one reading became. notes counts what had to be cut to fit."""

    chunks: list[Chunk] = field(default_factory=list)
    facts: list[PlacedFact] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)


def chunk_reading(reading: Reading, *, limit: int, count: Count) -> Chunked:
    """Return the chunks of a reading in document order (a parent, then its children) and every fact with its chunk."""
    maker = _Maker(reading, limit, count)
    for section in reading.sections:
        maker.add(section)
    return maker.made


def company_of(document: Document) -> str:
    """Return the company a document is about, or "" when it is about none (a CSV of questions)."""
    named = document.fields.get("company")
    return str(named or (document.publisher if document.fields.get("corp_code") else ""))


def tidy(text: str) -> str:
    """Return text as one line in NFC."""
    return " ".join(nfc(text).split())


class _Maker:
    """Numbers the chunks of one document as they are made."""

    def __init__(self, reading: Reading, limit: int, count: Count) -> None:
        self.reading = reading
        self.document = reading.document
        self.limit = limit
        self.count = count
        self.made = Chunked()

    def add(self, section: Section) -> None:
        """Append the section's parent and children."""
        whole = "\n\n".join(_block_text(block) for block in section.blocks if block.text.strip() or block.facts)
        if not whole.strip():
            return
        outdated = {"superseded": 1} if section.superseded else {}
        parent = self._chunk("parent", nfc(whole), section, "", outdated)
        if self.reading.question_answer is not None:
            for text in self._qa_texts(*self.reading.question_answer):
                self._chunk("child", text, section, parent.chunk_id, {"kind": "qa"} | outdated)
            return
        if section.cite:
            for child in children(section.blocks, self.limit, self.count, self.made.notes):
                extra = {"kind": "text"} | ({"links": "\n".join(child.links)} if child.links else {}) | outdated
                self._chunk("child", child.text, section, parent.chunk_id, extra, child.cite)
            return
        run: list[Block] = []
        for block in section.blocks:
            if block.facts:
                self._text_children(run, section, parent.chunk_id, outdated)
                run = []
                self._fact_children(block, section, parent.chunk_id, outdated)
            else:
                run.append(block)
        self._text_children(run, section, parent.chunk_id, outdated)

    def _chunk(self, level: Level, text: str, section: Section, parent: str, extra: Mapping[str, Any],
               cite: str = "") -> Chunk:
        path = [tidy(name) for name in section.path if name.strip()]
        title = tidy(self.document.title)
        chunk = Chunk(
            chunk_id=chunk_id(self.document.doc_id, len(self.made.chunks), text),
            doc_id=self.document.doc_id,
            parent_id=parent,
            level=level,
            text=text,
            breadcrumbs=" > ".join([title, *path]),
            citation=f"{section.cite} {cite}".strip() if section.cite else _citation(self.document, path),
            token_count=self.count(text),
            date=self.document.date,
            metadata=_metadata(self.document, path) | dict(section.extra) | dict(extra),
        )
        self.made.chunks.append(chunk)
        return chunk

    def _fact_children(self, block: Block, section: Section, parent: str, extra: Mapping[str, Any]) -> None:
        groups: dict[tuple[str, int], dict[str, list[Fact]]] = {}
        for fact in block.facts:
            lines = groups.setdefault((tidy(fact.company), fact.fiscal_year), {})
            lines.setdefault(tidy(fact.line), []).append(fact)
        for (company, year), lines in groups.items():
            head = _table_head(block, section, company, year)
            room = self.limit - (self.count(head[0]) if head else 0)
            fitted = [piece for line in lines for piece in fit(line, room, self.count, self.made.notes)]
            for text in pack(fitted, self.limit, self.count, head):
                chunk = self._chunk("child", text, section, parent,
                                    {"kind": "facts", "company": company, "fiscal_year": year} | dict(extra))
                self._place(chunk, lines)

    def _place(self, chunk: Chunk, lines: Mapping[str, Sequence[Fact]]) -> None:
        """Record the facts whose line the chunk holds whole (a line cut in two states no fact)."""
        for line in chunk.text.splitlines():
            for fact in lines.get(line, ()):
                self.made.facts.append(PlacedFact(
                    doc_id=chunk.doc_id, chunk_id=chunk.chunk_id, section=str(chunk.metadata.get("section", "")),
                    company=tidy(fact.company), fiscal_year=fact.fiscal_year, basis=fact.basis, item=tidy(fact.item),
                    value=fact.value, unit=fact.unit, line=line, locator=fact.locator, period=fact.period,
                    source=fact.source, superseded=int(bool(chunk.metadata.get("superseded"))),
                ))

    def _text_children(self, blocks: Sequence[Block], section: Section, parent: str, extra: Mapping[str, Any]) -> None:
        units: list[str] = []
        for block in blocks:
            table = _rows(block)
            if table and self.count(_block_text(block)) > self.limit:
                self._emit(pack(units, self.limit, self.count), section, parent, extra)
                units = []
                self._emit(self._split_table(block, table), section, parent, extra)
            elif table:
                units.append(nfc(_block_text(block)))
            else:
                units += self._sentence_lines(block)
        self._emit(pack(units, self.limit, self.count), section, parent, extra)

    def _emit(self, texts: Sequence[str], section: Section, parent: str, extra: Mapping[str, Any]) -> None:
        for text in texts:
            self._chunk("child", text, section, parent, {"kind": "text"} | dict(extra))

    def _sentence_lines(self, block: Block) -> list[str]:
        lines = [tidy(block.title)] if block.title.strip() else []
        lines += [sentence for line in block.text.splitlines() for sentence in formal_sentences(tidy(line))]
        return [piece for line in lines for piece in fit(line, self.limit, self.count, self.made.notes)]

    def _split_table(self, block: Block, table: Sequence[str]) -> list[str]:
        ruled = len(table) > 1 and set(table[1]) <= set("|-: ")
        head = ([tidy(block.title)] if block.title.strip() else []) + (list(table[:2]) if ruled else [])
        if self.count("\n".join(head)) > self.limit // 2:
            head = []  # a header that fills half the chunk leaves no room for what it heads
        body = table[2:] if ruled and head else table
        room = self.limit - self.count("\n".join(head))
        rows = [piece for row in body for piece in fit(row, room, self.count, self.made.notes)]
        return pack(rows, self.limit, self.count, head)

    def _qa_texts(self, question: str, answer: str) -> list[str]:
        head = tidy(question)
        room = self.limit - self.count(head)
        lines = [piece for line in answer.splitlines() for sentence in _spoken(tidy(line))
                 for piece in fit(sentence, room, self.count, self.made.notes)]
        return pack(lines, self.limit, self.count, [head])


def _spoken(line: str) -> Iterator[str]:
    """Yield the sentences of an answer, which need not end in a stop as those of a filing do."""
    if not line:
        return
    if _SENTENCE_END_INSIDE.search(line):
        yield from sentences(line)
    else:
        yield line


def _block_text(block: Block) -> str:
    return "\n".join(part for part in (tidy(block.title), block.text.strip()) if part)


def _rows(block: Block) -> list[str]:
    """Return a Markdown table's rows, or nothing for a paragraph."""
    rows = [line.strip() for line in nfc(block.text).splitlines() if line.strip()]
    return rows if len(rows) > 1 and all(row.startswith("|") for row in rows) else []


def _table_head(block: Block, section: Section, company: str, year: int) -> list[str]:
    """Return the title line of a fact chunk; none when the table has no title of its own."""
    title = tidy(_UNIT_NOTE.sub("", block.title)).replace(": ", " ")
    return [f"{company} {year}년 {title}"] if title and title != tidy(section.path[-1] if section.path else "") else []


def _citation(document: Document, path: Sequence[str]) -> str:
    """Return what a person would write: title, section, and the receipt number a filing is found by.

    "가온누리전자 2023 사업보고서, III. 재무에 관한 사항 > 6. 배당, 접수번호 20240318000123"
    "민사 생활법률 문답, 전세사기 12번"
    """
    receipt, row = document.fields.get("rcept_no"), document.fields.get("row")
    place, title = " > ".join(path), tidy(document.title)
    if row:  # of a table of questions; row 1 is its header
        place = f"{place} {int(row) - 1}번".strip()
    parts = [title, "" if place == title else place, f"접수번호 {receipt}" if receipt else ""]
    return ", ".join(part for part in parts if part)


def _metadata(document: Document, path: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"company": company_of(document), "doc_type": document.doc_type,
                             "section": " > ".join(path)}
    found |= {name: document.fields[name] for name in _CARRIED if document.fields.get(name) not in (None, "")}
    return {name: value if isinstance(value, str | int | float) else str(value)
            for name, value in found.items() if value not in (None, "")}
