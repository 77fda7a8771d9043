"""Small PDF files made by hand: Hangul text with a ToUnicode map and no font file, empty pages, an encryption entry."""

from __future__ import annotations

from collections.abc import Sequence


def pdf(pages: Sequence[Sequence[str]], *, encrypted: bool = False) -> bytes:
    """Return a PDF of pages of lines."""
    letters = sorted({letter for page in pages for line in page for letter in line})
    code = {letter: at + 1 for at, letter in enumerate(letters)}
    kids = " ".join(f"{10 + 2 * at} 0 R" for at in range(len(pages)))
    objects = {
        1: "<< /Type /Catalog /Pages 2 0 R >>",
        2: f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        3: "<< /Type /Font /Subtype /Type0 /BaseFont /Test /Encoding /Identity-H /DescendantFonts [4 0 R] /ToUnicode 6 0 R >>",
        4: "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Test /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) "
           "/Supplement 0 >> /FontDescriptor 5 0 R /DW 1000 >>",
        5: "<< /Type /FontDescriptor /FontName /Test /Flags 4 /FontBBox [0 -200 1000 800] /ItalicAngle 0 /Ascent 800 "
           "/Descent -200 /CapHeight 700 /StemV 80 >>",
        6: _stream(_to_unicode(code)),
    }
    for at, page in enumerate(pages):
        number = 10 + 2 * at
        objects[number] = (f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {number + 1} 0 R "
                           "/Resources << /Font << /F1 3 0 R >> >> >>")
        shown = "".join(f"<{''.join(f'{code[letter]:04X}' for letter in line)}> Tj T*\n" for line in page)
        objects[number + 1] = _stream(f"BT /F1 10 Tf 14 TL 40 800 Td\n{shown}ET")
    trailer = "/Root 1 0 R"
    if encrypted:
        objects[7] = f"<< /Filter /Standard /V 1 /R 2 /O <{'41' * 32}> /U <{'42' * 32}> /P -4 >>"
        trailer += f" /Encrypt 7 0 R /ID [<{'00' * 16}> <{'00' * 16}>]"
    return _assembled(objects, trailer)


def _to_unicode(code: dict[str, int]) -> str:
    pairs = [f"<{at:04X}> <{ord(letter):04X}>" for letter, at in code.items()]
    parts = "".join(f"{len(pairs[at:at + 100])} beginbfchar\n" + "\n".join(pairs[at:at + 100]) + "\nendbfchar\n"
                    for at in range(0, len(pairs), 100))
    return ("/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /T def /CMapType 2 def\n"
            f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{parts}endcmap end end")


def _stream(text: str) -> str:
    return f"<< /Length {len(text.encode())} >>\nstream\n{text}\nendstream"


def _assembled(objects: dict[int, str], trailer: str) -> bytes:
    out = bytearray(b"%PDF-1.5\n")
    places = {}
    for number, body in sorted(objects.items()):
        places[number] = len(out)
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = len(out)
    size = max(objects) + 1
    out += f"xref\n0 {size}\n".encode()
    for number in range(size):
        out += (f"{places[number]:010d} 00000 n \n" if number in places else "0000000000 65535 f \n").encode()
    return bytes(out + f"trailer << /Size {size} {trailer} >>\nstartxref\n{table}\n%%EOF".encode())
