"""What one person asks, with all that goes with it: the level, the day, the talk so far, and what is not to be filtered."""

from __future__ import annotations

from dataclasses import dataclass

MAX_QUESTION_CHARS = 500   # what the page and the endpoint take; a prompt has room for more passages than question


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A question as it was asked.

    level is a level's name, mundap.levels.AUTO to have one chosen, or "" for none. as_of (YYYYMMDD): only what held on
    that day. before are the earlier questions of the conversation as they were answered (Answer.question), oldest first.
    without names the metadata fields that are not to filter, since the asker took their chips away. top_k (passages),
    max_new_tokens and temperature are the asker's own, in place of the recipe's and the level's; None leaves theirs.
    """

    text: str
    level: str = ""
    as_of: int | None = None
    before: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()
    top_k: int | None = None
    max_new_tokens: int | None = None
    temperature: float | None = None
