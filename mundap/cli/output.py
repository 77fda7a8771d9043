"""How commands talk: results to stdout, messages to stderr."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from mundap.yaml_lines import dump


def say(line: str) -> None:
    """Print a message for the person watching."""
    print(line, file=sys.stderr, flush=True)


def result(line: str) -> None:
    """Print a line of the result."""
    print(line, flush=True)


def result_json(value: Any) -> None:
    """Print a result for a machine."""
    print(json.dumps(value, ensure_ascii=False, indent=1, default=str), flush=True)


def live() -> bool:
    """Return whether a person watches stderr on a terminal, so that a line may be redrawn."""
    return sys.stderr.isatty()


class Status:
    """A line on stderr that is drawn over while someone watches a terminal; on anything else nothing is written."""

    def __init__(self) -> None:
        self._live = live()
        self._drawn = False

    def show(self, text: str) -> None:
        """Draw a text in place of the last one."""
        if self._live:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
            self._drawn = True

    def clear(self) -> None:
        """Take the line away, so that what is printed next begins at the left."""
        if self._drawn:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
            self._drawn = False


def dry_run(values: Mapping[str, Any], command: Sequence[str]) -> None:
    """Print a resolved recipe and the command that would run, so that it can be pasted."""
    result(dump(dict(values)).rstrip())
    result("# command:")
    result("# " + shlex.join(command))


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as aligned lines; the first row is the head. Hangul takes two columns of a terminal."""
    widths = [max(_width(row[at]) for row in rows) for at in range(len(rows[0]))]
    return ["  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows]


def _width(text: str) -> int:
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
