"""Collecting from OpenDART against a server that misbehaves as the real one does; the key is never seen."""

from __future__ import annotations

import datetime
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_readings import write_tokenizer

from mundap.errors import ConfigError, MissingExtra, ResourceError
from mundap.recipe import load
from pipelines import data
from pipelines.opendart import companies, source
from pipelines.opendart.client import Client
from pipelines.opendart.collect import collect, report_code, windows
from pipelines.opendart.keys import KeyRing, from_environment, masked
from pipelines.opendart.store import MANIFEST, Store
from pipelines.readers import dart_xml
from tests.pipelines.opendart import fake_opendart
from tests.pipelines.opendart.fake_opendart import FakeOpenDart, archive, status_json, status_xml

KEYS = ["a" * 40, "b" * 40]
TODAY = datetime.date(2024, 6, 1)
SETTINGS = {"companies": ["005930"], "from": 20230101, "to": 20231231}


@pytest.fixture
def server() -> Iterator[tuple[FakeOpenDart, str]]:
    state = FakeOpenDart()
    state.filings = [(f"2023{month:02}15000{at:03}", "00126380", f"2023{month:02}15", "[기재정정]사업보고서 (2022.12)")
                     for month in range(1, 13) for at in range(3)]
    with fake_opendart.serving(state) as url:
        yield state, url


