"""How fast the quality gate is, on one core: 10,000 made rows through all filters, beside comparing every pair by difflib.

    python benchmarks/quality.py              the gate on 10,000 and 20,000 rows, and difflib on 1,000
    python benchmarks/quality.py --datasketch  its MinHash and LSH on the same questions, where datasketch is installed

The rows are made like a template-driven data set's, the hard case for finding near-duplicates: the same words around
other names and figures. One in ten is spoilt in a known way.
"""

from __future__ import annotations

import argparse
import difflib
import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mundap.prompt import Passage, build_input
from pipelines.quality.filter import Domain
from pipelines.quality.gate import Gate
from pipelines.quality.near_duplicate import TRIGRAM, NearDuplicates
from pipelines.quality.ngrams import ngrams, stems

ITEMS = ("매출액 영업이익 당기순이익 자산총계 부채총계 자본총계 유동자산 비유동자산 매출원가 이익잉여금 "
         "법인세비용 현금및현금성자산").split()
HEADS = "가온 한빛 푸른솔 누리 새벽 다올 미르 해솔 너울 바른 온새 도담".split()
TAILS = "전자 화학 건설 식품 제약 물산 증권 바이오 로지스 머티리얼즈 소프트 에너지".split()
ASKS = ("{}의 {}년 연결 기준 {}은 얼마인가요?", "{}년 {} {} 알려 주세요.", "{} 사업보고서에서 {}년 {}을 찾아 주세요.")
DECLINE = "문서에 해당 내용이 없습니다."


def rows(count: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Yield made rows; one in ten is spoilt: cut off, evasive, ungrounded, a copy, or with a phone number."""
    rng = random.Random(seed)
    for at in range(count):
        company, year, item = rng.choice(HEADS) + rng.choice(TAILS), rng.randint(2015, 2024), rng.choice(ITEMS)
        facts = {name: f"{rng.randint(10**8, 10**13):,}" for name in rng.sample(ITEMS, 4)} | {
            item: f"{rng.randint(10**8, 10**13):,}"}
        passages = [Passage(number=number, head=f"{company} {year} 사업보고서 > {number}. 연결재무제표", lines=tuple(
            f"{company} {year - number + 1}년 연결 {name}: {value}원" for name, value in facts.items())) for number in (1, 2)]
        form = rng.choice(ASKS)
        question = form.format(company, year, item) if form.startswith("{}의") or "보고서" in form else \
            form.format(year, company, item)
        output = f"{company}의 {year}년 연결 {item}은 {facts[item]}원입니다. [1]"
        spoilt = rng.randrange(50)
        output = {0: output[:-12], 1: "제공된 문서에는 관련 정보가 없습니다.", 2: output.replace(facts[item], "1,234,567,890"),
                  3: output + " 문의 010-1234-5678로 하십시오."}.get(spoilt, output)
        yield {"id": f"bench-{at}", "kind": "fact", "instruction": "문서에서 질문에 맞는 줄을 찾아 답하고 문서 번호를 적으세요.",
               "input": build_input(passages, question), "output": output, "question": question,
               "gold_chunk": f"{company}:{year}"}


def gate(count: int) -> None:
    """Print time, memory and counts of the gate on so many rows."""
    one = Gate.of(domain=Domain(decline_text=DECLINE))
    before, started = _memory(), time.process_time()
    kept = sum(1 for _ in one.sift(rows(count)))
    making = time.process_time()
    for _ in rows(count):
        pass
    making = time.process_time() - making
    seconds = time.process_time() - started - 2 * making
    print(f"gate        {count:>7,} rows  {seconds:6.1f} s  {seconds / count * 1000:.2f} ms a row  "
          f"+{_memory() - before:,.0f} MB  kept {kept:,}  {one.report.by_reason}")


def near_only(count: int) -> None:
    """Print time of the near-duplicate search alone."""
    made = [(row["question"], row["output"], row["gold_chunk"]) for row in rows(count)]
    seen, found, started = NearDuplicates(0.8), 0, time.process_time()
    for one in made:
        if seen.near(*one):
            found += 1
        else:
            seen.add(*one)
    print(f"near only   {count:>7,} rows  {time.process_time() - started:6.1f} s  found {found:,}")


def pairwise(count: int) -> None:
    """Print time of comparing every pair of questions by difflib, and what 10,000 rows would take."""
    asked = [row["question"] for row in rows(count)]
    started, found = time.process_time(), 0
    for at, one in enumerate(asked):
        matcher = difflib.SequenceMatcher(None, "", one, autojunk=False)
        for other in asked[:at]:
            matcher.set_seq1(other)
            if matcher.real_quick_ratio() > 0.9 and matcher.quick_ratio() > 0.9 and matcher.ratio() > 0.9:
                found += 1
                break
    seconds = time.process_time() - started
    print(f"difflib     {count:>7,} rows  {seconds:6.1f} s  found {found:,} (names and years told apart by nobody); "
          f"10,000 rows: about {seconds * (10_000 / count) ** 2:,.0f} s")


def datasketch(count: int) -> None:
    """Print time of datasketch's MinHash and LSH on the same shingles, at the same bands, without any guard."""
    import numpy as np
    from datasketch import MinHash, MinHashLSH

    asked = [row["question"] for row in rows(count)]
    index, started, found, met = MinHashLSH(num_perm=80, params=(16, 5)), time.process_time(), 0, 0
    for at, question in enumerate(asked):
        signature = MinHash(num_perm=80, hashfunc=lambda value: int.from_bytes(value[:4], "little"))
        signature.update_batch([np.uint64(value).tobytes() for value in ngrams(stems(question), TRIGRAM)])
        near = index.query(signature)
        met += len(near)
        found += bool(near)
        index.insert(at, signature)
    print(f"datasketch  {count:>7,} rows  {time.process_time() - started:6.1f} s  {found:,} rows meet {met / count:.0f} "
          "others each, all still to be compared")


def _memory() -> float:
    """Return the most memory the process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasketch", action="store_true")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    asked_for = parser.parse_args()
    for size in (10_000, 20_000):
        gate(size)
    near_only(10_000)
    pairwise(1_000)
    if asked_for.datasketch:
        datasketch(10_000)
