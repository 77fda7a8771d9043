"""True answers to verify: of the committed rows, and worded here from real filings, statutes, terms and tables.

A fact is worded in several ways by code of its own, exact decimals throughout: its printed value, other units, rounded with
약, a loss as △, in brackets or by the word 손실, and with the year before and the rate of change computed here.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from mundap.prompt import Passage
from mundap.synonyms import load_synonyms

ROOT = Path(__file__).resolve().parent.parent
COMMITTED = {"dart": 110, "demo": 40, "insurance": 90, "civil_law": 25, "hira": 35}
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[^\[\s])|(?<=\])\s+(?=[^\[\s])")
_BLOCK = re.compile(r"^\[(\d)\] (.*)$")
WON = {"원": 1, "천원": 1_000, "백만원": 1_000_000, "억원": 100_000_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueAnswer:
    """An answer that is true of its passages. names are those it is about; others are names of the same kind elsewhere."""

    source: str
    question: str
    sentences: tuple[str, ...]
    passages: tuple[Passage, ...]
    decline_text: str
    names: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    vocabulary: Mapping[str, Sequence[str | int]] = field(default_factory=dict)
    synonyms: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Return the answer as a model writes it."""
        return " ".join(self.sentences)


def committed(seed: int, share: float = 1.0) -> list[TrueAnswer]:
    """Return answers of the committed rows, training and held-out parts alike; some with their figure worded anew."""
    made = []
    for name, wanted in COMMITTED.items():
        rng = random.Random(f"{seed}:{name}")
        rows = [row for part in ("", "_eval") for row in json.loads((ROOT / f"datasets/{name}{part}.json").read_text("utf-8"))]
        found = {field: sorted({part for row in rows for part in str(row[field] or "").split(", ") if part})
                 for field in ("company", "fiscal_year")}
        vocabulary = {"product" if name == "insurance" else "company": found["company"],
                      "fiscal_year": [int(year) for year in found["fiscal_year"]]}
        decline = next((row["output"] for row in rows if row["kind"] == "unanswerable"), "문서에 해당 내용이 없습니다.")
        synonyms = load_synonyms("configs/prompts/demo/synonyms.yaml", ROOT) if name in ("dart", "demo") else {}
        rows = [row for row in rows if row["kind"] != "unanswerable"]
        for row in rng.sample(rows, min(len(rows), round(wanted * share))):
            output = _reworded(row, rng)
            names = tuple(one for one in found["company"] if one in output) or _named_laws(output)
            made.append(TrueAnswer(
                source=f"committed {name}", question=row["question"], sentences=tuple(_SENTENCE_END.split(output)),
                passages=passages_of(row["input"]), decline_text=decline, names=names, vocabulary=vocabulary,
                others=tuple(found["company"]) if name != "insurance" and row["company"] else LAWS, synonyms=synonyms))
    return made


LAWS = ("민법", "상법", "주택임대차보호법", "상가건물 임대차보호법", "이자제한법", "보험업법", "국민건강보험법", "부동산등기법")


def _named_laws(text: str) -> tuple[str, ...]:
    found = [law for law in LAWS if re.search(rf"(?<![가-힣]){law} 제\d", text)]
    return tuple(found)


def passages_of(text: str) -> tuple[Passage, ...]:
    """Return the numbered passages of a row's input."""
    passages: list[Passage] = []
    head, lines = "", list[str]()
    for line in [*text.split("\n")[1:], "[0] "]:
        opened = _BLOCK.match(line)
        if opened and int(opened[1]) in (0, len(passages) + 1 + bool(head)):
            if head:
                passages.append(Passage(number=len(passages) + 1, head=head, lines=tuple(lines)))
            head, lines = opened[2], []
        elif line.strip() and not line.startswith("질문: "):
            lines.append(line)
    return tuple(passages)


def _reworded(row: Mapping[str, Any], rng: random.Random) -> str:
    """Return a row's answer, its figure in another wording in two of three rows that state one alone."""
    output, printed = str(row["output"]), f"{row['gold_value']}{row['gold_unit']}"
    if row["kind"] != "fact" or row["gold_unit"] not in WON or output.count(printed) != 1 or "약" in output or rng.random() < 1 / 3:
        return output
    return output.replace(printed, rng.choice(amounts(row["gold_value"], row["gold_unit"])))


