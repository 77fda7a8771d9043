"""The endpoint generator: any server that speaks the OpenAI chat protocol, through the official client.

vLLM, Ollama, `llamafactory-cli api` or a remote service. The key is read from the environment by name and never shown.
repetition_penalty and top_k are not part of the protocol: they are sent only when set. Such servers count the prompt's
tokens too for the penalty, which punishes copying figures; leave it at 1.0 for answers from documents.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any
from urllib.parse import urlsplit

from mundap.errors import ConfigError, GenerationError, MissingExtra
from mundap.generator import Decoding, FinishReason, Generation, OnDone, Request, Stream
from mundap.generator.ending import Ending

TIMEOUT_S = 120.0  # for each wait: the whole answer, or the next piece of a stream
CONNECT_TIMEOUT_S = 5.0
MAX_RETRIES = 2  # the client's own: connection errors, 408, 409, 429 and 5xx, with its backoff
CONCURRENCY = 8
LOOPBACK = ("localhost", "127.0.0.1", "::1")
NO_KEY = "not-needed"  # the client insists on a key; local servers ignore it


class EndpointGenerator:
    """A model behind an OpenAI-compatible base_url."""

    def __init__(self, base_url: str, model: str, *, api_key: str = "", timeout_s: float = TIMEOUT_S,
                 max_retries: int = MAX_RETRIES, concurrency: int = CONCURRENCY) -> None:
        self.name = f"{model} at {base_url}"
        self.base_url = base_url
        self.model = model
        self._api_key = api_key
        self._timeout_s = timeout_s
        self._concurrency = concurrency
        self._client = _client(base_url, api_key, timeout_s, max_retries)

    def __repr__(self) -> str:
        return f"EndpointGenerator({self.name!r})"

    def start(self) -> None:
        """Do nothing: the server is another program's business."""

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_done: OnDone | None = None,
                 ) -> list[Generation]:
        """Return one generation per request, in order, asking for several at a time.

        Raises:
            GenerationError: a request failed; the others were still answered and handed to on_done.
        """
        done: dict[int, Generation] = {}
        failed: dict[int, GenerationError] = {}
        pool = ThreadPoolExecutor(max_workers=min(self._concurrency, max(1, len(requests))))
        try:
            asked = {pool.submit(self._answer, request, decoding): index for index, request in enumerate(requests)}
            for future in as_completed(asked):
                index = asked[future]
                try:
                    done[index] = future.result()
                except GenerationError as error:
                    failed[index] = error
                    continue
                if on_done is not None:
                    on_done(index, done[index])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        if failed:
            raise failed[min(failed)]
        return [done[index] for index in range(len(requests))]

    def stream(self, request: Request, decoding: Decoding) -> Stream:
        """Return the answer's deltas; closing the stream drops the connection, at which servers stop generating.

        Raises (when read):
            GenerationError: the endpoint cannot be reached, refuses, falls silent or answers nonsense.
        """
        return Stream(lambda stream: self._deltas(stream, request, decoding))

    def models(self) -> list[str]:
        """Return the names of the models the server offers; none while it cannot be reached."""
        import openai

        try:
            return [one.id for one in self._client.models.list()]
        except openai.OpenAIError:
            return []

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _answer(self, request: Request, decoding: Decoding) -> Generation:
        began = time.perf_counter()
        with self._located_errors():
            completion = self._client.chat.completions.create(**self._arguments(request, decoding))
            choice = completion.choices[0]
            given = _whole_letters(choice.message.content or "")
            text = Ending(decoding, _prompt(request)).whole(given)
            reason = "stop" if text != given else choice.finish_reason
            usage = completion.usage
        seconds = round(time.perf_counter() - began, 4)
        return Generation(text=text, finish_reason=_reason(reason), first_token_s=seconds, seconds=seconds,
                          prompt_tokens=usage.prompt_tokens if usage else 0,
                          completion_tokens=usage.completion_tokens if usage else 0)

    def _deltas(self, stream: Stream, request: Request, decoding: Decoding) -> Iterator[str]:
        progress = _Progress(Ending(decoding, _prompt(request)))
        try:
            with self._located_errors(), self._client.chat.completions.create(
                    **self._arguments(request, decoding), stream=True,
                    stream_options={"include_usage": True}) as chunks:
                for chunk in chunks:
                    delta = progress.take(chunk)
                    if delta:
                        yield delta
                    if progress.stopped:
                        break
            rest = progress.rest()
            if rest:
                yield rest
        except GeneratorExit:
            stream.generation = progress.generation("cancelled")
            raise
        if progress.reason is None:
            raise GenerationError("the stream ended before the answer did.", where=self._where,
                                  fix="Ask again; if it comes back, look at the server's log.")
        stream.generation = progress.generation(progress.reason)

    def _arguments(self, request: Request, decoding: Decoding) -> dict[str, Any]:
        arguments: dict[str, Any] = {"model": self.model, "messages": request.messages,
                                     "max_tokens": decoding.max_new_tokens, "temperature": decoding.temperature}
        if decoding.temperature > 0:
            arguments |= {"top_p": decoding.top_p, "seed": decoding.seed}
        if decoding.stop:
            arguments["stop"] = list(decoding.stop)
        beyond = {"repetition_penalty": decoding.repetition_penalty} if decoding.repetition_penalty != 1.0 else {}
        if decoding.temperature > 0 and decoding.top_k is not None:
            beyond["top_k"] = decoding.top_k
        if beyond:
            arguments["extra_body"] = beyond
        return arguments

    @property
    def _where(self) -> str:
        return f"endpoint {self.base_url}"

    @contextlib.contextmanager
    def _located_errors(self) -> Iterator[None]:
        """Turn what the client raises into a GenerationError that says what, where and how to fix it."""
        import openai

        try:
            yield
        except openai.OpenAIError as error:
            what, fix = self._explain(error)
            raise GenerationError(self._masked(what), where=self._where, fix=fix) from None
        except (ValueError, AttributeError, IndexError, TypeError, KeyError) as error:
            # A body that is not JSON, or JSON of another shape: the client passes such things through.
            raise GenerationError(f"the answer is not an OpenAI chat completion ({type(error).__name__}).",
                                  where=self._where,
                                  fix="base_url must end where /chat/completions is added, often in /v1.") from None

    def _explain(self, error: Exception) -> tuple[str, str]:
        """Return what went wrong and how to fix it."""
        import openai

        if isinstance(error, openai.APITimeoutError):
            return (f"no answer within {self._timeout_s:g} s.",
                    "Raise generation.timeout_s, lower max_new_tokens, or look whether the server is overloaded.")
        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
            return (f"the key was refused ({error.status_code}): {_said(error)}",
                    "Put a valid key into the environment variable named by generation.api_key_env.")
        if isinstance(error, openai.NotFoundError):
            return (f"model {self.model!r} or the path was not found (404): {_said(error)}",
                    f"Correct generation.model; the server lists its models at {self.base_url}/models")
        if isinstance(error, openai.RateLimitError):
            return (f"too many requests (429), also after retrying: {_said(error)}",
                    "Wait, lower generation.concurrency, or raise the limit at the provider.")
        if isinstance(error, openai.APIStatusError):
            return (f"the server answered {error.status_code}: {_said(error)}",
                    "Look at the server's log; for a 400 compare the request's settings with what it supports.")
        if isinstance(error, openai.APIConnectionError):
            return (f"no connection: {error.__cause__ or error}",
                    "Start the server, or correct generation.base_url.")
        return (str(error), "Look at the server's log.")

    def _masked(self, text: str) -> str:
        return text.replace(self._api_key, "***") if self._api_key else text


