"""True answers of the real files of MUNDAP_SAMPLES: read, cut and quoted by the code that ships, worded by the benchmark.

    dart/xml_cp949      figures of annual and audit reports        hira/csv     patients and cost by disease, sex and kind
    law/statutes        paragraphs of articles                     law/qa       answers of a civil-law CSV
    insurance/terms     paragraphs of the standard terms
"""

from __future__ import annotations

import csv
import itertools
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from benchmarks.verification_answers import LAWS, ROOT, WON, Told, TrueAnswer, answers, ended
from mundap.chunk import Chunk
from mundap.context import focus, lines_of
from mundap.prompt import Passage
from mundap.synonyms import load_synonyms
from pipelines.chunks import Chunked, chunk_reading
from pipelines.facts import PlacedFact
from pipelines.readers import dart_xml, qa_csv, statistics, terms
from pipelines.reading import Reading

WANTED = {"dart": 120, "hira": 40, "statutes": 55, "terms": 35, "civil law": 20}
FILINGS = ("20220331003424", "20220331003626", "20220331003366", "20220330000909")
_ITEM = re.compile(r"[가-힣]{2,14}(?:\(손실\))?(?: [가-힣]{2,10})?")
_COUNTED = ("명", "건", "주", "일", "%")
_NOTE = re.compile(r"\s*[<\[](?:개정|신설|전문개정|본조신설|제목개정)[^>\]]*[>\]]")
_AMENDED = re.compile(r"<(개정|신설)\s*(?:\d{4}\.\d{1,2}\.\d{1,2}\.?,\s*)*((?:20)\d\d)\.(\d{1,2})\.(\d{1,2})\.?>$")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"


def real(samples: Path, seed: int, share: float = 1.0, kinds: Sequence[str] = tuple(WANTED)) -> list[TrueAnswer]:
    """Return true answers of each of some kinds of file; those whose folder is missing are passed over."""
    made: list[TrueAnswer] = []
    makers = {"dart": _filings, "hira": _diseases, "statutes": _statutes, "terms": _terms, "civil law": _civil_law}
    for name in kinds:
        rng = random.Random(f"{seed}:{name}")
        found = list(makers[name](samples, rng))
        made += rng.sample(found, min(len(found), round(WANTED[name] * share)))
    return made


def _count(text: str) -> int:
    """Return about how many tokens a text has; how a section is cut need not be exact here."""
    return len(text) // 2


def _cut(readings: Sequence[Reading]) -> list[Chunked]:
    return [chunk_reading(reading, limit=450, count=_count) for reading in readings]


def _filings(samples: Path, rng: random.Random) -> Iterator[TrueAnswer]:
    files = [samples / f"dart/xml_cp949/dart-{number}.xhml" for number in FILINGS]
    cut = _cut([next(dart_xml.read(file, file.parent, {})) for file in files if file.is_file()])
    yield from _figures("real dart", cut, rng, passages=(3, 4), per_document=45, decline="문서에 해당 내용이 없습니다.",
                        synonyms=load_synonyms("configs/prompts/demo/synonyms.yaml", ROOT))


def _diseases(samples: Path, rng: random.Random) -> Iterator[TrueAnswer]:
    spec = yaml.safe_load((ROOT / "configs/hira/data.yaml").read_text("utf-8"))["sources"][0]
    options = {name: value for name, value in spec.items() if name in ("facts", "title", "date")}
    for file in sorted((samples / "hira/csv").glob("*3단상병별*.csv")):
        readings = list(itertools.islice(statistics.read(file, file.parent, options | {"publisher": "건강보험심사평가원"}), 400))
        yield from _figures("real hira", _cut(rng.sample(readings, min(30, len(readings)))), rng, passages=(2, 2), per_document=2,
                            decline="통계에 해당 내용이 없습니다.", synonyms={})


