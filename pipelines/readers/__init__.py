"""The readers a data.yaml can name: each turns a path and the source's options into Readings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipelines.readers import analyst_pdf, chunks_jsonl, dart_xml, qa_csv, statistics, terms
from pipelines.reading import Reading

Reader = Callable[[Path, Path, Mapping[str, Any]], Iterator[Reading]]

READERS: dict[str, Reader] = {"analyst_pdf": analyst_pdf.read, "chunks_jsonl": chunks_jsonl.read, "dart_xml": dart_xml.read,
                              "qa_csv": qa_csv.read, "statistics": statistics.read, "terms": terms.read}
# Readers that take the files of a folder one by one, each a document of its own, and the suffixes they take.
FILE_SUFFIXES: dict[str, tuple[str, ...]] = {"analyst_pdf": analyst_pdf.SUFFIXES, "dart_xml": dart_xml.SUFFIXES,
                                             "terms": terms.SUFFIXES}
