"""The data stage: sources in, documents, chunks and rows out; `mundap data <recipe>` calls run().

    sources -> documents -> supersession -> chunks and facts -> split -> rows -> filters -> files -> manifest, last

The same inputs, recipe and code are not worked through twice: the manifest says what a finished run was made from.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mundap.chunk import iter_chunks
from mundap.errors import MissingExtra
from mundap.paths import resolve, show
from mundap.token_count import token_counter, tokenizer_file
from pipelines import manifest
from pipelines.card import write_card
from pipelines.corpus import DISAGREEMENTS, SHARDS, Corpus, Say, build
from pipelines.generation_stage import generate_pairs
from pipelines.rejects import Rejects
from pipelines.row_stage import make_rows
from pipelines.rows.build import PARTS
from pipelines.rows.plain_rows import plain_file
from pipelines.rows.row import Row, rows_text
from pipelines.rows.settings import load_settings, prompt_files
from pipelines.sample import sample
from pipelines.sources import jobs
from pipelines.split import Part
from pipelines.statistics.stage import READER
from pipelines.terms.jsonl import write_jsonl

_PREVIOUS = "manifest.previous.json"  # a run under way: what the last finished one wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class DataReport:
    """What a run made. skipped: nothing had changed, and the counts are those of the run before."""

    domain: str
    skipped: bool
    counts: Mapping[str, Any]
    documents: Path
    chunks: Path
    manifest: Path
    datasets: Mapping[str, Path] = field(default_factory=dict)
    rejects: Path | None = None
    seconds: float = 0.0

    @property
    def table(self) -> list[tuple[str, str]]:
        """Return the summary as (name, value) lines."""
        rows, counts = self.counts["rows"], self.counts
        lines = [("documents kept", f"{counts['documents']} ({_pairs(counts['statuses'])})"),
                 ("documents dropped", _pairs(counts["dropped_documents"])),
                 ("superseded", str(counts["superseded"])),
                 ("chunks", f"{sum(counts['chunks'].values())} ({_pairs(counts['chunks'])})"),
                 ("facts found", str(counts["facts"]))]
        if counts.get("generated"):
            lines.append(("generated", _pairs(counts["generated"])))
        compared = {name: counts["notes"].get(f"facts: accounts {name}", 0) for name in ("agree", "differ")}
        if any(compared.values()):
            lines.append(("against OpenDART's accounts", f"{_pairs(compared)}; see {DISAGREEMENTS} where they differ"))
        if self.datasets:
            lines += [("rows made from", f"{counts['row_documents']} of {counts['documents']} documents"),
                      ("rows in", str(rows["in"])),
                      ("rows kept", f"{rows['train'] + rows['eval']} ({rows['train']} train, {rows['eval']} eval)"),
                      ("rows dropped", f"{rows['rejects']} ({_pairs(counts['rejects'])})"),
                      *([("of these augmented", _pairs(counts["augmented"]))] if counts.get("augmented") else []),
                      *((f"{part} kinds", _pairs(counts["kinds"][part])) for part in PARTS)]
        lines += [(name, show(path)) for name, path in self.datasets.items()]
        return [*lines, ("seconds", f"{self.seconds:.1f}"), ("documents in", show(self.documents))]


def run(recipe: Mapping[str, Any], project: Path, say: Say, *, force: bool = False, recipe_file: Path | None = None,
        ledgers: Sequence[Path] = ()) -> DataReport:
    """Make a domain's documents, chunks and rows as data.yaml says, unless a finished run made the very same.

    say is given progress lines; the summary is the report's table, for the caller to print.
    recipe holds data.yaml's values with the schema's defaults; without `rows` only documents and chunks are made.
    recipe_file: the data.yaml itself, for the dataset's card; None writes no card. ledgers: those of every shard of a
    generation, put together first. A recipe with generate.shard makes no rows: they are made where the ledgers are merged.

    Raises:
        ConfigError: a reader, template file or synonym file is missing or wrong.
        DataError: a source is missing or holds no readable document.
        ModelError: the tokenizer that counts is missing.
    """
    started = time.monotonic()
    if (recipe.get("generate") or {}).get("shard"):
        recipe = {name: value for name, value in recipe.items() if name != "rows"}
    folder = resolve(recipe.get("documents") or f"docs/{recipe['domain']}", project)
    paths = [_collected(source, project, say) for source in recipe["sources"]]
    mark = manifest.fingerprint(recipe, _inputs(recipe, paths, project), project)
    done = None if force or ledgers else manifest.unchanged(folder, mark, _dataset_files(recipe, project))
    if done is not None:
        say(f"{recipe['domain']}: nothing has changed since {show(folder / manifest.NAME, project)}; skipped.")
        return _report(recipe, project, folder, done["counts"], skipped=True, seconds=time.monotonic() - started)
    say(f"{recipe['domain']}: reading {len(mark['inputs'])} input files")
    if force:
        shutil.rmtree(folder / SHARDS, ignore_errors=True)
    counts = _make(recipe, project, folder, paths, mark, say, ledgers)
    written = manifest.read(folder)
    if recipe_file is not None and recipe.get("rows") and written:
        write_card(written, recipe_file, project, folder / f"{recipe['rows']['dataset']}.card.md")
    return _report(recipe, project, folder, counts, skipped=False, seconds=time.monotonic() - started)


def _collected(source: Mapping[str, Any], project: Path, say: Say) -> Path:
    """Return where a source's files are, collected from OpenDART first when it says so."""
    path = resolve(source["path"], project)
    if not source.get("opendart"):
        return path
    try:
        from pipelines.opendart.source import fetch
    except ImportError as error:
        raise MissingExtra("collecting from OpenDART", "dart", str(error.name)) from error
    return fetch(source["opendart"], path, say)


