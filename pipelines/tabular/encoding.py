"""Which encoding a text file is in: the first of UTF-16 (BOM), UTF-8, UTF-16 without BOM, EUC-KR, CP949 that decodes all
of it strictly. Nothing is guessed from frequencies, and no byte is replaced.

Source: what each encoding allows is the codec's own strict mode; EUC-KR is the subset of CP949 with 2,350 syllables.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mundap.errors import DataError

BLOCK = 4 * 2**20
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
# Lead bytes of UTF-8 sequences that occur in decomposed text only: conjoining jamo, combining marks.
_DECOMPOSED = (b"\xe1", b"\xcc", b"\xcd")
_CHOICES = "utf-8, cp949, euc-kr, utf-16"


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """A file's encoding. bom is the length of its mark; decomposed says that Unicode NFC may change its text."""

    name: str
    bom: int = 0
    decomposed: bool = False

    @property
    def codec(self) -> str:
        """Return the codec of the bytes after the mark."""
        return "utf-8" if self.name == "utf-8-sig" else self.name

    @property
    def is_utf8(self) -> bool:
        """Return whether the bytes after the mark are UTF-8."""
        return self.codec == "utf-8"


def detect(path: Path, where: str, given: str | None = None) -> Encoding:
    """Return a file's encoding; with given, that one, checked.

    Raises:
        DataError: the file is empty, holds NUL bytes, or no encoding (or not the given one) decodes all of it.
    """
    with path.open("rb") as file:
        head = file.read(65536)
    if not head.strip(b"\x00\r\n\t ") and path.stat().st_size == len(head):
        raise DataError("the file is empty.", where=where, fix="Begin it with a header line.")
    if given:
        return _given(path, where, given, head)
    if head.startswith(_UTF32):
        raise DataError("the file is UTF-32.", where=where, fix="Save it as CSV UTF-8.")
    if head[:2] in _UTF16:
        return _checked(path, where, Encoding(name=_UTF16[head[:2]], bom=2))
    if b"\x00" in head:
        return _checked(path, where, Encoding(name=_utf16_without_mark(head, path, where)))
    scan = _scan_utf8(path, where)
    if scan is not None:
        return scan
    if head.startswith(codecs.BOM_UTF8) or _nearly_utf8(head):
        _fail(path, where, "utf-8", "The file is UTF-8 but for some bytes: save it again as CSV UTF-8.")
    for name in ("euc-kr", "cp949"):
        if _first_error(path, name, 0) is None:
            return Encoding(name=name)
    _fail(path, where, "cp949", f"Save it as CSV UTF-8, or name its encoding in data.yaml: encoding: … ({_CHOICES}).")
    raise AssertionError


def blocks(path: Path, skip: int) -> Iterator[bytes]:
    """Yield a file's bytes in blocks, without the first `skip`."""
    with path.open("rb") as file:
        file.seek(skip)
        while block := file.read(BLOCK):
            yield block


