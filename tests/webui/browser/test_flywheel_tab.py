"""The tab of data in a browser: what was judged, what it becomes, the files it writes, and who may see it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.webui.browser.served import ANSWER_MS, BROWSER_TEST, E2E_RAG, Server, opened, served
from tests.webui.judged import seed
from webui.storage.database import Database

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [*BROWSER_TEST, pytest.mark.skipif(E2E_RAG is not None, reason="asks what only the scripted page answers")]
ROOT = Path(__file__).resolve().parents[3]
SHOTS = os.environ.get("MUNDAP_SHOTS")   # a folder for pictures to look at


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page's project: an empty registry, the demo's recipes without those for feedback, judgements."""
    made = tmp_path_factory.mktemp("한글 page")
    (made / "dataset_info.json").write_text("{}", encoding="ascii")
    for name in ("rag", "train", "chat", "export"):
        (made / "configs/demo").mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / f"configs/demo/{name}.yaml", made / "configs/demo")
    with closing(Database(made / "talks.sqlite")) as database:
        seed(database)
    return made


@pytest.fixture(scope="module")
def shared(folder: Path) -> Iterator[Server]:
    """Return the page over that project."""
    with served(folder) as started:
        yield started


def look(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def show(page: Page) -> None:
    page.click("#tab-flywheel-button")
    page.wait_for_selector(".flywheel table.kinds")


def test_judgements_are_counted_shown_and_made_into_files(page: Page, folder: Path) -> None:
    show(page)
    assert page.locator(".tally dd").all_inner_texts() == ["3", "4", "2"]
    rows = [[cell.split("\n")[0] for cell in row.locator("th, td").all_inner_texts()]
            for row in page.locator("table.kinds tbody tr").all()]
    assert [row[1:] for row in rows] == [["3", "2", "1"], ["4", "3", "1"], ["2", "1", "1"]]
    page.locator(".flywheel summary").nth(0).click()
    assert "근거에 없는 수치가 있음" in page.locator("table.reasons").inner_text()
    page.locator("details.samples summary").nth(0).click()
    assert "<img src=x" in page.locator("details.samples").nth(0).inner_text() and page.evaluate("window.hacked") is None
    command = page.locator(".flywheel .command").inner_text()
    assert command == "mundap feedback configs/demo/rag.yaml web.storage=talks.sqlite --good 4 --bad 2"
    assert not list(folder.glob("datasets/*"))
    page.click("#flywheel-make")
    page.wait_for_selector(".made")
    told = page.locator(".made").inner_text()
    assert "datasets/demo_feedback_kto.json" in told and "mundap train configs/demo/train_kto.yaml" in told
    assert "configs/demo/train_dpo.yaml" in told, "recipes that were not there"
    assert len(json.loads((folder / "datasets/demo_feedback_sft.json").read_text(encoding="utf-8"))) == 2
    assert sorted(json.loads((folder / "dataset_info.json").read_bytes())) == [
        "demo_feedback_dpo", "demo_feedback_kto", "demo_feedback_sft"]


def test_other_scores_count_anew_and_impossible_ones_are_refused_kindly(page: Page) -> None:
    from playwright.sync_api import expect

    show(page)
    choose(page, "good", "5점")
    expect(page.locator("table.kinds tbody tr").nth(1).locator("td").nth(1)).to_have_text("2", timeout=ANSWER_MS)
    choose(page, "good", "3점")
    choose(page, "bad", "3점")
    page.wait_for_selector("#flywheel-told .error")
    assert "높아야 합니다" in page.locator("#flywheel-told .error").inner_text()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_it_fits_and_has_no_serious_fault(browser: Browser, shared: Server, scheme: str, width: int) -> None:
    from tests.webui.browser.axe import faults

    with opened(browser, shared, color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        show(page)
        page.click("#flywheel-make")
        page.wait_for_selector(".made")
        look(page, f"flywheel-{scheme}-{width}")
        for summary in page.locator(".flywheel summary").all():
            summary.click()
        page.wait_for_timeout(300)
        look(page, f"flywheel-{scheme}-{width}-open")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert faults(page) == []


def choose(page: Page, name: str, option: str) -> None:
    page.click(f"#flywheel-{name} input")
    page.click(f"[role=option]:has-text('{option}')")
