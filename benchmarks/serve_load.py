"""Twenty people asking `mundap serve` at once, against one: errors, fairness, and how long the retrieval takes.

    python benchmarks/serve_load.py configs/demo/rag.yaml [ASKERS] [SECONDS] [KEY=VALUE]...

The index, the embedder and the whole way over HTTP are real; the model is scripted (half a second an answer, one at a
time like the local one, or at once with together=yes), so that what is measured is everything but the model. Each
asker asks again as soon as it has its answer. `retrieve` is the work as the answer reports it; `waited` adds the queue.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import openai

from mundap.generator import Decoding, Generation, OnDone, Request, Stream
from mundap.listening import listen, server
from mundap.recipe import load
from mundap.warmup import Warmup
from rag.answer import Answerer
from rag.search.retrieve import Retriever
from rag.serving.app import HTTP, Endpoint, Settings, application, one_thread

WARM_UP = 3
FIELDS = ("retrieve", "waited", "whole")


class Slow:
    """A model that takes its time and says the decline text."""

    name = "scripted"

    def __init__(self, seconds: float, together: bool) -> None:
        self.seconds, self.together = seconds, together
        self.lock = threading.Lock()

    def start(self) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing to end."""

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_done: OnDone | None = None) -> list[Generation]:
        """Unused: the endpoint streams."""
        raise NotImplementedError

    def stream(self, request: Request, decoding: Decoding) -> Stream:
        return Stream(self.words)

    def words(self, stream: Stream) -> Iterator[str]:
        if self.together:
            time.sleep(self.seconds)
        else:
            with self.lock:
                time.sleep(self.seconds)
        text = "문서에 해당 내용이 없습니다."
        yield text
        stream.generation = Generation(text=text, finish_reason="stop", prompt_tokens=1, completion_tokens=1,
                                       first_token_s=self.seconds, seconds=self.seconds)


def asking(url: str, questions: Sequence[str], first: int, until: float) -> list[dict[str, float]]:
    """Ask one question after the other until a time; return the milliseconds of each."""
    client = openai.OpenAI(base_url=url, api_key="-", max_retries=0, http_client=openai.DefaultHttpxClient(trust_env=False))
    model, found = client.models.list().data[0].id, []
    while time.monotonic() < until:
        began = time.perf_counter()
        answer = client.chat.completions.create(model=model, messages=[
            {"role": "user", "content": questions[(first + 7 * len(found)) % len(questions)]}])
        whole = time.perf_counter() - began
        spent = (answer.model_extra or {})["mundap"]["timings_s"]
        found.append({"retrieve": spent["retrieve"] * 1e3, "waited": (spent["queue"] + spent["retrieve"]) * 1e3,
                      "whole": whole * 1e3})
    client.close()
    return found


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def told(name: str, runs: Sequence[Sequence[dict[str, float]]]) -> dict[str, float]:
    """Print a line about a round; return the p95 of each field."""
    every = [one for run in runs for one in run]
    p95 = {field: percentile([one[field] for one in every], 0.95) for field in FIELDS}
    p50 = {field: statistics.median(one[field] for one in every) for field in FIELDS}
    words = ", ".join(f"{field} p50 {p50[field]:.0f} p95 {p95[field]:.0f} ms" for field in FIELDS)
    counts = [len(run) for run in runs]
    print(f"{name}: {len(every)} answers, {min(counts)} to {max(counts)} each; {words}", flush=True)
    return p95


def main() -> None:
    """Measure one asker, then many."""
    recipe, askers, seconds = sys.argv[1], int((sys.argv[2:] or ["20"])[0]), float((sys.argv[3:] or ["20"])[0])
    options = dict(word.split("=", 1) for word in sys.argv[4:])
    loaded = load(recipe, kind="rag")
    if options.get("threads", "one") == "one":
        one_thread()
    retriever = Retriever.open(loaded.values, loaded.project)
    model = Slow(float(options.get("answer_s", "0.5")), options.get("together") == "yes")
    answerer = Answerer(loaded.values, loaded.project, retriever, model)
    fields = list(retriever.vocabulary.values())
    names = [str(value) for value in (fields[0] if fields else ["보증금"])]
    questions = [f"{name}의 {year}년 {item}은 얼마인가요?" for name in names[:12] for year in (2022, 2023)
                 for item in ("매출액", "영업이익", "이익잉여금", "자산총계")]
    settings = Settings(port=0, max_concurrent=int(options.get("max_concurrent", Settings().max_concurrent)))
    endpoint, started = Endpoint(answerer, loaded.values, settings, Warmup()), threading.Event()
    with listen("127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        running = server(application(endpoint, "127.0.0.1", ""), started.set, endpoint.end, **HTTP)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
        thread.start()
        started.wait()
        print(f"{recipe}: {len(retriever.index.chunks):,} chunks, {settings.max_concurrent} at once, {sys.argv[4:]}", flush=True)
        asking(url, questions, 0, time.monotonic() + WARM_UP)
        single = told("one asker", [asking(url, questions, 0, time.monotonic() + seconds / 2)])
        end = time.monotonic() + seconds
        with ThreadPoolExecutor(askers) as pool:
            runs = list(pool.map(lambda at: asking(url, questions, at, end), range(askers)))
        many = told(f"{askers} askers", runs)
        print("p95 of many over p95 of one: " + ", ".join(f"{field} {many[field] / single[field]:.1f}" for field in FIELDS))
        running.should_exit = True
        thread.join()
    retriever.close()


if __name__ == "__main__":
    main()
