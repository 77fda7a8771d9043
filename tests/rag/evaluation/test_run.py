"""A whole run: systems one after another, replies kept, a second run that asks nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import ConfigError, DataError, GenerationError, IndexMismatch, ModelError
from mundap.generator import Decoding, Generation, Request
from mundap.paths import resolve
from rag.evaluation.opinions import judge
from rag.evaluation.results import SystemResult
from tests.rag.evaluation.running import FIGURES, ROWS, Project, asking, reply, system
from tests.rag.scripted_generator import ScriptedGenerator
from tests.rag.test_answer import DECLINE


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return Project(tmp_path, monkeypatch)


def shares(result: SystemResult, metric: str) -> tuple[float, int]:
    values = [one.values[metric] for one in result.scored if metric in one.values]
    return sum(values), len(values)


def test_a_run_measures_every_question_and_ends_its_model(project: Project) -> None:
    [tuned] = project(asking()).systems
    assert shares(tuned, "right") == shares(tuned, "right_and_cited") == (14, 14)
    assert shares(tuned, "declined_rightly") == (6, 6)
    assert shares(tuned, "hallucinated") == (0, 20)
    assert [one.closed for one in project.opened] == [True]
    assert project.asked == 14, "the gate keeps the unanswerable from the model"
    assert "20개로는" in project.said[0] and "14문항" in project.said[1], "what so few questions can show is told first"


def test_a_second_run_asks_nothing_and_finds_the_same(project: Project) -> None:
    first = project(asking()).systems
    assert project(asking()).systems == first
    assert len(project.opened) == 1
    assert project.said[-1] == "tuned: 20 questions, 20 answered before"


@pytest.mark.parametrize("cut", [25, -1, 1], ids=["in the middle", "inside a letter", "at its beginning"])
def test_a_run_goes_on_after_a_line_cut_short(project: Project, cut: int) -> None:
    recipe = asking(limit={"unanswerable": 0})
    first = project(recipe).systems
    [kept] = project.kept
    lines = kept.read_bytes().splitlines(keepends=True)
    cut = cut if cut > 0 else lines[9].index("매".encode()) + 1
    kept.write_bytes(b"".join(lines[:9]) + lines[9][:cut])
    assert project(recipe).systems[0].scored == first[0].scored
    assert [len(generator.requests) for generator in project.opened] == [14, 5]
    project(recipe)
    assert len(project.opened) == 2, "the answer after the cut line was kept whole"


def test_an_id_that_now_asks_something_else_is_asked_again(project: Project) -> None:
    project.freeze([ROWS[0]])
    project(asking())
    project.freeze([{**ROWS[1], "id": ROWS[0]["id"]}])
    [tuned] = project(asking()).systems
    assert shares(tuned, "right") == (1, 1), "the reply kept is to another question"
    assert project.asked == 2


def test_other_settings_weights_or_decodings_never_share_answers(project: Project) -> None:
    recipe = asking(limit={"answerable": 2, "unanswerable": 0})
    project(recipe)
    project.rag["verification"] = {"policy": "strike"}
    project(recipe)
    assert len(project.kept) == 2
    (resolve("models/tiny", project.folder) / "model.safetensors").write_bytes(b"other weights")
    project(recipe)
    assert len(project.kept) == 3 and project.asked == 6
    project(asking(system(decoding={"max_new_tokens": 7}), limit={"answerable": 2, "unanswerable": 0}))
    assert len(project.kept) == 4


def test_systems_with_one_model_share_it_and_another_waits_for_its_end(project: Project) -> None:
    other = {"name": "other", "chat": {"model_name_or_path": "models/other"}}
    found = project(asking(system("a"), system("b", decoding="after"), other, system("c", levers=False)))
    assert [one.name for one in found.systems] == ["a", "b", "other", "c"]
    assert len(project.opened) == 3, "a and b share theirs"
    assert found.baseline == "a"


def test_without_levers_a_reply_is_what_the_model_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = "한빛바이오의 2023년 매출액은 9,999백만원입니다. [1] Este es un texto."
    project = Project(tmp_path, monkeypatch, [ROWS[1]], lambda request: wrong)
    shown, bare = project(asking(system("page"), system("bare", levers=False))).systems
    assert shown.scored[0].reply.declined and shown.scored[0].reply.text == DECLINE
    assert bare.scored[0].reply.text == wrong and bare.scored[0].reply.citations == (1,)
    assert shown.scored[0].values["hallucinated"] == 0 and bare.scored[0].values["hallucinated"] == 1
    assert {kind for kind, _ in bare.scored[0].invented} == {"figure", "language"}


def test_an_oracle_system_is_given_the_true_chunk_and_only_answerable_questions(project: Project) -> None:
    [found] = project(asking(system(context="oracle", levers=False), limit={"answerable": 4, "unanswerable": 3})).systems
    assert len(found.scored) == project.asked == 4
    assert all("[2]" not in request.content for request in project.opened[0].requests), "one passage, the true one"


def test_a_system_without_passages_is_sent_the_question_alone(project: Project) -> None:
    [found] = project(asking(system(context="none"))).systems
    assert [request.content for request in project.opened[0].requests] == [row["question"] for row in ROWS]
    assert all(not one.reply.passages and not one.reply.found for one in found.scored)
    assert found.scored[0].reply.sources, "the true chunk is still what the answer is measured by"


def test_a_question_that_fails_has_an_error_and_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [True]

    def sometimes(request: Request) -> str:
        if broken[0] and "한빛바이오의" in request.content:
            raise GenerationError("fell silent.", where="the model")
        return reply(request)

    project = Project(tmp_path, monkeypatch, ROWS[:4], sometimes)
    [found] = project(asking()).systems
    assert [bool(one.reply.error) for one in found.scored] == [False, True, False, True]
    assert shares(found, "right") == (2, 4), "a failure is no right answer, and is not left out"
    for name in ("hallucinated", "wrong_figure_shown", "wrongly_declined", "invented_name", "answer_characters"):
        assert shares(found, name)[1] == 2, "nor is it an answer that invents nothing"
    [found] = project(asking(speed_sample=4)).systems
    assert found.speed.asked == 0 and "  not timed: fell silent." in project.said, "the replies are reported all the same"
    broken[0] = False
    [again] = project(asking()).systems
    assert shares(again, "right") == (4, 4)


def test_what_every_question_would_meet_ends_the_run(project: Project) -> None:
    project.freeze([{**ROWS[0], "gold_chunk": "of other documents"}])
    with pytest.raises(IndexMismatch, match="there is no chunk 'of other documents'"):
        project(asking(system(context="oracle", levers=False)))
    assert all(one.closed for one in project.opened)


def test_a_model_is_loaded_before_its_answers_are_timed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    answer = project.answer
    monkeypatch.setattr(ScriptedGenerator, "start", lambda self: order.append("loaded"))

    def noted(request: Request) -> str:
        order.append("asked")
        return answer(request)

    project.answer = noted
    project(asking(system("a"), system("b", levers=False), limit={"answerable": 1, "unanswerable": 0}))
    assert order == ["loaded", "asked", "asked"]


def test_the_time_a_person_waits_is_measured_once(project: Project) -> None:
    recipe = asking(system(), system("oracle", context="oracle", levers=False), speed_sample=3, limit={"unanswerable": 0})
    retrieved, oracle = project(recipe).systems
    assert (retrieved.speed.asked, oracle.speed.asked) == (3, 0)
    assert retrieved.speed.latency_s["p95"] >= retrieved.speed.latency_s["p50"] > 0
    assert retrieved.speed.answers_per_minute > 0
    assert [one.speed for one in project(recipe).systems] == [retrieved.speed, oracle.speed]
    assert len(project.opened) == 1, "one model for both systems, and none for the second run"


def test_a_judge_of_a_few_is_given_questions_of_every_sort_and_the_same_of_each_system(
        project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[judge.Case] = []

    def judged(cases: list[judge.Case], *_: object) -> judge.Judged:
        seen.extend(cases)
        return judge.Judged(judge="j", verdicts=(), failed={})

    monkeypatch.setattr(judge, "open_judge", lambda *_: ScriptedGenerator(reply))
    monkeypatch.setattr(judge, "read_rubrics", lambda *_: {"accuracy": "…"})
    monkeypatch.setattr(judge, "judge", judged)
    project(asking(system("a"), system("b", levers=False), judge={"base_url": "http://127.0.0.1:1/v1", "model": "j", "limit": 8}))
    ids = [[case.question_id for case in seen if case.system == name] for name in "ab"]
    assert ids[0] == ids[1] and len(ids[0]) == 8
    assert {case.reference == DECLINE for case in seen} == {True, False}, "answerable ones come first in the file"


def test_an_endpoint_that_is_down_is_not_asked_in_vain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(request: Request) -> str:
        raise GenerationError("cannot be reached.", where="the endpoint")

    project = Project(tmp_path, monkeypatch, ROWS, down)
    with pytest.raises(GenerationError, match="cannot be reached"):
        project(asking())
    assert not project.kept[0].read_text(encoding="utf-8"), "no error is kept as an answer"


def test_a_systems_own_decoding_is_not_lengthened_by_a_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path, monkeypatch, [ROWS[0] | {"level": "초급"}])
    project.rag["levels"] = {"초급": {"max_new_tokens": 77}}
    lengths = []
    generate = ScriptedGenerator.generate

    def noted(self: ScriptedGenerator, requests: Sequence[Request], decoding: Decoding, *rest: Any) -> list[Generation]:
        lengths.append(decoding.max_new_tokens)
        return generate(self, requests, decoding, *rest)

    monkeypatch.setattr(ScriptedGenerator, "generate", noted)
    project(asking(system("page"), system("short", decoding={"max_new_tokens": 33})))
    assert lengths == [77, 33]


def test_what_is_missing_is_told_before_anything_is_loaded(project: Project) -> None:
    gone = {"name": "v1", "chat": {"model_name_or_path": "models/tiny", "adapter_name_or_path": "saves/none"}}
    with pytest.raises(ModelError, match="1 of 2 systems lack their model.\nno adapter at home/saves/none"):
        project(asking(system(), gone))
    with pytest.raises(ConfigError, match="no system is called 'x'"):
        project(asking(baseline="x"))
    with pytest.raises(ConfigError, match="two systems are called 'tuned'"):
        project(asking(system(), system()))
    with pytest.raises(ConfigError, match="a chat recipe or an endpoint"):
        project(asking({"name": "none"}))
    with pytest.raises(ConfigError, match="there is no metric 'rihgt'"):
        project(asking(guard=["rihgt"]))
    with pytest.raises(DataError, match="there is no such folder"):
        project(asking(human="ratings/none"))
    assert project.opened == []


def test_what_was_measured_is_told_by_hash(project: Project) -> None:
    first = project(asking(limit={"answerable": 3})).data
    assert (first["asked"], first["answerable"], first["unanswerable"]) == (9, 3, 6)
    again = project(asking(limit={"answerable": 3})).data
    assert again == first
    project.freeze([*ROWS[:-1], ROWS[-1] | {"question": "다른 질문은 얼마인가요?"}])
    other = project(asking(limit={"answerable": 3})).data
    assert {key for key in first if first[key] != other[key]} == {"questions_sha256"}


def test_kept_replies_are_plain_json(project: Project) -> None:
    project(asking(limit={"answerable": 1, "unanswerable": 1}))
    records = [json.loads(line) for line in project.kept[0].read_text(encoding="utf-8").splitlines()]
    answered = next(one for one in records if one["id"] != "peak" and not one["reply"]["declined"])
    assert any(figure in answered["reply"]["text"] for figure in FIGURES.values())
    assert answered["reply"]["passages"][0]["lines"]
