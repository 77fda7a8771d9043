"""The parts that sum up: what ratings say, and the reports of `mundap eval`."""
# No `from __future__ import annotations` here: Gradio reads the callbacks' annotations (gr.Request).

from collections.abc import Callable
from typing import Any

from webui import render
from webui.evaluate import reports
from webui.evaluate.rating_results import results
from webui.highlight import escape
from webui.people import Role
from webui.safely import REFRESH, safely
from webui.site import Page
from webui.storage.ratings import Ratings


def lay_out(page: Page) -> Callable[[list[Any], Any, str], None]:
    """Add the ratings' part; return what has it refreshed by events, given the part's radio and its own name."""
    import gradio as gr

    words = page.words
    gr.HTML(f'<p class="note">{escape(words("evaluate.results.scope"))}</p>', padding=False)
    everything = gr.Checkbox(label=words("evaluate.results.everything"), container=False, visible=False, elem_id="everything")
    shown = gr.HTML(elem_id="results", padding=False)

    def draw(key: str, every: bool, request: gr.Request) -> str:
        def made() -> str:
            person = page.site.people.require(request, Role.RATER)
            ratings, domain, admin = Ratings(page.site.database), page.site.domain(key).key, person.role >= Role.ADMIN
            told = ratings.records(domain) if every and admin else ratings.seen_by(person.owner, domain)
            return results(told, words, names=admin, own=person.owner)

        return safely(words, made)

    def on_open(name: str, key: str, every: bool, own: str, request: gr.Request) -> tuple[Any, ...]:
        if name != own:
            return gr.skip(), gr.skip()
        return gr.update(visible=page.site.people.of(request).role >= Role.ADMIN), draw(key, every, request)

    def refreshed_by(events: list[Any], parts: Any, own: str) -> None:
        gr.on(events, on_open, inputs=[parts, page.chosen, everything, gr.State(own)], outputs=[everything, shown], **REFRESH)

    everything.input(draw, inputs=[page.chosen, everything], outputs=shown, **REFRESH)
    return refreshed_by


def lay_out_reports(page: Page) -> Callable[[list[Any], Any, str], None]:
    """Add the reports' part; return what has it refreshed by events, given the part's radio and its own name."""
    import gradio as gr

    words = page.words
    chosen = gr.Dropdown([], label=words("evaluate.reports.choose"), elem_id="report", filterable=False, visible=False)
    shown = gr.HTML(elem_id="report-shown", padding=False)

    def draw(key: str | None, request: gr.Request) -> str:
        def made() -> str:
            page.site.people.require(request, Role.RATER)
            return reports.html(page.site.project, key or "", words.language)

        return safely(words, made)

    def on_open(name: str, key: str | None, own: str, request: gr.Request) -> tuple[Any, ...]:
        if name != own:
            return gr.skip(), gr.skip()
        found = reports.found(page.site.project) if page.site.people.of(request).role >= Role.RATER else []
        if not found:
            return gr.update(choices=[], value=None, visible=False), render.notice(words("evaluate.reports.none"))
        choices = [(words("evaluate.reports.named", name=one.key, day=f"{one.written:%Y-%m-%d %H:%M}"), one.key) for one in found]
        now = key if key in [one.key for one in found] else found[0].key
        return gr.update(choices=choices, value=now, visible=True), draw(now, request)

    def refreshed_by(events: list[Any], parts: Any, own: str) -> None:
        gr.on(events, on_open, inputs=[parts, chosen, gr.State(own)], outputs=[chosen, shown], **REFRESH)

    chosen.input(draw, inputs=chosen, outputs=shown, **REFRESH)
    return refreshed_by
