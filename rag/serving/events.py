"""A streamed response: server-sent events that begin at once, keep the line alive, and hold verified text only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from mundap.asgi import Message, Receive, Scope, Send
from rag.serving.desk import Found
from rag.serving.wire import ApiError, Asked, Reply, event, told

ALIVE_S = 2.0   # between two signs of life; proxies and clients give up on a silent line
ALIVE = ": 확인 중\n\n".encode()   # a comment: every SSE client passes it over
_HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]


class Events:
    """An ASGI response that tells how a question's work ends; a client that hangs up ends the work."""

    def __init__(self, work: asyncio.Task[Found], reply: Reply, asked: Asked) -> None:
        self._work = work
        self._reply = reply
        self._asked = asked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        watch = asyncio.create_task(gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
            while not self._work.done() and not watch.done():
                await _part(send, ALIVE)
                await asyncio.wait({self._work, watch}, timeout=ALIVE_S, return_when=asyncio.FIRST_COMPLETED)
            if self._work.done():
                await self._tell(send)
        finally:
            self._work.cancel()
            watch.cancel()

    async def _tell(self, send: Send) -> None:
        try:
            found = self._work.result()
        except ApiError as error:
            await _part(send, event(error.body))
        else:
            told_too = told(found.answer, self._asked, found.queue_s)
            for chunk in self._reply.chunks(found.answer, told_too, include_usage=self._asked.include_usage):
                await _part(send, event(chunk))
            await _part(send, b"data: [DONE]\n\n")
        await send({"type": "http.response.body", "body": b""})


async def gone(receive: Callable[[], Awaitable[Message]]) -> None:
    """Return when the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _part(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})
