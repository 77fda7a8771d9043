"""The gate on rows that exist: the committed ones all pass, spoilt ones do not, and a real question set is judged alike."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipelines.quality.filter import Domain
from pipelines.quality.gate import Gate
from pipelines.quality.sift_rows import sift_rows
from pipelines.rejects import Rejects
from pipelines.rows.row import Row

ROOT = Path(__file__).resolve().parents[3]
DECLINES = {"insurance": "약관에 해당 내용이 없습니다", "civil_law": "문서에 해당 내용이 없습니다."}


def committed(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((ROOT / f"datasets/{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", ["civil_law", "civil_law_eval", "insurance", "insurance_eval", "hira", "hira_eval"])
def test_committed_rows_pass(name: str) -> None:
    gate = Gate.of(domain=Domain(decline_text=DECLINES.get(name.removesuffix("_eval"), DECLINES["civil_law"])))
    rows = [row for row in committed(name) if not row.get("how")]    # an augmented row copies another by design
    assert list(gate.sift(rows)) == rows, gate.report.markdown()


def with_another_digit(text: str, rng: random.Random) -> str:
    places = [match.start() for match in re.finditer(r"\d(?=[\d,]*(?:원|건|명|%|일))", text)]
    at = rng.choice(places)
    return text[:at] + str((int(text[at]) + 4) % 10 or 3) + text[at + 1:]


def test_every_wrong_figure_and_every_cut_is_found() -> None:
    rng, rows = random.Random(5), [row for row in committed("hira") if row["kind"] == "fact" and not row["how"]]
    rows = [row for row in rows if re.search(r"\d(?=[\d,]*(?:원|건|명|%|일))", row["output"])]
    wrong = [{**row, "output": with_another_digit(row["output"], rng)} for row in rows]
    gate = Gate.of()
    assert len(rows) > 20 and list(gate.sift(wrong)) == [] and gate.report.by_reason == {"not_grounded": len(rows)}
    cut = Gate.of()
    assert list(cut.sift({**row, "output": row["output"].rpartition("니다. [")[0]} for row in rows)) == []
    assert cut.report.by_reason == {"truncated": len(rows)}


def test_rows_of_the_data_stage_pass_through() -> None:
    def as_row(record: Mapping[str, Any]) -> Row:
        return Row(**{name: value for name, value in record.items() if name in Row.__slots__})

    rows = [as_row(record) for record in committed("civil_law")]
    gate, rejects = Gate.of(), Rejects()
    assert list(sift_rows(rows, gate, "train", rejects)) == rows and len(rejects) == 0
    told = as_row({**rows[0].record, "question": "연락처 010-1234-5678로 물어도 되나요?"})
    kept = list(sift_rows([rows[0], told], gate, "eval", rejects))
    assert [row.question for row in kept] == ["연락처 [전화번호]로 물어도 되나요?"] and kept[0].id == rows[0].id
    assert rejects.by_reason() == {"duplicate": 1} and rejects.rows[0].part == "eval"


@pytest.mark.slow
def test_a_real_set_of_legal_questions() -> None:
    samples = os.environ.get("MUNDAP_SAMPLES")
    if not samples:
        pytest.skip("MUNDAP_SAMPLES names no folder of real samples")
    rows = json.loads((Path(samples) / "law/qa/lawalpaca_생활법령.json").read_text(encoding="utf-8"))
    gate = Gate.of(domain=Domain(decline_text=DECLINES["civil_law"]))
    kept = list(gate.sift(rows))
    # read by eye: "네, 성립합니다." is too short, 66 answers are lists that end in a noun, two numbers are offices'
    assert gate.report.by_reason["short_answer"] == 4 and gate.report.by_reason["truncated"] == 66
    assert set(gate.report.by_reason) == {"duplicate", "short_answer", "truncated", "near_duplicate"}
    assert len(kept) == len(rows) - sum(gate.report.by_reason.values()) > 2100 and gate.report.masked == {"landline": 2}
