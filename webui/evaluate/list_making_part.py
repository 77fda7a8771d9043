"""What an admin does with question lists: makes one from pasted text, has it answered, stops that, deletes it."""
# No `from __future__ import annotations` here: Gradio reads the callbacks' annotations (gr.Request).

from dataclasses import dataclass
from typing import Any

from webui.domain import OWN
from webui.evaluate import list_file
from webui.evaluate.rating_results import system_name
from webui.highlight import escape
from webui.people import Role
from webui.pool import model_key
from webui.safely import OPTIONS, safely
from webui.site import Page
from webui.storage.lists import Lists

_PASTED = 400_000   # letters a browser may send; list_file says kindly what is too much before that


@dataclass(frozen=True, kw_only=True)
class ListMaking:
    """An admin's components. started is the event after which a list is being answered, changed those that changed lists."""

    page: Page
    row: Any
    start: Any
    stop: Any
    sure: Any
    new: Any
    started: Any = None
    changed: tuple[Any, ...] = ()

    @property
    def outputs(self) -> list[Any]:
        """Return the components buttons() has updates for."""
        return [self.row, self.start, self.stop, self.sure, self.new]

    def buttons(self, identity: str | None, request: Any) -> tuple[Any, ...]:
        """Return the updates that offer an admin what can be done with a list now, and others nothing."""
        import gradio as gr

        site, words = self.page.site, self.page.words
        admin = site.people.of(request).role >= Role.ADMIN
        run, found = site.list_runs.of(identity or ""), self._counted(identity)
        running = run is not None and run.running
        label = words("evaluate.list.resume" if found[0] else "evaluate.list.start")
        return (gr.update(visible=admin and bool(identity)),
                gr.update(visible=not running and found[0] < found[1], value=label),
                gr.update(visible=running), gr.update(visible=False), gr.update(visible=admin))

    def _counted(self, identity: str | None) -> tuple[int, int]:
        questions = Lists(self.page.site.database).questions(identity or "")
        return sum(bool(one.answer) for one in questions), len(questions)


def lay_out_making(page: Page, chosen: Any, state: Any) -> ListMaking:
    """Add what is for admins: the chosen list's buttons, and the form of a new one."""
    import gradio as gr

    words, site = page.words, page.site
    with gr.Row(elem_classes="steps", visible=False, elem_id="list-making") as row:
        start = gr.Button(words("evaluate.list.start"), size="sm", elem_id="list-start", elem_classes="quiet")
        stop = gr.Button(words("evaluate.list.stop"), size="sm", visible=False, elem_id="list-stop", elem_classes="quiet")
        delete = gr.Button(words("evaluate.list.delete"), size="sm", elem_id="list-delete", elem_classes="quiet plain")
    with gr.Row(visible=False, elem_classes="sure", elem_id="list-sure") as sure:
        gr.HTML(f'<p class="told warn" role="alert">{escape(words("evaluate.list.sure"))}</p>', padding=False)
        yes = gr.Button(words("evaluate.list.delete"), size="sm", elem_id="list-yes", elem_classes="quiet danger")
        no = gr.Button(words("evaluate.forget.cancel"), size="sm", elem_id="list-no", elem_classes="quiet")

    def on_start(identity: str | None, request: gr.Request) -> tuple[str, str]:
        return safely(words, lambda: _started(page, identity or "", request)), ""

    def on_stop(identity: str | None, request: gr.Request) -> None:
        site.people.require(request, Role.ADMIN)
        site.list_runs.stop(identity or "")

    def on_delete(identity: str | None, request: gr.Request) -> tuple[Any, ...]:
        site.people.require(request, Role.ADMIN)
        site.list_runs.stop(identity or "")
        Lists(site.database).delete(identity or "")
        return gr.update(visible=False), f'<p class="told" role="status">{escape(words("evaluate.list.deleted"))}</p>'

    stop.click(on_stop, inputs=chosen, queue=False, **OPTIONS)
    delete.click(lambda: gr.update(visible=True), outputs=sure, queue=False, **OPTIONS)
    no.click(lambda: gr.update(visible=False), outputs=sure, queue=False, **OPTIONS)
    deleted = yes.click(on_delete, inputs=chosen, outputs=[sure, state], **OPTIONS)
    new, added, said = _form(page, chosen)
    started = start.click(on_start, inputs=chosen, outputs=[state, said], **OPTIONS)
    return ListMaking(page=page, row=row, start=start, stop=stop, sure=sure, new=new, started=started,
                      changed=(deleted, added))