def amounts(printed: str, unit: str) -> list[str]:
    """Return ways to write an amount of money, all of them true: other units, Korean numerals, rounded with 약, signs."""
    won = int(Decimal(printed.replace(",", "")) * WON[unit])
    size, minus = abs(won), won < 0
    found = [f"{size / factor:,.0f}{name}" for name, factor in WON.items() if size % factor == 0 and size >= factor]
    if size >= 100_000_000 and size % 10_000 == 0:
        found.append(korean(size))
    if size >= 1_000_000_000:
        found += [f"약 {rounded(size, 100_000_000, 0):,}억원", f"약 {rounded(size, 100_000_000, 1):,}억원"]
    if size >= 1_000_000_000_000:
        found.append(f"약 {rounded(size, 10 ** 12, 1)}조원")
    if not minus:
        return found
    return [text.replace("약 ", f"약 {mark}") if "약" in text else mark + text for text in found for mark in ("△", "-")] + [
        f"({abs(Decimal(printed.replace(',', ''))):,}){unit}"]


def korean(won: int) -> str:
    """Return 1234567000000 as 1조 2,345억 6,700만원."""
    trillion, rest = divmod(won, 10 ** 12)
    eok, rest = divmod(rest, 10 ** 8)
    parts = [f"{trillion}조"] * bool(trillion) + [f"{eok:,}억"] * bool(eok) + [f"{rest // 10_000:,}만"] * bool(rest)
    return " ".join(parts) + "원"


def rounded(won: int, step: int, places: int) -> Decimal:
    """Return an amount in another unit, rounded half up to so many places."""
    return (Decimal(won) / step).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def ended(word: str, pair: str) -> str:
    """Return a word with the particle its last letter takes: "은/는"."""
    closed, opened = pair.split("/")
    letters = re.sub(r"\([^)]*\)$", "", word)
    last = letters[-1]
    final = (ord(last) - 0xAC00) % 28 if "가" <= last <= "힣" else 0
    return word + (closed if final and not (final == 8 and closed == "으로") else opened)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One figure to word: of whom, of which year, what, and as printed; before is the year before's, "" for none."""

    name: str
    year: int
    item: str
    printed: str
    unit: str
    before: str = ""


def answers(one: Told, cited: int, cited_before: int, rng: random.Random) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (question, sentences) of a figure: alone in a random wording, and with the year before where it is known."""
    values = amounts(one.printed, one.unit) if one.unit in WON else [f"{one.printed}{one.unit}"]
    value, topic, place = rng.choice(values), ended(one.item, "은/는"), f"[{cited}]"
    shapes = [f"{one.name}의 {one.year}년 {topic} {value}입니다. {place}",
              f"{one.year}년 {one.name}의 {topic} {value}입니다. {place}",
              f"{one.name}의 {one.year} 사업연도 {topic} {ended(value, '으로/로')} 나타났습니다. {place}",
              f"{one.year}년 기준 {one.name} {topic} {value}입니다. {place}"]
    if one.printed.startswith("-") and re.search(r"이익(?:\(손실\))?$", one.item) and not value.startswith("("):
        loss = re.sub(r"이익(?:\(손실\))?$", "손실", one.item)
        shapes.append(f"{one.name}의 {one.year}년 {ended(loss, '은/는')} {re.sub('[△-]', '', value)}입니다. {place}")
    asked = [f"{one.name}의 {one.year}년 {topic} 얼마인가요?", f"{one.year}년 {one.name} {one.item} 알려 주세요."]
    yield rng.choice(asked), (rng.choice(shapes),)
    new, old = (Decimal(text.replace(",", "")) if text else Decimal(0) for text in (one.printed, one.before))
    if new <= 0 or old <= 0 or new == old or one.unit == "%":
        return
    word = "증가" if new > old else "감소"
    rate = (abs(new - old) / old * 100).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    places = place if cited == cited_before else f"[{cited}][{cited_before}]"
    if not rate:
        return
    first = f"{one.name}의 {one.year}년 {topic} {one.printed}{one.unit}입니다. {place}"
    second = f"{one.year - 1}년에는 {one.before}{one.unit}이었습니다. [{cited_before}]"
    third = rng.choice([f"전년 대비 {rate}% {word}했습니다. {places}",
                        f"{one.year - 1}년보다 {abs(new - old):,}{one.unit}({rate}%) {word}했습니다. {places}",
                        f"{one.year - 1}년 대비 {rate}% {'늘었' if new > old else '줄었'}습니다. {places}"])
    yield f"{one.name}의 {one.year}년 {topic} 전년 대비 얼마나 변했나요?", (first, second, third)
