"""Two systems on one question: one after the other, nothing told before the vote, and one vote a pair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from mundap.errors import ConfigError, DataError, ModelError
from rag.answer import Answer, Delta
from rag.checks.verify import Struck
from rag.inquiry import Inquiry
from tests.webui.made_answers import Event, ScriptedStream, answered
from tests.webui.scripted import ScriptedGenerator, scripted_site
from webui.ask.asking import Run
from webui.compare import compared, comparing
from webui.compare.comparing import Contender, Moment, Pair, Pairs, Side, compare, contenders, vote, win_rates
from webui.site import Site
from webui.storage.votes import Votes
from webui.words import words

QUESTION = "가온누리전자의 2023년 영업이익은 얼마인가요?"
SAY = words("ko")


class Script(ScriptedStream):
    """An answerer that yields given events, and writes down when it begins and ends."""

    def __init__(self, *events: Event, log: list[str] | None = None, name: str = "") -> None:
        super().__init__(*events)
        self.log, self.name = log if log is not None else [], name

    def stream(self, asked: Inquiry) -> Iterator[Delta | Answer]:
        self.log.append(f"{self.name} begins")
        try:
            yield from super().stream(asked)
        finally:
            self.log.append(f"{self.name} ends")


@pytest.fixture(autouse=True)
def every_delta_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "FRAME_S", 0.0)


def written(text: str, end: Answer | None = None) -> list[Event]:
    return [*(Delta(text=letter) for letter in text), end or answered(text)]


def pair(left: Script, right: Script) -> tuple[Contender, Contender]:
    return Contender(system="own", answerer=left, model="model of own"), Contender(system="v1", answerer=right, model="model of v1")


def run(left: Script, right: Script, *, blind: bool = True, first: int = 0) -> list[Moment]:
    return list(compare(pair(left, right), Inquiry(text=QUESTION), Run(), blind=blind, first=first))


def page(moment: Moment) -> str:
    """Return all that is drawn of a moment."""
    return compared.sides(moment, QUESTION, SAY) + compared.progress(moment, SAY) + compared.evidence(moment, SAY)


@pytest.mark.parametrize(("first", "order"), [(0, ["own", "v1"]), (1, ["v1", "own"])])
def test_one_answers_after_the_other(first: int, order: list[str]) -> None:
    log: list[str] = []
    run(Script(answered(), log=log, name="own"), Script(answered(), log=log, name="v1"), first=first)
    assert log == [f"{name} {what}" for name in order for what in ("begins", "ends")]


def test_both_grow_at_one_pace_when_blind() -> None:
    moments = run(Script(*written("가나다라마바사")), Script(*written("하파타")))
    assert {moment.shown for moment in moments if moment.turn == 0} == {("", "")}, "nothing while the first writes"
    shown = list(dict.fromkeys(moment.shown for moment in moments if moment.turn == 1))
    assert shown == [("", ""), ("가", "하"), ("가나", "하파"), ("가나다", "하파타")]
    assert moments[-1].state == "done" and moments[-1].whole and not moments[-1].named


def test_open_each_grows_as_it_is_written() -> None:
    moments = run(Script(*written("가나")), Script(*written("하파")), blind=False)
    assert [moment.shown for moment in moments if moment.turn == 0][:3] == [("", ""), ("가", ""), ("가나", "")]
    assert all(moment.named for moment in moments)
    assert "지금 설정" in page(moments[0]) and ">v1<" in page(moments[0])


def test_a_second_try_is_not_seen_when_blind() -> None:
    twice = Script(Delta(text="첫"), Delta(text="번째"), Delta(text="다", attempt=2), answered())
    blind = run(Script(*written("가나다라마")), twice)
    assert {moment.shown[1] for moment in blind} == {"", "첫", "첫번째"}
    assert "다" in {moment.shown[1] for moment in run(Script(*written("가")), twice, blind=False)}


def swapped(moments: list[Moment]) -> list[Moment]:
    """Return the moments of the same texts with everything else of the two sides exchanged: what nobody may see."""
    def as_other(own: Side, other: Side) -> Side:
        found = own.found and other.found and replace(
            own.found, timings_s=other.found.timings_s, prompt_tokens=other.found.prompt_tokens, attempts=other.found.attempts,
            completion_tokens=other.found.completion_tokens, model_text=other.found.model_text,
            verdict=replace(own.found.verdict, status=other.found.verdict.status, struck=other.found.verdict.struck,
                            checked=other.found.verdict.checked))
        return replace(own, system=other.system, model=other.model, found=found or own.found)

    return [replace(moment, sides=(as_other(*moment.sides), as_other(*moment.sides[::-1]))) for moment in moments]


@pytest.mark.parametrize("first", [0, 1])
def test_nothing_drawn_before_the_vote_depends_on_what_a_side_is(first: int) -> None:
    one = answered("매출액은 12백만원입니다. [1]", struck=(Struck(text="지어낸 말", reason="no"),), status="struck")
    other = replace(answered("매출액은 모두 12백만원입니다. [1]", status="flagged"), attempts=2, prompt_tokens=777,
                    completion_tokens=55, timings_s={"retrieve": 0.3, "first_token": 3.3, "total": 9.9})
    moments = run(Script(*written(one.text, one)), Script(*written(other.text, other)), first=first)
    for moment, exchanged in zip(moments, swapped(moments), strict=True):
        assert page(moment) == page(exchanged)
        for told in ("own", "v1", "지금 설정", "지어낸", "777", "9.9", "3.3", "확인 필요", "일부 문장", "model of"):
            assert told not in page(moment)
    named = [page(replace(moment, named=True)) for moment in (moments[-1], swapped(moments)[-1])]
    assert named[0] != named[1], "the two are told apart once they may be"
    assert all(said in named[0] for said in ("지금 설정", "v1", "지어낸", "777", "9.9", "3.3", "확인 필요", "일부 문장"))


def test_what_has_gone_first_is_not_seen_either() -> None:
    texts = "매출액은 12백만원입니다. [1]", "매출액은 모두 12백만원입니다. [1]"
    drawn = [[page(replace(moment, seconds=0)) for moment in run(*(Script(*written(text)) for text in texts), first=first)]
             for first in (0, 1)]
    assert list(dict.fromkeys(drawn[0])) == list(dict.fromkeys(drawn[1]))


def test_sides_are_drawn_by_lot(site: Site) -> None:
    lefts = {contenders(site.first, ("own", "v1"), blind=True)[0].system for _ in range(40)}
    assert lefts == {"own", "v1"}, "one chance in 10^12 that this fails"
    assert {contenders(site.first, ("own", "v1"), blind=False)[0].system for _ in range(9)} == {"own"}


@pytest.mark.parametrize("systems", [("own", "own"), ("own", "gone"), ("own", "nobody"), ("", "own")])
def test_what_cannot_be_compared_is_told(site: Site, systems: tuple[str, str]) -> None:
    with pytest.raises(ConfigError):
        contenders(site.first, systems, blind=True)


def test_an_error_on_one_side_leaves_the_other_and_the_names_are_told() -> None:
    gone = ModelError("the folder is gone.", where="exports/v1", fix="mundap export")
    moments = run(Script(Delta(text="가"), gone), Script(*written("매출액은 12백만원입니다. [1]")))
    assert all("exports/v1" not in page(moment) for moment in moments[:-1]), "a place names a system"
    last = moments[-1]
    assert last.state == "done" and last.named and not last.whole
    assert "모델을 불러올 수 없습니다" in page(last) and "12백만원" in page(last) and "지금 설정" in page(last)
    boom = run(Script(RuntimeError("boom <b>")), Script(*written("가")), blind=False)
    assert "boom &lt;b&gt;" in page(boom[-1])


def test_stop_ends_the_model_and_keeps_what_is_whole() -> None:
    first, second, run_ = Script(*written("가나")), Script(*written("다" * 50)), Run()
    moments = []
    for moment in compare(pair(first, second), Inquiry(text=QUESTION), run_, blind=True, first=0):
        moments.append(moment)
        if moment.turn == 1 and moment.shown[1]:
            run_.stopped.set()
    assert second.cancelled and moments[-1].state == "stopped" and moments[-1].sides[0].found and moments[-1].named
    assert "답변을 중단했습니다." in page(moments[-1]) and "가나" in page(moments[-1])
    replaced = Run(replaced=True)
    replaced.stopped.set()
    assert [one.state for one in compare(pair(Script(*written("가")), second), Inquiry(text=QUESTION), replaced, blind=True)
            ] == ["writing"], "a newer comparison has the page"


def test_closing_ends_the_model() -> None:
    first = Script(*written("가나"))
    moments = compare(pair(first, Script(answered())), Inquiry(text=QUESTION), Run(), blind=True, first=0)
    next(moments)
    next(moments)
    moments.close()
    assert first.cancelled


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = scripted_site(tmp_path_factory.mktemp("site"), ScriptedGenerator())
    yield made
    made.close()


def compared_pair(site: Site, owner: str = "가", question: str = QUESTION) -> Pair:
    asked = Inquiry(text=question)
    last = list(compare(contenders(site.first, ("own", "v1"), blind=True), asked, Run(), blind=True))[-1]
    assert last.whole
    return Pair(owner=owner, domain="demo", inquiry=asked, sides=last.sides)


def test_a_vote_keeps_both_answers_and_is_cast_once(site: Site) -> None:
    pairs, made = Pairs(), compared_pair(site)
    assert win_rates(site, site.first, "가") == {}
    identity = pairs.add(made)
    with pytest.raises(DataError, match="no such comparison"):
        vote(site, pairs, identity, "나", "left")
    with pytest.raises(DataError, match="cannot be voted"):
        vote(site, pairs, identity, "가", "own")
    assert vote(site, pairs, identity, "가", "both_bad") is made
    for forged in (identity, "0" * 32, ""):
        with pytest.raises(DataError, match="no such comparison"):
            vote(site, pairs, forged, "가", "right")
    [kept] = Votes(site.database).of("demo", rater="가")
    assert (kept.left, kept.right, kept.winner) == (made.sides[0].system, made.sides[1].system, "tie")
    with site.database.read() as connection:
        assert connection.execute("SELECT both_bad FROM votes").fetchone()[0] == 1
        assert {row["system"] for row in connection.execute("SELECT system FROM answers WHERE owner = '가'")} == {"own", "v1"}
    found = win_rates(site, site.first, "가")
    assert found["votes"]["n"] == 1 and win_rates(site, site.first, "나") == {}, "only who has voted sees them"
    drawn = compared.rates(found, SAY)
    assert "v1 (상대 지금 설정)" in drawn and "50%" in drawn and "0 · 1 · 0" in drawn


def test_a_vote_that_cannot_be_written_can_be_cast_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = Pairs()
    identity = pairs.add(compared_pair(site, question="한빛바이오의 2023년 매출액은 얼마인가요?"))

    def full(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched, pytest.raises(OSError):
        patched.setattr(Votes, "add", full)
        vote(site, pairs, identity, "가", "left")
    vote(site, pairs, identity, "가", "left")


def test_pairs_waiting_are_few_and_each_owners_own() -> None:
    side, pairs = Side(system="own"), Pairs(most=4, each=2)
    made = {owner: [pairs.add(Pair(owner=owner, domain="d", inquiry=Inquiry(text=str(at)), sides=(side, side)))
                    for at in range(3)] for owner in ("가", "나")}
    for owner, keys in made.items():
        with pytest.raises(DataError):
            pairs.take(keys[0], owner)
        assert pairs.take(keys[2], owner).inquiry.text == "2"
    pairs = Pairs(most=2)
    keys = [pairs.add(Pair(owner=str(at), domain="d", inquiry=Inquiry(text="?"), sides=(side, side))) for at in range(3)]
    with pytest.raises(DataError):
        pairs.take(keys[0], "0")
    assert pairs.take(keys[2], "2").owner == "2"
