"""From a question to what the model is sent: understood, retrieved, narrowed to lines, packed. Calls no language model.

What a question leaves open is settled here, and said: the question before it lends its names, the newest year is meant
where none is named, the level and the domain's system prompt follow from its words and from what was found.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk
from mundap.context import fitted, focus
from mundap.followup import complete
from mundap.foreign_text import one_line
from mundap.generator import Request
from mundap.levels import Level, choose
from mundap.names import alike
from mundap.paths import resolve
from mundap.prompt import Passage, build_input, user_content
from mundap.question import Question, Synonyms, analyse, canonical
from mundap.synonyms import load_synonyms
from mundap.terms import load_terms
from mundap.token_count import token_counter
from rag.checks.evidence import find, narrow, subject
from rag.inquiry import Inquiry
from rag.search.cross_encoder import CrossEncoder
from rag.search.filters import Filters
from rag.search.hit import Hit
from rag.search.rerank import rerank
from rag.search.retrieve import Retriever
from rag.wording import CATEGORY, Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A question ready for the model: how it was understood, what was found, and the passages its prompt quotes.

    filters narrowed the search, assumed names those of them the question did not state (the newest year), dropped would
    have left nothing. suggestions are names of the index that an unknown one may have been meant for. top_k, max_new_tokens
    and temperature are as in Inquiry.
    """

    question: Question
    hits: tuple[Hit, ...] = ()
    passages: tuple[Passage, ...] = ()
    filters: Filters = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    dropped: Filters = field(default_factory=dict)
    suggestions: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()   # what of the question was taken from the one before it
    level: str = ""       # the level answered at, "" for none
    level_reason: str = ""
    as_of: int | None = None
    answerable: bool = False      # some passage names what the question names; else the model is not asked
    retrieve_s: float = 0.0
    system: str = ""      # the system message, "" for none
    prefix: str = ""      # how the answer must begin; only on a second try
    top_k: int | None = None
    max_new_tokens: int | None = None
    temperature: float | None = None


