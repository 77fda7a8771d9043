"""The tab "evaluate" in a real browser: rated with a reason and a correction, a list rated by keyboard, exported, deleted."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rag.evaluation.opinions.ratings import read_ratings
from rag.inquiry import Inquiry
from tests.webui.browser.axe import faults
from tests.webui.browser.served import BROWSER_TEST, E2E_RAG, Server, opened
from tests.webui.made_answers import answered
from webui.people.entry import COOKIE, owner_of
from webui.storage.answers import Answers
from webui.storage.database import Database

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [*BROWSER_TEST, pytest.mark.skipif(E2E_RAG is not None, reason="rates what only the scripted page answers")]
QUESTIONS = ("가온누리전자의 2023년 영업이익은 얼마인가요?", "한빛바이오의 2023년 매출액은 얼마인가요?",
             "누리식품의 2023년 직원수는 몇 명인가요?")


def show(page: Page, part: str) -> None:
    """Open a part of the tab."""
    page.click("#tab-evaluate-button")
    page.locator("#evaluate-parts label", has_text=part).click()
    page.wait_for_selector(f"#evaluate-parts label.selected:has-text('{part}')")


def keep_an_answer(page: Page, server: Server) -> str:
    """Keep an answer as this browser's own, as asking does; return its owner."""
    token = next(one["value"] for one in page.context.cookies() if one["name"] == COOKIE)
    database = Database(server.log.parent / "talks.sqlite")
    with database.read() as connection:
        domain = connection.execute("SELECT domain FROM lists").fetchone()
    Answers(database).add(answered(text="=1+1 매출액은 12백만원입니다. [1]"), Inquiry(text="@매출액은?"), owner=owner_of(token),
                          domain=domain[0] if domain else _domain(page), system="own", model="m")
    database.close()
    return owner_of(token)


def _domain(page: Page) -> str:
    return str(page.evaluate("window.gradio_config.components.find(one => one.props.elem_id === 'domain').props.value"))


def says(page: Page, name: str, text: str) -> None:
    page.wait_for_selector(f"#{name} .told:has-text('{text}')")


def test_an_answer_is_rated_with_a_reason_and_a_correction(browser: Browser, own: Server) -> None:
    with opened(browser, own) as page:
        keep_an_answer(page, own)
        show(page, "답변 평가")
        page.wait_for_selector("#own-shown mark")
        page.locator("#own-reasons label", has_text="불친절").click()
        says(page, "own-said", "점수를 먼저 골라 주세요.")
        page.locator("#own-score label", has_text="2").click()
        says(page, "own-said", "저장했습니다.")
        page.locator("#own-fold > button").click()
        page.fill("#own-corrected textarea", "2023년 매출액은 777백만원입니다.")
        page.click("#own-save")
        says(page, "own-said", "777백만원")
        page.fill("#own-corrected textarea", "2023년 매출액은 888백만원입니다.")
        page.click("#own-confirm")   # another text than the one that was told
        says(page, "own-said", "888백만원")
        page.wait_for_selector("#own-confirm")
        page.click("#own-confirm")
        says(page, "own-said", "근거에 없는 값이 있다고 표시했습니다: 888백만원")
        page.reload()
        show(page, "답변 평가")
        page.wait_for_selector("#own-score label.selected:has-text('2')")
        assert page.locator("#own-reasons label.selected").all_inner_texts() == ["불친절"]
        assert page.input_value("#own-corrected textarea") == "2023년 매출액은 888백만원입니다."
        _downloaded(page)
        _deleted(page, own)


def _downloaded(page: Page) -> None:
    """Download everybody's ratings and one's own answers; they read back."""
    show(page, "내 기록")
    with page.expect_download() as wanted:
        page.click('#downloads a[href="export/ratings.csv"]')
    file = Path(wanted.value.path())
    [row] = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline=""))
    assert (row["score"], row["reasons"], row["unfounded"], row["asked"]) == ("2", "unkind", "888백만원", "'@매출액은?")
    assert row["answer"].startswith("'=1+1") and re.match(r"mundap-ratings-\d{4}-\d\d-\d\d\.csv", wanted.value.suggested_filename)
    with page.expect_download() as wanted:
        page.click('#downloads a[href="export/ratings.jsonl"]')
    kept = Path(wanted.value.path()).with_suffix(".jsonl")
    kept.write_bytes(Path(wanted.value.path()).read_bytes())
    [rating] = read_ratings([kept])
    assert (rating.score, rating.reasons, rating.corrected) == (2, ("unkind",), "2023년 매출액은 888백만원입니다.")
    with page.expect_download() as wanted:
        page.click('#downloads a[href="export/conversations.jsonl"]')
    [own] = [json.loads(line) for line in Path(wanted.value.path()).read_text(encoding="utf-8").splitlines()]
    assert own["asked"] == "@매출액은?" and own["score"] == 2


