"""Files coming in over HTTP: whose they are, how large, under which name; and that nothing can be fetched back."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.webui.scripted import ScriptedGenerator, scripted_site
from webui.app import application
from webui.people.entry import COOKIE, owner_of
from webui.site import Site
from webui.uploads.route import PATH
from webui.uploads.shelf import Shelf

pytestmark = pytest.mark.filterwarnings("ignore:.*Gradio 6.0:DeprecationWarning")
TOKEN = "t" * 40
MB = 2**20


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Any]]:
    site = scripted_site(tmp_path_factory.mktemp("site"), ScriptedGenerator())

    async def built() -> Any:
        return application(site, "127.0.0.1", 7860)

    yield site, asyncio.run(built())
    site.close()


@pytest.fixture
def site(served: tuple[Site, Any]) -> Iterator[Site]:
    yield served[0]
    served[0].uploads.stop(owner_of(TOKEN))
    served[0].uploads.delete_all(owner_of(TOKEN))


def send(served: tuple[Site, Any], content: Any, name: str = "안내.txt", path: str = PATH, method: str = "POST",
         **headers: str) -> httpx.Response:
    async def sent() -> httpx.Response:
        transport = httpx.ASGITransport(app=served[1])
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:7860") as client:
            given = {"cookie": f"{COOKIE}={TOKEN}", "x-file-name": quote(name)} | headers
            return await client.request(method, path, content=content, headers={k: v for k, v in given.items() if v})

    return asyncio.run(sent())


def on_disk(site: Site) -> list[Path]:
    return [path for path in site.uploads.folder.rglob("*") if path.is_file()]


def test_a_file_arrives_under_its_owner_and_waits(served: tuple[Site, Any], site: Site) -> None:
    answer = send(served, "한도: 1,000원".encode(), name="../../<b>안내</b>.txt")
    assert answer.status_code == 200 and answer.json() == {"name": "b>.txt"}
    [arrived] = list(site.uploads.waiting(owner_of(TOKEN)))
    assert arrived.path.read_text() == "한도: 1,000원"
    assert arrived.path.parent == Shelf.of(site.uploads.folder, owner_of(TOKEN)).incoming
    assert list(site.uploads.waiting(owner_of(TOKEN))) == [] and list(site.uploads.waiting("bob")) == []
    site.uploads.forget(owner_of(TOKEN))


def test_a_size_that_is_said_is_refused_before_a_byte_is_read(served: tuple[Site, Any], site: Site) -> None:
    pulled = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal pulled
        while True:
            pulled += 1
            yield b"x" * MB

    answer = send(served, endless(), **{"content-length": str(2 * 2**30)})
    assert answer.status_code == 413 and answer.json()["reason"] == "big" and "20MB" in answer.json()["what"]
    assert pulled <= 1 and on_disk(site) == []


def test_two_gigabytes_without_a_size_stop_at_the_limit(served: tuple[Site, Any], site: Site) -> None:
    pulled, most = 0, 0

    async def two_gigabytes() -> AsyncIterator[bytes]:
        nonlocal pulled, most
        for _ in range(2048):
            pulled += 1
            most = max(most, sum(path.stat().st_size for path in on_disk(site)))
            yield b"x" * MB

    answer = send(served, two_gigabytes())
    assert answer.status_code == 413 and pulled <= 22 and most <= 20 * MB
    assert on_disk(site) == [] and list(site.uploads.waiting(owner_of(TOKEN))) == []


def test_a_file_that_breaks_off_is_not_kept(served: tuple[Site, Any], site: Site) -> None:
    assert send(served, b"abc", **{"content-length": "9"}).json()["reason"] == "cut"
    assert send(served, b"").json()["reason"] == "empty"
    assert on_disk(site) == []


def test_only_a_request_of_the_pages_own_is_taken(served: tuple[Site, Any], site: Site) -> None:
    assert send(served, b"x", **{"sec-fetch-site": "cross-site"}).status_code == 403
    assert send(served, b"x", **{"origin": "http://127.0.0.1:9"}).status_code == 403
    assert send(served, b"x", **{"x-file-name": ""}).status_code == 403
    assert send(served, b"x", **{"host": "evil.example"}).status_code == 400
    assert send(served, b"x", method="GET").status_code in (404, 405)
    assert on_disk(site) == []


@pytest.mark.parametrize("name", ["a.docx", "a.zip", "a.exe", "", "..", "%00", "\x00.txt/"])
def test_other_kinds_are_refused_kindly(served: tuple[Site, Any], site: Site, name: str) -> None:
    answer = send(served, b"x", name=name or "/")
    assert answer.status_code == 400 and answer.json()["reason"] == "kind" and "PDF" in answer.json()["fix"]


def test_it_is_told_in_the_pages_language(served: tuple[Site, Any], site: Site) -> None:
    answer = send(served, b"x", name="a.docx", **{"accept-language": "en"})
    assert answer.json()["what"].startswith("Files of this kind are not read")


def test_no_more_than_may_be(served: tuple[Site, Any], site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.uploads, "most", 2)
    for at in range(2):
        assert send(served, b"x", name=f"{at}.txt").status_code == 200
    assert send(served, b"x", name="3.txt").json()["reason"] == "many"
    for arrived in site.uploads.waiting(owner_of(TOKEN)):
        arrived.path.unlink()
        site.uploads.forget(owner_of(TOKEN))
    assert send(served, b"x", name="3.txt").status_code == 200


def test_a_full_disk_is_told(served: tuple[Site, Any], site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(site.uploads.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=2**20))
    answer = send(served, b"x")
    assert answer.status_code == 507 and answer.json()["reason"] == "no_room"


def test_nothing_can_be_fetched_back_and_gradios_own_upload_stays_closed(served: tuple[Site, Any], site: Site) -> None:
    assert send(served, b"secret").status_code == 200
    [file] = on_disk(site)
    for path in (f"/gradio_api/file={file}", f"/file={file}", f"{PATH}/{file.name}", f"/talks.uploads/{file.name}",
                 f"/static/..%2f..%2f{file.name}"):
        answer = send(served, None, method="GET", path=path)
        assert answer.status_code in (400, 403, 404, 405) and b"secret" not in answer.content, path
    for path in ("/gradio_api/upload", "/upload"):
        assert send(served, b"x", path=path).status_code == 404
