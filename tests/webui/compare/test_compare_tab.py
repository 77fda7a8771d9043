"""The callbacks of the tab, called as Gradio calls them: whose pair it is, who sees the rates, and the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.webui.scripted import ScriptedGenerator, scripted_site
from webui.compare.tab import Callbacks, Shown
from webui.people import People, Person, Role
from webui.site import Page, Site
from webui.words import words

QUESTION = "가온누리전자의 2023년 영업이익은 얼마인가요?"
FIELDS = list(Shown.__dataclass_fields__)


class Raters(People):
    """Whoever is named is there, a viewer when the name begins so."""

    def of(self, request: Any) -> Person:
        return Person(owner=request.username, role=Role.VIEWER if request.username.startswith("viewer") else Role.RATER)


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callbacks]:
    made: Site = scripted_site(tmp_path_factory.mktemp("site"), ScriptedGenerator())
    yield Callbacks(Page(site=replace(made, people=Raters()), words=words("ko")))
    made.close()


def of(name: str) -> Any:
    return SimpleNamespace(session_hash=f"page of {name}", username=name)


def asked(tab: Callbacks, name: str, **changed: Any) -> list[dict[str, Any]]:
    """Return the updates of a comparison, each by the component's name."""
    given = {"text": QUESTION, "one": "own", "other": "v1", "blind": True, "level": "", "day": "", "asked": (), "key": "demo"}
    return [dict(zip(FIELDS, updates, strict=True)) for updates in tab.ask(**given | changed, request=of(name))]


def test_anothers_pair_cannot_be_voted_on_and_stays_its_owners(tab: Callbacks) -> None:
    last = asked(tab, "rater")[-1]
    assert last["waiting"] and last["ballot"]["visible"] and not last["following"]["visible"]
    vote = tab.voting("right")
    forged = vote(last["waiting"], "", of("other"))
    assert "자료를 읽을 수 없습니다" in forged[2] and "지금 설정" not in str(forged)
    sides, ballot, outcome, following, waiting = vote(last["waiting"], "다음?", of("rater"))
    assert "지금 설정" in sides and "고르신 오른쪽 답변은" in outcome and waiting == ""
    assert not ballot["visible"] and following["visible"]
    assert "지금까지의 투표 (1표)" in tab.rates("demo", of("rater"))
    assert tab.rates("demo", of("other")) == "", "who has not voted is not told"


def test_a_viewer_may_vote_but_is_not_told_the_rates(tab: Callbacks) -> None:
    last = asked(tab, "viewer")[-1]
    assert "고르신" in tab.voting("left")(last["waiting"], "", of("viewer"))[2]
    assert tab.rates("demo", of("viewer")) == ""


@pytest.mark.parametrize(("changed", "said"), [
    ({"text": " "}, "질문을 입력해 주세요"), ({"text": "가" * 501}, "500자까지"), ({"other": "own"}, "서로 다른 두 시스템"),
    ({"other": None}, "서로 다른 두 시스템"), ({"other": "gone"}, "no adapter."), ({"other": "<b>"}, "&lt;b&gt;"),
    ({"day": "2023-13-40"}, "달력에 없는 날입니다"), ({"level": "없는 수준"}, "설정에 잘못된 곳이 있습니다")])
def test_what_cannot_be_asked_is_told(tab: Callbacks, changed: dict[str, Any], said: str) -> None:
    last = asked(tab, "rater", **changed)[-1]
    assert said in last["sides"] and not last["waiting"] and last["ask"]["visible"]


def test_a_comparison_takes_its_place_in_the_line(tab: Callbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = tab.site.limits
    monkeypatch.setattr(limits, "at_once", 0)
    waiting = tab.ask(QUESTION, "own", "v1", True, "", "", (), "demo", of("rater"))
    first = dict(zip(FIELDS, next(waiting), strict=True))
    assert "앞에 1개의 질문이 있습니다" in first["progress"] and first["stop"]["visible"]
    tab.stop(of("rater"))
    assert list(waiting) == [] and limits.held == 0
    monkeypatch.setattr(limits, "closing", True)
    assert "서버를 멈추는 중" in asked(tab, "rater")[-1]["sides"]
