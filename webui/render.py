"""An answer as the page shows it, as HTML: text, badge, references, what was taken out, filters, timings, errors.

Pure functions from what rag returns to text; they know nothing of Gradio. Whatever a document, a question or a model
wrote is escaped, and only http and https addresses become links.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from mundap.chunk import Chunk
from mundap.day import iso
from mundap.errors import MundapError
from mundap.prompt import Passage
from mundap.warmup import Warmup
from rag.answer import Answer, Citation
from rag.checks.verify import Struck
from rag.search.hit import Hit
from webui import labels
from webui.highlight import escape, passage
from webui.words import Words

NEAREST = 3  # passages shown for a declined answer
OTHERS = 8   # further hits that can be opened
_CITED = re.compile(r"\s*\[(\d+)\]")


def answer(found: Answer, words: Words, *, at: str = "", by: str = "") -> str:
    """Return a verified answer: badge, text with links to its references, what led to it, and a copy of it as text.

    at goes into the references' ids, where a page shows more than one answer; by names the system that answered.
    """
    verdict = found.verdict
    numbers = {citation.number for citation in found.citations}
    return (f'<article class="answer" data-status="{escape(verdict.status)}" data-say="{escape(_told(found, words))}">'
            f'<p class="asked">{escape(found.question)}</p>{_badge(found, words)}{_understood(found, words)}'
            f'<div class="said">{_paragraphs(verdict.text, numbers, words, at)}</div>'
            f"{_terms(found, words)}{_struck(verdict.struck, words)}{_footnote(found, words, by)}"
            f'<pre class="copied" hidden>{escape(copied(found, words))}</pre></article>')


def references(found: Answer, words: Words, *, at: str = "") -> str:
    """Return the passages an answer cites, marked, and what else was found; for a declined answer the nearest ones."""
    if found.declined:
        nearest = "".join(_nearest(hit, found.passages, words) for hit in found.hits[:NEAREST])
        return (_section(words("answer.nearest"), nearest, note=words("answer.nearest_note"))
                + _others(found.hits[NEAREST:], words))
    cited = {citation.chunk.chunk_id for citation in found.citations}
    shown = "".join(_citation(citation, found.verdict.text, words, at) for citation in found.citations)
    return (_section(words("answer.evidence"), shown)
            + _others([hit for hit in found.hits if hit.chunk.chunk_id not in cited], words))


def copied(found: Answer, words: Words) -> str:
    """Return an answer with its question and citations as plain text, to be pasted elsewhere."""
    lines = [found.question, "", found.verdict.text, ""]
    for citation in found.citations:
        url = safe_url(citation.chunk.metadata.get("url"))
        day, amended = iso(citation.chunk.date), words("answer.amended", by=citation.amended) if citation.amended else ""
        head = f"[{citation.number}] {citation.chunk.citation}{f' ({day})' if day else ''}"
        lines += [f"{head}, {amended}" if amended else head, *(f"    {line}" for line in citation.lines)]
        lines += [f"    {url}"] if url else []
    return "\n".join([*lines, f"({_told(found, words)})"])


def draft(question: str, text: str, note: str, words: Words) -> str:
    """Return what the model has written so far, dimmed: nothing of it is checked yet."""
    said = f'<div class="said">{_paragraphs(text, set(), words)}</div>' if text else ""
    return (f'<article class="answer draft" aria-busy="true" data-say="{escape(note)}"><p class="asked">{escape(question)}</p>'
            f'<p class="verdict"><span class="badge working">{escape(note)}</span></p>{said}</article>')


def notice(text: str, question: str = "") -> str:
    """Return a line from the page itself."""
    asked = f'<p class="asked">{escape(question)}</p>' if question else ""
    return f'<article class="answer" data-say="{escape(text)}">{asked}<p class="notice">{escape(text)}</p></article>'


def error(raised: MundapError, words: Words) -> str:
    """Return an error's message box: what happened, where, and what to do."""
    rows = [(words("answer.box.what"), raised.what), (words("answer.box.where"), raised.where),
            (words("answer.box.fix"), raised.fix)]
    return _box(labels.error_title(raised, words), rows)