def _figures(source: str, cut: Sequence[Chunked], rng: random.Random, *, passages: tuple[int, int], per_document: int, decline: str,
             synonyms: Mapping[str, Sequence[str]]) -> Iterator[TrueAnswer]:
    """Yield answers of single figures and of changes; a figure stated twice with two values is passed over."""
    names = sorted({fact.company for one in cut for fact in one.facts})
    years = sorted({fact.fiscal_year for one in cut for fact in one.facts})
    for one in cut:
        held: dict[tuple[int, str], set[str]] = {}
        for fact in one.facts:
            held.setdefault((fact.fiscal_year, _item(fact)), set()).add(f"{fact.value}{fact.unit}")
        chunks = {chunk.chunk_id: chunk for chunk in one.chunks}
        plain = [fact for fact in one.facts if _ITEM.fullmatch(fact.item) and (fact.unit in WON or fact.unit in _COUNTED)
                 and len(held[fact.fiscal_year, _item(fact)]) == 1 and any(letter in "123456789" for letter in fact.value)]
        for fact in rng.sample(plain, min(per_document, len(plain))):
            before = held.get((fact.fiscal_year - 1, _item(fact)), set())
            told = Told(name=fact.company, year=fact.fiscal_year, item=_item(fact), printed=fact.value, unit=fact.unit,
                        before=_same_unit(before, fact.unit))
            others = [chunk for other in cut for chunk in other.chunks if chunk.metadata.get("kind") == "facts"]
            shown = [chunks[fact.chunk_id], *_neighbours(fact, one, chunks, rng), rng.choice(others)]
            yield from _worded(source, told, shown, rng, passages, TrueAnswer(
                source=source, question="", sentences=(), passages=(), decline_text=decline, names=(fact.company,),
                others=tuple(names), vocabulary={"company": names, "fiscal_year": years}, synonyms=synonyms))


def _worded(source: str, told: Told, shown: Sequence[Chunk], rng: random.Random, passages: tuple[int, int], like: TrueAnswer
            ) -> Iterator[TrueAnswer]:
    """Yield the wordings of a figure whose line, and whose year before, the quoted passages hold."""
    state = rng.getstate()
    for at, (question, _) in enumerate(answers(told, 1, 1, rng)):
        unique = list({chunk.chunk_id: chunk for chunk in shown}.values())
        rng.shuffle(unique)
        quoted = tuple(focus(question, unique, top_k=passages[0], lines=passages[1], synonyms=like.synonyms))
        here = _holding(quoted, f"{told.printed}{told.unit}", told.year, told)
        past = _holding(quoted, f"{told.before}{told.unit}", told.year - 1, told)
        if not here or (at and not past):
            continue
        again = random.Random(str(state[1][:3]) + question)
        fitting = [sentences for asked, sentences in answers(told, here, past or here, again) if ("전년" in asked) == bool(at)]
        if fitting:
            yield TrueAnswer(source=source, question=question, sentences=fitting[0], passages=quoted,
                             decline_text=like.decline_text, names=like.names, others=like.others, vocabulary=like.vocabulary,
                             synonyms=like.synonyms)


def _holding(passages: Sequence[Passage], value: str, year: int, told: Told) -> int:
    """Return the number of the passage with the very line of a figure, 0 for none."""
    line = f"{told.name} {year}년 {told.item}: {value}"
    return next((one.number for one in passages if line in one.lines), 0)


def _item(fact: PlacedFact) -> str:
    return " ".join(part for part in (fact.period, fact.basis, fact.item) if part)


def _same_unit(values: set[str], unit: str) -> str:
    """Return the one value of a set in a unit, without it."""
    found = [re.fullmatch(rf"(-?[\d,.]+){re.escape(unit)}", value) for value in values]
    return found[0][1] if len(found) == 1 and found[0] else ""


def _neighbours(fact: PlacedFact, one: Chunked, chunks: Mapping[str, Chunk], rng: random.Random) -> list[Chunk]:
    """Return the chunks with the same item of the year before, or of another year."""
    same = [other.chunk_id for other in one.facts if other.item == fact.item and other.basis == fact.basis
            and other.fiscal_year == fact.fiscal_year - 1]
    found = [chunks[name] for name in dict.fromkeys(same) if name != fact.chunk_id]
    return found[:1] or [chunks[rng.choice(one.facts).chunk_id]]


def _statutes(samples: Path, rng: random.Random) -> Iterator[TrueAnswer]:
    for file in sorted((samples / "law/statutes").glob("*__법률.md")) + sorted((samples / "law/statutes").glob("*__시행령.md")):
        yield from _articles("real statutes", file, rng, 12)


def _terms(samples: Path, rng: random.Random) -> Iterator[TrueAnswer]:
    for file in sorted((samples / "insurance/terms").glob("*.txt")):
        yield from _articles("real terms", file, rng, 60)


