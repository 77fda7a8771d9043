"""The tab where answers are rated: one's own, those of question lists; what was said of them; one's own records.

Its parts are files of their own (*_part.py), one on show at a time; a viewer sees the last alone.
"""
# No `from __future__ import annotations` here: Gradio reads the callbacks' annotations (gr.Request).

from collections.abc import Sequence
from typing import Any

from webui.evaluate import lists_part, mine_part, own_part, results_part
from webui.people import Role
from webui.safely import OPTIONS
from webui.site import Page

# A part's name, what lays it out and returns what refreshes it, and whose it is.
PARTS = (("own", own_part.lay_out, Role.RATER), ("lists", lists_part.lay_out, Role.RATER),
         ("results", results_part.lay_out, Role.RATER), ("reports", results_part.lay_out_reports, Role.RATER),
         ("mine", mine_part.lay_out, Role.VIEWER))


def lay_out(page: Page) -> None:
    """Add the tab's components and callbacks to the gr.Tab that is open."""
    import gradio as gr

    tab, names = gr.context.Context.block, [name for name, _, _ in PARTS]
    chosen = gr.Radio(_choices(page, Role.VIEWER), value="mine", show_label=False, container=False, elem_id="evaluate-parts",
                      label=page.words("page.tabs.evaluate"), elem_classes="segments")
    columns, refreshers = [], []
    for name, lay_out_part, _ in PARTS:
        with gr.Column(visible=name == "mine", elem_id=f"evaluate-{name}", elem_classes="part") as column:
            refreshers.append(lay_out_part(page))
        columns.append(column)

    def whose(request: gr.Request) -> tuple[Any, ...]:
        person = page.site.people.of(request)
        first = next(name for name, _, role in PARTS if person.role >= role)
        return gr.update(choices=_choices(page, person.role), value=first), *_shown(names, first)

    def on_part(name: str) -> list[Any]:
        return _shown(names, name)

    gr.context.Context.root_block.load(whose, outputs=[chosen, *columns], queue=False, **OPTIONS)
    chosen.input(on_part, inputs=chosen, outputs=columns, queue=False, **OPTIONS)
    for name, refresh in zip(names, refreshers, strict=True):
        refresh([tab.select, chosen.change, page.chosen.change], chosen, name)


def _choices(page: Page, role: Role) -> list[tuple[str, str]]:
    return [(page.words(f"evaluate.parts.{name}"), name) for name, _, least in PARTS if role >= least]


def _shown(names: Sequence[str], chosen: str) -> list[Any]:
    import gradio as gr

    return [gr.update(visible=name == chosen) for name in names]
