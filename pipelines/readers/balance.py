"""Start and end tags that do not match, put in order without losing a character of text.

Used only after a strict parse failed. An end tag that nothing opened is dropped; an element that its parent's end
finds open is closed there; a cell or row that begins inside another of its kind closes that one first. Each is counted.
A document whose own end is missing was cut short: what it held after that is lost, and said so.
"""

from __future__ import annotations

import re

from pipelines.readers.clean import TAGS
from pipelines.readers.hardened import MAX_DEPTH

CUT_SHORT = "document cut short"
_NAMES = "|".join(sorted(TAGS, key=len, reverse=True))
_ANY_TAG = re.compile(rf"<(/?)({_NAMES})(?=[\s/>])([^<>]*)(>?)")
_EMPTY = frozenset({"COL", "PGBRK", "IMG"})  # they hold nothing, so whatever comes next is not inside them
_CELLS = frozenset({"TD", "TH", "TE", "TU"})
# What an element of this kind may not begin inside of: the nearest one is closed first, unless a stop stands between.
_CLOSES = {**dict.fromkeys(_CELLS, _CELLS), "TR": _CELLS | {"TR"}, "THEAD": frozenset({"TR"}) | _CELLS,
           "TBODY": frozenset({"TR", "THEAD"}) | _CELLS}
_STOP = frozenset({"TABLE"})


def balance(text: str) -> tuple[str, dict[str, int]]:
    """Return the text with every element closed once and in order, and what was done, by name.

    A text nested deeper than the parser accepts comes back as it is.
    """
    out: list[str] = []
    opened: list[str] = []
    made = {"end tags dropped": 0, "unclosed elements closed": 0, "unfinished tags escaped": 0}
    position = 0
    for match in _ANY_TAG.finditer(text):
        out.append(text[position : match.start()])
        position = match.end()
        ending, name, inside, finished = match.groups()
        if not finished:  # "<TD WIDTH" at the end of a cut document, or before another tag: text, not markup
            out.append("&lt;" + match[0][1:])
            made["unfinished tags escaped"] += 1
        elif not ending:
            made["unclosed elements closed"] += _close(_in_the_way(opened, name), opened, out)
            out.append(match[0])
            opened += [] if inside.endswith("/") else [name]
        elif depth := _depth(opened, name):
            made["unclosed elements closed"] += _close(depth - 1, opened, out)
            opened.pop()
            out.append(match[0])
        else:
            made["end tags dropped"] += 1
        if len(opened) > MAX_DEPTH:
            return text, {}
    out.append(text[position:])
    made[CUT_SHORT] = int("DOCUMENT" in opened)
    made["unclosed elements closed"] += _close(len(opened), opened, out)
    return "".join(out), {name: count for name, count in made.items() if count}


def _close(count: int, opened: list[str], out: list[str]) -> int:
    """Close the innermost elements; return how many."""
    out += [f"</{opened.pop()}>" for _ in range(count)]
    return count


def _depth(opened: list[str], name: str) -> int:
    """Return how many elements from the innermost up to one of this name are open; 0 when none of that name is."""
    for depth in range(1, len(opened) + 1):
        if opened[-depth] == name:
            return depth
        if opened[-depth] in _STOP and name in _CLOSES:
            return 0  # a cell's end belongs to no cell outside its own table
    return 0


def _in_the_way(opened: list[str], name: str) -> int:
    """Return how many open elements must be closed before one of this name can begin."""
    closes = _CLOSES.get(name, frozenset())
    count = 1 if opened and opened[-1] in _EMPTY else 0
    for depth in range(1, len(opened) + 1 if closes else 1):
        if opened[-depth] in _STOP:
            break
        if opened[-depth] in closes:
            count = depth
    return count
