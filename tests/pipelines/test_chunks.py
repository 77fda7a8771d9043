from __future__ import annotations

from dataclasses import replace

from made_readings import fact, filing, pair, words

from pipelines.chunks import chunk_reading
from pipelines.reading import Block, Reading, Section


def made(reading: Reading, limit: int = 60):  # type: ignore[no-untyped-def]
    return chunk_reading(reading, limit=limit, count=words)


def with_blocks(*blocks: Block, **section: object) -> Reading:
    base = filing("가온누리전자", 2023)
    return replace(base, sections=(Section(path=("I. 개요",), blocks=blocks, **section),))  # type: ignore[arg-type]


def test_a_fact_chunk_holds_one_company_and_one_year_and_every_line_stands_alone() -> None:
    chunks = [chunk for chunk in made(filing("가온누리전자", 2023)).chunks if chunk.metadata.get("kind") == "facts"]
    assert {chunk.metadata["fiscal_year"] for chunk in chunks} == {2022, 2023}
    for chunk in chunks:
        title, *lines = chunk.text.splitlines()
        assert title.startswith(f"가온누리전자 {chunk.metadata['fiscal_year']}년 ")
        start = f"가온누리전자 {chunk.metadata['fiscal_year']}년 "
        assert all(line.startswith(start) and ": " in line for line in lines)


def test_citation_and_breadcrumbs_are_what_a_person_would_write() -> None:
    chunk = next(chunk for chunk in made(filing("가온누리전자", 2023)).chunks if "요약재무정보" in chunk.breadcrumbs)
    assert chunk.citation == ("가온누리전자 2023 사업보고서, III. 재무에 관한 사항 > 1. 요약재무정보, "
                              "접수번호 20240318000000")
    assert chunk.breadcrumbs == "가온누리전자 2023 사업보고서 > III. 재무에 관한 사항 > 1. 요약재무정보"


def test_children_follow_their_parent_and_stay_within_the_limit() -> None:
    chunks = made(filing("가온누리전자", 2023), limit=20).chunks
    parents = {chunk.chunk_id for chunk in chunks if chunk.level == "parent"}
    children = [chunk for chunk in chunks if chunk.level == "child"]
    assert children and all(child.parent_id in parents for child in children)
    assert all(child.token_count <= 20 and child.token_count == words(child.text) for child in children)
    assert len({chunk.chunk_id for chunk in chunks}) == len(chunks)


def test_every_fact_names_the_chunk_that_holds_its_line() -> None:
    result = made(filing("가온누리전자", 2023), limit=20)
    texts = {chunk.chunk_id: chunk.text.splitlines() for chunk in result.chunks}
    assert len(result.facts) == 21
    assert all(placed.line in texts[placed.chunk_id] for placed in result.facts)


def test_the_same_line_twice_in_a_table_is_written_once_and_both_facts_are_kept() -> None:
    twice = fact("가온누리전자", 2023, "매출액", "5")
    result = made(with_blocks(Block(text="표", facts=(twice, replace(twice, locator="table 2")))))
    assert [chunk.text for chunk in result.chunks if chunk.level == "child"] == [twice.line]
    assert len(result.facts) == 2


def test_text_is_cut_at_sentence_ends_never_inside() -> None:
    text = "첫 문장은 여기서 끝납니다. 둘째 문장은 조금 더 깁니다. 셋째도 있습니다."
    chunks = [chunk for chunk in made(with_blocks(Block(text=text)), limit=8).chunks if chunk.level == "child"]
    lines = [line for chunk in chunks for line in chunk.text.splitlines()]
    assert lines == ["첫 문장은 여기서 끝납니다.", "둘째 문장은 조금 더 깁니다.", "셋째도 있습니다."]


def test_a_long_sentence_is_cut_and_noted() -> None:
    result = made(with_blocks(Block(text="가 " * 30)), limit=10)
    assert result.notes == {"line_cut": 1}
    assert all(chunk.token_count <= 10 for chunk in result.chunks if chunk.level == "child")


def test_a_long_table_is_split_by_rows_and_repeats_its_header() -> None:
    rows = "\n".join(f"| 이름{at} | 값{at} |" for at in range(12))
    table = Block(text=f"| 이름 | 값 |\n|---|---|\n{rows}", title="목록")
    chunks = [chunk for chunk in made(with_blocks(table), limit=30).chunks if chunk.level == "child"]
    assert len(chunks) > 1
    assert all(chunk.text.startswith("목록\n| 이름 | 값 |\n|---|---|\n") for chunk in chunks)
    assert "\n".join("\n".join(chunk.text.splitlines()[3:]) for chunk in chunks) == rows


def test_superseded_text_is_marked_and_so_are_its_facts() -> None:
    figures = (fact("가온누리전자", 2023, "매출액", "1"),)
    result = made(with_blocks(Block(text="정정 전", facts=figures), superseded=True))
    assert all(chunk.metadata["superseded"] == 1 for chunk in result.chunks)
    assert [placed.superseded for placed in result.facts] == [1]


def test_a_question_and_answer_make_one_chunk_with_a_citation_by_number() -> None:
    parent, child = made(pair(12)).chunks
    assert child.text == "전세사기 질문 12은 무엇인가요?\n첫째 답은 12번입니다.\n둘째 문장도 있습니다."
    assert child.citation == "민사 문답, 전세사기 12번"
    assert child.metadata["kind"] == "qa" and "company" not in child.metadata
    assert parent.level == "parent"


def test_metadata_is_flat_and_holds_no_empty_value() -> None:
    for reading in (filing("가온누리전자", 2023), pair(1)):
        for chunk in made(reading).chunks:
            assert all(isinstance(value, str | int | float) and value != "" for value in chunk.metadata.values())


def test_an_empty_section_makes_no_chunk() -> None:
    assert made(with_blocks(Block(text="  "))).chunks == []
