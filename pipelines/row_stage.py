"""The rows of a run: made, sifted, train and eval kept apart, train augmented, and written in their other forms.

    split -> rows from figures, pairs and articles -> rows from statistics -> leakage -> plain form -> augmentation
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk, read_chunks
from mundap.paths import resolve
from mundap.token_count import token_counter
from pipelines import augment_stage, quality_stage
from pipelines.corpus import Corpus
from pipelines.facts import read_facts
from pipelines.generation_stage import written_pairs
from pipelines.qa_forms import strata_of, write_forms
from pipelines.rejects import Rejects
from pipelines.rows.build import build_rows
from pipelines.rows.plain_rows import write_plain
from pipelines.rows.pool import Pool
from pipelines.rows.row import Row
from pipelines.rows.settings import RowSettings
from pipelines.split import Part, split_documents, split_strata
from pipelines.statistics.stage import statistics_of


def make_rows(recipe: Mapping[str, Any], project: Path, settings: RowSettings, corpus: Corpus,
              chosen: Collection[str] | None, rejects: Rejects) -> dict[Part, list[Row]]:
    """Return part -> its rows; write what lies beside them (reports, forms, folders). chosen: the documents asked about.

    Raises:
        ConfigError, DataError, ModelError: as `pipelines.data.run` says.
    """
    rows = recipe["rows"]
    chunks = read_chunks(corpus.chunk_folder, doc_ids=chosen)
    parts = _parts(recipe, corpus, chunks)
    if rows.get("forms"):
        write_forms(recipe, project, chunks, corpus.pairs, parts)
    pool = Pool(chunks, read_facts(corpus.facts_file, doc_ids=chosen), parts, settings.synonyms)
    limit = rows["max_tokens"]
    count = None if limit is None else token_counter(resolve(rows["tokenizer"], project))
    sieve = quality_stage.Sieve.of(recipe, settings, count, limit)
    written = written_pairs(recipe, project)
    settings = settings.with_pairs(written)
    made = build_rows(pool, settings, corpus.pairs if rows["qa"] else (), rejects, sift=sieve.sift,
                      generated=() if settings.articles else written)
    statistics = statistics_of(recipe, project, pool, settings, rejects)
    for part, found in statistics.rows.items():
        made[part] += sieve.sift(found, part, rejects)
    made = quality_stage.keep_rows_apart(made, recipe, project, corpus.folder)
    write_plain(recipe, project, made["train"], pool.chunks)
    made["train"] = augment_stage.augmented(made["train"], recipe, project, settings, sieve, rejects)
    sieve.report(corpus.folder)
    statistics.write(project, recipe["domain"], made, settings.instruction)
    return made


def _parts(recipe: Mapping[str, Any], corpus: Corpus, chunks: Sequence[Chunk]) -> dict[str, Part]:
    """Return document id -> the part it belongs to."""
    split = recipe["split"]
    groups = corpus.groups if split["by"] == "company" else dict.fromkeys(corpus.groups, "")
    # Companies without figures are split apart: otherwise they could be all that is held out.
    telling = {groups[doc_id] or doc_id for doc_id, kept in corpus.kept.items() if kept.made.rows["facts"]}
    parts: dict[str, Part] = {}
    for with_facts in (True, False):
        subset = {doc_id: group for doc_id, group in groups.items() if ((group or doc_id) in telling) is with_facts}
        parts |= split_documents(subset, eval_share=split["eval_share"], seed=recipe["seed"])
    if split["by"] == "stratified":
        parts |= split_strata(strata_of(chunks), eval_share=split["eval_share"], seed=recipe["seed"])
    return parts
