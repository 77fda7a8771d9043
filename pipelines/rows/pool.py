"""Everything rows are made from, indexed: current chunks, their facts, and which company reports which item when.

Superseded chunks and facts are left out at the door: no row quotes or asks about them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from mundap.chunk import Chunk
from pipelines.facts import PlacedFact
from pipelines.rows.askable import compact, period
from pipelines.split import Part

Synonyms = Mapping[str, Sequence[str]]
Subject = tuple[str, int, str, str]  # company, fiscal year, part of the year ("" = all of it), compact item


class Pool:
    """The current chunks and facts of a corpus. Lists keep document order; an index by item uses compact labels."""

    def __init__(self, chunks: Iterable[Chunk], facts: Iterable[PlacedFact], parts: Mapping[str, Part],
                 synonyms: Synonyms) -> None:
        self.synonyms = synonyms
        self.parts = parts
        current = [chunk for chunk in chunks if not chunk.superseded_by and not chunk.metadata.get("superseded")]
        self.chunks = {chunk.chunk_id: chunk for chunk in current if chunk.level == "child"}
        self._sections: dict[str, list[str]] = defaultdict(list)  # company -> whole sections, nil cells included
        for chunk in current:
            if chunk.level == "parent":
                self._sections[str(chunk.metadata.get("company", ""))].append(chunk.text)
        self.facts = [fact for fact in facts if not fact.superseded and fact.chunk_id in self.chunks]
        self._keys: dict[str, str] = {}
        self.by_subject: dict[Subject, list[PlacedFact]] = defaultdict(list)
        self.by_chunk: dict[str, list[PlacedFact]] = defaultdict(list)
        self.by_company: dict[str, dict[str, Chunk]] = defaultdict(dict)
        self.by_item: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        self.by_item_chunks: dict[str, dict[str, Chunk]] = defaultdict(dict)
        for fact in self.facts:
            self._index(fact)

    def key(self, item: str) -> str:
        """Return the compact form of a label, synonyms resolved."""
        if item not in self._keys:
            self._keys[item] = compact(item, self.synonyms)
        return self._keys[item]

    def subject(self, fact: PlacedFact) -> Subject:
        """Return what the fact is a figure of, basis aside."""
        return fact.company, fact.fiscal_year, period(fact), self.key(fact.item)

    def facts_of(self, doc_id: str) -> list[PlacedFact]:
        """Return a document's current facts in order."""
        return self._by_document.get(doc_id, [])

    def documents(self, part: Part) -> list[str]:
        """Return the documents with current facts on one side of the split, in order."""
        return [doc_id for doc_id in self._by_document if self.parts.get(doc_id) == part]

    def spread(self, fact: PlacedFact) -> int:
        """Return how many companies report the fact's item, itself included."""
        return len(self.by_item[self.key(fact.item)])

    def in_part(self, chunk: Chunk, part: Part) -> bool:
        """Return whether the chunk's document is on the given side of the split."""
        return self.parts.get(chunk.doc_id) == part

    def companies(self, part: Part) -> list[str]:
        """Return the companies with facts on one side of the split, in order met."""
        return list(dict.fromkeys(fact.company for fact in self.facts if self.parts.get(fact.doc_id) == part))

    def mentions(self, company: str, item: str) -> bool:
        """Return whether the company's documents, tables and prose, name every word of the item or of a synonym of it.

        Words, since a label made of a heading and a row ("현금흐름표 퇴직급여") stands nowhere in one piece.
        """
        if company not in self._texts:
            self._texts[company] = re.sub(r"\s+", "", "\n".join(self._sections.pop(company, [])))
        names = [item, *(name for term, others in self.synonyms.items() if self.key(item) == compact(term)
                         for name in (term, *others))]
        return any(all(word in self._texts[company] for word in name.split()) for name in names)

    def _index(self, fact: PlacedFact) -> None:
        chunk = self.chunks[fact.chunk_id]
        self.by_subject[self.subject(fact)].append(fact)
        self.by_chunk[fact.chunk_id].append(fact)
        self.by_company[fact.company][fact.chunk_id] = chunk
        self.by_item[self.key(fact.item)][fact.company].add(fact.fiscal_year)
        self.by_item_chunks[self.key(fact.item)][fact.chunk_id] = chunk

    @cached_property
    def _by_document(self) -> dict[str, list[PlacedFact]]:
        found: dict[str, list[PlacedFact]] = defaultdict(list)
        for fact in self.facts:
            found[fact.doc_id].append(fact)
        return found

    @cached_property
    def _texts(self) -> dict[str, str]:
        return {}
