"""Why a file is not taken, in the page's own words: webui/words/*/documents.yaml has a `refused` entry for each reason."""

from __future__ import annotations

from mundap.errors import MundapError
from webui.words import Words, words


class Refused(MundapError):
    """A file is not taken. reason names the words; places fills them."""

    def __init__(self, reason: str, *, name: str = "", **places: object) -> None:
        self.reason = reason
        self.name = name
        self.places = places
        what, fix = self.told(words("en"))
        super().__init__(what, where=name, fix=fix)

    def told(self, say: Words) -> tuple[str, str]:
        """Return what is wrong and what to do, in a language of the page."""
        head = f"documents.refused.{self.reason}"
        return say(f"{head}.what", **self.places), say(f"{head}.fix", **self.places)
