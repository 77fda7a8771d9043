"""The speed of a model: rates from known times, prompts of known lengths, a report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from mundap.generator import Decoding, Generation, OnDone, Request, Stream
from mundap.generator.chat_recipe import ChatModel
from mundap.generator.local import LocalGenerator
from mundap.recipe import load
from rag.evaluation import model_speed
from rag.evaluation.model_speed import Measure, markdown, measure, prompt, table_rows

READ, WRITE, TEMPLATE, CONTEXT = 200.0, 20.0, 6, 400   # tokens a second, and the template's own tokens


class Known(LocalGenerator):
    """A model that reads and writes at known rates (twice as fast together), with a token for each character; no process."""

    def __init__(self, context: int = CONTEXT) -> None:
        super().__init__(ChatModel(model=Path("/nowhere")), "known")
        self.context = context
        self.asked: list[int] = []
        self.starts = 0

    @property
    def pid(self) -> int | None:
        return None

    @property
    def facts(self) -> dict[str, object]:
        return {"context": self.context, "device": "cpu", "dtype": "float32"}

    def start(self) -> None:
        self.starts += 1

    def close(self) -> None:
        """Nothing runs."""

    def gpu_peak_bytes(self) -> int:
        return 3 << 20

    def render(self, requests: Sequence[Request]) -> list[list[int]]:
        return [[0] * (TEMPLATE + len(request.content)) for request in requests]

    def stream(self, request: Request, decoding: Decoding) -> Stream:
        def words(stream: Stream) -> object:
            stream.generation = self._answer(request, decoding, 1.0)
            yield "답"

        return Stream(words)  # type: ignore[arg-type]

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_done: OnDone | None = None) -> list[Generation]:
        self.asked.append(len(requests))
        return [self._answer(request, decoding, len(requests) / (2.0 if len(requests) > 1 else 1.0)) for request in requests]

    def _answer(self, request: Request, decoding: Decoding, times: float) -> Generation:
        tokens, written = TEMPLATE + len(request.content), decoding.max_new_tokens
        assert tokens + written <= self.context
        first = times * tokens / READ
        return Generation(text="답", finish_reason="length", prompt_tokens=tokens, completion_tokens=written,
                          first_token_s=first, seconds=first + times * (written - 1) / WRITE)


def of(found: Sequence[Measure], name: str, at: str) -> Measure:
    [one] = [one for one in found if (one.name, one.at) == (name, at)]
    return one


def test_rates_come_from_reading_and_writing_apart() -> None:
    told: list[str] = []
    found = measure(Known(), lengths=(64, 256), batches=(1, 4), repeats=3, tokens=11, say=told.append)
    assert of(found, "reading", "256 tokens").values == pytest.approx((READ,) * 3)
    assert of(found, "writing", "64 tokens").median == pytest.approx(WRITE)
    assert of(found, "first token", "256 tokens").median == pytest.approx(256 / READ)
    assert of(found, "reading", "batch of 4").median == pytest.approx(2 * READ)
    assert of(found, "writing", "batch of 4").median == pytest.approx(2 * WRITE)
    assert len(of(found, "answers", "batch of 4").values) == 3 and of(found, "GPU memory at most", "").values == (3.0,)
    assert told[-1].startswith("  12/12 runs") and "0 s left" in told[-1]


def test_batches_are_of_their_size_and_lengths_beyond_the_context_are_left_out() -> None:
    generator = Known(context=150)
    found = measure(generator, lengths=(64, 256), batches=(1, 4, 12), repeats=1, tokens=11)
    assert generator.asked == [1, 4, 12] and {one.at for one in found} >= {"64 tokens", "batch of 12"}
    assert not [one for one in found if one.at == "256 tokens"]


@pytest.mark.parametrize("length", [64, 256, 391])
def test_a_made_prompt_has_the_length_asked_for(length: int) -> None:
    generator = Known()
    [ids] = generator.render([prompt(generator, length)])
    assert len(ids) == length
    assert prompt(generator, length) != prompt(generator, length, seed=7), "prompts of a batch differ"


def test_a_measure_is_told_as_its_median_with_lowest_and_highest() -> None:
    assert Measure(name="x", at="", unit="s", values=(3.0, 1.0, 2.0)).told == "2.00 (1.00 to 3.00)"
    assert Measure(name="x", at="", unit="tokens/s", values=(1234.5,)).told == "1,234.5"
    rows = table_rows([Measure(name="load", at="", unit="s", values=(1.0,))])
    assert rows[1] == ("load", "", "1.00", "s")
    report = markdown([Measure(name="load", at="", unit="s", values=(1.0,))], "m", {"system": "Linux"}, 48)
    assert "| load |  | 1.00 | s |" in report and "system: Linux" in report and "at most 48 tokens" in report


def test_a_run_writes_both_reports(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = Known()
    monkeypatch.setattr(model_speed, "LocalGenerator", lambda *words, **options: known)
    monkeypatch.setattr(model_speed, "read_chat", lambda values, project: ChatModel(model=project / "exports/demo"))
    recipe = load(project / "configs/demo/chat.yaml", kind="chat")
    measures, file = model_speed.run(recipe, lengths=(64,), batches=(1,), repeats=1, loads=2, tokens=8)
    assert file == project / "reports" / "speed-demo-chat.md" and file.read_text().startswith("# Speed of exports/demo (cpu")
    kept = json.loads(file.with_suffix(".json").read_text())
    assert len(kept["measures"]) == len(measures) and kept["machine"]["processors"] and kept["facts"]["context"] == CONTEXT
    assert [one["name"] for one in kept["measures"]][0] == "load" and len(kept["measures"][0]["values"]) == 2
    assert known.starts == 3
