"""From a question to a verified answer: retrieve, quote, generate, check, and once more on the best line if the check fails.

The model writes every figure; the code only decides what it reads, strikes, repairs a citation, or declines. The steps
are functions of their own, so that one question can stream while a thousand are generated in batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk
from mundap.day import iso
from mundap.errors import GenerationError
from mundap.generator import Decoding, Generation, Generator, decoding_of, open_generator
from mundap.levels import EASIEST, Level
from mundap.prompt import Passage
from mundap.tail import without_tail
from mundap.terms import explain
from rag.checks.verify import Policy, Verdict, verify
from rag.inquiry import Inquiry
from rag.prepare import Prepared, Preparer
from rag.search.filters import Filters
from rag.search.hit import Hit
from rag.search.retrieve import Retriever


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """One numbered reference of an answer: the chunk, and which of its lines carry the answer.

    amended names the document that has taken its place since, "" where it still holds.
    """

    number: int
    chunk: Chunk
    lines: tuple[str, ...]
    amended: str = ""

    @property
    def label(self) -> str:
        """Return the citation as shown: the document and its section, its date, and what amended it since."""
        day = iso(self.chunk.date)
        dated = f"{self.chunk.citation} ({day})" if day else self.chunk.citation
        return f"{dated}, 이후 정정됨: {self.amended}" if self.amended else dated


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as shown, and everything that led to it. timings_s: retrieve, first_token, generate, verify, total.

    question is the whole one that was answered; what of it was taken from the talk before is in carried. level is the
    one answered at ("" for none), level_reason why it was chosen where the asker left it open. filters, assumed, dropped
    and suggestions are as in Prepared. terms are (term, meaning) of rag.yaml's glossary, to be shown beside an answer at
    the easiest level: people's words, no part of the checked text.
    """

    question: str
    text: str
    verdict: Verdict
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    passages: tuple[Passage, ...]
    filters: Filters = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    dropped: Filters = field(default_factory=dict)
    suggestions: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    level: str = ""
    level_reason: str = ""
    terms: tuple[tuple[str, str], ...] = ()
    as_of: int | None = None
    model_text: str = ""
    attempts: int = 0
    finish_reason: str = ""    # of the model's last try: "stop", "length" or "cancelled"; "" where no model was asked
    timings_s: Mapping[str, float] = field(default_factory=dict)
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def declined(self) -> bool:
        """Return whether the answer says that the documents do not hold it."""
        return self.verdict.status == "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """A piece of text as the model writes it, before any check. A second attempt writes anew what the first wrote."""

    text: str
    attempt: int = 1


class Answerer:
    """Answers questions for one rag.yaml. Holds the retriever and the generator; close() ends the generator's process."""

    def __init__(self, recipe: Mapping[str, Any], project: Path, retriever: Retriever, generator: Generator,
                 *, levers: bool = True) -> None:
        generation = recipe["generation"]
        self.retriever = retriever
        self.preparer = Preparer(recipe, project, retriever)
        self.generator = generator
        self.levers = levers
        self.decline_text: str = recipe["prompt"]["decline_text"]
        self.policy: Policy = recipe["verification"]["policy"]
        self.retries: int = generation["retries"]
        self.decoding = decoding_of(generation)

    @classmethod
    def open(cls, recipe: Mapping[str, Any], project: Path) -> Answerer:
        """Return an answerer with the recipe's own index and model.

        Raises:
            IndexMismatch: the index is missing or was built with other settings.
            ModelError: the model is missing.
        """
        retriever = Retriever.open(recipe, project)
        return cls(recipe, project, retriever, open_generator(recipe["generation"], project))

    def prepare(self, asked: str | Inquiry, chunks: Sequence[Chunk] | None = None) -> Prepared:
        """Return the question with its passages: retrieved, or of the chunks given (an evaluation's true ones).

        Raises:
            ConfigError: the recipe has no such level.
        """
        return self.preparer.prepare(Inquiry(text=asked) if isinstance(asked, str) else asked, chunks)

    def decoding_at(self, name: str) -> Decoding:
        """Return how an answer at a level is decoded: as the recipe says, no longer than the level allows."""
        level = self.levels.get(name)
        return replace(self.decoding, max_new_tokens=level.max_new_tokens) if level and level.max_new_tokens else self.decoding

    def decoding_for(self, prepared: Prepared) -> Decoding:
        """Return how a prepared question is decoded: as at its level, but for what the asker chose."""
        decoding = self.decoding_at(prepared.level)
        if prepared.max_new_tokens is not None:
            decoding = replace(decoding, max_new_tokens=prepared.max_new_tokens)
        return decoding if prepared.temperature is None else replace(decoding, temperature=prepared.temperature)

    def second_try(self, prepared: Prepared, verdict: Verdict) -> Prepared | None:
        """Return the question with its best evidence alone, when the first answer was declined though there is some."""
        return self.preparer.narrowed(prepared) if verdict.status == "declined" and self.levers else None

    def judge(self, prepared: Prepared, generation: Generation) -> Verdict:
        """Return the verdict on the model's text; without levers nothing is struck, though citations are still set right."""
        text = without_tail(generation.text) if generation.finish_reason == "length" else generation.text
        return verify(prepared.question, text, prepared.passages,
                      decline_text=self.decline_text, policy=self.policy if self.levers else "flag",
                      told=self.preparer.told(prepared))

    def stream(self, asked: str | Inquiry) -> Iterator[Delta | Answer]:
        """Yield the model's text as it comes, then the verified answer, which replaces it."""
        prepared = self.prepare(asked)
        if not prepared.answerable and self.levers:
            yield self._declined(prepared)
            return
        attempts, first_token, spent = 0, 0.0, 0.0
        current: Prepared | None = prepared
        while current is not None:
            attempts += 1
            with self.generator.stream(self.preparer.request(current), self.decoding_for(current)) as pieces:
                for piece in pieces:
                    yield Delta(text=piece, attempt=attempts)
                generation = _complete(pieces.generation)
            first_token = first_token or generation.first_token_s
            spent += generation.seconds
            verdict = self.judge(current, generation)
            used, current = current, (self.second_try(current, verdict) if attempts <= self.retries else None)
        yield self._answer(used, verdict, generation, attempts, {"first_token": first_token, "generate": spent})

    def ask(self, asked: str | Inquiry) -> Answer:
        """Return the verified answer to one question."""
        return self.ask_many([self.prepare(asked)])[0]

    def ask_many(self, prepared: Sequence[Prepared], batch: int = 16) -> list[Answer]:
        """Return the verified answers to prepared questions, in their order, generated in batches."""
        answers: dict[int, Answer] = {}
        spent: dict[int, float] = dict.fromkeys(range(len(prepared)), 0.0)
        waiting = []
        for at, one in enumerate(prepared):
            if one.answerable or not self.levers:
                waiting.append((at, one))
            else:
                answers[at] = self._declined(one)
        for attempt in range(1, self.retries + 2):
            again = []
            for decoding, part in self._batches(waiting, batch):
                requests = [self.preparer.request(one) for _, one in part]
                for (at, one), generation in zip(part, self.generator.generate(requests, decoding), strict=True):
                    verdict = self.judge(one, generation)
                    narrower = self.second_try(one, verdict) if attempt <= self.retries else None
                    spent[at] += generation.seconds
                    first_token = answers[at].timings_s["first_token"] if at in answers else generation.first_token_s
                    answers[at] = self._answer(one, verdict, generation, attempt,
                                               {"first_token": first_token, "generate": spent[at]})
                    if narrower:
                        again.append((at, narrower))
            waiting = again
        return [answers[at] for at in range(len(prepared))]

    @property
    def levels(self) -> Mapping[str, Level]:
        """Return the levels the recipe has, by name."""
        return self.preparer.levels

    def close(self) -> None:
        """End the generator's process, if it has one, and let go of the index."""
        self.generator.close()
        self.retriever.close()

    def _batches(self, waiting: Sequence[tuple[int, Prepared]], size: int
                 ) -> Iterator[tuple[Decoding, Sequence[tuple[int, Prepared]]]]:
        """Yield the questions in parts that share their decoding: levels differ in how long an answer may be."""
        kinds: dict[Decoding, list[tuple[int, Prepared]]] = {}
        for one in waiting:
            kinds.setdefault(self.decoding_for(one[1]), []).append(one)
        for decoding, those in kinds.items():
            for start in range(0, len(those), size):
                yield decoding, those[start : start + size]

    def _declined(self, prepared: Prepared) -> Answer:
        verdict = Verdict(text=self.decline_text, status="declined")
        return Answer(**_told(prepared), text=verdict.text, verdict=verdict, citations=(),
                      timings_s={"retrieve": prepared.retrieve_s, "total": prepared.retrieve_s})

    def _answer(self, prepared: Prepared, verdict: Verdict, generation: Generation, attempts: int,
                timings: Mapping[str, float]) -> Answer:
        by_number = {passage.number: passage for passage in prepared.passages}
        by_id = {hit.chunk.chunk_id: hit.chunk for hit in prepared.hits}
        citations = tuple(
            Citation(number=number, chunk=by_id[by_number[number].chunk_id],
                     lines=tuple(by_number[number].lines[at] for of, at in verdict.lines if of == number),
                     amended=self.retriever.amendment(by_id[by_number[number].chunk_id]))
            for number in verdict.citations if by_number[number].chunk_id in by_id)
        return Answer(**_told(prepared), text=verdict.text, verdict=verdict, citations=citations,
                      terms=explain(verdict.text, self.preparer.terms) if prepared.level == EASIEST and citations else (),
                      model_text=generation.text, attempts=attempts, finish_reason=generation.finish_reason,
                      prompt_tokens=generation.prompt_tokens, completion_tokens=generation.completion_tokens,
                      timings_s={"retrieve": prepared.retrieve_s, **timings,
                                 "total": prepared.retrieve_s + timings["generate"]})


def _told(prepared: Prepared) -> dict[str, Any]:
    """Return what an answer says of how its question was understood."""
    return {"question": prepared.question.text, "hits": prepared.hits, "passages": prepared.passages,
            "filters": prepared.filters, "assumed": prepared.assumed, "dropped": prepared.dropped,
            "suggestions": prepared.suggestions, "carried": prepared.carried, "level": prepared.level,
            "level_reason": prepared.level_reason, "as_of": prepared.as_of}


def _complete(generation: Generation | None) -> Generation:
    if generation is None:
        raise GenerationError("the model's answer ended before it was complete.", fix="Ask again.")
    return generation

