"""Files people might upload, good and bad, made on the spot."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

GUIDE = "가온식품 복지 안내\n\n가온식품의 2024년 복지 예산: 3,200만원\n휴가는 연 18일입니다.\n"
TABLE = '지역,인구(천명),비고\n서울,"9,411",수도입니다. 큽니다.\n부산,"3,300",\n'
BILLION = ('<?xml version="1.0"?>\n<!DOCTYPE DOCUMENT [<!ENTITY a "하하하하하하하하하하">\n'
           + "".join(f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">\n' for at in range(9))
           + "]>\n<DOCUMENT><BODY><P>&j;</P></BODY></DOCUMENT>\n")
OUTSIDE = ('<?xml version="1.0"?>\n<!DOCTYPE DOCUMENT [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n'
           "<DOCUMENT><BODY><P>&x;</P></BODY></DOCUMENT>\n")


def pdf(pages: int = 2, draw: Callable[[object, int], None] | None = None) -> bytes:
    """Return a PDF whose page n says what its limit is; draw may put more on each."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("HYSMyeongJo-Medium"))
    held = io.BytesIO()
    canvas = Canvas(held)
    for number in range(1, pages + 1):
        canvas.setFont("HYSMyeongJo-Medium", 12)
        canvas.drawString(72, 700, f"{number}번째 쪽의 출장비 한도: {number},500원")
        if draw is not None:
            draw(canvas, number)
        canvas.showPage()
    canvas.save()
    return held.getvalue()


def pdf_with_script() -> bytes:
    """Return a PDF that runs JavaScript when it is opened and links to a script."""
    def draw(canvas: object, number: int) -> None:
        canvas.linkURL("javascript:window.hacked=1", (72, 690, 300, 715))  # type: ignore[attr-defined]

    made = pdf(1, draw)
    action = b"/OpenAction << /S /JavaScript /JS (app.alert\\('hacked'\\)) >> /Type /Catalog"
    assert b"/Type /Catalog" in made
    return made.replace(b"/Type /Catalog", action)    # the offsets are off now, as in many real files: readers mend that


def encrypted_pdf() -> bytes:
    """Return a PDF that opens only with a password."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    held = io.BytesIO()
    canvas = Canvas(held, encrypt=StandardEncryption("secret", canPrint=0))
    canvas.drawString(72, 700, "secret")
    canvas.save()
    return held.getvalue()


def many_pages(count: int) -> bytes:
    """Return a PDF of so many pages, all of which share one page's content; small for its pages."""
    kids = b" ".join(b"%d 0 R" % (at + 4) for at in range(count))
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, kids),
               b"<< /Length 0 >>\nstream\n\nendstream"]
    objects += [b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 3 0 R >>"] * count
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    return bytes(out)


def workbook_bomb(unpacked_mb: int = 300) -> bytes:
    """Return an .xlsx that unpacks to far more than it is."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(unpacked_mb):
                sheet.write(b"0" * 2**20)
    return held.getvalue()


def zipped(*names: str) -> bytes:
    """Return a ZIP of small members: a .docx, a plain archive."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, "안녕")
    return held.getvalue()