def _form(page: Page, chosen: Any) -> tuple[Any, Any, Any]:
    """Add the form of a new list; return it, the event after which there is one, and where what came of it is said."""
    import gradio as gr

    words = page.words
    with gr.Accordion(words("evaluate.list.new"), open=False, visible=False, elem_id="list-new", elem_classes="fold") as form:
        name = gr.Textbox(label=words("evaluate.list.name"), max_lines=1, max_length=list_file.MAX_NAME, elem_id="list-name")
        system = gr.Dropdown(_systems(page, page.site.first.key), value=OWN, label=words("evaluate.list.system"),
                             filterable=False, elem_id="list-system")
        text = gr.Textbox(label=words("evaluate.list.text"), lines=6, max_lines=14, max_length=_PASTED, elem_id="list-text")
        # The browser reads the file and puts it into the box above (scripts/evaluate.js): no file is sent.
        gr.HTML(f'<label class="file">{escape(words("evaluate.list.file"))}'
                '<input type="file" id="list-file" accept=".txt,.md,.csv,.jsonl"></label>'
                f'<p class="told warn" id="list-too-large" role="alert" hidden>{escape(words("evaluate.list.too_large"))}</p>',
                padding=False)
        add = gr.Button(words("evaluate.list.add"), size="sm", elem_id="list-add", elem_classes="quiet")
    said = gr.HTML(elem_id="list-added", padding=False)

    def on_add(named: str, with_system: str, pasted: str, key: str, request: gr.Request) -> tuple[Any, ...]:
        made: list[str] = []
        told = safely(words, lambda: _added(page, (named, with_system, pasted, key), request, made))
        if not made:
            return told, gr.skip(), gr.skip(), gr.skip(), gr.skip()
        listed = [(one.name, one.id) for one in Lists(page.site.database).of(page.site.domain(key).key, "")]
        return told, "", "", gr.update(choices=listed, value=made[0]), gr.update(open=False)

    added = add.click(on_add, inputs=[name, system, text, page.chosen], outputs=[said, name, text, chosen, form],
                      **OPTIONS)
    page.chosen.change(lambda key: gr.update(choices=_systems(page, key), value=OWN), inputs=page.chosen, outputs=system, **OPTIONS)
    return form, added, said


def _systems(page: Page, key: str) -> list[tuple[str, str]]:
    """Return the systems of a domain that can answer, as (name, key)."""
    return [(system_name(name, page.words), name) for name, one in page.site.domain(key).systems.items() if not one.missing]


def _added(page: Page, form: tuple[str, str, str, str], request: Any, made: list[str]) -> str:
    """Keep a new list, its id put into made; return what is said of it."""
    name, system, text, key = form
    person, domain = page.site.people.require(request, Role.ADMIN), page.site.domain(key)
    levels = domain.answerer(system).levels
    questions = list_file.read(text, levels)
    made.append(Lists(page.site.database).add(person.owner, domain.key, list_file.name(name), system, questions))
    return f'<p class="told" role="status">{escape(page.words("evaluate.list.added", n=len(questions)))}</p>'


def _started(page: Page, identity: str, request: Any) -> str:
    """Have a list answered in the background; return nothing to say: its progress follows."""
    person, site = page.site.people.require(request, Role.ADMIN), page.site
    listed = Lists(site.database).get(identity, person.owner)
    domain = site.domain(listed.domain)
    model = model_key(domain.systems[listed.system].recipe["generation"])
    site.list_runs.start(Lists(site.database), identity, domain.answerer(listed.system), model)
    return ""