def unexpected(raised: Exception, words: Words) -> str:
    """Return the message box of an error nobody planned; the server's log has the whole of it."""
    rows = [(words("answer.box.what"), f"{type(raised).__name__}: {raised}"),
            (words("answer.box.fix"), words("answer.box.see_log"))]
    return _box(words("answer.errors.unexpected"), rows)


def state(warmup: Warmup, words: Words) -> str:
    """Return the page's line about whether the model is ready."""
    if warmup.error is not None:
        return f'<p class="state failed">{escape(words("page.not_ready", what=warmup.error.what))}</p>'
    said, kind = (words("page.ready"), "ready") if warmup.is_ready() else (words("page.warming"), "busy")
    return f'<p class="state {kind}">{escape(said)}</p>'


def safe_url(url: object) -> str:
    """Return an http or https address, or an empty text for anything else."""
    text = str(url or "").strip()
    if any(ord(letter) <= 32 for letter in text):
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and parts.netloc else ""


def _badge(found: Answer, words: Words) -> str:
    verdict = found.verdict
    counted = escape(words("answer.checked", count=verdict.checked))
    checked = f'<span class="checked">{counted}</span>' if verdict.checked else ""
    badge = f'<span class="badge {escape(verdict.status)}">{escape(labels.status(verdict.status, words))}</span>'
    meaning = words.known(f"answer.meaning.{verdict.status}", "")
    return (f'<details class="verdict"><summary>{badge}{checked}</summary>'
            f'<p class="meaning">{escape(meaning)}</p></details>')


def _told(found: Answer, words: Words) -> str:
    """Return a verdict in words: the badge and how much was checked."""
    label, count = labels.status(found.verdict.status, words), found.verdict.checked
    return f"{label}, {words('answer.checked', count=count)}" if count else label


def _paragraphs(text: str, numbers: set[int], words: Words, at: str = "") -> str:
    return "".join(f"<p>{_cited(line, numbers, words, at)}</p>" for line in text.splitlines() if line.strip())


def _cited(text: str, numbers: set[int], words: Words, at: str) -> str:
    """Return a text, escaped, with [1] as a link to reference 1 where there is one."""
    out, done = [], 0
    for found in _CITED.finditer(text):
        if int(found[1]) in numbers:
            out.append(f'{escape(text[done:found.start()])}<a class="cite" href="#ref-{escape(at)}{found[1]}" '
                       f'aria-label="{escape(words("answer.citation", number=found[1]))}">{found[1]}</a>')
            done = found.end()
    return "".join(out) + escape(text[done:])


def _struck(struck: Sequence[Struck], words: Words) -> str:
    if not struck:
        return ""
    items = "".join(f"<li><s>{escape(one.text.strip())}</s><small>{escape(labels.reason(one.reason, words))}</small></li>"
                    for one in struck)
    summary = escape(words("answer.struck", count=len(struck)))
    return f'<details class="struck"><summary>{summary}</summary><ul>{items}</ul></details>'


def _terms(found: Answer, words: Words) -> str:
    """Return what the answer's terms mean, as the recipe's glossary tells it."""
    told = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(meaning)}</dd></div>" for term, meaning in found.terms)
    return f'<section class="terms"><h3>{escape(words("answer.terms"))}</h3><dl>{told}</dl></section>' if told else ""


def _understood(found: Answer, words: Words) -> str:
    """Return what was taken for granted of a question: names of the talk before, the newest year, the day, the level."""
    notes = []
    if found.carried:
        notes.append(words("answer.understood.carried", names=_joined(found.carried)))
    for name in found.assumed:
        notes.append(words("answer.understood.assumed", field=labels.filter_name(name, words),
                           values=_joined(found.filters.get(name, ()))))
    for name, values in found.dropped.items():
        notes.append(words("answer.understood.dropped", field=labels.filter_name(name, words), values=_joined(values)))
    if found.as_of:
        notes.append(words("answer.understood.as_of", day=iso(found.as_of)))
    if found.level:
        key = "answer.understood.level_why" if found.level_reason else "answer.understood.level"
        notes.append(words(key, level=labels.level(found.level, words), reason=found.level_reason))
    if found.declined and found.suggestions:
        notes.append(words("answer.understood.suggestions", names=_joined(found.suggestions)))
    return f'<ul class="understood">{"".join(f"<li>{escape(note)}</li>" for note in notes)}</ul>' if notes else ""


