"""A conversation on the page: what is asked next in it, what is kept of it, and what of it is shown again later.

Everything is read anew from the database by the conversation's id and its owner: a page that was open while the server
was restarted goes on where it was, and an id that is another's, or nobody's, is an empty conversation.
Knows nothing of Gradio, and draws nothing.
"""

from __future__ import annotations

import logging
import math
import sqlite3
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from mundap.day import read_day
from mundap.errors import DataError, MundapError
from mundap.levels import AUTO
from rag.answer import Answer, Delta
from rag.inquiry import Inquiry
from webui.ask.asking import Frame, frames
from webui.domain import OWN, Domain
from webui.pool import model_key
from webui.site import Site
from webui.storage.answers import Kept
from webui.storage.conversations import Conversation
from webui.words import Words

TALK_KEPT = 20       # earlier questions that a follow-up is read with
LISTED = 30          # conversations offered to go back to
# What may be chosen in place of the recipe's, smallest and largest. More passages than this fit no small model's prompt.
RANGES: Mapping[str, tuple[float, float]] = {"top_k": (1, 8), "max_new_tokens": (16, 512), "temperature": (0.0, 1.5)}
MINE = "mine"        # the scope of what the asker uploaded; any other is the domain's documents
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How somebody wants to be answered, as the page's inputs say it. None is the recipe's own, and so is an empty day."""

    level: str = AUTO
    as_of: str = ""
    mine: bool = False      # from what the asker uploaded, in place of the domain's documents
    top_k: float | None = None
    max_new_tokens: float | None = None
    temperature: float | None = None

    @classmethod
    def of(cls, sent: Sequence[Any]) -> Wishes:
        """Return the wishes as a browser sent them: level, day, where to look, and the numbers in the order of RANGES."""
        level, as_of, scope, *numbers = sent
        return cls(level=str(level or AUTO), as_of=str(as_of or ""), mine=scope == MINE, **dict(zip(RANGES, numbers, strict=True)))

    def inquiry(self, text: str, before: tuple[str, ...], levels: Mapping[str, object]) -> Inquiry:
        """Return a question asked this way; a level that the recipe has not is as none chosen.

        Raises:
            DataError: as_of is no day.
        """
        level = self.level if self.level in levels or self.level == AUTO else AUTO
        return Inquiry(text=" ".join(text.split()), before=before[-TALK_KEPT:], level=level if levels else "",
                       as_of=read_day(self.as_of, where="as_of") if self.as_of.strip() else None,
                       top_k=_whole(within("top_k", self.top_k)),
                       max_new_tokens=_whole(within("max_new_tokens", self.max_new_tokens)),
                       temperature=within("temperature", self.temperature))


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A conversation as it is kept, its turns in order. id is "" for one that nothing is kept of yet."""

    site: Site
    domain: Domain
    owner: str
    id: str = ""
    turns: tuple[Kept, ...] = ()

    @classmethod
    def read(cls, site: Site, domain: Domain, owner: str, identity: str) -> Talk:
        """Return an owner's conversation about a domain; an empty one where there is no such."""
        empty = cls(site=site, domain=domain, owner=owner)
        if not identity:
            return empty
        try:
            turns = site.conversations.turns(identity, owner)
        except DataError:
            return empty
        if any(turn.domain != domain.key for turn in turns):
            return empty
        return replace(empty, id=identity, turns=tuple(turns))

    @classmethod
    def latest(cls, site: Site, domain: Domain, owner: str) -> Talk:
        """Return the conversation an owner spoke in last, about a domain; an empty one where there is none."""
        found = site.conversations.of(owner, domain.key, most=1)
        return cls.read(site, domain, owner, found[0].id if found else "")

    @property
    def last(self) -> Kept | None:
        """Return the last turn."""
        return self.turns[-1] if self.turns else None

    def before(self, position: int | None = None) -> tuple[Kept, ...]:
        """Return the turns before a position, all of them for None."""
        return self.turns if position is None else self.turns[:position]

    def listed(self) -> list[Conversation]:
        """Return the owner's conversations about the domain, the one spoken in last first."""
        return self.site.conversations.of(self.owner, self.domain.key, most=LISTED)

    def delete(self) -> Talk:
        """Delete the conversation, where there is one; return an empty one."""
        if self.id:
            self.site.conversations.delete(self.id, self.owner)
        return replace(self, id="", turns=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question on its way into a conversation. replaces: the position of the turn whose place it takes, None for a new one.

    mine: it is answered from what its asker uploaded.
    """

    inquiry: Inquiry
    replaces: int | None = None
    mine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the page shows at one moment: the question being answered, and the conversation as it is kept by then."""

    frame: Frame
    talk: Talk
    before: tuple[Kept, ...] = field(default=())


def anew(talk: Talk, text: str, wishes: Wishes, replaces: int | None = None) -> Asked:
    """Return a question asked next in a conversation, or in the place of a turn of it, where there is one at that place.

    Raises:
        DataError: as_of is no day.
    """
    if replaces is not None and not 0 <= replaces < len(talk.turns):
        replaces = None
    before = tuple(whole_question(turn) for turn in talk.before(replaces))
    return Asked(inquiry=wishes.inquiry(text, before, talk.domain.answerer().levels), replaces=replaces,
                 mine=wishes.mine)


def without(talk: Talk, kept: frozenset[str], *, mine: bool = False) -> Asked | None:
    """Return the last question asked again with only the filters kept, of all those it had or had lost; None without one."""
    last = talk.last
    if last is None or last.answer is None:
        return None
    return Asked(inquiry=replace(last.inquiry, without=filters_of(last) - kept), replaces=len(talk.turns) - 1, mine=mine)


def filters_of(turn: Kept) -> frozenset[str]:
    """Return the fields a turn was filtered by, and those its asker took away."""
    return turn.inquiry.without | (turn.answer.filters.keys() if turn.answer else frozenset())


def whole_question(turn: Kept) -> str:
    """Return a turn's question as it was answered: what it left out has been filled in."""
    return turn.answer.question if turn.answer else turn.asked


def answered(talk: Talk, asked: Asked, session: str, words: Words) -> Generator[Shown, None, None]:
    """Answer a question and keep it; yield what the page shows, the last one not running. One at a time for a page (session).

    Every question of this tab comes through here: limits on who may ask, and how often, belong at its beginning.
    """
    site, domain, before = talk.site, talk.domain, talk.before(asked.replaces)
    system = domain.in_use
    by = "" if system == OWN else system
    run = site.runs.begin(session)
    try:
        answerer = _Mine(talk, system) if asked.mine else domain.answerer(system)
        with closing(frames(answerer, asked.inquiry, run, domain.warmup.is_ready, words, by=by,
                            admit=lambda: site.limits.admit(talk.owner))) as drawn:
            for frame in drawn:
                if frame.found is None:
                    yield Shown(frame=frame, talk=talk, before=before)
                else:
                    yield _kept(talk, asked, frame, system, words)
    finally:
        site.runs.end(session, run)


@dataclass(frozen=True, slots=True)
class _Mine:
    """Answers from what a talk's owner uploaded; the index is opened with the question, for that may take a while or fail."""

    talk: Talk
    system: str

    def stream(self, asked: Inquiry) -> Iterator[Delta | Answer]:
        """Yield what the private collection's answerer yields; see rag.answer.Answerer.

        Raises:
            DataError: nothing is uploaded.
        """
        answerer = self.talk.site.uploads.answerer(self.talk.owner, self.talk.domain, self.system)
        if answerer is None:
            raise DataError("nothing of yours is uploaded.", where="the page", fix="Upload a document, or ask of all documents.")
        yield from answerer.stream(asked)


def within(name: str, value: float | None) -> float | None:
    """Return a number within its range, None for none at all; a browser may send anything."""
    if value is None or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    low, high = RANGES[name]
    return min(max(value, low), high)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _kept(talk: Talk, asked: Asked, frame: Frame, system: str, words: Words) -> Shown:
    """Keep an answer in its conversation; return the conversation with it. An answer that cannot be kept is still shown."""
    try:
        after = _add(talk, asked, frame, system)
    except (MundapError, sqlite3.Error) as error:
        _log.warning("an answer was not kept: %s", error)
        return Shown(frame=replace(frame, unkept=True), talk=talk, before=talk.before(asked.replaces))
    return Shown(frame=frame, talk=after, before=after.turns[:-1])


def _add(talk: Talk, asked: Asked, frame: Frame, system: str) -> Talk:
    assert frame.found is not None
    site, domain, owner = talk.site, talk.domain, talk.owner
    model = model_key(domain.systems[system].recipe["generation"])
    answer = site.answers.add(frame.found, asked.inquiry, owner=owner, domain=domain.key, system=system, model=model)
    held = Talk.read(site, domain, owner, talk.id)      # it may have been deleted since, or grown in another window
    identity = held.id or site.conversations.begin(owner, domain.key, asked.inquiry.text)
    if asked.replaces is not None and len(held.turns) == len(talk.turns):
        site.conversations.cut(identity, owner, asked.replaces)
    site.conversations.add_turn(identity, owner, answer)
    return Talk.read(site, domain, owner, identity)
