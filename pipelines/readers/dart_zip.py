"""The members of an OpenDART document.xml archive: which are there, which one is the filing itself, and no surprises.

A filing's archive holds the main document and, for annual reports, the audit reports, in any order and under names that
may carry a prefix; the main one is told by its form code (DOCUMENT-NAME/@ACODE), never by its place. Dates inside are
invalid in every archive seen and are not looked at. Nothing is unpacked to disk, so a member's path can do no harm; its
size is bounded before and while it is read.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath

from mundap.errors import DataError
from pipelines.readers.dart_head import AUDIT
from pipelines.readers.decode import decode
from pipelines.readers.hardened import MAX_BYTES

SUFFIXES = (".xml", ".xhml")
MAX_MEMBERS = 200              # three is the most seen; attachments are no part of document.xml
MAX_TOTAL_BYTES = 2 * MAX_BYTES
_PIECE = 2**20
_HEAD_BYTES = 4_000
_ACODE = re.compile(r"<DOCUMENT-NAME\b[^<>]{0,400}?\bACODE\s*=\s*[\"'](\d{5})[\"']")
_RCEPT = re.compile(r"(?<!\d)(\d{14})(?!\d)")
_FIX = "Fetch it again from OpenDART (document.xml), or take it out of the folder."


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One document of an archive. code is "" for the filing itself, else what tells it from the others ("00760")."""

    name: str
    data: bytes
    rcept_no: str
    code: str


def members(raw: bytes, rcept_no: str, where: str) -> list[Member]:
    """Return an archive's documents, the filing itself first; rcept_no is used where a member's name holds none.

    Raises:
        DataError: it is no whole ZIP archive, is encrypted, too large, or holds no document.
    """
    read = _read(raw, where)
    if not read:
        raise DataError(f"the archive holds no {' or '.join(SUFFIXES)} member.", where=where, fix=_FIX)
    codes = [_form(data) for _, data in read]
    main = _main(read, codes)
    found: list[Member] = []
    taken: set[str] = set()
    for at in (main, *(at for at in range(len(read)) if at != main)):
        name, data = read[at]
        code = "" if at == main and codes[at] not in AUDIT else codes[at] or str(at + 1)
        while code in taken:
            code = f"{code}-{at + 1}"
        taken.add(code)
        match = _RCEPT.search(PurePosixPath(name).stem)
        found.append(Member(name=name, data=data, rcept_no=match[1] if match else rcept_no, code=code))
    return found


def _read(raw: bytes, where: str) -> list[tuple[str, bytes]]:
    """Return the names and bytes of an archive's documents in the order of their names."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            infos = archive.infolist()
            if len(infos) > MAX_MEMBERS:
                raise DataError(f"the archive holds {len(infos):,} members; more than {MAX_MEMBERS} are not read.",
                                where=where, fix=_FIX)
            wanted = sorted((info for info in infos if not info.is_dir()
                             and PurePosixPath(info.filename).suffix.lower() in SUFFIXES), key=lambda one: one.filename)
            left, found = MAX_TOTAL_BYTES, []
            for info in wanted:
                if info.flag_bits & 1:
                    raise DataError(f"{info.filename} is encrypted.", where=where, fix="Unpack it, and keep the members.")
                data = _member(archive, info, min(left, MAX_BYTES), where)
                left -= len(data)
                found.append((info.filename, data))
            return found
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise DataError(f"the archive is damaged or cut short ({error}).", where=where, fix=_FIX) from error


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int, where: str) -> bytes:
    """Return a member's bytes, stopping as soon as there are more than limit; what the archive says is not believed."""
    pieces, size = [], 0
    with archive.open(info) as file:
        while piece := file.read(_PIECE):
            size += len(piece)
            if size > limit:
                raise DataError(f"{info.filename} unpacks to more than {limit:,} bytes.", where=where,
                                fix="No filing is that large; take the archive out of the folder.")
            pieces.append(piece)
    return b"".join(pieces)


def _form(data: bytes) -> str:
    """Return the form code a document gives itself, or an empty text."""
    found = _ACODE.search(decode(data[:_HEAD_BYTES])[0])
    return found[1] if found else ""


def _main(read: list[tuple[str, bytes]], codes: list[str]) -> int:
    """Return which document is the filing: one whose form is no audit report's, the shortest name first."""
    return min(range(len(read)), key=lambda at: (codes[at] in AUDIT, not codes[at],
                                                 len(PurePosixPath(read[at][0]).stem), read[at][0]))
