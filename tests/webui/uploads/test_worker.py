"""What a file becomes, and what keeps it out: the worker's reading, called here without its process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mundap.chunk import Chunk, read_part
from mundap.errors import DataError
from tests.webui.uploads import made_files
from webui.uploads import reading, worker
from webui.uploads.refusal import Refused
from webui.uploads.worker import CHUNKS, read, refusal


def taken(folder: Path, name: str, data: bytes | str) -> tuple[dict[str, Any], list[Chunk]]:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    job = {"id": "f1", "path": str(path), "name": name, "title": path.stem, "kind": path.suffix, "max_tokens": 450,
           "tokenizer": str(folder / "none")}
    made = read(job, folder)
    return made, [chunk for chunk in read_part(folder / CHUNKS) if chunk.level == "child"]


def refused(folder: Path, name: str, data: bytes | str) -> str:
    try:
        taken(folder, name, data)
    except Refused as error:
        return error.reason
    except DataError as error:
        return str(refusal(error)["refused"])
    return ""


def test_a_text_is_cut_by_its_headings_and_is_no_policy(tmp_path: Path) -> None:
    made, [first, second] = taken(tmp_path, "규정.md", "# 출장비\n하루 50,000원입니다.\n## 숙박\n서울은 120,000원입니다.\n")
    assert made["chunks"] == 2 and made["documents"] == 1
    assert first.citation == "규정, 출장비" and second.breadcrumbs == "규정 > 출장비 > 숙박"
    assert first.doc_id == "f1-00000" and first.date == 0
    assert "product" not in first.metadata and "policy_type" not in first.metadata


def test_the_lines_of_a_list_stay_apart(tmp_path: Path) -> None:
    _, [chunk] = taken(tmp_path, "안내.txt", made_files.GUIDE)
    assert chunk.text.splitlines() == [line for line in made_files.GUIDE.splitlines() if line]

    def draw(canvas: Any, number: int) -> None:
        for at, line in enumerate(("서울 지점에서 일하는 정규직 직원의 수: 1,200명",
                                   "부산 지점에서 일하는 정규직 직원의 수: 3,400명",
                                   "숙박비는 지역마다 따로 정한 한도 안에서 쓰며 한도를", "넘는 돈은 스스로 냅니다.")):
            canvas.drawString(72, 600 - 20 * at, line)

    _, [chunk] = taken(tmp_path, "b.pdf", made_files.pdf(1, draw))
    assert chunk.text.splitlines()[1:] == [
        "서울 지점에서 일하는 정규직 직원의 수: 1,200명", "부산 지점에서 일하는 정규직 직원의 수: 3,400명",
        "숙박비는 지역마다 따로 정한 한도 안에서 쓰며 한도를 넘는 돈은 스스로 냅니다."]


def test_policy_terms_are_cut_by_article(tmp_path: Path) -> None:
    text = "제1조(목적)\n① 이 약관은 보험금을 정한다.\n제2조(지급)\n① 회사는 1,000만원을 지급한다.\n"
    _, chunks = taken(tmp_path, "약관.txt", text)
    assert [chunk.metadata["article"] for chunk in chunks] == ["1", "2"] and "제2조" in chunks[1].citation


def test_a_pdf_is_cited_by_its_pages_and_its_script_is_nothing(tmp_path: Path) -> None:
    _, chunks = taken(tmp_path, "한도.pdf", made_files.pdf(2))
    assert [chunk.citation for chunk in chunks] == ["한도, 1쪽", "한도, 2쪽"]
    assert chunks[1].text == "2번째 쪽의 출장비 한도: 2,500원"
    _, many = taken(tmp_path, "양식.pdf", made_files.pdf(12))
    assert [chunk.text for chunk in many] == [f"{at}번째 쪽의 출장비 한도: {at},500원" for at in range(1, 13)], (
        "a form whose pages differ in their figures alone has no running head")
    _, [chunk] = taken(tmp_path, "script.pdf", made_files.pdf_with_script())
    assert chunk.text == "1번째 쪽의 출장비 한도: 1,500원"
    assert "url" not in chunk.metadata and "hacked" not in str(chunk)


def test_a_table_becomes_lines_that_stand_alone(tmp_path: Path) -> None:
    _, [chunk] = taken(tmp_path, "인구.csv", made_files.TABLE)
    assert chunk.text.splitlines() == ["지역: 서울, 인구(천명): 9,411, 비고: 수도입니다. 큽니다.", "지역: 부산, 인구(천명): 3,300"]
    assert chunk.citation == "인구, 2~3행"


def test_rows_that_do_not_fit_are_counted(tmp_path: Path) -> None:
    made, _ = taken(tmp_path, "인구.csv", made_files.TABLE + "대구,1,2,3,4\n")
    assert made["left_out"] == 1


def test_questions_and_answers_are_pairs(tmp_path: Path) -> None:
    made, [chunk] = taken(tmp_path, "문답.csv", "질문,답변\n휴가는 며칠인가요?,연 18일입니다.\n비었나요?,\n")
    assert chunk.text == "휴가는 며칠인가요?\n연 18일입니다." and made["left_out"] == 1


def test_a_filing_is_read_by_its_receipt_number_only(tmp_path: Path) -> None:
    filing = "<DOCUMENT><DOCUMENT-NAME ACODE='11011'>사업보고서</DOCUMENT-NAME><BODY><P>본문입니다.</P></BODY></DOCUMENT>"
    assert refused(tmp_path, "보고서.xml", filing) == "no_receipt"
    assert refused(tmp_path, "20240318000123.xml", "<html><body></body></html>") in ("no_filing", "no_text", "unreadable")
    _, chunks = taken(tmp_path, "20240318000124.xml", filing)
    assert [chunk.doc_id for chunk in chunks] == ["f1-00000"] and chunks[0].date == 20240318


@pytest.mark.parametrize(("name", "data", "reason"), [
    ("a.txt", b" \n\t", "empty"),
    ("a.txt", b"\x00\x01\x02\x03", "content"),
    ("a.txt", made_files.zipped("a"), "content"),
    ("a.md", b"%PDF-1.4\n", "content"),
    ("a.csv", b"MZ\x90\x00", "content"),
    ("a.pdf", b"<html>no pdf</html>", "content"),
    ("a.xml", b"plain text", "content"),
    ("a.xlsx", b"a,b\n1,2\n", "content"),
    ("a.xlsx", made_files.zipped("word/document.xml"), "content"),
    ("a.xlsx", made_files.zipped("xl/workbook.xml"), "damaged"),
    ("a.pdf", b"%PDF-1.4\ncut off", "damaged"),
    ("a.md", b"---\ntitle: [\n---\nx", "unreadable"),
    ("a.csv", "질문,답변\n".encode(), "no_text"),
    ("20240318000123.xml", made_files.BILLION.encode(), "entities"),
    ("20240318000123.xml", made_files.OUTSIDE.encode(), "entities"),
    ("20240318000123.xml", "<note>안녕</note>".encode(), "no_filing"),
])
def test_what_is_not_read_is_refused_with_a_reason(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    assert refused(tmp_path, name, data) == reason


def test_pdfs_that_hold_no_text_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(tmp_path, "a.pdf", made_files.encrypted_pdf()) == "encrypted"
    assert refused(tmp_path, "b.pdf", made_files.many_pages(3)) == "scanned"
    assert refused(tmp_path, "c.pdf", made_files.many_pages(reading.MAX_PAGES + 1)) == "pages"


def test_a_workbook_that_unpacks_to_far_too_much_is_not_opened(tmp_path: Path) -> None:
    data = made_files.workbook_bomb(64)
    assert len(data) < 2**20 and refused(tmp_path, "bomb.xlsx", data) == "bomb"


def test_more_rows_or_chunks_than_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS", 100)
    monkeypatch.setattr(worker, "MAX_CHUNKS", 10)
    assert refused(tmp_path, "a.csv", "이름,값\n" + "가,1\n" * 200) == "rows"
    assert refused(tmp_path, "a.txt", ("가나다라마바사 아자차카타파하. " * 40 + "\n") * 40) == "chunks"
