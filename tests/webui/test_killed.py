"""The model's process killed in the middle of an answer: a clear message, and the next question is answered."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from mundap.generator import open_generator
from mundap.generator.local import LocalGenerator
from mundap.paths import project_root, resolve
from rag.inquiry import Inquiry
from tests.webui.scripted import scripted_site, whole_recipe
from webui.ask.asking import Run, frames
from webui.words import words

MODEL = "models/gemma-3-270m-ko"
QUESTION = Inquiry(text="가온누리전자의 2023년 영업이익은 얼마인가요?")

pytestmark = [pytest.mark.slow, pytest.mark.real_home, pytest.mark.timeout(900)]


def test_a_killed_model_is_told_and_comes_back(tmp_path: Path) -> None:
    project = project_root(Path(__file__).parent)
    if not (resolve(MODEL, project) / "config.json").is_file():
        pytest.skip(f"{MODEL} is not there; unpack it with: mundap models")
    generator = open_generator({"chat": {"model_name_or_path": MODEL}}, project)
    assert isinstance(generator, LocalGenerator)
    changed = {"generation": whole_recipe(tmp_path)["generation"] | {"max_new_tokens": 64}}
    with closing(scripted_site(tmp_path, generator, changed)) as site:   # type: ignore[arg-type]
        answerer, drawn = site.first.answerer(), []
        for frame in frames(answerer, QUESTION, Run(), lambda: True, words("ko"), admit=lambda: site.limits.admit("가")):
            drawn.append(frame)
            if len(drawn) == 2:     # its first words are on the page
                assert generator.pid is not None
                first = generator.pid
                os.kill(first, signal.SIGKILL)
        assert drawn[-1].found is None and not drawn[-1].running
        told = drawn[-1].answer
        assert "모델이 답을 내지 못했습니다" in told and "killed" in told and "Traceback" not in told
        again = list(frames(answerer, QUESTION, Run(), lambda: True, words("ko"), admit=lambda: site.limits.admit("가")))
        assert again[-1].found is not None and generator.pid != first and site.limits.held == 0
        last = generator.pid
    assert last is not None
    with pytest.raises(ProcessLookupError):
        os.kill(last, 0)
