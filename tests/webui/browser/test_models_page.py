"""The tab of models in a real browser: a run's curve, two runs beside each other, the change of model, an answer by the new one."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.webui.browser.served import ANSWER_MS, BROWSER_TEST, E2E_RAG, Server, opened, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [*BROWSER_TEST, pytest.mark.skipif(E2E_RAG is not None, reason="looks at runs of its own")]
HOSTILE = "<img src=x onerror='window.hacked = 1'>"


def write_run(folder: Path, *, steps: int, rate: float, evaluated: bool = False, **record: Any) -> None:
    """Write what a training leaves: its log, its recipe, its record."""
    folder.mkdir(parents=True)
    lines = []
    for step in range(2, steps + 1, 2):
        told: dict[str, Any] = {"current_steps": step, "total_steps": steps, "epoch": step / steps,
                                "elapsed_time": f"0:0{step // 60}:{step % 60:02}"}
        lines.append(told | {"loss": 0.05 + 2 * math.exp(-step * rate)})
        if evaluated and step % 10 == 0:
            lines.append(told | {"eval_loss": 0.2 + 1.6 * math.exp(-step * rate)})
    (folder / "trainer_log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (folder / "resolved.yaml").write_text(f"stage: sft\nlearning_rate: {rate}\n", encoding="utf-8")
    (folder / "mundap_run.json").write_text(json.dumps({
        "recipe": "configs/demo/train.yaml", "fingerprint": folder.name, "started": "2026-01-31 09:00:00", "state": "finished",
        "datasets": {"demo": "7c5ee620c2c36a686f9ea0f7e267b9136b5b83b34c24b39d8bcb151a4fd4e06d"}, "git": "70da113cef02bd44fefc",
        "models": {"model_name_or_path": ["d2d3f646a7948549401edf628bc28aa9"]}, "versions": {"torch": "2.13.0", "peft": "0.18.1"},
        "summary": {"steps": steps, "total_steps": steps, "loss": 0.1543, "seconds": 430.3, "peak_rss_bytes": 6622810112}}
        | record), encoding="utf-8")


def runs_of(folder: Path) -> None:
    """Write four runs: finished with evaluations, finished, broken off, and one whose record cannot be read."""
    write_run(folder / "saves" / "demo" / "lora", steps=40, rate=0.1, evaluated=True)
    write_run(folder / "saves" / "demo" / "lora_v1", steps=60, rate=0.04, started="2026-01-30 09:00:00")
    write_run(folder / "saves" / "demo" / HOSTILE.replace("/", ""), steps=10, rate=0.1, state="failed")
    write_run(folder / "saves" / "half", steps=20, rate=0.1)
    (folder / "saves" / "half" / "mundap_run.json").write_text('{"state": "fin', encoding="utf-8")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a page beside four runs."""
    folder = tmp_path_factory.mktemp("models")
    runs_of(folder)
    with served(folder) as started:
        yield started


@pytest.fixture
def tab(browser: Browser, shared: Server) -> Iterator[Page]:
    """Return the page with the tab open."""
    with opened(browser, shared) as page:
        open_tab(page)
        yield page


def open_tab(page: Page) -> None:
    page.get_by_role("tab", name="모델").click()
    page.wait_for_selector("#systems .system", timeout=ANSWER_MS)


def choose(page: Page, box: str, option: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator(f"{box} input")).not_to_have_value("", timeout=30_000)
    page.locator(f"{box} input").click()
    page.get_by_role("option", name=option).first.click()


def test_a_runs_curve_is_drawn_and_told_in_words_and_numbers(tab: Page) -> None:
    choose(tab, "#run", "demo/lora ·")
    tab.wait_for_selector("#detail svg.wide:has-text('demo/lora의 손실')", state="attached")
    picture = tab.get_by_role("img", name="demo/lora의 손실")
    assert picture.count() == 1, "one of the two pictures is hidden, and hidden from screen readers too"
    assert picture.locator("polyline").count() == 2
    assert "가장 낮은 값은 40단계" in (picture.locator("desc").text_content() or "")
    tab.locator("#detail .numbers summary").click()
    assert tab.locator("#detail .numbers tbody tr").count() == 20
    assert tab.locator("#detail .numbers tbody tr").first.inner_text().split() == ["2", "1.6875"]
    facts = tab.locator("#detail .about").inner_text()
    assert "6.2 GiB" in facts and "70da113cef02bd44fefc" in facts and "configs/demo/train.yaml" in facts


def test_two_runs_share_a_picture_and_their_difference_is_told(tab: Page) -> None:
    choose(tab, "#run", "demo/lora ·")
    tab.wait_for_selector("#detail svg.wide:has-text('demo/lora의 손실')", state="attached")
    choose(tab, "#against", "demo/lora_v1")
    tab.wait_for_selector("#detail .compared")
    assert tab.locator("#detail svg.wide g").count() == 3
    assert tab.locator("#detail .compared tbody tr").all_inner_texts() == ["learning_rate\t0.1\t0.04"]


def test_a_damaged_run_is_told_and_a_name_is_no_markup(tab: Page) -> None:
    choose(tab, "#run", "half")
    tab.wait_for_selector("#detail .warning")
    assert "mundap_run.json" in tab.locator("#detail .warning").inner_text()
    assert tab.locator("#runs tbody tr").count() == 4 and "onerror" in tab.locator("#runs").inner_text()
    assert tab.locator("#runs img, #detail img").count() == 0 and tab.evaluate("window.hacked") is None


def test_the_model_is_changed_for_everybody_and_an_answer_says_so(browser: Browser, shared: Server) -> None:
    with opened(browser, shared) as page:
        open_tab(page)
        assert page.locator("[data-in-use]").get_attribute("data-system") == "own"
        assert "모든 사람의 다음 질문부터" in page.locator("#models").inner_text()
        choose(page, "#wanted", "v1")
        page.click("#switch")
        page.wait_for_selector('[data-change="done"]', timeout=ANSWER_MS)
        page.wait_for_selector('[data-in-use][data-system="v1"]')
        with opened(browser, shared) as other:
            other.fill("#question textarea", "가온누리전자의 2023년 영업이익은 얼마인가요?")
            other.press("#question textarea", "Enter")
            other.wait_for_selector('article.answer[data-status="verified"]', timeout=ANSWER_MS)
            assert other.locator("article.answer .by").inner_text() == "답한 모델: v1"
        choose(page, "#wanted", "지금 설정")
        page.click("#switch")
        page.wait_for_selector('[data-in-use][data-system="own"]', timeout=ANSWER_MS)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_nothing_sticks_out(browser: Browser, shared: Server, width: int, scheme: Any, tmp_path: Path) -> None:
    with opened(browser, shared, viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
        open_tab(page)
        choose(page, "#run", "demo/lora ·")
        page.wait_for_selector("#detail svg:visible")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("document.querySelector('#detail svg.narrow').checkVisibility()") is (width == 390)
        page.screenshot(path=tmp_path / f"models-{width}-{scheme}.png", full_page=True)
