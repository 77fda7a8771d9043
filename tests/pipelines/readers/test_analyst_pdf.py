"""Analyst reports read back: every sentence whole, every figure with its year and whose it is, and what is left out counted."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import DataError
from pipelines.chunks import chunk_reading
from pipelines.reading import Reading
from pipelines.samples.analyst_reports import reports, table_rows

sys.path.insert(0, str(Path(__file__).parents[1] / "terms"))
from hangul_pdf import pdf

pytest.importorskip("pypdfium2", reason='needs pip install "mundap[pdf]"')

from pipelines.readers.analyst_pdf import read
from pipelines.readers.pdf_text import page_texts

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "datasets" / "raw" / "dart" / "analyst"
WORDS = {report["file"]: report for report in reports()}
SAMPLES = pytest.mark.parametrize("name", sorted(WORDS))


def reading_of(name: str) -> Reading:
    return next(iter(read(FOLDER / name, ROOT, {})))


def texts_of(reading: Reading) -> list[str]:
    return [block.text for section in reading.sections for block in section.blocks]


def made(tmp_path: Path, *pages: Sequence[str], **options: Any) -> Reading:
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf(pages))
    return next(iter(read(path, tmp_path, options)))


@SAMPLES
def test_head(name: str) -> None:
    document, words = reading_of(name).document, WORDS[name]
    assert (document.publisher, document.date) == (words["broker"], int(str(words["date"]).replace("-", "")))
    assert document.title == f"{words['company']['name']} 리포트: {words['title']}"
    assert document.fields == {"company": words["company"]["name"], "stock_code": words["code"], "broker": words["broker"],
                               "rating": words["rating"], "target_price": f"{words['target']:,}원"}


@SAMPLES
def test_every_paragraph_is_whole_under_its_heading_and_cited_by_its_page(name: str) -> None:
    sections = {section.path[-1]: section for section in reading_of(name).sections}
    words = WORDS[name]
    for number, page in enumerate(words["pages"], start=1):
        for wanted in page["sections"]:
            section = sections[wanted["heading"]]
            assert [block.text for block in section.blocks] == wanted["text"], wanted["heading"]
            assert section.cite == f"{words['broker']} 리포트, {words['date']}, {words['company']['name']}, {number}쪽"
    assert {section.extra["part"] for section in sections.values()} == {
        "summary", "results", "valuation", "risk", "guidance", "forecast"}


@SAMPLES
def test_forecasts_are_never_facts_of_a_year(name: str) -> None:
    reading, words = reading_of(name), WORDS[name]
    assert not any(block.facts for section in reading.sections for block in section.blocks)
    assert not any(re.search(r"20\d\d[AE]", text) for text in texts_of(reading))
    head, *rows = table_rows(words)
    lines = {line for section in reading.sections for block in section.blocks for line in block.text.splitlines()}
    units = {"매출액": "억원", "영업이익": "억원", "당기순이익": "억원"}
    company, told = words["company"]["name"], 0
    for item, *cells in rows:
        item, _, unit = item.partition("(")
        for column, cell in zip(head[1:], cells, strict=True):
            what = f"전망({words['broker']} 추정)" if column.endswith("E") else "실적"
            line = f"{company} {column[:4]}년 {item} {what}: {cell}{unit.rstrip(')') or units[item]}"
            assert (line in lines) is (cell != "-"), line
            told += cell != "-"
    assert told > 35
    for section in reading.sections:
        if section.path[-1] in ("실적", "전망"):
            assert section.extra["part"] == ("forecast" if section.path[-1] == "전망" else "results")


@SAMPLES
def test_what_is_left_out_is_counted_and_nothing_else_is_lost(name: str) -> None:
    reading = reading_of(name)
    assert set(reading.left_out) == {"running headers and footers", "title lines", "contact lines", "source notes of tables",
                                     "notices and disclaimer", "empty cells"}
    text = "\n".join(texts_of(reading))
    for unwanted in ("Compliance", "@example.com", "02-0000", "1 / 4", "시험용", "리서치센터", "Analyst", "매도(Sell)"):
        assert unwanted not in text
    body = "\n".join(page_texts(FOLDER / name)[:3])
    figures = set(re.findall(r"\d[\d,]*\.?\d*(?=[억원%배])", body))
    assert len(figures) >= 29 and [figure for figure in figures if figure not in text] == []


@SAMPLES
def test_chunks_carry_part_page_and_citation(name: str) -> None:
    found = chunk_reading(reading_of(name), limit=450, count=len)
    children = [chunk for chunk in found.chunks if chunk.level == "child"]
    assert found.facts == [] and found.notes == {} and len(children) >= 10
    for chunk in children:
        assert chunk.citation.endswith(f", {chunk.metadata['page']}쪽")
        assert chunk.metadata["part"] and chunk.metadata["broker"] == WORDS[name]["broker"]


FIRST = ("가람솔테크 (990002) 기업분석", "2025년 3월 7일 달무리증권")


def test_without_letter_sizes_usual_words_and_bullets_are_headings(tmp_path: Path) -> None:
    reading = made(tmp_path, [*FIRST, "투자의견", "우리는 이 회사를 좋게 보며 매수 의견을 유지한다.", "■ 공장 증설의 뜻",
                              "공장이 넓어지면 매출이 늘 것으로 본", "다. 다만 시간이 걸린다.", "리스크",
                              "환율이 내리면 이익이 준다."])
    assert [(section.path, section.extra["part"]) for section in reading.sections] == [
        (("투자의견",), "summary"), (("공장 증설의 뜻",), "other"), (("리스크",), "risk")]
    assert texts_of(reading)[1] == "공장이 넓어지면 매출이 늘 것으로 본다. 다만 시간이 걸린다."
    assert reading.sections[0].cite == "달무리증권 리포트, 2025-03-07, 가람솔테크, 1쪽"


@pytest.mark.parametrize(("lines", "company", "code", "date"), [
    (["가람솔테크(990002/KQ)", "달무리증권 2025. 3. 7"], "가람솔테크", "990002", 20250307),
    (["가람솔테크 [9900B0]", "25.03.07 달무리증권 리서치센터"], "가람솔테크", "9900B0", 20250307),
    (["달무리증권 | 2025/03/07", "(주)가람솔 테크 A990002 매수"], "(주)가람솔 테크", "990002", 20250307),
    (["2025-03-07 달무리증권", "산업 전반을 본다"], "", "", 20250307),
])
def test_company_code_and_date_as_brokers_write_them(tmp_path: Path, lines: list[str], company: str, code: str, date: int
                                                     ) -> None:
    document = made(tmp_path, [*lines, "리스크", "환율이 내리면 이익이 준다."]).document
    assert (document.fields.get("company", ""), document.fields.get("stock_code", "")) == (company, code)
    assert (document.publisher, document.date) == ("달무리증권", date)


def test_a_section_goes_on_over_pages_and_each_page_is_cited(tmp_path: Path) -> None:
    reading = made(tmp_path, [*FIRST, "리스크", "환율이 내리면 이익이 줄어들 수 있으며 그 크기는 매출의"],
                   ["절반에 이른다.", "원재료 값도 오를 수 있다."])
    assert [(section.path, section.extra["page"], [block.text for block in section.blocks]) for section in reading.sections] == [
        (("리스크",), 1, ["환율이 내리면 이익이 줄어들 수 있으며 그 크기는 매출의 절반에 이른다."]),
        (("리스크",), 2, ["원재료 값도 오를 수 있다."])]


def test_quarters_years_without_a_letter_and_rows_of_another_width(tmp_path: Path) -> None:
    reading = made(tmp_path, [*FIRST, "실적", "(단위: 십억원)", "구분 4Q24P 1Q25E", "매출액 12.5 13.0", "영업이익률 8.1 8.4",
                              "구분 2024 2025F", "순이익 -3 흑전", "합계 4 5 6"])
    lines = [line for text in texts_of(reading) for line in text.splitlines()]
    assert lines == [
        "합계 4 5 6",
        "가람솔테크 2024년 4분기 매출액 잠정 실적: 12.5십억원", "가람솔테크 2024년 4분기 영업이익률 잠정 실적: 8.1%",
        "가람솔테크 2025년 1분기 매출액 전망(달무리증권 추정): 13.0십억원",
        "가람솔테크 2025년 1분기 영업이익률 전망(달무리증권 추정): 8.4%",
        "가람솔테크 2024년 순이익 실적: -3십억원", "가람솔테크 2025년 순이익 전망(달무리증권 추정): 흑전"]


def test_tables_side_by_side_losses_in_brackets_and_a_unit_in_the_head(tmp_path: Path) -> None:
    reading = made(tmp_path, [*FIRST, "추정 재무제표", "(십억원, 배) 2024A 2025F (십억원) 2024A 2025F",
                              "매출액 12.5 13.0 유동자산 4.1 5.0", "순이익 (3) △1.5 자본총계 7.0 6.1",
                              "PER n/a 8.1 ROE -4.0 -2.2", "0 50 100 150", "2023 2024 2025"])
    lines = [line for text in texts_of(reading) for line in text.splitlines()]
    assert lines[:4] == [f"가람솔테크 2024년 {item} 실적: {value}" for item, value in (
        ("매출액", "12.5십억원"), ("유동자산", "4.1십억원"), ("순이익", "-3십억원"), ("자본총계", "7.0십억원"))]
    assert lines[-1] == "가람솔테크 2025년 ROE 전망(달무리증권 추정): -2.2%" and len(lines) == 11
    assert "가람솔테크 2025년 순이익 전망(달무리증권 추정): -1.5십억원" in lines
    assert reading.left_out["empty cells"] == 1 and reading.left_out["numbers without words"] == 9


def test_a_bold_line_is_a_heading_but_for_a_row_of_figures(tmp_path: Path) -> None:
    canvas_of = pytest.importorskip("reportlab.pdfgen.canvas", reason="reportlab is a development dependency").Canvas
    path = tmp_path / "bold.pdf"
    canvas = canvas_of(str(path))
    lines = [("Helvetica", "Target and Valuation in brief are not told here."), ("Helvetica-Bold", "Valuation by EV/EBITDA"),
             ("Helvetica", "We apply 9.0x to the EBITDA of 2025."), ("Helvetica-Bold", "Sales 12.5 13.0 14.1"),
             ("Helvetica", "Margins rise with volume."), ("Helvetica-Bold", "Risks to our view"),
             ("Helvetica", "The currency may fall.")]
    for at, (font, text) in enumerate(lines):
        canvas.setFont(font, 10)
        canvas.drawString(50, 700 - 15 * at, text)
    canvas.save()
    reading = next(iter(read(path, tmp_path, {"publisher": "달무리증권", "date": 20250307, "title": "Brief"})))
    assert [(section.path, section.extra["part"]) for section in reading.sections] == [
        (("첫머리",), "other"), (("Valuation by EV/EBITDA",), "valuation"), (("Risks to our view",), "risk")]
    assert "Sales 12.5 13.0 14.1" in texts_of(reading)[1]


def test_a_scan_is_refused_and_ocr_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="they are images") as caught:
        made(tmp_path, [], [])
    assert "ocrmypdf" in caught.value.fix


def test_who_and_when_come_from_the_file_or_the_source_or_are_asked_for(tmp_path: Path) -> None:
    page = ["리스크", "환율이 내리면 이익이 준다."]
    with pytest.raises(DataError) as caught:
        made(tmp_path, page)
    assert str(caught.value) == (
        "report.pdf: the report does not tell its broker (publisher:) and its date (date:).\n  Give it in the source's entry "
        "of data.yaml, for example: publisher: 새벽별증권, date: 20250411")
    reading = made(tmp_path, page, publisher="달무리증권", date=20250307, title="환율")
    assert reading.sections[0].cite == "달무리증권 리포트, 2025-03-07, 1쪽" and reading.document.title == "리포트: 환율"


def test_a_folder_without_reports_and_a_report_of_notices(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no .pdf file"):
        list(read(tmp_path, tmp_path, {}))
    with pytest.raises(DataError, match="no text but headers and notices"):
        made(tmp_path, [*FIRST, "Compliance Notice", "이 자료는 참고용입니다."])
