"""Latency and first token of questions asked one at a time, over a real index and with a model that takes its time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mundap.generator import Request, Stream
from rag.answer import Answerer
from rag.evaluation.speed import measure_sample, peak_bytes, percentiles
from rag.indexing.build import open_index
from rag.inquiry import Inquiry
from rag.search.retrieve import Retriever
from tests.rag.hashing_embedder import HashingEmbedder
from tests.rag.scripted_generator import ScriptedGenerator
from tests.rag.small_index import built
from tests.rag.test_answer import ASKED, CHUNKS, RIGHT, whole_recipe

FIRST_S, REST_S = 0.05, 0.1


class Slow(ScriptedGenerator):
    """A scripted model whose first word and whose rest take a known time."""

    def _words(self, stream: Stream, text: str) -> Iterator[str]:
        time.sleep(FIRST_S)
        for at, word in enumerate(super()._words(stream, text)):
            if at == 1:
                time.sleep(REST_S)
            yield word


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[tuple[Answerer, Slow]]:
    embedder = HashingEmbedder()
    built(tmp_path, CHUNKS, embedder)
    made, generator = whole_recipe(tmp_path), Slow(lambda request: RIGHT)
    answerer = Answerer(made, tmp_path, Retriever(open_index(made, tmp_path, embedder), embedder, made), generator)
    yield answerer, generator
    answerer.retriever.close()


def test_a_sample_is_timed_by_the_clock_of_the_person_who_asks(slow: tuple[Answerer, Slow]) -> None:
    answerer, generator = slow
    speed = measure_sample(answerer, [Inquiry(text=ASKED)] * 3)
    assert speed.asked == 3 and len(generator.requests) == 4, "the first one warms up and is not counted"
    assert FIRST_S <= speed.first_token_s["p50"] <= FIRST_S + 0.5 and speed.first_token_s["p50"] <= speed.first_token_s["p95"]
    assert speed.latency_s["p50"] >= FIRST_S + REST_S and speed.latency_s["p95"] >= speed.latency_s["p50"]
    # The script says 5 tokens, the first after 0.25 s and the last after 0.5 s: 4 tokens in 0.25 s.
    assert speed.tokens_per_s == pytest.approx(16.0)
    assert speed.peak_bytes == 0 and answerer.generator is generator


def test_a_question_declined_without_the_model_counts_for_latency_alone(slow: tuple[Answerer, Slow]) -> None:
    answerer, generator = slow
    speed = measure_sample(answerer, [Inquiry(text="가온누리전자의 2021년 매출액은?")] * 2)
    assert speed.asked == 2 and generator.requests == []
    assert speed.first_token_s == {} and 0 < speed.latency_s["p50"] < FIRST_S + REST_S and speed.tokens_per_s == 0.0
    assert measure_sample(answerer, []).asked == 0


def test_a_second_attempt_counts(slow: tuple[Answerer, Slow]) -> None:
    answerer, generator = slow

    def failing_first(request: Request) -> str:
        return f"{request.prefix} 1,234백만원입니다. [1]" if request.prefix else "매출액은 345백만원입니다. [1]"

    generator.reply = failing_first
    speed = measure_sample(answerer, [Inquiry(text=ASKED)])
    assert speed.latency_s["p50"] >= 2 * (FIRST_S + REST_S) and speed.first_token_s["p50"] < FIRST_S + REST_S


def test_percentiles_are_between_neighbours() -> None:
    assert percentiles([]) == {} and percentiles([2.0]) == {"p50": 2.0, "p95": 2.0}
    assert percentiles([float(at) for at in range(1, 102)]) == pytest.approx({"p50": 51.0, "p95": 96.0})


def test_the_most_memory_a_process_held_is_told_after_it_was_given_back() -> None:
    code = "held = bytearray(80 << 20); del held; print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline()
        if Path("/proc/self/status").exists():
            assert 80 << 20 < peak_bytes(child.pid) < 300 << 20
        child.communicate(b"\n")
    assert peak_bytes(child.pid) == 0 and peak_bytes(None) == 0 and peak_bytes(os.getpid()) > 0
