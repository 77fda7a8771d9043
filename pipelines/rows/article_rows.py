"""Rows about articles of terms: questions made from their structure (template), and pairs about them by hand or model.

    input   the article's chunk among hard neighbours of it, and the question
    output  its sentences, naming the article, with the number of the passage: "제15조 제1항에 따르면 … [1]"

A share of the training questions comes again with the article withheld: the output is the decline text alone. The
evaluation declines what no article answers. No model is asked; every answer passes the grounding check against its own
passages.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from mundap.chunk import Chunk
from mundap.grounding import check
from mundap.grounding.sentences import sentence_spans
from mundap.prompt import Passage
from pipelines.rejects import Rejects
from pipelines.rows.article_distractors import Neighbours
from pipelines.rows.article_gold import gold
from pipelines.rows.article_pairs import ArticlePair
from pipelines.rows.article_questions import askings
from pipelines.rows.article_settings import ArticleSettings
from pipelines.rows.article_split import split_articles
from pipelines.rows.distractors import ordered
from pipelines.rows.fact_rows import quote
from pipelines.rows.pool import Pool
from pipelines.rows.row import Row, make_row
from pipelines.rows.settings import RowSettings
from pipelines.rows.unanswerable_rows import share_wanted
from pipelines.split import Part

TEMPLATE = "template"
_FIGURED = frozenset(("figure", "payment", "cell"))   # forms that ask for the very figure of a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A question ready to become a row: its chunk, its answer's sentences without citation, and the lines they rest on."""

    chunk: Chunk
    kind: str
    form: str
    origin: str
    question: str
    sentences: tuple[str, ...]
    lines: tuple[str, ...]
    own_product: bool      # the question names no product: only its own product's passages may stand beside it
    level: str = ""


