"""From a question to a verified answer, over a real index and with a scripted model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mundap.chunk import Chunk
from mundap.errors import ConfigError, GenerationError, IndexMismatch
from mundap.generator import Request
from mundap.levels import load_levels
from mundap.prompt import build_prompt
from pipelines.rows.fact_rows import quote
from pipelines.rows.row import make_row
from pipelines.rows.settings import RowSettings
from rag.answer import Answer, Answerer, Delta
from rag.indexing.build import open_index
from rag.inquiry import Inquiry
from rag.search.retrieve import Retriever
from tests.rag.hashing_embedder import HashingEmbedder
from tests.rag.scripted_generator import ScriptedGenerator
from tests.rag.small_index import built, chunk, recipe

DECLINE = "문서에 해당 내용이 없습니다."
ASKED = "가온누리전자의 2023년 매출액은 얼마인가요?"
RIGHT = "가온누리전자의 2023년 매출액은 1,234백만원입니다. [1]"
INSTRUCTION = "문서만 보고 답하라."


def facts(company: str, sales: str, profit: str) -> Chunk:
    lines = [f"{company} 2023년 {item}: {value}" for item, value in (
        ("세금", profit), ("급여", "11백만원"), ("상여", "22백만원"), ("배당", "33백만원"), ("매출액", sales))]
    return chunk("\n".join(lines), doc_id=company, kind="facts",
                 breadcrumbs=f"{company} 2023 사업보고서 > 손익", company=company, fiscal_year=2023)


CHUNKS = [facts("가온누리전자", "1,234백만원", "345백만원"), facts("한빛바이오", "4,444백만원", "777백만원")]
Answering = Callable[..., tuple[Answerer, ScriptedGenerator]]


def whole_recipe(project: Path, *, policy: str = "abstain", retries: int = 1, **generation: Any) -> dict[str, Any]:
    (project / "instruction.txt").write_text(f"{INSTRUCTION}\n", encoding="utf-8")
    (project / "synonyms.yaml").write_text("매출액: [매출, 판매고]\n", encoding="utf-8")
    return recipe() | {"prompt": {"instruction": "instruction.txt", "decline_text": DECLINE, "lines_per_passage": 3},
                       "synonyms": "synonyms.yaml", "verification": {"policy": policy},
                       "generation": {"generator": "local", "max_new_tokens": 40, "temperature": 0.0, "retries": retries,
                           **generation}}


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[Answering]:
    """Return a function that opens an answerer over CHUNKS with a model that replies as told."""
    embedder = HashingEmbedder()
    built(tmp_path, CHUNKS, embedder)
    opened: list[Answerer] = []

    def start(reply: Callable[[Request], str], *, levers: bool = True, breaks_off: bool = False, **changes: Any
              ) -> tuple[Answerer, ScriptedGenerator]:
        made = whole_recipe(tmp_path, **changes)
        generator = ScriptedGenerator(reply, breaks_off=breaks_off)
        retriever = Retriever(open_index(made, tmp_path, embedder), embedder, made)
        opened.append(Answerer(made, tmp_path, retriever, generator, levers=levers))
        return opened[-1], generator

    yield start
    for answerer in opened:
        answerer.retriever.close()


def failing_first(request: Request) -> str:
    """Reply with another line's figure, unless told how to begin."""
    return f"{request.prefix} 1,234백만원입니다. [1]" if request.prefix else "매출액은 345백만원입니다. [1]"


def test_a_right_answer_is_verified_and_cites_its_line(answering: Answering) -> None:
    answerer, generator = answering(lambda request: RIGHT)
    answer = answerer.ask(ASKED)
    assert (answer.text, answer.verdict.status, answer.attempts) == (RIGHT, "verified", 1)
    [citation] = answer.citations
    assert (citation.number, citation.chunk.doc_id) == (1, "가온누리전자")
    assert citation.lines == ("가온누리전자 2023년 매출액: 1,234백만원",)
    assert answer.filters == {"company": ("가온누리전자",), "fiscal_year": (2023,)}
    assert (answer.prompt_tokens, answer.completion_tokens, answer.model_text) == (10, 5, RIGHT)
    assert answer.timings_s["total"] == answer.timings_s["retrieve"] + 0.5
    assert len(generator.requests) == 1


@pytest.mark.parametrize("text", ["가온누리전자의 2023년 당기순이익은?", "가온누리바이오의 2023년 매출액은?",
                                  "가온누리전자의 2021년 매출액은?"])
def test_the_gate_declines_without_asking_the_model(answering: Answering, text: str) -> None:
    answerer, generator = answering(lambda request: RIGHT)
    answer = answerer.ask(text)
    assert answer.declined and answer.text == DECLINE and answer.attempts == 0
    assert list(answerer.stream(text)) != [] and generator.requests == []


