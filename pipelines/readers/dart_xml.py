"""DART filings as Readings: DART XML (dart3.xsd, dart4.xsd), KRX pages and pages saved from the viewer.

One file, or every .xml, .xhml, .html, .htm and .zip file below a folder in sorted order; a .zip is OpenDART's
document.xml answer. A file that cannot be read is a DataError when it was named itself; inside a folder it becomes a
Reading with status FAILED and the reason as the key of its repairs, so that no file disappears. A document without a head
(form, company) is read all the same, but none of its figures becomes a fact: nobody could say whose they are.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mundap import paths
from mundap.document import Document
from mundap.errors import DataError
from mundap.korean import nfc
from pipelines.readers.accounting import UNACCOUNTED, Account, account
from pipelines.readers.agreement import agree
from pipelines.readers.dart_head import PERIODIC, Head, company_name, read_head
from pipelines.readers.dart_zip import members
from pipelines.readers.decode import decode
from pipelines.readers.gc_pause import gc_paused
from pipelines.readers.hardened import MAX_BYTES
from pipelines.readers.labels import normal_title
from pipelines.readers.markdown import sections_markdown, sections_text
from pipelines.readers.outline import OutlineReader, RawSection
from pipelines.readers.periods import Calendar
from pipelines.readers.source_files import files_of
from pipelines.readers.source_tree import FETCH_FIX, SourceTree, read_tree
from pipelines.readers.status import status_of
from pipelines.readers.stray_text import gather_strays
from pipelines.readers.table_facts import DISAGREEMENTS
from pipelines.readers.table_grid import flat_text
from pipelines.reading import Block, Reading, Section, Status

SUFFIXES = (".xml", ".xhml", ".html", ".htm", ".zip")
URL = "https://dart.fss.or.kr/dsaf001/main.do?rcpNo="
_RCEPT = re.compile(r"(?<!\d)(\d{14})(?!\d)(?:_(\d{5})(?!\d))?")
_NAME_FIX = "Name the file by its 14-digit receipt number (접수번호), as DART does: 20240318000123.xml"
_NO_HEAD = "head missing: form or company unknown"
_NO_NAME = "공시"


def read(path: Path, project: Path, options: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield one Reading for each file at or below path; options are not used.

    Raises:
        DataError: path is missing or holds no DART file, or the one file it names cannot be read.
    """
    where = paths.show(path, project)
    files = files_of(path, SUFFIXES, where, "Put the members of document.xml ZIPs there")
    for file in files:
        try:
            yield from _archive(file, project) if file.suffix.lower() == ".zip" else (read_file(file, project),)
        except DataError as error:
            if path.is_file():
                raise
            yield _failed(file, project, error)


def read_file(path: Path, project: Path) -> Reading:
    """Return the Reading of one file.

    Raises:
        DataError: the file is unreadable, too large, no filing, without text, or damaged beyond recovery.
    """
    where = paths.show(path, project)
    rcept_no, member = _receipt(path, where)
    return _reading(_bytes(path, where), rcept_no, member, where, paths.show(path, project))


def _archive(path: Path, project: Path) -> Iterator[Reading]:
    """Yield a Reading for each document of an archive, the filing itself first.

    Raises:
        DataError: the archive cannot be read, or the filing itself; an audit report that cannot be read is a Reading
            with status FAILED.
    """
    where = paths.show(path, project)
    given = _RCEPT.search(path.stem)
    for member in members(_bytes(path, where), given[1] if given else "", where):
        inside = f"{where}:{member.name}"
        if not member.rcept_no:
            raise DataError("neither the archive's name nor its member's holds a receipt number.", where=inside,
                            fix=_NAME_FIX.replace(".xml", ".zip"))
        try:
            yield _reading(member.data, member.rcept_no, member.code, inside, inside)
        except DataError as error:
            if not member.code:
                raise
            yield _failed(path.with_name(f"{member.rcept_no}_{member.code}.xml"), project, error)


def _reading(data: bytes, rcept_no: str, member: str, where: str, source: str) -> Reading:
    """Return the Reading of a document's bytes; member is "" for the filing itself, source is where it was taken from.

    Raises:
        DataError: the bytes are no filing, hold no text, or are damaged beyond recovery.
    """
    with gc_paused():
        text, repairs = decode(data)
        tree = read_tree(text, where)
        repairs |= tree.repairs
        filed = int(rcept_no[:4])
        head = read_head(tree.root, tree.markup, filed)
        if head is None:
            repairs[_NO_HEAD] = 1
            head = _bare_head(tree, filed)
        sections, told, disagreements = _sections(tree, head)
        if told.unaccounted and gather_strays(tree.root):
            sections, told, disagreements = _sections(tree, head)
        if not sections:
            raise DataError("the document holds no text (no BODY).", where=where, fix=FETCH_FIX)
        status = status_of(repairs, told)
        repairs |= {DISAGREEMENTS: disagreements} if disagreements else {}  # no damage of the text
        digest = hashlib.sha256(data).hexdigest()
        document = _document(source, head, sections, rcept_no, member, digest, status, repairs, told)
    return Reading(
        document=document, sections=sections, status=status, repairs=repairs, supersedes=head.corrects,
        left_out=dict(told.left_out) | ({UNACCOUNTED: told.unaccounted} if told.unaccounted else {}),
    )  # fmt: skip


