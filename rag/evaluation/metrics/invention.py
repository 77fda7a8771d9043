"""Hallucination: what a reply says that nothing it was shown says, or that is not what was asked, each with its kind.

    figure        a figure or date that follows from no source, nor from the question or the reference
    wrong_figure  a figure of the sources that is not the one asked for, or is given another year, sign or owner; any
                  figure where the documents hold no answer
    article       제N조 … that stands nowhere, or is given as the source of what it does not say
    name          a proper name that stands nowhere
    language      letters of another script, or two foreign words running
    repetition    a sentence said again, or a block of letters three times running

Scored against the truth and whole sources, never by the verifier that gates answers. A reply that declines invents
nothing, but may switch language or run on all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from mundap.korean import nfc
from mundap.tail import TailRules, place_of, scripts_of
from rag.evaluation.asked import Gold, Reply
from rag.evaluation.metrics.articles import misattributed
from rag.evaluation.metrics.figures import wrong_figures
from rag.evaluation.metrics.names import unfounded_names
from rag.evaluation.metrics.standing import lines_of, stated, texts_of

KINDS = ("figure", "wrong_figure", "article", "name", "language", "repetition")
_FOREIGN = 2             # words running, or letters of another script: one is a name, a symbol or an abbreviation
_LATIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿĀ-ſ]+(?:['’][A-Za-zÀ-ÖØ-öø-ÿ]+)?")


def inventions(gold: Gold, reply: Reply) -> tuple[tuple[str, str], ...]:
    """Return what a reply invents as (kind, text), in the order of KINDS; texts as the reply writes them."""
    found: list[tuple[str, str]] = []
    if not reply.declined:
        claims = stated(gold, reply)
        nowhere = {one.claim.text for one in claims if one.claim.numeric and one.basis == "nowhere"}
        found += [("article" if one.claim.kind == "article" else "figure", one.claim.text)
                  for one in claims if one.basis == "nowhere"]
        found += [("wrong_figure", text) for text in wrong_figures(gold, reply) if text not in nowhere]
        found += [("article", text) for text in misattributed(gold, reply)]
        found += [("name", name) for name in unfounded_names(gold, reply)]
    found += [("language", text) for text in foreign(gold, reply)]
    found += [("repetition", text) for text in repeated(reply.text)]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: KINDS.index(one[0])))


def hallucinated(gold: Gold, reply: Reply) -> float:
    """Return 1 where a reply invents anything."""
    return float(bool(inventions(gold, reply)))


def of_kind(kind: str) -> Callable[[Gold, Reply], float]:
    """Return the metric of one kind: 1 where a reply invents something of it."""
    def invented(gold: Gold, reply: Reply) -> float:
        return float(any(one == kind for one, _ in inventions(gold, reply)))

    return invented


def foreign(gold: Gold, reply: Reply) -> tuple[str, ...]:
    """Return the pieces of a reply in a script, or in Latin words, that neither its sources nor the question hold."""
    known = "\n".join((gold.question, gold.reference, *lines_of(gold), *texts_of(reply)))
    return _foreign(nfc(reply.text), known)


@lru_cache(maxsize=256)   # each kind's metric asks anew
def _foreign(text: str, known: str) -> tuple[str, ...]:
    return (*_scripts(text, known), *_latin(text, _words(known)))


@lru_cache(maxsize=512)
def repeated(text: str) -> tuple[str, ...]:
    """Return where a reply begins to say itself again, as one piece; empty where it does not."""
    place = place_of(text, TailRules(repetition=True), final=True)
    return () if place is None else (text[place:].strip() or text,)


def _scripts(text: str, known: str) -> tuple[str, ...]:
    if not (strange := scripts_of(text) - scripts_of(known)):
        return ()
    found, run = [], ""
    for letter in f"{text}\0":
        if scripts_of(letter) & strange:
            run += letter
        elif letter != " " or not run:
            found += [run] if len(run) >= _FOREIGN else []
            run = ""
    return tuple(found)


def _latin(text: str, known: frozenset[str]) -> tuple[str, ...]:
    """Return the runs of Latin words, blanks and commas between them aside, with two words that are not known."""
    found: list[str] = []
    run: list[re.Match[str]] = []
    for match in [*_LATIN.finditer(text), None]:
        if match and run and not text[run[-1].end():match.start()].strip(" ,"):
            run.append(match)
            continue
        new = [one for one in run if len(one[0]) > 1 and one[0].casefold() not in known]
        if len(new) >= _FOREIGN:
            found.append(text[run[0].start():run[-1].end()])
        run = [match] if match else []
    return tuple(found)


@lru_cache(maxsize=512)
def _words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _LATIN.findall(text))
