"""Terms and statutes as Readings: front matter, citations, links, bad files, the project's own samples, the real ones."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from mundap.errors import DataError
from pipelines.readers import FILE_SUFFIXES, READERS
from pipelines.readers.pdf_text import page_texts
from pipelines.readers.terms import product_of, read
from pipelines.reading import Reading
from pipelines.terms.source_lines import inked

sys.path.insert(0, str(Path(__file__).parents[1] / "terms"))
from hangul_pdf import pdf

ROOT = Path(__file__).resolve().parents[3]
OWN = ROOT / "datasets" / "raw" / "insurance"
TEXT = ("가온 상해보험 보통약관\n제1조(목적) 이 약관은 위험을 보장합니다.\n제2조(지급) ① 다음의 경우에 지급합니다.\n"
        "1. 제1조에 따른 사망\n골절 특별약관\n제1조(준용) 보통약관 제2조 제1항을 따릅니다.\n")


FIGURE = re.compile(r"\d[\d,.]*")


def samples(*parts: str) -> Path:
    root = os.environ.get("MUNDAP_SAMPLES")
    if not root:
        pytest.skip("MUNDAP_SAMPLES names no folder of samples")
    return Path(root).joinpath(*parts)


def one(path: Path, **options: object) -> Reading:
    (reading,) = read(path, path.parent, options)
    return reading


def test_it_is_registered() -> None:
    assert READERS["terms"] is read
    assert FILE_SUFFIXES["terms"] == (".pdf", ".txt", ".md")


def test_sections_blocks_and_links(tmp_path: Path) -> None:
    path = tmp_path / "가온 약관.txt"
    path.write_text(TEXT, encoding="utf-8")
    reading = one(path, title="가온 상해보험 약관", publisher="가온손해보험", date=20250101)
    document = reading.document
    assert (document.doc_id, document.title, document.publisher, document.date, document.doc_type, document.source) == (
        "가온_약관", "가온 상해보험 약관", "가온손해보험", 20250101, "약관", "가온 약관.txt")
    assert [(section.path, section.cite) for section in reading.sections] == [
        (("가온 상해보험 보통약관", "제1조(목적)"), "가온 상해보험 보통약관 제1조"),
        (("가온 상해보험 보통약관", "제2조(지급)"), "가온 상해보험 보통약관 제2조"),
        (("골절 특별약관", "제1조(준용)"), "골절 특별약관 제1조")]
    second, rider = reading.sections[1], reading.sections[2]
    assert [(block.cite, block.lead) for block in second.blocks] == [
        ("제1항", ""), ("제1항 제1호", "① 다음의 경우에 지급합니다.")]
    assert second.blocks[1].links == ("가온 상해보험 보통약관 > 제1조(목적)",)
    assert rider.blocks[0].links == ("가온 상해보험 보통약관 > 제2조(지급) 제1항",)
    assert dict(rider.extra) == {"policy_type": "특별약관", "product": "가온 상해보험", "part": "조", "article": "1"}
    assert "제2조(지급)" in document.body and "1. 제1조에 따른 사망" in document.body


@pytest.mark.parametrize(("title", "product"), [
    ("무배당 한빛든든 운전자보험 약관", "한빛든든 운전자보험"), ("생명보험 표준약관", "생명보험"),
    ("(무배당) 가온보험 보통약관", "가온보험"),
    ("약관", "약관"),
])
def test_a_product_is_called_as_its_customers_call_it(title: str, product: str) -> None:
    assert product_of(title) == product


def test_a_statutes_front_matter(tmp_path: Path) -> None:
    path = tmp_path / "가온법.md"
    path.write_text("---\n제목: 가온법\n법령ID: '001'\n소관부처:\n- 법무부\n공포번호: '21454'\n"
                    "시행일자: 2026-03-17\n상태: 시행\n---\n\n# 가온법\n\n"
                    "##### 제1조 (목적)\n\n목적이다.\n\n## 부칙\n\n부칙 <제1호,2020.1.1>\n\n"
                    "제1조(시행일) 시행한다.\n", encoding="utf-8")
    reading = one(path)
    assert (reading.document.title, reading.document.date, reading.document.publisher, reading.document.doc_type) == (
        "가온법", 20260317, "법무부", "법령")
    assert dict(reading.document.fields) == {"law_id": "001", "promulgation_no": "21454", "enforcement_date": "2026-03-17",
                                             "law_status": "시행"}
    assert [(section.path, section.cite, section.extra["part"]) for section in reading.sections] == [
        (("제1조(목적)",), "가온법 제1조", "조"),
        (("부칙 <제1호,2020.1.1>", "제1조(시행일)"), "가온법 부칙 <제1호,2020.1.1> 제1조", "부칙")]


def test_cp949_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT.encode("cp949"))
    assert len(one(path).sections) == 3


def test_a_pdf_is_read(tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2", reason='needs pip install "mundap[pdf]"')
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf([TEXT.splitlines()[:3], TEXT.splitlines()[3:]]))
    reading = one(path)
    assert [section.cite for section in reading.sections] == [
        "가온 상해보험 보통약관 제1조", "가온 상해보험 보통약관 제2조", "골절 특별약관 제1조"]
    assert [section.extra["page"] for section in reading.sections] == [1, 1, 2]


@pytest.mark.parametrize(("name", "data", "what"), [
    ("a.txt", b"", "file is empty"), ("a.txt", b" \n\n", "file is empty"), ("a.txt", b"- 1 -\n- 2 -\n", "holds no text"),
    ("a.md", b"---\ntitle: [\n---\n", "front matter is not valid YAML"),
    ("a.md", "---\ndate: 곧\n---\n제1조".encode(), "holds no|date"),
    ("a.md", "---\ndate: 2025-1\n---\n제1조(가) 나".encode(), "is not a date"),
])
def test_bad_files(tmp_path: Path, name: str, data: bytes, what: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    if b"\xea\xb3\xa7" in data:   # a date without digits is no date at all, which is allowed
        assert one(path).document.date == 0
        return
    with pytest.raises(DataError, match=what) as caught:
        one(path)
    assert caught.value.fix and name in str(caught.value)


def test_a_folder_without_terms_and_a_missing_path(tmp_path: Path) -> None:
    for path, what in ((tmp_path, "holds no .pdf, .txt, .md"), (tmp_path / "none", "no such file")):
        with pytest.raises(DataError, match=what):
            list(read(path, tmp_path, {}))


@pytest.mark.parametrize("path", sorted(OWN.rglob("*.md")), ids=lambda path: path.stem)
def test_our_own_terms_lose_nothing_and_number_without_gaps(path: Path) -> None:
    reading = one(path)
    numbers: dict[str, list[str]] = {}
    for section in reading.sections:
        if section.extra["part"] == "조":
            numbers.setdefault(section.path[0], []).append(str(section.extra["article"]))
    assert numbers
    for found in numbers.values():
        whole = [int(number) for number in found if "의" not in number]
        assert whole == list(range(1, len(whole) + 1))
    text = path.read_text(encoding="utf-8").split("---\n", 2)[2]
    titles = [line for line in reading.document.body.splitlines() if line.startswith("# ")]
    again = sum(inked(line) for line in titles) - sum(inked(line) for line in set(titles))   # the main contract's annexes
    kept = inked(reading.document.body) - again
    assert kept - reading.document.body.count("#") + sum(line.count("#") for line in titles) - len(set(titles)) == \
        inked(text) - text.count("#")


def test_our_own_terms_are_two_products_of_about_forty_articles() -> None:
    for path in sorted((OWN / "terms").glob("*.md")):
        reading = one(path)
        kinds = {str(section.extra["policy_type"]) for section in reading.sections}
        articles = [section for section in reading.sections if section.extra["part"] == "조"]
        assert kinds == {"보통약관", "특별약관"}
        assert 38 <= len(articles) <= 48
        assert all(not link.startswith("제") for section in articles for block in section.blocks for link in block.links)


@pytest.mark.parametrize(("law", "articles", "counts"), [
    ("민법", 1193, {"항": 1034, "호": 206}), ("주택임대차보호법", 42, {"항": 103, "호": 71, "목": 3}),
])
def test_real_statutes(law: str, articles: int, counts: dict[str, int]) -> None:
    """Counted by hand in the files: 조, and in them 항, 호, 목."""
    reading = one(samples("law", "statutes", f"{law}__법률.md"))
    found = [section for section in reading.sections if section.extra["part"] == "조"]
    assert len(found) == articles
    units = [block.cite.split()[-1].rstrip("의0123456789")[-1] for section in found for block in section.blocks if block.cite]
    assert {name: units.count(name) for name in counts} == counts


def test_real_standard_terms() -> None:
    """표준약관: twelve contracts, 442 articles, of which one is misprinted 제16조2."""
    path = next(samples("insurance", "terms").glob("*.txt"))
    reading = one(path)
    found: dict[str, int] = {}
    for section in reading.sections:
        if section.extra["part"] == "조":
            found[section.path[0]] = found.get(section.path[0], 0) + 1
    assert found == {"생명보험": 44, "화재보험": 43, "자동차보험": 63, "질병·상해보험(손해보험회사용)": 46,
                     "기본형실손의료보험(급여실손의료비)": 50,
                     "실손의료보험특별약관(비급여실손의료비)": 9, "기본형해외여행실손의료보험": 46,
                     "해외여행실손의료보험특별약관": 8, "배상책임보험": 44, "채무이행보증보험": 30,
                     "신용보험": 30, "신원보증보험": 29}
    assert "unaccounted" not in reading.left_out
    written = set(FIGURE.findall(path.read_text(encoding="utf-8")))
    assert {figure for section in reading.sections for block in section.blocks for figure in FIGURE.findall(block.text)} <= written


@pytest.mark.slow
def test_real_standard_terms_as_pdf() -> None:
    """The same articles from the PDF as from its text, and no figure that its pages do not hold."""
    pytest.importorskip("pypdfium2", reason='needs pip install "mundap[pdf]"')
    folder = samples("insurance", "terms")
    path = next(folder.glob("*.pdf"))
    pdf_reading, text_reading = one(path), one(next(folder.glob("*.txt")))
    found = [[(section.path[0].replace(" ", ""), section.extra["article"]) for section in reading.sections
              if section.extra["part"] == "조"] for reading in (pdf_reading, text_reading)]
    assert found[0] == found[1] and len(found[0]) == 442
    written = set(FIGURE.findall("\n".join(page_texts(path))))
    assert {figure for section in pdf_reading.sections for block in section.blocks
            for figure in FIGURE.findall(block.text)} <= written
