"""Where one answer ends, by its decoding: a stop string, or a rule of mundap.tail. For batches, streams and endpoints alike."""

from __future__ import annotations

from mundap.generator.decoding import Decoding, cut_at_stop, held_back
from mundap.tail import TailRules, cut, place_of, scripts_of, shown


class Ending:
    """What ends the answer to one prompt, whose text grows; prompt is what may lend it a script."""

    def __init__(self, decoding: Decoding, prompt: str) -> None:
        self._stop = decoding.stop
        self._longest = max(map(len, decoding.stop), default=0)
        self._rules = TailRules(phrases=decoding.stop_phrases, repetition=decoding.stop_repetition, script=decoding.stop_script,
                                scripts=scripts_of(prompt) if decoding.stop_script else frozenset())

    def reached(self, text: str, grown: int) -> bool:
        """Return whether an answer ends here that has just grown by some characters."""
        if not grown:
            return False
        if cut_at_stop(text[max(0, len(text) - grown - self._longest):], self._stop)[1]:
            return True
        return self._rules.any and place_of(text, self._rules, since=len(text) - grown) is not None

    def whole(self, text: str) -> str:
        """Return the answer that a text holds which grows no more."""
        return cut(cut_at_stop(text, self._stop)[0], self._rules)

    def shown(self, text: str) -> str:
        """Return how much of an answer that still grows is certain to stay."""
        return text[:min(len(text) - held_back(text, self._stop), shown(text, self._rules))]
