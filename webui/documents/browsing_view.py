"""The library, a document, what a search found and why, and a person's uploads, as HTML in the page's language.

Pure functions. Whatever a document, a question or a file's name says is escaped; only http and https become links. What can
be pressed carries a data-do attribute, a JSON list that scripts/documents.js hands to the tab: nothing here is code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mundap.chunk import Chunk
from mundap.day import iso
from mundap.errors import MundapError
from rag.search.hit import Hit
from rag.search.retrieve import Retrieval
from webui.documents import browsing
from webui.documents.browsing import Entry, Found, Library
from webui.highlight import escape, passage
from webui.render import safe_url
from webui.uploads.collection import Progress
from webui.uploads.names import KINDS
from webui.uploads.refusal import Refused
from webui.uploads.shelf import Upload
from webui.words import Words

MB = 2**20


def listing(library: Library, found: Found, query: str, words: Words) -> str:
    """Return a page of documents, each a button that opens it."""
    if not found.total:
        return note(words("documents.browse.none"))
    told = (words("documents.browse.matched", query=query, documents=f"{found.total:,}") if query else
            words("documents.browse.found", documents=f"{found.total:,}", chunks=f"{library.chunks:,}"))
    items = "".join(_item(entry, hits, words) for entry, hits in found.entries)
    return (f'<p class="counted" role="status">{escape(told)}</p><ul class="library">{items}</ul>'
            f'{_pager("list", "", found.page, found.pages, words)}')


def document(entry: Entry, page: int, query: str, words: Words) -> str:
    """Return a document: where this is, what it is, and a page of its passages, the words looked for marked."""
    chunks, at, pages = browsing.part(entry, page)
    first = entry.chunks.index(chunks[0]) + 1
    url = safe_url(entry.url)
    amended = words("documents.browse.superseded_by", by=entry.amended) if entry.amended else (
        words("documents.browse.superseded") if entry.superseded else "")
    facts = [_time(entry.date), _span(entry.doc_type), _span(words("documents.browse.chunks", count=f"{len(entry.chunks):,}")),
             f'<strong class="amended">{escape(amended)}</strong>' if amended else "",
             f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(words("documents.browse.original"))}</a>'
             if url else ""]
    shown = "".join(_chunk(chunk, number, query, words) for number, chunk in enumerate(chunks, start=first))
    return (f'<nav class="crumbs" aria-label="{escape(words("documents.browse.path"))}">'
            f'{_button(words("documents.browse.back"), "list", "", 1)}<span aria-hidden="true">›</span>'
            f'<span aria-current="page">{escape(entry.title)}</span></nav>'
            f'<article class="opened"><header><h2 tabindex="-1">{escape(entry.title)}</h2>'
            f'<p class="meta">{"".join(facts)}</p></header>'
            f'{shown}</article>{_pager("open", entry.doc_id, at, pages, words)}')


def hits(found: Retrieval, query: str, settings: Mapping[str, Any], words: Words) -> str:
    """Return what a search found, best first, each with why; settings is the recipe's `retrieval:`."""
    head = f'<dl class="recognised">{_conditions(found, words)}</dl>'
    if not found.hits:
        return head + note(words("documents.search.none"))
    name, weight = browsing.formula(settings)
    counted = words("documents.search.found", count=len(found), ms=round(found.timings_ms.get("total", 0)))
    told = words("documents.search.weight", formula=words(f"documents.search.formula.{name}", weight=weight))
    marked = browsing.words_of(query, found.filters)
    shown = "".join(_hit(hit, marked, int(settings["candidates"]), words) for hit in found.hits)
    return f'<p class="counted" role="status">{escape(counted)} · {escape(told)}</p>{head}<ol class="hits">{shown}</ol>'


