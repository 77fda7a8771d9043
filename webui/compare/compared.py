"""A comparison as HTML: two answers side by side with what differs marked, their shared evidence, figures, win rates.

Pure functions; they know nothing of Gradio. What is drawn before the names may be told is made of the two texts alone: no
name, time, count or verdict of a side is in it. Whatever a document, a question or a model wrote is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mundap.day import iso
from mundap.errors import MundapError
from rag.answer import Answer, Citation
from webui import labels, render
from webui.compare.comparing import Moment, Side
from webui.compare.differences import Differences, Piece, differences
from webui.domain import OWN
from webui.highlight import escape
from webui.words import Words

_CITED = re.compile(r"\s*\[(\d+)\]")
_PLACES = ("left", "right")
_AT = "pair-"   # in the references' ids: Ask's are on the same page
Numbers = Mapping[int, int]   # an answer's own citation numbers -> those shown


def sides(moment: Moment, question: str, words: Words) -> str:
    """Return both sides: drafts while they are written, then the answers with their differences."""
    left, right = moment.sides
    ended = not moment.running
    shown = differences(left.found.verdict.text, right.found.verdict.text) if ended and left.found and right.found else None
    pieces = (shown.left, shown.right) if shown else (None, None)
    order = _shared(moment)
    columns = "".join(_column(moment, at, pieces[at], order, words) for at in (0, 1))
    found = left.found or right.found
    return (f'<section class="versus"><p class="asked">{escape(question)}</p>'
            f'{_conditions(found, words) if found and (ended or moment.named) else ""}'
            f'<div class="columns">{columns}</div>{_legend(shown, words) if shown else ""}</section>')


def progress(moment: Moment, words: Words) -> str:
    """Return the line that says how far the two are."""
    said = words(f"compare.progress.{moment.state}", number=moment.turn + 1) if moment.running else words(
        f"compare.progress.{moment.state}")
    if moment.state == "done" and not moment.whole:
        said = words("compare.unvoted")
    seconds = words("compare.seconds", seconds=int(moment.seconds))
    return (f'<p class="progress{" busy" if moment.running else ""}"><span role="status">{escape(said)}</span> '
            f'<span class="elapsed" aria-hidden="true">{escape(seconds)}</span></p>')


def ahead(number: int, words: Words) -> str:
    """Return the line that says how many questions are answered before this one."""
    return f'<p class="progress busy"><span role="status">{escape(words("people.ahead", ahead=number))}</span></p>'


def evidence(moment: Moment, words: Words) -> str:
    """Return the passages both answers were made from, once, with what either rests on marked; "" while there is none."""
    found = [side.found for side in moment.sides if side.found]
    if moment.running or not found:
        return ""
    order = _shared(moment)
    cited: dict[str, Citation] = {}
    for citation in (one for answer in found for one in answer.citations):
        known = cited.get(citation.chunk.chunk_id, replace(citation, number=order[citation.chunk.chunk_id], lines=()))
        cited[citation.chunk.chunk_id] = replace(known, lines=tuple(dict.fromkeys((*known.lines, *citation.lines))))
    base = next((answer for answer in found if not answer.declined), found[0])
    text = "\n".join(_renumbered(answer.verdict.text, _numbers(answer, order)) for answer in found)
    whole = replace(base, citations=tuple(cited.values()), verdict=replace(base.verdict, text=text))
    return render.references(whole, words, at=_AT)


def note(text: str) -> str:
    """Return a quiet line of the page's own."""
    return f'<p class="note">{escape(text)}</p>'


def title(system: str, words: Words) -> str:
    """Return a system's name as people read it."""
    return words("page.own_system") if system == OWN else system


def voted(choice: str, left: str, right: str, words: Words) -> str:
    """Return what was chosen, and what the sides were; left and right are systems."""
    said = words(f"compare.voted.{choice}", left=title(left, words), right=title(right, words))
    return f'<p class="outcome" role="status">{escape(said)}</p>'


