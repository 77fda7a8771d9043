"""Judgements as rows: one a prompt and answer at most, the majority's where raters differ, everything else a reject.

Every column but kto_tag is text: what LLaMA-Factory reads, then where the row is from, which it passes over. Rows in =
rows out + rejects, where a row in is one correction, one rating or one vote. Personal data is masked in rows and rejects:
people type their own numbers into questions, and others' into corrections.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mundap.grounding import figures
from pipelines.flywheel.judgement import Judgements, Rated, Shown, Thresholds, Voted
from pipelines.flywheel.screen import Screen, Wrong, cited
from pipelines.quality.personal_data import masked
from pipelines.rejects import Rejects

Kind = Literal["sft", "kto", "dpo"]
KINDS: tuple[Kind, ...] = ("sft", "kto", "dpo")
Row = Mapping[str, Any]
DETAIL = 80   # characters of a reject's detail
_PROMPT = {"prompt": "instruction", "query": "input", "system": "system"}
# How dataset_info.json has LLaMA-Factory read each kind.
ENTRIES: Mapping[Kind, Mapping[str, Any]] = {
    "sft": {"columns": _PROMPT | {"response": "output"}},
    "kto": {"columns": _PROMPT | {"response": "output", "kto_tag": "kto_tag"}},
    "dpo": {"ranking": True, "columns": _PROMPT | {"chosen": "chosen", "rejected": "rejected"}},
}


@dataclass(slots=True)
class Made:
    """The rows of one kind, and what became of the judgements that made none. masked counts places with personal data."""

    kind: Kind
    rows: list[Row] = field(default_factory=list)
    rejects: Rejects = field(default_factory=Rejects)
    masked: int = 0
    _ids: set[str] = field(default_factory=set)

    def drop(self, wrong: Wrong, shown: Shown) -> None:
        """Count a judgement that makes no row. Its detail is masked before it is cut: half a number is not recognised."""
        self.rejects.add(wrong[0], part=self.kind, subject=shown.id, detail=masked(wrong[1])[0][:DETAIL])

    def keep(self, prefix: str, shown: Shown, texts: Mapping[str, Any], judged: Rated | Voted, raters: int, **more: str) -> None:
        """Add the row of an answer. texts is what is trained on besides the prompt, more what else is told of the row."""
        safe, places = _all_masked({"instruction": shown.instruction, "input": shown.input, **texts,
                                    "system": shown.system_message, "question": shown.question})
        row = _row(f"{prefix}-{self.kind}", safe, shown, judged, raters) | more
        if row["id"] in self._ids:
            self.drop(("duplicate", "another row differs in masked personal data alone"), shown)
            return
        self._ids.add(row["id"])
        self.masked += places
        self.rows.append(row)

    @property
    def labels(self) -> tuple[int, int]:
        """Return how many KTO rows are examples to follow, and to avoid; KTO needs both."""
        good = sum(row.get("kto_tag") is True for row in self.rows)
        return good, len(self.rows) - good


def make(judgements: Judgements, screen: Screen, thresholds: Thresholds, prefix: str) -> dict[Kind, Made]:
    """Return every kind's rows. prefix begins each row's id."""
    made = {"sft": _corrections(judgements.corrections, screen, prefix),
            "kto": _ratings(judgements.ratings, screen, thresholds, prefix),
            "dpo": _votes(judgements.votes, screen, prefix)}
    for one in made.values():
        assert one.rejects.tried == len(one.rows) + len(one.rejects), (one.kind, one.rejects.tried)
    return {kind: made[kind] for kind in KINDS}


def _corrections(given: Sequence[Rated], screen: Screen, prefix: str) -> Made:
    """Return the newest correction of each prompt; where corrections state different figures, the majority's."""
    made = Made("sft")
    by_prompt: dict[object, list[tuple[Rated, str]]] = {}
    for one in given:
        made.rejects.attempt()
        text = cited(one.corrected.strip(), one.shown.passages)
        wrong = screen.prompt(one.shown, text)
        wrong = wrong if wrong[0] else screen.example(one.shown, text)
        if wrong[0]:
            made.drop(wrong, one.shown)
        else:
            by_prompt.setdefault(one.shown.prompt, []).append((one, text))
    for group in by_prompt.values():
        stated = [(one, frozenset((claim.value, claim.unit) for claim in figures(text))) for one, text in group]
        agreed = _majority([(one.rater, said) for one, said in stated])
        kept = [entry for entry, (_, said) in zip(group, stated, strict=True) if agreed == [said]]
        for one, text in group:
            if (one, text) not in kept:
                made.drop(("contradicted", text), one.shown)
        for one, _ in kept[:-1]:
            made.drop(("duplicate", "a later correction of the same prompt was kept"), one.shown)
        for one, text in kept[-1:]:
            made.keep(prefix, one.shown, {"output": text}, one, len(kept))
    return made


