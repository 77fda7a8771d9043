"""A model that answers: one protocol, two implementations (local.py: a worker process; endpoint.py: OpenAI servers).

    generator = open_generator(rag["generation"], project)
    [generation] = generator.generate([Request(content=user_content(instruction, row_input))], Decoding())
    stream = generator.stream(request, Decoding())
    for delta in stream: ...          # stream.close() cancels; stream.generation has the counts and timings
    generator.close()

The application, the evaluation and data generation all answer through it. It does not build prompts (mundap.prompt).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from mundap.errors import ConfigError, closest
from mundap.generator.decoding import Decoding, decoding_of

__all__ = ["Decoding", "Generation", "Generator", "OnDone", "Request", "Stream", "decoding_of", "open_generator"]

FinishReason = Literal["stop", "length", "cancelled"]
GENERATORS = ("local", "endpoint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to a model: the user message (mundap.prompt.user_content) and an optional system message.

    prefix is how the answer begins; the model goes on from there and the text returned holds it. Only a local model
    can be made to: an endpoint words its answer from the start.
    """

    content: str
    system: str = ""
    prefix: str = ""

    @property
    def messages(self) -> list[dict[str, str]]:
        """Return the chat messages."""
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, {"role": "user", "content": self.content}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One answer. Token counts are 0 when an endpoint does not report them.

    Times count from when the model took the request up (a batch shares its start), or, for a stream, from the asking.
    """

    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    first_token_s: float
    seconds: float


OnDone = Callable[[int, Generation], None]


class Stream(Iterator[str]):
    """The deltas of one answer as they come; `generation` is the whole of it once the last has been read.

    Closing it early cancels the generation; `generation` then holds what was generated so far, or None when nothing
    is known of it.
    """

    def __init__(self, produce: Callable[[Stream], Iterator[str]]) -> None:
        self.generation: Generation | None = None
        self._deltas = produce(self)

    def __next__(self) -> str:
        return next(self._deltas)

    def close(self) -> None:
        """Cancel what is still to come; closing twice, or after the end, does nothing."""
        close = getattr(self._deltas, "close", None)
        if close is not None:
            close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Generator(Protocol):
    """What the rest of the project knows of a model. Methods may be called from several threads."""

    name: str

    def start(self) -> None:
        """Make ready now what the first request would otherwise wait for."""

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_done: OnDone | None = None,
                 ) -> list[Generation]:
        """Return one generation per request, in their order; on_done(index, generation) is called as each is ready.

        Raises:
            GenerationError: a request failed; the others were still answered and handed to on_done.
        """

    def stream(self, request: Request, decoding: Decoding) -> Stream:
        """Return the answer's text piece by piece; the pieces joined are what generate() returns as text."""

    def close(self) -> None:
        """Free the model or the connections."""


def open_generator(settings: Mapping[str, Any], project: Path) -> Generator:
    """Return the generator a rag.yaml's `generation:` section names; a local model loads at start() or first use.

    Raises:
        ConfigError: the section, or the chat recipe it names, is wrong.
        ModelError: the model folder is not there.
    """
    kind = settings.get("generator", "local")
    if kind == "local":
        from mundap.generator.local import open_local

        return open_local(settings, project)
    if kind == "endpoint":
        from mundap.generator.endpoint import open_endpoint

        return open_endpoint(settings)
    raise ConfigError(f"{kind!r} is not a generator.", where="generation.generator",
                      fix=f"{closest(str(kind), GENERATORS)}Choose one of: {', '.join(GENERATORS)}.")