def missing(reasons: Mapping[str, str], words: Words) -> str:
    """Return the systems that cannot answer, folded, each with why."""
    if not reasons:
        return ""
    items = "".join(f"<li><b>{escape(title(name, words))}</b> {escape(why)}</li>" for name, why in reasons.items())
    summary = escape(words("compare.missing", count=len(reasons)))
    return f'<details class="lacking"><summary>{summary}</summary><ul>{items}</ul></details>'


def rates(summary: Mapping[str, Any], words: Words) -> str:
    """Return win rates with their intervals, folded. summary is rag.evaluation.opinions.human.summary's; "" without votes."""
    votes = summary.get("votes", {})
    if not votes.get("n"):
        return ""
    heads = "".join(f'<th scope="col">{escape(words(f"compare.rates.{key}"))}</th>' for key in ("pair", "questions", "won", "rate"))
    rows = "".join(_rate(pair, words) for pair in votes["pairs"])
    left = _interval("left", votes["left"], words)
    if left and not votes["left"]["low"] <= 0.5 <= votes["left"]["high"]:
        left += " " + words("compare.rates.swayed")
    name = escape(words("compare.rates.title", count=votes["n"]))
    return (f'<details class="rates"><summary>{name}</summary>'
            f'<div class="scroll" role="region" aria-label="{name}" tabindex="0"><table>'
            f'<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
            f'<p class="note">{escape(words("compare.rates.note"))}{" " + escape(left) if left else ""}</p></details>')


def _rate(pair: Mapping[str, Any], words: Words) -> str:
    name = words("compare.rates.against", first=title(pair["first"], words), second=title(pair["second"], words))
    cells = (str(pair["questions"]), f"{pair['won']} · {pair['tied']} · {pair['lost']}",
             _interval("interval", pair["win_rate"], words))
    return f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'


def _interval(key: str, of: Mapping[str, Any], words: Words) -> str:
    value = of.get("value")
    if value is None:
        return ""
    low, high = (f"{100 * of[name]:.0f}" for name in ("low", "high"))
    return words(f"compare.rates.{key}", rate=f"{100 * value:.0f}", low=low, high=high)


def _column(moment: Moment, at: int, pieces: Sequence[Piece] | None, order: Mapping[str, int], words: Words) -> str:
    side, place = moment.sides[at], words(f"compare.{_PLACES[at]}")
    name = f'<span class="whose">{escape(title(side.system, words))}</span>' if moment.named else ""
    head = f'<h3><span class="place">{escape(place)}</span>{name}</h3>'
    may_show = moment.named or not moment.running    # blind, a side that is done must not be told from one that writes
    if may_show and side.error is not None:
        box = render.error(side.error, words) if isinstance(side.error, MundapError) else render.unexpected(side.error, words)
        return f'<div class="side">{head}{box}</div>'
    if may_show and side.found is not None:
        said = pieces or (Piece(side.found.verdict.text),)
        facts = _facts(side.found, words) if moment.named else ""
        return (f'<article class="answer side">{head}<div class="said">{_said(said, _numbers(side.found, order), words)}</div>'
                f"{facts}</article>")
    if not moment.running:
        return f'<div class="side">{head}<p class="notice">{escape(words("compare.stopped"))}</p></div>'
    text = moment.shown[at]
    note = words("compare.working") if text or not moment.named else words("compare.waiting")
    drawn = _said((Piece(text),), {}, words) if text else f'<p class="notice">{escape(note)}</p>'
    return f'<article class="answer side draft" aria-busy="true">{head}<div class="said">{drawn}</div></article>'


def _conditions(found: Answer, words: Words) -> str:
    """Return what both were asked under: the filters found in the question, the day, the level."""
    parts = [f"{labels.filter_name(name, words)} {', '.join(map(str, values))}" for name, values in found.filters.items()]
    parts += [words("answer.understood.as_of", day=iso(found.as_of))] if found.as_of else []
    parts += [words("answer.understood.level", level=labels.level(found.level, words))] if found.level else []
    return f'<p class="footnote">{"".join(f"<span>{escape(part)}</span>" for part in parts)}</p>' if parts else ""


