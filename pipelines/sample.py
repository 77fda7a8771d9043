"""Which documents of a large corpus rows are made from, so that memory does not grow with the corpus.

Companies take turns, each giving one document a round, in an order that the seed decides; a corpus below the limit is
taken whole. Question-answer pairs are rows already and do not count.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict

from pipelines.corpus import Corpus


def sample(corpus: Corpus, limit: int | None, seed: int) -> set[str] | None:
    """Return the doc_ids to use, at most limit of current documents beside the pairs, or None for all."""
    pairs = {doc_id for doc_id, kept in corpus.kept.items() if kept.made.pair}
    if limit is None or len(corpus.kept) - len(pairs) <= limit:
        return None
    current = sorted((doc_id for doc_id in corpus.kept if doc_id not in pairs and doc_id not in corpus.superseded),
                     key=lambda doc_id: _order(seed, doc_id))
    by_company: dict[str, list[str]] = defaultdict(list)
    for doc_id in current:
        by_company[corpus.kept[doc_id].made.company].append(doc_id)
    companies = sorted(by_company, key=lambda company: _order(seed, company))
    rounds = ((turn, at, doc_id) for at, company in enumerate(companies)
              for turn, doc_id in enumerate(by_company[company]))
    return pairs | {doc_id for _, _, doc_id in sorted(rounds)[:limit]}


def _order(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()
