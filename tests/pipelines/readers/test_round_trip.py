"""Nothing is lost: any tree of the vocabulary comes out whole, and any damage ends in a Reading or a DataError."""

from __future__ import annotations

import os
import random
import socket
import time
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mundap.errors import DataError
from pipelines.readers import dart_xml
from pipelines.reading import Reading
from tests.pipelines.readers import random_trees
from tests.pipelines.readers.filings import RCEPT, caption, filing, section, table

LIMIT_S = 10
SLOW_FIXTURE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def read_bytes(folder: Path, data: bytes, name: str = f"{RCEPT}.xml") -> Reading | None:
    """Return the Reading, or None after a DataError that says what to do; anything else fails the test."""
    path = folder / name
    path.write_bytes(data)
    start = time.process_time()
    try:
        return next(dart_xml.read(path, folder, {}))
    except DataError as error:
        assert error.fix and error.where
        return None
    finally:
        assert time.process_time() - start < LIMIT_S


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW_FIXTURE)
@given(seed=st.integers(0, 2**32), strays=st.booleans())
def test_every_character_of_a_random_tree_is_accounted_for(tmp_path: Path, seed: int, strays: bool) -> None:
    reading = read_bytes(tmp_path, random_trees.document(random.Random(seed), strays=strays).encode())
    if reading is not None:
        assert reading.left_out.get("unaccounted", 0) == 0, reading.document.fields["characters"]
        assert reading.status in ("OK", "REPAIRED")


WHOLE = filing(
    section("II. 사업의 내용", "<P>R&D는 <주1> 중요&cr;합니다</P><PGBRK></PGBRK>"),
    section("1. 요약재무정보", caption("(단위: 백만원)"), table([["구분", "제 12 기"], ["매출액", "1"], ["비용", "2"]])),
)
PAGE = (
    '<html><head><meta content="text/html; charset=euc-kr"><title>가온/유상증자/(2024.03.18)유상증자</title></head><body>'
    '<p class="section-1">I. 개요</p><div><span>글<주1></span><br><table class="nb"><tr><td colspan="2">1</td></tr>'
    "<tr><th>회사명</th><td>가온&nbsp;</td></tr></table></div></body></html>"
)
JUNK = (b"<", b"&", b"</TD>", b"</P>", b"</TABLE>", b'COLSPAN="999999999"', b"<TITLE>", b"<PGBRK>", b"<!--", b"<![CDATA[",
        b"<?x", b"\xff", b"\x00", b"]]>", b"&#0;", b"&#x110000;", b"<table>", b"</div>", b"<script>", b"<style ")  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW_FIXTURE)
@given(source=st.sampled_from([WHOLE, PAGE]), encoding=st.sampled_from(["utf-8", "cp949"]),
       seed=st.integers(0, 2**32), cuts=st.integers(1, 12), junk=st.binary(max_size=30))  # fmt: skip
def test_random_damage_ends_in_a_reading_or_a_data_error(
    tmp_path: Path, source: str, encoding: str, seed: int, cuts: int, junk: bytes
) -> None:
    rng = random.Random(seed)
    data = bytearray(source.encode(encoding))
    for _ in range(cuts):
        start = rng.randrange(len(data) + 1)
        stop = min(len(data), start + rng.choice((0, 1, 3, 40, 400)))
        data[start:stop] = rng.choice((b"", junk, bytes([rng.randrange(256)]), *JUNK))
        data = data or bytearray(b"<")
    reading = read_bytes(tmp_path, bytes(data))
    if reading is not None and reading.left_out.get("unaccounted"):
        assert reading.status == "RECOVERED"


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW_FIXTURE)
@given(cut=st.integers(0, len(WHOLE.encode())))
def test_a_document_cut_anywhere_is_read_up_to_the_cut_or_refused(tmp_path: Path, cut: int) -> None:
    reading = read_bytes(tmp_path, WHOLE.encode()[:cut])
    if reading is not None and cut < len(WHOLE.encode()) - 20:
        assert reading.status == "RECOVERED"


