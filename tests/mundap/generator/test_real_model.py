"""The local generator over the starter model, when it has been unpacked: answers, speed, batches."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mundap.generator import Decoding, Generator, Request, open_generator
from mundap.paths import project_root, resolve

MODEL = "models/gemma-3-270m-ko"
FIRST_TOKEN_S = 3.0
LINE = "가온누리전자 2023년 {at}분기 매출액: 1,23{at}백만원, 영업이익: 321백만원\n"

pytestmark = [pytest.mark.slow, pytest.mark.real_home, pytest.mark.timeout(900)]


def request(lines: int, question: str) -> Request:
    """Return a request as the application writes it, with this many quoted lines."""
    passage = "".join(LINE.format(at=at % 4 + 1) for at in range(lines))
    return Request(content=f"다음 문서를 읽고 질문에 답하세요.\n### 입력\n[1] 사업보고서\n{passage}\n질문: {question}")


@pytest.fixture
def real() -> Iterator[Generator]:
    """Return a started generator over the starter model."""
    project = project_root(Path(__file__).parent)
    if not (resolve(MODEL, project) / "config.json").is_file():
        pytest.skip(f"{MODEL} is not there; unpack it with: mundap models")
    opened = open_generator({"chat": {"model_name_or_path": MODEL}}, project)
    opened.start()
    yield opened
    opened.close()


def busy() -> bool:
    """Return whether other programs already use the processors, so that a time says nothing about us."""
    return os.getloadavg()[0] > (os.cpu_count() or 1)


def test_batches_say_what_single_requests_say_and_streams_too(real: Generator) -> None:
    decoding = Decoding(max_new_tokens=24, stop=("\n###",))
    requests = [request(2 + at, f"가온누리전자의 {at + 1}분기 매출액은?") for at in range(4)]
    batch = real.generate(requests, decoding)
    assert [each.text for each in batch] == [real.generate([each], decoding)[0].text for each in requests]
    assert "".join(real.stream(requests[0], decoding)) == batch[0].text
    assert all("\ufffd" not in each.text for each in batch)


def test_the_first_token_comes_soon(real: Generator) -> None:
    was_busy = busy()
    list(real.stream(request(2, "매출액은?"), Decoding(max_new_tokens=2)))
    stream = real.stream(request(8, "매출액은?"), Decoding(max_new_tokens=8))
    began = time.monotonic()
    next(stream)
    waited = time.monotonic() - began
    stream.close()
    if was_busy:
        pytest.skip(f"other programs use this machine; the first token took {waited:.1f} s")
    assert waited < FIRST_TOKEN_S


def test_an_answer_that_runs_on_is_stopped_while_it_is_generated(real: Generator) -> None:
    """Untuned and without a stop string the model goes round in circles; the rules end it sooner, with the same beginning."""
    free, ruled = (Decoding(max_new_tokens=64, stop_repetition=on, stop_script=on) for on in (False, True))
    requests = [Request(content=text) for text in ("매출액은 얼마인가요?", "보험이란 무엇인가요?", "임대차 계약을 설명하세요.")]
    plain, ended = real.generate(requests, free), real.generate(requests, ruled)
    for before, after in zip(plain, ended, strict=True):
        assert before.text.startswith(after.text) and after.text
        assert (before.completion_tokens, before.finish_reason, after.finish_reason) == (64, "length", "stop"), before.text
        assert after.completion_tokens < 40
    stream = real.stream(requests[0], ruled)
    assert "".join(stream) == ended[0].text, "a stream shows nothing that is cut"
    assert stream.generation is not None and stream.generation.completion_tokens == ended[0].completion_tokens
