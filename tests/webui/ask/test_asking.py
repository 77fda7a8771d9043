"""One question's frames: draft, answer, stop, replacement, second attempt, errors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator

import pytest

from mundap.errors import ModelError
from rag.answer import Delta
from rag.inquiry import MAX_QUESTION_CHARS, Inquiry
from tests.webui.made_answers import ScriptedStream, answered
from webui.ask import asking
from webui.ask.asking import Frame, Run, Runs
from webui.http.limits import Limits
from webui.words import words

KO = words("ko")


def frames(source: ScriptedStream, asked: Inquiry, run: Run, ready: Callable[[], bool] = lambda: True
           ) -> Generator[Frame, None, None]:
    """Return a question's frames in Korean."""
    return asking.frames(source, asked, run, ready, KO)


@pytest.fixture(autouse=True)
def every_delta_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "FRAME_S", 0.0)


def test_draft_grows_and_the_answer_replaces_it() -> None:
    source = ScriptedStream(Delta(text="매출"), Delta(text="액은"), answered())
    drawn = list(frames(source, Inquiry(text="  매출액은\n얼마? "), Run()))
    assert source.asked == ["매출액은 얼마?"]
    assert [frame.running for frame in drawn] == [True, True, True, False]
    assert "문서를 찾는 중…" in drawn[0].answer
    assert "매출액은" in drawn[2].answer and "확인 중…" in drawn[2].answer and drawn[2].references == ""
    assert 'data-status="verified"' in drawn[3].answer and "<mark>" in drawn[3].references


def test_says_that_the_model_is_not_ready() -> None:
    assert "모델을 준비하는 중…" in next(frames(ScriptedStream(answered()), Inquiry(text="질문"), Run(), lambda: False)).answer


def test_a_second_attempt_starts_over() -> None:
    source = ScriptedStream(Delta(text="틀린 글"), Delta(text="새 글", attempt=2), answered())
    drawn = list(frames(source, Inquiry(text="질문"), Run()))
    assert "틀린 글" in drawn[1].answer and "틀린 글" not in drawn[2].answer and "새 글" in drawn[2].answer


def test_stop_closes_the_iterator_and_says_so() -> None:
    source, run = ScriptedStream(*[Delta(text="가")] * 9, answered()), Run()
    drawn: list[Frame] = []
    for frame in frames(source, Inquiry(text="질문"), run):
        drawn.append(frame)
        if len(drawn) == 3:
            run.stopped.set()
    assert source.cancelled and len(drawn) == 4
    assert "답변을 중단했습니다." in drawn[-1].answer and not drawn[-1].running


def test_closing_the_frames_closes_the_iterator() -> None:
    source = ScriptedStream(Delta(text="가"), answered())
    drawn = frames(source, Inquiry(text="질문"), Run())
    next(drawn)
    next(drawn)
    drawn.close()
    assert source.cancelled


def test_a_newer_question_silences_the_older() -> None:
    runs = Runs()
    older = runs.begin("page")
    source = ScriptedStream(*[Delta(text="가")] * 9)
    drawn = frames(source, Inquiry(text="질문"), older)
    next(drawn)
    newer = runs.begin("page")
    assert list(drawn) == [] and source.cancelled
    runs.end("page", older)
    assert runs.stop("page") and newer.stopped.is_set() and not newer.replaced
    runs.end("page", newer)
    assert not runs.stop("page") and not runs.stop("another page")


@pytest.mark.parametrize(("text", "said"), [("", "질문을 입력해 주세요."), (" \n ", "질문을 입력해 주세요."),
                                            ("가" * (MAX_QUESTION_CHARS + 1), "500자까지")])
def test_unusable_questions_are_not_asked(text: str, said: str) -> None:
    source = ScriptedStream(answered())
    [frame] = frames(source, Inquiry(text=text), Run())
    assert said in frame.answer and not frame.running and source.asked == []


def test_our_errors_become_a_message_box() -> None:
    gone = ModelError("the folder is gone.", where="exports/demo", fix="mundap export")
    last = list(frames(ScriptedStream(Delta(text="가"), gone), Inquiry(text="질문"), Run()))[-1]
    assert "모델을 불러올 수 없습니다" in last.answer and "exports/demo" in last.answer and not last.running


def test_other_errors_do_too_and_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        last = list(frames(ScriptedStream(RuntimeError("boom <b>")), Inquiry(text="질문"), Run()))[-1]
    assert "예상하지 못한 오류" in last.answer and "boom &lt;b&gt;" in last.answer
    assert caplog.records[0].exc_info is not None


def test_a_question_waits_its_turn_and_is_told_how_long_the_line_is() -> None:
    limits = Limits({"questions_a_minute": 9, "waiting": 9}, at_once=1)
    source = ScriptedStream(answered())
    with limits.admit("나"):
        drawn = asking.frames(source, Inquiry(text="질문"), Run(), lambda: True, KO, admit=lambda: limits.admit("가"))
        first = next(drawn)
        assert "앞에 1개의 질문이 있습니다" in first.answer and first.running and source.asked == []
    assert [frame.running for frame in drawn] == [True, False] and limits.held == 0


def test_a_question_stopped_in_the_line_is_never_asked() -> None:
    limits, run, source = Limits({}, at_once=1), Run(), ScriptedStream(answered())
    with limits.admit("나"):
        drawn = asking.frames(source, Inquiry(text="질문"), run, lambda: True, KO, admit=lambda: limits.admit("가"))
        next(drawn)
        run.stopped.set()
        assert ["중단" in frame.answer for frame in drawn] == [True]
    assert source.asked == [] and limits.held == 0


def test_too_many_questions_are_a_kind_message() -> None:
    limits, source = Limits({"questions_a_minute": 1}), ScriptedStream(answered())
    for _ in range(2):
        drawn = list(asking.frames(source, Inquiry(text="질문"), Run(), lambda: True, KO, admit=lambda: limits.admit("가")))
    assert len(source.asked) == 1 and len(drawn) == 1
    assert "1분에 1번까지" in drawn[0].answer and "60초 뒤에" in drawn[0].answer
