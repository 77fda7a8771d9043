"""The promise of the verifier on a part of its benchmark: corruptions caught, true answers left alone, and the time it takes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.corruption import KINDS
from benchmarks.verification import measure, wilson
from benchmarks.verification_answers import TrueAnswer, committed
from mundap.grounding.claims import _claims
from mundap.prompt import Passage
from mundap.question import analyse
from rag.checks.verify import verify

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = os.environ.get("MUNDAP_SAMPLES")


def promised(answers: list[TrueAnswer], seed: int, at_least: int) -> None:
    """Assert 97% caught in all and 95% of each kind, 3% false alarms; of some dozens, that the interval allows the 95 and the 3."""
    found = measure(answers, seed, ways=("strike",))
    tried, caught = found["tried"], found["caught"]["strike"]
    wrong = "\n".join(f"{one['kind']}: {one['said'] or one['true']} {one['why']}" for one in found["wrong"]["strike"])
    kinds = [kind for kind in KINDS if tried.get(kind, 0) >= at_least]
    assert len(kinds) >= 5, tried
    assert all(wilson(caught[kind], tried[kind])[1] >= 0.95 and caught[kind] >= 0.9 * tried[kind] for kind in kinds), wrong
    assert sum(caught[kind] for kind in kinds) >= 0.97 * sum(tried[kind] for kind in kinds), wrong
    assert wilson(caught.get("true", 0), tried["true"])[0] <= 0.03, wrong


@pytest.mark.slow
def test_committed_answers_pass_and_their_corruptions_do_not() -> None:
    promised(committed(seed=11, share=0.35), 11, at_least=20)


@pytest.mark.skipif(not SAMPLES, reason="MUNDAP_SAMPLES is not set: the real files are not there")
@pytest.mark.slow
def test_answers_from_real_files_pass_and_their_corruptions_do_not() -> None:
    from benchmarks.verification_real import real

    promised(real(Path(str(SAMPLES)), seed=11, share=0.5, kinds=("dart", "statutes")), 11, at_least=20)


def test_the_corrupter_shares_no_code_with_the_verifier() -> None:
    told = "import sys, benchmarks.corruption; print([name for name in sys.modules if name.split('.')[0] in ('mundap', 'rag')])"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_share_has_its_interval() -> None:
    low, high = wilson(97, 100)
    assert (round(low, 3), round(high, 3)) == (0.915, 0.990)


def test_ten_sentences_over_eight_chunks_take_less_than_twenty_milliseconds() -> None:
    """Of processor time, the best of seven with figures never read before: what else a machine does is not the verifier's."""
    best = min(_seconds(at) for at in range(7))
    assert best < 0.020, f"{1000 * best:.1f} ms"


def _seconds(at: int) -> float:
    _claims.cache_clear()
    names = [f"가온{letter}" for letter in "가나다라마바사아"]
    passages = [Passage(number=number, head=f"{name} 2023 사업보고서 > 재무제표", lines=tuple(
        f"{name} {year}년 연결 {item}: {number}{at},{year - 1900},{100 + len(item)}백만원"
        for year in (2022, 2023) for item in ("매출액", "영업이익", "자산총계"))) for number, name in enumerate(names, start=1)]
    said = [(passage.number, *line.split(": ")) for passage in passages for line in passage.lines
            if "2023년" in line and "영업이익" not in line]
    answer = " ".join(f"{name.replace(' 연결', '')}은 {value}입니다. [{number}]" for number, name, value in said[:10])
    question = analyse("여덟 회사의 2023년 매출액은 얼마인가요?", {"company": names, "fiscal_year": [2022, 2023]})
    started = time.process_time()
    verdict = verify(question, answer, passages, decline_text="없습니다.", policy="flag")
    spent = time.process_time() - started
    assert verdict.checked == 20
    return spent