@pytest.mark.parametrize(
    "text",
    [
        "<DOCUMENT><BODY>" + "<SECTION-1>" * 50_000,
        "<DOCUMENT><BODY>" + "<SPAN>" * 200_000 + "가",
        "<DOCUMENT><BODY>" + "</SPAN>" * 200_000 + "가",
        "<DOCUMENT><BODY>" + "<P>가</SPAN>" * 50_000,
        "<DOCUMENT><BODY>" + "<SECTION-1><TITLE></TITLE></SECTION-1>" * 20_000 + "가",
        '<DOCUMENT><BODY><P A="' + "가" * 5_000_000 + '">나</P>',
        "<DOCUMENT><BODY>" + '<P A="' * 100_000,
        "<DOCUMENT><BODY>" + "<!--" * 200_000,
        "<DOCUMENT><BODY>" + "&" * 1_000_000,
        "<DOCUMENT><BODY><TABLE>" + '<TR><TD COLSPAN="512" ROWSPAN="512">1</TD></TR>' * 3_000,
        "<DOCUMENT><BODY><TABLE><TR>" + "<TD>1</TD>" * 20_000 + "</TR>" + "<TR><TD>1</TD></TR>" * 20_000,
        "<html><body>" + "<div>" * 100_000 + "가",
        "<html><body>" + "<table><tr><td>" * 2_000 + "가",
        "<html>" * 50_000,
        "<html>" + "<!--" * 200_000,
        "<html>" + "<style>" * 100_000,
        "<html><p " + "a='" * 200_000,
        "<html><body>" + "<" * 200_000,
    ],
    ids=range(18),
)  # fmt: skip
def test_absurd_documents_neither_hang_nor_crash(tmp_path: Path, text: str) -> None:
    read_bytes(tmp_path, text.encode())


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE D [<!ENTITY x SYSTEM "{file}">]><DOCUMENT><BODY><P>&x;가</P></BODY></DOCUMENT>',
        '<DOCUMENT><BODY><P>가&x;</P></BODY></DOCUMENT><!DOCTYPE D [<!ENTITY x SYSTEM "{file}">]>',
        '<!DOCTYPE D SYSTEM "http://127.0.0.1:9/x.dtd"><DOCUMENT><BODY><P>가</P></BODY></DOCUMENT>',
        '<DOCUMENT xmlns:xi="http://www.w3.org/2001/XInclude"><BODY><xi:include href="{file}"/>가</BODY></DOCUMENT>',
        '<?xml-stylesheet href="{file}"?><DOCUMENT><BODY><P>가</P></BODY></DOCUMENT>',
        '<!DOCTYPE html [<!ENTITY x SYSTEM "{file}">]><html><body>&x;가</body></html>',
        '<html><head><link href="http://127.0.0.1:9/a.css"></head><body>가<img src="{file}"><iframe src="{file}">'
        "</iframe></body></html>",
    ],
    ids=range(7),
)  # fmt: skip
def test_no_file_and_no_network_is_read(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("비밀문서", encoding="utf-8")

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the reader opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    reading = read_bytes(tmp_path, text.replace("{file}", secret.as_uri()).encode())
    assert reading is None or "비밀문서" not in reading.document.body


def test_a_zip_that_lies_or_points_elsewhere_harms_nothing(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"../../{RCEPT}.xml", filing(section("1. 개요", "<P>가</P>")))
        archive.writestr("/etc/evil.txt", "x")
    reading = read_bytes(inside, buffer.getvalue(), f"{RCEPT}.zip")
    assert reading is not None and reading.document.doc_id == RCEPT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside"]
    assert [path.name for path in inside.iterdir()] == [f"{RCEPT}.zip"]
    rng = random.Random(7)
    for _ in range(60):
        data = bytearray(buffer.getvalue())
        for _ in range(rng.randint(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        read_bytes(inside, bytes(data[: rng.choice((len(data), rng.randrange(4, len(data))))]), f"{RCEPT}.zip")
    assert os.listdir(tmp_path) == ["inside"]
