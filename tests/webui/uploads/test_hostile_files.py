"""Files made to do harm, sent the whole way: each is refused kindly, its reader is gone, and nothing of it stays."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.webui.scripted import ScriptedGenerator, scripted_site
from tests.webui.uploads import made_files
from webui.site import Site
from webui.uploads.extraction import Job, extract
from webui.uploads.refusal import Refused
from webui.uploads.shelf import Shelf
from webui.words import LANGUAGES, words

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = scripted_site(tmp_path_factory.mktemp("site"), ScriptedGenerator())
    made.uploads.seconds = 8.0
    made.uploads.most_bytes = 128 * 2**20     # the size alone would keep some of them out
    yield made
    made.close()


def alias_bomb() -> str:
    """Return front matter whose title is nine lists of ten of each other: a gigabyte of letters, were it written out."""
    lines = ["a: &a [하하하하하하하하하하]", *(f"{chr(98 + at)}: &{chr(98 + at)} [{', '.join([f'*{chr(97 + at)}'] * 10)}]"
                                     for at in range(8))]
    return "---\n" + "\n".join(lines) + "\ntitle: *i\n---\n본문입니다.\n"


def lying_workbook() -> bytes:
    """Return a workbook whose list of members says that its sheet is small, while it unpacks to 400 MB."""
    made = bytearray(made_files.workbook_bomb(400))
    size = (400 * 2**20).to_bytes(4, "little")
    at = made.find(size)
    while at >= 0:
        made[at:at + 4] = (1000).to_bytes(4, "little")
        at = made.find(size, at)
    return bytes(made)


def deep_xml() -> str:
    return "<DOCUMENT><BODY>" + "<P>" * 100_000 + "가" + "</P>" * 100_000 + "</BODY></DOCUMENT>"


def many_rows() -> str:
    return "이름,값\n" + "".join(f"가{at},{at}\n" for at in range(100_000))


def many_sheets() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        for at in range(6_000):
            archive.writestr(f"xl/worksheets/sheet{at}.xml", "")
    return held.getvalue()


HOSTILE = {
    "쪽.pdf": (lambda: made_files.many_pages(100_000), {"pages", "slow"}),
    "행.csv": (many_rows, {"rows", "slow"}),
    "압축.xlsx": (lambda: made_files.workbook_bomb(300), {"bomb", "slow"}),
    "거짓.xlsx": (lying_workbook, {"damaged", "heavy", "slow", "unreadable", "no_text"}),
    "많은.xlsx": (many_sheets, {"bomb"}),
    "앞.md": (alias_bomb, {"heavy", "slow", "chunks", "unreadable"}),
    "20240318000123.xml": (lambda: made_files.BILLION, {"entities"}),
    "20240318000124.xml": (lambda: made_files.OUTSIDE, {"entities"}),
    "20240318000125.xml": (deep_xml, {"no_filing", "no_text", "heavy", "unreadable", "slow", "chunks"}),
    "잠긴.pdf": (made_files.encrypted_pdf, {"encrypted"}),
    "긴.txt": (lambda: "가나다라마바사아자차카타파하" * 500_000, {"chunks", "heavy", "slow"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_and_nothing_stays(site: Site, name: str) -> None:
    make, reasons = HOSTILE[name]
    made = make()
    data = made.encode() if isinstance(made, str) else made
    transfer = site.uploads.begin("eve", name, len(data))
    transfer.write(data)
    before = psutil.Process().memory_info().rss
    with pytest.raises(Refused) as raised:
        list(site.uploads.add("eve", transfer.done(), site.first))
    assert raised.value.reason in reasons, raised.value
    for language in LANGUAGES:
        assert all(raised.value.told(words(language)))
    assert not [child for child in psutil.Process().children() if "webui.uploads.worker" in " ".join(child.cmdline())]
    assert psutil.Process().memory_info().rss - before < 300 * 2**20, "the page itself reads nothing of the file"
    shelf = Shelf.of(site.uploads.folder, "eve")
    assert not [path for path in shelf.folder.rglob("*") if path.is_file()] and site.uploads.list("eve") == []


def test_a_reader_that_needs_more_memory_than_it_may_have_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("한도: 1,000원\n", encoding="utf-8")
    job = Job(id="a", path=path, place=tmp_path / "work", name="a.txt", title="a", kind=".txt", tokenizer=tmp_path, max_tokens=99)
    with pytest.raises(Refused) as raised:
        list(extract(job, memory_bytes=200 * 2**20))
    assert raised.value.reason == "heavy"
