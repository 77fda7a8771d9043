"""The child process that reads one uploaded file: under limits of its own making, with nothing to lose.

    python -m webui.uploads.worker JOB.json

The job names the file, what it is and where the result goes; how many chunks there are so far goes to stdout, a number a
line. Result: chunks.parquet, and result.json with what became of it or why it was refused.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import traceback
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from mundap.chunk import Chunk, write_chunks
from mundap.errors import DataError, ModelError
from mundap.token_count import Count, token_counter
from webui.uploads.refusal import Refused

RESULT, CHUNKS = "result.json", "chunks.parquet"
MAX_CHUNKS = 4_000
_WRITTEN_BYTES = 256 * 2**20
# What the readers' errors mean to whoever sent the file; one that is not here is told in the reader's own words.
_REASONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"encrypted|password"), "encrypted"),
    (re.compile(r"^none of the .* text layer|have no text layer"), "scanned"),
    (re.compile(r"^the PDF has [\d,]+ pages"), "pages"),
    (re.compile(r"^the PDF is damaged|^page \d+ is damaged|^the workbook cannot be read|^the PDF has no pages"), "damaged"),
    (re.compile(r"holds no text|is empty|every sheet is empty|has a header but no rows|0 bytes"), "no_text"),
    (re.compile(r"DOCTYPE or entities"), "entities"),
    (re.compile(r"holds no receipt number"), "no_receipt"),
    (re.compile(r"this is no filing|not a document|malformed and could not be repaired"), "no_filing"),
)


def main() -> None:
    """Read the file a job names; always ends with a result unless it is killed."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    _limit(job)
    place = Path(job["place"])
    try:
        result: dict[str, Any] = {"made": read(job, place)}
    except Refused as error:
        result = {"refused": error.reason, "places": dict(error.places)}
    except (MemoryError, RecursionError):
        result = {"refused": "heavy", "places": {}}
    except DataError as error:
        result = refusal(error)
    except Exception as error:   # a mistake of ours, or of a library's, on a file that nobody foresaw
        result = {"refused": "unreadable", "places": {"told": type(error).__name__}, "trace": traceback.format_exc()}
    (place / RESULT).write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")


def refusal(error: DataError) -> dict[str, Any]:
    """Return why a reader's error keeps a file out."""
    from webui.uploads.reading import MAX_PAGES

    reason = next((reason for pattern, reason in _REASONS if pattern.search(error.what)), "unreadable")
    places = {"pages": {"most": f"{MAX_PAGES:,}"}, "unreadable": {"told": error.what}}
    return {"refused": reason, "places": places.get(reason, {})}


def _limit(job: Mapping[str, Any]) -> None:
    """Give up what a reader of one file needs not: memory, processor time, large files, core dumps."""
    for what, most in ((resource.RLIMIT_AS, job["memory_bytes"]), (resource.RLIMIT_CPU, job["cpu_s"]),
                       (resource.RLIMIT_FSIZE, _WRITTEN_BYTES), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(what)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, allowed))


def read(job: Mapping[str, Any], place: Path) -> dict[str, Any]:
    """Write the chunks of a job's file to place; return what result.json says of them.

    Raises:
        Refused, DataError: the file cannot or will not be read.
    """
    from pipelines.chunks import chunk_reading, company_of
    from pipelines.supersession import filing_of
    from webui.uploads.reading import LEFT_OUT, readings
    from webui.uploads.sniff import check

    path, kind = Path(job["path"]), job["kind"]
    check(path, kind, job["name"])
    limit, count = job["max_tokens"], _counter(job["tokenizer"])
    chunks: list[Chunk] = []
    filings: list[dict[str, Any]] = []
    documents = left_out = children = 0
    for reading in readings(path, kind, job["title"], limit=limit, count=count):
        if reading.status == "FAILED":
            left_out += 1
            continue
        left_out += reading.repairs.get(LEFT_OUT, 0)
        # The id is ours: a name from outside could be another document's.
        document = replace(reading.document, doc_id=f"{job['id']}-{documents:05d}")
        documents += 1
        made = chunk_reading(replace(reading, document=document), limit=limit, count=count).chunks
        chunks += made
        children += sum(chunk.level == "child" for chunk in made)
        filings.append(asdict(filing_of(document, company_of(document), reading.supersedes)))
        if children > MAX_CHUNKS:
            raise Refused("chunks", most=f"{MAX_CHUNKS:,}")
        sys.stdout.write(f"{children}\n")
        sys.stdout.flush()
    if not children:
        raise Refused("no_text")
    write_chunks(chunks, place / CHUNKS)
    return {"documents": documents, "chunks": children, "left_out": left_out, "filings": filings}


def _counter(tokenizer: str) -> Count:
    """Return a counter of tokens; without a tokenizer file a letter counts as one, which is more than any of them needs."""
    try:
        return token_counter(Path(tokenizer))
    except ModelError:
        return len


if __name__ == "__main__":
    main()
