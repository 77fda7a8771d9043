"""A document: what a reader makes of one source file, kept as Markdown with YAML front matter.

    ---
    doc_id: '20240318000123'
    title: 가온누리전자 2023 사업보고서
    source: datasets/raw/demo/dart/20240318000123.xml
    publisher: 가온누리전자
    date: 20240318
    doc_type: 사업보고서
    fiscal_year: 2023
    ---
    # III. 재무에 관한 사항
    …

A document file is UTF-8 in Unicode NFC and is written under a temporary name, then renamed.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mundap.errors import DataError

REQUIRED = ("doc_id", "title", "source", "publisher", "date", "doc_type")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One source document. date is an integer YYYYMMDD; fields hold what only this domain has (corp_code, …)."""

    doc_id: str
    title: str
    source: str
    publisher: str
    date: int
    doc_type: str
    body: str
    fields: Mapping[str, Any] = field(default_factory=dict)


def render(document: Document) -> str:
    """Return the document as Markdown with YAML front matter, in NFC, ending in one newline."""
    front = {name: getattr(document, name) for name in REQUIRED} | dict(document.fields)
    head = yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=1_000_000)
    return unicodedata.normalize("NFC", f"---\n{head}---\n{document.body.strip()}\n")


def write_document(document: Document, path: Path) -> None:
    """Write the document at path, by way of a temporary name, so that a half-written file is never read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(render(document), encoding="utf-8", newline="\n")
    os.replace(temporary, path)


def read_document(path: Path) -> Document:
    """Return the document stored at path.

    Raises:
        DataError: the file has no front matter, or it lacks one of the required keys.
    """
    text = path.read_text(encoding="utf-8")
    parts = text.split("---\n", 2)
    if not text.startswith("---\n") or len(parts) != 3:
        raise DataError("the file has no YAML front matter between '---' lines.", where=str(path),
                        fix="Build the documents again with: mundap data <recipe>")
    front = yaml.safe_load(parts[1]) or {}
    missing = [name for name in REQUIRED if name not in front]
    if missing:
        raise DataError(f"front matter lacks {', '.join(missing)}.", where=str(path),
                        fix="Build the documents again with: mundap data <recipe>")
    known = {name: front.pop(name) for name in REQUIRED}
    return Document(**known, body=parts[2].strip(), fields=front)
