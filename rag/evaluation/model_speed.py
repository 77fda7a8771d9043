"""How fast a model is on this machine, without retrieval: loading, reading prompts, writing, batches, memory.

    mundap eval --speed configs/demo/chat.yaml

Reading (prefill) and writing (decode) are told apart: reading ends with the first token. Every number is the median of
repeats with the lowest and highest beside. Prompts are made sentences of a known number of tokens, so that models and
domains compare; how long the model writes is its own choice, which is why rates and not times are told.
"""

from __future__ import annotations

import json
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from mundap import devices, provenance
from mundap.errors import GenerationError
from mundap.generator import Decoding, Generation, Request
from mundap.generator.chat_recipe import read_chat
from mundap.generator.local import LocalGenerator
from mundap.paths import home, show
from mundap.recipe import Recipe
from rag.evaluation.speed import peak_bytes

Say = Callable[[str], None]

LENGTHS = (64, 256, 512)   # prompt tokens
BATCHES = (1, 4, 8, 12)
BATCH_LENGTH = 256
REPEATS, LOADS = 3, 3
TOKENS = 48                # the most an answer may have
_ASK = "\n\n질문: 위의 내용을 처음부터 끝까지 차례대로 옮겨 적어 주세요."


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number: what and at which size ("256 tokens", "batch of 4"), its unit, and the values of every repeat."""

    name: str
    at: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the middle value."""
        return statistics.median(self.values)

    @property
    def told(self) -> str:
        """Return the number as it is shown: median (lowest to highest)."""
        low, high = min(self.values), max(self.values)
        shown = f"{self.median:,.2f}" if self.unit == "s" else f"{self.median:,.1f}"
        return shown if low == high else f"{shown} ({low:,.2f} to {high:,.2f})" if self.unit == "s" \
            else f"{shown} ({low:,.1f} to {high:,.1f})"


