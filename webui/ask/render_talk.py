"""A conversation as HTML: its earlier turns, folded, each to be opened with its evidence; and its name in a list.

Pure functions like render.py's; what was asked and answered is escaped here or there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from webui import labels, render
from webui.domain import OWN
from webui.highlight import escape
from webui.storage.answers import Kept
from webui.storage.conversations import Conversation
from webui.words import Words

TURNS_SHOWN = 30
GIST_CHARS = 90


def earlier(turns: Sequence[Kept], words: Words) -> str:
    """Return the turns before the one on show, the oldest first; of a very long conversation only the last ones."""
    if not turns:
        return ""
    left = len(turns) - TURNS_SHOWN
    told = f'<p class="note">{escape(words("ask.left_out", count=left))}</p>' if left > 0 else ""
    shown = "".join(_turn(turn, words) for turn in turns[-TURNS_SHOWN:])
    return f'<section class="turns" aria-label="{escape(words("ask.earlier"))}">{told}{shown}</section>'


def last(turn: Kept, words: Words) -> tuple[str, str]:
    """Return the turn on show and its references."""
    if turn.answer is None:
        return render.notice(turn.text, turn.asked), ""
    return render.answer(turn.answer, words, by=_by(turn)), render.references(turn.answer, words)


def name(conversation: Conversation) -> str:
    """Return a conversation's name in a list: its first question, and when it was spoken in last, in the server's time."""
    at = datetime.fromisoformat(conversation.updated_at).astimezone()
    return f"{conversation.title} · {at:%Y-%m-%d %H:%M}"


def _turn(turn: Kept, words: Words) -> str:
    found, at = turn.answer, f"{turn.id[:8]}-"
    gist = " ".join(turn.text.split())
    gist = gist if len(gist) <= GIST_CHARS else f"{gist[:GIST_CHARS]}…"
    head = f'<summary><span class="question">{escape(turn.asked)}</span><span class="gist">{escape(gist)}</span></summary>'
    if found is None:
        return f'<details class="turn">{head}<div class="opened"><p class="said">{escape(turn.text)}</p></div></details>'
    copy = f'<button type="button" class="copy">{escape(words("ask.copy"))}</button>'
    return (f'<details class="turn" data-status="{escape(found.verdict.status)}">{head}<div class="opened">'
            f"<div>{render.answer(found, words, at=at, by=_by(turn))}{copy}</div>"
            f'<div class="evidence">{render.references(found, words, at=at)}</div></div></details>')


def _by(turn: Kept) -> str:
    return "" if turn.system == OWN else turn.system


def chips(turn: Kept, words: Words) -> tuple[list[tuple[str, str]], list[str]]:
    """Return a turn's filters as (label, field) to untick, those taken away before at the end; and the fields in force."""
    found, removed = turn.answer, turn.inquiry.without
    filters = found.filters if found else {}
    named = [(f"{labels.filter_name(field, words)} {', '.join(map(str, values))}", field) for field, values in filters.items()]
    return [*named, *((labels.filter_name(field, words), field) for field in sorted(removed - filters.keys()))], list(filters)
