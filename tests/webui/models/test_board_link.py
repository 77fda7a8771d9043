"""LLaMA Board beside the page: a real child process, its address once it listens, its end, and what is refused."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import ANY

import psutil
import pytest

from mundap.board import opening
from mundap.errors import ConfigError, ResourceError
from webui.models import runs_view
from webui.models.board_link import Board, Opened, allowed
from webui.words import words

DEMO = Path(__file__).resolve().parents[3] / "configs" / "demo"
SERVES = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"
FAILS = "raise ModuleNotFoundError('No module named llamafactory')"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Board]:
    monkeypatch.setenv("MUNDAP_HOME", str(tmp_path))
    made = Board()
    yield made
    made.close()


def with_child(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Start a small program in the place of LLaMA Board, which takes half a minute and a gigabyte."""
    real = opening.filled
    monkeypatch.setattr(opening, "filled", lambda recipe, port: replace(
        real(recipe, port), command=[sys.executable, "-c", program, str(port)]))


def children(port: int) -> list[psutil.Process]:
    return [one for one in psutil.Process().children(recursive=True) if str(port) in one.cmdline()]


def test_it_is_open_once_it_listens_and_ends_with_the_button(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    with_child(monkeypatch, SERVES)
    port = free_port()
    board.open(DEMO / "train.yaml", port)
    assert board.opened.state == "opening" and "href" not in runs_view.board(board.opened, words("ko"))
    until(lambda: board.opened.state == "open")
    assert f'href="http://127.0.0.1:{port}"' in runs_view.board(board.opened, words("ko"))
    assert len(children(port)) == 1
    with pytest.raises(ResourceError, match="open already"):
        board.open(DEMO / "train.yaml", free_port())
    board.close()
    assert children(port) == [] and board.opened == Opened(
        recipe="configs/demo/train.yaml", address=f"http://127.0.0.1:{port}", seconds=ANY, notes=ANY), "closed"


def test_a_port_in_use_is_told_before_anything_starts(board: Board) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ResourceError, match="is taken"):
        board.open(DEMO / "train.yaml", taken.getsockname()[1])
    assert board.opened.state == "closed"


def test_what_listens_there_must_be_the_board_itself(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    with_child(monkeypatch, "import time; time.sleep(60)")
    port = free_port()
    board.open(DEMO / "train.yaml", port)
    with socket.create_server(("127.0.0.1", port)):
        time.sleep(0.8)
        assert board.opened.state == "opening"


def test_a_board_that_ends_by_itself_says_why(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    with_child(monkeypatch, FAILS)
    board.open(DEMO / "train.yaml", free_port())
    until(lambda: board.opened.state == "failed")
    shown = runs_view.board(board.opened, words("ko"))
    assert "No module named llamafactory" in shown and "board.log" in shown
    with_child(monkeypatch, SERVES)
    board.open(DEMO / "train.yaml", free_port())
    until(lambda: board.opened.state == "open")


def test_only_a_train_recipe_is_opened(board: Board) -> None:
    with pytest.raises(ConfigError):
        board.open(DEMO / "rag.yaml")
    assert board.opened == Opened()


@pytest.mark.parametrize(("settings", "expected"), [
    ({"host": "127.0.0.1", "hosts": []}, True), ({"host": "::1"}, True), ({"host": "0.0.0.0", "hosts": []}, False),
    ({"host": "127.0.0.1", "hosts": ["docs.example"]}, False)])
def test_it_is_offered_on_this_machine_alone(settings: dict[str, object], expected: bool) -> None:
    assert allowed(settings) is expected
