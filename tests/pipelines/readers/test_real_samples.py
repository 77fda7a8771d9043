"""Every real document of the samples: its status, and that none of its characters is missing.

The folder is named by MUNDAP_SAMPLES; nothing of it is kept in the project.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.readers import dart_xml
from pipelines.readers.clean import LINE_BREAK, UNEXPLAINED, clean
from pipelines.readers.decode import decode
from pipelines.reading import Reading

SAMPLES = Path(os.environ.get("MUNDAP_SAMPLES", "")) / "dart"
FOLDERS = ("xml", "xml_cp949", "xml_transcribed", "zip", "html_krx", "html_viewer")
WRECK = "dart-20220802000211"  # its Hangul had become '?' before it was cached
EXCERPTS = 8  # parts of audit reports: no head, and no receipt number in the file's name
pytestmark = [
    pytest.mark.skipif("MUNDAP_SAMPLES" not in os.environ, reason="MUNDAP_SAMPLES names the folder of real filings"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    return [reading for name in FOLDERS for reading in dart_xml.read(SAMPLES / name, SAMPLES, {})]


def test_every_document_is_read_whole(readings: list[Reading]) -> None:
    failed = [reading for reading in readings if reading.status == "FAILED"]
    assert [reading.document.doc_id for reading in failed] == [WRECK]
    assert "the Korean text was lost" in failed[0].document.fields["reason"]
    read = [reading for reading in readings if reading.status != "FAILED"]
    assert {reading.status for reading in read} == {"OK", "REPAIRED"}
    assert Counter(reading.document.source.split("/")[0] for reading in readings) >= Counter(
        {"xml": 3, "xml_cp949": 32, "xml_transcribed": 1, "zip": 3, "html_krx": 1, "html_viewer": 1}
    )
    for reading in read:
        characters = reading.document.fields["characters"]
        assert characters["unaccounted"] == 0, (reading.document.doc_id, characters)
        assert characters["source"] == characters["output"] + sum(reading.left_out.values()), reading.document.doc_id


def test_annual_reports_give_many_facts(readings: list[Reading]) -> None:
    annual = [reading for reading in readings if reading.document.fields.get("report_code") == "11011"]
    assert len(annual) == 5  # one of them twice: as a file and inside its archive
    for reading in annual:
        facts = [fact for section in reading.sections for block in section.blocks for fact in block.facts]
        assert len(facts) > 2_000, reading.document.doc_id


def test_what_is_left_out_is_never_text_of_the_report(readings: list[Reading]) -> None:
    names = {name for reading in readings for name in reading.left_out}
    assert names <= {
        "TOC", "IMG", "PGBRK", "COMMENT", "FILENAME", "WARNING", "LIBRARYLIST", "SUMMARY", "EXTRACTION", "DOCUMENT-HEADER",
        "DOCUMENT-NAME", "COMPANY-NAME", "FORMULA-VERSION", "repeated headings", "repeated titles", "headings of joined tables",
        "repeated pages", "style", "script", "title", "hidden",
    }  # fmt: skip


def test_the_viewer_s_pages_are_one_report(readings: list[Reading]) -> None:
    viewer = next(reading for reading in readings if reading.document.source.startswith("html_viewer"))
    document = viewer.document
    assert (document.doc_id, document.title) == ("20230309000835", "삼성바이오로직스 2022 사업보고서")
    assert (document.fields["report_code"], document.fields["period_to"]) == ("11011", "20221231")
    outline = list(dict.fromkeys(section.path[0] for section in viewer.sections))
    assert len(outline) == 15 and outline[2] == "I. 회사의 개요" and outline[-1] == "【 전문가의 확인 】"
    assert "| 자산총계 | 16,582,050,258,486 | 7,970,010,786,863 | 6,424,201,164,962 |" in document.body


def test_excerpts_without_a_head_are_read_under_a_receipt_number_and_refused_without(tmp_path: Path) -> None:
    files = sorted((SAMPLES / "xml_excerpts").glob("*.xml"))
    assert len(files) == EXCERPTS
    for reading in dart_xml.read(SAMPLES / "xml_excerpts", SAMPLES, {}):
        assert reading.status == "FAILED" and "holds no receipt number" in reading.document.fields["reason"]
    for file in files:
        found = re.search(r"rcept_no=(\d{14})", file.read_text(encoding="utf-8"))
        shutil.copyfile(file, tmp_path / f"{found[1] if found else '20250401000001'}.xml")
    for reading in dart_xml.read(tmp_path, tmp_path, {}):
        assert reading.status == "REPAIRED" and reading.repairs["head missing: form or company unknown"] == 1
        assert reading.document.fields["characters"]["unaccounted"] == 0 and reading.document.body
        assert not any(block.facts for section in reading.sections for block in section.blocks)


def _texts() -> Iterator[str]:
    for name in ("xml", "xml_cp949", "xml_excerpts", "xml_transcribed"):
        for file in sorted((SAMPLES / name).rglob("*.x*ml")):
            yield decode(file.read_bytes())[0]


def test_cleaning_changes_nothing_but_what_its_counts_say() -> None:
    """Character by character: what the repairs say was taken out or put in is the whole difference."""
    checked = 0
    for text in _texts():
        cleaned, repairs = clean(text)
        assert UNEXPLAINED not in repairs
        before, after = Counter(text), Counter(cleaned)
        for body in re.findall(r"^\s*<\?xml.*?\?>|<!--.*?-->", text, re.DOTALL):
            before -= Counter(body)
        count = repairs.get("&cr; as line break", 0)
        before -= Counter({"&": count, "c": count, "r": count, ";": count})
        before[LINE_BREAK] += count
        for entity in re.findall(r"&(?:nbsp|ensp|emsp|thinsp);", text):
            before = before - Counter(entity) + Counter("&#160;")
        before += Counter({letter: repairs.get("bare & escaped", 0) for letter in "amp;"})
        before["<"] -= (count := repairs.get("unknown < escaped", 0))
        before += Counter({letter: count for letter in "&lt;"})
        for blank in " \t\r\n":  # the layout before the first element
            before[blank] = after[blank] = 0
        assert +before == +after
        checked += 1
    assert checked == 3 + 32 + EXCERPTS + 1
