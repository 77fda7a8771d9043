"""The local generator over the tiny model: batches, streams, stopping, dying, coming back."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from mundap.errors import GenerationError, LaunchError
from mundap.generator import Decoding, Generation, Generator, Request, open_generator
from mundap.generator.local import LocalGenerator

pytestmark = pytest.mark.slow    # each test starts processes of its own, or loads a model

QUESTIONS = ["가나다", "매출액은 얼마인가? 답 1234원", "질문", "하나 둘 셋 넷 다섯 여섯 일곱", "힣"]
REQUESTS = [Request(content=question) for question in QUESTIONS]


def local(model: Path, **settings: object) -> Generator:
    """Return a generator over a model folder; nothing starts yet."""
    return open_generator({"chat": {"model_name_or_path": str(model)}, "threads": 1, **settings}, model)


def test_the_worker_sees_no_secret(generator: LocalGenerator) -> None:
    environ = Path(f"/proc/{generator.pid}/environ")
    if not environ.exists():
        pytest.skip("this system has no /proc")
    assert b"hunter2" not in environ.read_bytes()  # it was in ours when the fixture started the worker


def test_a_batch_gives_what_each_request_gives_alone(generator: Generator, short: Decoding) -> None:
    heard: dict[int, Generation] = {}
    batch = generator.generate(REQUESTS, short, heard.__setitem__)
    alone = [generator.generate([request], short)[0] for request in REQUESTS]
    assert [each.text for each in batch] == [each.text for each in alone]
    assert [each.prompt_tokens for each in batch] == [each.prompt_tokens for each in alone]
    assert len({each.text for each in batch}) > 1
    assert [heard[index] for index in range(len(REQUESTS))] == batch
    assert all(0 < each.first_token_s <= each.seconds for each in batch)


def test_no_request_is_an_empty_list(generator: Generator, short: Decoding) -> None:
    assert generator.generate([], short) == []


def test_streamed_pieces_join_to_the_generated_text(generator: Generator, short: Decoding) -> None:
    stream = generator.stream(REQUESTS[1], short)
    pieces = list(stream)
    [whole] = generator.generate([REQUESTS[1]], short)
    assert "".join(pieces) == whole.text
    assert stream.generation is not None
    assert stream.generation.text == whole.text
    assert stream.generation.completion_tokens == whole.completion_tokens
    assert whole.finish_reason == "length"
    assert whole.completion_tokens == short.max_new_tokens


def test_a_stop_string_and_what_follows_are_cut(generator: Generator, short: Decoding) -> None:
    [free] = generator.generate([REQUESTS[0]], short)
    stop = free.text[4:6]
    cut = Decoding(max_new_tokens=24, stop=(stop,))
    [stopped] = generator.generate([REQUESTS[0]], cut)
    assert stopped.text == free.text[: free.text.find(stop)]
    assert stopped.finish_reason == "stop"
    assert "".join(generator.stream(REQUESTS[0], cut)) == stopped.text


def test_sampling_repeats_with_its_seed_and_changes_with_another(generator: Generator) -> None:
    def sample(seed: int) -> str:
        return generator.generate([REQUESTS[0]], Decoding(max_new_tokens=24, temperature=1.5, seed=seed))[0].text

    assert sample(1) == sample(1)
    assert sample(1) != sample(2)


def test_the_penalty_leaves_the_first_token_alone_whatever_the_prompt_holds(generator: Generator) -> None:
    free = generator.generate(REQUESTS, Decoding(max_new_tokens=1))
    # A prompt that already holds the token the model wants must not make it less likely.
    asked = [Request(content=request.content + one.text) for request, one in zip(REQUESTS, free, strict=True)]
    plain = generator.generate(asked, Decoding(max_new_tokens=1))
    penalised = generator.generate(asked, Decoding(max_new_tokens=1, repetition_penalty=50.0))
    assert [each.text for each in plain] == [each.text for each in penalised]


def test_the_penalty_does_count_what_was_generated(generator: Generator) -> None:
    [plain] = generator.generate([REQUESTS[0]], Decoding(max_new_tokens=60))
    [penalised] = generator.generate([REQUESTS[0]], Decoding(max_new_tokens=60, repetition_penalty=50.0))
    assert len(set(penalised.text)) > len(set(plain.text))


def test_a_prompts_tokens_are_those_it_is_answered_from(generator: LocalGenerator, short: Decoding) -> None:
    rendered = generator.render(REQUESTS)
    answers = generator.generate(REQUESTS, short)
    assert [len(ids) for ids in rendered] == [each.prompt_tokens for each in answers]
    assert len(set(map(tuple, rendered))) == len(REQUESTS)
    plain = generator.tokens([request.content for request in REQUESTS])
    assert all(0 < len(text) < len(ids) for text, ids in zip(plain, rendered, strict=True)), "without the template's marks"
    assert generator.render([]) == generator.tokens([]) == []
    with pytest.raises(GenerationError, match="context"):
        generator.render([Request(content="가" * 20_000)])
    assert generator.gpu_peak_bytes() >= 0 and generator.facts["context"] > 0 and "event" not in generator.facts


def test_closing_a_stream_cancels_it_at_once(generator: Generator, endless: Decoding, short: Decoding) -> None:
    stream = generator.stream(REQUESTS[0], endless)
    next(stream)
    began = time.monotonic()
    stream.close()
    generator.generate([REQUESTS[0]], short)
    assert time.monotonic() - began < 10
    assert list(stream) == []


def test_streams_of_several_threads_do_not_mix(generator: Generator, short: Decoding) -> None:
    texts: dict[int, str] = {}
    threads = [threading.Thread(target=lambda at=at: texts.__setitem__(
        at, "".join(generator.stream(REQUESTS[at], short)))) for at in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [texts[at] for at in range(3)] == [each.text for each in generator.generate(REQUESTS[:3], short)]


def test_a_killed_worker_is_reported_and_the_next_request_starts_another(
        generator: LocalGenerator, endless: Decoding, short: Decoding) -> None:
    [before] = generator.generate([REQUESTS[0]], short)
    stream = generator.stream(REQUESTS[0], endless)
    next(stream)
    assert generator.pid is not None
    os.kill(generator.pid, signal.SIGKILL)
    with pytest.raises(GenerationError, match=r"worker process was killed \(SIGKILL; often memory running out\)"):
        list(stream)
    assert generator.generate([REQUESTS[0]], short)[0].text == before.text


def test_a_prompt_that_does_not_fit_fails_alone(generator: Generator, short: Decoding) -> None:
    heard: dict[int, Generation] = {}
    with pytest.raises(GenerationError) as raised:
        generator.generate([REQUESTS[0], Request(content="가" * 5000), REQUESTS[1]], short, heard.__setitem__)
    assert sorted(heard) == [0, 2]
    assert str(raised.value).startswith(
        "generation: request 2 of 3 failed (2 were answered): the prompt has 5016 tokens and 24 may be generated, "
        "but the model's context is 4096 tokens.")


def test_a_lone_surrogate_fails_and_the_worker_lives_on(generator: LocalGenerator, short: Decoding) -> None:
    generator.start()
    pid = generator.pid
    with pytest.raises(GenerationError):
        generator.generate([Request(content="\ud800")], short)
    assert generator.generate([REQUESTS[0]], short)
    assert generator.pid == pid


def test_closing_frees_the_process_and_a_later_request_starts_another(
        generator: LocalGenerator, short: Decoding) -> None:
    generator.start()
    pid = generator.pid
    assert pid is not None
    generator.close()
    assert generator.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert generator.generate([REQUESTS[0]], short)


def test_a_load_that_takes_too_long_is_ended(tiny_model: Path) -> None:
    generator = local(tiny_model, startup_timeout_s=0.05)
    with pytest.raises(LaunchError, match="not loaded within 0.05 s"):
        generator.start()
