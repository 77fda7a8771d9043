"""The models kept loaded: shared by name, closed for room when idle, waited for when answering."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mundap.generator import Decoding, Request
from tests.webui.scripted import ScriptedGenerator
from webui.pool import Pool, PooledGenerator, model_key


class Opened:
    """Counts what a pool opens."""

    def __init__(self) -> None:
        self.made: list[ScriptedGenerator] = []

    def __call__(self, generation: Mapping[str, Any], project: Path) -> ScriptedGenerator:
        self.made.append(ScriptedGenerator())
        return self.made[-1]


def of(name: str, **decoding: Any) -> dict[str, Any]:
    return {"generator": "local", "chat": name, **decoding}


@pytest.fixture
def opened() -> Opened:
    return Opened()


def test_systems_that_differ_in_decoding_share_a_model(opened: Opened, tmp_path: Path) -> None:
    pool = Pool(tmp_path, 2, opened)
    with pool.using(of("a", temperature=0.0)) as first, pool.using(of("a", temperature=0.7)) as second:
        assert first is second
    assert len(opened.made) == 1


def test_the_one_unused_for_longest_makes_room(opened: Opened, tmp_path: Path) -> None:
    pool = Pool(tmp_path, 2, opened)
    for name in ("a", "b", "a", "c"):
        with pool.using(of(name)):
            pass
    assert [one.closed for one in opened.made] == [False, True, False]
    assert pool.loaded() == {model_key(of("a")), model_key(of("c"))}
    pool.close()
    assert all(one.closed for one in opened.made)


def test_a_model_that_is_answering_is_waited_for(opened: Opened, tmp_path: Path) -> None:
    pool = Pool(tmp_path, 1, opened)
    got = threading.Event()

    def take() -> None:
        with pool.using(of("b")):
            got.set()

    with pool.using(of("a")):
        other = threading.Thread(target=take)
        other.start()
        assert not got.wait(0.1) and not opened.made[0].closed
    assert got.wait(5) and opened.made[0].closed
    other.join()


def test_a_stream_holds_its_model_until_it_is_closed(opened: Opened, tmp_path: Path) -> None:
    pool = Pool(tmp_path, 1, opened)
    request = Request(content="[1] 가온\n매출액: 12원")
    stream = PooledGenerator(pool, of("a")).stream(request, Decoding())
    assert next(stream) == "매"
    stream.close()
    with pool.using(of("b")):
        assert opened.made[0].closed and opened.made[0].cancelled == 1
    whole = PooledGenerator(pool, of("a")).stream(request, Decoding())
    assert "".join(whole) == "매출액은 12원입니다. [1]" and whole.generation is not None
