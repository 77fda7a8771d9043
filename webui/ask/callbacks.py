"""What the Ask tab does when something is asked, stopped, edited or reopened; talk.py does the work, this names components."""
# No `from __future__ import annotations` here: Gradio reads the callbacks' annotations (gr.Request), and gradio is
# imported inside the function, where a text annotation could not be looked up.

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from mundap.errors import DataError
from mundap.levels import AUTO
from webui import labels, render
from webui.ask import render_talk
from webui.ask.talk import MINE, Asked, Shown, Talk, Wishes, anew, answered, without
from webui.domain import Domain
from webui.people import Role
from webui.site import Page
from webui.words import Words

Updates = dict[Any, Any]
Callbacks = dict[str, Callable[..., Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The tab's components. wishes: level, day, scope, and the numbers of talk.RANGES, as Wishes takes them.

    rated holds the id of the answer on show, identity the conversation's, pending what was asked and not answered (Asked),
    editing the place of the turn that the question in the box is to replace.
    """

    folded: Any
    past: Any
    delete: Any
    anew: Any
    earlier: Any
    answer: Any
    after: Any
    chips: Any
    retry: Any
    edit: Any
    copy: Any
    references: Any
    question: Any
    ask: Any
    stop: Any
    level: Any
    wishes: list[Any]
    examples: Any
    scope: Any
    rated: Any
    rate: Any
    identity: Any
    pending: Any
    editing: Any


def asking(page: Page, parts: Parts) -> Callbacks:
    """Return the callbacks that answer a question, and those that stop it."""
    import gradio as gr

    site, words = page.site, page.words

    def read(identity: str, key: str, request: gr.Request) -> Talk:
        return Talk.read(site, site.domain(key), site.people.of(request).owner, identity)

    def on_ask(text: str, editing: int | None, identity: str, key: str, request: gr.Request, *wished: Any) -> Iterator[Updates]:
        talk = read(identity, key, request)
        made = (lambda: anew(talk, text, Wishes.of(wished), editing)) if text.strip() else lambda: None
        yield from _answering(parts, talk, made, request, words)

    def on_example(sample: list[str], identity: str, key: str, request: gr.Request, *wished: Any) -> Iterator[Updates]:
        yield from on_ask(sample[0], None, identity, key, request, *wished)

    def on_retry(pending: Asked | None, identity: str, key: str, request: gr.Request, *wished: Any) -> Iterator[Updates]:
        talk = read(identity, key, request)
        text, place = _again(talk, pending)
        yield from _answering(parts, talk, lambda: anew(talk, text, Wishes.of(wished), place), request, words)

    def on_chips(kept: list[str], scope: str, identity: str, key: str, request: gr.Request) -> Iterator[Updates]:
        talk = read(identity, key, request)
        yield from _answering(parts, talk, lambda: without(talk, frozenset(kept), mine=scope == MINE), request, words)

    def on_stop(request: gr.Request) -> Updates:
        site.runs.stop(str(request.session_hash))
        return {parts.answer: render.notice(words("ask.stopped")), **_idle(parts, found=False)}

    def on_leave(request: gr.Request) -> None:
        site.runs.stop(str(request.session_hash))

    return {"ask": on_ask, "example": on_example, "retry": on_retry, "chips": on_chips, "stop": on_stop, "leave": on_leave}


def moving(page: Page, parts: Parts) -> Callbacks:
    """Return the callbacks that answer nothing: to edit a question, to go to another conversation, to delete one."""
    import gradio as gr

    site, words = page.site, page.words

    def of(key: str, identity: str, request: gr.Request) -> Talk:
        return Talk.read(site, site.domain(key), site.people.of(request).owner, identity)

    def on_edit(pending: Asked | None, editing: int | None, identity: str, key: str, request: gr.Request) -> Updates:
        if editing is not None:
            return {parts.question: "", **_editing(parts, None, words)}
        text, place = _again(of(key, identity, request), pending)
        return {parts.question: text, **_editing(parts, -1 if place is None else place, words)}

    def on_level(level: str) -> Updates:
        said = words("ask.retry") if level == AUTO else words("ask.retry_at", level=labels.level(level, words))
        return {parts.retry: gr.update(value=said)}

    def on_anew(key: str, request: gr.Request) -> Updates:
        site.runs.stop(str(request.session_hash))
        return _opened(parts, of(key, "", request), words) | {parts.question: ""}

    def on_open(identity: str | None, key: str, request: gr.Request) -> Updates:
        site.runs.stop(str(request.session_hash))
        return _opened(parts, of(key, identity or "", request), words)

    def on_delete(identity: str, key: str, request: gr.Request) -> Updates:
        return _opened(parts, of(key, identity, request).delete(), words)

    return {"edit": on_edit, "level": on_level, "anew": on_anew, "open": on_open, "delete": on_delete}


def arriving(page: Page, parts: Parts) -> Callbacks:
    """Return the callbacks of somebody who comes: to the page, to another domain, back from their uploads."""
    import gradio as gr

    site, words = page.site, page.words

    def on_latest(key: str, request: gr.Request) -> Updates:
        found = _opened(parts, Talk.latest(site, site.domain(key), site.people.of(request).owner), words)
        asking_already = site.runs.under_way(str(request.session_hash))    # somebody may be quicker than this
        return {parts.answer: gr.skip()} if asking_already else found

    def on_domain(key: str, request: gr.Request) -> Updates:
        site.runs.stop(str(request.session_hash))
        domain = site.domain(key)
        choices = levels(domain, words)
        empty = Talk.read(site, domain, site.people.of(request).owner, "")
        return _opened(parts, empty, words) | {
            parts.question: "", parts.level: gr.update(choices=choices, value=AUTO if choices else None, visible=bool(choices)),
            parts.examples: gr.Dataset(samples=[[one] for one in domain.examples], visible=bool(domain.examples))}

    def on_uploads(request: gr.Request) -> Updates:
        person = site.people.of(request)
        there = bool(site.uploads.list(person.owner))
        return {parts.scope: gr.update(visible=True) if there else gr.update(visible=False, value="all"),
                parts.rate: gr.update(visible=person.role >= Role.RATER)}

    return {"uploads": on_uploads, "latest": on_latest, "domain": on_domain}


def levels(domain: Domain, words: Words) -> list[tuple[str, str]]:
    """Return the levels of a domain to choose from, as (label, value); none where its recipe has none."""
    names = list(domain.answerer().levels)
    return [(words("ask.auto"), AUTO), *((labels.level(name, words), name) for name in names)] if names else []


def _again(talk: Talk, pending: Asked | None) -> tuple[str, int | None]:
    """Return the question that is asked again, and the place of the turn it replaces: what went unanswered, else the last."""
    if pending is not None:
        return pending.inquiry.text, pending.replaces
    return (talk.last.asked, len(talk.turns) - 1) if talk.last else ("", None)


def _answering(parts: Parts, talk: Talk, made: Callable[[], Asked | None], request: Any, words: Words) -> Iterator[Updates]:
    """Yield the page's updates while a question is answered: all of it at the beginning and the end, the text in between."""
    import gradio as gr

    try:
        asked = made()
    except DataError:
        yield {parts.earlier: render_talk.earlier(talk.turns, words), parts.answer: render.notice(words("ask.no_day")),
               parts.references: "", **_idle(parts, found=False)}
        return
    if asked is None:
        yield {parts.answer: gr.skip()}
        return
    drawn = answered(talk, asked, str(request.session_hash), words)
    with closing(drawn):
        for at, shown in enumerate(drawn):
            if shown.frame.running and at:
                yield {parts.answer: shown.frame.answer}
            elif shown.frame.running:
                yield _begun(parts, shown, asked, words)
            else:
                yield _ended(parts, shown, words)


def _editing(parts: Parts, place: int | None, words: Words) -> Updates:
    """Return what says that the question in the box replaces a turn: its place, -1 for one that was never answered, None for no."""
    import gradio as gr

    send, edit = ("ask.send", "ask.edit") if place is None else ("ask.editing", "ask.edit_off")
    return {parts.editing: place, parts.ask: gr.update(value=words(send)), parts.edit: gr.update(value=words(edit))}


def _begun(parts: Parts, shown: Shown, asked: Asked, words: Words) -> Updates:
    import gradio as gr

    return {parts.earlier: render_talk.earlier(shown.before, words), parts.answer: shown.frame.answer, parts.references: "",
            parts.question: "", parts.pending: asked, **_editing(parts, None, words), parts.after: gr.update(visible=False),
            parts.examples: gr.update(visible=False), parts.ask: gr.update(visible=False, value=words("ask.send")),
            parts.stop: gr.update(visible=True), parts.anew: gr.update(visible=True)}


def _ended(parts: Parts, shown: Shown, words: Words) -> Updates:
    frame = shown.frame
    if frame.found is None:
        return {parts.earlier: render_talk.earlier(shown.before, words), parts.answer: frame.answer,
                parts.references: frame.references, **_idle(parts, found=False)}
    note = render.notice(words("ask.not_kept")) if frame.unkept else ""
    kept = "" if frame.unkept or shown.talk.last is None else shown.talk.last.id
    return {parts.answer: note + frame.answer, parts.references: frame.references, parts.pending: None, parts.rated: kept,
            **_idle(parts, found=True), **_filters(parts, shown.talk, words), **_listed(parts, shown.talk)}


def _opened(parts: Parts, talk: Talk, words: Words) -> Updates:
    """Return a conversation as it is kept, its last turn on show; an empty page for one without turns."""
    import gradio as gr

    answer, references = render_talk.last(talk.last, words) if talk.last else ("", "")
    return {parts.earlier: render_talk.earlier(talk.turns[:-1], words), parts.answer: answer, parts.references: references,
            parts.pending: None, parts.rated: talk.last.id if talk.last else "", **_editing(parts, None, words),
            parts.examples: gr.update(visible=not talk.turns and bool(talk.domain.examples)),
            **_idle(parts, found=bool(talk.turns)), **_filters(parts, talk, words), **_listed(parts, talk),
            parts.ask: gr.update(visible=True, value=words("ask.send")), parts.after: gr.update(visible=bool(talk.turns))}


def _idle(parts: Parts, *, found: bool) -> Updates:
    """Return the buttons while nothing is asked; without an answer there is nothing to copy or filter."""
    import gradio as gr

    return {parts.ask: gr.update(visible=True), parts.stop: gr.update(visible=False), parts.after: gr.update(visible=True),
            parts.copy: gr.update(visible=found), parts.chips: gr.update(visible=False)}


def _filters(parts: Parts, talk: Talk, words: Words) -> Updates:
    """Return the filters of the turn on show as boxes to untick; those taken away before stay, unticked."""
    import gradio as gr

    choices, value = render_talk.chips(talk.last, words) if talk.last else ([], [])
    return {parts.chips: gr.update(choices=choices, value=value, visible=bool(choices))}


def _listed(parts: Parts, talk: Talk) -> Updates:
    """Return the conversations to go back to, the one on show chosen."""
    import gradio as gr

    choices = [(render_talk.name(one), one.id) for one in talk.listed()]
    return {parts.identity: talk.id, parts.past: gr.update(choices=choices, value=talk.id or None),
            parts.folded: gr.update(visible=bool(choices)), parts.delete: gr.update(visible=bool(talk.id)),
            parts.anew: gr.update(visible=bool(talk.turns))}
