"""Chunks that another project cut, as Readings: the lines of one source are one document, each chunk a section of it.

    {"chunk_id": "…", "text": "제12조(…) ① …", "metadata": {"source": "hanbit.pdf", "company": "…", "breadcrumbs": "…",
     "token_count": 212, "policy_type": "보통약관"}}

The schema is that of the insurance projects (pipelines/terms/jsonl.py). A chunk longer than chunks.max_tokens is cut again.
options: title, publisher, date, doc_type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mundap import paths
from mundap.chunk import Chunk
from mundap.document import Document
from pipelines.readers.markdown import sections_markdown
from pipelines.readers.source_files import files_of
from pipelines.reading import Block, Reading, Section
from pipelines.terms.jsonl import read_jsonl

SUFFIXES = (".jsonl",)


def read(path: Path, project: Path, options: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield one Reading for each source named in the file, or in every .jsonl file below a folder.

    Raises:
        DataError: a file is missing, or a line is no chunk; the line is named.
    """
    for file in files_of(path, SUFFIXES, paths.show(path, project), "Put the chunks there"):
        sources: dict[str, list[Chunk]] = {}
        for chunk in read_jsonl(file):
            sources.setdefault(chunk.doc_id, []).append(chunk)
        for name, chunks in sources.items():
            children = [chunk for chunk in chunks if chunk.level == "child"]
            yield _reading(name, children or chunks, paths.show(file, project), options)


def _reading(name: str, chunks: Sequence[Chunk], where: str, options: Mapping[str, Any]) -> Reading:
    sections = tuple(Section(path=tuple(chunk.breadcrumbs.split(" > ")), blocks=(Block(text=chunk.text),), cite=chunk.citation,
                             extra={key: value for key, value in chunk.metadata.items()
                                    if isinstance(value, str | int) and key in ("company", "policy_type", "product", "part")})
                     for chunk in chunks)
    company = str(chunks[0].metadata.get("company") or "")
    document = Document(
        doc_id=Path(name).stem, title=str(options.get("title") or chunks[0].breadcrumbs.split(" > ")[0] or name),
        source=f"{where}: {name}", publisher=str(options.get("publisher") or company),
        doc_type=str(options.get("doc_type") or "약관"), date=int(options.get("date") or chunks[0].date),
        body=sections_markdown(sections), fields={"company": company})
    return Reading(document=document, sections=sections)
