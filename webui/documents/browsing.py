"""The documents of an index as a library: listed, found by title or text, opened to their passages.

Made of the chunks that are indexed, so that what is shown is what answers are made of; files on disk are not read. Does
not rank: that is the retriever's, and `explained` only says how it came to its hits. Knows nothing of HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mundap.chunk import Chunk
from mundap.korean import morphemes, nfc
from rag.indexing.passages import is_superseded
from rag.search.filters import Filters
from rag.search.retrieve import Retriever

PAGE = 20                # documents, or passages of one, on a page
_BLANKS = re.compile(r"\s+")
_HANGUL = re.compile("[가-힣]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One document. date is YYYYMMDD, 0 for none; amended names what has taken its place, "" where it still holds.

    said is what it begins with where its title does not tell it from others: a question of a table of questions.
    """

    doc_id: str
    title: str
    doc_type: str
    date: int
    chunks: tuple[Chunk, ...]
    superseded: bool
    amended: str
    url: str
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of a list: the entries with how many of their passages hold the words, and how many there are in all."""

    entries: tuple[tuple[Entry, int], ...]
    total: int
    page: int
    pages: int


class Library:
    """The documents of a retriever's index, the newest first."""

    def __init__(self, retriever: Retriever) -> None:
        by_document: dict[str, list[Chunk]] = {}
        for chunk in retriever.index.chunks.values():
            by_document.setdefault(chunk.doc_id, []).append(chunk)
        entries = [_entry(doc_id, chunks, retriever) for doc_id, chunks in by_document.items()]
        self.entries = tuple(sorted(entries, key=lambda one: (-one.date, one.title, one.doc_id)))
        self.chunks = sum(len(one.chunks) for one in self.entries)
        self._by_id = {one.doc_id: one for one in self.entries}

    def get(self, doc_id: str) -> Entry | None:
        """Return a document, or None where there is no such one."""
        return self._by_id.get(doc_id)

    def find(self, words: str, page: int = 1) -> Found:
        """Return a page of the documents whose title or text holds what is written; those that say it in their title first.

        Case and blanks do not matter. Nothing written finds everything.
        """
        wanted = _squeezed(words)
        if not wanted:
            return _page([(one, 0) for one in self.entries], page)
        found = []
        for one in self.entries:
            count = sum(wanted in _squeezed(chunk.text) for chunk in one.chunks)
            titled = wanted in _squeezed(f"{one.title} {one.doc_type}")
            if count or titled:
                found.append((one, count, titled))
        found.sort(key=lambda one: not one[2])
        return _page([(one, count) for one, count, _ in found], page)


def part(entry: Entry, page: int) -> tuple[Sequence[Chunk], int, int]:
    """Return a page of a document's passages, the number of the page and how many there are; out of range is the nearest."""
    pages = max(1, -(-len(entry.chunks) // PAGE))
    at = min(max(page, 1), pages)
    return entry.chunks[(at - 1) * PAGE: at * PAGE], at, pages


def page_of(entry: Entry, chunk_id: str) -> int:
    """Return which page of a document a passage is on; 1 where it is not there."""
    at = next((at for at, chunk in enumerate(entry.chunks) if chunk.chunk_id == chunk_id), 0)
    return at // PAGE + 1


def words_of(question: str, filters: Filters) -> list[str]:
    """Return the words of a question to mark in what was found: names, nouns and figures, no single syllables.

    What a filter holds stands in every hit, so it is marked only where there is nothing else to mark.
    """
    found = [term for term in morphemes(question) if len(term) > 1 or not _HANGUL.search(term)]
    known = _squeezed("".join(str(value) for values in filters.values() for value in values))
    telling = [term for term in found if _squeezed(term) not in known]
    return sorted(dict.fromkeys(telling or found), key=len, reverse=True)


def formula(settings: Mapping[str, Any]) -> tuple[str, str]:
    """Return how a recipe's `retrieval:` joins the two scores: the name of the fusion, and the weight of the cosine."""
    return str(settings["fusion"]), f"{settings.get('dense_weight', 1):g}"


def _entry(doc_id: str, chunks: Iterable[Chunk], retriever: Retriever) -> Entry:
    own = tuple(chunks)
    first = own[0]
    outdated = [chunk for chunk in own if is_superseded(chunk)]
    whole = len(outdated) == len(own)
    return Entry(doc_id=doc_id, title=first.breadcrumbs.split(" > ")[0] or doc_id, date=first.date, chunks=own,
                 doc_type=str(first.metadata.get("doc_type") or ""), superseded=whole,
                 amended=retriever.amendment(outdated[0]) if whole else "", url=str(first.metadata.get("url") or ""),
                 said=first.text.splitlines()[0] if first.metadata.get("kind") == "qa" and first.text else "")


def _page(found: Sequence[tuple[Entry, int]], page: int) -> Found:
    pages = max(1, -(-len(found) // PAGE))
    at = min(max(page, 1), pages)
    return Found(entries=tuple(found[(at - 1) * PAGE: at * PAGE]), total=len(found), page=at, pages=pages)


def _squeezed(text: str) -> str:
    return _BLANKS.sub("", nfc(text)).casefold()
