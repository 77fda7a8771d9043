"""A request's body read whole: within a size and a time, or not at all."""

from __future__ import annotations

import asyncio

from mundap.asgi import Receive

READ_S = 10.0


async def read(receive: Receive, most: int, seconds: float = READ_S) -> bytes | None:
    """Return a body of at most so many bytes; None where it is larger, comes too slowly or breaks off."""
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                body += message.get("body", b"")
                if len(body) > most:
                    return None
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        return None
