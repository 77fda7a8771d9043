"""Asking a model: an endpoint over HTTP (one request, one reply, no retries of its own), or a model of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from mundap.errors import GenerationError, MissingExtra
from mundap.generator import Decoding, Generation, Generator, Request, open_generator
from mundap.generator.endpoint import CONNECT_TIMEOUT_S, LOOPBACK
from pipelines.generate.outcome import Reply, read_reply
from pipelines.generate.settings import GenerateSettings, ProviderSettings

_BATCH = 4      # prompts a local model answers together; more would only wait longer on a processor


class Provider(Protocol):
    """Where a prompt is sent. Errors come as replies; nothing is raised but what ends the whole run."""

    async def ask(self, prompt: str, secret: str) -> Reply:
        """Return the reply to a prompt; secret is the key to send with it, "" for none."""

    async def close(self) -> None:
        """Free connections or the model."""


class EndpointProvider:
    """A server that speaks the OpenAI chat protocol."""

    def __init__(self, settings: ProviderSettings, wanted: Decoding) -> None:
        try:
            import httpx
        except ImportError as error:
            raise MissingExtra("generating through an endpoint", "generate", "httpx") from error
        self._httpx = httpx
        self._url = f"{settings.base_url}/chat/completions"
        self._timeout_s = settings.timeout_s
        self._fixed: Mapping[str, Any] = {
            "model": settings.model, settings.max_tokens_field: wanted.max_new_tokens,
            "temperature": wanted.temperature, **({"top_p": wanted.top_p} if wanted.top_p < 1 else {}),
            **settings.extra_body}
        # Redirects are not followed: the key would travel along. A proxy is not asked for a server on this machine.
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(settings.timeout_s, connect=CONNECT_TIMEOUT_S, pool=None), follow_redirects=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=256),
            trust_env=urlsplit(settings.base_url).hostname not in LOOPBACK)

    async def ask(self, prompt: str, secret: str) -> Reply:
        """Return the reply to a prompt."""
        httpx = self._httpx
        try:
            # httpx counts each read; a server that sends a byte now and then must not hold a call for ever.
            async with asyncio.timeout(self._timeout_s + CONNECT_TIMEOUT_S):
                response = await self._client.post(
                    self._url, json={**self._fixed, "messages": Request(content=prompt).messages},
                    headers={"Authorization": f"Bearer {secret}"} if secret else {})
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return Reply(outcome="unreachable", message=f"no connection: {error or type(error).__name__}")
        except (TimeoutError, httpx.TimeoutException):
            return Reply(outcome="timeout", message=f"no answer within {self._timeout_s:g} s")
        except httpx.HTTPError as error:
            return Reply(outcome="server_error", message=f"the connection broke: {type(error).__name__} {error}".strip())
        return read_reply(response.status_code, response.headers, response.content)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class LocalProvider:
    """A model of this machine through mundap.generator; prompts that wait together are answered together."""

    def __init__(self, generator: Generator, wanted: Decoding) -> None:
        self._generator = generator
        self._decoding = wanted
        self._waiting: list[tuple[str, asyncio.Future[Reply]]] = []
        self._one_at_a_time = asyncio.Lock()

    async def ask(self, prompt: str, secret: str) -> Reply:
        """Return the reply to a prompt."""
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((prompt, answer))
        async with self._one_at_a_time:
            if not answer.done():
                batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
                for (_, future), reply in zip(batch, await self._answer([each for each, _ in batch]), strict=True):
                    if not future.done():
                        future.set_result(reply)
        return await answer

    async def close(self) -> None:
        """Free the model."""
        await asyncio.to_thread(self._generator.close)

    async def _answer(self, prompts: Sequence[str]) -> list[Reply]:
        requests = [Request(content=prompt) for prompt in prompts]
        done: dict[int, Generation] = {}
        message = ""
        try:
            await asyncio.to_thread(self._generator.generate, requests, self._decoding, done.__setitem__)
        except GenerationError as error:
            message = error.what
        return [_reply(done[at]) if at in done else Reply(outcome="server_error", message=message)
                for at in range(len(prompts))]


def open_provider(provider: ProviderSettings, settings: GenerateSettings) -> Provider:
    """Return the provider of a settings' entry; a local model loads with its first prompt.

    Raises:
        ConfigError, ModelError: the chat recipe or its model is missing or wrong.
        MissingExtra: httpx is not installed.
    """
    if provider.base_url:
        return EndpointProvider(provider, settings.decoding)
    generator = open_generator({"generator": "local", "chat": provider.chat, "timeout_s": provider.timeout_s},
                               settings.project)
    return LocalProvider(generator, settings.decoding)


def _reply(generation: Generation) -> Reply:
    return Reply(outcome="cut_off" if generation.finish_reason == "length" else "ok", text=generation.text,
                 prompt_tokens=generation.prompt_tokens, completion_tokens=generation.completion_tokens)
