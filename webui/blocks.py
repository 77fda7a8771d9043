"""Gradio made fit to be left running: nothing done for outputs left as they are, nothing kept of what is over, no frame lost.

Gradio 5.50 builds a component anew, its signature inspected, for every output of every frame that a callback does not
change: with twenty outputs that is most of what the server does while an answer streams. And it keeps a record of every
event, its task, and the state of ten thousand pages, half a megabyte each, for as long as the server runs.

And a frame is sent as edits to the one before it, which the browser makes in place: where two frames arrive together, before
the first is drawn, the second takes out of it what it no longer says (a button that was to be seen, and stays hidden).
"""

from __future__ import annotations

import copy
from functools import cache
from types import SimpleNamespace
from typing import Any

PAGES = 200         # open pages whose state is kept; one behind so many newer ones has to be loaded anew
EVENTS = 2000       # events whose record is kept; many more than can be under way at once


@cache
def blocks_class() -> type[Any]:
    """Return the class; Gradio is imported when it is asked for."""
    import gradio as gr
    from gradio.blocks import convert_component_dict_to_list

    class Blocks(gr.Blocks):    # type: ignore[misc]  # Gradio is Any here
        async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> list[Any]:
            if isinstance(predictions, dict) and any(not isinstance(key, str) for key in predictions):
                predictions = convert_component_dict_to_list([block._id for block in block_fn.outputs], predictions)
            several = isinstance(predictions, list | tuple) and len(predictions) == len(block_fn.outputs) > 1
            if not several or block_fn.batch:
                return list(await super().postprocess_data(block_fn, predictions, state))
            changed = [at for at, one in enumerate(predictions) if not is_skip(one)]
            out: list[Any] = [None if block.stateful else gr.skip() for block in block_fn.outputs]
            if changed:
                fewer = copy.copy(block_fn)
                fewer.outputs = [block_fn.outputs[at] for at in changed]
                given = [predictions[at] for at in changed]
                done = await super().postprocess_data(fewer, given if len(given) > 1 else given[0], state)
                for at, one in zip(changed, done, strict=True):
                    out[at] = one
            return out

        def handle_streaming_diffs(self, block_fn: Any, data: list[Any], session_hash: str | None, run: int | None, final: bool,
                                   simple_format: bool = False) -> list[Any]:
            first = run not in self.pending_diff_streams.get(session_hash, {})
            sent = super().handle_streaming_diffs(block_fn, data, session_hash, run, final, simple_format)
            if session_hash is None or run is None or final or first or simple_format:
                return list(sent)
            return [whole(edits, now) for edits, now in zip(sent, self.pending_diff_streams[session_hash][run], strict=True)]

    return Blocks


def whole(edits: list[Any], now: Any) -> list[Any]:
    """Return what makes a browser's value the one of now: edits that reach into a value become one that replaces it.

    edits are Gradio's, [action, path, value] each; at the empty path a text is appended to or a value replaced.
    """
    return [["replace", [], now]] if any(path for _, path, _ in edits) else edits


def is_skip(value: Any) -> bool:
    """Return whether an output is gr.skip(), an update of nothing."""
    return isinstance(value, dict) and value.get("__type__") == "update" and len(value) == 1


def bound(blocks: Any, threads: int) -> None:
    """Let a built page run so many callbacks at once, and keep no more than PAGES and EVENTS of what it ran."""
    blocks.max_threads = blocks._queue.max_thread_count = threads
    blocks.state_session_capacity = PAGES
    blocks._queue.event_analytics = _Latest()
    blocks._queue._asyncio_tasks = _Running()
    # Gradio's page of statistics, which is closed, would sum up every event after each of them.
    blocks._queue.compute_analytics_summary = lambda analytics: {"functions": {}}


@cache
def _holder_class() -> type[Any]:
    from gradio.state_holder import SessionState, StateHolder

    class Holder(StateHolder):    # type: ignore[misc]  # Gradio is Any here
        """Keeps each page's state without a copy of every component's settings, which only Gradio's deep links read."""

        def __getitem__(self, session_id: str) -> SessionState:
            if session_id not in self.session_data:
                plain = SimpleNamespace(default_config=self.blocks.default_config, blocks={})
                self.session_data[session_id] = SessionState(plain)
            return super().__getitem__(session_id)

    return Holder


def hold_lightly(app: Any, blocks: Any) -> None:
    """Have a Gradio application keep its pages' state so: a quarter of a megabyte and 16 ms less for each page opened."""
    app.state_holder = _holder_class()()
    app.state_holder.set_blocks(blocks)


class _Latest(dict[str, Any]):
    """A dict of the last EVENTS keys."""

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        while len(self) > EVENTS:
            del self[next(iter(self))]


class _Running(list[Any]):
    """A list of tasks that forgets those that are done."""

    def append(self, task: Any) -> None:
        if len(self) >= EVENTS:
            self[:] = [one for one in self if not one.done()]
        super().append(task)