class Preparer:
    """Prepares the questions of one rag.yaml."""

    def __init__(self, recipe: Mapping[str, Any], project: Path, retriever: Retriever) -> None:
        prompt, retrieval = recipe["prompt"], recipe["retrieval"]
        self.retriever = retriever
        self.top_k: int = retrieval["top_k"]
        self.lines: int = prompt["lines_per_passage"]
        self.context_tokens: int | None = prompt.get("context_tokens")
        self.whole_sections: bool = retrieval.get("expand_sections", False)
        self.wording = Wording.of(recipe, project)
        self.terms = load_terms(recipe.get("terms"), project)
        self.synonyms: Synonyms = load_synonyms(recipe.get("synonyms"), project)
        reranker = retrieval.get("reranker")
        self.cross_encoder = CrossEncoder(resolve(reranker, project)) if reranker else None
        self._tokenizer = resolve(recipe["index"]["embedding_model"], project)
        self._years = next((name for name, values in retriever.vocabulary.items()
                            if values and all(isinstance(value, int) for value in values)), "")

    @property
    def levels(self) -> Mapping[str, Level]:
        """Return the levels the recipe has, by name."""
        return self.wording.levels

    def prepare(self, inquiry: Inquiry, chunks: Sequence[Chunk] | None = None) -> Prepared:
        """Return the question with its passages: retrieved, or of the chunks given (an evaluation's true ones).

        Raises:
            ConfigError: the recipe has no such level.
        """
        started = time.perf_counter()
        before = inquiry.before[-1] if inquiry.before else ""
        whole = complete(inquiry.text, before, self.retriever.vocabulary, self.synonyms)
        chosen = choose(inquiry.level, (*inquiry.before, inquiry.text), self.levels, self.terms)
        common = Prepared(question=self._understood(whole.text, inquiry), carried=whole.carried, as_of=inquiry.as_of,
                          level=chosen.level.name if chosen.level else "", level_reason=chosen.reason, top_k=inquiry.top_k,
                          max_new_tokens=inquiry.max_new_tokens, temperature=inquiry.temperature)
        if chunks is not None:
            found = self._packed(common, list(chunks))
        else:
            found = self._retrieved(common)
            if whole.guessed and not found.answerable:
                found = self._by_itself(found, inquiry) or found
            found = self._of_newest_year(found, inquiry) or found
        return replace(found, retrieve_s=time.perf_counter() - started, suggestions=self._meant(found),
                       system=self.wording.system_of(found.question.filters, found.hits))

    def request(self, prepared: Prepared) -> Request:
        """Return what the model is sent: the bytes a training row of the same passages has."""
        given = build_input(prepared.passages, prepared.question.text)
        return Request(content=user_content(self.wording.instruct(prepared.level), given), system=prepared.system,
                       prefix=one_line(prepared.prefix))

    def told(self, prepared: Prepared) -> str:
        """Return all that a prompt says of its own: the system message and the instruction, its level's wording included."""
        return "\n".join(filter(None, (prepared.system, self.wording.instruct(prepared.level))))

    def narrowed(self, prepared: Prepared) -> Prepared | None:
        """Return the question with its best evidence alone; None where there is none."""
        passages = tuple(narrow(prepared.question, prepared.passages))
        if not passages:
            return None
        return replace(prepared, passages=passages, prefix=subject(passages[0].lines) if len(passages) == 1 else "")

    def _understood(self, text: str, inquiry: Inquiry, year: int | None = None) -> Question:
        question = analyse(text, self.retriever.vocabulary, self.synonyms, year=year)
        kept = {name: values for name, values in question.filters.items() if name not in inquiry.without}
        return replace(question, filters=kept)

    def _retrieved(self, asked: Prepared) -> Prepared:
        """Return the question with the hits of the index, in the order of their lines, and its passages."""
        question = asked.question
        searched = canonical(question.text, self.synonyms)
        found = self.retriever.search(searched, top_k=self.retriever.candidates, filters=question.filters, as_of=asked.as_of)
        hits: Sequence[Hit] = found.hits
        if self.cross_encoder:
            hits = self.cross_encoder.rerank(searched, hits)
        hits = rerank(question, hits)
        if self.whole_sections:
            hits = self._widened(hits)
        return self._packed(replace(asked, hits=tuple(hits), filters=found.filters, dropped=found.dropped),
                            [hit.chunk for hit in hits])

    def _packed(self, asked: Prepared, chunks: Sequence[Chunk]) -> Prepared:
        """Return the question with the passages its prompt quotes, within its level's number and budget of tokens."""
        level = self.levels.get(asked.level)
        top_k, budget = self.top_k, self.context_tokens
        if level is not None:
            top_k, budget = level.top_k or top_k, level.context_tokens or budget
        passages = focus(asked.question.text, chunks, top_k=asked.top_k or top_k, lines=self.lines, synonyms=self.synonyms)
        if budget:
            passages = fitted(passages, budget, self._count)
        return replace(asked, passages=tuple(passages), answerable=bool(find(asked.question, passages)))

    def _by_itself(self, found: Prepared, inquiry: Inquiry) -> Prepared | None:
        """Return the question without what was carried into it, where documents of no such name answer it; else None.

        After "가온의 매출액은?", "상속 등기는 언제까지 하나요?" is not about 가온. Another company's documents are left out:
        its figure would be taken for 가온's.
        """
        question = self._understood(inquiry.text, inquiry)
        alone = self._retrieved(replace(found, question=question, carried=()))
        carried = found.question.filters.keys() - question.filters.keys()
        hits = tuple(hit for hit in alone.hits if not any(hit.chunk.metadata.get(name) for name in carried))
        alone = self._packed(replace(alone, hits=hits), [hit.chunk for hit in hits])
        return alone if alone.answerable else None

    def _of_newest_year(self, found: Prepared, inquiry: Inquiry) -> Prepared | None:
        """Return the question asked of the newest year, where it names no year and a year's figure answers it; else None.

        "가온의 매출액은?" is answered by any year's line; which of them is shown must not be left to the model.
        """
        question = found.question
        if question.years or not self._years or self._years in inquiry.without:
            return None
        if not (question.computing or _figure_answers(found)):
            return None
        year = self.retriever.newest(self._years, found.filters, found.as_of)
        if year is None:
            return None
        again = self._retrieved(replace(found, question=self._understood(question.text, inquiry, year)))
        return replace(again, assumed=(self._years,)) if _figure_answers(again) else None

    def _widened(self, hits: Sequence[Hit]) -> list[Hit]:
        """Return the first hits with their whole section for text, a section once; question-and-answer pairs stay alone."""
        said: set[str] = set()
        widened = []
        for hit in hits:
            section = self.retriever.section(hit.chunk)
            if hit.chunk.metadata.get("kind") == "qa" or len(section) < 2:
                widened.append(hit)
            elif hit.chunk.parent_id not in said:
                said.add(hit.chunk.parent_id)
                widened.append(replace(hit, chunk=replace(hit.chunk, text=_joined(section))))
        return widened

    def _meant(self, found: Prepared) -> tuple[str, ...]:
        """Return names of the index that the question's unknown words are like."""
        names = [str(value) for field_name, values in self.retriever.vocabulary.items() if field_name != CATEGORY
                 for value in values if isinstance(value, str)]
        return tuple(dict.fromkeys(name for word in found.question.unknown for name in alike(word, names)))

    @cached_property
    def _count(self) -> Callable[[str], int]:
        return token_counter(self._tokenizer)


def _figure_answers(prepared: Prepared) -> bool:
    """Return whether the best evidence is a line that states a figure."""
    found = find(prepared.question, prepared.passages)
    return bool(found) and found[0].line is not None


def _joined(section: Sequence[Chunk]) -> str:
    """Return a section's text, each line once: chunks of one table repeat its heading."""
    return "\n".join(dict.fromkeys(line for chunk in section for line in chunk.text.splitlines()))
