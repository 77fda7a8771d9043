"""Outputs left as they are cost nothing and change nothing; what is over is forgotten."""

from __future__ import annotations

import asyncio
import copy
from types import SimpleNamespace
from typing import Any

import pytest

from webui import blocks as of_blocks
from webui.blocks import blocks_class, bound, hold_lightly, is_skip

pytestmark = pytest.mark.filterwarnings("ignore:.*Gradio 6.0:DeprecationWarning")


def made(kind: type[Any]) -> Any:
    """Return a page with one callback of four outputs, one of them a state."""
    import gradio as gr

    with kind(analytics_enabled=False) as page:
        boxes = [gr.Textbox(label=name) for name in "abc"]
        button = gr.Button()
        button.click(lambda: None, outputs=[*boxes, gr.State(1)], api_name=False)
    page.boxes = boxes
    return page


def outputs(kind: type[Any], returned: Any) -> list[Any]:
    """Return what a browser is sent for a callback's return value."""
    async def called() -> list[Any]:
        from gradio.state_holder import SessionState

        page = made(kind)
        value = returned(page.boxes) if callable(returned) else returned
        return list(await page.postprocess_data(page.fns[0], value, SessionState(page)))

    return asyncio.run(called())


@pytest.mark.parametrize("returned", [
    lambda boxes: {boxes[1]: "b"}, lambda boxes: {boxes[0]: "a", boxes[2]: None}, ("a", "b", "c", 2),
    ({"__type__": "update"}, {"__type__": "update", "visible": False}, "c", {"__type__": "update"}),
    ({"__type__": "update"},) * 4, lambda boxes: {boxes[1]: {"__type__": "update", "value": "x", "label": "y"}}])
def test_a_browser_is_sent_what_gradio_itself_would_send(returned: Any) -> None:
    import gradio as gr

    assert outputs(blocks_class(), returned) == outputs(gr.Blocks, returned)


def test_nothing_is_built_for_outputs_left_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    import gradio as gr

    built: list[Any] = []
    before = gr.Textbox.__init__
    page = asyncio.run(_in_loop(lambda: made(blocks_class())))

    def building(self: Any, *given: Any, **named: Any) -> None:
        built.append(self)
        before(self, *given, **named)

    monkeypatch.setattr(gr.Textbox, "__init__", building)
    from gradio.state_holder import SessionState

    done = asyncio.run(page.postprocess_data(page.fns[0], {page.boxes[1]: "b"}, SessionState(page)))
    assert done[1] == "b" and is_skip(done[0]) and built == []


FRAMES = [["글", {"__type__": "update", "visible": True}, {"__type__": "update"}],
          ["글자", {"__type__": "update"}, {"__type__": "update", "choices": [1, 2]}],
          ["다른 글자", {"__type__": "update", "visible": False}, {"__type__": "update", "choices": [1]}]]


def test_a_frame_takes_nothing_out_of_one_that_is_not_drawn_yet() -> None:
    """What a browser does: it edits the frame before in place, and draws afterwards what it was given."""
    page = asyncio.run(_in_loop(lambda: made(blocks_class())))
    given: list[list[Any]] = []
    for frame in FRAMES:
        sent = copy.deepcopy(page.handle_streaming_diffs(SimpleNamespace(outputs=frame), copy.deepcopy(frame), "page", 1, False))
        given.append([edited(before, edits) for before, edits in zip(given[-1], sent, strict=True)] if given else sent)
    assert given == FRAMES
    assert page.handle_streaming_diffs(SimpleNamespace(outputs=FRAMES[-1]), [None] * 3, "page", 1, True) == FRAMES[-1]


def test_a_growing_text_is_sent_as_what_it_grew_by() -> None:
    page = asyncio.run(_in_loop(lambda: made(blocks_class())))
    sent = [page.handle_streaming_diffs(SimpleNamespace(outputs=[0]), [text], "page", 1, False) for text in ("가", "가나", "가나")]
    assert sent == [["가"], [[["append", [], "나"]]], [[]]]


def edited(value: Any, edits: list[Any]) -> Any:
    """Return a value after Gradio's edits, made in place as its client makes them."""
    for action, path, new in edits:
        if not path:
            value = value + new if action == "append" else new
            continue
        within = value
        for step in path[:-1]:
            within = within[step]
        if action == "delete":
            del within[path[-1]]
        else:
            within[path[-1]] = new
    return value


async def _in_loop(call: Any) -> Any:
    return call()


def test_what_is_over_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_blocks, "EVENTS", 5)
    page = asyncio.run(_in_loop(lambda: made(blocks_class())))
    bound(page, 160)
    queue = page._queue

    class Task:
        def __init__(self, over: bool) -> None:
            self.over = over

        def done(self) -> bool:
            return self.over

    running = Task(False)
    for number in range(50):
        queue.event_analytics[str(number)] = {}
        queue._asyncio_tasks.append(Task(True) if number else running)
    assert list(queue.event_analytics) == ["45", "46", "47", "48", "49"]
    assert len(queue._asyncio_tasks) <= 6 and running in queue._asyncio_tasks
    assert page.max_threads == 160 and page.state_session_capacity == of_blocks.PAGES


def test_a_pages_state_is_kept_without_a_copy_of_every_setting() -> None:
    class App:
        state_holder: Any = None

    page, app = asyncio.run(_in_loop(lambda: made(blocks_class()))), App()
    bound(page, 160)
    hold_lightly(app, page)
    state = app.state_holder["one"]
    assert state.config_values == {} and state is app.state_holder["one"] and page.state_holder is app.state_holder
    box = page.boxes[0]
    state[box._id] = box    # as Gradio does after an update
    assert state.config_values.keys() == {box._id} and state[box._id] is box
    for number in range(of_blocks.PAGES + 5):
        app.state_holder[str(number)]
    assert len(app.state_holder.session_data) <= of_blocks.PAGES + 1 and "one" not in app.state_holder
