"""Evaluation reports on the page: a real one read back, hostile names as text, damaged files as errors."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import DataError
from rag.evaluation.metrics import METRICS
from rag.evaluation.report.content import content, used
from rag.evaluation.report.verdict import verdict
from rag.evaluation.report.words import Words
from tests.rag.evaluation.made_evaluation import SYSTEMS, evaluation
from webui.evaluate import reports


@pytest.fixture(scope="module")
def held() -> dict[str, Any]:
    """Return what report.json holds, as rag.evaluation.report.write writes it."""
    made, told = evaluation(), used(evaluation(), METRICS)
    found = content(made, told, "ko")
    return found | {"verdict": verdict(made, found, told, Words("ko"))}


def put(project: Path, text: str, name: str = "demo") -> Path:
    path = project / "reports" / name / "report.json"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_report_is_shown_with_its_numbers_and_no_markup_of_its_own(tmp_path: Path, held: dict[str, Any]) -> None:
    put(tmp_path, json.dumps(held, ensure_ascii=False))
    html = reports.html(tmp_path, "demo", "ko")
    right = next(one for one in held["systems"] if one["name"] == SYSTEMS[2])["metrics"]["right"]
    assert f"{right['value'] * 100:.1f}%" in html and "95% 구간" in html and held["verdict"][0]["says"][:20] in html
    assert "<b>gpt</b>" not in html and "&lt;b&gt;gpt&lt;/b&gt;" in html and "<em>" not in html and "<script" not in html
    assert "href" not in html
    assert "Evaluation" not in html and "Differences against" in reports.html(tmp_path, "demo", "en")


def test_reports_are_the_newest_first_and_only_those_of_the_folder(tmp_path: Path) -> None:
    assert reports.found(tmp_path) == []
    os.utime(put(tmp_path, "{}", "old"), (1, 1))
    put(tmp_path, "{}", "new")
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "report.json").write_text("{}", encoding="utf-8")
    (tmp_path / "reports" / "linked").symlink_to(outside)
    assert [one.key for one in reports.found(tmp_path)] == ["new", "old"]
    for key in ("linked", "../elsewhere", "", "new/../old", "<b>"):
        with pytest.raises(DataError, match="no such report"):
            reports.read(tmp_path, key)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"asked": {}, "verdict": [1], "title": "t", "data": {}}', "\x00" * 9,
                                  "[" * 100_000, '{"asked": {"right": "many"}, "systems": [{"name": "a"}]}'])
def test_a_damaged_report_is_an_error(tmp_path: Path, text: str) -> None:
    put(tmp_path, text)
    with pytest.raises(DataError) as raised:
        reports.html(tmp_path, "demo", "ko")
    assert raised.value.where == "reports/demo/report.json" and "mundap eval" in raised.value.fix


def test_every_field_of_a_report_may_be_wrong(tmp_path: Path, held: dict[str, Any]) -> None:
    path = put(tmp_path, "{}")
    for field in held:
        for wrong in (None, 3, "글", [], [[]], {"a": 1}):
            path.write_text(json.dumps(held | {field: wrong}), encoding="utf-8")
            try:
                assert "<section" in reports.html(tmp_path, "demo", "ko")
            except DataError as error:
                assert error.where
