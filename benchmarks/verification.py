"""How many corrupted answers the verifier catches, how many true ones it strikes, and how long it takes.

    .venv/bin/python -m benchmarks.verification --samples /folder/of/samples     # or MUNDAP_SAMPLES; a minute or two
    .venv/bin/python -m benchmarks.verification                                  # the committed rows alone

Each true answer is corrupted once in every way that it has a place for. A corruption is caught when its sentence is not in the
text shown (under flag: when it is flagged); a false alarm is a true answer with a sentence struck or declined. Beside them in
the same run: mundap.grounding.check alone, and a plain check that every number of the answer stands somewhere in the passages.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.corruption import KINDS, Original
from benchmarks.verification_answers import TrueAnswer, committed
from benchmarks.verification_real import real
from mundap.grounding import check
from mundap.prompt import Passage
from mundap.question import Question, analyse
from rag.checks.evidence import find
from rag.checks.verify import Policy, verify

WAYS = ("abstain", "strike", "flag", "check alone", "plain numbers")
SENTENCES, CHUNKS, TARGET_MS = 10, 8, 20
_MARK = re.compile(r"\[\d+\]")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Case:
    """An answer to verify: kind "" and at -1 for a true one, else what was corrupted and which sentence."""

    answer: TrueAnswer
    sentences: tuple[str, ...]
    kind: str = ""
    at: int = -1


def main(argv: Sequence[str] | None = None) -> None:
    """Gather, corrupt, verify, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=Path, default=os.environ.get("MUNDAP_SAMPLES"), help="the folder of real files")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the figures here, with every miss and false alarm")
    given = parser.parse_args(argv)
    answers = committed(given.seed)
    if given.samples:
        answers += real(Path(given.samples), given.seed)
    else:
        print("No real files: give their folder by --samples or MUNDAP_SAMPLES. The committed rows alone follow.\n")
    found = measure(answers, given.seed)
    found["latency"] = latency(answers, given.seed)
    table(found)
    if given.json:
        given.json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def cases(answers: Sequence[TrueAnswer], seed: int) -> Iterator[Case]:
    """Yield every true answer, then each of its corruptions."""
    for number, answer in enumerate(answers):
        yield Case(answer, answer.sentences)
        lines = [f"{passage.head} {line}" for passage in answer.passages for line in passage.lines]
        text = " ".join(lines)
        near = [name for name in answer.others if name in text]
        original = Original(answer.sentences, lines, answer.names, near, answer.others)
        for kind, corrupt in KINDS.items():
            changed = corrupt(original, random.Random(f"{seed}:{number}:{kind}"))
            if changed and changed[1] != answer.sentences[changed[0]]:
                at, said = changed
                yield Case(answer, (*answer.sentences[:at], said, *answer.sentences[at + 1:]), kind, at)


def measure(answers: Sequence[TrueAnswer], seed: int, ways: Sequence[str] = WAYS) -> dict[str, Any]:
    """Return per way and kind the cases and those caught, the false alarms, and what was missed."""
    tried, caught = Counter[str](), {way: Counter[str]() for way in ways}
    missed: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
    spent = dict.fromkeys(ways, 0.0)
    for case in cases(answers, seed):
        kind = case.kind or "true"
        tried[kind] += 1
        question = analyse(case.answer.question, case.answer.vocabulary, case.answer.synonyms)
        for way in ways:
            started = time.perf_counter()
            failing, why = _failing(way, case, question)
            spent[way] += time.perf_counter() - started
            hit = case.at in failing if case.kind else bool(failing)
            caught[way][kind] += hit
            if hit is not bool(case.kind):
                missed[way].append(told(case, why))
    return {"answers": dict(Counter(answer.source for answer in answers)), "tried": dict(tried),
            "caught": {way: dict(caught[way]) for way in ways}, "mean_ms": {way: 1000 * spent[way] / tried.total() for way in ways},
            "wrong": missed}


def told(case: Case, why: Sequence[str]) -> dict[str, Any]:
    """Return a miss or false alarm for a person to read."""
    return {"kind": case.kind or "true", "source": case.answer.source, "question": case.answer.question,
            "true": case.answer.sentences, "said": case.sentences[case.at] if case.kind else "", "why": list(why),
            "passages": [[passage.head, *passage.lines] for passage in case.answer.passages]}


def _failing(way: str, case: Case, question: Question) -> tuple[set[int], list[str]]:
    """Return the sentences that a way does not let through, and its reasons."""
    text, passages = " ".join(case.sentences), case.answer.passages
    if way == "plain numbers":
        held = {number.replace(",", "") for passage in passages for line in (passage.head, *passage.lines)
                for number in _NUMBER.findall(line)}
        said = {number.replace(",", "") for number in _NUMBER.findall(_MARK.sub("", text))}
        return (set(), []) if said <= held else (set(range(len(case.sentences))), [])
    if way == "check alone":
        bad = [_bare(one.text) for one in check(text, passages).sentences if not one.ok]
        return {at for at, one in enumerate(case.sentences) if any(_bare(one) in part or part in _bare(one) for part in bad)}, bad
    policy: Policy = "flag" if way == "flag" else "strike" if way == "strike" else "abstain"
    verdict = verify(question, text, passages, decline_text=case.answer.decline_text, policy=policy)
    reasons = [f"{one.text} <- {one.reason}" for one in verdict.struck]
    if way == "flag":
        flagged = [_bare(one.text) for one in verdict.struck]
        return {at for at, one in enumerate(case.sentences) if any(_bare(one) in part or part in _bare(one) for part in flagged)
                }, reasons
    shown = _bare(verdict.text)
    return {at for at, one in enumerate(case.sentences) if _bare(one) not in shown}, reasons


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", _MARK.sub("", text))


