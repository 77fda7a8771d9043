"""Pages of KRX (거래소) filings and of DART's viewer as the elements of DART XML, so that one reader serves all three.

A viewer file is many pages, one after another; a page of a whole chapter is followed by pages of its parts, which say
the same again and are left out by name. Sections, cover and statement titles are told by class (section-1, cover-title,
table-group); a KRX form by its xforms_title. Names that HTML does not have (<주1>) are text. Nothing is fetched: the
parser has no network, and links and images are not looked at.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.entities import name2codepoint

from lxml import etree

from mundap.errors import DataError
from pipelines.readers.clean import LINE_BREAK, without_comments
from pipelines.readers.html_elements import ElementBuilder
from pipelines.readers.labels import normal_title

_NAMES = frozenset(
    "a abbr acronym address article aside b base basefont bdo big blockquote body br button caption center cite code col "
    "colgroup dd del dfn dir div dl dt em fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 "
    "head header hr html i iframe img input ins kbd label legend li link main map menu meta nav noframes noscript object "
    "ol optgroup option p param pre q s samp script section select small span strike strong style sub sup table tbody td "
    "textarea tfoot th thead title tr tt u ul var".split()
)
_ANY_NAME = "|".join(sorted(_NAMES, key=len, reverse=True))
_STRAY_OPEN = re.compile(rf"<(?!/?(?:{_ANY_NAME})(?=[\s/>]))", re.IGNORECASE)
_TAG = re.compile(rf"""</?(?:{_ANY_NAME})(?=[\s/>])(?:"[^"<]{{0,4000}}"|'[^'<]{{0,4000}}'|[^"'<>])*>""", re.IGNORECASE)
_CODE = re.compile(r"<(script|style)\b[^<>]{0,4000}>", re.IGNORECASE)
_DECLARATION = re.compile(r"<!doctype\b[^<>\[]{0,400}>|<\?xml\b[^<>]{0,400}\?>", re.IGNORECASE)
_ENTITY = re.compile(r"<!entity\b", re.IGNORECASE)
_PAGE = re.compile(r"(?=<html\b)", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z][a-z0-9]{1,30}));", re.IGNORECASE)
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_LEGAL_ESCAPES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_CODES = {"사업보고서": "11011", "반기보고서": "11012", "분기보고서": "11013", "감사보고서": "00760", "연결감사보고서": "00761"}
HEAD = ("DOCUMENT-NAME", "COMPANY-NAME")
_MAX_PAGES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlPage:
    """One document's pages as a DOCUMENT element; text is all text of the pages, left_out what is not in the tree."""

    root: etree._Element
    text: str
    repairs: dict[str, int]
    left_out: dict[str, str] = field(default_factory=dict)


def read_html(text: str, where: str) -> HtmlPage:
    """Return the tree of one file of HTML pages.

    Raises:
        DataError: the file declares entities, holds more than 2,000 pages, or the parser can make nothing of it.
    """
    if _ENTITY.search(text):
        raise DataError("the page declares entities, which are not accepted.", where=where, fix="Remove the declaration.")
    comments: dict[str, int] = {}
    builder = ElementBuilder()
    texts: list[str] = []
    text = _without_code(without_comments(text, comments), builder, texts)
    markup, repairs = clean_html(text)
    pages = [page for page in _PAGE.split(markup) if page.strip()]
    if len(pages) > _MAX_PAGES:
        raise DataError(f"the file holds {len(pages):,} pages; more than {_MAX_PAGES:,} are not read.", where=where,
                        fix="Split it: one filing has some fifty pages.")
    kept: list[str] = []
    for page in pages:
        root = _parse(page)
        texts.append(html.unescape(_TAG.sub(" ", page)))
        if root is None:
            continue
        flat = "".join(texts[-1].split())
        if _begins_below_chapter(root) and any(flat in other for other in kept):
            builder.leave_out("repeated pages", texts[-1])
            continue
        kept.append(flat)
        builder.page(root)
    if not kept:
        raise DataError("the page holds no element that can be read.", where=where,
                        fix="Fetch it again, or take it out of the folder.")
    _add_head(builder)
    return HtmlPage(root=builder.document, text="\n".join(texts), repairs=comments | repairs,
                    left_out={name: "\n".join(parts) for name, parts in builder.left_out.items()})


def clean_html(text: str) -> tuple[str, dict[str, int]]:
    """Return the markup with every reference resolved, stray < and & escaped; and the repairs by name."""
    repairs: dict[str, int] = {}
    text = text.lstrip("\ufeff").replace(LINE_BREAK, "\n")
    text, repairs["control characters dropped"] = _CONTROL.subn("", text)
    text = _DECLARATION.sub("", text)
    repairs["&cr; as line break"] = text.count("&cr;")
    text = _REFERENCE.sub(_resolved, text.replace("&cr;", "<br>"))
    text, repairs["bare & escaped"] = _BARE_AMPERSAND.subn("&amp;", text)
    text, repairs["unknown < escaped"] = _STRAY_OPEN.subn("&lt;", text)
    return text, {name: count for name, count in repairs.items() if count}


def _without_code(text: str, builder: ElementBuilder, texts: list[str]) -> str:
    """Return text without its scripts and style sheets: they are no markup, and are left out by name."""
    kept, position = [], 0
    while found := _CODE.search(text, position):
        name = found[1]
        closing = re.compile(rf"</{name}\s{{0,20}}>", re.IGNORECASE).search(text, found.end())
        if closing is None:
            break
        kept.append(text[position : found.start()])
        texts.append(text[found.end() : closing.start()])
        builder.leave_out(name.lower(), texts[-1])
        position = closing.end()
    return "".join([*kept, text[position:]])


def _resolved(match: re.Match[str]) -> str:
    """Return the character a reference stands for; one that stands for none is text."""
    if match[3]:
        code = name2codepoint.get(match[3], 0)
    else:
        code = int(match[1]) if match[1] else int(match[2], 16)
    legal = code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
    if not legal:
        return "&amp;" + match[0][1:]
    return _LEGAL_ESCAPES.get(chr(code), chr(code))


def _parse(page: str) -> etree._Element | None:
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False, recover=True
    )
    try:
        return etree.fromstring(page.encode("utf-8", errors="replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _begins_below_chapter(root: etree._Element) -> bool:
    first = next((one.get("class", "") for one in root.iter("p") if "".join(map(str, one.itertext())).strip()), "")
    return first in ("section-2", "section-3")


def _add_head(builder: ElementBuilder) -> None:
    """Give the document the head that DART XML has (HEAD): the form's name and code, and the company."""
    parts = [" ".join(part.split()) for part in builder.title.split("/")]
    form = parts[1] if len(parts) > 2 else builder.first_title
    company = parts[0] if len(parts) > 2 else builder.company
    name = normal_title(form)
    head = etree.Element(HEAD[0], ACODE=_CODES.get(name.replace(" ", ""), ""))
    head.text = form
    firm = etree.Element(HEAD[1])
    firm.text = company
    builder.document[:0] = [head, firm]


