"""What ratings say as HTML: the evaluation's own numbers, raters without names, and nothing of a name as markup."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from rag.evaluation.opinions import human
from webui.evaluate.rating_results import agreement, results
from webui.storage.ratings import Rated, Recorded
from webui.words import words

KO = words("ko")
BAD = "<img src=x onerror=alert(1)>"


def record(rater: str, answer: str, score: int, *, system: str = "own", reasons: tuple[str, ...] = (), days: int = 0) -> Recorded:
    time = (datetime(2025, 3, 3, 12, tzinfo=UTC) + timedelta(days=days)).isoformat()
    return Recorded(rater=rater, answer=answer, question_id="같은 질문", domain="demo", system=system, model="m", asked="?",
                    text="!", rated=Rated(score=score, reasons=reasons), created_at=time)


def rows(html: str, caption: str) -> list[list[str]]:
    table = re.search(rf"<caption>{caption}</caption>.*?</table>", html)
    assert table is not None, html
    return [[re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
            for row in re.findall(r"<tr>(.*?)</tr>", table[0])]


def test_means_and_intervals_are_the_evaluations() -> None:
    told = [record(rater, f"a{at}", score, reasons=("unkind",) if score < 3 else ())
            for rater, scores in (("김", (5, 4, 2, 1)), ("이", (4, 4, 2, 2))) for at, score in enumerate(scores)]
    told.append(record("김", "b", 5, system="v1"))
    html = results(told, KO, names=False)
    found = human.summary([one.rating for one in told if one.answer == "b"], [])["ratings"]["systems"]["v1"]
    assert "답변 5개에 평가 9개, 평가자 2명" in html
    own, v1 = rows(html, "시스템별 평균")[1:]
    assert own[:2] == ["지금 설정", "3.00"] and own[4:7] == ["4", "8", "0"], "the unit is the answer, not the question"
    assert v1[:3] == ["v1", f"{found['mean']:.2f}", "–"]
    assert rows(html, "이유")[1][:2] == ["불친절", "4"]
    assert [row[0] for row in rows(html, "평가자별 평균")[1:]] == ["r1", "r2"] and "김" not in html
    assert re.search(r"알파\) 0\.\d\d, 함께 평가한 답변 4개", html)


def test_names_are_for_those_who_may_know_them_and_are_no_markup() -> None:
    told = [record(BAD, "a", 3, system=BAD), record("visitor-" + "0" * 32, "a", 3, system=BAD)]
    html = results(told, KO, names=True, own=BAD)
    assert "<img" not in html and "&lt;img" in html and "visitor-" not in html
    assert rows(html, "평가자별 평균")[2][0] == "r2" and "(나)" in rows(html, "평가자별 평균")[1][0]


def test_many_days_are_told_as_weeks() -> None:
    html = results([record("김", f"a{at}", 3, days=at) for at in range(20)], KO, names=False)
    assert [row[0] for row in rows(html, "주별 평균")[1:]] == ["2025-03-03", "2025-03-10", "2025-03-17"]


def test_agreement_is_told_or_why_it_is_not_known() -> None:
    told = {"alpha": None, "shared": 0}
    assert "아직 알 수 없습니다" in agreement(told, KO)
    assert "모두 같아" in agreement({"alpha": None, "shared": 3}, KO)
    for alpha, said in ((0.9, "믿고 쓸"), (0.7, "잠정"), (-0.2, "−0.20")):
        assert said in agreement({"alpha": alpha, "shared": 3}, KO)
    assert "아직 평가가 없습니다" in results([], KO, names=True)
