"""Uploads: what people brought to the page, each person's apart, and an answerer over it.

    arrived = ...                                   # route.py received it
    for progress in uploads.add(owner, arrived, domain): ...
    uploads.list(owner); uploads.delete(owner, id); uploads.delete_all(owner)
    uploads.answerer(owner, domain)                 # None where the owner has uploaded nothing

Files lie below one folder and are found again after a restart. One file is read at a time, whoever sent it: a reader may
take 3 GB of addresses and a core.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import threading
from collections import OrderedDict, deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from mundap.paths import resolve
from rag.answer import Answerer
from rag.search.retrieve import Retriever
from webui.domain import Domain
from webui.storage.database import new_id, now
from webui.uploads import extraction
from webui.uploads.extraction import Extracted, Job, extract
from webui.uploads.indexing import build_index, key_of, open_retriever, private_recipe
from webui.uploads.names import clean_name, kind_of, title_of
from webui.uploads.refusal import Refused
from webui.uploads.shelf import Shelf, Upload
from webui.uploads.transfer import Arrived, Transfer

OPEN_AT_ONCE = 8                  # private indexes kept open; the one unused for longest is closed
MAX_TOKENS = 450                  # of a chunk, where the domain's index does not say
_ROOM_BYTES = 512 * 2**20         # that must stay free on the disk
_BUSY_S, _TICK_S = 10.0, 0.2
_RECEIPT = re.compile(r"(?<!\d)\d{14}(?!\d)(?:_\d{5}(?!\d))?")   # with the form code of an audit report
Step = Literal["waiting", "reading", "indexing", "finishing", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a file is. done and total count chunks, total 0 where it is not known yet; rate is of done a second."""

    step: Step
    name: str
    done: int = 0
    total: int = 0
    rate: float = 0.0
    upload: Upload | None = None