def chooser(most: int, most_bytes: int, retention_days: int, words: Words) -> str:
    """Return where files are chosen or dropped; documents.js sends them and writes what becomes of it beside."""
    if not most:
        return note(words("documents.upload.closed"))
    kinds = ", ".join(kind[1:].upper() for kind in KINDS)
    bounds = words("documents.upload.limits", kinds=kinds, mb=most_bytes // MB, most=most)
    kept = f" · {words('documents.upload.retention', days=retention_days)}" if retention_days else ""
    big, smaller = Refused("big", most_mb=most_bytes // MB).told(words)
    other, instead = Refused("kind", kind="{kind}", kinds=kinds).told(words)
    data = {"most": most_bytes, "big": big, "smaller": smaller, "kinds": " ".join(KINDS), "other": other, "instead": instead,
            "lost": words("documents.upload.lost"), "sending": words("documents.upload.sending", name="{name}")}
    held = " ".join(f'data-{name}="{escape(value)}"' for name, value in data.items())
    return (f'<div class="drop" id="upload-drop" {held}>'
            f'<p class="lede">{escape(words("documents.upload.lede"))}</p>'
            f'<p class="choose"><label for="upload-file">{escape(words("documents.upload.choose"))}</label>'
            f'<input type="file" id="upload-file" multiple accept="{",".join(KINDS)}" aria-describedby="upload-limits"> '
            f'<span class="dropped">{escape(words("documents.upload.drop"))}</span></p>'
            f'<p class="limits" id="upload-limits">{escape(bounds + kept)}</p>'
            f'<ul class="sending" id="upload-sending" aria-live="polite"></ul></div>')


def progress(one: Progress, words: Words) -> str:
    """Return how far a file is, with a bar."""
    places = {"waiting": {}, "reading": {"count": f"{one.done:,}"}, "finishing": {},
              "indexing": {"done": f"{one.done:,}", "total": f"{one.total:,}"}, "done": {"count": f"{one.done:,}"}}[one.step]
    told = words(f"documents.upload.{one.step}", name=one.name, **places)
    if one.step == "indexing" and one.rate > 0 and one.done:
        left = max(1, round((one.total - one.done) / one.rate))
        told += " · " + words("documents.upload.rate", rate=f"{one.rate:.0f}", left=f"{left:,}")
    if one.step == "done" and one.upload is not None and one.upload.left_out:
        told += " " + words("documents.upload.left_out", count=f"{one.upload.left_out:,}")
    bar = (f'<progress max="{one.total}" value="{one.done}" aria-label="{escape(told)}"></progress>' if one.step == "indexing"
           else "" if one.step == "done" else f'<progress aria-label="{escape(told)}"></progress>')
    return f'<li class="{one.step}"><span>{escape(told)}</span>{bar}</li>'


def refused(error: MundapError, words: Words) -> str:
    """Return why something was not done and what to do; words are the page's where it has some for it."""
    what, fix = error.told(words) if isinstance(error, Refused) else (error.what, error.fix)
    return _refused(error.where, what, fix, words)


def unexpected(name: str, words: Words) -> str:
    """Return the message of an error nobody planned; the server's log has the whole of it."""
    return _refused(name, words("documents.unexpected.what"), words("documents.unexpected.fix"), words)


def told(items: Sequence[str]) -> str:
    """Return progress and refusals as one list that a screen reader follows."""
    return f'<div role="status"><ul class="sending">{"".join(items)}</ul></div>' if items else ""


def uploads(found: Sequence[Upload], words: Words) -> str:
    """Return a person's uploads, each with a button that deletes it."""
    head = f'<h2>{escape(words("documents.upload.list"))}</h2>'
    if not found:
        return f'<section class="uploads">{head}{note(words("documents.upload.none"))}</section>'
    rows = "".join(
        f'<li><span class="name">{escape(one.name)}</span><span class="meta">'
        f'{_span(words("documents.upload.chunks", count=f"{one.chunks:,}"))}'
        f'{_span(size(one.size))}{_span(words("documents.upload.added", day=one.added_at[:10]))}</span>'
        + _button(words("documents.upload.delete"), "delete", one.id, 0, sure=words("documents.upload.sure", name=one.name),
                  label=words("documents.upload.delete_named", name=one.name)) + "</li>" for one in found)
    every = _button(words("documents.upload.delete_all"), "delete_all", "", 0, sure=words("documents.upload.sure_all"))
    return f'<section class="uploads">{head}<ul>{rows}</ul><p class="every">{every}</p></section>'


def note(text: str) -> str:
    """Return a quiet line."""
    return f'<p class="quiet" role="status">{escape(text)}</p>'


def size(count: int) -> str:
    """Return bytes as a person reads them."""
    return f"{count / MB:.1f} MB" if count >= MB else f"{max(1, round(count / 1024)):,} KB"


def _refused(name: str, what: str, fix: str, words: Words) -> str:
    named = f"<b>{escape(name)}</b> " if name else ""
    return (f'<li class="refused"><span role="alert">{named}{escape(what)}</span>'
            f'<small>{escape(words("documents.upload.fix"))}: {escape(fix)}</small></li>')


def _item(entry: Entry, found: int, words: Words) -> str:
    state = words("documents.browse.superseded") if entry.superseded else ""
    facts = [_time(entry.date), _span(entry.doc_type), _span(words("documents.browse.chunks", count=f"{len(entry.chunks):,}")),
             f'<span class="found">{escape(words("documents.browse.hits", count=f"{found:,}"))}</span>' if found else "",
             f'<strong class="amended">{escape(state)}</strong>' if state else ""]
    said = f'<span class="said-first">{escape(entry.said)}</span>' if entry.said else ""
    return (f'<li><button type="button" data-do="{_do("open", entry.doc_id, 1)}"><span class="name">{escape(entry.title)}</span>'
            f'{said}<span class="meta">{"".join(facts)}</span></button></li>')


def _chunk(chunk: Chunk, number: int, query: str, words: Words) -> str:
    path = " › ".join(chunk.breadcrumbs.split(" > ")[1:])
    where = words("documents.browse.chunk", number=f"{number:,}")
    return (f'<section class="chunk" aria-label="{escape(where)}"><p class="meta"><span>{escape(where)}</span>'
            f'{_span(path)}</p>{passage(chunk.text, [query] if query.strip() else (), words)}</section>')


def _hit(hit: Hit, marked: Sequence[str], depth: int, words: Words) -> str:
    chunk = hit.chunk
    title, _, path = chunk.breadcrumbs.partition(" > ")
    meta = "".join([_span(" › ".join(path.split(" > ")) if path else ""), _time(chunk.date)])
    twins = ", ".join(hit.twins)
    rows = [(words("documents.search.dense"), f"{hit.dense:.3f}", _place(hit.dense_rank, depth, words)),
            (words("documents.search.bm25"), f"{hit.bm25:.2f}",
             _place(hit.bm25_rank, depth, words) if hit.bm25 > 0 else words("documents.search.no_word")),
            (words("documents.search.fused"), f"{hit.score:.3f}", words("documents.search.rank", rank=hit.rank))]
    why = "".join(f'<div><dt>{escape(name)}</dt><dd><b>{escape(value)}</b> <span>{escape(place)}</span></dd></div>'
                  for name, value, place in rows)
    left = f'<p class="twins">{escape(words("documents.search.twins"))}: {escape(twins)}</p>' if twins else ""
    return (f'<li><p class="opens">{_button(title, "open", chunk.doc_id, 0, chunk=chunk.chunk_id)}</p>'
            f'<p class="meta">{meta}</p>{passage(chunk.text, marked, words)}'
            f'<dl class="why" aria-label="{escape(words("documents.search.why"))}">{why}</dl>{left}</li>')


def _place(rank: int, depth: int, words: Words) -> str:
    return words("documents.search.rank", rank=rank) if rank else words("documents.search.beyond", depth=depth)


def _conditions(found: Retrieval, words: Words) -> str:
    kept = ", ".join(_condition(name, values, words) for name, values in found.filters.items())
    shown = f"<div><dt>{escape(words('documents.search.filters'))}</dt>" \
            f"<dd>{escape(kept or words('documents.search.no_filters'))}</dd></div>"
    lost = ", ".join(_condition(name, values, words) for name, values in found.dropped.items())
    if lost:
        shown += f"<div><dt>{escape(words('documents.search.dropped'))}</dt><dd>{escape(lost)}</dd></div>"
    return shown


def _condition(name: str, values: Sequence[Any], words: Words) -> str:
    return f"{words.known(f'documents.filter.{name}', name)} {', '.join(map(str, values))}"


def _pager(action: str, argument: str, page: int, pages: int, words: Words) -> str:
    if pages < 2:
        return ""
    before = _button(words("documents.browse.earlier"), action, argument, page - 1, off=page == 1)
    after = _button(words("documents.browse.later"), action, argument, page + 1, off=page == pages)
    at = words("documents.browse.page", page=f"{page:,}", pages=f"{pages:,}")
    return (f'<nav class="pager" aria-label="{escape(words("documents.browse.pages"))}">{before}<span>{escape(at)}</span>'
            f"{after}</nav>")


def _button(text: str, action: str, argument: str, page: int, *, sure: str = "", label: str = "", off: bool = False,
            chunk: str = "") -> str:
    more = (f' data-sure="{escape(sure)}"' if sure else "") + (f' aria-label="{escape(label)}"' if label else "")
    return (f'<button type="button" data-do="{_do(action, argument, page, chunk)}"{more}{" disabled" if off else ""}>'
            f"{escape(text)}</button>")


def _do(action: str, argument: str, page: int, chunk: str = "") -> str:
    return escape(json.dumps([action, argument, page, chunk], ensure_ascii=False))


def _time(date: int) -> str:
    day = iso(date)
    return f'<time datetime="{day}">{day}</time>' if day else ""


def _span(text: str) -> str:
    return f"<span>{escape(text)}</span>" if text else ""
