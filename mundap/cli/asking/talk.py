"""`mundap ask RECIPE` without a question: a talk. What a follow-up leaves out is taken from the questions before it.

Only the checked answer is printed; while it is written, a line on stderr says that it is. Works line by line from a pipe
too. Errors are told and the talk goes on; Ctrl-C stops the answer being written, Ctrl-D or /quit ends the talk.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import cast

from mundap.cli.asking.shown import FIELDS, answer_lines, source_lines, visible
from mundap.cli.asking.wishes import field_named
from mundap.cli.output import Status, result
from mundap.day import iso, read_day
from mundap.errors import ConfigError, GenerationError, MundapError, closest
from mundap.levels import AUTO, level_named
from rag.answer import Answer, Answerer, Delta
from rag.inquiry import Inquiry

_HELP = (
    "/level [초급|중급|고급|auto|off]  답의 수준 (auto: 질문을 보고 고름)",
    "/sources                       지난 답이 읽은 문서, ▶ 는 근거가 된 줄",
    "/as-of [날짜|off]              그날까지 나온 문서에서만 답함",
    "/without 조건                  질문에서 읽은 조건을 거르는 데 쓰지 않음",
    "/with 조건                     뺐던 조건을 다시 씀",
    "/reset                         지난 질문을 잊고 처음 설정으로",
    "/help                          이 도움말",
    "/quit                          마침 (Ctrl-D)")
_OFF = ("off", "없음")


class Talk:
    """A talk: the questions answered so far, and how the next is to be answered. Printing goes to `out`, line by line."""

    def __init__(self, answerer: Answerer, start: Inquiry, out: Callable[[str], None] = result) -> None:
        self._answerer = answerer
        self._start = start
        self._now = start       # text is always ""; before grows with the talk
        self._last: Answer | None = None
        self._out = out
        self._status = Status()
        self._commands: dict[str, Callable[[str], None]] = {
            "/level": self._level, "/sources": self._sources, "/as-of": self._as_of, "/without": self._without,
            "/with": self._with, "/reset": self._reset, "/help": self._help}

    def run(self, lines: Iterator[str]) -> None:
        """Take up line after line until they end or one says /quit."""
        for line in lines:
            typed = line.strip()
            if typed in ("/quit", "/exit"):
                return
            if typed:
                self.take(typed)

    def take(self, typed: str) -> None:
        """Carry out a command or answer a question; an error is told, and Ctrl-C stops the answer alone."""
        try:
            if typed.startswith("/"):
                self._command(typed)
            else:
                self._ask(typed)
        except MundapError as error:
            self._status.clear()
            for line in f"오류: {error}".splitlines():
                self._out(visible(line))
        except KeyboardInterrupt:
            self._status.clear()
            self._out("답을 멈췄습니다.")

    @property
    def prompt(self) -> str:
        """Return what stands before the cursor: the settings that differ from none, then the sign to type."""
        told = [self._now.level, f"{iso(self._now.as_of)} 기준" if self._now.as_of else "",
                *(f"{FIELDS.get(name, name)} 빼고" for name in sorted(self._now.without))]
        settings = " · ".join(part for part in told if part)
        return f"[{settings}] 질문> " if settings else "질문> "

    def _ask(self, text: str) -> None:
        self._status.show("문서를 찾는 중…")
        try:
            answer = self._answered(replace(self._now, text=text))
        finally:
            self._status.clear()
        self._last = answer
        self._now = replace(self._now, before=(*self._now.before, answer.question))
        for line in answer_lines(answer, text):
            self._out(line)
        if answer.filters:
            self._out(f"(조건을 빼려면: {', '.join(f'/without {FIELDS.get(name, name)}' for name in answer.filters)})")

    def _answered(self, inquiry: Inquiry) -> Answer:
        """Return the checked answer; leaving early cancels what the model still writes."""
        written = 0
        with contextlib.closing(cast(Generator[Delta | Answer, None, None], self._answerer.stream(inquiry))) as steps:
            for step in steps:
                if isinstance(step, Answer):
                    return step
                written += len(step.text)
                self._status.show(f"답을 쓰고 확인하는 중… {written}자")
        raise GenerationError("the model's answer ended before it was complete.", fix="Ask again.")

    def _command(self, typed: str) -> None:
        name, _, words = typed.partition(" ")
        command = self._commands.get(name)
        if command is None:
            near = closest(name, [*self._commands, "/quit"])
            self._out(visible(f"모르는 명령입니다: {name} {near}명령은 /help 로 볼 수 있습니다."))
            return
        command(words.strip())

    def _level(self, words: str) -> None:
        levels = self._answerer.levels
        if words in _OFF:
            self._now = replace(self._now, level="")
        elif words:
            if words != AUTO or not levels:
                level_named(words, levels)
            self._now = replace(self._now, level=words)
        choices = ", ".join([*levels, AUTO, "off"]) if levels else "이 설정에는 수준이 없음"
        self._out(f"수준: {self._now.level or '없음'} ({choices})")

    def _as_of(self, words: str) -> None:
        if words in _OFF:
            self._now = replace(self._now, as_of=None)
        elif words:
            self._now = replace(self._now, as_of=read_day(words, where="/as-of"))
        self._out(f"기준일: {iso(self._now.as_of) or '없음'}")

    def _without(self, words: str) -> None:
        if words:
            self._now = replace(self._now, without=self._now.without | {self._field(words, "/without")})
        self._tell_conditions()

    def _with(self, words: str) -> None:
        if not words:
            raise ConfigError("no filter is named.", where="/with", fix="Write, for example: /with company")
        self._now = replace(self._now, without=self._now.without - {self._field(words, "/with")})
        self._tell_conditions()

    def _field(self, words: str, where: str) -> str:
        return field_named(words, list(self._answerer.retriever.vocabulary), where=where)

    def _tell_conditions(self) -> None:
        used = [f"{FIELDS.get(name, name)}({name}){' 빼고' if name in self._now.without else ''}"
                for name in self._answerer.retriever.vocabulary]
        self._out(f"조건: {', '.join(used) or '없음'}")

    def _sources(self, _: str) -> None:
        for line in source_lines(self._last) if self._last else ["아직 답한 질문이 없습니다."]:
            self._out(line)

    def _reset(self, _: str) -> None:
        self._now, self._last = self._start, None
        self._out("지난 질문을 잊고 처음 설정으로 돌아갔습니다.")

    def _help(self, _: str) -> None:
        for line in _HELP:
            self._out(line)


def talk(answerer: Answerer, start: Inquiry) -> None:
    """Hold a talk over stdin until it ends.

    Raises:
        ModelError, LaunchError: the model cannot be loaded.
    """
    held = Talk(answerer, start)
    live = sys.stdin.isatty()
    if live:
        status = Status()
        status.show("모델을 불러오는 중…")
        answerer.generator.start()
        status.clear()
        result("질문을 입력하세요. /help 는 명령, Ctrl-D 는 마침입니다.")
        with contextlib.suppress(ImportError):
            import readline  # noqa: F401  # input() then has a history and an editable line
    sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]
    held.run(_typed(lambda: held.prompt if live else ""))


def _typed(prompt: Callable[[], str]) -> Iterator[str]:
    """Yield what is typed, line by line; Ctrl-C gives up the line, Ctrl-D ends."""
    while True:
        try:
            yield input(prompt())
        except EOFError:
            return
        except KeyboardInterrupt:
            result("\n(마치려면 Ctrl-D 나 /quit)")
