"""Whether a file's bytes are what its name says. Runs in the child process that reads it; opens no more than is needed."""

from __future__ import annotations

import codecs
import zipfile
from pathlib import Path

from webui.uploads.refusal import Refused

_HEAD = 64 * 1024
_MAX_UNPACKED = 256 * 2**20
_MAX_RATIO = 200            # a sheet of one repeated cell packs about 1:100
_FREE_BYTES = 32 * 2**20
_MAX_MEMBERS = 5_000
_WORKBOOK = "xl/workbook.xml"
# What begins so is no text, whatever it is called. Source: each format's own specification.
_MAGIC = (b"%PDF-", b"PK\x03\x04", b"PK\x05\x06", b"\x7fELF", b"MZ", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"\x1f\x8b",
          b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\xd0\xcf\x11\xe0", b"SQLite format 3", b"PAR1")


def check(path: Path, kind: str, name: str) -> None:
    """Look at a file's first bytes, and at a workbook's list of members.

    Raises:
        Refused: it is empty, of another kind than its name says, or packed far too tightly.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise Refused("empty", name=name)
    if kind == ".pdf":
        good = b"%PDF-" in head[:1024]
    elif kind == ".xlsx":
        good = _is_workbook(path, name)
    else:
        good = _is_text(head) and (kind != ".xml" or _letters(head).startswith("<"))
    if not good:
        raise Refused("content", name=name, kind=kind[1:].upper())


def _is_text(head: bytes) -> bool:
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return not head.startswith(_MAGIC) and (wide or b"\x00" not in head)


def _letters(head: bytes) -> str:
    return head.decode("utf-8-sig", errors="replace").lstrip()


def _is_workbook(path: Path, name: str) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    unpacked, packed = sum(info.file_size for info in infos), max(1, sum(info.compress_size for info in infos))
    if len(infos) > _MAX_MEMBERS or unpacked > _MAX_UNPACKED or (unpacked > _FREE_BYTES and unpacked > packed * _MAX_RATIO):
        raise Refused("bomb", name=name, packed=f"{packed / 2**20:.1f}", unpacked=f"{unpacked / 2**20:,.0f}")
    return any(info.filename == _WORKBOOK for info in infos)
