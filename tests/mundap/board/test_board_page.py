"""LLaMA Board in a real browser, opened by `mundap board` on a recipe: what it shows, what it saves, and the way back.

One page serves the whole story, since the Board takes half a minute to load. Needs Chromium (Debian: chromium);
MUNDAP_CHROMIUM names another place.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

CHROMIUM = Path(os.environ.get("MUNDAP_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]
START_S, LOOK_MS = 240.0, 30_000.0
DEMO = "configs/demo/train.yaml"
SAVED = ".board/demo-train/llamaboard_config/demo-train.yaml"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}: apt-get install chromium"),
]


def test_a_recipe_is_opened_changed_saved_and_brought_back(project: Path, child_env: dict[str, str]) -> None:
    before = (project / DEMO).read_text("utf-8")
    env = {name: value for name, value in child_env.items() if name != "MUNDAP_HOME"}
    with board(project, env) as (url, log), chromium() as page:
        page.goto(url)
        box(page, "학습률").wait_for(timeout=LOOK_MS)
        page.wait_for_function("document.body.innerText.includes('설정 경로')")   # Korean has arrived
        the_recipe_is_in_the_form(page, project)
        no_tab_trusts_a_models_code(page)
        box(page, "학습률").fill("0.0002")
        save_and_load_again(page, project)
        assert "Traceback" not in log.read_text("utf-8")
    form = yaml.safe_load((project / SAVED).read_text("utf-8"))
    assert form["train.learning_rate"] == "0.0002" and form["top.template"] is None
    done = subprocess.run([sys.executable, "-m", "mundap.cli.main", "board", "--import", SAVED, "--out", DEMO,
                           "--force"], cwd=project, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert (project / DEMO).read_text("utf-8") == before.replace("learning_rate: 5.0e-4", "learning_rate: 2.0e-4")


def the_recipe_is_in_the_form(page: Page, project: Path) -> None:
    shown = {label: box(page, label).input_value() for label in (
        "모델 이름", "모델 경로", "채팅 템플릿", "데이터 디렉토리", "학습률", "에포크", "연산 유형", "LR 스케줄러", "설정 경로")}
    assert shown == {"모델 이름": "Custom", "모델 경로": str(project / "models/gemma-3-270m-ko"), "채팅 템플릿": "",
                     "데이터 디렉토리": "data", "학습률": "0.0005", "에포크": "1.0", "연산 유형": "bf16",
                     "LR 스케줄러": "cosine", "설정 경로": "demo-train.yaml"}
    numbers = {label: box(page, label).input_value() for label in (
        "컷오프 길이", "배치 크기", "그레디언트 누적", "로깅 스텝", "저장 스텝", "LoRA 랭크", "LoRA 알파")}
    assert numbers == {"컷오프 길이": "512", "배치 크기": "2", "그레디언트 누적": "4", "로깅 스텝": "2", "저장 스텝": "20",
                       "LoRA 랭크": "16", "LoRA 알파": "32"}, "the part for LoRA stands open"
    assert page.locator(".token").first.inner_text() == "demo"
    assert box(page, "출력 디렉토리").input_value().startswith("demo-train_20")


def no_tab_trusts_a_models_code(page: Page) -> None:
    """Each tab's command, as the Board itself would run it, and the boxes of those that show none."""
    click(page, "명령어 미리보기")
    command = page.locator("pre:visible").inner_text()
    assert "--learning_rate 0.0005" in command and "--lora_rank 16" in command and "--template" not in command
    assert "trust_remote_code" not in command and "--preprocessing_num_workers 1 " in command
    page.get_by_role("tab", name="Evaluate & Predict").click()
    chosen = box(page, "데이터셋")
    chosen.fill("demo")
    chosen.press("Enter")
    click(page, "명령어 미리보기")
    page.wait_for_function("[...document.querySelectorAll('pre')].some(one => one.innerText.includes('do_predict'))")
    assert "trust_remote_code" not in page.locator("pre:visible").inner_text()
    for tab in ("Chat", "Export"):
        page.get_by_role("tab", name=tab).click()
        assert '"trust_remote_code": false' in box(page, "추가 인수").input_value()
    page.get_by_role("tab", name="Train").click()


def save_and_load_again(page: Page, project: Path) -> None:
    """Save, spoil two fields, and load what was saved: one click, and the template stays empty."""
    click(page, "Argument 저장")
    page.get_by_text("llamaboard_config/demo-train.yaml").wait_for(timeout=LOOK_MS)
    box(page, "학습률").fill("9")
    box(page, "LoRA 랭크").fill("3")
    click(page, "Argument 불러오기")
    page.wait_for_function("[...document.querySelectorAll('textarea')].some(one => one.value == '0.0002')")
    page.wait_for_timeout(1500)   # what a change of the model would set off has come by then
    assert box(page, "LoRA 랭크").input_value() == "16"
    assert box(page, "채팅 템플릿").input_value() == "" and page.locator(".token").first.inner_text() == "demo"


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).locator("visible=true").click()


def box(page: Page, label: str) -> Locator:
    """Return what takes the value of the field with a label, in the tab that is open."""
    field = page.locator(f'xpath=//span[@data-testid="block-info"][normalize-space(text())="{label}"]'
                         '/ancestor::*[contains(concat(" ", @class, " "), " block ")][1]').locator("visible=true")
    return field.locator("input:not([type=range]), textarea").first


@contextmanager
def board(project: Path, env: dict[str, str]) -> Iterator[tuple[str, Path]]:
    """Run `mundap board` on the demo, and yield its address and log once it serves; Ctrl-C ends it, with nothing left."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = project / "board.log"
    with log.open("wb") as out:
        started = subprocess.Popen([sys.executable, "-m", "mundap.cli.main", "board", DEMO, "--port", str(port)],
                                   cwd=project, env=env, stdout=out, stderr=out, process_group=0)
        try:
            until = time.monotonic() + START_S
            while "Running on local URL" not in log.read_text("utf-8"):
                assert started.poll() is None and time.monotonic() < until, log.read_text("utf-8")
                time.sleep(0.3)
            yield f"http://127.0.0.1:{port}", log
        finally:
            os.killpg(started.pid, signal.SIGINT)   # as a terminal does, to everything in the foreground
            try:
                assert started.wait(30) == 0, log.read_text("utf-8")
            finally:
                started.kill()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0, "the page is still served"


@contextmanager
def chromium() -> Iterator[Page]:
    """Yield a page of a fresh browser; the Board's fonts and scripts from elsewhere are refused, as without a network."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 2600})
        page.route(lambda url: not url.startswith(("http://127.0.0.1", "data:", "blob:")), lambda route: route.abort())
        yield page
        browser.close()
