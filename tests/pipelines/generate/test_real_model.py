"""The engine over the starter model: in this machine's own worker, and behind a real `llamafactory-cli api`.

The starter model is too small to write questions from articles: what is tested is that every call comes back, is
judged, and leaves only answers that pass, whatever the model says.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from mundap import factory
from mundap.paths import project_root, resolve
from pipelines.generate import Candidate, GenerationReport, generate, grounded, read_rows
from pipelines.generate.settings import KeySettings, ProviderSettings
from tests.pipelines.generate.made_work import made_chunks, made_settings

MODEL = "models/gemma-3-270m-ko"
PROJECT = project_root(Path(__file__).parent)

pytestmark = [pytest.mark.slow, pytest.mark.real_home, pytest.mark.timeout(600)]


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    model = resolve(MODEL, PROJECT)
    if not (model / "config.json").is_file():
        pytest.skip(f"{MODEL} is not there; unpack it with: mundap models")
    file = tmp_path / "chat.yaml"
    file.write_text(f"model_name_or_path: {model}\ninfer_backend: huggingface\ninfer_dtype: float32\ndo_sample: false\n"
                    "max_new_tokens: 64\n", encoding="utf-8")
    return file


@pytest.fixture
def api(recipe: Path) -> Iterator[str]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    env = factory.environment({}) | {"API_HOST": "127.0.0.1", "API_PORT": str(port), "API_KEY": "sk-a-local-secret"}
    with (recipe.parent / "api.log").open("w") as log:
        child = subprocess.Popen(["llamafactory-cli", "api", str(recipe)], env=env, stdout=log, stderr=log,
                                 start_new_session=True)
    base_url, until = f"http://127.0.0.1:{port}/v1", time.monotonic() + 180
    try:
        while time.monotonic() < until and child.poll() is None:
            try:
                urllib.request.urlopen(f"{base_url}/models", timeout=2).close()
            except urllib.error.HTTPError:
                break               # it wants the key: it is up
            except OSError:
                time.sleep(0.5)
        assert child.poll() is None, (recipe.parent / "api.log").read_text()[-2000:]
        yield base_url
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait(30)


def asked(provider: ProviderSettings, folder: Path) -> GenerationReport:
    """Return the report of one chunk asked of a provider, at most twice, with little to write."""
    plain = made_settings("http://127.0.0.1:9/v1", {"KEY_1": {}})
    settings = dataclasses.replace(
        plain, providers=(provider,), tries=2, project=PROJECT, max_concurrency=2,
        decoding=dataclasses.replace(plain.decoding, max_new_tokens=24, temperature=0.0))
    said: list[str] = []
    report = generate(made_chunks(1), settings, folder, said.append)
    assert report.complete, said
    assert report.tasks_kept + sum(report.rejected.values()) == 1
    assert set(report.outcomes) <= {"ok", "cut_off"} and report.spent.prompt_tokens > 200
    by_id = {chunk.chunk_id: chunk for chunk in made_chunks(1)}
    for row in read_rows(report.rows_file):
        assert not grounded(Candidate(question=row.question, answer=row.answer, kind=row.kind, level=row.level,
                                      chunk=by_id[row.chunk_id]))
    return report


def test_the_local_worker_answers_through_the_engine(recipe: Path, tmp_path: Path) -> None:
    asked(ProviderSettings(model="local:starter", chat=str(recipe)), tmp_path / "out")
    ledger = (tmp_path / "out" / "ledger.jsonl").read_text(encoding="utf-8")
    assert '"model": "local:starter"' in ledger and '"raw": "' in ledger


def test_a_real_llamafactory_api_answers_through_the_engine(api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
                                                            ) -> None:
    monkeypatch.setenv("KEY_1", "sk-a-local-secret")
    provider = ProviderSettings(model="starter", base_url=api, keys=(KeySettings(env="KEY_1"),))
    asked(provider, tmp_path / "out")
    monkeypatch.setenv("KEY_1", "sk-a-wrong-secret")
    with pytest.raises(Exception, match="key KEY_1: was refused"):
        asked(dataclasses.replace(provider, model="another"), tmp_path / "wrong")