def _joined(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values))


def _footnote(found: Answer, words: Words, by: str) -> str:
    """Return the recognised filters, the timings and who answered, as one quiet line."""
    filters = [f"{escape(labels.filter_name(name, words))} <b>{escape(_joined(values))}</b>"
               for name, values in found.filters.items()]
    timings = [f"{name} {words('answer.seconds', seconds=f'{seconds:.1f}')}"
               for name, seconds in _timings(found.timings_s, words)]
    groups = [f'<span class="filters">{" ".join(filters)}</span>' if filters else "",
              f'<span class="timings">{escape(" · ".join(timings))}</span>' if timings else "",
              f'<span class="by">{escape(words("answer.by", system=by))}</span>' if by else ""]
    return f'<p class="footnote">{"".join(groups)}</p>' if any(groups) else ""


def _timings(timings_s: Mapping[str, float], words: Words) -> list[tuple[str, float]]:
    return [(said, timings_s[name]) for name, said in labels.part(words, "answer.timings").items() if name in timings_s]


def _section(title: str, body: str, note: str = "") -> str:
    if not body:
        return ""
    said = f'<p class="note">{escape(note)}</p>' if note else ""
    return f'<section class="references"><h2>{escape(title)}</h2>{said}{body}</section>'


def _citation(citation: Citation, text: str, words: Words, at: str) -> str:
    """Return a reference; marked are the lines the check found, and sentences of the answer that stand in it word for word.

    Prose without a figure has no line of its own in the check, so that quotation is its only mark.
    """
    number = f'<span class="number">{citation.number}</span>'
    body = passage(citation.chunk.text, [*citation.lines, *_said_of(citation.number, text)], words)
    source = _source(citation.chunk, words, citation.amended)
    return f'<article class="reference" id="ref-{escape(at)}{citation.number}">{number}{source}{body}</article>'


def _said_of(number: int, text: str) -> list[str]:
    """Return the sentences of an answer that cite a reference: what stands between one [n] and the next."""
    parts = _CITED.split(text)
    return [said.strip() for said, cited in zip(parts[::2], parts[1::2], strict=False) if int(cited) == number]


def _others(hits: Sequence[Hit], words: Words) -> str:
    """Return further hits, folded."""
    if not hits:
        return ""
    shown = "".join(_hit(hit, passage(hit.chunk.text, (), words), words) for hit in hits[:OTHERS])
    summary = escape(words("answer.others", count=len(hits[:OTHERS])))
    return f'<details class="others"><summary>{summary}</summary>{shown}</details>'


def _hit(hit: Hit, body: str, words: Words) -> str:
    found_by = escape(words("answer.found_by", by=labels.retriever(hit.retriever, words), rank=hit.rank))
    return f'<article class="reference">{_source(hit.chunk, words)}{body}<small class="found">{found_by}</small></article>'


def _nearest(hit: Hit, passages: Sequence[Passage], words: Words) -> str:
    """Return a hit with the lines the prompt quoted of it, or its own text when it was not quoted."""
    quoted = next((one.text for one in passages if one.chunk_id == hit.chunk.chunk_id), hit.chunk.text)
    return _hit(hit, passage(quoted, (), words), words)


def _source(chunk: Chunk, words: Words, amended: str = "") -> str:
    """Return where a chunk is from: title, citation without the title again, date, what amended it since, link."""
    title = chunk.breadcrumbs.split(" > ")[0]
    citation = chunk.citation.removeprefix(title).lstrip(", >") or chunk.citation
    date, url = iso(chunk.date), safe_url(chunk.metadata.get("url"))
    parts: list[Any] = [
        f'<span class="cited">{escape(citation)}</span>' if citation != title else "",
        f'<time datetime="{date}">{date}</time>' if date else "",
        f'<strong class="amended">{escape(words("answer.amended", by=amended))}</strong>' if amended else "",
        f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(words("answer.open"))}</a>' if url else ""]
    return f'<header><h3>{escape(title)}</h3><p class="meta">{"".join(parts)}</p></header>'


def _box(title: str, rows: Sequence[tuple[str, str]]) -> str:
    shown = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows if value)
    return f'<article class="answer error" role="alert"><h2>{escape(title)}</h2><dl>{shown}</dl></article>'
