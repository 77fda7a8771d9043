"""A response under way that can be ended from this side: its application is told that the client has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mundap.asgi import App, Message, Receive, Scope, Send

_LOOK_S = 1.0


class Cut:
    """Wraps an ASGI application for one request; ended as soon as is_over() says so, at most a second later.

    Gradio ends what it does for a request when its client disconnects (the model's text is cancelled), so that is what it
    is told; the real client gets a proper end.
    """

    def __init__(self, app: App, is_over: Callable[[], bool]) -> None:
        self._app = app
        self._is_over = is_over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = ended = False

        async def receiving() -> Message:
            while not self._is_over():
                try:
                    async with asyncio.timeout(_LOOK_S):
                        return await receive()
                except TimeoutError:
                    continue
            return {"type": "http.disconnect"}

        async def sending(message: Message) -> None:
            nonlocal started, ended
            if self._is_over() and started:
                return
            started = started or message["type"] == "http.response.start"
            ended = ended or (message["type"] == "http.response.body" and not message.get("more_body", False))
            await send(message)

        try:
            await self._app(scope, receiving, sending)
        except Exception:
            if not self._is_over():
                raise
        if started and not ended:
            await send({"type": "http.response.body", "body": b""})
