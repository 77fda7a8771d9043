"""What one person uploaded: added, listed, asked, deleted; kept over a restart; nobody else's."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from tests.webui.scripted import ScriptedGenerator, scripted_site
from tests.webui.uploads import made_files
from webui.site import Site
from webui.uploads.collection import Progress, Uploads
from webui.uploads.refusal import Refused
from webui.uploads.shelf import Shelf

BUDGET = "가온식품의 2024년 복지 예산은 얼마인가요?"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a site's folder in which ann has uploaded a guide; tests leave it as it is."""
    folder = tmp_path_factory.mktemp("site")
    made = scripted_site(folder, ScriptedGenerator())
    add(made, "ann", "안내.txt", made_files.GUIDE)
    made.close()
    yield folder


@pytest.fixture
def site(home: Path) -> Iterator[Site]:
    opened = scripted_site(home, ScriptedGenerator())
    yield opened
    opened.close()


def add(site: Site, owner: str, name: str, data: str | bytes, uploads: Uploads | None = None) -> list[Progress]:
    """Send a file and have it read; return what was told of its progress."""
    content, held = data.encode() if isinstance(data, str) else data, uploads or site.uploads
    transfer = held.begin(owner, name, len(content))
    transfer.write(content)
    return list(held.add(owner, transfer.done(), site.first))


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_an_upload_is_listed_asked_and_nobody_elses(site: Site) -> None:
    [upload] = site.uploads.list("ann")
    assert (upload.name, upload.chunks, upload.documents, upload.left_out) == ("안내.txt", 1, 1, 0)
    answerer = site.uploads.answerer("ann", site.first)
    assert answerer is not None
    answer = answerer.ask(BUDGET)
    assert answer.verdict.status == "verified" and "3,200만원" in answer.text
    assert answer.citations[0].label == "안내"
    assert site.uploads.list("bob") == [] and site.uploads.answerer("bob", site.first) is None
    assert "3,200" not in site.first.answerer().ask(BUDGET).text, "what ann uploaded is not in everybody's documents"
    assert site.uploads.answerer("ann", site.first, "v1") is not None


def test_the_file_itself_is_not_kept(site: Site) -> None:
    shelf = Shelf.of(site.uploads.folder, "ann")
    assert list(shelf.incoming.glob("*")) == []
    assert not [path for path in shelf.folder.rglob("*") if path.suffix == ".txt"]
    assert "ann" not in str(shelf.folder) and shelf.folder.parent == site.uploads.folder


def test_anothers_upload_cannot_be_deleted(site: Site) -> None:
    [upload] = site.uploads.list("ann")
    assert site.uploads.delete("bob", upload.id) is None
    for forged in ("", ".", "..", "../../../x", upload.id + "/..", "%"):
        assert site.uploads.delete("ann", forged) is None
    assert site.uploads.list("ann") == [upload]


def test_deleting_leaves_nothing_of_the_text(site: Site) -> None:
    told = add(site, "cho", "하나.csv", made_files.TABLE)
    assert told[0].step == "reading" and told[-1].step == "done" and told[-1].upload is not None
    add(site, "cho", "둘.txt", "다올전자의 비밀번호는 영이삼사입니다.\n다올전자 2024년 매출: 77억원\n")
    shelf = Shelf.of(site.uploads.folder, "cho")
    assert site.uploads.delete("cho", told[-1].upload.id) == told[-1].upload
    [left] = site.uploads.list("cho")
    assert left.name == "둘.txt"
    retriever = site.uploads.retriever("cho", site.first)
    assert retriever is not None
    assert {chunk.doc_id for chunk in retriever.index.chunks.values()} == {f"{left.id}-00000"}
    assert b"9,411" not in everything(shelf.folder) and "수도입니다".encode() not in everything(shelf.folder)
    site.uploads.delete_all("cho")
    assert not shelf.folder.exists() and site.uploads.answerer("cho", site.first) is None