def _given(path: Path, where: str, given: str, head: bytes) -> Encoding:
    try:
        name = codecs.lookup(given).name
    except LookupError as error:
        raise DataError(f"encoding: {given!r} is not known.", where=where, fix=f"Name one of: {_CHOICES}.") from error
    name = {"utf-16": _UTF16.get(head[:2], "utf-16-le"), "euc_kr": "euc-kr", "utf-8-sig": "utf-8"}.get(name, name)
    marks = {"utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    bom = len(marks[name]) if name in marks and head.startswith(marks[name]) else 0
    return _checked(path, where, Encoding(name="utf-8-sig" if name == "utf-8" and bom else name, bom=bom))


def _checked(path: Path, where: str, encoding: Encoding) -> Encoding:
    if encoding.is_utf8:
        found = _scan_utf8(path, where)
        if found is not None:
            return found
    if _first_error(path, encoding.codec, encoding.bom) is not None:
        _fail(path, where, encoding.codec, f"Save it as CSV UTF-8, or name another encoding: … ({_CHOICES}).")
    # Other codecs' bytes are not looked through for decomposed text; normalising composed text changes nothing.
    return Encoding(name=encoding.name, bom=encoding.bom, decomposed=encoding.codec.startswith("utf"))


def _scan_utf8(path: Path, where: str) -> Encoding | None:
    """Return the encoding when the whole file is UTF-8, else None. Arrow validates gigabytes a second; nothing is copied."""
    import pyarrow as pa

    held, kept, bom, decomposed = bytearray(BLOCK + 4), 0, -1, False
    with path.open("rb", buffering=0) as file:
        while read := file.readinto(memoryview(held)[kept:kept + BLOCK]):
            end = kept + read
            if bom < 0:
                bom = 3 if held.startswith(codecs.BOM_UTF8) else 0
            cut = _last_whole(held, end)
            buffers = [None, pa.py_buffer(struct.pack("<qq", 0, cut)), pa.py_buffer(memoryview(held)[:cut])]
            try:
                pa.Array.from_buffers(pa.large_binary(), 1, buffers).cast(pa.large_string())
            except pa.ArrowInvalid:
                return None
            if held.find(b"\x00", 0, cut) >= 0:
                _refuse_nul(_row_of_nul(path), where)
            decomposed = decomposed or any(held.find(lead, 0, cut) >= 0 for lead in _DECOMPOSED)
            kept = end - cut
            held[:kept] = held[cut:end]
    return None if kept else Encoding(name="utf-8-sig" if bom > 0 else "utf-8", bom=max(bom, 0), decomposed=decomposed)


def _row_of_nul(path: Path) -> int:
    rows = 1
    for block in blocks(path, 0):
        if b"\x00" in block:
            return rows + block[:block.index(b"\x00")].count(b"\n")
        rows += block.count(b"\n")
    return rows


def _last_whole(data: bytearray, end: int) -> int:
    """Return where the last, possibly cut, UTF-8 sequence of data[:end] begins; end when it is whole."""
    for back in range(1, min(4, end) + 1):
        byte = data[end - back]
        if byte < 0x80:
            return end
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return end if needed <= back else end - back
    return end


def _utf16_without_mark(head: bytes, path: Path, where: str) -> str:
    """Return UTF-16 in the order in which ASCII letters have their zero byte; zero bytes in both places are an error."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    name = "utf-16-le" if odd > even * 20 else "utf-16-be" if even > odd * 20 else ""
    text = head.decode(name, errors="replace") if name else ""
    if not re.search(r"[,;|\t\n]", text) or path.stat().st_size % 2:
        _refuse_nul(head[:head.index(b"\x00")].count(b"\n") + 1, where)
    return name


def _refuse_nul(row: int, where: str) -> None:
    raise DataError("the file holds NUL bytes, so it is damaged or no text.", where=f"{where}: row {row}",
                    fix="Export it again from where it came; a workbook must be named .xlsx.")


def _nearly_utf8(head: bytes) -> bool:
    """Return whether bytes are Korean UTF-8 with some broken ones: CP949 could read them, as other letters."""
    text = head.decode("utf-8", errors="replace")
    beyond = sum(letter > "\x7f" for letter in text)
    return bool(re.search("[가-힣]", text)) and text.count("�") < beyond * 0.05


def _first_error(path: Path, codec: str, skip: int) -> tuple[int, bytes] | None:
    """Return (row, bytes) of the first place a codec cannot decode, or None when it decodes everything."""
    decoder = codecs.getincrementaldecoder(codec)("strict")
    rows = 1
    for block in blocks(path, skip):
        try:
            rows += decoder.decode(block).count("\n")
        except UnicodeDecodeError as error:
            return rows + error.object[:error.start].count(b"\n"), error.object[error.start:error.end][:4]
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return rows, error.object[error.start:error.end][:4]
    return None


def _fail(path: Path, where: str, codec: str, fix: str) -> None:
    row, data = _first_error(path, codec, 0) or (1, b"")
    raise DataError(f"row {row}: the bytes {data.hex(' ')} are not {codec} text, and no other encoding fits.",
                    where=where, fix=fix)
