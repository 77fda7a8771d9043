"""The verifier and the hallucination metric against labels: hand-made answers whose counts are known, then the committed ones."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mundap.errors import DataError
from mundap.prompt import Passage, build_input
from rag.evaluation.asked import Gold, Reply
from rag.evaluation.labelled import KINDS, read_labelled
from rag.evaluation.metrics.invention import inventions
from rag.evaluation.verifier import assess, assess_metric, share

DATASETS = Path(__file__).resolve().parents[3] / "datasets"
COMMITTED = DATASETS / "labelled" / "verifier.jsonl"
LINE = "가온누리전자 2023년 연결 매출액: 1,234백만원"
TRUE = "가온누리전자의 2023년 매출액은 1,234백만원입니다. [1]"
FALSE = "가온누리전자의 2023년 매출액은 9,876백만원입니다. [1]"
DECLINE = "문서에 해당 내용이 없습니다."
GOOD: Mapping[str, Any] = {"hallucinated": False, "kinds": [], "declined": False, "answers": True, "sentence": "", "note": ""}


def record(name: str, answer: str, kinds: tuple[str, ...] = (), sentence: str = "", finish: str = "stop") -> dict[str, Any]:
    """Return a labelled answer to one question about the passage LINE; without kinds it is a good one."""
    label = {**GOOD, "hallucinated": bool(kinds), "kinds": list(kinds), "sentence": sentence, "answers": not kinds}
    return {"id": name, "domain": "demo", "model": "base", "decoding": "greedy", "instruction": "문서에서 찾아 답하세요.",
            "question": "가온누리전자의 2023년 매출액은 얼마인가요?", "decline_text": DECLINE, "reference": TRUE, "answer": answer,
            "finish": finish, "passages": [{"number": 1, "head": "가온누리전자 2023 사업보고서 > 연결재무제표", "lines": [LINE]}],
            "gold": {"value": "1,234", "unit": "백만원", "line": LINE, "lines": []}, "label": label}


def written(folder: Path, *records: Mapping[str, Any]) -> Path:
    """Return a file of those records."""
    path = folder / "labelled.jsonl"
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), encoding="utf-8")
    return path


def test_every_answer_is_counted_where_it_belongs(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        record("right", TRUE), record("declined", DECLINE),                                    # good and left alone
        record("invented", FALSE, ("figure",), FALSE),                                          # bad and struck
        record("repeated", f"{TRUE} {TRUE}", ("repetition",), TRUE),                            # bad, said once only
        record("mistaken label", FALSE),                                                        # called good, and struck
        record("overlooked", TRUE, ("claim",), TRUE))                                           # called bad, and left alone
    found = assess(path)
    assert (found["n"], found["hallucinated"], found["flagged"]) == (6, 3, 3)
    assert (found["precision"]["hits"], found["precision"]["of"]) == (2, 3)
    assert (found["recall"]["hits"], found["recall"]["of"]) == (2, 3)
    assert (found["false_alarms"]["hits"], found["false_alarms"]["of"]) == (1, 3)
    assert found["kinds"] == {kind: {"caught": kind in ("figure", "repetition"),
                                     "of": kind in ("figure", "repetition", "claim")} for kind in KINDS}
    assert (found["missed"], found["wrongly_flagged"]) == (["overlooked"], ["mistaken label"])
    assert found["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (found["hidden"]["hits"], found["still_shown"]) == (2, ["overlooked"])


def test_a_decline_of_the_models_own_is_no_flag_and_one_put_in_place_of_an_answer_is(tmp_path: Path) -> None:
    own = written(tmp_path, record("own words", "가온누리전자의 2023년 사업보고서에 해당 내용이 없습니다."))
    assert assess(own)["flagged"] == 0
    mixed = written(tmp_path, record("mixed", f"{FALSE} {DECLINE}", ("figure",), FALSE))
    assert (assess(mixed)["flagged"], assess(mixed)["hidden"]["hits"]) == (1, 1)


def test_what_was_cut_as_unfinished_is_hidden_though_nothing_was_flagged(tmp_path: Path) -> None:
    broken = written(tmp_path, record("broken off", f"{TRUE} 2023년 영업이익은 77", ("figure",), "2023년 영업이익은 77", "length"))
    found = assess(broken)
    assert (found["flagged"], found["hidden"]["hits"], found["precision"]["value"]) == (0, 1, None)


def test_a_flag_for_another_sentence_does_not_hide_the_bad_one(tmp_path: Path) -> None:
    path = written(tmp_path, record("elsewhere", f"{TRUE} {FALSE}", ("claim",), TRUE))
    found = assess(path)
    assert (found["recall"]["hits"], found["hidden"]["hits"], found["still_shown"]) == (1, 0, ["elsewhere"])


def test_a_metric_is_counted_the_same_way(tmp_path: Path) -> None:
    path = written(tmp_path, record("right", TRUE), record("invented", FALSE, ("figure", "name"), FALSE), record("good", DECLINE))

    def nines(gold: Gold, reply: Reply) -> list[tuple[str, str]]:
        assert gold.value == "1,234" and LINE in reply.sources[0] and reply.passages[0].number == 1
        return [("figure", "9")] if "9" in reply.text else []

    found = assess_metric(path, nines)
    assert (found["recall"]["value"], found["precision"]["value"], found["false_alarms"]["value"]) == (1.0, 1.0, 0.0)
    assert found["kinds"]["name"] == found["kinds"]["figure"] == {"caught": 1, "of": 1}


def test_an_interval_is_wilsons() -> None:
    # by hand: p = 8/10, z = 1.96: centre (0.8 + 0.19207) / 1.38415 = 0.71674, half 0.22630
    found = share(8, 10)
    assert found["low"] == pytest.approx(0.4902, abs=1e-4)
    assert found["high"] == pytest.approx(0.9433, abs=1e-4)
    assert share(0, 0) == {"value": None, "low": 0.0, "high": 1.0, "hits": 0, "of": 0}


@pytest.mark.parametrize(("change", "said"), [
    ({"kinds": ["lie"], "hallucinated": True, "sentence": "가온"}, "no kind"),
    ({"hallucinated": True}, "must say the same"),
    ({"hallucinated": True, "kinds": ["claim"], "sentence": "없는 문장"}, "stand in the answer"),
    ({"unheard": 1}, "unheard"),
])
def test_a_label_that_contradicts_itself_is_refused_with_its_line(tmp_path: Path, change: Mapping[str, Any], said: str) -> None:
    wrong = record("wrong", TRUE)
    path = written(tmp_path, record("right", TRUE), {**wrong, "label": {**wrong["label"], **change}})
    with pytest.raises(DataError, match="line 2") as caught:
        read_labelled(path)
    assert said in caught.value.what


def test_a_file_that_is_missing_or_empty_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_labelled(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="no answers"):
        read_labelled(written(tmp_path))


def test_the_committed_answers_are_well_formed_and_of_every_domain_model_and_kind() -> None:
    answers = read_labelled(COMMITTED)
    assert len(answers) == 150 == len({one.id for one in answers})
    assert {one.domain for one in answers} == {"demo", "dart", "insurance", "civil_law", "hira"}
    assert {one.model for one in answers} == {"base", "demo v1", "demo v2", "dart", "insurance", "civil_law", "hira"}
    kinds = Counter(kind for one in answers for kind in one.label.kinds)
    assert all(kinds[kind] >= 4 for kind in KINDS), kinds
    assert 0.4 <= sum(one.label.hallucinated for one in answers) / len(answers) <= 0.52
    assert not any(one.label.declined and one.label.hallucinated for one in answers)


def test_the_committed_answers_are_to_rows_held_out() -> None:
    rows = {row["id"]: row for domain in ("demo", "dart", "insurance", "civil_law", "hira")
            for row in json.loads((DATASETS / f"{domain}_eval.json").read_text(encoding="utf-8"))}
    for record in map(json.loads, COMMITTED.read_text(encoding="utf-8").rstrip("\n").split("\n")):
        row = rows[record["row"]]
        passages = [Passage(number=one["number"], head=one["head"], lines=tuple(one["lines"])) for one in record["passages"]]
        assert build_input(passages, record["question"]) == row["input"], record["id"]
        assert (record["reference"], record["gold"]["value"]) == (row["output"], row["gold_value"]), record["id"]


def test_verifier_and_metric_do_on_the_committed_answers_what_they_did() -> None:
    """Floors under what was measured when the labels were made: 96% recall, 97% precision; the metric 87% and 100%."""
    verifier = assess(COMMITTED)
    assert verifier["recall"]["value"] >= 0.94 and verifier["precision"]["value"] >= 0.94, verifier
    assert verifier["hidden"]["value"] >= 0.85, verifier["still_shown"]
    metric = assess_metric(COMMITTED, inventions)
    assert metric["recall"]["value"] >= 0.84 and metric["precision"]["value"] >= 0.94, metric
