"""Policy terms and statutes as Readings: a PDF, text or Markdown file is one document, an article one section.

A section's blocks are its 항, 호 and 목, each with the citation a person writes ("제2항 제1호"), the sentence it depends on,
and what it refers to. options: title, publisher, date, doc_type, url (a file's own front matter comes first).

Not done here: tables that a PDF holds stay lines of text; scanned pages are refused, not recognised.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from mundap import paths
from mundap.document import Document
from mundap.errors import DataError
from mundap.korean import nfc
from pipelines.readers.decode import decode
from pipelines.readers.gc_pause import gc_paused
from pipelines.readers.markdown import sections_markdown
from pipelines.readers.pdf_text import page_texts
from pipelines.readers.source_files import files_of
from pipelines.reading import Block, Reading, Section
from pipelines.terms.references import Link
from pipelines.terms.source_lines import SourceLines, inked, lines_of_pages, lines_of_text
from pipelines.terms.structure import Article, Terms, read_terms

SUFFIXES = (".pdf", ".txt", ".md")
TERMS, STATUTE = "약관", "법령"
# front matter of statutes as the legalize-kr project writes it -> our field
_STATUTE_FIELDS = {"법령ID": "law_id", "공포번호": "promulgation_no", "공포일자": "promulgation_date",
                   "시행일자": "enforcement_date", "상태": "law_status", "법령구분": "law_kind", "출처": "url"}
_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)", re.DOTALL)
_SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_BYTES = 64 * 2**20


def read(path: Path, project: Path, options: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield one Reading for the file, or for every .pdf, .txt and .md file below a folder in sorted order.

    Raises:
        DataError: a file is missing, empty, too large, encrypted, without a text layer, or holds no text.
        MissingExtra: a PDF is met and pypdfium2 is not installed.
    """
    where = paths.show(path, project)
    for file in files_of(path, SUFFIXES, where, "Put the terms or statutes there"):
        with gc_paused():
            reading = _read_file(file, paths.show(file, project), options)
        yield reading


def reading_of(terms: Terms, document: Document, repairs: Mapping[str, int] | None = None) -> Reading:
    """Return the Reading of a document's structure; the document's body is made from its sections."""
    crumbs = terms.breadcrumbs()
    bases = _bases(terms.articles)
    mains = {article.scope: article.contract for article in terms.articles if article.contract_kind == "보통약관"}
    sections = tuple(_section(article, document, crumbs, bases.get(article.scope, -1),
                              mains.get(article.scope) or mains.get(bases.get(article.scope, -1), ""))
                     for article in terms.articles)
    counted = Counter({name: ink for name, ink in terms.dropped.items() if ink})
    return Reading(document=_with_body(document, sections), sections=sections, status="REPAIRED" if repairs else "OK",
                   repairs=dict(repairs or {}), left_out=counted)


def _read_file(path: Path, where: str, options: Mapping[str, Any]) -> Reading:
    repairs: dict[str, int] = {}
    front: dict[str, Any] = {}
    if path.suffix.lower() == ".pdf":
        lines = lines_of_pages(page_texts(path, where))
    else:
        text, repairs = decode(_bytes(path, where))
        front, text, skipped = _front_matter(text, where)
        lines = lines_of_text(text, markdown=path.suffix.lower() == ".md")
        lines.numbers = [number + skipped for number in lines.numbers]
    if not any(inked(text) for text in lines.texts):
        raise DataError("the file holds no text.", where=where, fix="Give a file with the terms' text in it, or leave it out.")
    statute = "법령ID" in front or options.get("doc_type") == STATUTE
    terms = read_terms(lines, statute=statute)
    return reading_of(terms, _document(path, where, front, options, lines, statute), repairs)


def _bytes(path: Path, where: str) -> bytes:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise DataError(f"the file has {path.stat().st_size / 2**20:.0f} MB; at most {_MAX_BYTES // 2**20} are read.",
                            where=where, fix="Split it into a file for each contract or law.")
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"the file cannot be read: {error.strerror}.", where=where, fix="Check its permissions.") from error
    if not data.strip():
        raise DataError("the file is empty.", where=where, fix="Give a file with the terms' text in it, or leave it out.")
    return data


