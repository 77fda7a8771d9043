"""`mundap eval`: several systems over one frozen set of held-out questions, each rate with its Wilson interval.

Systems run one after another, each in a worker process that is ended before the next. Every answer is kept in
answers.jsonl as it comes, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import contextlib
import json
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mundap.errors import DataError
from mundap.generator import open_generator
from mundap.paths import resolve
from mundap.provenance import write_text
from rag.answer import Answer, Answerer
from rag.inquiry import Inquiry
from rag.kept_answers import Keeper, digest, identity, progress, read
from rag.score import Outcome, score, wilson
from rag.search.retrieve import Retriever

_BATCH = 12
_METRICS = ("right figure", "right figure and citation", "declined what it should", "wrong figure shown",
            "wrongly declined")


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemResult:
    """One system's outcomes in question order, and its median seconds per answer in batches."""

    name: str
    outcomes: tuple[Outcome, ...]
    seconds: float

    def rates(self) -> dict[str, tuple[int, int]]:
        """Return successes and trials of each metric."""
        asked = [one for one in self.outcomes if one.answerable]
        blank = [one for one in self.outcomes if not one.answerable]
        counts = (sum(one.right for one in asked), sum(one.cited for one in asked), sum(one.declined for one in blank),
                  sum(one.wrong for one in self.outcomes), sum(one.declined for one in asked))
        trials = (len(asked), len(asked), len(blank), len(self.outcomes), len(asked))
        return dict(zip(_METRICS, zip(counts, trials, strict=True), strict=True))


def run(recipe: Mapping[str, Any], rag: Mapping[str, Any], project: Path, say: Callable[[str], None]) -> Path:
    """Run every system of an eval recipe over its questions; return the report's path.

    Raises:
        DataError: the question file is missing or holds no gold columns.
        IndexMismatch, ModelError: the index or a model is missing.
    """
    rows = questions(recipe, project)
    folder = resolve(recipe["report"], project)
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(Retriever.open(rag, project)) as retriever:
        results = [_run_system(system, rag, rows, retriever, folder, project, say) for system in recipe["systems"]]
    report = folder / "report.md"
    write_text(report, markdown(results, recipe))
    write_text(folder / "report.json", json.dumps(
        {result.name: {"rates": result.rates(), "seconds_per_answer": result.seconds} for result in results},
        ensure_ascii=False, indent=1))
    return report


def questions(recipe: Mapping[str, Any], project: Path) -> list[dict[str, str]]:
    """Return the frozen questions: rows about figures, answerable and not, cut to the recipe's limits by its seed."""
    path = resolve(recipe["questions"], project)
    if not path.is_file():
        raise DataError("there is no such file.", where=recipe["questions"], fix="Make it with: mundap data <data.yaml>")
    rows = [row for row in json.loads(path.read_text(encoding="utf-8")) if row.get("kind") in ("fact", "unanswerable")]
    answerable = [row for row in rows if row["gold_value"]]
    blank = [row for row in rows if not row["gold_value"]]
    if not answerable:
        raise DataError("no row has a gold_value.", where=recipe["questions"], fix="Make it with: mundap data <data.yaml>")
    rng = random.Random(recipe["seed"])
    limit = recipe["limit"]
    return [*_sample(answerable, limit["answerable"], rng), *_sample(blank, limit["unanswerable"], rng)]


def markdown(results: Sequence[SystemResult], recipe: Mapping[str, Any]) -> str:
    """Return the report as a Markdown table, intervals at 95%."""
    asked = sum(one.answerable for one in results[0].outcomes)
    lines = [f"# {recipe['domain']}: {len(results[0].outcomes)} held-out questions "
             f"({asked} answerable, {len(results[0].outcomes) - asked} unanswerable)", "",
             "| system | " + " | ".join(_METRICS) + " | s/answer (batched) |", "|---|" + "---|" * (len(_METRICS) + 1)]
    for result in results:
        cells = []
        for successes, trials in result.rates().values():
            rate, low, high = wilson(successes, trials)
            cells.append(f"{successes}/{trials} = {rate:.0%} ({low:.0%} to {high:.0%})" if trials else "-")
        lines.append(f"| {result.name} | " + " | ".join(cells) + f" | {result.seconds:.2f} |")
    return "\n".join([*lines, "", "Intervals are Wilson, 95%. A wrong figure shown counts every question.", ""])


