"""Systems answer the questions, one system after another; every reply is kept as it comes, so that a run may be killed.

Systems that share a model share the process that holds it; it is ended before another model's is begun, which gives
back every byte. What was kept under the same settings, weights, index and prompts is never asked for again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mundap.errors import GenerationError, MundapError
from mundap.foreign_text import one_line
from mundap.generator import Generation, Generator, Request, decoding_of, open_generator
from mundap.prompt import Passage
from rag.answer import Answer, Answerer
from rag.batch import OF_ALL
from rag.checks.verify import declines
from rag.evaluation.asked import Gold, Reply
from rag.evaluation.questions import asked_of
from rag.evaluation.results import Speed
from rag.evaluation.speed import measure_sample, peak_bytes, worker_pid
from rag.evaluation.systems import System
from rag.inquiry import Inquiry
from rag.kept_answers import Keeper, digest, identity, progress, read
from rag.search.retrieve import Retriever

BATCH = 24   # questions handed over at once: a kill loses at most so many replies
_SPEED = "speed"   # the id under which a system's speed is kept beside its replies
_CITED = re.compile(r"\[(\d{1,2})\]")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One system's replies in the questions' order, and its speed."""

    system: System
    replies: tuple[Reply, ...]
    speed: Speed


class Room:
    """Where systems answer: one project, one rag recipe, one retriever, one folder of kept replies."""

    def __init__(self, rag: Mapping[str, Any], project: Path, retriever: Retriever, folder: Path, say: Say) -> None:
        self.rag = rag
        self.project = project
        self.retriever = retriever
        self.folder = folder
        self.say = say

    def answer(self, systems: Sequence[System], golds: Sequence[Gold], *, speed_sample: int = 0) -> Iterator[Answered]:
        """Yield each system's replies; a model is loaded once for systems that follow each other with it.

        Raises:
            ModelError, ConfigError: a system's model cannot be loaded.
        """
        with _Loaded(self) as loaded:
            for system in systems:
                yield self._answered(system, golds, speed_sample, loaded)

    def kept(self, system: System) -> Path:
        """Return the file of a system's replies: its name holds all that shapes them."""
        shaped = [system.context, system.levers, identity(system.recipe(self.rag), self.retriever.index.manifest, self.project)]
        return self.folder / "answers" / f"{digest(shaped)[:16]}.jsonl"

    def _answered(self, system: System, golds: Sequence[Gold], speed_sample: int, loaded: _Loaded) -> Answered:
        path = self.kept(system)
        done = read(path)
        asked = asked_of(golds, system.context)
        left = [gold for gold in asked if not _answered_before(done.get(gold.id), gold)]
        self.say(f"{system.name}: {len(asked)} questions" + (f", {len(asked) - len(left)} answered before"
                                                              if len(left) < len(asked) else ""))
        # How long a person waits is only told of systems that a person could ask: those that retrieve.
        wanted = speed_sample if system.context == "retrieved" else 0
        sample = asked[:: max(1, len(asked) // wanted)][:wanted] if wanted else []
        timed = bool(sample) and (_SPEED not in done or done[_SPEED]["speed"]["asked"] < len(sample))
        if left or timed:
            generator = loaded.model_of(system)
            answerer = Answerer(system.recipe(self.rag), self.project, self.retriever, generator,
                                levers=system.levers)
            with Keeper(path) as keeper:
                self._ask(answerer, system, left, keeper, done)
                if timed:
                    self._time(answerer, sample, keeper, done)
                self._keep(keeper, done, {"id": "peak", "bytes": peak_bytes(worker_pid(generator))})
        replies = tuple(_reply(done[gold.id]["reply"]) for gold in asked)
        return Answered(system=system, replies=replies, speed=_speed(done, asked))

    def _ask(self, answerer: Answerer, system: System, golds: Sequence[Gold], keeper: Keeper, done: dict[str, Any]) -> None:
        started = time.perf_counter()
        for at in range(0, len(golds), BATCH):
            part = golds[at : at + BATCH]
            began = time.perf_counter()
            replies = replies_of(answerer, system, part)
            _require_life(replies, done, system)
            share = (time.perf_counter() - began) / len(part)
            self._keep(keeper, done, *({"id": gold.id, "question": gold.question, "share_s": round(share, 4),
                                        "reply": asdict(reply)} for gold, reply in zip(part, replies, strict=True)))
            self.say(f"  {progress(at + len(part), len(golds), time.perf_counter() - started)}")

    def _time(self, answerer: Answerer, sample: Sequence[Gold], keeper: Keeper, done: dict[str, Any]) -> None:
        """Measure the time a person waits; where an answer fails it stays unknown, and is measured by the next run."""
        try:
            speed = measure_sample(answerer, [_inquiry(gold, answerer) for gold in sample])
        except GenerationError as error:
            self.say(f"  not timed: {error.what}")
            return
        self._keep(keeper, done, {"id": _SPEED, "speed": asdict(speed)})

    def _keep(self, keeper: Keeper, done: dict[str, Any], *records: dict[str, Any]) -> None:
        keeper.keep(records)
        done.update({record["id"]: record for record in records})


class _Loaded:
    """The model that is loaded now, if any."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._key: Mapping[str, Any] | None = None
        self._generator: Generator | None = None

    def __enter__(self) -> _Loaded:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def model_of(self, system: System) -> Generator:
        """Return a system's generator; another system's model is ended first."""
        if self._generator is None or system.model != self._key:
            self._end()
            # Generated together: writing reads the whole model for every token, however many answers it writes at once.
            size = {"batch_size": self._room.rag["generation"].get("batch_size") or BATCH}
            local = system.generation["generator"] == "local"
            self._generator = open_generator({**system.generation, **(size if local else {})}, self._room.project)
            self._key = system.model
            self._generator.start()   # else its loading would count as the first questions' time, and only this system's
        return self._generator

    def _end(self) -> None:
        if self._generator is not None:
            self._generator.close()   # and not the answerer: the index is the next system's too
            self._generator = None


def _require_life(replies: Sequence[Reply], done: Mapping[str, Any], system: System) -> None:
    """End the run where a system's model has answered nothing yet: one that is down would only be asked in vain.

    Raises:
        GenerationError: every question the model was asked so far has failed.
    """
    asked = [reply for reply in replies if reply.error or reply.attempts]
    alive = any(one["reply"]["attempts"] for one in done.values() if "reply" in one)
    if asked and all(reply.error for reply in asked) and not alive:
        raise GenerationError(f"none of {len(asked)} questions was answered: {asked[0].error}", where=system.name,
                              fix="Mend that, and run it again: what other systems answered is kept.")


def replies_of(answerer: Answerer, system: System, golds: Sequence[Gold]) -> list[Reply]:
    """Return a system's replies to some questions, generated together; a question that fails alone has an error instead.

    Raises:
        IndexMismatch, LaunchError, MissingExtra, ModelError: the next question would fail as well.
    """
    try:
        return _replies(answerer, system, golds)
    except OF_ALL:
        raise
    except MundapError as error:
        if len(golds) == 1:
            return [Reply(text="", error=str(error))]
        return [reply for gold in golds for reply in replies_of(answerer, system, [gold])]


def _replies(answerer: Answerer, system: System, golds: Sequence[Gold]) -> list[Reply]:
    retriever = answerer.retriever
    if system.context == "none":
        requests = [Request(content=one_line(gold.question)) for gold in golds]
        generations = answerer.generator.generate(requests, decoding_of(system.generation))
        return [_bare(one, gold, retriever, answerer.decline_text) for one, gold in zip(generations, golds, strict=True)]
    prepared = [answerer.prepare(_inquiry(gold, answerer),
                                 [retriever.chunk(name) for name in gold.chunks] if system.context == "oracle" else None)
                for gold in golds]
    answers = answerer.ask_many(prepared, BATCH)
    return [_said(answer, gold, retriever, answerer.decline_text, system)
            for answer, gold in zip(answers, golds, strict=True)]


def _inquiry(gold: Gold, answerer: Answerer) -> Inquiry:
    level = gold.groups.get("level", "")
    return Inquiry(text=gold.question, level=level if level in answerer.levels else "")


def _answered_before(kept: Mapping[str, Any] | None, gold: Gold) -> bool:
    """Return whether a kept record is a reply to this question: an id that was given to another question is asked again."""
    return kept is not None and kept.get("question") == gold.question and not kept["reply"]["error"]


def _bare(generation: Generation, gold: Gold, retriever: Retriever, decline_text: str) -> Reply:
    text = generation.text.strip()
    return Reply(text=text, model_text=generation.text, declined=declines(text, decline_text),
                 sources=_sources(gold.chunks, retriever), retrieved=False, attempts=1, finish_reason=generation.finish_reason,
                 prompt_tokens=generation.prompt_tokens, completion_tokens=generation.completion_tokens,
                 first_token_s=generation.first_token_s, seconds=generation.seconds)


def _said(answer: Answer, gold: Gold, retriever: Retriever, decline_text: str, system: System) -> Reply:
    """Return an answer as a reply; without levers what the model wrote stands as it is."""
    text, declined, citations = answer.text, answer.declined, tuple(one.number for one in answer.citations)
    if not system.levers:
        text = answer.model_text.strip()
        declined = declines(text, decline_text)
        citations = tuple(dict.fromkeys(int(number) for number in _CITED.findall(text)))
    quoted = [passage.chunk_id for passage in answer.passages]
    return Reply(text=text, model_text=answer.model_text, declined=declined, citations=citations, passages=answer.passages,
                 found=tuple(hit.chunk.chunk_id for hit in answer.hits), sources=_sources((*quoted, *gold.chunks), retriever),
                 struck=tuple(one.text for one in answer.verdict.struck) if system.levers else (),
                 status=answer.verdict.status if system.levers else "", retrieved=system.context == "retrieved",
                 finish_reason=answer.finish_reason, attempts=answer.attempts,
                 prompt_tokens=answer.prompt_tokens, completion_tokens=answer.completion_tokens,
                 first_token_s=answer.timings_s.get("first_token", 0.0), seconds=answer.timings_s.get("generate", 0.0))


def _sources(names: Sequence[str], retriever: Retriever) -> tuple[str, ...]:
    chunks = [retriever.chunk(name) for name in dict.fromkeys(names) if name]
    return tuple(f"{chunk.breadcrumbs}\n{chunk.citation}\n{chunk.text}" for chunk in chunks)


def _reply(kept: Mapping[str, Any]) -> Reply:
    passages = tuple(Passage(**{**one, "lines": tuple(one["lines"])}) for one in kept["passages"])
    lists = {name: tuple(kept[name]) for name in ("citations", "found", "sources", "struck")}
    return Reply(**{**kept, **lists, "passages": passages})


def _speed(done: Mapping[str, Any], golds: Sequence[Gold]) -> Speed:
    shares = [done[gold.id]["share_s"] for gold in golds]
    own = Speed(**done[_SPEED]["speed"]) if _SPEED in done else Speed()
    return Speed(asked=own.asked, first_token_s=own.first_token_s, latency_s=own.latency_s, tokens_per_s=own.tokens_per_s,
                 answers_per_minute=60 * len(shares) / total if (total := sum(shares)) else 0.0,
                 peak_bytes=max(own.peak_bytes, done.get("peak", {}).get("bytes") or 0))
