"""The tab where judgements become training data: what there is, what it would become, and the button that writes it."""
# No `from __future__ import annotations` here: Gradio reads the callbacks' annotations (gr.Request).

from collections.abc import Iterator
from typing import Any

from mundap.errors import MundapError
from webui import render
from webui.flywheel import made_data
from webui.flywheel.collecting import chosen, command_line, feedback, put_down, recipe_of
from webui.people import Role
from webui.site import Page

GOOD, BAD = (3, 4, 5), (1, 2, 3)


def lay_out(page: Page) -> None:
    """Add the tab's components and callbacks to the gr.Tab that is open."""
    import gradio as gr

    site, words = page.site, page.words
    tab = gr.context.Context.block
    gr.HTML(made_data.notice(words("flywheel.lede")), padding=False)
    with gr.Row(elem_classes="scores"):
        good = _scores(page, "good", GOOD, 4)
        bad = _scores(page, "bad", BAD, 2)
        count = gr.Button(words("flywheel.count"), variant="secondary", scale=0, min_width=120, elem_id="flywheel-count")
        make = gr.Button(words("flywheel.make"), variant="primary", scale=0, min_width=140, elem_id="flywheel-make")
    told = gr.HTML(elem_id="flywheel-told", padding=False)
    shown = gr.HTML(elem_id="flywheel-shown", padding=False)

    def guarded(key: str, best: Any, worst: Any, request: gr.Request, write: bool) -> Iterator[tuple[str, str]]:
        try:
            site.people.require(request, Role.ADMIN)
            yield from _counted(page, key, (best, worst), write)
        except MundapError as raised:
            yield render.error(raised, words), ""

    def on_count(key: str, best: Any, worst: Any, request: gr.Request) -> Iterator[tuple[str, str]]:
        yield from guarded(key, best, worst, request, False)

    def on_make(key: str, best: Any, worst: Any, request: gr.Request) -> Iterator[tuple[str, str]]:
        yield from guarded(key, best, worst, request, True)

    options: dict[str, Any] = {"inputs": [page.chosen, good, bad], "outputs": [told, shown], "show_progress": "hidden",
                               "api_name": False, "concurrency_limit": 1, "concurrency_id": "flywheel"}
    # Another domain is counted at once: what is shown must be what the button writes.
    gr.on([tab.select, count.click, good.input, bad.input, page.chosen.change], on_count, trigger_mode="always_last", **options)
    make.click(on_make, trigger_mode="once", **options)


def _counted(page: Page, key: str, scores: tuple[Any, Any], write: bool) -> Iterator[tuple[str, str]]:
    """Yield what is said and shown while judgements are counted, and with write the files are written."""
    site, words = page.site, page.words
    domain, thresholds = site.domain(key), chosen(*scores, words)
    yield made_data.notice(words("flywheel.counting")), ""
    found = feedback(site.database, domain.recipe, site.project, thresholds)
    drawn = made_data.preview(found, words, command_line(domain.key, site.project, site.database.path, thresholds))
    if not write:
        yield "", drawn
        return
    yield made_data.notice(words("flywheel.writing")), drawn
    recipe = recipe_of(domain.key, site.project)
    outcome = put_down(found, site.project, recipe.parent if recipe else None)
    yield made_data.written(outcome, words), drawn


def _scores(page: Page, name: str, scores: tuple[int, ...], chosen_first: int) -> Any:
    """Add a choice of one score."""
    import gradio as gr

    return gr.Dropdown([(page.words("flywheel.points", score=score), score) for score in scores], value=chosen_first,
                       label=page.words(f"flywheel.{name}"), interactive=True, filterable=False, min_width=180,
                       elem_id=f"flywheel-{name}")