def _front_matter(text: str, where: str) -> tuple[dict[str, Any], str, int]:
    """Return the YAML front matter, the text after it, and how many lines it took."""
    found = _FRONT.match(text)
    if found is None:
        return {}, text, 0
    try:
        front = yaml.load(found[1], Loader=_SAFE)  # safe, and in C where PyYAML was built with it
    except yaml.YAMLError as error:
        raise DataError(f"the front matter is not valid YAML ({error}).", where=where,
                        fix="Correct what stands between the two '---' lines.") from error
    if not isinstance(front, dict):
        return {}, text, 0
    return front, text[found.end():], text[: found.end()].count("\n")


def _document(path: Path, where: str, front: Mapping[str, Any], options: Mapping[str, Any], lines: SourceLines,
              statute: bool) -> Document:
    title = front.get("title") or front.get("제목") or options.get("title") or path.stem
    publisher = front.get("publisher") or front.get("소관부처") or options.get("publisher") or ""
    if isinstance(publisher, list):
        publisher = ", ".join(map(str, publisher))
    fields = {ours: str(front[theirs]) for theirs, ours in _STATUTE_FIELDS.items() if front.get(theirs) not in (None, "")}
    if publisher and not statute:
        fields["company"] = str(publisher)
    if options.get("url"):
        fields.setdefault("url", str(options["url"]))
    if front.get("notice"):
        fields["notice"] = str(front["notice"])
    return Document(doc_id=_doc_id(path), title=nfc(str(title)), source=where, publisher=str(publisher),
                    date=_date(front.get("date") or front.get("시행일자") or options.get("date"), where),
                    doc_type=str(options.get("doc_type") or (STATUTE if statute else TERMS)), body="", fields=fields)


def _doc_id(path: Path) -> str:
    return re.sub(r"[^\w가-힣.()-]+", "_", nfc(path.stem)).strip("_")


def _date(value: object, where: str) -> int:
    digits = re.sub(r"\D", "", str(value or ""))
    if not digits:
        return 0
    if len(digits) != 8:
        raise DataError(f"date: {value!r} is not a date.", where=where, fix="Write it like 20250101 or 2025-01-01.")
    return int(digits)


def _with_body(document: Document, sections: Sequence[Section]) -> Document:
    return Document(doc_id=document.doc_id, title=document.title, source=document.source, publisher=document.publisher,
                    date=document.date, doc_type=document.doc_type, body=sections_markdown(sections), fields=document.fields)


def _section(article: Article, document: Document, crumbs: Mapping[tuple[int, tuple[int, int]], str], base: int,
             product: str) -> Section:
    title = "".join(document.title.split())
    path = article.path[1:] if len(article.path) > 1 and "".join(article.path[0].split()) == title else article.path
    name = article.contract or document.title
    texts = [unit.text for unit in article.units]
    blocks = tuple(
        Block(text=unit.text, cite=" ".join(unit.cite), lead=texts[unit.above] if unit.above >= 0 and unit.cite else "",
              links=tuple(dict.fromkeys(_target(link, article.scope, base, crumbs) for link in found)) if found else ())
        for unit, found in zip(article.units, article.links, strict=True))
    part = "부칙" if article.supplement else {"article": "조", "annex": "별표"}.get(article.kind, "전문")
    extra: dict[str, str | int] = {"policy_type": article.contract_kind, "part": part}
    if article.contract_kind:
        extra["product"] = product_of(product or document.title)
    if article.kind == "article":
        number, sub = article.number
        extra["article"] = f"{number}의{sub}" if sub else str(number)
    if article.page:
        extra["page"] = article.page
    return Section(path=path, blocks=blocks, cite=f"{name} {article.cite}".strip(), extra=extra)


def product_of(title: str) -> str:
    """Return a product as its customers call it: 무배당 한빛든든 운전자보험 약관 -> 한빛든든 운전자보험."""
    return re.sub(r"^\(?[무유]배당\)?\s*|\s*(?:보통|표준)?약관$", "", title.strip()) or title


def _target(link: Link, scope: int, base: int, crumbs: Mapping[tuple[int, tuple[int, int]], str]) -> str:
    """Return a link as breadcrumbs and 항, 호, 목 when its article is in this document, else as it is written."""
    if link.law:
        return link.name
    found = crumbs.get((base if link.base else scope, link.article))
    return " ".join([found, *link.cite]) if found else link.name


def _bases(articles: Sequence[Article]) -> dict[int, int]:
    """Return a 특별약관's scope -> the scope of the 보통약관 it stands after."""
    found: dict[int, int] = {}
    base = -1
    for article in articles:
        if article.contract_kind == "보통약관" and article.kind == "article" and not article.supplement:
            base = article.scope
        elif article.contract_kind == "특별약관":
            found[article.scope] = base
    return found
