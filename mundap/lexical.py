"""The lexical index: BM25 over Korean morphemes, so that a name, an article or a figure is found by its letters.

Texts are compared in NFC; thousands separators are taken out of numbers, so "1,234" is found by "1234". Words without
content (particles, endings) are no terms. Does not know what a chunk is: ids and texts in, ids and scores out.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mundap.errors import ConfigError, IndexMismatch, MissingExtra
from mundap.korean import morphemes, morphemes_of, nfc

if TYPE_CHECKING:
    import numpy as np
    from bm25s import BM25
    from numpy.typing import NDArray

IDS_FILE = "ids.json"
WORDS_FILE = "words.json"   # the user dictionary; questions must be taken apart as the texts were
# Source: Kamphuis et al. 2020, "Which BM25 do you mean?": Lucene's form, whose idf is never negative.
METHOD = "lucene"
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


class LexicalIndex:
    """BM25 scores of texts by id. Two indexes of the same ids and texts are the same, byte for byte."""

    def __init__(self, ids: Sequence[str], bm25: BM25, words: tuple[str, ...] = ()) -> None:
        self.ids = tuple(ids)
        self.words = words
        self._bm25 = bm25

    @classmethod
    def build(cls, ids: Sequence[str], texts: Iterable[str], k1: float = 1.5, b: float = 0.75,
              words: tuple[str, ...] = ()) -> LexicalIndex:
        """Return the index of texts; ids and texts go in pairs. words: a user dictionary (mundap.korean.morphemes)."""
        vocabulary: dict[str, int] = {}
        rows = [[vocabulary.setdefault(term, len(vocabulary)) for term in map(_plain, found)]
                for found in morphemes_of(texts, words)]
        if len(rows) != len(ids):
            raise ValueError(f"{len(ids)} ids for {len(rows)} texts")
        bm25 = _bm25_class()(k1=k1, b=b, method=METHOD)
        if vocabulary:  # bm25s cannot index a corpus without a single term; such an index finds nothing
            # Ids of our own, in order of appearance: bm25s would number terms in the order of a set.
            bm25.index((rows, vocabulary), show_progress=False)
        return cls(ids, bm25, words)

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """Return the index saved in a folder.

        Raises:
            IndexMismatch: there is none, or a file of it is damaged.
        """
        try:
            ids = json.loads((folder / IDS_FILE).read_text(encoding="utf-8"))
            words = tuple(json.loads((folder / WORDS_FILE).read_text(encoding="utf-8")))
            bm25 = _bm25_class().load(folder) if (folder / "params.index.json").is_file() else _bm25_class()()
        except (OSError, ValueError, KeyError) as error:
            raise IndexMismatch(f"the BM25 index cannot be read: {error}", where=str(folder),
                                fix="Build it again with: mundap index <recipe>") from error
        return cls(ids, bm25, words)

    def save(self, folder: Path) -> None:
        """Write the index to a folder by way of a temporary one, so that a half-written index is never loaded."""
        temporary = folder.with_name(folder.name + ".tmp")
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        if self._indexed:
            self._bm25.save(temporary, show_progress=False)
        (temporary / IDS_FILE).write_text(json.dumps(self.ids, ensure_ascii=False), encoding="utf-8")
        (temporary / WORDS_FILE).write_text(json.dumps(self.words, ensure_ascii=False), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(temporary, folder)

    def scores(self, query: str) -> NDArray[np.float32]:
        """Return every text's score, in the order of the ids; 0 for a text that holds no word of the query."""
        import numpy as np

        known = self._bm25.vocab_dict if self._indexed else {}
        terms = [known[term] for term in map(_plain, morphemes(query, self.words)) if term in known]
        if not terms:
            return np.zeros(len(self.ids), dtype=np.float32)
        return np.asarray(self._bm25.get_scores_from_ids(terms), dtype=np.float32)

    def nearest(self, query: str, wanted: int) -> list[str]:
        """Return the ids of the texts that hold a word of the query, best first; of equal ones the first indexed."""
        import numpy as np

        scores = self.scores(query)
        order = np.argsort(-scores, kind="stable")[:wanted]
        return [self.ids[at] for at in order if scores[at] > 0]

    @property
    def _indexed(self) -> bool:
        return hasattr(self._bm25, "scores")


def _plain(term: str) -> str:
    return term.replace(",", "") if _NUMBER.fullmatch(term) else term


def _bm25_class() -> Any:
    try:
        from bm25s import BM25
    except ImportError as error:
        raise MissingExtra("Lexical search", "rag", "bm25s") from error
    return BM25


def load_words(path: Path) -> tuple[str, ...]:
    """Return the words of a user dictionary file: one a line, blank lines and lines that begin with # left out.

    Raises:
        ConfigError: the file is missing, or a word holds a blank.
    """
    if not path.is_file():
        raise ConfigError("there is no such file.", where=str(path), fix="Fix index.dictionary, or add the file.")
    lines = [nfc(line.strip()) for line in path.read_text(encoding="utf-8").splitlines()]
    words = tuple(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    broken = next((word for word in words if len(word.split()) > 1), None)
    if broken is not None:
        raise ConfigError(f"{broken!r} holds a blank: a dictionary holds one word a line.", where=str(path),
                          fix="Write it without blanks; the documents' own spacing is found all the same.")
    return words
