"""A file's name as somebody's browser sent it, made fit to be shown. It never names a place on the disk."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from mundap.korean import nfc
from webui.uploads.refusal import Refused

KINDS = (".pdf", ".xml", ".csv", ".xlsx", ".md", ".txt")
_SENT_CHARS = 2000
_STEM_CHARS = 100
_LINE_LIKE = ("Cc", "Zl", "Zp")     # controls and line ends become blanks
_GONE = ("Cf", "Co", "Cn", "Cs")    # unseen letters (a right-to-left override turns "fdp.exe" round) are taken out


def clean_name(sent: str) -> str:
    """Return the last part of a path, on one line, without unseen letters and of a length that can be shown; "" for none."""
    last = re.split(r"[\\/]", nfc(sent[:_SENT_CHARS]))[-1]
    seen = "".join(" " if unicodedata.category(letter) in _LINE_LIKE else letter for letter in last
                   if unicodedata.category(letter) not in _GONE)
    name = " ".join(seen.split()).strip(". ")
    suffix = PurePosixPath(name).suffix
    return name.removesuffix(suffix)[:_STEM_CHARS].strip() + suffix[:12] if name else ""


def kind_of(name: str) -> str:
    """Return which kind of file a name says it is: one of KINDS.

    Raises:
        Refused: it is another.
    """
    kind = PurePosixPath(name).suffix.lower()
    if kind not in KINDS:
        raise Refused("kind", name=name, kind=kind or "?", kinds=", ".join(one[1:].upper() for one in KINDS))
    return kind


def title_of(name: str) -> str:
    """Return what a file is called where a document's title is meant: its name without the ending."""
    return name.removesuffix(PurePosixPath(name).suffix) or name
