"""A model that says what a test tells it to say, and keeps every request it was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mundap.generator import Decoding, Generation, OnDone, Request, Stream
from mundap.generator.ending import Ending


class ScriptedGenerator:
    """Same interface as mundap.generator.Generator. reply makes a whole answer of a request; batches holds their sizes.

    The decoding's rules end an answer as they end a real model's.
    """

    name = "scripted"

    def __init__(self, reply: Callable[[Request], str], *, breaks_off: bool = False) -> None:
        self.reply = reply
        self.breaks_off = breaks_off
        self.requests: list[Request] = []
        self.batches: list[int] = []
        self.closed = False

    def start(self) -> None:
        """Nothing to load."""

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_done: OnDone | None = None
                 ) -> list[Generation]:
        self.requests += requests
        self.batches.append(len(requests))
        return [_generation(_ended(self.reply(request), request, decoding)) for request in requests]

    def stream(self, request: Request, decoding: Decoding) -> Stream:
        self.requests.append(request)
        return Stream(lambda stream: self._words(stream, _ended(self.reply(request), request, decoding)))

    def close(self) -> None:
        self.closed = True

    def _words(self, stream: Stream, text: str) -> Iterator[str]:
        for at, word in enumerate(text.split(" ")):
            yield word if at == 0 else f" {word}"
        if not self.breaks_off:
            stream.generation = _generation(text)


def _ended(text: str, request: Request, decoding: Decoding) -> str:
    return Ending(decoding, request.content).whole(text)


def _generation(text: str) -> Generation:
    return Generation(text=text, finish_reason="stop", prompt_tokens=10, completion_tokens=5, first_token_s=0.25,
                      seconds=0.5)
