"""A conversation kept: what is asked next in it, what a retry replaces, and that an id of another's is an empty conversation."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mundap.errors import DataError
from mundap.levels import AUTO
from tests.webui.scripted import ScriptedGenerator, scripted_site
from webui.ask import render_talk
from webui.ask.talk import RANGES, Shown, Talk, Wishes, anew, answered, filters_of, without
from webui.domain import OWN
from webui.pool import model_key
from webui.site import Site
from webui.words import words

KO = words("ko")
SALES = "가온누리전자의 2023년 매출액은 얼마인가요?"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = scripted_site(tmp_path_factory.mktemp("talk"), ScriptedGenerator())
    yield made
    made.close()


@pytest.fixture
def site(shared: Site) -> Site:
    """Return the shared site with nothing kept."""
    with shared.database.write() as connection:
        for table in ("turns", "conversations", "answers"):
            connection.execute(f"DELETE FROM {table}")
    return shared


def read(site: Site, identity: str = "", owner: str = "가") -> Talk:
    return Talk.read(site, site.first, owner, identity)


def asked(talk: Talk, text: str, replaces: int | None = None, **wished: Any) -> Shown:
    """Return what the page shows in the end."""
    return list(answered(talk, anew(talk, text, Wishes(**wished), replaces), "page", KO))[-1]


def test_a_conversation_is_kept_and_a_follow_up_is_read_with_what_is_kept(site: Site) -> None:
    first = asked(read(site), SALES)
    assert first.frame.found is not None and first.talk.id and first.before == ()
    second = asked(read(site, first.talk.id), "그럼 2022년은?")
    assert second.frame.found is not None and "1,111백만원" in second.frame.found.text
    again = Talk.latest(site, site.first, "가")
    assert again.id == first.talk.id and [turn.asked for turn in again.turns] == [SALES, "그럼 2022년은?"]
    kept = again.turns[0]
    assert (kept.owner, kept.system, kept.model) == ("가", OWN, model_key(site.first.recipe["generation"]))
    assert [turn.asked for turn in second.before] == [SALES]


def test_a_forged_id_is_an_empty_conversation(site: Site) -> None:
    mine = asked(read(site), SALES).talk
    for forged in (read(site, mine.id, owner="나"), read(site, "f" * 32), Talk.latest(site, site.first, "나")):
        assert (forged.id, forged.turns, forged.listed() if forged.owner == "나" else []) == ("", (), [])
        assert forged.delete().id == ""
    other = asked(read(site, mine.id, owner="나"), "그럼 2022년은?").talk
    assert other.id != mine.id and len(read(site, mine.id).turns) == 1, "nothing is written into another's conversation"
    assert other.turns[0].answer is not None and other.turns[0].answer.carried == (), "nor read from it"


def test_what_is_asked_again_takes_the_place_of_its_turn(site: Site) -> None:
    talk = asked(read(site), SALES).talk
    talk = asked(talk, "한빛바이오의 2023년 매출액은 얼마인가요?").talk
    talk = asked(talk, "한빛바이오의 2023년 매출액은 얼마인가요?", replaces=1, level="초급").talk
    assert [turn.inquiry.level for turn in talk.turns] == [AUTO, "초급"]
    assert talk.turns[1].answer is not None and "모두 4,444백만원이에요." in talk.turns[1].text
    assert anew(talk, "x", Wishes(), 7).replaces is None and anew(talk, "x", Wishes(), -1).replaces is None


def test_a_turn_is_not_replaced_when_the_conversation_grew_elsewhere(site: Site) -> None:
    before = asked(read(site), SALES).talk
    asked(before, "그럼 2022년은?")
    after = asked(before, SALES, replaces=0).talk
    assert [turn.asked for turn in after.turns] == [SALES, "그럼 2022년은?", SALES]


def test_a_filter_taken_away_stays_away(site: Site) -> None:
    talk = asked(read(site), SALES).talk
    again = without(talk, frozenset({"company"}))
    assert again is not None and again.replaces == 0 and again.inquiry.without == {"fiscal_year"}
    last = list(answered(talk, again, "page", KO))[-1].talk.last
    assert last is not None and filters_of(last) == {"company", "fiscal_year"}
    choices, chosen = render_talk.chips(last, KO)
    assert choices == [("회사 가온누리전자", "company"), ("연도", "fiscal_year")] and chosen == ["company"]
    assert without(read(site), frozenset()) is None


def test_an_answer_that_cannot_be_kept_is_still_shown(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> str:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("webui.storage.answers.Answers.add", full)
    shown = asked(read(site), SALES)
    assert shown.frame.unkept and shown.frame.found is not None and shown.talk.id == ""


def test_another_system_is_named_and_the_own_one_is_not(site: Site) -> None:
    assert "답한 모델" not in asked(read(site), SALES).frame.answer
    site.first.use("v1")
    try:
        shown = asked(read(site), SALES)
    finally:
        site.first.use(OWN)
    assert '<span class="by">답한 모델: v1</span>' in shown.frame.answer
    assert shown.talk.last is not None and '<span class="by">답한 모델: v1</span>' in render_talk.last(shown.talk.last, KO)[0]


@pytest.mark.parametrize(("sent", "read_as"), [
    ((None, None, None, None, None, None), (AUTO, None, None, None, None)),
    (("고급", "2024-03-09", "mine", 3, 100, 0.5), ("고급", 20240309, 3, 100, 0.5)),
    (("없는 수준", " ", {"x": 1}, 999, -5, 99), (AUTO, None, 8, 16, 1.5)),
    (("auto", "", "all", float("nan"), "many", [1]), (AUTO, None, None, None, None))])
def test_wishes_are_held_to_their_ranges(sent: tuple[Any, ...], read_as: tuple[Any, ...]) -> None:
    made = Wishes.of(sent).inquiry(" 매출은\n? ", ("앞",) * 50, {"초급": 1, "중급": 1, "고급": 1})
    assert (made.level, made.as_of, made.top_k, made.max_new_tokens, made.temperature) == read_as
    assert Wishes.of(sent).mine is (sent[2] == "mine")
    assert made.text == "매출은 ?" and len(made.before) == 20
    assert Wishes.of(sent).inquiry("?", (), {}).level == "", "a recipe without levels is asked without one"
    assert tuple(RANGES) == ("top_k", "max_new_tokens", "temperature"), "the order in which the page sends them"


def test_a_day_that_is_none_is_refused(site: Site) -> None:
    with pytest.raises(DataError):
        anew(read(site), "매출은?", Wishes(as_of="2023-13-40"))


def test_earlier_turns_are_folded_escaped_and_keep_their_own_evidence(site: Site) -> None:
    talk = asked(read(site), "가온누리전자의 2023년 매출액은 <em>얼마</em>인가요?").talk
    talk = asked(asked(talk, SALES).talk, "그럼 2022년은?").talk
    shown = render_talk.earlier(talk.turns, KO)
    assert shown.count('<details class="turn"') == 3 and "<em>" not in shown and "&lt;em&gt;얼마" in shown
    for turn in talk.turns[1:]:
        assert f'href="#ref-{turn.id[:8]}-1"' in shown and f'id="ref-{turn.id[:8]}-1"' in shown
    many = render_talk.earlier(talk.turns * 20, KO)
    assert many.count('<details class="turn"') == render_talk.TURNS_SHOWN and "앞선 질문 30개는 줄였습니다." in many
    unreadable = replace(talk.turns[0], text="<i>", answer=None)     # by a later mundap
    assert "&lt;i&gt;" in render_talk.earlier([unreadable], KO)


def test_ones_own_uploads_are_asked_where_that_is_wished(site: Site) -> None:
    question, content = "누리식품의 2023년 매출액은 얼마인가요?", "누리식품 2023년 매출액: 777백만원\n".encode()
    transfer = site.uploads.begin("가", "내 자료.txt", len(content))
    transfer.write(content)
    list(site.uploads.add("가", transfer.done(), site.first))
    found = asked(read(site), question, mine=True).frame.found
    assert found is not None and "777백만원" in found.text and found.citations[0].chunk.breadcrumbs.startswith("내 자료")
    everywhere = asked(read(site), question).frame.found
    assert everywhere is not None and "777" not in everywhere.text, "what is uploaded is not in the domain's documents"
    nothing = asked(read(site, owner="나"), question, mine=True)
    assert nothing.frame.found is None and "nothing of yours is uploaded." in nothing.frame.answer