class Uploads:
    """Everybody's uploads below a folder. domains are the page's; settings its `web:` section."""

    def __init__(self, folder: Path, domains: Mapping[str, Domain], settings: Mapping[str, Any],
                 seconds: float = extraction.SECONDS) -> None:
        self.folder = folder
        self.domains = domains
        self.most: int = settings["limits"]["uploads"]
        self.most_bytes: int = settings["limits"]["upload_mb"] * 2**20
        self.retention_days: int = settings["retention_days"]
        self.seconds = seconds
        self._lock = threading.Lock()
        self._reading = threading.Semaphore(1)
        self._of_shelf: dict[str, threading.Lock] = {}
        self._expected: dict[str, int] = {}                   # files on their way or waiting to be read
        self._arrived: dict[str, deque[Arrived]] = {}
        self._stopped: dict[str, threading.Event] = {}
        self._open: OrderedDict[tuple[str, str], Retriever] = OrderedDict()
        for place in folder.glob("*") if folder.is_dir() else ():
            Shelf(place).tidy()
        self.expire()

    def begin(self, owner: str, sent_name: str, size: int | None) -> Transfer:
        """Return what takes a file's bytes in. size is what the sender says, None for nothing.

        Raises:
            Refused: uploading is off, the name's kind is not read, it is too large, there are too many, or no room.
        """
        name = clean_name(sent_name)
        if not self.most:
            raise Refused("closed", name=name)
        kind = kind_of(name)
        if size is not None and size > self.most_bytes:
            raise Refused("big", name=name, most_mb=self.most_bytes // 2**20)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if shutil.disk_usage(self.folder).free < self.most_bytes + _ROOM_BYTES:
            raise Refused("no_room", name=name)
        with self._lock:
            if len(self._shelf(owner).uploads()) + self._expected.get(owner, 0) >= self.most:
                raise Refused("many", name=name, most=self.most)
            self._expected[owner] = self._expected.get(owner, 0) + 1
        return Transfer(self._shelf(owner).incoming / new_id(), name, kind, self.most_bytes)

    def forget(self, owner: str) -> None:
        """Count one file less on its way: it was refused, or has been read."""
        with self._lock:
            self._expected[owner] = max(0, self._expected.get(owner, 0) - 1)

    def queue(self, owner: str, arrived: Arrived) -> None:
        """Keep a file that came whole until the page takes it up (waiting)."""
        with self._lock:
            self._arrived.setdefault(owner, deque()).append(arrived)

    def waiting(self, owner: str) -> Iterator[Arrived]:
        """Yield an owner's files that came and were not taken up yet; each is given out once."""
        while True:
            with self._lock:
                held = self._arrived.get(owner)
                arrived = held.popleft() if held else None
            if arrived is None:
                return
            yield arrived

    def add(self, owner: str, arrived: Arrived, domain: Domain) -> Generator[Progress, None, None]:
        """Read a file, index it with a domain's model, and yield how far it is; the last one is "done" with the upload.

        The file itself is deleted, whatever happens. Closing the generator stops the work.

        Raises:
            Refused: the file cannot or will not be read, or it was stopped.
            MundapError: it could not be indexed.
        """
        stopped = self._stopped.setdefault(owner, threading.Event())
        stopped.clear()
        place = arrived.path.with_name(arrived.path.name + ".work")
        try:
            yield from self._taken(owner, arrived, domain, place, stopped)
        finally:
            arrived.path.unlink(missing_ok=True)
            shutil.rmtree(place, ignore_errors=True)
            self.forget(owner)

    def stop(self, owner: str) -> None:
        """Stop what is being read or indexed for an owner, and forget what waits."""
        with self._lock:
            event, dropped = self._stopped.get(owner), self._arrived.pop(owner, deque())
        if event is not None:
            event.set()
        for arrived in dropped:
            arrived.path.unlink(missing_ok=True)
            self.forget(owner)

    def list(self, owner: str) -> Sequence[Upload]:
        """Return an owner's uploads, the newest first."""
        return self._shelf(owner).uploads()

    def delete(self, owner: str, identity: str) -> Upload | None:
        """Delete one upload and its text in every index; return what it was, None where the owner has no such one.

        Raises:
            Refused: a file of the owner's is being indexed.
        """
        shelf = self._shelf(owner)
        with self._changing(shelf):
            gone = shelf.take_away(identity)
            if gone is not None:
                self._close(shelf)
                self._index_anew(shelf)
        return gone

    def delete_all(self, owner: str) -> None:
        """Delete everything an owner uploaded; what is being read is stopped.

        Raises:
            Refused: what is being indexed does not come to its end.
        """
        self.stop(owner)
        shelf = self._shelf(owner)
        with self._changing(shelf):
            self._close(shelf)
            shelf.delete()

    def expire(self) -> int:
        """Delete uploads older than the retention; return how many."""
        if not self.retention_days or not self.folder.is_dir():
            return 0
        before = (datetime.now(UTC) - timedelta(days=self.retention_days)).isoformat()
        count = 0
        for place in self.folder.glob("*"):
            shelf = Shelf(place)
            old = [one for one in shelf.uploads() if one.added_at < before]
            if old:
                with self._changing(shelf):
                    for one in old:
                        shelf.take_away(one.id)
                    self._close(shelf)
                    self._index_anew(shelf)
            count += len(old)
        return count

    def retriever(self, owner: str, domain: Domain) -> Retriever | None:
        """Return a search over an owner's uploads with a domain's model, or None where there are none.

        Raises:
            MundapError: the index can be neither opened nor built.
        """
        shelf = self._shelf(owner)
        key = (shelf.name, key_of(domain))
        with self._lock:
            if key in self._open:
                self._open.move_to_end(key)
                return self._open[key]
        with self._changing(shelf):
            if not shelf.merge():
                return None
            found = open_retriever(shelf, domain)
            with self._lock:
                self._open[key] = found
                while len(self._open) > OPEN_AT_ONCE:
                    self._open.popitem(last=False)[1].close()
        return found

    def answerer(self, owner: str, domain: Domain, system: str = "") -> Answerer | None:
        """Return what answers from an owner's uploads with a domain's system ("": the one in use); None without uploads.

        Raises:
            ConfigError: there is no such system, or its model is missing.
            MundapError: the index can be neither opened nor built.
        """
        retriever = self.retriever(owner, domain)
        if retriever is None:
            return None
        like = domain.answerer(system)
        recipe = private_recipe(domain.systems[system or domain.in_use].recipe, domain, self._shelf(owner))
        return Answerer(recipe, domain.project, retriever, like.generator, levers=like.levers)

    def close(self) -> None:
        """Let go of every index, and stop what is being read."""
        for owner in list(self._stopped):
            self.stop(owner)
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    def _taken(self, owner: str, arrived: Arrived, domain: Domain, place: Path, stopped: threading.Event
               ) -> Generator[Progress, None, None]:
        shelf = self._shelf(owner)
        if any(one.sha256 == arrived.sha256 for one in shelf.uploads()):
            raise Refused("again", name=arrived.name)
        made = yield from self._read(arrived, domain, place, stopped)
        upload = Upload(id=arrived.path.name, name=arrived.name, size=arrived.size, sha256=arrived.sha256,
                        documents=made.documents, chunks=made.children, left_out=made.left_out, added_at=now())
        with self._changing(shelf):
            shelf.put(upload, made.chunks, made.filings)
            try:
                shelf.merge()
                for so_far in build_index(shelf, domain, stopped, made.children):
                    step: Step = "indexing" if so_far.done < so_far.total else "finishing"
                    yield Progress(step=step, name=arrived.name, done=so_far.done, total=so_far.total, rate=so_far.rate)
            except BaseException:
                shelf.take_away(upload.id)
                shelf.merge()
                raise
            self._close(shelf)
        yield Progress(step="done", name=arrived.name, done=made.children, total=made.children, upload=upload)

    def _read(self, arrived: Arrived, domain: Domain, place: Path, stopped: threading.Event
              ) -> Generator[Progress, None, Extracted]:
        while not self._reading.acquire(timeout=_TICK_S):
            _unless(stopped, arrived)
            yield Progress(step="waiting", name=arrived.name)
        try:
            kept = domain.retriever.index.manifest.get("chunking") or {}
            job = Job(id=arrived.path.name, path=_named(arrived, place), place=place, name=arrived.name,
                      title=title_of(arrived.name), kind=arrived.kind,
                      tokenizer=resolve(domain.recipe["index"]["embedding_model"], domain.project),
                      max_tokens=int(kept.get("max_tokens") or MAX_TOKENS))
            with contextlib.closing(extract(job, seconds=self.seconds)) as counts:
                while True:
                    try:
                        count = next(counts)
                    except StopIteration as ended:
                        found: Extracted = ended.value
                        return found
                    _unless(stopped, arrived)
                    yield Progress(step="reading", name=arrived.name, done=count)
        finally:
            self._reading.release()

    def _index_anew(self, shelf: Shelf) -> None:
        """Bring a shelf's indexes up to date after something was taken away; one that cannot be is deleted, text and all."""
        left = shelf.merge()
        by_key = {key_of(domain): domain for domain in self.domains.values()}
        for place in shelf.indexes():
            domain = by_key.get(place.name.removeprefix("index-"))
            done = False
            if left and domain is not None:
                with contextlib.suppress(Exception):     # it is made anew when it is next asked
                    open_retriever(shelf, domain).close()
                    done = True
            if not done:
                shutil.rmtree(place, ignore_errors=True)

    @contextlib.contextmanager
    def _changing(self, shelf: Shelf) -> Iterator[None]:
        """Hold a shelf: nobody else changes it meanwhile."""
        with self._lock:
            lock = self._of_shelf.setdefault(shelf.name, threading.Lock())
        if not lock.acquire(timeout=_BUSY_S):
            raise Refused("busy")
        try:
            yield
        finally:
            lock.release()

    def _close(self, shelf: Shelf) -> None:
        """Close a shelf's open indexes. An answer under way goes on from what it holds in memory."""
        with self._lock:
            for key in [key for key in self._open if key[0] == shelf.name]:
                self._open.pop(key).close()

    def _shelf(self, owner: str) -> Shelf:
        return Shelf.of(self.folder, owner)


def _unless(stopped: threading.Event, arrived: Arrived) -> None:
    if stopped.is_set():
        raise Refused("stopped", name=arrived.name)


def _named(arrived: Arrived, place: Path) -> Path:
    """Return the file under a name that readers know by its ending, and DART's by its receipt number."""
    place.mkdir(parents=True, exist_ok=True)
    number = _RECEIPT.search(arrived.name)
    path = place / f"{number[0] if number and arrived.kind == '.xml' else 'file'}{arrived.kind}"
    arrived.path.rename(path)
    return path