OPEN: list[Client] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Close every client a test opened."""
    yield
    while OPEN:
        OPEN.pop().close()


def client(url: str, folder: Path, *, keys: list[str] | None = None, daily: int = 20_000, timeout_s: float = 5.0,
           waits: list[float] | None = None) -> Client:
    ring = KeyRing(KEYS if keys is None else keys, folder / "usage.json", daily=daily, day=lambda: TODAY)
    OPEN.append(Client(ring, base_url=url, per_minute=600_000, timeout_s=timeout_s,
                       sleep=(waits if waits is not None else []).append))
    return OPEN[-1]


def run(url: str, folder: Path, said: list[str] | None = None, **more: object) -> dict[str, int]:
    asking = client(url, folder)
    found = collect({**SETTINGS, **more}, folder, asking, (said if said is not None else []).append, today=TODAY)
    asking.close()
    OPEN.remove(asking)
    return dict(found)


def test_filings_are_kept_byte_for_byte_and_a_second_run_asks_for_nothing(server: tuple[FakeOpenDart, str],
                                                                          tmp_path: Path) -> None:
    state, url = server
    said: list[str] = []
    counts = run(url, tmp_path, said)
    assert counts["document 000"] == 36 and state.count("document.xml") == 36
    file = tmp_path / "document/00126380/20230115000000.zip"
    assert file.read_bytes() == archive("20230115000000")
    assert said[-1].startswith("OpenDART: 36/36 answers, ") and said[-1].endswith(" 0 s left")
    before = len(state.asked)
    assert run(url, tmp_path)["kept from before"] == 36 + 1
    assert len(state.asked) == before   # the list is settled, the codes are young, the filings are here


def test_new_filings_alone_are_asked_for(server: tuple[FakeOpenDart, str], tmp_path: Path) -> None:
    state, url = server
    run(url, tmp_path, to=20240601)
    state.filings.append(("20240601000001", "00126380", "20240601", "분기보고서 (2024.03)"))
    before = state.count("document.xml")
    run(url, tmp_path, to=20240601)
    assert state.count("document.xml") - before == 1


def test_pages_and_three_month_windows_without_a_company(server: tuple[FakeOpenDart, str], tmp_path: Path) -> None:
    state, url = server
    state.filings += [(f"20230801{at:06}", "00164742", "20230801", "반기보고서 (2023.06)") for at in range(250)]
    run(url, tmp_path, companies=[], types=["A"])
    lists = [params for call, params in state.asked if call == "list.json"]
    assert [(one["bgn_de"], one["end_de"], one["page_no"]) for one in lists] == [
        ("20230101", "20230331", "1"), ("20230401", "20230630", "1"), ("20230701", "20230930", "1"),
        ("20230701", "20230930", "2"), ("20230701", "20230930", "3"), ("20231001", "20231231", "1")]
    assert {one["pblntf_ty"] for one in lists} == {"A"} and not any("corp_code" in one for one in lists)
    assert state.count("document.xml") == 36 + 250


@pytest.mark.parametrize("trouble", [["cut"], [b"PK\x03\x04 nothing more"], ["502", "503"],
                                     [status_xml("800", "시스템 점검으로 인한 서비스가 중지 중입니다.")] * 3,
                                     [b"<html>maintenance</html>"], [status_json("900", "정의되지 않은 오류")]])
def test_what_another_try_mends_is_tried_again(server: tuple[FakeOpenDart, str], tmp_path: Path,
                                               trouble: list[bytes | str | float]) -> None:
    state, url = server
    state.trouble["document.xml"] = list(trouble)
    assert run(url, tmp_path)["document 000"] == 36
    assert state.count("document.xml") == 36 + len(trouble)


def test_silence_is_tried_again(server: tuple[FakeOpenDart, str], tmp_path: Path) -> None:
    state, url = server
    state.trouble["document.xml"] = [1.0]
    asking = client(url, tmp_path, timeout_s=0.3)
    assert asking.call("document.xml", {"rcept_no": "20230115000000"}).status == "000"
    assert state.count("document.xml") == 2


def test_maintenance_that_lasts_stops_with_what_to_do(server: tuple[FakeOpenDart, str], tmp_path: Path) -> None:
    state, url = server
    state.trouble["list.json"] = [status_json("800", "점검 중")] * 50
    waits: list[float] = []
    with pytest.raises(ResourceError, match="list.json was asked 6 times in vain: status 800") as caught:
        client(url, tmp_path, waits=waits).call("list.json", {})
    assert "what was collected is kept" in caught.value.fix
    pauses = [one for one in waits if one >= 1]
    assert len(pauses) == 5 and pauses == sorted(pauses)   # each longer than the last


def test_no_file_and_no_data_are_results_and_not_asked_again(server: tuple[FakeOpenDart, str], tmp_path: Path) -> None:
    state, url = server
    state.missing = {"20230115000001"}
    counts = run(url, tmp_path, also=["accounts", "main_accounts"])
    assert counts["fnlttSinglAcnt 013"] == 1
    assert counts["document 014"] == 1 and counts["document 000"] == 35
    assert counts["fnlttSinglAcntAll 013"] == 2   # consolidated and separate, of one year, asked once
    before = len(state.asked)
    run(url, tmp_path, also=["accounts", "main_accounts"])
    assert len(state.asked) == before
    assert not (tmp_path / "document/00126380/20230115000001.zip").exists()


def test_a_used_up_key_gives_way_to_the_next_and_the_last_one_stops_the_run(server: tuple[FakeOpenDart, str],
                                                                            tmp_path: Path) -> None:
    state, url = server
    state.daily = 12
    with pytest.raises(ResourceError, match="every key has used up its requests") as caught:
        run(url, tmp_path)
    assert "after midnight in Korea" in caught.value.fix
    assert set(state.by_key) == set(KEYS)
    had = len(list((tmp_path / "document").rglob("*.zip")))
    assert 0 < had < 36
    with pytest.raises(ResourceError):
        run(url, tmp_path)                     # the same day: the count is kept, nothing is asked
    assert sum(state.by_key.values()) == 26    # 12 and one refusal for each key
    state.daily, state.by_key = 10_000, state.by_key
    (tmp_path / "usage.json").unlink()         # the next day
    assert run(url, tmp_path)["document 000"] == 36 - had


def test_our_own_limit_a_day_holds(server: tuple[FakeOpenDart, str], tmp_path: Path) -> None:
    state, url = server
    asking = client(url, tmp_path, keys=KEYS[:1], daily=3)
    for _ in range(3):
        asking.call("company.json", {"corp_code": "00126380"})
    with pytest.raises(ResourceError):
        asking.call("company.json", {"corp_code": "00126380"})
    assert state.by_key[KEYS[0]] == 3


@pytest.mark.parametrize("status", ["010", "011", "012", "901"])
def test_a_refused_key_is_left_alone_and_named_by_place(server: tuple[FakeOpenDart, str], tmp_path: Path, status: str
                                                        ) -> None:
    state, url = server
    state.refused = {KEYS[0]: status}
    assert run(url, tmp_path)["document 000"] == 36   # the second key goes on
    state.refused[KEYS[1]] = status
    with pytest.raises(ConfigError, match="no key is accepted") as caught:
        client(url, tmp_path).call("list.json", {})
    assert "key 1: " in str(caught.value) and not any(key in str(caught.value) for key in KEYS)


def test_wrong_values_are_told_without_the_key(server: tuple[FakeOpenDart, str], tmp_path: Path) -> None:
    state, url = server
    state.trouble["list.json"] = [status_json("100", "필드의 부적절한 값입니다.")]
    with pytest.raises(ConfigError, match="refuses list.json page_no=0: status 100") as caught:
        client(url, tmp_path).call("list.json", {"page_no": "0"})
    assert not any(key in str(caught.value) for key in KEYS)


def test_the_key_is_in_no_file_no_log_and_no_error(server: tuple[FakeOpenDart, str], tmp_path: Path,
                                                   caplog: pytest.LogCaptureFixture) -> None:
    state, url = server
    with caplog.at_level(logging.WARNING):
        run(url, tmp_path)
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert not any(key.encode() in kept or key in caplog.text for key in KEYS)
    with pytest.raises(ResourceError) as caught:
        client("http://127.0.0.1:9/api", tmp_path).call("list.json", {})
    assert not any(key in str(caught.value) for key in KEYS) and caught.value.__cause__ is None
    assert masked(f"https://x/api/list.json?crtfc_key={'c' * 40}&y=1", KEYS) == "https://x/api/list.json?crtfc_key=****&y=1"


def test_the_key_goes_to_opendart_and_loopback_only(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the key would be sent there"):
        client("http://example.org/api", tmp_path)
    with pytest.raises(ConfigError, match="no key is set"):
        client("http://127.0.0.1:9/api", tmp_path, keys=[]).call("list.json", {})


def test_keys_come_from_the_environment() -> None:
    assert from_environment({"OPENDART_API_KEY": f"{KEYS[0]}, {KEYS[1]},{KEYS[0]}"}) == KEYS
    assert from_environment({}) == []
    with pytest.raises(ConfigError, match="key 2 of 2 is not 40 letters and digits") as caught:
        from_environment({"OPENDART_API_KEY": f"{KEYS[0]},short"})
    assert "short" not in str(caught.value)


CHILD = """
import datetime, sys
from pathlib import Path
from pipelines.opendart.client import Client
from pipelines.opendart.collect import collect
from pipelines.opendart.keys import KeyRing
folder = Path(sys.argv[2])
ring = KeyRing(["a" * 40], folder / "usage.json")
settings = {"companies": ["005930"], "from": 20230101, "to": 20231231}
collect(settings, folder, Client(ring, base_url=sys.argv[1], per_minute=3000), print, today=datetime.date(2024, 6, 1))
"""


def test_a_kill_loses_at_most_one_answer(server: tuple[FakeOpenDart, str], tmp_path: Path,
                                         child_env: dict[str, str]) -> None:
    state, url = server
    child = subprocess.Popen([sys.executable, "-c", CHILD, url, str(tmp_path)], env=child_env, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while state.count("document.xml") < 10 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert child.stdout is not None
    child.stdout.close()
    asked = state.count("document.xml")
    assert 10 <= asked < 36
    with (tmp_path / MANIFEST).open("ab") as manifest:
        manifest.write(b'{"file": "document/cut')   # a line the kill cut in half
    run(url, tmp_path)
    assert asked + 36 - asked <= state.count("document.xml") <= 37
    store = Store(tmp_path)
    assert all(store.done(f"document/{corp}/{number}.zip") for number, corp, _, _ in state.filings)
    lines = (tmp_path / MANIFEST).read_bytes().splitlines()
    assert sum(not line.endswith(b"}") for line in lines) == 1   # the half line stays alone


def test_companies_are_found_by_code_and_names_are_refused(tmp_path: Path) -> None:
    known = companies.read(fake_opendart.codes())
    assert [one.corp_code for one in companies.resolve(["005930", "00164742", "0068Y0"], known)] == [
        "00126380", "00164742", "07654321"]
    with pytest.raises(ConfigError, match="'하나' is a name; 2 companies have it") as caught:
        companies.resolve(["하나"], known)
    assert caught.value.fix == "Write the code instead: 01234567, 07654321 (stock 0068Y0)."
    with pytest.raises(ConfigError, match="no company has the stock code '005931'") as caught:
        companies.resolve(["005931"], known)
    assert "Did you mean '005930'?" in caught.value.fix


def test_windows_cover_every_day_once() -> None:
    spans = list(windows(datetime.date(2021, 11, 17), datetime.date(2023, 2, 3)))
    days = [begin + datetime.timedelta(days=at) for begin, end in spans for at in range((end - begin).days + 1)]
    assert days == [datetime.date(2021, 11, 17) + datetime.timedelta(days=at) for at in range(len(days))]
    assert days[-1] == datetime.date(2023, 2, 3) and max((end - begin).days for begin, end in spans) <= 92


@pytest.mark.parametrize(("kind", "month", "code"), [("사업", 12, "11011"), ("반기", 6, "11012"), ("분기", 3, "11013"),
                                                     ("분기", 9, "11014")])
def test_report_codes(kind: str, month: int, code: str) -> None:
    assert report_code(kind, month) == code


@pytest.mark.skipif(not os.environ.get("MUNDAP_SAMPLES"), reason="needs real answers: set MUNDAP_SAMPLES")
def test_the_real_list_of_companies_is_read() -> None:
    raw = (Path(os.environ["MUNDAP_SAMPLES"]) / "dart" / "api" / "corpCode.zip").read_bytes()
    known = companies.read(raw)
    assert [one.name for one in companies.resolve(["005930"], known)] == ["삼성전자"]
    assert len(known) > 100_000 and sum(bool(one.stock_code) for one in known) > 3_000


@pytest.mark.skipif(not os.environ.get("MUNDAP_SAMPLES"), reason="needs real answers: set MUNDAP_SAMPLES")
def test_a_real_list_page_is_understood(server: tuple[FakeOpenDart, str], tmp_path: Path) -> None:
    state, url = server
    page = (Path(os.environ["MUNDAP_SAMPLES"]) / "dart" / "api" / "list_json_samsung_2023.json").read_bytes()
    state.trouble["list.json"] = [json.dumps(json.loads(page) | {"total_page": 1}).encode()]
    run(url, tmp_path, reports=["사업보고서"])
    assert [params["rcept_no"] for call, params in state.asked if call == "document.xml"] == ["20240312000736"]


def test_a_data_recipe_collects_before_it_reads(server: tuple[FakeOpenDart, str], tmp_path: Path,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    _, url = server
    monkeypatch.setenv("OPENDART_API_KEY", KEYS[0])
    settings = {**SETTINGS, "base_url": url, "per_minute": 900_000}
    said: list[str] = []
    folder = source.fetch(settings, tmp_path / "opendart", said.append)
    assert len(list(dart_xml.read(folder, tmp_path, {}))) == 36
    assert said[-1].startswith("OpenDART: corpCode 000: 1, document 000: 36")
    monkeypatch.delenv("OPENDART_API_KEY")
    assert source.fetch(settings, tmp_path / "opendart", said.append) == folder
    assert said[-1] == "OPENDART_API_KEY is not set; reading what was collected before"
    with pytest.raises(ConfigError, match="no key is set, and nothing was collected before"):
        source.fetch(settings, tmp_path / "elsewhere", said.append)


def test_the_data_stage_collects_with_the_schemas_defaults(server: tuple[FakeOpenDart, str], tmp_path: Path,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    state, url = server
    state.filings = state.filings[:2]
    monkeypatch.setenv("OPENDART_API_KEY", KEYS[0])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dataset_info.json").write_text("{}", encoding="utf-8")
    file = tmp_path / "configs" / "data.yaml"
    file.parent.mkdir()
    file.write_text(
        "domain: x\ndocuments: docs/x\nsources:\n  - reader: dart_xml\n    path: docs/x/opendart\n"
        f"    opendart: {{companies: [\"005930\"], from: 20230101, to: 20231231, base_url: {url}}}\n"
        f"chunks: {{tokenizer: {write_tokenizer(tmp_path / 'tokenizer')}}}\n", encoding="utf-8")
    values = load(file).values
    assert values["sources"][0]["opendart"] | {"companies": []} == {
        "companies": [], "from": 20230101, "to": 20231231, "types": [], "reports": [], "last_only": False, "also": [],
        "per_minute": 600, "base_url": url}
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    report = data.run(values, tmp_path, lambda line: None)
    assert report.counts["documents"] == 2 and state.count("document.xml") == 2
    assert data.run(values, tmp_path, lambda line: None).skipped   # the second collects nothing and changes nothing


def test_collecting_without_its_packages_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pipelines.opendart.source", None)
    with pytest.raises(MissingExtra, match="collecting from OpenDART needs the package"):
        data.run({"domain": "x", "sources": [{"reader": "dart_xml", "path": "raw", "opendart": SETTINGS}]}, tmp_path, print)