def _make(recipe: Mapping[str, Any], project: Path, folder: Path, paths: Sequence[Path], mark: Mapping[str, Any],
          say: Say, ledgers: Sequence[Path]) -> dict[str, Any]:
    """Do the work, write everything, the manifest last; return the counts."""
    settings = load_settings(recipe, project) if recipe.get("rows") else None
    token_counter(resolve(recipe["chunks"]["tokenizer"], project))  # a missing one is told before any work
    earlier = _reopen(folder)
    rejects = Rejects()
    corpus = build(jobs(recipe, paths, project, mark["inputs"], folder / SHARDS), folder,
                   workers=recipe.get("workers"), engine=recipe.get("engine", "local"), rejects=rejects, say=say)
    reused = f" ({corpus.found:,} inputs had been worked on before)" if corpus.found else ""
    say(f"  {len(corpus.kept):,} documents, {corpus.rows('chunks'):,} chunks, {corpus.rows('facts'):,} facts{reused}"
        + ("; making rows" if settings else ""))
    if recipe["chunks"].get("jsonl"):
        write_jsonl(iter_chunks(corpus.chunk_folder), resolve(recipe["chunks"]["jsonl"], project))
    generated = generate_pairs(recipe, project, say, ledgers) if recipe.get("generate") else {}
    chosen = sample(corpus, recipe["rows"].get("max_documents"), recipe["seed"]) if settings else None
    rows = make_rows(recipe, project, settings, corpus, chosen, rejects) if settings else {}
    counts = _counts(corpus, rows, rejects) | {"row_documents": len(corpus.kept if chosen is None else chosen),
                                               "generated": generated}
    datasets = _write(recipe, project, rows, rejects) if settings else []
    documents = corpus.documents
    for stale in sorted(set(earlier) - set(documents.values())):
        (folder / stale).unlink(missing_ok=True)
    manifest.write(folder, dict(mark) | {
        "counts": counts, "documents": sorted(documents.values()),
        "outputs": {file.relative_to(folder).as_posix(): manifest.file_hash(file) for file in corpus.outputs},
        "datasets": {file.name: manifest.file_hash(file) for file in datasets}})
    (folder / _PREVIOUS).unlink(missing_ok=True)
    return counts


