"""The page as a whole, without a browser: what it is built of, what it answers over HTTP, the port, the warm-up."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mundap.errors import ModelError, ResourceError
from mundap.listening import address, listen
from mundap.warmup import Warmup
from tests.webui.scripted import ScriptedGenerator, scripted_site
from webui import render
from webui.app import application
from webui.page import build
from webui.site import Site
from webui.words import words

# Gradio 5.50 announces what 6.0 will take away; the project is pinned below 6 (LLaMA-Factory's bound).
pytestmark = pytest.mark.filterwarnings("ignore:.*Gradio 6.0:DeprecationWarning")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = scripted_site(tmp_path, ScriptedGenerator(), {"title": "시험 </title><script>x</script>"})
    yield made
    made.close()


@pytest.fixture
def page(site: Site) -> Any:
    return in_loop(lambda: build(site, words("ko")))


def in_loop(call: Callable[[], Any]) -> Any:
    """Call with an event loop running; without one, Gradio makes one and leaves it unclosed."""
    async def called() -> Any:
        return call()

    return asyncio.run(called())


def config_of(text: str) -> dict[str, Any]:
    found = re.search(r"window\.gradio_config = (\{.*?\});</script>", text, re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


def test_the_page_reports_to_nobody_and_offers_no_api(page: Any) -> None:
    config = page.get_config_file()
    assert config["analytics_enabled"] is False
    assert all(one["api_name"] is False for one in config["dependencies"] if one["targets"] != [(None, "unload")])
    assert "fonts.googleapis.com" not in json.dumps(config, default=str) and config["stylesheets"] == []


def test_the_page_offers_questions_made_from_its_index(page: Any) -> None:
    [offered] = [one for one in page.get_config_file()["components"] if one["props"].get("elem_id") == "examples"]
    assert offered["props"]["samples"][0] == ["가온누리전자의 2023년 영업이익은 얼마인가요?"]


def test_a_note_stands_quietly_at_the_foot_and_is_no_markup(site: Site, page: Any) -> None:
    def feet(of: Any) -> list[str]:
        return [one["props"]["value"] for one in of.get_config_file()["components"] if one["props"].get("elem_id") == "foot"]

    assert feet(page) == []
    noted = in_loop(lambda: build(site, words("ko"), note="대조하지 않았습니다 <b>"))
    assert feet(noted) == ['<p class="foot">대조하지 않았습니다 &lt;b&gt;</p>']


def test_over_http_it_names_no_other_host(site: Site) -> None:
    app = in_loop(lambda: application(site, "127.0.0.1", 7860))
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        shown = client.get("/")
        assert shown.status_code == 200 and "<html\n\tlang=\"ko\"" in shown.text
        tags = re.findall(r"<(?:link|script|img|iframe|meta)\b[^>]*>", shown.text)
        assert tags and not [tag for tag in tags if "//" in tag]
        assert "<script>x</script>" not in shown.text
        config = config_of(shown.text)
        assert config["show_api"] is False and config["analytics_enabled"] is False
        assert client.post("/gradio_api/upload").status_code == 404
        assert client.get("/gradio_api/file=/etc/passwd").status_code == 404
        assert client.get("/", headers={"host": "evil.example"}).status_code == 400


def test_a_port_in_use_is_an_error_and_never_another_port() -> None:
    with listen("127.0.0.1", 0) as held:
        port = held.getsockname()[1]
        with pytest.raises(ResourceError) as raised:
            listen("127.0.0.1", port)
    assert str(raised.value).startswith(f"web.port: port {port} on 127.0.0.1 cannot be used: Address already in use.")
    assert f"web.port={port + 1}" in raised.value.fix


def test_an_address_that_is_not_ours_is_an_error() -> None:
    with pytest.raises(ResourceError, match="web.host"):
        listen("no-such-host.invalid", 0)


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "http://127.0.0.1:1"), ("::1", "http://[::1]:1")])
def test_address(host: str, shown: str) -> None:
    assert address(host, 1) == shown


def test_the_socket_accepts_before_anything_is_loaded() -> None:
    with listen("127.0.0.1", 0) as held, socket.create_connection(held.getsockname(), timeout=1):
        pass


def test_warm_up_runs_beside_the_page() -> None:
    go, said = threading.Event(), threading.Event()
    warmup = Warmup([go.wait, lambda: None], lambda line: said.set())
    warmup.start()
    assert not warmup.is_ready() and "모델 준비 중" in render.state(warmup, words("ko"))
    go.set()
    assert said.wait(5) and warmup.is_ready() and "준비됨" in render.state(warmup, words("ko"))


def test_a_failed_warm_up_is_told_and_shown() -> None:
    def fail() -> None:
        raise ModelError("no <model>.", where="exports/demo", fix="mundap export")

    said: list[str] = []
    told = threading.Event()
    warmup = Warmup([fail], lambda line: (said.append(line), told.set())[0])
    warmup.start()
    assert told.wait(5)
    assert "no <model>." in said[0] and "no &lt;model&gt;." in render.state(warmup, words("ko"))