def _sections(tree: SourceTree, head: Head) -> tuple[tuple[Section, ...], Account, int]:
    """Return the document's sections, the account of its characters, and how many XBRL contexts contradict a table."""
    reader = OutlineReader(head)
    sections = _finish(reader.read(tree.root), head)
    for name in tree.added:
        reader.tally.left_out.pop(name, None)
    for name, left in tree.left_out.items():
        reader.tally.leave_out(name, left)
    told = account(tree.text, sections_text(sections), reader.tally, tree.root)
    return sections, told, reader.tables.disagreements


def _bare_head(tree: SourceTree, filed: int) -> Head:
    """Return the head of a document that names no form or no company, with what there is of them."""
    form, company = (tree.root.find(f".//{name}") for name in ("DOCUMENT-NAME", "COMPANY-NAME"))
    return Head(
        acode="", name=(normal_title(flat_text(form)) if form is not None else "") or _NO_NAME,
        company=company_name(flat_text(company)) if company is not None else "", corp_code="",
        period_from="", period_to="", calendar=Calendar(latest=filed),
    )  # fmt: skip


def _receipt(path: Path, where: str) -> tuple[str, str]:
    """Return the receipt number in a file's name and, for an audit member, its form code."""
    match = _RCEPT.search(path.stem)
    try:
        if match is None:
            raise ValueError
        datetime.date(int(match[1][:4]), int(match[1][4:6]), int(match[1][6:8]))
    except ValueError:
        raise DataError(
            "the file's name holds no receipt number (14 digits that begin with a date).", where=where, fix=_NAME_FIX
        ) from None
    return match[1], match[2] or ""


def _bytes(path: Path, where: str) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DataError(
                f"the file has {size:,} bytes; more than {MAX_BYTES:,} are not read.",
                where=where,
                fix="Split it, or check that it is one document.xml member.",
            )
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"the file cannot be read: {error.strerror}.", where=where, fix="Check its permissions."
        ) from error
    if not data.strip():
        raise DataError("the file is empty.", where=where, fix=FETCH_FIX)
    return data


def _finish(raw: list[RawSection], head: Head) -> tuple[Section, ...]:
    """Return the sections with the facts that the whole document agrees on."""
    candidates = (candidate for section in raw for block in section.blocks for candidate in block.candidates)
    facts = agree(candidates, head.company) if head.company else {}
    return tuple(
        Section(
            path=tuple(nfc(title) for title in section.path), code=section.code, superseded=section.superseded,
            blocks=tuple(
                Block(text=nfc(block.text), title=nfc(block.title), table=block.table,
                      facts=tuple(fact for candidate in block.candidates for fact in facts.get(candidate.locator, ())))
                for block in section.blocks
            ),
        )
        for section in raw
    )  # fmt: skip


def _document(
    source: str, head: Head, sections: tuple[Section, ...], rcept_no: str, member: str, sha256: str, status: Status,
    repairs: Mapping[str, int], told: Account,
) -> Document:  # fmt: skip
    name = PERIODIC.get(head.acode, head.name)
    year = head.calendar.fiscal_year
    fields: dict[str, Any] = {"corp_code": head.corp_code, "company": head.company, "rcept_no": rcept_no}
    if year is not None:
        fields["fiscal_year"] = year
    if head.period_from and head.period_to:
        fields |= {"period_from": head.period_from, "period_to": head.period_to}
    fields |= {
        "report_code": head.acode,
        "source_sha256": sha256,
        "status": status,
        "repairs": dict(repairs),
        "characters": told.as_fields(),
        "url": URL + rcept_no,
    }
    if head.corrects:
        fields["corrects"] = head.corrects
    return Document(
        doc_id=f"{rcept_no}_{member}" if member else rcept_no,
        title=" ".join(part for part in (head.company, str(year or ""), name) if part),
        source=source, publisher=head.company, date=int(rcept_no[:8]), doc_type=name,
        body=sections_markdown(sections), fields=fields,
    )  # fmt: skip


def _failed(path: Path, project: Path, error: DataError) -> Reading:
    document = Document(
        doc_id=path.stem,
        title=path.name,
        source=paths.show(path, project),
        publisher="",
        date=0,
        doc_type="",
        body="",
        fields={"status": "FAILED", "reason": error.what},
    )
    return Reading(document=document, sections=(), status="FAILED", repairs={error.what: 1})