def _deleted(page: Page, server: Server) -> None:
    """Delete one's data, asked once more before; nothing of it is left."""
    page.locator("#forget > button").click()
    page.click("#forget-ask")
    page.click("#forget-no")
    page.wait_for_selector("#forget-ask")
    page.click("#forget-ask")
    page.click("#forget-yes")
    says(page, "forget-said", "답변 1개, 평가 1개")
    database = Database(server.log.parent / "talks.sqlite")
    with database.read() as connection:
        assert [connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in ("answers", "ratings")] == [0, 0]
    database.close()
    show(page, "답변 평가")
    page.wait_for_selector("#own-none:has-text('아직 답변이 없습니다')")


def test_a_list_is_answered_and_rated_by_keyboard_and_resumed(browser: Browser, shared: Server, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    with opened(browser, shared) as page:
        show(page, "질문 목록")
        page.locator("#list-new > button").click()
        page.fill("#list-name input, #list-name textarea", "직원과 <b>매출</b>")
        file = tmp_path / "questions.csv"
        lines = [f"q{at},{text}\n" for at, text in enumerate(QUESTIONS)]
        file.write_bytes("".join(["번호,질문\n", *lines]).encode("cp949"))
        page.set_input_files("#list-file", file)
        expect(page.locator("#list-text textarea")).to_have_value(re.compile("가온누리전자"))
        page.click("#list-add")
        says(page, "list-added", "질문 3개로 목록을 만들었습니다.")
        page.click("#list-start")
        page.wait_for_selector("#list-shown .place:has-text('질문 1 / 3')")
        page.wait_for_selector("#list-progress:has-text('답변 3/3개')")
        assert "345백만원" in page.locator("#list-shown .said").inner_text()
        _keys(page)
        page.reload()
        page.wait_for_selector(".state.ready")
        show(page, "질문 목록")
        page.wait_for_selector("#list-shown .place:has-text('질문 3 / 3')")
        page.wait_for_selector("#list-score label")
        page.keyboard.press("5")
        says(page, "list-said", "저장했습니다.")
        page.wait_for_selector("#list-progress:has-text('내가 평가한 답변 3개')")
        page.click("#list-open")
        page.wait_for_selector("#list-shown .done")
        show(page, "결과")
        page.wait_for_selector("#results table.figures")
        assert "답변 3개에 평가 3개, 평가자 1명" in page.locator("#results").inner_text()
        assert page.locator("b", has_text="매출").count() == 0


def _keys(page: Page) -> None:
    """Rate the first two answers by keyboard; what is typed into a field is no key."""
    page.wait_for_selector("#list-score label")
    page.keyboard.press("4")
    says(page, "list-said", "저장했습니다.")
    page.keyboard.press("n")
    page.wait_for_selector("#list-shown .place:has-text('질문 2 / 3')")
    page.locator("#list-fold > button").click()
    page.fill("#list-corrected textarea", "")
    page.type("#list-corrected textarea", "n1")
    assert page.locator("#list-score label.selected").count() == 0
    page.locator("#list-shown").click()
    page.keyboard.press("1")
    says(page, "list-said", "저장했습니다.")
    page.wait_for_selector("#list-progress:has-text('내가 평가한 답변 2개')")


def test_another_raters_scores_are_not_shown_before_ones_own(browser: Browser, shared: Server) -> None:
    """The list of the test before, seen by another browser."""
    with opened(browser, shared) as page:
        show(page, "질문 목록")
        page.wait_for_selector("#list-shown .place:has-text('질문 1 / 3')")
        assert page.locator("#list-score label.selected").count() == 0
        show(page, "결과")
        page.wait_for_selector("#results .notice")
        page.locator("#everything input").check()     # without log-in everybody is an admin, who may look
        page.wait_for_selector("#results table.figures")


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_sticks_out_and_axe_finds_no_serious_fault(browser: Browser, shared: Server, width: int) -> None:
    options: dict[str, Any] = {"viewport": {"width": width, "height": 900}, "color_scheme": "dark" if width == 390 else "light"}
    with opened(browser, shared, **options) as page:
        keep_an_answer(page, shared)
        for part in ("답변 평가", "질문 목록", "결과", "평가 보고서", "내 기록"):
            show(page, part)
            page.wait_for_timeout(800)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, part
            assert faults(page) == [], part