def _articles(source: str, file: Path, rng: random.Random, wanted: int) -> Iterator[TrueAnswer]:
    """Yield answers that quote one or two paragraphs of an article, beside another article of the same document."""
    chunks = [chunk for one in _cut([next(terms.read(file, file.parent, {}))]) for chunk in one.chunks
              if chunk.level == "child" and chunk.metadata.get("part") == "조" and "제" in chunk.citation]
    laws = source == "real statutes"
    for chunk in rng.sample(chunks, min(wanted, len(chunks))):
        title = re.sub(r"^제\d+조(?:의\d+)?", "", chunk.metadata["section"].split(" > ")[-1]).strip("()")
        product = str(chunk.metadata["product"])
        pair = [chunk, rng.choice(chunks)]
        rng.shuffle(pair)
        question = f"{product}에서 {title}에 관하여 정한 내용을 알려 주세요."
        shown = tuple(focus(question, pair, top_k=2, lines=40))
        number = next(one.number for one in shown if one.chunk_id == chunk.chunk_id)
        kept = next(one for one in shown if one.number == number).lines
        quoted = list(_quoted(chunk, [line for line in lines_of(chunk) if line in kept], product if laws else ""))
        if not quoted or not title:
            continue
        yield TrueAnswer(
            source=source, question=question, sentences=tuple(f"{text} [{number}]" for text in rng.choice(quoted)), passages=shown,
            decline_text="약관에 해당 내용이 없습니다.", names=(product,) if laws else (), others=LAWS if laws else (),
            vocabulary={})


def _quoted(chunk: Chunk, shown: Sequence[str], law: str) -> Iterator[tuple[str, ...]]:
    """Yield sentences that say a paragraph under its number, two of them where the article goes on, or an amendment's day."""
    number, _, branch = str(chunk.metadata["article"]).partition("의")
    article = f"제{number}조의{branch}" if branch else f"제{number}조"
    lines = [line for line in shown if not line.startswith(("【", "|"))]
    marked = [(line[0], line) for line in lines if line[0] in _CIRCLED]
    said = [(f" 제{_CIRCLED.index(mark) + 1}항", text, line) for mark, line in marked if (text := _clean(line[1:]))]
    if not marked and lines and (text := _clean(lines[0])):
        said = [("", text, lines[0])]
    for at, (paragraph, text, line) in enumerate(said):
        first = f"{law} {article}{paragraph}에 따르면 {text}".strip()
        amended = _AMENDED.search(line)
        if amended:
            when = f"{int(amended[2])}년 {int(amended[3])}월 {int(amended[4])}일"
            yield first, f"{ended(article + paragraph, '은/는')} {when}에 {amended[1]}되었습니다."
        yield (first,)
        if at + 1 < len(said):
            yield first, f"같은 조{said[at + 1][0]}에 따르면 {said[at + 1][1]}"


def _clean(line: str) -> str:
    """Return a paragraph's sentence without its notes of amendment; "" for one that does not end, or leads into a list."""
    text = re.sub(r"^\d+(?:의\d+)?\.\s*", "", _NOTE.sub("", line)).strip()
    whole = 15 <= len(text) <= 220 and text.endswith(("다.",)) and "다음" not in text and "각 호" not in text and "각호" not in text
    return text if whole else ""


def _civil_law(samples: Path, rng: random.Random) -> Iterator[TrueAnswer]:
    file = samples / "law/qa/civil_law_qa_dataset.csv"
    if not file.is_file():
        return
    options: dict[str, Any] = {"title": "민사 생활법률 문답", "publisher": "공개", "date": 20250101,
                               "columns": {"question": "question", "answer": "answer", "category": "category"}}
    cut = _cut(list(qa_csv.read(file, file.parent, options)))
    chunks = [chunk for one in cut for chunk in one.chunks if chunk.level == "child"]
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    for row in rows:
        own = [chunk for chunk in chunks if chunk.text.startswith(row["question"].strip())]
        if len(own) != 1 or not re.search(r"\d", row["answer"]):
            continue
        pair = [own[0], rng.choice([chunk for chunk in chunks if chunk is not own[0]])]
        rng.shuffle(pair)
        shown = tuple(focus(row["question"], pair, top_k=2, lines=8))
        number = next(one.number for one in shown if one.chunk_id == own[0].chunk_id)
        sentences = re.split(r"(?<=다\.)\s+", row["answer"].strip())
        yield TrueAnswer(source="real civil law", question=row["question"], passages=shown,
                         sentences=tuple(f"{text} [{number}]" for text in sentences), decline_text="문서에 해당 내용이 없습니다.",
                         names=tuple(law for law in LAWS if f"{law} 제" in row["answer"]), others=LAWS)

