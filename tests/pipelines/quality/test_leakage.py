"""Leakage: what is measured, by hand and with the real embedder, and what moves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mundap.embedder import Embedder
from mundap.schema_check import with_defaults
from pipelines.quality import leakage
from pipelines.quality_stage import leakage_of

if TYPE_CHECKING:
    from mundap.embedder import Vectors

ROOT = Path(__file__).resolve().parents[3]
LONG = "회사는 청구서류를 접수한 날부터 3영업일 이내에 보험금을 지급합니다."


def one(question: str, output: str = "", chunk: str = "", **more: str) -> dict[str, str]:
    return {"instruction": "답하라.", "question": question, "output": output, "gold_chunk": chunk, **more}


class LetterEmbedder:
    """Counts of letters as vectors: questions of the same letters are one."""

    identity, dimension = "letters", 64

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), 64), dtype=np.float32)
        for at, text in enumerate(texts):
            for letter in text:
                vectors[at, ord(letter) % 64] += 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

    embed_passages = embed_queries


def test_overlap_by_hand() -> None:
    # 15 letters give 3 13-grams, of which the first stands in train; the answer of one gram does not
    told = leakage.measure([one("가나다라마바사아자차카타파")], [one("가나다라마바사아자차카타파하거", "네")])
    assert told.rows[0].overlap == pytest.approx(1 / 4) and told.rows[0].similarity == -1


def test_a_row_too_close_moves_with_the_rows_of_its_chunk() -> None:
    train = [one("접수하면 언제 지급되나요?", LONG, "t1")]
    held = [one("언제까지 받게 되나요?", LONG, "e1"), one("심사가 길어지면 어떻게 하나요?", "지급예정일을 정해 알립니다.", "e1"),
            one("해약환급금은 무엇인가요?", "납입한 보험료에서 공제하고 돌려주는 금액입니다.", "e2")]
    told = leakage.plan_moves(train, held)
    assert told.moved == (0, 1)
    assert leakage.measure([*train, *held[:2]], held[2:]).rows[0].overlap == 0
    text = told.markdown(held)
    assert "2 moved to train" in text and "- 언제까지 받게 되나요?" in text and "no embedding model" in text


def test_what_moves_is_measured_against_in_turn() -> None:
    tail = "다만 부활이 확정된 계약에는 이 조항을 적용하지 아니하고 따로 정한 바에 따르기로 합니다."
    train = [one("언제 지급되나요?", LONG)]
    held = [one("언제 받나요?", LONG + tail), one("부활한 계약은 어떤가요?", tail)]
    assert leakage.measure(train, held).rows[1].overlap == 0
    assert leakage.plan_moves(train, held, max_overlap=0.3).moved == (0, 1)


def test_nothing_close_moves_nothing_and_parts_may_be_empty() -> None:
    train, held = [one("가", "나")], [one("보험금은 언제 지급되나요?", LONG)]
    assert leakage.plan_moves(train, held).moved == leakage.plan_moves([], held).moved == ()
    assert leakage.plan_moves(train, []).rows == ()


def test_declining_answers_are_alike_everywhere_and_do_not_count() -> None:
    decline = "제공된 약관에 해당하는 내용이 없으므로 답변할 수 없습니다."
    train = [one("배당은 있나요?", decline, kind="unanswerable")]
    told = leakage.measure(train, [one("대출 이자는 얼마인가요?", decline, kind="unanswerable")])
    assert told.rows[0].overlap == 0


def test_near_vectors_move_a_row_only_when_its_figures_are_the_same() -> None:
    train = [one("2022년 전국 MRI 검사 건수는 얼마인가요?")]
    held = [one("전국 MRI 검사 건수는 2022년 얼마인가요?"), one("2023년 전국 MRI 검사 건수는 얼마인가요?")]
    told = leakage.plan_moves(train, held, embedder=LetterEmbedder(), max_similarity=0.97)
    assert told.moved == (0,)
    assert all(row.similarity > 0.97 for row in told.rows) and "Embeddings were not" not in told.markdown()


def test_the_recipe_says_how_near_is_too_near(tmp_path: Path) -> None:
    given = {"domain": "x", "sources": [], "documents": "docs/x", "split": {"leakage": {"embedding_model": "models/none"}}}
    settings = with_defaults(given, "data")["split"]["leakage"]
    assert (settings["max_overlap"], settings["max_similarity"]) == (leakage.MAX_OVERLAP, leakage.MAX_SIMILARITY)
    told = leakage_of([one("언제?", LONG)], [one("언제까지?", LONG), one("무엇?", "보험금입니다.")], settings, tmp_path)
    assert told.moved == (0,) and "there is no embedding model here" in told.markdown()


@pytest.mark.slow
@pytest.mark.real_home
def test_the_committed_parts_are_apart() -> None:
    import json

    model = ROOT / "models" / "multilingual-e5-small"
    if not (model / "modules.json").is_file():
        pytest.skip("the starter models are not unpacked: mundap models")
    train, held = (json.loads((ROOT / f"datasets/{name}.json").read_text(encoding="utf-8"))
                   for name in ("civil_law", "civil_law_eval"))
    told = leakage.plan_moves(train, held, embedder=Embedder(model))
    assert told.moved == () and told.shared_chunks == 0 and max(row.overlap for row in told.rows) < 0.3
    assert all(0.7 < row.similarity < 0.98 for row in told.rows)
