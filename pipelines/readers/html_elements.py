"""HTML elements to the elements of DART XML: DOCUMENT, BODY, COVER, CORRECTION, SECTION-n, TITLE, P, TABLE and cells.

Inline markup is dissolved into text, <br> becomes LINE_BREAK, text between blocks becomes a P. What is not shown to a
reader (script, style, hidden spans, the head) is left out and kept by name. Nothing is known here about figures.
"""

from __future__ import annotations

import re

from lxml import etree

from pipelines.readers.clean import LINE_BREAK

_FLOW = frozenset(
    "address article aside blockquote body center dd dir div dl dt fieldset figure figcaption footer form frameset h1 h2 "
    "h3 h4 h5 h6 header html legend li main menu nav noframes noscript ol p pre section table ul caption tbody td tfoot "
    "th thead tr".split()
)
_UNSEEN = frozenset({"script", "style", "title", "iframe", "object", "textarea", "select", "option"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_SECTION = re.compile(r"\bsection-([1-3])\b")
_COMPANY_LABEL = re.compile(r"회\s*사\s*명\s*:?")


class ElementBuilder:
    """Builds one DOCUMENT from one or more pages. title is the first page's own title, company what a 회사명 cell says."""

    def __init__(self) -> None:
        self.document = etree.Element("DOCUMENT")
        self.body = etree.SubElement(self.document, "BODY")
        self.left_out: dict[str, list[str]] = {}
        self.title = ""
        self.first_title = ""
        self.company = ""
        self._open: list[tuple[int, etree._Element]] = [(0, self.body)]

    def leave_out(self, name: str, text: str) -> None:
        """Note text that does not go into the tree."""
        if text.strip():
            self.left_out.setdefault(name, []).append(text)

    def page(self, root: etree._Element) -> None:
        """Add the elements of one parsed page."""
        title = root.find(".//title")
        if title is not None and not self.title:
            self.title = _all_text(title)
        self._close(0 if self._open[-1][1].tag in ("COVER", "CORRECTION") else 9)
        self._flow(root)

    def _close(self, level: int) -> None:
        """Close the open sections that are deeper than level."""
        while self._open[-1][0] > level:
            self._open.pop()

    def _flow(self, element: etree._Element, into: etree._Element | None = None) -> None:
        """Add an element's contents as blocks, to the open section or into a cell."""
        run: list[str] = [element.text or ""]
        for child in element:
            tag = child.tag
            if not isinstance(tag, str):
                pass
            elif self._unseen(child):
                pass
            elif tag == "br":
                run.append(LINE_BREAK)
            elif tag == "hr" or tag in _FLOW or _holds_flow(child):
                self._paragraph(run, into)
                run = []
                self._block(child, into)
            else:
                run.append(self._inline(child))
            run.append(child.tail or "")
        self._paragraph(run, into)

    def _block(self, child: etree._Element, into: etree._Element | None) -> None:
        kind = child.get("class", "")
        if child.tag == "table":
            (self._open[-1][1] if into is None else into).append(self._table(child))
        elif into is None and (kind in ("cover-title", "correction", "xforms_title") or _SECTION.search(kind)):
            self._heading(kind, self._lines(child))
        elif into is None and kind == "table-group" and (text := self._lines(child).strip()):
            etree.SubElement(self._open[-1][1], "TITLE", ATOC="N").text = text
        else:
            self._flow(child, into)

    def _heading(self, kind: str, text: str) -> None:
        """Open the container that a heading begins."""
        title = " ".join(text.split())
        if not title:
            return
        self.first_title = self.first_title or title
        found = _SECTION.search(kind)
        level = int(found[1]) if found else 1
        self._close(level - 1)
        if title.replace(" ", "").startswith("정정신고"):
            name, label = "CORRECTION", "TITLE"
        elif kind == "cover-title":
            name, label = "COVER", "COVER-TITLE"
        else:
            name, label = f"SECTION-{level}", "TITLE"
        section = etree.SubElement(self._open[-1][1], name)
        etree.SubElement(section, label, ATOC="Y").text = title
        self._open.append((level, section))

    def _paragraph(self, run: list[str], into: etree._Element | None) -> None:
        text = "".join(run)
        if text.strip():
            etree.SubElement(self._open[-1][1] if into is None else into, "P").text = _BLANKS.sub(" ", text)

    def _table(self, table: etree._Element) -> etree._Element:
        layout = "nb" in table.get("class", "").split() or table.get("border") == "0"
        made = etree.Element("TABLE", BORDER="0" if layout else "1", ACLASS="NORMAL")
        self._part(table, made)
        self._note_company(made)
        return made

    def _part(self, part: etree._Element, made: etree._Element) -> None:
        """Add the rows of a table, or of its head or body; what stands between rows becomes a row of its own."""
        self._stray(part.text, made, ("TR", "TD"))
        for child in part:
            if child.tag == "tr":
                self._row(child, etree.SubElement(made, "TR"))
            elif child.tag in ("thead", "tbody", "tfoot"):
                self._part(child, etree.SubElement(made, "THEAD" if child.tag == "thead" else "TBODY"))
            elif isinstance(child.tag, str) and child.tag not in ("colgroup", "col") and not self._unseen(child):
                self._flow(child, etree.SubElement(etree.SubElement(made, "TR"), "TD"))
            self._stray(child.tail, made, ("TR", "TD"))

    def _row(self, row: etree._Element, made: etree._Element) -> None:
        self._stray(row.text, made, ("TD",))
        for cell in row:
            if cell.tag in ("td", "th"):
                self._cell(cell, etree.SubElement(made, cell.tag.upper()))
            elif isinstance(cell.tag, str) and not self._unseen(cell):
                self._flow(cell, etree.SubElement(made, "TD"))
            self._stray(cell.tail, made, ("TD",))

    def _stray(self, text: str | None, made: etree._Element, wrappers: tuple[str, ...]) -> None:
        if text and text.strip():
            for name in wrappers:
                made = etree.SubElement(made, name)
            made.text = _BLANKS.sub(" ", text)

    def _cell(self, cell: etree._Element, made: etree._Element) -> None:
        for name in ("colspan", "rowspan"):
            if (value := cell.get(name)) is not None:
                made.set(name.upper(), value)
        if cell.find(".//table") is not None:
            self._flow(cell, made)
        else:
            made.text = self._lines(cell)

    def _lines(self, element: etree._Element) -> str:
        """Return the text of an element, each block inside it on lines of its own."""
        return _BLANKS.sub(" ", self._inline(element))

    def _inline(self, element: etree._Element) -> str:
        parts = [element.text or ""]
        for child in element:
            if isinstance(child.tag, str) and not self._unseen(child):
                edge = LINE_BREAK if child.tag in _FLOW else ""
                parts.append(LINE_BREAK if child.tag == "br" else f"{edge}{self._inline(child)}{edge}")
            parts.append(child.tail or "")
        return "".join(parts)

    def _unseen(self, element: etree._Element) -> bool:
        """Return whether a reader does not see the element; its text is then noted as left out."""
        if element.tag in _UNSEEN:
            self.leave_out(str(element.tag), _all_text(element))
            return True
        if "noprint" in element.get("class", "").split() or element.get("hidden") is not None or _HIDDEN.search(
            element.get("style", "")
        ):
            self.leave_out("hidden", _all_text(element))
            return True
        return False

    def _note_company(self, table: etree._Element) -> None:
        if self.company or len(self.document[0]) > 40:
            return
        cells = [" ".join((cell.text or "").split()) for cell in table.iter("TD", "TH")]
        for label, value in zip(cells, cells[1:], strict=False):
            if value and _COMPANY_LABEL.fullmatch(label):
                self.company = value
                return


def _holds_flow(element: etree._Element) -> bool:
    return len(element) > 0 and any(child.tag in _FLOW for child in element.iterdescendants())


def _all_text(element: etree._Element) -> str:
    return "".join(str(part) for part in element.itertext())
