"""The work on one input: read it, cut it into chunks, write its shard. The same function runs here, in worker processes
and on Ray, and gives the same bytes: it looks at nothing but its job.
"""

from __future__ import annotations

import gc
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from mundap.document import Document
from mundap.errors import DataError, MundapError
from mundap.paths import show
from mundap.token_count import token_counter
from pipelines.chunks import Chunked, chunk_reading
from pipelines.crosscheck import Disagreement, crosscheck, read_accounts
from pipelines.reading import Reading
from pipelines.shard import Made, ShardWriter, finished
from pipelines.sources import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a job: its documents, or why there are none (crash). fresh: it was worked on now, not found."""

    made: tuple[Made, ...] = ()
    crash: str = ""
    fresh: bool = True


def work(job: Job) -> Result:
    """Return the documents of a job, its shard written; a finished shard is taken as it is.

    A mistake of ours on one file of a folder costs that file: the crash is told, nothing is kept, and the next run tries
    again. Memory holds one document, and of a source read as a whole at most some thousand chunks.

    Raises:
        DataError: an input that the recipe names itself cannot be read.
        ModelError: the tokenizer that counts is missing.
    """
    done = finished(job.shard)
    if done is not None:
        return Result(made=tuple(done), fresh=False)
    count = token_counter(job.tokenizer)
    writer = ShardWriter(job.shard)
    collecting = gc.isenabled()
    gc.disable()  # a filing is many objects and hardly a cycle: they need not be searched while it is read
    try:
        for reading in _readings(job):
            failed = reading.status == "FAILED"
            chunked = Chunked() if failed else chunk_reading(reading, limit=job.max_tokens, count=count)
            differing = _compare(reading, chunked, job.accounts)
            writer.add(reading, chunked, differing)
        return Result(made=tuple(writer.close()))
    except Exception as error:
        writer.drop()
        if job.lone or isinstance(error, MundapError):
            raise
        last = traceback.extract_tb(error.__traceback__)[-1]
        return Result(crash=f"{type(error).__name__}: {error} ({Path(last.filename).name}, line {last.lineno})")
    finally:
        if collecting:
            gc.enable()


def _compare(reading: Reading, chunked: Chunked, collection: Path | None) -> list[Disagreement]:
    """Note on each fact whether OpenDART's own accounts agree, where there are any; return what differs."""
    corp_code = str(reading.document.fields.get("corp_code") or "")
    accounts = read_accounts(collection, corp_code) if collection is not None and corp_code else []
    if not accounts:
        return []
    found = crosscheck(chunked.facts, accounts)
    chunked.facts = [replace(fact, check=check) for fact, check in zip(chunked.facts, found.checks, strict=True)]
    chunked.notes.update(f"facts: accounts {'agree' if check == 'agrees' else 'differ'}" for check in found.checks if check)
    return list(found.disagreements)


def _readings(job: Job) -> Iterator[Reading]:
    """Yield what the job's reader reads; a file of a folder that cannot be read is a Reading that says why."""
    from pipelines.readers import READERS

    found = islice(READERS[job.reader](job.path, job.project, job.options), job.options.get("limit") if job.lone else None)
    try:
        yield from found
    except DataError as error:
        if job.lone:
            raise
        document = Document(doc_id=job.path.stem, title=job.path.name, source=show(job.path, job.project), publisher="",
                            date=0, doc_type="", body="", fields={"status": "FAILED", "reason": error.what})
        yield Reading(document=document, sections=(), status="FAILED", repairs={error.what: 1})
