"""Ratings and blind votes: the files, broken lines, agreement against published figures, win rates by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import DataError
from rag.evaluation.opinions.human import agreement, scores, summary, weighted_kappa
from rag.evaluation.opinions.ratings import Rating, Vote, read_ratings, read_votes
from rag.evaluation.statistics import mean, rate

Write = Callable[[str, str], Path]
GOOD = {"rater": "김", "question_id": "q1", "system": "v2", "score": 4}
VOTE = {"rater": "김", "question_id": "q1", "left": "base", "right": "v2", "winner": "right"}


def rating(rater: str, question: str, system: str, score: int, **more: Any) -> Rating:
    return Rating(rater=rater, question_id=question, system=system, score=score, **more)


def vote(rater: str, question: str, left: str, right: str, winner: Any, **more: Any) -> Vote:
    return Vote(rater=rater, question_id=question, left=left, right=right, winner=winner, **more)


def line(**more: Any) -> str:
    return json.dumps(GOOD | more, ensure_ascii=False) + "\n"


def test_jsonl_and_csv_say_the_same(write: Write) -> None:
    at = "2025-03-01T09:30:00+09:00"
    lines = line(reasons=["길다", "근거 없음"], corrected="고친,\n답", at=at) + "\n" + line(rater="이", score=2)
    table = ("rater,question_id,system,score,reasons,corrected,at\r\n"
             f'김,q1,v2,4,길다 | 근거 없음,"고친,\n답",{at}\r\n\r\n이,q1,v2,2,,,\r\n')
    read = read_ratings([write("r.jsonl", lines)])
    assert read == read_ratings([write("r.csv", table)]) == read_ratings([write("bom.csv", "\ufeff" + table)])
    assert read == read_ratings([write("bom.jsonl", "\ufeff" + lines)])
    assert (read[0].reasons, read[0].corrected, read[1].score) == (("길다", "근거 없음"), "고친,\n답", 2)
    assert read[0].at is not None
    assert read[0].at.isoformat() == "2025-03-01T00:30:00+00:00"
    votes = read_votes([write("v.jsonl", json.dumps(VOTE)), write("v.csv", "winner,left,right,rater,question_id\ntie,a,b,이,q2\n")])
    assert [(one.winner, one.left, one.at) for one in votes] == [("right", "base", None), ("tie", "a", None)]


@pytest.mark.parametrize(("bad", "said"), [
    ("{", "no JSON object"), ("[1]", "no object"), ("[" * 50_000, "no JSON object"), ("NaN", "no object"),
    (line(score=0), "score is 0"), (line(score=6), "score is 6"), (line(score=4.0), "score is 4.0"),
    (line(score=True), "score is True"), (line(score="4"), "score is '4'"), (line(score=None), "score is missing"),
    (line(rater=""), "rater is missing"), (line(rater="  "), "rater is empty"), (line(rater="a\u202eb"), "not printed"),
    (line(rater=7), "rater is no text"), (line(system="s" * 201), "201 characters"),
    (line(question_id=["q"]), "question_id is no text"),
    (line(reasons="길다"), "no list"), (line(reasons=[1]), "a reason is no text"),
    (line(corrected="x" * 20_001), "20001 characters"),
    (line(at="어제"), "at is '어제'"), (line(at=5), "at is '5'"), (line(scores=3), "Did you mean 'score'?"),
    ('{"rater": "a", "rater": "b"}', "stands twice"), (line(corrected="a\x00"), "is none")])
def test_a_broken_line_of_jsonl_is_named(write: Write, bad: str, said: str) -> None:
    path = write("r.jsonl", line() + "\n" + bad.rstrip("\n") + "\n" + line())
    with pytest.raises(DataError, match=r"r\.jsonl:3: ") as raised:
        read_ratings([path])
    assert said in str(raised.value)


@pytest.mark.parametrize(("bad", "where", "said"), [
    ("김,q1,v2\n", 2, "has 3 cells, the head line 4"), ("김,q1,v2,넷\n", 2, "score is '넷'"), ("김,q1,v2,٤\n", 2, "score is"),
    ("김,q1,v2,4\n이,q1,v2,9\n", 3, "score is 9"), ('"김\n김",q1,v2,4\n', 2, "not printed"),
    ('김,"q\n1",v2,4\n이,q1,v2,6', 2, "not printed"), ('김,q1,v2,"4', 2, "no CSV"), ('김,q1,v2,"4"x\n', 2, "no CSV"),
    (f"{'김' * 100_000},q1,v2,4\n", 2, "are allowed"), ("김,q1,v2,\n", 2, "score is missing")])
def test_a_broken_line_of_csv_is_named(write: Write, bad: str, where: int, said: str) -> None:
    with pytest.raises(DataError, match=rf"r\.csv:{where}: ") as raised:
        read_ratings([write("r.csv", "rater,question_id,system,score\n" + bad)])
    assert said in str(raised.value)


def test_a_csv_of_another_encoding_or_head_is_refused(tmp_path: Path, write: Write) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes("rater,question_id,system,score\nkim,q1,v2,4\n김,q1,v2,4\n".encode("cp949"))
    with pytest.raises(DataError, match=r"r\.csv:3: is not UTF-8\.(.|\n)*CSV UTF-8"):
        read_ratings([path])
    with pytest.raises(DataError, match=r"two\.csv:1: a field stands twice"):
        read_ratings([write("two.csv", "rater,rater\n김,이\n")])
    with pytest.raises(DataError, match="other.csv:2: rater, question_id, system, score is missing"):
        read_ratings([write("other.csv", "a,b\n1,2\n")])
    with pytest.raises(DataError, match="cannot be read"):
        read_votes([tmp_path / "none.jsonl"])
    assert read_ratings([write("empty.csv", ""), write("empty.jsonl", "\n\n")]) == []


@pytest.mark.parametrize(("change", "said"), [({"winner": "v2"}, "winner is 'v2', not left, right or tie"),
                                              ({"right": "base"}, "stands against itself"), ({"winner": ["left"]}, "winner is")])
def test_a_broken_vote_is_named(write: Write, change: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=r"v\.jsonl:1: ") as raised:
        read_votes([write("v.jsonl", json.dumps(VOTE | change))])
    assert said in str(raised.value)


def test_a_mean_is_over_questions_not_over_ratings() -> None:
    given = [rating("김", "q1", "v2", 5), rating("이", "q1", "v2", 5), rating("박", "q1", "v2", 2), rating("김", "q2", "v2", 2),
             rating("김", "q3", "v2", 3, reasons=("길다",), corrected="다른 답"), rating("김", "q1", "base", 1, reasons=("길다",))]
    found = summary(given, [])["ratings"]
    v2, base, expected = found["systems"]["v2"], found["systems"]["base"], mean([4.0, 2.0, 3.0])
    assert (v2["mean"], v2["low"], v2["high"], v2["n"]) == (3.0, expected.low, expected.high, 3)
    assert (v2["ratings"], v2["raters"], v2["corrected"], v2["reasons"]) == (5, 3, 1, {"길다": 1})
    assert v2["scores"] == {"1": 0, "2": 2, "3": 1, "4": 0, "5": 2}
    assert (base["mean"], base["low"], base["n"]) == (1.0, None, 1)
    json.dumps(summary(given, []), allow_nan=False)


def test_who_rated_twice_is_counted_once_with_the_last(write: Write) -> None:
    late, early = "2025-03-02T00:00:00Z", "2025-03-01T00:00:00+09:00"
    given = read_ratings([write("r.jsonl", line(score=1) + line(score=4) + line(rater="이", score=5, at=late)
                                + line(rater="이", score=2, at=early))])
    assert scores(given) == {("v2", "q1"): 4.5}, "이's later rating stands earlier in the file"
    assert summary(given, [])["ratings"]["replaced"] == 2
    changed = [vote("김", "q1", "a", "b", "left"), vote("김", "q1", "b", "a", "left")]
    [pair] = summary([], changed)["votes"]["pairs"]
    assert (pair["won"], pair["lost"], pair["votes"]) == (1, 0, 1), "the sides were changed, and so was the mind"


def test_what_was_said_of_others_is_left_out_and_counted() -> None:
    given = [rating("김", "q1", "v2", 5), rating("김", "q9", "v2", 1), rating("김", "q1", "old", 1)]
    found = summary(given, [vote("김", "q1", "v2", "old", "left")], ["base", "v2"], ["q1"])
    assert (found["ratings"]["n"], found["ratings"]["elsewhere"], found["votes"]["n"], found["votes"]["elsewhere"]) == (1, 2, 0, 1)
    assert found["votes"]["pairs"] == []
    assert found["votes"]["left"]["p"] is None
    assert summary([], []) == {}


def test_alpha_is_krippendorffs_published_one() -> None:
    # K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), example D: ordinal alpha 0.815.
    rows = {"A": "123321412...", "B": "1233224125.3", "C": ".3332342251.", "D": "12332441251."}
    judged = {(rater, at): int(value) for rater, row in rows.items() for at, value in enumerate(row) if value != "."}
    found = agreement(judged, (1, 2, 3, 4, 5))
    assert f"{found['alpha']:.3f}" == "0.815"
    assert (found["raters"], found["shared"], found["kappa"]) == (4, 11, None)


def test_kappa_by_hand_and_agreement_that_is_not_known() -> None:
    # Squared distances: seen 1 in 3; by chance (0+1+9 + 1+0+4 + 4+1+1) / 9. 1 - (1/3) / (21/9)
    assert weighted_kappa([1, 2, 3], [1, 2, 4]) == pytest.approx(1 - 3 / 21)
    two = {("a", at): value for at, value in enumerate([1, 2, 3])} | {("b", at): value for at, value in enumerate([1, 2, 4])}
    assert agreement(two, (1, 2, 3, 4, 5))["kappa"] == pytest.approx(1 - 3 / 21)
    alone = agreement({("a", 1): 3, ("b", 2): 3}, (1, 2, 3, 4, 5))
    assert (alone["alpha"], alone["shared"]) == (None, 0)
    assert "not known" in alone["note"]
    alike = agreement({("a", 1): 3, ("b", 1): 3}, (1, 2, 3, 4, 5))
    assert alike["alpha"] is None
    assert "not defined" in alike["note"]
    assert weighted_kappa([3, 3], [3, 3]) is None


def test_votes_become_questions_won_lost_and_tied() -> None:
    cast = [vote("김", f"q{at}", "base", "v2", "right") for at in range(7)]           # seven for v2
    cast += [vote("이", "q0", "v2", "base", "right"), vote("박", "q0", "v2", "base", "left")]  # q0: two of three for v2
    cast += [vote("김", "q7", "v2", "base", "right"), vote("김", "q8", "v2", "base", "tie")]
    cast += [vote("김", "q9", "base", "v2", "left"), vote("이", "q9", "base", "v2", "right")]  # drawn: a tie
    cast += [vote("김", "q0", "v1", "v2", "tie")]
    found = summary([], cast)["votes"]
    first, other = found["pairs"]
    assert (first["first"], first["second"], first["questions"], first["votes"]) == ("base", "v2", 10, 13)
    assert (first["won"], first["lost"], first["tied"]) == (7, 1, 2)
    wilson = rate(8, 10)
    assert first["win_rate"] == {"value": 0.8, "low": wilson.low, "high": wilson.high, "n": 10}
    assert first["p"] == pytest.approx(2 * (1 + 8) / 2**8), "two-sided binomial of 7 and 1, by hand"
    assert (other["first"], other["tied"], other["win_rate"]["value"], other["p"]) == ("v1", 1, 0.5, None)
    assert found["left"]["n"] == 12, "ties chose no side"
    assert found["agreement"]["shared"] == 2
    json.dumps(found, allow_nan=False)


def test_voters_agree_about_systems_not_about_sides() -> None:
    cast = [vote("김", f"q{at}", "a", "b", ("left", "right")[at % 2]) for at in range(8)]
    turned = [vote("이", f"q{at}", "b", "a", ("right", "left")[at % 2]) for at in range(8)]
    found = summary([], cast + turned)["votes"]["agreement"]
    assert (found["alpha"], found["kappa"]) == (pytest.approx(1.0), pytest.approx(1.0))
