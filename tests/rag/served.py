"""The endpoint with a real index and a scripted model, on a real socket: in a thread, or as a process of its own.

    python -m tests.rag.served FOLDER      serves it on a free port until SIGTERM; the index is built below FOLDER
"""

from __future__ import annotations

import contextlib
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap.generator import Decoding, Request, Stream
from mundap.listening import listen, server
from mundap.warmup import Warmup
from rag.answer import Answerer
from rag.indexing.build import open_index
from rag.search.retrieve import Retriever
from rag.serving.app import HTTP, Endpoint, Settings, application, serve_on
from rag.serving.guard import token_for
from tests.rag.hashing_embedder import HashingEmbedder
from tests.rag.scripted_generator import ScriptedGenerator
from tests.rag.small_index import built, chunk, recipe, reports

DECLINE = "문서에 해당 내용이 없습니다."
WRONG = "9,999백만원"


class Model(ScriptedGenerator):
    """Says the first passage's first figure, word by word. Words of the question change that:

    "느리게" takes long (until `go` is set, or it is stopped), "지어내서" adds a sentence with a figure of its own. A
    stream that was closed before its end is counted in `cancelled`; `at_once` is the most there ever were together.
    """

    def __init__(self) -> None:
        super().__init__(reply)
        self.go, self.begun, self.stopped = threading.Event(), threading.Event(), threading.Event()
        self.at_once = self.now = self.cancelled = 0
        self.pause_s = 0.0
        self._lock = threading.Lock()

    def stream(self, request: Request, decoding: Decoding) -> Stream:
        self.requests.append(request)
        return Stream(lambda stream: self._counted(stream, request))

    def _counted(self, stream: Stream, request: Request) -> Iterator[str]:
        with self._lock:
            self.now += 1
            self.at_once = max(self.at_once, self.now)
        whole = False
        try:
            self.begun.set()
            time.sleep(self.pause_s)
            while "느리게" in request.content and not self.go.wait(0.02):
                yield ""
            yield from self._words(stream, reply(request))
            whole = True
        finally:
            with self._lock:
                self.now -= 1
                self.cancelled += not whole
            if not whole:
                self.stopped.set()


def reply(request: Request) -> str:
    found = re.search(r"^\[1\] .*\n(?:.*\n)*?(.*\d.*)$", request.content, re.MULTILINE)
    if found is None:
        return DECLINE
    label, colon, value = found[1].partition(": ")
    said = f"{label}은 {value}입니다. [1]" if colon else f"{found[1]} [1]"
    return f"{said} {label}은 {WRONG}입니다. [1]" if "지어내서" in request.content else said


def whole_recipe(project: Path, **sections: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rag recipe over a small index, its prompt files written below project."""
    for name, text in (("instruction", "문서만 보고 답하라."), ("easy", "쉬운 말로 답하라.")):
        (project / f"{name}.txt").write_text(text, encoding="utf-8")
    return recipe() | {
        "title": "문답 시험",
        "prompt": {"instruction": str(project / "instruction.txt"), "decline_text": DECLINE, "lines_per_passage": 4},
        "levels": {"초급": {"instruction": str(project / "easy.txt")}},
        "generation": {"generator": "local", "max_new_tokens": 96, "temperature": 0.0, "retries": 1},
        "verification": {"policy": "strike"}, "serve": {"port": 0}} | sections


def scripted_answerer(project: Path, made: Mapping[str, Any], generator: ScriptedGenerator) -> Answerer:
    """Return the real answerer over a real index below project, with the scripted model."""
    embedder = HashingEmbedder()
    later = chunk("가온누리전자 2023년 매출액: 2,345백만원", doc_id="g23b", date=20240630, company="가온누리전자", fiscal_year=2023)
    earlier = [chunk("가온누리전자 2023년 매출액: 2,222백만원", doc_id="g23", date=20240315, superseded_by="g23b",
                     company="가온누리전자", fiscal_year=2023)]
    built(project, [*(one for one in reports() if one.doc_id != "g23"), *earlier, later], embedder)
    return Answerer(made, project, Retriever(open_index(made, project, embedder), embedder, made), generator)


@dataclass(frozen=True, kw_only=True)
class Served:
    """A server in a thread: its address, its model, its endpoint."""

    url: str
    port: int
    model: Model
    endpoint: Endpoint


@contextlib.contextmanager
def served(project: Path, *, token: str = "", warmup: Warmup | None = None, host: str = "",
           on_answerer: Callable[[Answerer], None] = lambda answerer: None, **limits: Any) -> Iterator[Served]:
    """Serve below a folder until the block ends. host: the address the guard believes it listens on."""
    made, model = whole_recipe(project), Model()
    answerer = scripted_answerer(project, made, model)
    on_answerer(answerer)
    endpoint = Endpoint(answerer, made, Settings(**limits), warmup or Warmup())
    started = threading.Event()
    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        running = server(application(endpoint, host or "127.0.0.1", token), started.set, endpoint.end, **HTTP)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
        thread.start()
        assert started.wait(20)
        try:
            yield Served(url=f"http://127.0.0.1:{port}", port=port, model=model, endpoint=endpoint)
        finally:
            running.should_exit = True
            thread.join(20)
            model.go.set()
            answerer.close()
            answerer.retriever.close()
    assert not thread.is_alive()


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def main() -> None:
    """Serve until a signal; the address goes to stderr, and at the end what became of the model."""
    def say(line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    folder, model = Path(sys.argv[1]), Model()
    made = whole_recipe(folder)
    answerer = scripted_answerer(folder, made, model)
    with listen("127.0.0.1", 0) as listening, contextlib.closing(answerer):
        serve_on(listening, answerer, made, say, token=token_for("127.0.0.1", Settings().token_env))
    say(f"closed={model.closed} cancelled={model.cancelled}")


if __name__ == "__main__":
    main()
