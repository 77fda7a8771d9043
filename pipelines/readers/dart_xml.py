"""DART filings (document.xml members, dart3.xsd and dart4.xsd) as Readings: sections, tables and their figures.

One file, or every .xml, .xhml and .zip file below a folder in sorted order; a .zip is OpenDART's document.xml answer. A
file that cannot be read is a DataError when it was named itself; inside a folder it becomes a Reading with status FAILED
and the reason as the key of its repairs, so that no file disappears. KRX pages, viewer HTML and OpenDART's error answers
are such files: they are not DART XML.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lxml import etree

from mundap import paths
from mundap.document import Document
from mundap.errors import DataError
from mundap.korean import nfc
from pipelines.readers.agreement import agree
from pipelines.readers.clean import clean, mend_attributes
from pipelines.readers.dart_head import PERIODIC, Head, read_head
from pipelines.readers.dart_zip import members
from pipelines.readers.decode import decode, is_wreck
from pipelines.readers.hardened import MAX_BYTES, XmlProblem, parse, parse_recovering
from pipelines.readers.markdown import sections_markdown
from pipelines.readers.outline import OutlineReader, RawSection
from pipelines.reading import Block, Reading, Section, Status

SUFFIXES = (".xml", ".xhml", ".zip")
URL = "https://dart.fss.or.kr/dsaf001/main.do?rcpNo="
_MIN_KEPT_SHARE = 0.5  # of the text, when only recover mode could parse it
_RCEPT = re.compile(r"(?<!\d)(\d{14})(?!\d)(?:_(\d{5}))?")
_STATUS = re.compile(r"<status>\s*(\d{3})\s*</status>(?:\s*<message>([^<]{0,200}))?")
_NAME_FIX = "Name the file by its 14-digit receipt number (접수번호), as DART does: 20240318000123.xml"
_FETCH_FIX = "Fetch it again from OpenDART (document.xml), or take it out of the folder."


def read(path: Path, project: Path, options: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield one Reading for each file at or below path; options are not used.

    Raises:
        DataError: path is missing or holds no DART file, or the one file it names cannot be read.
    """
    where = paths.show(path, project)
    if not path.exists():
        raise DataError("there is no such file or folder.", where=where, fix="Correct the source's path in data.yaml.")
    if path.is_file():
        yield from _archive(path, project) if path.suffix.lower() == ".zip" else (read_file(path, project),)
        return
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    if not files:
        raise DataError(
            f"the folder holds no {' or '.join(SUFFIXES)} file.",
            where=where,
            fix="Put the members of document.xml ZIPs there, or correct the source's path in data.yaml.",
        )
    for file in files:
        try:
            yield from _archive(file, project) if file.suffix.lower() == ".zip" else (read_file(file, project),)
        except DataError as error:
            yield _failed(file, project, error)


def read_file(path: Path, project: Path) -> Reading:
    """Return the Reading of one file.

    Raises:
        DataError: the file is unreadable, too large, not DART XML, damaged beyond recovery, or lacks its head.
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
        DataError: the bytes are not DART XML, damaged beyond recovery, or lack their head.
    """
    text, repairs = decode(data)
    _refuse_other_formats(text, where)
    root, cleaned, status, made = _tree(text, where)
    repairs |= made
    head = read_head(root, cleaned, int(rcept_no[:4]))
    if head is None:
        raise DataError(
            "the document does not name its form (DOCUMENT-NAME) or its company (COMPANY-NAME).",
            where=where,
            fix=_FETCH_FIX,
        )
    sections = _finish(OutlineReader(head).read(root), head)
    if not sections:
        raise DataError("the document holds no text (no BODY).", where=where, fix=_FETCH_FIX)
    document = _document(
        source, head, sections, rcept_no, member, hashlib.sha256(data).hexdigest(), status, repairs
    )
    return Reading(document=document, sections=sections, status=status, repairs=repairs, supersedes=head.corrects)


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
        raise DataError("the file is empty.", where=where, fix=_FETCH_FIX)
    return data


def _refuse_other_formats(text: str, where: str) -> None:
    opening = text[:3000].lstrip("﻿ \t\r\n")
    lowered = opening.lower()
    if "<document" in lowered and "<DOCUMENT" in opening:
        if "\x00" in opening[:100] or is_wreck(text):
            raise DataError(
                "the Korean text was lost before the file was saved: it holds '?' in its place.",
                where=where,
                fix=_FETCH_FIX,
            )
        return
    if found := _STATUS.search(opening):
        raise DataError(
            f"this is OpenDART's answer {found[1]} ({(found[2] or '').strip()}), not a document.",
            where=where,
            fix=_FETCH_FIX,
        )
    if "<html" in lowered or "<!doctype html" in lowered:
        raise DataError(
            "this is an HTML page (a KRX filing or a page of the viewer), not DART XML.",
            where=where,
            fix="Only document.xml members with a DOCUMENT root are read; take the file out of the folder.",
        )
    if text.startswith("PK"):
        raise DataError(
            "this is a ZIP archive, not a document.", where=where, fix="Unpack it and keep its .xml members."
        )
    raise DataError("line 1: this is not DART XML: there is no DOCUMENT element.", where=where, fix=_FETCH_FIX)


def _tree(text: str, where: str) -> tuple[etree._Element, str, Status, dict[str, int]]:
    """Return the root, the cleaned text, the status and the repairs; recover mode is the last resort."""
    if "<!DOCTYPE" in text[:3000] or "<!ENTITY" in text:
        line = text.count("\n", 0, text.find("<!")) + 1
        raise DataError(
            f"line {line}: the document declares a DOCTYPE or entities, which are not accepted.",
            where=where,
            fix="Remove the declaration; DART's documents have none.",
        )
    cleaned, repairs = clean(text)
    try:
        return parse(cleaned), cleaned, "REPAIRED" if repairs else "OK", repairs
    except XmlProblem as error:
        problem = error
    mended, count = mend_attributes(cleaned)
    if count:
        repairs["attribute quotes mended"] = count
        try:
            return parse(mended), mended, "REPAIRED", repairs
        except XmlProblem as error:
            problem = error
    root = parse_recovering(mended)
    expected = len(re.sub(r"<[^<>]{0,2000}>|\s", "", mended))
    kept = sum(len("".join(str(part).split())) for part in root.itertext()) if root is not None else 0
    if root is None or root.tag != "DOCUMENT" or kept < expected * _MIN_KEPT_SHARE:
        raise DataError(
            f"line {problem.line}: the XML is malformed and could not be repaired ({problem.message}).",
            where=where,
            fix="Correct that line, or fetch the document again from OpenDART (document.xml).",
        )
    repairs["recovered by the parser"] = 1
    if expected > kept:
        repairs["characters lost in recovery"] = expected - kept
    return root, mended, "RECOVERED", repairs


def _finish(raw: list[RawSection], head: Head) -> tuple[Section, ...]:
    """Return the sections with the facts that the whole document agrees on."""
    facts = agree(
        (candidate for section in raw for block in section.blocks for candidate in block.candidates), head.company
    )
    return tuple(
        Section(
            path=tuple(nfc(title) for title in section.path), code=section.code, superseded=section.superseded,
            blocks=tuple(
                Block(text=nfc(block.text), title=nfc(block.title),
                      facts=tuple(fact for candidate in block.candidates for fact in facts.get(candidate.locator, ())))
                for block in section.blocks
            ),
        )
        for section in raw
    )  # fmt: skip


def _document(
    source: str, head: Head, sections: tuple[Section, ...], rcept_no: str, member: str, sha256: str, status: Status,
    repairs: Mapping[str, int],
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
