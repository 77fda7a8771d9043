"""Which heads really open a part, and the parts they make: the document cut into articles, annexes and what lies between.

An article opens only when its number goes on from the last one of the same contract, or begins a new contract at 1;
headings that the source marks itself (Markdown) are believed. Numbers restart in each contract, in 부칙, and run freely
in an appendix of statutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipelines.terms.heads import Head, is_law_zone
from pipelines.terms.source_lines import SourceLines

PartKind = Literal["front", "article", "annex", "text"]
ContractKind = Literal["보통약관", "특별약관", "법령"]

_MAX_GAP = 12           # articles that may be missing between two headings
_NEAR_LINES = 60        # a contract's name stands at most so many lines before its first heading
_CONTENTS_RUN = 5       # headings on neighbouring lines that make a contents page
_RANKS = "편장절관"
_ANNEX_TITLES = ("별표", "별지", "부표", "서식")


@dataclass(slots=True, kw_only=True)
class Part:
    """A stretch of lines under one heading. start..end are body lines; rest is body text on the heading's line.

    contract is the name of the contract or law it belongs to ("" before the first), divisions the headings between,
    label its own heading ("" for text that follows a division or a contract's name directly).
    """

    kind: PartKind
    contract: str
    contract_kind: ContractKind
    divisions: tuple[str, ...]
    label: str
    at: int
    start: int
    end: int
    rest: str = ""
    number: tuple[int, int] = (0, 0)
    title: str = ""
    old_style: bool = False
    supplement: str = ""
    scope: int = 0     # numbers the stretches within which an article's number stands once


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A line with a heading's form that opens nothing, and why."""

    line: int
    text: str
    reason: str


@dataclass(slots=True, kw_only=True)
class Outline:
    """The parts in order, heads refused, lines of contents pages, and what was taken off headings (amendment marks)."""

    parts: list[Part] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    contents: set[int] = field(default_factory=set)
    trimmed: int = 0


def outline(lines: SourceLines, found: Sequence[Head], *, statute: bool = False) -> Outline:
    """Return the document's parts. statute: the whole document is a law, not a contract."""
    return _Outliner(lines, found, statute).run()


class _Outliner:
    def __init__(self, lines: SourceLines, found: Sequence[Head], statute: bool) -> None:
        self.lines = lines
        self.made = Outline()
        self.statute = statute
        self.made.contents = _contents_lines(found)
        self.heads = [head for head in found if head.at not in self.made.contents]
        self.by_hash = any(head.sure and head.kind == "article" for head in self.heads)
        self.contract, self.kind = "", "법령" if statute else "보통약관"
        self.divisions: list[tuple[str, str, int]] = []   # unit, label, number
        self.supplement = ""
        self.last: tuple[int, int] = (0, 0)
        self.style = ""
        self.scope = 0
        self.base: tuple[str, str, int] | None = None      # the first contract's name, kind and scope
        self.pending: list[Head] = []
        self.law_zone = False
        self.restarted = False    # a division began again at 1 since the last article

    def run(self) -> Outline:
        self._open("front", "", 0, 0)
        self.zones = [at for at, text in enumerate(self.lines.texts) if len(text) < 40 and "법" in text and is_law_zone(text)]
        for place, head in enumerate(self.heads):
            while self.zones and self.zones[0] <= head.at:
                self.law_zone = True
                self.zones.pop(0)
            getattr(self, f"_{head.kind}")(place, head)
        self.made.parts[-1].end = len(self.lines.texts)
        return self.made

    def _open(self, kind: PartKind, label: str, at: int, start: int, head: Head | None = None) -> None:
        if self.made.parts:
            self.made.parts[-1].end = at
        part = Part(kind=kind, contract=self.contract, contract_kind=self.kind,  # type: ignore[arg-type]
                    divisions=tuple(name for _, name, _ in self.divisions), label=label, at=at, start=start, end=start,
                    supplement=self.supplement, scope=self.scope)
        if head is not None:
            part.rest, part.number, part.title = head.rest, head.number, head.title
            part.old_style = head.style == "old"
            self.made.trimmed += sum(map(len, head.amended.split()))
        self.made.parts.append(part)
        self.pending = [name for name in self.pending if name.at >= start]

    def _refuse(self, head: Head, reason: str) -> None:
        self.made.refused.append(Refused(line=self.lines.numbers[head.at], text=self.lines.texts[head.at][:80], reason=reason))

    def _start_contract(self, head: Head, kind: str = "") -> None:
        self.contract = head.title or head.label
        special = "특별약관" in self.contract or "특약" in self.contract
        self.kind = kind or ("법령" if self.statute else "특별약관" if special else "보통약관")
        self.divisions, self.supplement, self.last, self.style = [], "", (0, 0), ""
        self.scope += 1
        self.restarted = False
        if self.kind == "보통약관":
            self.base = self.base or (self.contract, self.kind, self.scope)
        self._open("text", "", head.at, head.end)
        self.made.trimmed += sum(map(len, head.amended.split())) + _ink(self.lines.texts[head.at:head.end], head)

    def _contract(self, place: int, head: Head) -> None:
        if head.sure and head.title in _ANNEX_TITLES:      # "# 별표" after the riders: the main contract's again
            self.contract, self.kind, self.scope = self.base or (self.contract, self.kind, self.scope)
            self.divisions, self.supplement = [("#", head.label, head.depth)], ""
            self._open("text", "", head.at, head.end)
        elif head.sure:
            self._start_contract(head)
        else:
            self.pending.append(head)

    def _heading(self, place: int, head: Head) -> None:
        if head.title in _ANNEX_TITLES or self.statute or not self.divisions:
            self.divisions = [("#", head.label, head.depth)] if not self.divisions or head.depth <= 2 else self.divisions
        else:
            self.divisions = [one for one in self.divisions if one[0] != "#"] + [("#", head.label, head.depth)]
        self._open("text", "", head.at, head.end)

    def _law(self, place: int, head: Head) -> None:
        following = self.heads[place + 1] if place + 1 < len(self.heads) else None
        near = following is not None and following.at - head.end <= 3 and following.kind in ("article", "division")
        if near and (self.law_zone or head.label[0] in "「『"):
            self._start_contract(head, "법령")
            self.law_zone = True

    def _supplement(self, place: int, head: Head) -> None:
        previous, at = self.made.parts[-1], head.at
        if previous.label == "" and previous.kind == "text" and self.supplement and previous.start == head.at:
            self.made.trimmed += _all_ink(self.supplement)    # "## 부칙" above "부칙 <제471호, 1958.2.22>"
            at = self.made.parts.pop().at
        self.supplement = " ".join(head.label.split())
        self.divisions, self.last, self.style = [], (0, 0), ""
        self.scope += 1
        self._open("text", "", at, head.end)

    def _annex(self, place: int, head: Head) -> None:
        self._open("annex", head.label, head.at, head.end, head)

    def _division(self, place: int, head: Head) -> None:
        number = head.number
        if not head.sure:
            if self.by_hash and not self.supplement:
                return self._refuse(head, "not marked as a heading")
            before = next((one for one in reversed(self.divisions) if one[0] == head.unit), None)
            if number[0] == 1 and not number[1] and self._take_pending(head):
                before = None
            elif number[0] != 1 and not number[1] and before is not None and number[0] != before[2] + 1:
                return self._refuse(head, f"{head.unit} {number[0]} after {before[2]}")
        units = [unit for unit, _, _ in self.divisions]
        if head.unit in units:
            self.divisions = self.divisions[: units.index(head.unit)]
        elif head.sure or self.statute:
            rank = _RANKS.index(head.unit)
            self.divisions = [one for one in self.divisions if one[0] in _RANKS and _RANKS.index(one[0]) < rank]
        else:
            self.divisions = [one for one in self.divisions if one[0] != "#"]
        self.divisions.append((head.unit, head.label, number[0]))
        self.restarted = self.restarted or number == (1, 0)
        self._open("text", "", head.at, head.end)
        self.made.trimmed += _all_ink(head.amended)

    def _take_pending(self, head: Head) -> bool:
        """Open the contracts whose names stand shortly before a first heading; return whether there were any."""
        near: list[Head] = []
        reach = head.at
        for candidate in reversed(self.pending):
            if reach - candidate.end > _NEAR_LINES:
                break
            near.append(candidate)
            reach = candidate.at
        self.pending = []
        if self.last == (0, 0) and self.made.parts[-1].kind == "text" and self.contract and not near:
            return False
        for candidate in reversed(near):
            self._start_contract(candidate)
        if near:
            self.law_zone = False
        return bool(near)

    def _article(self, place: int, head: Head) -> None:
        if head.sure:
            reason = ""
        elif self.by_hash and not self.supplement:
            reason = "not marked as a heading"
        else:
            reason = self._unfit(place, head)
        if reason:
            return self._refuse(head, reason)
        self.last, self.style = head.number, head.style
        self.pending, self.restarted = [], False
        self._open("article", head.label, head.at, head.end, head)

    def _unfit(self, place: int, head: Head) -> str:
        """Return why an article's number does not fit here, or "" after making it fit (a new contract)."""
        number, last = head.number, self.last
        if number == (1, 0) and last != (0, 0) or number == (1, 0) and self.pending:
            return self._restart(head)
        if self.style and head.style != self.style:
            return f"numbered {head.style}, the articles here {self.style}"
        if last == (0, 0) and self.style == "" and head.style != "제" and number != (1, 0):
            return "no first article before it"
        if self.kind == "법령" and self.law_zone and head.style == "제" and head.title:
            return "" if number > last else "numbers go back"
        if follows(last, number):
            return ""
        if number <= last:
            return f"제{number[0]}조 after 제{last[0]}조"
        if self.supplement and not self.lines.wrapped:    # "제2조부터 제20조까지 생략" stands between
            return ""
        if number[0] - last[0] > _MAX_GAP or not self._sentence_over(head.at):
            return f"제{number[0]}조 after 제{last[0]}조"
        for later in self.heads[place + 1: place + 40]:
            if later.kind == "article" and later.style == head.style:
                if later.number == (1, 0):
                    break
                if follows(last, later.number):
                    return f"제{number[0]}조 before 제{later.number[0]}조"
        return ""

    def _restart(self, head: Head) -> str:
        if self._take_pending(head):
            return ""
        if self.last == (0, 0):
            return ""
        if self.restarted:    # 제1관 came back without a name before it
            self.scope += 1
            self.last = (0, 0)
            return ""
        before = self.lines.texts[head.at - 1] if head.at > self.made.parts[-1].start else ""
        if head.style == "제" and 2 <= len(before) <= 50 and before[-1] not in ".," and self._sentence_over(head.at - 1):
            named = Head(kind="contract", at=head.at - 1, end=head.at, label=before, title=before)
            self._start_contract(named)
            return ""
        return "a first article with no contract's name before it"

    def _sentence_over(self, at: int) -> bool:
        return at <= 0 or not self.lines.wrapped or self.lines.texts[at - 1][-1] in ".)]>」다음표|】" or \
            self.lines.pages[at - 1] != self.lines.pages[at]


def follows(last: tuple[int, int], number: tuple[int, int]) -> bool:
    """Return whether an article's number is the next one: 3 -> 4, 3 -> 3의2, 3의2 -> 3의3, 3의2 -> 4."""
    if number[1] == 0:
        return number[0] == last[0] + 1
    return number[0] == last[0] and number[1] in (last[1] + 1, 2 if last[1] < 2 else 0)


def _contents_lines(found: Sequence[Head]) -> set[int]:
    """Return the lines of contents pages without leaders: runs of headings on neighbouring lines that all come again."""
    articles = [head for head in found if head.kind == "article" and not head.sure]
    lines: set[int] = set()
    run: list[Head] = []
    for head in [*articles, None]:
        bare = head is not None and (not head.rest or head.rest.strip(" .·…").isdigit())
        if head is not None and bare and (not run or head.at == run[-1].end):
            run.append(head)
            continue
        if len(run) >= _CONTENTS_RUN:
            later = {(one.number, "".join(one.title.split())) for one in articles if one.at > run[-1].at}
            if all((one.number, "".join(one.title.split())) in later for one in run):
                lines.update(line for one in run for line in range(one.at, one.end))
        run = [head] if head is not None and bare else []
    return lines


def _all_ink(text: str) -> int:
    return sum(map(len, text.split()))


def _ink(texts: Sequence[str], head: Head) -> int:
    """Return how many characters of a contract's heading are neither its name nor its amendment mark: "□", "<>"."""
    return _all_ink(" ".join(texts)) - _all_ink(head.title or head.label) - _all_ink(head.amended)
