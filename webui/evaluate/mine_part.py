"""The part everybody has: one's own records, to take along or to delete; an admin downloads everybody's judgements here."""
# No `from __future__ import annotations` here: Gradio reads the callbacks' annotations (gr.Request).

from collections.abc import Callable
from typing import Any

from webui.highlight import escape
from webui.people import Role
from webui.safely import OPTIONS, REFRESH, safely
from webui.site import Page
from webui.storage.housekeeping import forget
from webui.words import Words

_FOR_ADMINS = ("ratings", "votes")


def lay_out(page: Page) -> Callable[[list[Any], Any, str], None]:
    """Add the part's components; return what has it refreshed by events, given the part's radio and its own name."""
    import gradio as gr

    words, days = page.words, int(page.site.settings.get("retention_days", 0))
    kept = words("evaluate.forget.kept_days", days=days) if days else words("evaluate.forget.kept_on")
    links = gr.HTML(downloads(words, Role.VIEWER), elem_id="downloads", padding=False)
    with gr.Accordion(words("evaluate.forget.fold"), open=False, elem_id="forget", elem_classes="fold"):
        gr.HTML(f'<p class="note">{escape(words("evaluate.forget.note"))} {escape(kept)}</p>', padding=False)
        ask = gr.Button(words("evaluate.forget.ask"), size="sm", elem_id="forget-ask", elem_classes="quiet")
        with gr.Row(visible=False, elem_id="forget-sure", elem_classes="sure") as sure:
            gr.HTML(f'<p class="told warn" role="alert">{escape(words("evaluate.forget.sure"))}</p>', padding=False)
            yes = gr.Button(words("evaluate.forget.confirm"), size="sm", elem_id="forget-yes", elem_classes="quiet danger")
            no = gr.Button(words("evaluate.forget.cancel"), size="sm", elem_id="forget-no", elem_classes="quiet")
    said = gr.HTML(elem_id="forget-said", padding=False)

    def on_ask() -> tuple[Any, ...]:
        return gr.update(visible=False), gr.update(visible=True), ""

    def on_no() -> tuple[Any, ...]:
        return gr.update(visible=True), gr.update(visible=False), ""

    def on_yes(request: gr.Request) -> tuple[Any, ...]:
        return gr.update(visible=True), gr.update(visible=False), safely(words, lambda: _forgotten(page, request))

    def on_open(name: str, own: str, request: gr.Request) -> tuple[Any, ...]:
        return (downloads(words, page.site.people.of(request).role), "") if name == own else (gr.skip(), gr.skip())

    def refreshed_by(events: list[Any], parts: Any, own: str) -> None:
        gr.on(events, on_open, inputs=[parts, gr.State(own)], outputs=[links, said], **REFRESH)

    for button, answer in ((ask, on_ask), (no, on_no), (yes, on_yes)):
        button.click(answer, outputs=[ask, sure, said], **OPTIONS)
    return refreshed_by


def downloads(words: Words, role: Role) -> str:
    """Return the links to what a role may download; addresses are the page's own (storage.exporting)."""
    kinds = ["conversations", *(_FOR_ADMINS if role >= Role.ADMIN else ())]
    rows = "".join(
        f'<tr><th scope="row">{escape(words("evaluate.export." + ("own" if kind == "conversations" else kind)))}</th>'
        + "".join(f'<td><a href="export/{kind}.{form}" download>{form.upper()}</a></td>' for form in ("csv", "jsonl")) + "</tr>"
        for kind in kinds)
    return (f'<section class="downloads"><h3>{escape(words("evaluate.export.title"))}</h3><table class="figures">{rows}</table>'
            f'<p class="note">{escape(words("evaluate.export.note"))}</p></section>')


def _forgotten(page: Page, request: Any) -> str:
    """Delete all of the person's; return what is said of it."""
    owner = page.site.people.of(request).owner
    page.site.uploads.delete_all(owner)
    gone = forget(page.site.database, owner)
    told = {name: gone[name] for name in ("conversations", "answers", "ratings", "votes")}
    return f'<p class="told" role="status">{escape(page.words("evaluate.forget.done", **told))}</p>'
