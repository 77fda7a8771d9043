"""An answer as the lines of a terminal. Whatever wrote a text, it cannot move the cursor or colour the screen."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from mundap.day import iso
from mundap.korean import nfc
from rag.answer import Answer
from rag.exported import Words
from rag.record import nearest
from webui import labels
from webui.words import words

KOREAN = words("ko")   # a terminal has no language to choose
FIELDS = labels.part(KOREAN, "answer.fields")
WORDS = Words(verdicts=labels.part(KOREAN, "answer.status"), fields=FIELDS)
_MARKED, _PLAIN = "▶ ", "  "


def answer_lines(answer: Answer, asked: str) -> list[str]:
    """Return an answer and its evidence; what was understood of the question comes first, where there is such."""
    lines = []
    if answer.question != " ".join(nfc(asked).split()):
        lines.append(f"질문: {answer.question}")
    lines += conditions(answer)
    lines += answer.text.splitlines()
    if answer.verdict.struck and not answer.declined:
        lines.append(f"(근거와 맞지 않는 문장 {len(answer.verdict.struck)}개를 뺐습니다.)")
    if answer.declined and answer.hits:
        lines += ["가장 가까이 찾은 문서:", *(f"  - {chunk.citation}" for chunk in nearest(answer))]
    elif answer.declined:
        lines.append(f"{iso(answer.as_of)}에 나와 있던 문서가 없습니다." if answer.as_of else "찾은 문서가 없습니다.")
    if answer.declined and answer.suggestions:
        lines.append(f"혹시 이 이름인가요? {', '.join(answer.suggestions)}")
    lines += [f"용어: {term} = {meaning}" for term, meaning in answer.terms]
    for citation in answer.citations:
        lines += [f"[{citation.number}] {citation.label}", *(f"    {line}" for line in citation.lines)]
    return [visible(line) for line in lines]


def conditions(answer: Answer) -> list[str]:
    """Return what narrowed the answer: filters in force, the day, and a level that was chosen for the asker."""
    told = (("조건", WORDS.conditions(answer.filters)),
            ("이어받음", ", ".join(answer.carried)),
            ("질문에 없어 가장 최근으로", ", ".join(FIELDS.get(name, name) for name in answer.assumed)),
            ("맞는 문서가 없어 뺀 조건", WORDS.conditions(answer.dropped)),
            ("기준일", f"{iso(answer.as_of)} (그날까지의 문서만)" if answer.as_of else ""),
            ("수준", f"{answer.level or '없음'} ({answer.level_reason})" if answer.level_reason else ""))
    return [f"{name}: {value}" for name, value in told if value]


def source_lines(answer: Answer) -> list[str]:
    """Return every passage the model read, the lines that carry the answer marked."""
    if not answer.passages:
        return ["찾은 문서가 없습니다."]
    cited = {citation.number: citation.lines for citation in answer.citations}
    lines = []
    for passage in answer.passages:
        lines.append(f"[{passage.number}] {passage.head}{'' if passage.number in cited else ' (인용하지 않음)'}")
        marked: Sequence[str] = cited.get(passage.number, ())
        lines += [f"  {_MARKED if line in marked else _PLAIN}{line}" for line in passage.lines]
    return [visible(line) for line in lines]


def visible(text: str) -> str:
    """Return text without control characters: a document must not steer the terminal."""
    return "".join(letter if unicodedata.category(letter) != "Cc" else " " for letter in text)