class _Progress:
    """A streamed answer so far: what was handed on, what is held back because it may yet be cut."""

    def __init__(self, ending: Ending) -> None:
        self.reason: FinishReason | None = None
        self.stopped = False
        self._ending = ending
        self._text = ""
        self._sent = 0
        self._usage: Any = None
        self._began = time.perf_counter()
        self._first_s = 0.0

    def take(self, chunk: Any) -> str:
        """Return what a chunk adds to the text that is certain."""
        self._usage = getattr(chunk, "usage", None) or self._usage
        for choice in chunk.choices[:1]:
            added = _whole_letters(choice.delta.content or "")
            if added:
                self._first_s = self._first_s or time.perf_counter() - self._began
                self._text += added
                self.stopped = self._ending.reached(self._text, len(added))
            if choice.finish_reason:
                self.reason = _reason(choice.finish_reason)
        if self.stopped:
            self.reason = "stop"
            return self.rest()
        return self._up_to(len(self._ending.shown(self._text)))

    def rest(self) -> str:
        """Return what was held back and turned out to be text, now that no more comes."""
        self._text = self._ending.whole(self._text)
        return self._up_to(len(self._text))

    def generation(self, reason: FinishReason) -> Generation:
        """Return the whole answer; after a cancel, what was handed on of it."""
        text = self._text[: self._sent]
        return Generation(text=text, finish_reason=reason, first_token_s=round(self._first_s, 4),
                          seconds=round(time.perf_counter() - self._began, 4),
                          prompt_tokens=self._usage.prompt_tokens if self._usage else 0,
                          completion_tokens=self._usage.completion_tokens if self._usage else 0)

    def _up_to(self, end: int) -> str:
        added, self._sent = self._text[self._sent: end], max(self._sent, end)
        return added


