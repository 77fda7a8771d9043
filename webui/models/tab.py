"""The tab of models and runs: which model answers and how to change it, the training runs, LLaMA Board. For admins.

Everything shown is read anew when the tab is opened or refreshed; while something moves (a model being loaded, a training
under way, the Board opening) a timer looks again, and only what changed is drawn anew.
"""
# No `from __future__ import annotations` here: Gradio reads the callbacks' annotations (gr.Request).

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mundap.errors import MundapError
from mundap.paths import home, show
from webui import render
from webui.domain import Domain
from webui.highlight import escape
from webui.models import runs, runs_view, system_facts, systems_view
from webui.models.board_link import PORT, allowed
from webui.models.runs import Run
from webui.people import Role
from webui.site import Page

TICK_S = 2.0
_log = logging.getLogger(__name__)
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_name": False, "queue": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The tab's components that are drawn anew, in the order their updates are returned."""

    cards: Any
    change: Any
    wanted: Any
    listed: Any
    chosen: Any
    against: Any
    detail: Any
    board: Any
    recipe: Any
    timer: Any
    seen: Any      # a gr.State: what the drawn page was made of

    @property
    def all(self) -> list[Any]:
        """Return them."""
        return [getattr(self, name) for name in self.__slots__]


def lay_out(page: Page) -> None:
    """Add the tab's components and callbacks to the gr.Tab that is open."""
    import gradio as gr

    tab = gr.context.Context.block
    timer, seen = gr.Timer(TICK_S, active=False), gr.State("")
    with gr.Column(elem_id="models"):
        with gr.Row(elem_classes="models-head"):
            refresh = gr.Button(page.words("models.refresh"), variant="secondary", scale=0, min_width=96, elem_id="models-refresh")
        cards, wanted, change, go = _systems(page)
        listed, chosen, against, detail = _runs(page)
        board, recipe, port, opens, closes = _board(page)
    parts = Parts(cards=cards, change=change, wanted=wanted, listed=listed, chosen=chosen, against=against, detail=detail,
                  board=board, recipe=recipe, timer=timer, seen=seen)
    asked = [page.chosen, wanted, chosen, against, recipe, seen]

    def whole(key: str, want: str | None, run: str | None, other: str | None, file: str | None, before: str,
              request: gr.Request) -> list[Any]:
        return _guarded(page, request, lambda: _drawn(page, site.domain(key), (want, run, other, file)))

    def tick(key: str, want: str | None, run: str | None, other: str | None, file: str | None, before: str,
             request: gr.Request) -> list[Any]:
        return _guarded(page, request, lambda: _drawn(page, site.domain(key), (want, run, other, file), before))

    def on_go(key: str, want: str | None, request: gr.Request) -> tuple[Any, Any]:
        return _switched(page, site.domain(key), want, request)

    def on_open(key: str, file: str | None, at: float | None, request: gr.Request) -> tuple[Any, Any]:
        return _opened(page, site.domain(key), file, at, request)

    def on_close(request: gr.Request) -> tuple[Any, Any]:
        return _closed(page, request)

    site = page.site
    gr.on([tab.select, refresh.click, page.chosen.change, chosen.input, against.input], whole, inputs=asked, outputs=parts.all,
          **_QUIET)
    timer.tick(tick, inputs=asked, outputs=parts.all, **_QUIET)
    go.click(on_go, inputs=[page.chosen, wanted], outputs=[change, timer], **_QUIET)
    opens.click(on_open, inputs=[page.chosen, recipe, port], outputs=[board, timer], **_QUIET)
    closes.click(on_close, outputs=[board, timer], **_QUIET)


def _systems(page: Page) -> tuple[Any, Any, Any, Any]:
    """Add the systems and the change between them; return cards, choice, state line, button."""
    import gradio as gr

    words = page.words
    cards = gr.HTML(elem_id="systems", padding=False)
    notes = [words("models.switch.before"), *([words("models.switch.one")] if page.site.pool.most == 1 else [])]
    gr.HTML(f'<h2 id="switch-title">{escape(words("models.switch.title"))}</h2>'
            f'<p class="note">{escape(" ".join(notes))}</p>', padding=False)
    with gr.Row(elem_classes="change"):
        wanted = gr.Dropdown([], label=words("models.switch.choose"), elem_id="wanted", scale=1, filterable=False)
        go = gr.Button(words("models.switch.go"), variant="primary", scale=0, min_width=140, elem_id="switch")
    change = gr.HTML(elem_id="change", padding=False)
    return cards, wanted, change, go


def _runs(page: Page) -> tuple[Any, Any, Any, Any]:
    """Add the runs; return list, the two choices, detail."""
    import gradio as gr

    listed = gr.HTML(elem_id="runs", padding=False)
    with gr.Row(elem_classes="change"):
        chosen = gr.Dropdown([], label=page.words("models.runs.choose"), elem_id="run", filterable=False)
        against = gr.Dropdown([], label=page.words("models.runs.against"), elem_id="against", filterable=False)
    detail = gr.HTML(elem_id="detail", padding=False)
    return listed, chosen, against, detail


