"""`mundap ask`: one question and a talk, over a real index and with a scripted model."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mundap.cli.asking.shown import visible
from mundap.cli.asking.talk import Talk
from mundap.levels import AUTO
from rag.answer import Answer, Answerer, Delta
from rag.inquiry import Inquiry
from tests.mundap.cli import ask_world
from tests.mundap.cli.ask_world import DECLINE, RECIPE, Ask, value
from tests.rag.scripted_generator import ScriptedGenerator

ASKED = "가온누리전자의 2023년 매출액은 얼마인가요?"


def test_an_answer_is_told_with_its_conditions_and_its_lines(ask: Ask, opened: list[ScriptedGenerator]) -> None:
    code, out, err = ask(ASKED)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "조건: 회사 가온누리전자, 연도 2023", f"가온누리전자의 2023년 매출액은 {value('가온누리전자', 2023, '매출액')}입니다. [1]",
        "[1] 가온누리전자 2023 사업보고서 (2024-03-15)", f"    가온누리전자 2023년 매출액: {value('가온누리전자', 2023, '매출액')}"]
    assert opened[0].closed


def test_json_has_the_shape_that_record_py_tells(ask: Ask) -> None:
    from rag import record

    found = json.loads(ask("가온누리전자의  2023년 매출액은?", "--json")[1])
    told = re.findall(r"^    (\w+)  ", str(record.__doc__), re.MULTILINE)
    assert list(found) == told
    assert found["question"] == "가온누리전자의 2023년 매출액은?" and found["asked"] == "가온누리전자의  2023년 매출액은?"
    assert found["verdict"] == "verified" and found["checked"] == 2 and found["error"] == "" and found["nearest"] == []
    [cited] = found["citations"]
    assert cited == {"number": 1, "chunk_id": cited["chunk_id"], "citation": "가온누리전자 2023 사업보고서", "date": "2024-03-15",
                     "lines": [f"가온누리전자 2023년 매출액: {value('가온누리전자', 2023, '매출액')}"], "superseded_by": "",
                     "amended": ""}
    assert found["filters"] == {"company": ["가온누리전자"], "fiscal_year": [2023]} and found["as_of"] is None


def test_a_declined_question_is_told_what_was_nearest(ask: Ask) -> None:
    asked = "가온누리전자의 2023년 배당금은?"
    _, out, _ = ask(asked)
    assert out.splitlines()[1:] == [DECLINE, "가장 가까이 찾은 문서:", "  - 가온누리전자 2023 사업보고서"]
    assert [one["citation"] for one in json.loads(ask(asked, "--json")[1])["nearest"]] == ["가온누리전자 2023 사업보고서"]


@pytest.mark.parametrize("day", ["2023-06-30", "20230630"])
def test_as_of_answers_from_what_held_on_that_day(day: str, ask: Ask) -> None:
    asked = "나래식품의 2022년 매출액은?"
    then, now = ask(asked, "--as-of", day)[1], ask(asked)[1]
    assert "7,000백만원" in then and "8,000" not in then and "8,000백만원" in now and "7,000" not in now
    assert "기준일: 2023-06-30 (그날까지의 문서만)" in then
    assert "[1] 나래식품 2022 사업보고서 (2023-03-15), 이후 정정됨: 사업보고서 (2023-09-01)" in then
    assert json.loads(ask(asked, "--as-of", day, "--json")[1])["as_of"] == "2023-06-30"
    assert "2001-01-01에 나와 있던 문서가 없습니다." in ask(asked, "--as-of", "2001-01-01")[1]


def test_a_filter_can_be_taken_away_by_its_name_or_its_word(ask: Ask) -> None:
    for name in ("fiscal_year", "연도"):
        assert json.loads(ask(ASKED, "--without", name, "--json")[1])["filters"] == {"company": ["가온누리전자"]}
    assert json.loads(ask(ASKED, "--without", "company", "--without", "fiscal_year", "--json")[1])["filters"] == {}


@pytest.mark.parametrize(("words", "said"), [
    (("--without", "compny"), "error: --without: there is no filter 'compny'.\n  Did you mean 'company'? Filters here: "
                              "company (회사), fiscal_year (연도)."),
    (("--as-of", "2023-02-30"), "error: --as-of: there is no day '2023-02-30': day is out of range for month.\n  Write year"),
    (("--as-of", "작년"), "error: --as-of: '작년' is not a day.\n"),
    (("--level", "초금"), "error: level: there is no level '초금'.")])
def test_a_wrong_wish_is_told_before_anything_is_loaded(words: tuple[str, ...], said: str, ask: Ask,
                                                        opened: list[ScriptedGenerator]) -> None:
    code, out, err = ask(ASKED, *words)
    assert (code, out, opened) == (1, "", []) and err.startswith(said)


@pytest.mark.parametrize(("words", "said"), [
    ((), "--interactive to read"), (("",), "the question is empty"), (("질문", "--interactive"), "do not go together"),
    (("질문", "--file", "q.txt", "--out", "a.md"), "do not go together"), (("--file", "q.txt"), "needs --out"),
    (("--out", "a.md"), "needs --file"), (("--interactive", "--json"), "--json is for")])
def test_misuse_is_told(words: tuple[str, ...], said: str, ask: Ask) -> None:
    code, out, err = ask(*words)
    assert (code, out) == (2, "") and said in " ".join(err.replace("│", " ").split())


def test_a_level_is_passed_on_and_why_one_was_chosen_is_told(ask: Ask, opened: list[ScriptedGenerator]) -> None:
    assert "수준" not in ask(ASKED, "--level", "초급")[1], "the asker knows what was asked for"
    told = ask(f"쉽게 설명해 주세요. {ASKED}", "--level", AUTO)[1]
    assert "수준: 초급 (" in told and "쉽게" in told
    assert opened[0].requests[0].content.partition("\n")[0] == opened[1].requests[0].content.partition("\n")[0]
    assert "쉽게" not in ask(ASKED, "--level", "고급")[1]
    assert opened[2].requests[0].content.partition("\n")[0] != opened[0].requests[0].content.partition("\n")[0]


def test_a_document_cannot_steer_the_terminal(ask: Ask) -> None:
    out = ask("악의상사의 2023년 매출액은?")[1]
    assert "\x1b" not in out and "[31m# 제목" in out and "9백만원" in out
    assert visible("가\x1b]0;x\x07나\x9b31m\r") == "가 ]0;x 나 31m "


TALK = """\
가온누리전자의 2023년 매출액은 얼마인가요?
/sources
그럼 2022년은?