def _ratings(given: Sequence[Rated], screen: Screen, thresholds: Thresholds, prefix: str) -> Made:
    """Return each answer once, true or false as most of its raters have it."""
    made = Made("kto")
    by_answer: dict[object, list[tuple[Rated, bool]]] = {}
    for one in given:
        made.rejects.attempt()
        good, text = one.score >= thresholds.good, one.shown.text.strip()
        if not good and one.score > thresholds.bad:
            made.drop(("undecided", f"score {one.score}"), one.shown)
            continue
        wrong = screen.prompt(one.shown, text)
        if good and not wrong[0]:
            wrong = screen.example(one.shown, text)
        if wrong[0]:
            made.drop(wrong, one.shown)
        else:
            by_answer.setdefault((one.shown.prompt, text), []).append((one, good))
    for group in by_answer.values():
        agreed = _majority([(one.rater, good) for one, good in group])
        kept = [one for one, good in group if agreed == [good]]
        _drop_the_rest(made, [one for one, _ in group], kept)
        for one in kept[-1:]:
            answer = {"output": one.shown.text.strip(), "kto_tag": agreed[0]}
            made.keep(prefix, one.shown, answer, one, len(kept), score=str(one.score))
    return made


def _votes(given: Sequence[Voted], screen: Screen, prefix: str) -> Made:
    """Return each pair of answers once, the better one first as most of its raters have it."""
    made = Made("dpo")
    by_pair: dict[object, list[tuple[Voted, str]]] = {}
    for one in given:
        made.rejects.attempt()
        better, worse = _sides(one)
        wrong = _no_pair(one, screen)
        if wrong[0]:
            made.drop(wrong, better)
        else:
            pair = frozenset((better.text.strip(), worse.text.strip()))
            by_pair.setdefault((better.prompt, pair), []).append((one, better.text.strip()))
    for group in by_pair.values():
        agreed = _majority([(one.rater, text) for one, text in group])
        kept = [one for one, text in group if agreed == [text]]
        _drop_the_rest(made, [one for one, _ in group], kept)
        for one in kept[-1:]:
            better, worse = _sides(one)
            texts = {"chosen": better.text.strip(), "rejected": worse.text.strip()}
            made.keep(prefix, better, texts, one, len(kept), rejected_id=worse.id, rejected_by=worse.answered_by,
                      rejected_model=worse.model)
    return made


def _no_pair(one: Voted, screen: Screen) -> Wrong:
    """Return why a vote makes no row: the two must answer one prompt, and the better one must be worth following."""
    better, worse = _sides(one)
    if one.winner == "tie":
        return "tie", better.question
    if better.prompt != worse.prompt:
        return "other_prompt", better.question
    if better.text.strip() == worse.text.strip():
        return "same_answer", better.text
    wrong = screen.prompt(better, better.text, worse.text)
    wrong = wrong if wrong[0] else screen.prompt(worse, worse.text)
    return wrong if wrong[0] else screen.example(better, better.text.strip())


def _sides(one: Voted) -> tuple[Shown, Shown]:
    return (one.right, one.left) if one.winner == "right" else (one.left, one.right)


def _drop_the_rest(made: Made, group: Sequence[Rated] | Sequence[Voted], kept: Sequence[Rated] | Sequence[Voted]) -> None:
    """Count those of a group that the majority overruled, and those that say again what the newest says."""
    for one in group:
        shown = one.shown if isinstance(one, Rated) else _sides(one)[0]
        if one not in kept:
            made.drop(("contradicted", shown.text), shown)
        elif one is not kept[-1]:
            made.drop(("duplicate", "a later judgement of the same answer was kept"), shown)


def _majority(said: Iterable[tuple[str, Any]]) -> list[Any]:
    """Return what most raters say, alone in a list; empty where as many say otherwise. A rater's last word counts."""
    last = dict(said)
    counts: dict[Any, int] = {}
    for word in last.values():
        counts[word] = counts.get(word, 0) + 1
    most = max(counts.values())
    return found if len(found := [word for word, count in counts.items() if count == most]) == 1 else []


def _all_masked(texts: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Return columns with their texts masked, and the number of places."""
    safe, places = dict[str, Any](), 0
    for column, value in texts.items():
        safe[column], found = masked(value) if isinstance(value, str) else (value, 0)
        places += found
    return safe, places


def _row(prefix: str, texts: Mapping[str, Any], shown: Shown, judged: Rated | Voted, raters: int) -> dict[str, Any]:
    """Return a row: what is trained on, then where it is from."""
    told = json.dumps(texts, ensure_ascii=False)
    return {"id": f"{prefix}-{hashlib.sha256(told.encode()).hexdigest()[:12]}", "kind": "feedback", **texts, "level": shown.level,
            "chunk_ids": json.dumps([passage.chunk_id for passage in shown.passages], ensure_ascii=False),
            "answer_id": shown.id, "answered_by": shown.answered_by, "model": shown.model, "rater": judged.rater,
            "judged_at": judged.at, "judgements": str(raters)}


def rows_text(rows: Sequence[Row]) -> str:
    """Return rows as a JSON array, one row a line."""
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n" if rows else "[]\n"
