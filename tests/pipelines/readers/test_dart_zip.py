"""OpenDART's document.xml archives: the filing told from its audit reports, and archives that mean harm."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path

import pytest

from mundap.errors import DataError
from pipelines.readers import dart_xml, dart_zip

RCEPT = "20240312000736"


def document(acode: str, name: str = "사업보고서", text: str = "가나다") -> bytes:
    return (f'<?xml version="1.0" encoding="utf-8"?>\r\n<DOCUMENT><DOCUMENT-NAME ACODE="{acode}">{name}</DOCUMENT-NAME>'
            f'<FORMULA-VERSION ADATE="20231231">5.6</FORMULA-VERSION><COMPANY-NAME AREGCIK="00123456">(주)가온</COMPANY-NAME>'
            f"<BODY><SECTION-1><TITLE ATOC=\"Y\">I. 회사의 개요</TITLE><P>{text}</P></SECTION-1></BODY></DOCUMENT>"
            ).encode("cp949")


def archive(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members:
            file.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_the_filing_is_told_by_its_form_whatever_the_order_and_names(order: tuple[int, ...]) -> None:
    members = [(f"/{RCEPT}_00760.xml", document("00760", "감사보고서")), (f"_{RCEPT}.xml", document("11011")),
               (f"{RCEPT}_00761.xml", document("00761", "연결감사보고서"))]
    found = dart_zip.members(archive(*(members[at] for at in order)), "", "x.zip")
    assert [(one.code, one.rcept_no) for one in found] == [("", RCEPT), ("00760", RCEPT), ("00761", RCEPT)]


def test_an_archive_of_audit_reports_alone_has_no_filing() -> None:
    found = dart_zip.members(archive(("a.xml", document("00760")), ("b.xml", document("00760"))), RCEPT, "x.zip")
    assert sorted(one.code for one in found) == ["00760", "00760-2"]


def test_members_are_read_as_documents_and_a_broken_attachment_is_told(tmp_path: Path) -> None:
    (tmp_path / f"{RCEPT}.zip").write_bytes(archive((f"{RCEPT}.xml", document("11011")),
                                                    (f"{RCEPT}_00760.xml", b"not dart")))
    filing, audit = dart_xml.read(tmp_path, tmp_path, {})
    assert (filing.document.doc_id, filing.status) == (RCEPT, "OK")
    assert filing.document.source == f"{RCEPT}.zip:{RCEPT}.xml"
    assert (audit.document.doc_id, audit.status) == (f"{RCEPT}_2", "FAILED")


def test_impossible_dates_inside_do_no_harm() -> None:
    raw = bytearray(archive((f"{RCEPT}.xml", document("11011"))))
    place = raw.find(b"PK\x01\x02")
    struct.pack_into("<HH", raw, place + 12, 0xFFFF, 0)   # 31:63:62 of month 0, day 0, as real archives have it
    assert dart_zip.members(bytes(raw), "", "x.zip")[0].rcept_no == RCEPT


@pytest.mark.parametrize(("raw", "told"), [
    (archive((f"{RCEPT}.xml", document("11011")))[:-40], "damaged or cut short"),
    (b"<result><status>014</status></result>", "damaged or cut short"),
    (archive(("readme.txt", b"x")), "holds no .xml or .xhml member"),
    (archive(*((f"{at}.xml", b"x") for at in range(201))), "more than 200 are not read"),
])
def test_what_cannot_be_read_is_told(raw: bytes, told: str) -> None:
    with pytest.raises(DataError, match=told) as caught:
        dart_zip.members(raw, RCEPT, "x.zip")
    assert caught.value.where == "x.zip" and caught.value.fix


def test_a_bomb_is_left_alone_whatever_size_it_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dart_zip, "MAX_BYTES", 2 * 2**20)
    raw = bytearray(archive((f"{RCEPT}.xml", b" " * (8 * 2**20))))
    place = raw.find(b"PK\x01\x02")
    struct.pack_into("<I", raw, place + 24, 10)   # the directory says ten bytes
    with pytest.raises(DataError, match="unpacks to more than 2,097,152 bytes|damaged"):
        dart_zip.members(bytes(raw), RCEPT, "x.zip")


def test_a_members_path_reaches_nothing(tmp_path: Path) -> None:
    (tmp_path / f"{RCEPT}.zip").write_bytes(archive((f"../../{RCEPT}.xml", document("11011"))))
    before = sorted(tmp_path.parent.rglob("*"))
    [filing] = dart_xml.read(tmp_path / f"{RCEPT}.zip", tmp_path, {})
    assert filing.document.doc_id == RCEPT
    assert sorted(tmp_path.parent.rglob("*")) == before


@pytest.mark.skipif(not os.environ.get("MUNDAP_SAMPLES"), reason="needs real filings: set MUNDAP_SAMPLES")
def test_a_real_archive_gives_the_annual_report_and_its_audit_reports() -> None:
    folder = Path(os.environ["MUNDAP_SAMPLES"]) / "dart" / "zip"
    found = list(dart_xml.read(folder, folder, {}))
    assert [(one.document.doc_id, one.document.doc_type) for one in found] == [
        ("20190401004781", "사업보고서"), ("20190401004781_00760", "감사보고서"), ("20190401004781_00761", "연결감사보고서")]
    assert all(one.status == "REPAIRED" for one in found)
