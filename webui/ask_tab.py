"""The tab where a question is asked: its layout, and callbacks that only pass on what asking.py yields."""
# No `from __future__ import annotations` here: Gradio reads the callbacks' annotations (gr.Request), and gradio is
# imported inside the function, where a text annotation could not be looked up.

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from typing import Any

from webui import render
from webui.asking import MAX_QUESTION_CHARS, Frame, Runs, Streams, frames
from webui.warmup import Warmup

AT_ONCE = 4  # questions of different pages taken up together; the model answers them in the order they came


def lay_out(answerer: Streams, examples: Sequence[str], warmup: Warmup, runs: Runs) -> None:
    """Add the tab's components and callbacks to the Blocks that is open."""
    import gradio as gr

    with gr.Row(elem_classes="ask", equal_height=True):
        question = gr.Textbox(placeholder="문서에 대해 물어보세요", label="질문", show_label=False, lines=1,
                              max_lines=4, max_length=MAX_QUESTION_CHARS, autofocus=True, scale=1, container=False,
                              elem_id="question")
        ask = gr.Button("묻기", variant="primary", scale=0, min_width=88, elem_id="ask")
        stop = gr.Button("중단", variant="secondary", scale=0, min_width=88, visible=False, elem_id="stop")
    offered = gr.Dataset(components=[gr.Textbox(visible=False)], samples=[[example] for example in examples],
                         label="예시 질문", type="values", visible=bool(examples), elem_id="examples")
    answer = gr.HTML(elem_id="answer", padding=False)
    references = gr.HTML(elem_id="references", padding=False)
    shown = [answer, references, ask, stop]

    def draw(frame: Frame) -> tuple[Any, ...]:
        return (frame.answer, frame.references, gr.update(visible=not frame.running), gr.update(visible=frame.running))

    def on_ask(text: str, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        session = str(request.session_hash)
        run = runs.begin(session)
        try:
            with closing(frames(answerer, text, run, warmup.is_ready)) as drawn:
                for frame in drawn:
                    yield draw(frame)
        finally:
            runs.end(session, run)

    def on_example(sample: list[str], request: gr.Request) -> Iterator[tuple[Any, ...]]:
        for updates in on_ask(sample[0], request):
            yield sample[0], *updates

    def on_stop(request: gr.Request) -> tuple[Any, ...]:
        runs.stop(str(request.session_hash))
        return draw(Frame(answer=render.notice("답변을 중단했습니다.")))

    def on_leave(request: gr.Request) -> None:
        runs.stop(str(request.session_hash))

    options: dict[str, Any] = {"show_progress": "hidden", "api_name": False,
                               "concurrency_limit": AT_ONCE, "concurrency_id": "ask", "trigger_mode": "multiple"}
    gr.on([question.submit, ask.click], on_ask, inputs=question, outputs=shown, **options)
    offered.click(on_example, inputs=offered, outputs=[question, *shown], **options)
    stop.click(on_stop, outputs=shown, queue=False, show_progress="hidden", api_name=False)
    gr.context.Context.root_block.unload(on_leave)


def lay_out_state(warmup: Warmup) -> None:
    """Add the line that says whether the model is ready, to the Blocks that is open."""
    import gradio as gr

    line = gr.HTML(warmup.line(), elem_id="state", padding=False)

    async def follow() -> AsyncIterator[str]:
        yield warmup.line()
        while not warmup.is_ready():
            await asyncio.sleep(0.3)
        yield warmup.line()

    gr.context.Context.root_block.load(follow, outputs=line, show_progress="hidden", api_name=False,
                                       concurrency_limit=None)
