"""A document goes to disk and comes back; a broken file says how to make it anew."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mundap.document import Document, read_document, render, write_document
from mundap.errors import DataError

DOCUMENT = Document(doc_id="20240318000123", title="가온누리전자: 2023 사업보고서", source="datasets/raw/a.xml",
                    publisher="가온누리전자", date=20240318, doc_type="사업보고서",
                    body="# III. 재무\n\n---\n매출액은 1,234백만원이다.", fields={"fiscal_year": 2023, "corp_code": "00126380"})


def test_a_document_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "문서" / "a.md"
    write_document(DOCUMENT, path)
    assert read_document(path) == DOCUMENT, "ids and codes stay text, a rule in the body ends nothing"
    assert [found.name for found in path.parent.iterdir()] == ["a.md"], "no temporary file is left"


def test_the_file_is_nfc_readable_and_ends_in_one_newline() -> None:
    text = render(replace(DOCUMENT, title=unicodedata.normalize("NFD", "가온누리전자"), body="\n글\n\n"))
    assert text == unicodedata.normalize("NFC", text)
    assert text.startswith("---\ndoc_id: '20240318000123'\ntitle: 가온누리전자\n") and text.endswith("---\n글\n")


def test_a_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    write_document(DOCUMENT, path)
    with pytest.raises(UnicodeEncodeError):
        write_document(replace(DOCUMENT, body="\ud800"), path)
    assert read_document(path) == DOCUMENT


@pytest.mark.parametrize(("text", "what"), [
    ("# 제목\n글\n", "the file has no YAML front matter between '---' lines."),
    ("---\ndoc_id: a\n", "the file has no YAML front matter between '---' lines."),
    ("---\ndoc_id: a\ntitle: b\n---\n글\n", "front matter lacks source, publisher, date, doc_type."),
    ("---\n---\n글\n", "front matter lacks doc_id, title, source, publisher, date, doc_type."),
])
def test_a_broken_document_says_what_where_and_how(write: Callable[[str, str], Path], text: str, what: str) -> None:
    path = write("a.md", text)
    with pytest.raises(DataError) as caught:
        read_document(path)
    assert str(caught.value) == f"{path}: {what}\n  Build the documents again with: mundap data <recipe>"