/lvel 초급
/level 상급
/level 초급
/as-of 어제
/as-of 2023-06-30
나래식품의 2022년 매출액은?
/as-of off
/level off
/without 연도
한빛바이오는?
/with 연도
/without
/with
/with x
망가진 한빛바이오의 2023년 매출액은?
/sources
/reset
/sources
/help
/quit
가온누리전자의 2023년 부채총계는?
"""


def test_a_talk_takes_every_command_and_goes_on_after_errors(ask: Ask, opened: list[ScriptedGenerator]) -> None:
    code, out, err = ask("--interactive", typed=TALK)
    assert (code, err) == (0, "") and opened[0].closed
    lines = iter(out.splitlines())

    def comes(*expected: str) -> None:
        for line in expected:
            assert line in lines, f"{line!r} does not come where it should in:\n{out}"

    comes("조건: 회사 가온누리전자, 연도 2023", "(조건을 빼려면: /without 회사, /without 연도)", "[1] 가온누리전자 2023 사업보고서",
          f"  ▶ 가온누리전자 2023년 매출액: {value('가온누리전자', 2023, '매출액')}",
          f"    가온누리전자 2023년 영업이익: {value('가온누리전자', 2023, '영업이익')}")
    comes("질문: 가온누리전자의 2022년 매출액은 얼마인가요?",
          f"가온누리전자의 2022년 매출액은 {value('가온누리전자', 2022, '매출액')}입니다. [1]")
    comes("모르는 명령입니다: /lvel Did you mean '/level'? 명령은 /help 로 볼 수 있습니다.",
          "오류: level: there is no level '상급'.", "수준: 초급 (초급, 중급, 고급, auto, off)",
          "오류: /as-of: '어제' is not a day.",
          "기준일: 2023-06-30", "기준일: 2023-06-30 (그날까지의 문서만)", "나래식품의 2022년 매출액은 7,000백만원입니다. [1]",
          "기준일: 없음", "수준: 없음 (초급, 중급, 고급, auto, off)", "조건: 회사(company), 연도(fiscal_year) 빼고")
    comes("질문: 한빛바이오의 2022년 매출액은?", "조건: 회사 한빛바이오", "조건: 회사(company), 연도(fiscal_year)",
          "조건: 회사(company), 연도(fiscal_year)", "오류: /with: no filter is named.", "오류: /with: there is no filter 'x'.",
          "오류: the model broke on this one.", "  Ask something else.")
    comes("지난 질문을 잊고 처음 설정으로 돌아갔습니다.", "아직 답한 질문이 없습니다.")
    assert list(lines)[-1].startswith("/quit"), "nothing is answered after /quit"
    assert len(opened[0].requests) == 5, "four answers and the one that broke"


def test_a_talk_hands_over_the_whole_questions_and_its_settings(opened: list[ScriptedGenerator], project: Path,
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    from mundap.recipe import load

    heard: list[Inquiry] = []
    loaded = load(project / RECIPE, kind="rag")
    with contextlib.closing(Answerer.open(loaded.values, loaded.project)) as answerer:
        stream = answerer.stream
        monkeypatch.setattr(answerer, "stream", lambda inquiry: (heard.append(inquiry), stream(inquiry))[1])
        start = Inquiry(text="", level="중급", as_of=20241231, without=frozenset({"company"}))
        talk = Talk(answerer, start, lambda line: None)
        talk.run(iter([ASKED, "그럼 2022년은?", "/level off", "/as-of off", "/with company", "그럼 2021년은?"]))
        assert talk.prompt == "질문> "
        talk.run(iter(["/reset", ASKED]))
        assert talk.prompt == "[중급 · 2024-12-31 기준 · 회사 빼고] 질문> "
    whole = tuple(ASKED.replace("2023", year) for year in ("2023", "2022"))
    assert heard[1] == Inquiry(text="그럼 2022년은?", level="중급", as_of=20241231, without=frozenset({"company"}),
                               before=whole[:1])
    assert heard[2] == Inquiry(text="그럼 2021년은?", before=whole)
    assert heard[3] == Inquiry(text=ASKED, level="중급", as_of=20241231, without=frozenset({"company"}))


def test_ctrl_c_stops_the_answer_and_not_the_talk() -> None:
    closed: list[bool] = []

    class Answering:
        def stream(self, inquiry: Inquiry) -> Iterator[Delta | Answer]:
            try:
                yield Delta(text="가온")
                raise KeyboardInterrupt
            finally:
                closed.append(True)

    out: list[str] = []
    talk = Talk(Answering(), Inquiry(text=""), out.append)  # type: ignore[arg-type]
    talk.run(iter(["하나?", "/sources", "둘?"]))
    assert out == ["답을 멈췄습니다.", "아직 답한 질문이 없습니다.", "답을 멈췄습니다."] and closed == [True, True]


@pytest.mark.slow
def test_a_talk_over_a_pipe_in_a_process_of_its_own(project: Path, child_env: dict[str, str]) -> None:
    ask_world.build(project)
    done = subprocess.run([sys.executable, "-m", "tests.mundap.cli.ask_world", "0", "4", "ask", RECIPE, "--interactive"],
                          input=f"{ASKED}\n그럼 2022년은?\n", cwd=project, env=child_env, capture_output=True, text=True,
                          timeout=100)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "질문> " not in done.stdout, "no prompt for a pipe"
    assert value("가온누리전자", 2023, "매출액") in done.stdout and value("가온누리전자", 2022, "매출액") in done.stdout