def _board(page: Page) -> tuple[Any, Any, Any, Any, Any]:
    """Add LLaMA Board; return state line, recipe, port, the two buttons. Beyond loopback it says why it is not there."""
    import gradio as gr

    words, here = page.words, allowed(page.site.settings)
    told = words("models.board.lede") if here else words("models.board.not_here")
    gr.HTML(f'<h2 id="board-title">{escape(words("models.board.title"))}</h2><p class="note">{escape(told)}</p>', padding=False)
    with gr.Row(elem_classes="change", visible=here):
        recipe = gr.Dropdown([], label=words("models.board.recipe"), elem_id="board-recipe", scale=2, filterable=False)
        port = gr.Number(PORT, label=words("models.board.port"), precision=0, minimum=1024, maximum=65535, elem_id="board-port",
                         scale=0, min_width=110)
        opens = gr.Button(words("models.board.open"), variant="secondary", scale=0, min_width=80, elem_id="board-open")
        closes = gr.Button(words("models.board.close"), variant="secondary", scale=0, min_width=80, elem_id="board-close")
    return gr.HTML(elem_id="board", padding=False, visible=here), recipe, port, opens, closes


def _drawn(page: Page, domain: Domain, chosen: Sequence[str | None], before: str | None = None) -> list[Any]:
    """Return the updates of every part, in the order of Parts; where nothing changed since before, of the moving lines alone."""
    import gradio as gr

    words, saves = page.words, home(domain.project) / "saves"
    found, change, opened = runs.find(saves), domain.switching.change, page.site.board.opened
    moving = change.state == "loading" or opened.state == "opening" or any(run.state == "running" for run in found)
    mark = _mark(domain, found, change.state, opened.state)
    lines = systems_view.change(change, domain.in_use, words), runs_view.board(opened, words)
    still = gr.update()
    if before == mark:
        return [still, lines[0], still, still, still, still, still, lines[1] if opened.state == "opening" else still, still,
                gr.update(active=moving), mark]
    want, first, second, file = chosen
    by_key = {run.key: run for run in found}
    run = by_key.get(first or "") or (found[0] if found else None)
    other = by_key.get(second or "")
    other = other if other is not run else None
    files = [show(path, domain.project) for path in domain.trains]
    usable = [(systems_view.named(name, words), name) for name, one in domain.systems.items() if not one.missing]
    return [
        systems_view.cards(system_facts.facts(domain, found), words), lines[0],
        gr.update(choices=usable, value=want if want in {name for _, name in usable} else domain.in_use),
        runs_view.listed(found, show(saves, domain.project), words),
        gr.update(choices=runs_view.choices(found), value=run.key if run else None),
        gr.update(choices=[(words("models.runs.nothing"), ""), *runs_view.choices([one for one in found if one is not run])],
                  value=other.key if other else ""),
        runs_view.detail(run, other, words) if run else "", lines[1],
        gr.update(choices=files, value=file if file in files else next(iter(files), None)), gr.update(active=moving), mark]


def _mark(domain: Domain, found: Sequence[Run], *states: str) -> str:
    """Return what the drawn page depends on, as a text."""
    told = [(run.key, run.state, run.steps, run.written) for run in found]
    return repr((domain.key, domain.in_use, sorted(domain.pool.loaded()), states, told))


def _guarded(page: Page, request: Any, drawn: Callable[[], list[Any]]) -> list[Any]:
    """Return the updates, or for somebody whose role gives none of it a message and nothing else."""
    import gradio as gr

    try:
        page.site.people.require(request, Role.ADMIN)
        return drawn()
    except MundapError as raised:
        told = runs_view.error(raised, page.words)
    except Exception as raised:  # whatever lies in a folder, the tab must say something
        _log.exception("the tab of models could not be drawn")
        told = render.unexpected(raised, page.words)
    return [told, *[gr.update()] * 8, gr.update(active=False), ""]


def _switched(page: Page, domain: Domain, want: str | None, request: Any) -> tuple[Any, Any]:
    import gradio as gr

    words = page.words
    try:
        page.site.people.require(request, Role.ADMIN)
        if domain.switching.change.state == "loading":
            return systems_view.refusal(words("models.box.refused"), words("models.switch.busy")), gr.update(active=True)
        if not want or want == domain.in_use:
            name = systems_view.named(domain.in_use, words)
            return f'<p class="note" role="status">{escape(words("models.switch.already", name=name))}</p>', gr.update()
        domain.switching.begin(want)
    except MundapError as raised:
        return runs_view.error(raised, words), gr.update()
    return systems_view.change(domain.switching.change, domain.in_use, words), gr.update(active=True)


def _opened(page: Page, domain: Domain, file: str | None, port: float | None, request: Any) -> tuple[Any, Any]:
    import gradio as gr

    words = page.words
    by_name = {show(path, domain.project): path for path in domain.trains}
    try:
        page.site.people.require(request, Role.ADMIN)
        if not allowed(page.site.settings):
            return systems_view.refusal(words("models.box.refused"), words("models.board.not_here")), gr.update()
        if file not in by_name:
            return systems_view.refusal(words("models.box.refused"), words("models.board.no_recipe")), gr.update()
        if port is None or not 1024 <= port <= 65535:
            return systems_view.refusal(words("models.box.refused"), words("models.board.wrong_port")), gr.update()
        page.site.board.open(by_name[file], int(port))
    except MundapError as raised:
        return runs_view.error(raised, words), gr.update()
    return runs_view.board(page.site.board.opened, words), gr.update(active=True)


def _closed(page: Page, request: Any) -> tuple[Any, Any]:
    import gradio as gr

    try:
        page.site.people.require(request, Role.ADMIN)
        page.site.board.close()
    except MundapError as raised:
        return runs_view.error(raised, page.words), gr.update()
    return runs_view.board(page.site.board.opened, page.words), gr.update()
