"""Loss curves as SVG: ticks, numbers, thinning, words for who cannot see them, and names that stay text."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from webui.models.loss_curve import MOST, Curve, number, picture, thinned, ticks
from webui.words import LANGUAGES, words


@pytest.mark.parametrize(("low", "high", "expected"), [
    (0, 2.0, [0, 0.5, 1.0, 1.5, 2.0]), (0, 0.037, [0, 0.01, 0.02, 0.03, 0.04]), (0, 39, [0, 10, 20, 30, 40]),
    (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (-1.0, 1.0, [-1.0, -0.5, 0, 0.5, 1.0]), (3, 3, [3, 4])])
def test_ticks_are_round_and_cover_all(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize(("value", "step", "text"), [
    (0.5, 0.5, "0.5"), (2.0, 0.5, "2.0"), (0.03, 0.01, "0.03"), (10, 10, "10"), (0.25, 0.25, "0.25"), (2500, 500, "2,500")])
def test_a_tick_has_the_decimals_its_step_needs(value: float, step: float, text: str) -> None:
    assert number(value, step) == text


def test_points_are_left_out_evenly_and_none_is_made_up() -> None:
    points = [(step, 1 / step) for step in range(1, 5001)]
    kept = thinned(points)
    assert len(kept) == MOST and kept[0] == points[0] and kept[-1] == points[-1] and set(kept) <= set(points)
    told = picture([Curve(name="학습 손실", points=points)], "손실", words("ko"), "a")
    assert "5,000개 점 가운데 600개" in told and "5,000단계 가운데 200단계" in told


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("points", [[(1, 2.0)], [(2, 0.9097), (39, 0.0371)], [(1, 0.0), (2, 0.0)], [(0, 1e9), (1, -3.5)]])
def test_every_picture_is_whole_and_inside_its_frame(points: list[tuple[int, float]], language: str) -> None:
    told = picture([Curve(name="<b>", points=points), Curve(name="e", points=points, evaluation=True)], "<i>", words(language), "k")
    drawings = re.findall(r'<svg class="(?:wide|narrow)".*?</svg>', told)
    assert len(drawings) == 2 and "<b>" not in told and "<i>" not in told
    for text in drawings:
        svg = ElementTree.fromstring(text)
        _, _, width, height = map(float, svg.attrib["viewBox"].split())
        for line in svg.iter("polyline"):
            for place in line.attrib["points"].split():
                across, up = map(float, place.split(","))
                assert 0 <= across <= width and 0 <= up <= height
        assert svg.find("title") is not None and svg.attrib["role"] == "img"


def test_nothing_logged_is_said() -> None:
    assert "기록된 손실이 없습니다" in picture([Curve(name="학습 손실", points=[])], "손실", words("ko"), "a")
