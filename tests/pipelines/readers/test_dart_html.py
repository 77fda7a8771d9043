from __future__ import annotations

from pathlib import Path

import pytest

from mundap.errors import DataError
from pipelines.readers import dart_xml
from pipelines.readers.dart_html import read_html
from pipelines.reading import Reading

RCEPT = "20240318800123"
KRX = """<html>
 <head><meta content="text/html; charset=euc-kr" http-equiv="Content-Type"> <STYLE>.xforms * { font-family: 돋움체;}</STYLE>
  <title>가온/신규시설투자등/(2024.03.18)신규시설투자등</title></head>
 <body><div class="xforms"><div><span class="noprint" style="display:none;">숨은 글</span>
  <div class="xforms_title"><div><span>신규 시설투자 등</span></div></div>
  <table border="1"><tbody>
   <tr><td colspan="2"><span>1. 투자구분</span></td><td><span class="xforms_input">신규<br xmlns:java="x">시설</span></td></tr>
   <tr><td rowspan="2">2. 투자내역</td><td>투자금액(원)</td><td>1,412,820</td></tr>
   <tr><td>비고 <주1></td><td>R&D, A&amp;B &middot; &#44032;</td></tr>
  </tbody></table></div></div></body></html>"""


def page(*blocks: str) -> str:
    return (
        '<!-- File: x --><!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://www.w3.org/TR/html4/loose.dtd">'
        f"<html><head><title></title></head><body>{''.join(blocks)}<p class=\"pgbrk\"></p></body></html>"
    )


COVER = page(
    '<p class="cover-title"><a name="toc1">사 업 보 고 서</a></p><p>(제 12 기)</p><table class="nb"><tr><td rowspan="2">사업연도'
    "</td><td>2023년 01월 01일</td><td> 부터</td></tr><tr><td>2023년 12월 31일</td><td> 까지</td></tr></table>"
    '<table class="nb"><tr><td>회   사   명 :</td><td>가온누리전자 주식회사</td></tr></table>'
)
ITEMS = (
    '<p class="section-2">1. 요약재무정보</p><p>(단위 : 백만원)</p><table border="1"><thead><tr><th>구분</th><th>제 12 기</th></tr>'
    "</thead><tbody><tr><td>매출액</td><td>1,234</td></tr></tbody></table>"
)
NOTES = '<p class="section-2">2. 배당</p><p class="table-group">배당표</p><p>해당사항 없음<br/>이상</p>'


def read(folder: Path, text: str, name: str = f"{RCEPT}.xml") -> Reading:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return next(dart_xml.read(path, folder, {}))


def test_a_krx_page_is_a_document_of_the_company_and_form_in_its_title(tmp_path: Path) -> None:
    reading = read(tmp_path, KRX)
    document = reading.document
    assert (document.title, document.publisher, document.doc_type) == ("가온 신규시설투자등", "가온", "신규시설투자등")
    assert (document.fields["report_code"], document.fields["corp_code"]) == ("", "")
    assert "| 2. 투자내역 | 투자금액(원) | 1,412,820 |" in document.body
    assert "| 2. 투자내역 | 비고 <주1> | R&D, A&B · 가 |" in document.body and "신규<br>시설" in document.body
    assert "숨은" not in document.body and "돋움" not in document.body
    assert reading.left_out["hidden"] == 3 and reading.left_out["style"] > 10 and "unaccounted" not in reading.left_out
    assert reading.status == "REPAIRED" and dict(reading.repairs) == {"bare & escaped": 1, "unknown < escaped": 1}


def test_viewer_pages_become_one_outline_and_say_nothing_twice(tmp_path: Path) -> None:
    chapter = page('<p class="section-1"><a name="toc1">III. 재무에 관한 사항</a></p>', ITEMS, NOTES)
    reading = read(tmp_path, COVER + chapter + page(ITEMS) + page(NOTES), f"207940_A001_2023_{RCEPT}_20240318.html")
    document = reading.document
    assert (document.doc_id, document.title) == (RCEPT, "가온누리전자 2023 사업보고서")
    assert (document.fields["report_code"], document.fields["period_to"]) == ("11011", "20231231")
    assert [section.path for section in reading.sections if section.blocks] == [
        ("사업보고서",),
        ("III. 재무에 관한 사항", "1. 요약재무정보"),
        ("III. 재무에 관한 사항", "2. 배당"),
    ]
    assert [fact.line for section in reading.sections for block in section.blocks for fact in block.facts] == [
        "가온누리전자 2023년 매출액: 1,234백만원"
    ]
    assert document.body.count("1,234") == 1 and "해당사항 없음\n이상" in document.body
    assert reading.left_out["repeated pages"] > 20 and "unaccounted" not in reading.left_out
    assert reading.status == "OK"


def test_a_correction_page_is_kept_apart(tmp_path: Path) -> None:
    old = "<table><tr><td>항목</td><td>정정 전</td><td>정정 후</td></tr><tr><td>금액</td><td>1원</td><td>2원</td></tr></table>"
    title = '<div class="xforms_title">'
    text = KRX.replace(title, f"{title}정정신고(보고)</div>{old}{title}")
    reading = read(tmp_path, text)
    superseded = [block.text for section in reading.sections if section.superseded for block in section.blocks]
    assert superseded == ["금액\n1원"] and reading.supersedes and "unaccounted" not in reading.left_out


@pytest.mark.parametrize(
    "body",
    [
        "글<div>가<table><tr><td>나<table><tr><td>1</td><td>2</td></tr></table>다</td></tr></table>라</div>마",
        "<ul><li>가<li>나</ul><pre>다\n라</pre><b>마<p>바</p>사</b>",
        "<table>가<tr>나<td>다</td>라</tr><caption>마</caption></table>",
        "<p>가</p></div></table>나<td>다",
        "<span>가<div>나</div>다</span><h1>라</h1>마<hr>바",
        "&nbsp;&copy;&unknown;&#128;&#xD800; <개정 2010.6.8.> < 3 a&b <1가계",
        "<p title='a>b'>가</p><a href=\"x<y\">나</a>",
        "글<textarea>가</textarea><select><option>나</option></select><script>if (1<2) { a&&b }</script>",
    ],
)
def test_no_text_of_a_page_is_lost(tmp_path: Path, body: str) -> None:
    reading = read(tmp_path, f"<html><body>{body}</body></html>")
    assert reading.document.fields["characters"]["unaccounted"] == 0
    assert reading.status in ("OK", "REPAIRED")


def test_a_tag_that_never_ends_costs_characters_and_is_said(tmp_path: Path) -> None:
    reading = read(tmp_path, "<html><body><p>가</p><table <td>나</td></body></html>")
    assert reading.status == "RECOVERED" and reading.left_out["unaccounted"] > 0


def test_declared_entities_and_too_many_pages_are_refused() -> None:
    with pytest.raises(DataError, match="declares entities"):
        read_html("<!DOCTYPE html [<!ENTITY x 'y'>]><html><body>&x;</body></html>", "a.html")
    with pytest.raises(DataError, match="pages; more than"):
        read_html("<html><p>1</p></html>" * 2_001, "a.html")
