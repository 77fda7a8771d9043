"""Decoding settings compared: which are tried, which is best, and the file the best is written to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from mundap.errors import ConfigError
from mundap.generator import Decoding
from rag.evaluation.decodings import NAMED, in_words, settings_of
from rag.evaluation.results import Setting
from rag.evaluation.statistics import rate
from rag.evaluation.sweep import preset_path, sweep, with_best
from tests.rag.evaluation.running import ROWS, Project, asking, system


def setting(name: str, invented: int, right: int, seconds: float) -> Setting:
    return Setting(name=name, settings={"temperature": 0.0}, hallucinated=rate(invented, 20), right=rate(right, 20),
                   tokens_per_s=1.0, seconds_per_answer=seconds)


def best(*found: Setting) -> str:
    return next(one.name for one in with_best(found) if one.best)


def test_the_best_invents_least_then_is_right_most_then_is_fastest() -> None:
    assert best(setting("a", 2, 20, 1), setting("b", 1, 5, 9)) == "b"
    assert best(setting("a", 1, 4, 1), setting("b", 1, 5, 9)) == "b"
    assert best(setting("a", 1, 5, 2), setting("b", 1, 5, 1)) == "b"
    assert best(setting("a", 1, 5, 1), setting("b", 1, 5, 1)) == "a"
    none = rate(0, 0)
    assert best(replace(setting("a", 1, 0, 2), right=none), replace(setting("b", 1, 0, 1), right=none)) == "b", "no figures asked"
    failed = replace(setting("a", 0, 0, 1), hallucinated=none)
    assert best(failed, setting("b", 9, 1, 2)) == "b", "what never answered is not what invents least"


def test_every_setting_is_asked_with_its_own_decoding_and_the_best_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch
                                                                             ) -> None:
    project = Project(tmp_path, monkeypatch, ROWS[:6])
    recipe = asking(system(), sweep={"system": "tuned", "settings": ["greedy", "before"],
                                     "grid": {"temperature": [0.0, 0.7], "top_k": [5]}})
    found = sweep(recipe, project.rag, project.folder, project.said.append)
    assert [one.name for one in found] == ["greedy", "before", "temperature 0.0, top_k 5", "temperature 0.7, top_k 5"]
    assert [one.settings["max_new_tokens"] for one in found] == [40, 256, 40, 40]
    assert len(project.opened) == 1, "one model for all settings"
    assert len(project.kept) == 4 and project.asked == 24
    written = preset_path(recipe, project.folder).read_text(encoding="utf-8")
    chosen = next(one for one in found if one.best)
    assert yaml.safe_load(written) == {"generation": dict(chosen.settings)}
    assert "invented 0.0%" in written and "of 6 answers, right 100.0% of 6." in written
    sweep(recipe, project.rag, project.folder, project.said.append)
    assert project.asked == 24, "what was asked before is kept"


@pytest.mark.parametrize(("asked", "what"), [
    (None, "there is no `sweep:` section"), ({"system": "x"}, "no system is called 'x'"),
    ({"system": "tuned"}, "there is no setting to compare"),
])
def test_a_sweep_that_cannot_be_says_what_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: Any, what: str) -> None:
    project = Project(tmp_path, monkeypatch)
    with pytest.raises(ConfigError, match=what):
        sweep(asking(system(), sweep=asked), project.rag, project.folder, project.said.append)


def test_the_recipes_own_decoding_is_a_setting_and_figures_need_not_be_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch
                                                                                ) -> None:
    project = Project(tmp_path, monkeypatch, ROWS[14:])
    recipe = asking(system(levers=False), sweep={"system": "tuned", "settings": [None, "before"]})
    assert [one.name for one in sweep(recipe, project.rag, project.folder, project.said.append)] == ["as in rag.yaml", "before"]
    assert "no figure was asked for" in preset_path(recipe, project.folder).read_text(encoding="utf-8")


def test_named_settings_lie_over_the_recipes_own() -> None:
    own = {"max_new_tokens": 96, "stop": ["\n"], "retries": 1}
    assert settings_of(None, own) == own
    before = settings_of("before", own)
    assert (before["temperature"], before["stop"], before["retries"], before["max_new_tokens"]) == (0.7, [], 1, 256)
    assert settings_of({"like": "after", "max_new_tokens": 64}, own)["max_new_tokens"] == 64
    assert settings_of({"like": "after", "max_new_tokens": 64}, own)["repetition_penalty"] == 1.2
    assert settings_of({"top_k": 7}, own) == {**own, "top_k": 7}


def test_named_settings_are_what_a_model_takes_and_a_reader_is_told() -> None:
    for name, keys in NAMED.items():
        assert {key for key in keys} <= set(Decoding.__slots__), name
    assert in_words({"temperature": 0.0, "max_new_tokens": 96, "stop": ["\n"]}) == "greedy, 96 tokens, stops on texts"
    assert in_words(NAMED["after"]) == ("temperature 0.1, top_p 0.9, repetition_penalty 1.2 counting the prompt, 256 tokens, "
                                        "stops on phrases")
    assert in_words(NAMED["before"]) == "temperature 0.7, 256 tokens, no stops"