def test_without_levers_the_model_is_asked_whatever_was_found_and_only_once(answering: Answering) -> None:
    answerer, generator = answering(lambda request: "당기순이익은 9,999백만원입니다. [1]", levers=False)
    answer = answerer.ask("가온누리전자의 2023년 당기순이익은?")
    assert answer.verdict.status == "flagged" and "9,999백만원" in answer.text
    answerer.generator = declining = ScriptedGenerator(lambda request: DECLINE)
    assert answerer.ask(ASKED).declined
    assert len(generator.requests) == len(declining.requests) == 1


def test_the_second_try_has_the_best_line_alone_and_is_told_how_to_begin(answering: Answering) -> None:
    answerer, generator = answering(failing_first)
    answer = answerer.ask(ASKED)
    first, second = generator.requests
    assert first.prefix == "" and second.prefix == "가온누리전자 2023년 매출액은"
    assert "세금" in first.content and "세금" not in second.content
    assert "한빛바이오" not in second.content and "1,234" not in second.prefix
    assert answer.text == "가온누리전자 2023년 매출액은 1,234백만원입니다. [1]"
    assert (answer.verdict.status, answer.attempts) == ("verified", 2)
    assert answer.citations[0].lines == ("가온누리전자 2023년 매출액: 1,234백만원",)


def test_retries_are_counted_and_none_means_none(answering: Answering) -> None:
    wrong = "매출액은 345백만원입니다. [1]"
    answerer, generator = answering(lambda request: wrong, retries=2)
    assert answerer.ask(ASKED).declined and len(generator.requests) == 3
    answerer, generator = answering(lambda request: wrong, retries=0)
    answer = answerer.ask(ASKED)
    assert answer.declined and len(generator.requests) == 1
    assert answer.model_text == wrong and answer.verdict.struck, "what was struck can be looked at"


def test_a_stream_yields_the_pieces_then_the_answer(answering: Answering) -> None:
    answerer, _ = answering(lambda request: RIGHT)
    *pieces, answer = answerer.stream(ASKED)
    assert all(isinstance(piece, Delta) for piece in pieces) and len(pieces) > 1
    assert "".join(piece.text for piece in pieces if isinstance(piece, Delta)) == RIGHT
    assert isinstance(answer, Answer) and answer.text == RIGHT
    assert answer.timings_s["first_token"] == 0.25


def test_a_stream_says_which_attempt_a_piece_is_of(answering: Answering) -> None:
    answerer, generator = answering(failing_first)
    *pieces, answer = answerer.stream(ASKED)
    attempts = [piece.attempt for piece in pieces if isinstance(piece, Delta)]
    assert attempts == sorted(attempts) and set(attempts) == {1, 2}
    assert isinstance(answer, Answer) and answer.attempts == 2 and answer.verdict.status == "verified"
    assert answer.timings_s["generate"] == 1.0, "both attempts count"
    assert answer.text == answerer.ask(ASKED).text and generator.requests[:2] == generator.requests[2:]


def test_a_stream_that_breaks_off_is_an_error_and_no_answer(answering: Answering) -> None:
    answerer, _ = answering(lambda request: RIGHT, breaks_off=True)
    with pytest.raises(GenerationError, match=r"^the model's answer ended before it was complete\.\n  Ask again\.$"):
        list(answerer.stream(ASKED))


def test_many_are_answered_in_their_order_in_batches(answering: Answering) -> None:
    def reply(request: Request) -> str:
        if "한빛바이오의" in request.content:
            return "한빛바이오의 2023년 매출액은 4,444백만원입니다. [1]"
        return failing_first(request)

    answerer, generator = answering(reply)
    asked = ["한빛바이오의 2023년 매출액은?", "가온누리전자의 2023년 당기순이익은?", ASKED, "한빛바이오의 2023년 매출액은?"]
    answers = answerer.ask_many([answerer.prepare(text) for text in asked], batch=2)
    assert [answer.question for answer in answers] == asked
    assert [answer.attempts for answer in answers] == [1, 0, 2, 1]
    assert [answer.declined for answer in answers] == [False, True, False, False]
    assert generator.batches == [2, 1, 1], "three to ask, two at a time, and one of them again"


def test_a_synonym_finds_the_documents_own_line(answering: Answering) -> None:
    answerer, _ = answering(lambda request: RIGHT)
    answer = answerer.ask("가온누리전자의 2023년 판매고는 얼마?")
    assert answer.verdict.status == "verified" and answer.question == "가온누리전자의 2023년 판매고는 얼마?"
    assert "가온누리전자 2023년 매출액: 1,234백만원" in answer.passages[0].lines, "the last of five lines, three are quoted"


