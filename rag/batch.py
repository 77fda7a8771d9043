"""Many questions, each answered once and kept at once; a run that was stopped, killed too, goes on where it was.

Knows no file of questions and writes no file of answers: it is given inquiries and returns records (record.py). A
question that fails is kept with its error, the others go on, and the next run asks it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.errors import IndexMismatch, LaunchError, MissingExtra, ModelError, MundapError
from mundap.korean import nfc
from rag.answer import Answerer
from rag.inquiry import Inquiry
from rag.kept_answers import Keeper, digest, progress, read
from rag.record import failed, record

BATCH = 16       # questions answered between two writes: what a kill loses at most
_SAY_EVERY_S = 2.0
# Errors that the next question would meet as well.
OF_ALL = (IndexMismatch, LaunchError, MissingExtra, ModelError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A record for each inquiry, in their order; asked counts the questions put in this run, before those kept earlier."""

    records: tuple[dict[str, Any], ...]
    asked: int
    before: int

    @property
    def failures(self) -> int:
        """Return how many inquiries have no answer."""
        return sum(bool(one["error"]) for one in self.records)


def answer_all(inquiries: Sequence[Inquiry], settings: str, kept: Path, start: Callable[[], Answerer],
               say: Callable[[str], None]) -> Answered:
    """Return a record for each inquiry, asking only what was not answered before under the same settings.

    settings is rag.kept_answers.identity's hash. start opens the answerer, which is closed at the end; it is not called when
    nothing is left to ask. Equal inquiries are asked once.

    Raises:
        IndexMismatch, LaunchError, MissingExtra, ModelError: no question could be answered; what was answered is kept.
        ResourceError: the answers cannot be kept, or another process is keeping its own there.
    """
    keys = [key_of(one, settings) for one in inquiries]
    wanted: dict[str, Inquiry] = {}
    for key, one in zip(keys, inquiries, strict=True):
        wanted.setdefault(key, one)   # of those that differ in blanks alone the first, whatever else the file holds
    done = {key: found for key, found in read(kept, "key").items() if key in wanted and not found["error"]}
    left = [(key, one) for key, one in wanted.items() if key not in done]
    before = len(done)
    say(f"{len(inquiries)} questions, {len(wanted)} different ones, {before} answered before")
    if left:
        with Keeper(kept) as keeper:
            answerer = start()
            try:
                _ask(answerer, left, keeper, done, say)
            finally:
                answerer.close()
    return Answered(records=tuple(_of(done[key], one) for key, one in zip(keys, inquiries, strict=True)),
                    asked=len(left), before=before)


def answered_before(inquiries: Sequence[Inquiry], settings: str, kept: Path) -> int:
    """Return how many of the different inquiries are answered in a file of kept answers."""
    wanted = {key_of(one, settings) for one in inquiries}
    return sum(key in wanted and not found["error"] for key, found in read(kept, "key").items())


def key_of(inquiry: Inquiry, settings: str) -> str:
    """Return the name of an inquiry's answer: what is asked, how, and under which settings."""
    own = [inquiry.top_k, inquiry.max_new_tokens, inquiry.temperature]
    return digest([" ".join(nfc(inquiry.text).split()), inquiry.level, inquiry.as_of, list(inquiry.before),
                   sorted(inquiry.without), settings, *([own] if any(value is not None for value in own) else [])])[:24]


def _ask(answerer: Answerer, left: Sequence[tuple[str, Inquiry]], keeper: Keeper, done: dict[str, dict[str, Any]],
         say: Callable[[str], None]) -> None:
    """Answer in batches, keeping each batch at once; say how far it is."""
    started = said = time.monotonic()
    for at in range(0, len(left), BATCH):
        part = left[at : at + BATCH]
        found = _answers(answerer, part)
        keeper.keep({"key": key, **found[key]} for key, _ in part)
        done.update(found)
        now, count = time.monotonic(), at + len(part)
        if now - said >= _SAY_EVERY_S or count == len(left):
            said = now
            failures = sum(bool(done[key]["error"]) for key, _ in left[:count])
            say(f"  {progress(count, len(left), now - started)}" + (f", {failures} failed" if failures else ""))


def _answers(answerer: Answerer, part: Sequence[tuple[str, Inquiry]]) -> dict[str, dict[str, Any]]:
    """Return a record for each of a batch; when the batch fails as one, each question is asked on its own."""
    found, prepared = {}, []
    for key, inquiry in part:
        try:
            prepared.append((key, inquiry, answerer.prepare(inquiry)))
        except OF_ALL:
            raise
        except MundapError as error:
            found[key] = failed(inquiry, error)
    try:
        answers = answerer.ask_many([one for _, _, one in prepared], BATCH)
    except OF_ALL:
        raise
    except MundapError as error:
        if len(prepared) == 1:
            key, inquiry, _ = prepared[0]
            return found | {key: failed(inquiry, error)}
        for key, inquiry, _ in prepared:
            found |= _answers(answerer, [(key, inquiry)])
        return found
    return found | {key: record(answer, inquiry.text) for (key, inquiry, _), answer in zip(prepared, answers, strict=True)}


def _of(found: dict[str, Any], inquiry: Inquiry) -> dict[str, Any]:
    """Return a kept record as the one of this inquiry, which may be spaced otherwise."""
    return {name: value for name, value in found.items() if name != "key"} | {"asked": inquiry.text}
