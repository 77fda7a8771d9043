"""How many articles of real terms and statutes are found, which are missed, which are false, and how fast.

    .venv/bin/python benchmarks/terms.py FOLDER                # FOLDER/law/statutes/*.md and FOLDER/insurance/terms/*

Expected are the articles counted by hand: a Markdown heading is one; of 표준약관 each contract's numbers were read off its
text (1 to n, with the 의N). Every article missed or false is printed with its line, and every line that has a heading's form
and is none. Speeds are of one core's time (other work on the machine aside): text to Readings, and to chunks with exact
token counts where the embedder's tokenizer is unpacked.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mundap.cli.output import say
from mundap.paths import home
from mundap.token_count import Count, token_counter
from pipelines.chunks import chunk_reading
from pipelines.readers.terms import read
from pipelines.reading import Reading
from pipelines.terms.source_lines import lines_of_text
from pipelines.terms.structure import read_terms

LIMIT = 450
_FORM = re.compile(r"\s*제\s*\d+\s*조(?:\s*의\s*\d+)?\s*[(（\[【]")
_MARKDOWN = re.compile(r"#+ 제(\d+)조(?:의(\d+))?")
# 표준약관 of 2025-03-31: contract -> its last article, and the 의N between. One is printed 제16조2.
STANDARD = {
    "생명보험": (43, ("29의2",)), "화재보험": (42, ("30의2",)), "자동차보험": (62, ("52의2",)),
    "질병·상해보험(손해보험회사용)": (45, ("31의2",)), "기본형실손의료보험(급여실손의료비)": (47, ("4의2", "5의2", "31의2")),
    "실손의료보험특별약관(비급여실손의료비)": (9, ()), "기본형해외여행실손의료보험": (43, ("4의2", "5의2", "29의2")),
    "해외여행실손의료보험특별약관": (8, ()), "배상책임보험": (42, ("16의2", "30의2")), "채무이행보증보험": (29, ("19의2",)),
    "신용보험": (29, ("19의2",)), "신원보증보험": (28, ("18의2",)),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5, help="the fastest of so many is reported")
    args = parser.parse_args(argv)
    statutes = sorted((args.folder / "law" / "statutes").glob("*.md"))
    terms = sorted((args.folder / "insurance" / "terms").glob("*.txt"))
    if not statutes and not terms:
        raise SystemExit(f"{args.folder} holds neither law/statutes/*.md nor insurance/terms/*.txt.")
    count = _counter()
    print("| document | articles | found | missed | false | MB/s | MB/s with tokens | children | over 450 |")
    print("|---|---|---|---|---|---|---|---|---|")
    details = [line for path in statutes for line in _line(path, _of_markdown(path), args.rounds, count)]
    details += [line for path in terms for line in _line(path, _of_standard(), args.rounds, count)]
    files = [*statutes, *terms]
    size = sum(path.stat().st_size for path in files) / 1e6
    plain = size / _fastest(lambda: [next(read(path, path.parent, {})) for path in files], args.rounds)
    counted = f"{size / _fastest(lambda: [_whole(path, count) for path in files], args.rounds):.1f}" if count else "-"
    print(f"| all {len(files)}, {size:.1f} MB | | | | | {plain:.1f} | {counted} | | |")
    for line in details:
        print(line)


def _line(path: Path, expected: set[str], rounds: int, count: Count | None) -> list[str]:
    """Print a document's row; return what there is to say about single lines."""
    reading = next(read(path, path.parent, {}))
    found = _articles(reading)
    missed, false = sorted(expected - set(found)), [name for name in found if name not in expected]
    false += [name for name in set(found) if found.count(name) > 1]
    size = path.stat().st_size / 1e6
    plain = size / _fastest(lambda: next(read(path, path.parent, {})), rounds)
    children = over = counted = "-"
    if count is not None:
        chunks = chunk_reading(reading, limit=LIMIT, count=count).chunks
        lengths = [chunk.token_count for chunk in chunks if chunk.level == "child"]
        children, over = f"{len(lengths):,}", str(sum(length > LIMIT for length in lengths))
        counted = f"{size / _fastest(lambda: _whole(path, count), rounds):.1f}"
    print(f"| {path.stem[:24]} | {len(expected):,} | {len(found):,} | {len(missed)} | {len(false)} | {plain:.1f} | {counted} "
          f"| {children} | {over} |")
    details = [f"missed: {path.stem[:20]}: {name}" for name in missed] + [f"false: {path.stem[:20]}: {name}" for name in false]
    return details + (_forms(path) if path.suffix == ".txt" else [])


def _articles(reading: Reading) -> list[str]:
    """Return "contract 3의2" for each article outside 부칙; a statute's contract is ""."""
    names = []
    for section in reading.sections:
        if section.extra.get("part") == "조":
            contract = section.path[0] if section.extra.get("policy_type") != "법령" else ""
            names.append(f"{contract} {section.extra['article']}".strip())
    return names


def _of_markdown(path: Path) -> set[str]:
    found = (_MARKDOWN.match(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {mark[1] + (f"의{mark[2]}" if mark[2] else "") for mark in found if mark}


def _of_standard() -> set[str]:
    return {f"{name} {number}" for name, (last, between) in STANDARD.items()
            for number in (*map(str, range(1, last + 1)), *between)}


def _forms(path: Path) -> list[str]:
    """Return the lines that have a heading's form and open no article, as told, and the headings without that form."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    opened = {article.line for article in read_terms(lines_of_text(text)).articles if article.kind == "article"}
    formed = {number for number, line in enumerate(lines, start=1) if _FORM.match(line)}
    return [f"{len(formed)} lines have a heading's form; {len(formed & opened)} of them are headings",
            *(f"  a reference, line {number}: {lines[number - 1][:60]}" for number in sorted(formed - opened)),
            *(f"  a heading of another form, line {number}: {lines[number - 1][:60]}" for number in sorted(opened - formed))]


def _counter() -> Count | None:
    model = home() / "models" / "multilingual-e5-small"
    if not (model / "tokenizer.json").is_file():
        say("no token counts: unpack the embedder first with: mundap models")
        return None
    return token_counter(model)


def _whole(path: Path, count: Count) -> None:
    _spend(chunk_reading(reading, limit=LIMIT, count=count).chunks for reading in read(path, path.parent, {}))


def _spend(values: Iterable[object]) -> None:
    for _ in values:
        pass


def _fastest(work: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


if __name__ == "__main__":
    main()
