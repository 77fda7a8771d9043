"""The tab 자료: browse the documents, try the search and see why, upload files of one's own. Layout and thin callbacks.

What is pressed inside the HTML comes through one hidden text box as a JSON list (scripts/documents.js), which may hold
anything: a browser is never trusted. Files come through uploads/route.py; the hidden button says that some have arrived.
"""
# No `from __future__ import annotations` here: Gradio reads the callbacks' annotations (gr.Request).

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from mundap.errors import MundapError
from rag.inquiry import MAX_QUESTION_CHARS
from rag.search.retrieve import Retriever
from webui.documents import browsing, browsing_view
from webui.documents.browsing import Library
from webui.domain import Domain
from webui.people import Role
from webui.site import Page
from webui.uploads.names import clean_name
from webui.uploads.transfer import Arrived

SHARED, MINE = "shared", "mine"
MAX_QUERY_CHARS = 200
HITS = 10
AT_ONCE = 4
READ_AT_ONCE = 16     # progress lines of people waiting for their files; one file is read at a time whatever this is
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_name": False}
_log = logging.getLogger(__name__)


def lay_out(page: Page) -> None:
    """Add the tab's components and callbacks to the gr.Tab that is open."""
    import gradio as gr

    words = page.words
    scope = gr.Radio([(words("documents.shared"), SHARED), (words("documents.mine"), MINE)], value=SHARED,
                     label=words("documents.scope"), elem_id="documents-scope", container=False)
    with gr.Tabs(elem_id="documents-views"):
        with gr.Tab(words("documents.views.browse"), id="browse"):
            query = gr.Textbox(label=words("documents.browse.label"), placeholder=words("documents.browse.placeholder"),
                               max_lines=1, max_length=MAX_QUERY_CHARS, elem_id="documents-query", container=False)
            shown = gr.HTML(elem_id="documents-shown", padding=False)
        with gr.Tab(words("documents.views.search"), id="search"):
            asked, send, found = _search(page)
        with gr.Tab(words("documents.views.upload"), id="upload"):
            listed = _upload(page)
    pressed = gr.Textbox(elem_id="documents-pressed", elem_classes="documents-hidden", show_label=False, container=False)
    views = _Views(page)

    def on_listing(text: str, within: str, key: str, request: gr.Request) -> str:
        return views.listing(text, within, key, request)

    def on_search(text: str, within: str, key: str, request: gr.Request) -> str:
        return views.search(text, within, key, request)

    def on_pressed(sent: str, text: str, within: str, key: str, request: gr.Request) -> tuple[Any, Any]:
        return views.pressed(sent, text, within, key, request)

    def on_open(request: gr.Request) -> str:
        return views.uploads(request)

    everything, tab = [query, scope, page.chosen], gr.context.Context.block
    gr.on([tab.select, query.submit, query.change, scope.change, page.chosen.change], on_listing, inputs=everything,
          outputs=shown, concurrency_limit=AT_ONCE, trigger_mode="always_last", **_QUIET)
    gr.on([asked.submit, send.click], on_search, inputs=[asked, scope, page.chosen], outputs=found,
          concurrency_limit=AT_ONCE, **_QUIET)
    pressed.input(on_pressed, inputs=[pressed, *everything], outputs=[shown, listed], concurrency_limit=AT_ONCE,
                  trigger_mode="multiple", **_QUIET)
    tab.select(on_open, outputs=listed, queue=False, **_QUIET)


def _search(page: Page) -> tuple[Any, Any, Any]:
    """Add what tries the search; return the question's box, its button, and where what was found is shown."""
    import gradio as gr

    words = page.words
    with gr.Row(elem_classes="documents-ask", equal_height=True):
        asked = gr.Textbox(label=words("documents.search.label"), placeholder=words("documents.search.placeholder"), max_lines=1,
                           max_length=MAX_QUESTION_CHARS, elem_id="documents-asked", container=False, scale=1)
        send = gr.Button(words("documents.search.send"), variant="primary", scale=0, min_width=88, elem_id="documents-send")
    return asked, send, gr.HTML(elem_id="documents-found", padding=False)


