"""The form of a text, which can be mended without changing what it says: NFC, invisible characters, surrounding blanks."""

from __future__ import annotations

import re
import unicodedata

# Control characters other than line breaks and tabs, and characters of no width; a joiner between emoji is left alone.
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2060\ufeff\u00ad]")
# Replacement characters, and UTF-8 Hangul read as Latin-1 ("ì•ˆë…•") or as CP949 (rare ideographs and jamo in a row).
_BROKEN = re.compile("\ufffd|(?:[ìíëê][\u0080-\u00bf\u2013-\u203a\u0152-\u0178]{1,2}){2,}|\\?{4,}")
_ENTITY = re.compile(r"&(?:nbsp|amp|lt|gt|quot|#\d{2,5}|cr);|<br\s*/?>|</?(?:p|div|span|td|tr)\b[^<>]*>", re.IGNORECASE)


def faults(text: str) -> list[str]:
    """Return the names of what is wrong with a text's form: decomposed, invisible, blanks, broken_characters, markup."""
    found = []
    if not unicodedata.is_normalized("NFC", text):
        found.append("decomposed")
    if _INVISIBLE.search(text):
        found.append("invisible")
    if text != text.strip() and text.strip():
        found.append("blanks")
    if _BROKEN.search(text):
        found.append("broken_characters")
    if _ENTITY.search(text):
        found.append("markup")
    return found


def mended(text: str) -> str:
    """Return the text in NFC, without invisible characters and surrounding blanks."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFC", text)).strip()
