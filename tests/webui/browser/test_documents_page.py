"""The tab of documents in a real browser: browsed, searched, a file uploaded, listed, asked of, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.webui.browser.axe import faults
from tests.webui.browser.served import BROWSER_TEST, E2E_RAG, Server, opened
from tests.webui.uploads import made_files

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [*BROWSER_TEST, pytest.mark.skipif(E2E_RAG is not None, reason="looks at documents of its own")]
READ_MS = 120_000.0


@pytest.fixture
def tab(page: Page) -> Page:
    """Return the shared page with the tab of documents open."""
    page.get_by_role("tab", name="자료", exact=True).click()
    page.wait_for_selector("#documents-shown .library")
    return page


@pytest.fixture
def files(tmp_path: Path) -> Iterator[list[Path]]:
    """Return a text whose name is hostile, and a PDF that carries a script."""
    text, pdf = tmp_path / "<img src=x onerror='window.hacked=1'>.txt", tmp_path / "출장비.pdf"
    text.write_text(made_files.GUIDE + "<script>window.hacked = 2</script>\n", encoding="utf-8")
    pdf.write_bytes(made_files.pdf_with_script())
    yield [text, pdf]


def view(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def test_documents_are_listed_found_and_opened(tab: Page) -> None:
    from playwright.sync_api import expect

    assert tab.locator(".library li").count() == 7
    tab.fill("#documents-query textarea, #documents-query input", "영업 이익")
    expect(tab.locator(".library li")).to_have_count(1)
    assert "본문 1곳" in tab.locator(".library li").inner_text()
    tab.locator(".library button").focus()
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".opened")
    assert tab.locator(".opened h2").inner_text() == "가온누리전자 2023 사업보고서"
    assert tab.locator(".opened .chunk .meta").inner_text().split("\n") == ["조각 1", "III. 재무에 관한 사항"]
    assert tab.locator(".opened header a").get_attribute("href") == "https://dart.example/20240315"
    tab.get_by_role("button", name="문서 목록").click()
    expect(tab.locator(".library li")).to_have_count(1)
    tab.fill("#documents-query textarea, #documents-query input", "없는낱말")
    expect(tab.locator("#documents-shown .quiet")).to_have_text("찾는 문서가 없습니다.")


def test_a_hostile_document_is_text(tab: Page) -> None:
    tab.locator(".library button", has_text="<script>").click()
    tab.wait_for_selector(".opened")
    assert "<script>" in tab.locator(".opened h2").inner_text()
    assert tab.locator("#documents-shown script, #documents-shown img, #documents-shown article a").count() == 0
    assert tab.evaluate("window.hacked") is None


def test_a_search_says_why_and_opens_the_document_where_it_was_found(tab: Page) -> None:
    view(tab, "검색")
    tab.fill("#documents-asked textarea, #documents-asked input", "가온누리전자의 2023년 영업이익은 얼마인가요?")
    tab.press("#documents-asked textarea, #documents-asked input", "Enter")
    tab.wait_for_selector(".hits > li")
    assert tab.locator(".recognised dd").all_inner_texts() == ["회사 가온누리전자, 연도 2023"]
    assert tab.locator(".hits > li").first.locator("mark").all_inner_texts()[0] == "영업이익"
    names = tab.locator(".hits > li").first.locator(".why dt").all_inner_texts()
    assert names == ["의미가 가까운 정도 (코사인)", "같은 낱말 (BM25)", "합친 점수"]
    dense, bm25, score = (float(text) for text in tab.locator(".hits > li").first.locator(".why b").all_inner_texts())
    assert abs(score - (bm25 + 18 * dense)) < 0.02, "the joint score is what the line above says it is"
    tab.locator(".hits .opens button").first.click()
    tab.wait_for_selector(".opened h2", state="visible")
    assert tab.locator(".opened h2").inner_text() == "가온누리전자 2023 사업보고서"


def test_a_file_is_uploaded_listed_browsed_searched_and_deleted(tab: Page, files: list[Path]) -> None:
    from playwright.sync_api import expect

    view(tab, "올리기")
    assert tab.locator("#documents-scope").is_hidden(), "what is uploaded is one's own"
    tab.set_input_files("#upload-file", files)
    expect(tab.locator("#documents-uploads li")).to_have_count(2, timeout=READ_MS)
    expect(tab.locator("#documents-stop")).to_be_hidden()
    named = files[0].name
    assert {named, "출장비.pdf"} == set(tab.locator("#documents-uploads .name").all_inner_texts())
    assert tab.locator("#documents-progress li").all_inner_texts() == [
        f"{named}: 조각 1개를 읽었습니다.", "출장비.pdf: 조각 1개를 읽었습니다."]
    view(tab, "문서")
    tab.get_by_label("내가 올린 자료").check()
    expect(tab.locator(".library li")).to_have_count(2)
    tab.locator(".library button", has_text="출장비").click()
    expect(tab.locator(".opened .passage")).to_have_text("1번째 쪽의 출장비 한도: 1,500원")
    assert tab.locator("#documents-shown article a").count() == 0 and tab.evaluate("window.hacked") is None
    view(tab, "검색")
    tab.fill("#documents-asked textarea, #documents-asked input", "가온식품의 2024년 복지 예산은 얼마인가요?")
    tab.click("#documents-send")
    expect(tab.locator(".hits > li").first).to_contain_text("3,200만원")
    view(tab, "올리기")
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.get_by_role("button", name="출장비.pdf 지우기").click()
    expect(tab.locator("#documents-uploads li")).to_have_count(1)
    tab.get_by_role("button", name="모두 지우기").click()
    expect(tab.locator("#documents-uploads .quiet")).to_have_text("올린 파일이 없습니다.")
    view(tab, "문서")
    expect(tab.locator("#documents-shown .quiet")).to_contain_text("아직 올린 자료가 없습니다")


def test_what_is_not_taken_is_told_beside_what_is(tab: Page, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    other, broken, large = tmp_path / "a.docx", tmp_path / "b.pdf", tmp_path / "c.txt"
    other.write_bytes(b"x")
    broken.write_bytes(b"no pdf at all")
    with large.open("wb") as file:
        file.truncate(21 * 2**20)
    view(tab, "올리기")
    tab.set_input_files("#upload-file", [other, broken, large])
    expect(tab.locator("#upload-sending .refused")).to_have_count(2)
    assert "읽을 수 없는 종류의 파일입니다 (.docx)" in tab.locator("#upload-sending .refused").first.inner_text()
    assert "파일이 20MB보다 큽니다" in tab.locator("#upload-sending .refused").last.inner_text()
    expect(tab.locator("#documents-progress .refused")).to_contain_text("이름은 PDF인데 내용이 다릅니다", timeout=READ_MS)


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
def test_nothing_sticks_out_and_axe_finds_no_serious_fault(browser: Browser, shared: Server, width: int, scheme: Any,
                                                           tmp_path: Path) -> None:
    wrong = tmp_path / "a.docx"
    wrong.write_bytes(b"x")
    with opened(browser, shared, viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
        page.get_by_role("tab", name="자료", exact=True).click()
        page.wait_for_selector("#documents-shown .library")
        found = {"문서": faults(page)}
        page.locator(".library button").first.click()
        page.wait_for_selector(".opened")
        found["연 문서"] = faults(page)
        view(page, "검색")
        page.fill("#documents-asked textarea, #documents-asked input", "가온누리전자의 2023년 영업이익은?")
        page.click("#documents-send")
        page.wait_for_selector(".hits > li")
        found["검색"] = faults(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        view(page, "올리기")
        page.set_input_files("#upload-file", wrong)
        page.wait_for_selector("#upload-sending .refused")
        page.wait_for_timeout(500)
        found["올리기"] = faults(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert found == dict.fromkeys(found, [])