def _upload(page: Page) -> Any:
    """Lay out the view where files are uploaded; return the component that lists them."""
    import gradio as gr

    site, words = page.site, page.words
    held = site.uploads
    gr.HTML(browsing_view.chooser(held.most, held.most_bytes, held.retention_days, words), padding=False,
            elem_id="documents-chooser")
    state = gr.HTML(elem_id="documents-progress", padding=False)
    stop = gr.Button(words("documents.upload.stop"), variant="secondary", visible=False, scale=0, min_width=88,
                     elem_id="documents-stop")
    listed = gr.HTML(elem_id="documents-uploads", padding=False)
    take = gr.Button("", elem_id="documents-take", elem_classes="documents-hidden")

    def on_take(key: str, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        owner, done = site.people.require(request, Role.VIEWER).owner, list[str]()
        for arrived in held.waiting(owner):
            for line in _taken(page, owner, arrived, site.domain(key)):
                yield browsing_view.told([*done, line]), gr.update(visible=True), gr.update()
            done.append(line)
        yield browsing_view.told(done), gr.update(visible=False), browsing_view.uploads(held.list(owner), words)

    def on_stop(request: gr.Request) -> Any:
        held.stop(site.people.require(request, Role.VIEWER).owner)
        return gr.update(visible=False)

    take.click(on_take, inputs=page.chosen, outputs=[state, stop, listed], concurrency_limit=READ_AT_ONCE,
               trigger_mode="multiple", **_QUIET)
    stop.click(on_stop, outputs=stop, queue=False, **_QUIET)
    return listed


def _taken(page: Page, owner: str, arrived: Arrived, domain: Domain) -> Iterator[str]:
    """Yield the progress line of one file; the last is what became of it. The error boundary of uploads."""
    try:
        with closing(page.site.uploads.add(owner, arrived, domain)) as events:
            for event in events:
                yield browsing_view.progress(event, page.words)
    except MundapError as error:
        _log.info("an upload was refused: %s", error)
        yield browsing_view.refused(error, page.words)
    except Exception:
        _log.exception("an upload could not be read")
        yield browsing_view.unexpected(clean_name(arrived.name), page.words)


class _Views:
    """The callbacks that draw: each returns HTML and turns what goes wrong into a message."""

    def __init__(self, page: Page) -> None:
        self.site = page.site
        self.words = page.words
        self._libraries: dict[str, tuple[Retriever, Library]] = {}

    def listing(self, query: str, scope: str, key: str, request: Any) -> str:
        """Return the first page of the documents that hold what is written."""
        return self._guarded(lambda: self._listed(query, scope, key, request, 1))

    def search(self, question: str, scope: str, key: str, request: Any) -> str:
        """Return what asking would find, and why."""
        return self._guarded(lambda: self._searched(question, scope, key, request))

    def uploads(self, request: Any) -> str:
        """Return the person's uploads."""
        return self._guarded(lambda: self._uploaded(request))

    def pressed(self, sent: str, query: str, scope: str, key: str, request: Any) -> tuple[Any, Any]:
        """Do what was pressed: turn a page, open a document, delete an upload."""
        import gradio as gr

        action, argument, number, chunk = _order(sent)
        if action == "list":
            return self._guarded(lambda: self._listed(query, scope, key, request, number)), gr.update()
        if action == "open":
            return self._guarded(lambda: self._opened(argument, number, chunk, query, scope, key, request)), gr.update()
        if action in ("delete", "delete_all"):
            listed = self._guarded(lambda: self._deleted(argument if action == "delete" else None, request))
            return (self.listing(query, scope, key, request) if scope == MINE else gr.update()), listed
        return gr.update(), gr.update()

    def _listed(self, query: str, scope: str, key: str, request: Any, page: int) -> str:
        library = self._library(scope, key, request)
        if library is None:
            return browsing_view.note(self.words("documents.browse.nothing_mine"))
        wanted = " ".join(str(query or "").split())[:MAX_QUERY_CHARS]
        return browsing_view.listing(library, library.find(wanted, page), wanted, self.words)

    def _opened(self, doc_id: str, page: int, chunk: str, query: str, scope: str, key: str, request: Any) -> str:
        library = self._library(scope, key, request)
        entry = library.get(doc_id) if library else None
        if entry is None:
            return browsing_view.note(self.words("documents.browse.gone"))
        at = browsing.page_of(entry, chunk) if chunk else page
        return browsing_view.document(entry, at, " ".join(str(query or "").split())[:MAX_QUERY_CHARS], self.words)

    def _searched(self, question: str, scope: str, key: str, request: Any) -> str:
        text = " ".join(str(question or "").split())
        if not text:
            return browsing_view.note(self.words("documents.search.empty"))
        if len(text) > MAX_QUESTION_CHARS:
            return browsing_view.note(self.words("documents.search.too_long", most=MAX_QUESTION_CHARS))
        retriever, domain = self._retriever(scope, key, request), self.site.domain(key)
        if retriever is None:
            return browsing_view.note(self.words("documents.browse.nothing_mine"))
        return browsing_view.hits(retriever.search(text, top_k=HITS), text, domain.recipe["retrieval"], self.words)

    def _uploaded(self, request: Any) -> str:
        owner = self.site.people.require(request, Role.VIEWER).owner
        return browsing_view.uploads(self.site.uploads.list(owner), self.words)

    def _deleted(self, identity: str | None, request: Any) -> str:
        owner = self.site.people.require(request, Role.VIEWER).owner
        if identity is None:
            self.site.uploads.delete_all(owner)
        else:
            self.site.uploads.delete(owner, identity)
        return self._uploaded(request)

    def _retriever(self, scope: str, key: str, request: Any) -> Retriever | None:
        person, domain = self.site.people.require(request, Role.VIEWER), self.site.domain(key)
        return self.site.uploads.retriever(person.owner, domain) if scope == MINE else domain.retriever

    def _library(self, scope: str, key: str, request: Any) -> Library | None:
        retriever, domain = self._retriever(scope, key, request), self.site.domain(key)
        if retriever is None or scope == MINE:
            return Library(retriever) if retriever else None
        held = self._libraries.get(domain.key)
        if held is None or held[0] is not retriever:
            held = self._libraries[domain.key] = (retriever, Library(retriever))
        return held[1]

    def _guarded(self, draw: Callable[[], str]) -> str:
        try:
            return draw()
        except MundapError as error:
            _log.warning("%s", error)
            return browsing_view.told([browsing_view.refused(error, self.words)])
        except Exception:
            _log.exception("the tab of documents could not be drawn")
            return browsing_view.told([browsing_view.unexpected("", self.words)])


def _order(sent: str) -> tuple[str, str, int, str]:
    """Return what was pressed: action, argument, page and chunk; an action of "" for anything that is none."""
    try:
        given = json.loads(str(sent)[:4000])
        _, action, argument, number, chunk = given
    except (ValueError, TypeError, RecursionError):
        return "", "", 1, ""
    if not all(isinstance(one, str) for one in (action, argument, chunk)) or type(number) is not int:
        return "", "", 1, ""
    return action, argument, number, chunk
