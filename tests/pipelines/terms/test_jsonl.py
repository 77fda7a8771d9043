"""The insurance projects' JSONL schema: written, read back, and read from another project."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mundap.chunk import Chunk
from mundap.errors import DataError
from pipelines.terms.jsonl import read_jsonl, write_jsonl

CHUNK = Chunk(chunk_id="a:00001:abc", doc_id="a", parent_id="a:00000:def", level="child", text="① 지급합니다.",
              breadcrumbs="가온 > 제1조(목적)", citation="가온 제1조 제1항", token_count=7, date=20250101,
              metadata={"company": "가온손해보험", "policy_type": "보통약관", "kind": "text", "article": "1"})


def test_it_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "chunks.jsonl"
    assert write_jsonl([CHUNK], path, sources={"a": "terms/a.pdf"}) == 1
    (back,) = read_jsonl(path)
    assert (back.chunk_id, back.doc_id, back.parent_id, back.level, back.text, back.breadcrumbs, back.citation,
            back.token_count, back.date) == (CHUNK.chunk_id, "a", CHUNK.parent_id, "child", CHUNK.text, CHUNK.breadcrumbs,
                                             CHUNK.citation, 7, 20250101)
    assert dict(CHUNK.metadata).items() <= dict(back.metadata).items()
    record = json.loads(path.read_text(encoding="utf-8"))
    assert set(record) == {"chunk_id", "text", "metadata"}
    assert {name: record["metadata"][name] for name in ("source", "company", "breadcrumbs", "token_count", "policy_type")} == {
        "source": "terms/a.pdf", "company": "가온손해보험", "breadcrumbs": "가온 > 제1조(목적)",
        "token_count": 7, "policy_type": "보통약관"}


def test_another_projects_lines(tmp_path: Path) -> None:
    path = tmp_path / "theirs.jsonl"
    path.write_text(json.dumps({"chunk_id": "1", "text": "[보통약관 > 제3조] 지급한다.", "metadata": {
        "source": "x.pdf", "company": "갑", "breadcrumbs": ["보통약관", "제3조"], "token_count": 9, "policy_type": "상해",
        "contains_table": False}}, ensure_ascii=False) + "\n\n", encoding="utf-8")
    (chunk,) = read_jsonl(path)
    assert (chunk.doc_id, chunk.level, chunk.breadcrumbs, chunk.citation) == ("x.pdf", "child", "보통약관 > 제3조", "제3조")


@pytest.mark.parametrize(("line", "what"), [
    ("{", "not JSON"), ("[]", "no chunk with metadata"), ('{"chunk_id": "1", "text": "가", "metadata": {"source": '
                                                          '"a"}}', "metadata.company"),
    ('{"text": "가", "metadata": {"source":"a","company":"","breadcrumbs":"","token_count":1,"policy_type":""}}',
     "chunk_id"),
    ('{"chunk_id":"1","text":"가","metadata":{"source":"a","company":"","breadcrumbs":"","token_count":"많다","policy_type":""}}',
     "no number"),
    ("", "holds no chunk"),
])
def test_a_bad_line_is_named(tmp_path: Path, line: str, what: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=what):
        read_jsonl(path)


def test_the_chunks_of_terms_are_written_and_read_as_a_source_again(tmp_path: Path) -> None:
    from pipelines.readers import READERS

    first = CHUNK
    second = replace(CHUNK, chunk_id="a:00002:abc", text="② 다만, 지급하지 않습니다.", citation="가온 제1조 제2항")
    other = replace(CHUNK, chunk_id="b:00001:abc", doc_id="b", breadcrumbs="나래 > 제1조(목적)")
    whole = replace(CHUNK, chunk_id="a:00000:abc", level="parent", text=f"{first.text} {second.text}")   # not read twice
    write_jsonl([whole, first, second, other], tmp_path / "chunks.jsonl")
    one, two = READERS["chunks_jsonl"](tmp_path / "chunks.jsonl", tmp_path, {})
    assert [section.blocks[0].text for section in one.sections] == [first.text, second.text]
    assert [section.cite for section in one.sections] == ["가온 제1조 제1항", "가온 제1조 제2항"]
    assert one.sections[0].path == ("가온", "제1조(목적)") and one.document.fields["company"] == "가온손해보험"
    assert (one.document.doc_id, two.document.doc_id, two.document.title) == ("a", "b", "나래")
    assert first.text in one.document.body and one.sections[0].extra["policy_type"] == "보통약관"
