"""The endpoint generator against a small server on this machine that behaves and misbehaves on demand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import ConfigError, GenerationError
from mundap.generator import Decoding, Generation, Request, open_generator
from mundap.generator.endpoint import EndpointGenerator

KEY = "sk-hunter2"
USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
ANSWER = "매출액은 1,234백만원입니다."
Reply = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """Answers each POST with the server's next scripted reply; the last one goes on for ever."""

    server: Server

    def do_POST(self) -> None:
        """Note the request, then reply."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.seen.append({"path": self.path, "key": self.headers["Authorization"], "body": body})
            reply = self.server.replies.pop(0) if len(self.server.replies) > 1 else self.server.replies[0]
        reply(self, body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def send(self, status: int, content: bytes, kind: str = "application/json", **headers: str) -> None:
        """Send a whole response."""
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)


class Server(ThreadingHTTPServer):
    """A server on a free port of this machine, with its script and what it saw."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[Reply] = [echo]
        self.seen: list[dict[str, Any]] = []
        self.lock = threading.Lock()
        self.gone = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is what one test is about, not an error."""
        self.gone.set()

    @property
    def url(self) -> str:
        """Return its base_url."""
        return f"http://127.0.0.1:{self.server_port}/v1"


def completion(text: str, reason: str = "stop") -> bytes:
    """Return a chat completion's body."""
    return json.dumps({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "usage": USAGE, "choices": [
        {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": text}}]}).encode()


def echo(handler: Handler, body: dict[str, Any]) -> None:
    """Answer with the last message."""
    handler.send(200, completion(body["messages"][-1]["content"]))


def says(text: str, reason: str = "stop") -> Reply:
    """Return a reply with this text."""
    return lambda handler, _: handler.send(200, completion(text, reason))


def fails(status: int, message: str = "no", **headers: str) -> Reply:
    """Return a reply that refuses."""
    content = json.dumps({"error": {"message": message, "code": status}}).encode()
    return lambda handler, _: handler.send(status, content, **headers)


def raw(content: bytes, kind: str = "application/json") -> Reply:
    """Return a reply with these bytes."""
    return lambda handler, _: handler.send(200, content, kind)


def streams(*pieces: str, reason: str | None = "stop", pause_s: float = 0.0) -> Reply:
    """Return a reply of server-sent events, one per piece, then the reason and the usage."""
    def reply(handler: Handler, _: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        chunks: list[dict[str, Any]] = [
            {"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]} for piece in pieces]
        if reason:
            chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
            chunks.append({"choices": [], "usage": USAGE})
        for chunk in chunks:
            event = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", **chunk}
            handler.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
            handler.wfile.flush()
            time.sleep(pause_s)
        if reason:
            handler.wfile.write(b"data: [DONE]\n\n")
    return reply


def hangs(_: Handler, __: dict[str, Any]) -> None:
    """Say nothing for longer than any test waits."""
    time.sleep(5)


@contextmanager
def running_server() -> Iterator[Server]:
    """Run a server that echoes while the context lasts."""
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        running.shutdown()
        running.server_close()
        thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a running server that echoes."""
    with running_server() as running:
        yield running


@pytest.fixture
def endpoint(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[EndpointGenerator]:
    """Return a generator on that server, with a key and a short patience."""
    monkeypatch.setenv("MY_KEY", KEY)
    opened = open_generator({"generator": "endpoint", "base_url": server.url, "model": "m", "api_key_env": "MY_KEY",
                             "timeout_s": 1.0, "max_retries": 1}, Path.cwd())
    assert isinstance(opened, EndpointGenerator)
    yield opened
    opened.close()


def ask(endpoint: EndpointGenerator, **decoding: Any) -> Generation:
    """Return the answer to one question."""
    return endpoint.generate([Request(content="질문", system="규칙")], Decoding(**decoding))[0]


def test_a_request_carries_the_messages_the_decoding_and_the_key(server: Server, endpoint: EndpointGenerator) -> None:
    server.replies = [says(ANSWER, "length")]
    generation = ask(endpoint, max_new_tokens=9, stop=("\n###",))
    assert (generation.text, generation.finish_reason) == (ANSWER, "length")
    assert (generation.prompt_tokens, generation.completion_tokens) == (7, 3)
    [seen] = server.seen
    assert seen["path"] == "/v1/chat/completions"
    assert seen["key"] == f"Bearer {KEY}"
    assert seen["body"] == {
        "model": "m", "max_tokens": 9, "temperature": 0.0, "stop": ["\n###"],
        "messages": [{"role": "system", "content": "규칙"}, {"role": "user", "content": "질문"}]}


def test_sampling_and_penalty_are_sent_only_when_asked_for(server: Server, endpoint: EndpointGenerator) -> None:
    ask(endpoint, temperature=0.7, top_p=0.9, seed=5, repetition_penalty=1.1)
    body = server.seen[0]["body"]
    assert (body["temperature"], body["top_p"], body["seed"], body["repetition_penalty"]) == (0.7, 0.9, 5, 1.1)


def test_a_batch_keeps_its_order_whatever_comes_first(server: Server, endpoint: EndpointGenerator) -> None:
    def uneven(handler: Handler, body: dict[str, Any]) -> None:
        time.sleep(0.1 if body["messages"][-1]["content"] == "0" else 0)
        echo(handler, body)

    server.replies = [uneven]
    heard: list[int] = []
    generations = endpoint.generate([Request(content=str(at)) for at in range(12)], Decoding(),
                                    lambda at, _: heard.append(at))
    assert [each.text for each in generations] == [str(at) for at in range(12)]
    assert sorted(heard) == list(range(12))
    assert heard[0] != 0


def test_one_failed_request_leaves_the_others_answered(server: Server, endpoint: EndpointGenerator) -> None:
    def picky(handler: Handler, body: dict[str, Any]) -> None:
        (fails(400, "too long") if body["messages"][-1]["content"] == "1" else echo)(handler, body)

    server.replies = [picky]
    heard: list[int] = []
    with pytest.raises(GenerationError, match="the server answered 400: too long"):
        endpoint.generate([Request(content=str(at)) for at in range(3)], Decoding(), lambda at, _: heard.append(at))
    assert sorted(heard) == [0, 2]


def test_a_stop_string_the_server_ignored_is_cut_here(server: Server, endpoint: EndpointGenerator) -> None:
    server.replies = [says("답\n### 지시", "length")]
    generation = ask(endpoint, stop=("\n###",))
    assert (generation.text, generation.finish_reason) == ("답", "stop")


def test_a_stream_gives_pieces_and_then_the_whole(server: Server, endpoint: EndpointGenerator) -> None:
    server.replies = [streams("매출", "액은 ", "1원")]
    stream = endpoint.stream(Request(content="질문"), Decoding())
    assert list(stream) == ["매출", "액은 ", "1원"]
    assert stream.generation is not None
    assert (stream.generation.text, stream.generation.finish_reason) == ("매출액은 1원", "stop")
    assert (stream.generation.prompt_tokens, stream.generation.completion_tokens) == (7, 3)
    assert 0 < stream.generation.first_token_s <= stream.generation.seconds


def test_a_stop_string_over_two_pieces_never_shows(server: Server, endpoint: EndpointGenerator) -> None:
    server.replies = [streams("답\n", "#", "## 지시", "넷")]
    stream = endpoint.stream(Request(content="질문"), Decoding(stop=("\n###",)))
    assert list(stream) == ["답"]
    assert stream.generation is not None
    assert stream.generation.finish_reason == "stop"


def test_what_only_began_like_a_stop_string_is_given_in_the_end(server: Server, endpoint: EndpointGenerator) -> None:
    server.replies = [streams("답\n", "##")]
    stream = endpoint.stream(Request(content="질문"), Decoding(stop=("\n###",)))
    assert "".join(stream) == "답\n##"
    assert stream.generation is not None
    assert stream.generation.text == "답\n##"


RULES = Decoding(stop_phrases=("이번에",), stop_repetition=True, stop_script=True)


@pytest.mark.parametrize("tail", [" 이번에 나온 것은", f" {ANSWER} 더", " продажи"])
def test_an_answer_that_runs_on_is_cut_whole_and_hung_up_on_in_a_stream(
        server: Server, endpoint: EndpointGenerator, tail: str) -> None:
    server.replies = [says(ANSWER + tail, "length"),
                      streams(ANSWER[:5], ANSWER[5:], *tail, *["가나다라" * 500] * 400, pause_s=0.005)]
    [whole] = endpoint.generate([Request(content="질문")], RULES)
    assert (whole.text, whole.finish_reason) == (ANSWER, "stop")
    stream = endpoint.stream(Request(content="질문"), RULES)
    assert "".join(stream) == ANSWER
    assert stream.generation is not None
    assert (stream.generation.text, stream.generation.finish_reason) == (ANSWER, "stop")
    assert server.gone.wait(3), "the connection was closed before the server had said all"
    assert set(server.seen[0]["body"]) == {"model", "messages", "max_tokens", "temperature"}, "the rules are ours alone"


def test_a_script_of_the_request_stops_nothing(server: Server, endpoint: EndpointGenerator) -> None:
    server.replies = [says(f"{ANSWER} продажи")]
    assert endpoint.generate([Request(content="продажи 뜻은?")], RULES)[0].text == f"{ANSWER} продажи"


def test_closing_a_stream_hangs_up(server: Server, endpoint: EndpointGenerator) -> None:
    server.replies = [streams(*["가나다라" * 500] * 400, pause_s=0.01)]
    stream = endpoint.stream(Request(content="질문"), Decoding())
    next(stream)
    stream.close()
    assert stream.generation is not None
    assert stream.generation.finish_reason == "cancelled"
    assert server.gone.wait(3)


def test_429_is_tried_again(server: Server, endpoint: EndpointGenerator) -> None:
    server.replies = [fails(429, "slow down", Retry_After="0.01"), says(ANSWER)]
    assert ask(endpoint).text == ANSWER
    assert len(server.seen) == 2


@pytest.mark.parametrize(("reply", "message", "fix"), [
    (fails(401, f"bad key {KEY}"), "the key was refused (401): bad key ***", "generation.api_key_env"),
    (fails(404, "no such model"), "model 'm' or the path was not found (404): no such model", "/v1/models"),
    (fails(429, "slow", Retry_After="0.01"), "too many requests (429), also after retrying: slow", "concurrency"),
    (fails(500, "boom", Retry_After="0.01"), "the server answered 500: boom", "server's log"),
    (hangs, "no answer within 1 s", "generation.timeout_s"),
    (raw(b"{half"), "the answer is not an OpenAI chat completion", "base_url must end"),
    (raw(b"<html>hello</html>", "text/html"), "the answer is not an OpenAI chat completion", "base_url must end"),
    (raw(b'{"choices": []}'), "the answer is not an OpenAI chat completion", "base_url must end"),
])
def test_what_goes_wrong_is_said_with_a_fix_and_without_the_key(
        server: Server, endpoint: EndpointGenerator, reply: Reply, message: str, fix: str) -> None:
    server.replies = [reply]
    with pytest.raises(GenerationError) as raised:
        ask(endpoint)
    text = str(raised.value)
    assert text.startswith(f"endpoint {server.url}: {message}")
    assert fix in text
    assert KEY not in text + repr(raised.value.__cause__) + repr(endpoint)


@pytest.mark.parametrize(("reply", "message"), [
    (streams("가", reason=None), "the stream ended before the answer did"),
    (streams("가", "나", pause_s=2.0), "no answer within 1 s"),
    (raw(b"data: {half\n\n", "text/event-stream"), "the answer is not an OpenAI chat completion"),
    (raw(b'data: {"error": {"message": "boom"}}\n\n', "text/event-stream"), "boom"),
    (fails(401), "the key was refused"),
])
def test_a_stream_that_goes_wrong_is_an_error(
        server: Server, endpoint: EndpointGenerator, reply: Reply, message: str) -> None:
    server.replies = [reply]
    with pytest.raises(GenerationError, match=message):
        list(endpoint.stream(Request(content="질문"), Decoding()))


def test_nobody_listening_is_said() -> None:
    endpoint = EndpointGenerator("http://127.0.0.1:9/v1", "m", max_retries=0)
    with pytest.raises(GenerationError, match="no connection"):
        ask(endpoint)
    endpoint.close()


def test_a_proxy_for_the_internet_is_not_asked_for_this_machine(
        server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    endpoint = EndpointGenerator(server.url, "m", max_retries=0)
    assert ask(endpoint).text == "질문"
    endpoint.close()


@pytest.mark.parametrize(("settings", "message"), [
    ({"model": "m"}, "base_url is missing"),
    ({"base_url": "http://127.0.0.1:1/v1"}, "model is missing"),
    ({"base_url": "127.0.0.1:1", "model": "m"}, "is not an http address"),
    ({"base_url": "http://me:pw@h/v1", "model": "m"}, "holds a user name or password"),
    ({"base_url": "http://h/v1", "model": "m", "api_key_env": "NOT_SET"}, "variable NOT_SET is not set"),
])
def test_wrong_settings_are_config_errors(
        settings: dict[str, str], message: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    with pytest.raises(ConfigError, match=message):
        open_generator({"generator": "endpoint", **settings}, tmp_path)
