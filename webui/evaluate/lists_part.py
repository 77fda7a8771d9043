"""The part where a question list is rated, answer after answer; an admin makes lists and has them answered here.

The page's script (scripts/evaluate.js) turns 1 to 5, n and p into clicks on this part's own controls.
"""
# No `from __future__ import annotations` here: Gradio reads the callbacks' annotations (gr.Request).

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from mundap.errors import MundapError
from webui import render
from webui.evaluate.list_making_part import ListMaking, lay_out_making
from webui.evaluate.list_rating import Place, next_open, place, progress
from webui.evaluate.own_part import view
from webui.evaluate.rating_part import RatingBox, lay_out_rating
from webui.highlight import escape
from webui.people import Role
from webui.safely import OPTIONS, REFRESH
from webui.site import Page
from webui.storage.lists import Lists
from webui.storage.ratings import Ratings

NOWHERE = ("", -1)
POLL_S = 0.5   # how often the progress of a run is drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The part's components, for its callbacks. at holds the list on show and the position in it."""

    nothing: Any
    chosen: Any
    state: Any
    making: ListMaking
    at: Any
    steps: Any
    shown: Any
    box: RatingBox

    @property
    def view(self) -> list[Any]:
        """Return what shows one answer of a list."""
        return [self.at, self.steps, self.shown, *self.box.outputs]

    @property
    def whole(self) -> list[Any]:
        """Return what is drawn when another list is chosen."""
        return [self.state, *self.making.outputs, *self.view]


def lay_out(page: Page) -> Callable[[list[Any], Any, str], None]:
    """Add the part's components; return what has it refreshed by events, given the part's radio and its own name."""
    import gradio as gr

    words = page.words
    nothing = gr.HTML(elem_id="lists-none", padding=False)
    chosen = gr.Dropdown([], label=words("evaluate.list.choose"), elem_id="list", filterable=False, visible=False)
    state = gr.HTML(elem_id="list-progress", padding=False)
    making = lay_out_making(page, chosen, state)
    at = gr.State(NOWHERE)
    with gr.Row(elem_classes="steps", visible=False, elem_id="list-steps") as steps:
        previous = gr.Button(words("evaluate.list.previous"), size="sm", elem_id="list-previous", elem_classes="quiet")
        following = gr.Button(words("evaluate.list.next"), size="sm", elem_id="list-next", elem_classes="quiet")
        unrated = gr.Button(words("evaluate.list.next_open"), size="sm", elem_id="list-open", elem_classes="quiet")
        gr.Checkbox(True, label=words("evaluate.list.keys"), container=False, elem_id="list-keys")
    parts = Parts(nothing=nothing, chosen=chosen, state=state, making=making, at=at, steps=steps,
                  shown=gr.HTML(elem_id="list-shown", padding=False), box=lay_out_rating(page, "list"))
    for button, by in ((previous, -1), (following, 1), (unrated, None)):
        _steps(button, by, parts, ListRaters(page))
    return _wired(page, parts, ListRaters(page))


def _steps(button: Any, by: int | None, parts: Parts, raters: "ListRaters") -> None:
    """Have a button show the answer so many further; by None is the next one not rated."""
    import gradio as gr

    def on_step(identity: str | None, now_at: tuple[str, int], request: gr.Request) -> tuple[Any, ...]:
        return raters.go(parts.box, identity, request, None if by is None else now_at[1] + by, now_at[1])

    button.click(on_step, inputs=[parts.chosen, parts.at], outputs=parts.view, **OPTIONS)


def _wired(page: Page, parts: Parts, raters: "ListRaters") -> Callable[[list[Any], Any, str], None]:
    """Add what happens when a list is chosen, answered or rated; return what lay_out returns."""
    import gradio as gr

    def on_choose(identity: str | None, request: gr.Request) -> tuple[Any, ...]:
        return raters.whole(parts, identity, request)

    def on_open(name: str, key: str, identity: str | None, now_at: tuple[str, int], own: str, request: gr.Request
                ) -> tuple[Any, ...]:
        if name != own:
            return tuple(gr.skip() for _ in range(2 + len(parts.whole)))
        return raters.opened(parts, page.site.domain(key).key, identity, now_at, request)

    def on_rated(identity: str | None, request: gr.Request) -> str:
        return raters.state(identity, request)

    async def follow(identity: str | None, now_at: tuple[str, int], request: gr.Request) -> AsyncIterator[tuple[Any, ...]]:
        while (run := page.site.list_runs.of(identity or "")) is not None and run.running:
            yield raters.surroundings(parts, identity, request)
            await asyncio.sleep(POLL_S)
        # Where a rater is reading an answer, it stays; where there was none, the first is shown.
        yield (raters.surroundings if now_at[0] == identity else raters.whole)(parts, identity, request)

    following: dict[str, Any] = {"fn": follow, "inputs": [parts.chosen, parts.at], "outputs": parts.whole, **OPTIONS}
    for event in (parts.chosen.input(on_choose, inputs=parts.chosen, outputs=parts.whole, **REFRESH), parts.making.started):
        event.then(**following)
    parts.box.rated.then(on_rated, inputs=parts.chosen, outputs=parts.state, **REFRESH)

    def refreshed_by(events: list[Any], radio: Any, own: str) -> None:
        drawn: dict[str, Any] = {"inputs": [radio, page.chosen, parts.chosen, parts.at, gr.State(own)],
                                 "outputs": [parts.nothing, parts.chosen, *parts.whole]}
        for opened in (gr.on(events, on_open, **drawn, **REFRESH), *(event.then(on_open, **drawn, **OPTIONS)
                                                                    for event in parts.making.changed)):
            opened.then(**following)

    return refreshed_by


