"""PDF pages' text, and the clear refusals: scans, encryption, damage, too many pages or bytes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mundap.errors import DataError, MissingExtra

sys.path.insert(0, str(Path(__file__).parents[1] / "terms"))
from hangul_pdf import pdf

from pipelines.readers.pdf_text import page_texts

LINES = ["제1조(목적) 이 계약은 위험을 보장합니다.", "① 보험금 1,000만원을 지급합니다."]


def test_without_the_package_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(MissingExtra, match=r"mundap\[pdf\]"):
        page_texts(tmp_path / "a.pdf")


class TestWithPdfium:
    """What needs pypdfium2 itself."""

    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        pytest.importorskip("pypdfium2", reason='needs pip install "mundap[pdf]"')

    def test_hangul_lines_and_blanks_are_kept(self, tmp_path: Path) -> None:
        path = tmp_path / "약관.pdf"
        path.write_bytes(pdf([LINES, ["둘째 쪽의 글도 그대로 읽습니다."]]))
        assert [page.split("\n") for page in page_texts(path)] == [LINES, ["둘째 쪽의 글도 그대로 읽습니다."]]

    def test_a_scan_is_refused_and_ocr_named(self, tmp_path: Path) -> None:
        path = tmp_path / "scan.pdf"
        path.write_bytes(pdf([[], [], []]))
        with pytest.raises(DataError) as caught:
            page_texts(path, "scan.pdf")
        assert str(caught.value) == (
            "scan.pdf: none of the 3 pages has a text layer: they are images (a scan).\n  Make a PDF with a text layer of it "
            "with an OCR tool first, for example: ocrmypdf --language kor in.pdf out.pdf")

    def test_mostly_a_scan_is_refused_too(self, tmp_path: Path) -> None:
        path = tmp_path / "scan.pdf"
        path.write_bytes(pdf([LINES, ["- 2 -"], ["- 3 -"]]))
        with pytest.raises(DataError, match="2 of the 3 pages have no text layer"):
            page_texts(path)

    def test_an_encrypted_file(self, tmp_path: Path) -> None:
        path = tmp_path / "locked.pdf"
        path.write_bytes(pdf([LINES], encrypted=True))
        with pytest.raises(DataError, match="encrypted.*\n.*qpdf --decrypt"):
            page_texts(path)

    @pytest.mark.parametrize(("data", "what"), [
        (b"", "0 bytes"), (b"<html>404</html>", "no PDF"), (b"%PDF-1.7\nnothing of a PDF follows", "damaged"),
    ])
    def test_files_that_are_no_pdf(self, tmp_path: Path, data: bytes, what: str) -> None:
        path = tmp_path / "bad.pdf"
        path.write_bytes(data)
        with pytest.raises(DataError, match=what):
            page_texts(path)

    def test_a_cut_file_gives_its_text_or_says_damaged(self, tmp_path: Path) -> None:
        whole = pdf([LINES] * 3)
        path = tmp_path / "cut.pdf"
        for share in (0.3, 0.6, 0.9):
            path.write_bytes(whole[: int(len(whole) * share)])
            try:
                assert LINES[0] in page_texts(path)[0]
            except DataError as error:
                assert error.fix

    def test_limits(self, tmp_path: Path) -> None:
        path = tmp_path / "long.pdf"
        path.write_bytes(pdf([LINES] * 4))
        with pytest.raises(DataError, match="has 4 pages; at most 3"):
            page_texts(path, max_pages=3)
        with pytest.raises(DataError, match="MB; at most"):
            page_texts(path, max_bytes=100)

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="cannot be read"):
            page_texts(tmp_path / "none.pdf")

    @pytest.mark.slow
    def test_the_standard_terms_keep_every_character_and_their_blanks(self) -> None:
        """표준약관, 416 pages: as many non-blank characters as the stored text has, and four times its blanks."""
        root = os.environ.get("MUNDAP_SAMPLES")
        if not root:
            pytest.skip("MUNDAP_SAMPLES names no folder of samples")
        path = next((Path(root) / "insurance" / "terms").glob("*.pdf"))
        pages = page_texts(path)
        text, stored = "\n".join(pages), path.with_suffix(".txt").read_text(encoding="utf-8")
        assert len(pages) == 416
        assert len("".join(text.split())) == len("".join(stored.split())) == 289_155
        assert text.count(" ") > 73_000 > 3 * stored.count(" ")
