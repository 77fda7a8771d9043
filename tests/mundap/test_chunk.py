"""Chunk files: what is written comes back, and ids tell what they are of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mundap.chunk import Chunk, chunk_id, read_chunks, read_part, write_chunks
from mundap.errors import DataError

CHILD = Chunk(chunk_id="d1:00001:abc", doc_id="d1", parent_id="d1:p", level="child",
              text="가온누리전자 2023년 매출액: 1,234백만원", breadcrumbs="보고서 > 재무", citation="보고서, 재무", token_count=21,
              date=20240315, superseded_by="d2", metadata={"company": "가온누리전자", "fiscal_year": 2023, "kind": "facts"})
PARENT = replace(CHILD, chunk_id="d1:p", level="parent", superseded_by="", metadata={})


def test_chunks_come_back_with_their_types(tmp_path: Path) -> None:
    path = tmp_path / "chunks" / "part-00000.parquet"
    assert write_chunks([PARENT, CHILD], path) == 2
    assert read_part(path) == [PARENT, CHILD]
    assert [found.name for found in path.parent.iterdir()] == ["part-00000.parquet"], "no temporary file is left"


def test_a_part_without_chunks_is_readable(tmp_path: Path) -> None:
    assert write_chunks([], tmp_path / "part-00000.parquet") == 0
    assert read_chunks(tmp_path) == []


def test_a_folder_is_read_in_file_order_and_by_level(tmp_path: Path) -> None:
    write_chunks([CHILD], tmp_path / "part-00001.parquet")
    write_chunks([PARENT], tmp_path / "part-00000.parquet")
    write_chunks([replace(CHILD, chunk_id="old")], tmp_path / "part-00002.parquet.tmp")
    assert read_chunks(tmp_path) == [PARENT, CHILD], "a half-written part is not read"
    assert read_chunks(tmp_path, "child") == [CHILD]
    assert read_chunks(tmp_path, "parent") == [PARENT]


def test_the_same_chunks_make_the_same_bytes(tmp_path: Path) -> None:
    turned = replace(CHILD, metadata=dict(reversed(list(CHILD.metadata.items()))))
    write_chunks([CHILD], tmp_path / "part-a.parquet")
    write_chunks([turned], tmp_path / "part-b.parquet")
    assert (tmp_path / "part-a.parquet").read_bytes() == (tmp_path / "part-b.parquet").read_bytes()


def test_an_empty_folder_says_how_to_fill_it(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_chunks(tmp_path)
    assert str(caught.value) == f"{tmp_path}: there are no chunks here.\n  Make them with: mundap data <recipe>"


def test_an_id_follows_from_document_position_and_text() -> None:
    assert chunk_id("d1", 7, "글") == chunk_id("d1", 7, "글")
    assert chunk_id("d1", 7, "글").startswith("d1:00007:")
    assert len({chunk_id("d1", 7, "글"), chunk_id("d2", 7, "글"), chunk_id("d1", 8, "글"), chunk_id("d1", 7, "말")}) == 4
