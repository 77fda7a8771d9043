"""Text that stands where DART's own documents have none, moved to where the reader looks for it.

Only for a document whose account shows that something is missing: text beside the cells of a row, between sections, or
a table inside a paragraph. Nothing is added or taken away; the elements around the text change.
"""

from __future__ import annotations

from lxml import etree

_CONTAINERS = frozenset(
    "DOCUMENT BODY LIBRARY INSERTION TABLE-GROUP IMAGE PART SECTION-1 SECTION-2 SECTION-3 COVER CORRECTION APPENDIX".split()
)
_PARTS = {  # what a part of a table may hold, and what its stray contents are wrapped in
    "TABLE": (frozenset({"THEAD", "TBODY", "TR", "COLGROUP", "COL"}), ("TR", "TD")),
    "THEAD": (frozenset({"TR"}), ("TR", "TD")),
    "TBODY": (frozenset({"TR"}), ("TR", "TD")),
    "TR": (frozenset({"TD", "TH", "TE", "TU"}), ("TD",)),
}
_CELLS = frozenset({"TD", "TH", "TE", "TU"})
_BLOCKS = tuple(sorted(_CONTAINERS - {"DOCUMENT", "BODY"})) + ("TABLE",)


def gather_strays(root: etree._Element) -> bool:
    """Wrap all text that the outline reader would pass over; return whether there was any."""
    changed = False
    for element in list(root.iter()):
        if not isinstance(element.tag, str):
            continue
        if element.tag in _PARTS:
            changed |= _wrap_in_table(element)
        elif element.tag in _CONTAINERS:
            changed |= _wrap_texts(element, ("P",))
        elif _holds_blocks(element):
            element.tag = "LIBRARY"  # transparent: its contents are read one by one
            changed = _wrap_texts(element, ("P",)) or True
    return changed


def _holds_blocks(element: etree._Element) -> bool:
    """Return whether an element of text holds a table or section, and is not itself inside a cell."""
    if next(element.iterdescendants(*_BLOCKS), None) is None:
        return False
    return element.tag not in _CELLS and not any(above.tag in _CELLS for above in element.iterancestors())


def _wrap_in_table(part: etree._Element) -> bool:
    allowed, wrappers = _PARTS[str(part.tag)]
    changed = False
    for child in list(part):
        if child.tag not in allowed or (child.tag in ("COLGROUP", "COL") and _has_text(child)):
            tail, child.tail = child.tail, None
            outer, inner = _nest(wrappers)
            part.replace(child, outer)
            inner.append(child)
            outer.tail = tail
            changed = True
    return _wrap_texts(part, wrappers) or changed


def _wrap_texts(element: etree._Element, wrappers: tuple[str, ...]) -> bool:
    """Wrap the element's own text and its children's tails."""
    changed = False
    for child in list(element):
        if child.tail and child.tail.strip():
            outer, inner = _nest(wrappers)
            inner.text, child.tail = child.tail, None
            child.addnext(outer)
            changed = True
    if element.text and element.text.strip():
        outer, inner = _nest(wrappers)
        inner.text, element.text = element.text, None
        element.insert(0, outer)
        changed = True
    return changed


def _nest(names: tuple[str, ...]) -> tuple[etree._Element, etree._Element]:
    outer = inner = etree.Element(names[0])
    for name in names[1:]:
        inner = etree.SubElement(inner, name)
    return outer, inner


def _has_text(element: etree._Element) -> bool:
    return any(str(part).strip() for part in element.itertext())
