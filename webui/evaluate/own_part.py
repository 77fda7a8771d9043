"""The part where somebody rates the answers they were given lately."""
# No `from __future__ import annotations` here: Gradio reads the callbacks' annotations (gr.Request).

from collections.abc import Callable
from datetime import datetime
from typing import Any

from webui import render
from webui.evaluate.rating_part import lay_out_rating
from webui.people import Person
from webui.safely import REFRESH
from webui.site import Page
from webui.storage.answers import Kept
from webui.storage.ratings import Ratings
from webui.words import Words

MOST_CHARS = 60   # of a question in the choice of answers


def lay_out(page: Page) -> Callable[[list[Any], Any, str], None]:
    """Add the part's components; return what has it refreshed by events, given the part's radio and its own name."""
    import gradio as gr

    words = page.words
    nothing = gr.HTML(elem_id="own-none", padding=False)
    chosen = gr.Dropdown([], label=words("evaluate.own.choose"), elem_id="own-answer", filterable=False, visible=False)
    shown = gr.HTML(elem_id="own-shown", padding=False)
    box = lay_out_rating(page, "own")

    def on_choose(identity: str | None, request: gr.Request) -> tuple[Any, ...]:
        person = page.site.people.of(request)
        found = Ratings(page.site.database).answer(person.owner, identity or "")
        return view(found, words, "own") if found else "", *box.show(person, identity or "")

    def on_open(name: str, key: str, identity: str | None, on_show: str, own: str, request: gr.Request) -> tuple[Any, ...]:
        if name != own:
            return tuple(gr.skip() for _ in range(3 + len(box.outputs)))
        person = page.site.people.of(request)
        choices = _choices(page, person, page.site.domain(key).key)
        ids = [one for _, one in choices]
        now = identity if identity in ids else ids[0] if ids else None
        none = "" if ids else render.notice(words("evaluate.own.none"))
        # What somebody is rating, and the correction they are at, stay as they have them.
        drawn = (gr.skip() for _ in range(1 + len(box.outputs))) if now and now == on_show else on_choose(now, request)
        return none, gr.update(choices=choices, value=now, visible=bool(ids)), *drawn

    def refreshed_by(events: list[Any], parts: Any, own: str) -> None:
        gr.on(events, on_open, inputs=[parts, page.chosen, chosen, box.answer, gr.State(own)],
              outputs=[nothing, chosen, shown, *box.outputs], **REFRESH)

    chosen.input(on_choose, inputs=chosen, outputs=[shown, *box.outputs], **REFRESH)
    return refreshed_by


def view(found: Kept, words: Words, name: str) -> str:
    """Return an answer with its evidence, as the page shows it; name keeps its references apart from another part's."""
    if found.answer is None:
        return render.notice(found.text, found.asked)
    html = render.answer(found.answer, words) + render.references(found.answer, words)
    # Quotes in what documents say are escaped, so that these two are the page's own attributes and nothing else.
    return html.replace('id="ref-', f'id="{name}-ref-').replace('href="#ref-', f'href="#{name}-ref-')


def _choices(page: Page, person: Person, domain: str) -> list[tuple[str, str]]:
    """Return a person's latest answers as (what is said of them, id)."""
    words, told = page.words, []
    for one, score in Ratings(page.site.database).recent(person.owner, domain):
        time = datetime.fromisoformat(one.created_at).astimezone().strftime("%m-%d %H:%M")
        asked = one.asked if len(one.asked) <= MOST_CHARS else one.asked[: MOST_CHARS - 1] + "…"
        rated = words("evaluate.own.unrated") if score is None else words("evaluate.own.rated", score=score)
        told.append((f"{asked} · {time} · {rated}", one.id))
    return told