class ArticleRows:
    """Makes the rows of one part. Chunks are those of articles and annexes, on one side of the split each."""

    def __init__(self, pool: Pool, settings: RowSettings, articles: ArticleSettings, part: Part, rejects: Rejects) -> None:
        chunks = [chunk for chunk in pool.chunks.values() if chunk.metadata.get("part") in ("조", "별표")]
        parts = split_articles(chunks, eval_share=articles.eval_share, seed=settings.seed)
        self.chunks = [chunk for chunk in chunks if parts[chunk.chunk_id] == part]
        self.all_chunks, self.settings, self.articles, self.part, self.rejects = chunks, settings, articles, part, rejects

    def rows(self) -> Iterator[Row]:
        """Yield every row of the part: templates, pairs, then questions whose article is withheld."""
        if not self.chunks:
            return
        told: list[Told] = []
        for one in (*self._templates(), *self._pairs()):
            self.rejects.attempt()
            row = self._declined(one, "not_in_terms") if one.kind == "unanswerable" else self._answered(one)
            if row is not None:
                yield row
                if row.kind != "unanswerable":
                    told.append(one)
        if self.part == "train":    # an evaluation retrieves anew, and would find what the row withholds
            yield from self._withheld(told)

    @cached_property
    def _neighbours(self) -> Neighbours:
        return Neighbours(self.chunks)

    def _templates(self) -> Iterator[Told]:
        for chunk in self.chunks:
            rng = random.Random(f"{self.settings.seed}:article:{chunk.chunk_id}")
            found = askings(chunk)
            taken = sorted(rng.sample(range(len(found)), min(len(found), self.articles.per_chunk)))
            for asking in (found[at] for at in taken):
                wordings = self.articles.wordings[asking.form][self.part]
                question, named = self._of_product(rng.choice(wordings).fill(asking.values), chunk, rng)
                yield Told(chunk=chunk, kind="fact" if asking.form in _FIGURED else "clause", form=asking.form,
                           origin=TEMPLATE, question=question, sentences=asking.sentences, lines=asking.lines,
                           own_product=not named)

    def _pairs(self) -> Iterator[Told]:
        own = {chunk.chunk_id for chunk in self.chunks}
        for pair in self.articles.pairs:
            chunk = self._chunk_of(pair)
            if chunk is None:
                if self.part == "train":
                    self.rejects.attempt()
                    self.rejects.add("no_article", part=self.part, subject=pair.question, detail=f"{pair.where} {pair.cite}")
                continue
            if (chunk.chunk_id in own) if pair.answer else (_side(pair, self.settings.seed) == self.part):
                yield self._told(pair, chunk)

    def _told(self, pair: ArticlePair, chunk: Chunk) -> Told:
        rng = random.Random(f"{self.settings.seed}:pair:{pair.question}")
        question, named = self._of_product(pair.question, chunk, rng)
        sentences = tuple(pair.answer[start:end].strip() for start, end in sentence_spans(pair.answer))
        return Told(chunk=chunk, kind=pair.kind, form=pair.kind, origin=pair.origin, question=question, level=pair.level,
                    sentences=sentences, lines=tuple(chunk.text.splitlines()), own_product=not named)

    def _chunk_of(self, pair: ArticlePair) -> Chunk | None:
        """Return the chunk of the pair's article that its answer follows from, else the first."""
        found = pair.chunks(self.all_chunks)
        for chunk in found[: len(found) if len(found) > 1 else 0]:
            if check(pair.answer, quote(pair.question, [chunk], self.settings)).ok:
                return chunk
        return found[0] if found else None

    def _of_product(self, question: str, chunk: Chunk, rng: random.Random) -> tuple[str, bool]:
        """Return the question, after a mention of its product in the evaluation and in a share of training."""
        product = str(chunk.metadata.get("product", ""))
        named = bool(product) and (self.part == "eval" or rng.random() < self.articles.product_share)
        if not named or product in question:
            return question, product in question
        before = rng.choice(self.articles.wordings["product"][self.part]).fill({"product": product})
        return before + question, True

    def _answered(self, one: Told) -> Row | None:
        rng = random.Random(f"{self.settings.seed}:passages:{one.question}")
        hard = self._neighbours.hard(one.question, one.chunk, one.lines, self.settings.top_k - 1, own_product=one.own_product)
        chunks = ordered(one.chunk, hard, rng)
        passages = quote(one.question, chunks, self.settings)
        number = 1 + chunks.index(one.chunk)
        output = " ".join(f"{sentence} [{number}]" for sentence in one.sentences)
        lines = passages[number - 1].lines
        if not all(_squeezed(line) in _squeezed("".join(lines)) for line in one.lines):
            self._reject("line_not_in_focus", one, one.question)
            return None
        report = check(output, passages)
        if not report.ok or any(claim.derived for claim in report.claims):
            self._reject("not_grounded", one, output)
            return None
        found = gold(one.question, output, lines) if one.kind == "fact" else {}
        kind = "clause" if one.kind == "fact" and not found else one.kind    # a fact is scored by its figure
        return self._row(one, kind, passages, output, gold_chunk=one.chunk.chunk_id, **found)

    def _declined(self, one: Told, reason: str) -> Row | None:
        """Return the question with passages that do not answer it; "not_in_terms": nothing in them does."""
        product = one.own_product
        hard = self._neighbours.hard(one.question, one.chunk, one.lines, self.settings.top_k, own_product=product)
        if reason == "not_in_terms" and one.chunk in self.chunks:
            hard = [one.chunk, *hard][: self.settings.top_k]
        if not hard:
            self._reject("no_withheld_context", one, reason)
            return None
        return self._row(one, "unanswerable", quote(one.question, hard, self.settings), self.settings.decline_text,
                         reason=reason)

    def _withheld(self, told: Sequence[Told]) -> Iterator[Row]:
        order = list(told)
        random.Random(f"{self.settings.seed}:withheld:{self.part}").shuffle(order)
        for one in order[: share_wanted(len(told), self.settings.unanswerable_share)]:
            self.rejects.attempt()
            row = self._declined(one, "withheld")
            if row is not None:
                yield row

    def _row(self, one: Told, kind: str, passages: Sequence[Passage], output: str, **columns: str) -> Row:
        level = self.settings.levels.get(one.level)
        instruction = level.instruct(self.settings.instruction) if level else self.settings.instruction
        return make_row(prefix=self.settings.dataset, kind=kind, instruction=instruction, passages=passages,
                        question=one.question, output=output, source=one.chunk.citation, item=one.form,
                        origin=one.origin, level=one.level, company=str(one.chunk.metadata.get("product", "")), **columns)

    def _reject(self, reason: str, one: Told, detail: str) -> None:
        self.rejects.add(reason, part=self.part, subject=one.question, detail=detail)


def article_rows(pool: Pool, settings: RowSettings, part: Part, rejects: Rejects) -> Iterator[Row]:
    """Yield the rows about articles of a part; none where data.yaml has no rows.articles."""
    if settings.articles is not None:
        yield from ArticleRows(pool, settings, settings.articles, part, rejects).rows()


def _side(pair: ArticlePair, seed: int) -> Part:
    """Return the part of a question that no article answers: half of them go to eval, which has no other to decline."""
    return "eval" if hashlib.sha256(f"{seed}:{pair.question}".encode()).digest()[0] % 2 else "train"


def _squeezed(text: str) -> str:
    return "".join(text.split())
