"""The endpoint as a process: it ends with its model on a signal, says nothing it should not, and serves the trained demo."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest

from mundap.paths import resolve
from mundap.recipe import load
from rag.evaluation.questions import load as questions

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "geheim-0123456789abcdef"
SALES = "한빛바이오의 2023년 매출액은 얼마인가요?"
START_S = 120.0


@dataclass(kw_only=True)
class Child:
    """A server's process and what it said so far."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    @property
    def client(self) -> openai.OpenAI:
        return openai.OpenAI(base_url=self.url, api_key=TOKEN, timeout=60, max_retries=0,
                             http_client=openai.DefaultHttpxClient(trust_env=False))

    def end(self, with_signal: int) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(with_signal)
        return self.process.wait(60)   # freeing two models can take long where memory is short


@contextmanager
def child(log: Path, *words: str, env: dict[str, str]) -> Iterator[Child]:
    """Start a server and wait for its address; it is killed when it is still there at the end."""
    with log.open("wb") as to:
        process = subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT, env=env, stdout=to, stderr=to)
    started = Child(process=process, log=log)
    try:
        until = time.monotonic() + START_S
        while not (found := re.search(r"(http://127\.0\.0\.1:\d+/v1), model", started.said)):
            assert process.poll() is None and time.monotonic() < until, started.said
            time.sleep(0.05)
        started.url = found[1]
        yield started
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_server_and_model_and_the_log_keeps_no_secret(tmp_path: Path, child_env: dict[str, str],
                                                                    with_signal: int) -> None:
    with child(tmp_path / "log", "tests.rag.served", str(tmp_path), env=child_env | {"MUNDAP_SERVE_TOKEN": TOKEN}) as server:
        with server.client as client:
            ask = client.chat.completions.create
            ask(model="mundap-demo", messages=[{"role": "user", "content": SALES}])
            with pytest.raises(openai.NotFoundError):
                ask(model="other", messages=[{"role": "user", "content": SALES}])
            slow = ask(model="mundap-demo", messages=[{"role": "user", "content": f"느리게 {SALES}"}], stream=True)
            assert server.end(with_signal) == 0
            with pytest.raises(openai.APIError, match="the server is ending"):
                list(slow)
        assert server.said.splitlines()[-1] == "closed=True cancelled=1" and "Traceback" not in server.said
        assert TOKEN not in server.said and "한빛바이오" not in server.said and "/v1/chat" not in server.said


@pytest.mark.parametrize(("words", "said"), [
    (("serve.host=0.0.0.0", "serve.port=0"), "error: serve.host: others can reach 0.0.0.0, and no token is set.\n  Set one: "),
    (("verification.policy=flag",), "error: verification.policy: with flag, "),
    (("serve.max_concurrent=0",), "error: command line (serve.max_concurrent=0)")])
def test_what_cannot_be_served_is_said_at_once(child_env: dict[str, str], words: tuple[str, ...], said: str) -> None:
    env = {name: value for name, value in child_env.items() if name != "MUNDAP_SERVE_TOKEN"}
    done = subprocess.run([sys.executable, "-m", "mundap.cli.main", "serve", "configs/demo/rag.yaml", *words], cwd=ROOT, env=env,
                          text=True, capture_output=True, timeout=100, check=False)
    assert done.returncode == 1 and done.stderr.startswith(said), done.stderr


@pytest.mark.slow
@pytest.mark.real_home
@pytest.mark.timeout(300)
def test_the_trained_demo_answers_openai_clients(tmp_path: Path, child_env: dict[str, str]) -> None:
    for needed in ("exports/demo/config.json", "indexes/demo/manifest.json"):
        if not resolve(needed, ROOT).is_file():
            pytest.skip(f"{needed} is not there: mundap run configs/demo makes it")
    limits = {"seed": 7, "limit": {"answerable": 2, "unanswerable": 1}}
    rows = questions(load(ROOT / "configs/demo/eval.yaml").values | limits, ROOT)
    env = child_env | {"MUNDAP_SERVE_TOKEN": TOKEN}
    with child(tmp_path / "log", "mundap.cli.main", "serve", "configs/demo/rag.yaml", "serve.port=0", env=env) as server:
        with server.client as client:
            assert [model.id for model in client.models.list()] == ["mundap-demo"]
            answers = [whole_and_streamed(client, row.question) for row in rows]
        below = [one.pid for one in psutil.Process(server.process.pid).children(recursive=True)]
        assert below and server.end(signal.SIGTERM) == 0, server.said
        assert not [pid for pid in below if psutil.pid_exists(pid)]
    cited = [answer for answer in answers if answer["verdict"] != "declined"]
    assert cited and all(answer["citations"] for answer in cited), answers   # how many are right is test_demo_evaluation.py's


def whole_and_streamed(client: openai.OpenAI, question: str) -> dict[str, Any]:
    """Return the `mundap` field of an answer, which must be the same whole and streamed."""
    asked: Any = {"model": "mundap-demo", "messages": [{"role": "user", "content": question}]}
    whole = client.chat.completions.create(**asked)
    chunks = list(client.chat.completions.create(**asked, stream=True))
    said = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert said == whole.choices[0].message.content and whole.usage is not None
    told, streamed = (dict((one.model_extra or {})["mundap"]) for one in (whole, chunks[-1]))
    assert {**told, "timings_s": 0} == {**streamed, "timings_s": 0}
    assert all(f"[{cited['number']}]" in said and cited["lines"] for cited in told["citations"])
    return told
