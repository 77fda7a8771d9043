"""Bytes of a Korean source file to text. Declarations are ignored: they are wrong as often as right.

DART serves CP949 bytes that declare utf-8, and KRX pages are UTF-8 that declare euc-kr. What fits every file seen is
strict UTF-8 (BOM allowed), then strict CP949, then CP949 with replacement characters, which are counted.
"""

from __future__ import annotations

import codecs
import re

REPLACED = "undecodable bytes replaced"
_HANGUL = re.compile("[가-힣]")


def decode(data: bytes) -> tuple[str, dict[str, int]]:
    """Return the text and what was repaired: the count of replaced bytes, under REPLACED, when there were any."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16"), {}
        except UnicodeDecodeError:
            pass
    try:
        return data.decode("utf-8-sig"), {}
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp949"), {}
    except UnicodeDecodeError:
        # A multi-byte file cut in mid-character is still the encoding it was: UTF-8 when only its tail is broken.
        text = _cut_utf8(data) or data.decode("cp949", errors="replace")
        return text, {REPLACED: max(1, text.count("�"))}


def is_wreck(text: str) -> bool:
    """Return whether the Hangul was lost before we saw it: runs of literal '?' stand where it should be.

    One of 286 cached DART documents is such a file; nothing can be recovered from it.
    """
    marks = text.count("??")
    return marks > 50 and len(_HANGUL.findall(text[:2_000_000])) < marks // 10


def _cut_utf8(data: bytes) -> str | None:
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 4 and error.start > 0:
            return data.decode("utf-8-sig", errors="replace")
    return None