def open_endpoint(settings: Mapping[str, Any]) -> EndpointGenerator:
    """Return the generator for `generation: {generator: endpoint, base_url: …, model: …, api_key_env: …}`.

    Raises:
        ConfigError: base_url or model is missing or wrong, or the variable api_key_env names is not set.
        MissingExtra: the openai client is not installed.
    """
    for key in ("base_url", "model"):
        if not settings.get(key):
            raise ConfigError(f"{key} is missing.", where="generation",
                              fix=f"An endpoint needs base_url and model; add {key}.")
    base_url = checked_base_url(str(settings["base_url"]))
    options = {key: settings[key] for key in ("timeout_s", "max_retries", "concurrency") if key in settings}
    return EndpointGenerator(base_url, str(settings["model"]), api_key=_key(settings.get("api_key_env")), **options)


def checked_base_url(address: str, *, where: str = "generation.base_url") -> str:
    """Return an endpoint's address without a slash at its end.

    Raises:
        ConfigError: it is not an http address, or holds a user name or password.
    """
    base_url = address.rstrip("/")
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"{base_url!r} is not an http address.", where=where,
                          fix="Write, for example: base_url: http://127.0.0.1:8000/v1")
    if parts.username or parts.password:
        raise ConfigError("the address holds a user name or password.", where=where,
                          fix="Remove it; name an environment variable with the key under api_key_env.")
    return base_url


def _key(variable: str | None) -> str:
    if not variable:
        return ""
    key = os.environ.get(variable, "")
    if not key:
        raise ConfigError(f"the environment variable {variable} is not set.", where="generation.api_key_env",
                          fix=f"Set it before starting: export {variable}=…   (the key itself never goes into YAML)")
    return key


def _client(base_url: str, api_key: str, timeout_s: float, max_retries: int) -> Any:
    try:
        import openai
    except ImportError as error:
        raise MissingExtra("generator: endpoint", "rag", "openai") from error
    # A proxy set for the internet must not be asked for a server on this machine.
    loopback = urlsplit(base_url).hostname in LOOPBACK
    return openai.OpenAI(
        base_url=base_url, api_key=api_key or NO_KEY, max_retries=max_retries,
        timeout=openai.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S),
        http_client=openai.DefaultHttpxClient(trust_env=False) if loopback else None)


def _prompt(request: Request) -> str:
    """Return a request's own text: which scripts an answer may be written in."""
    return f"{request.system}\n{request.content}"


def _said(error: Any) -> str:
    """Return the server's own message, short."""
    body = error.body if isinstance(error.body, Mapping) else {}
    return " ".join(str(body.get("message") or error.message).split())[:300]


def _whole_letters(text: str) -> str:
    """Return a text whose halves of letters, which JSON may hold and no file can, are marks."""
    return text.encode("utf-8", "replace").decode("utf-8") if any("\ud800" <= letter <= "\udfff" for letter in text) else text


def _reason(given: str | None) -> FinishReason:
    return "length" if given == "length" else "stop"
