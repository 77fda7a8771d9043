"""The decoded text of a filing to one element tree, whatever its syntax, with the text that must come out of it.

What a file is not (an answer of OpenDART, a ZIP, a wreck) is said here too. DART XML is parsed strictly after cleaning;
recover mode is the last resort and is counted. HTML goes to dart_html, which gives the same element names.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from lxml import etree

from mundap.errors import DataError
from pipelines.readers.accounting import source_text
from pipelines.readers.balance import balance
from pipelines.readers.clean import clean, mend_attributes
from pipelines.readers.dart_html import HEAD, read_html
from pipelines.readers.decode import is_wreck
from pipelines.readers.hardened import XmlProblem, parse, parse_recovering
from pipelines.readers.status import RECOVERED

FETCH_FIX = "Fetch it again from OpenDART (document.xml), or take it out of the folder."
_MIN_KEPT_SHARE = 0.5  # of the text, when only recover mode could parse it
_OPENING_CHARS = 3_000
_STATUS = re.compile(r"<status>\s*(\d{3})\s*</status>(?:\s*<message>([^<]{0,200}))?")
_TAG = re.compile(r"<[^<>]{0,4000}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTree:
    """A document as elements. text is all its text, markup the XML it was parsed from, left_out text by its name.

    added names elements of the tree that the source does not have: the head that a page of HTML is given.
    """

    root: etree._Element
    text: str
    markup: str
    repairs: dict[str, int]
    left_out: dict[str, str] = field(default_factory=dict)
    added: tuple[str, ...] = ()


def read_tree(text: str, where: str) -> SourceTree:
    """Return the tree of a decoded document.

    Raises:
        DataError: it is no DART XML and no page of KRX or the viewer, or is damaged beyond recovery.
    """
    opening = text[:_OPENING_CHARS].lstrip("\ufeff \t\r\n")
    if "\x00" in opening[:100] or is_wreck(text):
        raise DataError(
            "the Korean text was lost before the file was saved: it holds '?' in its place.",
            where=where, fix=FETCH_FIX,
        )  # fmt: skip
    if "<DOCUMENT" in opening:
        return _xml_tree(text, where)
    if found := _STATUS.search(opening):
        raise DataError(
            f"this is OpenDART's answer {found[1]} ({(found[2] or '').strip()}), not a document.",
            where=where, fix=FETCH_FIX,
        )  # fmt: skip
    if re.search(r"<(?:html|!doctype\s+html)\b", opening, re.IGNORECASE):
        page = read_html(text, where)
        markup = str(etree.tostring(page.root, encoding="unicode"))
        return SourceTree(root=page.root, text=page.text, markup=markup, repairs=page.repairs, left_out=page.left_out,
                          added=HEAD)
    if text.startswith("PK"):
        raise DataError(
            "this is a ZIP archive, not a document.", where=where, fix="Name it .zip, or unpack its .xml members."
        )
    raise DataError(
        "line 1: this is no filing: there is no DOCUMENT element, and no html element.", where=where, fix=FETCH_FIX
    )


def _xml_tree(text: str, where: str) -> SourceTree:
    if "<!DOCTYPE" in text[:_OPENING_CHARS] or "<!ENTITY" in text:
        line = text.count("\n", 0, text.find("<!")) + 1
        raise DataError(
            f"line {line}: the document declares a DOCTYPE or entities, which are not accepted.",
            where=where,
            fix="Remove the declaration; DART's documents have none.",
        )
    cleaned, repairs = clean(text)
    try:
        root = parse(cleaned)
        return SourceTree(root=root, text=source_text(root), markup=cleaned, repairs=repairs)
    except XmlProblem as error:
        problem = error
    mended, count = mend_attributes(cleaned)
    if count:
        repairs["attribute quotes mended"] = count
    balanced, made = balance(mended)
    try:
        root = parse(balanced)
        return SourceTree(root=root, text=source_text(root), markup=balanced, repairs=repairs | made)
    except XmlProblem:
        return _recovered(mended, repairs, problem, where)


def _recovered(markup: str, repairs: dict[str, int], problem: XmlProblem, where: str) -> SourceTree:
    """Return what recover mode makes of it; the text it must account for is then that of the markup, not the tree's."""
    found = parse_recovering(markup)
    text = html.unescape(_TAG.sub(" ", markup))
    expected = _characters(text)
    kept = _characters(source_text(found)) if found is not None else 0
    if found is None or found.tag != "DOCUMENT" or kept < expected * _MIN_KEPT_SHARE:
        raise DataError(
            f"line {problem.line}: the XML is malformed and could not be repaired ({problem.message}).",
            where=where,
            fix="Correct that line, or fetch the document again from OpenDART (document.xml).",
        )
    repairs[RECOVERED] = 1
    if expected > kept:
        repairs["characters lost in recovery"] = expected - kept
    return SourceTree(root=found, text=text, markup=markup, repairs=repairs)


def _characters(text: str) -> int:
    return sum(map(len, text.split()))