def run(recipe: Recipe, *, lengths: Sequence[int] = LENGTHS, batches: Sequence[int] = BATCHES, repeats: int = REPEATS,
        loads: int = LOADS, tokens: int = TOKENS, say: Say = lambda line: None) -> tuple[list[Measure], Path]:
    """Measure a chat recipe's model and write reports/speed-<name>.json and .md; return the measures and the .md.

    Raises:
        ConfigError, ModelError: the recipe is wrong, or its model is not there.
        LaunchError, ResourceError, GenerationError: the model does not load, or fails.
    """
    before = machine()
    chat = read_chat(recipe.values, recipe.project)
    name = " + ".join(show(each, recipe.project) for each in (chat.model, *chat.adapters))
    generator = LocalGenerator(chat, name, batch_size=max(batches, default=1))
    try:
        measures = [loading(generator, loads, say)]
        facts = dict(generator.facts)
        measures += measure(generator, lengths=lengths, batches=batches, repeats=repeats, tokens=tokens, say=say)
    finally:
        generator.close()
    stem = f"{recipe.path.parent.name}-{recipe.path.stem}"
    file = home(recipe.project) / "reports" / f"speed-{stem}.md"
    told = {"model": name, "facts": facts, "recipe": recipe.name, "machine": before,
            "max_new_tokens": tokens, "versions": provenance.versions(),
            "measures": [asdict(one) | {"median": one.median} for one in measures]}
    provenance.write_text(file.with_suffix(".json"), json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    provenance.write_text(file, markdown(measures, f"{name} ({facts['device']}, {facts['dtype']})", before, tokens))
    return measures, file


def loading(generator: LocalGenerator, loads: int, say: Say) -> Measure:
    """Return how long the model takes to be ready, its process included; it is loaded after this."""
    found: list[float] = []
    for at in range(max(loads, 1)):
        generator.close()
        began = time.perf_counter()
        generator.start()
        found.append(time.perf_counter() - began)
        say(f"  loaded {at + 1} of {max(loads, 1)} times: {found[-1]:.1f} s")
    return Measure(name="load", at="", unit="s", values=tuple(found))


def measure(generator: LocalGenerator, *, lengths: Sequence[int] = LENGTHS, batches: Sequence[int] = BATCHES,
            repeats: int = REPEATS, tokens: int = TOKENS, say: Say = lambda line: None) -> list[Measure]:
    """Return first token, reading, writing, batches and memory of a model; lengths beyond its context are left out.

    Raises:
        GenerationError: the model fails on a prompt.
    """
    generator.start()
    room = int(generator.facts.get("context") or max((*lengths, BATCH_LENGTH)) + tokens) - tokens
    lengths, decoding = [length for length in lengths if length <= room], Decoding(max_new_tokens=tokens)
    length_of_batches = min(BATCH_LENGTH, room)
    one_at_a_time(generator, prompt(generator, min(length_of_batches, 64)), decoding)   # warms up, not counted
    began, steps, found, done = time.perf_counter(), (len(lengths) + len(batches)) * repeats, list[Measure](), 0
    for length in lengths:
        request = prompt(generator, length)
        found += _of_one(f"{length} tokens", [one_at_a_time(generator, request, decoding) for _ in range(repeats)])
        done += repeats
        say(_left(done, steps, time.perf_counter() - began))
    many = [prompt(generator, length_of_batches, seed=1000 * at) for at in range(max(batches, default=0))]
    for size in batches:
        found += _of_batch(f"batch of {size}", [_batch(generator, many[:size], decoding) for _ in range(repeats)])
        done += repeats
        say(_left(done, steps, time.perf_counter() - began))
    memory = [("memory at most", peak_bytes(generator.pid)), ("GPU memory at most", generator.gpu_peak_bytes())]
    return [*found, *(Measure(name=name, at="", unit="MiB", values=(size / 2**20,)) for name, size in memory if size)]


def prompt(generator: LocalGenerator, length: int, seed: int = 0) -> Request:
    """Return a made question that a model reads as length tokens, or as few less as its tokenizer allows.

    Raises:
        GenerationError: the chat template alone is longer.
    """
    lines = [f"{at + 1}. 가온누리 {seed + at}호의 {2000 + at % 25}년 매출액은 {(seed + at) * 137 + 211:,}백만원이다."
             for at in range(length)]
    text = "\n".join(lines)

    def asked(characters: int) -> Request:
        return Request(content=text[:characters] + _ASK)

    def size(characters: int) -> int:
        return len(generator.render([asked(characters)])[0])

    low, high = 0, len(text)
    while high - low > 1:   # the longest beginning of the text that still fits
        middle = (low + high) // 2
        low, high = (middle, high) if size(middle) <= length else (low, middle)
    return asked(low)


def one_at_a_time(generator: LocalGenerator, request: Request, decoding: Decoding) -> Generation:
    """Return one streamed answer; its times are from the asking.

    Raises:
        GenerationError: the answer broke off.
    """
    with generator.stream(request, decoding) as pieces:
        for _ in pieces:
            pass
        if pieces.generation is None:
            raise GenerationError("the model's answer ended before it was complete.", fix="Measure again.")
        return pieces.generation


def _batch(generator: LocalGenerator, requests: Sequence[Request], decoding: Decoding) -> tuple[list[Generation], float]:
    """Return the answers to requests asked at once, and the seconds they took together."""
    began = time.perf_counter()
    return generator.generate(requests, decoding), time.perf_counter() - began


def _of_one(at: str, answers: Sequence[Generation]) -> list[Measure]:
    first = [answer.first_token_s for answer in answers]
    reading = [answer.prompt_tokens / answer.first_token_s for answer in answers if answer.first_token_s]
    writing = [(answer.completion_tokens - 1) / (answer.seconds - answer.first_token_s) for answer in answers
               if answer.seconds > answer.first_token_s]
    return _measures(at, (("first token", "s", first), ("reading", "tokens/s", reading), ("writing", "tokens/s", writing)))


def _of_batch(at: str, runs: Sequence[tuple[Sequence[Generation], float]]) -> list[Measure]:
    """Return a batch's measures; its prompts share their start, so reading ends with the first token of all."""
    rate = [60 * len(answers) / seconds for answers, seconds in runs]
    reading, writing = [], []
    for answers, _ in runs:
        read_s, end_s = max(one.first_token_s for one in answers), max(one.seconds for one in answers)
        reading += [sum(one.prompt_tokens for one in answers) / read_s] if read_s else []
        writing += [sum(one.completion_tokens - 1 for one in answers) / (end_s - read_s)] if end_s > read_s else []
    return _measures(at, (("answers", "a minute", rate), ("reading", "tokens/s", reading), ("writing", "tokens/s", writing)))


def _measures(at: str, found: Sequence[tuple[str, str, Sequence[float]]]) -> list[Measure]:
    return [Measure(name=name, at=at, unit=unit, values=tuple(values)) for name, unit, values in found if values]


def table_rows(measures: Sequence[Measure]) -> list[tuple[str, str, str, str]]:
    """Return the measures as rows of a table, the first its head."""
    return [("what", "at", "median (lowest to highest)", "unit"),
            *((one.name, one.at, one.told, one.unit) for one in measures)]


def markdown(measures: Sequence[Measure], name: str, told: Mapping[str, str], tokens: int) -> str:
    """Return the report as Markdown."""
    head, *rows = table_rows(measures)
    lines = [f"# Speed of {name}", "", "; ".join(f"{key}: {value}" for key, value in told.items()), "",
             "| " + " | ".join(head) + " |", "|---|---|---:|---|", *("| " + " | ".join(row) + " |" for row in rows)]
    return "\n".join([*lines, "", "Reading ends with the first token; writing is all after it. "
                      f"An answer has at most {tokens} tokens.", ""])


def machine() -> dict[str, str]:
    """Return what of this machine decides its speed: system, processors, memory, GPUs and what else runs on it."""
    usable = getattr(psutil.Process(), "cpu_affinity", lambda: ())() or range(psutil.cpu_count() or 1)
    return {"system": f"{platform.system()} {platform.machine()}", "processors": f"{_processor()}, {len(usable)} usable",
            "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
            "gpu": ", ".join(f"{gpu.name} ({gpu.total_bytes / 2**30:.0f} GiB)" for gpu in devices.gpus()) or "none",
            "load before": " ".join(f"{one:.1f}" for one in psutil.getloadavg())}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        named = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        named = ""
    return named or platform.processor() or "unknown"


def _left(done: int, steps: int, seconds: float) -> str:
    return f"  {done}/{steps} runs, {seconds:.0f} s, {(steps - done) * seconds / max(done, 1):.0f} s left"
