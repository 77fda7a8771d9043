"""The sources of a data recipe as jobs: one for each file where the reader takes files one by one, else one a source.

A job carries everything that the work on it needs, and a key: the hash of everything that shapes what it becomes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.errors import ConfigError, DataError, closest
from mundap.paths import resolve, show
from mundap.token_count import tokenizer_file
from pipelines import manifest
from pipelines.readers import FILE_SUFFIXES, READERS

_NOT_CONTENT = ("path", "pattern", "opendart")  # of a source's settings: where its files are, not what they become
_UNPACKED = 8  # an archive's content is about so many times its size


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One input to work on. lone is False for a file of a folder: when unreadable it is a reject, not an error.

    weight is the bytes to be read, an archive's unpacked; shard is the folder its result lies in when it is done.
    accounts is the folder of an OpenDART collection, whose accounts the facts are compared with, or None.
    """

    reader: str
    options: Mapping[str, Any]
    path: Path
    project: Path
    lone: bool
    weight: int
    shard: Path
    tokenizer: Path
    max_tokens: int
    accounts: Path | None = None


def jobs(recipe: Mapping[str, Any], paths: Sequence[Path], project: Path, hashes: Mapping[str, str], shards: Path
         ) -> list[Job]:
    """Return the jobs of all sources in order. hashes: file as shown -> SHA-256, as in the manifest's fingerprint.

    Raises:
        ConfigError: a source names a reader that does not exist.
        DataError: a source is missing or holds no file its reader takes.
    """
    chunks = recipe["chunks"]
    tokenizer = resolve(chunks["tokenizer"], project)
    common = {"code": manifest.code_hash(rows=False), "versions": manifest.versions(),
              "max_tokens": chunks["max_tokens"], "tokenizer": hashes.get(show(tokenizer_file(tokenizer), project), "")}
    found: list[Job] = []
    for at, (source, path) in enumerate(zip(recipe["sources"], paths, strict=True)):
        name = source["reader"]
        if name not in READERS:
            raise ConfigError(f"there is no reader {name!r}.", where=f"sources.{at}.reader",
                              fix=f"{closest(name, READERS)}Readers: {', '.join(sorted(READERS))}.")
        options = {key: value for key, value in source.items() if key not in _NOT_CONTENT}
        collection = path.parent if source.get("opendart") else None
        for taken, files, lone in _inputs(source, path):
            files = [*files, *account_files(collection, taken)]
            content = {show(file, project): hashes[show(file, project)] for file in files}
            key = _digest(common | {"options": options, "path": show(taken, project), "content": content})
            found.append(Job(reader=name, options=options, path=taken, project=project, lone=lone,
                             weight=sum(_weight(file) for file in files), shard=shards / key, tokenizer=tokenizer,
                             max_tokens=chunks["max_tokens"], accounts=collection))
    return found


def account_files(collection: Path | None, filing: Path) -> list[Path]:
    """Return the accounts that were collected of a filing's company: document/<corp_code>/<filing> has its own folder."""
    return sorted((collection / "accounts" / filing.parent.name).glob("*.json")) if collection else []


def _inputs(source: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, list[Path], bool]]:
    """Yield what each job reads: the path for its reader, the files behind it, and whether it was named itself."""
    files = manifest.input_files(path, source.get("pattern") or "*")
    suffixes = FILE_SUFFIXES.get(source["reader"])
    if suffixes is None or path.is_file():
        yield path, files, True
        return
    taken = [file for file in files if file.suffix.lower() in suffixes][:source.get("limit")]
    if not taken:
        raise DataError(f"the folder holds no {' or '.join(suffixes)} file.", where=str(path),
                        fix="Put the documents there, or correct the source's path in data.yaml.")
    for file in taken:
        yield file, [file], False


def _weight(file: Path) -> int:
    return file.stat().st_size * (_UNPACKED if file.suffix.lower() == ".zip" else 1)


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()[:32]
