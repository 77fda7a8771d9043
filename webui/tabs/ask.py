"""The tab where a question is asked: its layout, and callbacks that only pass on what asking.py yields."""
# No `from __future__ import annotations` here: Gradio reads the callbacks' annotations (gr.Request), and gradio is
# imported inside the function, where a text annotation could not be looked up.

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from mundap.day import read_day
from mundap.errors import DataError
from mundap.levels import AUTO
from rag.answer import Answer
from rag.inquiry import MAX_QUESTION_CHARS, Inquiry
from webui import labels, render
from webui.asking import Frame, frames
from webui.site import Page
from webui.words import Words

AT_ONCE = 4  # questions of different pages taken up together; the model answers them in the order they came
TALK_KEPT = 20  # earlier questions a page remembers


def lay_out(page: Page) -> None:
    """Add the tab's components and callbacks to the gr.Tab that is open."""
    import gradio as gr

    site, runs, words = page.site, page.site.runs, page.words
    examples, levels = site.first.examples, list(site.first.answerer().levels)
    with gr.Row(elem_classes="ask", equal_height=True):
        question = gr.Textbox(placeholder="문서에 대해 물어보세요", label="질문", show_label=False, lines=1,
                              max_lines=4, max_length=MAX_QUESTION_CHARS, autofocus=True, scale=1, container=False,
                              elem_id="question")
        ask = gr.Button("묻기", variant="primary", scale=0, min_width=88, elem_id="ask")
        stop = gr.Button("중단", variant="secondary", scale=0, min_width=88, visible=False, elem_id="stop")
    level, as_of = _conditions(levels)
    offered = gr.Dataset(components=[gr.Textbox(visible=False)], samples=[[example] for example in examples],
                         label="예시 질문", type="values", visible=bool(examples), elem_id="examples")
    answer = gr.HTML(elem_id="answer", padding=False)
    with gr.Row(elem_classes="talk", visible=False) as talk:
        chips = gr.CheckboxGroup(label="찾은 범위 (끄면 그 조건 없이 다시 찾습니다)", elem_id="chips", container=False, scale=1)
        anew = gr.Button("새 대화", variant="secondary", scale=0, min_width=88, elem_id="anew")
    references = gr.HTML(elem_id="references", padding=False)
    asked = gr.State(None)     # the Inquiry on show, and the fields of its chips
    before = gr.State(())      # the whole questions of the talk, oldest first
    shown = [answer, references, ask, stop, talk, chips, asked, before]

    def run_through(inquiry: Inquiry, talked: Sequence[str], key: str, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        domain = site.domain(key)
        session = str(request.session_hash)
        run = runs.begin(session)
        try:
            with closing(frames(domain.answerer(), inquiry, run, domain.warmup.is_ready, words)) as drawn:
                for frame in drawn:
                    yield _draw(frame, inquiry, talked, words)
        finally:
            runs.end(session, run)

    def on_ask(text: str, named: str | None, day: str, talked: Sequence[str], key: str, request: gr.Request
               ) -> Iterator[tuple[Any, ...]]:
        try:
            inquiry = Inquiry(text=text, level=_LEVELS.get(named or "", named or ""), before=tuple(talked),
                              as_of=read_day(day, where="기준일") if day.strip() else None)
        except DataError:
            wrong = f"{day.strip()}: 달력에 없는 날입니다. 기준일을 2024-03-09처럼 적어 주세요."
            yield _draw(Frame(answer=render.notice(wrong, text)), None, talked, words)
            return
        yield from run_through(inquiry, talked, key, request)

    def on_example(sample: list[str], named: str | None, day: str, key: str, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        for updates in on_ask(sample[0], named, day, (), key, request):
            yield sample[0], *updates

    def on_chips(kept: list[str], on_show: tuple[Inquiry, frozenset[str]] | None, talked: Sequence[str], key: str,
                 request: gr.Request) -> Iterator[tuple[Any, ...]]:
        if on_show is not None:
            inquiry, fields = on_show
            yield from run_through(replace(inquiry, without=fields - set(kept)), talked[:-1], key, request)

    def on_stop(request: gr.Request) -> tuple[Any, ...]:
        runs.stop(str(request.session_hash))
        return _draw(Frame(answer=render.notice(words("ask.stopped"))), None, (), words)[:4]

    def on_anew() -> tuple[Any, ...]:
        return "", *_draw(Frame(answer=""), None, (), words)[:-1], ()

    def on_leave(request: gr.Request) -> None:
        runs.stop(str(request.session_hash))

    options: dict[str, Any] = {"show_progress": "hidden", "api_name": False,
                               "concurrency_limit": AT_ONCE, "concurrency_id": "ask", "trigger_mode": "multiple"}
    gr.on([question.submit, ask.click], on_ask, inputs=[question, level, as_of, before, page.chosen], outputs=shown, **options)
    offered.click(on_example, inputs=[offered, level, as_of, page.chosen], outputs=[question, *shown], **options)
    chips.input(on_chips, inputs=[chips, asked, before, page.chosen], outputs=shown, **options)
    stop.click(on_stop, outputs=shown[:4], queue=False, show_progress="hidden", api_name=False)
    anew.click(on_anew, outputs=[question, *shown], queue=False, show_progress="hidden", api_name=False)
    gr.context.Context.root_block.unload(on_leave)


_LEVELS = {"자동": AUTO, "기본": ""}


def _conditions(levels: Sequence[str]) -> tuple[Any, Any]:
    """Add the level and the day, folded away; return their components."""
    import gradio as gr

    with gr.Accordion("답변 조건", open=False, elem_id="conditions"), gr.Row():
        level = gr.Radio(["자동", *levels, "기본"] if levels else ["기본"], value="자동" if levels else "기본", label="수준",
                         visible=bool(levels), elem_id="level", container=False)
        as_of = gr.Textbox(label="기준일", placeholder="2024-03-09", info="그날 유효했던 문서로만 답합니다", lines=1,
                           max_lines=1, max_length=20, elem_id="as-of")
    return level, as_of


def _draw(frame: Frame, inquiry: Inquiry | None, talked: Sequence[str], words: Words) -> tuple[Any, ...]:
    """Return the updates of a frame: answer, references, the two buttons, the talk's row, chips, what is on show, the talk."""
    import gradio as gr

    buttons = gr.update(visible=not frame.running), gr.update(visible=frame.running)
    found = frame.found
    if found is None or inquiry is None:
        return frame.answer, frame.references, *buttons, gr.update(visible=False), gr.update(), None, tuple(talked)
    before, fields = (*talked, found.question)[-TALK_KEPT:], inquiry.without | found.filters.keys()
    chips = _chips(found, inquiry.without, words)
    return frame.answer, frame.references, *buttons, gr.update(visible=True), chips, (inquiry, fields), before


def _chips(found: Answer, removed: frozenset[str], words: Words) -> Any:
    """Return the filters of an answer as boxes to untick; those taken away before stay, unticked."""
    import gradio as gr

    named = [(f"{labels.filter_name(name, words)} {', '.join(map(str, values))}", name) for name, values in found.filters.items()]
    choices = [*named, *((labels.filter_name(name, words), name) for name in sorted(removed - found.filters.keys()))]
    return gr.update(choices=choices, value=list(found.filters), visible=bool(choices))
