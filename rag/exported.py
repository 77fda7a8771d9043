"""Answers as files to hand on: Markdown, rows of a table, JSON lines. Returns text and cells, writes nothing.

Every text a document, a question or a model wrote is escaped for Markdown, so that none of it becomes HTML, a link, a
heading or a list. Cells are plain; whoever writes them as CSV must make them harmless (mundap/csv_file.py).
Records are those of record.py with an "id" beside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mundap.korean import nfc
from rag.record import FAILED

Record = Mapping[str, Any]
# Left out of a file: they differ from run to run, and the same questions are to give the same bytes.
_UNSTABLE = ("timings_s",)
HEADER = ("번호", "질문", "답한 질문", "답변", "판정", "대조한 수", "근거", "근거 문장", "조건", "수준", "기준일", "오류")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ANYWHERE = re.compile(r"[\\`*_\[\]|~$&<>]")
_AT_START = re.compile(r"^(?:[#+=-]|[0-9]{1,9}(?=[.)]))")
_AT_END = re.compile(r"(?<!\\)#(?=#*$)")   # a heading drops them
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Renderers make links of these without any brackets.
_ADDRESS = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20})(?=:\S)|\b(www)(?=\.)")
_MAIL = re.compile(r"(?<=\S)@(?=\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the code names in English, in the reader's words: verdicts and metadata fields; what is missing stays as it is."""

    verdicts: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)

    def verdict(self, status: str) -> str:
        """Return a verdict in words."""
        return self.verdicts.get(status, "답하지 못함" if status == FAILED else status)

    def conditions(self, filters: Mapping[str, Sequence[Any]]) -> str:
        """Return the filters in force as one phrase: "회사 가온, 연도 2022·2023"."""
        return ", ".join(f"{self.fields.get(name, name)} {'·'.join(map(str, values))}" for name, values in filters.items())


def markdown(records: Sequence[Record], words: Words) -> str:
    """Return all questions and answers as a Markdown document."""
    declined = sum(one["verdict"] == "declined" for one in records)
    failures = sum(bool(one["error"]) for one in records)
    counts = [f"질문 {len(records)}개", *([f"문서에 없는 것 {declined}개"] if declined else []),
              *([f"답하지 못한 것 {failures}개"] if failures else [])]
    parts = [f"# 질문과 답변\n\n{', '.join(counts)}", *(_section(at, one, words) for at, one in enumerate(records, start=1))]
    return "\n\n".join(parts) + "\n"


def table(records: Sequence[Record], words: Words) -> list[list[str]]:
    """Return a row of cells for each record, under HEADER."""
    rows = [[str(one.get("id") or ""), one["asked"], one["question"], one["answer"], words.verdict(one["verdict"]),
             str(one["checked"]), "\n".join(f"[{cited['number']}] {cited['citation']}" for cited in one["citations"]),
             "\n".join(line for cited in one["citations"] for line in cited["lines"]), words.conditions(one["filters"]),
             one["level"], one["as_of"] or "", one["error"]] for one in records]
    return [["\n".join(_CONTROL.sub(" ", line) for line in cell.split("\n")) for cell in row] for row in rows]


def json_lines(records: Sequence[Record]) -> str:
    """Return one JSON object a line."""
    return "".join(json.dumps({name: value for name, value in one.items() if name not in _UNSTABLE}, ensure_ascii=False) + "\n"
                   for one in records)


def plain(text: str) -> str:
    """Return any text as one line of Markdown that shows just that text."""
    line = " ".join(_CONTROL.sub(" ", text).split())
    line = _MAIL.sub("＠", line)
    line = _ADDRESS.sub(lambda found: (found[1] or found[2]) + "\0", line)
    line = _ANYWHERE.sub(lambda found: _ENTITIES.get(found[0], "\\" + found[0]), line)
    line = _AT_START.sub(lambda found: found[0] + "\\" if found[0].isdigit() else "\\" + found[0], line)
    line = _AT_END.sub(r"\\#", line)
    return line.replace("\0", "\\")


def _section(at: int, one: Record, words: Words) -> str:
    lines = [f"## {at}. {plain(one['asked'])}"]
    if one["question"] != " ".join(nfc(one["asked"]).split()):
        lines.append(f"질문: {plain(one['question'])}")
    if one["error"]:
        return "\n\n".join([*lines, f"답하지 못했습니다: {plain(one['error'])}"])
    lines.append(plain(one["answer"]))
    checked = f" (수치·날짜·조항 {one['checked']}개 대조)" if one["checked"] else ""
    notes = [f"- 판정: {plain(words.verdict(one['verdict']))}{checked}"]
    reason = f" ({plain(one['level_reason'])})" if one["level_reason"] else ""
    told = (("조건", plain(words.conditions(one["filters"]))), ("수준", plain(one["level"]) + reason),
            ("기준일", one["as_of"] or ""), ("제외한 문장", f"{len(one['struck'])}개" if one["struck"] else ""))
    notes += [f"- {name}: {value}" for name, value in told if value]
    sources = [line for cited in one["citations"] for line in _source(cited)]
    nearest = [f"- {plain(found['citation'])}" for found in one["nearest"]]
    blocks = [*lines, "\n".join(notes)]
    terms = [f"- {plain(one['term'])}: {plain(one['meaning'])}" for one in one["terms"]]
    blocks += ["용어:\n\n" + "\n".join(terms)] if terms else []
    blocks += ["근거:\n\n" + "\n".join(sources)] if sources else []
    blocks += ["가장 가까이 찾은 문서:\n\n" + "\n".join(nearest)] if nearest else []
    return "\n\n".join(blocks)


def _source(cited: Mapping[str, Any]) -> list[str]:
    amended = f", 이후 정정됨: {plain(cited['amended'])}" if cited["amended"] else ""
    date = f", {cited['date']}" if cited["date"] else ""
    return [f"- \\[{cited['number']}\\] {plain(cited['citation'])}{date}{amended}",
            *(f"  - {plain(line)}" for line in cited["lines"])]