def _inputs(recipe: Mapping[str, Any], paths: Sequence[Path], project: Path) -> list[Path]:
    """Return every file the output depends on: sources, prompt files, tokenizers."""
    files = [file for source, path in zip(recipe["sources"], paths, strict=True)
             for file in manifest.input_files(path, source.get("pattern") or "*")]
    files += [file for source, path in zip(recipe["sources"], paths, strict=True) if source.get("opendart")
              for file in sorted((path.parent / "accounts").rglob("*.json"))]
    named = [tokenizer_file(resolve(recipe["chunks"]["tokenizer"], project))]
    rows = recipe.get("rows")
    if rows:
        named += [resolve(name, project) for name in prompt_files(rows)]
        forms = rows.get("forms") or {}
        named += [resolve(name, project) for name in (forms.get("system"), *forms.get("systems", {}).values()) if name]
        if any(source["reader"] == READER for source in recipe["sources"]):
            named.append(resolve(rows["statistics"]["questions"], project))
        if rows["max_tokens"] is not None:
            named.append(tokenizer_file(resolve(rows["tokenizer"], project)))
        if (recipe.get("augment") or {}).get("ways", {}).get("paraphrase"):
            named.append(resolve(recipe["augment"]["endings"], project))
        embedding_model = (recipe["split"].get("leakage") or {}).get("embedding_model")
        if embedding_model:
            named.append(resolve(embedding_model, project) / "config.json")
    return files + [file for file in named if file.is_file()]  # a missing one is told where it is read


def _reopen(folder: Path) -> list[str]:
    """Take away the mark of a finished run; return the documents of the last one, so that stale ones can go."""
    if (folder / manifest.NAME).is_file():
        (folder / manifest.NAME).replace(folder / _PREVIOUS)
    written = manifest.read(folder, _PREVIOUS)
    return list(written["documents"]) if written else []


def _counts(corpus: Corpus, rows: Mapping[Part, Sequence[Row]], rejects: Rejects) -> dict[str, Any]:
    made: dict[str, int] = {part: len(rows.get(part, ())) for part in PARTS}
    dropped_documents = sum(rejects.by_reason(documents=True).values())
    tried = rejects.tried - len(corpus.kept) - dropped_documents
    totals = {"in": tried, **made, "rejects": len(rejects) - dropped_documents}
    assert totals["in"] == made["train"] + made["eval"] + totals["rejects"], totals
    return {
        "documents": len(corpus.kept), "statuses": dict(sorted(corpus.statuses.items())),
        "repairs": dict(sorted(corpus.repairs.items())), "left_out": dict(sorted(corpus.left_out.items())),
        "notes": dict(sorted(corpus.notes.items())),
        "superseded": len(corpus.superseded), "chunks": dict(sorted(corpus.chunks.items())),
        "facts": corpus.rows("facts"), "tables": corpus.rows("tables"),
        "rows": totals, "rejects": rejects.by_reason(), "dropped_documents": rejects.by_reason(documents=True),
        "augmented": dict(sorted(Counter(row.how for row in rows.get("train", ()) if row.how).items())),
        "kinds": {part: _kinds(rows.get(part, ())) for part in PARTS},
    }


def _kinds(rows: Sequence[Row]) -> dict[str, int]:
    counted = Counter(f"{row.kind} ({row.reason})" if row.reason else row.kind for row in rows)
    return dict(sorted(counted.items()))


def _paths(recipe: Mapping[str, Any], project: Path) -> tuple[dict[str, Path], Path | None]:
    """Return the dataset files by name, and the rejects file."""
    rows = recipe.get("rows")
    if not rows:
        return {}, None
    folder, name = resolve(rows["output"], project), rows["dataset"]
    datasets = {name: folder / f"{name}.json", f"{name}_eval": folder / f"{name}_eval.json"}
    return datasets, folder / f"{name}.rejects.jsonl"


def _dataset_files(recipe: Mapping[str, Any], project: Path) -> list[Path]:
    datasets, rejects = _paths(recipe, project)
    return [*datasets.values(), rejects, *plain_file(recipe, project)] if rejects else []


def _write(recipe: Mapping[str, Any], project: Path, rows: Mapping[Part, Sequence[Row]], rejects: Rejects
           ) -> list[Path]:
    datasets, rejects_file = _paths(recipe, project)
    assert rejects_file is not None
    written = [manifest.write_text(path, rows_text(rows[part]))
               for part, path in zip(PARTS, datasets.values(), strict=True)]
    return [*written, manifest.write_text(rejects_file, rejects.jsonl()), *plain_file(recipe, project)]


def _report(recipe: Mapping[str, Any], project: Path, folder: Path, counts: Mapping[str, Any], *, skipped: bool,
            seconds: float) -> DataReport:
    datasets, rejects = _paths(recipe, project)
    return DataReport(domain=recipe["domain"], skipped=skipped, counts=counts, documents=folder,
                      chunks=folder / "chunks", manifest=folder / manifest.NAME, datasets=datasets, rejects=rejects,
                      seconds=seconds)


def _pairs(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items()) or "none"