def test_the_same_file_twice_and_too_many_are_refused(site: Site) -> None:
    with pytest.raises(Refused) as raised:
        add(site, "ann", "다시.txt", made_files.GUIDE)
    assert raised.value.reason == "again"
    few = Uploads(site.uploads.folder, site.domains, site.settings | {"limits": site.settings["limits"] | {"uploads": 1}})
    with pytest.raises(Refused) as raised:
        few.begin("ann", "a.txt", 1)
    assert raised.value.reason == "many"
    held = few.begin("bob", "a.txt", 1)
    with pytest.raises(Refused) as raised:
        few.begin("bob", "b.txt", 1)      # one on its way counts
    assert raised.value.reason == "many"
    held.drop()
    few.forget("bob")
    few.begin("bob", "b.txt", 1).drop()
    off = Uploads(site.uploads.folder, site.domains, site.settings | {"limits": site.settings["limits"] | {"uploads": 0}})
    with pytest.raises(Refused) as raised:
        off.begin("bob", "a.txt", 1)
    assert raised.value.reason == "closed"


def test_a_reader_that_takes_too_long_is_killed(site: Site) -> None:
    hasty = Uploads(site.uploads.folder, site.domains, site.settings, seconds=0.05)
    before = {child.pid for child in psutil.Process().children()}
    with pytest.raises(Refused) as raised:
        add(site, "dan", "a.txt", "느린 파일입니다.", hasty)
    assert raised.value.reason == "slow"
    assert {child.pid for child in psutil.Process().children()} <= before
    assert everything(Shelf.of(site.uploads.folder, "dan").folder) == b"" and site.uploads.list("dan") == []


def test_reading_can_be_stopped_and_closed(site: Site) -> None:
    transfer = site.uploads.begin("eve", "a.txt", 9)
    transfer.write("가나다".encode())
    running = site.uploads.add("eve", transfer.done(), site.first)
    assert next(running).step == "reading"
    site.uploads.stop("eve")
    with pytest.raises(Refused) as raised:
        list(running)
    assert raised.value.reason == "stopped"
    assert everything(Shelf.of(site.uploads.folder, "eve").folder) == b""


def test_old_uploads_are_deleted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = (datetime.now(UTC) - timedelta(days=8)).isoformat(timespec="milliseconds")
    monkeypatch.setattr("webui.uploads.collection.now", lambda: long_ago)
    add(site, "fay", "a.txt", "한도: 1,000원\n")
    assert site.uploads.expire() == 0, "0 days keeps"
    assert len(site.uploads.list("fay")) == 1
    Uploads(site.uploads.folder, {}, site.settings | {"retention_days": 9})
    assert len(site.uploads.list("fay")) == 1
    Uploads(site.uploads.folder, {}, site.settings | {"retention_days": 7})
    assert site.uploads.list("fay") == [] and site.uploads.list("ann") != []
    assert b"1,000" not in everything(Shelf.of(site.uploads.folder, "fay").folder)
    site.uploads.delete_all("fay")


def test_what_a_killed_page_left_is_tidied(site: Site) -> None:
    shelf = Shelf.of(site.uploads.folder, "gus")
    shelf.incoming.mkdir(parents=True)
    (shelf.incoming / "x").write_bytes(b"half")
    half = shelf.folder / "files/half"
    half.mkdir(parents=True)
    (half / "chunks.parquet").write_bytes(b"PAR1")
    Uploads(site.uploads.folder, site.domains, site.settings)
    assert not shelf.incoming.exists() and not half.exists()


def test_one_file_is_read_at_a_time(site: Site) -> None:
    first, second = (site.uploads.begin(owner, "a.txt", 9) for owner in ("hal", "ida"))
    for transfer in (first, second):
        transfer.write("가나다".encode())
    running = site.uploads.add("hal", first.done(), site.first)
    assert next(running).step == "reading"
    waiting = site.uploads.add("ida", second.done(), site.first)
    assert next(waiting).step == "waiting"
    running.close()
    assert next(waiting).step in ("waiting", "reading")
    waiting.close()
    assert threading.active_count() < 60 and time.monotonic() > 0