def _run_system(system: Mapping[str, Any], rag: Mapping[str, Any], rows: Sequence[Mapping[str, str]],
                retriever: Retriever, folder: Path, project: Path, say: Callable[[str], None]) -> SystemResult:
    kept = folder / f"answers-{_key(system, rag, retriever, project)}.jsonl"
    done = read(kept)
    left = [row for row in rows if row["id"] not in done]
    if system["context"] == "oracle":
        rows = [row for row in rows if row["gold_value"]]
        left = [row for row in left if row["gold_value"]]
    say(f"{system['name']}: {len(rows)} questions, {len(rows) - len(left)} answered before")
    if left:
        generator = open_generator({**rag["generation"], "generator": "local", "chat": system["chat"]}, project)
        answerer = Answerer(rag, project, retriever, generator, levers=system["levers"])
        try:
            _answer(answerer, system, left, kept, done, say)
        finally:
            generator.close()   # the index is the next system's too
    records = [done[row["id"]] for row in rows]
    return SystemResult(name=system["name"], outcomes=tuple(Outcome(**record["outcome"]) for record in records),
                        seconds=statistics.mean(record["seconds"] for record in records))


def _answer(answerer: Answerer, system: Mapping[str, Any], rows: Sequence[Mapping[str, str]], kept: Path,
            done: dict[str, Any], say: Callable[[str], None]) -> None:
    """Answer rows in batches, keeping each answer at once; say how far it is."""
    started = time.perf_counter()
    with Keeper(kept) as keeper:
        for start in range(0, len(rows), _BATCH):
            part = rows[start : start + _BATCH]
            began = time.perf_counter()
            prepared = [answerer.prepare(
                Inquiry(text=row["question"], level=level if (level := row.get("level", "")) in answerer.levels else ""),
                [answerer.retriever.chunk(row["gold_chunk"])] if system["context"] == "oracle" else None) for row in part]
            answers = answerer.ask_many(prepared, _BATCH)
            seconds = (time.perf_counter() - began) / len(part)
            records = {row["id"]: _record(row, answer, seconds) for row, answer in zip(part, answers, strict=True)}
            keeper.keep(records.values())
            done.update(records)
            say(f"  {progress(start + len(part), len(rows), time.perf_counter() - started)}")


def _record(row: Mapping[str, str], answer: Answer, seconds: float) -> dict[str, Any]:
    return {"id": row["id"], "question": row["question"], "gold": row["gold_value"] + row["gold_unit"],
            "reason": row.get("reason", ""), "answer": answer.text, "model_text": answer.model_text,
            "status": answer.verdict.status, "struck": [asdict(one) for one in answer.verdict.struck],
            "passages": [{"head": one.head, "lines": one.lines} for one in answer.passages],
            "attempts": answer.attempts, "outcome": asdict(score(answer, row)), "seconds": seconds}


def _key(system: Mapping[str, Any], rag: Mapping[str, Any], retriever: Retriever, project: Path) -> str:
    """Return a short name for a system: answers of other settings, weights or chunks are never mixed in."""
    own = {**rag, "generation": {**rag["generation"], "generator": "local", "chat": system["chat"]}}
    return digest([system, identity(own, retriever.index.manifest, project)])[:10]


def _sample(rows: Sequence[dict[str, str]], limit: int | None, rng: random.Random) -> list[dict[str, str]]:
    if limit is None or limit >= len(rows):
        return list(rows)
    chosen = sorted(rng.sample(range(len(rows)), limit))
    return [rows[at] for at in chosen]
