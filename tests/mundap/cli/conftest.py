"""`mundap ask` run in this process, in a small world with a scripted model."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from mundap.cli.main import entry
from tests.mundap.cli import ask_world
from tests.mundap.cli.ask_world import RECIPE, Ask
from tests.rag.scripted_generator import ScriptedGenerator


@pytest.fixture
def opened(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[ScriptedGenerator]:
    """Make the world in the project; return the generators that are opened in it."""
    ask_world.build(project)
    return ask_world.live_in(monkeypatch.setattr)


@pytest.fixture
def ask(opened: list[ScriptedGenerator], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Return a function that runs `mundap ask RECIPE …` here: exit code, stdout, stderr. typed is what stdin holds."""
    def run(*words: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mundap", "ask", RECIPE, *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode()), encoding="utf-8"))
        with pytest.raises(SystemExit) as ended:
            entry()
            raise SystemExit(0)
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err
    return run
