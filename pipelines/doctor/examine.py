"""Looks a dataset over: its file, its rows by form and by content, its copies, its labels, its lengths, its eval part."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap import dataset_info
from mundap.errors import MundapError
from mundap.paths import home
from mundap.prompt import build_prompt
from mundap.starter import GEMMA_DIR
from mundap.token_count import token_counter
from pipelines.doctor import text_form
from pipelines.doctor.dataset_file import DatasetFile, load
from pipelines.doctor.finding import Finding
from pipelines.doctor.record import record
from pipelines.quality import leakage
from pipelines.quality.candidate import Candidate
from pipelines.quality.filter import Domain, Filter
from pipelines.quality.gate import filled
from pipelines.quality.near_duplicate import NearDuplicates
from pipelines.quality.personal_data import personal_spans
from pipelines.quality.registry import FILTERS, REASONS

LABELS = ("kind", "category", "difficulty", "level", "fiscal_year", "year")
STOPS = ("encoding", "broken_line", "no_rows")   # what the trainer's reader stops at
_MOST_LABELS = 40            # a column of more values than that is no label
_RARE = 0.01
_COLUMNS = ("instruction", "input", "output", "system", "question")
_JUDGED = ("answer_length", "truncated", "error_text", "special_tokens", "evasive", "instruction_leak", "language",
           "repetition", "grounded")
_FORM = {
    "decomposed": ("Hangul is decomposed (NFD), as macOS writes it", "Save in NFC.", True),
    "invisible": ("control or zero-width characters", "Take them out.", True),
    "blanks": ("blanks around a text", "Strip them.", True),
    "broken_characters": ("characters lost in a wrong decoding", "Read the source again in its own encoding.", False),
    "markup": ("HTML entities or tags", "Clean the source.", False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was found. lengths: quantile -> tokens of prompt and answer (characters where exact is False)."""

    file: DatasetFile
    findings: tuple[Finding, ...]
    lengths: Mapping[str, int]
    exact: bool
    labels: Mapping[str, Mapping[str, int]]


def examine(name: str, project: Path, *, tokenizer: Path | None = None, decline_text: str = "") -> Examination:
    """Return what is wrong with a dataset, and with what is held out for it as <name>_eval.

    tokenizer: a model folder to count with; None: the starter model's where it is unpacked.

    Raises:
        ConfigError: there is no such dataset.
        DataError: its file cannot be read at all.
    """
    file = load(name, project)
    records = [record(row, file) for row in file.rows]
    found = [*_file(file), *_empty(records), *_form(records), *_copies(records), *_content(records, decline_text),
             *_personal(records)]
    labels = _labels(records)
    found += [*_rare(labels, len(records)), *_held_out(name, records, labels, project)]
    count, exact = _counter(tokenizer or home(project) / "models" / GEMMA_DIR)
    sizes = [count(build_prompt(str(row.get("instruction") or ""), str(row.get("input") or ""),
                                str(row.get("system") or "")) + str(row.get("output") or "")) for row in records]
    return Examination(file=file, findings=(*found, *_long(sizes, exact)), lengths=_quantiles(sizes), exact=exact,
                       labels=labels)


def _file(file: DatasetFile) -> Iterator[Finding]:
    # the trainer's reader takes a mark at the start of a CSV file, and of no other
    if file.encoding not in ("utf-8", "parquet") and not (file.encoding == "utf-8-sig" and file.path.suffix == ".csv"):
        what = "begins with a byte order mark" if file.encoding == "utf-8-sig" else f"is {file.encoding}, not UTF-8"
        yield Finding(name="encoding", what=f"the file {what}.", rows=(), safe=True,
                      fix="The trainer reads plain UTF-8 alone.")
    if file.broken:
        first = min(file.broken)
        yield Finding(name="broken_line", what=f"{len(file.broken)} lines are no rows: {file.broken[first]}",
                      rows=tuple(file.broken), fix="Correct or remove them; --fix leaves them out.", safe=True)
    if not file.rows:
        yield Finding(name="no_rows", what="the file holds no rows.", rows=(), fix="Make it again.")


