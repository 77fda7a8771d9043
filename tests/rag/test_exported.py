"""Answers as files: what a document wrote shows as it stands and is nothing but text."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from markdown_it import MarkdownIt

from rag.exported import HEADER, Words, json_lines, markdown, plain, table

WORDS = Words(verdicts={"verified": "근거 확인됨"}, fields={"company": "회사"})
HOSTILE = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[링크](http://evil.example)", "![그림](x.png)",
           "# 제목", "## 제목 ##", "###", "- 목록", "+ 목록", "1. 목록", "12) 목록", "=====", "---", "***", "> 인용",
           "```\n코드", "~~~", "`코드`", "**굵게**",
           "_기울임_", "~~지움~~", "<https://evil.example>", "&lt;b&gt; &amp;", "| a | b |",
           "[참고]: http://evil.example",
           "역\\슬래시\\*", "    들여쓴 코드", "첫 줄\n# 둘째 줄", "$x$", "\x1b[31m빨강", "a\x00b"]
LINKING = ["http://evil.example/a_b", "www.evil.example", "mailto:a@b.kr", "누구@evil.example", "javascript:alert(1)"]


def made(**changes: Any) -> dict[str, Any]:
    return {"id": "", "question": "매출액은?", "asked": "매출액은?", "carried": [], "answer": "1백만원입니다. [1]",
            "verdict": "verified", "checked": 1,
            "terms": [], "struck": [], "filters": {"company": ["가온"]}, "level": "", "level_reason": "", "as_of": None,
            "citations": [{"number": 1, "chunk_id": "c", "citation": "보고서", "lines": ["매출액: 1백만원"], "date": "2024-03-15",
                           "superseded_by": "", "amended": ""}], "nearest": [], "timings_s": {"total": 1.0}, "error": ""} | changes


def shown(text: str) -> str:
    """Return what a reader sees of Markdown, all of it as text; nothing else may be in it but our own paragraphs."""
    html = MarkdownIt("commonmark", {"html": True}).render(text)
    assert re.fullmatch(r"<p>[^<]*</p>\n?", html) or not text, html
    return re.sub(r"</?p>|\n$", "", html).replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_it_stands(text: str) -> None:
    expected = " ".join(re.sub(r"[\x00-\x1f]", " ", text).split())
    assert shown(plain(text)) == expected


@pytest.mark.parametrize("text", LINKING)
def test_an_address_is_broken_so_that_no_renderer_makes_a_link_of_it(text: str) -> None:
    escaped = plain(text)
    assert not re.search(r"[a-z]:\S|www\.|\S@\S", escaped)
    assert shown(escaped) == text.replace("@", "＠")


@pytest.mark.parametrize("text", [*HOSTILE, *LINKING])
def test_no_field_of_a_record_becomes_anything_but_text(text: str) -> None:
    hostile = made(question=text, asked=f"{text} 다른", answer=text, filters={"company": [text]}, level_reason=text, level="초급",
                   citations=[{"number": 1, "chunk_id": "c", "citation": text, "lines": [text], "date": None,
                               "superseded_by": "x", "amended": ""}],
                   nearest=[{"chunk_id": "c", "citation": text, "date": None}])
    html = MarkdownIt("commonmark", {"html": True}).render(markdown([hostile, made(error=text)], WORDS))
    own = {"h1": 1, "h2": 2}
    assert set(re.findall(r"<(\w+)", html)) <= {"h1", "h2", "p", "ul", "li"}
    assert {name: html.count(f"<{name}>") for name in own} == own


def test_the_document_reads_well() -> None:
    amended = made()["citations"][0] | {"superseded_by": "d2", "amended": "가온 정정 (2024-05-10)"}
    text = markdown([made(), made(question="가온의 2022년 매출액은?", asked="그럼 2022년은?", citations=[amended],
                                  as_of="2023-06-30", struck=[{"text": "9백만원", "reason": "no"}]),
                     made(verdict="declined", answer="없습니다.", citations=[], filters={}, nearest=[{"citation": "보고서"}]),
                     made(error="broke", answer="")], WORDS)
    assert text.startswith("# 질문과 답변\n\n질문 4개, 문서에 없는 것 1개, 답하지 못한 것 1개\n\n"
                           "## 1. 매출액은?\n\n1백만원입니다. \\[1\\]\n\n"
                           "- 판정: 근거 확인됨 (수치·날짜·조항 1개 대조)\n- 조건: 회사 가온\n\n근거:\n\n"
                           "- \\[1\\] 보고서, 2024-03-15\n  - 매출액: 1백만원\n\n"
                           "## 2. 그럼 2022년은?\n\n질문: 가온의 2022년 매출액은?\n")
    assert "2024-03-15, 이후 정정됨: 가온 정정 (2024-05-10)" in text and "- 기준일: 2023-06-30\n- 제외한 문장: 1개\n" in text
    assert text.endswith("가장 가까이 찾은 문서:\n\n- 보고서\n\n## 4. 매출액은?\n\n답하지 못했습니다: broke\n")


def test_terms_are_told_as_text() -> None:
    told = markdown([made(terms=[{"term": "자본금", "meaning": "주주가 낸 <b>돈</b>"}])], WORDS)
    assert "용어:\n\n- 자본금: 주주가 낸 &lt;b&gt;돈&lt;/b&gt;" in told and "<b>" not in told


def test_a_row_has_a_cell_for_each_column() -> None:
    [row] = table([made(id="7", citations=made()["citations"] * 2, as_of="2023-06-30")], WORDS)
    told = dict(zip(HEADER, row, strict=True))
    assert told["번호"] == "7" and told["판정"] == "근거 확인됨" and told["조건"] == "회사 가온" and told["기준일"] == "2023-06-30"
    assert told["근거"] == "[1] 보고서\n[1] 보고서" and told["근거 문장"] == "매출액: 1백만원\n매출액: 1백만원"
    assert "\x1b" not in "".join(table([made(answer="\x1b[31m빨강")], WORDS)[0])


def test_json_lines_leave_out_what_differs_from_run_to_run() -> None:
    first, second = json_lines([made(), made(id="2")]).splitlines()
    assert json.loads(first) == {name: value for name, value in made().items() if name != "timings_s"}
    assert json.loads(second)["id"] == "2"
