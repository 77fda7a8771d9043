"""From a question to a verified answer: retrieve, quote, generate, check, and once more on the best line if the check fails.

The model writes every figure; the code only decides what it reads, strikes, repairs a citation, or declines. The steps
are functions of their own, so that one question can stream while a thousand are generated in batches.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk
from mundap.context import focus
from mundap.errors import ConfigError, GenerationError
from mundap.followup import complete
from mundap.generator import Generation, Generator, Request, decoding_of, open_generator
from mundap.levels import choose, load_levels
from mundap.paths import resolve
from mundap.prompt import Passage, build_input, user_content
from mundap.question import Question, Synonyms, analyse, canonical
from mundap.stop_phrases import cut
from mundap.synonyms import load_synonyms
from rag.evidence import find, narrow, subject
from rag.hit import Hit
from rag.inquiry import Inquiry
from rag.rerank import rerank
from rag.retrieve import Retriever
from rag.verify import Policy, Verdict, verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """One numbered reference of an answer: the chunk, and which of its lines carry the answer."""

    number: int
    chunk: Chunk
    lines: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return the citation as shown: the document, its section, its date."""
        return self.chunk.citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as shown, and everything that led to it. timings_s: retrieve, first_token, generate, verify, total.

    question is the whole one that was answered; what of it was taken from the talk before is in carried. level is the
    one answered at ("" for none), level_reason why it was chosen where the asker left it open.
    """

    question: str
    text: str
    verdict: Verdict
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    passages: tuple[Passage, ...]
    filters: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    carried: tuple[str, ...] = ()
    level: str = ""
    level_reason: str = ""
    as_of: int | None = None
    model_text: str = ""
    attempts: int = 0
    timings_s: Mapping[str, float] = field(default_factory=dict)
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def declined(self) -> bool:
        """Return whether the answer says that the documents do not hold it."""
        return self.verdict.status == "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A question ready for the model: what it asks, what was found, and the passages its prompt quotes."""

    question: Question
    hits: tuple[Hit, ...]
    passages: tuple[Passage, ...]
    filters: Mapping[str, Sequence[Any]]
    answerable: bool      # some passage names what the question names; else the model is not asked
    retrieve_s: float
    prefix: str = ""      # how the answer must begin; only on a second try
    carried: tuple[str, ...] = ()   # what of the question was taken from the one before it
    level: str = ""       # the level answered at, "" for none
    level_reason: str = ""
    as_of: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """A piece of text as the model writes it, before any check. A second attempt writes anew what the first wrote."""

    text: str
    attempt: int = 1