def test_the_search_is_for_the_documents_own_term_and_the_prompt_keeps_the_users(answering: Answering) -> None:
    class Listening(HashingEmbedder):
        def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
            heard.extend(texts)
            return super().embed_queries(texts)

    heard: list[str] = []
    answerer, generator = answering(lambda request: RIGHT)
    answerer.retriever.embedder = Listening()
    answerer.ask("가온누리전자의 2023년 판매고는 얼마?")
    assert heard == ["가온누리전자의 2023년 매출액은 얼마?"]
    assert generator.requests[0].content.endswith("질문: 가온누리전자의 2023년 판매고는 얼마?")


def test_what_is_served_is_byte_for_byte_what_a_row_trains(answering: Answering) -> None:
    answerer, generator = answering(lambda request: RIGHT)
    answerer.ask_many([answerer.prepare(ASKED, CHUNKS), answerer.prepare(ASKED)])
    given, retrieved = generator.requests
    settings = RowSettings(dataset="demo", instruction=INSTRUCTION, decline_text=DECLINE, top_k=2, lines_per_passage=3,
                           facts_per_document=1, unanswerable_share=0.0, single_passage_share=0.0, seed=1, templates={},
                           synonyms={"매출액": ["매출", "판매고"]})

    def trained(chunks: list[Chunk]) -> str:
        row = make_row(prefix="demo", kind="fact", instruction=INSTRUCTION, passages=quote(ASKED, chunks, settings),
                       question=ASKED, output=RIGHT, source="")
        return build_prompt(row.instruction, row.input)

    assert f"### 지시\n{given.content}\n### 출력\n" == trained(CHUNKS)
    found = [hit.chunk for hit in answerer.prepare(ASKED).hits]
    assert f"### 지시\n{retrieved.content}\n### 출력\n" == trained(found)


def test_given_chunks_are_quoted_without_a_search(answering: Answering) -> None:
    answerer, _ = answering(lambda request: RIGHT)
    prepared = answerer.prepare(ASKED, [answerer.retriever.chunk(CHUNKS[1].chunk_id)])
    assert prepared.hits == () and not prepared.answerable
    assert [passage.chunk_id for passage in prepared.passages] == [CHUNKS[1].chunk_id]
    with pytest.raises(IndexMismatch, match="there is no chunk 'c9'"):
        answerer.retriever.chunk("c9")


def test_a_phrase_that_begins_a_later_sentence_ends_the_answer(answering: Answering) -> None:
    def running_on(request: Request) -> str:
        return f"{RIGHT} 이번에 새로 나온 상품의 매출액은 9백만원입니다."

    answerer, _ = answering(running_on)
    assert answerer.ask(ASKED).verdict.struck
    answerer, _ = answering(running_on, stop_phrases=["이번에"])
    answer = answerer.ask(ASKED)
    assert (answer.text, answer.verdict.status, answer.verdict.struck) == (RIGHT, "verified", ())


def test_closing_ends_the_generator(answering: Answering) -> None:
    answerer, generator = answering(lambda request: RIGHT)
    answerer.close()
    assert generator.closed


def test_a_level_is_told_in_the_prompt_as_its_rows_tell_it(answering: Answering, tmp_path: Path) -> None:
    (tmp_path / "easy.txt").write_text("쉬운 말로 적으세요.\n", encoding="utf-8")
    section = {"초급": {"instruction": "easy.txt", "top_k": 1}}
    answerer, generator = answering(lambda request: RIGHT)
    answerer.preparer.wording = replace(answerer.preparer.wording, levels=load_levels(section, tmp_path))
    assert answerer.ask(Inquiry(text=ASKED, level="초급")).text == RIGHT and answerer.ask(ASKED).text == RIGHT
    asked, plain = generator.requests
    settings = RowSettings(dataset="demo", instruction=INSTRUCTION, decline_text=DECLINE, top_k=2, lines_per_passage=3,
                           facts_per_document=1, unanswerable_share=0.0, single_passage_share=0.0, seed=1, templates={},
                           synonyms={"매출액": ["매출", "판매고"]}, levels=answerer.levels)
    level = settings.levels["초급"]
    chunks = [hit.chunk for hit in answerer.prepare(ASKED).hits]
    row = make_row(prefix="demo", kind="fact", instruction=level.instruct(INSTRUCTION), question=ASKED, output=RIGHT,
                   passages=quote(ASKED, chunks, settings, level), source="", level="초급")
    assert f"### 지시\n{asked.content}\n### 출력\n" == build_prompt(row.instruction, row.input)
    assert asked.content.startswith(f"{INSTRUCTION} 쉬운 말로 적으세요.\n") and "[2]" not in asked.content
    assert plain.content.startswith(f"{INSTRUCTION}\n")
    with pytest.raises(ConfigError, match="there is no level '고급'"):
        answerer.ask(Inquiry(text=ASKED, level="고급"))