class ListRaters:
    """What a rater of a list sees, as updates."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.lists = Lists(page.site.database)
        self.ratings = Ratings(page.site.database)

    def opened(self, parts: Parts, domain: str, identity: str | None, now_at: tuple[str, int], request: Any) -> tuple[Any, ...]:
        """Return the updates of everything: the lists there are, and one of them, where identity is none the first.

        What somebody is rating stays as they have it; only its surroundings are drawn anew.
        """
        import gradio as gr

        site, words = self.page.site, self.page.words
        person = site.people.of(request)
        lists = self.lists.of(domain, person.owner) if person.role >= Role.RATER else []
        ids = [one.id for one in lists]
        now = identity if identity in ids else ids[0] if ids else None
        choices = [(words("evaluate.list.counted", name=one.name, n=one.questions), one.id) for one in lists]
        drawn = (self.surroundings if now and now == now_at[0] else self.whole)(parts, now, request)
        return ("" if ids else render.notice(words("evaluate.list.none")),
                gr.update(choices=choices, value=now, visible=bool(ids)), *drawn)

    def whole(self, parts: Parts, identity: str | None, request: Any) -> tuple[Any, ...]:
        """Return the updates of parts.whole, the first answer not rated on show."""
        return (self.state(identity, request), *parts.making.buttons(identity, request),
                *self.go(parts.box, identity, request, None, -1))

    def surroundings(self, parts: Parts, identity: str | None, request: Any) -> tuple[Any, ...]:
        """Return the updates of parts.whole that leave the answer on show alone."""
        import gradio as gr

        return self.state(identity, request), *parts.making.buttons(identity, request), *(gr.skip() for _ in parts.view)

    def state(self, identity: str | None, request: Any) -> str:
        """Return how far a list is; "" where it is gone."""
        person = self.page.site.people.require(request, Role.RATER) if identity else None
        if person is None or identity is None:
            return ""
        try:
            listed = self.lists.get(identity, person.owner)
        except MundapError as raised:
            return render.error(raised, self.page.words)
        return progress(listed, self.page.site.list_runs.of(identity), self.page.words)

    def go(self, box: RatingBox, identity: str | None, request: Any, to: int | None, now: int) -> tuple[Any, ...]:
        """Return the updates that show a position of a list; to None is the next answer not rated, after now."""
        import gradio as gr

        person = self.page.site.people.of(request)
        if not identity or person.role < Role.RATER:
            return NOWHERE, gr.update(visible=False), "", *box.show(person, "")
        try:
            if to is None:
                to = next_open(self.lists, identity, person.owner, now)
            found = place(self.lists, self.ratings, identity, person.owner, 0 if to is None else to)
        except MundapError as raised:
            return NOWHERE, gr.update(visible=False), render.error(raised, self.page.words), *box.show(person, "")
        ready = any(one.answer for one in self.lists.questions(identity))
        return ((identity, found.at) if ready else NOWHERE, gr.update(visible=ready), self._drawn(found, ready),
                *box.show(person, found.asked.answer))

    def _drawn(self, found: Place, ready: bool) -> str:
        words = self.page.words
        if not ready:
            return render.notice(words("evaluate.list.nothing"))
        done = f'<p class="told done" role="status">{escape(words("evaluate.list.finished"))}</p>' if found.all_rated else ""
        where = f'<p class="place">{escape(words("evaluate.list.place", at=found.at + 1, of=found.of))}</p>'
        answer = (render.notice(found.asked.failed or words("evaluate.list.not_answered"), found.asked.inquiry.text)
                  if found.found is None else view(found.found, words, "list"))
        return done + where + answer