class Answerer:
    """Answers questions for one rag.yaml. Holds the retriever and the generator; close() ends the generator's process."""

    def __init__(self, recipe: Mapping[str, Any], project: Path, retriever: Retriever, generator: Generator,
                 *, levers: bool = True) -> None:
        prompt, generation = recipe["prompt"], recipe["generation"]
        self.retriever = retriever
        self.generator = generator
        self.levers = levers
        self.top_k: int = recipe["retrieval"]["top_k"]
        self.lines: int = prompt["lines_per_passage"]
        self.decline_text: str = prompt["decline_text"]
        self.policy: Policy = recipe["verification"]["policy"]
        self.retries: int = generation["retries"]
        self.instruction = _text(prompt["instruction"], project)
        self.levels = load_levels(recipe.get("levels"), project)
        self.synonyms: Synonyms = load_synonyms(recipe.get("synonyms"), project)
        self.decoding = decoding_of(generation)
        self.stop_phrases: Sequence[str] = generation.get("stop_phrases", ())

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
        started = time.perf_counter()
        inquiry = Inquiry(text=asked) if isinstance(asked, str) else asked
        whole = complete(inquiry.text, inquiry.before[-1] if inquiry.before else "", self.retriever.vocabulary, self.synonyms)
        text, chosen = whole.text, choose(inquiry.level, (*inquiry.before, inquiry.text), self.levels)
        level = chosen.level
        top_k = level.top_k if level and level.top_k else self.top_k
        question = analyse(text, self.retriever.vocabulary, self.synonyms)
        filters: Mapping[str, Sequence[Any]] = {}
        hits: tuple[Hit, ...] = ()
        if chunks is None:
            wanted = {name: values for name, values in question.filters.items() if name not in inquiry.without}
            retrieval = self.retriever.search(canonical(text, self.synonyms), top_k=self.retriever.candidates,
                                              filters=wanted, as_of=inquiry.as_of)
            hits, filters = tuple(rerank(question, retrieval.hits)), retrieval.filters
            chunks = [hit.chunk for hit in hits]
        passages = focus(text, chunks, top_k=top_k, lines=self.lines, synonyms=self.synonyms)
        return Prepared(question=question, hits=hits, passages=tuple(passages), filters=filters, carried=whole.carried,
                        level=level.name if level else "", level_reason=chosen.reason, as_of=inquiry.as_of,
                        answerable=bool(find(question, passages)), retrieve_s=time.perf_counter() - started)

    def request(self, prepared: Prepared) -> Request:
        """Return what the model is sent: the bytes a training row of the same passages has."""
        level = self.levels.get(prepared.level)
        instruction = level.instruct(self.instruction) if level else self.instruction
        return Request(content=user_content(instruction, build_input(prepared.passages, prepared.question.text)),
                       prefix=prepared.prefix)

    def second_try(self, prepared: Prepared, verdict: Verdict) -> Prepared | None:
        """Return the question with its best evidence alone, when the first answer was declined though there is some."""
        if verdict.status != "declined" or not self.levers:
            return None
        passages = tuple(narrow(prepared.question, prepared.passages))
        if not passages:
            return None
        return replace(prepared, passages=passages, prefix=subject(passages[0].lines) if len(passages) == 1 else "")

    def judge(self, prepared: Prepared, generation: Generation) -> Verdict:
        """Return the verdict on the model's text; without levers nothing is struck, though citations are still set right."""
        return verify(prepared.question, cut(generation.text, self.stop_phrases), prepared.passages,
                      decline_text=self.decline_text, policy=self.policy if self.levers else "flag")

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
            with self.generator.stream(self.request(current), self.decoding) as pieces:
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
        waiting = []
        for at, one in enumerate(prepared):
            if one.answerable or not self.levers:
                waiting.append((at, one))
            else:
                answers[at] = self._declined(one)
        for attempt in range(1, self.retries + 2):
            again = []
            for start in range(0, len(waiting), batch):
                part = waiting[start : start + batch]
                for (at, one), generation in zip(part, self._generate(part), strict=True):
                    verdict = self.judge(one, generation)
                    narrower = self.second_try(one, verdict) if attempt <= self.retries else None
                    answers[at] = self._answer(one, verdict, generation, attempt, {"generate": generation.seconds})
                    if narrower:
                        again.append((at, narrower))
            waiting = again
        return [answers[at] for at in range(len(prepared))]

    def close(self) -> None:
        """End the generator's process, if it has one."""
        self.generator.close()

    def _generate(self, part: Sequence[tuple[int, Prepared]]) -> list[Generation]:
        return self.generator.generate([self.request(one) for _, one in part], self.decoding)

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
                     lines=tuple(by_number[number].lines[at] for of, at in verdict.lines if of == number))
            for number in verdict.citations if by_number[number].chunk_id in by_id)
        return Answer(**_told(prepared), text=verdict.text, verdict=verdict, citations=citations,
                      model_text=generation.text, attempts=attempts, prompt_tokens=generation.prompt_tokens,
                      completion_tokens=generation.completion_tokens,
                      timings_s={"retrieve": prepared.retrieve_s, **timings,
                                 "total": prepared.retrieve_s + timings["generate"]})


def _told(prepared: Prepared) -> dict[str, Any]:
    """Return what an answer says of how its question was understood."""
    return {"question": prepared.question.text, "hits": prepared.hits, "passages": prepared.passages,
            "filters": prepared.filters, "carried": prepared.carried, "level": prepared.level,
            "level_reason": prepared.level_reason, "as_of": prepared.as_of}


def _complete(generation: Generation | None) -> Generation:
    if generation is None:
        raise GenerationError("the model's answer ended before it was complete.", fix="Ask again.")
    return generation


def _text(path: str, project: Path) -> str:
    """Return a prompt file's text, without blanks around it."""
    file = resolve(path, project)
    if not file.is_file():
        raise ConfigError("there is no such file.", where=path, fix="Name an existing text file under configs/prompts/.")
    return file.read_text(encoding="utf-8").strip()
