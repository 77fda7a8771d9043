from __future__ import annotations

import csv
import os
import random
import re
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mundap.errors import DataError
from pipelines.readers import READERS, dart_xml
from pipelines.readers.numerals import MONEY
from pipelines.reading import Fact, Reading
from tests.pipelines.readers.filings import RCEPT, caption, filing, section, table, write

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = section(
    "II. 사업의 내용",
    "<P>R&D는 <주1> 중요&cr;합니다</P>",
    section("1. 사업의 개요", "<P># 개요</P>", level=2, code="L-0-2-1-L1"),
)


def read(path: Path) -> Reading:
    return next(dart_xml.read(path, path.parent, {}))


def message(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read(path)
    assert str(path.name) in str(caught.value) and caught.value.fix
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_a_filing_becomes_a_document(tmp_path: Path, encoding: str) -> None:
    reading = read(write(tmp_path, filing(SAMPLE), encoding=encoding))
    document = reading.document
    assert (document.doc_id, document.title, document.publisher, document.date, document.doc_type) == (
        RCEPT,
        "가온누리전자 2023 사업보고서",
        "가온누리전자",
        20240318,
        "사업보고서",
    )
    assert document.fields["corp_code"] == "00999999" and document.fields["fiscal_year"] == 2023
    assert document.fields["period_from"] == "20230101" and document.fields["period_to"] == "20231231"
    assert document.fields["url"] == f"https://dart.fss.or.kr/dsaf001/main.do?rcpNo={RCEPT}"
    assert reading.status == "REPAIRED" and reading.repairs["bare & escaped"] == 1
    assert "# II. 사업의 내용\n\nR&D는 <주1> 중요\n합니다\n\n## 1. 사업의 개요\n\n\\# 개요" in document.body
    last = reading.sections[-1]
    assert last.path == ("II. 사업의 내용", "1. 사업의 개요") and last.code == "L-0-2-1-L1"


def test_a_table_is_markdown_under_its_caption(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        filing(section("1. 요약재무정보", caption("(단위: 백만원)"), table([["구분", "제 12 기"], ["매출|액", "1"]]))),
    )
    assert "(단위: 백만원)\n\n| 구분 | 제 12 기 |\n| --- | --- |\n| 매출\\|액 | 1 |" in read(path).document.body


def test_a_caption_without_a_table_is_not_lost(tmp_path: Path) -> None:
    body = read(
        write(tmp_path, filing(section("1. 개요", "<P>[2023. 12. 31 현재]</P><P>끝(단위 : 원)</P>")))
    ).document.body
    assert "[2023. 12. 31 현재]" in body and "끝(단위 : 원)" in body


def test_a_correction_names_what_it_corrects_and_keeps_the_old_text_apart(tmp_path: Path) -> None:
    block = (
        "<CORRECTION><TITLE>정 정 신 고 (보고)</TITLE><P>1. 정정대상 공시서류 : 사업보고서</P>"
        "<P>2. 정정대상 공시서류의 최초제출일 : 2024년 03월 16일</P>"
        + table([["항 목", "정정사유", "정 정 전", "정 정 후"], ["영업이익", "재분류", "100백만원", "90백만원"]])
        + "</CORRECTION>"
    )
    reading = read(write(tmp_path, filing(SAMPLE, before=block)))
    assert reading.supersedes == "20240316"
    old = [section_ for section_ in reading.sections if section_.superseded]
    assert [block.text for section_ in old for block in section_.blocks] == ["영업이익\n100백만원"]
    kept = "\n".join(
        block.text for section_ in reading.sections if not section_.superseded for block in section_.blocks
    )
    assert "90백만원" in kept and "100백만원" not in kept


def test_an_audit_member_is_a_document_of_its_own(tmp_path: Path) -> None:
    path = write(tmp_path, filing(SAMPLE, acode="00761", name="연결감사보고서"), name=f"{RCEPT}_00761.xml")
    document = read(path).document
    assert (document.doc_id, document.doc_type, document.fields["rcept_no"]) == (
        f"{RCEPT}_00761",
        "연결감사보고서",
        RCEPT,
    )


def test_an_unclosed_element_is_closed_and_said_so(tmp_path: Path) -> None:
    reading = read(write(tmp_path, filing(SAMPLE).replace("</P>", "", 1)))
    assert reading.status == "REPAIRED" and reading.repairs["unclosed elements closed"] == 1
    assert not reading.left_out.get("unaccounted")


def test_a_document_cut_short_is_read_as_far_as_it_goes_and_called_recovered(tmp_path: Path) -> None:
    text = filing(SAMPLE)
    reading = read(write(tmp_path, text[: text.index("개요</P>") + 2]))
    assert reading.status == "RECOVERED" and reading.repairs["document cut short"] == 1
    assert "R&D" in reading.document.body and not reading.left_out.get("unaccounted")


def test_dart_s_own_notation_is_no_repair(tmp_path: Path) -> None:
    reading = read(write(tmp_path, filing(section("1. 개요", "<P>가&cr;나&nbsp;다</P>"))))
    assert reading.status == "OK" and dict(reading.repairs) == {"&cr; as line break": 1, "blank entities": 1}


def test_broken_attribute_quotes_are_repaired_without_recovery(tmp_path: Path) -> None:
    reading = read(write(tmp_path, filing(SAMPLE).replace('ATOC="Y">II.', 'ATOC="Y" ENG=""Business">II.')))
    assert reading.status == "REPAIRED" and reading.repairs["attribute quotes mended"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("not xml", "this is no filing"),
        ("<a><b></a>", "this is no filing"),
        ("<html><head/></html>", "the document holds no text"),
        ("<!DOCTYPE HTML PUBLIC '-'><HTML></HTML>", "the document holds no text"),
        (
            "<result><status>014</status><message>파일이 존재하지 않습니다.</message></result>",
            "OpenDART's answer 014 (파일이 존재하지 않습니다.)",
        ),
        (
            '<!DOCTYPE D [<!ENTITY x SYSTEM "file:///etc/passwd">]><DOCUMENT>&x;</DOCUMENT>',
            "line 1: the document declares a DOCTYPE",
        ),
        ("<DOCUMENT><BODY><P> </P></BODY></DOCUMENT>", "the document holds no text"),
        ("<DOCUMENT>\n<BODY>\n<P>" + "<SPAN>" * 400 + "가" * 500, "line 3: the XML is malformed"),
        ("<DOCUMENT>" + "<P>?????? ????</P>" * 60, "the Korean text was lost"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    assert said in message(write(tmp_path, text))


def test_a_name_without_a_receipt_number_is_refused(tmp_path: Path) -> None:
    for name in ("report.xml", "99999999999999.xml", "2024031800012.xml"):
        assert "holds no receipt number" in message(write(tmp_path, filing(SAMPLE), name=name))


def test_missing_and_empty_folders(tmp_path: Path) -> None:
    assert "there is no such file or folder" in message(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    assert "holds no .xml" in message(tmp_path / "empty")


def test_in_a_folder_a_bad_file_fails_alone(tmp_path: Path) -> None:
    write(tmp_path, filing(SAMPLE))
    write(tmp_path, "<html></html>", name="20240318800123.xml")
    readings = list(READERS["dart_xml"](tmp_path, tmp_path, {}))
    assert [reading.status for reading in readings] == ["REPAIRED", "FAILED"]
    assert list(readings[1].repairs) == ["the document holds no text (no BODY)."]


def test_deep_sections_are_read_within_the_recursion_limit(tmp_path: Path) -> None:
    deep = "<SECTION-1><TITLE>가</TITLE>" * 100 + "<P>속</P>" + "</SECTION-1>" * 100
    assert "속" in read(write(tmp_path, filing(deep))).document.body
    assert "속" in read(write(tmp_path, filing("<SPAN>" * 200 + "속" + "</SPAN>" * 200))).document.body


def test_the_same_file_gives_the_same_reading(tmp_path: Path) -> None:
    path = write(tmp_path, filing(SAMPLE))
    assert read(path) == read(path)


WHOLE = filing(
    SAMPLE, section("1. 요약재무정보", caption("(단위: 백만원)"), table([["구분", "제 12 기"], ["매출액", "1"]]))
).encode()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), cuts=st.integers(1, 12), junk=st.binary(max_size=30))
def test_random_damage_raises_nothing_but_data_error_and_never_hangs(
    tmp_path: Path, seed: int, cuts: int, junk: bytes
) -> None:
    rng = random.Random(seed)
    data = bytearray(WHOLE)
    for _ in range(cuts):
        start = rng.randrange(len(data) + 1)
        stop = min(len(data), start + rng.choice((0, 1, 3, 40, 400)))
        data[start:stop] = rng.choice(
            (b"", junk, b"<", b"&", b"</TD>", b'COLSPAN="999999999"', bytes([rng.randrange(256)]))
        )
        data = data or bytearray(b"<")
    path = tmp_path / f"{RCEPT}.xml"
    path.write_bytes(bytes(data))
    start_time = time.process_time()
    try:
        read(path)
    except DataError as error:
        assert error.fix
    assert time.process_time() - start_time < 5


def _agrees(row: dict[str, str], fact: Fact) -> bool:
    """Whether a fact states the truth's figure, which may be in a finer money unit than the table printed it in."""
    truth, value = Decimal(row["value"].replace(",", "")), Decimal(fact.value.replace(",", ""))
    units = [{"사": "개", "개사": "개"}.get(unit, unit) for unit in (row["unit"], fact.unit)]
    if units[0] == units[1]:
        return truth == value
    if not all(unit in MONEY for unit in units):
        return False
    return abs(truth * MONEY[units[0]] - value * MONEY[units[1]]) < max(MONEY[unit] for unit in units)


def test_the_demo_filings_against_their_truth() -> None:
    """Every fact that bears a true item's name is right, and the figures that stand in tables are found."""
    folder = ROOT / "datasets" / "raw" / "demo"
    with (folder / "dart_truth.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if re.fullmatch(r"-?[\d,]+(\.\d+)?", row["value"])]
    facts: dict[tuple[str, int], list[Fact]] = {}
    for reading in dart_xml.read(folder / "dart", ROOT, {}):
        for section_ in reading.sections:
            for block in section_.blocks:
                for fact in block.facts:
                    facts.setdefault((str(reading.document.doc_id), fact.fiscal_year), []).append(fact)
    truth: dict[tuple[str, int, str], list[dict[str, str]]] = {}
    found = 0
    for row in rows:
        key = (row["rcept_no"], int(row["fiscal_year"]))
        truth.setdefault((*key, row["item"].replace(" ", "")), []).append(row)
        found += any(_agrees(row, fact) for fact in facts.get(key, []))
    matched = wrong = 0
    for (doc_id, year), listed in facts.items():
        for fact in listed:
            name = ("별도" if fact.basis == "별도" else "") + fact.item.replace(" ", "")
            same = truth.get((doc_id, year, name), [])
            matched += bool(same)
            wrong += bool(same) and not any(_agrees(row, fact) for row in same)
    assert matched > 2000 and wrong == 0
    assert found / len(rows) >= 0.96  # the rest stands in sentences, not in tables


@pytest.mark.skipif("MUNDAP_SAMPLES" not in os.environ, reason="MUNDAP_SAMPLES names the folder of real filings")
class TestRealFilings:
    def test_known_figures_of_a_real_report(self) -> None:
        folder = Path(os.environ["MUNDAP_SAMPLES"]) / "dart"
        reading = next(dart_xml.read(folder / "xml" / "20190401004781" / "20190401004781.xml", folder, {}))
        found = {fact.line for part in reading.sections for block in part.blocks for fact in block.facts}
        assert {
            "삼성전자 2018년 연결 매출액: 243,771,415백만원",
            "삼성전자 2017년 연결 자산총계: 301,752,090백만원",
            "삼성전자 2018년 별도 당기순이익: 32,815,127백만원",
            "삼성전자 2018년 주당 현금배당금 보통주: 1,416원",
        } <= {line.replace("수익(매출액)", "매출액") for line in found}
