"""The tab where a question is asked: its layout, and what is called when. The callbacks are in callbacks.py."""

from __future__ import annotations

from typing import Any

from mundap.levels import AUTO
from rag.inquiry import MAX_QUESTION_CHARS
from webui.ask.callbacks import Parts, Updates, arriving, asking, levels, moving
from webui.ask.talk import MINE, RANGES
from webui.domain import Domain
from webui.evaluate.rating_part import lay_out_rating
from webui.site import Page
from webui.words import Words


def lay_out(page: Page) -> None:
    """Add the tab's components and callbacks to the gr.Tab that is open."""
    import gradio as gr

    domain, words = page.site.first, page.words
    with gr.Column(elem_id="desk"):
        past = _past(words)
        earlier = gr.HTML(elem_id="earlier", padding=False)
        now = _now(page)
        compose = _compose(domain, words)
        examples = gr.Dataset(components=[gr.Textbox(visible=False)], samples=[[one] for one in domain.examples],
                              label=words("ask.examples"), type="values", visible=bool(domain.examples), elem_id="examples")
    parts = Parts(**past, earlier=earlier, **now, **compose, examples=examples, identity=gr.Textbox(visible=False),
                  pending=gr.State(None), editing=gr.State(None))
    _wire(page, parts)


def _past(words: Words) -> Updates:
    import gradio as gr

    with gr.Row(elem_id="talks"):
        with gr.Accordion(words("ask.past"), open=False, elem_id="past", visible=False) as folded:
            past = gr.Radio([], label=words("ask.past"), elem_id="past-list", container=False, show_label=False)
            delete = gr.Button(words("ask.delete"), size="sm", elem_id="delete", scale=0, visible=False)
        anew = gr.Button(words("ask.new"), size="sm", scale=0, min_width=96, elem_id="anew", visible=False)
    return {"folded": folded, "past": past, "delete": delete, "anew": anew}


def _now(page: Page) -> Updates:
    """Add the turn on show: its answer, what can be done with it, and its evidence."""
    import gradio as gr

    words, rated = page.words, gr.State("")
    with gr.Column(elem_id="now"):
        answer = gr.HTML(elem_id="answer", padding=False)
        with gr.Column(elem_id="after", visible=False) as after:
            chips = gr.CheckboxGroup(label=words("ask.chips"), elem_id="chips", container=False)
            with gr.Row(elem_id="actions"):
                retry = gr.Button(words("ask.retry"), size="sm", scale=0, min_width=60, elem_id="retry")
                edit = gr.Button(words("ask.edit"), size="sm", scale=0, min_width=60, elem_id="edit")
                copy = gr.Button(words("ask.copy"), size="sm", scale=0, min_width=60, elem_id="copy")
            with gr.Accordion(words("ask.rate"), open=False, elem_id="rate", visible=False) as rate:
                lay_out_rating(page, "ask", rated)
        references = gr.HTML(elem_id="references", padding=False)
    return {"rated": rated, "rate": rate, "answer": answer, "after": after, "chips": chips, "retry": retry, "edit": edit,
            "copy": copy, "references": references}


def _compose(domain: Domain, words: Words) -> Updates:
    """Add the question's box and, below it, how it is to be answered."""
    import gradio as gr

    with gr.Column(elem_id="compose"):
        with gr.Row(elem_classes="ask", equal_height=True):
            question = gr.Textbox(placeholder=words("ask.placeholder"), label=words("ask.question"), show_label=False, lines=1,
                                  max_lines=6, max_length=MAX_QUESTION_CHARS, autofocus=True, scale=1, container=False,
                                  elem_id="question")
            ask = gr.Button(words("ask.send"), variant="primary", scale=0, min_width=88, elem_id="ask")
            stop = gr.Button(words("ask.stop"), variant="secondary", scale=0, min_width=88, visible=False, elem_id="stop")
        choices = levels(domain, words)
        level = gr.Radio(choices, value=AUTO if choices else None, label=words("ask.level"), container=False,
                         visible=bool(choices) or "hidden", elem_id="level")   # see page.py on what is hidden
        scope = gr.Radio([(words("ask.scope_all"), "all"), (words("ask.scope_mine"), MINE)], value="all", visible=False,
                         label=words("ask.scope"), elem_id="scope", container=False)
        with gr.Accordion(words("ask.conditions"), open=False, elem_id="conditions"), gr.Row():
            as_of = gr.Textbox(label=words("ask.as_of"), placeholder="2024-03-09", info=words("ask.as_of_info"), lines=1,
                               max_lines=1, max_length=20, min_width=150, elem_id="as-of")
            numbers = [_number(name, words) for name in RANGES]
    return {"question": question, "ask": ask, "stop": stop, "level": level, "wishes": [level, as_of, scope, *numbers],
            "scope": scope}


def _number(name: str, words: Words) -> Any:
    import gradio as gr

    low, high = RANGES[name]
    return gr.Number(None, label=words(f"ask.{name}"), info=words(f"ask.{name}_info", low=low, high=high),
                     placeholder=words("ask.as_set"), minimum=low, maximum=high, step=0.1 if name == "temperature" else 1,
                     min_width=110, elem_id=name.replace("_", "-"))


def _wire(page: Page, parts: Parts) -> None:
    import gradio as gr

    does = asking(page, parts) | moving(page, parts) | arriving(page, parts)
    every = [getattr(parts, name) for name in Parts.__slots__ if name != "wishes"]
    here = [parts.identity, page.chosen]
    long: Updates = {"outputs": every, "show_progress": "hidden", "api_name": False, "concurrency_limit": None,
                     "trigger_mode": "multiple"}      # site.limits says how many are answered at once, and tells the rest
    short: Updates = {"outputs": every, "show_progress": "hidden", "api_name": False, "queue": False}
    asked = [parts.question, parts.editing, *here, *parts.wishes]
    gr.on([parts.question.submit, parts.ask.click], does["ask"], inputs=asked, **long)
    parts.examples.click(does["example"], inputs=[parts.examples, *here, *parts.wishes], **long)
    parts.retry.click(does["retry"], inputs=[parts.pending, *here, *parts.wishes], **long)
    parts.chips.input(does["chips"], inputs=[parts.chips, parts.scope, *here], **long)
    parts.stop.click(does["stop"], **short)
    parts.edit.click(does["edit"], inputs=[parts.pending, parts.editing, *here], **short)
    parts.level.input(does["level"], inputs=parts.level, **short)
    parts.anew.click(does["anew"], inputs=page.chosen, **short)
    parts.past.input(does["open"], inputs=[parts.past, page.chosen], **short)
    parts.delete.click(does["delete"], inputs=here, **short)
    page.chosen.change(does["domain"], inputs=page.chosen, **short)
    block = gr.context.Context.root_block
    block.load(does["latest"], inputs=page.chosen, **short)
    gr.context.Context.block.select(does["uploads"], **short)    # of this tab: something may have been uploaded on another
    block.load(does["uploads"], **short)
    block.unload(does["leave"])
