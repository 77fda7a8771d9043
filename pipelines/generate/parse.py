"""A model's answer taken apart into question and answer pairs: strictly, or once more after one repair, or not at all.

    {"question": "보험금은 언제 지급되나요?", "answer": "제8조에 따르면 …"}      one object, or a list of them
    질문: 보험금은 언제 지급되나요?
    답변: 제8조에 따르면 …                                                    the reference project's form
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

_FORM = re.compile(r"^질문\s*[:：]\s*(.+?)\s*^답변\s*[:：]\s*(.+?)\s*(?=^질문\s*[:：]|\Z)", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^```[a-zA-Z]*\s*\n(.*?)\n?```\s*$", re.DOTALL | re.MULTILINE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_BOLD_LABEL = re.compile(r"^[\s\-#>]*(?:\d{1,2}[.)]\s*)?\**\s*(질문|답변)\s*\d{0,2}\s*\**\s*[:：]\s*\**[ \t]*", re.MULTILINE)


class Pair(NamedTuple):
    """A question and its answer, without blanks around them."""

    question: str
    answer: str


class Broken(ValueError):
    """The answer has not the form asked for; says in what."""


def parse(text: str, most: int) -> list[Pair]:
    """Return 1 to most pairs.

    Raises:
        Broken: the text has not the form, also after one repair.
    """
    try:
        return _strict(text, most)
    except Broken:
        return _strict(repaired(text), most)


def repaired(text: str) -> str:
    """Return a text without what models add around and into JSON: fences, words before and after, trailing commas.

    Labels of the 질문/답변 form lose their marks and numbers. No letter of a question or answer changes.
    """
    fenced = _FENCE.search(text)
    if fenced:
        text = fenced[1]
    starts = [at for at in (text.find("{"), text.find("[")) if at >= 0]
    end = max(text.rfind("}"), text.rfind("]"))
    if starts and end > min(starts) and '"question"' in text:
        return _without_trailing_commas(text[min(starts): end + 1])
    text = _BOLD_LABEL.sub(r"\1: ", text)
    return text[max(0, text.find("질문: ")):]


def _without_trailing_commas(text: str) -> str:
    """Return JSON without a comma before a closing bracket; what stands in quotes is left alone."""
    pieces = re.split(r'("(?:[^"\\]|\\.)*")', text)
    return "".join(piece if at % 2 else _TRAILING_COMMA.sub(r"\1", piece) for at, piece in enumerate(pieces))


def _strict(text: str, most: int) -> list[Pair]:
    text = text.strip()
    pairs = _json(text) if text[:1] in ("{", "[") else _form(text)
    if not pairs:
        raise Broken("no pair")
    if len(pairs) > most:
        raise Broken(f"{len(pairs)} pairs where {most} were asked for")
    if any(_SURROGATE.search(part) for pair in pairs for part in pair):
        raise Broken("half a character (a lone surrogate)")
    return pairs


def _json(text: str) -> list[Pair]:
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except ValueError as error:
        raise Broken(f"not JSON: {error}") from None
    except RecursionError:
        raise Broken("not JSON: nested too deeply") from None
    return [_pair(one) for one in (found if isinstance(found, list) else [found])]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise Broken("a key stands twice")
    return dict(pairs)


def _pair(found: Any) -> Pair:
    if not isinstance(found, dict) or set(found) != {"question", "answer"}:
        raise Broken("not an object of question and answer")
    question, answer = found["question"], found["answer"]
    if not isinstance(question, str) or not isinstance(answer, str) or not question.strip() or not answer.strip():
        raise Broken("question or answer is empty or no text")
    return Pair(question.strip(), answer.strip())


def _form(text: str) -> list[Pair]:
    found, at = [], 0
    for match in _FORM.finditer(text):
        if match.start() != at:
            break
        at = match.end()
        found.append(Pair(match[1].strip(), match[2].strip()))
    if at != len(text) or not found:
        raise Broken("neither JSON nor 질문: and 답변:")
    if any("답변:" in pair.answer or not pair.question or not pair.answer for pair in found):
        raise Broken("a label stands twice, or a part is empty")
    return found
