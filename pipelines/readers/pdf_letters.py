"""The letters of each line of a PDF's text layer, their size and weight: what tells a heading where no word does.

The lines are those of `pdf_text.page_texts`, which checks the file first.
"""

from __future__ import annotations

import ctypes
import re
from pathlib import Path
from typing import NamedTuple

_NAME_BYTES = 256
_BOLD = 600                 # of the weights 100 to 900; 400 is plain
_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")


class Letters(NamedTuple):
    """A line's first letter: its size in points (0.0 for an empty line), and whether it is bold."""

    size: float = 0.0
    bold: bool = False


def line_letters(path: Path) -> list[list[Letters]]:
    """Return, for each page, the letters of each line."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        return [_page_letters(document, at) for at in range(len(document))]
    finally:
        document.close()


def _page_letters(document: object, at: int) -> list[Letters]:
    page = document[at]  # type: ignore[index]
    layer = page.get_textpage()
    found, last = list[Letters](), layer.count_chars()
    for line in _LINE.finditer(layer.get_text_range()):
        first = line.start() + len(line[1]) - len(line[1].lstrip())
        found.append(_letters(layer, first) if line[1].strip() and first < last else Letters())
        if not line[2]:
            break
    layer.close()
    page.close()
    return found


def _letters(layer: object, at: int) -> Letters:
    """Return a letter's size on the page, its font's size times the scale it is drawn with, and its weight."""
    import pypdfium2.raw as pdfium

    matrix, flags, name = pdfium.FS_MATRIX(), ctypes.c_int(), ctypes.create_string_buffer(_NAME_BYTES)
    scaled = pdfium.FPDFText_GetMatrix(layer, at, ctypes.byref(matrix))
    scale = (matrix.c ** 2 + matrix.d ** 2) ** 0.5 if scaled else 1.0
    pdfium.FPDFText_GetFontInfo(layer, at, name, _NAME_BYTES, ctypes.byref(flags))
    bold = pdfium.FPDFText_GetFontWeight(layer, at) >= _BOLD or b"bold" in name.value.lower()
    return Letters(round(float(pdfium.FPDFText_GetFontSize(layer, at)) * scale, 2), bold)