def _said(pieces: Sequence[Piece], numbers: Numbers, words: Words) -> str:
    """Return a text as paragraphs, its citations as links and its differences marked."""
    out = []
    for piece in pieces:
        tag = {"word": ('<span class="differs">', "</span>"), "figure": ('<strong class="figure">', "</strong>")}.get(piece.kind)
        lines = [_cited(line, numbers, words) for line in piece.text.split("\n")]
        out.append("\n".join(f"{tag[0]}{line}{tag[1]}" if tag and line else line for line in lines))
    return "".join(f"<p>{line}</p>" for line in "".join(out).split("\n") if line.strip())


def _cited(text: str, numbers: Numbers, words: Words) -> str:
    out, at = [], 0
    for found in _CITED.finditer(text):
        number = numbers.get(int(found[1]))
        if number is not None:
            out.append(f'{escape(text[at:found.start()])}<a class="cite" href="#ref-{_AT}{number}" '
                       f'aria-label="{escape(words("answer.citation", number=number))}">{number}</a>')
            at = found.end()
    return "".join(out) + escape(text[at:])


def _shared(moment: Moment) -> dict[str, int]:
    """Return the number each cited chunk is shown under: in the order they are cited, left before right."""
    chunks = [citation.chunk.chunk_id for side in moment.sides if side.found for citation in side.found.citations]
    return {chunk: number for number, chunk in enumerate(dict.fromkeys(chunks), 1)}


def _numbers(found: Answer, order: Mapping[str, int]) -> Numbers:
    return {citation.number: order[citation.chunk.chunk_id] for citation in found.citations}


def _renumbered(text: str, numbers: Numbers) -> str:
    return _CITED.sub(lambda found: f" [{numbers.get(int(found[1]), 0)}]", text)


def _legend(shown: Differences, words: Words) -> str:
    parts = []
    if shown.same:
        parts.append(escape(words("compare.legend.same")))
    elif not shown.alike:
        parts.append(escape(words("compare.legend.apart")))
    kinds = {piece.kind for piece in (*shown.left, *shown.right)}
    if "word" in kinds:
        parts.append(f'<span class="differs">{escape(words("compare.legend.word"))}</span>')
    if "figure" in kinds:
        parts.append(f'<strong class="figure">{escape(words("compare.legend.figure"))}</strong>')
    return f'<p class="legend">{" ".join(f"<span>{part}</span>" for part in parts)}</p>' if parts else ""


def _facts(found: Answer, words: Words) -> str:
    """Return a side's verdict, times, tokens, and the sentences that were taken out."""
    verdict, spent = found.verdict, found.timings_s
    rows = [(words("compare.facts.total"), words("answer.seconds", seconds=f"{spent.get('total', 0.0):.1f}"))]
    if "first_token" in spent:
        counted = words("compare.facts.counted", read=found.prompt_tokens, written=found.completion_tokens)
        rows += [(words("compare.facts.first_token"), words("answer.seconds", seconds=f"{spent['first_token']:.1f}")),
                 (words("compare.facts.tokens"), counted)]
    told = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows)
    notes = [words("compare.facts.not_asked")] if not found.attempts else (
        [words("compare.facts.tries", count=found.attempts)] if found.attempts > 1 else [])
    badge = f'<span class="badge {escape(verdict.status)}">{escape(labels.status(verdict.status, words))}</span>'
    checked = f'<span class="checked">{escape(words("answer.checked", count=verdict.checked))}</span>' if verdict.checked else ""
    struck = "".join(f"<li><s>{escape(one.text.strip())}</s><small>{escape(labels.reason(one.reason, words))}</small></li>"
                     for one in verdict.struck)
    folded = (f'<details class="struck"><summary>{escape(words("answer.struck", count=len(verdict.struck)))}</summary>'
              f"<ul>{struck}</ul></details>") if struck else ""
    noted = f'<p class="note">{escape(" ".join(notes))}</p>' if notes else ""
    return f'<p class="verdict">{badge}{checked}</p><dl class="spent">{told}</dl>{noted}{folded}'


def whole_of(one: Side, other: Side) -> Moment:
    """Return the moment after a vote: both sides, named."""
    return Moment(sides=(one, other), state="done", turn=1, named=True)
