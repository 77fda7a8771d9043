"""Answers kept as they come, so that a long run may be killed at any moment and go on where it was.

One JSON object a line, appended and on the disk before the next batch is begun. Under which settings an answer was made
is part of its name, so that answers of other prompts, weights or documents are never taken for it. Shared by
`mundap eval` and `mundap ask --file`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from mundap.errors import ResourceError
from mundap.generator.chat_recipe import read_chat
from mundap.paths import resolve
from mundap.provenance import folder_identity

Record = dict[str, Any]


def read(path: Path, name: str = "id") -> dict[str, Record]:
    """Return the records kept before by their field `name`, a later one in place of an earlier.

    A last line cut short by a kill is left out, and so is whatever else is no record.
    """
    found: dict[str, Record] = {}
    for line in path.read_bytes().split(b"\n") if path.is_file() else []:
        try:
            record = json.loads(line)
        except ValueError:  # also a letter cut in the middle of its bytes
            continue
        if isinstance(record, dict) and isinstance(record.get(name), str):
            found[record[name]] = record
    return found


class Keeper:
    """A file open to keep records in, by one process at a time; use it as a context."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> Keeper:
        """Open the file; no second process may keep there meanwhile.

        Raises:
            ResourceError: another process keeps answers there, or the file cannot be written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a", encoding="utf-8")
        except OSError as error:
            raise ResourceError(f"cannot be written: {error.strerror}.", where=str(self._path),
                                fix="Name a file in a folder that you may write to.") from error
        _lock(self._file, self._path)
        if self._path.stat().st_size and not _ends_whole(self._path):
            self._file.write("\n")   # else the next record would be lost with the line a kill cut short
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def keep(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Append records in one write; they are on the disk when this returns."""
        if self._file is None:
            raise ValueError("a Keeper is used as a context")
        self._file.write("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
        self._file.flush()
        os.fsync(self._file.fileno())


def progress(done: int, total: int, seconds: float) -> str:
    """Return how far a run is, its rate, and the time left at that rate."""
    rate = done / max(seconds, 1e-9)
    return f"{done}/{total} answers, {rate:.2f} a second, {(total - done) / rate:.0f} s left"


def identity(rag: Mapping[str, Any], manifest: Mapping[str, Any], project: Path) -> str:
    """Return a hash of all that shapes an answer: settings, the prompt's own texts, the index, the model's weights, our code.

    manifest is the index's. A model behind an endpoint is told by its address and name alone.

    Raises:
        ConfigError, ModelError: the chat recipe is wrong or its model is not there.
    """
    generation, levels = rag["generation"], rag.get("levels") or {}
    prompt = rag["prompt"]
    texts = [prompt["instruction"], *(level.get("instruction") for level in levels.values()), rag.get("synonyms"),
             rag.get("terms"), prompt.get("system"), *(prompt.get("systems") or {}).values()]
    weights: list[str] = []
    if generation.get("generator", "local") == "local":
        chat = read_chat(generation.get("chat", "chat.yaml"), project)
        weights = [folder_identity(folder, ("*.safetensors", "*.json"), top_only=True)
                   for folder in (chat.model, *chat.adapters)]
    return digest([_code(), rag["retrieval"], prompt, generation, rag["verification"], levels, weights, manifest,
                   [_content(text, project) for text in texts]])


def digest(value: Any) -> str:
    """Return the SHA-256 of a value's JSON."""
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()


@cache
def _code() -> str:
    """Return a hash of the code an answer passes through: another version's verdicts are not this one's."""
    import mundap
    import rag

    own, ground = Path(rag.__file__).parent, Path(mundap.__file__).parent
    files = [*own.glob("*.py"), *(own / "checks").glob("*.py"), *(own / "search").glob("*.py"), *ground.glob("*.py"),
             *(ground / "grounding").glob("*.py"), *(ground / "generator").glob("*.py")]
    return digest([[file.name, hashlib.sha256(file.read_bytes()).hexdigest()] for file in sorted(files)])


def _content(name: str | None, project: Path) -> str:
    file = resolve(name, project) if name else None
    return file.read_text(encoding="utf-8") if file is not None and file.is_file() else ""


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _lock(file: TextIO, path: Path) -> None:
    """Hold the file for this process; the lock goes with the process, however that ends."""
    with contextlib.suppress(ImportError):   # where there is no fcntl there is no lock either
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise ResourceError("another process is keeping its answers there.", where=str(path),
                                fix="Wait for it, or end it; or name another file.") from error