def _empty(records: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    for column in ("instruction", "output"):
        rows = tuple(at for at, row in enumerate(records, start=1)
                     if not (isinstance(row.get(column), str) and text_form.mended(row[column])))
        if rows:
            yield Finding(name="empty_field", what=f"{_of(rows, records)} have no text under {column}.", rows=rows, safe=True,
                          fix="Write it, or leave the rows out; --fix leaves them out.")


def _form(records: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    met: defaultdict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(records, start=1):
        texts = (row[column] for column in _COLUMNS if isinstance(row.get(column), str))
        for name in {fault for text in texts for fault in text_form.faults(text)}:
            met[name].append(at)
    for name, (what, fix, safe) in _FORM.items():
        if met[name]:
            yield Finding(name=name, what=f"{_of(met[name], records)}: {what}.", rows=tuple(met[name]), fix=fix, safe=safe)


def _copies(records: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield exact copies, one prompt with two answers, and questions that are nearly the same."""
    answers: dict[tuple[str, ...], dict[str, int]] = {}
    near = NearDuplicates(filled({})["near_duplicate"]["min_similarity"])
    copies, contrary, alike, examples = [], [], [], []
    for at, row in enumerate(records, start=1):
        one = Candidate(record=row)
        prompt = tuple(" ".join(one.text(column).split()) for column in ("system", "instruction", "input"))
        known = answers.setdefault(prompt, {})
        if one.output.strip() in known:
            copies.append(at)
            continue
        if known:
            contrary.append(at)
        else:
            other = near.near(one.question, one.output, one.text("gold_chunk"))
            if other:
                alike.append(at)
                examples.append(f"{one.question} ~ {other}")
            near.add(one.question, one.output, one.text("gold_chunk"))
        known[one.output.strip()] = at
    if copies:
        yield Finding(name="duplicate", what=f"{_of(copies, records)} copy an earlier row.", rows=tuple(copies), safe=True,
                      fix="Leave the copies out.")
    if contrary:
        yield Finding(name="two_answers", what=f"{_of(contrary, records)} answer an earlier row's prompt otherwise.",
                      rows=tuple(contrary), fix="Keep one answer of each.")
    if alike:
        yield Finding(name="near_duplicate", what=f"{_of(alike, records)} ask an earlier row's question in almost the same "
                      "words.", rows=tuple(alike), fix="Keep one of each, or switch filters.near_duplicate on.",
                      examples=tuple(examples[:3]))


def _content(records: Sequence[Mapping[str, Any]], decline_text: str) -> Iterator[Finding]:
    settings = filled({})
    judges: dict[str, Filter] = {}
    for name in _JUDGED:
        given = {key: value for key, value in settings[name].items() if key != "enabled"}
        judges[name] = FILTERS[name](Domain(decline_text=decline_text), **given)
    met: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for at, row in enumerate(records, start=1):
        one = Candidate(record=row)
        if not one.output.strip():
            continue
        for judge in judges.values():
            told = judge.judge(one) if judge.judge is not None else ""
            if told:
                reason, _, detail = told.partition(": ")
                met[reason].append((at, detail))
    for reason, cases in met.items():
        rows = tuple(at for at, _ in cases)
        yield Finding(name=reason, what=f"in {_of(rows, records)} {REASONS[reason]}.", rows=rows,
                      fix="Look at them; filters: in data.yaml drops such rows.",
                      examples=tuple(detail for _, detail in cases[:3] if detail))


def _personal(records: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    met: defaultdict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(records, start=1):
        for what in {span[2] for column in _COLUMNS if isinstance(row.get(column), str)
                     for span in personal_spans(row[column])}:
            met[what].append(at)
    for what, rows in sorted(met.items()):
        yield Finding(name="personal_data", what=f"{_of(rows, records)} hold what looks like personal data ({what}).",
                      rows=tuple(rows), fix="Mask it: filters.personal_data in data.yaml.")


def _labels(records: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    found = {}
    for column in LABELS:
        counted = Counter(str(row[column]) for row in records if row.get(column))
        if 1 < len(counted) <= _MOST_LABELS:
            found[column] = dict(counted.most_common())
    return found


def _rare(labels: Mapping[str, Mapping[str, int]], rows: int) -> Iterator[Finding]:
    for column, counted in labels.items():
        rare = [name for name, number in counted.items() if number < rows * _RARE]
        if rare:
            yield Finding(name="rare_label", what=f"{column}: {', '.join(rare[:6])} in less than 1% of the rows.", rows=(),
                          fix="Add such rows, or do not expect the model to know them.")


def _held_out(name: str, records: Sequence[Mapping[str, Any]], labels: Mapping[str, Mapping[str, int]], project: Path
              ) -> Iterator[Finding]:
    """Yield what the eval part shares with the rows, and the labels it lacks."""
    other = f"{name}_eval"
    if name.endswith("_eval") or other not in dataset_info.read(project):
        return
    try:
        file = load(other, project)
    except MundapError as error:
        yield Finding(name="eval_unreadable", what=f"{other}: {error.what}", rows=(), fix=error.fix)
        return
    held = [record(row, file) for row in file.rows]
    asked = {(Candidate(record=row).question, str(row.get("input") or "")) for row in records}
    same = tuple(at for at, row in enumerate(held, start=1)
                 if (Candidate(record=row).question, str(row.get("input") or "")) in asked)
    near = tuple(at for at, one in enumerate(leakage.measure(records, held).rows, start=1)
                 if one.overlap > leakage.MAX_OVERLAP and at not in same)
    for rows, what in ((same, "ask what a training row asks, of the same passages"),
                       (near, f"share more than {leakage.MAX_OVERLAP:.0%} of their 13-grams with training rows")):
        if rows:
            yield Finding(name="leakage", what=f"{_of(rows, held)} of {other} {what}.", rows=rows,
                          fix="Move them to train, or split by document.")
    for column, counted in _labels(held).items():
        missing = sorted(set(labels.get(column, ())) - set(counted))
        if missing and column not in ("fiscal_year", "year"):
            yield Finding(name="label_not_evaluated", what=f"{other} has no row of {column} {', '.join(missing[:6])}.",
                          rows=(), fix="Hold some out, or know that they are not measured.")


def _counter(tokenizer: Path) -> tuple[Callable[[str], int], bool]:
    try:
        return token_counter(tokenizer), True
    except MundapError:
        return len, False


def _quantiles(sizes: Sequence[int]) -> dict[str, int]:
    ordered = sorted(sizes)
    return {name: ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0
            for name, share in (("median", 0.5), ("95%", 0.95), ("99%", 0.99), ("longest", 1.0))}


def _long(sizes: Sequence[int], exact: bool) -> Iterator[Finding]:
    """Yield rows far longer than the rest: they set the padding of their batch and are the first to be cut."""
    usual = _quantiles(sizes)["median"]
    rows = tuple(at for at, size in enumerate(sizes, start=1) if size > max(usual * 8, 512))
    if rows:
        yield Finding(name="very_long", what=f"{_of(rows, sizes)} are more than eight times the median of {usual} "
                      f"{'tokens' if exact else 'characters'}.", rows=rows, fix="Shorten them, or see what cutoff_len cuts.")


def _of(rows: Sequence[int], records: Sequence[Any]) -> str:
    return f"{len(rows):,} of {len(records):,} rows"
