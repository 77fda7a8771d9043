"""The pictures of a run: there when there is something to draw, without a display."""

from __future__ import annotations

from pathlib import Path

import pytest

from mundap.training.history import History, Point
from mundap.training.run_plots import draw


def point(step: int, **numbers: float) -> Point:
    given = {"loss": None, "eval_loss": None, "learning_rate": None, **numbers}
    return Point(step=step, epoch=1.0, seconds=1, **given)  # type: ignore[arg-type]


def test_both_pictures_are_drawn_without_a_display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    points = (point(10, loss=2.0, learning_rate=1e-4), point(10, eval_loss=1.8), point(20, loss=1.0, learning_rate=5e-5),
              point(20, eval_loss=1.2))
    drawn = draw(tmp_path, History(points=points, epochs=(), best_epoch=1, best_step=20))
    assert [path.name for path in drawn] == ["loss.png", "learning_rate.png"]
    for path in drawn:
        assert path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 5000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["learning_rate.png", "loss.png"]


def test_what_was_not_logged_is_not_drawn(tmp_path: Path) -> None:
    assert draw(tmp_path, History(points=(), epochs=(), best_epoch=None, best_step=None)) == []
    only_rates = History(points=(point(1, learning_rate=0.1),), epochs=(), best_epoch=None, best_step=None)
    assert [path.name for path in draw(tmp_path, only_rates)] == ["learning_rate.png"]


def test_a_line_changes_its_picture(tmp_path: Path) -> None:
    shown = []
    for loss in (1.0, 2.0):
        story = History(points=(point(1, loss=3.0), point(2, loss=loss)), epochs=(), best_epoch=None, best_step=None)
        shown.append(draw(tmp_path, story)[0].read_bytes())
    assert shown[0] != shown[1]
