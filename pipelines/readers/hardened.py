"""A strict XML parse of text that comes from outside: no entities, no DTD, no network, bounded size and depth.

libxml2's own limits stay on (huge_tree is False): 256 levels of nesting and 10 MB for one text. recover mode is a
second function, for the caller that has decided to report it.
"""

from __future__ import annotations

from lxml import etree

MAX_BYTES = 128 * 1024 * 1024  # the largest filing known is 36.5 MB
MAX_DEPTH = 256


class XmlProblem(Exception):
    """Why a text is not XML: the parser's first complaint and its line in the source."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def parse(text: str) -> etree._Element:
    """Return the root element of a well-formed text.

    Raises:
        XmlProblem: the text is not well formed, nested deeper than MAX_DEPTH, or declares a document type.
    """
    return _parse(text, recover=False)


def parse_recovering(text: str) -> etree._Element | None:
    """Return what libxml2 can make of a text that is not well formed, or None when there is no element in it."""
    try:
        return _parse(text, recover=True)
    except XmlProblem:
        return None


def _parse(text: str, *, recover: bool) -> etree._Element:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise XmlProblem(message="a document type declaration is not accepted", line=1)
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        attribute_defaults=False, huge_tree=False, remove_comments=True, remove_pis=True, recover=recover,
    )  # fmt: skip
    try:
        root = etree.fromstring(text.encode("utf-8", errors="replace"), parser)
    except etree.XMLSyntaxError as error:
        line = error.position[0] if error.position else 1
        raise XmlProblem(message=str(error.msg or "not well formed"), line=line or 1) from None
    if root is None:
        raise XmlProblem(message="there is no element", line=1)
    return root