def latency(answers: Sequence[TrueAnswer], seed: int, rounds: int = 200) -> dict[str, float]:
    """Return p50 and p95 in ms of verifying 10 sentences over 8 chunks; the passages were read once to prepare the question."""
    rng, taken, worked = random.Random(f"{seed}:latency"), list[float](), list[float]()
    for _ in range(rounds):
        question, text, passages, decline = _long(answers, rng)
        find(question, passages)    # what the app does before it asks the model at all
        started, begun = time.perf_counter(), time.process_time()
        verify(question, text, passages, decline_text=decline, policy="abstain")
        taken.append(1000 * (time.perf_counter() - started))
        worked.append(1000 * (time.process_time() - begun))
    told = {name: (statistics.median(times), statistics.quantiles(times, n=20)[18]) for name, times in
            (("wall", taken), ("processor", worked))}
    return {f"{name}_{cut}_ms": value for name, pair in told.items() for cut, value in zip(("p50", "p95"), pair, strict=True)}


def _long(answers: Sequence[TrueAnswer], rng: random.Random) -> tuple[Question, str, list[Passage], str]:
    """Return an answer of 10 sentences over 8 passages, joined of several answers."""
    sentences, passages = list[str](), list[Passage]()
    asked: TrueAnswer | None = None
    for answer in rng.sample(list(answers), len(answers)):
        if len(passages) + len(answer.passages) <= CHUNKS:
            asked, shift = asked or answer, len(passages)
            passages += [replace(one, number=one.number + shift) for one in answer.passages]
            sentences += [_moved(one, shift) for one in answer.sentences]
        if len(passages) == CHUNKS and len(sentences) >= SENTENCES // 2:
            break
    assert asked is not None
    many = [sentences[at % len(sentences)] for at in range(SENTENCES)]
    return analyse(asked.question, asked.vocabulary, asked.synonyms), " ".join(many), passages, asked.decline_text


def _moved(text: str, shift: int) -> str:
    return _MARK.sub(lambda mark: f"[{int(mark[0][1:-1]) + shift}]", text)


def wilson(hits: int, number: int) -> tuple[float, float]:
    """Return the 95% Wilson interval of a share."""
    if not number:
        return 0.0, 1.0
    z, share = 1.959964, hits / number
    middle = (share + z * z / (2 * number)) / (1 + z * z / number)
    half = z * math.sqrt(share * (1 - share) / number + z * z / (4 * number * number)) / (1 + z * z / number)
    return max(0.0, middle - half), min(1.0, middle + half)


def table(found: dict[str, Any], line: Callable[[str], None] = print) -> None:
    """Print the figures as Markdown."""
    tried = found["tried"]
    line(f"{tried['true']} true answers: " + ", ".join(f"{name} {number}" for name, number in found["answers"].items()) + "\n")
    line("| kind | cases | " + " | ".join(WAYS) + " |\n|---|---|" + "---|" * len(WAYS))
    kinds = [kind for kind in KINDS if tried.get(kind)]
    for kind in kinds:
        shares = [_share(found["caught"][way].get(kind, 0), tried[kind]) for way in WAYS]
        line(f"| {kind} | {tried[kind]} | " + " | ".join(shares) + " |")
    whole = sum(tried[kind] for kind in kinds)
    line(f"| all corruptions | {whole} | " + " | ".join(
        _share(sum(found["caught"][way].get(kind, 0) for kind in kinds), whole) for way in WAYS) + " |")
    line(f"| false alarms | {tried['true']} | " + " | ".join(
        _share(found["caught"][way].get("true", 0), tried["true"]) for way in WAYS) + " |")
    line("| mean time | | " + " | ".join(f"{found['mean_ms'][way]:.2f} ms" for way in WAYS) + " |")
    told = found["latency"]
    line(f"\nverify, {SENTENCES} sentences and {CHUNKS} chunks (target below {TARGET_MS} ms): p50 {told['wall_p50_ms']:.1f} ms, "
         f"p95 {told['wall_p95_ms']:.1f} ms; of processor time alone {told['processor_p50_ms']:.1f} and "
         f"{told['processor_p95_ms']:.1f} ms")


def _share(hits: int, number: int) -> str:
    low, high = wilson(hits, number)
    return f"{hits / number:.1%} ({low:.1%} to {high:.1%})"


if __name__ == "__main__":
    main()
